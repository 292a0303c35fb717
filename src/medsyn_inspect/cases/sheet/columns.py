"""The columns of the sheet, in every language that `columns.yaml` has."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from medsyn_inspect.cases.names import plain

NUMBERED = ("evidence", "images", "finding")
"""Columns that are there several times, each with a number."""

REQUIRED = "diagnosis"
"""The column by which the header is recognised."""

_HEADER = re.compile(r"(.*?)(\d*)\s*", re.DOTALL)


@lru_cache(maxsize=1)
def wording() -> dict[str, Any]:
    """The content of `columns.yaml`."""
    content: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return content


def languages() -> tuple[str, ...]:
    """The languages of the template."""
    return tuple(wording()["sheets"])


def column_of(header: str) -> tuple[str, int] | None:
    """The column that a header names, and its number (0 for a column without one); `None` if it names none.

    Args:
        header: A header in any language, such as "Evidence 2".
    """
    match = _HEADER.fullmatch(header.strip())
    assert match
    name = _columns().get(plain(match[1]))
    if name is None or (name not in NUMBERED and match[2]):
        return None
    return name, int(match[2] or 1) if name in NUMBERED else 0


def closest_header(header: str) -> str:
    """What to do about an unknown header: "did you mean History?", or that it should be removed."""
    close = get_close_matches(plain(header.rstrip("0123456789 ")), _columns(), n=1)
    if not close:
        return "rename it as in the template, or remove it"
    words = wording()["columns"][_columns()[close[0]]]
    shown = next(one["header"] for one in words.values() if close[0] in map(plain, (one["header"], *one["also"])))
    return f"did you mean {shown}?"


def language_named(name: str) -> str:
    """The language tag for a name ("English", "中文"); an unknown name is returned as it is."""
    for tag, names in wording()["languages"].items():
        if plain(name) in (tag, *map(plain, names)):
            return str(tag)
    return name


def language_of(text: str) -> str:
    """The language of a text, by its letters alone."""
    scripts = wording()["scripts"]
    return next((str(tag) for tag, letters in scripts.items() if re.search(letters, text)), languages()[0])


@lru_cache(maxsize=1)
def _columns() -> dict[str, str]:
    """The column of every header, in its normal form."""
    return {
        plain(header): name
        for name, by in wording()["columns"].items()
        for words in by.values()
        for header in (words["header"], *words["also"])
    }
