# ruff: noqa: E402
"""Fine-tuning of a small checkpoint with TRL, and training one from nothing. Run by `make test-circle`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

for needed in ("torch", "transformers", "trl", "datasets", "peft"):
    pytest.importorskip(needed, reason="needs the extra train; run by `make test-circle`")

import torch

from medsyn_inspect.interventions.curate.folder import trl_row
from medsyn_inspect.interventions.curate.pools import read_pool
from medsyn_inspect.interventions.microworld.folder import write_world
from medsyn_inspect.interventions.microworld.model import build_model, build_processor
from medsyn_inspect.interventions.microworld.training import train
from medsyn_inspect.interventions.microworld.world import World
from medsyn_inspect.interventions.train.recipe import CannotTrain, Recipe, examples
from medsyn_inspect.interventions.train.tuning import tune
from medsyn_inspect.readers.checkpoint import ServeArguments, load_checkpoint


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("torch") / "world"
    world = World.drawn()
    write_world(folder, world, weak="microscopy", cases=2, pool=24)
    processor = build_processor(world)
    build_model(processor, seed=0).save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")
    return folder


@pytest.fixture(scope="module")
def data(place: Path) -> list[dict[str, Any]]:
    pool = read_pool("special", place / "pools" / "specialised")
    return examples([trl_row(sample) for sample in pool.samples])


def tuned(place: Path, data: list[dict[str, Any]], output: Path, recipe: Recipe, seed: int = 0) -> list[str]:
    lines: list[str] = []
    tune(str(place / "model"), data, output, recipe, seed=seed, resume=False, say=lines.append, record={"mixture": "x"})
    return lines


def test_tuning_lowers_the_loss_and_writes_a_checkpoint_that_serves(
    place: Path, data: list[dict[str, Any]], tmp_path: Path
) -> None:
    lines = tuned(place, data, tmp_path / "out", Recipe(1e-3, epochs=4, batch_size=8, device_batch=8))
    record = json.loads((tmp_path / "out" / "training.json").read_text("utf-8"))
    assert record["losses"][-1] < record["losses"][0]
    assert record["examples"] == 24
    assert record["steps"] == 12
    assert not (tmp_path / "out" / "unfinished").exists()
    before, after = (load_checkpoint(str(folder), ServeArguments()) for folder in (place / "model", tmp_path / "out"))
    assert before.revision != after.revision
    assert "of memory" in lines[0], "the forecast comes first"
    assert "step " in lines[1]


def test_adapters_of_lora_are_merged_into_a_checkpoint_that_serves(
    place: Path, data: list[dict[str, Any]], tmp_path: Path
) -> None:
    tuned(place, data, tmp_path / "out", Recipe(1e-2, epochs=4, batch_size=8, device_batch=8, lora=4))
    record = json.loads((tmp_path / "out" / "training.json").read_text("utf-8"))
    assert record["losses"][-1] < record["losses"][0]
    assert record["recipe"]["lora"] == 4
    before, after = (
        load_checkpoint(str(folder), ServeArguments()).model for folder in (place / "model", tmp_path / "out")
    )
    assert before.state_dict().keys() == after.state_dict().keys(), "no adapter is left"
    changed = {name for name, one in before.state_dict().items() if not torch.equal(one, after.state_dict()[name])}
    assert any("q_proj" in name for name in changed)
    assert not any("embed_tokens" in name for name in changed), "LoRA adapts linear layers alone"


def test_a_curriculum_is_trained_in_its_order_whatever_the_seed(
    place: Path, data: list[dict[str, Any]], tmp_path: Path
) -> None:
    losses: dict[tuple[bool, int], list[float]] = {}
    for in_order in (True, False):
        for seed in (0, 1):
            folder = tmp_path / f"{in_order}-{seed}"
            tuned(place, data, folder, Recipe(1e-3, batch_size=8, device_batch=8, in_order=in_order), seed=seed)
            losses[in_order, seed] = json.loads((folder / "training.json").read_text("utf-8"))["losses"]
    assert losses[True, 0] == losses[True, 1]
    assert losses[False, 0] != losses[False, 1]


def test_training_the_vision_part_leaves_the_language_model_alone(
    place: Path, data: list[dict[str, Any]], tmp_path: Path
) -> None:
    tuned(place, data, tmp_path / "out", Recipe(1e-3, batch_size=8, device_batch=8, train="vision"))
    before, after = (
        load_checkpoint(str(folder), ServeArguments()).model for folder in (place / "model", tmp_path / "out")
    )
    same = {name: torch.equal(one, after.state_dict()[name]) for name, one in before.state_dict().items()}
    assert all(equal for name, equal in same.items() if "language_model" in name)
    assert not all(equal for name, equal in same.items() if "projector" in name)


def test_examples_that_are_too_long_are_left_out_before_the_first_step(
    place: Path, data: list[dict[str, Any]], tmp_path: Path
) -> None:
    lines = tuned(place, data, tmp_path / "out", Recipe(1e-3, batch_size=4, device_batch=4, max_length=25))
    assert any("examples have more than 25 tokens and are left out" in line for line in lines)
    with pytest.raises(CannotTrain, match="no example has at most 5 tokens"):
        tuned(place, data, tmp_path / "none", Recipe(1e-3, batch_size=4, device_batch=4, max_length=5))
    assert not (tmp_path / "none").exists()


def test_memory_that_does_not_suffice_stops_before_training(
    place: Path, data: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medsyn_inspect.interventions.train.tuning.free_memory", lambda device: 1.0)
    with pytest.raises(CannotTrain, match=r"training needs about .* use --lora 16, lower --device-batch"):
        tuned(place, data, tmp_path / "out", Recipe())


def test_a_model_of_the_world_learns_from_nothing() -> None:
    losses: list[float] = []
    train(World.drawn(("ct", "mri"), diagnoses=6), weak="mri", seed=0, steps=40,
          progress=lambda _, loss, right: losses.append(loss))  # fmt: skip
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
