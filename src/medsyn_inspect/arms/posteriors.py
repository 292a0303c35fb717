"""Combines the records of an arm in several orders of the options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from medsyn_inspect.records import ArmRecord

LEAST = 1e-12
"""Lower limit of a probability where orders are averaged; it keeps the logarithm finite."""

UNREAD = 60
"""Characters that a record keeps of an answer that could not be read; with more it would not fit into a summary."""

MIXED = "answers to several orders of the options begin with the letter in some and not in others"


def to_canonical_order(record: ArmRecord, offset: int, options: int) -> ArmRecord:
    """Convert a record from the order in which the options were shown to the case's own order.

    Args:
        record: The record as answered: the first number belongs to the option that was shown first.
        offset: Number of positions by which the options were shifted.
        options: Number of options.
    """
    if offset == 0:
        return record

    def back(values: list[Any] | None) -> list[Any] | None:
        return [values[(place - offset) % options] for place in range(options)] if values is not None else None

    letter = ascii_uppercase[(ascii_uppercase.index(record.answer) + offset) % options] if record.answer else None
    moved = {name: back(getattr(record, name)) for name in ("posterior", "lower", "upper", "counts")}
    return record.model_copy(update={**moved, "answer": letter})


def average_permutations(records: Sequence[ArmRecord]) -> ArmRecord:
    """Combine the records of an arm in several orders of the options: the geometric mean of their posteriors.

    An arithmetic mean would draw the posteriors of all arms together and bias every divergence towards 0.

    Args:
        records: One record per order, each converted to the case's own order of the options.

    Returns:
        One record. It has no posterior if one of the orders has none, and `n` is 0, as after a failed call, if the
        call of one of the orders failed.
    """
    if incomplete := [record for record in records if record.posterior is None]:
        worst = min(incomplete, key=lambda record: record.n)
        answer = next((record.answer for record in records if record.answer), None)
        number = sum(record.n for record in records) if worst.n else 0
        return ArmRecord(
            answer=answer if number else None,
            error=worst.error,
            detail=worst.detail,
            unread=worst.unread,
            n=number,
            orders=len(records),
        )
    if len({record.source for record in records}) > 1:
        number = sum(record.n for record in records)
        return ArmRecord(answer=records[0].answer, error=MIXED, n=number, orders=len(records))
    posteriors = [record.posterior or [] for record in records]
    means = [
        math.exp(math.fsum(math.log(max(p, LEAST)) for p in place) / len(records))
        for place in zip(*posteriors, strict=True)
    ]
    total = math.fsum(means)
    posterior = [round(value / total, 12) for value in means]
    masses, prefixes = ([getattr(record, name) for record in records] for name in ("option_mass", "prefix"))
    return ArmRecord(
        answer=ascii_uppercase[posterior.index(max(posterior))],
        source=records[0].source,
        posterior=posterior,
        option_mass=min((mass for mass in masses if mass is not None), default=None),
        prefix=min((prefix for prefix in prefixes if prefix is not None), default=None),
        orders=len(records),
        n=sum(record.n for record in records),
    )
