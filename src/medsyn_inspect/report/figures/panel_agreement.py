"""Agreement of the judges of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.report.figures.common import finite
from medsyn_inspect.report.figures.drawing import Drawing, Section, new_figure
from medsyn_inspect.report.figures.labels import Look, fitted
from medsyn_inspect.report.figures.panels import column, margin_heading, margin_text, mark, named_rows, vertical_grid
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, is_narrow, styled
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import cut, interval, number, percent, plural

SECTION: Section = "judging"
POSITION = 1

PAIRS = 15
"""Largest number of pairs of judges shown."""

PANEL = ["judge", "rubric"]
"""Columns that identify a panel."""


@styled()
def draw(material: Material) -> list[Drawing]:
    """One figure for each panel: counts of the pairs of scores, and the agreement of all judges and of each pair."""
    pairs = dict(list(material.findings.score_pairs.groupby(PANEL, sort=False)))
    panels = list(material.findings.agreement.groupby(PANEL, sort=False))
    return [
        _of_panel(agreement, pairs[panel], place if len(panels) > 1 else 0)
        for place, (panel, agreement) in enumerate(panels, 1)
    ]


def _of_panel(agreement: pd.DataFrame, pairs: pd.DataFrame, place: int) -> Drawing:
    shown = agreement.head(1 + PAIRS).reset_index(drop=True)
    figure = new_figure(3.1 + 0.36 * len(shown) + 0.6)
    upper, lower = figure.subplots(2, 1, height_ratios=[3.1, 0.36 * len(shown) + 0.3])
    _pair_counts(upper, pairs)
    _measures(lower, shown)
    judge = str(agreement["judge"].iloc[0])
    return Drawing(
        name=f"panel_agreement_{place}" if place else "panel_agreement",
        section=SECTION,
        title="Agreement of the judges" + (f": {cut(judge)}" if place else ""),
        reading=_reading(agreement, pairs),
        alt="Above, a table of how often two judges give each pair of scores to the same answer; below, Krippendorff's "
        "alpha of all judges and the weighted kappa of each pair, with 95 % intervals.",
        data=pd.concat([agreement, pairs.assign(measure="pairs")], ignore_index=True),
        figure=figure,
    )


def _measures(axes: Axes, shown: pd.DataFrame) -> None:
    """Alpha of all judges, then kappa of each pair, from top to bottom."""
    labels = [
        "all judges (alpha)" if row["measure"] == "alpha" else f"{fitted(row['one'], 24)}\n{fitted(row['other'], 24)}"
        for row in rows_of(shown)
    ]
    named_rows(axes, labels)
    least = np.nanmin([*shown["value_lower"].astype(float), *shown["value"].astype(float), 0.0])
    axes.set_xlim(min(0.0, 1.05 * least), 1)
    vertical_grid(axes)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("Ordinal alpha of all judges, weighted kappa of each pair")
    for offset, text in ((column(8, None), "95 % interval"), (column(98, 8), "n"), (column(126, 36), "same coverage")):
        margin_heading(axes, text, offset)
    for place, row in enumerate(rows_of(shown)):
        look = Look("", INK, "D" if row["measure"] == "alpha" else "o")
        ends = row["value_lower"], row["value_upper"]
        mark(axes, row["measure"], (row["value"], place), look, x_interval=ends)
        margin_text(axes, place, f"{number(row['value'], 2, nothing='no value')} {interval(*ends, 2)}", column(8, None))
        margin_text(axes, place, str(row["n"]), column(98, 8))
        margin_text(axes, place, percent(row["same_side"], 0), column(126, 36))


def _pair_counts(axes: Axes, pairs: pd.DataFrame) -> None:
    """Counts of pairs of scores, as a triangle, because the order of the two judges does not matter here."""
    levels = sorted(pairs["higher"].unique())
    at = {level: place for place, level in enumerate(levels)}
    most = max(pairs["pairs"].max(), 1)
    for row in rows_of(pairs):
        count = row["pairs"]
        one, other = at[row["higher"]], at[row["lower"]]
        strength = 0.08 + 0.72 * count / most if count else 0.0
        axes.barh(other, 1, left=one - 0.5, height=1, color=NEUTRAL, alpha=strength, linewidth=0)
        if count:
            weight = "bold" if one == other else None
            axes.text(one, other, f"{count:.0f}", ha="center", va="center", fontsize=SMALL, weight=weight)
    threshold, last = float(pairs["threshold"].iloc[0]), len(levels) - 0.5
    covered = sum(level < threshold for level in levels) - 0.5
    side: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": "--"}
    axes.plot((covered,) * 2, (-0.5, last), **side)
    axes.plot((-0.5, last), (covered,) * 2, **side)
    axes.set(xlim=(-0.5, last), ylim=(-0.5, last), aspect="equal")
    names = [f"{level:g}" for level in levels]
    axes.set_xticks(range(len(levels)), names)
    axes.set_yticks(range(len(levels)), names)
    axes.set(xlabel="Higher of two scores", ylabel="Lower of two scores")
    between = "\n" if is_narrow() else " "
    axes.set_title(f"Pairs of scores for one answer;{between}dashed: threshold of coverage, {threshold:g}")


def _reading(agreement: pd.DataFrame, pairs: pd.DataFrame) -> str:
    alpha = agreement.iloc[0]
    judges = int((1 + np.sqrt(1 + 8 * (len(agreement) - 1))) // 2)
    agreed = (
        f"Krippendorff's ordinal alpha of {plural(judges, 'judge')} is {number(alpha['value'], 2)} "
        f"{interval(alpha['value_lower'], alpha['value_upper'], 2)}".rstrip()
        + f" on {plural(int(alpha['n']), 'answer')}; all agree on whether the diagnosis is covered in "
        f"{percent(alpha['same_side'], 0)} and on the score in {percent(alpha['same'], 0)}"
    )
    given = pairs[pairs["pairs"] > 0]
    if len(given) == 1 and (given["lower"] == given["higher"]).all():
        return f"{agreed}; all scores are the same, so this does not show how well the judges agree."
    wide = finite(alpha["value_lower"]) and alpha["value_lower"] <= 0
    rest = "; agreement beyond chance is not established" if wide else ""
    return f"{agreed}{rest}; answers that name the diagnosis word for word were not judged and are not included."
