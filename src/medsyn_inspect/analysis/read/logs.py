"""Read answers from Inspect logs. Only headers and sample summaries are read, never the samples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from inspect_ai.log import EvalSampleSummary

from medsyn_inspect.analysis.read import row_cache
from medsyn_inspect.analysis.read.headers import (
    BROKEN,
    LogHeader,
    NoRuns,
    UnreadableLog,
    no_runs,
    read_headers,
    unreadable,
)
from medsyn_inspect.analysis.read.places import Places, log_files
from medsyn_inspect.analysis.read.rows import (
    SENSITIVITY,
    answer_row,
    answered,
    arm_rows,
    not_reached,
    served_by,
    stage_rows,
)
from medsyn_inspect.analysis.read.scores import counted_score, notes_on_scores
from medsyn_inspect.analysis.read.summaries import read_summaries
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.collecting import without_garbage_collection
from medsyn_inspect.judging.rubric import DEFAULT_RUBRIC
from medsyn_inspect.progress import steps
from medsyn_inspect.providers import serves
from medsyn_inspect.records import TaskRecord
from medsyn_inspect.wording import plural


@dataclass(frozen=True)
class LogFrames:
    """The contents of logs, each opened once; in every frame newer runs come later."""

    logs: pd.DataFrame
    """One row for each log of this suite."""

    runs: pd.DataFrame
    """As returned by `read_runs`; may have no rows."""

    arms: pd.DataFrame
    """As returned by `read_arms`; may have no rows."""

    stages: pd.DataFrame
    """Answers of runs with `staging=turns`, one row per stage, for `stages.interim_beliefs`."""

    notes: list[str]
    """Notes on what was left out, and why."""

    headers: tuple[LogHeader, ...] = ()
    """The headers of the logs, in the same order."""


def read_runs(logs: Places) -> pd.DataFrame:
    """Read one row for each answer planned in the runs of `ddx`, `fdx` and `open_fdx`: run, case, epoch, outcome.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        The columns of `schema.FRAMES["runs"]`.

    Raises:
        NoRuns: If there is no log of these tasks.
        UnreadableLog: If a log cannot be read, or was written with another version of the records.
    """
    found = read_logs(logs, strict=True)
    if found.runs.empty:
        raise no_runs(logs, len(log_files(logs)))
    return found.runs


def read_arms(logs: Places) -> pd.DataFrame:
    """Read one row for each arm of each case of the `sensitivity` task.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        The columns of `schema.FRAMES["arms"]`.

    Raises:
        NoRuns: If there is no log of the `sensitivity` task.
        UnreadableLog: If a log cannot be read, or was written with another version of the records.
    """
    found = read_logs(logs, strict=True)
    if found.arms.empty:
        raise no_runs(logs, len(log_files(logs)))
    return found.arms


@without_garbage_collection()
def read_logs(logs: Places, *, strict: bool = False) -> LogFrames:
    """Read everything the analysis needs; each log is opened once.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        strict: Whether a log that cannot be read is an error even if other logs can be read.

    Raises:
        NoRuns: If there is no log of this suite.
        UnreadableLog: If a log cannot be read; without `strict`, only if no log can be read.
    """
    headers, notes = read_headers(logs, strict=strict)
    rows: dict[str, list[dict[str, Any]]] = {"logs": [], "runs": [], "arms": [], "stages": []}
    kept: list[LogHeader] = []
    refused: list[UnreadableLog] = []
    bare = 0
    for header in steps(headers, "Reading logs"):
        try:
            found = _rows_of(header, notes)
        except UnreadableLog as problem:
            refused.append(problem)
            continue
        bare += not found
        if found:
            kept.append(header)
        for name, more in found.items():
            rows[name] += more
    if refused and (strict or not rows["logs"]):
        raise refused[0]
    if not rows["logs"]:
        raise no_runs(logs, len(headers))
    if bare:
        notes.append(f"{plural(bare, 'header')} without answers (`medsyn export --format json`) ignored.")
    notes += [f"Left out: {problem}." for problem in refused]
    return LogFrames(**{name: conform(name, one) for name, one in rows.items()}, notes=notes, headers=tuple(kept))


def _rows_of(header: LogHeader, notes: list[str]) -> row_cache.Rows:
    """The rows of each frame from one log, from the cache if the log has not changed. Adds notes on the log."""
    state = row_cache.state_of(header.file)
    if state is not None and (kept := row_cache.recall(state)) is not None:
        found, its_notes = kept
        for rows in found.values():
            for row in rows:
                row["log"] = header.file  # which can be the path from another folder
    else:
        its_notes = []
        found = _rows(header, its_notes)
        if state is not None and found:
            row_cache.keep(state, found, its_notes)
    notes += its_notes
    return found


def _rows(header: LogHeader, notes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each frame from one log; empty for a header without answers. Adds a note on answers left out."""
    results = header.header.results
    try:
        # A summary with neither error nor score belongs to a sample that is still running or was cancelled.
        summaries = read_summaries(header.file)
        if not summaries and results and results.completed_samples:
            return {}  # Otherwise it would count as a run without any answer.
        notes += notes_on_scores(header.name, header.task.question, summaries)
        run = run_columns(header) | {"grading": grading_of(header.task, summaries)}
        found: dict[str, list[dict[str, Any]]] = {"runs": [], "arms": [], "stages": []}
        if header.task.question == SENSITIVITY:
            found["arms"] = [run | row for summary in summaries for row in arm_rows(summary)]
        else:
            answers = [answer_row(summary, header.task.question) for summary in summaries]
            found["runs"] = [
                run | {"grading": with_rubric(run["grading"], answer["rubric"])} | answer
                for answer in [*answers, *not_reached(header.header, answers)]
            ]
            if header.task.condition.staging == "turns":
                by_case = [stage_rows(summary, header.task.question) for summary in summaries]
                found["stages"] = [run | row for rows in by_case for row in rows or []]
                if unfit := by_case.count(None):
                    notes.append(
                        f"{header.name}: the interim answers of {plural(unfit, 'case')} left out, because they did "
                        "not fit into the log's summaries."
                    )
    except BROKEN as problem:
        raise unreadable(header.file, problem) from problem
    notes += other_models(header, summaries)
    return {"logs": [run | log_columns(header, summaries)], **found}


