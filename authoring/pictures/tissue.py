"""A painted microscope slide: blobs, fibres, nuclei, cells, vessels, and the frame around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from matplotlib.path import Path
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter, zoom

from authoring.pictures.canvas import SCHEMATIC, Picture, caption, font

Point = tuple[float, float]
Colour = tuple[int, ...]
OVERSAMPLING = 2

# Nucleus, cytoplasm, fibre and ground colours of the usual stains.
STAINS: dict[str, dict[str, Colour]] = {
    name: dict(zip(("nucleus", "cytoplasm", "fibre", "ground"), colours, strict=True))
    for name, colours in {
        "he": ((84, 50, 128), (226, 160, 190), (231, 150, 178), (246, 222, 232)),
        "pas": ((78, 74, 140), (222, 196, 214), (206, 92, 156), (243, 230, 238)),
        "congo": ((92, 98, 158), (238, 206, 204), (240, 214, 210), (249, 236, 233)),
        "polarised": ((16, 16, 20), (20, 18, 20), (24, 22, 24), (8, 8, 10)),
        "ihc": ((112, 130, 182), (214, 220, 234), (218, 222, 236), (240, 242, 248)),
        "giemsa": ((88, 48, 140), (168, 190, 224), (222, 196, 214), (240, 232, 236)),
        "zn": ((92, 128, 178), (188, 208, 228), (188, 208, 228), (222, 232, 242)),
    }.items()
}


def noise(rng: np.random.Generator, shape: tuple[int, int], grain: float) -> np.ndarray:
    """A smooth random field in about -1..1 whose features are `grain` pixels wide."""
    small = (max(3, int(shape[0] / grain) + 3), max(3, int(shape[1] / grain) + 3))
    field = zoom(rng.normal(size=small), (shape[0] / (small[0] - 2), shape[1] / (small[1] - 2)), order=3)
    field = field[: shape[0], : shape[1]]
    return np.clip(field / (2.2 * field.std() + 1e-9), -1, 1)


def blob(
    rng: np.random.Generator,
    centre: Point,
    radius: float,
    wobble: float = 0.08,
    stretch: float = 1.0,
    angle: float | None = None,
) -> np.ndarray:
    """Outline of an irregular ellipse: `stretch` is its length over its width."""
    turn = np.linspace(0, 2 * np.pi, max(14, min(120, int(radius * 3))), endpoint=False)
    reach = np.ones_like(turn)
    for harmonic in range(2, 6):
        reach += wobble / harmonic * 2 * rng.normal() * np.cos(harmonic * turn + rng.uniform(0, 2 * np.pi)) * 0.6
    x, y = radius * np.sqrt(stretch) * reach * np.cos(turn), radius / np.sqrt(stretch) * reach * np.sin(turn)
    a = rng.uniform(0, np.pi) if angle is None else angle
    return np.c_[centre[0] + x * np.cos(a) - y * np.sin(a), centre[1] + x * np.sin(a) + y * np.cos(a)]


def circle(centre: Point, radius: float, count: int = 72, flat: float = 1.0) -> np.ndarray:
    """Outline of a circle, or of an ellipse `flat` times as high as wide."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(turn), centre[1] + radius * flat * np.sin(turn)]


def inside(outline: np.ndarray) -> Callable[[Point], bool]:
    """A test whether a point lies within an outline."""
    path = Path(outline)
    return lambda point: bool(path.contains_point(point))


def around(centre: Point, radius: float, turn: float) -> Point:
    """Point on a circle."""
    return (centre[0] + radius * float(np.cos(turn)), centre[1] + radius * float(np.sin(turn)))


def far_from(centres: list[tuple[Point, float]]) -> Callable[[Point], bool]:
    """A test whether a point lies outside all circles."""
    return lambda p: all(np.hypot(p[0] - c[0], p[1] - c[1]) > r for c, r in centres)


