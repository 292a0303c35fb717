"""Diagnosis: the final diagnosis that the report states, its other names, and the specialty."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from medsyn_inspect.cases.case import Specialty
from medsyn_inspect.cases.names import plain, spaced, squeezed
from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.rules.spans import is_in, span_problem
from medsyn_inspect.construct.steps.step import Reply, Step, report_texts, whole_report

NAME = "diagnosis"

LONGEST = 120
"""Maximum length of the name of a diagnosis."""


class DiagnosisReply(Reply):
    """The final diagnosis of a report."""

    final_diagnosis: str = Field(description="The final diagnosis, in the language of the report")
    span: str = Field(description="The words of the report that state it, copied word for word")
    aliases: list[str] = Field(description="Other names of exactly this diagnosis, in any language")
    specialty: str = Field(description="One of the specialties given")


def _question(draft: Draft) -> dict[str, Any]:
    return {**whole_report(draft), "specialties": [specialty.value for specialty in Specialty]}


def _apply(draft: Draft, reply: DiagnosisReply) -> Draft:
    name = " ".join(reply.final_diagnosis.split())
    if not name or len(name) > LONGEST or "\n" in reply.final_diagnosis.strip():
        return draft.catching(NAME, "no name of a diagnosis", name).drop(NAME, "no final diagnosis")
    problem = span_problem(reply.span, [*report_texts(draft), draft.report.title])
    if not problem and not _stated(name, reply.aliases, reply.span):
        problem = "diagnosis not named in its span"
    if problem:
        return draft.catching(NAME, problem, f"{name} [span: {reply.span}]").drop(
            NAME, "the final diagnosis is not in the report"
        )
    known = {plain(specialty.value): specialty for specialty in Specialty}
    specialty = known.get(plain(reply.specialty))
    if specialty is None:
        draft = draft.catching(NAME, "unknown specialty", reply.specialty)
    names: dict[str, str] = {}
    for alias in reply.aliases:
        if plain(alias) and squeezed(alias) != squeezed(name) and len(alias) <= LONGEST:
            names.setdefault(plain(alias), " ".join(alias.split()))
    return draft.but(final_diagnosis=name, aliases=tuple(names.values()), specialty=specialty)


def _stated(name: str, aliases: list[str], span: str) -> bool:
    """Whether a span names the diagnosis."""
    said = f" {plain(span)} "
    names = [plain(one) for one in (name, *aliases) if plain(one)]
    return any((f" {one} " in said) if spaced(one) else is_in(one, [span]) for one in names)


DIAGNOSIS = Step(NAME, DiagnosisReply, _question, _apply)
