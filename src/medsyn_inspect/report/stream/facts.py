"""Facts of the runs that count, shared by several answers to STREAM."""

from __future__ import annotations

from typing import Any, Literal

from medsyn_inspect.records import JUDGED
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.tasks import TASKS

Status = Literal["answered", "partly", "open", "not applicable"]
"""`partly`: a person must add the information that the answer names; `not applicable`: the criterion does not apply."""

Answer = tuple[Status, str, str]
"""Status, answer and basis."""

MANY = 8
"""Largest number of lines in an answer; the others are only in the tables."""


def questions_of(material: Material) -> list[str]:
    """The questions of the logs, in the order of the tasks."""
    order = list(TASKS)
    return sorted({str(name) for name in material.counted["question"]}, key=lambda name: order.index(name))


def card_values(material: Material, name: str) -> list[Any]:
    """The distinct values of a field of the cards."""
    values: list[Any] = []
    for row in rows_of(material.counted):
        value = (row["card"] or {}).get(name)
        if value not in values:
            values.append(value)
    return values


def is_judged(material: Material) -> bool:
    """Whether any answer is graded by a judge."""
    return any(name in JUDGED for name in questions_of(material))
