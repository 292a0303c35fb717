"""`medsyn cases init`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from medsyn_inspect.cases.problems import grouped
from medsyn_inspect.cli.printing import say
from medsyn_inspect.progress import shown_progress
from medsyn_inspect.wording import plural

T = TypeVar("T")

LICENCE = "private, not for redistribution"
"""The licence of a set if none is given: it permits nothing."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from", "sheet", required=True, type=click.Path(path_type=Path), help="The filled-in sheet (.xlsx or .csv)."
)
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder with the image files (default: the folder of the sheet)."
)
@click.option("--language", help="Language of the cases, such as en or zh (default: zh for Chinese text, else en).")
@click.option("--name", help="Name of the case set (default: the name of FOLDER).")
@click.option("--source", help="Where the cases come from (default: the name of the sheet).")
@click.option("--licence", help=f"Licence of the set (default: {LICENCE}).")
@click.option("--synthetic/--real", default=None, help="Whether the cases are invented (default: real).")
def command(
    folder: Path,
    sheet: Path,
    images: Path | None,
    language: str | None,
    name: str | None,
    source: str | None,
    licence: str | None,
    synthetic: bool | None,
) -> None:
    """Make a case set in FOLDER of a sheet in the form of `medsyn cases template`, with its images.

    In a terminal, the command asks for what the options leave open. If anything is wrong in the sheet, all problems are
    listed and nothing is written.
    """
    from medsyn_inspect.cases.folder import require_free
    from medsyn_inspect.cases.sheet.create import About, create_case_set
    from medsyn_inspect.prompts.language import languages

    require_free(folder)
    about = About(
        name=_open_question(name, "Name of the case set", folder.resolve().name),
        source=_open_question(source, "Where do the cases come from (authors, hospital, publication)", sheet.name),
        licence=_open_question(licence, "Licence of the set", LICENCE),
        synthetic=_open_question(synthetic, "Are the cases invented", False, click.confirm),
    )
    with shown_progress():
        created = create_case_set(
            sheet, folder, about, images=images or sheet.parent, languages=languages(), language=language or ""
        )
    for line in grouped(created.warnings, place="row"):
        say(line)
    number = sum(created.languages.values())
    by_language = ", ".join(f"{count} {code}" for code, count in created.languages.items())
    say(
        f"Wrote {folder}: {plural(number, 'case')} ({by_language}), {plural(created.pieces, 'piece')} of evidence, "
        f"{plural(created.images, 'image')}, {plural(len(created.warnings), 'warning')}."
    )
    if created.turned:
        say(f"{plural(created.turned, 'image')} saved upright as PNG, because viewers turn them and models may not.")
    if created.without_options:
        say(f"{plural(created.without_options, 'case')} without distractors, which only fdx and sensitivity need.")
    say(f"Look at a case:   medsyn cases show {folder} {created.first}")
    say(f"Run a task:       inspect eval medsyn_inspect/ddx -T cases={folder} --model MODEL")


def _open_question(given: T | None, question: str, default: T, ask: Callable[..., T] = click.prompt) -> T:
    """What was given, or the answer in a terminal, or else the default."""
    if given is not None:
        return given
    return ask(question, default=default) if _interactive() else default


def _interactive() -> bool:
    return sys.stdin.isatty()
