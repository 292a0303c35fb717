"""Accuracy and coverage by group of specialties (MEDSYN's Figure 4)."""

from __future__ import annotations

import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import estimate
from medsyn_inspect.report.figures.common import (
    NONE_SAID,
    all_looks,
    cut,
    findings_in,
    in_order,
    plain_runs,
    row_with,
    span,
)
from medsyn_inspect.report.figures.drawing import (
    HEADED,
    SIZE,
    SMALL,
    Drawn,
    beside,
    filled,
    fitted,
    grid,
    hollow,
    key,
    mark,
    panels_across,
    percent_across,
    readers_down,
    row_height,
    styled,
)
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import plural

MEASURES = {"accuracy": "fdx", "coverage": "ddx"}
COLUMNS = {2: 34, 3: 20, 4: 17}
"""Of a title, by the number of panels side by side."""


def shares_by(material: Material, column: str) -> pd.DataFrame:
    """Accuracy and coverage of each reader in each group of cases.

    Args:
        material: Of which the plain runs are taken.
        column: That tells the group.

    Returns:
        `reader`, the column, `measure`, `value`, `low`, `high` (Wilson; bootstrap where a case was asked in several
        epochs), `n` (scored), `asked`.
    """
    rows = []
    for measure, question in MEASURES.items():
        runs = plain_runs(findings_in(material), question)
        for (reader, group), answers in runs.groupby(["reader", column], sort=False) if len(runs) else ():
            found = estimate(answers, "right", 1)
            if found is not None and found.n:
                numbers = {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
                rows.append({"reader": reader, column: group, "measure": measure} | numbers | {"asked": found.asked})
    return pd.DataFrame(rows, columns=["reader", column, "measure", "value", "low", "high", "n", "asked"])


@styled()
def draw(material: Material) -> Drawn | None:
    """One panel for each group, the largest first; one row for each reader."""
    data = shares_by(material, "specialty_group")
    data = data[data["specialty_group"] != NONE_SAID]
    sizes = data.groupby("specialty_group")["n"].max()
    if len(sizes) < 2:
        return None
    groups = sorted(sizes.index, key=lambda group: (-sizes[group], group))
    readers = in_order(data["reader"], findings_in(material))
    look = all_looks(findings_in(material))
    shown = [look[reader] for reader in readers]
    columns = panels_across(len(readers))
    titles = [fitted(group, COLUMNS[columns], 3) for group in groups]
    lines = max(title.count("\n") for title in titles) + 1
    made = grid(len(groups), columns, len(readers) * row_height(shown) + 0.3 + 0.13 * lines, extra=0.75)
    made.figure.supxlabel("Share of cases, %", fontsize=SIZE)
    for place, (axes, group) in enumerate(zip(made.axes, groups, strict=True)):
        readers_down(axes, shown, named=made.first(place))
        percent_across(axes, narrow=columns == 4)
        axes.tick_params(labelbottom=made.last(place))
        axes.set_title(titles[place], fontsize=SMALL, pad=HEADED)
        beside(axes, 0, "n", 5, top=True)
        of_group = data[data["specialty_group"] == group]
        for row, reader in enumerate(readers):
            measured = of_group[of_group["reader"] == reader]
            for found in rows_of(measured):
                first = found["measure"] == "accuracy"
                shift = 0.0 if len(measured) == 1 else 0.16 if first else -0.16
                ends = found["low"] * 100, found["high"] * 100
                mark(
                    axes,
                    found["measure"],
                    found["value"] * 100,
                    row + shift,
                    look[reader],
                    x_interval=ends,
                    hollow=not first,
                )
            counts = [str(n) for n in dict.fromkeys(measured["n"])]
            beside(axes, row, "/".join(counts) or "0", 5)
    key(made.figure, [("FDx accuracy, 95 % interval", filled()), ("DDx coverage, 95 % interval", hollow())])
    order = {group: place for place, group in enumerate(groups)}
    data = data.sort_values("specialty_group", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Drawn(
        "specialties",
        "Accuracy and coverage by specialty group",
        _reading(data),
        f"{len(groups)} panels, one for each specialty group, with one row for each reader: a filled marker for FDx "
        "accuracy, a hollow one for DDx coverage, each with its 95 % interval and the number of cases.",
        data,
        made.figure,
    )


def _reading(data: pd.DataFrame) -> str:
    measure = "accuracy" if (data["measure"] == "accuracy").any() else "coverage"
    of_measure = data[data["measure"] == measure]
    what = "FDx accuracy" if measure == "accuracy" else "DDx coverage"
    groups = of_measure["specialty_group"].nunique()
    start = f"{what} in {plural(groups, 'specialty group')} rests on {span(of_measure['n'])} cases each"
    apart = []
    for reader, rows in of_measure.groupby("reader", sort=False):
        if rows["low"].max() > rows["high"].min():
            apart.append(str(reader))
    readers = of_measure["reader"].nunique()
    if not apart:
        whom = "for no reader" if readers > 1 else f"for {cut(of_measure['reader'].iloc[0])}"
        not_ = "" if readers > 1 else " no"
        return (
            f"{start}; {whom} do{not_} two intervals lie apart, so that no specialty can be called harder than another."
        )
    rows = of_measure[of_measure["reader"] == apart[0]]
    best, worst = row_with(rows, rows["low"]), row_with(rows, rows["high"], least=True)
    return (
        f"{start}; intervals of two groups lie apart for {len(apart)} of {plural(readers, 'reader')}, such as "
        f"{cut(apart[0])} "
        f"with {best['value'] * 100:.0f} % in {best['specialty_group']} (n = {best['n']}) and "
        f"{worst['value'] * 100:.0f} % "
        f"in {worst['specialty_group']} (n = {worst['n']}), not adjusted for the number of groups."
    )
