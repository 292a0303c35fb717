"""Arms per second and memory of `hf-vlm`, compared with plain `generate()` one prompt after the other.

Needs the extra `hf`. Without `--model`, an untrained checkpoint of a quarter of a million parameters is measured: with
it, what surrounds the model shows; what batching gains on a large one has to be measured on that one.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import psutil
from inspect_ai.model import ChatMessage, ChatMessageUser, ContentImage, GenerateConfig, get_model

from medsyn_inspect.arms.design import arms_of
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.dataset import messages
from medsyn_inspect.interventions.microworld.folder import write_world
from medsyn_inspect.interventions.microworld.model import build_model, build_processor
from medsyn_inspect.interventions.microworld.world import World
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.readers.checkpoint import ServeArguments, load_checkpoint
from medsyn_inspect.readers.hf_vlm import conversation
from medsyn_inspect.readers.letters import letters_config

Asked = list[tuple[list[ChatMessage], tuple[str, ...]]]


def all_arms(case_set: CaseSet) -> Asked:
    """Messages and options of every arm of every case, with images as data."""
    found: Asked = []
    for case in case_set.cases:
        options = option_order(case)
        for arm in arms_of(case):
            found.append(
                ([inline(one) for one in messages(arm_prompt(case_set, case, arm, "logprobs", options))], options)
            )
    return found


def inline(message: ChatMessage) -> ChatMessage:
    """A message with its images as data."""
    if not isinstance(message, ChatMessageUser) or isinstance(message.content, str):
        return message
    parts = [
        ContentImage(image="data:image/png;base64," + base64.b64encode(Path(part.image).read_bytes()).decode())
        if isinstance(part, ContentImage)
        else part
        for part in message.content
    ]
    return message.model_copy(update={"content": parts})


def plain(checkpoint: Any, asked: Asked) -> None:
    """Answer one prompt after the other, with the loop that anybody would write."""
    import torch

    for prompt, _ in asked:
        turns, images = conversation(prompt)
        text = checkpoint.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        given = {"images": list(images)} if images else {}
        encoded = checkpoint.processor(text=[text], return_tensors="pt", add_special_tokens=False, **given)
        with torch.inference_mode():
            checkpoint.model.generate(**encoded.to(checkpoint.model.device), max_new_tokens=2, do_sample=False)


def through_inspect(name: str, asked: Asked, forward: bool, batch_size: int, **arguments: bool) -> None:
    """Answer all prompts at once, as concurrent samples do."""
    model = get_model(name, memoize=False, batch_size=batch_size, **arguments)

    async def every() -> None:
        async def one(prompt: list[ChatMessage], options: tuple[str, ...]) -> None:
            config = GenerateConfig(logprobs=True, top_logprobs=20, max_tokens=2, temperature=0)
            await model.generate(prompt, config=config.merge(letters_config(name, options)) if forward else config)

        async with anyio.create_task_group() as group:
            for prompt, options in asked:
                group.start_soon(one, prompt, options)

    anyio.run(every)


def main() -> None:
    """Print one line per way."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--model", help="a checkpoint's folder, or its name on the Hub")
    given.add_argument("--set", dest="cases", help="a case set (default: that of a small world)")
    given.add_argument("--cases", dest="number", type=int, default=20)
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as place:
        world = World.drawn()
        write_world(Path(place) / "world", world, weak="", cases=chosen.number, pool=1)
        if not chosen.model:
            processor = build_processor(world)
            build_model(processor, 0).save_pretrained(Path(place) / "model")
            processor.save_pretrained(Path(place) / "model")
        model = chosen.model or str(Path(place) / "model")
        asked = all_arms(load_cases(chosen.cases or Path(place) / "world" / "evaluation"))
        checkpoint = load_checkpoint(model, ServeArguments())
        ways = {
            "plain generate(), one by one": lambda: plain(checkpoint, asked),
            "hf-vlm, generated, batches of 16": lambda: through_inspect(f"hf-vlm/{model}", asked, False, 16),
            "hf-vlm, forward pass, batches of 1": lambda: through_inspect(f"hf-vlm/{model}", asked, True, 1),
            "hf-vlm, forward pass, batches of 16": lambda: through_inspect(f"hf-vlm/{model}", asked, True, 16),
            "the same, shared beginnings": lambda: through_inspect(
                f"hf-vlm/{model}", asked, True, 16, share_prefix=True
            ),
        }
        print(f"{len(asked)} arms, {checkpoint.model.device}")
        for name, run in ways.items():
            started, used = time.perf_counter(), time.process_time()
            run()
            seconds, cpu = time.perf_counter() - started, time.process_time() - used
            memory = psutil.Process().memory_info().rss / 1e6
            speed = f"{len(asked) / seconds:7.1f} arms/s {1000 * cpu / len(asked):6.1f} CPU ms/arm"
            print(f"{name:36} {speed} {memory:6.0f} MB")


if __name__ == "__main__":
    main()
