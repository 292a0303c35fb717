"""Numbers of the page: as many digits as the number of cases supports, and words where there is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from medsyn_inspect.analysis.schema import with_ends
from medsyn_inspect.report.page.blocks import Bar, Cell
from medsyn_inspect.wording import MINUS, known, number, share_digits, signed

NOT_MEASURABLE = "not measurable"

LARGEST_RATIO = 10.0
"""A ratio above this value is not shown: its denominator, the effect of the findings, is then hardly above noise."""


def ends(lower: Any, upper: Any, digits: int) -> str:
    """An interval: `[74-98]`, or `[−3, 8]` where an end is negative."""
    if not (known(lower) and known(upper)):
        return ""
    shown = [number(end, digits) for end in (lower, upper)]
    return f"[{(', ' if MINUS in ''.join(shown) else '-').join(shown)}]"


def share(row: Mapping[str, Any], name: str, *, reference: float | None = None, second: bool = False) -> Cell:
    """A share with its interval as a percentage: `92 % [74-98]`.

    Args:
        row: With the columns of a value, its interval, and the number of cases.
        name: The value.
        reference: A value to compare with, drawn in the bar.
        second: Whether the bar is of the second of two kinds of estimates.
    """
    value, lower, upper = _values(row, name)
    if not known(value):
        return Cell("")
    digits = share_digits(row.get(f"{name}_n"))
    has_ends = known(lower) and known(upper)
    bar = Bar(float(value), float(lower) if has_ends else None, float(upper) if has_ends else None, reference, second)
    shown = f"{number(100 * value, digits)} %"
    return Cell(shown, small=ends(*_percent(lower, upper), digits), sort=float(value), bar=bar)


def difference(row: Mapping[str, Any], name: str, n: Any = None) -> Cell:
    """A difference of shares in percentage points with its interval: `+12 [3, 22]`."""
    value, lower, upper = _values(row, name)
    if not known(value):
        return Cell("")
    digits = share_digits(row.get(f"{name}_n") if n is None else n)
    return Cell(signed(100 * value, digits), small=ends(*_percent(lower, upper), digits), sort=float(value))


def level(row: Mapping[str, Any], name: str) -> Cell:
    """A mean of levels of a rubric, or another number of similar size, with its interval: `3.2 [2.4-3.9]`."""
    value, lower, upper = _values(row, name)
    return Cell(number(value, 1), small=ends(lower, upper, 1), sort=float(value)) if known(value) else Cell("")


def ratio(value: Any) -> str:
    """A ratio of effects: `0.83`; in words if it is infinite or so large that it says nothing."""
    if not known(value):
        return ""
    return number(value, 2) if math.isfinite(value) and abs(value) <= LARGEST_RATIO else NOT_MEASURABLE


def _values(row: Mapping[str, Any], name: str) -> list[Any]:
    """A value and the ends of its interval; `None` where the row has no such column."""
    return [row.get(column) for column in with_ends(name)]


def _percent(lower: Any, upper: Any) -> tuple[Any, Any]:
    return (100 * lower, 100 * upper) if known(lower) and known(upper) else (None, None)
