"""`medsyn export-form`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli.options import View, case_set_argument, output_folder, view_option
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import write_folder


@click.command("export-form")
@case_set_argument
@click.option(
    "--to", "program", type=click.Choice(["label-studio", "redcap"]), required=True, help="The program to export for."
)
@view_option("How the visual evidence is shown.")
@output_folder("Folder for the files.", required=True)
def command(folder: str, program: str, view: View, output: Path) -> None:
    """Write the cases of FOLDER (or `demo`) as forms for Label Studio or REDCap, differential and option apart."""
    from medsyn_inspect.physicians.forms import images_of, label_studio, redcap
    from medsyn_inspect.records import Condition

    case_set, condition = load_cases(folder), Condition(view=view)
    files = (label_studio if program == "label-studio" else redcap)(case_set, condition)
    images = images_of(case_set, condition)
    with write_folder(output) as draft:
        for name, content in files.items():
            (draft / name).write_text(content, encoding="utf-8", newline="")
        (draft / "images").mkdir()
        for name, path in images.items():
            shutil.copyfile(path, draft / "images" / name)
    say(f"Wrote {', '.join(files)} and {len(images)} images into {output}: {case_set.size} cases")
