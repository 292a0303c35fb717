"""Belief of the readers after each clinical stage (consultations with `staging=turns`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.frames.plain import reader_names
from medsyn_inspect.analysis.frames.stages import ALL_EVIDENCE, CLINICAL_ORDER
from medsyn_inspect.analysis.schema import in_condition
from medsyn_inspect.report.figures.common import LINE, finite, human_line, in_order, physicians_words, row_looks
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look, fitted, short_name
from medsyn_inspect.report.figures.panels import (
    grid,
    legend,
    margin_heading,
    margin_text,
    mark,
    named_rows,
    panels_per_row,
    percent_axis,
)
from medsyn_inspect.report.figures.style import NEUTRAL, SIZE, SMALL, TITLE_ABOVE_HEADINGS, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import cut, number, percent, plural, signed, span, spoken

SECTION: Section = "belief"
POSITION = 1

SHOWN = ["stage", "n", "correct", "correct_lower", "correct_upper", "probability", "relative_entropy"]
"""Columns of the frame `stage_summary` that are drawn."""

WIDTHS = {2: 38, 3: 24, 4: 17}
"""Maximum number of columns of a title, by the number of panels in a row."""


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each reader: correct answers, mean probability of the correct one, and entropy, by stage."""
    data = by_stage(material)
    if data.empty:
        return None
    readers = list(dict.fromkeys(data["reader"]))
    look = row_looks(material.findings)
    stages = _stages(data)
    columns = panels_per_row(len(readers))
    lines = 2 if max(map(len, readers)) > WIDTHS[columns] else 1
    made = grid(len(readers), columns, len(stages) * 0.175 + 0.3 + 0.13 * lines, extra=0.75)
    made.figure.supxlabel("%", fontsize=SIZE)
    for place, (axes, reader) in enumerate(zip(made.axes, readers, strict=True)):
        named_rows(
            axes, [fitted(spoken(stage), 20) for stage in stages] if made.is_first_in_row(place) else [""] * len(stages)
        )
        percent_axis(axes, narrow=columns == 4)
        axes.tick_params(labelbottom=made.is_last_in_column(place))
        axes.set_title(short_name(reader, WIDTHS[columns], lines), fontsize=SMALL, pad=TITLE_ABOVE_HEADINGS)
        margin_heading(axes, "n", 5)
        _panel(axes, rows_of(data[data["reader"] == reader]), stages, look[reader])
        for value in human_line(material.findings):
            axes.axvline(value, label="_physicians", **LINE)
    entries: list[tuple[str, dict[str, Any]]] = [
        ("correct answers, 95 % interval", {"marker": "o", "linestyle": "-", "linewidth": 1.5}),
        ("mean probability of the correct one", {"linestyle": (0, (4, 2)), "linewidth": 1.4}),
        ("relative entropy", {"linestyle": (0, (1, 1.5)), "linewidth": 1.4, "color": NEUTRAL}),
    ]
    if human_line(material.findings):
        entries.append((f"{physicians_words(material.findings)}, all evidence", LINE | {"linestyle": "-"}))
    legend(made.figure, entries, columns=2 if len(entries) > 3 else None)
    return Drawing(
        name="stages",
        section=SECTION,
        title="Belief after each stage",
        reading=_reading(data),
        alt=f"{plural(len(readers), 'panel')}, one for each reader, with the clinical stages from top to "
        "bottom: the share of "
        "correct answers with its 95 % interval, the mean probability of the correct option, and the entropy of the "
        "posterior as a share of its maximum.",
        data=data,
        figure=made.figure,
    )


def by_stage(material: Material) -> pd.DataFrame:
    """The rows of the frame `stage_summary` for `fdx` in the plain condition, in the order of the readers."""
    summary = material.findings.stage_summary
    if summary.empty:
        return summary
    rows = summary[in_condition(summary, but=("staging", "selection")) & (summary["question"] == "fdx")]
    rows = rows[rows["correct"].notna()]
    found = rows.assign(reader=reader_names(rows))[["reader", *SHOWN]]
    place = {reader: number for number, reader in enumerate(in_order(found["reader"], material.findings))}
    return found.sort_values("reader", key=lambda column: column.map(place), kind="stable", ignore_index=True)


def _stages(data: pd.DataFrame) -> list[str]:
    """All stages, in clinical order; the readers may have answered different cases."""
    given = list(dict.fromkeys(data["stage"]))
    order = [*CLINICAL_ORDER, *(stage for stage in given if stage not in (*CLINICAL_ORDER, ALL_EVIDENCE)), ALL_EVIDENCE]
    return [stage for stage in order if stage in given]


def _panel(axes: Axes, rows: list[dict[str, Any]], stages: list[str], look: Look) -> None:
    """The stages of one reader."""
    at = [stages.index(row["stage"]) for row in rows]
    for name, line in (("probability", (0, (4, 2))), ("relative_entropy", (0, (1, 1.5)))):
        values = 100 * np.array([row[name] for row in rows], dtype=float)
        if np.isfinite(values).any():
            colour = look.colour if name == "probability" else NEUTRAL
            axes.plot(values, at, color=colour, linestyle=line, linewidth=1.3, label=f"_{name}")
    for y, found in zip(at, rows, strict=True):
        ends = found["correct_lower"] * 100, found["correct_upper"] * 100
        mark(axes, "correct", (found["correct"] * 100, y), look, x_interval=ends)
        margin_text(axes, y, str(found["n"]), 5)


def _reading(data: pd.DataFrame) -> str:
    ends = {str(reader): (rows.iloc[0], rows.iloc[-1]) for reader, rows in data.groupby("reader", sort=False)}
    sizes = f"n = {span(data['n'])} answers per stage"
    note = "not every case has every stage, so the intermediate rows include different cases"
    reader, (first, last) = next(iter(ends.items()))
    if len(ends) == 1:
        rates = (
            f"{cut(reader)} is correct in {percent(first['correct'], 0)} after {spoken(first['stage'])} and in "
            f"{percent(last['correct'], 0)} after the last stage of each case"
        )
        if finite(first["probability"]) and finite(last["probability"]):
            first_belief, last_belief = number(first["probability"], 2), number(last["probability"], 2)
            rates += f" (mean probability of the correct one {first_belief} and {last_belief})"
        return f"{rates} ({sizes}); {note}."
    changes = {reader: 100 * float(last["correct"] - first["correct"]) for reader, (first, last) in ends.items()}
    rose = sum(change > 0 for change in changes.values())
    least, most = signed(min(changes.values()), 0), signed(max(changes.values()), 0)
    spread = f"by {most} points" if least == most else f"by {least} to {most} points"
    greatest = [reader for reader, change in changes.items() if change == max(changes.values())]
    who = f", the most for {cut(greatest[0])}" if len(greatest) == 1 else ""
    return (
        f"From the first to the last stage of each case the share of correct answers changes {spread}{who}, and is "
        f"higher after the last stage for {rose} of {plural(len(ends), 'reader')}; this is not tested ({sizes}); "
        f"{note}."
    )
