"""Texts that fit into a figure, and the label, colour and marker of each reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

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
    labels = {reader: short_name(reader, width, lines) for reader in readers}
    alike: dict[str, list[str]] = {}
    for reader, label in labels.items():
        alike.setdefault(label, []).append(reader)
    for group in alike.values():
        if len(group) > 1:
            labels |= _told_apart(group, frozenset(labels.values()), width, lines)
    return {
        reader: Look(labels[reader], COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)])
        for number, reader in enumerate(readers)
    }


def _told_apart(readers: Sequence[str], used: Collection[str], width: int, lines: int) -> dict[str, str]:
    """Labels of readers whose shortened names are the same: their start and the part in which they differ.

    They are numbered if that part does not fit, or if they differ only in characters that are not drawn.
    """
    names = [drawable(reader).replace(r"\$", "$") for reader in readers]
    room = width if lines > 1 else width - width // 3
    from_start, from_end = _alike(names), _alike([name[::-1] for name in names])
    for parts in (
        [_cut_at_end(name[_word_start(name, from_start) :], room - 1) for name in names],
        [_cut_at_end(name[::-1][_word_start(name[::-1], from_end) :], room - 1)[::-1] for name in names],
    ):
        start = _cut(names[0][:from_start], width - 1 if lines > 1 else width - room).strip()
        made = [f"{start}\n…{part}" if lines > 1 else f"{start}…{part}" for part in parts]
        if len(set(made)) == len(made) and not set(made) & set(used):
            return dict(zip(readers, (label.replace("$", r"\$") for label in made), strict=True))
    return {reader: f"{short_name(reader, width - 4, lines)} #{place}" for place, reader in enumerate(readers, 1)}


def _alike(names: Sequence[str]) -> int:
    """The number of characters with which all names begin."""
    return sum(1 for _ in takewhile(lambda signs: len(set(signs)) == 1, zip(*names, strict=False)))


def _word_start(text: str, place: int) -> int:
    """Where the word begins that contains a place, at most eight characters before it."""
    found = re.search(r"[^\W_]*$", text[max(0, place - 8) : place])
    return place - len(found[0]) if found else place


def _cut_at_end(text: str, width: int) -> str:
    return text if display_width(text) <= width else f"{_cut(text, width - 1)}…"
