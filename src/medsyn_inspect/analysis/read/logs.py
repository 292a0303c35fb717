"""Read the answers out of Inspect's logs. Only headers and sample summaries are opened, never the samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from inspect_ai.log import read_eval_log_sample_summaries

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
from medsyn_inspect.analysis.read.rows import answer_row, answered, arm_rows, not_reached, stage_rows
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.records import TaskRecord
from medsyn_inspect.wording import plural

SENSITIVITY = "sensitivity"
"""The question of the task that shows every arm."""


@dataclass(frozen=True)
class LogFrames:
    """What logs hold, each opened once; newer runs are further down in every frame."""

    logs: pd.DataFrame
    """One row for each log of this suite."""

    runs: pd.DataFrame
    """As from `read_runs`; without rows if there are none."""

    arms: pd.DataFrame
    """As from `read_arms`; without rows if there are none."""

    stages: pd.DataFrame
    """Answers of runs with `staging=turns`, one row a stage, for `stages.interim_beliefs`."""

    notes: list[str]
    """What was left out, and why."""

    headers: tuple[LogHeader, ...] = ()
    """Of the logs, in the same order."""


def read_runs(logs: Places) -> pd.DataFrame:
    """One row for each answer of `ddx`, `fdx` and `open_fdx` that a run was to give: run, case, epoch, outcome.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        The columns of `schema.FRAMES["runs"]`.

    Raises:
        NoRuns: If no log of these tasks is there.
        UnreadableLog: If a log cannot be read, or was written under another version of the records.
    """
    found = read_logs(logs, strict=True)
    if found.runs.empty:
        raise no_runs(logs, len(log_files(logs)))
    return found.runs


def read_arms(logs: Places) -> pd.DataFrame:
    """One row for each arm of each case of the `sensitivity` task.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        The columns of `schema.FRAMES["arms"]`.

    Raises:
        NoRuns: If no log of the `sensitivity` task is there.
        UnreadableLog: If a log cannot be read, or was written under another version of the records.
    """
    found = read_logs(logs, strict=True)
    if found.arms.empty:
        raise no_runs(logs, len(log_files(logs)))
    return found.arms


def read_logs(logs: Places, *, strict: bool = False) -> LogFrames:
    """Everything that the analysis needs; each log is opened once.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        strict: Whether a log that cannot be read is an error even if there are others.

    Raises:
        NoRuns: If no log of this suite is there.
        UnreadableLog: If a log cannot be read (any, or where `strict` is not set, all of them).
    """
    headers, notes = read_headers(logs, strict=strict)
    rows: dict[str, list[dict[str, Any]]] = {"logs": [], "runs": [], "arms": [], "stages": []}
    kept: list[LogHeader] = []
    refused: list[UnreadableLog] = []
    bare = 0
    for header in headers:
        try:
            found = _rows(header, notes)
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


def _rows(header: LogHeader, notes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each frame that one log holds; none of a header without answers. What does not fit gets a note."""
    results = header.header.results
    try:
        # A summary without an error and without a score belongs to a sample that is still running or was cancelled.
        summaries = read_eval_log_sample_summaries(header.file)
        if not summaries and results and results.completed_samples:
            return {}  # Otherwise it would count as a run that reached nothing.
        run = run_columns(header)
        found: dict[str, list[dict[str, Any]]] = {"runs": [], "arms": [], "stages": []}
        if header.task.question == SENSITIVITY:
            found["arms"] = [run | row for summary in summaries for row in arm_rows(summary)]
        else:
            answers = [answer_row(summary) for summary in summaries]
            found["runs"] = [run | answer for answer in [*answers, *not_reached(header.header, answers)]]
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
    return {"logs": [run | log_columns(header, summaries)], **found}


def run_columns(header: LogHeader) -> dict[str, Any]:
    """The columns that every row of a run has: which log, which reader, what was asked about which cases."""
    settings = ", ".join(f"{name}={value}" for name, value in header.settings.items())
    names = {"log": header.file, "created": str(header.header.eval.created), "reader": header.reader}
    return names | {"settings": settings} | task_columns(header.task)


def task_columns(task: TaskRecord) -> dict[str, Any]:
    """What a run asked, about which cases: the question, the columns of the condition, and the case set."""
    return {
        "question": task.question,
        **task.condition.columns(),
        "case_set": f"{task.case_set} {task.case_set_version}",
        "fingerprint": task.case_set_fingerprint,
        "synthetic": bool(task.case_set_card.get("synthetic")),
    }


def log_columns(header: LogHeader, summaries: Sequence[Any]) -> dict[str, Any]:
    """The columns of the frame `logs` that its rows alone have."""
    spec = header.header.eval
    ids, epochs = spec.dataset.sample_ids, spec.config.epochs or 1
    wanted = len(ids) * epochs if ids is not None else len(summaries)
    done = sum(map(answered, summaries))
    return {
        "model": spec.model,
        "arguments": json.dumps(spec.model_args or {}, sort_keys=True, default=str),
        "status": header.header.status,
        "selected": header.task.selected * epochs,
        "asked": wanted,
        "reached": sum(bool(summary.scores or summary.error) for summary in summaries),
        "answered": done,
        "complete": header.header.status == "success" and done >= header.task.selected * epochs,
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
