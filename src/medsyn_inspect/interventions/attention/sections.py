"""Assigns every token of a prompt to one section: history, examination, an evidence type, the question ... No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from medsyn_inspect.arms.design import Arm
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.arms.sources import LOGPROBS
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Prompt, option_order, section_parts
from medsyn_inspect.records import TEXT_SECTIONS, Condition, View

Kind = Literal["text", "image", "finding", "question", "system", "heading", "template"]


class NotAligned(ValueError):
    """The sections of a prompt and its tokens do not match; the message names the sections."""


@dataclass(frozen=True)
class Section:
    """A section of a prompt."""

    kind: Kind
    """`text`: history or examination; `image` or `finding` of an evidence type; `question`, with its options; `system`
    message; `heading`: headings and labels of sections; `template`: what the chat template and the processor add."""

    name: str
    """The section's name in `records.SECTIONS`; for other kinds, the kind."""

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})" if self.name != self.kind else self.name


SYSTEM, HEADING, QUESTION, TEMPLATE = (
    Section("system", "system"), Section("heading", "heading"), Section("question", "question"),
    Section("template", "template"),
)  # fmt: skip

Piece = tuple[Section, str | Path]
"""A stretch of a prompt in one section: a text, or an image."""


@dataclass(frozen=True)
class SectionedPrompt:
    """A prompt of a case and the section of each stretch of it."""

    prompt: Prompt
    pieces: tuple[Piece, ...]
    """In reading order, without the system message; the texts between two images are one part of the prompt."""


@dataclass(frozen=True)
class Expansion:
    """A mark of an image in a text, and the longer text by which the processor replaces it."""

    span: tuple[int, int]
    """Of the mark, in characters."""

    length: int
    """Of what replaces it, in characters."""


@dataclass(frozen=True)
class Stretch:
    """A section's place in a text."""

    section: Section
    start: int
    end: int


def sectioned_prompt(case_set: CaseSet, case: Case, view: View) -> SectionedPrompt:
    """The prompt of `sensitivity` that shows all evidence in a view, with its sections.

    Args:
        case_set: The case set of the case.
        case: The case.
        view: How visual evidence is shown.

    Raises:
        ValueError: If the case lacks options, images or findings.
        NotAligned: If the sections do not add up to the prompt.
    """
    arm = Arm("", Condition(view=view))
    prompt = arm_prompt(case_set, case, arm, LOGPROBS, option_order(case))
    templates = load_templates(case.language, case_set.language_folders)
    pieces: list[Piece] = []
    for name, parts in section_parts(case, arm.condition, case_set.folder, templates):
        for part in parts:
            if isinstance(part, Picture):
                pieces.append((Section("image", name), part.path))
            else:
                if pieces and isinstance(pieces[-1][1], str):
                    pieces.append((HEADING, "\n\n"))
                pieces += _headed(part.text, _content(case, name, view), name)
    shown = [part.path if isinstance(part, Picture) else part.text for part in prompt.turns[0].parts]
    before = _joined(pieces)
    lead = before[-1] if before and isinstance(before[-1], str) else ""
    rest = str(shown[-1]).removeprefix(lead)
    question = rest.lstrip("\n")
    pieces += [(HEADING, rest[: len(rest) - len(question)])] if rest != question else []
    pieces.append((QUESTION, question))
    if _joined(pieces) != shown:
        raise NotAligned(f"case {case.case_id}: its sections do not add up to its prompt")
    return SectionedPrompt(prompt, tuple(pieces))


def _content(case: Case, name: str, view: View) -> str:
    """The words of a section without headings and labels; empty for images."""
    if name in TEXT_SECTIONS:
        return str(getattr(case, name)).strip()
    if view == "image":
        return ""
    return next(piece.finding or "" for piece in case.evidence if piece.type.value == name)


def _headed(text: str, content: str, name: str) -> Iterator[Piece]:
    heading = text.removesuffix(content)
    if heading:
        yield HEADING, heading
    if content:
        yield Section("text" if name in TEXT_SECTIONS else "finding", name), content


def _joined(pieces: Sequence[Piece]) -> list[str | Path]:
    """Pieces with neighbouring texts joined."""
    out: list[str | Path] = []
    for is_text, group in groupby(pieces, key=lambda piece: isinstance(piece[1], str)):
        contents = [content for _, content in group]
        out += ["".join(str(one) for one in contents)] if is_text else contents
    return out


