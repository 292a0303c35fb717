"""Accuracy and coverage in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.records import Condition
from medsyn_inspect.report.terminal.cells import ASCII, once, table
from medsyn_inspect.wording import MEASURES, estimate_words, scale_words, spoken


def headline_table(console: Console, rows: pd.DataFrame) -> None:
    """Print one line for each reader and condition, each number with its 95 % interval and its n."""
    measures = {name: shown for name, shown in MEASURES.items() if rows[name].notna().any()}
    scale = scale_words(rows["scale"])
    made = table(
        "95 % intervals: Wilson for shares, bootstrap over cases for score and gap",
        ["Reader and condition"],
        [f"{MEASURES[name][0]} {scale}".strip() if name == "score" else MEASURES[name][0] for name in measures],
    )
    made.add_column("Failed")  # not answered, or not scored
    for reader, (_, row) in zip(once(rows["reader"]), rows.iterrows(), strict=True):
        cells = [estimate_words(row[name], shown, shown.unit).lines for name, (_, shown) in measures.items()]
        failed = ", ".join(f"{count} {spoken(name)}" for name, count in row["failures"].items())
        if reader and made.row_count:
            made.add_section()
        named = "\n".join(filter(None, (reader, Condition.of(row).words)))
        made.add_row(named, *(cell.translate(ASCII) for cell in cells), failed or "none")
    console.print(made)
    for case_set in sorted(set(rows["case_set"])):
        console.print(f"Case set: {case_set}")
    judges = sorted({judge for judge in rows["judge"] if judge})
    if judges:
        console.print(f"Judge: {'; '.join(judges)}; exact matches need no judge")
