"""Accuracy and coverage by group of specialties (MEDSYN's Figure 4)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.cases.case import UNSPECIFIED
from medsyn_inspect.report.figures.common import in_order, row_looks
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look, fitted
from medsyn_inspect.report.figures.panels import (
    filled,
    grid,
    hollow,
    legend,
    margin_heading,
    margin_text,
    mark,
    panels_per_row,
    percent_axis,
    reader_rows,
    row_height,
)
from medsyn_inspect.report.figures.style import SIZE, SMALL, TITLE_ABOVE_HEADINGS, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import cut, percent, plural, span

SECTION: Section = "accuracy"
POSITION = 3

TITLE_WIDTHS = {2: 34, 3: 20, 4: 17}
"""Maximum number of columns of a title, by the number of panels in a row."""


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each group, the largest first; one row for each reader."""
    findings = material.findings
    data = findings.specialties[findings.specialties["specialty_group"] != UNSPECIFIED]
    sizes = data.groupby("specialty_group")["n"].max()
    if len(sizes) < 2:
        return None
    groups = sorted(sizes.index, key=lambda group: (-sizes[group], group))
    look = row_looks(findings)
    shown = {reader: look[reader] for reader in in_order(data["reader"], findings)}
    columns = panels_per_row(len(shown))
    titles = [fitted(group, TITLE_WIDTHS[columns], 3) for group in groups]
    lines = max(title.count("\n") for title in titles) + 1
    height = len(shown) * row_height([*shown.values()]) + 0.3 + 0.13 * lines
    made = grid(len(groups), columns, height, extra=0.75)
    made.figure.supxlabel("Share of cases, %", fontsize=SIZE)
    for place, (axes, group) in enumerate(zip(made.axes, groups, strict=True)):
        reader_rows(axes, [*shown.values()], named=made.is_first_in_row(place))
        percent_axis(axes, narrow=columns == 4)
        axes.tick_params(labelbottom=made.is_last_in_column(place))
        axes.set_title(titles[place], fontsize=SMALL, pad=TITLE_ABOVE_HEADINGS)
        margin_heading(axes, "n", 5)
        of_group = data[data["specialty_group"] == group]
        for row, (reader, one) in enumerate(shown.items()):
            _row(axes, row, rows_of(of_group[of_group["reader"] == reader]), one)
    kinds = {
        "accuracy": ("FDx accuracy, 95 % interval", filled()),
        "coverage": ("DDx coverage, 95 % interval", hollow()),
    }
    legend(made.figure, [entry for name, entry in kinds.items() if name in set(data["measure"])])
    order = {group: place for place, group in enumerate(groups)}
    data = data.sort_values("specialty_group", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Drawing(
        name="specialties",
        section=SECTION,
        title="Accuracy and coverage by specialty group",
        reading=_reading(data),
        alt=f"{plural(len(groups), 'panel')}, one for each specialty group, with one row for each "
        "reader: a filled marker for "
        "FDx accuracy, a hollow one for DDx coverage, each with its 95 % interval and the number of cases.",
        data=data,
        figure=made.figure,
    )


def _row(axes: Axes, row: int, measured: list[dict[str, Any]], look: Look) -> None:
    """Accuracy and coverage of one reader, and the number of cases."""
    for found in measured:
        first = found["measure"] == "accuracy"
        shift = 0.0 if len(measured) == 1 else 0.16 if first else -0.16
        ends = found["value_lower"] * 100, found["value_upper"] * 100
        at = found["value"] * 100, row + shift
        mark(axes, found["measure"], at, look, x_interval=ends, hollow=not first)
    margin_text(axes, row, "/".join(dict.fromkeys(str(found["n"]) for found in measured)) or "0", 5)


def _reading(data: pd.DataFrame) -> str:
    measure = "accuracy" if (data["measure"] == "accuracy").any() else "coverage"
    of_measure = data[data["measure"] == measure]
    what = "FDx accuracy" if measure == "accuracy" else "DDx coverage"
    groups, readers = of_measure["specialty_group"].nunique(), of_measure["reader"].nunique()
    who = f"for {cut(of_measure['reader'].iloc[0])}" if readers == 1 else f"over {plural(readers, 'reader')}"
    least, most = percent(of_measure["value"].min(), 0), percent(of_measure["value"].max(), 0)
    estimates = f"is {least} in each" if least == most else f"ranges from {least} to {most}"
    return (
        f"{what} in {plural(groups, 'specialty group')} of {span(of_measure['n'])} cases {estimates} {who}; whether "
        "specialties differ is not tested, and intervals of so many groups can be apart by chance."
    )
