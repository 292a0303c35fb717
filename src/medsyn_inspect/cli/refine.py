"""`medsyn refine`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.options import case_set_of_logs, logs_argument, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("refine")
@logs_argument
@output_folder("Folder for the run configurations and manifest.json.", required=True)
@click.option("--reader", default="", help="The reader, if the logs have several.")
@click.option("--development", type=float, default=0.5, show_default=True,
              help="Share of the cases to choose types on; the others are held out.")  # fmt: skip
@click.option("--held-out", default="", metavar="CASES",
              help="Another case set to run on; then types are chosen on all cases of the logs.")  # fmt: skip
@click.option("--targets", type=click.IntRange(min=1), help="Maximum number of types (default: all that qualify).")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of the split.")
@case_set_of_logs
def command(
    logs: tuple[str, ...],
    output: Path,
    reader: str,
    development: float,
    held_out: str,
    targets: int | None,
    seed: int,
    case_set: str | None,
) -> None:
    """Refine the prompt of a reader: call its attention to the evidence types that it underuses as images.

    Types are chosen on development cases in LOGS of `sensitivity`, by the rules of `medsyn curate`. Three run
    configurations are written for the other cases: `plain`, `emphasis` on the types, and `placebo`, which is as long
    and emphasises nothing. `medsyn analyze` on their logs shows the changes, paired by case.
    """
    require_writable(output)

    from medsyn_inspect.analysis import analyze_logs
    from medsyn_inspect.interventions.refine import refine, write_refinement
    from medsyn_inspect.interventions.targets import in_words

    found = refine(
        analyze_logs(logs, case_set=case_set),
        reader=reader,
        development=development,
        seed=seed,
        most=targets,
        held_out=held_out,
    )
    for line in in_words(found.choice):
        say(line)
    write_refinement(output, found)
    say(f"Chosen on {len(found.choice.development)} cases; to run on {len(found.cases)} cases of {found.case_set}:")
    for name in found.configurations:
        say(f"inspect eval --run-config {output / name}.yaml")
    for setting in found.left_out:
        say(f"{setting} is not in these files, because it may be confidential: give it on the command line")
