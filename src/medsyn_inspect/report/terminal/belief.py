"""Position bias and belief by stage in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.records import Condition
from medsyn_inspect.report.terminal.cells import estimated, show, table
from medsyn_inspect.wording import BITS, LEVELS, WHOLE, spoken


def orders_table(console: Console, orders: pd.DataFrame, readers: pd.DataFrame) -> None:
    """Print one line for each reader and number of options: the probability at each position."""
    letters = dict(zip(orders["position"], orders["letter"], strict=True))
    made = table(
        "Position bias: mean probability (%) at each position over all cyclic orders of the options, with 95 % "
        "intervals over cases; without bias it is 1/options",
        ["Reader"],
        ["Cases", *(letters[position] for position in sorted(letters))],
    )
    effects = table(
        "Effect of the order. Moved: divergence of the fixed order from the mean over orders, in bits. Other answer: "
        "share of cases whose answer depends on the order",
        ["Reader"],
        ["Moved", "Other answer, %"],
    )
    for (reader, _), rows in orders.groupby(["reader", "options"], sort=False):
        by_position = {row["position"]: row for _, row in rows.iterrows()}
        cells = [
            estimated(row, "probability", WHOLE) if (row := by_position.get(position)) is not None else ""
            for position in sorted(letters)
        ]
        effect = readers[readers["reader"] == reader].iloc[0]
        made.add_row(str(reader), str(rows["n"].iloc[0]), *cells)
        moved = estimated(effect, "order_divergence", BITS), estimated(effect, "order_changes", WHOLE)
        effects.add_row(str(reader), *moved)
    show(console, made)
    show(console, effects)


def stages_table(console: Console, summary: pd.DataFrame) -> None:
    """Print one line per stage for each reader and question: right answers, settled answers and entropy."""
    console.print(
        "Belief by stage (staging=turns). Settled: the answer no longer changes. Entropy of the posterior, and its\n"
        "movement since the previous stage, in bits; 95 % intervals over the cases that have the stage.",
        style="italic",
    )
    for (reader, question, *values), rows in summary.groupby(["reader", "question", *Condition.COLUMNS], sort=False):
        # All of them were asked by turns, as the heading says.
        shown = Condition.of(dict(zip(Condition.COLUMNS, values, strict=True))).replace(staging="single").words
        made = table(f"{reader}, {question}, {shown}", ["After"], ["n", "Right, %", "Settled, %", "Entropy", "Moved"])
        for _, row in rows.iterrows():
            cells = [estimated(row, name, how) for name, how in MEASURES]
            made.add_row(spoken(row["stage"]), str(row["n"]), *cells)
        show(console, made)


MEASURES = (("correct", WHOLE), ("settled", WHOLE), ("entropy", LEVELS), ("movement", BITS))
"""Columns of the frame `stage_summary`, with their number formats."""
