"""Panels of the figures: their arrangement, axes, estimates with intervals, text in the margin, and legends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from medsyn_inspect.report.figures.drawing import new_figure
from medsyn_inspect.report.figures.labels import MANY_READERS, Look, display_width
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, is_narrow

NARROWEST = 4
"""Number of panels in a row whose widths figures for narrow screens have; these have two panels in a row."""

FEW_READERS = 5
"""Maximum number of readers for which panels are wide."""


def row_height(shown: Sequence[Look]) -> float:
    """Height in inches of the row of a reader."""
    if any("\n" in look.label for look in shown):
        return 0.33
    return 0.21 if len(shown) <= MANY_READERS else 0.175


def panels_per_row(readers: int) -> int:
    """Number of panels in a row if each panel has a line for every reader, or each reader has a panel."""
    if is_narrow():
        return NARROWEST
    return 2 if readers <= FEW_READERS else 3 if readers <= MANY_READERS else 4


NARROW_LEGEND = 50
"""Maximum number of characters side by side in a legend of two columns, in figures for narrow screens."""

LEGEND_ROW = 0.17
"""Height in inches of a row of a legend."""


@dataclass(frozen=True)
class Grid:
    """Panels in rows and columns."""

    figure: Figure
    axes: list[Axes]
    """The panels, row by row."""
    columns: int

    def is_first_in_row(self, index: int) -> bool:
        """Whether the panel is the first one in its row."""
        return index % self.columns == 0

    def is_last_in_column(self, index: int) -> bool:
        """Whether the panel is the lowest one in its column."""
        return index + self.columns >= len(self.axes)


def grid(count: int, columns: int, height: float, extra: float = 0.4) -> Grid:
    """A figure with this number of panels; the last row may have empty positions.

    Args:
        count: Number of panels.
        columns: Maximum number of panels in a row.
        height: Height of a panel with its title, in inches.
        extra: Height of the parts that occur once (axis label, legend), in inches.
    """
    columns = min(columns, count, 2 if is_narrow() else columns)
    rows = math.ceil(count / columns)
    figure = new_figure(rows * height + extra)
    made = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in made[count:]:
        axes.set_visible(False)
    return Grid(figure, list(made[:count]), columns)


def reader_rows(axes: Axes, shown: Sequence[Look], named: bool = True) -> None:
    """Give the panel one row for each reader, the first one on top."""
    named_rows(axes, [look.label for look in shown] if named else [""] * len(shown))


def named_rows(axes: Axes, names: Sequence[str]) -> None:
    """Give the panel one row for each name, the first one on top."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    if any(names):
        axes.set_yticks(range(len(names)), names)
    else:  # Ticks without a name and length would be invisible, but take as long to draw as others.
        axes.set_yticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def percent_axis(axes: Axes, label: str = "", narrow: bool = False) -> None:
    """Give the panel a horizontal axis from 0 to 100 %."""
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100] if narrow else [0, 25, 50, 75, 100])
    vertical_grid(axes)
    axes.set_xlabel(label)


def vertical_grid(axes: Axes) -> None:
    """Draw faint vertical lines at the ticks of the horizontal axis."""
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
    """Draw an estimate as a marker, with its interval. They have the labels `_name` and `_name interval`.

    Args:
        axes: The panel.
        name: What the estimate is.
        at: x and y; nothing is drawn if one of them is not finite.
        look: Appearance of the reader.
        x_interval: Ends of a horizontal interval, if there is one.
        y_interval: Ends of a vertical interval, if there is one.
        hollow: Whether the marker is hollow: for the second of two kinds of estimates.
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


def mark_within(axes: Axes, name: str, at: tuple[float, float], look: Look, *, limit: float) -> None:
    """Draw an estimate without an interval like `mark`; an arrow at the end of the axis if it lies beyond it.

    Args:
        axes: The panel.
        name: What the estimate is.
        at: x and y; nothing is drawn if x is NaN.
        look: Appearance of the reader.
        limit: Upper end of the horizontal axis.
    """
    value, row = at
    if not value > limit:
        mark(axes, name, at, look)
        return
    arrow: dict[str, Any] = {"marker": ">", "color": look.colour, "markersize": 5, "clip_on": False, "zorder": 4}
    axes.plot([limit], [row], label=f"_{name} beyond", linestyle="none", **arrow)


def column(wide: float, narrow: float | None) -> float | None:
    """The distance of a column of text in the right margin.

    Args:
        wide: Distance from the panel in points.
        narrow: The same in figures for narrow screens; `None` if they leave the column out.
    """
    return narrow if is_narrow() else wide


def margin_text(axes: Axes, row: float, text: str, distance: float | None) -> None:
    """Write text into the right margin, next to a row.

    Args:
        axes: The panel.
        row: Vertical position of the row.
        text: The text; not escaped.
        distance: Distance from the panel in points; without it, the text is left out.
    """
    if distance is None:
        return
    _margin(axes, (1, row), text, (distance, 0), xycoords=("axes fraction", "data"), va="center")


def margin_heading(axes: Axes, text: str, distance: float | None) -> None:
    """Write the heading of a column of `margin_text`.

    Args:
        axes: The panel.
        text: The heading; not escaped.
        distance: Distance from the panel in points; without it, the heading is left out.
    """
    if distance is None:
        return
    _margin(axes, (1, 1), text, (distance, 4), xycoords="axes fraction", va="bottom")


def _margin(axes: Axes, at: tuple[float, float], text: str, offset: tuple[float, float], **how: Any) -> None:
    axes.annotate(text, at, xytext=offset, textcoords="offset points", fontsize=SMALL, annotation_clip=False, **how)


def legend(figure: Figure, entries: Sequence[tuple[str, dict[str, Any]]], columns: int | None = None) -> None:
    """Draw a legend above the panels.

    Args:
        figure: The figure.
        entries: Text of each entry, and its appearance as arguments of `Line2D`.
        columns: Number of columns; by default a single row.
    """
    handles = [Line2D([], [], **({"color": INK, "linestyle": "none"} | how)) for _, how in entries]
    if is_narrow():
        columns = min(columns or 1, 2)
        if columns == 2 and _two_columns([text for text, _ in entries]) > NARROW_LEGEND:
            columns = 1
        figure.set_figheight(figure.get_figheight() + LEGEND_ROW * (len(entries) // columns - 1))
    figure.legend(handles, [text for text, _ in entries], loc="outside upper left", ncols=columns or len(entries))


def _two_columns(texts: Sequence[str]) -> int:
    """Columns of the longest lines of texts in two columns, which are filled one after the other."""
    half = math.ceil(len(texts) / 2)
    longest = [max(map(display_width, text.split("\n"))) for text in texts]
    return max(longest[:half]) + max(longest[half:], default=0)


def filled(marker: str = "o") -> dict[str, Any]:
    """Appearance of a filled marker with its interval, for a legend."""
    return {"marker": marker, "linestyle": "-", "linewidth": 1.5}


def hollow(marker: str = "o") -> dict[str, Any]:
    """Appearance of a hollow marker with its interval, for a legend."""
    return {"marker": marker, "linestyle": "-", "linewidth": 0.9, "markerfacecolor": "none"}
