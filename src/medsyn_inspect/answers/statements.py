r"""Where an answer says that what follows, or what stands here, is the answer.

Patterns are matched against the `surface` of an answer. A *strong* statement is in the form that was
asked for or one like it ("Answer:", "the answer is", `\boxed{}`, "故选"); a *weak* one ("I choose B",
"B is correct", "final diagnosis: ...") counts only where there is no strong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

# How far a statement's value may reach; an essay after "Answer:" is not searched to its end.
REACH = 300
# How many statements of one form an answer may hold.
MOST = 300

_IS = (
    r"'?[ ]{0,9}(?:[:=]|(?:is|would be|should be|must be|will be|has to be|remains)\b[ ]{0,9}:?"
    r"|-{1,2}>?[ ]|[–—→]|是|为)"
)
_BEST = r"\b(?:final|correct|best|right|my|chosen|selected|most (?:likely|probable|appropriate))[ ]{1,3}"

STRONG = {
    "answer statement": re.compile(
        rf"\banswers?\b(?:[ ]{{1,3}}(?:choice|option|letter))?{_IS}"
        rf"|{_BEST}(?:choice|option|selection|letter){_IS}"
        r"|(?:(?<=\n)|(?<=[{,])|(?<=[{,]'))[ ]{0,9}(?:choice|option|selection|letter)'?[ ]{0,9}:",
        re.I,
    ),
    "boxed": re.compile(r"\\boxed[ ]{0,9}\{"),
    "answer statement (Chinese)": re.compile(
        r"(?:答案|(?:正确|最佳|最终|所选)的?(?:选项|选择))[ ]{0,9}(?:应该?|就|选)?[ ]{0,9}"
        r"(?:(?:是|为|选择?|:)[ ]{0,9}){0,2}"
        r"|(?:故|应该?|因此|因而|所以|综上(?:所述)?|最终)[,、]?"
        r"(?:我|本题|应该?|最终|答案|正确)?[ ]{0,3}选(?!项)(?:择|取|定)?(?:的?是|为|:)?"
    ),
}

WEAK = {
    "diagnosis statement": re.compile(
        rf"\b(?:final|most likely|most probable|correct|best)[ ]{{1,3}}diagnosis{_IS}"
        r"|(?:最终|最可能的?|最后)诊断[ ]{0,9}(?:是|为|:)",
        re.I,
    ),
    "choosing statement": re.compile(
        r"\b(?:i|we)(?:[ ](?:would|will|therefore|thus)|'ll|'d)?[ ](?:choose|select|pick|go with|opt for)[ :]"
        r"|(?<![不勿别未非可备入候挑筛首])选(?!项)(?:择|取|定)?(?:的?是|为|:)?",
        re.I,
    ),
}

# "Option B is the correct answer": a capital letter at the start of a clause or after "option", and what is said of it.
PREDICATE = re.compile(
    r"(?:(?:^|(?<=[\n.,;:!。，、]))[ ]{0,3}"
    r"|\b(?i:options?|choice|that|think|believe|so|therefore|thus|hence)[ ]{1,3}|选项|故)"
    r"\(?(?P<letter>[A-Z])\)?(?![\w'-])"
    r"[ ]{1,9}(?:is|would be|must be)[ ]{1,3}(?:the[ ])?(?:single[ ])?"
    r"(?:correct|best|right|final|answer|most (?:likely|probable|appropriate|consistent))\b"
    r"|(?<![A-Za-z0-9])(?P<letter_zh>[A-Z])[ ]{0,3}(?:选?项)?[ ]{0,3}(?:是|为)?最?(?:正确|符合题意|佳答案)"
)

_SENTENCE_END = re.compile(r"[.!?。\n]")
_CLAUSE_END = re.compile(r"[,;:、(){}\[\]]|\b(?:so|therefore|thus|hence|but)\b|故|所以|因此|而是", re.I)
_HYPOTHETICAL = re.compile(r"\b(?:if|whether|unless|suppose|supposing|were)\b|如果|假如|假设|若|倘若|要是|是否", re.I)
_DENIAL = re.compile(
    r"\b(?:not|never|no|neither|nor|cannot|wrong|incorrect|false|tempting|alternative|second[ -]best|runner-up"
    r"|other|another|previous|initial|first|form)\b|n't\b|不|未|非|无法|排除|勿|别|错误|干扰|备选|其他|格式",
    re.I,
)


@dataclass(frozen=True)
class Statement:
    """A place where the surface of an answer states its choice."""

    cue: int
    """Where the statement begins."""

    start: int
    """Where its value begins."""

    end: int
    """Where its value ends at the latest."""

    how: str
    """Which form of statement it is."""


def stated(text: str, forms: dict[str, re.Pattern[str]]) -> Iterator[Statement]:
    """The statements of these forms that assert their value, in the order of the forms."""
    for how, form in forms.items():
        for match in form.finditer(text):
            if not asserted(text, match.start()):
                continue
            start = match.end()
            if how == "boxed":
                closing = text.find("}", start, start + REACH)
                yield Statement(match.start(), start, closing if closing >= 0 else _line_end(text, start), how)
                continue
            end = _line_end(text, start)
            if not text[start:end].strip(" :.-"):
                start, end = _next_line(text, end)
            yield Statement(match.start(), start, end, how)


def headed(text: str, spans: list[tuple[int, int]]) -> Iterator[Statement]:
    """Lines under a heading "Final answer" that ends without a colon."""
    for (start, end), (value, value_end) in pairwise(spans):
        if _HEADING.fullmatch(text, start, end):
            yield Statement(start, value, min(value_end, value + REACH), "answer statement")


_HEADING = re.compile(r"(?:(?:the|my)[ ]+)?(?:(?:final|correct|best)[ ]+)?answer|(?:最终|正确)?答案", re.I)


def asserted(text: str, position: int) -> bool:
    """Whether what is said at a position is said without "if" in its sentence or "not" in its clause before it."""
    before = text[max(0, position - 120) : position]
    sentence = _SENTENCE_END.split(before)[-1]
    clause = _CLAUSE_END.split(sentence)[-1]
    return not (_HYPOTHETICAL.search(sentence) or _DENIAL.search(clause))


def crowded(text: str) -> bool:
    """Whether a text repeats some form of statement so often that it is no answer but a model in a loop."""
    forms = [*STRONG.values(), *WEAK.values(), PREDICATE]
    return any(next(islice(form.finditer(text), MOST, None), None) is not None for form in forms)


def first_sentence_end(text: str, start: int, end: int) -> int:
    """Where the first sentence of a value ends."""
    match = _SENTENCE_END.search(text, start, end)
    return match.end() if match else end


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start, start + REACH)
    return end if end >= 0 else min(len(text), start + REACH)


def _next_line(text: str, position: int) -> tuple[int, int]:
    """Start and end of the next line that is not blank."""
    match = _NOT_BLANK.search(text, position)
    start = match.start() if match else len(text)
    return start, _line_end(text, start)


_NOT_BLANK = re.compile(r"[^\s:.-]")
