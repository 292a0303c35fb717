"""Position bias: mean probability by position of the option, over all cyclic orders."""

from __future__ import annotations

import pandas as pd

from medsyn_inspect.report.figures.common import ROUNDING, in_order, row_looks, row_with
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import short_name
from medsyn_inspect.report.figures.panels import grid, mark, panels_per_row
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import cut, number, plural, span

SECTION: Section = "sensitivity"
POSITION = 4


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each reader (and number of options): the mean probability of each position, and 1/K."""
    findings = material.findings
    orders = findings.orders
    orders = orders[orders["probability"].notna()]
    if orders.empty:
        return None
    readers = in_order(orders["reader"], findings)
    look = row_looks(findings)
    parts = [
        (reader, rows)
        for reader in readers
        for _, rows in orders[orders["reader"] == reader].groupby("options", sort=True)
    ]
    columns = panels_per_row(len(parts))
    width = {2: 42, 3: 28, 4: 20}[columns]
    lines = 2 if max(map(len, readers)) > width else 1
    made = grid(len(parts), columns, 1.3 + 0.14 * (lines + 1), extra=0.3)
    highest = float(orders[["probability", "probability_upper"]].max().max())
    for place, (axes, (reader, rows)) in enumerate(zip(made.axes, parts, strict=True)):
        at = list(range(len(rows)))
        axes.axhline(float(rows["expected"].iloc[0]), color=INK, linewidth=0.9, linestyle="--", label="_expected")
        axes.plot(at, rows["probability"], color=look[reader].colour, linewidth=0.8, label="_line")
        for x, found in zip(at, rows.to_dict("records"), strict=True):
            ends = found["probability_lower"], found["probability_upper"]
            mark(axes, "probability", (x, found["probability"]), look[reader], y_interval=ends)
        axes.set_xticks(at, list(rows["letter"]))
        axes.set_xlim(-0.5, len(rows) - 0.5)
        axes.set_ylim(0, min(1.0, 1.1 * highest))
        axes.grid(axis="y", color=NEUTRAL, alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
        title = short_name(reader, width, lines)
        axes.set_title(f"{title}\nn = {rows['n'].iloc[0]}", fontsize=SMALL, linespacing=1.2)
        axes.tick_params(labelleft=made.is_first_in_row(place))
    made.figure.supxlabel("Position of the option (dashed: expected without position bias)", fontsize=9)
    made.figure.supylabel("Mean probability", fontsize=9)
    columns_shown = ["reader", "source", "view", "options", "position", "letter", "probability"]
    columns_shown += ["probability_lower", "probability_upper", "expected", "n"]
    data = pd.concat([rows for _, rows in parts], ignore_index=True)[columns_shown]
    return Drawing(
        name="position_bias",
        section=SECTION,
        title="Probability by position of the option",
        reading=_reading(data),
        alt=f"{plural(len(parts), 'panel')}, one for each reader: the mean probability of the option at "
        "each position with its "
        "95 % interval, and a dashed line at the value of every position without position bias.",
        data=data,
        figure=made.figure,
    )


def _reading(data: pd.DataFrame) -> str:
    ends = data["probability_lower"] - data["expected"], data["expected"] - data["probability_upper"]
    away = (ends[0] > ROUNDING) | (ends[1] > ROUNDING)
    biased = list(dict.fromkeys(data[away]["reader"]))
    readers = data["reader"].nunique()
    excess = (data["probability"] - data["expected"]).abs()
    row = row_with(data, excess)
    # Selected as the largest, so its interval would be too narrow.
    extreme = (
        f"the largest deviation is at position {row['letter']} of {cut(row['reader'])} with "
        f"{number(row['probability'], 2)}, expected {number(row['expected'], 2)} (n = {row['n']} cases in all orders)"
    )
    if not biased:
        sizes = span(data["n"])
        none = f"each position has exactly the expected probability (n = {sizes} cases in all orders)"
        farthest = extreme if excess.max() > ROUNDING else none
        return (
            f"No position bias was found in {plural(readers, 'reader')}, which does not show that there is none; "
            f"{farthest}."
        )
    return (
        f"In {len(biased)} of {plural(readers, 'reader')} the interval of at least one position excludes the "
        f"expected value (not adjusted for the number of positions); {extreme}."
    )
