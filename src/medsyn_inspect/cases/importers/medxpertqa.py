"""Importer of MedXpertQA MM: expert-level multiple-choice questions with images; some ask for a diagnosis."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from medsyn_inspect.cases.case import Case, CaseId, EvidenceImage, EvidenceType, VisualEvidence
from medsyn_inspect.cases.importers.core import ASKS_SOMETHING_ELSE, Converted, Dropped, Importer, ImportFailed, Row
from medsyn_inspect.cases.importers.reading import json_lines, string
from medsyn_inspect.cases.importers.writer import IMAGES_FOLDER
from medsyn_inspect.cases.names import plain

_CHOICES = "Answer Choices:"
_LETTERED = re.compile(r"\([A-J]\)\s")

_SENTENCE_START = re.compile(r"(?:^|[.?!:][)\]\"'*”’]*\s+|\n)(?=\S)")
_ASKS = re.compile(r"\b(?:what|which|select|identify|choose)\b", re.IGNORECASE)

# Between the question word and "diagnosis", only words that do not change the question are allowed: "which test would
# confirm the diagnosis" asks for a test.
_DIAGNOSIS_ASKED = re.compile(
    r"\b(?:what|which|select|identify|choose)(?:\s+(?:of|the|following|is|are|was|would|be|should|represents?|your"
    r"|underlying|clinical|final|primary|unifying|genetic|most|best|single|likely|probable|possible|correct|accurate"
    r"|appropriate|suitable|conditions?|diseases?|disorders?|considered|type|\w+pathy))*\s+diagnos[ie]s\b(?!\s+(?:tests?|study|studies)\b)",
    re.IGNORECASE,
)
_CONDITION_ASKED = re.compile(
    r"\bwhich(?:\s+of\s+the\s+following)?(?:\s+\w+){0,2}?\s+(?:conditions?|diseases?|disorders?|syndromes?)"
    r"(?:\s+(?:is|are|would|could|best|most|likely|accurately|strongly|be))*"
    r"\s+(?:explains?|accounts?\s+for|indicated|represented|responsible|demonstrated|shown|depicted|consistent|matches"
    r"|corresponds?)\b",
    re.IGNORECASE,
)
_SOMETHING_ELSE_ASKED = re.compile(
    r"\b(?:not|except|least|improbable|unlikely|excluded?|represented\s+by\s+this|different)\b", re.IGNORECASE
)

# A question that consists only of these words contains no information about the patient and can be removed.
_ASKING = """
a an and are as at be by for from given in is it of on or the to with based best most single one this these that
those his her their your patient patient's individual what which select identify choose following above answer
choices accounts accurate accurately appropriate case clinical condition conditions considered correct could
data demonstrated depicted described description diagnoses diagnosis disease disorder explain explains final
finding findings image images imaging indicated information likely may observed possible presentation presented
probable provided represent represented represents responsible should shown suggested suitable symptoms
underlying would
"""
_ASKING_WORDS = frozenset(_ASKING.split())

_NOT_A_NAME = re.compile(
    r"(?:(?:figures?|images?|panels?|options?|graphs?|slides?|curves?|tracings?)\b.{0,12}|[A-Z]|\d+)", re.IGNORECASE
)
_LONGEST_OPTION = 150
"""Maximum length of an option in characters. Longer options are explanations or tables, not names."""


def read(file: Path) -> list[Row]:
    """The rows of the file."""
    return json_lines(file, "id")


def convert(row: Row) -> Converted | Dropped:
    """Convert one row to a case."""
    task = string(row.content, "medical_task", row.place)
    question = string(row.content, "question", row.place)
    options = _options(row)
    images = _images(row)
    if task != "Diagnosis":
        return Dropped(f"its task is {task.lower()}, not diagnosis")
    stem = _stem(question, options)
    if stem is None:
        return Dropped("the choices in its question differ from its options, so they cannot be removed")
    label = row.content.get("label")
    letters = [label] if isinstance(label, str) else label
    if not isinstance(letters, list) or len(letters) != 1 or str(letters[0]) not in options:
        return Dropped("its label is not the letter of exactly one option")
    if problem := _problem(list(options.values())):
        return Dropped(problem)
    case_id = f"medxpertqa-{row.row_id}"
    try:
        TypeAdapter(CaseId).validate_python(case_id)
    except ValidationError:
        return Dropped("its id has characters that a case id must not have")
    # The source's own task label decides what is kept. Rows that nevertheless ask for a next step or a mechanism are
    # flagged: their "final diagnosis" is not a diagnosis, and the question must stay in the text.
    flags = () if asks_for_diagnosis(stem) else (ASKS_SOMETHING_ELSE,)
    history = stem if flags else without_question(stem)
    pictures = tuple(EvidenceImage(path=f"{IMAGES_FOLDER}/{name}") for name in images)
    case = Case(
        case_id=case_id,
        language="en",
        history=history,
        evidence=(VisualEvidence(type=EvidenceType.OTHER, images=pictures),) if pictures else (),
        final_diagnosis=options[letters[0]],
        options=tuple(options.values()),
        source=f"MedXpertQA {row.row_id}, https://github.com/TsinghuaC3I/MedXpertQA",
        licence="MIT",
        flags=flags,
    )
    stays = history == stem and not flags
    why = dict.fromkeys(flags, "its question does not ask for the diagnosis")
    return Converted(
        case, why, ("the question stays in the history because it describes the patient too",) if stays else ()
    )


def _options(row: Row) -> dict[str, str]:
    """The options by letter. The GitHub file lists objects; the Hugging Face copy maps letters to texts."""
    raw = row.content.get("options")
    pairs: list[tuple[Any, Any]]
    if isinstance(raw, dict):
        pairs = list(raw.items())
    elif isinstance(raw, list) and all(isinstance(option, dict) for option in raw):
        pairs = [(option.get("letter"), option.get("content")) for option in raw]
    else:
        raise ImportFailed(
            f"{row.place}: 'options' must be a list of objects with letter and content, or map letters to texts"
        )
    if not all(isinstance(letter, str) and isinstance(text, str) for letter, text in pairs):
        raise ImportFailed(f"{row.place}: every option must have a letter and a text")
    if len({letter for letter, _ in pairs}) < len(pairs):
        raise ImportFailed(f"{row.place}: two options have the same letter; give each its own")
    return {letter: text.strip() for letter, text in pairs}


def _images(row: Row) -> list[str]:
    """The names of the image files, without duplicates."""
    raw = row.content.get("images", [])
    listed = raw if isinstance(raw, list) else [None]
    names = [image.get("image_path") if isinstance(image, dict) else image for image in listed]
    if not all(isinstance(name, str) and name for name in names):
        raise ImportFailed(f"{row.place}: 'images' must be a list of file names")
    return list(dict.fromkeys(str(name) for name in names))


def _stem(question: str, options: dict[str, str]) -> str | None:
    """The question without the choices at its end; `None` if they cannot be removed reliably."""
    stem, marker, choices = question.partition(_CHOICES)
    expected = " ".join(f"({letter}) {text}" for letter, text in options.items())
    if marker and choices.split() != expected.split():
        return None
    if not marker and _LETTERED.search(stem):
        return None
    return stem.strip()


def _last_sentence(stem: str) -> tuple[str, str]:
    """The text before the last sentence, and that sentence."""
    start = max(found.end() for found in _SENTENCE_START.finditer(stem))
    return stem[:start].rstrip(), stem[start:]


def asks_for_diagnosis(stem: str) -> bool:
    """Whether the last question in the text asks for a diagnosis, in any common wording."""
    while True:
        before, sentence = _last_sentence(stem)
        if _ASKS.search(sentence):
            break
        if not before:
            return False
        stem = before
    diagnosis = _DIAGNOSIS_ASKED.search(sentence) or _CONDITION_ASKED.search(sentence)
    return diagnosis is not None and not _SOMETHING_ELSE_ASKED.search(sentence)


def without_question(stem: str) -> str:
    """The text without the question at its end, if the question contains no information about the patient."""
    before, sentence = _last_sentence(stem)
    words = re.findall(r"[\w'’-]+", sentence.casefold())
    asks = _ASKS.search(sentence) and all(word.replace("’", "'") in _ASKING_WORDS for word in words)
    return before if asks else stem


def _problem(options: list[str]) -> str | None:
    """Why these options cannot be used as diagnoses; `None` if they can."""
    if not 2 <= len(options) <= 26:
        return "has fewer than 2 or more than 26 options"
    if len({plain(option) for option in options}) < len(options) or not all(map(plain, options)):
        return "two options are the same, or one is empty"
    if any(len(option) > _LONGEST_OPTION or "\n" in option for option in options):
        return "an option is a text or a table instead of a name"
    if any(_NOT_A_NAME.fullmatch(option) for option in options):
        return "its options name images instead of diagnoses"
    return None


IMPORTER = Importer(
    title="MedXpertQA MM",
    suffix=".jsonl",
    licence="MIT",
    source=(
        "Zuo et al., MedXpertQA: Benchmarking Expert-Level Medical Reasoning and Understanding, arXiv:2501.18362; "
        "https://github.com/TsinghuaC3I/MedXpertQA"
    ),
    description=(
        "The questions of MedXpertQA MM whose task is diagnosis, imported as cases: the question's text as history, "
        "its images as one piece of evidence without a finding. Cases flagged `asks_something_else` do not ask "
        "for a diagnosis. For evaluation, not for any decision about a patient."
    ),
    attributions=("MedXpertQA (c) 2025 TsinghuaC3I, MIT License; changed: choices and questions removed",),
    read=read,
    convert=convert,
    notes=(
        "the source does not separate history from examination: all text is history",
        "the source gives no image types: all images of a case are evidence of type `other`, without a finding",
        "the source gives body systems, which do not determine a specialty: no specialty is set",
    ),
)
