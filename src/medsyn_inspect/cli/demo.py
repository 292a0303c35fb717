"""`medsyn demo`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("demo")
@output_folder("Folder for the logs and the report.", default=Path("demo-run"), show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Number of cases (default: all).")
def command(output: Path, limit: int | None) -> None:
    """Run all tasks with four simulated readers on the bundled cases, and write the report."""
    logs, page = output / "logs", output / "report"
    if logs.exists():
        raise click.ClickException(f"{logs} already exists; choose another folder with -o, or remove it")
    require_writable(output)

    from medsyn_inspect.analysis import analyze_logs
    from medsyn_inspect.reference.demo import run_demo
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.names import names_of
    from medsyn_inspect.report.terminal import print_rates
    from medsyn_inspect.report.writing import check_folder, write_report

    check_folder(page)
    say("Running seven tasks with four simulated readers on 26 cases (one to two minutes)")
    if failed := [log.location for log in run_demo(logs, limit) if log.status != "success"]:
        raise click.ClickException(f"these runs did not succeed: {', '.join(failed)}")
    findings = analyze_logs(logs)
    print_rates(names_of(findings.logs).of_findings(findings))
    write_report(read_material(logs, findings), page, [str(logs)])
    say(f"Report (simulated readers, fictional cases):  {page / 'index.html'}")
    say(f"All tables in the terminal:                   medsyn analyze {logs}")
    say(f"Cases, prompts, images, answers:              inspect view --log-dir {logs}")
