"""Read the answers out of Inspect's logs. Only headers and sample summaries are opened, never the samples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from inspect_ai.log import EvalLog, EvalSampleSummary, list_eval_logs, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.scorer import Score

from medsyn_inspect.analysis.schema import framed
from medsyn_inspect.records import (
    RECORDS_VERSION,
    ArmRecord,
    CaseRecord,
    GivenAnswer,
    Outcome,
    StageAnswer,
    TaskRecord,
    shortened,
)
from medsyn_inspect.redaction import last_part, without_secrets

CONDITION = ["reader", "view", "withheld", "text", "staging", "emphasis", "selection", "grading"]
"""What distinguishes one run of a question from another, beside the question itself."""

SENSITIVITY = "sensitivity"
"""The question of the task that asks every arm."""

Places = str | Path | Iterable[str | Path]
"""Log files or folders (searched to any depth), local or remote."""


class NoRuns(ValueError):
    """There is no log of this suite where one was looked for."""


class UnreadableLog(ValueError):
    """A log that cannot be read, with the reason."""


@dataclass(frozen=True)
class LogFrames:
    """What logs hold, each opened once; newer runs stand further down in every frame."""

    logs: pd.DataFrame
    """One row for each log of this suite."""

    runs: pd.DataFrame
    """As from `read_runs`; without rows if there are none."""

    arms: pd.DataFrame
    """As from `read_arms`; without rows if there are none."""

    stages: pd.DataFrame
    """Answers of runs with `staging=turns`, one row a stage, for `stages.belief_on_the_way`."""

    notes: list[str]
    """What was left out, and why."""


def read_runs(logs: Places) -> pd.DataFrame:
    """One row for each answer of `ddx`, `fdx` and `open_fdx` that was asked for: run, case, epoch, outcome.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        Columns `log`, `created` (ISO time), `question`, `reader`, `judge`, `view`, `withheld`, `text`, `staging`,
        `emphasis`, `selection`, `grading`, `case_set`, `fingerprint`, `synthetic`, `case_id`, `epoch`, `language`,
        `specialty_group`, `evidence_shown`, `evidence_withheld` (tuples), `outcome`, `failure`, `score` (0 to 5; NaN
        for `fdx`), `right` (1, 0, or NaN where unscored), `answer` and `correct_letter` (of `fdx`), `posterior` (tuple
        in the order shown, or None), `panel_scores` (tuple in the order of the judges, or None),
        `ambiguity` and `note` (what a person remarked on the case).

    Raises:
        NoRuns: If no log of these tasks is there.
        ValueError: If a log cannot be read, or was written under a newer version of the record contract.
    """
    found = read_logs(logs, strict=True)
    if found.runs.empty:
        raise _no_runs(logs)
    return found.runs


def read_arms(logs: Places) -> pd.DataFrame:
    """One row for each arm of each case of the `sensitivity` task.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        Columns `log`, `created`, `reader`, `emphasis`, `selection`, `case_set`, `fingerprint`, `synthetic`,
        `case_id`, `epoch`, `view`, `withheld` (`` for all evidence, the type withheld, or one of the names in
        `records`: `repeat`, `visual`, `only_<type>`, `order_<places>`), `posterior` (tuple of probabilities in the
        case's own order of options, or None), `low`, `high` (tuples, where the list of candidates was cut off),
        `counts` (tuple or None), `unreadable`, `refused` (answers that count for no option), `source`,
        `covered_mass`, `orders` (over how many the posterior is averaged), `n`, `answer` (letter), `correct` (1, 0;
        NaN without an answer), `error`.

    Raises:
        NoRuns: If no log of the `sensitivity` task is there.
        ValueError: If a log cannot be read, or was written under a newer version of the record contract.
    """
    found = read_logs(logs, strict=True)
    if found.arms.empty:
        raise _no_runs(logs)
    return found.arms


def newest_arms(arms: pd.DataFrame) -> pd.DataFrame:
    """Of each reader's runs the newest, which comes last.

    Raises:
        ValueError: If the readers were asked about case sets of different content.
    """
    newest = arms[arms["log"] == arms.groupby("reader")["log"].transform("last")]
    if newest["fingerprint"].nunique() > 1:
        sets = newest.groupby("fingerprint")["reader"].unique()
        told = "; ".join(f"{fingerprint}: {', '.join(readers)}" for fingerprint, readers in sets.items())
        raise ValueError(f"readers asked about different case sets cannot be put together ({told})")
    return newest.reset_index(drop=True)


def read_logs(logs: Places, *, strict: bool = False) -> LogFrames:
    """Everything that the analysis needs, from one look into each log.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        strict: Whether a log that cannot be read is an error even if there are others.

    Raises:
        NoRuns: If no log of this suite is there.
        UnreadableLog: If a log cannot be read (any, or where `strict` is not set, all of them).
    """
    files = log_files(logs)
    headers: list[tuple[str, EvalLog, TaskRecord]] = []
    refused: list[UnreadableLog] = []
    foreign = bare = 0
    for file in files:
        try:
            found = _header(file)
        except UnreadableLog as problem:
            refused.append(problem)
            continue
        if found is None:
            foreign += 1
        else:
            headers.append((file, *found))
    # Of the same second, by name: what order a folder lists them in must not matter.
    headers.sort(key=lambda one: (one[1].eval.created, file_name(one[0])))
    rows: dict[str, list[dict[str, Any]]] = {"logs": [], "runs": [], "arms": [], "stages": []}
    notes: list[str] = []
    for file, header, task in headers:
        try:
            read = _read(file, header, task, notes)
            bare += not read
            for name, more in read.items():
                rows[name] += more
        except UnreadableLog as problem:
            refused.append(problem)
    if refused and (strict or not rows["logs"]):
        raise refused[0]
    if not rows["logs"]:
        raise _no_runs(logs)
    if foreign:
        notes.insert(0, f"{counted(foreign, 'log')} of other tasks than those of this suite left aside.")
    if bare:
        notes.append(f"{counted(bare, 'header')} without answers (`medsyn export --format json`) left aside.")
    notes += [f"Left out: {problem}." for problem in refused]
    return LogFrames(**{name: framed(name, one) for name, one in rows.items()}, notes=notes)


def logs_of_this_suite(logs: Places) -> list[tuple[str, EvalLog, TaskRecord]]:
    """File, header and record of each log of this suite, oldest first.

    Raises:
        NoRuns: If there is none.
        UnreadableLog: If a log cannot be read.
    """
    found = [(file, *header) for file in log_files(logs) if (header := _header(file))]
    if not found:
        raise _no_runs(logs)
    return sorted(found, key=lambda one: one[1].eval.created)


def log_files(logs: Places) -> list[str]:
    """The log files at some places."""
    return [file for place in _places(logs) for file in _log_files(place)]


def file_name(log: str) -> str:
    """The name of a log file, without where it lies."""
    return PurePosixPath(log).name


def counted(number: int, noun: str) -> str:
    """`1 log`, `2 logs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def several(names: list[str], most: int = 3) -> str:
    """The first names, and how many there are more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _header(file: str) -> tuple[EvalLog, TaskRecord] | None:
    """Header and task of a log of this suite; `None` for a log of another.

    Raises:
        UnreadableLog: If it cannot be read, or was written under a newer version of the records.
    """
    try:
        header = read_eval_log(file, header_only=True)
        metadata = header.eval.metadata or {}
        if "records_version" not in metadata:
            return None
        if metadata["records_version"] > RECORDS_VERSION:
            raise UnreadableLog(
                f"{file_name(file)}: written under version {metadata['records_version']} of the records, this is "
                f"version {RECORDS_VERSION}; update medsyn-inspect"
            )
        return header, TaskRecord.model_validate(metadata)
    except UnreadableLog:
        raise
    except (OSError, ValueError, TypeError) as problem:
        raise _unreadable(file, problem) from problem


def _read(file: str, header: EvalLog, task: TaskRecord, notes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each frame that one log holds; none of a header without answers. What does not fit gets a note."""
    run = _run(file, header, task)
    try:
        # A summary without an error and without a score belongs to a sample that is still running or was cancelled.
        summaries = read_eval_log_sample_summaries(file)
        if not summaries and header.results and header.results.completed_samples:
            return {}  # Else it would count as a run that reached nothing.
        rows: dict[str, list[dict[str, Any]]] = {"runs": [], "arms": [], "stages": []}
        if task.question == SENSITIVITY:
            rows["arms"] = [run | row for summary in summaries for row in _arms(summary)]
        else:
            answers = [_answer(summary) for summary in summaries]
            rows["runs"] = [run | answer for answer in [*answers, *_not_reached(header, answers)]]
            if task.staging == "turns":
                unfit = 0
                for summary in summaries:
                    stages = _stages(summary, task.question)
                    unfit += stages is None
                    rows["stages"] += [run | stage for stage in stages or []]
                if unfit:
                    notes.append(
                        f"{file_name(file)}: the answers on the way of {counted(unfit, 'case')} left out, because they "
                        "did not fit into the log's summaries."
                    )
    except (OSError, ValueError, TypeError) as problem:
        raise _unreadable(file, problem) from problem
    config, ids = header.eval.config, header.eval.dataset.sample_ids
    asked = len(ids) * (config.epochs or 1) if ids is not None else len(summaries)
    log = run | {
        "model": header.eval.model,
        "arguments": json.dumps(header.eval.model_args or {}, sort_keys=True, default=str),
        "status": header.status,
        "asked": asked,
        "reached": sum(bool(summary.scores or summary.error) for summary in summaries),
        "task_version": str(header.eval.task_version),
        "package_version": task.package_version,
        "counted": True,
    }
    return {"logs": [log], **rows}


def _unreadable(file: str, problem: Exception) -> UnreadableLog:
    return UnreadableLog(f"{file_name(file)}: cannot be read as a log ({' '.join(str(problem).split())[:200]})")


def _no_runs(logs: Places) -> NoRuns:
    files = len(log_files(logs))
    return NoRuns(f"no log of this suite in {', '.join(_places(logs))} ({files} log files looked at)")


def _places(logs: Places) -> list[str]:
    return [str(logs)] if isinstance(logs, (str, Path)) else [str(place) for place in logs]


def _log_files(place: str) -> list[str]:
    if place.endswith((".eval", ".json")):
        return [place]
    # As Inspect's own frames name them.
    return [info.name.removeprefix("file://") for info in list_eval_logs(place, descending=False)]


def _run(file: str, header: EvalLog, task: TaskRecord) -> dict[str, Any]:
    return {"log": file, "created": str(header.eval.created), "reader": reader_name(header)} | condition_of(task)


def condition_of(task: TaskRecord) -> dict[str, Any]:
    """What a run asked, about which cases: from `question` to `synthetic` of the frame `runs`, without `reader`."""
    view, _, withheld = task.arm.partition("-")
    return {
        "question": task.question,
        "view": view,
        "withheld": withheld,
        "text": task.text,
        "staging": task.staging,
        "emphasis": task.emphasis or "",
        "selection": task.selection,
        "grading": task.grading,
        "case_set": f"{task.case_set} {task.case_set_version}",
        "fingerprint": task.case_set_fingerprint,
        "synthetic": bool(task.case_set_card.get("synthetic")),
    }


def reader_name(header: EvalLog) -> str:
    """The model; of the reference reader also its arguments, which make another reader of it."""
    arguments = without_secrets(header.eval.model_args or {})
    if not header.eval.model.startswith("reference/") or not arguments:
        return header.eval.model
    if "cases" in arguments:
        # Where a case set lies on a machine is no part of a reader.
        arguments["cases"] = last_part(str(arguments["cases"]))
    return f"{header.eval.model} ({', '.join(f'{name}={value}' for name, value in sorted(arguments.items()))})"


def _not_reached(header: EvalLog, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for the cases that a run was to ask and never reached: without them a run cut short would look whole."""
    there = {(answer["case_id"], answer["epoch"]) for answer in answers}
    unscored = {"outcome": Outcome.CALL_FAILED.value, "judge": "", "score": float("nan"), "right": float("nan")}
    return [
        {"case_id": str(case_id), "epoch": epoch} | unscored
        for case_id in header.eval.dataset.sample_ids or []
        for epoch in range(1, (header.eval.config.epochs or 1) + 1)
        if (str(case_id), epoch) not in there
    ]


def _answer(summary: EvalSampleSummary) -> dict[str, Any]:
    case = _case(summary)
    person = GivenAnswer.model_construct(**summary.metadata)
    score = _score(summary)
    record = (score.metadata or {}) if score is not None and not summary.error else {}
    outcome = Outcome(record.get("outcome", Outcome.CALL_FAILED))
    level = score.value.get("score") if score is not None and isinstance(score.value, dict) else float("nan")
    return {
        "case_id": str(summary.id),
        "epoch": summary.epoch,
        "language": case.language,
        "specialty_group": case.specialty_group,
        "evidence_shown": tuple(case.evidence_shown),
        "evidence_withheld": tuple(case.evidence_withheld),
        "outcome": outcome.value,
        "failure": record.get("failure"),
        "judge": ", ".join(record.get("judge", [])),
        "score": level,
        "right": {Outcome.RIGHT: 1.0, Outcome.WRONG: 0.0}.get(outcome, float("nan")),
        "answer": record.get("choice"),
        "correct_letter": case.correct if isinstance(getattr(case, "correct", None), str) else None,
        "posterior": _numbers(record.get("posterior")),
        "panel_scores": _numbers(record.get("panel_scores")),
        "ambiguity": person.ambiguity,
        "note": person.note,
    }


def _numbers(value: object) -> tuple[float, ...] | None:
    """A list of numbers; `None` where there is none, or where it did not fit and a remark stands in its place."""
    return tuple(value) if isinstance(value, list) and value else None


def _case(summary: EvalSampleSummary) -> CaseRecord:
    # Not validated: of a long field (many aliases, long options) a summary holds a remark that it was left out.
    return CaseRecord.model_construct(**summary.metadata)


def _score(summary: EvalSampleSummary) -> Score | None:
    """Judged again (`inspect score --action append`), the newest score counts."""
    return next(reversed((summary.scores or {}).values()), None)


def _arms(summary: EvalSampleSummary) -> list[dict[str, Any]]:
    score = _score(summary)
    target = str(summary.target)
    return [
        {"case_id": str(summary.id), "epoch": summary.epoch} | _arm(label, ArmRecord.model_validate(record), target)
        for label, record in ((score.metadata or {}) if score else {}).items()
        if isinstance(record, dict)
    ]


def _arm(label: str, arm: ArmRecord, target: str) -> dict[str, Any]:
    view, _, withheld = label.partition("-")
    return {
        "view": view,
        "withheld": withheld,
        "posterior": tuple(arm.posterior) if arm.posterior else None,
        "low": tuple(arm.low) if arm.low else None,
        "high": tuple(arm.high) if arm.high else None,
        "counts": tuple(arm.counts) if arm.counts else None,
        "unreadable": arm.unreadable,
        "refused": arm.refused,
        "source": arm.source,
        "covered_mass": arm.covered_mass,
        "orders": arm.orders,
        "n": arm.n,
        "answer": arm.answer,
        "correct": float(arm.answer == target) if arm.n else float("nan"),
        "error": arm.error,
    }


FIRST_LISTED = re.compile(r"1\. (.*?)(?= 2\. |$)")
"""The first diagnosis of an answer that a summary has folded into one line."""


def _stages(summary: EvalSampleSummary, question: str) -> list[dict[str, Any]] | None:
    """One row for each stage, the last one included; none without a score, `None` if the record did not fit."""
    case, score = _case(summary), _score(summary)
    record = (score.metadata or {}) if score is not None and not summary.error else {}
    if score is None or not record:
        return []
    on_the_way = record.get("on_the_way", [])
    if not isinstance(on_the_way, list) or not isinstance(case.stages, list):
        return None
    target = str(summary.target)
    earlier = [StageAnswer.model_validate(answer) for answer in on_the_way]
    rows: list[dict[str, Any]] = [
        {
            "stage": answer.stage,
            "answer": answer.answer,
            "posterior": answer.probabilities,
            "correct": float(answer.answer == target) if question == "fdx" else float("nan"),
        }
        for answer in earlier
    ]
    last: dict[str, Any] = {"stage": case.stages[-1]}
    last["correct"] = {"right": 1.0, "wrong": 0.0}.get(str(record.get("outcome")), float("nan"))
    if question == "fdx":
        posterior = record.get("posterior")
        last |= {"answer": record.get("choice"), "posterior": tuple(posterior) if posterior else None}
    else:
        listed = FIRST_LISTED.match(" ".join((score.answer or "").split()))
        # As short as the answers on the way are kept, or the same diagnosis would look like another.
        last["answer"] = shortened(listed[1], 40) if listed else None
    return [
        {"case_id": str(summary.id), "epoch": summary.epoch, "number": number, "final": number == len(rows) + 1} | row
        for number, row in enumerate([*rows, last], 1)
    ]
