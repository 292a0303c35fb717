"""`medsyn analyze`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from medsyn_inspect.cli.options import (
    after_reasoning,
    case_set_of_logs,
    keep_all,
    logs_argument,
    names_of_readers,
    output_folder,
)
from medsyn_inspect.cli.printing import say
from medsyn_inspect.progress import shown_progress
from medsyn_inspect.writing import require_writable, write_files


@click.command("analyze")
@logs_argument
@output_folder("Folder for findings.json and the frames, as CSV and Parquet.")
@keep_all
@case_set_of_logs
@after_reasoning
@names_of_readers
def command(
    logs: tuple[str, ...],
    output: Path | None,
    keep_all: bool,
    case_set: str | None,
    after_reasoning: bool,
    names_file: Path | None,
) -> None:
    """Analyze LOGS (files or folders, local or remote) and print the results with their intervals.

    First the answer in a few sentences, the readers with their ranks, reader against reader, and how much of a
    finding's effect images have. Then the published measures, all conditions, paired comparisons of conditions
    (evidence withheld, replaced or emphasised), position bias, belief by stage, and limitations.
    """
    if output:
        require_writable(output)

    from medsyn_inspect.analysis import analyze_case_sets, analyze_logs, write_findings
    from medsyn_inspect.reference.closed_form import closed_form_types
    from medsyn_inspect.report.names import names_of, names_table, read_names
    from medsyn_inspect.report.terminal import print_findings

    given = read_names(names_file) if names_file else None
    with shown_progress():
        if case_set:
            found = {
                case_set: analyze_logs(logs, keep_all=keep_all, case_set=case_set, after_reasoning=after_reasoning)
            }
        else:
            found = analyze_case_sets(logs, keep_all=keep_all, after_reasoning=after_reasoning)
    if given:
        given.check(model for findings in found.values() for model in findings.logs["model"])
    several = len(found) > 1
    if several:
        say(f"The logs are of {len(found)} case sets; each is analysed separately")
    for fingerprint, findings in found.items():
        name = str(findings.logs["case_set"].iloc[-1])
        if several:
            say(f"\n{name} (fingerprint {fingerprint})")
        names, exact = names_of(findings.logs, given), closed_form_types(findings)
        print_findings(names.of_findings(findings), names.of_frame(exact) if exact is not None else None)
        if output:
            folder = output / folder_name(name, fingerprint) if several else output
            files = [*write_findings(findings, folder), *write_files({"names.csv": names_table(names)}, folder)]
            say(f"Wrote {len(files)} files to {folder}: findings.json, each frame as CSV and Parquet, and names.csv")


def folder_name(case_set: str, fingerprint: str) -> str:
    """Name of the folder for the findings of one of several case sets."""
    return "-".join([*re.findall(r"[\w.]+", case_set), fingerprint])
