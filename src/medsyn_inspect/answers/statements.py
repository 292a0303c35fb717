r"""Where an answer says that what follows is the answer or the diagnosis: "Final answer:", "答案是", \boxed{.

A cue begins a clause. Nothing is understood of the words before it, except that an "if" or an "at first" in its
sentence makes it none.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.surface import BOX, Surface

MOST = 50
"""Of more cues than these, in the answer of a model that repeats itself, only the last are looked at."""

# What may stand around a cue or a value without changing it: bullets, quotes, braces, the bars of a table.
DECORATION = r"[ >|+•·'{}\[\]()<=\-–—*]"
_SENTENCE_END = "\n.!?。"
_LOOK_BACK = 300
_BLANK = re.compile(r"[\s|:>*-]{0,300}")


@dataclass(frozen=True)
class Cue:
    """A place where a value is announced.

    Attributes:
        start: Where its clause begins.
        value: Where the value begins: on the same line or, if that ends, on the next that is not blank.
        end: Where the value's line ends.
        noun: `answer`, `diagnosis`, `choose` or `box`.
        opens: Whether it begins its sentence, or follows a colon.
        within: Whether other words of its sentence are before it; of a box it does not matter.
        apart: Whether a colon, an arrow or a line end is between it and the value.
    """

    start: int
    value: int
    end: int
    noun: str
    opens: bool
    within: bool
    apart: bool


@lru_cache
def _cue(phrases: Phrases) -> re.Pattern[str]:
    noun = rf"(?:{phrases.any_of('qualifiers')}[ ]{{0,9}}+){{0,6}}+(?:(?P<answer>{phrases.any_of('answer')})"
    noun += rf"|(?P<diagnosis>{phrases.any_of('diagnosis')}))[ ']{{0,40}}+(?:{phrases.any_of('scope')}[ ']{{0,9}}+)?"
    separator = rf"(?:(?P<apart>[:=|→]{{1,9}}+|[-–—]{{1,3}}>?(?=[ ]))|{phrases.any_of('is')}[ ]{{0,9}}+(?P<colon>:?)"
    begins = rf"(?:^|(?<=[.!?。:;,、(])){DECORATION}{{0,40}}+(?:\d{{1,2}}[.)][ ]{{1,9}}+)?"
    begins += rf"(?:{phrases.any_of('lead')}[ ,:]{{0,9}}+){{0,4}}+"
    return re.compile(
        rf"{begins}(?:(?:{noun}{separator}|(?P<bare>(?=\n|\Z))){DECORATION}{{0,9}}?){{1,3}}"
        rf"|(?P<choose>{phrases.any_of('choose')})[ ]{{0,9}}+:?)|(?P<box>{BOX})",
        re.M,
    )


def cues(answer: Surface, phrases: Phrases) -> Iterator[Cue]:
    """The cues of an answer that are neither conditional nor provisional, in order."""
    lower = answer.lower
    for match in deque(_matches(lower, phrases), MOST):
        noun = next(name for name in ("box", "choose", "answer", "diagnosis") if match[name] is not None)
        before = lower[: match.start()].rstrip(" ")[-1:] or "\n"
        earliest = max(0, match.start() - _LOOK_BACK)
        sentence = max(earliest, *(lower.rfind(mark, earliest, match.start()) + 1 for mark in _SENTENCE_END))
        if phrases.pattern("condition", "provisional").search(lower, sentence, match.end()) or (
            match["bare"] is not None and before != "\n"
        ):
            continue
        begin, end = match.end(), answer.line_end(match.end())
        apart = noun == "box" or bool(match["apart"] or match["colon"])
        if not lower[begin:end].strip(" '|:.-*>"):
            begin, end, apart = *next_line(answer, end), True
        opens, within = before in _SENTENCE_END + ":", noun != "box" and before not in _SENTENCE_END
        yield Cue(match.start(), begin, end, noun, opens, within, apart)


def next_line(answer: Surface, end: int) -> tuple[int, int]:
    """The line after this place that is not blank, or nothing at the end."""
    start = _BLANK.match(answer.text, end).end()  # type: ignore[union-attr]
    return max(answer.text.rfind("\n", 0, start) + 1, end), answer.line_end(start)


def sentence_end(lower: str, start: int, end: int) -> int:
    """Where the sentence that begins or goes on at `start` ends."""
    match = re.compile(r"[!?。]|\.(?=[ ]|\Z)").search(lower, start, end)
    return match.end() if match else end


def _matches(lower: str, phrases: Phrases) -> Iterator[re.Match[str]]:
    """The expression is only tried in lines that have one of its nouns, verbs or marks at all."""
    needed = [BOX, *(word for key in ("answer", "diagnosis", "choose") for word in phrases.words[key])]
    start = 0
    for line in lower.split("\n"):
        if line and any(word in line for word in needed):
            yield from _cue(phrases).finditer(lower, start, start + len(line))
        start += len(line) + 1
