"""Magnetic resonance imaging."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from authoring.pictures import head
from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import NOTHING, Plane, finished, side_by_side


def _ribbon(p: Plane, where: str, sector: tuple[float, float], sides: str, value: float, width: float = 2.4,
    lateral: bool = True) -> None:
    """Colour the "cortex", or the "junction" just beneath it.

    Also over a sector (degrees from the front) of one or both sides.
    """
    angle = np.rad2deg(np.arctan2(np.abs(p.x), -p.y))
    here = (angle > sector[0]) & (angle < sector[1])
    if lateral:
        here &= np.abs(p.x) > 7
    if sides != "both":
        here &= p.x < 0 if sides == "right" else p.x > 0
    mask = p.named["cortex"] if where == "cortex" else np.clip(p.grown(p.named["cortex"], width) - p.named["cortex"],
        0, 1) * p.named["white"]
    p.paint(mask * here, value, 0.35)


def _brain_axial(
    seed: int, language: str, sequence: str, level: str = "basal_ganglia", label: str = "",
    lesions: Sequence[dict[str, Any]] = (),
    ribbons: Sequence[dict[str, Any]] = (), atrophy: float = 1.0, ventricles: float = 1.0,
    arrows: Sequence[list[float]] = (), tissues: Mapping[str, float] = NOTHING,
    pixels: int = 480,
) -> Image.Image:
    p = Plane(178, 212, np.random.default_rng(seed), head.SEQUENCES[sequence] | tissues, pixels)
    head.LEVELS[level](p, atrophy, ventricles)
    for ribbon in ribbons:
        _ribbon(p, **ribbon)
    p.lesions(lesions)
    head.brain_texture(p, 0.02)
    return finished(p, p.grey, language=language, label=label or sequence, arrows=arrows)


@drawing
def mri_brain_axial(*, rng: np.random.Generator, language: str, anatomy: int | None = None, **panel: Any) -> Picture:
    """Axial brain MRI; see `_brain_axial`. The same `anatomy` number gives the same gyri."""
    seed = int(rng.integers(2**31)) if anatomy is None else anatomy
    return side_by_side([_brain_axial(seed, language, **panel)], language)


@drawing
def mri_brain_panels(*, rng: np.random.Generator, language: str, panels: list[dict[str, Any]],
    anatomy: int | None = None) -> Picture:
    """Several axial brain slices of the same head in a row."""
    seed = int(rng.integers(2**31)) if anatomy is None else anatomy
    return side_by_side([_brain_axial(seed, language, **{"pixels": 380, **panel}) for panel in panels], language)
