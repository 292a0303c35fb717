"""Scores a list of diagnoses: by exact match with the final diagnosis if possible, otherwise by the judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspect_ai.model import Model
from inspect_ai.scorer import Score

from medsyn_inspect.judging.judge import JudgeFailed
from medsyn_inspect.judging.panel import PanelVerdict, panel_verdict
from medsyn_inspect.judging.roles import JudgeUnavailable, grader_models
from medsyn_inspect.judging.rubric import Rubric, best_match, coverage_at, exact_rank
from medsyn_inspect.records import (
    COVERAGE_AT,
    CaseRecord,
    DifferentialRecord,
    Outcome,
    ReadRecord,
    StageAnswer,
    coverage_key,
    shortened,
)

EXTRACTOR_FAILED = "extractor_failed"
"""Inspect's `reason` of an answer that is unscored because the extractor gave no valid reading."""


BY_FORM = ReadRecord(read_by="form")


@dataclass(frozen=True)
class Listed:
    """The diagnoses of a reader that are to be graded."""

    diagnoses: Sequence[str]
    """The diagnoses, most probable first."""

    read: ReadRecord = BY_FORM
    """How they were read, and why there are none, if so."""

    interim: Sequence[StageAnswer] = ()
    """The interim answers."""

    own_list: Sequence[str] | None = None
    """The reader's differential, from which it chose one diagnosis (`open_fdx`)."""

    from_own_list: bool | None = None
    """Whether the chosen diagnosis is in that differential (`open_fdx`)."""

    answered_as: str = ""
    """The name of the model in the reader's response."""


@dataclass(frozen=True)
class _Graded:
    """The levels of the diagnoses that count, and what decided them."""

    diagnoses: list[str]
    judges: list[Model]
    verdict: PanelVerdict
    judge_failure: str | None
    rank: int | None
    """Rank of the first diagnosis that matches the final diagnosis exactly."""
    levels: list[int | None]
    best: tuple[int, int] | None
    """Highest level and its rank; `None` if the judge's verdict is missing."""


async def judged(case: CaseRecord, rubric: Rubric, listed: Listed, *, limit: int, exact_first: bool = True) -> Score:
    """Score a list of diagnoses against the final diagnosis.

    Args:
        case: The case.
        rubric: The levels and the threshold of coverage.
        listed: The reader's diagnoses.
        limit: Maximum number of diagnoses that count.
        exact_first: Whether an exact match with the final diagnosis or an alias is scored without the judge.
    """
    graded = await _graded(case, rubric, listed.diagnoses[:limit], exact_first)
    if listed.read.extractor_failure:
        graded = replace(graded, best=None)
    record = _record(rubric, listed, graded)
    answer = "\n".join(f"{number}. {text}" for number, text in enumerate(graded.diagnoses, 1))
    own = len(listed.own_list) if listed.own_list is not None else None
    explanation = explained(case, record, graded.diagnoses, graded.verdict, own)
    metadata = record.model_dump(mode="json")
    value: dict[str, str | int | float | bool | None] = {
        "score": float(graded.best[0]) if graded.best else math.nan,
        "coverage": float(graded.best[0] >= rubric.threshold) if graded.best else math.nan,
    }
    if own is None:
        # An empty list covers nothing at any rank.
        levels = graded.levels or [rubric.worst]
        known = graded.best is not None
        value |= {coverage_key(k): coverage_at(levels, k, rubric.threshold) if known else math.nan for k in COVERAGE_AT}
    # A score that is missing as a whole would be withheld from the metrics, which could not count it.
    reason = None if graded.best else EXTRACTOR_FAILED if record.extractor_failure else "grader_failed"
    return Score(value=value, reason=reason, answer=answer, explanation=explanation, metadata=metadata)


async def _graded(case: CaseRecord, rubric: Rubric, diagnoses: Sequence[str], exact_first: bool) -> _Graded:
    counted = list(diagnoses)
    rank = exact_rank(counted, case.final_diagnosis, case.aliases) if exact_first else None
    # An exact match has the highest level. Only the diagnoses listed before it are judged, for coverage at smaller
    # ranks.
    to_judge = counted if rank is None else counted[: rank - 1]
    judges: list[Model] = []
    verdict, judge_failure = PanelVerdict(), None
    if to_judge:
        try:
            judges = grader_models()
            verdict = await panel_verdict(judges, rubric, case.final_diagnosis, case.aliases, to_judge)
        except JudgeUnavailable as failed:
            judge_failure = shortened(str(failed))
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
    return DifferentialRecord(
        **dict(listed.read),
        outcome=_outcome(listed.read, best, rubric.threshold),
        judge=[str(judge) for judge in graded.judges],
        judge_answered_as=graded.verdict.answered_as,
        answered_as=listed.answered_as,
        decided_by="nobody"
        if best is None
        else "nothing_listed"
        if not graded.diagnoses
        else "exact_match"
        if rank
        else "judge",
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


def _outcome(read: ReadRecord, best: tuple[int, int] | None, threshold: int) -> Outcome:
    if read.extractor_failure:
        return Outcome.READING_FAILED
    if best is None:
        return Outcome.JUDGE_FAILED
    return Outcome.RIGHT if best[0] >= threshold else Outcome.WRONG


def explained(
    case: CaseRecord, record: DifferentialRecord, counted: Sequence[str], verdict: PanelVerdict, own: int | None
) -> str:
    """The explanation of the score, for the log viewer."""
    lines = [f"Final diagnosis: {case.final_diagnosis}", *reading_in_words(record)]
    match record.decided_by:
        case "nothing_listed":
            lines.append(f"No diagnosis could be read from the answer: {record.failure}")
        case "exact_match":
            lines.append(f"Number {record.matched_rank} matches it exactly; no judge was needed for the score")
        case "nobody":
            lines.append(f"Unscored: {record.extractor_failure or record.judge_failure}")
        case "judge":
            lines.append(f"Judged by {', '.join(record.judge)} with rubric {record.rubric}")
    if record.decided_by == "exact_match" and record.judge_failure:
        lines.append(f"The diagnoses listed before it were not judged: {record.judge_failure}")
    reasons = [*verdict.reasons, *([""] * (len(counted) - len(verdict.reasons)))]
    for number, (text, level, reason) in enumerate(zip(counted, record.levels, reasons, strict=True), 1):
        lines.append(f"{number}. {text} - {reason or (level if level is not None else 'not judged')}")
    if own is None and record.given > record.judged:
        lines.append(f"{record.given - record.judged} more diagnoses were listed and were not judged")
    if record.from_own_list is False:
        lines.append("It is not in the reader's own differential")
    return "\n".join(lines)


def reading_in_words(record: ReadRecord) -> list[str]:
    """What a score's explanation says of the reading, unless that was by the form alone."""
    by = [f"The answer was read by {record.extractor} (extractor)"] if record.read_by == "extractor" else []
    return [*by, *(f"Note on the answer: {note}" for note in record.notes)]
