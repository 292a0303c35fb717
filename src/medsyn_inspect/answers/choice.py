"""Which lettered option an answer selects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from medsyn_inspect.answers.names import option_names
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.answers.statements import (
    PREDICATE,
    REACH,
    STRONG,
    WEAK,
    asserted,
    crowded,
    first_sentence_end,
    headed,
    stated,
)
from medsyn_inspect.answers.surface import lines, surface
from medsyn_inspect.answers.values import Claim, Values, undecided

# The letter of the requested form itself, where an answer repeats the instruction: 'one line of the form "Answer: X"'.
PLACEHOLDER = "X"

# A line that is a letter and nothing else, or a letter and "option".
_BARE = re.compile(r"(?:option[ ]+|选项[ ]?)?[(\[{<'\s]*[A-Za-z][\s)\]}>.。,:;!']*(?:选?项)?[。.\s]*", re.I)


@dataclass(frozen=True)
class Choice:
    """What an answer selects, or why it selects nothing."""

    letter: str | None
    """The selected option's letter."""

    problem: Literal["unparseable", "several", "refused"] | None
    """Why there is no letter; `None` if there is one."""

    how: str
    """The form that matched, or what was found instead of one."""


@dataclass(frozen=True)
class _Finding:
    claims: tuple[Claim, ...]
    how: str


def parse_choice(text: str, options: Sequence[str]) -> Choice:
    """The option an answer selects. Never guesses: what can be read in two ways is a problem, not a letter.

    Args:
        text: A completion; its reasoning blocks are ignored.
        options: The options' texts in displayed order; the first is A. At most 26.
    """
    letters = ascii_uppercase[: len(options)]
    finding = _find(surface(text), letters, tuple(options))
    claimed = {claim.letter for claim in finding.claims}
    if len(claimed) > 1:
        return Choice(None, "several", finding.how)
    if claimed and claimed <= set(letters):
        return Choice(claimed.pop(), None, finding.how)
    if not claimed and is_refusal(text):
        return Choice(None, "refused", "refusal")
    return Choice(None, "unparseable", "letter outside the options" if claimed else finding.how)


def answer_span(text: str, letters: str | Sequence[str], options: Sequence[str] = ()) -> tuple[int, int] | None:
    """Where the letter of the final answer stands in the original text; `None` if no single letter was stated.

    Where the same letter is stated more than once, the last of the statements that decided. An answer by
    the option's text has no letter. Pass the options wherever they are known: only then are a letter
    and a name that contradict each other seen, and the result agrees with `parse_choice` in every case.

    Args:
        text: A completion, exactly as the model wrote it.
        letters: The options' letters, from A without a gap.
        options: The options' texts in displayed order.
    """
    allowed = "".join(letters).upper()
    finding = _find(surface(text), allowed, tuple(options))
    if len({claim.letter for claim in finding.claims}) != 1 or finding.claims[0].letter not in allowed:
        return None
    return next((claim.span for claim in reversed(finding.claims) if claim.span), None)


def _find(text: str, letters: str, options: tuple[str, ...]) -> _Finding:
    """The claims of the most explicit kind that the answer makes."""
    spans = list(lines(text))
    if not spans:
        return _Finding((), "empty")
    if crowded(text):
        return _Finding((), "too many statements")
    values = Values(letters, option_names(options))
    strong, open_ended = _strong(text, spans, values)
    if strong.claims or open_ended:
        return strong
    for finding in (_letter_lines(text, spans, values), _weak(text, values), _named_last(text, spans, values)):
        if finding.claims:
            return finding
    return _Finding((), "nothing that states an answer")


def _strong(text: str, spans: list[tuple[int, int]], values: Values) -> tuple[_Finding, bool]:
    """Strong statements, and whether the last line is one that cannot be read: then nothing else is the answer."""
    found: list[tuple[int, list[Claim], str]] = []
    open_ended = False
    for statement in [*stated(text, STRONG), *headed(text, spans)]:
        span = statement.start, statement.end
        claims = values.at_start(text, *span)
        if not claims:
            claims = values.named_once(text, statement.start, first_sentence_end(text, *span))
        claims = [claim for claim in claims if claim.letter != PLACEHOLDER or PLACEHOLDER in values.letters]
        if claims:
            found.append((statement.start, claims, statement.how))
        elif statement.cue <= spans[-1][0] < statement.end and statement.how == "answer statement":
            open_ended = True
    found.sort(key=lambda item: item[0])
    claims = [claim for _, claims, _ in found for claim in claims]
    how = found[-1][2] if found else "answer statement that names no option"
    if claims and not any(claim.span for claim in claims):
        how += " by name"
    return _Finding(tuple(claims), how), open_ended


def _letter_lines(text: str, spans: list[tuple[int, int]], values: Values) -> _Finding:
    """Lines that are a letter, a letter with its option's text, or an option's text, first or last in the answer."""
    bare: list[tuple[int, Claim]] = []
    named: list[tuple[int, Claim]] = []
    whole = 0
    for index, (start, end) in enumerate(spans):
        if end - start > REACH:
            continue
        claims = values.at_start(text, start, end)
        if not claims or (undecided(text[start:end]) and not values.names.exactly(text[start:end])):
            continue
        if _BARE.fullmatch(text, start, end):
            bare += [(index, claim) for claim in claims]
        elif len(spans) == 1 or len(claims) > 1 or _only_name(text, claims[0], start, end, values):
            named += [(index, claim) for claim in claims]
        else:
            continue
        whole += 1
    for how, group in (("letter alone", bare), ("letter or name on its own line", [*bare, *named])):
        claimed = {claim.letter for _, claim in group}
        ends = any(index in (0, len(spans) - 1) for index, _ in group)
        if ends and (len(claimed) == 1 or (claimed and (how == "letter alone" or whole == len(spans)))):
            return _Finding(tuple(claim for _, claim in group), how)
    return _Finding((), "")


def _only_name(text: str, claim: Claim, start: int, end: int, values: Values) -> bool:
    """Whether a line holds the claimed option's text, after its letter if it has one, and no more."""
    return claim.letter in values.names.exactly(text[claim.span[1] if claim.span else start : end])


def _weak(text: str, values: Values) -> _Finding:
    """Choosing and predicating statements."""
    found: list[tuple[Claim, str]] = []
    for statement in stated(text, WEAK):
        found += [(claim, statement.how) for claim in values.at_start(text, statement.start, statement.end)]
    for match in PREDICATE.finditer(text):
        group = "letter" if match["letter"] else "letter_zh"
        if asserted(text, match.start(group)):
            found.append((Claim(match[group], match.span(group)), "predicate statement"))
    return _Finding(tuple(claim for claim, _ in found), found[-1][1] if found else "")


def _named_last(text: str, spans: list[tuple[int, int]], values: Values) -> _Finding:
    """The one option whose text the last line names, if it neither weighs nor denies."""
    start, end = spans[-1]
    claims = values.named_once(text, start, end) if end - start <= REACH else []
    return _Finding(tuple(claims), "option named in the last line")
