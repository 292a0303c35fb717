"""What an answer gives as JSON, alone or in a code fence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_LIST_KEYS = ("differential", "differentials", "differentialdiagnosis", "differentialdiagnoses", "diagnoses", "ddx")
_NAME_KEYS = ("diagnosis", "name", "disease", "condition", "诊断", "名称")
_COMMITMENT_KEYS = ("finaldiagnosis", "diagnosis", "最终诊断")

# JSON may begin where a line or the text does; trying more places than these would only cost time.
_BEGINS = re.compile(r"(?:^|\n)[ \t]{0,20}(?=[\[{])")
_MOST_TRIES = 20


def json_diagnoses(answer: str) -> list[str]:
    """The entries of the last JSON value in an answer that is a list of diagnoses; empty if there is none."""
    found: list[str] = []
    for value in json_values(answer):
        found = _entries(value) or found
    return found


def json_commitment(answer: str) -> str | None:
    """The final diagnosis in the only JSON object of an answer that has one."""
    named = [
        name for value in json_values(answer) if isinstance(value, dict) for name in _named(value, _COMMITMENT_KEYS)
    ]
    return named[0] if len(named) == 1 else None


def json_values(answer: str) -> Iterator[object]:
    """The JSON values that begin at the beginning of a line, in order."""
    position = 0
    for _ in range(_MOST_TRIES):
        match = _BEGINS.search(answer, position)
        if match is None:
            return
        position = match.end()
        try:
            value, position = json.JSONDecoder().raw_decode(answer, position)
        except ValueError:
            continue
        except RecursionError:
            return
        yield value


def _entries(value: object) -> list[str]:
    if isinstance(value, list):
        return [entry for item in value for entry in _entry(item)]
    if isinstance(value, dict):
        for key, content in value.items():
            if _key(key) in _LIST_KEYS or "诊断" in key:
                return _entries(content)
        if value and all(str(key).isdigit() for key in value):
            return _entries(list(value.values()))
    return []


def _entry(item: object) -> list[str]:
    if isinstance(item, str):
        return [item]
    return _named(item, _NAME_KEYS)[:1] if isinstance(item, dict) else []


def _named(item: dict[object, object], keys: tuple[str, ...]) -> list[str]:
    return [value for key, value in item.items() if _key(key) in keys and isinstance(value, str)]


def _key(key: object) -> str:
    return re.sub(r"[\W_]", "", str(key)).casefold()
