"""The parts of a report: an ordered list of sections, each an ordered list of blocks of plain text.

Blocks contain no HTML or Markdown. The templates write the same blocks in both formats and escape all texts, since
case texts, model names and judges' replies can contain any characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    warns: bool = False
    """Whether it is shown as a warning."""
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    cases: str = ""
    """Key of the list of cases behind the number (see `drilldown`), or empty."""


@dataclass(frozen=True)
class Table:
    """A table whose numbers are already formatted."""

    name: str
    """Used as its identifier in the page."""
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[str] = frozenset()
    """Right-aligned columns."""
    folded: bool = False
    """Whether it is collapsed until the user opens it."""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Picture:
    """A figure in `figures/`."""

    name: str
    section: str
    """The section that shows it."""
    title: str
    reading: str
    """One sentence on what the figure shows, made from the numbers."""
    alt: str
    svg: str
    """Placed into the page without escaping: it is made by this package and its texts are drawn as paths."""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Commands:
    """Shell commands."""

    caption: str
    lines: tuple[str, ...]
    folded: bool = False
    """Whether they are collapsed until the user opens them."""
    kind: Literal["commands"] = "commands"


@dataclass(frozen=True)
class Entries:
    """A list of items."""

    items: tuple[str, ...]
    kind: Literal["entries"] = "entries"


@dataclass(frozen=True)
class CaseLists:
    """The part of the page that lists the cases behind a number."""

    kind: Literal["cases"] = "cases"


Block = Text | Table | Picture | Commands | Entries | CaseLists


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


LONG = 16
"""Tables with more rows are collapsed."""


def table(
    name: str, caption: str, columns: dict[str, bool], rows: list[list[Cell | str]], folded: bool | None = None
) -> Table:
    """A table of cells and plain strings. A name in the first column is left out if it repeats the row above.

    Args:
        name: Identifier in the page.
        caption: What it shows, with units.
        columns: Headings; true for columns of numbers.
        rows: One cell for each column.
        folded: Whether it is collapsed; by default if it is long.
    """
    whole = [tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows]
    repeats = [False, *(row[0] == above[0] for above, row in pairwise(whole))]
    made = [(Cell(""), *row[1:]) if again else row for again, row in zip(repeats, whole, strict=False)]
    numeric = frozenset(name for name, number in columns.items() if number)
    return Table(name, caption, tuple(columns), tuple(made), numeric, len(made) > LONG if folded is None else folded)
