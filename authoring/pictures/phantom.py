"""A plane of anatomy in millimetres on which imaging phantoms are painted, and how it becomes a picture.

Origin at the centre, x to the right of the picture, y down.
Painting happens on an enlarged grid that is reduced at the end.
"""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.interpolate import splev, splprep

from authoring.pictures.canvas import SCHEMATIC, Picture, caption, font

Point = Sequence[float]
Array = np.ndarray
NOTHING: Mapping[str, Any] = MappingProxyType({})
OVER = 2
"""How much finer than the picture the grid is."""


def spline(points: Iterable[Point], closed: bool = True, count: int = 240) -> Array:
    """A smooth curve through `points`, as `count` x 2 coordinates."""
    through = np.asarray(list(points), float)
    if closed:
        through = np.vstack([through, through[:1]])
    knots, _ = splprep(through.T, s=0, per=closed, k=min(3, len(through) - 1))
    return np.stack(splev(np.linspace(0, 1, count), knots), axis=1)


def mirrored(points: Iterable[Point]) -> list[tuple[float, float]]:
    """The points on the other side of the midline."""
    return [(-x, y) for x, y in points]


def noise(shape: tuple[int, int], sigma: float | tuple[float, float], rng: np.random.Generator) -> Array:
    """Smooth noise of unit variance with grains of `sigma` cells."""
    grains = ndimage.gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap")
    return grains / (grains.std() + 1e-9)


