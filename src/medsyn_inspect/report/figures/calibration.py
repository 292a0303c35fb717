"""Calibration of the posterior of the final diagnosis: reliability curves and histograms of confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.frames.calibration import TENTHS
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.records import VIEWS
from medsyn_inspect.report.figures.common import LINE, human_line, in_order, physicians_words, row_looks, row_with
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look, short_name
from medsyn_inspect.report.figures.panels import filled, grid, hollow, legend, mark, panels_per_row
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import cut, number, p_equals, plural, span

SECTION: Section = "belief"
POSITION = 2

HISTOGRAM_HEIGHT = 25
"""Height of a histogram bar that contains all answers, in percent of the panel."""

WIDTHS = {2: 42, 3: 28, 4: 20}
"""Maximum number of columns of a title, by the number of panels in a row."""


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each reader: accuracy against confidence in bins with equal numbers of cases, above a histogram."""
    findings = material.findings
    curves, bins = findings.calibration, findings.reliability
    if curves.empty:
        return None
    readers = in_order(curves["reader"], findings)
    look = row_looks(findings)
    columns = panels_per_row(len(readers))
    lines_of_names = 2 if max(map(len, readers)) > WIDTHS[columns] else 1
    lines = lines_of_names + curves["view"].nunique()
    made = grid(len(readers), columns, {2: 2.3, 3: 1.7, 4: 1.2}[columns] + 0.14 * lines, extra=0.6)
    for place, (axes, reader) in enumerate(zip(made.axes, readers, strict=True)):
        title = [short_name(reader, WIDTHS[columns], lines_of_names)]
        for curve in rows_of(curves[curves["reader"] == reader].sort_values("view", key=_order)):
            of_curve = bins[(bins["reader"] == reader) & (bins["view"] == curve["view"])]
            _curve(axes, curve, of_curve, look[reader])
            title.append(_error(curve, with_p=columns == 2))
        for value in human_line(findings):
            axes.axhline(value, label="_physicians", **LINE)
        _panel(axes, [0, 50, 100] if columns == 4 else [0, 25, 50, 75, 100])
        axes.set_title("\n".join(title), fontsize=SMALL, linespacing=1.3)
        axes.tick_params(labelleft=made.is_first_in_row(place), labelbottom=made.is_last_in_column(place))
    made.figure.supxlabel(f"Confidence in the answer, %; ECE above each panel (n = {span(curves['n'])})", fontsize=9)
    made.figure.supylabel("Correct answers, %", fontsize=9)
    shown = [view for view in VIEWS if view in set(curves["view"])]
    bars = {"marker": "s", "color": NEUTRAL, "alpha": 0.5, "markersize": 8, "markeredgewidth": 0}
    entries: list[tuple[str, dict[str, Any]]] = [(view, hollow() if view != VIEWS[0] else filled()) for view in shown]
    entries.append(("histogram of confidence", bars))
    if human_line(findings):
        entries.append((physicians_words(findings), LINE | {"linestyle": "-"}))
    legend(made.figure, entries)
    return Drawing(
        name="calibration",
        section=SECTION,
        title="Calibration of the final diagnosis",
        reading=_reading(curves, bins),
        alt=f"{plural(len(readers), 'panel')}, one for each reader: the share of correct answers against "
        "the mean confidence "
        "in bins with equal numbers of cases, with 95 % intervals and the line on which both are equal, and a "
        "histogram of confidence.",
        data=_data(curves, bins),
        figure=made.figure,
    )


def _order(views: pd.Series) -> pd.Series:
    return views.map(VIEWS.index)


def _curve(axes: Axes, curve: dict[str, Any], bins: pd.DataFrame, look: Look) -> None:
    """The bins of one view, connected by a line, and the histogram of confidence."""
    second = curve["view"] != VIEWS[0]
    percent = 100 * bins[["confidence", "accuracy", "accuracy_lower", "accuracy_upper"]].astype(float)
    axes.plot(
        percent["confidence"],
        percent["accuracy"],
        label=f"_{curve['view']} line",
        linewidth=0.8,
        linestyle="--" if second else "-",
        color=look.colour,
    )
    for each in rows_of(percent):
        ends = each["accuracy_lower"], each["accuracy_upper"]
        at = each["confidence"], each["accuracy"]
        mark(axes, curve["view"], at, look, y_interval=ends, hollow=second)
    axes.stairs(
        HISTOGRAM_HEIGHT * np.array(curve["histogram"]) / curve["n"],
        100 * TENTHS,
        fill=not second,
        color=NEUTRAL,
        alpha=0.9 if second else 0.35,
        label=f"_{curve['view']} histogram",
    )


def _panel(axes: Axes, ticks: list[int]) -> None:
    """Axes in percent, with the line of equal accuracy and confidence."""
    axes.plot((0, 100), (0, 100), color=INK, linewidth=0.8, alpha=0.7, label="_identity", zorder=1)
    axes.set_xlim(0, 100)
    axes.set_ylim(-2, 103)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.grid(color=NEUTRAL, alpha=0.2, linewidth=0.6)
    axes.set_axisbelow(True)


def _error(curve: dict[str, Any], *, with_p: bool) -> str:
    """`image: 0.08, excess 0.02, p = 0.21`; without p in a narrow panel."""
    excess = "" if pd.isna(curve["ece_excess"]) else f", excess {number(curve['ece_excess'], 2)}"
    test = f", {p_equals(curve['ece_p'])}" if with_p and pd.notna(curve["ece_p"]) else ""
    return f"{curve['view']}: {number(curve['ece'], 2)}{excess}{test}"


def _data(curves: pd.DataFrame, bins: pd.DataFrame) -> pd.DataFrame:
    errors = curves[["reader", "view", "ece", "ece_floor", "ece_excess", "ece_p", "ece_p_holm", "ece_note", "n"]]
    return bins.merge(errors.rename(columns={"n": "answers"}), on=["reader", "view"], sort=False)


def _reading(curves: pd.DataFrame, bins: pd.DataFrame) -> str:
    based = f"(ECE is based on {span(bins.groupby(['reader', 'view']).size())} bins)"
    tested = curves[curves["ece_p_holm"].notna()]
    if tested.empty:
        return f"No curve can be tested: {', '.join(sorted(set(curves['ece_note'])))} {based}."
    worst = row_with(tested, tested["ece_excess"])
    direction = ": overconfident" if worst["confidence"] > worst["accuracy"] else ": underconfident"
    direction = direction if worst["ece_p_holm"] < ALPHA else ""
    has = "has" if len(tested) == 1 else "has the largest excess,"
    clear = tested[tested["ece_p_holm"] < ALPHA]
    over = int((clear["confidence"] > clear["accuracy"]).sum())
    which = f" ({over} overconfident, {len(clear) - over} underconfident)" if len(clear) else ""
    return (
        f"{cut(worst['reader'])} ({worst['view']}) {has} ECE {number(worst['ece'], 2)} compared with "
        f"{number(worst['ece_floor'], 2)} for a calibrated reader (n = {worst['n']}, "
        f"mean confidence {number(worst['confidence'], 2)}, accuracy {number(worst['accuracy'], 2)}{direction}); "
        f"{len(clear)} of {plural(len(tested), 'curve')} {'has' if len(clear) == 1 else 'have'} a larger ECE than a "
        f"calibrated reader would by chance{which}, at adjusted p < {ALPHA:g} {based}."
    )
