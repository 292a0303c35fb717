"""The parts of a report: an ordered list of sections, each an ordered list of blocks of plain text.

Blocks contain no HTML or Markdown. The templates write the same blocks in both formats and escape all texts, since
case texts, model names and judges' replies can contain any characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    warns: bool = False
    """Whether it is shown as a warning."""
    quiet: bool = False
    """Whether it is shown as a caption."""
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Sentences:
    """Sentences whose claims are emphasised."""

    items: tuple[tuple[str, str], ...]
    """The claim of each sentence, and the rest of it with the punctuation between them."""
    kind: Literal["sentences"] = "sentences"


@dataclass(frozen=True)
class Tile:
    """A fact on how far the results can be trusted."""

    title: str
    text: str
    warns: bool = False
    """Whether it limits what the results can show."""


@dataclass(frozen=True)
class Tiles:
    """Facts in a row."""

    items: tuple[Tile, ...]
    kind: Literal["tiles"] = "tiles"


@dataclass(frozen=True)
class Bar:
    """An estimate with its interval, drawn from 0 to 1."""

    value: float
    lower: float | None = None
    upper: float | None = None
    reference: float | None = None
    """A value to compare with, such as that of guessing."""
    second: bool = False
    """Whether it is the second of two kinds of estimates."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a table."""

    text: str = field(kw_only=False, default="")
    cases: str = field(kw_only=False, default="")
    """Key of the list of cases behind the number (see `drilldown`), or empty."""
    small: str = ""
    """Follows the text in smaller type: an interval, a number of cases."""
    sort: float | None = None
    """The number by which the table is sorted; `None` for a text, or a missing number."""
    bar: Bar | None = None
    shade: str = ""
    """Name of the background: `lower-1` to `lower-5`, `higher-1` to `higher-5`, `hatched`."""
    hint: str = ""
    """Shown on pointing at the cell; nothing that is not elsewhere in the section too."""

    @property
    def whole(self) -> str:
        """All of its text."""
        return " ".join(filter(None, (self.text, self.small)))


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a column of a table."""

    title: str = field(kw_only=False)
    numeric: bool = field(kw_only=False, default=False)
    small: str = ""
    """Follows the title in smaller type: the unit, the number of cases."""
    term: str = ""
    """Key of its definition in `glossary.TERMS`, or empty."""
    extra: bool = False
    """Whether it is hidden until the table's switch is used."""

    @property
    def whole(self) -> str:
        """All of its text."""
        return ", ".join(filter(None, (self.title, self.small)))


@dataclass(frozen=True)
class Table:
    """A table whose numbers are already formatted."""

    name: str
    """Used as its identifier in the page."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    """Whether it is collapsed until the user opens it."""
    look: Literal["", "leaderboard", "matrix"] = ""
    """`leaderboard` for one row a reader, sortable; `matrix` for small cells with a background."""
    switch: str = ""
    """Label of the switch that shows the extra columns."""
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
    """Placed into the page without escaping: it is made by this package."""
    narrow: str = ""
    """The same for narrow screens."""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Scatter:
    """A plot of one point for each case, of a reader and an evidence type that are chosen in the page."""

    title: str
    caption: str
    data: Mapping[str, Any]
    """What the page's script draws, see `scatter`."""
    figure: str = ""
    """Name of the figure that shows all readers, or empty."""
    alt: str = ""
    """Alternative text of that figure."""
    kind: Literal["scatter"] = "scatter"


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
class Definitions:
    """Terms and what they mean."""

    items: tuple[tuple[str, str, str], ...]
    """Key, term and definition of each."""
    kind: Literal["definitions"] = "definitions"


@dataclass(frozen=True)
class CaseLists:
    """The part of the page that lists the cases behind a number."""

    kind: Literal["cases"] = "cases"


Block = Text | Sentences | Tiles | Table | Picture | Scatter | Commands | Entries | Definitions | CaseLists


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


LONG = 16
"""Tables with more rows are collapsed."""


def table(
    name: str,
    caption: str,
    columns: Mapping[str, bool],
    rows: Sequence[Sequence[Cell | str]],
    folded: bool | None = None,
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
    heads = tuple(Column(title, numeric) for title, numeric in columns.items())
    return Table(name, caption, heads, tuple(made), len(made) > LONG if folded is None else folded)
