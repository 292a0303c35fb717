"""Extract: the expert's reading of each evidence type, each with the words of the report that support it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.construct.draft import Draft, Reading
from medsyn_inspect.construct.rules.naming import joined
from medsyn_inspect.construct.rules.spans import span_problem, support_problem
from medsyn_inspect.construct.rules.words import words_of
from medsyn_inspect.construct.steps.step import Reply, Step, report_texts, whole_report

NAME = "extract"


class ExtractReading(Reply):
    """One expert's reading."""

    type: EvidenceType = Field(description="The evidence type that it reads")
    reading: str = Field(description="What the evidence shows, in the language of the report")
    span: str = Field(description="The words of the report that state it, copied word for word")


class ExtractReply(Reply):
    """The readings in a report."""

    readings: list[ExtractReading]


def _question(draft: Draft) -> dict[str, Any]:
    types = list(dict.fromkeys(one.type.value for one in draft.sorted_panels))
    return {**whole_report(draft), "evidence_types": types}


def _apply(draft: Draft, reply: ExtractReply) -> Draft:
    texts = report_texts(draft)
    shown = {one.type for one in draft.sorted_panels}
    kept = []
    for one in reply.readings:
        problem = "no image of this evidence type" if one.type not in shown else span_problem(one.span, texts)
        if problem := problem or support_problem(one.reading, [one.span], words_of(draft.report)):
            draft = draft.catching(NAME, problem, f"{one.type.value}: {one.reading} [span: {one.span}]")
        else:
            kept.append(Reading(type=one.type, text=one.reading.strip(), span=one.span))
    without = [kind for kind in dict.fromkeys(one.type for one in draft.sorted_panels) if kind not in by_type(kept)]
    draft = draft.catching(NAME, "evidence without a supported finding", *(kind.value for kind in without))
    draft = draft.but(
        readings=tuple(kept),
        findings={kind: joined([one.text for one in found]) for kind, found in by_type(kept).items()},
        sorted_panels=tuple(one for one in draft.sorted_panels if one.type not in without),
    )
    return draft if kept else draft.drop(NAME, "no finding with a span of the report")


def by_type(readings: Iterable[Reading]) -> dict[EvidenceType, list[Reading]]:
    """Readings by their evidence type."""
    found: dict[EvidenceType, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.type, []).append(reading)
    return found


EXTRACT = Step(NAME, ExtractReply, _question, _apply)
