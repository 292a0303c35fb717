"""How the judge's scores of differentials are distributed (MEDSYN's Figure 10)."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Patch

from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.report.figures.common import ROUNDING, all_looks, cut, findings_in, in_order, plain_runs
from medsyn_inspect.report.figures.drawing import (
    INK,
    Drawn,
    beside,
    grid,
    percent_across,
    readers_down,
    row_height,
    styled,
)
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import plural

SCORES = (5, 4, 3, 2, 1, 0)
SHADES = {5: "#08456b", 4: "#2f7fb0", 3: "#a9cfe6", 2: "#f0d9a0", 1: "#d9a441", 0: "#8f5a14"}
"""From blue, covered, to brown; lightness differs from neighbour to neighbour."""

DARK = {5, 4, 0}
"""Shades that bear white writing."""

MEANING = {5: "5 (the diagnosis)", 4: "4 (covered)", 0: "0"}
"""Scores that every rubric has. The others stand in the key where they occur: some rubrics have no 1."""

COVERED = load_rubric("bond").threshold
"""The least score of a covered case in the plain condition, which the default rubric judges."""


@styled()
def draw(material: Material) -> Drawn | None:
    """One bar for each reader: the share of each score among the scored answers; beside it how many have none."""
    findings = findings_in(material)
    runs = plain_runs(findings, "ddx")
    readers = in_order(runs["reader"], findings) if len(runs) else []
    data = _data(runs, readers)
    readers = [reader for reader in readers if data.loc[data["reader"] == reader, "answers"].sum()]
    if data[data["score"] != "unscored"]["answers"].sum() == 0:
        return None
    look = all_looks(findings)
    shown = [look[reader] for reader in readers]
    made = grid(1, 1, len(readers) * max(row_height(shown), 0.27), extra=0.95)
    axes = made.axes[0]
    readers_down(axes, shown)
    percent_across(axes, "Share of scored answers, %")
    axes.set_xlim(0, 100)
    beside(axes, 0, "scored", 8, top=True)
    beside(axes, 0, "unscored", 50, top=True)
    for place, reader in enumerate(readers):
        counts = data[data["reader"] == reader].set_index("score")["answers"]
        scored = int(counts.drop("unscored").sum())
        start = 0.0
        for score in SCORES:
            share = 100 * counts[str(score)] / scored if scored else 0.0
            if not share:
                continue
            axes.barh(
                place,
                share,
                left=start,
                height=0.72,
                color=SHADES[score],
                edgecolor=INK,
                linewidth=0.5,
                label=f"_{score}",
            )
            if share >= 7:
                ink = "white" if score in DARK else "black"
                axes.text(start + share / 2, place, f"{share:.0f}", ha="center", va="center", fontsize=8, color=ink)
            start += share
        beside(axes, place, str(scored), 8)
        unscored = int(counts["unscored"])
        beside(axes, place, str(unscored), 50)
    given = set(data.loc[data["answers"] > 0, "score"])
    texts = {score: MEANING.get(score, str(score)) for score in SCORES if score in MEANING or str(score) in given}
    handles = [Patch(facecolor=SHADES[score], edgecolor=INK, linewidth=0.5) for score in texts]
    made.figure.legend(handles, list(texts.values()), loc="outside upper left", ncols=6, handlelength=1.2)
    return Drawn(
        "score_distribution",
        "Scores of the differentials",
        _reading(data, readers),
        "Stacked bars, one for each reader: the share of each judge's score from 5 on the left to 0 on the right, with "
        "the number of scored and unscored answers.",
        data,
        made.figure,
    )


def _data(runs: pd.DataFrame, readers: list[str]) -> pd.DataFrame:
    rows = []
    for reader in readers:
        scores = runs.loc[runs["reader"] == reader, "score"]
        scored = int(scores.notna().sum())
        for score in SCORES:
            count = int((scores == score).sum())
            share = count / scored if scored else float("nan")
            rows.append({"reader": reader, "score": str(score), "answers": count, "share": share})
        rows.append({"reader": reader, "score": "unscored", "answers": int(scores.isna().sum()), "share": float("nan")})
    return pd.DataFrame(rows, columns=["reader", "score", "answers", "share"])


def _reading(data: pd.DataFrame, readers: list[str]) -> str:
    top = data[data["score"].isin([str(score) for score in SCORES if score >= COVERED])]
    share = top.groupby("reader", sort=False)["share"].sum()
    scored = data[data["score"] != "unscored"].groupby("reader", sort=False)["answers"].sum()
    share = share[scored[share.index] > 0]
    best, worst = (str(reader) for reader in (share.idxmax(), share.idxmin()))
    unscored = int(data.loc[data["score"] == "unscored", "answers"].sum())
    rest = (
        f"{plural(unscored, 'answer')} without a score {'is' if unscored == 1 else 'are'} left out"
        if unscored
        else "no answer is without a score"
    )
    if len(readers) == 1:
        said = f"{share[best] * 100:.1f} % of {scored[best]} scored differentials of {cut(best)} reach {COVERED} or 5"
    else:
        ties = int((share > share[best] - ROUNDING).sum()) - 1
        also = f" and {ties} more" if ties else ""
        said = (
            f"Between {share[worst] * 100:.1f} % ({cut(worst)}, n = {scored[worst]}) and {share[best] * 100:.1f} % "
            f"({cut(best)}{also}, n = {scored[best]}) of the differentials reach a score of {COVERED} or 5"
        )
    return f"{said}; {rest}; how far readers differ by more than chance, the intervals of the coverage say."
