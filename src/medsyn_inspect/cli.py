"""`medsyn`: what `inspect` does not already do."""

from __future__ import annotations

import json
import sys
import webbrowser
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Literal

import click
import yaml

from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.importers import IMPORTERS, ImportFailed, import_cases
from medsyn_inspect.cases.load import CaseSetError, case_set_of, folder_of, load_cases

if TYPE_CHECKING:
    from medsyn_inspect.analysis.findings import Findings

# Whatever imports Inspect or scipy is imported by the command that needs it: `medsyn cases check` answers at once.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="medsyn-inspect")
def main() -> None:
    """Cases, tasks and results of medsyn_inspect. Run the tasks with `inspect eval medsyn_inspect/TASK`."""


@main.command()
def tasks() -> None:
    """List the tasks with their parameters (`-T name=value`)."""
    from medsyn_inspect.planning.listing import described_tasks

    for task in described_tasks():
        click.secho(f"medsyn_inspect/{task.name}", bold=True, nl=False)
        click.echo(f"  {task.summary}")
        for parameter in task.parameters:
            click.echo(f"  -T {parameter.name + '=' + parameter.default:<18} {parameter.meaning}")
        click.echo()
    click.echo("Example: inspect eval medsyn_inspect/fdx --model reference/reader -T view=finding")


@main.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo-run"), help="Folder (default: demo-run)."
)
@click.option("--limit", type=int, help="Ask so many cases only.")
def demo(output: Path, limit: int | None) -> None:
    """Ask four simulated readers all tasks on the bundled cases, and write the report of it."""
    from medsyn_inspect.analysis import find
    from medsyn_inspect.reference.demo import run_demo
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.terminal import print_rates
    from medsyn_inspect.report.writing import write_report

    logs, page = output / "logs", output / "report"
    if logs.exists():
        raise click.ClickException(f"{logs} is there already; choose another folder with -o, or remove it")
    click.echo("Asking four simulated readers 24 cases in seven tasks (one to two minutes)")
    failed = [log.location for log in run_demo(logs, limit) if log.status != "success"]
    if failed:
        raise click.ClickException(f"these runs did not succeed: {', '.join(failed)}")
    findings = find(logs)
    print_rates(findings, None if sys.stdout.isatty() else 120)
    write_report(read_material(logs, findings), page, str(logs))
    click.echo(f"The report, of simulated readers on fictional cases:  {page / 'index.html'}")
    click.echo(f"All tables on the screen:                             medsyn analyze {logs}")
    click.echo(f"Cases, prompts, images, answers:                      inspect view --log-dir {logs}")


@main.group()
def cases() -> None:
    """Check, look at and import case sets."""


@cases.command()
@click.argument("folder")
def check(folder: str) -> None:
    """Name every problem of the case set in FOLDER (or `demo`), with file, line and case."""
    from medsyn_inspect.prompts.language import language_problems

    found = examine(folder_of(folder))
    if not found.errors:
        found.problems += language_problems(case_set_of(folder, found))
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
    from medsyn_inspect.parameters import condition_of
    from medsyn_inspect.report.page.case import case_page

    try:
        condition = condition_of(view=view, text=text, withhold=withhold, emphasis=emphasis, staging=staging)
        page = case_page(folder, case_id, question, condition)
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
@click.argument("task", type=click.Choice(["sensitivity", "ddx", "fdx", "open_fdx"]))
@click.option("--cases", "case_set", help="Case set: `demo` or a folder (the same as -T cases=...).")
@click.option("--model", "models", multiple=True, help="Reader, as for `inspect eval`; may be repeated.")
@click.option("--judge", "judges", multiple=True, help="Judge of ddx and open_fdx; repeated: a panel.")
@click.option("-T", "parameters", multiple=True, metavar="NAME=VALUE", help="Task parameter, as for `inspect eval`.")
@click.option(
    "--prices",
    "price_file",
    type=click.Path(path_type=Path),
    envvar="INSPECT_EVAL_MODEL_COST_CONFIG",
    show_envvar=True,
    help="Prices beside the bundled ones, in the format of Inspect's --model-cost-config.",
)
@click.option(
    "--thinking", type=click.IntRange(min=0), default=1000, show_default=True, help="Tokens a reasoning model thinks."
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(
    task: str,
    case_set: str | None,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    parameters: tuple[str, ...],
    price_file: Path | None,
    thinking: int,
    as_json: bool,
) -> None:
    """Count what TASK will ask of a model, and estimate tokens and cost, without asking anything."""
    from medsyn_inspect.planning.plan import plan_of
    from medsyn_inspect.planning.prices import load_prices
    from medsyn_inspect.planning.table import plan_table

    try:
        arguments = task_arguments(parameters) | ({"cases": case_set} if case_set else {})
        prices = load_prices(price_file)
        planned = plan_of(task, arguments, models, prices, judges=judges, thinking=thinking)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(planned), indent=1, ensure_ascii=False))
    else:
        plan_table(planned, prices, None if sys.stdout.isatty() else 120)


def task_arguments(parameters: tuple[str, ...]) -> dict[str, object]:
    """`-T` parameters as `inspect eval` reads them: values are YAML, commas make a list.

    Raises:
        ValueError: If one has no `=`, or its value is not YAML.
    """
    given: dict[str, object] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not (name and equals):
            raise ValueError(f"-T {parameter}: must be of the form name=value")
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f"-T {parameter}: the value cannot be read as YAML") from error
        given[name.replace("-", "_")] = read.split(",") if isinstance(read, str) and "," in read else read
    return given


