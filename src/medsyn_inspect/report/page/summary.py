"""The first part of the report: warnings that change how it is read, the answer, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.records import Outcome
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.page.blocks import Block, Sentences, Text
from medsyn_inspect.report.page.trust import all_failed, trust
from medsyn_inspect.wording import listed, plural

QUESTIONS = {
    "fdx": "the final diagnosis",
    "ddx": "the differential",
    "open_fdx": "the final diagnosis without options",
    "image": "evidence as images",
    "finding": "evidence as findings",
}


def summary(material: Material, answer: list[tuple[str, str]]) -> Iterator[Block]:
    """The answer, and how far it can be trusted.

    Args:
        material: The data of the report.
        answer: Claim and rest of each sentence.
    """
    for warning in warnings(material.findings):
        yield Text(warning, warns=True)
    if answer:
        yield Sentences(tuple(answer))
    yield trust(material)


def warnings(findings: Findings) -> Iterator[str]:
    """What changes how all results are read: readers without any answer, and a judge that failed."""
    failed: dict[str, list[tuple[str, int]]] = {}
    for reader, question, calls in all_failed(findings.readers):
        failed.setdefault(reader, []).append((QUESTIONS[question], calls))
    for reader, where in failed.items():
        calls = sum(count for _, count in where)
        yield (
            f"All {plural(calls, 'call')} of {reader} failed for {listed([name for name, _ in where], 5)}: the report "
            "says nothing about how well it answers. `inspect eval-retry` repeats the calls."
        )
    for question in ("ddx", "open_fdx"):
        column = f"{question}_{Outcome.JUDGE_FAILED}"
        rows = findings.readers[findings.readers[column].fillna(0) > 0]
        if len(rows):
            count = int(rows[column].sum())
            scored = rows[[f"{question}_{Outcome.RIGHT}", f"{question}_{Outcome.WRONG}"]].fillna(0).to_numpy().any()
            others = (
                "The other answers are not representative, so these" if scored else "No answer has a score, so these"
            )
            yield (
                f"The judge failed on {plural(count, 'answer')} for {QUESTIONS[question]} "
                f"({listed(list(map(str, rows['reader'])), 5)}). {others} "
                "readers have bounds instead of a share, and no rank. `inspect score` judges the log again."
            )
