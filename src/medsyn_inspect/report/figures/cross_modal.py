"""Evidence Sensitivity with images against findings, one point for each case (MEDSYN's Figures 6, 13 and 14)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medsyn_inspect.analysis.frames.gap import NOT_VISUAL, TIE
from medsyn_inspect.report.figures.common import in_order
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import fitted, short_name
from medsyn_inspect.report.figures.panels import grid
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SERIES, SMALL, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import listed, plural, spoken

SECTION: Section = "sensitivity"
POSITION = 1

BY_SCRIPT = True
"""The page's script draws it for one reader and type at a time."""

CROWDED = 300
"""With more points, an SVG contains them as an image, because each separate point takes 100 bytes."""

PANELS = 12
"""Largest number of evidence types shown for a single reader; the others are only in the table."""

COLUMNS = 3

TITLE_WIDTH = 19
"""Largest number of columns of the title of a panel."""

MANY = 12
"""With more panels, there are four in a row."""


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each reader, or for each evidence type if there is one reader; most cases first."""
    findings = material.findings
    both = findings.sensitivity.dropna(subset=["S_image", "S_finding"])
    both = both[~both["evidence_type"].isin(NOT_VISUAL)]
    if both.empty:
        return None
    readers = in_order(both["reader"], findings)
    by = "reader" if len(readers) > 1 else "evidence_type"
    data = both[["reader", "evidence_type", "case_id", "source", "S_finding", "S_image"]].assign(line=side(both))
    sizes = data["evidence_type"].value_counts()
    types = sorted(map(str, sizes.index), key=lambda kind: (-sizes[kind], kind))
    panels = readers if by == "reader" else types[:PANELS]
    order = {name: place for place, name in enumerate([*readers, *types])}
    data = data.sort_values(
        ["reader", "evidence_type", "case_id"], key=lambda c: c if c.name == "case_id" else c.map(order)
    ).reset_index(drop=True)
    return Drawing(
        name="cross_modal",
        section=SECTION,
        title="Evidence Sensitivity with images and with findings",
        reading=_reading(data, types, hidden=len(types) - len(panels) if by == "evidence_type" else 0),
        alt=f"{len(panels)} scatter plots, one for each {spoken(by)}: each point is a case and an evidence type, "
        "Evidence Sensitivity with the finding from left to right, with the image from bottom to top, and the line on "
        "which both are equal. Points below the line are cases in which the image has less effect.",
        data=data,
        figure=_drawn(data, panels, by),
    )


def _drawn(data: pd.DataFrame, panels: Sequence[str], by: str) -> Figure:
    """The panels, each of the rows with its name in the column `by`."""
    ends = _ends(data)
    if len(panels) > MANY:
        made = grid(len(panels), COLUMNS + 1, 1.85, extra=0.35)
    else:
        made = grid(len(panels), COLUMNS, 2.3 if len(panels) > 2 else 2.9, extra=0.35)
    crowded = int(data[by].isin(panels).sum()) > CROWDED
    for place, (axes, name) in enumerate(zip(made.axes, panels, strict=True)):
        rows = data[data[by] == name]
        _panel(axes, rows, ends, rasterized=crowded)
        axes.tick_params(labelleft=made.is_first_in_row(place), labelbottom=made.is_last_in_column(place))
        title = short_name(name, TITLE_WIDTH) if by == "reader" else fitted(spoken(name), TITLE_WIDTH)
        below = f"{int((rows['line'] == 'below').sum())} of {len(rows)} below"
        axes.set_title(f"{title}\n{below}", fontsize=SMALL, linespacing=1.3)
    made.figure.supxlabel("S with findings, bits", fontsize=9)
    made.figure.supylabel("S with images, bits", fontsize=9)
    return made.figure


def side(cases: pd.DataFrame) -> pd.Series:
    """Position relative to the identity line: `below` (the image has less effect than the finding), `on` or `above`."""
    excess = cases["S_image"] - cases["S_finding"]
    return pd.Series("on", index=cases.index).mask(excess < -TIE, "below").mask(excess > TIE, "above")


def _ends(data: pd.DataFrame) -> tuple[float, float]:
    """Ends of both axes, the same in all panels."""
    most = float(data[["S_finding", "S_image"]].max().max())
    least = min(0.0, float(data[["S_finding", "S_image"]].min().min()))
    return least, most + 0.05 * (most - least) if most > least else 1.0


def _panel(axes: Axes, cases: pd.DataFrame, ends: tuple[float, float], *, rasterized: bool) -> None:
    """The cases of one type, and the line on which both views are equal."""
    least, upper = ends
    axes.plot(ends, ends, color=INK, linewidth=0.8, alpha=0.7, label="_identity", zorder=3)
    axes.plot(
        cases["S_finding"],
        cases["S_image"],
        label="_cases",
        linestyle="none",
        marker="o",
        markersize=3.5,
        markerfacecolor=SERIES,
        markeredgecolor=SERIES,
        markeredgewidth=0.4,
        alpha=1.0 if len(cases) < 100 else 0.6,
        rasterized=rasterized,
        zorder=2,
        clip_on=False,
    )
    axes.set_xlim(least - 0.02 * (upper - least), upper)
    axes.set_ylim(least - 0.02 * (upper - least), upper)
    axes.set_aspect("equal")
    axes.grid(color=NEUTRAL, alpha=0.2, linewidth=0.6)
    axes.locator_params(nbins=4)


def _reading(data: pd.DataFrame, types: list[str], *, hidden: int) -> str:
    below = data[data["line"] == "below"]["evidence_type"].value_counts()
    above = data[data["line"] == "above"]["evidence_type"].value_counts()
    total = (
        f"{int(below.sum())} below the line, {int(above.sum())} above it and {int((data['line'] == 'on').sum())} on it"
    )
    mostly = [
        f"{spoken(kind)} ({below[kind]} below, {above.get(kind, 0)} above)"
        for kind in types
        if kind in below and below[kind] > above.get(kind, 0)
    ]
    which = f"; more below than above in {listed(mostly)}" if mostly else "; no type has more below than above"
    sampled = (
        " (each S is estimated from samples, so single points are noisy)" if "samples" in set(data["source"]) else ""
    )
    left = f"; {plural(hidden, 'further type')} in the table only" if hidden > 0 else ""
    tested = "; the sign tests by type show whether this is more than chance" if (data["line"] != "on").any() else ""
    return (
        f"Of {plural(len(data), 'point')} from {plural(data['case_id'].nunique(), 'case')}, "
        f"{total}{which}{sampled}{left}{tested}."
    )
