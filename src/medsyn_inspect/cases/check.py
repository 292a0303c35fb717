"""Checks a case set in one pass and reports every problem with its location and a suggested fix."""

from __future__ import annotations

import errno
import json
import reprlib
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case, EvidenceImage, Specialty, VisualEvidence
from medsyn_inspect.cases.evidence_words import suggestion
from medsyn_inspect.cases.image_cache import Stamp, keep, recall, stamp_of
from medsyn_inspect.cases.images import (
    ImageProblem,
    VerifiedImage,
    folder_inside,
    require_name_of,
    resolve_inside,
    verified_image,
)
from medsyn_inspect.cases.names import plain, spaced
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.progress import steps
from medsyn_inspect.providers.sent_images import refused_by_makers

Model = TypeVar("Model", bound=BaseModel)

CASES_FILE = "cases.jsonl"
CARD_FILE = "card.yaml"
CONSTRUCTION_FILE = "construction.jsonl"
"""In a constructed set: the way of every report, and the passages that support each case."""

_CARD_LIMIT = 200_000
"""Maximum size of a card in bytes; parsing YAML takes more than a second per million bytes."""


@dataclass
class Examination:
    """The result of examining a case set's folder."""

    card: Card | None = None
    """The card, if it is valid."""

    cases: list[Case] = field(default_factory=list)
    """The valid cases, in the order of the file."""

    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every readable image, by its path in the case set."""

    problems: list[Problem] = field(default_factory=list)
    """All problems, ordered by file and line."""

    @property
    def errors(self) -> list[Problem]:
        """The problems that prevent the use of the set."""
        return [problem for problem in self.problems if not problem.warning]


def examine(folder: Path, *, cached: bool = True) -> Examination:
    """Read a case set's folder and collect its problems. Bad content never raises an exception.

    Args:
        folder: The case set.
        cached: Whether to use and update the cache of verified images.
    """
    found = Examination()
    if not folder.is_dir():
        found.problems.append(
            Problem(str(folder), f"no such folder; a case set is a folder with {CASES_FILE} and {CARD_FILE}")
        )
        return found
    found.card = _card(folder, found.problems)
    _prompts(folder, found)
    placed = _cases(folder, found)
    _images(folder, placed, found, cached=cached)
    for line, case in placed:
        for warning, message in _doubts(case, found.card):
            found.problems.append(Problem(CASES_FILE, message, line, case.case_id, warning))
    found.problems.sort(key=lambda problem: (problem.file, problem.line or 0))
    found.cases = [case for _, case in placed]
    return found


def _card(folder: Path, problems: list[Problem]) -> Card | None:
    try:
        if (size := (folder / CARD_FILE).stat().st_size) > _CARD_LIMIT:
            problems.append(Problem(CARD_FILE, f"has {size:,} bytes, more than {_CARD_LIMIT:,}; shorten it"))
            return None
        text = _content(folder / CARD_FILE).decode()
        content = yaml.safe_load(text)
    except FileNotFoundError:
        needed = ", ".join(name for name, info in Card.model_fields.items() if info.is_required())
        problems.append(Problem(CARD_FILE, f"missing; write one with {needed}"))
        return None
    except OSError as error:
        problems.append(Problem(CARD_FILE, f"cannot be read ({error.strerror}); it must be a readable file"))
        return None
    except UnicodeDecodeError as error:
        problems.append(Problem(CARD_FILE, f"not UTF-8 ({error.reason}); save the file as UTF-8"))
        return None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else None
        problems.append(Problem(CARD_FILE, f"not valid YAML: {reason}; write one `name: value` per line", line))
        return None
    if not isinstance(content, dict):
        problems.append(Problem(CARD_FILE, "must be a mapping of names to values"))
        return None
    card, wrong = _validated(Card, content | _version_as_written(text))
    problems += [Problem(CARD_FILE, message) for message in wrong]
    return card


def _version_as_written(text: str) -> dict[str, str]:
    """The version of a card if it is a number or a date in YAML: as it is written, because 1.10 is not 1.1."""
    card = yaml.compose(text, Loader=yaml.SafeLoader)
    for name, value in card.value if card else ():
        if name.value == "version" and value.tag.rpartition(":")[2] in ("int", "float", "timestamp"):
            return {"version": value.value}
    return {}


def _content(file: Path) -> bytes:
    """The content of a regular file; a pipe or a device is not opened, because it may never end.

    Raises:
        OSError: If it is not a regular file, or cannot be read.
    """
    if not stat.S_ISREG(file.stat().st_mode) and not file.is_dir():
        raise OSError(errno.EINVAL, "it is a pipe or a device")
    return file.read_bytes()


def _prompts(folder: Path, found: Examination) -> None:
    """Check that each folder with prompts exists inside the set. The prompts themselves are checked in `prompts`."""
    for language, path in (found.card.prompts if found.card else {}).items():
        try:
            folder_inside(folder.resolve(), path)
        except ImageProblem as problem:
            found.problems.append(Problem(CARD_FILE, f"prompts.{language}: {problem}"))


def _cases(folder: Path, found: Examination) -> list[tuple[int, Case]]:
    """The valid cases with their line numbers."""
    try:
        lines = _content(folder / CASES_FILE).splitlines()
    except FileNotFoundError:
        found.problems.append(Problem(CASES_FILE, "missing; write one case per line, as JSON"))
        return []
    except OSError as error:
        found.problems.append(Problem(CASES_FILE, f"cannot be read ({error.strerror}); it must be a readable file"))
        return []
    placed: list[tuple[int, Case]] = []
    first_line: dict[str, int] = {}
    empty = True
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        empty = False
        try:
            row = _row(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            found.problems.append(Problem(CASES_FILE, f"not UTF-8 ({error.reason}); save the file as UTF-8", number))
            continue
        except json.JSONDecodeError as error:
            found.problems.append(
                Problem(
                    CASES_FILE, f"malformed JSON at column {error.colno}: {error.msg}; one whole case per line", number
                )
            )
            continue
        except (ValueError, RecursionError) as error:
            found.problems.append(Problem(CASES_FILE, f"not usable as JSON: {error}; one whole case per line", number))
            continue
        if not isinstance(row, dict):
            found.problems.append(Problem(CASES_FILE, "must be a JSON object, one case per line", number))
            continue
        case_id = row["case_id"] if isinstance(row.get("case_id"), str) else None
        case, wrong = _validated(Case, row)
        found.problems += [Problem(CASES_FILE, message, number, case_id) for message in wrong]
        if case is None:
            continue
        if case.case_id in first_line:
            found.problems.append(
                Problem(
                    CASES_FILE,
                    f"duplicate case_id, first on line {first_line[case.case_id]}; rename one",
                    number,
                    case.case_id,
                )
            )
            continue
        first_line[case.case_id] = number
        placed.append((number, case))
    if empty:
        found.problems.append(Problem(CASES_FILE, "empty; write one case per line, as JSON"))
    return placed


def _row(text: str) -> Any:
    """Parse one line as strict JSON, without duplicate names or unpaired surrogates.

    Raises:
        ValueError: If it is not.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        named = dict(pairs)
        if len(named) < len(pairs):
            twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
            raise ValueError(f"{', '.join(twice)} is given twice; keep one")
        return named

    row = json.loads(text, object_pairs_hook=once)
    if "\\ud" in text.lower():  # an escaped surrogate, which is a character only as part of a pair
        try:
            json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])
            raise ValueError(f"{half} is only half of a surrogate pair; write it as UTF-8, not as an escape") from None
    return row


