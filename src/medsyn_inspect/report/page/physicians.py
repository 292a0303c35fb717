"""Physicians: their results, times, flags and agreement, and what they settled in consensus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Column, Table, Text
from medsyn_inspect.report.page.numbers import level, share
from medsyn_inspect.wording import known, listed, number, plural

STEPS = {"differential": "Differential", "option": "Option", "case": "Whole case"}
"""The steps with recorded times, and their titles."""

AGREEMENT = {
    "option": "the same option",
    "right": "the final diagnosis right, or wrong",
    "covered": "the diagnosis listed, or not",
}
"""What two physicians can agree on, by measure of the frame `physician_pairs`."""


def physicians(findings: Findings) -> Iterator[Block]:
    """How physicians answer: the human line next to the models."""
    rows = rows_of(findings.physicians)
    if not rows:
        return
    if any(row["simulated"] for row in rows):
        names = listed([str(row["reader"]) for row in rows if row["simulated"]], 9)
        yield Text(f"Answers of a script, not of people: {names}. They say nothing about physicians.", warns=True)
    yield results(findings.physicians)
    for row in rows:
        if sentence := consensus(row):
            yield Text(sentence)
    if len(findings.physician_pairs):
        yield agreement(findings.physician_pairs)


def results(frame: pd.DataFrame) -> Table:
    """A row for each physician: results, times, flags, confidence.

    Args:
        frame: The frame `physicians`.
    """
    rows = rows_of(frame)
    timed = [step for step in STEPS if frame[f"seconds_{step}"].notna().any()]
    columns = [
        Column("Physician"),
        Column("Cases", True),
        Column("Final diagnosis", True, small="%", term="accuracy"),
        Column("Differential covers it", True, small="%", term="coverage"),
        *(Column(f"Time: {STEPS[step].lower()}", True, small="median [quartiles]") for step in timed),
        Column("Flagged as ambiguous", True, small="cases"),
    ]
    sure = frame["confidence"].notna().any()
    if sure:
        columns.append(Column("Confidence", True, small="1 to 5"))
    lines = []
    for row in rows:
        cells = [
            Cell(str(row["reader"]), small=_who(row)),
            Cell(str(row["cases"])),
            share(row, "accuracy"),
            share(row, "coverage", second=True),
            *(_time(row, f"seconds_{step}") for step in timed),
            Cell(str(row["flagged"])),
        ]
        lines.append((*cells, level(row, "confidence")) if sure else tuple(cells))
    caption = (
        "Results with 95 % intervals. Times are from opening a case to locking the differential, and from there to "
        "locking the option, while the page was visible."
        if timed
        else "Results with 95 % intervals."
    )
    return Table("physicians-results", caption, tuple(columns), tuple(lines))


def agreement(frame: pd.DataFrame) -> Table:
    """A row for each pair of physicians and measure.

    Args:
        frame: The frame `physician_pairs`.
    """
    columns = (
        Column("Physicians"),
        Column("Agree on"),
        Column("Cases", True),
        Column("Same", True, small="%"),
        Column("By chance", True, small="%"),
        Column("Kappa", True),
    )
    lines = [
        (
            Cell(f"{row['reader']} and {row['other']}", small=_view(row)),
            Cell(AGREEMENT[row["measure"]]),
            Cell(str(row["n"])),
            share(row, "same"),
            Cell(f"{number(100 * row['chance'], 0)} %"),
            kappa(row),
        )
        for row in rows_of(frame)
    ]
    caption = (
        "Agreement of physicians who answered alone, on the cases of both, with 95 % intervals. Kappa is the agreement "
        "beyond chance: 0 by chance, 1 if they always agree."
    )
    return Table("physicians-agreement", caption, columns, tuple(lines))


def consensus(row: Mapping[str, Any]) -> str:
    """What a consensus settled, as a sentence; empty if the members' own answers are not known.

    Args:
        row: Of the frame `physicians`.
    """
    if not known(row["compared"]):
        return ""
    disagreed, right = int(row["disagreed"]), int(row["disagreed_right"])
    members = " and ".join(str(row["consensus_of"]).split(", "))
    settled = f"; together they chose the correct one in {right} of these" if disagreed else ""
    return (
        f"{row['reader']} is the consensus of {members}, who had chosen different options alone in {disagreed} of "
        f"{plural(int(row['compared']), 'case')}{settled}."
    )


def kappa(row: Mapping[str, Any]) -> Cell:
    """Agreement beyond chance with two decimals, or why there is none."""
    if not known(row["kappa"]):
        return Cell("none", small="the same everywhere")
    ends = [number(row[f"kappa_{end}"], 2) for end in ("lower", "upper")]
    small = f"[{', '.join(ends)}]" if all(ends) else "no interval"
    return Cell(number(row["kappa"], 2), small=small, sort=float(row["kappa"]))


def clock(seconds: Any) -> str:
    """A time as minutes and seconds: `2:05`."""
    whole = round(float(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _time(row: Mapping[str, Any], name: str) -> Cell:
    """A median with its quartiles and, if some times are missing, their number."""
    if not known(row[name]):
        return Cell("")
    small = f"[{clock(row[f'{name}_q1'])}-{clock(row[f'{name}_q3'])}]"
    if row[f"{name}_n"] < row["cases"]:
        small += f" n {int(row[f'{name}_n'])}"
    return Cell(clock(row[name]), small=small, sort=float(row[name]))


def _who(row: Mapping[str, Any]) -> str:
    together = "consensus" if isinstance(row["consensus_of"], str) else ""
    return ", ".join(filter(None, [together, _view(row)]))


def _view(row: Mapping[str, Any]) -> str:
    return "shown findings" if row["view"] == "finding" else ""
