"""`medsyn export`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from medsyn_inspect.cli.options import choice, logs_argument, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.report.export import Relationship
from medsyn_inspect.writing import require_writable, write_files

Form = Literal["every-eval-ever", "json"]


@click.command("export")
@logs_argument
@click.option("--format", "form", type=choice(Form), required=True, help="Output format.")
@output_folder("Folder for the files.", required=True)
@click.option("--include-cases", is_flag=True, help="every-eval-ever: include texts of cases and answers; no images.")
@click.option("--organization", default="unknown", help="every-eval-ever: organization that ran the evaluation.")
@click.option("--relationship", type=choice(Relationship), default="other", help="Its relation to the model.")
def command(
    logs: tuple[str, ...],
    form: Form,
    output: Path,
    include_cases: bool,
    organization: str,
    relationship: Relationship,
) -> None:
    """Export LOGS for publication: their headers as JSON, or the results in the schema of Every Eval Ever.

    Logs that cannot be exported are listed with the reason; the others are written.
    """
    if form == "json" and include_cases:
        raise click.UsageError("--include-cases requires --format every-eval-ever; headers contain no cases")
    require_writable(output)

    from medsyn_inspect.report.export.every_eval_ever import every_eval_ever_files
    from medsyn_inspect.report.export.headers import header_files
    from medsyn_inspect.report.export.validation import require_valid

    if form == "json":
        made, validated = header_files(logs), []
    else:
        made = every_eval_ever_files(
            logs, include_cases=include_cases, organization=organization, relationship=relationship
        )
        validated = [require_valid(made.files)]
    written = write_files(made.files, output)
    for line in [*made.notes, *validated, *(f"Wrote {path}" for path in written)]:
        say(line)
