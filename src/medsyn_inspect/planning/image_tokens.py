"""How many input tokens an image costs, by the rules that providers document. Pure: width and height in, tokens out.

The rules change with the models; each function names the page it follows. Read in stored copies from August to
October 2026.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

OPENAI_GUIDE = "https://developers.openai.com/api/docs/guides/images-vision"
ANTHROPIC_GUIDE = "https://platform.claude.com/docs/en/build-with-claude/vision"
GOOGLE_GUIDE = "https://ai.google.dev/gemini-api/docs/image-understanding"
GOOGLE_RESOLUTION = "https://ai.google.dev/gemini-api/docs/media-resolution"

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
    """Tokens of an image of so many pixels across and down."""

    source: str
    """Where it is documented."""


def openai_tiles(width: int, height: int, *, base: int, tile: int) -> int:
    """OpenAI, older models: fitted into 2048 x 2048, then to 768 on the short side, then cut into 512-pixel tiles.

    Smaller images are not enlarged. `detail` is `auto`, as Inspect sends it.
    Source: `OPENAI_GUIDE`, "Tile-based image tokenization".

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

    Source: `OPENAI_GUIDE`, "Patch-based image tokenization".

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

    Earlier editions of the page approximate the same by width x height / 750.
    Source: `ANTHROPIC_GUIDE`, "Resolution and token cost".

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

    The page calls the rule rough. Source: `GOOGLE_GUIDE`, "Token calculation".

    Args:
        width: In pixels.
        height: In pixels.
    """
    if max(width, height) <= 384:
        return GEMINI_TILE_TOKENS
    unit = max(1, math.floor(min(width, height) / 1.5))
    return GEMINI_TILE_TOKENS * math.ceil(width / unit) * math.ceil(height / unit)


def gemini_fixed(width: int, height: int) -> int:
    """Gemini 3: 1,120 tokens at the default resolution, whatever the size. Source: `GOOGLE_RESOLUTION`."""
    return 1120


OPENAI_RULES: dict[str, Callable[[int, int], int]] = {
    "gpt-4o": partial(openai_tiles, base=85, tile=170),
    "gpt-4.1": partial(openai_tiles, base=85, tile=170),
    "gpt-4o-mini": partial(openai_tiles, base=2833, tile=5667),
    "gpt-5": partial(openai_tiles, base=70, tile=140),
    "gpt-5.1": partial(openai_tiles, base=70, tile=140),
    "o1": partial(openai_tiles, base=75, tile=150),
    "o3": partial(openai_tiles, base=75, tile=150),
    # The budget of these three is that of an earlier edition; the current one gives their multiplier only.
    "gpt-5-mini": partial(openai_patches, edge=2048, budget=1536, multiplier=1.2),
    "gpt-5-nano": partial(openai_patches, edge=2048, budget=1536, multiplier=1.5),
    "o4-mini": partial(openai_patches, edge=2048, budget=1536, multiplier=1.72),
    "gpt-4.1-mini": partial(openai_patches, edge=2048, budget=6144, multiplier=1.62),
    "gpt-5.2": partial(openai_patches, edge=2048, budget=6144, multiplier=1.2),
    "gpt-5.4": partial(openai_patches, edge=2048, budget=2500, multiplier=1.2),
    "gpt-5.4-mini": partial(openai_patches, edge=2048, budget=2500, multiplier=1.2),
    "gpt-5.4-nano": partial(openai_patches, edge=2048, budget=2500, multiplier=1.2),
    "gpt-5.5": partial(openai_patches, edge=6000, budget=10_000, multiplier=1.2),
    "gpt-5.6-sol": partial(openai_patches, edge=65_535, budget=None, multiplier=1.2),
    "gpt-5.6-terra": partial(openai_patches, edge=65_535, budget=None, multiplier=1.2),
    "gpt-5.6-luna": partial(openai_patches, edge=65_535, budget=None, multiplier=1.2),
}
"""By model, without the date of a snapshot."""


def image_rule(model: str) -> ImageRule | None:
    """The rule of a model; `None` where none is documented, or the model's kin is not certain.

    Args:
        model: As Inspect calls it, such as `openai/gpt-4o`.
    """
    provider, _, rest = model.partition("/")
    name = rest.rsplit("/", 1)[-1]
    if provider == "openai":
        rule = OPENAI_RULES.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", name))
        return ImageRule(rule, OPENAI_GUIDE) if rule else None
    if provider == "anthropic" and (version := _claude_version(name)):
        fine = version >= (4, 7)
        edge, budget = (2576, 4784) if fine else (1568, 1568)
        return ImageRule(partial(anthropic_patches, edge=edge, budget=budget), ANTHROPIC_GUIDE)
    if provider in ("google", "vertex") and (found := re.match(r"gemini-([23])\b", name)):
        return ImageRule(gemini_tiles, GOOGLE_GUIDE) if found[1] == "2" else ImageRule(gemini_fixed, GOOGLE_RESOLUTION)
    return None


def _claude_version(name: str) -> tuple[int, int] | None:
    """Version in names such as `claude-opus-4-5-20251101` and `claude-3-5-sonnet-20241022`."""
    found = re.match(r"claude-(?:[a-z]+-)?(\d{1,2})(?:-(\d{1,2}))?(?![\d])", name)
    return (int(found[1]), int(found[2] or 0)) if found else None


def _patches(width: int, height: int, side: int) -> int:
    return math.ceil(width / side) * math.ceil(height / side)
