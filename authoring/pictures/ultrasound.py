"""Ultrasound of organs: echo strength on a plane, seen through a sector with speckle; colour Doppler on top."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import Array, Plane, finished, noise, side_by_side

ECHO = {
    "air": 0.0, "fluid": 0.02, "fat": 0.5, "muscle": 0.24, "liver": 0.42, "spleen": 0.44, "kidney": 0.34,
    "sinus": 0.8, "wall": 0.78, "capsule": 0.9, "thyroid": 0.56,
    "uterus": 0.36, "lining": 0.9, "gas": 0.95, "bowel": 0.45, "myocardium": 0.45, "endocardium": 0.7, "valve": 0.85,
    "shadow": 0.03,
}
RED, BLUE = (225, 40, 25), (40, 90, 235)
TYPE = {
    "en": {"spleen": "Left flank, longitudinal", "liver": "Right upper quadrant", "thyroid": "Neck, transverse",
    "pelvis": "Pelvis, transverse", "kidney": "Left kidney, longitudinal",
    "small_uterus": "Transabdominal, uterus, sagittal", "gonad": "Transabdominal, right adnexa"},
    "zh": {"spleen": "左上腹切面", "lower": "下腹部切面", "uterus": "经阴道超声  子宫矢状切面",
    "small_uterus": "经腹超声  子宫矢状切面", "gonad": "经腹超声  右侧附件区"},
}


class Scene(Plane):
    """A plane under a probe at the middle of its upper edge."""

    def __init__(self, width: float, height: float, rng: np.random.Generator, pixels: int,
        ground: str = "muscle") -> None:
        super().__init__(width, height, rng, ECHO, pixels, ground)
        self.top, self.height = -height / 2, height
        self.tints: list[tuple[Array, tuple[int, int, int]]] = []

    def line(self, points: Sequence[Sequence[float]], width: float, tissue: str | float = "wall",
        closed: bool = False) -> None:
        """A bright interface."""
        self.paint(self.tube([*points, points[0]] if closed else points, width), tissue, 0.35)

    def outline(self, mask: Array, tissue: str | float, width: float = 1.0) -> None:
        """A bright capsule round a mask."""
        self.paint(np.clip(self.grown(mask, width) - mask, 0, 1), tissue, 0.3)

    def colour(self, mask: Array, rgb: tuple[int, int, int]) -> None:
        """Colour-coded flow."""
        self.tints.append((self.soft(mask, 0.25), rgb))

    def shadow(self, x: float, y: float, width: float) -> None:
        """Darkness beneath something that lets nothing through."""
        self.grey *= 1 - 0.85 * self.soft(((np.abs(self.x - x) < width / 2) & (self.y > y)).astype(float), 1.0)

    def seen(self, radius: float, half_angle: float, **rest: Any) -> Image.Image:
        """The sector picture of a probe of curvature `radius` opening by `half_angle` degrees each way."""
        dx, dy = self.x, self.y - self.top - 4 + radius
        r, a = np.hypot(dx, dy), np.rad2deg(np.arctan2(dx, dy))
        far = radius + self.height - 8
        sector = (np.abs(a) < half_angle) & (r > radius) & (r < far)
        raw = noise((420, 260), (1.3, 1.6), self.rng), noise((420, 260), (1.3, 1.6), self.rng)
        polar = np.log(np.hypot(*raw) + 0.15)
        at = [(r - radius) / (far - radius) * 419, (a / half_angle + 1) / 2 * 259]
        speckle = ndimage.map_coordinates(polar, at, order=1, mode="nearest")
        speckle = (speckle - polar.mean()) / polar.std()
        gain = 1.05 - 0.22 * np.clip((r - radius) / self.height, 0, 1)
        shown = (self.grey + 0.14 * np.sqrt(np.clip(self.grey, 0, 0.5)) * speckle) * gain + 0.008
        tints = [(mask * sector, rgb) for mask, rgb in self.tints]
        return finished(self, np.where(sector, shown, 0), tints=tints, blur=0.5, grain=0.0,
            sides=rest.pop("sides", None), **rest)


def _picture(scene: Scene, language: str, label: str, radius: float = 45, half_angle: float = 34,
    **rest: Any) -> Picture:
    return side_by_side([scene.seen(radius, half_angle, language=language, label=label, **rest)], language)


def _abdominal_wall(s: Scene, thick: float = 12) -> None:
    y = s.top
    s.paint((s.y < y + thick + 4).astype(float), "fat", 0.5)
    s.paint(((s.y > y + thick - 2) & (s.y < y + thick + 4)).astype(float), "muscle", 0.5)
    s.line([(-s.size[0], y + thick + 5), (0, y + thick + 4), (s.size[0], y + thick + 5)], 1.2, 0.8)


@drawing
def ultrasound_spleen(*, rng: np.random.Generator, language: str, length_cm: float = 11,
    thick_cm: float | None = None, fluid: bool = False) -> Picture:
    """Left flank: a spleen of that length, with callipers; with `fluid`, a dark rim round it.

    Without, the kidney lies below it.
    """
    return side_by_side([_spleen(rng, language, length_cm, thick_cm, fluid)], language)


def _spleen(rng: np.random.Generator, language: str, length_cm: float, thick_cm: float | None, fluid: bool,
    pixels: int = 520) -> Image.Image:
    long = length_cm * 10
    s = Scene(long * 1.32, long * 0.98, rng, pixels)
    k, flat = long / 240, (thick_cm * 10 / 240 / (long / 240) / 0.42 if thick_cm else 1.0)
    outline = [(x * k, y * k * flat) for x, y in [(-120, 8), (-96, -42), (-30, -62), (50, -56), (104, -26), (120, 10),
        (88, 32), (20, 36), (-50, 44), (-100, 36)]]
    body = s.blob(outline)
    if not fluid:
        kidney = s.blob([(x * k, y * k) for x, y in [(-58, 62), (-30, 50), (20, 46), (48, 60), (40, 80), (0, 88),
            (-44, 82)]])
        s.paint(kidney, "kidney", 0.6)
        s.outline(kidney, 0.7)
        s.paint(s.ellipse(-4 * k, 68 * k, 28 * k, 7 * k, 0, 0.15), "sinus", 1.5)
    else:
        s.paint(s.grown(body, 11), "fluid", 0.8)
        s.outline(s.grown(body, 11), 0.7)
    s.paint(body, "spleen", 0.4)
    s.outline(body, 0.75, 0.9)
    s.paint(s.tube([(0, 36 * k * flat), (6, 22 * k * flat), (20, 10 * k * flat)], [4, 3, 1.5]), "fluid", 0.4)
    s.line([(-125 * k, -20 * k), (-80 * k, -70 * k * flat), (-10 * k, -84 * k * flat)], 1.6,
        "capsule") if not fluid else None
    callipers: list[list[Any]] = [[-120 * k, 8 * k * flat, 120 * k, 10 * k * flat, f"{length_cm:.1f} cm"]]
    if thick_cm:
        callipers.append([-25 * k, -62 * k * flat, -25 * k, 40 * k * flat, f"{thick_cm:.1f} cm", -12, 18])
    label = TYPE[language]["spleen"]
    return s.seen(long * 0.35, 48, language=language, label=label, callipers=callipers, scale_mm=50)


@drawing
def ultrasound_abdomen(*, rng: np.random.Generator, language: str, length_cm: float, thick_cm: float,
    depth_cm: float) -> Picture:
    """Two sectors: a spleen with fluid round it, and bowel floating in free fluid of that depth."""
    left = _spleen(rng, language, length_cm, thick_cm, fluid=True, pixels=390)
    deep = depth_cm * 10
    s = Scene(170, 126, rng, 390)
    _abdominal_wall(s)
    pool = s.blob([(-76, -40), (-30, -44), (40, -44), (78, -36), (84, 10), (60, -44 + deep), (0, -42 + deep + 4),
        (-62, -44 + deep), (-84, 8)])
    s.paint(pool, "fluid", 0.8)
    for x, y, r in ((-34, 6, 13), (-8, 12, 14), (20, 8, 13), (44, -2, 12), (-52, -10, 10), (6, -12, 10)):
        loop = s.ellipse(x, y, r, r * 0.8, rng.uniform(0, 90), 0.08)
        s.paint(loop, "bowel", 0.5)
        s.paint(s.grown(loop, -3.5), 0.7, 1.5)
    s.line([(-34, 14), (-20, 30), (0, 38), (16, 30), (20, 16)], 4, 0.5)
    right = s.seen(45, 46, language=language, label=TYPE[language]["lower"],
        callipers=[[62, -42, 62, -42 + deep, f"{depth_cm:.1f} cm", -14, 8]], scale_mm=50)
    return side_by_side([left, right], language)


@drawing
def ultrasound_liver(*, rng: np.random.Generator, language: str, portal_mm: float = 11,
    span_cm: float | None = None) -> Picture:
    """Right upper quadrant: even liver, portal vein with callipers and thin walls, gall bladder."""
    s = Scene(230, 185, rng, 520)
    _abdominal_wall(s)
    body = s.blob([(-112, -62), (-40, -74), (40, -72), (86, -58), (84, -40), (52, 6), (10, 44), (-40, 66), (-88, 62),
        (-108, 20)])
    s.paint(body, "liver", 0.5)
    s.outline(body, 0.8, 1.0)
    s.line([(-112, 10), (-98, 52), (-64, 76), (-20, 82)], 2.5, "capsule")
    main = [(48, 22), (10, 2), (-22, -10)]
    for points, width, wall in ((main, portal_mm, 1.6), ([(-20, -10), (-46, -8), (-74, 8)], [portal_mm * 0.8, 6, 2.5],
        0.9), ([(-22, -12), (-40, -30), (-62, -42)], [portal_mm * 0.7, 5, 2], 0.9)):
        lumen = s.tube(points, width)
        s.outline(lumen, 0.66, wall)
        s.paint(lumen, "fluid", 0.5)
    s.paint(s.tube(main, portal_mm), "fluid", 0.5)
    for points in ([(-94, -30), (-72, -24), (-50, -8)], [(-20, -58), (-26, -36), (-18, -30)], [(30, -60), (16, -38)],
        [(-70, 44), (-52, 34), (-44, 18)]):
        s.paint(s.tube(points, [2, 3.5, 4][: len(points)]), "fluid", 0.5)
    bladder = s.blob([(-4, 34), (14, 30), (44, 44), (66, 62), (60, 74), (34, 70), (8, 50)])
    s.outline(bladder, 0.85, 1.6)
    s.paint(bladder, "fluid", 0.4)
    s.grey += 0.16 * s.soft(((s.x > 14) & (s.x < 60) & (s.y > 74)).astype(float), 3)
    a, n = np.array([14, 4]), np.array([0.42, -0.91]) * portal_mm / 2
    callipers: list[list[Any]] = [[*(a - n), *(a + n), f"PV {portal_mm:g} mm", 30, -12]]
    texts = [[-62, 84, f"liver span {span_cm:g} cm"]] if span_cm else []
    return _picture(s, language, TYPE[language]["liver"], 70, 42, callipers=callipers, texts=texts)


@drawing
def ultrasound_thyroid(*, rng: np.random.Generator, language: str, volume_ml: float, dots: int = 4) -> Picture:
    """Transverse neck with colour Doppler.

    Both lobes and isthmus over the trachea, `dots` of flow in the gland, coloured carotids.
    """
    s = Scene(86, 58, rng, 520)
    s.paint((s.y < s.top + 8).astype(float), "fat", 0.5)
    for side in (-1, 1):
        s.paint(s.blob([(side * 4, -21), (side * 24, -21), (side * 40, -12), (side * 38, -6), (side * 20, -13),
            (side * 4, -14)]), 0.24, 0.5)
        s.line([(side * 2, -21), (side * 24, -21.5), (side * 41, -14)], 0.5, 0.7)
    s.paint(s.ellipse(0, 7, 10, 10), 0.1, 0.3)
    gland = s.blob([(0, -9), (-9, -10), (-15, -8), (-20, 0), (-18, 9), (-13, 10), (-11, 2), (-6, -4), (0, -5.5),
        (6, -4), (11, 2), (13, 10), (18, 9), (20, 0), (15, -8), (9, -10)])
    s.outline(gland, 0.75, 0.6)
    s.paint(gland, "thyroid", 0.3)
    s.line([(-9, 4), (-6, -1), (0, -3.4), (6, -1), (9, 4)], 1.4, "gas")
    for k in range(4):
        s.line([(-5, 3 + 4 * k), (0, 1.5 + 4 * k), (5, 3 + 4 * k)], 0.6, 0.4 - 0.09 * k)
    s.grey *= 1 - 0.6 * s.soft(((np.abs(s.x) < 8.5) & (s.y > 2)).astype(float), 0.6)
    for side, rgb in ((-1, RED), (1, RED)):
        s.paint(s.ellipse(side * 26.5, 6, 4.2, 4.2), "fluid", 0.2)
        s.outline(s.ellipse(side * 26.5, 6, 4.2, 4.2), 0.75, 0.6)
        s.colour(s.ellipse(side * 26.5, 6, 3.8, 3.8), rgb)
        s.paint(s.ellipse(side * 34, 0, 5.5, 3.4, side * 30), "fluid", 0.3)
        s.colour(s.ellipse(side * 34, 0, 5, 2.9, side * 30), BLUE)
    for x, y, rgb in [(-15.5, -3, RED), (15, 4, BLUE), (13, -5, RED), (-16, 6, BLUE)][:dots]:
        s.colour(s.ellipse(x, y, 0.7, 0.45, 30), rgb)
    return _picture(s, language, f"{TYPE[language]['thyroid']}, colour Doppler", 400, 7.2, scale_mm=10,
        sides=("R", "L"), texts=[[0, 23, f"Volume {volume_ml:g} mL"]])


@drawing
def ultrasound_pelvis(*, rng: np.random.Generator, language: str, lining_mm: float, mass_cm: list[float],
    solid_cm: float) -> Picture:
    """Uterus with an empty cavity, and beside it an adnexal mass of cysts with a vascular solid part."""
    s = Scene(190, 140, rng, 520)
    w, h = mass_cm[0] * 10, mass_cm[1] * 10
    cx, cy = -36, 4
    uterus = s.blob([(18, -6), (34, -26), (62, -28), (80, -10), (76, 14), (62, 34), (56, 52), (44, 52), (40, 30),
        (24, 14)])
    s.paint(uterus, "uterus", 0.5)
    s.outline(uterus, 0.65, 0.9)
    s.line([(50, 44), (50, 14), (50, -12)], lining_mm, "lining")
    s.paint(s.blob([(-10, 46), (20, 50), (36, 60), (10, 64), (-20, 56)]), "fluid", 0.5)
    mass = s.ellipse(cx, cy, w / 2, h / 2)
    s.paint(mass, 0.55, 0.3)
    s.outline(mass, 0.85, 1.2)
    for x, y, rx, ry, a, echo in ((-0.25, -0.12, 0.21, 0.3, 10, 0.02), (0.24, -0.24, 0.19, 0.2, 0, 0.2),
        (-0.2, 0.3, 0.2, 0.14, 8, 0.3), (0.03, -0.36, 0.14, 0.1, 0, 0.08)):
        s.paint(s.ellipse(cx + x * w, cy + y * h, rx * w, ry * h, a, 0.05) * s.grown(mass, -1.5), echo, 0.5)
    sx, sy, r = cx + 0.22 * w, cy + 0.18 * h, solid_cm * 5
    solid = s.ellipse(sx, sy, r, r)
    s.paint(s.grown(solid, 1) * mass, 0.75, 0.3)
    s.paint(solid * mass, 0.48, 0.4)
    for i in range(26):
        a, d = rng.uniform(0, 6.28), r * 0.85 * rng.uniform(0, 1) ** 0.5
        x, y, turn = sx + d * np.cos(a), sy + d * np.sin(a), rng.uniform(0, 180)
        s.colour(s.ellipse(x, y, rng.uniform(1.5, 3.4), rng.uniform(0.8, 1.5), turn, 0.1) * solid,
            RED if i % 3 else BLUE)
    callipers = [
        [cx - w / 2, cy, cx + w / 2, cy, f"{mass_cm[0]:g} cm", -12, -5],
        [cx, cy - h / 2, cx, cy + h / 2, f"{mass_cm[1]:g} cm", 0, -h / 2 - 6],
        [50 - lining_mm / 2, 4, 50 + lining_mm / 2, 4, f"EN {lining_mm:g} mm", 24, -2],
    ]
    return _picture(s, language, f"{TYPE[language]['pelvis']}, colour Doppler", 50, 47, callipers=callipers,
        texts=[[cx - 12, cy + h / 2 + 11, "right adnexa"], [72, 40, "uterus"]])


@drawing
def ultrasound_doppler(*, rng: np.random.Generator, language: str, length_cm: float, defect_cm: float = 0.0) -> Picture:
    """Longitudinal left kidney with colour Doppler; a wedge of the upper pole (base in cm) may be without flow."""
    s = Scene(170, 120, rng, 520)
    _abdominal_wall(s)
    a, b = length_cm * 5, 27
    kidney = s.ellipse(0, 6, a, b)
    s.paint(s.grown(kidney, 5), 0.5, 1.5)
    s.paint(kidney, "kidney", 0.5)
    s.outline(kidney, 0.78, 0.9)
    s.paint(s.ellipse(2, 9, a * 0.5, b * 0.36, 0, 0.12), "sinus", 2.0)
    for t in np.linspace(0, 2 * np.pi, 11)[:-1]:
        s.paint(s.ellipse(a * 0.67 * np.cos(t), 6 + b * 0.62 * np.sin(t), 5.5, 4, np.rad2deg(t)), 0.22, 1.0)
    flow_red, flow_blue = np.zeros_like(s.grey), np.zeros_like(s.grey)
    for i, t in enumerate(np.linspace(0, 2 * np.pi, 27)[:-1]):
        start, tip = np.array([a * 0.34 * np.cos(t), 8 + b * 0.26 * np.sin(t)]), np.array([a * 0.93 * np.cos(t),
            6 + b * 0.9 * np.sin(t)])
        target = flow_blue if i % 3 == 2 else flow_red
        mid = (start + tip) / 2 + rng.normal(0, 1, 2)
        np.maximum(target, s.tube([start, mid, tip], [3.2, 2.2, 1.2]), out=target)
        side = np.array([-(tip - mid)[1], (tip - mid)[0]]) * rng.choice([-0.45, 0.45])
        np.maximum(target, s.tube([mid, mid + (tip - mid) * 0.75 + side], [1.8, 0.9]), out=target)
    np.maximum(flow_red, s.tube([(4, 26), (2, 16), (-14, 9), (-24, 8)], [4.5, 4, 3.4, 2.5]), out=flow_red)
    np.maximum(flow_blue, s.tube([(9, 28), (8, 17), (22, 9)], [5, 4, 3]), out=flow_blue)
    keep = kidney + (s.y > 24) * (np.abs(s.x) < 16)
    callipers: list[list[Any]] = [[-a, 6, a, 6, f"{length_cm:g} cm", 12, 44]]
    if defect_cm:
        half = defect_cm * 5
        centre = np.deg2rad(205)
        c = np.array([a * np.cos(centre), 6 + b * np.sin(centre)])
        along = np.array([0.55, -0.83])
        p1, p2 = c - along * half, c + along * half
        outward = np.array([-0.83, -0.55])
        wedge = s.polygon([p1 + outward * 9, p2 + outward * 9, p2, (-a * 0.42, 5), p1])
        keep = np.clip(keep, 0, 1) * (1 - wedge)
        s.paint(wedge * kidney, 0.27, 1.0)
        callipers.append([*p1, *p2, f"{defect_cm:g} cm", -15, -4])
    s.colour(flow_red * np.clip(keep, 0, 1), RED)
    s.colour(flow_blue * np.clip(keep, 0, 1), BLUE)
    words = [[-a - 8, 34, "upper pole"], [a + 6, 34, "lower pole"]]
    return _picture(s, language, f"{TYPE[language]['kidney']}, colour Doppler", 45, 50, callipers=callipers,
        texts=words)


@drawing
def ultrasound_uterus(*, rng: np.random.Generator, language: str, mass_cm: list[float], cysts: int = 0, dots: int = 0,
    bulge: bool = False, text: str = "") -> Picture:
    """Transvaginal sagittal uterus with a mass in the posterior wall of the fundus."""
    s = Scene(124, 96, rng, 520)
    w, h = mass_cm[0] * 10, mass_cm[1] * 10
    uterus = s.blob([(48, 22), (40, 8), (18, -14), (-10, -30), (-38, -30), (-52, -10), (-50, 14), (-30, 30), (0, 34),
        (30, 38), (46, 34)])
    s.paint(np.ones_like(s.grey), 0.27)
    s.paint(uterus, "uterus", 0.5)
    s.outline(uterus, 0.7, 0.8)
    line = [(44, 28), (20, 10), (0, -6), (-20, -14), (-34, -14)] if not bulge else [(44, 28), (22, 7), (2, -13),
        (-18, -18.5), (-34, -12)]
    s.line(line, 3.2, "lining")
    cx, cy = (-24, 10) if not bulge else (-18, 0.5)
    mass = s.ellipse(cx, cy, w / 2, h / 2, 0, 0.04)
    s.paint(mass, 0.66, 0.5)
    s.grey += mass * 0.06 * s.grain(1.6)
    if bulge:
        s.outline(mass, 0.3, 0.8)
    for x, y, r in [(-0.22, -0.15, 2.6), (0.2, 0.2, 2.0), (0.05, -0.28, 1.7), (-0.12, 0.26, 2.2),
        (0.28, -0.1, 1.6)][:cysts]:
        s.paint(s.ellipse(cx + x * w, cy + y * h, r, r * 0.85), "fluid", 0.25)
    for i, (x, y) in enumerate([(-0.3, 0.1), (0.12, 0.02), (0.3, 0.12), (-0.05, 0.1), (0.0, -0.12),
        (0.15, -0.3)][:dots]):
        s.colour(s.ellipse(cx + x * w, cy + y * h, 1.0, 0.65, 40 * i), RED if i % 2 == 0 else BLUE)
    callipers = [[cx - w / 2, cy, cx + w / 2, cy, f"{mass_cm[0]:.1f} cm", 0, h / 2 + 7],
        [cx, cy - h / 2, cx, cy + h / 2, f"{mass_cm[1]:.1f} cm", w / 2 + 10, 3]]
    texts = [[40, -34, text]] if text else []
    words = {"zh": [[-40, -38, "宫底"], [52, 14, "宫颈"], [-12, 42, "后壁"]],
        "en": [[-40, -38, "fundus"], [52, 14, "cervix"], [-12, 42, "posterior wall"]]}[language]
    return _picture(s, language, TYPE[language].get("uterus", "Uterus, sagittal"), 14, 66, callipers=callipers,
        scale_mm=20, texts=[*texts, *words])


@drawing
def ultrasound_streak(*, rng: np.random.Generator, language: str, uterus_cm: list[float],
    streak_cm: list[float]) -> Picture:
    """Two sectors through a full bladder: a small tubular uterus behind it, and a band without follicles beside it.

    Uterus and band are given as length and thickness in centimetres.
    """
    panels = []
    for part, (length, thick) in (("small_uterus", uterus_cm), ("gonad", streak_cm)):
        s = Scene(110, 92, rng, 420)
        w, h = length * 10, thick * 10
        _abdominal_wall(s, 8)
        bladder = s.blob([(-44, -14), (-20, -22), (20, -22), (40, -14), (34, 4), (4, 10), (-30, 6)])
        s.paint(bladder, "fluid", 0.6)
        s.outline(bladder, 0.75, 0.9)
        y = 20.0
        body = s.ellipse(0, y, w / 2, h / 2)
        if part == "small_uterus":  # body and cervix are of one length and one thickness
            body = np.clip(s.tube([(-w / 2 + h / 2, y), (w / 2 - h / 2, y)], h), 0, 1)
        s.paint(s.grown(body, 3), 0.5, 1.6)
        s.paint(body, "uterus" if part == "small_uterus" else 0.3, 0.35)
        s.outline(body, 0.72, 0.6)
        callipers = [[-w / 2, y, w / 2, y, f"{length:.1f} cm", 0, h / 2 + 7],
            [w / 4, y - h / 2, w / 4, y + h / 2, f"{thick:.1f} cm", w / 4 + 14, 1]]
        words = {"zh": [[-2, -8, "膀胱"]], "en": [[-2, -8, "bladder"]]}[language]
        panels.append(s.seen(45, 38, language=language, label=TYPE[language][part], callipers=callipers, scale_mm=20,
            texts=words))
    return side_by_side(panels, language)
