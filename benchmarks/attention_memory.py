"""Memory and time of reading the attention of one long prompt: in two passes, and from the whole attention of one pass.

Needs the extra `hf`. Each way runs in a process of its own, on an untrained model of narrow heads: what is measured is
the attention, not the weights of a model.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from medsyn_inspect.interventions.attention.reading import last_attention

WAYS = ("two passes", "one pass")


def model_of(heads: int, layers: int) -> Any:
    """A Llama with few numbers in each head."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=1000, hidden_size=8 * heads, intermediate_size=8 * heads, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=max(1, heads // 7), max_position_embeddings=2**16,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def whole(model: Any, inputs: dict[str, Any]) -> Any:
    """The attention of the last token, from that of all tokens."""
    import torch

    model.set_attn_implementation("eager")
    with torch.inference_mode():
        found = model(**inputs, output_attentions=True, logits_to_keep=1).attentions
    return torch.stack([one[0, :, -1, :].mean(0) for one in found]).double().numpy()


def measure(way: str, size: tuple[int, int, int], file: Path) -> None:
    """Print what one way needs, and save the weights to a file; run in a process of its own."""
    import torch

    tokens, heads, layers = size
    model = model_of(heads, layers)
    ids = torch.randint(0, 1000, (1, tokens), generator=torch.Generator().manual_seed(0))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    short = {name: value[:, :8] for name, value in inputs.items()}
    last_attention(model, short, "model")  # what is loaded on first use does not count
    before, cpu = psutil.Process().memory_info().rss, time.process_time()
    weights = last_attention(model, inputs, "model").weights if way == WAYS[0] else whole(model, inputs)
    used = time.process_time() - cpu
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    np.save(file, weights)
    print(f"{way:12} {more / 1e6:8.0f} MB more at most {used:8.1f} CPU s")


def main() -> None:
    """Print one line per way, and how far their results are apart."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--tokens", type=int, default=4096)
    given.add_argument("--heads", type=int, default=28)
    given.add_argument("--layers", type=int, default=4)
    given.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.way:
        measure(chosen.way, (chosen.tokens, chosen.heads, chosen.layers), chosen.file)
        return
    print(f"{chosen.tokens} tokens, {chosen.layers} layers of {chosen.heads} heads, float32, on a CPU")
    size = ["--tokens", str(chosen.tokens), "--heads", str(chosen.heads), "--layers", str(chosen.layers)]
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{number}.npy" for number in range(len(WAYS))]
        for way, file in zip(WAYS, files, strict=True):
            subprocess.run([sys.executable, __file__, *size, "--way", way, "--file", file], check=True)
        one, other = (np.load(file) for file in files)
    print(f"largest difference of a weight: {np.abs(one - other).max():.1e}")


if __name__ == "__main__":
    main()
