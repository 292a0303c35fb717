"""Evidence Sensitivity with images against findings, one point for each case (MEDSYN's Figures 6, 13 and 14)."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.frames.gap import NOT_VISUAL, TIE
from medsyn_inspect.report.figures.common import all_looks, in_order
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look, fitted
from medsyn_inspect.report.figures.panels import grid
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import cut, listed, plural, spoken

SECTION: Section = "sensitivity"
POSITION = 1

CROWDED = 300
"""With more points, an SVG contains them as an image, because each separate point takes 100 bytes."""

PANELS = 12
"""Largest number of evidence types shown; the others are only in the table."""

COLUMNS = 3


@styled()
def draw(material: Material) -> list[Drawing]:
    """One figure for each reader, with one panel for each evidence type, the types with the most cases first."""
    findings = material.findings
    both = findings.sensitivity.dropna(subset=["S_image", "S_finding"])
    both = both[~both["evidence_type"].isin(NOT_VISUAL)]
    readers = in_order(both["reader"], findings)
    look = all_looks(findings)
    return [
        _of_reader(
            both[both["reader"] == reader],
            look[reader],
            f"cross_modal_{place}" if len(readers) > 1 else "cross_modal",
        )
        for place, reader in enumerate(readers, 1)
    ]


def side(cases: pd.DataFrame) -> pd.Series:
    """Position relative to the identity line: `below` (the image has less effect than the finding), `on` or `above`."""
    excess = cases["S_image"] - cases["S_finding"]
    return pd.Series("on", index=cases.index).mask(excess < -TIE, "below").mask(excess > TIE, "above")


def _of_reader(cases: pd.DataFrame, look: Look, name: str) -> Drawing:
    reader = str(cases["reader"].iloc[0])
    data = cases[["reader", "evidence_type", "case_id", "source", "S_finding", "S_image"]].assign(line=side(cases))
    sizes = data["evidence_type"].value_counts()
    types = sorted(sizes.index, key=lambda kind: (-sizes[kind], kind))
    data["shown"] = data["evidence_type"].isin(types[:PANELS])
    order = {kind: place for place, kind in enumerate(types)}
    data = data.sort_values(
        ["evidence_type", "case_id"], key=lambda c: c.map(order) if c.name == "evidence_type" else c
    )
    data = data.reset_index(drop=True)
    ends = _ends(data)
    made = grid(min(len(types), PANELS), COLUMNS, 2.3 if len(types) > 2 else 2.9, extra=0.35)
    crowded = int(data["shown"].sum()) > CROWDED
    for place, (axes, kind) in enumerate(zip(made.axes, types[:PANELS], strict=True)):
        of_type = data[data["evidence_type"] == kind]
        _panel(axes, of_type, look, ends, rasterized=crowded)
        axes.tick_params(labelleft=made.is_first_in_row(place), labelbottom=made.is_last_in_column(place))
        counts = of_type["line"].value_counts()
        sides = ", ".join(f"{counts.get(where, 0)} {where}" for where in ("above", "on", "below"))
        axes.set_title(f"{fitted(spoken(kind), 20)} (n = {len(of_type)})\n{sides}", fontsize=SMALL, linespacing=1.3)
    made.figure.supxlabel("S with findings, bits", fontsize=9)
    made.figure.supylabel("S with images, bits", fontsize=9)
    return Drawing(
        name=name,
        section=SECTION,
        title=f"Evidence Sensitivity in both views: {cut(reader)}",
        reading=_reading(data, types),
        alt=f"{len(made.axes)} scatter plots, one for each evidence type: each point is a case, Evidence Sensitivity "
        "with the finding from left to right, with the image from bottom to top, and the line on which both are equal. "
        "Points below the line are cases in which the image has less effect.",
        data=data,
        figure=made.figure,
    )


def _ends(data: pd.DataFrame) -> tuple[float, float]:
    """Ends of both axes, the same in all panels."""
    most = float(data[["S_finding", "S_image"]].max().max())
    least = min(0.0, float(data[["S_finding", "S_image"]].min().min()))
    return least, most + 0.05 * (most - least) if most > least else 1.0


def _panel(axes: Axes, cases: pd.DataFrame, look: Look, ends: tuple[float, float], *, rasterized: bool) -> None:
    """The cases of one type, and the line on which both views are equal."""
    least, upper = ends
    axes.plot(ends, ends, color=INK, linewidth=0.8, alpha=0.7, label="_identity", zorder=3)
    axes.plot(
        cases["S_finding"],
        cases["S_image"],
        label="_cases",
        linestyle="none",
        marker=look.marker,
        markersize=3.5,
        markerfacecolor=look.colour,
        markeredgecolor=look.colour,
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


def _reading(data: pd.DataFrame, types: list[str]) -> str:
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
    hidden = len(types) - PANELS
    left = f"; {plural(hidden, 'further type')} in the table only" if hidden > 0 else ""
    tested = "; the sign tests by type show whether this is more than chance" if (data["line"] != "on").any() else ""
    return (
        f"Of {plural(len(data), 'point')} from {plural(data['case_id'].nunique(), 'case')}, "
        f"{total}{which}{sampled}{left}{tested}."
    )
