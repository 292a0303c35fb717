"""Loads a case set, the bundled one or a folder: all of it, or an error that lists every problem."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case, EvidenceImage, EvidenceType, Specialty
from medsyn_inspect.cases.check import Examination, examine
from medsyn_inspect.cases.names import plain
from medsyn_inspect.cases.problems import Problem, grouped

DEMO = "demo"
"""The name of the bundled set."""

DEMO_FOLDER = Path(__file__).parent / "demo"


class CaseSetError(ValueError):
    """Raised if a case set cannot be used; the message lists its problems."""

    def __init__(self, where: str, problems: list[Problem]) -> None:
        self.problems = problems
        lines = grouped(problems)
        shown = "\n".join(f"  {line}" for line in lines[:20])
        more = f"\n  and {len(lines) - 20} more (see `medsyn cases check {where}`)" if len(lines) > 20 else ""
        super().__init__(f"case set {where!r} cannot be used:\n{shown}{more}")


@dataclass(frozen=True)
class CaseSet:
    """Valid cases with their card and fingerprint."""

    folder: Path
    """The set's folder; image paths are relative to it."""

    card: Card
    """The set's description."""

    cases: tuple[Case, ...]
    """The cases, in the order of the file."""

    digests: dict[str, str]
    """SHA-256 of every image, by its path in the set."""

    fingerprint: str
    """Hash of all cases and images of the *whole* set, even if only some cases are selected."""

    case_ids: tuple[str, ...]
    """Ids of all cases of the whole set, even if only some cases are selected."""

    @property
    def name(self) -> str:
        """Name and version of the set."""
        return f"{self.card.name} {self.card.version}"

    @property
    def size(self) -> int:
        """Number of cases in the whole set."""
        return len(self.case_ids)

    def image_path(self, image: EvidenceImage) -> Path:
        """The file of an image."""
        return self.folder / image.path

    @property
    def language_folders(self) -> dict[str, Path]:
        """The folders with the set's own prompts, by language."""
        return {language: self.folder / path for language, path in self.card.prompts.items()}

    def select(self, language: tuple[str, ...] = (), specialty: tuple[str, ...] = ()) -> CaseSet:
        """The set with only the cases in these languages and specialties.

        Args:
            language: Languages; empty for all.
            specialty: Specialties or specialty groups; empty for all.

        Raises:
            ValueError: If a name is unknown or no case is left; the message lists the valid names.
        """
        cases = _kept(self.cases, "language", language, lambda case: (case.language,))
        known = {plain(name) for member in Specialty for name in (member.value, member.group.value)}
        if unknown := [name for name in specialty if plain(name) not in known]:
            raise ValueError(f"specialty={','.join(unknown)}: unknown; choose from {'; '.join(Specialty)}, or a group")
        cases = _kept(cases, "specialty", specialty, lambda case: (case.specialty or "", case.specialty_group))
        return replace(self, cases=cases)


def load_cases(where: str | Path = DEMO) -> CaseSet:
    """Load a case set. A set whose files have not changed since it was last read comes from a cache.

    Args:
        where: `demo` for the bundled set, or a folder with `cases.jsonl` and `card.yaml`.

    Raises:
        CaseSetError: If the set has errors; the message lists them.
    """
    # Text instead of `Path`, whose work counts with thousands of images.
    files = (f"{place}/{name}" for place, folders, names in os.walk(folder_of(where)) for name in (*folders, *names))
    return _read(str(where), tuple(sorted((file, *_stamp(file)) for file in files)))


@lru_cache(maxsize=4)
def _read(where: str, _files: tuple[tuple[str, int, int], ...]) -> CaseSet:
    return case_set_of(where, examine(folder_of(where)))


def _stamp(file: str) -> tuple[int, int]:
    """Modification time and size of a file; zeros for a broken link, which `examine` reports."""
    try:
        status = os.stat(file)  # noqa: PTH116
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def folder_of(where: str | Path) -> Path:
    """The folder of a case set."""
    return DEMO_FOLDER if str(where) == DEMO else Path(where).expanduser()


def case_set_of(where: str | Path, found: Examination) -> CaseSet:
    """Build the case set from the result of an examination.

    Raises:
        CaseSetError: If the set has errors.
    """
    if found.errors or found.card is None:
        raise CaseSetError(str(where), found.errors)
    folder, cases = folder_of(where).resolve(), tuple(found.cases)
    case_ids = tuple(case.case_id for case in cases)
    return CaseSet(folder, found.card, cases, found.digests, fingerprint(found), case_ids)


def fingerprint(found: Examination) -> str:
    """Hash of the content of a case set: every field of every case, and the bytes of every image.

    It does not depend on the order of the cases, the names of files, or the card: copies with the same content have
    the same fingerprint.
    """
    lines = []
    for case in found.cases:
        content = case.model_dump(mode="json")
        # Prompts sort evidence and options themselves, so the order in the file is not part of the content.
        content["evidence"].sort(key=lambda piece: piece["type"])
        content["options"] = content["options"] and sorted(content["options"])
        for piece in content["evidence"]:
            for image in piece["images"]:
                image["sha256"] = found.digests[image.pop("path")]
        lines.append(json.dumps(content, sort_keys=True, ensure_ascii=False))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def known_evidence_type(name: str) -> EvidenceType:
    """The evidence type with this name.

    Raises:
        ValueError: If there is none; the message lists all types.
    """
    try:
        return EvidenceType(name)
    except ValueError:
        raise ValueError(f"unknown evidence type {name!r}: choose from {', '.join(EvidenceType)}") from None


def _kept(
    cases: tuple[Case, ...], parameter: str, wanted: tuple[str, ...], names: Callable[[Case], tuple[str, ...]]
) -> tuple[Case, ...]:
    if not wanted:
        return cases
    accepted = {plain(name) for name in wanted}
    kept = tuple(case for case in cases if accepted & {plain(name) for name in names(case)})
    if not kept:
        present = sorted({name for case in cases for name in names(case) if name})
        raise ValueError(f"{parameter}={','.join(wanted)}: no such case; this set has {', '.join(present) or 'none'}")
    return kept
