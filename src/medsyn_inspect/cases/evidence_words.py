"""Recognises what clinicians call a type of evidence: "CT abdomen" is `ct`, "bloods" and "血常规" are `laboratory`.

The words are in `evidence_words.yaml`. The type itself (`clinical_photography`) is always understood.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import yaml

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.names import plain, spaced

_FILE = Path(__file__).with_suffix(".yaml")

_CLOSE = 0.75
"""Similarity from which a known word is suggested for an unknown one."""


def evidence_types_in(name: str) -> list[EvidenceType]:
    """The evidence types that a name mentions, in the order of `EvidenceType`; empty if none.

    Args:
        name: What somebody calls the evidence, such as "CT abdomen".
    """
    words = _words()
    found = {words[match[0]] for match in _pattern().finditer(plain(name.replace("_", " ")))}
    return [evidence_type for evidence_type in EvidenceType if evidence_type in found]


def suggestion(name: str) -> str:
    """What to write instead of an unknown evidence type: "did you mean ct?", or all types.

    Args:
        name: What was given.
    """
    if found := evidence_types_in(name):
        return f"did you mean {' or '.join(found)}?"
    if close := get_close_matches(plain(name), _words(), n=1, cutoff=_CLOSE):
        return f"did you mean {_words()[close[0]]}?"
    return f"choose from {', '.join(EvidenceType)}"


@lru_cache(maxsize=1)
def _words() -> dict[str, EvidenceType]:
    """The type of each word, in its normal form."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    words = {
        plain(word): EvidenceType(name) for name, by in content.items() for listed in by.values() for word in listed
    }
    return words | {plain(member.replace("_", " ")): member for member in EvidenceType}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Finds the longest words first; words of a script with spaces only as whole words ("ct" in "腹部ct")."""
    longest_first = sorted(_words(), key=len, reverse=True)
    return re.compile("|".join(_whole(word) if spaced(word) else re.escape(word) for word in longest_first))


def _whole(word: str) -> str:
    letter = r"[^\W\u2e80-\uffff]"  # of a script with spaces
    return rf"(?<!{letter}){re.escape(word)}(?!{letter})"
