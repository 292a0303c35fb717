"""Parses a Markdown case summary into an outline: lines without markup, and the lines nested below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r"^(?P<indent>\s*)(?:#+\s+)?(?P<bullet>[-*•+]\s+|\d+[.)]\s+)?(?P<text>.*?)\s*$")
_EMPHASIS = re.compile(r"(?<![\w*])(\*\*\*|\*\*|\*|__|_)(?=\S)(.+?)(?<=\S)\1(?![\w*])")
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_LABEL = re.compile(r"^(?P<label>[^:]{1,120}?):(?:\s+(?P<rest>.*))?$", re.DOTALL)


@dataclass
class Line:
    """One line of an outline."""

    indent: int
    bulleted: bool
    text: str
    """The text without bullet and emphasis."""

    children: list[Line] = field(default_factory=list)
    """The lines indented below it."""

    @property
    def label(self) -> str | None:
        """The label of the line, such as `CT` of `CT: no lesion`; `None` without one. A sentence is not a label."""
        found = _LABEL.match(self.text)
        return found["label"].strip() if found and ". " not in found["label"] else None

    @property
    def rest(self) -> str:
        """The text after the label; the whole text if there is no label."""
        found = _LABEL.match(self.text)
        return (found["rest"] or "").strip() if found and self.label is not None else self.text

    def below(self, depth: int = 0) -> Iterator[str]:
        """Everything below the line, as lines of a Markdown list."""
        for child in self.children:
            yield f"{'  ' * depth}- {child.text}"
            yield from child.below(depth + 1)


def plain_markdown(text: str) -> str:
    """Text without emphasis; an unpaired `*`, as in `HLA-B*27`, is kept."""
    before = None
    while before != text:
        before, text = text, _EMPHASIS.sub(r"\2", text)
    return text


def lines_of(markdown: str) -> list[Line]:
    """The lines that are not empty, flat and in order."""
    lines = []
    for raw in markdown.expandtabs(4).splitlines():
        found = _LINE.match(raw)
        if found and found["text"] and not _RULE.match(raw):
            text = plain_markdown(found["text"])
            lines.append(Line(len(found["indent"]), found["bullet"] is not None, text))
    return lines


def nested(lines: list[Line]) -> list[Line]:
    """The lines nested by indentation. A line without a bullet after a bulleted line continues that line."""
    roots: list[Line] = []
    open_lines: list[Line] = []
    for line in lines:
        if open_lines and not line.bulleted and open_lines[-1].bulleted:
            open_lines[-1].text += f" {line.text}"
            continue
        while open_lines and open_lines[-1].indent >= line.indent:
            open_lines.pop()
        (open_lines[-1].children if open_lines else roots).append(line)
        open_lines.append(line)
    return roots
