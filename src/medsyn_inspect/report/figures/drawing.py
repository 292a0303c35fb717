"""Style of the figures, and their rendering to bytes: the same numbers give the same bytes.

Figures are matplotlib's, drawn without pyplot and its state. The background is left out, so that a page's own shines
through; everything that is not a series is in one ink, which a page can replace by its own.
"""

from __future__ import annotations

import gc
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal
from xml.etree import ElementTree

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from medsyn_inspect.wording import visible

INK = "#1b1f24"
"""Of text, axes and whatever else is no series; `svg_inline` puts the page's own in its place."""

NEUTRAL = "#808080"
"""Of the background: grids, bands. Visible on light and dark paper alike."""

COLOURS = ("#5588FF", "#886633", "#EE4488", "#889900", "#7733FF", "#AA3399")
"""Of the readers. Each has a contrast of at least 3 with white and with #14181d, and any two of them differ by 28 units
of CIELAB or more for full colour vision, protanopia, deuteranopia and tritanopia (matrices of Machado et al. 2009)."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""The second cue. There are 7, and 6 colours, so that 42 readers differ in one or the other."""

WIDTH = 6.5
"""Inches: the text width of a printed page, and not more than a phone can show."""

SIZE = 9.0
SMALL = 8.0
"""Points, at the printed size; nothing is smaller."""

DPI = 200
"""Of a PNG: 1300 pixels wide."""

CROWD_DPI = 120
"""Of what is an image within an SVG."""

HEADED = 15.0
"""Points between the axes and a title that has column headings under it."""

WIDE = 5
"""Readers up to which panels are wide."""

MANY = 8
"""Readers beyond which their names get one line each, and panels are narrow."""

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.4,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 5.0,
    "svg.fonttype": "none",  # text stays text: searchable, readable to a screen reader, in any script
    "svg.hashsalt": "medsyn_inspect",
}


