"""`medsyn cases template`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cases.sheet.columns import languages
from medsyn_inspect.cli.printing import say


@click.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--language",
    type=click.Choice(languages()),
    default=languages()[0],
    show_default=True,
    help="Language of the headers.",
)
def command(file: Path, language: str) -> None:
    """Write an empty sheet for cases to FILE (.xlsx for Excel, or .csv): one row per case."""
    from medsyn_inspect.cases.sheet.template import write_template

    write_template(file, language)
    say(f"Wrote {file}. Fill in one row per case, then: medsyn cases init FOLDER --from {file} --images IMAGES")
