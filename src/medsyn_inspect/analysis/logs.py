"""Read the answers out of Inspect's logs. Only headers and sample summaries are opened, never the samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from inspect_ai.log import EvalLog, EvalSampleSummary, list_eval_logs, read_eval_log, read_eval_log_sample_summaries

from medsyn_inspect.records import RECORDS_VERSION, ArmRecord, CaseRecord, Outcome, TaskRecord

CONDITION = ["reader", "view", "withheld", "text", "staging", "emphasis", "selection", "grading"]
"""What distinguishes one run of a question from another, beside the question itself."""


SENSITIVITY = "sensitivity"
"""The question of the task that asks every arm."""


class NoRuns(ValueError):
    """There is no log of this suite where one was looked for."""


def read_runs(logs: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """One row for each answer of `ddx`, `fdx` and `open_fdx` that was asked for: run, case, epoch, outcome.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        Columns `log`, `question`, `reader`, `judge`, `view`, `withheld`, `text`, `staging`, `emphasis`,
        `selection`, `grading`, `case_set`, `fingerprint`, `synthetic`, `case_id`, `epoch`, `language`,
        `specialty_group`, `outcome`, `failure`, `score` (0 to 5; NaN for `fdx`), `right` (1, 0, or NaN where unscored).

    Raises:
        NoRuns: If no log of these tasks is there.
        ValueError: If a log was written under a newer version of the record contract.
    """
    rows: list[dict[str, Any]] = []
    for file, header, task in _logs_of_this_suite(logs):
        if task.question == SENSITIVITY:
            continue
        # A summary without an error and without a score belongs to a sample that is still running or was cancelled.
        answers = [_answer(summary) for summary in read_eval_log_sample_summaries(file)]
        run = _run(file, header, task)
        rows += [run | answer for answer in [*answers, *_not_reached(header, answers)]]
    if not rows:
        raise _no_runs(logs)
    return pd.DataFrame(rows)


def read_arms(logs: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """One row for each arm of each case of the `sensitivity` task.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.

    Returns:
        Columns `log`, `reader`, `fingerprint`, `case_id`, `epoch`, `view`, `withheld` (`` for all evidence, the
        type withheld, or one of the names in `records`: `repeat`, `visual`, `only_<type>`, `order_<places>`),
        `posterior` (tuple of probabilities in the case's own order of options, or None), `low`, `high` (tuples, where
        the list of candidates was cut off), `counts` (tuple or None), `unreadable`, `refused` (answers that count for
        no option), `source`, `covered_mass`, `orders` (over how many the posterior is averaged), `n`, `answer`
        (letter), `correct` (1, 0; NaN without an answer), `error`.

    Raises:
        NoRuns: If no log of the `sensitivity` task is there.
        ValueError: If a log was written under a newer version of the record contract.
    """
    rows: list[dict[str, Any]] = []
    for file, header, task in _logs_of_this_suite(logs):
        if task.question != SENSITIVITY:
            continue
        run = _run(file, header, task)
        kept = {name: run[name] for name in ("log", "reader", "fingerprint")}
        for summary in read_eval_log_sample_summaries(file):
            score = next(reversed((summary.scores or {}).values()), None)
            case = {"case_id": str(summary.id), "epoch": summary.epoch}
            for label, record in ((score.metadata or {}) if score else {}).items():
                if isinstance(record, dict):
                    rows.append(kept | case | _arm(label, ArmRecord.model_validate(record), str(summary.target)))
    if not rows:
        raise _no_runs(logs)
    return pd.DataFrame(rows)


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


def _logs_of_this_suite(logs: str | Path | Iterable[str | Path]) -> Iterator[tuple[str, EvalLog, TaskRecord]]:
    """Headers of the logs that this suite wrote, oldest first, so that what comes later in a frame is newer."""
    files = [file for place in _places(logs) for file in _log_files(place)]
    headers = [(file, read_eval_log(file, header_only=True)) for file in files]
    for file, header in sorted(headers, key=lambda pair: pair[1].eval.created):
        metadata = header.eval.metadata or {}
        if "records_version" not in metadata:
            continue
        if metadata["records_version"] > RECORDS_VERSION:
            raise ValueError(
                f"{file}: written under version {metadata['records_version']} of the records, this is version "
                f"{RECORDS_VERSION}; update medsyn-inspect"
            )
        yield file, header, TaskRecord.model_validate(metadata)


def _no_runs(logs: str | Path | Iterable[str | Path]) -> NoRuns:
    files = sum(1 for place in _places(logs) for _ in _log_files(place))
    return NoRuns(f"no log of this suite in {', '.join(_places(logs))} ({files} log files looked at)")


def _places(logs: str | Path | Iterable[str | Path]) -> list[str]:
    return [str(logs)] if isinstance(logs, (str, Path)) else [str(place) for place in logs]


def _not_reached(header: EvalLog, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for the cases that a run was to ask and never reached: without them a run cut short would look whole."""
    there = {(answer["case_id"], answer["epoch"]) for answer in answers}
    unknown = dict.fromkeys(("language", "specialty_group", "failure"), None)
    unscored = {"outcome": Outcome.CALL_FAILED.value, "judge": "", "score": float("nan"), "right": float("nan")}
    return [
        {"case_id": str(case_id), "epoch": epoch} | unknown | unscored
        for case_id in header.eval.dataset.sample_ids or []
        for epoch in range(1, (header.eval.config.epochs or 1) + 1)
        if (str(case_id), epoch) not in there
    ]


def _log_files(place: str) -> list[str]:
    if place.endswith((".eval", ".json")):
        return [place]
    return [info.name for info in list_eval_logs(place, descending=False)]


def _run(file: str, header: EvalLog, task: TaskRecord) -> dict[str, Any]:
    view, _, withheld = task.arm.partition("-")
    arguments = header.eval.model_args or {}
    shown = ", ".join(f"{name}={value}" for name, value in sorted(arguments.items()))
    return {
        "log": file,
        "question": task.question,
        "reader": header.eval.model + (f" ({shown})" if shown and header.eval.model.startswith("reference/") else ""),
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


def _answer(summary: EvalSampleSummary) -> dict[str, Any]:
    # Not validated: of a long field (many aliases, long options) a summary holds a remark that it was left out.
    case = CaseRecord.model_construct(**summary.metadata)
    # Judged again (`inspect score --action append`), the newest score counts.
    score = next(reversed((summary.scores or {}).values()), None)
    record = (score.metadata or {}) if score is not None and not summary.error else {}
    outcome = Outcome(record.get("outcome", Outcome.CALL_FAILED))
    level = score.value.get("score") if score is not None and isinstance(score.value, dict) else float("nan")
    return {
        "case_id": str(summary.id),
        "epoch": summary.epoch,
        "language": case.language,
        "specialty_group": case.specialty_group,
        "outcome": outcome.value,
        "failure": record.get("failure"),
        "judge": ", ".join(record.get("judge", [])),
        "score": level,
        "right": {Outcome.RIGHT: 1.0, Outcome.WRONG: 0.0}.get(outcome, float("nan")),
    }
