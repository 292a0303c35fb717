"""Plain radiographs: shadows that add up."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import Array, Plane, Point, mirrored, noise, pictured

EMPTY = {"air": 0.0}


def bone(p: Plane, mask: Array, density: float = 0.3, cortex: float = 0.16, wall: float = 1.6) -> Array:
    """Add a bone: spongy inside, dense edge."""
    box = p.box(mask, 2)
    depth, grain = p.depth(mask)[box], p.grain(0.45)[box]
    inside = np.zeros_like(p.grey)
    inside[box] = mask[box] * (density * (1 - 0.25 * np.clip(depth / 12, 0,
        1)) + 0.022 * grain + cortex * np.exp(-((depth / wall) ** 2)))
    p.grey[box] += p.soft(inside, 0.3)[box]
    return mask


def long_bone(p: Plane, start: Point, end: Point, widths: list[float], **rest: float) -> Array:
    """Add a tubular bone with these widths from `start` to `end`."""
    a, b = np.array(start, float), np.array(end, float)
    return bone(p, p.tube([a + (b - a) * f for f in np.linspace(0, 1, 4)], widths), **rest)


def _film(
    p: Plane, language: str, label: str, lesions: Sequence[Mapping[str, Any]],
    sides: tuple[str, str] | None, top: float = 1.05, **rest: Any
) -> Picture:
    """Add lesions, compress like film, add quantum noise."""
    p.lesions(lesions)
    shade = 1 - np.exp(-np.clip(p.grey, 0, None) * 1.25)
    shade = shade / top + 0.012 * noise(p.grey.shape, 1.6, p.rng)
    return pictured(p, shade, language=language, label=label, sides=sides, **rest)


WALL = ((-170, -120, -60, 0, 60, 130), (48, 88, 120, 133, 141, 145))
"""Half-width of the thorax by height."""


def _half_width(y: float) -> float:
    return float(np.interp(y, *WALL))


def _collapsed(p: Plane, rim_mm: float) -> Array:
    """Lungs of which the right one has left the chest wall by `rim_mm`, with its fine outer line; adds that line."""
    lung = p.named["right_lung"]
    whole = np.maximum(lung, ((p.x > -60) & (p.y > -118)) | ((p.y > 60) & (p.x > -138)))
    inner = p.grown(whole.astype(np.float32), -rim_mm) * lung
    line = np.clip(p.grown(inner, 1.1) - inner, 0, 1) * lung * (p.x < -34)
    p.add(line, 0.3, 0.35)
    p.add(lung * (1 - inner), -0.09, 0.6)
    p.add(inner * lung, 0.05, 0.6)
    return inner * lung + p.named["left_lung"]


def _ring_shadows(p: Plane, lungs: Array, amount: float) -> None:
    """A fine network of ring shadows over all zones."""
    net = np.zeros_like(p.grey)
    for _ in range(420):
        x, y = p.rng.uniform(-140, 140), p.rng.uniform(-155, 125)
        r = p.rng.uniform(3.5, 6.5)
        row, column = int(y * p.scale + p.size[1] / 2), int(x * p.scale + p.size[0] / 2)
        if lungs[row, column] > 0.5:
            net = np.maximum(net, p.ellipse(x, y, r, r) - p.ellipse(x, y, r - 1.0, r - 1.0))
    p.add(net * lungs, 0.11 * amount, 0.25)


@drawing
def xray_chest(
    *, rng: np.random.Generator, language: str, label: str = "", heart: float = 1.0,
    lesions: Sequence[dict[str, Any]] = (), arrows: Sequence[list[float]] = (),
    vessels: float = 1.0, upper_vessels: float = 1.0, aorta: float = 1.0, hila: float = 1.0, right_dome: float = 0.0,
    left_dome: float = 0.0,
    wide_carina: bool = False, right_pneumothorax_mm: float = 0.0, rings: float = 0.0, right_drain: bool = False,
    anatomy: int | None = None,
) -> Picture:
    """Chest film, frontal; `heart` scales its width, the domes move up by millimetres.

    Lesions use `add` (positive is whiter).

    `upper_vessels` widens them, `rings` is the strength of a fine network of ring shadows;
    the same `anatomy` number gives the same chest.
    """
    rng = rng if anatomy is None else np.random.default_rng(anatomy)
    p = Plane(360, 380, rng, EMPTY, pixels=560)
    p.add(p.blob([(-40, -215), (-44, -172), (-120, -150), (-178, -128), (-190, -60), (-168, 30), (-166, 215),
        (166, 215), (168, 30), (190, -60), (178, -128), (120, -150), (44, -172), (40, -215)]), 0.62, 3)
    for s in (-1, 1):
        p.add(p.tube([(s * 178, -120), (s * 190, 0), (s * 200, 120)], 40), 0.35, 6)
    h, rd, ld = heart, right_dome, left_dome
    right = [(-14, -120), (-28, -152), (-54, -160), (-88, -128), (-120, -68), (-135, 10), (-143, 110),
        (-141, 122 - rd / 2), (-112, 92 - rd), (-72, 80 - rd), (-40, 92 - rd), (-24, 104 - rd), (-20, 60), (-18, -20),
        (-18, -80)]
    left = mirrored([(-14, -120), (-28, -152), (-54, -160), (-88, -128), (-120, -68), (-135, 10), (-143, 116),
        (-141, 128 - ld / 2), (-112, 102 - ld), (-78, 92 - ld), (-40, 102 - ld), (-22, 108 - ld), (-20, 60),
        (-18, -20), (-18, -80)])
    for points, name in ((right, "right_lung"), (left, "left_lung")):
        p.named[name] = p.blob(points)
        p.add(p.named[name], -0.46, 0.8)
    lungs = p.named["lungs"] = np.maximum(p.named["right_lung"], p.named["left_lung"])
    p.add(p.blob([(-110, 150), (-60, 110), (0, 112), (70, 116), (120, 160), (100, 230), (-100, 230)]), 0.16, 12)
    p.add(p.ellipse(88, 128 - ld, 22, 10), -0.18, 4)  # gastric bubble
    silhouette = p.blob([(-18, -70), (-22, -20), (-34 * h, 10), (-40 * h, 45), (-34 * h, 84), (0, 100), (50 * h, 104),
        (84 * h, 92), (90 * h, 70), (76 * h, 36), (48 * h, 0), (32, -24), (26, -50), (22, -70)])
    p.named["heart"] = silhouette
    p.add(p.soft(silhouette, 1.0) * lungs, 0.42)
    p.add((1 - lungs) * silhouette, 0.08, 4)
    p.add(p.ellipse(20 * aorta, -72, 17 * aorta, 16) * lungs, 0.3, 0.8)
    p.add(p.tube([(30, -66), (26, 0), (18, 110)], 20) * (1 - 0), 0.05, 2)
    p.add(p.tube([(0, -200), (0, -110), (3, -62)], 14), -0.16, 1.5)
    low = -56 if wide_carina else -42
    p.add(p.tube([(3, -64), (-20 - 8 * wide_carina, low - 2)], 9), -0.16, 1.2)
    p.add(p.tube([(3, -64), (28 + 10 * wide_carina, low)], 8), -0.16, 1.2)
    kept = lungs
    if right_pneumothorax_mm:
        kept = _collapsed(p, right_pneumothorax_mm)
    for i in range(13):
        y = -172 + 23 * i
        bone(p, p.polygon([(-15, y), (15, y), (16, y + 18), (-16, y + 18)]), 0.07, 0.05, 1.5)
        bone(p, p.ellipse(0, y + 10, 2.5, 6), 0.03, 0.04, 1)
    ribs = np.zeros_like(p.grey)
    for s in (-1, 1):
        for i in range(10):
            y = -158 + 25 * i
            down = y + 26 + 4.5 * i
            w = _half_width(down) - 2
            posterior = p.tube([(s * 16, y + 6), (s * (20 + 0.25 * w), y - 2), (s * w * 0.78, y + 6 + 1.5 * i),
                (s * w, down)], [8, 8.5, 9, 8])
            ribs += posterior
            bone(p, posterior, 0.085, 0.06, 1.2)
            if i < 7:
                front = p.tube([(s * w, down), (s * w * 0.92, down + 20), (s * max(w * 0.6, 40), down + 34),
                    (s * max(w * 0.42, 30), down + 34)], [8, 9, 10, 11])
                bone(p, front, 0.05, 0.035, 1.2)
        bone(p, p.tube([(s * 10, -134), (s * 50, -142), (s * 95, -146), (s * 138, -162)], [15, 10, 10, 12]), 0.12, 0.09)
        bone(p, p.blob([(s * 138, -150), (s * 122, -120), (s * 112, -60), (s * 116, -20), (s * 130, -34),
            (s * 150, -90), (s * 158, -132)]), 0.06, 0.07, 1.5)
        bone(p, p.ellipse(s * 166, -136, 20, 22), 0.22, 0.09)
        long_bone(p, (s * 170, -125), (s * 182, 10), [26, 20, 18, 18], density=0.2)
        tree = np.zeros_like(p.grey)
        for k in range(11):
            a = np.deg2rad(-68 + 140 * (k + rng.uniform(0.2, 0.8)) / 11)
            root = np.array([s * 28, -26])
            tip = root + np.array([s * np.cos(a) * 78, np.sin(a) * 105]) * rng.uniform(0.7, 0.98)
            mid = (root + tip) / 2 + rng.normal(0, 5, 2)
            k = upper_vessels if a < -0.2 else 1.0
            tree = np.maximum(tree, p.tube([root, mid, tip], [6 * hila * k, 2.6 * k, 0.8 * k]))
            for f in (0.45, 0.7):
                q = root + (tip - root) * f
                turn = a + rng.choice([-1, 1]) * 0.6
                tree = np.maximum(tree, p.tube([q, q + 28 * np.array([s * np.cos(turn), np.sin(turn)])], [1.8, 0.6]))
        p.add(tree * kept, 0.075 * vessels, 0.5)
        p.add(p.ellipse(s * 34, -22, 10 * hila, 18 * hila, s * 12) * lungs, 0.12, 3)
    p.named["ribs"] = np.clip(ribs, 0, 1)
    if rings:
        _ring_shadows(p, kept, rings)
    if right_drain:
        line = [(-178, 26), (-150, 4), (-124, -50), (-96, -104), (-70, -138)]
        p.add(p.tube(line, 6.5), 0.1, 0.4)
        p.add(p.tube(line, 1.3), 0.25, 0.3)
    text = label or ("Chest, PA" if language == "en" else "胸部正位")
    return _film(p, language, text, lesions, ("R", "L"), arrows=arrows)
