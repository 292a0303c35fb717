"""`medsyn merge`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import output_file
from medsyn_inspect.cli.printing import say


@click.command("merge")
@click.argument(
    "files",
    metavar="FILE.jsonl...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@output_file("The file to write.", required=True)
def command(files: tuple[Path, ...], output: Path) -> None:
    """Join files of answers, or of reviews, from several computers into one."""
    from medsyn_inspect.physicians.journal import merge_journals, write_journal

    header, entries = merge_journals(files)
    write_journal(output, header, entries)
    say(f"Wrote {output}: {len(entries)} entries of {len({entry.person for entry in entries})} people")
