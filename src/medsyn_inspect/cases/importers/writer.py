"""Writes an imported case set, which is checked before it is moved to its destination."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case, EvidenceImage
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.folder import write_card, write_cases
from medsyn_inspect.cases.importers.core import Importer, ImportFailed
from medsyn_inspect.cases.problems import grouped
from medsyn_inspect.writing import write_folder

IMAGES_FOLDER = "images"


def write_set(
    destination: Path,
    cases: list[Case],
    images: dict[str, Path],
    importer: Importer,
    imported: dict[str, int | str],
) -> None:
    """Write a case set if it passes the check of case sets; otherwise write nothing.

    Args:
        destination: A folder that does not exist or is empty.
        cases: The cases, in order.
        images: The source file of every image, by the image's path in the set.
        importer: The importer, which describes the set on the card.
        imported: The summary of the import on the card.

    Raises:
        ImportFailed: If the set has errors.
        NotWritten: If the destination cannot be written.
    """
    with write_folder(destination) as draft:
        _fill(draft, cases, images, importer, imported)
        found = examine(draft, cached=False)
        if found.errors:
            shown = "\n".join(f"  {line}" for line in grouped(found.errors)[:20])
            raise ImportFailed(f"not written, because the set would have {len(found.errors)} errors:\n{shown}")


def _fill(
    folder: Path, cases: list[Case], images: dict[str, Path], importer: Importer, imported: dict[str, int | str]
) -> None:
    # Version and canary are derived from the content, so that importing the same file twice gives the same set.
    content = hashlib.sha256()
    for path, file in sorted(images.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / path)
        content.update(hashlib.sha256(file.read_bytes()).digest())
    content.update(write_cases(folder, cases))
    version = content.hexdigest()[:12]
    card = Card(
        name=importer.title,
        version=version,
        licence=importer.licence,
        source=importer.source,
        languages=tuple(dict.fromkeys(case.language for case in cases)),
        canary=f"medsyn_inspect canary {uuid.uuid5(uuid.NAMESPACE_OID, f'{importer.title} {version}')}",
        synthetic=False,
        description=importer.description,
        attributions=importer.attributions,
        imported=imported,
    )
    write_card(folder, card)


def images_of(case: Case) -> list[EvidenceImage]:
    """All images of a case."""
    return [image for piece in case.evidence for image in piece.images]