Section = Literal["accuracy", "sensitivity", "ablations", "belief", "judging"]
"""Sections of the report that show figures, in order."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """A figure, its description, and its numbers."""

    name: str
    """Stem of its files."""

    section: Section
    """The section of the report that shows it."""

    title: str
    """Heading."""

    reading: str
    """One sentence on the result, with the number of cases and the limitations."""

    alt: str
    """Alternative text: what the figure shows."""

    data: pd.DataFrame
    """The drawn numbers as tidy data, with full names."""

    figure: Figure
    """To be rendered with `png`, `svg` or `svg_inline`."""


@contextmanager
def styled() -> Iterator[None]:
    """Within it figures are made and rendered: matplotlib's defaults and ours, whatever the machine's settings."""
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # The font has no Chinese. A PNG shows boxes in its place; in an SVG the text is there, for a font that has it.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font")
        yield


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's cyclic garbage collector: it would go through all rows and artists again and again.

    Nothing that is drawn can be thrown away before its end.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def new_figure(height: float) -> Figure:
    """An empty figure of the usual width.

    Args:
        height: In inches.
    """
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    return figure


def png(drawn: Drawn, background: str = "white") -> bytes:
    """The figure as PNG.

    Args:
        drawn: To be rendered.
        background: Behind it. Ink on nothing could not be read where a viewer is dark; `none` leaves it out.
    """
    return _saved(drawn.figure, "png", dpi=DPI, facecolor=background, metadata={"Software": None})


@lru_cache(maxsize=1)
def svg(drawn: Drawn) -> bytes:
    """The figure as SVG, without background. Points of a crowded scatter are an image in it."""
    return _saved(drawn.figure, "svg", dpi=CROWD_DPI, metadata={"Date": None, "Creator": None})


def svg_inline(drawn: Drawn) -> str:
    """The figure as an `svg` element for an HTML page: ink as `currentColor`, ids that no other figure has."""
    text = svg(drawn).decode()
    root = ElementTree.fromstring(text)
    used = set(re.findall(r"(?:href=\"|url\()#([^\")]+)", text))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{SVG}metadata":
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for name, value in list(element.attrib.items()):
            del element.attrib[name]
            if name == "id":
                if value in used:
                    element.set("id", f"{drawn.name}-{value}")
                continue
            if name.removeprefix(XLINK) == "href":
                name, value = "href", re.sub("^#", f"#{drawn.name}-", value)
            value = value.replace("url(#", f"url(#{drawn.name}-")
            element.set(name, value.replace(INK, "currentColor") if name in ("style", "fill", "stroke") else value)
    return ElementTree.tostring(root, encoding="unicode")


SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def _saved(figure: Figure, form: str, **how: Any) -> bytes:
    content = BytesIO()
    with styled():
        if (layout := figure.get_layout_engine()) is not None:
            # Laid out once and for all: it takes longer than everything else, and each rendering would do it anew.
            layout.execute(figure)
        # Not the engine "none": its placeholder would have every rendering drawn twice. And none by default while it
        # is saved, or `savefig` would put the default one back at its end.
        with matplotlib.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
            figure.savefig(content, format=form, **how)
    return content.getvalue()


UNDRAWN = {"Cf", "Co", "Cn"}
"""Categories of characters that no font draws: joiners, private ones, and those that are not assigned."""


def plain(text: object) -> str:
    """Text from anywhere as matplotlib is to draw it: on one line, nothing hidden in it, no mathematics."""
    line = visible(" ".join(str(text).split()))
    seen = "".join("\ufffd" if unicodedata.category(sign) in UNDRAWN else sign for sign in line)
    return seen.replace("$", r"\$")


def columns_of(text: str) -> int:
    """Width in columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def fitted(text: object, width: int, lines: int = 1) -> str:
    """Text on at most so many lines of at most so many columns; what is too long loses its middle.

    Args:
        text: Of any kind.
        width: Columns of a line.
        lines: How many.
    """
    rest = plain(text).replace(r"\$", "$")
    if lines == 1 or columns_of(rest) <= width:
        return _shortened(rest, width).replace("$", r"\$")
    head = _cut(rest, width)
    # A line ends at a blank if there is one after its first third, or after another sign that parts words.
    for parting in (r"\s", r"[/,_-]"):
        if broken := [place.end() for place in re.finditer(parting, head) if place.end() > len(head) // 3]:
            head = head[: broken[-1]]
            break
    return f"{head.strip()}\n".replace("$", r"\$") + fitted(rest[len(head) :], width, lines - 1)


def short_name(reader: str, width: int, lines: int = 1) -> str:
    """A reader's name on so many lines. Of one that is too long the beginning of its path goes first.

    `vllm/Qwen/Qwen3-VL-32B-Instruct` is `Qwen3-VL-32B-Instruct` where there is no room for more. A name with arguments
    keeps its beginning: `reference/` says that the reader is simulated.

    Args:
        reader: The name.
        width: Columns of a line.
        lines: How many.
    """
    whole = fitted(reader, width, lines)
    path = reader
    while "…" in whole and "/" in path and len(reader.split()) == 1:
        path = path.partition("/")[2]
        shorter = fitted(path, width, lines)
        if "…" not in shorter:
            return shorter
    return whole


def _shortened(text: str, width: int) -> str:
    text = text.strip()
    if columns_of(text) <= width:
        return text
    tail = _cut(text[::-1], (width - 1) // 3)[::-1]
    return f"{_cut(text, width - 1 - columns_of(tail))}…{tail}"


def _cut(text: str, width: int) -> str:
    taken = ""
    for sign in text:
        if columns_of(taken + sign) > width:
            break
        taken += sign
    return taken


@dataclass(frozen=True)
class Look:
    """The appearance of a reader in all figures."""

    label: str
    """Its name, shortened and free of markup; no other reader has the same."""

    colour: str
    marker: str


def looks(readers: Sequence[str], width: int = 24) -> dict[str, Look]:
    """The look of each reader, by its place in their order.

    Args:
        readers: All of them, in the order of the report.
        width: Columns of a line of a label.
    """
    lines = 2 if len(readers) <= MANY else 1
    labels = [short_name(reader, width, lines) for reader in readers]
    found: dict[str, Look] = {}
    for place, (reader, label) in enumerate(zip(readers, labels, strict=True)):
        if labels.count(label) > 1:
            label = short_name(reader, width - 4, lines) + f" #{labels[: place + 1].count(label)}"
        found[reader] = Look(label, COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)])
    return found


def row_height(shown: Sequence[Look]) -> float:
    """Inches that one row of a reader needs."""
    if any("\n" in look.label for look in shown):
        return 0.33
    return 0.21 if len(shown) <= MANY else 0.175


def panels_across(readers: int) -> int:
    """How many panels are side by side if each has a row for every reader, or each reader has a panel."""
    return 2 if readers <= WIDE else 3 if readers <= MANY else 4


