"""The header of each log as JSON: what was asked of which model, with which settings and which result; no sample."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from inspect_ai.log import EvalLog

from medsyn_inspect.analysis.read.logs import logs_of_this_suite
from medsyn_inspect.report.export import ExportFailed

ERROR_LEFT_OUT = "left out of this export, because it can quote a case; it is in the log"


def header_files(logs: Iterable[str | Path]) -> dict[str, str]:
    """The headers of the logs of this suite, by file name; Inspect's own JSON format, which `read_eval_log` reads.

    Raises:
        NoRuns: If there is no log.
        ExportFailed: If two logs have the same file name.
    """
    files: dict[str, str] = {}
    for log in logs_of_this_suite(logs):
        name = PurePosixPath(log.file).with_suffix(".json").name
        if name in files:
            raise ExportFailed(f"two logs are called {name}; export their folders one by one")
        files[name] = without_cases(log.header).model_dump_json(indent=2, exclude_none=True) + "\n"
    return files


def without_cases(header: EvalLog) -> EvalLog:
    """A header without what can hold words or images of a case: samples, their reductions, and the text of an error."""
    error = header.error
    if error is not None:
        error = error.model_copy(update={"message": ERROR_LEFT_OUT, "traceback": "", "traceback_ansi": ""})
    return header.model_copy(update={"samples": None, "reductions": None, "error": error})
