"""Position bias and belief by stage in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.stats.means import FEWEST
from medsyn_inspect.conditions import QUESTIONS, condition_words
from medsyn_inspect.records import Condition
from medsyn_inspect.report.terminal.cells import estimated, number, p_adjusted, show, table
from medsyn_inspect.wording import BITS, LEVELS, PERCENT, WHOLE, spoken


def orders_table(console: Console, orders: pd.DataFrame, readers: pd.DataFrame) -> None:
    """Print one line for each reader and number of options: the probability at each position."""
    letters = dict(zip(orders["position"], orders["letter"], strict=True))
    made = table(
        "Position bias: mean probability (%) at each position over all cyclic orders of the options, with 95 % "
        f"intervals over cases (from {FEWEST} cases on); without bias it is 1/options",
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
        "Belief by stage, evidence in turns. Settled: the answer no longer changes. Entropy of the posterior, and its\n"
        "movement since the previous stage, in bits; 95 % intervals over the cases that have the stage (entropy and\n"
        f"movement: from {FEWEST} cases on).",
        style="italic",
    )
    for (reader, question, *values), rows in summary.groupby(["reader", "question", *Condition.COLUMNS], sort=False):
        # All of them were asked by turns, as the heading says.
        other = Condition.of(dict(zip(Condition.COLUMNS, values, strict=True))).replace(staging="single")
        made = table(
            f"{reader}, {QUESTIONS[str(question)]}, {condition_words(other)}",
            ["After"],
            ["n", "Right, %", "Settled, %", "Entropy", "Moved"],
        )
        for _, row in rows.iterrows():
            cells = [estimated(row, name, how) for name, how in MEASURES]
            made.add_row(spoken(row["stage"]), str(row["n"]), *cells)
        show(console, made)


def calibration_table(console: Console, calibration: pd.DataFrame) -> None:
    """Print one line for each reader and view: confidence, accuracy and calibration error."""
    made = table(
        "Calibration. ECE: expected calibration error. Excess: ECE less that of a calibrated reader with the same "
        "confidence; its p is the primary test, in parentheses adjusted by Holm's method over all readers and views",
        ["Reader and view"],
        ["n", "Confidence, %", "Right, %", "ECE, %", "Excess", "p (Holm)"],
    )
    for row in calibration.to_dict("records"):
        cells = [
            number(row[name], PERCENT.for_cases(row["n"])) for name in ("confidence", "accuracy", "ece", "ece_excess")
        ]
        signs = p_adjusted(row["ece_p"], row["ece_p_holm"])
        made.add_row(f"{row['reader']}\n{row['view']}", str(row["n"]), *cells, signs)
    show(console, made)
    for (reader, note), rows in calibration[calibration["ece_note"] != ""].groupby(["reader", "ece_note"], sort=False):
        console.print(f"{reader}, {' and '.join(rows['view'])}: {note}.")


MEASURES = (("correct", WHOLE), ("settled", WHOLE), ("entropy", LEVELS), ("movement", BITS))
"""Columns of the frame `stage_summary`, with their number formats."""
