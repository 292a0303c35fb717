"""Summarise: several readings of one evidence type become one finding. A single reading is used as it is."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.construct.draft import Draft, Reading
from medsyn_inspect.construct.rules.spans import support_problem
from medsyn_inspect.construct.rules.words import words_of
from medsyn_inspect.construct.steps.extract import by_type
from medsyn_inspect.construct.steps.step import Reply, Step

NAME = "summarise"


class SummariseFinding(Reply):
    """The finding of one evidence type."""

    type: EvidenceType
    finding: str = Field(description="One coherent finding, from the readings only, in their language")


class SummariseReply(Reply):
    """The findings of the evidence types with several readings."""

    findings: list[SummariseFinding]


def _several(draft: Draft) -> dict[EvidenceType, list[Reading]]:
    return {kind: readings for kind, readings in by_type(draft.readings).items() if len(readings) > 1}


def _question(draft: Draft) -> dict[str, Any]:
    return {"readings": {kind.value: [one.text for one in readings] for kind, readings in _several(draft).items()}}


def _apply(draft: Draft, reply: SummariseReply) -> Draft:
    findings = dict(draft.findings)
    several = _several(draft)
    for one in reply.findings:
        if one.type not in several:
            draft = draft.catching(NAME, "finding nobody asked for", f"{one.type.value}: {one.finding}")
            continue
        sources = [text for reading in several[one.type] for text in (reading.text, reading.span)]
        if problem := support_problem(one.finding, sources, words_of(draft.report)):
            draft = draft.catching(
                NAME, problem, f"{one.type.value}: {one.finding} (the readings are used as they are)"
            )
        else:
            findings[one.type] = one.finding.strip()
    return draft.but(findings=findings)


SUMMARISE = Step(NAME, SummariseReply, _question, _apply, lambda draft: bool(_several(draft)))
