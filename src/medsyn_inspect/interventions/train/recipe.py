"""The settings of fine-tuning, the examples of a mixture, and a forecast of memory. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medsyn_inspect.interventions.curate.folder import MANIFEST, trl_row
from medsyn_inspect.interventions.curate.pools import read_pool

FULL, VISION = "full", "vision"
PARTS = (FULL, VISION)
"""What is trained: all parameters, or all but those of the language model."""


class CannotTrain(ValueError):
    """Raised if a mixture cannot be trained on; the message says why and what to do, in one sentence."""


@dataclass(frozen=True)
class Recipe:
    """The settings of fine-tuning; the defaults are the paper's."""

    learning_rate: float = 5e-6
    """Peak; the schedule is a cosine."""

    epochs: int = 1
    batch_size: int = 128
    """Samples of an optimiser step."""

    device_batch: int = 4
    """Samples that are in memory at the same time."""

    max_length: int = 4096
    """Tokens of a sample; longer ones are left out before the first step, never cut."""

    max_pixels: int = 1_003_520
    """Pixels of an image; larger ones are scaled down."""

    lora: int = 0
    """Rank of LoRA adapters, which are merged at the end; 0 for all parameters."""

    train: str = FULL
    """What is trained, see `PARTS`."""

    in_order: bool = False
    """Whether the samples are taken in the order of the mixture, which has a curriculum, and not shuffled."""

    @property
    def accumulation(self) -> int:
        """Forward passes of an optimiser step.

        Raises:
            CannotTrain: If the batch size is not a multiple of the device's batch.
        """
        if self.batch_size % self.device_batch:
            raise CannotTrain(
                f"--batch-size {self.batch_size} must be a multiple of --device-batch {self.device_batch}"
            )
        return self.batch_size // self.device_batch


def mixtures_of(folder: Path) -> list[str]:
    """The names of the mixtures in a folder of `medsyn curate`.

    Raises:
        CannotTrain: If it has none.
    """
    if not (names := sorted(path.stem for path in folder.glob("*.jsonl"))):
        raise CannotTrain(f"{folder}: has no mixture; name a folder of `medsyn curate`")
    return names


def has_curriculum(folder: Path) -> bool:
    """Whether the mixtures in a folder, which has a manifest, are in the order of a curriculum."""
    recipe = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["recipe"]
    return bool(recipe.get("curriculum"))


def read_mixture(folder: Path, name: str, pools: Mapping[str, Path]) -> list[dict[str, Any]]:
    """The rows of a mixture; rows with an id alone are looked up in their pools.

    Args:
        folder: Folder of `medsyn curate`.
        name: `general`, `targeted` or `control`.
        pools: Where the pools are whose samples the mixture names by id alone, because of their licence.

    Raises:
        CannotTrain: If there is no such mixture, or a pool is missing or has changed.
    """
    file = folder / f"{name}.jsonl"
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        there = ", ".join(sorted(path.stem for path in folder.glob("*.jsonl"))) if folder.is_dir() else "no folder"
        raise CannotTrain(f"{file}: cannot be read; name a folder of `medsyn curate` and one of: {there}") from error
    needed = {row["pool"] for row in rows if "messages" not in row}
    if missing := sorted(needed - set(pools)):
        raise CannotTrain(
            f"{file}: the licence of pool {missing[0]} keeps its samples out of the mixture; give "
            f"--pool {missing[0]}=PATH"
        )
    licences = {one["name"]: one["licence"] for one in manifest["pools"]}
    known = {
        (pool, sample.id): trl_row(sample)
        for pool in needed
        for sample in read_pool(pool, pools[pool], licences[pool], "other").samples
    }
    if lost := [row for row in rows if "messages" not in row and (row["pool"], row["id"]) not in known]:
        raise CannotTrain(f"pool {lost[0]['pool']} has no sample {lost[0]['id']!r}; give the pool that was curated")
    complete = [row if "messages" in row else known[row["pool"], row["id"]] for row in rows]
    if gone := [image for row in complete for image in row["images"] if not Path(image).is_file()]:
        raise CannotTrain(f"{file}: {len(gone)} images are missing, the first {gone[0]}; restore them, or curate again")
    return complete


def examples(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One training example for each answer of each row: the conversation before it, and the answer.

    The loss covers the answer alone, whatever the chat template, because the two are separate.
    """
    found = []
    for row in rows:
        messages = row["messages"]
        for place, message in enumerate(messages):
            if message["role"] == "assistant":
                before = messages[:place]
                shown = sum(part["type"] == "image" for one in before for part in one["content"])
                found.append({"prompt": before, "completion": [message], "images": list(row["images"][:shown])})
    return found


def forecast(parameters: int, trained: int, recipe: Recipe, width: int, layers: int) -> float:
    """Memory that training needs at least, in bytes: weights, gradients, AdamW's two moments, activations.

    Args:
        parameters: Number of parameters.
        trained: Number of those that are trained.
        recipe: The settings.
        width: Width of the language model.
        layers: Its number of layers.
    """
    states = 4 * parameters + 12 * trained
    # About 34 values per token, layer and unit of width without recomputation (Korthikanti et al. 2022, 16 bits).
    activations = 34 * 2 * recipe.device_batch * min(recipe.max_length, 2048) * width * layers
    return float(states + activations)
