"""Confidence, the judge, remarks, and the cases: sections that are mostly figures or text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.providers import is_simulated
from medsyn_inspect.report.page.blocks import Block, CaseLists, Commands, Entries, Picture, Text
from medsyn_inspect.report.page.viewing import Viewing


def confidence(pictures: Sequence[Picture]) -> Iterator[Block]:
    """What a reader believes after each stage, and whether it is right as often as it is confident."""
    yield from (picture for picture in pictures if picture.section == "belief")


def judging(findings: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    """The judges, and how well they agree."""
    judges = sorted({judge for judge in findings.runs["judge"].dropna().unique() if judge})
    if judges:
        what = {"ddx": "Differentials", "open_fdx": "open final diagnoses"}
        judged = " and ".join(words for name, words in what.items() if name in set(findings.runs["question"].unique()))
        yield Text(
            f"{judged[:1].upper()}{judged[1:]} were judged by {'; '.join(judges)}. "
            "A word-for-word match needs no judge."
        )
    yield from (picture for picture in pictures if picture.section == "judging")


def construction(pictures: Sequence[Picture]) -> Iterator[Block]:
    """How many case reports became cases, for sets that were built from reports."""
    yield from (picture for picture in pictures if picture.section == "construction")


def remarks(findings: Findings, common: str = "") -> Iterator[Block]:
    """What was excluded, and the limitations of the results.

    Args:
        findings: The results of the analysis.
        common: Arguments that all simulated readers share; their names in the report leave these out.
    """
    notes = list(findings.notes)
    # The case set has a remark of its own.
    if shared := ", ".join(one for one in common.split(", ") if one and not one.startswith("cases=")):
        notes.append(f"All simulated readers: {shared}.")
    named = any("_gain=" in text for text in (shared, *map(str, findings.logs["reader"])))
    if named and any(map(is_simulated, findings.logs["model"])):
        notes.append(
            "image_gain, finding_gain and text_gain are the weights that a simulated reader gives to visual evidence "
            "shown as images, to visual evidence shown as findings, and to the text of a case; 0 means that it ignores "
            "them."
        )
    for name, fingerprint in sorted(set(zip(findings.logs["case_set"], findings.logs["fingerprint"], strict=True))):
        notes.append(f"Case set: {name}, fingerprint {fingerprint}.")
    yield Entries(tuple(notes))


def cases(viewer: Viewing, grids: int) -> Iterator[Block]:
    """The case explorer.

    Args:
        viewer: How to look at the logs.
        grids: The number of grids of cases and readers.
    """
    if not grids:
        return
    yield Text(
        "Choose a task and a condition. Each row is a case and each column a reader; a click on a cell, or Enter, "
        "opens what the readers answered. An underlined number in a table shows the cases that it is computed from."
    )
    yield CaseLists()
    yield Commands(viewer.purpose, viewer.commands)
