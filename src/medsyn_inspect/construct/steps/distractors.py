"""Distractors: close diagnoses that the evidence rules out; and Verify: a second request that judges each of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.names import plain, spaced, squeezed
from medsyn_inspect.construct.draft import OPTIONS, Distractor, Draft
from medsyn_inspect.construct.rules.same import same_as
from medsyn_inspect.construct.rules.spans import span_problem
from medsyn_inspect.construct.rules.words import words_of
from medsyn_inspect.construct.steps.diagnosis import LONGEST
from medsyn_inspect.construct.steps.step import Reply, Step, report_texts

NAME = "distractors"
WANTED = 8
"""Number of distractors to propose: four options, and spares for refinement."""


class ProposedDistractor(Reply):
    """A diagnosis close to the final diagnosis."""

    name: str = Field(description="Name of the diagnosis, in the language of the case")
    close_because: str = Field(description="What it shares with the case")
    ruled_out_by: str = Field(description="The evidence type that rules it out")
    span: str = Field(description="The words of the report that rule it out, copied word for word")


class DistractorsReply(Reply):
    """A differential without the final diagnosis."""

    differential: list[ProposedDistractor]


def _case(draft: Draft) -> dict[str, Any]:
    """The case as it is sent."""
    return {
        "final_diagnosis": draft.final_diagnosis,
        "aliases": list(draft.aliases),
        "history": draft.history,
        "examination": draft.examination,
        "findings": {kind.value: finding for kind, finding in draft.findings.items()},
    }


def _question(draft: Draft) -> dict[str, Any]:
    return {
        **_case(draft),
        "report": [sentence.text for sentence in draft.report.sentences],
        "wanted": WANTED,
        "not_again": [*(one.name for one in draft.distractors), *draft.replaced],
    }


def _apply(draft: Draft, reply: DistractorsReply) -> Draft:
    texts = [*report_texts(draft), *draft.findings.values()]
    taken = [*(one.name for one in draft.distractors), *draft.replaced]
    kept: list[Distractor] = []
    for one in reply.differential:
        name = " ".join(one.name.split())
        if problem := _problem(draft, one, name, texts, [*taken, *(other.name for other in kept)]):
            draft = draft.catching(NAME, *problem)
        else:
            kind = EvidenceType(one.ruled_out_by)
            kept.append(Distractor(name=name, close_because=one.close_because, ruled_out_by=kind, span=one.span))
    draft = draft.but(proposed=tuple(kept))
    if not kept and not draft.distractors:
        return draft.drop(NAME, "no distractor passed the rules")
    return draft


def _problem(
    draft: Draft, one: ProposedDistractor, name: str, texts: list[str], taken: list[str]
) -> tuple[str, str] | None:
    """The rule that refuses a distractor, and what it refuses."""
    if not name or len(name) > LONGEST:
        return "no name of a diagnosis", name
    if same := same_as(name, (draft.final_diagnosis, *draft.aliases), words_of(draft.report)):
        return "synonym or variant of the diagnosis", f"{name}: {same}"
    if spaced(name) != spaced(draft.final_diagnosis):
        return "not in the language of the case", name
    if squeezed(name) in map(squeezed, taken) or plain(name) in map(plain, taken):
        return "distractor given before", name
    if one.ruled_out_by not in [kind.value for kind in draft.findings]:
        return "ruled out by evidence that the case lacks", f"{name}: {one.ruled_out_by}"
    if problem := span_problem(one.span, texts):
        return f"not ruled out: {problem}", f"{name} [span: {one.span}]"
    return None


class VerifyJudgement(Reply):
    """The judgement on one distractor."""

    name: str
    same_disease: bool = Field(description="Whether it is the final diagnosis, a synonym, or a wider or narrower name")
    clinically_close: bool = Field(description="Whether a clinician would consider it from history and examination")
    ruled_out: bool = Field(description="Whether the quoted evidence rules it out")


class VerifyReply(Reply):
    """The judgements on all proposed distractors."""

    judgements: list[VerifyJudgement]


def _question_verify(draft: Draft) -> dict[str, Any]:
    return {
        **_case(draft),
        "proposed": [
            {"name": one.name, "ruled_out_by": one.ruled_out_by.value, "evidence": one.span} for one in draft.proposed
        ],
    }


def _apply_verify(draft: Draft, reply: VerifyReply) -> Draft:
    by_name = {plain(one.name): one for one in reply.judgements}
    accepted = []
    for one in draft.proposed:
        judged = by_name.get(plain(one.name))
        if judged is None:
            problem = "not judged by the second request"
        elif judged.same_disease:
            problem = "synonym by the second request"
        elif not judged.clinically_close:
            problem = "not close by the second request"
        else:
            problem = "" if judged.ruled_out else "not ruled out by the second request"
        if problem:
            draft = draft.catching(VERIFY.name, problem, one.name)
        else:
            accepted.append(one)
    draft = draft.but(distractors=(*draft.distractors, *accepted), proposed=())
    if (count := len(draft.distractors)) < OPTIONS - 1:
        return draft.drop(VERIFY.name, f"only {count} of {OPTIONS - 1} distractors")
    return draft


DISTRACTORS = Step(NAME, DistractorsReply, _question, _apply)
VERIFY = Step("verify", VerifyReply, _question_verify, _apply_verify, lambda draft: bool(draft.proposed))
