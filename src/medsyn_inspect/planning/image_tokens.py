"""How many input tokens an image costs, by the rules that providers document. Pure: width and height in, tokens out.

`providers.yaml` says which model counts by which rule, with which parameters, and where that is documented.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from medsyn_inspect.providers import image_tokens_of

ASSUMED = 1000
"""Tokens assumed for an image where no rule is known."""

ANTHROPIC_PATCH = 28
OPENAI_PATCH = 32
OPENAI_TILE = 512
GEMINI_TILE_TOKENS = 258


@dataclass(frozen=True)
class ImageRule:
    """A provider's rule."""

    tokens: Callable[[int, int], int]
    """Tokens of an image by its width and height in pixels."""

    source: str
    """Where it is documented."""


def openai_tiles(width: int, height: int, *, base: int, tile: int) -> int:
    """OpenAI, older models: fitted into 2048 x 2048, then to 768 on the short side, then cut into 512-pixel tiles.

    Smaller images are not enlarged. `detail` is `auto`, as Inspect sends it. On its page: "Tile-based image
    tokenization".

    Args:
        width: In pixels.
        height: In pixels.
        base: Tokens for every image.
        tile: Tokens for every tile.
    """
    scale = min(1.0, 2048 / max(width, height))
    width, height = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    if min(width, height) > 768:
        scale = 768 / min(width, height)
        width, height = math.floor(width * scale + 1e-9), math.floor(height * scale + 1e-9)
    return base + tile * math.ceil(width / OPENAI_TILE) * math.ceil(height / OPENAI_TILE)


def openai_patches(width: int, height: int, *, edge: int, budget: int | None, multiplier: float) -> int:
    """OpenAI, newer models: covered by 32-pixel patches, scaled down until they are within the budget.

    On its page: "Patch-based image tokenization".

    Args:
        width: In pixels.
        height: In pixels.
        edge: Longest side; more is scaled down, in pixels.
        budget: Most patches, or `None` for no limit.
        multiplier: Tokens for each patch.
    """
    scale = min(1.0, edge / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    patches = _patches(width, height, OPENAI_PATCH)
    if budget is not None and patches > budget:
        shrink = math.sqrt(OPENAI_PATCH**2 * budget / (width * height))
        across, down = width * shrink / OPENAI_PATCH, height * shrink / OPENAI_PATCH
        shrink *= min(math.floor(across) / across, math.floor(down) / down)
        patches = _patches(math.floor(width * shrink + 1e-9), math.floor(height * shrink + 1e-9), OPENAI_PATCH)
    return math.ceil(patches * multiplier)


def anthropic_patches(width: int, height: int, *, edge: int, budget: int) -> int:
    """Anthropic: a token for each 28-pixel patch, after scaling down to the largest size within both limits.

    Earlier editions of its page approximate the same by width x height / 750; this is "Resolution and token cost".

    Args:
        width: In pixels.
        height: In pixels.
        edge: Longest side, in pixels.
        budget: Most tokens.
    """
    longest, ratio = max(width, height), min(width, height) / max(width, height)
    for side in range(min(longest, edge), 0, -1):
        tokens = _patches(side, max(1, round(side * ratio)), ANTHROPIC_PATCH)
        if tokens <= budget:
            return tokens
    return 1


def gemini_tiles(width: int, height: int) -> int:
    """Gemini 2: 258 tokens a tile; one tile up to 384 x 384, else tiles of about two thirds of the short side.

    Its page calls the rule rough: "Token calculation".

    Args:
        width: In pixels.
        height: In pixels.
    """
    if max(width, height) <= 384:
        return GEMINI_TILE_TOKENS
    unit = max(1, math.floor(min(width, height) / 1.5))
    return GEMINI_TILE_TOKENS * math.ceil(width / unit) * math.ceil(height / unit)


def fixed(width: int, height: int, *, tokens: int) -> int:
    """The same number of tokens for every image.

    Args:
        width: In pixels; does not count.
        height: In pixels; does not count.
        tokens: The number.
    """
    return tokens


RULES: dict[str, Callable[..., int]] = {
    function.__name__: function for function in (openai_tiles, openai_patches, anthropic_patches, gemini_tiles, fixed)
}
"""By the name that `providers.yaml` uses."""


def image_rule(model: str) -> ImageRule | None:
    """The rule of a model; `None` where none is documented, or it is not certain which model the name stands for.

    Args:
        model: As Inspect calls it, such as `openai/gpt-4o`.
    """
    fact = image_tokens_of(model)
    return ImageRule(partial(RULES[fact.rule], **fact.parameters), fact.source) if fact else None


def _patches(width: int, height: int, side: int) -> int:
    return math.ceil(width / side) * math.ceil(height / side)
