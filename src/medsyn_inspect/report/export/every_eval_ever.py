"""Results in the schema of Every Eval Ever (version 0.3.0, arXiv 2606.14516): one aggregate a log, one line an answer.

Written from the schema's own field descriptions; what it cannot say is said in `additional_details`. Unless asked
for, nothing here holds words of a case: not the prompt, the options, the diagnosis, nor what the reader wrote.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from inspect_ai.log import EvalSample, EvalSampleSummary, read_eval_log_sample_summaries, read_eval_log_samples

from medsyn_inspect.analysis.read.headers import BROKEN, LogHeader, UnreadableLog, read_headers, unreadable
from medsyn_inspect.analysis.read.logs import SENSITIVITY, read_runs
from medsyn_inspect.report.export import Exported, LeftOut, Relationship
from medsyn_inspect.report.export.aggregate import aggregate
from medsyn_inspect.report.export.instances import instances
from medsyn_inspect.report.export.run import Json, Run, last_rubric


def every_eval_ever_files(
    logs: Iterable[str | Path],
    *,
    include_cases: bool = False,
    organization: str = "unknown",
    relationship: Relationship = "other",
    now: float | None = None,
) -> Exported:
    """The aggregate and the answers of each log.

    Args:
        logs: Log files or folders.
        include_cases: Whether answers come with prompt, options, diagnosis and what the reader wrote; never images.
        organization: Who ran the evaluation.
        relationship: Of that organization to the model.
        now: When the record is made, in seconds since 1970.

    Raises:
        NoRuns: If no log of this suite is there.
        UnreadableLog: If none of them can be read.
        ExportFailed: If none of them holds a result that the schema has a place for.
    """
    source = {
        "source_name": "medsyn_inspect",
        "source_type": "evaluation_run",
        "source_organization_name": organization,
        "evaluator_relationship": relationship,
    }
    made = str(int(time.time() if now is None else now))
    found, notes = read_headers(logs)
    files: dict[str, str] = {}
    for log in found:
        try:
            files |= _files_of(log, include_cases=include_cases, source=source, made=made)
        except (LeftOut, UnreadableLog) as reason:
            notes.append(f"Left out: {reason}.")
        except ValueError as error:  # such as a rubric that this version does not have
            notes.append(f"Left out: {log.file}: {error}.")
    return Exported(files, notes)


def _files_of(log: LogHeader, *, include_cases: bool, source: Json, made: str) -> dict[str, str]:
    """The two files of one log, by their path.

    Raises:
        LeftOut: If it holds no result of this kind.
        UnreadableLog: If it cannot be read.
    """
    file, header, task = log.file, log.header, log.task
    if task.question == SENSITIVITY:
        raise LeftOut(f"{file}: the schema has no place for Evidence Sensitivity; see `medsyn analyze -o`")
    try:
        summaries = read_eval_log_sample_summaries(file)
    except BROKEN as problem:
        raise unreadable(file, problem) from problem
    if not summaries:
        raise LeftOut(f"{file}: it holds no answers; export the log itself")
    answers = read_runs([file])
    if not answers["right"].notna().any():
        raise LeftOut(f"{file}: no answer in it is scored")
    run = Run(file, header, task, answers, made, last_rubric(task, summaries))
    rows = [row for one, sample in _answers(file, summaries, include_cases) for row in instances(run, one, sample)]
    text = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    place = f"{run.folder}/{run.uuid}_samples.jsonl"
    details = {
        "format": "jsonl",
        "file_path": place,
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
        "total_rows": len(rows),
    }
    record = aggregate(run) | {"source_metadata": source, "detailed_evaluation_results": details}
    return {
        f"{run.folder}/{run.uuid}.json": json.dumps(record, ensure_ascii=False, indent=2) + "\n",
        place: text,
    }


def _answers(
    file: str, summaries: list[EvalSampleSummary], whole: bool
) -> Iterator[tuple[EvalSampleSummary, EvalSample | None]]:
    """Every answer, with its whole sample if that is wanted, one at a time: together they can be too much."""
    if not whole:
        yield from ((summary, None) for summary in summaries)
        return
    by_key = {(summary.id, summary.epoch): summary for summary in summaries}
    try:
        for sample in read_eval_log_samples(file, all_samples_required=False):
            yield by_key[sample.id, sample.epoch], sample
    except BROKEN as problem:
        raise unreadable(file, problem) from problem
