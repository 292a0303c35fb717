"""Finds and removes sentences that name the final diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.importers.leaks import leaks
from medsyn_inspect.construct.rules.words import COMMON, Words


def sentences_of(text: str, known: Words) -> list[str]:
    """The sentences of a text."""
    return [one.strip() for one in known.sentence_end.split(text) if one and one.strip()]


def joined(sentences: Sequence[str]) -> str:
    """Sentences as one text: with blanks between them, except after Chinese punctuation."""
    out = ""
    for sentence in sentences:
        out += ("" if not out or out[-1] in "。！？；，、：" else " ") + sentence
    return out


def naming_problem(text: str, final_diagnosis: str, aliases: Sequence[str]) -> str:
    """How a text names the diagnosis, in whole or in part; empty if it does not.

    It uses the rules of the importers of public sets: the name, its aliases, its core, and its abbreviation.
    """
    case = Case(
        case_id="text",
        language=COMMON,  # not looked at
        history=text,
        final_diagnosis=final_diagnosis,
        aliases=tuple(aliases),
        source="report",
        licence="report",
    )
    return next(iter(leaks(case).values()), "")


def without_naming(text: str, final_diagnosis: str, aliases: Sequence[str], known: Words) -> tuple[str, list[str]]:
    """A text without the sentences that name the diagnosis, and these sentences."""
    kept: list[str] = []
    removed: list[str] = []
    for sentence in sentences_of(text, known):
        (removed if naming_problem(sentence, final_diagnosis, aliases) else kept).append(sentence)
    rest = joined(kept)
    if removed or naming_problem(rest, final_diagnosis, aliases):
        # A name can be split over two sentences; then nothing of the text is safe.
        return ("", [*removed, rest]) if naming_problem(rest, final_diagnosis, aliases) else (rest, removed)
    return text, []
