"""Answers in the styles of real models, with what a person reads in them, as `fixtures/answers` holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import read_commitment, read_differential
from medsyn_inspect.answers.reading import Reading
from medsyn_inspect.cases.names import plain

FOLDER = Path(__file__).parent / "fixtures/answers"

Row = Mapping[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def read(name: str, row: Row) -> Reading[Any]:
    if name.startswith("choice"):
        return parse_choice(row["text"], row["options"])
    return (read_differential if name.startswith("differential") else read_commitment)(row["text"])


def same(name: str, found: Any, right: Any) -> bool:
    """Letters as they are, names `plain`ly; an answer that states nothing is right if nothing is read."""
    if name.startswith("choice") or not found or not right:
        return (found or None) == (right or None)
    names = ([found], [right]) if isinstance(found, str) else (found, right)
    return [plain(entry) for entry in names[0]] == [plain(entry) for entry in names[1]]


def outcome(name: str, row: Row) -> str:
    reading = read(name, row)
    if same(name, reading.value, row["right"]):
        return "right"
    return "wrong" if reading.value else f"unread: {reading.problem}, {reading.how}"
