"""`medsyn before-after`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import case_set_of_logs, logs_argument, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("before-after")
@logs_argument
@output_folder("Folder for before-after.html and before-after.json; may be that of a report.", required=True)
@click.option("--before", default="base", show_default=True, help="Last part of the names of the readers before.")
@click.option("--after", multiple=True, default=("general", "targeted"), show_default=True,
              help="Last part of the names of the readers after; may be repeated.")  # fmt: skip
@click.option("--types", help="Evidence types, separated by commas (default: all).")
@case_set_of_logs
def command(
    logs: tuple[str, ...], output: Path, before: str, after: tuple[str, ...], types: str | None, case_set: str | None
) -> None:
    """Compare readers before and after fine-tuning in LOGS of `sensitivity`, paired by case and seed.

    A reader's name says which it is: NAME/seed-0/base, NAME/seed-0/targeted ...
    """
    require_writable(output)

    from medsyn_inspect.analysis import analyze_logs
    from medsyn_inspect.interventions.repair.compare import compare, uptake
    from medsyn_inspect.interventions.repair.folder import in_words, write_comparison

    findings = analyze_logs(logs, case_set=case_set)
    named = types.split(",") if types else sorted(set(findings.sensitivity["evidence_type"]))
    found = compare(findings, before, after, named)
    for one in found:
        say("  ".join(in_words(one)))
    files = write_comparison(output, found, {name: uptake(findings, (before, *after), name) for name in named})
    say(f"Wrote {' and '.join(map(str, files))}")
