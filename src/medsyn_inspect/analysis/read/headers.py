"""Headers of logs: which logs are of this suite, and what each header records about its run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import EvalLog, read_eval_log
from zstandard import ZstdError

from medsyn_inspect.analysis.read.places import Places, file_name, log_files, places_of
from medsyn_inspect.progress import steps
from medsyn_inspect.providers import is_simulated
from medsyn_inspect.records import RECORDS_VERSION, TaskRecord
from medsyn_inspect.redaction import last_part, short_hash, without_secrets
from medsyn_inspect.wording import plural

NO_EFFECT = frozenset((
    "max_retries", "timeout", "attempt_timeout", "stream_idle_timeout", "max_connections", "adaptive_connections",
    "cache", "cache_prompt", "batch", "seed",
))  # fmt: skip
"""Generation settings that do not distinguish readers: how calls are made, and the seed of a repeated run."""

BY_QUESTION = ("logprobs", "top_logprobs")
"""Settings made by the tasks."""

LONG = 40
"""Maximum length of a setting in characters; of a longer one (system message, schema) a hash is shown."""


SCORED = re.compile(r"-scored(-\d+)?\.\w+$")
"""The end of a file name that `inspect score` gives to a log that it has scored again."""

BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError, ZstdError)
"""Exceptions raised when reading a damaged log, including those of the decoders Inspect uses."""


class NoRuns(ValueError):
    """No log of this suite was found at the given places."""


class UnreadableLog(ValueError):
    """A log cannot be read; the message gives the reason."""


@dataclass(frozen=True)
class LogHeader:
    """The header of a log of this suite."""

    file: str
    """Path or address."""

    header: EvalLog
    """The header, without samples."""

    task: TaskRecord
    """The record of the task."""

    @property
    def name(self) -> str:
        """The file's name."""
        return file_name(self.file)

    @property
    def reader(self) -> str:
        """The model; for the reference reader including its arguments, which distinguish readers."""
        spec = self.header.eval
        arguments = without_secrets(spec.model_args or {})
        if not is_simulated(spec.model) or not arguments:
            return spec.model
        if "cases" in arguments:
            # The location of a case set does not distinguish readers.
            arguments["cases"] = last_part(str(arguments["cases"]))
        return f"{spec.model} ({', '.join(f'{name}={value}' for name, value in sorted(arguments.items()))})"

    @property
    def settings(self) -> dict[str, str]:
        """Settings by name that can affect the answers of a model with the same name; secrets are omitted."""
        spec = self.header.eval
        given: dict[str, Any] = {}
        config = self.header.plan.config.model_dump(mode="json", exclude_none=True)
        config |= spec.model_generate_config.model_dump(mode="json", exclude_none=True)
        given |= {name: value for name, value in config.items() if name not in (*NO_EFFECT, *BY_QUESTION)}
        if not is_simulated(spec.model):
            given |= spec.model_args or {}
        if spec.solver:
            given |= {"solver": spec.solver} | (spec.solver_args_passed or {})
        given |= self.task.design_changes
        shown = {name: _shown(name, value) for name, value in sorted(given.items())}
        if spec.model_base_url:
            shown["base_url"] = f"#{short_hash(spec.model_base_url)}"
        return {name: value for name, value in shown.items() if value}


