"""The `sensitivity` task's scorer: Evidence Sensitivity of a case, from the posteriors of its arms."""

from __future__ import annotations

from string import ascii_uppercase

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from medsyn_inspect.arms.solver import AskedArms
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.metrics import nmse
from medsyn_inspect.prompts.arms import TEXT_SECTIONS
from medsyn_inspect.records import ArmRecord, Outcome


@scorer(metrics=[{"accuracy_*": [mean(), stderr()], "S_*": [mean(), stderr()]}, nmse()])
def evidence_sensitivity(text_evidence: bool = False) -> Scorer:
    """How far the answer moves when a type of evidence is withheld: S(m) = JSD(p(y|E) || p(y|E without m)), in bits.

    Equation 1 of MEDSYN, in both views. NaN where the case lacks the type or an arm gave no posterior. With
    posteriors from samples these are plug-in values, which are too high; the analysis corrects them.

    Args:
        text_evidence: Whether history and examination were withheld in turn as well.
    """
    sections = [*(TEXT_SECTIONS if text_evidence else ()), *(evidence_type.value for evidence_type in EvidenceType)]

    async def score(state: TaskState, target: Target) -> Score:
        from medsyn_inspect.analysis.stats.divergence import jensen_shannon

        arms = {label: ArmRecord.model_validate(arm) for label, arm in state.store_as(AskedArms).arms.items()}
        value: dict[str, str | int | float | bool | None] = {}
        for view in ("image", "finding"):
            full = arms.get(view, ArmRecord())
            value[f"accuracy_{view}"] = float(full.answer == target.text) if full.n else float("nan")
            for section in sections:
                withheld = arms.get(f"{view}-{section}", ArmRecord())
                value[f"S_{view}_{section}"] = (
                    round(float(jensen_shannon(full.posterior, withheld.posterior)), 7)
                    if full.posterior is not None and withheld.posterior is not None
                    else float("nan")
                )
        answers = {view: arms[view].answer for view in ("image", "finding") if view in arms}
        asked_whole = [arms[view] for view in answers if arms[view].n]
        outcome = (
            Outcome.CALL_FAILED
            if not asked_whole
            else Outcome.RIGHT
            if asked_whole[0].answer == target.text
            else Outcome.WRONG
        )
        metadata = {label: arm.model_dump(mode="json", exclude_none=True) for label, arm in arms.items()}
        lines = [f"{label}: {_shown(arm)}" for label, arm in arms.items()]
        return Score(
            value=value,
            answer=", ".join(f"{view} {answer}" for view, answer in answers.items()),
            explanation="\n".join([f"Final diagnosis: {target.text}", *lines]),
            metadata=metadata | {"outcome": outcome.value},
        )

    return score


def _shown(arm: ArmRecord) -> str:
    if arm.posterior is None:
        return arm.error or "no posterior"
    return " ".join(f"{letter} {p:.3f}" for letter, p in zip(ascii_uppercase, arm.posterior, strict=False))
