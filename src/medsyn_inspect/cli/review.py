"""`medsyn review`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import case_set_argument
from medsyn_inspect.cli.printing import say


@click.command("review")
@case_set_argument
@click.option(
    "--reviewer", "reviewers", multiple=True, required=True, help="Name of a reviewer; no real name. Can be repeated."
)
@click.option("--adjudicator", help="Name of the person who decides where the reviewers differ.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Share of the cases to review, chosen at random.",
)
@click.option("--file", type=click.Path(path_type=Path), help="File of reviews (default: review-SET.jsonl).")
@click.option("--port", default=8765, show_default=True, help="Port on this computer; 0 for any that is free.")
def command(
    folder: str, reviewers: tuple[str, ...], adjudicator: str | None, share: float, file: Path | None, port: int
) -> None:
    """Serve a page on this computer on which clinicians verify the cases of FOLDER (or `demo`).

    Reviewers do not see each other's reviews. The adjudicator sees both where they differ. Start the command again to
    continue where everyone stopped.
    """
    from medsyn_inspect.physicians.local import free_port, serve
    from medsyn_inspect.physicians.review_page import ReviewPage, default_file

    file = file or default_file(folder)
    session = ReviewPage(folder, reviewers, adjudicator, file, share=share)
    listening = free_port(port)
    port = listening.getsockname()[1]
    for person in session.people.values():
        say(f"{person}: {session.link(person, port)}")
    say(f"Reviews are written to {file}. Stop with Ctrl-C; then run `medsyn apply-review {file} --cases {folder}`.")
    serve(session.application(port), listening)
