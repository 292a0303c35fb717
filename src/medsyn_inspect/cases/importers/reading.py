"""Finds and reads the files of public sets; the error messages tell a wrong file from a damaged one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.importers.core import ImportFailed, Row


def find_file(source: Path, suffix: str) -> Path:
    """The set's file: `source` itself, or the only file with this suffix in the folder `source`.

    Raises:
        ImportFailed: If there is none, or more than one.
    """
    if source.is_file():
        return source
    if not source.is_dir():
        raise ImportFailed(f"{source}: no such file or folder; give the downloaded {suffix} file, or its folder")
    found = sorted(path for path in source.glob(f"*{suffix}") if path.is_file())
    if len(found) == 1:
        return found[0]
    if not found:
        raise ImportFailed(
            f"{source}: contains no {suffix} file; download it into this folder, or give the file itself"
        )
    raise ImportFailed(f"{source}: contains {len(found)} {suffix} files ({', '.join(p.name for p in found)}); name one")


def json_mapping(file: Path) -> list[Row]:
    """The rows of a JSON file that maps row ids to rows."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        # A plain `json.loads` would silently keep the last of two rows with the same id.
        mapping = dict(items)
        if len(mapping) < len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ImportFailed(f"{file.name}: the key {twice!r} occurs twice in one object; remove one")
        return mapping

    try:
        content = json.loads(_text(file), object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise ImportFailed(
            f"{file.name}:{error.lineno}: malformed JSON at column {error.colno}: {error.msg}; download it again"
        ) from error
    if not isinstance(content, dict):
        raise ImportFailed(f"{file.name}: must be a JSON object of rows by id, is a {type(content).__name__}")
    placed = [(key, f"{file.name}, row {key!r}", row) for key, row in content.items()]
    return [Row(key, place, _object(row, place)) for key, place, row in placed]


def json_lines(file: Path, id_field: str) -> list[Row]:
    """The rows of a file with one JSON object per line."""
    rows: list[Row] = []
    # `str.splitlines` would also split at characters such as U+2028 inside a text.
    for number, line in enumerate(_text(file).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file.name}:{number}"
        try:
            content = _object(json.loads(line), place)
        except json.JSONDecodeError as error:
            raise ImportFailed(
                f"{place}: malformed JSON at column {error.colno}: {error.msg}; one whole row per line"
            ) from error
        rows.append(Row(string(content, id_field, place), place, content))
    return rows


def string(content: dict[str, Any], key: str, place: str) -> str:
    """The value of a required text field.

    Raises:
        ImportFailed: If the field is missing or not text.
    """
    value = content.get(key)
    if not isinstance(value, str):
        state = "is missing" if key not in content else f"must be a text, is a {type(value).__name__}"
        raise ImportFailed(f"{place}: {key!r} {state}; is this the right file of the right set?")
    return value


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ImportFailed(f"{place}: must be a JSON object, is a {type(value).__name__}")
    return value


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFailed(f"{file.name}: not UTF-8 ({error.reason}); download it again") from error
    except OSError as error:
        raise ImportFailed(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
