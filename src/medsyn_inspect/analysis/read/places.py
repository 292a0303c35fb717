"""Places of logs: files and folders, local or remote; and names of log files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from inspect_ai.log import list_eval_logs

Places = str | Path | Iterable[str | Path]
"""Log files or folders (searched to any depth), local or remote."""


def places_of(logs: Places) -> list[str]:
    """The places as a list of text."""
    return [str(logs)] if isinstance(logs, (str, Path)) else [str(place) for place in logs]


def log_files(logs: Places) -> list[str]:
    """The log files at some places, without duplicates; local ones as paths, since a URL would lose `#` and `?`."""
    files = (file for place in places_of(logs) for file in _files(place))
    return list(dict.fromkeys(file.removeprefix("file://") for file in files))


def file_name(log: str) -> str:
    """The name of a log file, without its folder."""
    return PurePosixPath(log).name


def _files(place: str) -> list[str]:
    if place.endswith((".eval", ".json")):
        return [place]
    return [info.name for info in list_eval_logs(place, descending=False)]
