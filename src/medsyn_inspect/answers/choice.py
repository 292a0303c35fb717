r"""Which lettered option an answer selects, read from the form that was requested and its near relatives.

A *statement* is a cue with a value: "Answer: B", "The final diagnosis is lupus nephritis", \boxed{B}, a key of JSON. It
counts where it begins its sentence and is about the answer, has its line to itself, gives the letter with its option's
text, or ends the whole answer. Of several the last one counts, since a later statement corrects an earlier one. An
answer without statements is read if it is nothing but a letter or an option's text. Anything else is not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from medsyn_inspect.answers.diagnoses import CROSS
from medsyn_inspect.answers.names import option_names
from medsyn_inspect.answers.phrases import Phrases, load_phrases
from medsyn_inspect.answers.reading import CHANGED, CUT, Reading, unread
from medsyn_inspect.answers.statements import DECORATION, cues, next_line, sentence_end
from medsyn_inspect.answers.surface import BOX, Surface, surface

# The letter of the requested form itself, where an answer repeats the instruction: 'one line of the form "Answer: X"'.
PLACEHOLDER = "X"

_LETTER = re.compile(r"([A-Za-z])(?![A-Za-z0-9_+−]|['–-]\w)")
_ABBREVIATION = re.compile(r"\.(?:[ ]*[a-z]|[A-Z0-9])")
_MENTION = re.compile(r"(?<![A-Za-z0-9'-])([A-Z])(?![A-Za-z0-9+]|['-]\w)")
_SEPARATOR = re.compile(r"[\s)\]}>.:,;(\[|–—-]*+")
_NOTHING_MORE = re.compile(r"[\s.。):;,\]}*'!|]*\Z")
_SENTENCE_OVER = re.compile(r"[\s)*']*(?:[.。]|\n|\Z)")


Choice = Reading[str]
"""The letter of the option that an answer selects, or why it selects none."""


def parse_choice(
    answer: str,
    options: Sequence[str],
    *,
    phrases: Phrases | None = None,
    stop_reason: str = "stop",
    direct: bool = False,
) -> Choice:
    """The option an answer selects. Never guesses: what can be read in two ways is a problem, not a letter.

    Args:
        answer: A completion; its reasoning blocks and run-on text are ignored.
        options: The options' texts in displayed order; the first is A. At most 26.
        phrases: Those of the languages in which it may be written; by default all there are.
        stop_reason: Why the model stopped; an answer that was cut is not read.
        direct: Whether nothing but a letter was asked for: then a letter alone on the first line is the answer,
            even if the text after it was cut.
    """
    phrases = phrases or load_phrases()
    reader = _Reader(surface(answer, phrases), tuple(options), phrases)
    found = reader.first_letter() if direct else None
    found = found or (None if stop_reason in CUT else reader.choice())
    return found or unread(reader.answer, phrases, stop_reason, "nothing that states an option")


def opening_letter(answer: str, options: Sequence[str], phrases: Phrases | None = None) -> tuple[int, int] | None:
    """Where the letter is that an answer begins with, after nothing but blanks, markup or a cue; `None` without one.

    Args:
        answer: A completion; its reasoning blocks are ignored.
        options: The options' texts in displayed order.
        phrases: Those of the languages in which it may be written; by default all there are.
    """
    phrases = phrases or load_phrases()
    reader = _Reader(surface(answer, phrases), tuple(options), phrases)
    value = reader.opening() if reader.answer.whole else None
    if value is None or value.span[1] - value.span[0] != 1:
        return None
    return reader.answer.offset + value.span[0], reader.answer.offset + value.span[1]


@dataclass(frozen=True)
class _Value:
    """What a piece of text begins with: a letter, a name or both; several letters if they contradict each other."""

    letters: str
    span: tuple[int, int]
    end: int
    full: bool = False
    """Whether it is a letter with its option's text."""


@dataclass(frozen=True)
class _Statement:
    """A cue's value; without letters if it names no option or is taken back."""

    letters: str
    start: int
    value: _Value
    noun: str
    within: bool
    """Whether other words of its sentence are before it."""

    @property
    def how(self) -> str:
        """The form of answer, in words."""
        return f"{self.noun} statement"


