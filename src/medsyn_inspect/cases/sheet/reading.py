"""Makes cases of the rows of a sheet: pure, but for the list of the image files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from medsyn_inspect.cases.case import Case, EvidenceImage, EvidenceType, Specialty, VisualEvidence
from medsyn_inspect.cases.evidence_words import evidence_types_in, suggestion
from medsyn_inspect.cases.names import plain
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.cases.sheet.columns import NUMBERED, language_named, language_of
from medsyn_inspect.cases.sheet.pictures import NamedImage, Pictures, suffix_of
from medsyn_inspect.cases.sheet.tables import Row, Table

IMAGES_FOLDER = "images"

_LIST = re.compile(r"[;；|\n]+")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class SheetCases:
    """The cases of a sheet."""

    cases: list[Case] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """The row of each case."""

    images: dict[str, Path] = field(default_factory=dict)
    """The source file of every image, by its path in the case set."""

    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """A group of cells about one investigation."""

    type: EvidenceType
    name: str
    """What the sheet calls it."""

    images: list[NamedImage]
    finding: str


@dataclass(frozen=True)
class Defaults:
    """What holds for every case of which the sheet says nothing else."""

    source: str
    licence: str
    language: str = ""
    """The language; empty if the letters of the text decide."""


def cases_of(table: Table, file: str, pictures: Pictures, defaults: Defaults, languages: Collection[str]) -> SheetCases:
    """The cases of a sheet, one per row, and every problem.

    Args:
        table: The rows.
        file: Name of the sheet, for messages.
        pictures: The image files.
        defaults: For cells that are empty.
        languages: The languages that have prompts.
    """
    found = SheetCases(problems=list(table.problems))
    first: dict[str, int] = {}
    for place, row in enumerate(table.rows, 1):
        case_id, wrong = _case_id(row, place)
        if case_id in first:
            wrong.append(
                f"the same Case as row {first[case_id]}; rename one, and write all evidence of a case into one row"
            )
        first.setdefault(case_id, row.number)
        case, images, more = _case(row, case_id, pictures, defaults, languages)
        found.problems += [Problem(file, message, row.number, case_id) for message in [*wrong, *more]]
        if case is not None and not wrong:
            found.cases.append(case)
            found.rows.append(row.number)
            found.images |= images
    return found


def _case_id(row: Row, place: int) -> tuple[str, list[str]]:
    given = row.cells.get(("case", 0), "")
    made = _NOT_IN_IDS.sub("-", given).strip("-._")[:80] if given else f"case-{place}"
    if not made:
        return f"case-{place}", [
            f"Case {given!r} has no letter from A to Z and no digit; write one, or leave the cell empty"
        ]
    return made, []


def _case(
    row: Row, case_id: str, pictures: Pictures, defaults: Defaults, languages: Collection[str]
) -> tuple[Case | None, dict[str, Path], list[str]]:
    """The case of a row, its images, and what is wrong."""
    wrong: list[str] = []
    text = {name: row.cells.get((name, 0), "") for name in ("history", "examination", "diagnosis")}
    if not text["diagnosis"]:
        wrong.append("Diagnosis is empty; fill it in")
    language = _language(row, text, defaults, languages, wrong)
    specialty = _specialty(row.cells.get(("specialty", 0), ""), wrong)
    pieces = list(_pieces(row, pictures, wrong))
    files = Counter(image.file for piece in pieces for image in piece.images)
    wrong += [f"image {file.name!r} is listed {count} times; keep one" for file, count in files.items() if count > 1]
    evidence, images = _evidence(pieces, case_id)
    if wrong:
        return None, {}, wrong
    distractors = [name for name in _listed(row, "distractors") if plain(name) != plain(text["diagnosis"])]
    return (
        Case(
            case_id=case_id,
            language=language,
            specialty=specialty,
            history=text["history"],
            examination=text["examination"],
            evidence=evidence,
            final_diagnosis=text["diagnosis"],
            aliases=tuple(_listed(row, "aliases")),
            options=(text["diagnosis"], *distractors) if distractors else None,
            source=row.cells.get(("source", 0), defaults.source),
            licence=row.cells.get(("licence", 0), defaults.licence),
        ),
        images,
        [],
    )


def _listed(row: Row, column: str) -> list[str]:
    entries = (entry.strip() for entry in _LIST.split(row.cells.get((column, 0), "")))
    return list(dict.fromkeys(entry for entry in entries if entry))


def _language(row: Row, text: dict[str, str], defaults: Defaults, languages: Collection[str], wrong: list[str]) -> str:
    given = row.cells.get(("language", 0), "") or defaults.language
    language = language_named(given) if given else language_of("".join(text.values()))
    if language.partition("-")[0] not in languages:
        wrong.append(f"Language {given!r} has no prompts; write one of {', '.join(languages)}")
    return language


def _specialty(given: str, wrong: list[str]) -> Specialty | None:
    known = {plain(member): member for member in Specialty}
    if not given or plain(given) in known:
        return known.get(plain(given))
    close = get_close_matches(plain(given), known, n=1)
    fix = f"did you mean {known[close[0]]}?" if close else f"choose from {'; '.join(Specialty)}, or leave it empty"
    wrong.append(f"unknown Specialty {given!r}: {fix}")
    return None


def _pieces(row: Row, pictures: Pictures, wrong: list[str]) -> Iterator[_Piece]:
    """The pieces of evidence of a row, in the order of their numbers."""
    for number in sorted({number for name, number in row.cells if name in NUMBERED}):
        name, cell, finding = (row.cells.get((column, number), "") for column in NUMBERED)
        if not name:
            wrong.append(f"Images {number} or Finding {number} is filled in, but not Evidence {number}; name the type")
            continue
        if not cell and not finding:
            wrong.append(f"{name!r} has neither images nor a finding; fill in one of them, or clear Evidence {number}")
        images, missing = pictures.named(cell)
        wrong += missing
        types = evidence_types_in(name)
        if len(types) == 1:
            yield _Piece(types[0], name, images, finding)
        elif types:
            wrong.append(f"evidence type {name!r} can be {' or '.join(types)}; write one of them")
        else:
            wrong.append(f"unknown evidence type {name!r}: {suggestion(name)}")


def _evidence(pieces: list[_Piece], case_id: str) -> tuple[tuple[VisualEvidence, ...], dict[str, Path]]:
    """One entry for each type, as a case requires, and the file of each image."""
    evidence, files = [], {}
    for type in dict.fromkeys(piece.type for piece in pieces):
        same = [piece for piece in pieces if piece.type == type]
        images = []
        for number, image in enumerate([image for piece in same for image in piece.images], 1):
            kind = type.replace("_", "-")
            path = f"{IMAGES_FOLDER}/{case_id}-{kind}-{number}{suffix_of(image.file)}"
            files[path] = image.file
            images.append(EvidenceImage(path=path, obtained=image.obtained))
        findings = [piece for piece in same if piece.finding]
        # Of several investigations of one type, such as CT of head and chest, each finding says to which it belongs.
        texts = [f"{piece.name}: {piece.finding}" if len(same) > 1 else piece.finding for piece in findings]
        evidence.append(VisualEvidence(type=type, images=tuple(images), finding="\n".join(texts) or None))
    return tuple(evidence), files