@dataclass(frozen=True)
class Grid:
    """Panels side by side and in rows."""

    figure: Figure
    axes: list[Axes]
    """One for each thing shown."""
    columns: int

    def first(self, place: int) -> bool:
        """Whether the panel is the first in its row."""
        return place % self.columns == 0

    def last(self, place: int) -> bool:
        """Whether the panel is the lowest in its column."""
        return place + self.columns >= len(self.axes)


def grid(count: int, columns: int, height: float, extra: float = 0.4) -> Grid:
    """So many panels; places of the last row that are not needed stay empty.

    Args:
        count: Of panels.
        columns: Panels side by side, at most.
        height: Of a panel with its title, in inches.
        extra: Height of what is there once: axis label, legend.
    """
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = new_figure(rows * height + extra)
    made = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in made[count:]:
        axes.set_visible(False)
    return Grid(figure, list(made[:count]), columns)


def readers_down(axes: Axes, shown: Sequence[Look], named: bool = True) -> None:
    """One row for each reader, the first on top."""
    names_down(axes, [look.label for look in shown] if named else [""] * len(shown))


def names_down(axes: Axes, names: Sequence[str]) -> None:
    """One row for each name, the first on top."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def percent_across(axes: Axes, label: str = "", narrow: bool = False) -> None:
    """0 to 100 % from left to right."""
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100] if narrow else [0, 25, 50, 75, 100])
    upright(axes)
    axes.set_xlabel(label)


def upright(axes: Axes) -> None:
    """Faint lines at the ticks of x."""
    axes.grid(axis="x", color=NEUTRAL, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def mark(
    axes: Axes,
    name: str,
    at: tuple[float, float],
    look: Look,
    *,
    x_interval: tuple[float, float] | None = None,
    y_interval: tuple[float, float] | None = None,
    hollow: bool = False,
) -> None:
    """A number as a marker, with its interval. Tests find both by their labels `_name` and `_name interval`.

    Args:
        axes: The panel.
        name: What the number is.
        at: x and y; nothing is drawn where one of them is no number.
        look: Of the reader.
        x_interval: Ends of the interval from left to right, if there is one.
        y_interval: Ends of the interval from bottom to top, if there is one.
        hollow: For the second of two kinds.
    """
    x, y = at
    if not (math.isfinite(x) and math.isfinite(y)):
        return
    style: dict[str, Any] = {
        "color": look.colour,
        "linewidth": 0.9 if hollow else 1.5,
        "solid_capstyle": "butt",
        "zorder": 2.0,
    }
    if x_interval is not None and np.isfinite(x_interval).all():
        axes.plot(x_interval, (y, y), label=f"_{name} interval", **style)
    if y_interval is not None and np.isfinite(y_interval).all():
        axes.plot((x, x), y_interval, label=f"_{name} interval", **style)
    axes.plot(
        [x],
        [y],
        label=f"_{name}",
        linestyle="none",
        marker=look.marker,
        markerfacecolor="none" if hollow else look.colour,
        markeredgecolor=look.colour,
        markeredgewidth=1.1,
        zorder=3,
        clip_on=False,
    )


def beside(axes: Axes, y: float, text: str, points: float = 6, top: bool = False) -> None:
    """Text right of the axes, at a row or above all of them.

    Args:
        axes: Where.
        y: Of the row; not needed at the top.
        text: Our own words and numbers.
        points: Distance from the axes.
        top: Whether it is a heading.
    """
    axes.annotate(
        text,
        (1, 1 if top else y),
        xycoords="axes fraction" if top else ("axes fraction", "data"),
        xytext=(points, 4 if top else 0),
        textcoords="offset points",
        va="bottom" if top else "center",
        fontsize=SMALL,
        annotation_clip=False,
    )


def key(figure: Figure, entries: Sequence[tuple[str, dict[str, Any]]], columns: int | None = None) -> None:
    """A legend above everything.

    Args:
        figure: Where.
        entries: Text and look (arguments of `Line2D`) of each.
        columns: Beside each other.
    """
    handles = [Line2D([], [], **({"color": INK, "linestyle": "none"} | how)) for _, how in entries]
    figure.legend(handles, [text for text, _ in entries], loc="outside upper left", ncols=columns or len(entries))


def filled(marker: str = "o") -> dict[str, Any]:
    """Look of a filled marker with its interval, for a legend."""
    return {"marker": marker, "linestyle": "-", "linewidth": 1.5}


def hollow(marker: str = "o") -> dict[str, Any]:
    """Look of a hollow marker with its interval, for a legend."""
    return {"marker": marker, "linestyle": "-", "linewidth": 0.9, "markerfacecolor": "none"}
