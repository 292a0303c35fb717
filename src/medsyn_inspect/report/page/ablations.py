"""Ablations: what changes when something is left out or shown otherwise, on the same cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.conditions import QUESTIONS, change_words, condition_words
from medsyn_inspect.records import PLAIN, Condition
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Picture, Table, table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.evidence import in_order
from medsyn_inspect.report.page.numbers import difference
from medsyn_inspect.wording import MEASURES, estimate_words, number, p_adjusted, scale_words

BEHIND = {"coverage": "ddx", "accuracy": "fdx", "score": "ddx", "open_coverage": "open_fdx"}
"""The question whose answers each estimate of `headline` is computed from; the gap is computed from two."""


def ablations(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """Figures, paired differences, and, if there are several conditions, every condition with its own numbers.

    Args:
        findings: The results of the analysis.
        pictures: All figures of the report.
        listing: The cases behind each number.
    """
    yield from (picture for picture in pictures if picture.section == "ablations")
    if len(findings.comparisons):
        yield comparisons(findings, listing)
    if varies(findings):
        yield headline(findings.headline, listing, list(findings.readers["reader"]))


def varies(findings: Findings) -> bool:
    """Whether the questions were run in other conditions than the plain one."""
    return any(Condition.of(row) != PLAIN for row in rows_of(findings.headline))


def comparisons(findings: Findings, listing: CaseListing) -> Table:
    """The difference of each condition from the plain one."""
    lines: list[list[Cell | str]] = []
    for row in rows_of(in_order(findings.comparisons, findings)):
        n = f"{row['n']}" + (f" ({row['missing']} missing)" if row["missing"] else "")
        made = difference(row, "difference", row["n"])
        lines.append(
            [
                str(row["reader"]),
                QUESTIONS[row["question"]],
                Cell(change_words(row), small="primary" if row["primary"] is True else ""),
                Cell(made.text, small=made.small, sort=made.sort),
                p_adjusted(row["mcnemar_p"], row["mcnemar_p_holm"]),
                n,
                Cell(f"{row['only_baseline']} / {row['only_condition']}", listing.of_pair(row)),
                number(row["minimum_detectable_effect"] * 100, 0),
            ]
        )
    columns = {
        "Reader": False, "Question": False, "Changed": False, "Difference, points": True, "McNemar p (Holm)": True,
        "Cases": True, "Right only before / only after": True, "Detectable difference, points": True,
    }  # fmt: skip
    return table(
        "comparisons",
        "What each change does, on the same cases, with Newcombe's interval. The adjustment is Holm's for discrete "
        "tests, over all comparisons of a reader and question. The last column is the smallest difference that would "
        "be found with 80 % power (level: 5 % divided by the number of comparisons); empty where none would. "
        "Exploratory, except what is marked as primary.",
        columns,
        lines,
    )


def headline(rows: pd.DataFrame, listing: CaseListing, readers: Sequence[str] = ()) -> Table:
    """One row for each reader and condition.

    Args:
        rows: The frame `headline`.
        listing: The cases behind each number.
        readers: Names in the order of the table, with a suffix in brackets where a reader has only some cases.
    """
    measures = [name for name in MEASURES if rows[name].notna().any()]
    scale = scale_words(rows["scale"])
    columns = {"Reader": False, "Condition": False} | {heading(name, scale): True for name in measures}
    lines: list[list[Cell | str]] = []
    order = list(dict.fromkeys([*(name.partition(" [")[0] for name in readers), *rows["reader"]]))
    listed_rows = rows_of(rows)
    # The plain condition first, and the others in one order for all readers.
    conditions = list(dict.fromkeys([PLAIN, *map(Condition.of, listed_rows)]))
    for row in sorted(listed_rows, key=lambda row: (order.index(row["reader"]), conditions.index(Condition.of(row)))):
        cells: list[Cell | str] = [str(row["reader"]), condition_words(Condition.of(row))]
        for name in measures:
            behind = listing.of_gap(row) if name == "ddx_fdx_gap" else listing.of_run(BEHIND[name], row)
            cells.append(Cell(estimate_words(row[name], MEASURES[name][1]).lines, behind))
        lines.append(cells)
    caption = (
        "Every reader and condition with its own numbers: 95 % intervals (Wilson for shares, Newcombe for the gap, "
        "Student for scores of 24 cases or more) and numbers of cases. Where cases have no score, the bounds assume "
        "that all of them are wrong, or all right."
    )
    return table("headline", caption, columns, lines, folded=True)


def heading(name: str, scale: str) -> str:
    """The name of an estimate and its unit: `DDx coverage, %`, `DDx score, 0-5`."""
    title, shown = MEASURES[name]
    return ", ".join(filter(None, (title, scale if name == "score" else shown.unit)))
