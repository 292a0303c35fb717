"""Trains a checkpoint on examples with TRL's `SFTTrainer`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medsyn_inspect.interventions.train.recipe import VISION, CannotTrain, Recipe, forecast
from medsyn_inspect.readers.checkpoint import (
    Checkpoint,
    ServeArguments,
    free_memory,
    load_checkpoint,
    require_extra,
)
from medsyn_inspect.writing import write_folder

EXTRA, MODULES = "train", ("torch", "transformers", "trl", "peft", "datasets", "accelerate")
RECORD = "training.json"
UNFINISHED = "unfinished"
"""Folder with the trainer's own checkpoints, from which an interrupted run goes on; removed at the end."""


def tune(
    model: str,
    data: Sequence[dict[str, Any]],
    output: Path,
    recipe: Recipe,
    *,
    seed: int,
    resume: bool,
    say: Callable[[str], None],
    record: dict[str, Any],
) -> None:
    """Fine-tune a model and save it as a checkpoint.

    Args:
        model: A folder, or a name on the Hub.
        data: From `recipe.examples`.
        output: Folder of the new checkpoint; does not exist, or is empty apart from an unfinished run.
        recipe: The settings.
        seed: Seed of the order of the data, and of LoRA's adapters.
        resume: Whether to go on with an unfinished run.
        say: Called with lines about the progress.
        record: What `training.json` in the checkpoint says besides.

    Raises:
        CannotTrain: If no example is short enough, or memory does not suffice.
        CannotServe: If the extra is not installed, or the model is not a usable checkpoint.
    """
    require_extra(EXTRA, MODULES, "medsyn train")
    import torch

    started = time.process_time()
    loaded = load_checkpoint(model, ServeArguments(dtype="float32"))
    parameters, trained = _freeze(loaded.model, recipe)
    _require_memory(loaded.model, parameters, trained, recipe, say)
    kept = _short_enough(loaded, data, recipe, say)
    trainer = _trainer(loaded, kept, output, recipe, seed=seed, say=say)
    unfinished = output / UNFINISHED
    try:
        trainer.train(resume_from_checkpoint=(resume and any(unfinished.glob("checkpoint-*"))) or None)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise CannotTrain(f"out of memory while training; {_lower(recipe)}") from error
    tuned = trainer.model.merge_and_unload() if recipe.lora else trainer.model
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    written = record | {
        "model": model,
        "revision": loaded.revision,
        "seed": seed,
        "recipe": asdict(recipe),
        "examples": len(kept),
        "left_out": len(data) - len(kept),
        "steps": trainer.state.global_step,
        "losses": losses,
        "cpu_s": round(time.process_time() - started, 1),
    }
    with write_folder(output, replaced=(UNFINISHED,)) as draft:
        tuned.save_pretrained(draft)
        loaded.processor.save_pretrained(draft)
        (draft / RECORD).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    say(f"Wrote {output}: {trainer.state.global_step} steps, loss {losses[0]:.3f} to {losses[-1]:.3f}")


def _freeze(model: Any, recipe: Recipe) -> tuple[int, int]:
    """Freeze what is not trained; the number of all parameters and of the trained ones."""
    if recipe.train == VISION:
        language = model.model.language_model
        for parameter in [*language.parameters(), *model.get_output_embeddings().parameters()]:
            parameter.requires_grad_(False)
    sizes = [(one.numel(), one.requires_grad) for one in model.parameters()]
    trained = sum(size for size, wanted in sizes if wanted)
    return sum(size for size, _ in sizes), trained if not recipe.lora else trained // 50


def _require_memory(model: Any, parameters: int, trained: int, recipe: Recipe, say: Callable[[str], None]) -> None:
    text = model.config.get_text_config()
    needed = forecast(parameters, trained, recipe, text.hidden_size, text.num_hidden_layers)
    free = free_memory(str(model.device)) + 4 * parameters
    say(
        f"{parameters / 1e6:,.1f} million parameters, {trained / 1e6:,.1f} million trained: about {needed / 1e9:.1f} "
        f"GB of memory, {free / 1e9:.1f} GB are free"
    )
    if needed > free:
        raise CannotTrain(
            f"training needs about {needed / 1e9:.1f} GB, but {model.device} has {free / 1e9:.1f} GB; {_lower(recipe)}"
        )


