"""What cells of several tables have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from rich.table import Table


def table(title: str, left: Iterable[str], right: Iterable[str]) -> Table:
    """A table with a title at the left, columns of words, and columns of numbers."""
    made = Table(title=title, title_justify="left")
    for place, name in enumerate(left):
        # The first column holds names of models, which are long and lose their sense when folded.
        made.add_column(name, overflow="fold", min_width=26 if place == 0 else None)
    for name in right:
        made.add_column(name, justify="right")
    return made


def number(value: float, digits: int = 3, factor: float = 1) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None or np.isnan(value) else f"{value * factor:.{digits}f}"


def spread(value: float, low: float, high: float, digits: int = 3, factor: float = 1) -> str:
    """A number above its interval."""
    if value is None or np.isnan(value):
        return "-"
    if np.isnan(low):
        return number(value, digits, factor)
    return f"{number(value, digits, factor)}\n[{number(low, digits, factor)}, {number(high, digits, factor)}]"


def p_value(p: float) -> str:
    """A p value."""
    return "-" if p is None or np.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def once(names: Iterable[str]) -> Iterator[str]:
    """Each name where it first stands in a run of the same, otherwise nothing."""
    before = None
    for name in names:
        yield "" if name == before else name
        before = name
