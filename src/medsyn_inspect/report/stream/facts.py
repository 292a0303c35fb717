"""What several answers to STREAM share: facts of the runs that count, and how they are put into words."""

from __future__ import annotations

from typing import Any, Literal

from medsyn_inspect.records import JUDGED
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.tasks import TASKS

Status = Literal["answered", "partly", "open", "not applicable"]
"""`partly`: a person must add what the answer names; `not applicable`: a condition of the criterion is not met."""

Said = tuple[Status, str, str]
"""Status, answer and basis."""

MANY = 8
"""More lines than these are left to the tables."""


def questions_of(material: Material) -> list[str]:
    """What was asked, in the order of the tasks."""
    order = list(TASKS)
    return sorted({str(name) for name in material.counted["question"]}, key=lambda name: order.index(name))


def card_values(material: Material, name: str) -> list[Any]:
    """A field of the cards, each value once."""
    values: list[Any] = []
    for row in rows_of(material.counted):
        value = (row["card"] or {}).get(name)
        if value not in values:
            values.append(value)
    return values


def is_judged(material: Material) -> bool:
    """Whether any answer is graded by a judge."""
    return any(name in JUDGED for name in questions_of(material))
