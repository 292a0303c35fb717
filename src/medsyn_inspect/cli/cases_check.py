"""`medsyn cases check`."""

from __future__ import annotations

import click

from medsyn_inspect.answers.phrases import reading_problems
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.load import case_set_of, folder_of
from medsyn_inspect.cli.options import case_set_argument
from medsyn_inspect.cli.printing import say
from medsyn_inspect.prompts.language import language_problems


@click.command("check")
@case_set_argument
def command(folder: str) -> None:
    """List the problems of the case set in FOLDER (or `demo`), with file, line and case."""
    found = examine(folder_of(folder))
    if not found.errors:
        case_set = case_set_of(folder, found)
        found.problems += language_problems(case_set) or reading_problems(case_set)
    for problem in found.problems:
        say(problem)
    errors, warnings = len(found.errors), len(found.problems) - len(found.errors)
    if errors:
        raise click.ClickException(f"errors: {errors}, warnings: {warnings}; the set cannot be used")
    case_set = case_set_of(folder, found)
    images = sum(len(piece.images) for case in case_set.cases for piece in case.evidence)
    pieces = sum(len(case.evidence) for case in case_set.cases)
    say(
        f"{case_set.card.name} {case_set.card.version}: {case_set.size} cases, {pieces} pieces of evidence, "
        f"{images} images, {warnings} warnings, no errors. Fingerprint {case_set.fingerprint}"
    )
