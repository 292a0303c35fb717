"""Texts that fit into a figure, and the label, colour and marker of each reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from medsyn_inspect.report.figures.style import COLOURS, MARKERS
from medsyn_inspect.wording import visible

MANY_READERS = 8
"""With more readers, each name has a single line, and panels are narrow."""

NOT_DRAWABLE = {"Cf", "Co", "Cn"}
"""Unicode categories of characters that no font draws: joiners, private and unassigned characters."""


def drawable(text: object) -> str:
    """Text from any source as matplotlib should draw it: on one line, without hidden characters or mathematics."""
    line = visible(" ".join(str(text).split()))
    shown = "".join("\ufffd" if unicodedata.category(sign) in NOT_DRAWABLE else sign for sign in line)
    return shown.replace("$", r"\$")


def display_width(text: str) -> int:
    """Width of a text in columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def fitted(text: object, width: int, lines: int = 1) -> str:
    """Text with a maximum number of lines and columns; the middle of a longer text is replaced by an ellipsis.

    Args:
        text: Of any kind.
        width: Maximum number of columns of a line.
        lines: Maximum number of lines.
    """
    rest = drawable(text).replace(r"\$", "$")
    if lines == 1 or display_width(rest) <= width:
        return _shortened(rest, width).replace("$", r"\$")
    head = _cut(rest, width)
    # Break at a space after the first third of the line if there is one, otherwise after punctuation between words.
    for separator in (r"\s", r"[/,_-]"):
        if breaks := [match.end() for match in re.finditer(separator, head) if match.end() > len(head) // 3]:
            head = head[: breaks[-1]]
            break
    return f"{head.strip()}\n".replace("$", r"\$") + fitted(rest[len(head) :], width, lines - 1)


def short_name(reader: str, width: int, lines: int = 1) -> str:
    """A reader's name with a maximum number of lines and columns; the start of the path of a longer name is left out.

    `vllm/Qwen/Qwen3-VL-32B-Instruct` becomes `Qwen3-VL-32B-Instruct` if there is no room for more. A name with
    arguments keeps its start, because `reference/` shows that the reader is simulated.

    Args:
        reader: The name.
        width: Maximum number of columns of a line.
        lines: Maximum number of lines.
    """
    whole = fitted(reader, width, lines)
    path = reader
    while "…" in whole and "/" in path and len(reader.split()) == 1:
        path = path.partition("/")[2]
        shorter = fitted(path, width, lines)
        if "…" not in shorter:
            return shorter
    return whole


def _shortened(text: str, width: int) -> str:
    text = text.strip()
    if display_width(text) <= width:
        return text
    tail = _cut(text[::-1], (width - 1) // 3)[::-1]
    return f"{_cut(text, width - 1 - display_width(tail))}…{tail}"


def _cut(text: str, width: int) -> str:
    start = ""
    for sign in text:
        if display_width(start + sign) > width:
            break
        start += sign
    return start


@dataclass(frozen=True)
class Look:
    """The appearance of a reader in all figures."""

    label: str
    """The reader's name, shortened and escaped; different for each reader."""

    colour: str
    marker: str


def looks(readers: Sequence[str], width: int = 24) -> dict[str, Look]:
    """The appearance of each reader, which depends on its position among the readers.

    Args:
        readers: All readers, in the order of the report.
        width: Maximum number of columns of a line of a label.
    """
    lines = 2 if len(readers) <= MANY_READERS else 1
    labels = [short_name(reader, width, lines) for reader in readers]
    found: dict[str, Look] = {}
    for number, (reader, label) in enumerate(zip(readers, labels, strict=True)):
        if labels.count(label) > 1:
            label = short_name(reader, width - 4, lines) + f" #{labels[: number + 1].count(label)}"
        found[reader] = Look(label, COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)])
    return found
