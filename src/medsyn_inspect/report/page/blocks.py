"""What a report is made of: an ordered list of sections, each an ordered list of blocks of plain text.

Nothing here is HTML or Markdown. The templates write the same blocks in both and escape all of them, since case
texts, model names and judges' words can hold anything.
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
    """Whether it is set off as a warning."""
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    cases: str = ""
    """Key of the list of cases behind the number (see `drilldown`), or nothing."""


@dataclass(frozen=True)
class Table:
    """A table; its numbers are formatted already."""

    name: str
    """Of its place in the page."""
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[str] = frozenset()
    """Columns that are set flush right."""
    folded: bool = False
    """Whether it is long, and shown only on demand."""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Picture:
    """A figure that stands in `figures/`."""

    name: str
    section: str
    """The section that shows it."""
    title: str
    reading: str
    """What it shows, in one sentence made from the numbers."""
    alt: str
    svg: str
    """To be placed into a page as it is: made by us, its texts are drawn as paths."""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Commands:
    """Lines to be typed into a shell."""

    caption: str
    lines: tuple[str, ...]
    folded: bool = False
    """Whether they are shown only on demand."""
    kind: Literal["commands"] = "commands"


@dataclass(frozen=True)
class Entries:
    """A list of items."""

    items: tuple[str, ...]
    kind: Literal["entries"] = "entries"


@dataclass(frozen=True)
class CaseLists:
    """The place where the cases behind a number are listed."""

    kind: Literal["cases"] = "cases"


Block = Text | Table | Picture | Commands | Entries | CaseLists


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


LONG = 16
"""Rows beyond which a table is folded."""


def table(
    name: str, caption: str, columns: dict[str, bool], rows: list[list[Cell | str]], folded: bool | None = None
) -> Table:
    """A table of cells and plain strings. A name in the first column that stands above already is left out.

    Args:
        name: Of its place in the page.
        caption: What it shows, with units.
        columns: Headings; true for those that hold numbers.
        rows: One cell for each column.
        folded: Whether it is shown only on demand; by default if it is long.
    """
    whole = [tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows]
    repeats = [False, *(row[0] == above[0] for above, row in pairwise(whole))]
    made = [(Cell(""), *row[1:]) if again else row for again, row in zip(repeats, whole, strict=False)]
    numeric = frozenset(name for name, number in columns.items() if number)
    return Table(name, caption, tuple(columns), tuple(made), numeric, len(made) > LONG if folded is None else folded)
