"""`medsyn cases import`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cases.importers import IMPORTERS, import_cases
from medsyn_inspect.cli.printing import say


@click.command("import")
@click.argument("name", metavar="SET", type=click.Choice(sorted(IMPORTERS)))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--without-images", is_flag=True, help="Leave out evidence whose images are missing.")
@click.option("--drop-flagged", is_flag=True, help="Drop cases whose text names the diagnosis; default: flag them.")
def command(name: str, source: Path, destination: Path, without_images: bool, drop_flagged: bool) -> None:
    """Convert the public set SET in SOURCE into a case set in DESTINATION."""
    say(import_cases(name, source, destination, without_images=without_images, drop_flagged=drop_flagged))
