"""Readers against readers: the difference of every two on the cases that both answered, with its adjusted p."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Column, Table, Text
from medsyn_inspect.wording import interval, known, p_value, share_digits, signed, span

TITLES = {
    "accuracy": "Final diagnosis",
    "coverage": "Differential covers it",
    "open_coverage": "Final diagnosis, no options",
    "score": "Judge's score of the differential",
    "uptake_ratio": "Uptake ratio R",
}
"""Measures with their titles, in the order of the section."""

IN_POINTS = ("accuracy", "coverage", "open_coverage")

OPEN = ("accuracy", "coverage")
"""Measures whose matrix is not collapsed."""


def reader_matrix(findings: Findings) -> Iterator[Block]:
    """A matrix of paired differences for each measure and each judge."""
    pairs = findings.reader_pairs
    if pairs.empty:
        return
    yield Text(
        "Each number is the reader of the row minus the reader of the column, on the cases that both answered, and "
        f"under it the adjusted p. A background marks an adjusted p below {ALPHA:g}: blue if the reader of the row is "
        "better, brown if it is worse. Readers are in the order of their ranks.",
        quiet=True,
    )
    for measure, title in TITLES.items():
        of_measure = pairs[pairs["measure"] == measure]
        for place, (name, rows) in enumerate(of_measure.groupby("group", sort=False)):
            group = str(name)
            ranks = findings.ranks[(findings.ranks["measure"] == measure) & (findings.ranks["group"] == group)]
            order = list(ranks.sort_values("rank", kind="stable")["reader"])
            more = [*rows["reader"], *rows["other"]]
            readers = list(dict.fromkeys([*order, *more]))
            judged = f", judged by {group}" if of_measure["group"].nunique() > 1 and group else ""
            unit = ", points" if measure in IN_POINTS else ""
            kind = "primary comparison" if rows["primary"].eq(True).any() else "exploratory"
            caption = f"{title}{unit}{judged} ({kind}). {_common(rows)}."
            yield _matrix(f"pairs-{measure}{f'-{place}' if place else ''}", caption, measure, readers, rows)


def _common(rows: pd.DataFrame) -> str:
    return f"{span(rows['n'])} common cases"


def _matrix(name: str, caption: str, measure: str, readers: Sequence[str], rows: pd.DataFrame) -> Table:
    found: dict[tuple[str, str], Cell] = {}
    for row in rows_of(rows):
        found[row["reader"], row["other"]] = _cell(measure, row, 1)
        found[row["other"], row["reader"]] = _cell(measure, row, -1)
    columns = [Column("Reader"), *(Column(str(place), True, small="") for place in range(1, len(readers) + 1))]
    lines = [
        (Cell(f"{place} {reader}"), *(found.get((reader, other), Cell("")) for other in readers))
        for place, reader in enumerate(readers, 1)
    ]
    return Table(name, caption, tuple(columns), tuple(lines), measure not in OPEN, look="matrix")


def _cell(measure: str, row: dict[str, Any], sign: int) -> Cell:
    """The difference, as the one reader sees it or as the other does."""
    factor = 100.0 if measure in IN_POINTS else 1.0
    digits = share_digits(row["n"]) if measure in IN_POINTS else 2
    value, lower, upper = (row[name] for name in ("difference", "difference_lower", "difference_upper"))
    if not known(value):
        return Cell("")
    p = row["p_holm"]
    low, high = (lower, upper) if sign > 0 else (upper, lower)
    hint = ""
    if known(low) and known(high):
        hint = interval(sign * float(low) * factor, sign * float(high) * factor, digits)
    shown = signed(sign * float(value) * factor, digits)
    shade = ""
    if known(p) and float(p) < ALPHA:
        shade = "better" if sign * float(value) > 0 else "worse"
    return Cell(shown, small=_short_p(p) or str(row["note"] or "no test"), shade=shade, hint=hint)


def _short_p(p: Any) -> str:
    """A p in few characters: `.012`, `<.001`, `1`."""
    text = p_value(p)
    return "1" if text == "1.000" else text.replace("0.", ".")