@lru_cache
def _words(phrases: Phrases) -> dict[str, re.Pattern[str]]:
    hedges, instead, reasons, option = map(phrases.any_of, ("hedges", "instead_of", "reasons", "option"))
    after = rf"\Z|{reasons}|{instead}"
    patterns = {
        "before": rf"(?:{DECORATION}|[{BOX}:→]|{hedges}|{option}(?=[\s(:]|[a-z]\b))*+",
        "after_letter": rf"'?\s*+(?:{after}|[)\]}}>,;:!|。、(\[.–—]|--|-\s|{option})",
        "after_name": rf"\s*+(?:{after}|[^\w\s+−<>≤≥↑↓-]|-+(?:\s|\Z))",
        "condition": rf"{phrases.any_of('condition', 'contrast')}|\?",
        "instead": rf"{instead}[^.,;。，]*",
        "rejected": rf"[\s)\]:,;(\[–—-]*+(?:{phrases.any_of('is')}\s*)?(?:{CROSS}|×|{phrases.any_of('rejected')})",
        # "This is wrong."
        "retracted": rf"[\s).。]*+{phrases.any_of('prose', 'sentence')}\s*{phrases.any_of('is')}\s*"
        rf"{phrases.any_of('rejected')}",
        "takes_back": rf"[\n.!?;:。—-]\s*{phrases.any_of('correction')}",
    }
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


