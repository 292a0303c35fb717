"""`medsyn views`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.curate import pairs
from medsyn_inspect.cli.options import output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("views")
@click.argument("folder", type=click.Path(path_type=Path))
@output_folder("Folder for the views; it stays on this machine if a licence forbids derivatives.", required=True)
@click.option("--pool", "pools", multiple=True, metavar="NAME=PATH", help="Pool whose samples the mixtures only name.")
def command(folder: Path, output: Path, pools: tuple[str, ...]) -> None:
    """Write the mixtures in FOLDER (of `medsyn curate`) for LLaMA-Factory and ms-swift.

    `medsyn curate` does so by itself, unless the licence of a pool leaves ids alone: then its samples are looked up.
    """
    require_writable(output)
    from medsyn_inspect.interventions.curate.views import write_views
    from medsyn_inspect.interventions.train.recipe import mixtures_of, read_mixture
    from medsyn_inspect.writing import is_empty, write_folder

    if output.exists() and not (output.is_dir() and is_empty(output)):
        raise ValueError(f"{output}: exists and is not an empty folder; choose another, or remove it")
    where = {name: Path(path) for name, path in pairs(pools, "--pool").items()}
    rows = {name: read_mixture(folder, name, where) for name in mixtures_of(folder)}
    with write_folder(output) as draft:
        write_views(draft, rows)
    say(f"Wrote {output}: {', '.join(rows)} for LLaMA-Factory and ms-swift")
