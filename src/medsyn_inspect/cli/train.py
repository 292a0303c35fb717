"""`medsyn train`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.curate import pairs
from medsyn_inspect.cli.options import output_folder
from medsyn_inspect.cli.printing import say


@click.command("train")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--mixture", required=True, help="Mixture of the folder: `general`, `targeted` or `control`.")
@click.option("--model", required=True, help="Checkpoint to start from: a folder, or a name on the Hub.")
@output_folder("Folder for the new checkpoint; with several seeds, each has a folder in it.", required=True)
@click.option("--learning-rate", type=float, default=5e-6, show_default=True, help="Peak of the cosine schedule.")
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Passes over the mixture.")
@click.option("--batch-size", type=click.IntRange(min=1), default=128, show_default=True, help="Samples of a step.")
@click.option("--device-batch", type=click.IntRange(min=1), default=4, show_default=True, help="Samples in memory.")
@click.option("--max-length", type=click.IntRange(min=1), default=4096, show_default=True, help="Tokens of a sample.")
@click.option(
    "--max-pixels", type=click.IntRange(min=1), default=1_003_520, show_default=True, help="Pixels of an image."
)
@click.option("--lora", type=click.IntRange(min=0), default=0, show_default=True, help="Rank of LoRA; 0 for none.")
@click.option("--train", "part", type=click.Choice(["full", "vision"]), default="full", show_default=True,
              help="Train all parameters, or all but those of the language model.")  # fmt: skip
@click.option("--seed", "seeds", type=int, multiple=True, default=(0,), show_default=True, help="May be repeated.")
@click.option("--pool", "pools", multiple=True, metavar="NAME=PATH", help="Pool whose samples the mixture only names.")
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
def command(
    folder: Path,
    mixture: str,
    model: str,
    output: Path,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    device_batch: int,
    max_length: int,
    max_pixels: int,
    lora: int,
    part: str,
    seeds: tuple[int, ...],
    pools: tuple[str, ...],
    resume: bool,
) -> None:
    """Fine-tune a checkpoint on a mixture in FOLDER (of `medsyn curate`). Needs the extra `train`.

    The defaults are the paper's recipe: all parameters, AdamW, cosine schedule, 1 epoch. The loss covers answers only.
    """
    from dataclasses import replace

    from medsyn_inspect.interventions.train.recipe import CannotTrain, Recipe, examples, has_curriculum, read_mixture
    from medsyn_inspect.interventions.train.tuning import EXTRA, MODULES, UNFINISHED, tune
    from medsyn_inspect.readers.checkpoint import require_extra

    recipe = Recipe(learning_rate, epochs, batch_size, device_batch, max_length, max_pixels, lora, part)
    recipe.accumulation  # noqa: B018 - checks the sizes before anything is read
    rows = read_mixture(folder, mixture, {name: Path(path) for name, path in pairs(pools, "--pool").items()})
    recipe = replace(recipe, in_order=has_curriculum(folder))
    require_extra(EXTRA, MODULES, "medsyn train")
    for seed in seeds:
        target = output if len(seeds) == 1 else output / f"seed-{seed}"
        left = {path.name for path in target.iterdir()} if target.is_dir() else set()
        if left - {UNFINISHED}:
            raise CannotTrain(f"{target}: exists and is not empty; choose another folder, or remove it")
        if left and not resume:
            raise CannotTrain(f"{target}: has an interrupted run; go on with --resume, or remove the folder")
        record = {"mixture": mixture, "folder": str(folder)}
        tune(model, examples(rows), target, recipe, seed=seed, resume=resume, say=say, record=record)
