"""Reads the attention of a checkpoint from the last token of a prompt, in two passes. Needs torch.

The first pass runs all tokens but the last, with the checkpoint's own implementation of attention, and keeps their keys
and values. The second runs the last token alone, with the implementation `eager`, which returns its weights: one row
per head and layer. Returning the weights of a whole prompt needs memory for tokens x tokens in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medsyn_inspect.analysis.stats.resampling import Floats
from medsyn_inspect.interventions.attention.sections import (
    Expansion,
    NotAligned,
    Section,
    SectionedPrompt,
    image_sections,
    stretches,
    token_sections,
)
from medsyn_inspect.readers.checkpoint import LOWER, CannotServe
from medsyn_inspect.readers.engine import Engine, PromptText

READABLE = "eager"
"""The attention implementation that returns its weights."""


class CannotRead(CannotServe):
    """The attention of a checkpoint cannot be read; the message says why, in one sentence."""


@dataclass(frozen=True)
class Tokens:
    """A prompt as tokens, with their sections."""

    inputs: Mapping[str, Any]
    """The model's inputs."""

    ids: tuple[int, ...]
    sections: tuple[Section, ...]
    """One for each token."""


@dataclass(frozen=True)
class Attention:
    """Attention from one position of a prompt."""

    weights: Floats
    """Averaged over heads, shape (layers, tokens)."""

    layers: tuple[int, ...]
    """The number of each layer in the model; layers without attention are left out."""

    query: int
    """The position from which the model attends: that of the last token, after which the answer comes."""


def tokens_of(engine: Engine, sectioned: SectionedPrompt) -> Tokens:
    """A prompt as the model is given it by `hf-vlm`, with the section of every token.

    Args:
        engine: The loaded checkpoint.
        sectioned: The prompt; its image files are opened.

    Raises:
        NotAligned: If sections and tokens do not match.
    """
    from PIL import Image

    pictures = []
    content: list[dict[str, str]] = []
    for part in sectioned.prompt.turns[0].parts:
        path = getattr(part, "path", None)
        if path is None:
            content.append({"type": "text", "text": part.text})  # type: ignore[union-attr]
        else:
            with Image.open(path) as picture:
                pictures.append(picture.convert("RGB"))
            content.append({"type": "image"})
    system = [{"type": "text", "text": sectioned.prompt.system}]
    text = engine.text_of([{"role": "system", "content": system}, {"role": "user", "content": content}])
    found = stretches(sectioned, text)
    if not engine.tokenizer.is_fast:
        raise NotAligned(
            "sections do not align with tokens: the tokenizer does not say where its tokens are in the text; use a "
            "checkpoint with a fast tokenizer"
        )
    prompt = PromptText(text, tuple(pictures))
    how = {"return_offsets_mapping": True, "return_text_replacement_offsets": True}
    inputs = dict(engine.encoded([prompt], "right", **how))
    offsets = [(int(start), int(end)) for start, end in inputs.pop("offset_mapping")[0].tolist()]
    replaced = (inputs.pop("text_replacement_offsets", None) or [[]])[0]
    ids = tuple(inputs["input_ids"][0].tolist())
    sections = token_sections(
        text,
        found,
        image_sections(sectioned),
        expansions=[Expansion(tuple(one["span"]), len(one["replacement"])) for one in replaced],
        offsets=offsets,
        is_image=[one == _image_token(engine) for one in ids],
    )
    return Tokens(inputs, ids, tuple(sections))


def _image_token(engine: Engine) -> int | None:
    """The number of the token that stands for a part of an image."""
    for holder in (engine.model.config, engine.processor):
        for name in ("image_token_id", "image_token_index"):
            if (number := getattr(holder, name, None)) is not None:
                return int(number)
    return None


def replaced(tokens: Tokens, ids: Sequence[int]) -> Tokens:
    """A prompt with other token ids; everything else stays.

    Raises:
        ValueError: If the number of tokens differs.
    """
    if len(ids) != len(tokens.ids):
        raise ValueError(f"{len(ids)} token ids for a prompt of {len(tokens.ids)}")
    given = tokens.inputs["input_ids"]
    return Tokens({**tokens.inputs, "input_ids": given.new_tensor([list(ids)])}, tuple(ids), tokens.sections)


