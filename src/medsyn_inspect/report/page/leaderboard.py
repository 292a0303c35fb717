"""The leaderboard: one row for each reader, the first measure with its rank first, and what conditions change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.conditions import QUESTIONS
from medsyn_inspect.providers import is_person, is_physician
from medsyn_inspect.providers.facts import ModelName
from medsyn_inspect.records import SCORED, Outcome
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Bar, Block, Cell, Column, Table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.numbers import difference, level, share
from medsyn_inspect.wording import known, number, scale_words, span, spoken

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """A column of the leaderboard."""

    name: str
    """Column of the frame `readers`."""
    title: str
    question: str = ""
    """The question whose answers it is computed from; empty if it has no counts of outcomes."""
    unit: str = "% of"
    """Precedes the number of cases in the head."""
    term: str = ""
    """Key of the definition; by default the name."""


MEASURES = (
    Measure("accuracy", "Final diagnosis", "fdx"),
    Measure("coverage", "Differential covers it", "ddx"),
    Measure("open_coverage", "Final diagnosis, no options", "open_fdx"),
    Measure("ddx_fdx_gap", "Listed but not chosen", unit="points,"),
    Measure("score", "Judge's score", "ddx", unit="{scale},"),
)
"""Measures of runs, in order; the first one that the findings have is the one by which readers are ranked."""

ARMS = (
    Measure("accuracy_image", "Final diagnosis from images", "image", term="accuracy"),
    Measure("accuracy_finding", "Final diagnosis from findings", "finding", term="accuracy"),
)
"""Measures of `sensitivity`, shown if no question of its own was run."""

CONDITIONS = {
    "view=finding": "Findings instead of images",
    "text=remove": "Without text",
    "text=random": "Random words as text",
    "staging=turns": "In turns",
}
"""Conditions that have a column of differences; other comparisons are in the section on ablations."""


def leaderboard(findings: Findings, listing: CaseListing, chance: float | None = None) -> Iterator[Block]:
    """One row for each reader.

    Args:
        findings: The results of the analysis.
        listing: The cases behind each number.
        chance: How often a guess among the options is right.
    """
    readers = own_rows(findings.readers)
    measures = shown_measures(readers)
    if not measures:
        return
    first = measures[0]
    rows = rows_of(in_rank_order(readers, first.name))
    columns, cells = [Column("Reader", term="reader")], [[_named(row) for row in rows]]
    for place, measure in enumerate(measures):
        columns.append(_head(measure, readers, findings))
        cells.append([_cell(measure, row, findings, listing, chance, second=place > 0) for row in rows])
        if place == 0:
            for column, made in _ranks(findings, first.name, rows):
                columns.append(column)
                cells.append(made)
    extra = [*_conditions(findings.comparisons, rows, listing)]
    columns += [column for column, _ in extra]
    cells += [made for _, made in extra]
    lines = tuple(tuple(column[place] for column in cells) for place in range(len(rows)))
    switch = "Show what other conditions change, in points" if extra else ""
    yield Table(
        "leaderboard", caption(findings, first, chance), tuple(columns), lines, look="leaderboard", switch=switch
    )


def shown_measures(readers: pd.DataFrame) -> list[Measure]:
    """The measures for which there are answers, even if none of them was scored."""
    asked = [one for one in MEASURES if _asked(readers, one)]
    return asked or [one for one in ARMS if _asked(readers, one)]


def in_rank_order(readers: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The readers, best first; those without a value last."""
    values = pd.to_numeric(readers[measure])
    return readers.assign(value=values).sort_values("value", ascending=False, kind="stable", na_position="last")


def caption(findings: Findings, first: Measure, chance: float | None) -> str:
    """What the table shows."""
    parts = ["95 % intervals in brackets."]
    if chance and first.name.startswith("accuracy"):
        parts.append(f"Guessing: {number(100 * chance, 0)} %, the line in the bars.")
    if any(is_physician(str(model)) for model in findings.readers["model"]):
        parts.append("Physicians are not ranked among models.")
    if (findings.ranks["measure"] == first.name).any():
        parts.append("Readers that share a letter do not differ significantly.")
    if len(own_rows(findings.readers)) < len(findings.readers):
        parts.append("Runs with a refined prompt are conditions of their reader: see From gap to fix.")
    return " ".join(parts)


def _asked(readers: pd.DataFrame, measure: Measure) -> bool:
    """Whether a measure has a value, or a question has answers."""
    if readers[measure.name].notna().any():
        return True
    return bool(
        measure.name in ("accuracy", "coverage", "open_coverage", "accuracy_image", "accuracy_finding")
    ) and any(
        readers[f"{measure.question}_{outcome}"].fillna(0).gt(0).any()
        for outcome in Outcome
        if f"{measure.question}_{outcome}" in readers
    )


def _named(row: Row) -> Cell:
    """A reader's name, with its provider unless the name says it."""
    name, model = str(row["reader"]), str(row["model"])
    if is_physician(model):
        return Cell(name, small="physician" if is_person(model) else "a script, not a person")
    provider = ModelName.of(model).provider
    return Cell(name, small="" if provider in name else provider)


