"""Outcomes of all answers, and the figures on specialties, languages and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.conditions import QUESTIONS
from medsyn_inspect.records import SCORED, Outcome
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.ablations import headline, varies
from medsyn_inspect.report.page.blocks import Block, Cell, Picture, Table, table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.wording import REMEDY, known, percent, share_digits, spoken


def accuracy(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """Figures on how often readers are right, the outcomes, and the numbers of runs in the plain condition only.

    Args:
        findings: The results of the analysis.
        pictures: All figures of the report.
        listing: The cases behind each number.
    """
    yield from (picture for picture in pictures if picture.section == "accuracy")
    made = outcomes(findings, listing)
    if made.rows:
        yield made
    if len(findings.headline) and not varies(findings):
        yield headline(findings.headline, listing, list(findings.readers["reader"]))


def outcomes(findings: Findings, listing: CaseListing) -> Table:
    """Counts of the outcomes, and the share of scored answers that nobody could read."""
    questions = [name for name in ("ddx", "fdx", "open_fdx") if f"{name}_right" in findings.readers]
    lines: list[list[Cell | str]] = []
    for row in rows_of(findings.readers):
        for question in questions:
            counts = [row[f"{question}_{outcome}"] for outcome in Outcome]
            if not any(known(count) for count in counts):
                continue
            behind = listing.of_reader(question, row["reader"])
            cells = [
                Cell(
                    str(int(count)) if known(count) else "",
                    f"{behind}/{outcome.replace('_', '+')}" if behind and count else "",
                )
                for count, outcome in zip(counts, Outcome, strict=True)
            ]
            scored = sum(count for count, outcome in zip(counts, Outcome, strict=True) if outcome in SCORED)
            unread = percent(row[f"{question}_unread"] / scored, share_digits(scored)) if scored else ""
            lines.append([str(row["reader"]), QUESTIONS[question], *cells, unread])
    columns = {"Reader": False, "Question": False, **{spoken(outcome).capitalize(): True for outcome in Outcome}}
    caption = (
        "Outcomes in the plain condition; only right and wrong answers are scored. Unread: share of the scored answers "
        f"that nobody could read; they count as wrong. {REMEDY}."
    )
    return table("outcomes", caption, columns | {"Unread": True}, lines)
