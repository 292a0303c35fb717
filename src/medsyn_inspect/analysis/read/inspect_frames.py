"""Conditions as columns of Inspect's own data frames: `prepare(evals_df(logs), condition_info())`."""

from __future__ import annotations

import json

import pandas as pd
from inspect_ai.analysis import Operation

from medsyn_inspect.analysis.read.logs import task_columns
from medsyn_inspect.records import TaskRecord


def condition_info() -> Operation:
    """Add question, condition and case set of each run to a frame of `inspect_ai.analysis.evals_df`.

    Reads the column `metadata` and adds `question`, `view`, `withheld`, `text`, `staging`, `emphasis`, `selection`,
    `grading`, `case_set`, `fingerprint`, `synthetic`; missing for runs of other suites.

    Returns:
        An operation for `inspect_ai.analysis.prepare`. It raises `ValueError` if there is no column `metadata`.
    """

    def transform(df: pd.DataFrame) -> pd.DataFrame:
        if "metadata" not in df.columns:
            raise ValueError("Required column 'metadata' not found in DataFrame")
        rows = []
        for metadata in df["metadata"]:
            record = json.loads(metadata) if isinstance(metadata, str) else {}
            known = "records_version" in record
            rows.append(task_columns(TaskRecord.model_validate(record)) if known else {})
        return df.join(pd.DataFrame(rows, index=df.index))

    return transform
