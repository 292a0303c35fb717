"""`medsyn report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from medsyn_inspect.cli.options import (
    after_reasoning,
    case_set_of_logs,
    choice,
    keep_all,
    logs_argument,
    names_of_readers,
    output_folder,
)
from medsyn_inspect.cli.printing import say
from medsyn_inspect.progress import shown_progress
from medsyn_inspect.report import SnippetKind

if TYPE_CHECKING:
    from medsyn_inspect.analysis.findings import Findings


@click.command("report")
@logs_argument
@output_folder("Folder for the report.", required=True)
@click.option("--against", help="Compare with `paper` (the published figures), or with other logs (a file or folder).")
@click.option("--circle", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Add the section From gap to fix, from what its steps wrote into FOLDER.")  # fmt: skip
@keep_all
@case_set_of_logs
@after_reasoning
@names_of_readers
@click.option(
    "--snippet",
    "snippet_kind",
    type=choice(SnippetKind),
    help="Also write a piece for a model card: headline table, a figure, three sentences, citation.",
)
@click.option(
    "--include-cases", is_flag=True, help="Include the cases with their images, and the answers, in the page."
)
@click.option("--cases", help="Location of the case set (default: as in the logs), for --include-cases.")
@click.option(
    "--bundle",
    is_flag=True,
    help="Include Inspect's viewer with the logs, which contain cases and answers, in the folder viewer/.",
)
def command(
    logs: tuple[str, ...],
    output: Path,
    against: str | None,
    circle: Path | None,
    keep_all: bool,
    case_set: str | None,
    after_reasoning: bool,
    names_file: Path | None,
    snippet_kind: SnippetKind | None,
    include_cases: bool,
    cases: str | None,
    bundle: bool,
) -> None:
    """Write a report on LOGS (files or folders): an HTML page, figures, tables, Markdown and JSON."""
    if cases and not include_cases:
        raise click.ClickException("--cases has no effect without --include-cases; give both, or neither")

    from medsyn_inspect.analysis import analyze_logs
    from medsyn_inspect.interventions.circle import read_circle
    from medsyn_inspect.report.against import against_findings, against_paper
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.names import names_of, read_names
    from medsyn_inspect.report.page.explorer.contents import contents
    from medsyn_inspect.report.snippet import FILES
    from medsyn_inspect.report.writing import check_folder, write_report

    check_folder(output)
    given = read_names(names_file) if names_file else None
    steps = read_circle(circle) if circle else None
    with shown_progress():
        findings = analyze_logs(logs, keep_all=keep_all, case_set=case_set, after_reasoning=after_reasoning)
        if given:
            given.check(findings.logs["model"])
        comparison = None
        if against == "paper":
            comparison = against_paper(findings)
        elif against:
            comparison = against_findings(findings, _others(against, keep_all, case_set))
        material = read_material(logs, findings)
        included = contents(material, cases) if include_cases else None
        write_report(
            material,
            output,
            logs,
            comparison,
            cases=included,
            bundle=bundle,
            names=given,
            snippet_kind=snippet_kind,
            circle=steps,
        )
    for note in names_of(findings.logs, given).of_findings(findings).notes:
        say(note)
    written = ["report.md", "report.json", "leaderboard.csv", *([FILES[snippet_kind]] if snippet_kind else [])]
    say(f"Wrote {output / 'index.html'}, {', '.join(written)}, tables/ and figures/")


def _others(logs: str, keep_all: bool, case_set: str | None) -> Findings:
    """The findings of the logs to compare with.

    Raises:
        ValueError: If there are none; the message names the option.
    """
    from medsyn_inspect.analysis import analyze_logs

    try:
        return analyze_logs(logs, keep_all=keep_all, case_set=case_set)
    except (ValueError, OSError) as error:
        raise ValueError(f"--against {logs}: {error}") from error
