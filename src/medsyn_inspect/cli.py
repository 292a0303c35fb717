"""`medsyn`: what `inspect` does not already do."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from tempfile import mkdtemp

import click

from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.importers import IMPORTERS, ImportFailed, import_cases
from medsyn_inspect.cases.load import CaseSetError, case_set_of, folder_of

# Whatever imports Inspect or scipy is imported by the command that needs it: `medsyn cases check` answers at once.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="medsyn-inspect")
def main() -> None:
    """Cases, tasks and results of medsyn_inspect. Run the tasks with `inspect eval medsyn_inspect/TASK`."""


@main.command()
def tasks() -> None:
    """List the tasks with their parameters (`-T name=value`)."""
    from medsyn_inspect.listing import described_tasks

    for task in described_tasks():
        click.secho(f"medsyn_inspect/{task.name}", bold=True, nl=False)
        click.echo(f"  {task.summary}")
        for parameter in task.parameters:
            click.echo(f"  -T {parameter.name + '=' + parameter.default:<18} {parameter.description}")
        click.echo()
    click.echo("Example: inspect eval medsyn_inspect/fdx --model reference/reader -T view=finding")


@main.group()
def cases() -> None:
    """Check, look at and import case sets."""


@cases.command()
@click.argument("folder")
def check(folder: str) -> None:
    """Name every problem of the case set in FOLDER (or `demo`), with file, line and case."""
    found = examine(folder_of(folder))
    for problem in found.problems:
        click.echo(str(problem))
    errors, warnings = len(found.errors), len(found.problems) - len(found.errors)
    if errors:
        raise click.ClickException(f"errors: {errors}, warnings: {warnings}; the set cannot be used")
    case_set = case_set_of(folder, found)
    images = sum(len(piece.images) for case in case_set.cases for piece in case.evidence)
    pieces = sum(len(case.evidence) for case in case_set.cases)
    click.echo(
        f"{case_set.card.name} {case_set.card.version}: {case_set.size} cases, {pieces} pieces of evidence, "
        f"{images} images, {warnings} warnings, no errors. Fingerprint {case_set.fingerprint}"
    )


@cases.command()
@click.argument("folder")
@click.argument("case_id", metavar="CASE")
@click.option(
    "--question", type=click.Choice(["ddx", "fdx"]), help="What is asked (default: fdx if the case has options)."
)
@click.option("--view", default="image", help="image or finding.")
@click.option("--text", default="keep", help="keep, remove or random.")
@click.option("--withhold", help="Evidence types, history, examination, or all.")
@click.option("--emphasis", help="Evidence type the system message asks to attend to.")
@click.option("--staging", default="single", help="single or turns.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to write the page (default: a temporary file)."
)
@click.option("--open/--no-open", "open_page", default=True, help="Open it in the browser.")
def show(
    folder: str,
    case_id: str,
    question: str | None,
    view: str,
    text: str,
    withhold: str | None,
    emphasis: str | None,
    staging: str,
    output: Path | None,
    open_page: bool,
) -> None:
    """Write what a reader would see of CASE in FOLDER (or `demo`) as a page, with its images, and open it."""
    from medsyn_inspect.show import case_page

    try:
        page = case_page(folder, case_id, question, view, text, withhold, emphasis, staging)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    target = output or Path(mkdtemp(prefix="medsyn-")) / f"{case_id}.html"
    target.write_text(page, encoding="utf-8")
    click.echo(f"Wrote {target}")
    if open_page:
        webbrowser.open(target.resolve().as_uri())


@cases.command(name="import")
@click.argument("name", metavar="SET", type=click.Choice(sorted(IMPORTERS)))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--without-images", is_flag=True, help="Leave evidence out whose images are not there.")
@click.option(
    "--drop-flagged", is_flag=True, help="Drop cases whose text names the diagnosis instead of flagging them."
)
def import_set(name: str, source: Path, destination: Path, without_images: bool, drop_flagged: bool) -> None:
    """Make a case set in DESTINATION from the public set SET in SOURCE."""
    try:
        report = import_cases(name, source, destination, without_images=without_images, drop_flagged=drop_flagged)
    except (ImportFailed, CaseSetError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(report))


@main.command()
@click.argument("logs", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for findings.json and the frames, as CSV and Parquet.",
)
@click.option("--all", "keep_all", is_flag=True, help="Keep older runs of the same as readers of their own.")
@click.option("--case-set", metavar="SET", help="Only logs on this case set: its name or fingerprint.")
def analyze(logs: tuple[str, ...], output: Path | None, keep_all: bool, case_set: str | None) -> None:
    """Print what LOGS (files or folders, local or remote) say, each number with its interval.

    How often readers are right; how far evidence moves them, as images and as findings; what it changed to withhold,
    replace or emphasise something; position bias; belief on the way; and what all of it cannot be relied on for.
    """
    from medsyn_inspect.analysis import find, write_findings
    from medsyn_inspect.models.closed_form import closed_form_types
    from medsyn_inspect.tables import print_findings

    try:
        findings = find(logs, keep_all=keep_all, case_set=case_set)
        closed_form = closed_form_types(findings)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    print_findings(findings, None if sys.stdout.isatty() else 120, closed_form)
    if output:
        try:
            files = write_findings(findings, output)
        except OSError as error:
            raise click.ClickException(f"nothing was written to {output}: {error}") from error
        click.echo(f"Wrote {len(files)} files to {output}: findings.json, and each frame as CSV and Parquet")


if __name__ == "__main__":
    main()
