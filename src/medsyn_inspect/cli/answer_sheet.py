"""`medsyn answer-sheet`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli.options import Question, case_set_option, output_file, question_option
from medsyn_inspect.cli.printing import say
from medsyn_inspect.physicians.sheet import empty_sheet
from medsyn_inspect.writing import write_file


@click.command("answer-sheet")
@case_set_option
@question_option("Only this question; the sheet for ddx has no options.")
@output_file("The file to write.", required=True)
def command(folder: str, question: Question | None, output: Path) -> None:
    """Write an empty answer sheet (CSV) for physicians."""
    case_set = load_cases(folder)
    # With a byte order mark: without it Excel misreads all text that is not ASCII.
    write_file(output, empty_sheet(case_set.cases, question).encode("utf-8-sig"))
    say(f"Wrote {output}: {case_set.size} cases. Import the completed sheet with `medsyn import-answers`")
