"""The cross-modal gap in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.stats.means import FEWEST
from medsyn_inspect.conditions import source_in_words
from medsyn_inspect.report.reasons import not_measurable, without
from medsyn_inspect.report.terminal.cells import estimated, number, p_adjusted, show, table
from medsyn_inspect.wording import BITS, LEVELS, RATIO, WHOLE, spoken

MEASURES = (("share_below", WHOLE), ("mean_deficit", BITS))
"""Published measures with an interval: columns of the frame `types`, with their number formats."""

PARTS = ("nmse_slope", "nmse_scatter", "nmse_influence", "ratio_of_means")

UPTAKE = (
    "\nImages against findings; 95 % intervals over cases. R, the uptake ratio: share of the finding's effect on the "
    "answer that the image has, 1 if both have the same. Q, the strength: how far the image moves the answer, in any "
    "direction, relative to the finding. R/Q, the alignment: 1 if it moves it in the same direction. Matched deficit: "
    "finding minus image in bits, from the same baselines; its p is the primary test, in parentheses adjusted by "
    f"Holm's method over all readers and types; it has an interval from {FEWEST} cases on. Rest: the part of the "
    "published deficit due to different baselines."
)
"""Legend of the table of uptake ratios."""


def uptake_table(console: Console, types: pd.DataFrame) -> None:
    """Print one line per evidence type for each reader: how much of a finding's effect its image has."""
    if types["matched_deficit"].notna().any():
        console.print(UPTAKE, style="italic")
    for reader, rows in types.groupby("reader", sort=False):
        made = table(
            str(reader),
            ["Evidence"],
            ["n", "R", "Q, R/Q", "Matched deficit", "p (Holm)", "Rest"],
        )
        measured = rows[rows["matched_deficit"].notna()]
        for _, row in measured.iterrows():
            made.add_row(
                spoken(row["evidence_type"]),
                str(row["uptake_n"]),
                estimated(row, "uptake_ratio", LEVELS),
                f"{number(row['strength'])}\n{number(row['alignment'])}",
                estimated(row, "matched_deficit", BITS),
                p_adjusted(row["matched_p"], row["matched_p_holm"]),
                number(row["baseline_part"], BITS),
            )
        if made.row_count:
            show(console, made)
        for line in not_measurable(rows):
            console.print(f"{reader}: {line}")


def types_table(console: Console, types: pd.DataFrame, closed_form: pd.DataFrame | None = None) -> None:
    """Print one line per evidence type for each reader: the difference of Evidence Sensitivity between the views."""
    console.print(
        "As published: Evidence Sensitivity S, image against finding; 95 % intervals over cases.\n"
        "NMSE: 0 without a gap, 1 if images are ignored. Image less: share of cases in which the image moves the\n"
        "answer less. Deficit: mean of S of the finding minus S of the image, in bits. p: exact sign test\n"
        "(exploratory), in parentheses adjusted over the types.",
        style="italic",
    )
    truth = None
    if closed_form is not None:
        console.print("Exact: the NMSE of the simulated reader in closed form.", style="italic")
        truth = closed_form.set_index(["reader", "evidence_type"])["nmse"]
    for reader, rows in types.groupby("reader", sort=False):
        made = table(
            f"{reader}, published measures from {source_in_words(rows['source'].iloc[0])}",
            ["Evidence"],
            [
                "n",
                "NMSE",
                *(["Exact"] if truth is not None else []),
                "Image\nless, %",
                "Deficit",
                "p (Holm)",
            ],
        )
        for _, row in rows.iterrows():
            cells = [number(row["nmse"], RATIO), *(estimated(row, name, how) for name, how in MEASURES)]
            if truth is not None:
                cells.insert(1, number(truth.get((reader, row["evidence_type"])), RATIO))
            signs = p_adjusted(row["sign_p"], row["sign_p_holm"])
            made.add_row(spoken(row["evidence_type"]), str(row["n"]), *cells, signs)
        show(console, made)
        for line in without(rows):
            console.print(f"{reader}: {line}")
    _parts_tables(console, types)


def _parts_tables(console: Console, types: pd.DataFrame) -> None:
    """Print the parts of each measurable NMSE and the ratio of means."""
    known = types[types["nmse_slope"].notna()]
    if known.empty:
        return
    console.print(
        "NMSE in parts: (1 - slope)^2 + scatter, with the slope of S of the image on S of the finding: 0 if images are "
        "ignored, 2 if they move answers twice as far, which have the same NMSE. Influence: largest change of the NMSE "
        "when one case is left out. Ratio: sum of S of the images by that of the findings. No intervals: in "
        "simulations none contains the true value often enough.",
        style="italic",
    )
    for reader, rows in known.groupby("reader", sort=False):
        made = table(str(reader), ["Evidence"], ["n", "NMSE", "Slope", "Scatter", "Influence", "Ratio"])
        for _, row in rows.iterrows():
            cells = [number(row[name], RATIO) for name in ("nmse", *PARTS)]
            made.add_row(spoken(row["evidence_type"]), str(row["n"]), *cells)
        show(console, made)