class Slide:
    """A canvas in final pixels, painted twice as large and reduced at the end."""

    def __init__(
        self,
        rng: np.random.Generator,
        stain: str = "he",
        width: int = 560,
        height: int = 440,
        ground: Colour | None = None,
    ):
        self.rng, self.width, self.height, self.stain = rng, width, height, STAINS[stain]
        self.image = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), ground or self.stain["ground"])

    def shade(self, colour: Colour, spread: float = 10) -> Colour:
        """The colour, a little lighter or darker."""
        shift = self.rng.normal(0, spread, 1)[0] + self.rng.normal(0, spread / 3, 3)
        return tuple(int(v) for v in np.clip(np.array(colour[:3]) + shift, 0, 255)) + tuple(colour[3:])

    def fill(
        self, outline: Iterable[Sequence[float]], colour: Colour, edge: Colour | None = None, edge_width: float = 1
    ) -> None:
        """Paint a closed outline; a fourth component of the colour is its opacity."""
        points = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in outline]
        pen = ImageDraw.Draw(self.image, "RGBA")
        pen.polygon(points, fill=colour)
        if edge:
            pen.line(
                [*points, points[0], points[1]],
                fill=edge,
                width=max(1, round(edge_width * OVERSAMPLING)),
                joint="curve",
            )

    def line(self, points: Iterable[Sequence[float]], colour: Colour, width: float = 1) -> None:
        """Paint an open line."""
        scaled = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        ImageDraw.Draw(self.image, "RGBA").line(
            scaled, fill=colour, width=max(1, round(width * OVERSAMPLING)), joint="curve"
        )

    def soft(self, outline: np.ndarray, colour: Colour, blur: float) -> None:
        """Paint a closed outline with a blurred edge."""
        points = np.asarray(outline) * OVERSAMPLING
        margin = blur * OVERSAMPLING * 3 + 2
        low, high = np.floor(points.min(0) - margin).astype(int), np.ceil(points.max(0) + margin).astype(int)
        mask = Image.new("L", tuple(int(v) for v in high - low))
        ImageDraw.Draw(mask).polygon([tuple(p) for p in points - low], fill=colour[3] if len(colour) > 3 else 255)
        mask = mask.filter(ImageFilter.GaussianBlur(blur * OVERSAMPLING))
        self.image.paste(Image.new("RGB", mask.size, colour[:3]), tuple(int(v) for v in low), mask)

    def mottle(self, colour: Colour, strength: float, grain: float) -> None:
        """Tint the whole slide with `colour` in patches of a random field."""
        field = (noise(self.rng, (self.height, self.width), grain) + 1) / 2 * 255 * strength
        mask = Image.fromarray(field.astype(np.uint8)).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image.paste(Image.new("RGB", mask.size, colour[:3]), (0, 0), mask)

    def scatter(
        self,
        count: int,
        apart: float,
        keep: Callable[[Point], bool] | None = None,
        margin: float = -10,
        box: Sequence[float] | None = None,
    ) -> list[Point]:
        """Up to `count` random points in a box, at least `apart` from each other, where `keep` holds."""
        left, top, right, bottom = box or (margin, margin, self.width - margin, self.height - margin)
        found = np.empty((0, 2))
        for _ in range(count * 12):
            if len(found) >= count:
                break
            point = np.array([self.rng.uniform(left, right), self.rng.uniform(top, bottom)])
            if len(found) and ((found - point) ** 2).sum(1).min() < apart**2:
                continue
            if keep and not keep((point[0], point[1])):
                continue
            found = np.vstack([found, point])
        return [(float(x), float(y)) for x, y in found]

    def fibres(
        self, count: int = 260, colour: Colour | None = None, length: float = 90, width: float = 2.2, angle: float = 0.3
    ) -> None:
        """Wavy connective-tissue fibres over the whole slide."""
        colour = colour or self.stain["fibre"]
        for _ in range(count):
            start = np.array([self.rng.uniform(-40, self.width), self.rng.uniform(-20, self.height + 20)])
            turn = angle + self.rng.normal(0, 0.25)
            along = np.linspace(0, self.rng.uniform(0.5, 1.3) * length, 16)
            wave = self.rng.uniform(2, 5) * np.sin(along / self.rng.uniform(10, 18) + self.rng.uniform(0, 6))
            x = start[0] + along * np.cos(turn) - wave * np.sin(turn)
            y = start[1] + along * np.sin(turn) + wave * np.cos(turn)
            self.line(np.c_[x, y], (*self.shade(colour, 8), 120), self.rng.uniform(0.6, 1.3) * width)

    def nucleus(
        self,
        centre: Point,
        radius: float = 4,
        stretch: float = 1.2,
        angle: float | None = None,
        colour: Colour | None = None,
        open_: bool = False,
    ) -> None:
        """A nucleus; `open_`: pale chromatin with a rim and a nucleolus."""
        dark = self.shade(colour or self.stain["nucleus"], 9)
        outline = blob(self.rng, centre, radius, 0.06, stretch, angle)
        if not open_:
            self.fill(outline, dark)
            for _ in range(2 if radius > 3.4 else 0):
                x, y = self.rng.normal(0, radius * 0.35, 2)
                self.fill(
                    blob(self.rng, (centre[0] + x, centre[1] + y), radius * 0.25),
                    (*(min(255, v + 34) for v in dark[:3]), 120),
                )
            return
        pale = tuple(int(v * 0.45 + 255 * 0.55) for v in dark[:3])
        self.fill(outline, pale, dark, max(0.7, radius * 0.14))
        self.fill(blob(self.rng, centre, radius * 0.24), dark)

    def cells_scattered(
        self,
        count: int,
        radius: float = 3.6,
        apart: float = 8,
        keep: Callable[[Point], bool] | None = None,
        stretch: float = 1.2,
    ) -> None:
        """Bare nuclei here and there: lymphocytes when round, fibroblasts when stretched."""
        for point in self.scatter(count, apart, keep):
            self.nucleus(point, radius * self.rng.uniform(0.85, 1.15), stretch * self.rng.uniform(0.9, 1.15))

    def label(self, text: str, language: str = "en", light: bool = False) -> None:
        """Stain or method, top left, on a plate."""
        face = font(15 * OVERSAMPLING, language)
        left, top, right, bottom = face.getbbox(text)
        pen = ImageDraw.Draw(self.image, "RGBA")
        at, pad = 8 * OVERSAMPLING, 5 * OVERSAMPLING
        plate, ink = ((0, 0, 0, 150), (255, 255, 255)) if light else ((255, 255, 255, 210), (20, 20, 20))
        pen.rectangle((at, at, at + right - left + 2 * pad, at + bottom - top + 2 * pad), fill=plate)
        pen.text((at + pad - left, at + pad - top), text, fill=ink, font=face)

    def scale_bar(self, pixels: float, text: str, light: bool = False) -> None:
        """A bar of `pixels` with its length, bottom right."""
        face = font(14 * OVERSAMPLING)
        pen = ImageDraw.Draw(self.image, "RGBA")
        right, base = (self.width - 16) * OVERSAMPLING, (self.height - 14) * OVERSAMPLING
        left = right - pixels * OVERSAMPLING
        plate, ink = ((0, 0, 0, 150), (255, 255, 255)) if light else ((255, 255, 255, 210), (20, 20, 20))
        wide = max(pixels * OVERSAMPLING, face.getlength(text))
        middle = right - wide / 2
        pen.rectangle((middle - wide / 2 - 12, base - 50, middle + wide / 2 + 12, base + 14), fill=plate)
        pen.text((middle, base - 26), text, fill=ink, font=face, anchor="mm")
        left, right = middle - pixels * OVERSAMPLING / 2, middle + pixels * OVERSAMPLING / 2
        pen.rectangle((left, base - 2, right, base + 4), fill=ink)

    def developed(
        self,
        label: str,
        scale: tuple[float, str] | None,
        language: str,
        *,
        light: bool = False,
        grain: float = 4,
        blur: float = 0.75,
    ) -> Image.Image:
        """Optics and grain over the paint, then stain label and scale bar."""
        pixels = np.asarray(self.image, dtype=float)
        pixels = gaussian_filter(pixels, (blur * OVERSAMPLING, blur * OVERSAMPLING, 0))
        field = noise(self.rng, pixels.shape[:2], 60) * 0.6 + noise(self.rng, pixels.shape[:2], 7) * 0.4
        pixels = np.clip(pixels + grain * field[..., None], 0, 255)
        self.image = Image.fromarray(pixels.astype(np.uint8))
        self.label(label, language, light)
        if scale:
            self.scale_bar(*scale, light=light)
        return self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)


def mounted(images: Sequence[Image.Image], language: str, columns: int = 0) -> Picture:
    """One or several slides in a grid, with the honest mark under them."""
    columns = columns or len(images)
    wide, high, gap = images[0].width, images[0].height, 6
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (wide + gap) - gap, rows * (high + gap) - gap), "white")
    for k, image in enumerate(images):
        sheet.paste(image, (k % columns * (wide + gap), k // columns * (high + gap)))
    return Picture(caption(sheet, SCHEMATIC[language], language), kind="photo")
