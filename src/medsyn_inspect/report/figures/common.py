"""What the figures share: the order of the readers, the plain runs, and numbers in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.readers import labelled
from medsyn_inspect.analysis.schema import in_condition
from medsyn_inspect.report.figures.drawing import Look, looks
from medsyn_inspect.report.material import Material, rows_of

ROUNDING = 1e-9
"""Two numbers that differ by no more are the same."""

FEW = 5
"""Readers below which nothing can be said about readers in general."""

NONE_SAID = "unspecified"
"""Specialty group of a case that has none."""


def findings_in(material: Material) -> Findings:
    """What was found; of logs that were not analysed, nothing."""
    return material.findings if material.findings is not None else Findings()


def all_readers(findings: Findings) -> list[str]:
    """In the report's order: as in `findings.readers`, then those that stand in other frames only, by name."""
    order = list(dict.fromkeys(findings.readers["reader"].astype(str)))
    others: set[str] = set()
    for frame in (findings.types, findings.sensitivity, findings.comparisons, findings.stages, findings.orders):
        others |= set(map(str, frame["reader"].dropna().unique()))
    for frame in (findings.runs, findings.arms):
        # Once for each, not for each of a hundred thousand rows.
        others |= set(names(frame[["reader", "selection"]].drop_duplicates()))
    return order + sorted(others - set(order))


def names(frame: pd.DataFrame) -> pd.Series:
    """The readers of a frame as `findings.readers` calls them: with the selection, where not all cases were asked."""
    if not {"reader", "selection"} <= set(frame.columns):
        return frame["reader"].astype(str)
    rows = zip(frame["reader"].astype(str), frame["selection"].fillna("").astype(str), strict=True)
    return pd.Series(
        [reader if reader.endswith("]") else labelled(reader, selection) for reader, selection in rows],
        index=frame.index,
        dtype=object,
    )


def all_looks(findings: Findings) -> dict[str, Look]:
    """How each reader looks, the same in every figure."""
    return looks(all_readers(findings))


def in_order(readers: Iterable[str], findings: Findings) -> list[str]:
    """Those readers, in the report's order."""
    there = set(readers)
    return [reader for reader in all_readers(findings) if reader in there]


def plain_runs(findings: Findings, question: str) -> pd.DataFrame:
    """The answers to a question in the condition in which readers are compared; `reader` with its selection."""
    runs = findings.runs
    if runs.empty:
        return runs
    asked = runs[in_condition(runs) & (runs["question"] == question)]
    return asked.assign(reader=names(asked))


def by_reader(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The one row of each reader."""
    return {str(row["reader"]): row for row in rows_of(frame)}


def row_with(frame: pd.DataFrame, values: pd.Series, least: bool = False) -> dict[str, Any]:
    """The row with the largest of these values, or with the least; the first of several.

    Args:
        frame: With at least one row.
        values: One for each row; at least one of them known.
        least: Which end.
    """
    numbers = values.to_numpy(dtype=float)
    place = int(np.nanargmin(numbers) if least else np.nanargmax(numbers))
    return rows_of(frame.iloc[[place]])[0]


def known(value: object) -> bool:
    """Whether there is a number that can be drawn."""
    return isinstance(value, Real) and math.isfinite(value)


def number(value: float, digits: int = 1) -> str:
    """`−3.2`, `∞`, or `no value`."""
    if value is None or math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    return ("0." + "0" * digits if digits else "0") if not float(text) else text.replace("-", "−")


def between(low: float, high: float, digits: int = 1) -> str:
    """`[1.0, 3.2]`; nothing where there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"[{number(low, digits)}, {number(high, digits)}]"


def signed(value: float, digits: int = 1) -> str:
    """With a plus where it is above zero."""
    text = number(value, digits)
    return f"+{text}" if known(value) and float(f"{value:.{digits}f}") > 0 else text


def points(value: float, low: float, high: float) -> str:
    """A difference of shares in percentage points: `+12.5 [3.1, 21.9]`."""
    return f"{signed(value * 100)} {between(low * 100, high * 100)}".strip()


def span(values: Iterable[float]) -> str:
    """`12`, or `3 to 12`: the range of counts."""
    counts = sorted({int(value) for value in values})
    return "0" if not counts else f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def listed(items: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; of many the first ones, and how many more there are."""
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def cut(text: object, width: int = 60) -> str:
    """A name for a sentence: on one line, and not longer than that."""
    line = " ".join(str(text).split())
    return line if len(line) <= width else f"{line[: width // 2]}…{line[-(width // 2 - 1) :]}"
