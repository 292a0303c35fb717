"""Nuclear medicine: projections and slices of tracer uptake, with counting noise."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from PIL import Image, ImageDraw

from authoring.pictures.canvas import Picture, drawing, font
from authoring.pictures.phantom import OVER, Array, Plane, finished, mirrored, side_by_side


class Scan(Plane):
    """A plane that gathers counts.

    Width 300 stands for a body 800 high, in half-scaled millimetres (1 unit = about 2 mm).
    """

    def __init__(self, width: float, height: float, rng: np.random.Generator, pixels: int) -> None:
        super().__init__(width, height, rng, {"air": 0.0}, pixels)

    def spot(self, x: float, y: float, rx: float, ry: float, amount: float, angle: float = 0.0,
        blur: float = 3.0) -> None:
        """Uptake in an ellipse."""
        self.add(self.ellipse(x, y, rx, ry, angle), amount, blur)

    def body(self, amount: float, inside: float = 0.6) -> Array:
        """The outline of a standing body, arms at its sides, a little stronger at its skin."""
        mask = np.maximum(self.ellipse(0, -364, 30, 37), self.tube([(0, -340), (0, -320), (0, -290)], [30, 28, 40]))
        torso = [(0, -304), (40, -302), (76, -290), (84, -262), (70, -200), (60, -110), (64, -40), (68, 20), (0, 30)]
        mask = np.maximum(mask, self.blob([*torso, *mirrored(torso[-2:0:-1])]))
        for side in (-1, 1):
            mask = np.maximum(mask, self.tube([(side * 74, -276), (side * 90, -190), (side * 104, -90),
                (side * 118, -30)], [34, 28, 22, 18]))
            mask = np.maximum(mask, self.tube([(side * 38, 0), (side * 44, 100), (side * 42, 200), (side * 42, 280),
                (side * 42, 380)], [60, 52, 38, 38, 22]))
            mask = np.maximum(mask, self.ellipse(side * 46, 390, 15, 9))
        self.add(mask, amount * inside, 3)
        self.add(np.clip(mask - self.grown(mask, -5), 0, 1), amount * (1 - inside), 2)
        return mask

    def counted(self, counts: float, blur: float = 1.2) -> Array:
        """The image a camera collects: Poisson noise at `counts` per unit uptake, smoothed."""
        cell = OVER * 2
        coarse = self.grey[: self.grey.shape[0] // cell * cell, : self.grey.shape[1] // cell * cell]
        coarse = coarse.reshape(coarse.shape[0] // cell, cell, -1, cell).mean(axis=(1, 3))
        drawn = self.rng.poisson(np.clip(coarse, 0, None) * counts) / counts
        large = Image.fromarray(drawn.astype(np.float32)).resize(self.size, Image.Resampling.BICUBIC)
        return self.soft(np.asarray(large, float), blur)

    def film(self, counts: float, language: str, **rest: Any) -> Image.Image:
        """Dark uptake on white."""
        rest = {"ink": 25, "grain": 0.0, "scale_mm": None} | rest
        return finished(self, 1 - np.clip(self.counted(counts, rest.pop("smooth", 1.2)), 0, 1) ** 0.8,
            language=language, **rest)


def _foci(s: Scan, foci: Sequence[dict[str, Any]]) -> None:
    for focus in foci:
        x, y = focus["at"]
        size = focus.get("size", 8)
        rx, ry = (size / 2, size / 2) if np.isscalar(size) else (size[0] / 2, size[1] / 2)
        s.spot(x, y, rx, ry, focus.get("uptake", 1.0), focus.get("angle", 0.0), focus.get("blur", 1.5))


PHYSIOLOGICAL = {
    "FDG": {"brain": 0.95, "heart": 0.35, "liver": 0.07, "spleen": 0.06, "kidneys": 0.5, "bladder": 1.0,
    "marrow": 0.05, "bowel": 0.1, "pituitary": 0.0},
    "DOTATATE": {"brain": 0.0, "heart": 0.03, "liver": 0.4, "spleen": 1.0, "kidneys": 1.0, "bladder": 0.95,
    "marrow": 0.02, "bowel": 0.12, "pituitary": 0.22},
    "I-123": {"brain": 0.0, "heart": 0.04, "liver": 0.04, "spleen": 0.0, "kidneys": 0.0, "bladder": 0.32,
    "marrow": 0.0, "bowel": 0.05, "pituitary": 0.0},
}


def _organs(s: Scan, tracer: str) -> None:
    """Physiological uptake seen from the front."""
    u = PHYSIOLOGICAL[tracer]
    s.add(s.blob([(-26, -374), (0, -392), (26, -374), (24, -352), (0, -346), (-24, -352)]), u["brain"], 2)
    s.spot(0, -352, 2.4, 2.4, u["pituitary"], blur=1.2)
    ring = s.ellipse(16, -212, 17, 14, 30) - 0.8 * s.ellipse(15, -210, 9, 7, 30)
    s.add(ring, u["heart"], 2)
    s.add(s.blob([(-56, -176), (-30, -190), (10, -184), (18, -170), (-8, -160), (-24, -136), (-50, -128),
        (-58, -150)]), u["liver"], 3)
    s.add(s.ellipse(46, -160, 11, 18, 20), u["spleen"], 2.5)
    for side in (-1, 1):
        s.add(s.ellipse(side * 32, -124 + 4 * (side < 0), 9, 17, side * -14), u["kidneys"], 2)
    s.spot(0, 4, 13, 10, u["bladder"], blur=2)
    s.add(s.tube([(0, -300), (0, -200), (0, -100), (0, -30)], 11), u["marrow"], 3)
    for _ in range(16):
        s.spot(s.rng.uniform(-40, 40), s.rng.uniform(-105, -40), 8, 5, u["bowel"] * s.rng.uniform(0.3, 1),
            s.rng.uniform(0, 180), 4)


@drawing
def pet_mip(*, rng: np.random.Generator, language: str, tracer: str = "FDG", label: str = "",
    foci: Sequence[dict[str, Any]] = (), texts: Sequence[list[Any]] = ()) -> Picture:
    """Maximum intensity projection of PET from the front; `foci` have at, size (units of 2 mm), uptake 0..1.

    `texts` are x, y, text.
    """
    s = Scan(400, 830, rng, 400)
    s.body(0.09)
    _organs(s, tracer)
    _foci(s, foci)
    return side_by_side([s.film(400, language, label=label or f"{tracer} PET, MIP", texts=texts)], language)


@drawing
def nuclear_iodine_whole_body(*, rng: np.random.Generator, language: str, tracer: str,
    foci: Sequence[dict[str, Any]] = ()) -> Picture:
    """Anterior whole-body iodine scan: salivary glands, stomach and bladder faint, and `foci`."""
    s = Scan(400, 830, rng, 400)
    s.body(0.07, 0.8)
    _organs(s, tracer)
    for side in (-1, 1):
        s.spot(side * 20, -342, 6, 7, 0.28, blur=2.5)
        s.spot(side * 9, -332, 5, 4, 0.22, blur=2.5)
    s.add(s.blob([(16, -176), (34, -178), (42, -160), (30, -148), (12, -154)]), 0.26, 3.5)
    _foci(s, foci)
    return side_by_side([s.film(60, language, label=f"{tracer}, anterior", smooth=1.6)], language)


@drawing
def nuclear_thyroid_scan(*, rng: np.random.Generator, language: str, tracer: str, uptake_24h_percent: float,
    reference_percent: str) -> Picture:
    """Anterior pinhole view of the neck with a scarcely visible thyroid.

    Dashes mark where it lies, a marker the sternal notch.
    """
    s = Scan(150, 150, rng, 480)
    s.grey += 0.075
    s.add(s.blob([(-28, -80), (28, -80), (30, -20), (70, 30), (80, 80), (-80, 80), (-70, 30), (-30, -20)]), 0.05, 5)
    k = min(uptake_24h_percent / 20, 1)
    for side in (-1, 1):
        s.spot(side * 11, -2, 6.5, 15, 0.025 + k, side * 12, 4)
        s.spot(side * 36, -62, 9, 8, 0.3, blur=5)
        s.spot(side * 17, -54, 7, 5, 0.22, blur=4)
    s.spot(0, 44, 1.8, 1.8, 1.0, blur=0.8)
    texts = [[24, 44, "sternal notch"], [0, 62, f"24 h uptake {uptake_24h_percent:g}% (ref. {reference_percent}%)"]]
    return side_by_side([s.film(70, language, label=f"{tracer}, neck, anterior, pinhole", texts=texts, scale_mm=20,
        smooth=1.0)], language)


def _skeleton(s: Scan, posterior: bool) -> None:
    """Bone uptake; from behind the spine and sacrum are stronger, from the front sternum and face."""
    back = 1.35 if posterior else 0.75
    s.add(s.ellipse(0, -366, 30, 30), 0.14, 3)
    s.add(s.ellipse(0, -346, 18, 15), 0.12 if not posterior else 0.04, 4)
    for i in range(24):
        s.add(s.ellipse(0, -318 + 10.6 * i, 6 + 0.12 * i, 4.2), 0.24 * back, 1.5)
    for side in (-1, 1):
        for i in range(10):
            y = -286 + 15 * i
            w = 30 + 3.4 * i if i < 7 else 54 - 3 * (i - 7)
            s.add(s.tube([(side * 6, y), (side * w * 0.7, y - 2), (side * w, y + 14)], 4),
                0.13 * (1.1 if posterior else 0.9), 1.5)
            if not posterior and i < 6:
                s.add(s.tube([(side * w, y + 14), (side * w * 0.7, y + 26), (side * 8, y + 22)], 3.6), 0.1, 1.6)
        s.add(s.tube([(side * 6, -296), (side * 30, -300), (side * 62, -292)], 5), 0.2 if not posterior else 0.12, 1.6)
        s.add(s.ellipse(side * 70, -282, 9, 9), 0.3, 2.5)
        if posterior:
            s.add(s.blob([(side * 36, -284), (side * 60, -278), (side * 46, -232)]), 0.18, 2.5)
        s.add(s.tube([(side * 78, -270), (side * 88, -200), (side * 92, -170)], 8), 0.12, 2)
        s.add(s.ellipse(side * 93, -166, 7, 6), 0.24, 2)
        s.add(s.tube([(side * 95, -160), (side * 108, -80)], 8), 0.1, 2)
        s.add(s.ellipse(side * 116, -50, 8, 18, side * -8), 0.12, 3)
        s.add(s.blob([(side * 8, -50), (side * 26, -66), (side * 50, -58), (side * 54, -34), (side * 36, -16),
            (side * 14, -26)]), 0.2 * back**0.5, 2.5)
        s.add(s.tube([(side * 12, -50), (side * 16, -24)], 7), 0.34 * back**0.7, 2)
        s.add(s.tube([(side * 34, -12), (side * 18, 12), (side * 6, 2)], 6), 0.18, 2)
        s.add(s.ellipse(side * 48, -4, 9, 9), 0.22, 2)
        s.add(s.tube([(side * 50, -2), (side * 50, 60), (side * 42, 170)], [11, 9, 10]), 0.14, 2)
        s.add(s.ellipse(side * 42, 190, 12, 13), 0.24, 3)
        s.add(s.tube([(side * 41, 204), (side * 42, 280), (side * 42, 360)], [11, 8, 8]), 0.13, 2)
        s.add(s.ellipse(side * 42, 372, 9, 8), 0.22, 2.5)
        s.add(s.ellipse(side * 46, 390, 11, 5), 0.16, 2.5)
        s.add(s.ellipse(side * 22, -122, 8, 14), 0.1 if posterior else 0.04, 3)
    if not posterior:
        s.add(s.tube([(0, -286), (0, -222)], 8), 0.24, 2)
    s.add(s.blob([(-16, -54), (16, -54), (0, -12)]), 0.22 * back, 3)
    s.spot(0, 4, 11, 8, 0.5 if not posterior else 0.25, blur=2.5)


@drawing
def nuclear_bone_scan(*, rng: np.random.Generator, language: str, foci: Sequence[dict[str, Any]] = ()) -> Picture:
    """Whole-body bone scan from front and back.

    A focus is at x (negative is the patient's right), y, and may be on `both` sides.
    """
    panels = []
    words = {"en": ("Anterior", "Posterior"), "zh": ("前位", "后位")}[language]
    for posterior in (False, True):
        s = Scan(280, 830, rng, 280)
        s.body(0.05, 0.9)
        _skeleton(s, posterior)
        for focus in foci:
            x, y = focus["at"]
            for side in (1, -1) if focus.get("both") else (1,):
                _foci(s, [{**{k: v for k, v in focus.items() if k != "both"},
                    "at": ((-x if posterior else x) * side, y)}])
        panels.append(s.film(110, language, label=words[posterior], sides=("L", "R") if posterior else ("R", "L")))
    return side_by_side(panels, language)


def _coloured(grey: Array, plane: Plane, palette: str) -> Image.Image:
    small = Image.fromarray(np.clip(grey, 0, 1).astype(np.float32)).resize((plane.size[0] // OVER,
        plane.size[1] // OVER), Image.Resampling.BOX)
    return Image.fromarray((colormaps[palette](np.asarray(small))[..., :3] * 255).astype(np.uint8))


@drawing
def dat_scan(*, rng: np.random.Generator, language: str, caudate: dict[str, float], putamen: dict[str, float],
    reference: str) -> Picture:
    """Dopamine-transporter SPECT at the level of the striatum, with the table of specific binding ratios."""
    s = Scan(180, 210, rng, 400)
    s.add(s.ellipse(0, 0, 66, 84), 0.22, 4)
    s.add(s.ellipse(0, 0, 72, 90) - s.ellipse(0, 0, 66, 84), 0.06, 3)
    for side, name in ((-1, "R"), (1, "L")):
        head = s.ellipse(side * 14, -24, 7.5, 9, side * 20)
        tail = s.tube([(side * 19, -20), (side * 25, -8), (side * 29, 8)], [12, 11, 7])
        s.add(np.clip(head - 0 * tail, 0, 1), caudate[name] / 3.9, 2.6)
        s.add(np.clip(tail - head, 0, 1), putamen[name] / 3.6, 2.6)
    image = _coloured(s.counted(500, 1.6), s, "hot")
    sheet = Image.new("RGB", (640, image.height), "black")
    sheet.paste(image, (0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.text((10, 8), "DaT SPECT, axial", fill="white", font=font(16, language))
    for x, word in ((10, "R"), (376, "L")):
        pen.text((x, 222), word, fill="white", font=font(22, language))
    pen.text((408, 90), "Specific binding ratio", fill="white", font=font(16, language))
    for i, (name, right, left) in enumerate((("", "R", "L"), ("Caudate", caudate["R"], caudate["L"]),
        ("Putamen", putamen["R"], putamen["L"]))):
        for x, word in ((408, name), (520, right), (580, left)):
            pen.text((x, 126 + 28 * i), f"{word}", fill="white", font=font(16, language))
    pen.text((408, 226), f"age-matched range {reference}", fill=(190, 190, 190), font=font(14, language))
    bar = Image.fromarray((colormaps["hot"](np.linspace(0, 1, 200))[None, :, :3] * 255).astype(np.uint8).repeat(12,
        axis=0))
    sheet.paste(bar, (408, 290))
    pen.text((408, 306), "low", fill="white", font=font(13, language))
    pen.text((608, 306), "high", fill="white", font=font(13, language), anchor="ra")
    return side_by_side([sheet], language)


@drawing
def nuclear_cardiac_pyrophosphate(*, rng: np.random.Generator, language: str, h_cl: float, hours: int) -> Picture:
    """Planar chest with regions over heart and mirrored chest, and an axial SPECT slice of the ventricles."""
    s = Scan(150, 170, rng, 340)
    s.grey += 0.08
    s.add(s.blob([(-70, -62), (-20, -78), (20, -78), (70, -62), (66, 85), (-66, 85)]), 0.1, 5)
    for side in (-1, 1):
        for i in range(8):
            y = -56 + 17 * i
            s.add(s.tube([(side * 6, y), (side * 42, y + 2), (side * 60, y + 20)], 5), 0.09, 2)
        s.add(s.tube([(side * 6, -66), (side * 40, -70), (side * 66, -66)], 6), 0.12, 2)
        s.add(s.ellipse(side * 68, -58, 9, 10), 0.16, 3)
    s.add(s.tube([(0, -64), (0, 20)], 11), 0.05, 2)
    s.add(s.tube([(0, -70), (0, 80)], 14), 0.03, 2)
    heart = s.blob([(-16, 2), (-8, -16), (12, -20), (34, -8), (48, 16), (46, 32), (28, 34), (2, 28), (-14, 18)])
    inner, mirror = s.ellipse(22, 10, 19, 19) > 0.5, s.ellipse(-42, 10, 19, 19) > 0.5
    soft = s.soft(heart, 3)
    s.grey += soft * (h_cl - 1) * s.grey[mirror].mean() / soft[inner].mean()
    s.grey *= h_cl * s.grey[mirror].mean() / s.grey[inner].mean() * soft + 1 - soft
    s.grey *= 0.9 / s.grey[inner].mean()
    planar = s.film(160, language, label=f"Planar, anterior, {hours} h")
    pen, k = ImageDraw.Draw(planar), 340 / 150
    for x, word in ((22, "H"), (-42, "CL")):
        cx, cy, r = x * k + 170, 10 * k + 170 * k / 2, 19 * k
        pen.ellipse([cx - r, cy - r, cx + r, cy + r], outline=(200, 0, 0), width=2)
        pen.text((cx, cy + r + 12), word, fill=(200, 0, 0), font=font(15, language), anchor="mm", stroke_width=2,
            stroke_fill="white")
    pen.text((170, planar.height - 22), f"H/CL {h_cl:g}", fill=(20, 20, 20), font=font(18, language), anchor="mm",
        stroke_width=2, stroke_fill="white")
    t = Scan(190, 190, rng, 386)
    t.add(t.ellipse(0, 0, 88, 66), 0.06, 4)
    t.add(t.ellipse(0, 0, 86, 64) - t.ellipse(0, 0, 78, 56), 0.08, 3)
    t.add(t.ellipse(0, 48, 10, 9), 0.2, 4)
    t.add(t.ellipse(0, -56, 10, 5), 0.16, 3)
    t.add(t.tube([(2, 14), (6, -14), (28, -32), (48, -22), (50, 2), (34, 22)], [13, 13, 12, 13, 13, 11]), 0.95, 2.5)
    t.add(t.tube([(4, -20), (-14, -34), (-26, -22), (-24, 0)], [5, 5.5, 5.5, 4]), 0.55, 2.2)
    spect = _coloured(t.counted(300, 1.6), t, "hot")
    pen = ImageDraw.Draw(spect)
    pen.text((10, 8), "SPECT, axial", fill="white", font=font(16, language))
    for x, word, anchor in ((10, "R", "lm"), (376, "L", "rm")):
        pen.text((x, 193), word, fill="white", font=font(22, language), anchor=anchor)
    return side_by_side([planar, spect], language)