def _lower(recipe: Recipe) -> str:
    lora = "" if recipe.lora else "use --lora 16, "
    lengths = f"lower --device-batch ({recipe.device_batch}) or --max-length ({recipe.max_length})"
    return f"{lora}{lengths}, or use a larger device"


def _short_enough(
    loaded: Checkpoint, data: Sequence[dict[str, Any]], recipe: Recipe, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The examples that fit into the maximum length, with images within the maximum of pixels."""
    limit = min(recipe.max_length, loaded.context)
    kept, longest, smaller = [], 0, 0
    for one in data:
        images = [_opened(path, recipe.max_pixels) for path in one["images"]]
        smaller += sum(scaled for _, scaled in images)
        text = loaded.processor.apply_chat_template([*one["prompt"], *one["completion"]], tokenize=False)
        given = {"images": [image for image, _ in images]} if images else {}
        length = len(loaded.processor(text=[text], add_special_tokens=False, **given)["input_ids"][0])
        longest = max(longest, length)
        if length <= limit:
            kept.append(one | {"images": [image for image, _ in images]})
    if smaller:
        say(f"{smaller} images have more than {recipe.max_pixels:,} pixels and are scaled down")
    if len(kept) < len(data):
        say(f"{len(data) - len(kept)} of {len(data)} examples have more than {limit} tokens and are left out")
    if not kept:
        raise CannotTrain(
            f"no example has at most {limit} tokens (the longest has {longest}); raise --max-length, or lower "
            "--max-pixels, so that no image is cut"
        )
    return kept


def _opened(path: str, max_pixels: int) -> tuple[Any, bool]:
    from PIL import Image

    with Image.open(path) as file:
        image = file.convert("RGB")
    share = (max_pixels / (image.width * image.height)) ** 0.5
    if share >= 1:
        return image, False
    return image.resize((max(1, int(image.width * share)), max(1, int(image.height * share)))), True


def _trainer(
    loaded: Checkpoint,
    kept: list[dict[str, Any]],
    output: Path,
    recipe: Recipe,
    *,
    seed: int,
    say: Callable[[str], None],
) -> Any:
    from datasets import Dataset, Image, List
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTTrainer

    class Progress(TrainerCallback):  # type: ignore[misc]
        """Says the loss now and then."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **how: Any) -> None:
            if logs and "loss" in logs:
                say(f"step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.3f}")

    adapters = None
    if recipe.lora:
        from peft import LoraConfig

        adapters = LoraConfig(r=recipe.lora, lora_alpha=2 * recipe.lora, target_modules="all-linear")
    loaded.model.train()
    trainer = SFTTrainer(
        model=loaded.model,
        args=_config(loaded, output, recipe, seed=seed, examples=len(kept)),
        train_dataset=Dataset.from_list(kept).cast_column("images", List(Image())),
        processing_class=loaded.processor,
        peft_config=adapters,
        callbacks=[Progress()],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _config(loaded: Checkpoint, output: Path, recipe: Recipe, *, seed: int, examples: int) -> Any:
    from trl import SFTConfig

    cuda = loaded.model.device.type == "cuda"
    steps = max(1, examples * recipe.epochs // recipe.batch_size)
    return SFTConfig(
        output_dir=str(output / UNFINISHED),
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        optim="adamw_torch",
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.device_batch,
        gradient_accumulation_steps=recipe.accumulation,
        max_length=None,  # Longer examples were left out: a cut could go through an image.
        completion_only_loss=True,
        bf16=cuda,
        gradient_checkpointing=cuda,
        use_cpu=not cuda,
        save_strategy="steps",
        save_steps=max(1, steps // 4),
        save_total_limit=1,
        logging_steps=max(1, steps // 10),
        report_to=[],
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
        train_sampling_strategy="sequential" if recipe.in_order else "random",
        dataloader_pin_memory=cuda,
    )
