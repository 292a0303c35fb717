"""The scorer of the `sensitivity` task: computes Evidence Sensitivity from the posteriors of a case's arms."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from medsyn_inspect.arms.solver import ArmAnswers
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.metrics import nmse
from medsyn_inspect.records import (
    ANSWERED_AS,
    TEXT_SECTIONS,
    VIEWS,
    ArmRecord,
    Outcome,
    View,
    accuracy_key,
    sensitivity_key,
)


@scorer(metrics=[{accuracy_key("*"): [mean(), stderr()], sensitivity_key("*"): [mean(), stderr()]}, nmse()])
def evidence_sensitivity(text_evidence: bool = False) -> Scorer:
    """Evidence Sensitivity in bits (equation 1 of MEDSYN): S(m) = JSD(p(y|E) || p(y|E without m)), in both views.

    S is NaN if the case lacks the type or an arm has no posterior. With posteriors from samples, the values are
    plug-in estimates, which are biased upwards; the analysis corrects them.

    Args:
        text_evidence: Whether history and examination were withheld in turn as well.
    """
    sections = [*(TEXT_SECTIONS if text_evidence else ()), *(evidence_type.value for evidence_type in EvidenceType)]

    async def score(state: TaskState, target: Target) -> Score:
        records = {label: ArmRecord.model_validate(arm) for label, arm in state.store_as(ArmAnswers).arms.items()}
        arms = {(record.view, record.name): record for record in records.values()}
        value: dict[str, str | int | float | bool | None] = {}
        for view in VIEWS:
            full = arms.get((view, ""), ArmRecord())
            value[accuracy_key(view)] = float(full.answer == target.text) if full.n else float("nan")
            for section in sections:
                value[sensitivity_key(view, section)] = _sensitivity(full, arms.get((view, section), ArmRecord()))
        metadata = {label: record.model_dump(mode="json", exclude_none=True) for label, record in records.items()}
        answers = {view: arms[view, ""].answer for view in VIEWS if (view, "") in arms}
        lines = [f"{label}: {_in_words(record)}" for label, record in records.items()]
        return Score(
            value=value,
            answer=", ".join(f"{view} {answer}" for view, answer in answers.items()),
            explanation="\n".join([f"Final diagnosis: {target.text}", *lines]),
            metadata=metadata | {"outcome": _outcome(arms, target.text).value, ANSWERED_AS: _answered_as()},
        )

    return score


def _answered_as() -> str:
    """The names of the model in the reader's responses."""
    answers = (event for event in transcript().events if isinstance(event, ModelEvent) and event.role is None)
    return ", ".join(sorted({event.output.model for event in answers if event.output.model}))


def _sensitivity(full: ArmRecord, withheld: ArmRecord) -> float:
    """The divergence between two arms in bits; NaN if either has no posterior, or their sources differ."""
    from medsyn_inspect.analysis.stats.divergence import jensen_shannon

    if full.posterior is None or withheld.posterior is None or full.source != withheld.source:
        return float("nan")
    return round(float(jensen_shannon(full.posterior, withheld.posterior)), 7)


def _outcome(arms: Mapping[tuple[View, str], ArmRecord], correct: str) -> Outcome:
    """The outcome with all evidence, in the first view that has an answer."""
    answered = [arms[view, ""] for view in VIEWS if (view, "") in arms and arms[view, ""].n]
    if not answered:
        return Outcome.CALL_FAILED
    return Outcome.RIGHT if answered[0].answer == correct else Outcome.WRONG


def _in_words(record: ArmRecord) -> str:
    unread = f"; could not be read: {record.unread!r}" if record.unread else ""
    if record.posterior is None:
        return (record.detail or record.error or "no posterior") + unread
    probabilities = zip(ascii_uppercase, record.posterior, strict=False)
    return " ".join(f"{letter} {p:.3f}" for letter, p in probabilities) + unread