def _images(folder: Path, placed: list[tuple[int, Case]], found: Examination, *, cached: bool) -> None:
    """Verify and hash each image once, even if several cases name it."""
    users: dict[str, tuple[int, str]] = {}
    for line, case in placed:
        for piece in case.evidence:
            for image in piece.images:
                users.setdefault(image.path, (line, case.case_id))
    for path, result in _verified(folder.resolve(), users, cached=cached).items():
        line, case_id = users[path]
        if isinstance(result, ImageProblem):
            found.problems.append(Problem(CASES_FILE, str(result), line, case_id))
            continue
        found.digests[path] = result.digest
        doubts = [*result.doubts, *refused_by_makers(result.format, result.width, result.height, result.size)]
        found.problems += [
            Problem(CASES_FILE, f"image {path!r} {doubt}", line, case_id, warning=True) for doubt in doubts
        ]


def _verified(root: Path, paths: Collection[str], *, cached: bool) -> dict[str, VerifiedImage | ImageProblem]:
    """Each image, or why it cannot be used. Images that are cached and unchanged are not read again."""
    known = recall(root) if cached and paths else {}
    results: dict[str, VerifiedImage | ImageProblem] = {}
    stamped: dict[str, tuple[Path, Stamp]] = {}
    for path in paths:
        try:
            target = resolve_inside(root, path)
            stamped[path] = target, stamp_of(target)
        except ImageProblem as problem:
            results[path] = problem
        except OSError as error:
            results[path] = ImageProblem(f"image {path!r} cannot be read ({error.strerror}); make it readable")

    def verify(path: str) -> VerifiedImage | ImageProblem:
        try:
            return verified_image(stamped[path][0], path)
        except ImageProblem as problem:
            return problem

    usable = {path: known[path] for path, (_, stamp) in stamped.items() if path in known and known[path][0] == stamp}
    unknown = [path for path in stamped if path not in usable]
    with ThreadPoolExecutor() as pool:
        verified = zip(unknown, pool.map(verify, unknown), strict=True)
        for path, result in steps(verified, "Checking images", len(unknown)):
            results[path] = result
            if isinstance(result, VerifiedImage):
                usable[path] = stamped[path][1], result
    if cached and usable != known:
        keep(root, usable)
    for path, (_, image) in usable.items():
        try:
            require_name_of(image.format, path)
            results[path] = image
        except ImageProblem as problem:
            results[path] = problem
    return {path: results[path] for path in paths}


