"""Trains several models of a world at once, each in a process with one thread, and saves them as checkpoints."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from medsyn_inspect.interventions.microworld.world import World
from medsyn_inspect.writing import write_folder

MODELS = "models"


def train_models(
    folder: Path, world: World, weak: str, *, seeds: Sequence[int], steps: int | None, say: Callable[[str], None]
) -> None:
    """Train a model for each seed, and save it in `models/seed-N/base` of the world's folder.

    Args:
        folder: The world's folder.
        world: The world.
        weak: The evidence type whose pictures are noise during training.
        seeds: Seeds of the models.
        steps: Number of steps; `None` for the default.
        say: Called with a line for each model.

    Raises:
        ValueError: If there is a model with one of the seeds.
    """
    if existing := [str(place) for seed in seeds if (place := model_folder(folder, seed)).exists()]:
        raise ValueError(f"{', '.join(existing)}: exists; choose another seed, or remove it")
    say(f"Training {len(seeds)} models ({weak or 'no type'} as noise): about two minutes each on one core")
    workers = min(len(seeds), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        running = {pool.submit(_train_one, folder, world, weak, seed, steps): seed for seed in seeds}
        for one in as_completed(running):
            loss, right, seconds = one.result()
            say(
                f"Wrote {model_folder(folder, running[one])}: loss {loss:.2f}, {right:.0%} right on training prompts, "
                f"{seconds:.0f} CPU s"
            )


def model_folder(folder: Path, seed: int) -> Path:
    """Where the untuned model with a seed is."""
    return folder / MODELS / f"seed-{seed}" / "base"


def _train_one(folder: Path, world: World, weak: str, seed: int, steps: int | None) -> tuple[float, float, float]:
    """Mean loss and share of right letters over the last 50 steps, and the CPU time."""
    from medsyn_inspect.interventions.microworld.training import STEPS, train

    started = time.process_time()
    history: list[tuple[float, float]] = []
    model, processor = train(
        world, weak=weak, seed=seed, steps=steps or STEPS, progress=lambda _, loss, right: history.append((loss, right))
    )
    last = history[-50:]
    loss, right = (sum(one[place] for one in last) / len(last) for place in (0, 1))
    seconds = time.process_time() - started
    with write_folder(model_folder(folder, seed)) as draft:
        model.save_pretrained(draft)
        processor.save_pretrained(draft)
        record = {"seed": seed, "weak": weak, "steps": len(history), "loss": loss, "right": right, "cpu_s": seconds}
        (draft / "microworld.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return loss, right, seconds
