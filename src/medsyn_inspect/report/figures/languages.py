"""Accuracy and coverage by the language of the case (MEDSYN reports English and Chinese cases separately)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.prompts.language import language_name
from medsyn_inspect.report.figures.common import by_reader, in_order, row_looks, row_with
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look, drawable, fitted
from medsyn_inspect.report.figures.panels import (
    column,
    filled,
    grid,
    hollow,
    legend,
    margin_heading,
    margin_text,
    mark,
    percent_axis,
    reader_rows,
    row_height,
)
from medsyn_inspect.report.figures.style import styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import cut, plural, points, signed, span

SECTION: Section = "accuracy"
POSITION = 4

MEASURES = {"accuracy": "FDx accuracy, %", "coverage": "DDx coverage, %"}


@styled()
def draw(material: Material) -> Drawing | None:
    """A panel for accuracy and one for coverage; a row for each reader, a marker for each of the two languages."""
    findings = material.findings
    data = findings.languages
    if data.empty:
        return None
    first, second = data["language"].iloc[0], data["other"].iloc[0]
    measures = [name for name in MEASURES if (data["measure"] == name).any()]
    look = row_looks(findings)
    shown = {reader: look[reader] for reader in in_order(data["reader"], findings)}
    height = len(shown) * max(row_height([*shown.values()]), 0.23) + 0.6
    made = grid(len(measures), 1, height, extra=0.3)
    for axes, measure in zip(made.axes, measures, strict=True):
        reader_rows(axes, [*shown.values()])
        percent_axis(axes, MEASURES[measure])
        both = f"{drawable(fitted(first, 8))} − {drawable(fitted(second, 8))}"
        margin_heading(axes, f"{both}, points", column(8, None))
        margin_heading(axes, "n", column(112, 8))
        of_measure = by_reader(data[data["measure"] == measure])
        for row, (reader, one) in enumerate(shown.items()):
            if reader in of_measure:
                _row(axes, row, of_measure[reader], one)
    entries = ((first, filled()), (second, hollow()))
    legend(made.figure, [(f"{drawable(language_name(name))}, 95 % interval", how) for name, how in entries])
    return Drawing(
        name="languages",
        section=SECTION,
        title="Accuracy and coverage by language",
        reading=_reading(data),
        alt=f"Dot plots with one row for each reader: a filled marker for {language_name(first)} cases, a hollow one "
        f"for {language_name(second)} cases, each with its 95 % interval, and the difference between them as text.",
        data=data,
        figure=made.figure,
    )


def _row(axes: Axes, row: int, found: dict[str, Any], look: Look) -> None:
    """Both languages of one reader, and the difference between them."""
    for name, shift in (("value", 0.16), ("other_value", -0.16)):
        ends = found[f"{name}_lower"] * 100, found[f"{name}_upper"] * 100
        at = found[name] * 100, row + shift
        mark(axes, name, at, look, x_interval=ends, hollow=name == "other_value")
    margin_text(axes, row, _change(found), column(8, None))
    margin_text(axes, row, f"{found['n']}/{found['other_n']}", column(112, 8))


def _change(found: Mapping[str, Any]) -> str:
    """The difference with as many digits as the language with fewer cases supports."""
    ends = found["difference_lower"], found["difference_upper"]
    return points(found["difference"], *ends, n=min(found["n"], found["other_n"]))


def _reading(data: pd.DataFrame) -> str:
    first, second = language_name(data["language"].iloc[0]), language_name(data["other"].iloc[0])
    clear = data[(data["difference_lower"] > 0) | (data["difference_upper"] < 0)]
    sizes = f"{span(data['n'])} {first} and {span(data['other_n'])} {second} cases"
    note = "; the languages have different cases, so a difference need not be due to language"
    unadjusted = f" (not adjusted for {plural(len(data), 'difference')})" if len(data) > 1 else ""
    if clear.empty:
        return f"On {sizes}, no difference between the languages has an interval that excludes 0{note}."
    row = row_with(clear, clear["difference"].abs())
    # If selected as the largest, its interval would be too narrow.
    difference = (
        f"{_change(row)} points"
        if len(data) == 1
        else f"the largest estimate {signed(100 * row['difference'], 0)} points"
    )
    return (
        f"On {sizes}, {len(clear)} of {plural(len(data), 'difference')} ({first} minus {second}) "
        f"{'has' if len(clear) == 1 else 'have'} an interval that excludes 0{unadjusted}, {difference} in "
        f"{row['measure']} for {cut(row['reader'])}{note}."
    )
