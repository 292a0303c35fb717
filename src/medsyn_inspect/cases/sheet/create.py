"""Writes the case set of a sheet: complete and checked, or not at all."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.check import CARD_FILE, CASES_FILE, examine
from medsyn_inspect.cases.folder import require_free, write_card, write_cases
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.cases.sheet.pictures import Pictures, copy_upright
from medsyn_inspect.cases.sheet.reading import Defaults, SheetCases, cases_of
from medsyn_inspect.cases.sheet.tables import SheetError, read_table
from medsyn_inspect.writing import write_folder


@dataclass(frozen=True)
class About:
    """The description of a case set, for its card."""

    name: str
    licence: str
    source: str
    synthetic: bool
    version: str = "1"


@dataclass(frozen=True)
class Created:
    """What was written."""

    first: str
    """Id of the first case."""

    languages: dict[str, int]
    """Number of cases by language."""

    pieces: int
    images: int
    turned: int
    """Images that were saved upright, because they had an orientation tag."""

    without_options: int
    """Cases without distractors, which can be used for `ddx` only."""

    warnings: list[Problem]
    """What the check of the case set warns of, with the rows of the sheet."""


def create_case_set(
    sheet: Path, destination: Path, about: About, *, images: Path, languages: Collection[str], language: str = ""
) -> Created:
    """Make a case set of a sheet.

    Args:
        sheet: An Excel workbook or CSV file in the form of the template.
        destination: A folder that does not exist or is empty.
        about: The description of the set.
        images: The folder with the images that the sheet names.
        languages: The languages that have prompts.
        language: The language of the cases of which the sheet names none; by default the letters of the text decide.

    Raises:
        SheetError: If the sheet has problems; the message lists them all.
        NotFree: If the destination is a file, or a folder that is not empty.
        NotWritten: If the destination cannot be written.
        OSError: If the sheet or the folder with images cannot be read.
    """
    require_free(destination)
    table = read_table(sheet)
    defaults = Defaults(about.source, about.licence, language)
    found = cases_of(table, sheet.name, Pictures.of(images), defaults, languages)
    if found.problems:
        raise SheetError(sheet.name, sorted(found.problems, key=lambda problem: problem.line or 0))
    with write_folder(destination) as draft:
        turned = _fill(draft, found, about)
        checked = examine(draft, cached=False)
        problems = [_in_sheet(problem, sheet.name, found) for problem in checked.problems]
        if checked.errors:
            raise SheetError(sheet.name, [problem for problem in problems if not problem.warning])
    return Created(
        first=found.cases[0].case_id,
        languages=dict(Counter(case.language for case in found.cases)),
        pieces=sum(len(case.evidence) for case in found.cases),
        images=len(found.images),
        turned=turned,
        without_options=sum(case.options is None for case in found.cases),
        warnings=problems,
    )


def _fill(folder: Path, found: SheetCases, about: About) -> int:
    """Write all files; the number of images that were turned."""
    turned = 0
    content = hashlib.sha256()
    for path, file in found.images.items():
        (folder / path).parent.mkdir(exist_ok=True)
        turned += copy_upright(file, folder / path)
        content.update((folder / path).read_bytes())
    content.update(write_cases(folder, found.cases))
    card = Card(
        name=about.name,
        version=about.version,
        licence=about.licence,
        source=about.source,
        languages=tuple(dict.fromkeys(case.language for case in found.cases)),
        canary=f"medsyn_inspect canary {uuid.uuid5(uuid.NAMESPACE_OID, f'{about.name} {content.hexdigest()}')}",
        synthetic=about.synthetic,
    )
    write_card(folder, card)
    return turned


def _in_sheet(problem: Problem, sheet: str, found: SheetCases) -> Problem:
    """A problem of the case set, located in the sheet and with the names of the images there."""
    if problem.file == CARD_FILE or problem.line is None:
        return problem
    assert problem.file == CASES_FILE
    message = problem.message
    for path, file in found.images.items():
        message = message.replace(repr(path), repr(file.name))
    return Problem(sheet, message, found.rows[problem.line - 1], problem.case_id, problem.warning)