def _head(measure: Measure, readers: pd.DataFrame, findings: Findings) -> Column:
    counts = readers.loc[readers[measure.name].notna(), f"{measure.name}_n"]
    asked = [number for row in rows_of(readers) if (number := _counts(row, measure.question)[1])]
    n = span(counts if len(counts) else asked)
    scale = scale_words(findings.headline["scale"]) or "levels"
    unit = measure.unit.format(scale=scale)
    return Column(measure.title, True, small=f"{unit} {n} cases", term=measure.term or measure.name)


def _cell(
    measure: Measure, row: Row, findings: Findings, listing: CaseListing, chance: float | None, *, second: bool
) -> Cell:
    """The estimate of a reader, or why there is none; its n if that is not the n of all readers."""
    value = row[measure.name]
    if not known(value):
        return _without_value(measure, row, listing)
    if measure.name == "score":
        made = level(row, measure.name)
    elif measure.name == "ddx_fdx_gap":
        made = difference(row, measure.name)
    else:
        reference = chance if measure.name.startswith("accuracy") else None
        made = share(row, measure.name, reference=reference, second=second)
    n = row[f"{measure.name}_n"]
    small = made.small
    readers = own_rows(findings.readers)
    if readers.loc[readers[measure.name].notna(), f"{measure.name}_n"].nunique() > 1:
        small = f"{small} n {int(n)}".strip()
    return Cell(made.text, _behind(measure, row, listing), small=small, sort=made.sort, bar=made.bar)


def _behind(measure: Measure, row: Row, listing: CaseListing) -> str:
    return listing.of_reader(measure.question, str(row["reader"])) if measure.question in QUESTIONS else ""


def _without_value(measure: Measure, row: Row, listing: CaseListing) -> Cell:
    """Why a reader has no estimate: which answers are missing, and the bounds if all of them were wrong, or right."""
    counts, asked = _counts(row, measure.question)
    if not asked:
        return Cell("")
    if counts[Outcome.CALL_FAILED] == asked:
        return Cell("no answer", _behind(measure, row, listing), small=f"all {asked} calls failed")
    failed = [f"{spoken(one)} on {counts[one]} of {asked}" for one in Outcome if one not in SCORED and counts[one]]
    if measure.name == "score":
        return Cell("no estimate", small=", ".join(failed))
    lower, upper = counts[Outcome.RIGHT] / asked, 1 - counts[Outcome.WRONG] / asked
    bounds = f"between {number(100 * lower, 0)} and {number(100 * upper, 0)} %"
    return Cell(bounds, _behind(measure, row, listing), small=", ".join(failed), bar=Bar(-1, lower, upper))


def _counts(row: Row, question: str) -> tuple[dict[Outcome, int], int]:
    """The number of answers of a reader by outcome, and of all of them."""
    found = {outcome: row.get(f"{question}_{outcome}") for outcome in Outcome}
    counts = {outcome: int(count) if known(count) else 0 for outcome, count in found.items()}
    return counts, sum(counts.values())


def _ranks(findings: Findings, measure: str, rows: Sequence[Row]) -> Iterator[tuple[Column, list[Cell]]]:
    """The rank of each reader with its uncertainty, and the letters of ties, if readers were compared."""
    ranks = findings.ranks[findings.ranks["measure"] == measure]
    if ranks.empty:
        return
    by_reader = {str(row["reader"]): row for row in rows_of(ranks)}

    def rank(row: Row) -> Cell:
        if (found := by_reader.get(str(row["reader"]))) is None:
            return Cell("" if is_physician(str(row["model"])) else "not ranked")
        lower, upper = int(found["rank_lower"]), int(found["rank_upper"])
        small = f"[{lower}-{upper}]" if lower != upper else ""
        return Cell(str(int(found["rank"])), small=small, sort=-float(found["rank"]))

    def letters(row: Row) -> Cell:
        found = by_reader.get(str(row["reader"]))
        return Cell(str(found["letters"]) if found is not None else "")

    if ranks["group"].nunique() == 1:
        yield Column("Rank", True, term="rank"), list(map(rank, rows))
        yield Column("Tied", term="tied"), list(map(letters, rows))


def _conditions(
    comparisons: pd.DataFrame, rows: Sequence[Row], listing: CaseListing
) -> Iterator[tuple[Column, list[Cell]]]:
    """A column of differences from the plain condition for each other condition and question."""
    plain = comparisons[comparisons["condition"].isin(list(CONDITIONS)) & (comparisons["view"] != "finding")]
    for condition, title in CONDITIONS.items():
        for question, words in QUESTIONS.items():
            found = plain[(plain["condition"] == condition) & (plain["question"] == question)]
            if found.empty:
                continue
            by_reader = {str(row["reader"]): row for row in rows_of(found)}
            column = Column(title, True, small=f"{words}, {span(found['n'])} cases", extra=True)
            yield column, [_change(by_reader.get(str(row["reader"])), listing) for row in rows]


def _change(row: Row | None, listing: CaseListing) -> Cell:
    if row is None:
        return Cell("")
    made = difference(row, "difference", row["n"])
    return Cell(made.text, listing.of_pair(row), small=made.small, sort=made.sort)