def stretches(sectioned: SectionedPrompt, text: str) -> list[Stretch]:
    """Where the sections are in the text that a chat template makes of a prompt; images are not included.

    Args:
        sectioned: The prompt.
        text: What the chat template made of it, with a mark for each image.

    Raises:
        NotAligned: If the template changes or omits a section; the message names it.
    """
    found: list[Stretch] = []
    cursor = 0
    runs = [[(SYSTEM, sectioned.prompt.system)]] if sectioned.prompt.system else []
    for is_text, group in groupby(sectioned.pieces, key=lambda piece: isinstance(piece[1], str)):
        runs += [[(section, str(content)) for section, content in group]] if is_text else []
    for run in runs:
        whole = "".join(content for _, content in run)
        start = text.find(whole, cursor)
        if start < 0:
            changed = [section for section, content in run if content.strip() not in text[cursor:]]
            named = ", ".join(str(section) for section in dict.fromkeys(changed or [section for section, _ in run]))
            raise NotAligned(
                f"sections do not align with tokens: the chat template changes or omits {named}; use a checkpoint "
                "whose template leaves messages as they are"
            )
        for section, content in run:
            found.append(Stretch(section, start, start + len(content)))
            start += len(content)
        cursor = start
    return found


def image_sections(sectioned: SectionedPrompt) -> list[Section]:
    """The section of each image of a prompt, in reading order."""
    return [section for section, content in sectioned.pieces if isinstance(content, Path)]


def token_sections(
    text: str,
    found: Sequence[Stretch],
    images: Sequence[Section],
    *,
    expansions: Sequence[Expansion],
    offsets: Sequence[tuple[int, int]],
    is_image: Sequence[bool],
) -> list[Section]:
    """The section of every token.

    A token belongs to the section of its characters other than whitespace. What replaces an image's mark, other than
    the image's own tokens, counts as `template`.

    Args:
        text: The text of the prompt after the chat template, with a mark for each image.
        found: From `stretches`.
        images: From `image_sections`.
        expansions: The images' marks in the text, in order, and the lengths of what replaces them.
        offsets: Start and end of each token, in characters of the text in which the marks are replaced.
        is_image: Whether each token stands for a part of an image.

    Returns:
        One section for each token.

    Raises:
        NotAligned: If the number of marks is not that of the images, an image has no tokens, a section has none, or a
            token covers parts of several sections; the message names the sections.
    """
    if len(expansions) != len(images):
        raise NotAligned(
            f"sections do not align with tokens: the text has {len(expansions)} image marks for the {len(images)} "
            f"images of {_named(images)}; remove such marks from the case, or use another checkpoint"
        )
    owners: list[Section] = [TEMPLATE] * len(text)
    for one in found:
        owners[one.start : one.end] = [one.section] * (one.end - one.start)
    visible = [not sign.isspace() for sign in text]
    for place in reversed(range(len(images))):
        (start, end), length = expansions[place].span, expansions[place].length
        owners[start:end], visible[start:end] = [images[place]] * length, [True] * length
    sections = [
        _owner(owners[start:end], visible[start:end], image)
        for (start, end), image in zip(offsets, is_image, strict=True)
    ]
    expected = [*(one.section for one in found if text[one.start : one.end].strip()), *images]
    if missing := [section for section in dict.fromkeys(expected) if section not in sections]:
        raise NotAligned(
            f"sections do not align with tokens: no token belongs to {_named(missing)}; use a checkpoint with a "
            "fast tokenizer and a processor of transformers"
        )
    return sections


def _owner(owners: Sequence[Section], visible: Sequence[bool], image: bool) -> Section:
    """The section of a token, from those of its characters."""
    if not owners:
        return TEMPLATE
    covered = list(dict.fromkeys(owner for owner, seen in zip(owners, visible, strict=True) if seen)) or [owners[0]]
    if len(covered) > 1:
        raise NotAligned(
            f"sections do not align with tokens: one token covers parts of {_named(covered)}; use a checkpoint whose "
            "tokenizer separates them"
        )
    # The tokens by which a processor surrounds an image are no part of it.
    return TEMPLATE if (covered[0].kind == "image") != image else covered[0]


def _named(sections: Sequence[Section]) -> str:
    return " and ".join(str(section) for section in dict.fromkeys(sections)) or "no section"
