"""Physicians in the terminal: times, flags, and how well they agree."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.physicians import agreement, consensus, results
from medsyn_inspect.report.terminal.cells import ASCII, NOTHING, show, table

SHORT = {
    "Final diagnosis": "FDx, %",
    "Differential covers it": "DDx, %",
    "Time: differential": "DDx,\nmin:s",
    "Time: option": "Option,\nmin:s",
    "Time: whole case": "Case,\nmin:s",
    "Flagged as ambiguous": "Flagged",
    "Confidence": "Sure,\n1-5",
    "By chance": "Chance",
}
"""Titles of columns that are shorter in the terminal."""


def physicians_tables(console: Console, physicians: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Print the tables of the report on physicians.

    Args:
        console: Where to print.
        physicians: The frame `physicians`.
        pairs: The frame `physician_pairs`.
    """
    for title, made in (
        ("Physicians, with 95 % intervals; times: median and quartiles", results(physicians)),
        ("Agreement of physicians who answered alone, with 95 % intervals", agreement(pairs)),
    ):
        if not made.rows:
            continue
        left = [column for column in made.columns if not column.numeric]
        right = [SHORT.get(one.title, one.title) for one in made.columns if one.numeric]
        shown = table(title, [one.title for one in left], right)
        for row in made.rows:
            cells = ("\n".join(filter(None, (cell.text.removesuffix(" %"), cell.small))) or NOTHING for cell in row)
            shown.add_row(*(cell.translate(ASCII) for cell in cells))
        show(console, shown)
    for physician in rows_of(physicians):
        if sentence := consensus(physician):
            console.print(sentence)
