"""Whether words are in a report word for word, and whether they support a statement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from medsyn_inspect.answers.phrases import CJK
from medsyn_inspect.cases.names import plain, spaced
from medsyn_inspect.construct.rules.words import Words

SHORTEST_SPAN = 8
"""Minimum length of a span, in letters and digits (half of it in Chinese); a shorter one supports nothing."""

SUPPORTED_SHARE = 2 / 3
"""Minimum share of a statement's words that must be in its span."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‐": "-", "“": '"', "”": '"', "‘": "'", "’": "'"})


def squashed(text: str) -> str:
    """Text for comparison word for word: NFKC, one kind of dash and quotation mark, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def is_in(span: str, texts: Iterable[str]) -> bool:
    """Whether a span is in one of the texts word for word, whatever blanks are in it."""
    wanted = squashed(span)
    return bool(wanted) and any(wanted in squashed(text) for text in texts)


def span_problem(span: str, texts: Iterable[str]) -> str:
    """Why a span is none; empty if it is one.

    Args:
        span: The quote.
        texts: The report's texts; a span lies within one of them.
    """
    letters = sum(2 if re.match(f"[{CJK}]", one) else 1 for one in span if one.isalnum())
    if letters < SHORTEST_SPAN:
        return "no span"
    return "" if is_in(span, texts) else "span not in the report"


def support_problem(statement: str, spans: Iterable[str], known: Words) -> str:
    """Why spans do not support a statement; empty if they do.

    All numbers and sides of the statement, and two thirds of its words, must be in the spans. What a span denies, the
    statement must not assert.

    Args:
        statement: A finding.
        spans: The passages of the report that the model gives as its support.
        known: The words of the languages.
    """
    spans = list(spans)
    if numbers(statement) - set().union(*map(numbers, spans)):
        return "number not in the span"
    if sides(statement, known) - set().union(*(sides(span, known) for span in spans)):
        return "side not in the span"
    if _loses_negation(statement, spans, known):
        return "negation lost"
    stated = words(statement)
    shared = stated & set().union(*map(words, spans))
    return "" if stated and len(shared) >= SUPPORTED_SHARE * len(stated) else "not supported by its span"


def _loses_negation(statement: str, spans: list[str], known: Words) -> bool:
    """Whether a statement has a word that its spans only deny, without the denial."""
    denied = set().union(*(_denied(span, known) for span in spans)) - _denied(statement, known)
    rest = [_without_denials(span, known) for span in spans]
    stated = _without_denials(statement, known)
    return any(_has(stated, word) and not any(_has(span, word) for span in rest) for word in denied)


def _denied(text: str, known: Words) -> set[str]:
    """The first words after the denials of a text, or the first characters in scripts without spaces."""
    return {match["word"] for denial in known.denials for match in denial.finditer(plain_text(text))}


def _without_denials(text: str, known: Words) -> str:
    text = plain_text(text)
    for denial in known.denials:
        text = denial.sub(" ", text)
    return text


def _has(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)) if spaced(word) else word in text


def plain_text(text: str) -> str:
    """Text in lower case and NFKC."""
    return unicodedata.normalize("NFKC", text).casefold()


def sides(text: str, known: Words) -> set[str]:
    """The sides of the body that a text names."""
    return {match[0] for match in known.sides.finditer(plain_text(text))}


def numbers(text: str) -> set[str]:
    """The numbers in a text; decimal commas count as points."""
    return {one.replace(",", ".") for one in _NUMBER.findall(unicodedata.normalize("NFKC", text))}


def words(text: str) -> set[str]:
    """The words of three letters or more, and the characters of scripts without spaces."""
    found: list[str] = re.findall(rf"[{CJK}]|[^\W\d_{CJK}]{{3,}}", plain(text))
    return set(found)
