"""`medsyn cases show`."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from tempfile import mkdtemp

import click

from medsyn_inspect.cli.options import (
    PLAIN,
    Question,
    Staging,
    TextPolicy,
    View,
    case_set_argument,
    choice,
    output_file,
    question_option,
    view_option,
)
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import write_file


@click.command("show")
@case_set_argument
@click.argument("case_id", metavar="CASE")
@question_option("Which question (default: fdx if the case has options).")
@view_option("How visual evidence is shown.")
@click.option("--text", type=choice(TextPolicy), default=PLAIN.text, show_default=True, help="History and examination.")
@click.option("--withhold", help="Evidence types, history, examination, or all.")
@click.option("--emphasis", help="Evidence type that the system message asks the reader to attend to.")
@click.option(
    "--staging", type=choice(Staging), default=PLAIN.staging, show_default=True, help="In one turn or by stages."
)
@output_file("The page (default: a temporary file).")
@click.option("--open/--no-open", "open_page", default=True, help="Open it in the browser.")
def command(
    folder: str,
    case_id: str,
    question: Question | None,
    view: View,
    text: TextPolicy,
    withhold: str | None,
    emphasis: str | None,
    staging: Staging,
    output: Path | None,
    open_page: bool,
) -> None:
    """Write what a reader would see of CASE in FOLDER (or `demo`) as a page, with its images, and open it."""
    from medsyn_inspect.parameters import condition_of
    from medsyn_inspect.report.page.case import case_page

    condition = condition_of(view=view, text=text, withhold=withhold, emphasis=emphasis, staging=staging)
    page = case_page(folder, case_id, question, condition)
    target = output or Path(mkdtemp(prefix="medsyn-")) / f"{case_id}.html"
    write_file(target, page.encode())
    say(f"Wrote {target}")
    if open_page:
        webbrowser.open(target.resolve().as_uri())
