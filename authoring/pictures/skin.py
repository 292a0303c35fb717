"""Parts of the body as lit, smooth shapes, and lesions to put on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, shift

from authoring.pictures.canvas import SCHEMATIC, Picture, caption, font
from authoring.pictures.tissue import Colour, Point, blob, noise

SKIN: dict[str, Colour] = {"light": (232, 188, 164), "medium": (206, 158, 126), "dark": (134, 92, 70)}
BACKDROP = (196, 206, 214)
Capsule = tuple[float, float, float, float, float, float]

# Colour, opacity, relief and edge blur (in units of a hundredth of the picture's width) of each kind of lesion.
KINDS: dict[str, dict[str, Any]] = {
    "papule": {"colour": (222, 138, 126), "alpha": 0.6, "relief": 1.6, "blur": 0.15},
    "dimple": {"colour": (170, 92, 84), "alpha": 0.6, "relief": -1.8, "blur": 0.1},
    "nodule": {"colour": (152, 62, 76), "alpha": 0.72, "relief": 2.6, "blur": 0.6},
    "purpura": {"colour": (112, 20, 52), "alpha": 0.88, "relief": 0.0, "blur": 0.1},
    "necrosis": {"colour": (40, 26, 24), "alpha": 0.95, "relief": -0.5, "blur": 0.1},
    "ulcer": {"colour": (150, 30, 36), "alpha": 0.92, "relief": -1.6, "blur": 0.2},
    "crust": {"colour": (128, 76, 30), "alpha": 0.9, "relief": 0.5, "blur": 0.15},
    "pus": {"colour": (246, 226, 120), "alpha": 0.95, "relief": 1.0, "blur": 0.25},
    "cyanosis": {"colour": (92, 80, 150), "alpha": 0.62, "relief": 0.0, "blur": 1.0},
}


def signed_distance(x: np.ndarray, y: np.ndarray, parts: Sequence[Capsule], blend: float) -> np.ndarray:
    """Distance to a smooth union of tapered capsules (x1, y1, r1, x2, y2, r2), negative inside."""
    total = np.zeros_like(x)
    for x1, y1, r1, x2, y2, r2 in parts:
        along = np.clip(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 + 1e-9), 0, 1)
        reach = np.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) - (r1 + along * (r2 - r1))
        total += np.exp(np.clip(-reach / blend, -60, 60))
    return -blend * np.log(total + 1e-30)


class Body:
    """A picture under way: albedo and relief, in units of a hundredth of its width."""

    def __init__(self, rng: np.random.Generator, height: float, skin: str = "light", width: int = 520):
        self.rng, self.width, self.unit = rng, width, width / 100
        self.rows = round(height * self.unit)
        self.y, self.x = np.mgrid[0 : self.rows, 0 : self.width] / self.unit
        self.tone = np.array(SKIN[skin], float)
        self.albedo = np.ones((self.rows, self.width, 3)) * np.array(BACKDROP)
        self.relief = np.zeros((self.rows, self.width))
        self.mask = np.zeros((self.rows, self.width))
        self.dim = np.ones((self.rows, self.width))
        self.marks: list[tuple[Point, str]] = []
        """Words to write on the finished picture, and where."""

    def flesh(
        self, parts: Sequence[Capsule], blend: float = 1.5, roundness: float = 9.0, colour: Colour | None = None
    ) -> np.ndarray:
        """Add a part of the body; returns its mask."""
        depth = -signed_distance(self.x, self.y, parts, blend)
        mask = np.clip(depth * self.unit + 0.5, 0, 1)
        mottled = 1 + 0.035 * noise(self.rng, mask.shape, 26) + 0.02 * noise(self.rng, mask.shape, 4)
        tint = np.array(colour, float) if colour else self.tone
        self.albedo = self.albedo * (1 - mask[..., None]) + tint * mottled[..., None] * mask[..., None]
        inner = np.clip(depth, 0, roundness)
        height = gaussian_filter(
            np.sqrt(np.clip(2 * roundness * inner - inner**2, 0, None)) * 0.9, roundness * 0.22 * self.unit
        )
        self.relief = self.relief * (1 - mask) + height * mask
        self.mask = np.maximum(self.mask, mask)
        return mask

    def cover(self, outline: np.ndarray, blur: float = 0.0) -> np.ndarray:
        """Mask of an outline in units."""
        plate = Image.new("L", (self.width * 2, self.rows * 2))
        ImageDraw.Draw(plate).polygon([(px * self.unit * 2, py * self.unit * 2) for px, py in outline], fill=255)
        mask = np.asarray(plate.resize((self.width, self.rows), Image.Resampling.BOX), float) / 255
        return gaussian_filter(mask, blur * self.unit) if blur else mask

    def tint(self, mask: np.ndarray, colour: Colour, alpha: float = 1.0) -> None:
        """Blend a colour into the albedo."""
        share = (mask * alpha)[..., None]
        self.albedo = self.albedo * (1 - share) + np.array(colour[:3], float) * share

    def stroke(
        self,
        points: Sequence[Sequence[float]],
        colour: Colour,
        width: float = 0.4,
        alpha: float = 0.7,
        blur: float = 0.1,
    ) -> None:
        """A line on the body, such as a crease or a vessel."""
        plate = Image.new("L", (self.width * 2, self.rows * 2))
        path = [(px * self.unit * 2, py * self.unit * 2) for px, py in points]
        ImageDraw.Draw(plate).line(path, fill=255, width=max(1, round(width * self.unit * 2)), joint="curve")
        mask = np.asarray(plate.resize((self.width, self.rows), Image.Resampling.BOX), float) / 255
        self.tint(gaussian_filter(mask, blur * self.unit) * self.mask, colour, alpha)

    def net(self, grain: float, width: float) -> np.ndarray:
        """Mask of a net of even lines, `width` units wide."""
        field = gaussian_filter(noise(self.rng, self.mask.shape, grain * self.unit), self.unit * 0.4)
        slope = np.hypot(*np.gradient(field, 1 / self.unit)) + 0.02
        return np.exp(-((field / slope / width) ** 2)) * self.mask

    def lesion(
        self,
        kind: str,
        at: Point,
        size: float,
        *,
        stretch: float = 1.0,
        angle: float = 0.0,
        wobble: float = 0.1,
    ) -> None:
        """One lesion of a kind; `size` is its radius, `angle` in degrees."""
        look = KINDS[kind]
        turn = np.deg2rad(angle)
        # A circle drawn as a fine outline keeps small lesions smooth.
        outline = (blob(self.rng, (0.0, 0.0), 40, wobble, stretch, turn) * size / 40) + at
        blur = min(look["blur"], size * 0.5)
        mask = self.cover(outline, blur) * self.mask
        self.tint(mask, look["colour"], look["alpha"])
        self.relief += (
            gaussian_filter(mask, max(0.8, size * 0.28) * self.unit) * look["relief"] * min(1.5, 0.35 + size * 0.3)
        )

    def place(self, lesions: Sequence[dict[str, Any]], sites: dict[str, Point]) -> None:
        """Put lesions on: `at` is the name of a site or a list of them, `count` many over a `spread` (half axes)."""
        for wanted in lesions:
            options = dict(wanted)
            kind, where, size = options.pop("kind"), options.pop("at"), options.pop("size")
            count, spread, apart = (
                options.pop("count", 1),
                options.pop("spread", (0, 0)),
                options.pop("apart", size * 2.1),
            )
            for at in where if isinstance(where, list) else [where]:
                centre = sites[at]
                put: list[np.ndarray] = []
                for _ in range(count * 30):
                    if len(put) == count:
                        break
                    turn, far = self.rng.uniform(0, 2 * np.pi), np.sqrt(self.rng.uniform())
                    point = np.array(centre)
                    if count > 1:
                        point = point + np.array([np.cos(turn), np.sin(turn)]) * far * spread
                    row, column = (np.clip(point[::-1] * self.unit, 0, (self.rows - 1, self.width - 1))).astype(int)
                    if count > 1 and (self.mask[row, column] < 0.9 or any(np.hypot(*(point - p)) < apart for p in put)):
                        continue
                    put.append(point)
                    self.lesion(
                        kind, (point[0], point[1]), size * (self.rng.uniform(0.75, 1.2) if count > 1 else 1), **options
                    )

    def developed(self, language: str, title: str = "", scale: tuple[float, str] | None = None) -> Image.Image:
        """Light from the upper left, then type."""
        smooth = gaussian_filter(self.relief, 1.2)
        slope_y, slope_x = np.gradient(smooth * 0.9, 1 / self.unit)
        norm = np.sqrt(slope_x**2 + slope_y**2 + 1)
        light = (0.45 * slope_x + 0.5 * slope_y + 0.74) / norm
        shade = 0.5 + 0.62 * np.clip(light, 0, 1.1)
        shade = shade * self.mask + (1 - self.mask)
        shine = np.clip(light - 0.93, 0, 1) * 260 * self.mask
        shadow = 1 - 0.25 * gaussian_filter(shift(self.mask, (6, 6), mode="nearest"), 7) * (1 - self.mask)
        pixels = np.clip(
            self.albedo * (shade * shadow * self.dim)[..., None] + (shine * self.dim)[..., None], 0, 255
        ).astype(np.uint8)
        image = Image.fromarray(pixels)
        pen = ImageDraw.Draw(image, "RGBA")
        face = font(15, language)
        for (px, py), text in [*self.marks, *([((2, 2), title)] if title else [])]:
            box = pen.textbbox((px * self.unit, py * self.unit), text, font=face)
            pen.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), fill=(255, 255, 255, 205))
            pen.text((px * self.unit, py * self.unit), text, font=face, fill=(20, 20, 20))
        if scale:
            long, base = scale[0] * self.unit, self.rows - 12
            wide = max(long, pen.textlength(scale[1], font=face))
            middle = self.width - 14 - wide / 2
            pen.rectangle(
                (middle - wide / 2 - 8, base - 26, middle + wide / 2 + 8, base + 8), fill=(255, 255, 255, 205)
            )
            pen.rectangle((middle - long / 2, base - 1, middle + long / 2, base + 2), fill=(20, 20, 20))
            pen.text((middle, base - 13), scale[1], font=face, fill=(20, 20, 20), anchor="mm")
        return image

    def finished(self, language: str, title: str = "", scale: tuple[float, str] | None = None) -> Picture:
        """The developed picture with the honest mark under it."""
        return Picture(caption(self.developed(language, title, scale), SCHEMATIC[language], language), kind="photo")
