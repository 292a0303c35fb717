"""Conditions and questions in words, for the page and the figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medsyn_inspect.records import PLACEBO, SECTIONS, Condition
from medsyn_inspect.wording import spoken

QUESTIONS = {
    "fdx": "final diagnosis",
    "ddx": "differential",
    "open_fdx": "final diagnosis, no options",
    "sensitivity": "final diagnosis (arms)",
}
"""The questions in words."""

WORDS = {
    "view=finding": "findings instead of images",
    "text=remove": "without history and examination",
    "text=random": "random words for history and examination",
    "staging=turns": "evidence in turns",
    "emphasis=none": "no emphasis",
    "withhold=all visual evidence": "without any visual evidence",
    "withhold=all": "the question alone",
}
"""Conditions in words, by their label; `in_words` also knows those that name evidence."""


def in_words(condition: str) -> str:
    """A condition as it is passed to `-T`, in words; one that is not known is returned as it is."""
    name, _, value = condition.partition("=")
    if condition in WORDS:
        return WORDS[condition]
    if name == "withhold" and set(value.split(",")) <= set(SECTIONS):
        return f"without {_evidence(value.split(','))}"
    kinds = value.removeprefix(PLACEBO).split(",")
    if name == "emphasis" and set(kinds) <= set(SECTIONS):
        called = f"attention called to {_evidence(kinds)}"
        return f"placebo for {called}" if value.startswith(PLACEBO) else called
    return condition


def change_words(row: Mapping[str, Any]) -> str:
    """What a row of `comparisons` compares with the plain condition: `without CT, with images`."""
    shown = {"image": ", with images", "finding": ", with findings"}.get(str(row["view"]), "")
    return f"{in_words(row['condition'])}{shown}"


def _evidence(kinds: Iterable[str]) -> str:
    return ", ".join("other evidence" if kind == "other" else spoken(kind) for kind in kinds)


def condition_words(condition: Condition) -> str:
    """A condition in words; the plain one is `images and text`."""
    parts = condition.label.split(", ") if condition.label else []
    return ", ".join(map(in_words, parts)) or condition.words
