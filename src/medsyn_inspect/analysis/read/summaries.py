"""Sample summaries of a log, without the work that Inspect repeats when it reads them."""

from __future__ import annotations

import json
from typing import Any
from zipfile import ZipFile, is_zipfile

from inspect_ai.log import EvalSampleSummary, read_eval_log_sample_summaries
from pydantic import TypeAdapter, model_validator

SUMMARIES = "summaries.json"
"""The file of a complete log that has all its summaries."""


class WrittenSummary(EvalSampleSummary):
    """A summary as it is in a log.

    Inspect's own class shortens the texts of a summary each time it is made: also when it is read from a log, where its
    texts are short already. That takes most of the time of reading, as does checking what no analysis uses.
    """

    input: Any
    model_usage: Any = None
    role_usage: Any = None
    started_at: Any = None
    completed_at: Any = None

    @model_validator(mode="after")
    def thin_data(self) -> WrittenSummary:
        """Leave the texts as they are; replaces the method of the same name."""
        return self


_WRITTEN = TypeAdapter(list[WrittenSummary])


def read_summaries(file: str) -> list[EvalSampleSummary]:
    """The summaries of the samples of a log, the last one of each sample and epoch.

    Local `.eval` files of complete runs are read here; remote and JSON files and those of unfinished runs by Inspect.

    Raises:
        Exception: One of `headers.BROKEN`, if the log is damaged.
    """
    if "://" not in file and is_zipfile(file):
        with ZipFile(file) as log:  # Importing Inspect teaches it the compression of logs.
            if SUMMARIES in log.namelist():
                found = _WRITTEN.validate_python(json.loads(log.read(SUMMARIES)))
                return list({(str(one.id), one.epoch): one for one in found}.values())
    return read_eval_log_sample_summaries(file)
