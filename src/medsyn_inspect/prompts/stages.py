"""Builds the prompt of a case: text and images interleaved in clinical order, then the question."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from string import ascii_uppercase

from medsyn_inspect.cases.case import Case, EvidenceType, VisualEvidence
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import Templates, load_templates
from medsyn_inspect.records import Condition

MAX_DIAGNOSES = 10
"""Default for how many diagnoses a differential may list."""

WITH_OPTIONS = ("fdx", "sensitivity")
"""The questions that show options."""

PROMPT_OF = {"open_fdx": "ddx", "sensitivity": "fdx"}
"""The question at the end of a prompt, for tasks whose own name is not a question."""

CLINICAL_STAGE: dict[EvidenceType, str] = {
    EvidenceType.CLINICAL_PHOTOGRAPHY: "clinical_photography",
    EvidenceType.ELECTROPHYSIOLOGY: "electrophysiology",
    EvidenceType.LABORATORY: "laboratory",
    EvidenceType.XRAY: "imaging",
    EvidenceType.ULTRASOUND: "imaging",
    EvidenceType.CT: "imaging",
    EvidenceType.MRI: "imaging",
    EvidenceType.NUCLEAR_MEDICINE: "imaging",
    EvidenceType.ANGIOGRAPHY: "imaging",
    EvidenceType.OPHTHALMIC_IMAGING: "imaging",
    EvidenceType.ENDOSCOPY: "endoscopy",
    EvidenceType.MICROSCOPY: "microscopy",
    EvidenceType.OMICS: "omics",
    EvidenceType.OTHER: "other",
}
"""The stage in which each evidence type is shown with `staging=turns`."""

PRESENTATION = "presentation"
"""The first stage: history and examination."""


@dataclass(frozen=True)
class Words:
    """Text, as a part of a message."""

    text: str


@dataclass(frozen=True)
class Picture:
    """An image file, as a part of a message; it is sent unchanged."""

    path: Path


Part = Words | Picture


@dataclass(frozen=True)
class Turn:
    """One message to the reader."""

    stage: str
    """The clinical stage shown in the turn; `single` if all evidence comes in one turn."""

    parts: tuple[Part, ...]
    """Text and images in reading order, never two texts in a row."""


@dataclass(frozen=True)
class Prompt:
    """Everything that a reader is shown of one case in one condition."""

    system: str
    """The system message."""

    turns: tuple[Turn, ...]
    """A single turn, or one per stage. Every turn ends with the question."""


def case_prompt(
    case_set: CaseSet, case: Case, question: str, condition: Condition, *, max_diagnoses: int = MAX_DIAGNOSES
) -> Prompt:
    """The prompt of a case for a task, with all turns.

    Args:
        case_set: The case set of the case.
        case: The case.
        question: `ddx`, `fdx`, `open_fdx` or `sensitivity`.
        condition: What is shown, in a single view.
        max_diagnoses: How many diagnoses a differential may list.

    Raises:
        ValueError: If the case lacks what the question or the condition needs.
    """
    templates = load_templates(case.language, case_set.language_folders)
    options = option_order(case) if question in WITH_OPTIONS else ()
    worded = ask(PROMPT_OF.get(question, question), templates, limit=max_diagnoses, options=options)
    return stage_prompt(case, condition, worded, case_set.folder, templates=templates)


def stage_prompt(
    case: Case, condition: Condition, question: str, images: Path, *, templates: Templates | None = None
) -> Prompt:
    """The prompt of a case in a condition. Opens no image file.

    Args:
        case: The case.
        condition: Which evidence is shown, in which (single) view, and in how many turns.
        question: The text of the question at the end of every turn (see `ask`).
        images: The case set's folder, to which image paths are relative.
        templates: The templates; by default those of the package for the case's language.

    Raises:
        ValueError: If evidence has no image, or no finding, in the view in which it is to be shown.
    """
    templates = templates or load_templates(case.language)
    stages: list[tuple[str, list[Part]]] = []
    presentation: list[Part] = [words for _, words in _textual_evidence(case, condition, templates)]
    if presentation or condition.staging == "turns":
        stages.append((PRESENTATION, presentation))
    shown = [piece for piece in case.evidence_in_clinical_order if condition.shows(piece.type)]
    system = templates.system
    if named := [piece.type.value for piece in shown if piece.type.value in condition.emphasised]:
        system += "\n\n" + emphasis_sentence(templates, named, placebo=condition.placebo)
    for stage, pieces in groupby(shown, key=lambda piece: CLINICAL_STAGE[piece.type]):
        parts = [part for piece in pieces for part in _visual_evidence(case, piece, condition, images, templates)]
        stages.append((stage, parts))

    if condition.staging == "single":
        evidence = [part for _, parts in stages for part in parts]
        return Prompt(system, (Turn("single", _joined([*evidence, Words(question)])),))
    turns = []
    for number, (stage, parts) in enumerate(stages, 1):
        final = number == len(stages)
        lead = templates.label("turn_final" if final else "turn_interim")
        turns.append(Turn(stage, _joined([*parts, Words(lead + "\n\n" + question)])))
    return Prompt(system, tuple(turns))


def section_parts(
    case: Case, condition: Condition, images: Path, templates: Templates
) -> Iterator[tuple[str, list[Part]]]:
    """The sections that `stage_prompt` shows, by name and in its order, each with its own text and images.

    Raises:
        ValueError: As `stage_prompt`.
    """
    for section, words in _textual_evidence(case, condition, templates):
        yield section, [words]
    for piece in case.evidence_in_clinical_order:
        if condition.shows(piece.type):
            yield piece.type.value, list(_visual_evidence(case, piece, condition, images, templates))


def ask(question: str, templates: Templates, *, limit: int, options: tuple[str, ...] = ()) -> str:
    """The text of a question.

    Args:
        question: A name from `language.QUESTIONS`.
        templates: The templates of the language.
        limit: How many diagnoses a differential may list.
        options: The options in the order of their letters; empty for a question without options.
    """
    lettered = "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, options, strict=False))
    return templates.question(
        question, limit=limit, options=lettered, letters=", ".join(ascii_uppercase[: len(options)])
    )


def option_order(case: Case, seed: int = 0) -> tuple[str, ...]:
    """The options in the order in which every reader sees them, which depends only on case id and seed.

    The options are sorted by a hash and not by a random generator, so that the order is the same on every machine and
    in every version. It does not depend on the position of the diagnosis in the file.

    Raises:
        ValueError: If the case has no options.
    """
    if case.options is None:
        raise ValueError(f"case {case.case_id} has no options to choose from; run ddx or open_fdx on this set")

    def rank(option: str) -> str:
        return hashlib.sha256(f"{seed}|{case.case_id}|{option}".encode()).hexdigest()

    return tuple(sorted(case.options, key=rank))


def emphasis_sentence(templates: Templates, evidence_types: Sequence[str], *, placebo: bool = False) -> str:
    """The sentence that asks to attend to evidence types, or a placebo of the same length.

    The placebo says that cases are filed under words, and names as many random words as the labels of the types have;
    they are the same in every case. Length is counted as in `random_text`.

    Args:
        templates: The templates of the language.
        evidence_types: At least one, in clinical order.
        placebo: Whether to emphasise nothing.
    """
    labels = [templates.label(name) for name in evidence_types]
    if not placebo:
        return templates.label("emphasis", evidence=templates.label("between").join(labels))
    words = [random_text(label, templates, seed=f"placebo|{label}") for label in labels]
    return templates.label("placebo", words=templates.label("between").join(words))


def random_text(text: str, templates: Templates, seed: str) -> str:
    """Random text of the same length as `text`.

    The length is counted in words separated by whitespace or, if the vocabulary consists of single characters
    (Chinese), in characters without whitespace. It is not counted in tokens, so that all models are shown the same
    text.
    """
    by_character = all(len(unit) == 1 for unit in templates.vocabulary)
    length = len("".join(text.split())) if by_character else len(text.split())
    units = random.Random(seed).choices(templates.vocabulary, k=length)
    return ("" if by_character else " ").join(units)


def _textual_evidence(case: Case, condition: Condition, templates: Templates) -> Iterator[tuple[str, Words]]:
    if condition.text == "remove":
        return
    for section, content in (("history", case.history), ("examination", case.examination)):
        if not content.strip() or not condition.shows(section):
            continue
        if condition.text == "random":
            content = random_text(content, templates, seed=f"{case.case_id}|{section}")
        yield section, Words(f"## {templates.label(section)}\n{content.strip()}")


def _visual_evidence(
    case: Case, piece: VisualEvidence, condition: Condition, images: Path, templates: Templates
) -> Iterator[Part]:
    heading = f"## {templates.label(piece.type.value)}"
    if condition.view == "finding":
        if piece.finding is None:
            raise ValueError(
                f"case {case.case_id}: {piece.type} has no finding to show; use view=image or withhold={piece.type}"
            )
        yield Words(f"{heading}\n{templates.label('finding')}\n{piece.finding}")
        return
    if not piece.images:
        raise ValueError(
            f"case {case.case_id}: {piece.type} has no image to show; use view=finding or withhold={piece.type}"
        )
    for number, image in enumerate(piece.images, 1):
        name = templates.label(piece.type.value)
        words = templates.label("image", evidence=name, number=number, total=len(piece.images))
        if image.obtained:
            words = templates.label("image_obtained", image=words, obtained=image.obtained)
        words = templates.label("image_line", image=words)
        yield Words(f"{heading}\n{words}" if number == 1 else words)
        yield Picture(images / image.path)


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Parts with neighbouring texts joined by a blank line."""
    out: list[Part] = []
    for part in parts:
        if isinstance(part, Words) and out and isinstance(out[-1], Words):
            out[-1] = Words(out[-1].text + "\n\n" + part.text)
        else:
            out.append(part)
    return tuple(out)
