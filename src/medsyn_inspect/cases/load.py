"""Where cases come from: the bundled set or a folder, read whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case, EvidenceImage, EvidenceType, Specialty
from medsyn_inspect.cases.check import Examination, Problem, examine
from medsyn_inspect.cases.names import plain

DEMO = "demo"
"""The name of the bundled set."""

DEMO_FOLDER = Path(__file__).parent / "demo"


class CaseSetError(ValueError):
    """A case set that cannot be used, with every reason."""

    def __init__(self, where: str, problems: list[Problem]) -> None:
        self.problems = problems
        shown = "\n".join(f"  {problem}" for problem in problems[:20])
        more = f"\n  and {len(problems) - 20} more (see `medsyn cases check {where}`)" if len(problems) > 20 else ""
        super().__init__(f"case set {where!r} cannot be used:\n{shown}{more}")


@dataclass(frozen=True)
class CaseSet:
    """Valid cases with their card and fingerprint."""

    folder: Path
    """Against which image paths are resolved."""

    card: Card
    """What the set says of itself."""

    cases: tuple[Case, ...]
    """In the order of the file."""

    digests: dict[str, str]
    """SHA-256 of every image, by its path in the set."""

    fingerprint: str
    """Hash of the content of all cases and images of the *whole* set, also when only a part is selected."""

    case_ids: tuple[str, ...]
    """Ids of all cases of the whole set, also when only a part is selected."""

    @property
    def name(self) -> str:
        """Name and version."""
        return f"{self.card.name} {self.card.version}"

    @property
    def size(self) -> int:
        """How many cases the whole set has."""
        return len(self.case_ids)

    def image_path(self, image: EvidenceImage) -> Path:
        """The file of an image."""
        return self.folder / image.path

    @property
    def language_folders(self) -> dict[str, Path]:
        """The folders with wording that the set brings, by language."""
        return {language: self.folder / path for language, path in self.card.prompts.items()}

    def select(self, language: tuple[str, ...] = (), specialty: tuple[str, ...] = ()) -> CaseSet:
        """Only the cases in these languages and specialties (by specialty or group; empty = all).

        Raises:
            ValueError: If a name is unknown, or no case is left; it lists what there is.
        """
        cases = _kept(self.cases, "language", language, lambda case: (case.language,))
        known = {plain(name) for member in Specialty for name in (member.value, member.group.value)}
        if unknown := [name for name in specialty if plain(name) not in known]:
            raise ValueError(f"specialty={','.join(unknown)}: unknown; choose from {'; '.join(Specialty)}, or a group")
        cases = _kept(cases, "specialty", specialty, lambda case: (case.specialty or "", case.specialty_group))
        return replace(self, cases=cases)


def load_cases(where: str | Path = DEMO) -> CaseSet:
    """Read a case set, all of it or nothing; one that has not changed since it was last read is not read again.

    Args:
        where: `demo` for the bundled set, or a folder with `cases.jsonl` and `card.yaml`.

    Raises:
        CaseSetError: If anything is wrong with the set; it lists every problem.
    """
    folder = folder_of(where)
    return _read(str(where), tuple((str(file), *_stamp(file)) for file in sorted(folder.rglob("*"))))


@lru_cache(maxsize=4)
def _read(where: str, _files: tuple[tuple[str, int, int], ...]) -> CaseSet:
    return case_set_of(where, examine(folder_of(where)))


def _stamp(file: Path) -> tuple[int, int]:
    """Time of the last change and size; of a link that leads nowhere zeros, for `examine` to name."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def folder_of(where: str | Path) -> Path:
    """The folder of a case set."""
    return DEMO_FOLDER if str(where) == DEMO else Path(where).expanduser()


def case_set_of(where: str | Path, found: Examination) -> CaseSet:
    """The case set that was examined.

    Raises:
        CaseSetError: If anything is wrong with it.
    """
    if found.errors or found.card is None:
        raise CaseSetError(str(where), found.errors)
    folder, cases = folder_of(where).resolve(), tuple(found.cases)
    case_ids = tuple(case.case_id for case in cases)
    return CaseSet(folder, found.card, cases, found.digests, fingerprint(found), case_ids)


def fingerprint(found: Examination) -> str:
    """Hash of what a case set holds: every field of every case and the bytes of every image.

    Independent of the order of the cases, of file names and of the card, so that two copies of the same
    content have the same fingerprint wherever they lie.
    """
    lines = []
    for case in found.cases:
        content = case.model_dump(mode="json")
        # Prompts order both themselves, so their order in the file is no part of the content.
        content["evidence"].sort(key=lambda piece: piece["type"])
        content["options"] = content["options"] and sorted(content["options"])
        for piece in content["evidence"]:
            for image in piece["images"]:
                image["sha256"] = found.digests[image.pop("path")]
        lines.append(json.dumps(content, sort_keys=True, ensure_ascii=False))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def known_evidence_type(name: str) -> EvidenceType:
    """The evidence type called `name`.

    Raises:
        ValueError: If there is none; it lists those there are.
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
