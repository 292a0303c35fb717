"""`medsyn attention`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.curate import pairs
from medsyn_inspect.cli.options import case_set_option, output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("attention")
@click.option("--model", "models", required=True, help="`hf-vlm/FOLDER_OR_NAME`; several separated by commas.")
@case_set_option
@output_folder("Folder for the Parquet files, attention.json and the figures.", required=True)
@click.option("--findings", type=click.Path(path_type=Path), metavar="FINDINGS",
              help="Folder of `medsyn analyze -o` or `medsyn report` with sensitivities of the readers on the cases. "
              "Does a type that gets less attention move the answer less?")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="Only the first cases of the set.")
@click.option(
    "-M", "arguments", multiple=True, metavar="NAME=VALUE", help="Argument of hf-vlm, such as dtype=bfloat16."
)
def command(
    models: str, folder: str, output: Path, findings: Path | None, limit: int | None, arguments: tuple[str, ...]
) -> None:
    """Read how much attention a local checkpoint gives each section of a case when it answers. Needs the extra `hf`.

    Relative attention per token (RAPT) by layer: of history, examination, the images or the finding of each evidence
    type, question and template; with the case's own text, and with each of its tokens replaced by a random one.
    """
    require_writable(output)

    from medsyn_inspect.cases.load import load_cases
    from medsyn_inspect.interventions.attention.run import read_models
    from medsyn_inspect.interventions.targets import read_sensitivity
    from medsyn_inspect.progress import shown_progress

    sensitivity = read_sensitivity(findings) if findings else None
    with shown_progress():
        results, drawn = read_models(
            models.split(","),
            load_cases(folder),
            pairs(arguments, "-M"),
            sensitivity=sensitivity,
            limit=limit,
        )
    from medsyn_inspect.interventions.attention.files import write_attention

    for line in (*results.record["left_out"], *results.statements, *results.limits):
        say(line)
    files = write_attention(output, results, drawn)
    say(f"Wrote {output}: {', '.join(file.name for file in files)}")
