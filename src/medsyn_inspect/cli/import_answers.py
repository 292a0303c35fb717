"""`medsyn import-answers`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import View, case_set_option, view_option
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("import-answers")
@click.argument("sheet", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reader", required=True, help="Name of the reader, such as two-physicians; no personal names.")
@case_set_option
@view_option("View that the physicians were shown.")
@click.option("--judge", help="Judge of differentials, or several separated by commas (default: as in the tasks).")
@click.option(
    "--consensus-of",
    multiple=True,
    metavar="READER",
    help="The answers are the consensus of this reader and others; repeated for each.",
)
@click.option("--log-dir", default="logs", show_default=True, help="Folder for the logs.")
@click.option("--log-images/--no-log-images", default=True, help="Whether the logs contain the images.")
def command(
    sheet: Path,
    reader: str,
    folder: str,
    view: View,
    judge: str | None,
    consensus_of: tuple[str, ...],
    log_dir: str,
    log_images: bool,
) -> None:
    """Import the answers of physicians in FILE.csv as logs of the tasks, judged like those of a model."""
    if "://" not in log_dir:
        require_writable(Path(log_dir))

    from medsyn_inspect.physicians.answers import import_answers

    say(
        import_answers(
            sheet,
            reader,
            folder,
            view,
            judge=judge,
            consensus_of=consensus_of,
            log_dir=log_dir,
            log_images=log_images,
        )
    )
