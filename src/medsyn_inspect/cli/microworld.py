"""`medsyn microworld`."""

from __future__ import annotations

from pathlib import Path

import click

from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("microworld")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--types", help="Evidence types of the world, separated by commas (default: four).")
@click.option("--weak", help="Evidence type that the models are weak in (default: microscopy); `none` for none.")
@click.option("--diagnoses", type=int, default=12, show_default=True, help="Number of diagnoses.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of the world.")
@click.option("--cases", type=int, default=150, show_default=True, help="Cases of each of the two case sets.")
@click.option("--pool", type=int, default=14000, show_default=True, help="Samples of each of the two pools.")
@click.option("--model", "seeds", multiple=True, type=int, help="Train a model with this seed; may be repeated.")
@click.option("--steps", type=int, help="Training steps of a model (default: 800).")
def command(
    folder: Path,
    types: str | None,
    weak: str | None,
    diagnoses: int,
    seed: int,
    cases: int,
    pool: int,
    seeds: tuple[int, ...],
    steps: int | None,
) -> None:
    """Write a small synthetic world to FOLDER: two case sets, two pools of training data, and models with a weakness.

    Diagnoses, signs and pictures are invented, so the best answer to each case is known. The models (--model) are
    trained from nothing on this world's own prompts; while they are, the pictures of one evidence type are noise.
    If FOLDER already has a world, only models are added. Models need the extra `hf`; the rest needs nothing.
    """
    from medsyn_inspect.interventions.microworld.folder import WORLD_FILE, read_world, write_world
    from medsyn_inspect.interventions.microworld.world import DEFAULT_TYPES, DEFAULT_WEAK, World
    from medsyn_inspect.readers.checkpoint import EXTRA, MODULES, require_extra

    if seeds:
        require_extra(EXTRA, MODULES, "--model")
    if not (seeds and (folder / WORLD_FILE).is_file()):
        named = tuple(types.split(",")) if types else DEFAULT_TYPES
        world = World.drawn(named, diagnoses=diagnoses, seed=seed)
        weak_type = "" if weak == "none" else weak or (DEFAULT_WEAK if DEFAULT_WEAK in world.types else world.types[-1])
        require_writable(folder)
        write_world(folder, world, weak=weak_type, cases=cases, pool=pool)
        say(f"Wrote {folder}: {len(world.types)} evidence types, {len(world.codes)} diagnoses, 2 case sets, 2 pools")
    if seeds:
        from medsyn_inspect.interventions.microworld.models import train_models

        train_models(folder, *read_world(folder), seeds=seeds, steps=steps, say=say)
