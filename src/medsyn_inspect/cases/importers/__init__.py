"""Imports public data sets as case sets.

An importer is a module that defines an `Importer`, and a line in `IMPORTERS`. It reads the rows of a file and converts
each row to a case or gives the reason why it cannot. Everything that is the same for all sets is in this module.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.folder import require_free
from medsyn_inspect.cases.images import ImageProblem, require_name_of, resolve_inside, verified_image
from medsyn_inspect.cases.importers import medrbench, medxpertqa
from medsyn_inspect.cases.importers.core import (
    DISQUALIFYING,
    IMAGES_LEFT_OUT,
    Converted,
    Dropped,
    DroppedRow,
    FlaggedCase,
    Importer,
    ImportFailed,
    ImportReport,
    Row,
)
from medsyn_inspect.cases.importers.leaks import leaks
from medsyn_inspect.cases.importers.reading import find_file
from medsyn_inspect.cases.importers.writer import IMAGES_FOLDER, images_of, write_set

__all__ = ["IMPORTERS", "DroppedRow", "FlaggedCase", "ImportFailed", "ImportReport", "import_cases"]

IMPORTERS: dict[str, Importer] = {
    "medrbench": medrbench.IMPORTER,
    "medxpertqa": medxpertqa.IMPORTER,
}


def import_cases(
    name: str, source: Path, destination: Path, *, without_images: bool = False, drop_flagged: bool = False
) -> ImportReport:
    """Convert a downloaded public set to a case set folder.

    Args:
        name: The importer, a key of `IMPORTERS`.
        source: The set's file, or the folder that contains it. Images are expected in `images/` in the same folder, or
            in the folder above.
        destination: The folder to write; it must be empty or not exist.
        without_images: Import no images, and flag the cases that have some (`images_left_out`).
        drop_flagged: Drop cases that reveal the diagnosis or do not ask for one, instead of flagging them.

    Returns:
        What was kept, dropped and flagged, and why.

    Raises:
        ImportFailed: If nothing could be imported; the message says how to fix it.
        NotFree: If the destination is a file, or a folder that is not empty.
        NotWritten: If the destination cannot be written.
    """
    if name not in IMPORTERS:
        raise ImportFailed(f"unknown importer {name!r}: choose from {', '.join(IMPORTERS)}")
    importer = IMPORTERS[name]
    require_free(destination)
    file = find_file(source, importer.suffix)
    kept: dict[str, Converted] = {}
    dropped: list[DroppedRow] = []
    seen: set[str] = set()
    for row in importer.read(file):
        match _judged(row, importer, seen, without_images=without_images, drop_flagged=drop_flagged):
            case Converted() as converted:
                kept[row.row_id] = converted
            case Dropped(reason):
                dropped.append(DroppedRow(row.row_id, reason))
    images = _images(file, kept, dropped)
    report = ImportReport(
        title=importer.title,
        destination=destination,
        kept=len(kept),
        dropped=tuple(dropped),
        flagged=tuple(
            FlaggedCase(one.case.case_id, flag, why) for one in kept.values() for flag, why in one.why.items()
        ),
        notes=_notes(list(kept.values())) + importer.notes,
    )
    if not kept:
        raise ImportFailed(f"{file.name}: no row could be kept\n{report}")
    imported: dict[str, int | str] = {
        "importer": name,
        "source_file": file.name,
        "source_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **report.counts(),
    }
    write_set(destination, [one.case for one in kept.values()], images, importer, imported)
    return report


def _judged(
    row: Row, importer: Importer, seen: set[str], *, without_images: bool, drop_flagged: bool
) -> Converted | Dropped:
    """Convert a row and apply the rules that are the same for all sets."""
    result = importer.convert(row)
    if isinstance(result, Dropped):
        return result
    case, why = result.case, dict(result.why)
    if case.case_id in seen:
        return Dropped("another row has the same id")
    if without_images and images_of(case):
        case = _without_images(case)
        why[IMAGES_LEFT_OUT] = "imported without the images of the source"
    if not case.history.strip() and not case.examination.strip() and not case.evidence:
        return Dropped("without its images, the case is empty" if without_images else "the case is empty")
    why |= leaks(case)
    if drop_flagged and (flags := [flag for flag in DISQUALIFYING if flag in why]):
        return Dropped(f"flagged {' and '.join(flags)}")
    seen.add(case.case_id)
    return replace(result, case=case.model_copy(update={"flags": tuple(why)}), why=why)


def _without_images(case: Case) -> Case:
    """The case with findings only; evidence without a finding is removed."""
    evidence = tuple(piece.model_copy(update={"images": ()}) for piece in case.evidence if piece.finding)
    return case.model_copy(update={"evidence": evidence})


def _images(file: Path, kept: dict[str, Converted], dropped: list[DroppedRow]) -> dict[str, Path]:
    """The file of every image that is used. Rows with an unusable image are moved to `dropped`."""
    wanted = dict.fromkeys(image.path for one in kept.values() for image in images_of(one.case))
    # In the file's folder or in the folder above: Hugging Face has `MM/test.jsonl` and `images.zip` side by side.
    places = (file.parent / IMAGES_FOLDER, file.parent.parent / IMAGES_FOLDER)
    folder = next((place for place in places if place.is_dir()), file.parent)
    found: dict[str, Path] = {}
    missing: list[str] = []
    bad: dict[str, str] = {}
    for path in wanted:
        name = path.removeprefix(f"{IMAGES_FOLDER}/")
        if not (folder / name).is_file():
            missing.append(name)
            continue
        try:
            found[path] = resolve_inside(folder.resolve(), name)
            require_name_of(verified_image(found[path], name).format, name)
        except ImageProblem as problem:
            bad[path] = str(problem)
    if missing:
        raise ImportFailed(
            f"{len(missing)} of {len(wanted)} images are missing, the first is {missing[0]!r}; put them in "
            f"{file.parent / IMAGES_FOLDER}, or import without images (--without-images)"
        )
    for row_id, one in list(kept.items()):
        if problems := [bad[image.path] for image in images_of(one.case) if image.path in bad]:
            del kept[row_id]
            dropped.append(DroppedRow(row_id, problems[0]))
    used = {image.path for one in kept.values() for image in images_of(one.case)}
    return {path: target for path, target in found.items() if path in used}


def _notes(kept: list[Converted]) -> tuple[str, ...]:
    """The importer's notes on single rows, with counts: first what could not be split, then what was left out."""
    unsplit = Counter(part for one in kept for part in one.unsplit)
    notes = Counter(note for one in kept for note in dict.fromkeys(one.notes))
    counted = [f"{note} ({count} cases)" for note, count in notes.most_common()]
    if unsplit:
        cases = sum(bool(one.unsplit) for one in kept)
        parts = [f"{part} ({count})" if count > 1 else part for part, count in unsplit.most_common()]
        counted.insert(0, f"could not be split, {unsplit.total()} parts of {cases} cases: {'; '.join(parts)}")
    return tuple(counted)