def _doubts(case: Case, card: Card | None) -> Iterator[tuple[bool, str]]:
    """Contradictions between the fields of a valid case, as pairs: whether it is only a warning, and the message."""
    if not case.history.strip() and not case.examination.strip() and not case.evidence:
        yield False, "has neither text nor evidence; a reader would be shown nothing"
    if card is not None and case.language not in card.languages:
        yield False, f"language {case.language!r} is not among the card's languages ({', '.join(card.languages)})"
    for evidence_type, count in Counter(piece.type for piece in case.evidence).items():
        if count > 1:
            yield False, f"{count} entries of evidence type {evidence_type}; put all images of one type into one entry"
    for piece in case.evidence:
        if not piece.images and piece.finding is None:
            yield False, f"{piece.type} has neither image nor finding; give at least one, or leave the entry out"
    final = plain(case.final_diagnosis)
    other_names = {plain(name) for name in case.aliases} - {final}
    if case.options is not None:
        if len(case.options) < 2 or len(case.options) > 26:
            yield False, f"{len(case.options)} options; give between 2 and 26, or leave options out"
        times = sum(option == case.final_diagnosis for option in case.options)
        if times != 1:
            yield (
                False,
                (
                    f"options contain the final diagnosis {case.final_diagnosis!r} {times} times, not once; "
                    "list it exactly once, with the same spelling"
                ),
            )
        for reading, count in Counter(plain(option) for option in case.options).items():
            if count > 1 and not (times > 1 and reading == final):
                same = ", ".join(repr(option) for option in case.options if plain(option) == reading)
                yield False, f"{count} options differ only in case and punctuation ({same}); make them different"
        for option in case.options:
            if plain(option) in other_names:
                yield False, f"option {option!r} is another name of the final diagnosis; replace it or the alias"
    if "diagnosis_in_text" not in case.flags and (sections := sections_with_diagnosis(case)):
        yield (
            True,
            f"the final diagnosis is named in {' and '.join(sections)}; remove it, or set the flag diagnosis_in_text",
        )


def sections_with_diagnosis(case: Case) -> list[str]:
    """The sections of a case whose text contains the final diagnosis or an alias.

    Names shorter than five characters (two in a script without spaces) are skipped, because they often mean something
    else.
    """
    names = [
        plain(name) for name in (case.final_diagnosis, *case.aliases) if len(plain(name)) >= (5 if spaced(name) else 2)
    ]
    texts = {"history": case.history, "examination": case.examination}
    texts |= {f"the finding of {piece.type}": piece.finding or "" for piece in case.evidence}

    def names_it(text: str) -> bool:
        reduced = f" {plain(text)} "
        return any((f" {name} " if spaced(name) else name) in reduced for name in names)

    return [section for section, text in texts.items() if names_it(text)]


def _validated(model: type[Model], content: dict[str, Any]) -> tuple[Model | None, list[str]]:
    """The validated model, or `None`, with the problems of its content."""
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        return None, [_worded(detail, model) for detail in error.errors(include_url=False)]


def _worded(detail: Any, model: type[BaseModel]) -> str:
    """A validation error of pydantic as a message that says where the problem is and how to fix it."""
    place = ".".join(str(part) for part in detail["loc"])
    last = detail["loc"][-1] if detail["loc"] else ""
    given = reprlib.repr(detail.get("input"))
    match detail["type"]:
        case "missing":
            return f"{place} is missing; add it"
        case "extra_forbidden":
            inner = EvidenceImage if "images" in detail["loc"][:-1] else VisualEvidence
            known = model if len(detail["loc"]) == 1 else inner
            return f"{place} is not a known field (known: {', '.join(known.model_fields)}); remove or rename it"
        case "enum" if last == "type":
            return f"unknown evidence type {given} in {place}: {suggestion(str(detail['input']))}"
        case "enum" if last == "specialty":
            return f"unknown specialty {given}; known: {', '.join(Specialty)}"
        case "string_too_short":
            return f"{place} is empty; fill it in"
        case "string_pattern_mismatch":
            return f"{place} {given} has characters that are not allowed; it must match {detail['ctx']['pattern']}"
        case "string_type":
            return f"{place} must be text, in quotes, but is {given}"
        case "tuple_type":
            return f"{place} must be a list, but is {given}"
        case "model_type":
            return f"{place} must be an object of names and values, but is {given}"
    return f"{place}: {detail['msg']}, got {given}"
