"""Asks the judges of a panel and takes the median of their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low

from inspect_ai.model import (
    Model,
)

from medsyn_inspect.judging.judge import JudgeFailed, verdict_of
from medsyn_inspect.judging.rubric import Judgement, Rubric, quoted


@dataclass
class PanelVerdict:
    """The combined verdict of the judges."""

    levels: list[int] = field(default_factory=list)
    """Level of each listed diagnosis: the median over the judges, the lower of two middle values."""

    reasons: list[str] = field(default_factory=list)
    """The judges' reasons for the level of each diagnosis."""

    scores: list[int] = field(default_factory=list)
    """The highest level given by each judge."""

    attempts: int = 0
    """Number of calls to judges."""

    answered_as: list[str] = field(default_factory=list)
    """The name of the model in each judge's response."""


async def panel_verdict(
    judges: Sequence[Model], rubric: Rubric, final_diagnosis: str, aliases: Sequence[str], listed: Sequence[str]
) -> PanelVerdict:
    """The combined verdict of the judges on a list of diagnoses.

    Args:
        judges: The judges; a single one is a panel of its own.
        rubric: The rubric.
        final_diagnosis: The final diagnosis.
        aliases: Other accepted names of the final diagnosis.
        listed: The diagnoses to judge.

    Raises:
        JudgeFailed: If a judge gives no valid verdict. A median over fewer judges would not be comparable.
    """
    verdict = PanelVerdict()
    by_judge: list[list[Judgement]] = []
    for judge in judges:
        try:
            judgements, attempts, served = await verdict_of(
                judge, rubric, quoted(final_diagnosis, aliases, listed), len(listed)
            )
        except JudgeFailed as failed:
            failed.attempts += verdict.attempts
            raise
        verdict.attempts += attempts
        verdict.answered_as.append(served)
        by_judge.append(judgements)
    for rank in range(len(listed)):
        verdict.levels.append(median_low(judgements[rank].level for judgements in by_judge))
        verdict.reasons.append(
            "; ".join(
                f"{judgements[rank].level}: {judgements[rank].reason}" + (f" ({judge})" if len(judges) > 1 else "")
                for judge, judgements in zip(judges, by_judge, strict=True)
            )
        )
    verdict.scores = [max(judgement.level for judgement in judgements) for judgements in by_judge]
    return verdict
