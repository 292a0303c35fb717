"""From a list of diagnoses to Inspect's score: word for word first, then by the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import Model, get_model, model_roles
from inspect_ai.scorer import Score

from medsyn_inspect.judging.judge import JudgeFailed
from medsyn_inspect.judging.panel import PanelVerdict, panel_verdict
from medsyn_inspect.judging.rubric import Rubric, best_match, coverage_at, exact_rank
from medsyn_inspect.records import (
    COVERAGE_AT,
    CaseRecord,
    DifferentialRecord,
    Failure,
    Outcome,
    StageAnswer,
    shortened,
)

JUDGE_ROLE = "grader"
DEFAULT_JUDGE = "openai/gpt-5"


@dataclass(frozen=True)
class Listed:
    """The diagnoses of a reader, as they are to be graded."""

    diagnoses: Sequence[str]
    """Those that can count, most probable first."""

    failure: Failure | None = None
    """Why there is none, if so."""

    interim: Sequence[StageAnswer] = ()
    """Interim answers."""

    own_list: Sequence[str] | None = None
    """`open_fdx`: the reader's differential, out of which it committed itself to one."""

    from_own_list: bool | None = None
    """`open_fdx`: whether the diagnosis is in that differential."""


@dataclass(frozen=True)
class _Graded:
    """The levels of the diagnoses that count, and where they are from."""

    diagnoses: list[str]
    judges: list[Model]
    verdict: PanelVerdict
    judge_failure: str | None
    rank: int | None
    """Of the first diagnosis that is the final one word for word."""
    levels: list[int | None]
    best: tuple[int, int] | None
    """Best level and its rank; `None` if the judge's verdict is missing."""


async def judged(case: CaseRecord, rubric: Rubric, listed: Listed, *, limit: int, exact_first: bool = True) -> Score:
    """Score a list of diagnoses against the final diagnosis: word for word first, then by the judge.

    Args:
        case: The case.
        rubric: The levels and the threshold of coverage.
        listed: What the reader listed.
        limit: How many of the diagnoses count.
        exact_first: Whether a diagnosis that names the final diagnosis or an alias word for word needs no judge.
    """
    graded = await _graded(case, rubric, listed.diagnoses[:limit], exact_first)
    record = _record(rubric, listed, graded)
    answer = "\n".join(f"{number}. {text}" for number, text in enumerate(graded.diagnoses, 1))
    own = len(listed.own_list) if listed.own_list is not None else None
    explanation = explained(case, record, graded.diagnoses, graded.verdict, own)
    metadata = record.model_dump(mode="json")
    if graded.best is None:
        return Score.unscored(reason="grader_failed", answer=answer, explanation=explanation, metadata=metadata)
    value: dict[str, str | int | float | bool | None] = {
        "score": float(graded.best[0]),
        "coverage": float(graded.best[0] >= rubric.threshold),
    }
    if own is None:
        # Nothing listed covers nothing at any rank.
        levels = graded.levels or [rubric.worst]
        value |= {f"coverage_at_{k}": coverage_at(levels, k, rubric.threshold) for k in COVERAGE_AT}
    return Score(value=value, answer=answer, explanation=explanation, metadata=metadata)


async def _graded(case: CaseRecord, rubric: Rubric, diagnoses: Sequence[str], exact_first: bool) -> _Graded:
    counted = list(diagnoses)
    rank = exact_rank(counted, case.final_diagnosis, case.aliases) if exact_first else None
    # Word for word the diagnosis is the best there can be. Only what is above it is left to judge,
    # and only for coverage at smaller ranks.
    to_judge = counted if rank is None else counted[: rank - 1]
    judges = grader_models() if to_judge else []
    verdict, judge_failure = PanelVerdict(), None
    if to_judge:
        try:
            verdict = await panel_verdict(judges, rubric, case.final_diagnosis, case.aliases, to_judge)
        except JudgeFailed as failed:
            verdict, judge_failure = PanelVerdict(attempts=failed.attempts), str(failed)
    levels: list[int | None] = list(verdict.levels) if verdict.levels else [None] * len(to_judge)
    if rank is not None:
        levels = [*levels, rubric.best, *([None] * (len(counted) - rank))]
    best = best_match(levels) if counted else (rubric.worst, 0)
    return _Graded(counted, judges, verdict, judge_failure, rank, levels, best)


def _record(rubric: Rubric, listed: Listed, graded: _Graded) -> DifferentialRecord:
    best, rank = graded.best, graded.rank
    scores = graded.verdict.scores
    covered = best is not None and best[0] >= rubric.threshold
    return DifferentialRecord(
        outcome=Outcome.JUDGE_FAILED if best is None else Outcome.RIGHT if covered else Outcome.WRONG,
        failure=listed.failure,
        judge=[str(judge) for judge in graded.judges],
        decided_by="nothing_listed"
        if not graded.diagnoses
        else "exact_match"
        if rank
        else "judge"
        if best
        else "nobody",
        rubric=rubric.name,
        threshold=rubric.threshold,
        given=len(listed.own_list if listed.own_list is not None else listed.diagnoses),
        judged=len(graded.diagnoses),
        matched=shortened(graded.diagnoses[best[1] - 1]) if best and best[1] else None,
        matched_rank=best[1] if best and best[1] else None,
        levels=graded.levels,
        panel_scores=scores if len(scores) > 1 and rank is None else [],
        attempts=graded.verdict.attempts,
        judge_failure=graded.judge_failure,
        from_own_list=listed.from_own_list,
        interim=list(listed.interim),
    )


def explained(
    case: CaseRecord, record: DifferentialRecord, counted: Sequence[str], verdict: PanelVerdict, own: int | None
) -> str:
    """The score in words, for the log viewer."""
    lines = [f"Final diagnosis: {case.final_diagnosis}"]
    match record.decided_by:
        case "nothing_listed":
            lines.append(f"No diagnosis could be read from the answer: {record.failure}")
        case "exact_match":
            lines.append(f"Number {record.matched_rank} names it word for word; no judge was needed for the score")
        case "nobody":
            lines.append(f"Unscored: {record.judge_failure}")
        case "judge":
            lines.append(f"Judged by {', '.join(record.judge)} with rubric {record.rubric}")
    if record.decided_by == "exact_match" and record.judge_failure:
        lines.append(f"The diagnoses above it are not judged: {record.judge_failure}")
    reasons = [*verdict.reasons, *([""] * (len(counted) - len(verdict.reasons)))]
    for number, (text, level, reason) in enumerate(zip(counted, record.levels, reasons, strict=True), 1):
        lines.append(f"{number}. {text} - {reason or (level if level is not None else 'not judged')}")
    if own is None and record.given > record.judged:
        lines.append(f"{record.given - record.judged} more diagnoses were listed and do not count")
    if record.from_own_list is False:
        lines.append("It is not in the reader's own differential")
    return "\n".join(lines)


def grader_models() -> list[Model]:
    """The judge, or the panel of them. Never the model under test, unless it is named as the judge."""
    panel = model_roles().get(JUDGE_ROLE)
    if isinstance(panel, list):
        return panel
    return [get_model(role=JUDGE_ROLE, default=DEFAULT_JUDGE)]  # inspect-evals-lint: ignore[IEBP001] -- scorers call it
