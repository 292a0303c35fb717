"""Functions shared by the figures: order and appearance of the readers, and selections from frames."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.providers import is_physician
from medsyn_inspect.report.figures.labels import Look, looks
from medsyn_inspect.report.figures.style import INK, MARKERS, SERIES, is_narrow
from medsyn_inspect.report.material import rows_of

LABEL, NARROW_LABEL = 24, 18
"""Maximum number of columns of a line of a reader's label, in figures of the usual width and for narrow screens."""

ROUNDING = 1e-9
"""Numbers that differ by at most this much are treated as equal."""


def all_looks(findings: Findings) -> dict[str, Look]:
    """The appearance of each reader, the same in every figure with a legend of readers."""
    return looks(findings.all_readers, NARROW_LABEL if is_narrow() else LABEL)


def row_looks(findings: Findings) -> dict[str, Look]:
    """The appearance of each reader in figures that name it next to its row or panel: one colour and marker for all."""
    return {reader: Look(look.label, SERIES, MARKERS[0]) for reader, look in all_looks(findings).items()}


def human_line(findings: Findings, measure: str = "accuracy") -> list[float]:
    """The results of physicians, in percent, drawn as lines across the results of models.

    If some answered in consensus, theirs alone, as in the paper; otherwise those of every physician.

    Args:
        findings: The results of the analysis.
        measure: Column of the frame `readers`.
    """
    readers = findings.readers
    physicians = readers[readers["model"].map(lambda model: is_physician(str(model))).astype(bool)]
    known = physicians[physicians[measure].map(finite).astype(bool)]
    together = findings.physicians.loc[findings.physicians["consensus_of"].notna(), "reader"]
    if known["reader"].isin(together).any():
        known = known[known["reader"].isin(together)]
    return [100 * float(value) for value in known[measure]]


def physicians_words(findings: Findings) -> str:
    """Who the human line is of, for legends."""
    return "simulated physicians" if findings.physicians["simulated"].eq(True).any() else "physicians"


LINE: dict[str, Any] = {"color": INK, "alpha": 0.6, "linewidth": 0.8}
"""Appearance of the human line."""


def in_order(readers: Iterable[str], findings: Findings) -> list[str]:
    """The given readers, in the report's order."""
    given = set(readers)
    return [reader for reader in findings.all_readers if reader in given]


def by_reader(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The row of each reader; each reader must have only one."""
    return {str(row["reader"]): row for row in rows_of(frame)}


def row_with(frame: pd.DataFrame, values: pd.Series, smallest: bool = False) -> dict[str, Any]:
    """The row with the largest of these values, or with the smallest; the first one if several are equal.

    Args:
        frame: With at least one row.
        values: One value for each row; at least one of them is not NaN.
        smallest: Whether to return the row with the smallest value.
    """
    numbers = values.to_numpy(dtype=float)
    index = int(np.nanargmin(numbers) if smallest else np.nanargmax(numbers))
    return rows_of(frame.iloc[[index]])[0]


def finite(value: object) -> bool:
    """Whether a value is a finite number, which can be drawn."""
    return isinstance(value, Real) and math.isfinite(value)
