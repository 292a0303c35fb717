"""The cross-modal gap in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.report.terminal.cells import estimated, number, p_adjusted, table
from medsyn_inspect.wording import BITS, PERCENT, RATIO, spoken

MEASURES = (("nmse", RATIO), ("share_below", PERCENT), ("mean_deficit", BITS))
"""Columns of the frame `types`, with their number formats."""


def types_table(console: Console, types: pd.DataFrame, closed_form: pd.DataFrame | None = None) -> None:
    """Print one line per evidence type for each reader: the difference of Evidence Sensitivity between the views."""
    console.print(
        "Evidence Sensitivity, image against finding; 95 % intervals over cases.\n"
        "NMSE: 0 without a gap, 1 if images are ignored. Below: share of cases with lower S for the image.\n"
        "Deficit: mean of S_finding - S_image, in bits.",
        style="italic",
    )
    truth = None
    if closed_form is not None:
        console.print("Closed form: the exact NMSE of the simulated reader.", style="italic")
        truth = closed_form.set_index(["reader", "evidence_type"])["nmse"]
    for reader, rows in types.groupby("reader", sort=False):
        made = table(
            f"{reader}, from {rows['source'].iloc[0]}",
            ["Evidence"],
            [
                "n",
                "NMSE",
                *(["Closed form"] if truth is not None else []),
                "Below, %",
                "Deficit",
                "Sign test, p (Holm)",
            ],
        )
        for _, row in rows.iterrows():
            cells = [estimated(row, name, how) for name, how in MEASURES]
            if truth is not None:
                cells.insert(1, number(truth.get((reader, row["evidence_type"])), RATIO))
            signs = p_adjusted(row["sign_p"], row["sign_p_holm"])
            made.add_row(spoken(row["evidence_type"]), str(row["n"]), *cells, signs)
        console.print(made)
