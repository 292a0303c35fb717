"""Paired differences when evidence is withheld, replaced or shown differently (MEDSYN's Tables 3, 4 and 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.conditions import change_words, in_words
from medsyn_inspect.report.figures.common import in_order, row_looks, row_with
from medsyn_inspect.report.figures.drawing import Drawing, Section, new_figure
from medsyn_inspect.report.figures.labels import Look, fitted
from medsyn_inspect.report.figures.panels import (
    column,
    filled,
    legend,
    margin_heading,
    margin_text,
    mark,
    named_rows,
    row_height,
    vertical_grid,
)
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, is_narrow, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import cut, number, p_equals, p_value, plural, points, signed, span

SECTION: Section = "ablations"
POSITION = 1

GROUP = ["question", "family", "view", "condition", "baseline", "subset"]
"""Columns that identify a comparison of a reader."""

QUESTIONS = {"fdx": "FDx", "ddx": "DDx", "open_fdx": "Open FDx", "sensitivity": "FDx in sensitivity"}
"""Names of the questions in the headings."""

PAGE_HEIGHT = 8.5
"""Maximum height of the rows of a figure in inches, to fit on a printed page; a longer group is not split."""

ROW_HEIGHT = 0.2
"""Minimum height of a row in inches."""

ALL_VISUAL = "withhold=all visual evidence"

COLUMNS = ["reader", *GROUP, "n", "accuracy_baseline", "accuracy", "difference", "difference_lower", "difference_upper"]
TESTS = ["mcnemar_p", "mcnemar_p_holm", "minimum_detectable_effect"]


@styled()
def draw(material: Material) -> list[Drawing]:
    """Forest plots with one row for each reader under each comparison, in one or several figures.

    Of the arms of `sensitivity`, only those that change the view or withhold all visual evidence are drawn. The effect
    of a single type is measured by Evidence Sensitivity; these arms are in the table of comparisons.
    """
    findings = material.findings
    rows = findings.comparisons
    rows = rows[rows["difference"].notna()].fillna(dict.fromkeys(GROUP, ""))
    single = (rows["question"] == "sensitivity") & (rows["family"] == "withhold") & (rows["condition"] != ALL_VISUAL)
    rows = rows[~single]
    if rows.empty:
        return []
    look = row_looks(findings)
    place = {reader: number for number, reader in enumerate(in_order(rows["reader"], findings))}
    groups = [
        (
            dict(zip(GROUP, map(str, compared), strict=True)),
            group.sort_values("reader", key=lambda names: names.map(place), kind="stable"),
        )
        for compared, group in rows.groupby(GROUP, sort=False)
    ]
    rows_per_page = PAGE_HEIGHT / max(row_height([look[reader] for reader in place]), ROW_HEIGHT)
    pages: list[list[tuple[dict[str, str], pd.DataFrame]]] = [[]]
    for group in groups:
        if pages[-1] and sum(len(frame) + 1 for _, frame in pages[-1]) + len(group[1]) + 1 > rows_per_page:
            pages.append([])
        pages[-1].append(group)
    return [_page(page, number, len(pages), look) for number, page in enumerate(pages, 1)]


def _page(page: list[tuple[dict[str, str], pd.DataFrame]], number: int, pages: int, look: dict[str, Look]) -> Drawing:
    data = pd.concat([frame for _, frame in page], ignore_index=True)[COLUMNS + TESTS]
    height = row_height([look[reader] for reader in data["reader"]])
    figure = new_figure((len(data) + len(page)) * max(height, ROW_HEIGHT) + 0.95)
    axes = figure.subplots()
    names = [name for _, frame in page for name in ("", *(look[reader].label for reader in frame["reader"]))]
    named_rows(axes, names)
    widest = np.nanmax(np.abs(data[["difference", "difference_lower", "difference_upper"]].to_numpy(dtype=float)))
    reach = max(5.0, 105 * float(widest))
    axes.set_xlim(-reach, reach)
    vertical_grid(axes)
    axes.set_xlabel("Difference, percentage points")
    for offset, text in ((column(8, None), "points"), (column(106, 8), "n"), (column(128, 28), "p (Holm)")):
        margin_heading(axes, text, offset)
    row = 0
    for compared, frame in page:
        _heading(axes, row + 0.1, heading(compared))
        for found in rows_of(frame):
            row += 1
            _row(axes, row, found, look[found["reader"]], reach)
        row += 1
    band = {"marker": "s", "markersize": 9, "color": NEUTRAL, "alpha": 0.35, "markeredgewidth": 0}
    entries = [("difference with 95 % interval", filled()), ("too small to detect with 80 % power", band)]
    legend(figure, entries)
    return Drawing(
        name="ablations" if number == 1 else f"ablations_{number}",
        section=SECTION,
        title="Paired differences" + (f" ({number} of {pages})" if pages > 1 else ""),
        reading=_reading(data),
        alt="Forest plot with one row for each reader under each comparison: the difference on the same cases in "
        "percentage points with its 95 % interval, the number of cases, the adjusted p, and a band of the differences "
        "that are too small to detect with this number of cases.",
        data=data,
        figure=figure,
    )


def _heading(axes: Axes, row: float, text: str) -> None:
    """Write the heading of a comparison from the left end of the axis; on a narrow screen, over the whole width."""
    at, x = (0.01, "figure fraction") if is_narrow() else (0.0, "axes fraction")
    face: dict[str, Any] = {"style": "italic"} if is_narrow() else {"weight": "bold"}
    written = axes.annotate(
        text, (at, row), xycoords=(x, "data"), va="center", fontsize=SMALL, annotation_clip=False, **face
    )
    written.set_in_layout(not is_narrow())


def _row(axes: Axes, row: int, found: dict[str, Any], look: Look, reach: float) -> None:
    """One difference with its interval, and the band of differences that are too small to detect."""
    if np.isfinite(found["minimum_detectable_effect"]):
        half = min(100 * found["minimum_detectable_effect"], reach)
        band: dict[str, Any] = {"height": 0.7, "color": NEUTRAL, "alpha": 0.22, "zorder": 0.5}
        axes.barh(row, 2 * half, left=-half, label="_minimum detectable", **band)
    axes.plot((0, 0), (row - 0.5, row + 0.5), color=INK, linewidth=0.8, zorder=1, label="_none")
    ends = 100 * found["difference_lower"], 100 * found["difference_upper"]
    mark(axes, "difference", (100 * found["difference"], row), look, x_interval=ends)
    change = points(found["difference"], found["difference_lower"], found["difference_upper"], n=found["n"])
    margin_text(axes, row, change, column(8, None))
    margin_text(axes, row, str(found["n"]), column(106, 8))
    margin_text(axes, row, p_value(found["mcnemar_p_holm"]), column(128, 28))


def heading(compared: dict[str, str]) -> str:
    """`FDx (image): without CT (cases with it)`."""
    view = f" ({compared['view']})" if compared["view"] else ""
    value = compared["condition"].partition("=")[2]
    subset = ""
    if compared["subset"] != "all cases" and not is_narrow():
        subset = " (cases with it)" if value in compared["subset"] else f" ({compared['subset']})"
    what = f"{QUESTIONS.get(compared['question'], compared['question'])}{view}"
    return fitted(f"{what}: {in_words(compared['condition'])}{subset}", 56 if is_narrow() else 64)


def _reading(data: pd.DataFrame) -> str:
    found = data[data["mcnemar_p_holm"] < ALPHA]
    have = "has" if len(found) == 1 or len(data) == 1 else "have"
    after = " after Holm over all comparisons of a reader and task"
    what = f"{len(found)} of {plural(len(data), 'paired difference')} {have} a p below {ALPHA:g}{after}"
    if found.empty:
        least = data["minimum_detectable_effect"].min()
        detectable = (
            f"the power to detect differences below {number(100 * least, 0)} points is less than 80 %"
            if np.isfinite(least)
            else "no difference is detectable in so few cases"
        )
        return f"{what} (n = {span(data['n'])} cases), which does not show that nothing changed: {detectable}."
    # Selected as the largest, so its interval would be too narrow.
    largest = row_with(found, found["difference"].abs())
    others = "; the others do not show that nothing changed" if len(found) < len(data) else ""
    change = f"{signed(100 * largest['difference'], 0)} points for {cut(largest['reader'])}"
    return (
        f"{what}; the largest estimate is {change}, {change_words(largest)} (n = {largest['n']}, "
        f"{p_equals(largest['mcnemar_p_holm'])}){others}."
    )
