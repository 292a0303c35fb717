"""Cells shared by several tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from medsyn_inspect import wording
from medsyn_inspect.wording import INFINITE, LEVELS, MINUS, Format

NOTHING = "-"
"""Shown for a missing number."""

ASCII = str.maketrans({MINUS: "-", INFINITE: "inf"})
"""Replaces signs that a terminal may lack, and that make copied numbers unreadable to programs."""


def show(console: Console, made: Table) -> None:
    """Print a table under its title, which may be wider than the table."""
    title, made.title = made.title, None
    console.print()
    console.print(title, style="bold")
    console.print(made)


def table(title: str, left: Iterable[str], right: Iterable[str]) -> Table:
    """A table with text columns and numeric columns, to be printed with `show`."""
    made = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, name in enumerate(left):
        # The first column holds names of models, which are long and lose their sense when folded.
        made.add_column(name, overflow="fold", min_width=17 if place == 0 else None)
    for name in right:
        made.add_column(name, justify="right")
    return made


def number(value: Any, how: Format = LEVELS) -> str:
    """A number, or a dash if it is missing."""
    shown = value * how.factor if wording.known(value) else value
    return wording.number(shown, how.digits, nothing=NOTHING).translate(ASCII)


def estimated(row: Any, name: str, how: Format) -> str:
    """A number of a frame above its interval, with the number of cases where there is a column for it."""
    return wording.estimated(row, name, how, nothing=NOTHING).translate(ASCII)


def p_value(p: Any) -> str:
    """A p value, or a dash if it is missing."""
    return wording.p_value(p, nothing=NOTHING)


def p_adjusted(p: Any, adjusted: Any) -> str:
    """A p value and, under it in parentheses, the adjusted one; a dash if it is missing."""
    return wording.p_adjusted(p, adjusted, nothing=NOTHING).replace(" ", "\n")


def once(names: Iterable[str]) -> Iterator[str]:
    """The names, with consecutive repetitions replaced by empty strings."""
    before = None
    for name in names:
        yield "" if name == before else name
        before = name