def other_models(header: LogHeader, summaries: Sequence[EvalSampleSummary]) -> Iterator[str]:
    """Yield notes on responses that carry the name of another model than the requested one."""
    model, question = header.header.eval.model, header.task.question
    names = Counter(pair for summary in summaries for pair in served_by(summary, model, question))
    for (requested, served), count in sorted(names.items()):
        if not serves(requested, served):
            yield (
                f"{header.name}: {requested} was requested, but {plural(count, 'response')} came from {served}; the "
                "results belong to that model."
            )


def run_columns(header: LogHeader) -> dict[str, Any]:
    """The columns shared by all rows of a run: log, reader, question, condition and case set."""
    settings = ", ".join(f"{name}={value}" for name, value in header.settings.items())
    names = {"log": header.file, "created": str(header.header.eval.created), "reader": header.reader}
    return names | {"settings": settings} | task_columns(header.task)


def task_columns(task: TaskRecord) -> dict[str, Any]:
    """The columns of a task: question, condition and case set."""
    return {
        "question": task.question,
        **task.condition.columns(),
        "case_set": f"{task.case_set} {task.case_set_version}",
        "fingerprint": task.case_set_fingerprint,
        "synthetic": bool(task.case_set_card.get("synthetic")),
    }


def grading_of(task: TaskRecord, summaries: Sequence[Any]) -> str:
    """How the grading of a log differs from the default: its task's, with the rubric of most of the counted scores."""
    scores = [counted_score(summary, task.question) for summary in summaries]
    rubrics = Counter(rubric for score in scores if score and (rubric := (score.metadata or {}).get("rubric")))
    return with_rubric(task.condition.grading, rubrics.most_common(1)[0][0] if rubrics else "")


def with_rubric(grading: str, rubric: str) -> str:
    """A grading, as in `Condition.grading`, with another rubric; unchanged if that is empty."""
    if not rubric:
        return grading
    others = [part for part in grading.split(", ") if part and not part.startswith("rubric=")]
    return ", ".join([*([f"rubric={rubric}"] if rubric != DEFAULT_RUBRIC else []), *others])


def log_columns(header: LogHeader, summaries: Sequence[Any]) -> dict[str, Any]:
    """The columns that only the frame `logs` has."""
    spec = header.header.eval
    ids, epochs = spec.dataset.sample_ids, spec.config.epochs or 1
    wanted = len(ids) * epochs if ids is not None else len(summaries)
    done = sum(answered(summary, header.task.question) for summary in summaries)
    return {
        "model": spec.model,
        "arguments": json.dumps(spec.model_args or {}, sort_keys=True, default=str),
        "status": header.header.status,
        "selected": header.task.selected * epochs,
        "asked": wanted,
        "reached": sum(bool(summary.scores or summary.error) for summary in summaries),
        "answered": done,
        # A log that failed in its scorer is complete if it was judged again.
        "complete": header.header.status in ("success", "error") and done >= header.task.selected * epochs,
        "task_version": str(spec.task_version),
        "package_version": header.task.package_version,
        "counted": True,
    }


__all__ = [
    "SENSITIVITY",
    "LogFrames",
    "NoRuns",
    "UnreadableLog",
    "read_arms",
    "read_logs",
    "read_runs",
    "run_columns",
    "task_columns",
]
