"""Rows of answers, arms and stages, from the sample summaries of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from inspect_ai.log import EvalLog, EvalSampleSummary

from medsyn_inspect.analysis.read.scores import NAN, counted_score, ratings_of
from medsyn_inspect.records import (
    AFTER_REASONING,
    ANSWERED_AS,
    JUDGED,
    ArmRecord,
    CaseRecord,
    GivenAnswer,
    Outcome,
    StageAnswer,
    coverage_key,
    finite,
    shortened,
)

SENSITIVITY = "sensitivity"
"""The question of the task that presents every arm of a case."""

NO_SHARES = "the posterior in the log has numbers that are no probabilities"

FIRST_LISTED = re.compile(r"1\. (.*?)(?= 2\. |$)")
"""The first diagnosis of a numbered list that was joined into one line."""


def answered(summary: EvalSampleSummary, question: str) -> bool:
    """Whether a sample was answered and scored, that is, not unfinished, cancelled or failed."""
    return counted_score(summary, question) is not None and reader_answered(summary, question)


def reader_answered(summary: EvalSampleSummary, question: str) -> bool:
    """Whether the reader gave its last answer; if only the scorer failed, a later judging of the log counts."""
    if not summary.error:
        return True
    if question not in JUDGED or not summary.message_count:
        return False
    stages = getattr(case_record(summary), "stages", None)
    turns = (len(stages) if isinstance(stages, list) else 1) + (question == "open_fdx")
    given = 1 if isinstance(summary.input, str) else len(summary.input)
    return summary.message_count >= given + 2 * turns - 1


def of_case(summary: EvalSampleSummary, case: CaseRecord) -> dict[str, Any]:
    """The columns about the case, common to all rows."""
    return {
        "case_id": str(summary.id),
        "epoch": summary.epoch,
        "language": case.language,
        "specialty_group": case.specialty_group,
        "option_count": case.option_count,
    }


def answer_row(summary: EvalSampleSummary, question: str) -> dict[str, Any]:
    """The row of an answer, for questions with one answer per case."""
    case = case_record(summary)
    given = {name: value for name, value in summary.metadata.items() if name in GivenAnswer.model_fields}
    person = GivenAnswer.model_construct(**given)
    score = counted_score(summary, question) if reader_answered(summary, question) else None
    record = (score.metadata or {}) if score is not None else {}
    # An answer that only other scorers have scored was given, so its call did not fail.
    missing = Outcome.JUDGE_FAILED if summary.scores and not summary.error else Outcome.CALL_FAILED
    outcome = Outcome(record.get("outcome", missing))
    value = score.value if score is not None and isinstance(score.value, dict) else {}
    rated = ratings_of(summary, question)
    return of_case(summary, case) | {
        "evidence_shown": tuple(case.evidence_shown),
        "evidence_withheld": tuple(case.evidence_withheld),
        "outcome": outcome.value,
        "failure": record.get("failure"),
        "read_by": record.get("read_by"),
        "judge": ", ".join(record.get("judge", [])),
        "rubric": record.get("rubric", ""),
        "threshold": record.get("threshold", NAN),
        "score": value.get("score", NAN),
        "coverage_at_1": value.get(coverage_key(1), NAN),
        "listed": record.get("judged"),
        "right": {Outcome.RIGHT: 1.0, Outcome.WRONG: 0.0}.get(outcome, NAN),
        "answer": record.get("choice"),
        "correct_letter": case.correct if isinstance(getattr(case, "correct", None), str) else None,
        "posterior": shares(record.get("posterior")),
        "posterior_source": record.get("posterior_source"),
        "no_posterior": record.get("no_posterior"),
        "panel_scores": numbers(record.get("panel_scores")),
        "matched_rank": record.get("matched_rank"),
        "extractor": record.get("extractor") or "",
        "raters": ", ".join(rated),
        "ratings": tuple(rated.values()) or None,
        "ambiguity": person.ambiguity,
        "note": person.note,
        "confidence": person.confidence,
        "seconds": NAN if person.seconds is None else person.seconds,
        "consensus_of": person.consensus_of,
    }


def not_reached(header: EvalLog, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for the cases that an interrupted run did not reach; without them the run would look complete."""
    there = {(answer["case_id"], answer["epoch"]) for answer in answers}
    unscored = {"outcome": Outcome.CALL_FAILED.value, "score": NAN, "right": NAN}
    unscored |= dict.fromkeys(("judge", "rubric", "extractor", "raters"), "")
    return [
        {"case_id": str(case_id), "epoch": epoch} | unscored
        for case_id in header.eval.dataset.sample_ids or []
        for epoch in range(1, (header.eval.config.epochs or 1) + 1)
        if (str(case_id), epoch) not in there
    ]


