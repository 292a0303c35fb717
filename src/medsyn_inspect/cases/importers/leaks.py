"""Detects cases whose text reveals the final diagnosis, as case reports often do."""

from __future__ import annotations

import re

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.check import sections_with_diagnosis
from medsyn_inspect.cases.importers.core import DIAGNOSIS_IN_TEXT, DIAGNOSIS_PARTLY_IN_TEXT
from medsyn_inspect.cases.names import plain

_ABBREVIATION = re.compile(r"\s*\(([A-Z][A-Za-z0-9-]{1,9})\)")
_WHAT_FOLLOWS_THE_CORE = re.compile(
    r"\s*[(,;/]|\s+(?:with|without|due to|secondary to|caused by|causing|associated with|from|in|of the|after"
    r"|following|complicated by|compounded by|resulting in)\s",
    re.IGNORECASE,
)

_QUALIFIERS = re.compile(
    r"^(?:(?:(?:sub)?acute|chronic|severe|fulminant|primary|secondary|focal|unilateral|bilateral|(?:left|right)(?:-sided)?"
    r"|isolated|malignant|benign|typical|atypical|classic|adult|adult-onset|recurrent|infected|(?:high|low)-grade"
    r"|stage \w+|spontaneous|traumatic|localized|disseminated|concomitant|sporadic|congenital|acquired)\s+)+",
    re.IGNORECASE,
)
_SHORTEST_CORE = 10
"""Minimum length of a core to look for, in letters and spaces."""


def without_abbreviation(diagnosis: str) -> str:
    """A diagnosis without abbreviations: `Gastric tumour (GT) of the antrum` -> `Gastric tumour of the antrum`."""
    return _ABBREVIATION.sub(lambda found: "" if _is_abbreviation(found[1]) else found[0], diagnosis).strip()


def leaks(case: Case) -> dict[str, str]:
    """Flags for a case whose text reveals the diagnosis, each with an explanation of where it does."""
    if sections := sections_with_diagnosis(case):
        return {DIAGNOSIS_IN_TEXT: f"named in {' and '.join(sections)}: {case.final_diagnosis}"}
    core = _core(case.final_diagnosis)
    # A short core ("Pneumonia due to...") is too unspecific to reveal the diagnosis.
    if len(plain(core)) >= _SHORTEST_CORE:
        bare = case.model_copy(update={"final_diagnosis": core, "aliases": ()})
        if sections := sections_with_diagnosis(bare):
            return {DIAGNOSIS_PARTLY_IN_TEXT: f"its core is named in {' and '.join(sections)}: {core}"}
    short = _abbreviation_of_core(case.final_diagnosis)
    texts = {"history": case.history, "examination": case.examination}
    texts |= {f"the finding of {piece.type}": piece.finding or "" for piece in case.evidence}
    where = [name for name, text in texts.items() if short and re.search(rf"\b{re.escape(short)}\b", text)]
    return {DIAGNOSIS_PARTLY_IN_TEXT: f"its abbreviation is in {' and '.join(where)}: {short}"} if where else {}


def _core(diagnosis: str) -> str:
    """The core of a diagnosis: `Acute focal Xitis (X) due to Y` -> `Xitis`."""
    return _QUALIFIERS.sub("", _WHAT_FOLLOWS_THE_CORE.split(diagnosis, maxsplit=1)[0])


def _abbreviation_of_core(diagnosis: str) -> str | None:
    """The abbreviation directly after the core; a later one may belong to a location or a complication."""
    behind = diagnosis[len(_WHAT_FOLLOWS_THE_CORE.split(diagnosis, maxsplit=1)[0]) :]
    found = _ABBREVIATION.match(behind)
    return found[1] if found and len(found[1]) > 2 and _is_abbreviation(found[1]) else None


def _is_abbreviation(text: str) -> bool:
    return sum(letter.isupper() for letter in text) >= 2
