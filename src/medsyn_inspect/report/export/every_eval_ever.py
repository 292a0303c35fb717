"""Results in the schema of Every Eval Ever (version 0.3.0, arXiv 2606.14516): one aggregate a log, one line an answer.

Written from the schema's own field descriptions; what it cannot say is said in `additional_details`. Unless asked
for, nothing here holds words of a case: not the prompt, the options, the diagnosis, nor what the reader wrote.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inspect_ai.log import EvalSample, EvalSampleSummary, read_eval_log_sample_summaries, read_eval_log_samples

from medsyn_inspect.analysis.read.logs import SENSITIVITY, logs_of_this_suite, read_runs
from medsyn_inspect.report.export import ExportFailed
from medsyn_inspect.report.export.aggregate import aggregate
from medsyn_inspect.report.export.instances import instances
from medsyn_inspect.report.export.run import Run, last_rubric

Relationship = Literal["first_party", "third_party", "collaborative", "other"]


@dataclass(frozen=True)
class Exported:
    """What is to be written, and what could not be."""

    files: dict[str, str]
    """Texts by path, each below `data/`."""

    left_out: list[str]
    """Logs that hold no result of this kind, and why."""


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
        ExportFailed: If none of them holds a result that the schema can tell.
    """
    made = str(int(time.time() if now is None else now))
    files: dict[str, str] = {}
    left_out: list[str] = []
    for log in logs_of_this_suite(logs):
        file, header, task = log.file, log.header, log.task
        if task.question == SENSITIVITY:
            left_out.append(f"{file}: the schema has no place for Evidence Sensitivity; see `medsyn analyze -o`")
            continue
        summaries = read_eval_log_sample_summaries(file)
        if not summaries:
            left_out.append(f"{file}: it holds no answers; export the log itself")
            continue
        answers = read_runs([file])
        if not answers["right"].notna().any():
            left_out.append(f"{file}: no answer in it is scored")
            continue
        run = Run(file, header, task, answers, made, last_rubric(task, summaries))
        source = {
            "source_name": "medsyn_inspect",
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": relationship,
        }
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
        files[f"{run.folder}/{run.uuid}.json"] = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
        files[place] = text
    if not files:
        raise ExportFailed("nothing to export:\n" + "\n".join(f"  {reason}" for reason in left_out))
    return Exported(files, left_out)


def _answers(
    file: str, summaries: list[EvalSampleSummary], whole: bool
) -> Iterator[tuple[EvalSampleSummary, EvalSample | None]]:
    """Every answer, with its whole sample if that is wanted, one at a time: together they can be too much."""
    if not whole:
        yield from ((summary, None) for summary in summaries)
        return
    by_key = {(summary.id, summary.epoch): summary for summary in summaries}
    for sample in read_eval_log_samples(file, all_samples_required=False):
        yield by_key[sample.id, sample.epoch], sample