def arm_rows(summary: EvalSampleSummary) -> list[dict[str, Any]]:
    """One row for each arm of a case."""
    score = counted_score(summary, SENSITIVITY)
    records = ((score.metadata or {}) if score else {}).values()
    case, target = of_case(summary, case_record(summary)), str(summary.target)
    return [case | arm_row(ArmRecord.model_validate(record), target) for record in records if isinstance(record, dict)]


def arm_row(arm: ArmRecord, target: str) -> dict[str, Any]:
    """The columns of one arm."""
    posterior = shares(arm.posterior)
    return {
        "view": arm.view,
        "withheld": arm.name,
        "posterior": posterior,
        "lower": tuple(arm.lower) if arm.lower else None,
        "upper": tuple(arm.upper) if arm.upper else None,
        "counts": tuple(arm.counts) if arm.counts else None,
        "unreadable": arm.unreadable,
        "refused": arm.refused,
        "source": arm.source,
        "option_mass": arm.option_mass,
        "prefix": arm.prefix,
        "orders": arm.orders,
        "n": arm.n,
        "answer": arm.answer,
        "correct": float(arm.answer == target) if arm.n else NAN,
        "correct_letter": target,
        "error": arm.error or (NO_SHARES if arm.posterior and posterior is None else None),
        "note": arm.note,
    }


def stage_rows(summary: EvalSampleSummary, question: str) -> list[dict[str, Any]] | None:
    """One row for each stage, including the last; none without a score, `None` if the record did not fit."""
    case, score = case_record(summary), counted_score(summary, question)
    shared = of_case(summary, case)
    shared["correct_letter"] = case.correct if isinstance(getattr(case, "correct", None), str) else None
    record = (score.metadata or {}) if score is not None and reader_answered(summary, question) else {}
    if score is None or not record:
        return []
    interim = record.get("interim", [])
    if not isinstance(interim, list) or not isinstance(case.stages, list):
        return None
    target = str(summary.target)
    earlier = [StageAnswer.model_validate(answer) for answer in interim]
    # Posteriors of answers with and without text before the letter are not compared; those like the last one are kept.
    last_direct = record.get("posterior_source") != AFTER_REASONING
    rows: list[dict[str, Any]] = [
        {
            "stage": answer.stage,
            "answer": answer.answer,
            "posterior": answer.probabilities if answer.direct == last_direct else None,
            "correct": float(answer.answer == target) if question == "fdx" else NAN,
        }
        for answer in earlier
    ]
    last: dict[str, Any] = {"stage": case.stages[-1]}
    last["correct"] = {"right": 1.0, "wrong": 0.0}.get(str(record.get("outcome")), NAN)
    if question == "fdx":
        last |= {"answer": record.get("choice"), "posterior": shares(record.get("posterior"))}
    else:
        listed = FIRST_LISTED.match(" ".join((score.answer or "").split()))
        # Truncated like the interim answers; otherwise the same diagnosis would look different.
        last["answer"] = shortened(listed[1], 40) if listed else None
    return [
        shared | {"number": number, "final": number == len(rows) + 1} | row
        for number, row in enumerate([*rows, last], 1)
    ]


def case_record(summary: EvalSampleSummary) -> CaseRecord:
    """The record of the case in a summary.

    Not validated, because a summary replaces a long field (many aliases, long options) by a remark.

    Raises:
        ValueError: If metadata of the case are missing.
    """
    missing = [name for name in ("language", "specialty_group", "evidence_shown") if name not in summary.metadata]
    if missing:
        raise ValueError(f"sample {summary.id} has no metadata of a case ({', '.join(missing)} missing)")
    return CaseRecord.model_construct(**summary.metadata)


def served_by(summary: EvalSampleSummary, model: str, question: str) -> Iterator[tuple[str, str]]:
    """The requested models and the names in their responses, for the reader and the judges.

    Args:
        summary: Of a sample.
        model: The reader's name in Inspect.
        question: The question of the task.
    """
    score = counted_score(summary, question)
    record = (score.metadata or {}) if score is not None else {}
    for name in str(record.get(ANSWERED_AS) or "").split(", "):
        yield model, name
    yield from zip(record.get("judge") or [], record.get("judge_answered_as") or [], strict=False)


def numbers(value: object) -> tuple[float, ...] | None:
    """A list of numbers; `None` if there is none, or if it did not fit into the summary."""
    return tuple(value) if isinstance(value, list) and value else None


def shares(value: object) -> tuple[float, ...] | None:
    """A posterior; `None` if there is none, if it did not fit, or if one of its numbers is no probability."""
    values = numbers(value)
    return finite(values) if values else None