class Plane:
    """Values on a plane; masks are arrays of 0..1 on its grid."""

    def __init__(
        self, width: float, height: float, rng: np.random.Generator, values: Mapping[str, float], pixels: int = 560,
        ground: str = "air"
    ) -> None:
        self.rng, self.values = rng, values
        self.scale = pixels * OVER / width
        self.size = (pixels * OVER, round(height * self.scale / OVER) * OVER)
        self.grey = np.full(self.size[::-1], float(values[ground]))
        self.named: dict[str, Array] = {}
        self._grains: dict[float, Array] = {}
        x, y = np.meshgrid(np.arange(self.size[0]), np.arange(self.size[1]))
        self.x, self.y = (x - self.size[0] / 2) / self.scale, (y - self.size[1] / 2) / self.scale

    # --- shapes ---

    def polygon(self, points: Iterable[Point]) -> Array:
        """Mask of a polygon."""
        mask = Image.new("L", self.size)
        at = np.asarray(list(points), float) * self.scale + np.array(self.size) / 2
        ImageDraw.Draw(mask).polygon([tuple(p) for p in at], fill=255)
        return np.asarray(mask, dtype=np.float32) / 255

    def blob(self, points: Iterable[Point]) -> Array:
        """Mask of a smooth closed outline through `points`."""
        return self.polygon(spline(points))

    def ellipse(self, x: float, y: float, rx: float, ry: float, angle: float = 0.0, rough: float = 0.0) -> Array:
        """Mask of an ellipse with half-axes `rx`, `ry`, turned by `angle` degrees.

        `rough` makes its outline irregular.
        """
        t = np.linspace(0, 2 * np.pi, 181)[:-1]
        r = np.ones_like(t)
        for k in range(2, 9):
            r += rough * self.rng.normal() / k * np.cos(k * t + self.rng.uniform(0, 6.3)) if rough else 0
        a = np.deg2rad(angle)
        u, v = rx * r * np.cos(t), ry * r * np.sin(t)
        return self.polygon(np.stack([x + u * np.cos(a) - v * np.sin(a), y + u * np.sin(a) + v * np.cos(a)], axis=1))

    def tube(self, points: Sequence[Point] | Array, width: float | Sequence[float], ends: bool = True) -> Array:
        """Mask of a curved band of `width` (a number, or one for each point) along `points`."""
        count = max(160, 6 * len(points))
        line = spline(points, closed=False, count=count)
        wide = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, np.size(width)), np.atleast_1d(width)) / 2
        along = np.gradient(line, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1)[:, None] + 1e-9)
        left, right = line + normal * wide[:, None], line - normal * wide[:, None]
        mask = Image.new("L", self.size)
        pen, middle = ImageDraw.Draw(mask), np.array(self.size) / 2
        for i in range(count - 1):
            quad = np.array([left[i], left[i + 1], right[i + 1], right[i]]) * self.scale + middle
            pen.polygon([tuple(p) for p in quad], fill=255)
        if ends:
            for i in (0, count - 1):
                (x, y), r = line[i] * self.scale + middle, wide[i] * self.scale
                pen.ellipse([x - r, y - r, x + r, y + r], fill=255)
        return np.asarray(mask, dtype=np.float32) / 255

    def box(self, mask: Array, pad: float) -> tuple[slice, slice]:
        """The part of the grid round what the mask covers, to save time."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            return slice(0, 1), slice(0, 1)
        more = int(pad * self.scale) + 3
        return slice(max(rows[0] - more, 0), rows[-1] + more + 1), slice(max(columns[0] - more, 0),
            columns[-1] + more + 1)

    def soft(self, mask: Array, millimetres: float) -> Array:
        """The mask with an edge blurred over `millimetres`."""
        if not millimetres:
            return mask
        out, box = np.zeros(mask.shape), self.box(mask, 4 * millimetres)
        out[box] = ndimage.gaussian_filter(np.asarray(mask[box], float), millimetres * self.scale)
        return out

    def depth(self, mask: Array) -> Array:
        """Distance in millimetres from each point of the mask to its edge."""
        out, box = np.zeros(mask.shape), self.box(mask, 1)
        out[box] = ndimage.distance_transform_edt(mask[box] > 0.5) / self.scale
        return out

    def grown(self, mask: Array, millimetres: float) -> Array:
        """The mask made larger (or smaller) all round."""
        if millimetres < 0:
            return (self.depth(mask) > -millimetres).astype(np.float32)
        out, box = np.zeros(mask.shape, np.float32), self.box(mask, millimetres + 1)
        out[box] = ndimage.distance_transform_edt(mask[box] < 0.5) / self.scale <= millimetres
        return out

    def grain(self, millimetres: float) -> Array:
        """Noise of unit variance with grains of that size; the same field each time."""
        if millimetres not in self._grains:
            self._grains[millimetres] = self._grain(millimetres)
        return self._grains[millimetres]

    def _grain(self, millimetres: float) -> Array:
        return noise(self.grey.shape, millimetres * self.scale, self.rng)

    # --- paint ---

    def value(self, tissue: str | float) -> float:
        """The value of a tissue by name, or the number itself."""
        return float(self.values[tissue]) if isinstance(tissue, str) else float(tissue)

    def paint(self, mask: Array, tissue: str | float, edge: float = 0.0, name: str | None = None) -> Array:
        """Cover the mask with a tissue; remember the mask under `name`.

        An unknown tissue of the table is left transparent.
        """
        if name:
            self.named[name] = mask
        if isinstance(tissue, str) and tissue not in self.values:
            return mask
        box = self.box(mask, 4 * edge)
        cover = self.soft(mask, edge)[box]
        self.grey[box] += cover * (self.value(tissue) - self.grey[box])
        return mask

    def add(self, mask: Array, amount: float, edge: float = 0.0) -> None:
        """Add to what is there, as shadows add up in projection."""
        box = self.box(mask, 4 * edge)
        self.grey[box] += self.soft(mask, edge)[box] * amount

    # --- lesions ---

    def lesions(self, wanted: Iterable[Mapping[str, Any]]) -> None:
        """Paint each lesion of a case file; see `lesion`."""
        for one in wanted:
            self.lesion(**one)

    def lesion(
        self,
        *,
        at: Point = (0, 0),
        path: Sequence[Point] | None = None,
        outline: Sequence[Point] | None = None,
        size: float | Sequence[float] = 10.0,
        angle: float = 0.0,
        rough: float = 0.0,
        value: str | float = 1.0,
        add: float | None = None,
        rim: str | float | None = None,
        rim_mm: float = 2.0,
        edge: float = 0.4,
        inside: str | Sequence[str] | None = None,
        outside: str | Sequence[str] | None = None,
        below: float | None = None,
        count: int = 0,
        spread: float | Sequence[float] = 20.0,
    ) -> None:
        """Paint an ellipse `at` a place (full `size` in mm), a band along `path` (width `size`), or an `outline`.

        `rim` surrounds it; `add` adds instead of covering (projection); `inside`/`outside` clip it to named
        organs, `below` to what lies lower; `count` strews that many over `spread` (half-widths).
        """
        if count:
            return self._strewn(at, count, spread, inside, outside, size=size, value=value, add=add, rim=rim,
                rim_mm=rim_mm, edge=edge, rough=rough)
        if path is not None:
            mask = self.tube(path, size)
        elif outline is not None:
            mask = self.blob(outline)
        else:
            x, y = at
            width, height = (size, size) if np.isscalar(size) else size
            mask = self.ellipse(x, y, width / 2, height / 2, angle, rough)
        clip = self._clip(inside, outside)
        if below is not None:
            clip = clip * (self.y > below)
        if add is not None:
            return self.add(mask * clip, add, edge)
        if rim is not None:
            self.paint(mask * clip, rim, edge)
            mask = self.grown(mask, -rim_mm)
        cover = self.soft(mask * clip, edge)
        self.grey += cover * (self.value(value) - self.grey)

    def _clip(self, inside: str | Sequence[str] | None, outside: str | Sequence[str] | None) -> Array:
        """What lies in any of `inside` and in none of `outside`."""
        clip = np.ones_like(self.grey)
        names = [inside] if isinstance(inside, str) else inside or []
        if names:
            clip = np.max([self.named[name] for name in names], axis=0)
        for name in [outside] if isinstance(outside, str) else outside or []:
            clip = clip * (1 - self.named[name])
        return clip

    def _strewn(
        self, at: Point, count: int, spread: float | Sequence[float], inside: Any, outside: Any, *, size: Any,
        **rest: Any
    ) -> None:
        """Lesions at random places that do not touch each other."""
        x, y = at
        wide, high = (spread, spread) if np.isscalar(spread) else spread
        low, top = (size, size) if np.isscalar(size) else size
        clip, centres = self._clip(inside, outside), []
        for _ in range(count * 200):
            px, py = x + wide * self.rng.uniform(-1, 1), y + high * self.rng.uniform(-1, 1)
            wanted = self.rng.uniform(low, top)
            column, row = int(px * self.scale + self.size[0] / 2), int(py * self.scale + self.size[1] / 2)
            if not (0 <= row < self.size[1] and 0 <= column < self.size[0]) or clip[row, column] < 0.5:
                continue
            if any((px - a) ** 2 + (py - b) ** 2 < (0.5 * (wanted + c) + 0.6) ** 2 for a, b, c in centres):
                continue
            centres.append((px, py, wanted))
            self.lesion(at=(px, py), size=wanted, inside=inside, outside=outside, **rest)
            if len(centres) == count:
                return
        raise ValueError(f"room for {len(centres)} of {count} lesions only")


def windowed(grey: Array, centre: float, width: float) -> Array:
    """Hounsfield units seen through a window, 0..1."""
    return np.clip((grey - centre) / width + 0.5, 0, 1)


Calliper = Sequence[Any]
"""x1, y1, x2, y2 in mm and the text; a sixth and seventh number move the text."""


def finished(
    plane: Plane,
    grey: Array,
    *,
    language: str,
    label: str = "",
    sides: tuple[str, str] | None = ("R", "L"),
    scale_mm: float | None = 50,
    blur: float = 0.7,
    grain: float = 0.015,
    arrows: Sequence[Sequence[float]] = (),
    callipers: Sequence[Calliper] = (),
    texts: Sequence[Sequence[Any]] = (),
    tints: Sequence[tuple[Array, tuple[int, int, int]]] = (),
    ink: int = 240,
) -> Image.Image:
    """Finish a phantom of 0..1: blur (in pixels), detector grain, colour over masks, type at the edges, scale bar.

    `arrows` are x, y of the tip and the direction in degrees; `texts` are x, y, text. `ink` is the grey of the type.
    """
    width, height = plane.size[0] // OVER, plane.size[1] // OVER

    def reduced(values: Array) -> Array:
        return np.asarray(Image.fromarray(values.astype(np.float32)).resize((width, height), Image.Resampling.BOX))

    small = reduced(ndimage.gaussian_filter(np.clip(grey, 0, 1), blur * OVER))
    small = small + grain * noise(small.shape, 0.8, plane.rng) * (0.4 + small)
    colour = np.repeat(np.clip(small, 0, 1)[..., None] * 255, 3, axis=2)
    for mask, rgb in tints:
        colour += reduced(mask)[..., None] * (np.array(rgb) - colour)
    image = Image.fromarray(colour.clip(0, 255).astype(np.uint8))
    pen, light, dark = ImageDraw.Draw(image), (ink,) * 3, (0 if ink > 128 else 255,) * 3

    def at(x: float, y: float) -> Array:
        return np.array([x, y]) * plane.scale / OVER + np.array([width, height]) / 2

    def type_(x: float, y: float, text: str, size: int, anchor: str, fill: tuple[int, ...] = light) -> None:
        pen.text((x, y), text, fill=fill, font=font(size, language), anchor=anchor, stroke_width=2, stroke_fill=dark)

    type_(10, 8, label, 16, "la")
    if sides:
        type_(10, height / 2, sides[0], 22, "lm")
        type_(width - 10, height / 2, sides[1], 22, "rm")
    if scale_mm:
        long = scale_mm * plane.scale / OVER
        left, bottom = width - 14 - long, height - 14
        pen.line([(left, bottom), (left + long, bottom)], fill=dark, width=5)
        pen.line([(left, bottom), (left + long, bottom)], fill=light, width=3)
        type_(left + long / 2, bottom - 5, f"{scale_mm / 10:g} cm", 13, "mb")
    yellow = (255, 225, 60) if ink > 128 else (150, 0, 0)
    for x1, y1, x2, y2, text, *move in callipers:
        a, b = at(x1, y1), at(x2, y2)
        for fraction in np.linspace(0, 1, max(int(np.hypot(*(b - a)) / 6), 2)):
            x, y = a + (b - a) * fraction
            pen.ellipse([x - 1, y - 1, x + 1, y + 1], fill=yellow)
        for x, y in (a, b):
            pen.line([(x - 5, y), (x + 5, y)], fill=yellow, width=2)
            pen.line([(x, y - 5), (x, y + 5)], fill=yellow, width=2)
        x, y = (a + b) / 2 + (np.array(move) * plane.scale / OVER if move else np.array([0, -13]))
        type_(x, y, text, 15, "mm", yellow)
    for x, y, text in texts:
        type_(*at(x, y), text, 15, "mm")
    for x, y, *turn in arrows:
        tip, a = at(x, y), np.deg2rad(turn[0] if turn else 135)
        way = np.array([np.cos(a), np.sin(a)])
        across = np.array([-way[1], way[0]])
        pen.line([tuple(tip - 30 * way), tuple(tip - 11 * way)], fill=light, width=3)
        pen.polygon([tuple(tip), tuple(tip - 11 * way + 6 * across), tuple(tip - 11 * way - 6 * across)], fill=light)
    return image


def side_by_side(images: Sequence[Image.Image], language: str, gap: int = 6) -> Picture:
    """Panels in a row, with the honest mark under them."""
    height = max(image.height for image in images)
    row = Image.new("RGB", (sum(image.width for image in images) + gap * (len(images) - 1), height), "white")
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + gap
    return Picture(caption(row, SCHEMATIC[language], language), kind="photo")


def pictured(plane: Plane, grey: Array, *, language: str, **rest: Any) -> Picture:
    """A single panel; see `finished`."""
    return side_by_side([finished(plane, grey, language=language, **rest)], language)
