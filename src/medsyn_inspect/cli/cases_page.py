"""`medsyn cases page`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import case_set_argument, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import write_files


@click.command("page")
@case_set_argument
@output_folder("Folder for the pages.", required=True)
def command(folder: str, output: Path) -> None:
    """Write the cases of FOLDER (or `demo`) as static pages for reading, one a case, with an index."""
    from medsyn_inspect.report.page.case import case_pages

    pages = case_pages(folder)
    write_files(pages, output)
    say(f"Wrote {output / 'index.html'}: {len(pages) - 1} cases")
