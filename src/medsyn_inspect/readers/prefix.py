"""Probabilities after several prompts, with the beginning that a prompt shares with an earlier one computed once.

The arms of a case have their history and the evidence before the withheld piece in common. A position only sees what
comes before it, so its keys and values are the same in both prompts and can be kept.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

MODEL_TYPES = ("llava",)
"""Model types whose images are seen from left to right and have a fixed number of tokens; only these were tried."""

_WORTH = 0.25
"""Share of a prompt that must have been computed before; below it the prompt is computed whole."""


@dataclass(frozen=True)
class _Computed:
    """A prompt whose keys and values are kept."""

    tokens: list[int]
    images: tuple[int, ...]
    cache: Any


def shared_tokens(
    one: Sequence[int], other: Sequence[int], starts: Sequence[int], images: Sequence[int], others: Sequence[int]
) -> int:
    """Number of leading tokens that two prompts share, images included; never all of the first prompt.

    Args:
        one: Token ids of a prompt; the place of an image is filled with as many image tokens as it has.
        other: Token ids of the other.
        starts: Place of the first token of each image of the first prompt.
        images: Identity of each image of the first prompt.
        others: Identity of each image of the other.
    """
    length = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    same = next(
        (place for place, (a, b) in enumerate(zip(images, others, strict=False)) if a != b),
        min(len(images), len(others)),
    )
    if same < len(starts):
        length = min(length, starts[same])
    return min(length, len(one) - 1)


class SharedBeginnings:
    """Computes prompts one after the other, keeping the keys and values of those that begin in a new way."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.tokens_computed = 0
        """Tokens that have gone through the model, for measurements."""

    def logprobs(self, encoded: Any, lengths: Sequence[int], images: Sequence[tuple[int, ...]]) -> Any:
        """Natural-log probabilities of all tokens after each prompt, shape (prompts, vocabulary).

        Args:
            encoded: The prompts, padded on the right.
            lengths: Number of tokens of each.
            images: Identity of each image of each prompt.
        """
        import torch

        ends = list(accumulate(map(len, images)))
        kept: list[_Computed] = []
        rows: dict[int, Any] = {}
        # Those with the most images first: they are the ones that others are a part of.
        for number in sorted(range(len(lengths)), key=lambda number: -len(images[number])):
            ids = encoded["input_ids"][number, : lengths[number]]
            pixels = encoded["pixel_values"][ends[number] - len(images[number]) : ends[number]] if ends[-1] else None
            rows[number] = self._row(ids, pixels, images[number], kept)
        return torch.stack([rows[number] for number in range(len(lengths))])

    def _row(self, ids: Any, pixels: Any, images: tuple[int, ...], kept: list[_Computed]) -> Any:
        import torch

        tokens = ids.tolist()
        starts = image_starts(tokens, self.model.config.image_token_id, len(images))
        shares = [shared_tokens(tokens, one.tokens, starts, images, one.images) for one in kept]
        begin, source = max(zip(shares, kept, strict=True), key=lambda pair: pair[0], default=(0, None))
        given: dict[str, Any] = {}
        if source is None or begin < _WORTH * len(tokens):
            begin = 0
        else:
            given["cache"] = copy.deepcopy(source.cache)
            given["cache"].crop(begin - len(source.tokens))
        seen = sum(start < begin for start in starts)
        if len(images) > seen:
            given["pixel_values"] = pixels[seen:]
        mask = torch.ones((1, len(tokens)), dtype=torch.long, device=ids.device)
        out = self.model(input_ids=ids[None, begin:], attention_mask=mask, use_cache=True, logits_to_keep=1, **given)
        self.tokens_computed += len(tokens) - begin
        if not begin:
            kept.append(_Computed(tokens, images, out.cache))
        return torch.log_softmax(out.logits[0, -1].float(), dim=-1).cpu()


def image_starts(tokens: Sequence[int], image_token: int, images: int) -> list[int]:
    """Place of the first token of each image of a prompt; every image has the same number of tokens.

    Raises:
        ValueError: If the tokens of images cannot be divided among them.
    """
    places = [place for place, token in enumerate(tokens) if token == image_token]
    if not images:
        return []
    each, left = divmod(len(places), images)
    if left or not each:
        raise ValueError(f"{len(places)} image tokens for {images} images of the same size")
    return places[::each]
