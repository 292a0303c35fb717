"""`medsyn cases show`."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from medsyn_inspect.cli.options import (
    Question,
    case_set_argument,
    condition_options,
    output_file,
    question_option,
)
from medsyn_inspect.cli.printing import say
from medsyn_inspect.parameters import condition_of
from medsyn_inspect.writing import write_file


@click.command("show")
@case_set_argument
@click.argument("case_id", metavar="CASE")
@question_option("The question (default: fdx if the case has options, else ddx).")
@condition_options
@output_file("HTML file to write (default: a temporary file).")
@click.option("--open/--no-open", "open_page", default=True, help="Open the page in the browser.")
def command(
    folder: str,
    case_id: str,
    question: Question | None,
    output: Path | None,
    open_page: bool,
    **shown: Any,
) -> None:
    """Show the prompt for CASE in FOLDER (or `demo`), with its images, as an HTML page in the browser."""
    from medsyn_inspect.report.page.case import case_page

    page = case_page(folder, case_id, question, condition_of(**shown))
    target = output or Path(mkdtemp(prefix="medsyn-")) / f"{case_id}.html"
    write_file(target, page.encode())
    say(f"Wrote {target}")
    if open_page:
        webbrowser.open(target.resolve().as_uri())
