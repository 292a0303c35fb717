"""Separating what a model thought from what it answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

# An opening or closing tag of a reasoning block, with or without attributes: <think>, </thinking>, <reasoning x="y">.
TAG = re.compile(r"<[ \t]{0,3}(?P<closing>/?)[ \t]{0,3}(?:think|thinking|reasoning)(?:[ \t][^<>\n]{0,80})?>", re.I)

# Blank lines at the beginning. The first line's own indentation stays: it says which list items are nested.
BLANK_LINES = re.compile(r"\A(?:[^\S\n]*+\n)++")


def without_reasoning(text: str) -> str:
    """The answer without its reasoning blocks, and without blank lines around it.

    A block that is never closed reaches to the end of the text. A closing tag without an opening one
    makes everything before it reasoning: some chat templates put the opening tag into the prompt.

    Args:
        text: A completion, possibly with `<think>`, `<thinking>` or `<reasoning>` blocks.
    """
    kept = []
    position = 0
    for start, end in reasoning_spans(text):
        kept.append(text[position:start])
        position = end
    kept.append(text[position:])
    return BLANK_LINES.sub("", "\n".join(part for part in kept if part.strip())).rstrip()


def blank_reasoning(text: str) -> str:
    """The text with every character of its reasoning replaced by a line end, so that positions stay the same."""
    parts = []
    position = 0
    for start, end in reasoning_spans(text):
        parts += [text[position:start], "\n" * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def reasoning_spans(text: str) -> list[tuple[int, int]]:
    """Where the reasoning is, tags included: disjoint spans in order.

    An opening tag within a block opens nothing; should such a block be closed twice, then the second
    closing tag has no opening one, and the rule for that case applies.
    """
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for start, end, closing in _tags(text):
        if closing:
            if opened is None:
                spans = []
            spans.append((opened or 0, end))
            opened = None
        elif opened is None:
            opened = start
    if opened is not None:
        spans.append((opened, len(text)))
    return spans


def _tags(text: str) -> Iterator[tuple[int, int, bool]]:
    for match in TAG.finditer(text):
        yield match.start(), match.end(), bool(match["closing"])
