"""How many case reports became cases, and why the others did not (a flow like that of CONSORT)."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd

from medsyn_inspect.report.figures.drawing import Drawing, Section, new_figure
from medsyn_inspect.report.figures.labels import drawable
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SIZE, SMALL, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import plural

SECTION: Section = "construction"
POSITION = 1

WORDS = {
    "read": "Read",
    "segment": "History, examination and panels found",
    "extract": "Findings with their span in the report",
    "summarise": "Findings summarised",
    "diagnosis": "Final diagnosis stated",
    "distractors": "Distractors within the rules",
    "verify": "Distractors accepted",
    "scrub": "Diagnosis removed from the texts",
    "identifiers": "Identifiers generalised",
    "refine": "Options refined",
    "sufficiency": "Evidence settles the diagnosis",
}
"""The steps in words."""

ROW, LINE = 0.42, 0.16
"""Height of a step, and of a further line of reasons, in inches."""

WIDTH_OF_REASONS = 48
"""Columns of a line of reasons."""


def draw(material: Material) -> list[Drawing]:
    """The flow of every case set in the logs that was built from reports."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(material.counted):
        card = row["card"] or {}
        if steps := card.get("constructed"):
            found.setdefault(f"{card.get('name', '')} {card.get('version', '')}", steps)
    return [
        flow(name, steps, f"construction_{number}" if number > 1 else "construction")
        for number, (name, steps) in enumerate(found.items(), 1)
    ]


@styled()
def flow(case_set: str, steps: Sequence[dict[str, Any]], name: str = "construction") -> Drawing:
    """The flow of one case set.

    Args:
        case_set: Name of the set.
        steps: The steps in order, as on the card: `step`, `kept`, and `dropped` by reason.
        name: Name of the drawing.
    """
    reasons = [_reasons(step) for step in steps]
    heights = [max(ROW, 0.12 + LINE * len(lines) + 0.06) for lines in reasons]
    start = steps[0]["kept"] + sum((steps[0].get("dropped") or {}).values())
    total = ROW + sum(heights)
    figure = new_figure(total)
    figure.set_layout_engine("none")  # the boxes have places of their own
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, 1)
    axes.set_ylim(total, 0)
    axes.axis("off")
    _box(axes, 0.24, ROW / 2, f"Case reports: n = {start}", 0.44)
    top, before = ROW, ROW / 2
    for step, lines, height in zip(steps, reasons, heights, strict=True):
        axes.annotate(
            "",
            (0.24, top + height / 2 - 0.13),
            (0.24, before + 0.13),
            arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.8},
        )
        before = top + height / 2
        _box(axes, 0.24, before, f"{WORDS.get(step['step'], step['step'])}: n = {step['kept']}", 0.44)
        if lines:
            axes.plot((0.46, 0.51), (before, before), color=NEUTRAL, lw=0.8)
            axes.text(0.52, before, "\n".join(lines), va="center", fontsize=SMALL, linespacing=1.25)
        top += height
    dropped = start - steps[-1]["kept"]
    reading = (
        f"{case_set}: of {plural(start, 'case report')}, {steps[-1]['kept']} became cases; {dropped} did not, for the "
        "reasons given. A model took part in all steps but the first; no clinician has reviewed the cases, unless the "
        "set's DATASHEET.md says so."
    )
    return Drawing(
        name=name,
        section=SECTION,
        title="From case reports to cases",
        reading=reading,
        alt="Flow chart with one box per step and the number of reports left; next to it, the reasons for which "
        "reports were dropped, with their numbers.",
        data=_frame(steps),
        figure=figure,
    )


def _box(axes: Any, x: float, y: float, text: str, width: float) -> None:
    shape = {"boxstyle": "round,pad=0.3", "facecolor": "none", "edgecolor": INK, "linewidth": 0.7}
    axes.text(x, y, drawable(text), ha="center", va="center", fontsize=SIZE if width > 0.5 else SMALL, bbox=shape)


def _reasons(step: dict[str, Any]) -> list[str]:
    """The reasons of a step, one or more lines for each."""
    lines: list[str] = []
    for reason, count in (step.get("dropped") or {}).items():
        lines += wrap(drawable(f"dropped {count}: {reason}"), WIDTH_OF_REASONS)
    return lines


def _frame(steps: Sequence[dict[str, Any]]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for step in steps:
        rows.append({"step": step["step"], "outcome": "kept", "reason": "", "n": step["kept"]})
        for reason, count in (step.get("dropped") or {}).items():
            rows.append({"step": step["step"], "outcome": "dropped", "reason": reason, "n": count})
    return pd.DataFrame(rows)
