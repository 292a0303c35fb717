"""Do the judges of a panel agree?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.stats.agreement import LEVELS, coincidences, panel_agreement
from medsyn_inspect.report.figures.common import between, cut, findings_in, known, number
from medsyn_inspect.report.figures.drawing import (
    INK,
    NEUTRAL,
    SMALL,
    Drawn,
    Look,
    beside,
    fitted,
    mark,
    names_down,
    new_figure,
    styled,
    upright,
)
from medsyn_inspect.report.figures.score_distribution import COVERED
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import plural

PAIRS = 15
"""Pairs of judges shown at most."""

QUESTIONS = ("ddx", "open_fdx")


@styled()
def draw(material: Material) -> list[Drawn]:
    """One figure for each panel: how often which scores meet, and the agreement of all and of each two judges."""
    runs = findings_in(material).runs
    if runs.empty:
        return []
    judged = runs[
        runs["panel_scores"].map(lambda given: isinstance(given, (tuple, list, np.ndarray)) and len(given) > 1)
    ]
    judged = judged[judged["question"].isin(QUESTIONS)]
    size = judged["panel_scores"].map(len)
    panels = list(judged.groupby([judged["judge"], size], sort=True))
    return [
        _of_panel(
            str(judge), rows["case_id"].astype(str).to_numpy(), rows["panel_scores"].tolist(), number, len(panels)
        )
        for number, ((judge, _), rows) in enumerate(panels, 1)
    ]


def judge_names(judge: str, count: int) -> list[str]:
    """Their names where they can be told apart in the list, numbered where two have the same."""
    found = judge.split(", ")
    if len(found) != count:
        found = ["judge"] * count
    return [f"{name} #{place}" if found.count(name) > 1 else name for place, name in enumerate(found, 1)]


def _of_panel(judge: str, cases: np.ndarray, given: list[tuple[int, ...]], place: int, panels: int) -> Drawn:
    scores = np.array(given, dtype=int)
    judges = judge_names(judge, scores.shape[1])
    agreement = panel_agreement(scores, cases, COVERED)
    table = coincidences(scores).sum(axis=0) * (len(judges) - 1) / 2
    pairs = agreement[agreement["measure"] == "kappa"].head(PAIRS)
    shown = pd.concat([agreement[agreement["measure"] == "alpha"], pairs], ignore_index=True)
    figure = new_figure(3.1 + 0.36 * len(shown) + 0.6)
    upper, lower = figure.subplots(2, 1, height_ratios=[3.1, 0.36 * len(shown) + 0.3])
    _meetings(upper, table)
    labels = [
        "all judges (alpha)"
        if row["measure"] == "alpha"
        else f"{fitted(judges[row['one']], 24)}\n{fitted(judges[row['other']], 24)}"
        for row in rows_of(shown)
    ]
    names_down(lower, labels)
    least = np.nanmin([*shown["low"], *shown["value"], 0.0])
    lower.set_xlim(min(0.0, 1.05 * least), 1)
    upright(lower)
    lower.axvline(0, color=INK, linewidth=0.8)
    lower.set_xlabel("Ordinal alpha of all, weighted kappa of each two")
    for offset, text in ((8, "95 % interval"), (98, "n"), (126, "cover alike")):
        beside(lower, 0, text, offset, top=True)
    for place_of_row, row in enumerate(rows_of(shown)):
        look = Look("", INK, "D" if row["measure"] == "alpha" else "o")
        mark(lower, row["measure"], row["value"], place_of_row, look, x_interval=(row["low"], row["high"]))
        beside(lower, place_of_row, f"{number(row['value'], 2)} {between(row['low'], row['high'], 2)}", 8)
        beside(lower, place_of_row, str(row["n"]), 98)
        beside(lower, place_of_row, f"{100 * row['same_side']:.0f} %", 126)
    named = agreement.assign(
        constant=scores.min() == scores.max(),
        one=[judges[one] if one >= 0 else "all" for one in agreement["one"]],
        other=[judges[other] if other >= 0 else "all" for other in agreement["other"]],
    )
    return Drawn(
        "panel_agreement" if panels == 1 else f"panel_agreement_{place}",
        "Agreement of the judges" + (f": {cut(judge)}" if panels > 1 else ""),
        _reading(named),
        "Above, a table of how often two judges give which two scores to one answer; below, Krippendorff's "
        "alpha of all "
        "judges and the weighted kappa of each two, with 95 % intervals.",
        _data(named, table),
        figure,
    )


def _meetings(axes: Axes, table: np.ndarray) -> None:
    """Counts of pairs of scores, as a triangle, since the order of two judges means nothing here."""
    whole = table + table.T - np.diag(np.diag(table))
    most = max(whole.max(), 1)
    for one in range(LEVELS):
        for other in range(one + 1):
            count = whole[one, other]
            strength = 0.08 + 0.72 * count / most if count else 0.0
            axes.barh(other, 1, left=one - 0.5, height=1, color=NEUTRAL, alpha=strength, linewidth=0)
            if count:
                axes.text(
                    one,
                    other,
                    f"{count:.0f}",
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    weight="bold" if one == other else None,
                )
    side: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": "--"}
    axes.plot((COVERED - 0.5,) * 2, (-0.5, LEVELS - 0.5), **side)
    axes.plot((-0.5, LEVELS - 0.5), (COVERED - 0.5,) * 2, **side)
    axes.set(
        xlim=(-0.5, LEVELS - 0.5),
        ylim=(-0.5, LEVELS - 0.5),
        aspect="equal",
        xticks=range(LEVELS),
        yticks=range(LEVELS),
        xlabel="Higher of two scores",
        ylabel="Lower of two scores",
    )
    axes.set_title("Pairs of scores for one answer; dashed: covered from 4 on")


def _data(agreement: pd.DataFrame, table: np.ndarray) -> pd.DataFrame:
    """Agreement, then the counts of pairs of scores."""
    whole = table + table.T - np.diag(np.diag(table))
    counts = [
        {"measure": "pairs", "lower": lower, "higher": higher, "value": whole[higher, lower]}
        for higher in range(LEVELS)
        for lower in range(higher + 1)
    ]
    return pd.concat([agreement, pd.DataFrame(counts)], ignore_index=True)


def _reading(agreement: pd.DataFrame) -> str:
    alpha = agreement.iloc[0]
    judges = int((1 + np.sqrt(1 + 8 * (len(agreement) - 1))) // 2)
    told = (
        f"Krippendorff's ordinal alpha of {plural(judges, 'judge')} is {number(alpha['value'], 2)} "
        f"{between(alpha['low'], alpha['high'], 2)}".rstrip()
        + f" on {plural(int(alpha['n']), 'answer')}; all agree whether the diagnosis is covered in "
        f"{100 * alpha['same_side']:.0f} % and on the score in {100 * alpha['same']:.0f} %"
    )
    if alpha["constant"]:
        return f"{told}; as every score is the same, this says nothing about the judges."
    wide = known(alpha["low"]) and alpha["low"] <= 0
    rest = "; agreement beyond chance cannot be claimed" if wide else ""
    return f"{told}{rest}; answers that name the diagnosis word for word were not judged and are not among them."
