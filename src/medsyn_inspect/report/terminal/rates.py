"""Accuracy and coverage in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.conditions import QUESTIONS, condition_words
from medsyn_inspect.records import Condition
from medsyn_inspect.report.terminal.cells import ASCII, estimated, number, once, show, table
from medsyn_inspect.wording import LEVELS, MEASURES, PERCENT, estimate_words, scale_words, spoken


def headline_table(console: Console, rows: pd.DataFrame) -> None:
    """Print one line for each reader and condition, each number with its 95 % interval and its n."""
    # The gap has a table of its own.
    measures = {name: shown for name, shown in MEASURES.items() if name != "ddx_fdx_gap" and rows[name].notna().any()}
    scale = scale_words(rows["scale"])
    judges = sorted({judge for judge in rows["judge"] if judge})
    made = table(
        "Every condition; 95 % intervals: Wilson for shares, Student for the score (from 24 cases)",
        ["Reader and condition"],
        [f"{MEASURES[name][0]} {scale}".strip() if name == "score" else MEASURES[name][0] for name in measures],
    )
    for reader, (_, row) in zip(once(rows["reader"]), rows.iterrows(), strict=True):
        cells = [estimate_words(row[name], shown, shown.unit).lines for name, (_, shown) in measures.items()]
        failed = ", ".join(f"{count} {spoken(name)}" for name, count in row["failures"].items())
        if reader and made.row_count:
            made.add_section()
        by = f"judged by {row['judge']}" if len(judges) > 1 and row["judge"] else ""
        without = f"without a score or diagnosis: {failed}" if failed else ""
        named = "\n".join(filter(None, (reader, condition_words(Condition.of(row)), by, without)))
        made.add_row(named, *(cell.translate(ASCII) for cell in cells))
    show(console, made)
    for case_set in sorted(set(rows["case_set"])):
        console.print(f"Case set: {case_set}")
    if judges:
        console.print(f"Judge: {'; '.join(judges)}; exact matches need no judge")


def ratings_table(console: Console, ratings: pd.DataFrame) -> None:
    """Print ratings by others next to the judge's scores of the same answers, and their agreement."""
    made = table(
        "Ratings by others next to the judge's scores, on the answers that have both; kappa with quadratic weights",
        ["Reader and condition", "Ratings", "Judge"],
        ["n", "Rating", "Score", "Covered by rating, %", "by score, %", "Kappa", "Same side, %"],
    )
    for reader, (_, row) in zip(once(ratings["reader"]), ratings.iterrows(), strict=True):
        made.add_row(
            "\n".join(filter(None, (reader, f"{QUESTIONS[row['question']]}, {condition_words(Condition.of(row))}"))),
            row["rater"],
            row["judge"] or "none needed",
            str(row["n"]),
            number(row["rating"]),
            number(row["score"]),
            number(row["rating_covers"], PERCENT.for_cases(row["n"])),
            number(row["score_covers"], PERCENT.for_cases(row["n"])),
            estimated(row, "kappa", LEVELS),
            number(row["same_side"], PERCENT.for_cases(row["n"])),
        )
    show(console, made)
