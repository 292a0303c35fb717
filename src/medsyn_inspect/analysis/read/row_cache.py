"""A cache of the rows that were read from logs, so that an unchanged log is not read and checked again.

The user's cache folder has one file for each log, with what was read from its sample summaries. A file that is damaged,
was written by other code or belongs to another state of the log is ignored and replaced. If the folder cannot be used,
all logs are read again, which only takes longer. `MEDSYN_LOG_CACHE=off` switches the cache off.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from platformdirs import user_cache_path

from medsyn_inspect.records import RECORDS_VERSION
from medsyn_inspect.writing import NotWritten, write_file

SWITCH = "MEDSYN_LOG_CACHE"
"""The environment variable that switches the cache off."""

OFF = ("off", "0", "no", "false")

Rows: TypeAlias = dict[str, list[dict[str, Any]]]
"""The rows of each frame."""

State: TypeAlias = tuple[str, int, int, int]
"""Path of a log, its size in bytes, and the times in ns of the last change of its content and of its metadata."""

_SMALLEST = 100_000
"""Size in bytes of the smallest log that is worth a file in the cache."""


def state_of(log: str) -> State | None:
    """The state of a log's file; `None` for a remote log, for a small one, and if the cache is switched off."""
    if "://" in log or os.environ.get(SWITCH, "").strip().lower() in OFF:
        return None
    try:
        path = Path(log).resolve()
        status = path.stat()
    except OSError:
        return None
    if status.st_size < _SMALLEST:
        return None
    # The ctime changes even if a log of the same size is written and its mtime set back.
    return str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns


def recall(state: State) -> tuple[Rows, list[str]] | None:
    """The rows and notes of a log in this state; `None` if they are not in the cache."""
    try:
        kept = json.loads(gzip.decompress(_place(state).read_bytes()))
        if kept["state"] != list(state) or kept["rules"] != _rules():
            return None
        return {name: _unpacked(packed) for name, packed in kept["rows"].items()}, list(map(str, kept["notes"]))
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def keep(state: State, rows: Rows, notes: Sequence[str]) -> None:
    """Replace the cached rows of a log.

    Args:
        state: The state of the log before it was read; nothing is kept if it has changed since.
        rows: The rows of each frame.
        notes: Notes on the log.
    """
    if state_of(state[0]) != state:
        return
    content = {
        "state": state,
        "rules": _rules(),
        "notes": list(notes),
        "rows": {name: _packed(some) for name, some in rows.items()},
    }
    place = _place(state)
    with suppress(OSError, NotWritten):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(place, gzip.compress(json.dumps(content).encode(), compresslevel=1))


def _packed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows by column, with the value of a column that has only one, and the columns of rows that lack some."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        same = all(value is values[0] for value in values) and all(name in row for row in rows)
        columns[name] = {"same": values[0]} if same else {"values": values}
    missing = {name: there for name in names if (there := [name not in row for row in rows]) and any(there)}
    return {"count": len(rows), "columns": columns, "missing": missing}


def _unpacked(packed: dict[str, Any]) -> list[dict[str, Any]]:
    count = packed["count"]
    columns = {
        name: [_value(column["same"])] * count if "same" in column else list(map(_value, column["values"]))
        for name, column in packed["columns"].items()
    }
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if len(rows) != count:
        raise ValueError("the columns do not have the length of the rows")
    for name, missing in packed["missing"].items():
        for row, lacks in zip(rows, missing, strict=True):
            if lacks:
                del row[name]
    return rows


def _value(value: Any) -> Any:
    """A value as it was: the lists of rows are tuples."""
    return tuple(map(_value, value)) if isinstance(value, list) else value


def _place(state: State) -> Path:
    name = hashlib.sha256(state[0].encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return user_cache_path("medsyn_inspect", appauthor=False) / "logs" / f"{name}.json.gz"


@cache
def _rules() -> str:
    """A hash of what determines the rows of a log: the code of the package that reads it, and the versions."""
    package = Path(__file__).parent.parent.parent
    files = [*sorted(Path(__file__).parent.glob("*.py")), *sorted((package / "providers").glob("*"))]
    code = b"".join(file.read_bytes() for file in [*files, package / "records.py"] if file.is_file())
    versions = f"{RECORDS_VERSION} {version('inspect_ai')}"
    return hashlib.sha256(code + versions.encode()).hexdigest()
