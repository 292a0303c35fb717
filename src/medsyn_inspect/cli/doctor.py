"""`medsyn doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect import TASK_NAMES
from medsyn_inspect.cli.options import case_set_option


@click.command("doctor")
@click.argument("task", type=click.Choice(TASK_NAMES), required=False)
@case_set_option
@click.option("--model", "models", multiple=True, help="Model to evaluate, as for `inspect eval`; may be repeated.")
@click.option("--judge", "judges", multiple=True, help="Judge of ddx and open_fdx; repeat it for a panel.")
@click.option("--extractor", help="Model in the role `extractor`.")
@click.option(
    "--log-dir", default=Path("logs"), show_default=True, type=click.Path(path_type=Path), help="Folder for the logs."
)
@click.option("--call/--no-call", default=True, show_default=True, help="Send each model one small request.")
def command(
    task: str | None,
    folder: str,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    extractor: str | None,
    log_dir: Path,
    call: bool,
) -> None:
    """Check what a run of TASK needs: keys, models, shutdowns, versions, case set, disk. Fails if something is missing.

    Without TASK, the needs of all tasks are checked, so the default judge too.
    """
    from medsyn_inspect.planning.preflight import judges_of, preflight, preflight_table

    needed = judges_of(task, judges)
    failed = preflight_table(preflight(models, needed, extractor, cases=folder, logs=log_dir, call=call))
    if failed:
        raise click.ClickException(f"{failed} of the checks failed")
