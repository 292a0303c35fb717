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
@question_option("Only this question; ddx leaves the options out.")
@output_file("The file to write.", required=True)
def command(folder: str, question: Question | None, output: Path) -> None:
    """Write an empty sheet (CSV) for physicians to answer the cases in."""
    case_set = load_cases(folder)
    # With a byte order mark, without which Excel misreads everything that is not English.
    write_file(output, empty_sheet(case_set.cases, question).encode("utf-8-sig"))
    say(f"Wrote {output}: {case_set.size} cases. Filled in, it is read by `medsyn import-answers`")
