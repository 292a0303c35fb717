"""Endoscopic views of the small bowel: a lit tube of circular folds in a round field, and what lies on its wall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.skin import Body
from authoring.pictures.tissue import Colour, Point, blob, circle, noise

FIELD = 47.0  # radius of the round field, in units of a hundredth of the picture's width
MUCOSA: Colour = (228, 142, 116)


def on_clock(hour: float, reach: float) -> Point:
    """Point at an hour of the clock face, `reach` 0 (middle) to 1 (rim)."""
    turn = np.deg2rad(hour * 30 - 90)
    return (50 + FIELD * reach * np.cos(turn), 50 + FIELD * reach * np.sin(turn))


def lumen(rng: np.random.Generator, folds: int, swelling: float, middle: Point) -> Body:
    """The wall of a gut lit from the front: circular folds, the darker the farther, around a dark middle."""
    body = Body(rng, 100, "light", 520)
    body.mask = (np.hypot(body.x - 50, body.y - 50) < FIELD).astype(float)
    body.albedo = (
        np.array(MUCOSA, float)
        * (1 + 0.04 * noise(rng, body.mask.shape, 40) + 0.03 * noise(rng, body.mask.shape, 6))[..., None]
    )
    turn = np.arctan2(body.y - middle[1], body.x - middle[0])
    reach = np.hypot(body.x - middle[0], body.y - middle[1]) / FIELD / (1 + 0.05 * np.cos(2 * turn + 1))
    body.dim = np.clip((reach / 0.17) ** 2, 0.03, 1) * np.clip(0.5 + 0.6 * reach, 0, 0.98)
    for k in range(folds):
        where = 0.2 + 0.82 * ((k + 0.5) / folds) ** 1.35
        wave = where * (1 + 0.035 * np.cos(2 * turn + rng.uniform(0, 6)) + 0.025 * np.cos(3 * turn + rng.uniform(0, 6)))
        gap = (reach - wave) / (0.02 + 0.055 * where * swelling)
        body.dim *= 1 + 0.26 * np.exp(-(gap**2)) - 0.42 * np.exp(-(((gap + 1.55) / 0.75) ** 2))
        body.relief += 1.1 * swelling * where * np.exp(-(gap**2))
    return body


def speckle(body: Body, count: int, size: float, colour: Sequence[int], free: Point | None = None) -> None:
    """Small raised marks all over the wall, larger nearer the rim."""
    put: list[np.ndarray] = []
    for _ in range(count * 40):
        if len(put) == count:
            return
        reach = np.sqrt(body.rng.uniform(0.24**2, 0.96**2))
        at = np.array(on_clock(body.rng.uniform(0, 12), reach))
        radius = size * (0.4 + 0.75 * reach) * body.rng.uniform(0.6, 1.3)
        if any(np.hypot(*(at - p)) < radius * 2.3 for p in put):
            continue
        put.append(at)
        mask = body.cover(blob(body.rng, (0, 0), 40, 0.25, 1.25) * radius / 40 + at, min(0.15, radius * 0.2))
        body.tint(mask, tuple(colour), 0.95)
        body.dim += mask * (np.clip(1.05 - body.dim, 0, 1) * 0.55)
        body.relief += gaussian_filter(mask, max(0.8, radius * 0.35 * body.unit)) * min(1.0, radius) * 0.5


def papilla(body: Body, at: Point, radius: float) -> None:
    """A smooth dome with a hood fold above it and a small opening."""
    x, y = at
    far = np.hypot((body.x - x) / 1.0, (body.y - y) / 1.15) / radius
    dome = np.sqrt(np.clip(1 - far**2, 0, 1))
    inside = np.clip((1 - far) * radius * body.unit + 0.5, 0, 1)
    body.dim = body.dim * (1 - inside) + 0.98 * inside
    body.dim *= 1 - 0.42 * np.exp(-(((far - 1.1) / 0.1) ** 2))
    body.relief = body.relief * (1 - inside) + dome * radius * 0.55
    body.tint(inside, (230, 140, 116), 0.9)
    body.stroke(
        [
            (x + radius * 1.15 * np.cos(t), y - radius * 1.25 + radius * 0.75 * np.sin(t))
            for t in np.linspace(np.pi * 1.05, np.pi * 1.95, 20)
        ],
        (150, 70, 58),
        0.9,
        0.7,
        0.4,
    )
    body.tint(body.cover(circle((x, y + radius * 0.28), 1.5, flat=0.8), 0.25), (200, 84, 74), 0.9)
    body.tint(body.cover(circle((x, y + radius * 0.28), 0.75, flat=0.8), 0.15), (84, 22, 24), 1)


@drawing
def endoscopy_duodenum(
    *,
    rng: np.random.Generator,
    language: str,
    folds: int = 5,
    swelling: float = 1.0,
    marks: int = 0,
    mark_size: float = 1.6,
    mark_colour: Sequence[int] = (250, 242, 206),
    films: int = 0,
    papilla_mm: float = 0.0,
) -> Picture:
    """Small bowel with circular folds; many small `marks`, milky `films`, or an enlarged papilla beside a 5 mm bar."""
    body = lumen(rng, folds, swelling, (34, 44) if papilla_mm else (50, 50))
    if marks:
        speckle(body, marks, mark_size, mark_colour)
    for k in range(films):
        at = on_clock(12 * (k + 0.3) / films, 0.62 + 0.2 * (k % 2))
        mask = body.cover(blob(rng, (0, 0), 40, 0.3, 2.4) * 5.5 / 40 + at, 0.7)
        body.tint(mask, (250, 246, 236), 0.62)
        body.dim += mask * np.clip(1.0 - body.dim, 0, 1) * 0.5
    scale = None
    if papilla_mm:
        papilla(body, (62, 57), papilla_mm / 2 * 2.2)
        scale = (11.0, "5 mm")
    outside = np.hypot(body.x - 50, body.y - 50) > FIELD
    body.albedo[outside], body.relief[outside], body.dim[outside] = 10, 0, 1
    return body.finished(language, scale=scale)
