"""For Inspect's own data frames: `prepare(evals_df(logs), condition_info())`."""

from __future__ import annotations

import json

import pandas as pd
from inspect_ai.analysis import Operation

from medsyn_inspect.analysis.read.logs import task_columns
from medsyn_inspect.records import TaskRecord


def condition_info() -> Operation:
    """Add what a run asked to a frame of `inspect_ai.analysis.evals_df`, as columns.

    Reads the column `metadata` and adds `question`, `view`, `withheld`, `text`, `staging`, `emphasis`, `selection`,
    `grading`, `case_set`, `fingerprint`, `synthetic`; missing where a run is not of this suite.

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
