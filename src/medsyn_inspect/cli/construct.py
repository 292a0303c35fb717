"""`medsyn construct`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.curate import pairs
from medsyn_inspect.cli.printing import say

DEFAULT_NAME = "constructed"


@click.command("construct")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--builder-model", "builder", required=True, help="Model that takes the steps.")
@click.option("--checker-model", "checker", help="Model that judges distractors (default: the builder).")
@click.option(
    "--solver-model", "solvers", multiple=True, help="Model that must not win without evidence; may be repeated."
)
@click.option("--held-out-model", "held_out", multiple=True, help="Solver that is measured only; may be repeated.")
@click.option("--reader-model", "reader", help="Model that must settle each case from all findings.")
@click.option("--rounds", type=click.IntRange(min=0), help="Rounds of refinement at most (default: 3).")
@click.option("--draws", type=click.IntRange(min=1), help="Draws of each solver at least (default: 200).")
@click.option("--licence", default="", help="Licence of reports that state none.")
@click.option("--prompts", multiple=True, metavar="LANGUAGE=FOLDER", help="Folder of a language of one's own.")
@click.option("--table-font", type=click.Path(path_type=Path), help="Font for tables without an image, if not Latin.")
@click.option("--fictional", is_flag=True, help="The reports are invented; the card says so.")
@click.option("--name", default=DEFAULT_NAME, show_default=True, help="Name of the case set.")
@click.option("--steps", type=click.Path(path_type=Path), help="Folder of the steps (default: DESTINATION-steps).")
@click.option("--limit", type=click.IntRange(min=1), help="Number of reports (default: all).")
@click.option("--max-connections", type=click.IntRange(min=1), help="As for `inspect eval`.")
@click.option("--cost-limit", type=click.FloatRange(min=0), help="USD per report and step, as for `inspect eval`.")
@click.option("--without-failed", is_flag=True, help="Write the set although calls failed, without these reports.")
def command(
    source: Path,
    destination: Path,
    builder: str,
    checker: str | None,
    solvers: tuple[str, ...],
    held_out: tuple[str, ...],
    reader: str | None,
    rounds: int | None,
    draws: int | None,
    licence: str,
    prompts: tuple[str, ...],
    table_font: Path | None,
    fictional: bool,
    name: str,
    steps: Path | None,
    limit: int | None,
    max_connections: int | None,
    cost_limit: float | None,
    without_failed: bool,
) -> None:
    """Build a case set in DESTINATION from the case reports in SOURCE (a folder, or `demo`).

    A run that was stopped goes on where it ended if the same command is given again.
    """
    from medsyn_inspect.cases.folder import require_free
    from medsyn_inspect.construct.reading.finished import table_font as load_table_font
    from medsyn_inspect.construct.running import Order, construct

    require_free(destination)
    if table_font:
        load_table_font(table_font)
    folders = {language: Path(folder) for language, folder in pairs(prompts, "--prompts").items()}
    given: dict[str, object] = {"rounds": rounds, "draws": draws, "limit": limit, "licence": licence or None}
    given |= {"prompts": folders or None, "table_font": table_font}
    limits = {"max_connections": max_connections, "cost_limit": cost_limit}
    order = Order(
        source=source,
        destination=destination,
        steps=steps or destination.with_name(f"{destination.name}-steps"),
        builder=builder,
        checker=checker,
        solvers=solvers,
        held_out=held_out,
        reader=reader,
        name=name,
        fictional=fictional,
        without_failed=without_failed,
        settings={key: value for key, value in given.items() if value is not None},
        options={key: value for key, value in limits.items() if value is not None},
    )
    for line in construct(order):
        say(line)
