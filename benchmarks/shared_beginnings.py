"""What `-M share_prefix=true` saves: CPU time of letter probabilities for all arms, with and without it, in one run.

Needs the extra `hf`. Without `--model`, an untrained Llava with 20 million parameters and 256 tokens an image answers
(the published Llava 1.5 has 576): large enough that the time goes into the model, small enough for two cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from local_checkpoint import all_arms, through_inspect

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.interventions.microworld.folder import write_world
from medsyn_inspect.interventions.microworld.model import build_processor
from medsyn_inspect.interventions.microworld.world import World

_SIDE, _PATCH, _WIDTH, _LAYERS = 224, 14, 384, 8


def write_model(world: World, folder: Path) -> None:
    """An untrained Llava whose images have 256 tokens, with the tokenizer of a world."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    torch.manual_seed(0)
    processor = build_processor(world)
    processor.patch_size = _PATCH
    processor.image_processor.do_resize = True
    processor.image_processor.size = {"height": _SIDE, "width": _SIDE}
    processor.image_processor.crop_size = {"height": _SIDE, "width": _SIDE}
    shape = {"hidden_size": _WIDTH, "intermediate_size": 4 * _WIDTH, "num_attention_heads": 6}
    text = LlamaConfig(
        vocab_size=len(processor.tokenizer), num_hidden_layers=_LAYERS, max_position_embeddings=8192, **shape
    )
    vision = CLIPVisionConfig(num_hidden_layers=4, image_size=_SIDE, patch_size=_PATCH, **shape)
    image = processor.tokenizer.convert_tokens_to_ids(processor.image_token)
    model = LlavaForConditionalGeneration(
        LlavaConfig(vision_config=vision, text_config=text, image_token_id=image, vision_feature_layer=-1)
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def main() -> None:
    """Print the CPU time of each way, and its ratio to shared beginnings."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--model", help="a Llava checkpoint's folder, or its name on the Hub")
    given.add_argument("--set", dest="cases", help="a case set (default: that of a small world)")
    given.add_argument("--cases", dest="number", type=int, default=4)
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as place:
        world = World.drawn()
        write_world(Path(place) / "world", world, weak="", cases=chosen.number, pool=1)
        model = chosen.model or str(Path(place) / "model")
        if not chosen.model:
            write_model(world, Path(model))
        arms = all_arms(load_cases(chosen.cases or Path(place) / "world" / "evaluation"))
        ways = {
            "every prompt whole, batches of 16": (16, False),
            "every prompt whole, one by one": (1, False),
            "shared beginnings": (16, True),
        }
        seconds = {}
        for way, (batch, shared) in ways.items():
            started = time.process_time()
            through_inspect(f"hf-vlm/{model}", arms, True, batch, share_prefix=shared)
            seconds[way] = time.process_time() - started
        print(f"{len(arms)} arms of {chosen.number} cases")
        for way, spent in seconds.items():
            print(f"{way:34} {spent / len(arms):.2f} CPU s an arm, {spent / seconds['shared beginnings']:.2f} times")


if __name__ == "__main__":
    main()
