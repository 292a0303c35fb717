"""`medsyn apply-review`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli.options import case_set_option, output_folder
from medsyn_inspect.cli.printing import say


@click.command("apply-review")
@click.argument("file", metavar="FILE.jsonl", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@case_set_option
@output_folder("Folder for the next version of the case set (default: only print the agreement).")
@click.option("--version", "version", help="Version of the next case set; required with -o.")
def command(file: Path, folder: str, output: Path | None, version: str | None) -> None:
    """Print how far the reviewers in FILE.jsonl agree, and write the next version of the case set."""
    from medsyn_inspect.physicians.applying import agreement_lines, write_next_version
    from medsyn_inspect.physicians.journal import open_journal

    if (output is None) != (version is None):
        raise click.UsageError("-o and --version are given together")
    case_set = load_cases(folder)
    journal = open_journal(file, "review", case_set)
    for line in agreement_lines(journal.entries):
        say(line)
    if output is not None and version is not None:
        say(write_next_version(case_set, journal.entries, version, output))
