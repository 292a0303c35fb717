"""Small schematic pictures for the fictional case reports, drawn with Pillow. They are no real images."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = 240

Lesions = Sequence[Sequence[float]]


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, r: float, fill: Any, stretch: float = 1.0) -> None:
    pen.ellipse([(x - r) * SIZE, (y - r * stretch) * SIZE, (x + r) * SIZE, (y + r * stretch) * SIZE], fill=fill)


def _grained(image: Image.Image, seed: int, amount: int = 10) -> Image.Image:
    """The image with noise, slightly blurred, so that it is continuous in tone."""
    noise = Image.frombytes("L", image.size, random.Random(seed).randbytes(image.width * image.height))
    noise = noise.point(lambda value: value * amount // 255)
    grain = Image.merge("RGB", [noise] * 3)
    return ImageChops.add(image.filter(ImageFilter.GaussianBlur(1.1)), grain)


def chest(lesions: Lesions = (), soft: bool = False) -> Image.Image:
    """An axial section of the chest: lungs, heart, spine, and nodules (x, y, radius, cavity)."""
    image = Image.new("RGB", (SIZE, SIZE), (6, 6, 6))
    pen = ImageDraw.Draw(image)
    _disc(pen, 0.5, 0.52, 0.46, (120, 120, 120), 0.82)
    for x in (0.30, 0.70):
        _disc(pen, x, 0.52, 0.17, (22, 22, 22), 1.6)
    _disc(pen, 0.52, 0.50, 0.11, (150, 150, 150))
    _disc(pen, 0.5, 0.80, 0.06, (225, 225, 225))
    for x, y, r, cavity in lesions:
        _disc(pen, x, y, r, (75, 75, 75) if soft else (165, 165, 165))
        if cavity:
            _disc(pen, x, y, r * 0.5, (15, 15, 15))
    return _grained(image, 1)


def abdomen(lesions: Lesions = ()) -> Image.Image:
    """An axial section of the upper abdomen with bright nodules (x, y, radius)."""
    image = Image.new("RGB", (SIZE, SIZE), (6, 6, 6))
    pen = ImageDraw.Draw(image)
    _disc(pen, 0.5, 0.52, 0.46, (95, 95, 95), 0.82)
    _disc(pen, 0.30, 0.45, 0.20, (135, 135, 135), 1.1)
    _disc(pen, 0.77, 0.52, 0.09, (130, 130, 130), 1.4)
    pen.rounded_rectangle([0.42 * SIZE, 0.45 * SIZE, 0.70 * SIZE, 0.53 * SIZE], 8, fill=(118, 118, 118))
    _disc(pen, 0.5, 0.72, 0.06, (220, 220, 220))
    _disc(pen, 0.49, 0.62, 0.03, (210, 210, 210))
    for x, y, r in lesions:
        _disc(pen, x, y, r, (215, 215, 215))
    return _grained(image, 2)


def brain(lesions: Lesions = (), dark: bool = False) -> Image.Image:
    """An axial section of the brain with bright lesions (x, y, radius)."""
    image = Image.new("RGB", (SIZE, SIZE), (4, 4, 4))
    pen = ImageDraw.Draw(image)
    _disc(pen, 0.5, 0.5, 0.38, (70, 70, 70) if dark else (200, 200, 200), 1.18)
    _disc(pen, 0.5, 0.5, 0.355, (60, 60, 60) if dark else (110, 110, 110), 1.18)
    for x in (0.45, 0.55):
        _disc(pen, x, 0.48, 0.035, (25, 25, 25), 2.6)
    for x, y, r in lesions:
        _disc(pen, x, y, r, (245, 245, 245) if dark else (222, 222, 222))
    return _grained(image, 3)


def heart(right: float = 0.2, rim: bool = False) -> Image.Image:
    """A four-chamber view of the heart.

    Args:
        right: Width of the right ventricle.
        rim: Whether its wall is bright.
    """
    image = Image.new("RGB", (SIZE, SIZE), (8, 8, 8))
    pen = ImageDraw.Draw(image)
    _disc(pen, 0.5, 0.5, 0.42, (45, 45, 45), 0.95)
    if rim:
        _disc(pen, 0.34, 0.5, right / 2 + 0.03, (240, 240, 240), 1.3)
    _disc(pen, 0.34, 0.5, right / 2 + 0.01, (70, 70, 70), 1.3)
    _disc(pen, 0.34, 0.5, right / 2 - 0.01, (190, 190, 190), 1.3)
    _disc(pen, 0.66, 0.5, 0.16, (70, 70, 70), 1.3)
    _disc(pen, 0.66, 0.5, 0.11, (190, 190, 190), 1.3)
    return _grained(image, 4)


def ultrasound(lesions: Lesions = ()) -> Image.Image:
    """A sector with dark round lesions (x, y, radius)."""
    image = Image.new("RGB", (SIZE, SIZE), (2, 2, 2))
    pen = ImageDraw.Draw(image)
    pen.pieslice([-0.3 * SIZE, -0.9 * SIZE, 1.3 * SIZE, 0.95 * SIZE], 55, 125, fill=(95, 95, 95))
    for x, y, r in lesions:
        _disc(pen, x, y, r, (30, 30, 30))
    return _grained(image, 5, 70)


def ecg(seed: int = 0, inverted: bool = False) -> Image.Image:
    """Three traces on ruled paper."""
    image = Image.new("RGB", (2 * SIZE, SIZE), (255, 238, 238))
    pen = ImageDraw.Draw(image)
    for at in range(0, 2 * SIZE, 12):
        pen.line([(at, 0), (at, SIZE)], fill=(240, 190, 190))
        pen.line([(0, at), (2 * SIZE, at)], fill=(240, 190, 190))
    generator = random.Random(seed)
    for row in range(3):
        base = 50 + 70 * row
        points = []
        for x in range(2 * SIZE):
            phase = (x % 96) / 96
            y = 0.0
            if 0.30 < phase < 0.34:
                y = -32 * (1 - abs(phase - 0.32) / 0.02)
            elif 0.36 < phase < 0.38:
                y = -4
            elif 0.50 < phase < 0.66:
                y = (12 if inverted else -12) * (1 - abs(phase - 0.58) / 0.08)
            elif 0.12 < phase < 0.20:
                y = -5 * (1 - abs(phase - 0.16) / 0.04)
            points.append((x, base + y + generator.uniform(-0.6, 0.6)))
        pen.line(points, fill=(20, 20, 40), width=2)
    return image


def cells(
    seed: int = 0,
    giant: int = 0,
    necrosis: bool = False,
    holes: int = 0,
    pink: bool = False,
    dense: bool = False,
    halo: int = 0,
    brown: bool = False,
) -> Image.Image:
    """A stained section: nuclei, giant cells, a pale necrosis, empty round spaces, haloes."""
    generator = random.Random(seed)
    image = Image.new("RGB", (SIZE, SIZE), (214, 150, 190) if not pink else (222, 130, 178))
    pen = ImageDraw.Draw(image)
    if necrosis:
        _disc(pen, 0.3, 0.35, 0.22, (236, 200, 214), 0.8)
    for _ in range(holes):
        _disc(pen, generator.random(), generator.random(), generator.uniform(0.03, 0.07), (246, 238, 242))
    for _ in range(420 if dense else 160):
        fill = (122, 74, 40) if brown and generator.random() < 0.6 else (88, 52, 130)
        _disc(pen, generator.random(), generator.random(), 0.017 if dense else 0.011, fill)
    for _ in range(giant):
        x, y = generator.uniform(0.2, 0.8), generator.uniform(0.2, 0.8)
        _disc(pen, x, y, 0.09, (196, 118, 168))
        for _ in range(9):
            _disc(pen, x + generator.uniform(-0.06, 0.06), y + generator.uniform(-0.06, 0.06), 0.012, (70, 40, 120))
    for _ in range(halo):
        x, y = generator.random(), generator.random()
        _disc(pen, x, y, 0.026, (205, 60, 70))
        _disc(pen, x, y, 0.013, (240, 220, 225))
    return image.filter(ImageFilter.GaussianBlur(0.8))


DRAWINGS: dict[str, Callable[..., Image.Image]] = {
    function.__name__: function for function in (chest, abdomen, brain, heart, ultrasound, ecg, cells)
}


def figure(panels: Sequence[dict[str, Any]], gutter: int = 14) -> Image.Image:
    """One figure of one or several panels side by side, on white; without a gutter, the panels touch."""
    drawn = []
    for panel in panels:
        options = {key: value for key, value in panel.items() if key != "draw"}
        drawn.append(DRAWINGS[panel["draw"]](**options))
    width = sum(image.width for image in drawn) + gutter * (len(drawn) - 1)
    out = Image.new("RGB", (width, max(image.height for image in drawn)), "white")
    left = 0
    for image in drawn:
        out.paste(image, (left, 0))
        left += image.width + gutter
    return out