class _Reader:
    """One answer and the options it chooses from."""

    def __init__(self, answer: Surface, options: tuple[str, ...], phrases: Phrases) -> None:
        self.answer, self.text, self.lower, self.options = answer, answer.text, answer.lower, options
        self.phrases, self.words, self.names = phrases, _words(phrases), option_names(options)
        self.lines = list(answer.lines())

    def choice(self) -> Reading[str] | None:
        """What the answer selects; `None` if nothing states an answer."""
        if statements := self._statements():
            return self._last(statements)
        return self._alone() if self.answer.whole and self.lines else None

    def first_letter(self) -> Reading[str] | None:
        """A letter on the first line: alone, with its option's text, or with what the limit left of it."""
        if not self.lines:
            return None
        start, end = self.lines[0]
        first = self._value(start, end)
        if first is None or first.span[1] - first.span[0] != 1:
            return None
        rest = self.text[_SEPARATOR.match(self.text, first.span[1], end).end() : end]  # type: ignore[union-attr]
        own = dict(zip(self.names.letters, self.options, strict=False)).get(first.letters[0], "").lower()
        alone = first.full or _NOTHING_MORE.match(self.text, first.end, end) or own.startswith(rest.strip().lower())
        return self._found(first.letters, first, "letter alone") if alone else None

    def opening(self) -> _Value | None:
        """The letter or name that the answer begins with, at once or after a cue."""
        if not self.lines:
            return None
        start, end = self.lines[0]
        if value := self._value(start, end):
            return value
        cue = next(cues(self.answer, self.phrases), None)
        if cue is None or self.text[start : cue.start].strip(" '|:.-*>"):
            return None
        return self._value(cue.value, cue.end)

    def _found(self, letters: str, value: _Value, how: str, *notes: str) -> Reading[str]:
        if len(set(letters)) == 1:
            start, end = value.span
            return Reading(letters[0], None, how, (self.answer.offset + start, self.answer.offset + end), notes)
        return Reading(None, "several" if letters else "unparseable", how if letters else f"{how} without an option")

    def _last(self, statements: list[_Statement]) -> Reading[str]:
        """The last statement, unless something next to it or after it contradicts it."""
        last = statements[-1]
        start, end = last.start, last.value.end
        if not last.letters:
            return self._found("", last.value, last.how)
        others = [s.letters for s in statements if "\n" not in self.answer.visible[s.start : start]]
        begin, stop = self.lines[-1]
        others.append(self._bare(begin, stop) if begin > end else "")
        if self.words["takes_back"].search(self.lower, end):
            others.append(self._mentions(end, len(self.text)))
        # "Option: A ... Option: B ... Option: C ...": all are gone through, and none is chosen.
        stated = "".join(s.letters for s in statements)
        others += stated if len(stated) > 2 and self.names.letters.startswith(stated) else ""
        before = [s for s in statements if s.letters and s.letters[0] != last.letters[0]]
        silent = before and not self.phrases.pattern("correction").search(self.lower, before[-1].start, end)
        if silent and (last.within or (last.noun == "diagnosis" and before[-1].noun == "answer")):
            # "Answer: B ... In a child, the answer is A", "Clinical diagnosis: A": it need not be a correction.
            others.append(before[-1].letters)
        return self._found(last.letters + "".join(others), last.value, last.how, *([CHANGED] if silent else []))

    def _alone(self) -> Reading[str] | None:
        """An answer that is nothing but a letter or an option's text."""
        start, end = self.lines[0]
        value = self._value(start, end) if len(self.lines) == 1 else None
        letters = self._checked(value, end) if value else ""
        return self._found(letters, value, "letter or name alone") if value and letters else None

    def _statements(self) -> list[_Statement]:
        found = []
        for cue in cues(self.answer, self.phrases):
            value = self._value(cue.value, cue.end)
            letters = self._checked(value, cue.end) if value else ""
            alone = cue.apart and value is not None and _NOTHING_MORE.match(self.text, value.end, cue.end) is not None
            if alone:
                # A value that the next line follows with another one is the first of a list.
                letters += self._bare(*next_line(self.answer, cue.end))
            full = value is not None and value.full and (alone or _SENTENCE_OVER.match(self.text, value.end))
            ends = value is not None and _NOTHING_MORE.match(self.text, value.end)
            opens = cue.noun == "box" or (cue.opens and (cue.noun == "answer" or alone or full))
            if value is None:
                written = self.text[cue.value : cue.end].strip(" .)*'。[]<>")
                opens = opens and cue.noun == "answer" and cue.apart and written != PLACEHOLDER
                mentioned = self._mentions(cue.value, cue.end) if opens else ""
                letters = mentioned if len(set(mentioned)) > 1 else ""
            value = value or _Value("", (cue.value, cue.end), cue.end)
            if opens or (letters and (ends or (alone and full))):
                found.append(_Statement(letters, cue.start, value, cue.noun, cue.within))
        return found

    def _bare(self, start: int, end: int) -> str:
        """The letters of a line that is a letter, an option's text or both, and nothing else."""
        value = self._value(start, end)
        return value.letters if value and _NOTHING_MORE.match(self.text, value.end, end) else ""

    def _value(self, start: int, end: int) -> _Value | None:
        """The letter or name that a piece of text begins with."""
        first = self.words["before"].match(self.lower, start, end).end()  # type: ignore[union-attr]
        named = self._named(first, end)
        match = _LETTER.match(self.text, first, end)
        if match is None or (named and named.end > match.end()):
            return named
        letter, after = match[1].upper(), match.end()
        own = self._named(_SEPARATOR.match(self.text, after, end).end(), end)  # type: ignore[union-attr]
        if own and (match[1].isupper() or own.span[0] > after + 1):
            return _Value(letter if letter in own.letters else letter + own.letters, match.span(), own.end, True)
        # A small letter can be a word, unless it is alone.
        wordless = match[1].isupper() or _NOTHING_MORE.match(self.text, after, end)
        ends = self.words["after_letter"].match(self.lower, after, end) and not _ABBREVIATION.match(
            self.text, after, end
        )
        if letter in self.names.letters and wordless and ends:
            return _Value(letter, match.span(), after)
        return None

    def _named(self, start: int, end: int) -> _Value | None:
        for letters, stop in self.names.at(self.text, start, end):
            if stop >= 0 and self.words["after_name"].match(self.lower, stop, end):
                return _Value(letters, (start, stop), stop)
        return None

    def _checked(self, value: _Value, end: int) -> str:
        """The letters of a value with those that the rest of its line mentions; none if the line takes it back."""
        doubted = self.words["condition"].search(self.lower, value.end, sentence_end(self.lower, value.end, end))
        rejected = self.words["rejected"].match(self.lower, value.end, end)
        if doubted or rejected or self.words["retracted"].match(self.lower, value.end):
            return ""
        return value.letters + self._mentions(value.end, end)

    def _mentions(self, start: int, end: int) -> str:
        """The letters of the options that a part of the text mentions, other than as what the answer is not."""
        part = self.text[start:end]
        for match in self.words["instead"].finditer(self.lower, start, end):
            part = part[: match.start() - start] + " " * len(match[0]) + part[match.end() - start :]
        letters = (match[1] for match in _MENTION.finditer(part) if match[1] in self.names.letters)
        return "".join(letters) + self.names.mentioned(part)
