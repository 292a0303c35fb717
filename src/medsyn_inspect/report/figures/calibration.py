"""Is the posterior of the final diagnosis to be believed? Reliability and how confidence is distributed."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.sensitivity import FULL, VIEWS
from medsyn_inspect.analysis.schema import in_condition
from medsyn_inspect.analysis.stats.calibration import PER_BIN, Calibration, calibration
from medsyn_inspect.analysis.stats.divergence import posterior_from_counts
from medsyn_inspect.report.figures.common import (
    all_looks,
    between,
    cut,
    findings_in,
    in_order,
    names,
    number,
    span,
)
from medsyn_inspect.report.figures.drawing import (
    INK,
    NEUTRAL,
    SMALL,
    Drawn,
    filled,
    grid,
    hollow,
    key,
    mark,
    panels_across,
    short_name,
    styled,
)
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import plural

LEAST = 2 * PER_BIN
"""Cases without which there are no two bins, and no curve."""

HEIGHT = 25
"""Percent of the panel that the histogram fills at most."""

EDGES = np.linspace(0, 1, 11)


@styled()
def draw(material: Material) -> Drawn | None:
    """One panel for each reader: accuracy against confidence in bins of equally many cases, and a histogram below."""
    beliefs = confident_answers(material)
    if beliefs.empty:
        return None
    found = {
        (str(reader), str(view)): calibration(rows["confidence"], rows["correct"])
        for (reader, view), rows in beliefs.groupby(["reader", "view"], sort=False)
    }
    readers = in_order(beliefs["reader"], findings_in(material))
    look = all_looks(findings_in(material))
    columns = panels_across(len(readers))
    width = {2: 42, 3: 28, 4: 20}[columns]
    lines_of_names = 2 if max(map(len, readers)) > width else 1
    lines = lines_of_names + len({view for _, view in found})
    made = grid(len(readers), columns, {2: 2.3, 3: 1.7, 4: 1.2}[columns] + 0.14 * lines, extra=0.6)
    for place, (axes, reader) in enumerate(zip(made.axes, readers, strict=True)):
        axes.plot((0, 100), (0, 100), color=INK, linewidth=0.8, alpha=0.7, label="_identity", zorder=1)
        told = [short_name(reader, width, lines_of_names)]
        for view in VIEWS:
            if (reader, view) not in found:
                continue
            one = found[reader, view]
            bins = 100 * one.bins[["confidence", "accuracy", "low", "high"]]
            second = view != VIEWS[0]
            line: dict[str, Any] = {
                "linewidth": 0.8,
                "linestyle": "--" if second else "-",
                "color": look[reader].colour,
            }
            axes.plot(bins["confidence"], bins["accuracy"], label=f"_{view} line", **line)
            for each in rows_of(bins):
                ends = each["low"], each["high"]
                mark(axes, view, each["confidence"], each["accuracy"], look[reader], y_interval=ends, hollow=second)
            rows = beliefs[(beliefs["reader"] == reader) & (beliefs["view"] == view)]
            share = np.histogram(rows["confidence"], EDGES)[0] / len(rows)
            axes.stairs(
                HEIGHT * share,
                100 * EDGES,
                fill=not second,
                color=NEUTRAL,
                alpha=0.9 if second else 0.35,
                label=f"_{view} histogram",
            )
            ends_told = f" {between(one.low, one.high, 2)}, floor" if columns == 2 else ", floor"
            told.append(f"{view}: {number(one.ece, 2)}{ends_told} {number(one.floor, 2)}")
        axes.set_xlim(0, 100)
        axes.set_ylim(-2, 103)
        ticks = [0, 50, 100] if columns == 4 else [0, 25, 50, 75, 100]
        axes.set_xticks(ticks)
        axes.set_yticks(ticks)
        axes.grid(color=NEUTRAL, alpha=0.2, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_title("\n".join(told), fontsize=SMALL, linespacing=1.3)
        if not made.first(place):
            axes.tick_params(labelleft=False)
        if not made.last(place):
            axes.tick_params(labelbottom=False)
    sizes = span(one.n for one in found.values())
    made.figure.supxlabel(f"Confidence in the answer, %; above each panel its ECE (n = {sizes})", fontsize=9)
    made.figure.supylabel("Right answers, %", fontsize=9)
    entries = [(view, hollow() if view != VIEWS[0] else filled()) for view in VIEWS if view in set(beliefs["view"])]
    bars = {"marker": "s", "color": NEUTRAL, "alpha": 0.5, "markersize": 8, "markeredgewidth": 0}
    key(made.figure, [*entries, ("histogram of confidence", bars)])
    return Drawn(
        "calibration",
        "Calibration of the final diagnosis",
        _reading(found),
        f"{len(readers)} panels, one for each reader: the share of right answers against the mean confidence "
        "in bins of "
        "equally many cases, with 95 % intervals and the line on which both are equal, and a histogram of confidence.",
        _data(found),
        made.figure,
    )


def confident_answers(material: Material) -> pd.DataFrame:
    """The largest probability of each answer and whether the option is the right one: `reader`, `view`, both.

    From `fdx` runs in the plain condition of either view, where they have posteriors; otherwise from the arms that show
    all evidence.
    """
    rows = [*_of_runs(findings_in(material).runs)] or [*_of_arms(findings_in(material).arms)]
    found = pd.DataFrame(rows, columns=["reader", "view", "source", "confidence", "correct"])
    sizes = found.groupby(["reader", "view"])["correct"].transform("size")
    return found[sizes >= LEAST].reset_index(drop=True)


def _of_runs(runs: pd.DataFrame) -> list[dict[str, Any]]:
    if runs.empty:
        return []
    asked = runs[in_condition(runs, but=("view", "selection")) & (runs["question"] == "fdx")]
    rows: list[dict[str, Any]] = []
    for reader, row in zip(names(asked), asked.itertuples(index=False), strict=True):
        if not isinstance(row.posterior, (tuple, list, np.ndarray)) or not isinstance(row.correct_letter, str):
            continue
        belief = np.asarray(row.posterior, dtype=float)
        best = int(belief.argmax())
        correct = float(ascii_uppercase[best] == row.correct_letter)
        rows.append(
            {
                "reader": reader,
                "view": row.view,
                "source": "runs",
                "confidence": float(belief[best]),
                "correct": correct,
            }
        )
    return rows


def _of_arms(arms: pd.DataFrame) -> list[dict[str, Any]]:
    if arms.empty:
        return []
    rows: list[dict[str, Any]] = []
    for row in arms[(arms["withheld"] == FULL) & arms["correct"].notna()].itertuples(index=False):
        given = row.counts if row.source == "samples" else row.posterior
        if not isinstance(given, (tuple, list, np.ndarray)):
            continue
        confidence = float(np.max(posterior_from_counts(np.asarray(given, dtype=float))))
        rows.append(
            {
                "reader": str(row.reader),
                "view": row.view,
                "source": "arms",
                "confidence": confidence,
                "correct": float(row.correct),
            }
        )
    return rows


def _data(found: dict[tuple[str, str], Calibration]) -> pd.DataFrame:
    parts = []
    for (reader, view), one in found.items():
        told = {"reader": reader, "view": view, "bin": range(1, len(one.bins) + 1)}
        whole = {"ece": one.ece, "ece_low": one.low, "ece_high": one.high, "ece_floor": one.floor, "cases": one.n}
        parts.append(pd.DataFrame(told).join(one.bins).assign(**whole))
    return pd.concat(parts, ignore_index=True)


def _reading(found: dict[tuple[str, str], Calibration]) -> str:
    (reader, view), worst = max(found.items(), key=lambda item: item[1].ece - item[1].floor)
    direction = "overconfident" if worst.confidence > worst.accuracy else "underconfident"
    told = (
        f"{cut(reader)} ({view}) has the largest calibration error beyond chance, ECE {number(worst.ece, 2)} "
        f"{between(worst.low, worst.high, 2)} where a calibrated reader would show {number(worst.floor, 2)}"
    )
    if len(found) == 1:
        told = told.replace("has the largest calibration error beyond chance,", "has")
    beyond = [one for one in found.values() if one.low > one.floor]
    over = sum(one.confidence > one.accuracy for one in beyond)
    which = f" ({over} overconfident, {len(beyond) - over} underconfident)" if beyond else ""
    told += f" (n = {worst.n}, mean confidence {worst.confidence:.2f}, accuracy {worst.accuracy:.2f}: {direction})"
    return (
        f"{told}; for {len(beyond)} of {plural(len(found), 'curve')}{which} the interval lies above that floor, "
        f"and of the others miscalibration cannot be claimed (ECE is biased upwards with few cases; here it rests on "
        f"{span(len(one.bins) for one in found.values())} bins)."
    )