def read_headers(logs: Places, *, strict: bool = False) -> tuple[list[LogHeader], list[str]]:
    """The headers of the logs of this suite, oldest first, and notes on what was left out.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        strict: Whether a log that cannot be read is an error even if other logs can be read.

    Raises:
        NoRuns: If there is no log of this suite.
        UnreadableLog: If a log cannot be read; without `strict`, only if no log can be read.
    """
    found: dict[str, LogHeader] = {}
    refused: list[UnreadableLog] = []
    copies: list[str] = []
    foreign = 0
    # The logs come first, so that an exported header, which contains no answers, is recognised as a copy of its log.
    files = sorted(log_files(logs), key=lambda file: not file.endswith(".eval"))
    for file in steps(files, "Opening logs"):
        try:
            header = read_header(file)
        except UnreadableLog as problem:
            refused.append(problem)
            continue
        if header is None:
            foreign += 1
        elif (eval_id := header.header.eval.eval_id) in found:
            first = found[eval_id]
            if _scorings(header) > _scorings(first):
                found[eval_id] = header
                copies.append(f"{first.name} was scored again as {header.name}, which counts instead.")
            else:
                copies.append(f"{header.name} is a copy of {first.name} and is not counted again.")
        else:
            found[eval_id] = header
    if refused and (strict or not found):
        raise refused[0]
    if not found:
        raise no_runs(logs, len(files))
    notes = [f"{plural(foreign, 'log')} of tasks outside this suite ignored."] if foreign else []
    notes += copies
    notes += [f"Left out: {problem}." for problem in refused]
    # Logs of the same second are sorted by name, so that the order of a folder's listing does not matter.
    return sorted(found.values(), key=lambda one: (one.header.eval.created, one.name)), notes


def _scorings(header: LogHeader) -> tuple[int, bool]:
    """How often a log was scored; `inspect score` names its output `...-scored.eval` unless it replaces the log."""
    return len(header.header.eval.scorers or []), SCORED.search(header.name) is not None


def read_header(file: str) -> LogHeader | None:
    """The header of a log of this suite; `None` for another log.

    Raises:
        UnreadableLog: If the log cannot be read, or was written with another version of the records.
    """
    try:
        return log_header(file, read_eval_log(file, header_only=True))
    except UnreadableLog:
        raise
    except BROKEN as problem:
        raise unreadable(file, problem) from problem


def log_header(file: str, header: EvalLog) -> LogHeader | None:
    """The header with the record of its task; `None` for a log outside this suite.

    Raises:
        UnreadableLog: If the log was written with another version of the records.
        ValueError: If the record of the task is not valid.
    """
    metadata = header.eval.metadata or {}
    if "records_version" not in metadata:
        return None
    if (version := metadata["records_version"]) != RECORDS_VERSION:
        by = metadata.get("package_version", "another version")
        advice = "update medsyn-inspect" if version > RECORDS_VERSION else "run the task again, or use that version"
        raise UnreadableLog(
            f"{file_name(file)}: written under version {version} of the records (medsyn-inspect {by}), and this is "
            f"version {RECORDS_VERSION}; {advice}"
        )
    return LogHeader(file, header, TaskRecord.model_validate(metadata))


def unreadable(file: str, problem: Exception) -> UnreadableLog:
    """The error for a log that cannot be read."""
    return UnreadableLog(f"{file_name(file)}: cannot be read as a log ({' '.join(str(problem).split())[:200]})")


def no_runs(logs: Places, files: int) -> NoRuns:
    """The error for places without a log of this suite."""
    return NoRuns(f"no log of this suite in {', '.join(places_of(logs))} ({plural(files, 'log file')} read)")


def _shown(name: str, value: Any) -> str:
    """A setting as text; a hash if it is long or could be an address, empty if it is a credential."""
    if value is None:
        return ""
    shown = without_secrets(value, name)
    if isinstance(shown, list) and all(isinstance(one, str) for one in shown):
        shown = ",".join(shown) if shown == value else shown
        value = shown
    text = shown if isinstance(shown, str) else json.dumps(shown, sort_keys=True, default=str)
    if shown != value:
        return "" if is_credential(name) else f"#{short_hash(json.dumps(value, sort_keys=True, default=str))}"
    return text if len(text) <= LONG else f"#{short_hash(text)}"


def is_credential(name: str) -> bool:
    """Whether a setting only gives access and cannot affect an answer."""
    return any(word in name.lower() for word in ("key", "token", "secret", "password", "credential", "auth"))
