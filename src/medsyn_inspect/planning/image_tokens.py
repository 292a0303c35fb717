"""Estimates the input tokens of an image from its width and height, by the rules that providers document.

`providers.yaml` contains the rule and the parameters of each model, with their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from medsyn_inspect.providers import image_tokens_of

ASSUMED = 1000
"""Tokens assumed for an image if no rule is known."""

ANTHROPIC_PATCH = 28
OPENAI_PATCH = 32
OPENAI_TILE = 512
GEMINI_TILE_TOKENS = 258


@dataclass(frozen=True)
class ImageRule:
    """A provider's rule for image tokens."""

    tokens: Callable[[int, int], int]
    """Tokens of an image by its width and height in pixels."""

    source: str
    """Where the rule is documented."""


def openai_tiles(width: int, height: int, *, base: int, tile: int) -> int:
    """OpenAI, older models: scaled into 2048 x 2048, then to a short side of 768, then covered by 512-pixel tiles.

    Images are never enlarged. `detail` is `auto`, as Inspect sends it. OpenAI's page calls the rule "Tile-based image
    tokenization".

    Args:
        width: Width in pixels.
        height: Height in pixels.
        base: Tokens per image.
        tile: Tokens per tile.
    """
    scale = min(1.0, 2048 / max(width, height))
    width, height = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    if min(width, height) > 768:
        scale = 768 / min(width, height)
        width, height = math.floor(width * scale + 1e-9), math.floor(height * scale + 1e-9)
    return base + tile * math.ceil(width / OPENAI_TILE) * math.ceil(height / OPENAI_TILE)


def openai_patches(width: int, height: int, *, edge: int, budget: int | None, multiplier: float) -> int:
    """OpenAI, newer models: covered by 32-pixel patches, after scaling down until the patches are within a budget.

    OpenAI's page calls the rule "Patch-based image tokenization".

    Args:
        width: Width in pixels.
        height: Height in pixels.
        edge: Maximum side in pixels; longer images are scaled down.
        budget: Maximum number of patches, or `None` for no limit.
        multiplier: Tokens per patch.
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
    """Anthropic: one token per 28-pixel patch, after scaling down to the largest size within both limits.

    Anthropic's page calls the rule "Resolution and token cost"; earlier editions approximate it by
    width x height / 750.

    Args:
        width: Width in pixels.
        height: Height in pixels.
        edge: Maximum side in pixels.
        budget: Maximum number of tokens.
    """
    longest, ratio = max(width, height), min(width, height) / max(width, height)
    for side in range(min(longest, edge), 0, -1):
        tokens = _patches(side, max(1, round(side * ratio)), ANTHROPIC_PATCH)
        if tokens <= budget:
            return tokens
    return 1


def gemini_tiles(width: int, height: int) -> int:
    """Gemini 2: 258 tokens per tile; one tile up to 384 x 384, otherwise tiles of about two thirds of the short side.

    Google's page ("Token calculation") says that the rule is approximate.

    Args:
        width: Width in pixels.
        height: Height in pixels.
    """
    if max(width, height) <= 384:
        return GEMINI_TILE_TOKENS
    unit = max(1, math.floor(min(width, height) / 1.5))
    return GEMINI_TILE_TOKENS * math.ceil(width / unit) * math.ceil(height / unit)


def fixed(width: int, height: int, *, tokens: int) -> int:
    """The same number of tokens for every image.

    Args:
        width: Not used.
        height: Not used.
        tokens: Tokens per image.
    """
    return tokens


RULES: dict[str, Callable[..., int]] = {
    function.__name__: function for function in (openai_tiles, openai_patches, anthropic_patches, gemini_tiles, fixed)
}
"""The rules, by their name in `providers.yaml`."""


def image_rule(model: str) -> ImageRule | None:
    """The rule of a model; `None` if none is documented, or if it is uncertain which model the name refers to.

    Args:
        model: Name in Inspect, such as `openai/gpt-4o`.
    """
    fact = image_tokens_of(model)
    return ImageRule(partial(RULES[fact.rule], **fact.parameters), fact.source) if fact else None


def _patches(width: int, height: int, side: int) -> int:
    return math.ceil(width / side) * math.ceil(height / side)
