"""`medsyn export-answers`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli.options import case_set_option, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import write_folder


@click.command("export-answers")
@click.argument("file", metavar="FILE.jsonl", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@case_set_option
@output_folder("Folder for the sheets, one a reader.", default=Path("sheets"), show_default=True)
def command(file: Path, folder: str, output: Path) -> None:
    """Write the answers in FILE.jsonl as sheets for `medsyn import-answers`, and print how far readers agree."""
    from medsyn_inspect.physicians.answering import agreement, exported
    from medsyn_inspect.physicians.journal import open_journal

    case_set = load_cases(folder)
    journal = open_journal(file, "answers", case_set)
    sheets = exported(journal.entries, case_set.cases)
    with write_folder(output) as draft:
        for sheet in sheets:
            (draft / f"{sheet.name}.csv").write_bytes(sheet.content.encode("utf-8-sig"))
    for sheet in sheets:
        together = "".join(f" --consensus-of {member}" for member in sheet.members)
        say(
            f"{output / sheet.name}.csv: {sheet.cases} of {case_set.size} cases; import with `medsyn import-answers "
            f"{output / sheet.name}.csv --reader {sheet.name}{together} --cases {folder}`"
        )
    for line in agreement(journal.entries, case_set.cases):
        say(line)
