"""Radiographs of femur, children's wrist and legs, pelvis and lumbar spine."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import Array, Plane
from authoring.pictures.radiographs import EMPTY, _film, bone

WORDS = {
    "en": {"femur": "Left femur, AP", "wrist": "Left wrist and hand, PA", "legs": "Both legs, AP",
    "pelvis": "Pelvis, AP", "spine": "Lumbar spine, lateral", "front": "anterior"},
    "zh": {"pelvis": "骨盆正位", "spine": "腰椎侧位", "front": "前"},
}


@drawing
def xray_femur(
    *, rng: np.random.Generator, language: str, label: str = "", length_mm: float = 0, holes: int = 0,
    strength: float = 1.0, layers: int = 0, both_sides: bool = True,
    interrupted: bool = False, spur: bool = False, swelling_mm: float = 0,
) -> Picture:
    """Frontal left femur, lateral on the right of the picture.

    `holes` small lucencies over `length_mm` of the shaft, periosteal `layers`, a raised `spur`.
    """
    p = Plane(200, 460, rng, EMPTY, pixels=330)
    bulge = swelling_mm
    p.add(p.blob([(-96, -200), (-60, -236), (70, -236), (94, -160), (88 + bulge, 0), (66, 130), (60, 236), (-58, 236),
        (-60, 130), (-72 - bulge, 0), (-90, -110)]), 0.3, 4)
    p.add(p.tube([(36, -120), (40 + bulge * 0.8, -10), (28, 110)], [20, 50 + bulge, 20]), 0.09, 6)
    p.add(p.tube([(-30, -100), (-34 - bulge * 0.8, -10), (-26, 110)], [20, 50 + bulge, 20]), 0.08, 6)
    if bulge:
        mass = p.ellipse(0, -8, 46 + bulge, 74)
        p.add(mass, 0.1, 2.5)
    bone(p, p.blob([(-100, -236), (-60, -236), (-48, -214), (-46, -188), (-64, -172), (-100, -180)]), 0.16, 0.12)
    bone(p, p.tube([(-100, -160), (-74, -150), (-62, -130)], 15), 0.14, 0.1)
    bone(p, p.ellipse(-42, -192, 23, 23), 0.22, 0.12)
    bone(p, p.tube([(-36, -190), (-16, -174), (0, -160)], [30, 28, 36]), 0.18, 0.12)
    shaft = p.blob([(-16, -140), (-6, -180), (10, -194), (20, -184), (20, -150), (15, -100), (12.5, 0), (14, 90),
        (24, 136), (38, 160), (40, 182), (26, 194), (6, 182), (0, 184), (-8, 182), (-26, 194), (-40, 184), (-38, 160),
        (-22, 132), (-13, 90), (-12.5, 0), (-13, -90)])
    bone(p, shaft, 0.2, 0.22, 3.4)
    bone(p, p.ellipse(2, 150, 19, 21), 0.1, 0.1)
    bone(p, p.blob([(-40, 204), (-20, 200), (0, 203), (20, 200), (40, 204), (34, 222), (24, 240), (-24, 240),
        (-34, 222)]), 0.24, 0.14)
    bone(p, p.blob([(32, 216), (44, 218), (46, 240), (34, 240)]), 0.1, 0.1)
    centre = -8.0
    for _ in range(holes):
        y = centre + length_mm / 2 * np.clip(rng.normal(0, 0.5), -1, 1)
        x, r = rng.uniform(-13, 13), rng.uniform(0.9, 2.2)
        p.add(p.ellipse(x, y, r, r * rng.uniform(1, 1.8), 0, 0.1) * shaft, -0.17 * strength, 0.35)
    half = length_mm / 2 * 0.95
    for layer in range(layers):
        for side in (1, -1) if both_sides else (1,):
            y = np.linspace(centre - half + 4 * layer, centre + half - 4 * layer, 60)
            lift = (3.2 + 3.0 * layer) * np.clip(np.sin(np.pi * (y - y[0]) / (y[-1] - y[0])), 0, 1) ** 0.6
            x = side * (12.3 + lift)
            gap = 8.0 if interrupted else 0.0
            for part in (y < centre - gap, y > centre + gap) if interrupted else (np.ones_like(y, bool),):
                p.add(p.tube(np.stack([x[part], y[part]], axis=1), 1.3), 0.26, 0.3)
    if spur:
        for side in (1, -1):
            p.add(p.polygon([(side * 12, centre - half - 10), (side * 12, centre - half + 7),
                (side * 20, centre - half + 8)]), 0.34, 0.4)
    return _film(p, language, label or WORDS[language]["femur"], [], ("", "L"), top=0.8)


def _growing_end(p: Plane, x: float, y: float, shaft: float, end: float, way: int, frayed: bool, gap: float,
    epiphysis: tuple[float, float] | None, length: float = 18.0) -> None:
    """The growing end of a long bone towards `way` (1 is down).

    Splayed and cupped with brush-like edge, gap, epiphysis.
    """
    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + dx, y + way * dy

    side = [(shaft, -length), (shaft, -17), (shaft * 0.75 + end * 0.25, -13), (shaft * 0.35 + end * 0.65, -6), (end, 1)]
    cup = [(end * t, -4.5 * (1 - t * t) if frayed else -0.5) for t in (0.8, 0.5, 0.0, -0.5, -0.8)]
    flare = p.polygon([at(*point) for point in [*side, *cup, *((-u, v) for u, v in side[::-1])]])
    bone(p, flare, 0.17, 0.0 if frayed else 0.14, 0.9)
    if frayed:
        bristles = np.linspace(-0.96, 0.96, max(9, int(end * 1.3)))
        for t in bristles:
            edge = -4.5 * (1 - t * t)
            long = p.rng.uniform(2.5, 6.5)
            p.add(p.tube([at(end * t * 0.98, edge + 0.2), at(end * t, edge + long * 0.6)], [0.8, 0.5]), 0.12, 0.25)
            between = min(t + (bristles[1] - bristles[0]) / 2, bristles[-2])
            p.add(p.tube([at(end * between, edge - 3.5), at(end * between, edge - 0.4)], [0.4, 1.0]), -0.07, 0.25)
    if epiphysis:
        cx, cy = at(0, gap + epiphysis[1])
        bone(p, p.ellipse(cx, cy, *epiphysis, 0, 0.06), 0.16, 0.06, 0.9)


def _merged(p: Plane, *parts: Callable[[], None]) -> None:
    """Draw parts of one bone so that they do not add up where they overlap."""
    ground, whole = p.grey, np.zeros_like(p.grey)
    for part in parts:
        p.grey = np.zeros_like(ground)
        part()
        whole = np.maximum(whole, p.grey)
    p.grey = ground + whole


def _shaft(p: Plane, points: list[tuple[float, float]], widths: list[float]) -> None:
    bone(p, p.tube(points, widths, ends=False), 0.17, 0.11, 0.9)


@drawing
def xray_wrist_child(*, rng: np.random.Generator, language: str, frayed: bool = True,
    anatomy: int | None = None) -> Picture:
    """Left wrist and hand of a toddler: two carpal centres.

    With `frayed`, cupped, splayed and frayed metaphyses with wide gaps.
    """
    p = Plane(104, 130, rng if anatomy is None else np.random.default_rng(anatomy), EMPTY, pixels=470)
    fingers = {1: ((-19, 6), (-29, -10), (-35, -22), (-39, -31)), 2: ((-9.5, -4), (-14, -24), (-16.5, -38),
        (-18, -47), (-18.5, -54)), 3: ((-1, -5), (-1.5, -25), (-2, -40), (-2, -50), (-2, -56)),
               4: ((7, -3), (10, -22), (12, -36), (13, -46), (13.5, -53)),
               5: ((14, 1), (21, -15), (25, -26), (27, -33), (28, -39))}
    skin = p.blob([(-30, 6), (-20, -18), (0, -26), (20, -20), (24, 4), (21, 30), (23, 68), (-23, 68), (-22, 30)])
    for points in fingers.values():
        tip = np.array(points[-1]) * 1.06
        skin = np.maximum(skin, p.tube([*points, tip], [15, 13, 12, 11, 9, 8][-len(points) - 1 :]))
    p.add(skin, 0.22, 1.2)
    for number, points in fingers.items():
        for i in range(len(points) - 1):
            a, b = np.array(points[i], float), np.array(points[i + 1], float)
            way = (b - a) / np.linalg.norm(b - a)
            start, end = a + way * (1.6 if i == 0 else 3.2), b - way * 1.2
            w = (5.6, 5.0, 4.4, 3.4)[i + (number == 1 and i > 0)]
            bone(p, p.tube([start, (start * 2 + end) / 3, (start + 2 * end) / 3, end],
                [w * 1.2, w * 0.82, w * 0.82, w]), 0.17, 0.1, 0.7)
            if i and number != 1:
                bone(p, p.ellipse(*(a + way * 1.0), w * 0.42, w * 0.25, np.rad2deg(np.arctan2(way[1], way[0])) + 90),
                    0.12, 0.05, 0.5)
    for x, y, r in ((-4, 11, 3.6), (6, 10.5, 3.0)):
        bone(p, p.ellipse(x, y, r, r, 0, 0.05), 0.16, 0.07, 0.8)
    wide = 1.55 if frayed else 1.15
    _growing_end(p, -9, 33, 5, 6.8 * wide, -1, frayed, 7 if frayed else 2.5, (3.6, 1.6), length=34)
    _growing_end(p, 9, 36, 3.8, 4.9 * wide, -1, frayed, 0, None, length=34)
    p.grey = p.grey[:, ::-1].copy()  # seen from the back of the hand, a left thumb points right
    return _film(p, language, WORDS[language]["wrist"], [], ("", "L"), top=0.62, scale_mm=20)


@drawing
def xray_legs_child(*, rng: np.random.Generator, language: str, frayed: bool = True, bow_mm: float = 12) -> Picture:
    """Both legs of a toddler from hips to ankles.

    Femora and tibiae bow outwards by `bow_mm`, frayed metaphyses at the knees.
    """
    p = Plane(210, 360, rng, EMPTY, pixels=440)
    b = bow_mm
    for s in (-1, 1):
        p.add(p.tube([(s * 42, -180), (s * (48 + b), -90), (s * 40, -10), (s * (46 + b * 0.7), 70), (s * 34, 176)],
            [66, 60, 48, 42, 32]), 0.26, 3)
        bone(p, p.blob([(s * 12, -180), (s * 34, -180), (s * 30, -160), (s * 10, -146)]), 0.13, 0.08)
        bone(p, p.ellipse(s * 26, -156, 7, 7), 0.15, 0.08)
        bone(p, p.tube([(s * 36, -146), (s * 44, -138)], [13, 15]), 0.14, 0.1)
        femur = [(s * 46, -146), (s * (46 + b * 0.75), -112), (s * (46 + b), -84), (s * (44 + b * 0.6), -50),
            (s * 40.5, -29)]
        tibia = [(s * 38, 35), (s * (41 + b * 0.6), 60), (s * (42 + b * 0.8), 90), (s * (38 + b * 0.4), 130),
            (s * 33, 150)]
        fibula = [(s * 53, 36), (s * (54 + b * 0.6), 64), (s * (54 + b * 0.8), 92), (s * (49 + b * 0.3), 130),
            (s * 45, 152)]
        wide = 1.3 if frayed else 1.0
        _merged(
            p,
            partial(_shaft, p, femur, [16, 13, 12.5, 14, 19]),
            partial(_growing_end, p, s * 40, -14, 8.5, 17 * wide, 1, frayed, 7, (11, 6.5)),
            partial(_shaft, p, tibia, [18, 13, 11, 11, 13]),
            partial(_growing_end, p, s * 38, 19, 8.5, 15.5 * wide, -1, frayed, 6, (10, 5)),
            partial(_growing_end, p, s * 33, 160, 6, 9 * wide, 1, frayed, 4, (6, 2.5)),
        )
        _shaft(p, fibula, [6, 5, 5, 5, 6.5])
        bone(p, p.ellipse(s * 34, 176, 8, 6), 0.15, 0.08)
    return _film(p, language, WORDS[language]["legs"], [], ("R", "L"), top=0.7)


@drawing
def xray_pelvis(*, rng: np.random.Generator, language: str, density: float = 1.0,
    bands: Sequence[dict[str, Any]] = ()) -> Picture:
    """Pelvis, frontal. A band (at, length, angle) is a lucent line with dense edges; it is drawn on both sides."""
    p = Plane(370, 290, rng, EMPTY, pixels=620)
    p.add(p.blob([(-180, -150), (180, -150), (190, -20), (176, 150), (-176, 150), (-190, -20)]), 0.4, 5)
    d = density
    sacrum = p.blob([(-46, -84), (0, -94), (46, -84), (36, -40), (16, 0), (0, 18), (-16, 0), (-36, -40)])
    bone(p, sacrum, 0.16 * d, 0.1 * d)
    for i in range(2):
        bone(p, p.polygon([(-26, -146 + 32 * i), (26, -146 + 32 * i), (28, -120 + 32 * i), (-28, -120 + 32 * i)]),
            0.17 * d, 0.09 * d)
    for s in (-1, 1):
        for y in (-64, -42, -20):
            p.add(p.ellipse(s * 15, y, 4, 3), -0.06, 0.8)
        ilium = p.blob([(s * 42, -84), (s * 62, -110), (s * 100, -114), (s * 134, -84), (s * 138, -60),
            (s * 118, -20), (s * 112, 8), (s * 96, 24), (s * 78, 10), (s * 62, -14), (s * 46, -44)])
        bone(p, ilium, 0.16 * d, 0.13 * d, 2)
        p.add(p.tube([(s * 44, -80), (s * 42, -56), (s * 34, -36)], 2.6), -0.14, 0.5)
        bone(p, p.tube([(s * 84, 14), (s * 54, 28), (s * 28, 42), (s * 8, 48)], [26, 17, 16, 20]), 0.15 * d, 0.12 * d,
            1.8)
        bone(p, p.tube([(s * 8, 50), (s * 20, 70), (s * 36, 92), (s * 56, 96)], [16, 13, 15, 18]), 0.15 * d, 0.12 * d,
            1.8)
        bone(p, p.tube([(s * 56, 98), (s * 70, 74), (s * 82, 36)], [20, 20, 22]), 0.12 * d, 0.1 * d, 1.8)
        femur = p.blob([(s * 98, 34), (s * 111, 45), (s * 124, 60), (s * 132, 80), (s * 134, 110), (s * 134, 156),
            (s * 162, 156), (s * 164, 100), (s * 168, 66), (s * 168, 44), (s * 160, 26), (s * 149, 21), (s * 138, 25),
            (s * 126, 14), (s * 112, 2)])
        bone(p, np.maximum(femur, p.ellipse(s * 104, 18, 24, 24)), 0.2 * d, 0.17 * d, 2.4)
        p.add(p.tube([(s * 82, -4), (s * 102, -10), (s * 126, 0)], 3), 0.08 * d, 0.6)
        for band in bands:
            x, y = s * band["at"][0], band["at"][1]
            a = np.deg2rad(band.get("angle", 0))
            along = np.array([s * np.cos(a), np.sin(a)]) * band["length"] / 2
            across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
            middle = np.array([x, y])
            for offset in (-2.5, 2.5):
                p.add(p.tube([middle - along + across * offset, middle + along + across * offset], 1.3), 0.14, 0.35)
            p.add(p.tube([middle - along * 1.1, middle + along], 3.4, ends=False), -0.24, 0.35)
    return _film(p, language, WORDS[language]["pelvis"], [], ("R", "L"), top=0.9)


@drawing
def xray_spine(*, rng: np.random.Generator, language: str, density: float = 1.0, biconcave: float = 0.0) -> Picture:
    """Lateral lumbar spine L1-L5, front to the left; `biconcave` is how deep (mm) the end plates curve inwards."""
    p = Plane(190, 270, rng, EMPTY, pixels=430)
    p.add(p.blob([(-90, -140), (80, -140), (86, 0), (92, 140), (-96, 140), (-100, 0)]), 0.42, 6)
    p.add(p.tube([(-70, -140), (-80, 0), (-70, 140)], 50), -0.16, 14)
    d = density
    centres = [(0, -104), (-8, -64), (-12, -22), (-9, 21), (2, 64)]
    tilts = [8, 4, 0, -6, -16]
    c = biconcave
    for (x, y), tilt, name in zip(centres, tilts, ("L1", "L2", "L3", "L4", "L5"), strict=True):
        a = np.deg2rad(tilt)

        def at(points: list[tuple[float, float]], x: float = x, y: float = y, a: float = a) -> Array:
            return np.array([(x + u * np.cos(a) - v * np.sin(a), y + u * np.sin(a) + v * np.cos(a)) for u, v in points])

        w, h = 21.0, 15.0
        u = np.linspace(-1, 1, 15)
        dip = c * (1 - u**2)
        outline = [*zip(u * w, -h + dip, strict=True), (w - 1.5, 0), *zip(u[::-1] * w, h - dip[::-1], strict=True),
            (-w + 2, 0)]
        bone(p, p.polygon(at(outline)), 0.2 * d, 0.16 * d, 1.3)
        bone(p, p.polygon(at([(21, -10), (38, -9), (40, -1), (21, 2)])), 0.1 * d, 0.09 * d, 1.2)
        bone(p, p.tube(at([(36, -18), (42, -4), (40, 12), (35, 22)]), [8, 10, 9, 7]), 0.11 * d, 0.09 * d, 1.2)
        bone(p, p.blob(at([(44, -6), (62, -2), (76, 6), (74, 16), (58, 14), (44, 8)])), 0.08 * d, 0.07 * d, 1.4)
        p.named[name] = p.polygon(at(outline))
    bone(p, p.blob([(-8, 92), (10, 84), (34, 78), (58, 100), (70, 140), (30, 140), (10, 116)]), 0.18 * d, 0.12 * d)
    bone(p, p.polygon([(-18, -140), (24, -146), (24, -126), (-16, -122)]), 0.18 * d, 0.12 * d)
    p.add(p.tube([(-40, 140), (-10, 100), (40, 84), (80, 70)], 8), 0.06, 3)
    words = [[x - 34, y, name] for (x, y), name in zip(centres, ("L1", "L2", "L3", "L4", "L5"), strict=True)]
    return _film(p, language, WORDS[language]["spine"], [], (WORDS[language]["front"], ""), top=0.95, texts=words)
