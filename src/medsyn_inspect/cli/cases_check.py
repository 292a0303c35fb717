"""`medsyn cases check`."""

from __future__ import annotations

import click

from medsyn_inspect.answers.phrases import reading_problems
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.load import case_set_of, folder_of
from medsyn_inspect.cases.problems import grouped
from medsyn_inspect.cli.options import case_set_argument
from medsyn_inspect.cli.printing import say
from medsyn_inspect.progress import shown_progress
from medsyn_inspect.prompts.language import language_problems
from medsyn_inspect.wording import plural


@click.command("check")
@case_set_argument
@click.option("--each", is_flag=True, help="Print each problem on its own line (default: one line per kind).")
def command(folder: str, each: bool) -> None:
    """List the problems of the case set in FOLDER (or `demo`), with file, line and case."""
    with shown_progress():
        found = examine(folder_of(folder))
    if not found.errors:
        case_set = case_set_of(folder, found)
        found.problems += language_problems(case_set) or reading_problems(case_set)
    for line in map(str, found.problems) if each else grouped(found.problems):
        say(line)
    errors, warnings = len(found.errors), len(found.problems) - len(found.errors)
    if errors:
        raise click.ClickException(f"errors: {errors}, warnings: {warnings}; the set cannot be used")
    case_set = case_set_of(folder, found)
    images = sum(len(piece.images) for case in case_set.cases for piece in case.evidence)
    pieces = sum(len(case.evidence) for case in case_set.cases)
    say(
        f"{case_set.card.name} {case_set.card.version}: {plural(case_set.size, 'case')}, {pieces} pieces of evidence, "
        f"{plural(images, 'image')}, {plural(warnings, 'warning')}, no errors. Fingerprint {case_set.fingerprint}"
    )