def replacements(engine: Engine) -> list[int]:
    """The token ids that random text is drawn from: the vocabulary without added tokens, such as marks."""
    tokenizer = engine.tokenizer
    excluded = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
    return sorted(number for number in tokenizer.get_vocab().values() if number not in excluded)


def last_attention(model: Any, inputs: Mapping[str, Any], name: str) -> Attention:
    """Attention from the last token of a prompt, in two passes.

    Args:
        model: A model of transformers.
        inputs: One prompt without padding.
        name: The checkpoint's name, for messages.

    Raises:
        CannotRead: If the model does not return its attention, or there is not enough memory.
    """
    import torch

    try:
        with torch.inference_mode():
            rows = _two_passes(model, inputs, name)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise CannotRead(
            f"{name}: out of memory with a prompt of {inputs['input_ids'].shape[1]} tokens; {LOWER}"
        ) from error
    length = inputs["input_ids"].shape[1]
    weights = np.zeros((len(rows), length))
    for place, row in enumerate(rows):
        # A layer with a sliding window keeps only the tokens in it; the others get no attention.
        weights[place, length - row.shape[-1] :] = row
    return Attention(weights, _layers(model, len(rows), name), length - 1)


def _two_passes(model: Any, inputs: Mapping[str, Any], name: str) -> list[Floats]:
    """Attention of each layer to the tokens that it keeps, averaged over heads."""
    length = inputs["input_ids"].shape[1]
    per_token = {key for key, value in inputs.items() if key.endswith(("_ids", "_mask")) and value.shape == (1, length)}
    _forget_positions(model)
    first = {key: value[:, :-1] if key in per_token else value for key, value in inputs.items()}
    cache = model(**first, use_cache=True, logits_to_keep=1).cache
    if cache is None:
        raise CannotRead(f"{name}: its attention cannot be read, because it keeps no keys and values of a prompt")
    # Without a mask, the token attends to all that is kept, and every class counts its position from there.
    last = {key: inputs[key][:, -1:] for key in per_token - {"attention_mask"}}
    usual = getattr(model.config, "_attn_implementation", None)
    try:
        model.set_attn_implementation(READABLE)
        output = model(
            **last,
            cache=cache,
            use_cache=True,
            output_attentions=True,
            logits_to_keep=1,
        )
    except (ValueError, NotImplementedError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise CannotRead(
            f"{name}: its attention cannot be read, because its class has no attn_implementation={READABLE}, the only "
            f"one that returns attention weights ({reason})"
        ) from error
    finally:
        if usual and usual != READABLE:
            model.set_attn_implementation(usual)
    found = [row for row in output.attentions or () if row is not None]
    if not found:
        raise CannotRead(
            f"{name}: its attention cannot be read, because it returns no attention weights, not even with "
            f"attn_implementation={READABLE}; use a checkpoint of a class of transformers with {READABLE} attention"
        )
    return [row[0, :, -1, :].float().mean(0).double().cpu().numpy() for row in found]


def _forget_positions(model: Any) -> None:
    """Forget the positions of an earlier prompt, which models with positions of images (Qwen-VL) keep."""
    for module in model.modules():
        if getattr(module, "rope_deltas", None) is not None:
            module.rope_deltas = None


def _layers(model: Any, count: int, name: str) -> tuple[int, ...]:
    """The numbers of the layers that returned attention.

    Raises:
        CannotRead: If they are not those that have attention.
    """
    config = model.config.get_text_config()
    total = int(config.num_hidden_layers)
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * total
    attending = tuple(place for place, kind in enumerate(kinds) if kind in _ATTENDING)
    if len(attending) != count:
        raise CannotRead(
            f"{name}: its attention cannot be read, because {count} of its {total} layers return attention weights "
            f"with attn_implementation={READABLE}, not the {len(attending)} that have attention"
        )
    return attending


_ATTENDING = ("full_attention", "sliding_attention", "chunked_attention")
"""Kinds of layers that attend to tokens; others (such as linear attention) have no weights."""
