"""`medsyn answer`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import View, case_set_argument, view_option
from medsyn_inspect.cli.printing import say


@click.command("answer")
@case_set_argument
@click.option(
    "--reader",
    "readers",
    multiple=True,
    required=True,
    help="Name of a physician, such as rater-1; no real name. Can be repeated; a+b is what a and b answer together.",
)
@view_option("How the visual evidence is shown.")
@click.option("--file", type=click.Path(path_type=Path), help="File of answers (default: answers-SET.jsonl).")
@click.option("--port", default=8765, show_default=True, help="Port on this computer; 0 for any that is free.")
def command(folder: str, readers: tuple[str, ...], view: View, file: Path | None, port: int) -> None:
    """Serve a page on this computer on which physicians answer the cases of FOLDER (or `demo`).

    A physician first enters a differential, which is then locked, and chooses an option afterwards. Start the command
    again to continue where everyone stopped.
    """
    from medsyn_inspect.physicians.answer_page import AnswerPage, default_file
    from medsyn_inspect.physicians.answering import check_readers
    from medsyn_inspect.physicians.local import free_port, serve
    from medsyn_inspect.records import Condition

    people = check_readers(readers)
    file = file or default_file(folder)
    session = AnswerPage(folder, Condition(view=view), people, file)
    listening = free_port(port)
    port = listening.getsockname()[1]
    for person in people:
        say(f"{person}: {session.link(person, port)}")
    say(f"Answers are written to {file}. Stop with Ctrl-C; then run `medsyn export-answers {file}`.")
    serve(session.application(port), listening)
