"""Results in the schema of Every Eval Ever (version 0.3.0, arXiv 2606.14516).

Each log has one aggregate record, and one line per answer.

The fields follow the descriptions in the schema; information without a field is in `additional_details`. By default
the export contains no text of a case: no prompt, options, diagnosis or answer of the reader.
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
from medsyn_inspect.records import Outcome
from medsyn_inspect.report.export import Exported, LeftOut, Relationship
from medsyn_inspect.report.export.aggregate import aggregate
from medsyn_inspect.report.export.instances import instances
from medsyn_inspect.report.export.run import Json, Run, counted_rubric
from medsyn_inspect.wording import plural


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
        include_cases: Whether prompt, options, diagnosis and the text of the answer are included; images never are.
        organization: Who ran the evaluation.
        relationship: Relationship of that organization to the model.
        now: Time of export, in seconds since 1970.

    Raises:
        NoRuns: If no log of this suite is there.
        UnreadableLog: If none of them can be read.
        ExportFailed: If none of them contains a result that the schema can represent.
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
    """The two files of one log, by path.

    Raises:
        LeftOut: If it contains no result that the schema can represent.
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
    if lost := int(answers["outcome"].isin((Outcome.JUDGE_FAILED, Outcome.READING_FAILED)).sum()):
        raise LeftOut(
            f"{file}: {lost} of {plural(len(answers), 'answer')} without a verdict, so there are only bounds, for "
            "which the schema has no place; judge it again, or see `medsyn analyze -o`"
        )
    run = Run(file, header, task, answers, made, counted_rubric(task, summaries))
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
    """Each answer, with its full sample if `whole`; read one at a time, since all samples may not fit into memory."""
    if not whole:
        yield from ((summary, None) for summary in summaries)
        return
    by_key = {(summary.id, summary.epoch): summary for summary in summaries}
    try:
        for sample in read_eval_log_samples(file, all_samples_required=False):
            yield by_key[sample.id, sample.epoch], sample
    except BROKEN as problem:
        raise unreadable(file, problem) from problem
