"""Distribution of the judge's scores of differentials (MEDSYN's Figure 10)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.patches import Patch

from medsyn_inspect.report.figures.common import ROUNDING, all_looks, in_order
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.panels import (
    column,
    grid,
    margin_heading,
    margin_text,
    percent_axis,
    reader_rows,
    row_height,
)
from medsyn_inspect.report.figures.style import INK, is_narrow, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import cut, percent, plural, share_digits

SECTION: Section = "accuracy"
POSITION = 2

SHADES = LinearSegmentedColormap.from_list(
    "scores", ("#08456b", "#2f7fb0", "#a9cfe6", "#f0d9a0", "#d9a441", "#8f5a14"), N=256
)
"""From blue, the best score, to brown; adjacent colours differ in lightness."""

DARK = 0.3
"""Text is white on shades with a lower luminance."""


@styled()
def draw(material: Material) -> list[Drawing]:
    """One bar for each reader: the share of each score among the scored answers, and the number of unscored ones.

    One figure for each rubric and way of grading.
    """
    scores = material.findings.scores
    scores = scores[scores["question"] == "ddx"]
    # A reader without judged answers has no rubric; it is shown with the other readers of the same grading.
    rubrics = (
        scores["rubric"]
        .where(scores["rubric"] != "")
        .groupby(scores["grading"])
        .transform(lambda names: names.bfill().ffill())
    )
    graded = [data for _, data in scores.groupby(["grading", rubrics], sort=False) if data["share"].notna().any()]
    return [_graded(material, data, place if len(graded) > 1 else 0) for place, data in enumerate(graded, 1)]


def shade(level: float, levels: Sequence[float]) -> str:
    """The colour of a level, by its position between the lowest and the highest."""
    return to_hex(SHADES((max(levels) - level) / (max(levels) - min(levels) or 1)))


def _graded(material: Material, data: pd.DataFrame, place: int) -> Drawing:
    look = all_looks(material.findings)
    shown = {reader: look[reader] for reader in in_order(data["reader"], material.findings)}
    levels = sorted(data["score"].dropna().unique(), reverse=True)
    made = grid(1, 1, len(shown) * max(row_height([*shown.values()]), 0.27), extra=0.95)
    axes = made.axes[0]
    reader_rows(axes, [*shown.values()])
    percent_axis(axes, "Share of scored answers, %")
    axes.set_xlim(0, 100)
    margin_heading(axes, "n" if is_narrow() else "scored", 8)
    margin_heading(axes, "unscored", column(50, None))
    for row, reader in enumerate(shown):
        of_reader = data[data["reader"] == reader]
        _bar(axes, row, of_reader[of_reader["score"].notna()], levels)
        margin_text(axes, row, str(int(of_reader.loc[of_reader["score"].notna(), "answers"].sum())), 8)
        margin_text(axes, row, str(int(of_reader.loc[of_reader["score"].isna(), "answers"].sum())), column(50, None))
    texts = _legend_texts(data, levels)
    handles = [Patch(facecolor=shade(level, levels), edgecolor=INK, linewidth=0.5) for level in texts]
    made.figure.legend(
        handles, list(texts.values()), loc="outside upper left", ncols=3 if is_narrow() else 6, handlelength=1.2
    )
    rubric = data["grading"].iloc[0] or f"rubric={data['rubric'].max()}"
    return Drawing(
        name=f"score_distribution_{place}" if place else "score_distribution",
        section=SECTION,
        title=f"Scores of the differentials{f' ({rubric})' if place else ''}",
        reading=_reading(data),
        alt=f"Stacked bars, one for each reader: the share of each judge's score from {levels[0]:g} on the left to "
        f"{levels[-1]:g} on the right, with the number of scored and unscored answers.",
        data=data.reset_index(drop=True),
        figure=made.figure,
    )


def _bar(axes: Axes, row: int, data: pd.DataFrame, levels: Sequence[float]) -> None:
    """The scores of one reader, the best one on the left."""
    start = 0.0
    for level, share in zip(data["score"], 100 * data["share"], strict=True):
        if not share:
            continue
        colour = shade(level, levels)
        axes.barh(row, share, left=start, height=0.72, color=colour, edgecolor=INK, linewidth=0.5, label=f"_{level:g}")
        if share >= 7:
            ink = "white" if _luminance(colour) < DARK else "black"
            axes.text(start + share / 2, row, f"{share:.0f}", ha="center", va="center", fontsize=8, color=ink)
        start += share


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _legend_texts(data: pd.DataFrame, levels: Sequence[float]) -> dict[float, str]:
    """Legend texts of the highest and the lowest level, the threshold of coverage, and all levels that were given."""
    given = set(data.loc[data["answers"] > 0, "score"].dropna())
    threshold = float(data["threshold"].max())
    named = {
        levels[0]: f"{levels[0]:g} (the diagnosis)",
        threshold: f"{threshold:g} (covered)",
        levels[-1]: f"{levels[-1]:g}",
    }
    return {level: named.get(level, f"{level:g}") for level in levels if level in named or level in given}


def _reading(data: pd.DataFrame) -> str:
    threshold = float(data["threshold"].max())
    scored = data[data["score"].notna()].groupby("reader", sort=False)["answers"].sum()
    reaching = data[data["score"] >= threshold].groupby("reader", sort=False)["share"].sum()
    share = reaching.reindex(scored[scored > 0].index, fill_value=0.0)
    best, worst = (str(reader) for reader in (share.idxmax(), share.idxmin()))
    unscored = int(data.loc[data["score"].isna(), "answers"].sum())
    rest = (
        f"{plural(unscored, 'answer')} without a score {'is' if unscored == 1 else 'are'} not included"
        if unscored
        else "no answer is without a score"
    )
    tested = "; whether readers differ is tested in the comparison of readers" if len(share) > 1 else ""
    reach = f"reach a score of {threshold:g} or more"
    highest, lowest = (percent(share[one], share_digits(scored[one])) for one in (best, worst))
    if data["reader"].nunique() == 1:
        reached = f"{highest} of {scored[best]} scored differentials of {cut(best)} {reach}"
    else:
        ties = int((share > share[best] - ROUNDING).sum()) - 1
        also = f" and {ties} more" if ties else ""
        reached = (
            f"Between {lowest} ({cut(worst)}, n = {scored[worst]}) and {highest} "
            f"({cut(best)}{also}, n = {scored[best]}) of the differentials {reach}"
        )
    return f"{reached}; {rest}{tested}."
