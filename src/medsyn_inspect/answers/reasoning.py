"""Separating what a model thought from what it answered."""

from __future__ import annotations

import re

# An opening or closing tag of a reasoning block, with or without attributes: <think>, </thinking>, [THINK], ◁think▷;
# and the beginning of the answer's own channel.
TAG = re.compile(
    r"[<\[◁][ \t]{0,3}(?P<closing>/?)[ \t]{0,3}(?:think|thinking|thought|reasoning|scratchpad)(?:[ \t][^<>\n]{0,80})?"
    r"[>\]▷]|(?P<final><\|channel\|>final<\|message\|>)",
    re.I,
)


def blank_reasoning(text: str) -> str:
    """The text with every character of its reasoning replaced by a line end, so that positions stay the same.

    A block that is never closed reaches to the end of the text. A closing tag without an opening one makes everything
    before it reasoning: some chat templates put the opening tag into the prompt.

    Args:
        text: A completion, possibly with reasoning blocks.
    """
    if not any(mark in text for mark in "<[◁"):
        return text
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for match in TAG.finditer(text):
        if match["closing"] or match["final"]:
            # An opening tag within a block opens nothing; should the block be closed twice, this rule applies again.
            spans = [] if opened is None else spans
            spans.append((opened or 0, match.end()))
            opened = None
        elif opened is None:
            opened = match.start()
    if opened is not None:
        spans.append((opened, len(text)))
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], "\n" * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def has_reasoning(text: str) -> bool:
    """Whether a text has a reasoning block that is not empty; an empty one shows that reasoning is switched off."""
    visible = blank_reasoning(text)
    if visible == text:
        return False
    tagless = TAG.sub(lambda match: " " * len(match[0]), text)
    return any(was != now and not was.isspace() for was, now in zip(tagless, visible, strict=True))
