"""Writes the files of a case set into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.check import CARD_FILE, CASES_FILE
from medsyn_inspect.writing import is_empty


class NotFree(ValueError):
    """A case set cannot be written to a place, because something is there already."""


def require_free(destination: Path) -> None:
    """Check that a destination is free.

    Raises:
        NotFree: If it is a file, or a folder that is not empty.
    """
    if destination.is_dir() and is_empty(destination):
        return
    if os.path.lexists(destination):
        raise NotFree(f"{destination}: exists and is not an empty folder; choose another, or remove it")


def write_cases(folder: Path, cases: Iterable[Case]) -> bytes:
    """Write `cases.jsonl`; returns its content."""
    content = "".join(case.model_dump_json(exclude_defaults=True) + "\n" for case in cases).encode()
    (folder / CASES_FILE).write_bytes(content)
    return content


def write_card(folder: Path, card: Card) -> None:
    """Write `card.yaml`."""
    content = card.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    (folder / CARD_FILE).write_text(text, encoding="utf-8", newline="\n")
