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
    """Run all tasks with four simulated readers and two simulated physicians on the bundled cases; write the report."""
    logs, page = output / "logs", output / "report"
    if there := [folder for folder in (logs, output / "physicians") if folder.exists()]:
        raise click.ClickException(f"{there[0]} already exists; choose another folder with -o, or remove it")
    require_writable(output)

    from medsyn_inspect.analysis import analyze_logs
    from medsyn_inspect.cases.load import load_cases
    from medsyn_inspect.reference.demo import run_demo
    from medsyn_inspect.reference.physicians import run_physicians
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.names import names_of
    from medsyn_inspect.report.terminal import print_rates
    from medsyn_inspect.report.writing import check_folder, write_report

    check_folder(page)
    case_ids = load_cases().case_ids
    say(f"Running seven tasks with four simulated readers on {len(case_ids)} cases (one to two minutes)")
    made = run_demo(logs, limit)
    say("Two simulated physicians answer the cases, alone and in consensus")
    made += run_physicians(output / "physicians", str(logs), case_ids[:limit])
    if failed := [log.location for log in made if log.status != "success"]:
        raise click.ClickException(f"these runs did not succeed: {', '.join(failed)}")
    findings = analyze_logs(logs)
    print_rates(names_of(findings.logs).of_findings(findings))
    write_report(read_material(logs, findings), page, [str(logs)])
    say(f"Report (simulated readers, fictional cases):  {page / 'index.html'}")
    say(f"All tables in the terminal:                   medsyn analyze {logs}")
    say(f"Cases, prompts, images, answers:              inspect view --log-dir {logs}")