@main.command()
@click.option("--cases", "folder", default="demo", help="Case set: demo, or a folder.")
@click.option("--question", type=click.Choice(["ddx", "fdx"]), help="Only this one; ddx leaves the options out.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
def answer_sheet(folder: str, question: Literal["ddx", "fdx"] | None, output: Path) -> None:
    """Write an empty sheet (CSV) for physicians to answer the cases in."""
    from medsyn_inspect.physicians.sheet import empty_sheet

    try:
        case_set = load_cases(folder)
    except CaseSetError as error:
        raise click.ClickException(str(error)) from error
    # With a byte order mark, without which Excel misreads everything that is not English.
    output.write_text(empty_sheet(case_set.cases, question), encoding="utf-8-sig", newline="")
    click.echo(f"Wrote {output}: {case_set.size} cases. Filled in, it is read by `medsyn import-answers`")


@main.command()
@click.argument("sheet", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reader", required=True, help="Who answered, such as two-physicians; no names of persons.")
@click.option("--cases", "folder", default="demo", help="Case set: demo, or a folder.")
@click.option("--view", type=click.Choice(["image", "finding"]), default="image", help="What they were shown.")
@click.option("--judge", help="Model that judges differentials, or several with commas (default: as in the tasks).")
@click.option("--log-dir", default="logs", help="Folder for the logs.")
@click.option("--log-images/--no-log-images", default=True, help="Whether the logs hold the images.")
def import_answers(
    sheet: Path,
    reader: str,
    folder: str,
    view: Literal["image", "finding"],
    judge: str | None,
    log_dir: str,
    log_images: bool,
) -> None:
    """Write the answers of people in FILE.csv as logs of the tasks, judged like a model's."""
    from medsyn_inspect.physicians.answers import import_answers

    try:
        imported = import_answers(sheet, reader, folder, view, judge, log_dir, log_images)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(imported))


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
    from medsyn_inspect.reference.closed_form import closed_form_types
    from medsyn_inspect.report.terminal import print_findings

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


@main.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the report.")
@click.option("--against", help="`paper`, or logs (a file or folder) to lay beside.")
@click.option("--all", "keep_all", is_flag=True, help="Keep older runs of a reader too, as readers of their own.")
@click.option("--case-set", help="Name, or beginning of the fingerprint, where the logs rest on several case sets.")
@click.option("--include-cases", is_flag=True, help="Copy the cases with their images into the report.")
@click.option("--cases", help="Where the case set is now (default: where the logs say), for --include-cases.")
def report(
    logs: tuple[str, ...],
    output: Path,
    against: str | None,
    keep_all: bool,
    case_set: str | None,
    include_cases: bool,
    cases: str | None,
) -> None:
    """Turn LOGS (files or folders) into a report: a page, its figures and tables, Markdown and JSON."""
    from medsyn_inspect.analysis.findings import find
    from medsyn_inspect.report.against import against_findings, against_paper
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.writing import case_pages, check_folder, write_report

    if cases and not include_cases:
        raise click.ClickException("--cases says where the cases are that --include-cases copies; give both")
    try:
        check_folder(output)
        findings = find(logs, keep_all=keep_all, case_set=case_set)
        beside = None
        if against == "paper":
            beside = against_paper(findings)
        elif against:
            beside = against_findings(findings, _others(against, keep_all, case_set))
        material = read_material(logs, findings)
        pages = case_pages(material, cases) if include_cases else None
        write_report(material, output, logs, beside, pages)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for note in findings.notes:
        click.echo(note)
    click.echo(f"Wrote {output / 'index.html'}, report.md, report.json, tables/ and figures/")


def _others(logs: str, keep_all: bool, case_set: str | None) -> Findings:
    """The findings to lay beside.

    Raises:
        ValueError: If there are none, and what asked for them.
    """
    from medsyn_inspect.analysis.findings import find

    try:
        return find(logs, keep_all=keep_all, case_set=case_set)
    except (ValueError, OSError) as error:
        raise ValueError(f"--against {logs}: {error}") from error


@main.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["every-eval-ever", "json"]), required=True, help="What to write.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to.")
@click.option("--include-cases", is_flag=True, help="every-eval-ever: with the words of cases and answers; no images.")
@click.option("--organization", default="unknown", help="every-eval-ever: who ran the evaluation.")
@click.option(
    "--relationship",
    type=click.Choice(["first_party", "third_party", "collaborative", "other"]),
    default="other",
    help="every-eval-ever: of the organization to the model.",
)
def export(
    logs: tuple[str, ...],
    form: str,
    output: Path,
    include_cases: bool,
    organization: str,
    relationship: Literal["first_party", "third_party", "collaborative", "other"],
) -> None:
    """Write the results of LOGS for others: their headers as JSON, or the schema of Every Eval Ever."""
    from medsyn_inspect.report.export import write_files
    from medsyn_inspect.report.export.every_eval_ever import every_eval_ever_files
    from medsyn_inspect.report.export.headers import header_files
    from medsyn_inspect.report.export.validation import require_valid

    told: list[str] = []
    try:
        if form == "json":
            if include_cases:
                raise click.UsageError("--include-cases is for --format every-eval-ever; headers hold no case")
            files = header_files(logs)
        else:
            made = every_eval_ever_files(
                logs, include_cases=include_cases, organization=organization, relationship=relationship
            )
            files = made.files
            told = [f"Left out {reason}" for reason in made.left_out] + [require_valid(files)]
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for line in [*told, *(f"Wrote {path}" for path in write_files(files, output))]:
        click.echo(line)


if __name__ == "__main__":
    main()
