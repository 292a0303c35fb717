"""Pictures of signs: a pattern of 5 x 5 cells on the tint of its evidence type, with jitter, contrast and noise."""

from __future__ import annotations

import colorsys
import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.interventions.microworld.world import SIGNS, World

SIDE = 32
"""Width and height of a picture in pixels."""

_CELLS, _CELL = 5, 4
_JITTER = range(4, 9)
"""Places of the upper left corner; with more of them, a model needs more pictures to learn a pattern."""
_APART = 10
"""Cells in which two patterns of a type differ at least."""


def picture(world: World, place: int, sign: int | None, seed: str) -> bytes:
    """A picture of a sign, as PNG.

    Args:
        world: The world.
        place: Index of the evidence type in `world.types`.
        sign: The sign; `None` for a pattern that is drawn at random and tells nothing.
        seed: What the random parts of the picture are drawn from.
    """
    chance = np.random.default_rng(list(f"{world.seed}|{world.types[place]}|{seed}".encode()))
    cells = (
        _patterns(world.seed, world.types[place])[sign] if sign is not None else chance.random((_CELLS, _CELLS)) < 0.5
    )
    shape = np.kron(cells, np.ones((_CELL, _CELL)))
    canvas = np.zeros((SIDE, SIDE))
    top, left = chance.integers(_JITTER.start, _JITTER.stop, 2)
    canvas[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
    contrast = chance.uniform(0.5, 0.9)
    light = 0.08 + contrast * canvas + chance.normal(0, 0.06, canvas.shape)
    pixels = np.clip(light[..., None] * 0.8 + _tint(world.types[place]) * 0.2, 0, 1)
    file = io.BytesIO()
    Image.fromarray((pixels * 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@lru_cache
def _patterns(seed: int, name: str) -> tuple[NDArray[np.bool_], ...]:
    """The patterns of the signs of a type."""
    chance = np.random.default_rng(list(f"patterns|{seed}|{name}".encode()))
    patterns: list[NDArray[np.bool_]] = []
    while len(patterns) < SIGNS:
        cells = chance.random((_CELLS, _CELLS)) < 0.5
        if all((cells != other).sum() >= _APART for other in patterns):
            patterns.append(cells)
    return tuple(patterns)


def _tint(name: str) -> NDArray[np.float64]:
    """The colour of a type."""
    hue = list(EvidenceType).index(EvidenceType(name)) / len(EvidenceType)
    return np.array(colorsys.hsv_to_rgb(hue, 0.9, 1.0))
