"""Magnetic resonance imaging of thigh, heart and bile ducts."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from authoring.pictures.canvas import Picture, drawing, font
from authoring.pictures.head import brain_texture
from authoring.pictures.phantom import Array, Plane, finished, pictured, side_by_side

LIMB = {
    "T1": {"air": 0.0, "fat": 0.9, "muscle": 0.34, "bone": 0.03, "marrow": 0.82, "cartilage": 0.45, "vessel": 0.06,
    "physis": 0.15},
    "T2FS": {"air": 0.0, "fat": 0.16, "muscle": 0.26, "bone": 0.03, "marrow": 0.13, "cartilage": 0.5, "vessel": 0.85,
    "physis": 0.2},
}


def _long_bone(p: Plane, points: list[tuple[float, float]], widths: list[float], name: str) -> None:
    whole = p.tube(points, widths, ends=False)
    p.paint(whole, "bone", 0.3, name=f"{name}_bone")
    p.paint(p.grown(whole, -2.6), "marrow", 0.4, name=f"{name}_marrow")


def _muscle_stripes(p: Plane, mask: Array) -> None:
    p.grey *= 1 + 0.06 * mask * p.grain(2.0)


@drawing
def mri_thigh_coronal(*, rng: np.random.Generator, language: str, sequence: str, label: str = "",
    marrow_mm: float = 0, mass_mm: Sequence[float] = ()) -> Picture:
    """Both thighs, coronal.

    `marrow_mm` of the left shaft is replaced, with a mass of that height and width round it.
    """
    p = Plane(330, 440, rng, LIMB[sequence], pixels=460)
    for s in (-1, 1):
        grown = mass_mm[1] * 0.28 if mass_mm and s > 0 else 0
        skin = p.blob([(s * 8, -170), (s * 30, -220), (s * 120, -222), (s * 158, -180), (s * (152 + grown), -60),
            (s * (134 + grown / 2), 40), (s * 126, 130), (s * 124, 225), (s * 40, 225), (s * 38, 130),
            (s * (22 - grown * 0.2), 20), (s * 6, -110)])
        p.paint(skin, "fat", 0.6)
        inner = p.blob([(s * 18, -130), (s * 40, -200), (s * 110, -212), (s * 140, -170), (s * (136 + grown), -60),
            (s * (122 + grown / 2), 40), (s * 112, 110), (s * 98, 150), (s * 66, 150), (s * 52, 110),
            (s * (34 - grown * 0.2), 20)])
        p.paint(inner, "muscle", 0.8)
        _muscle_stripes(p, inner)
        for line in ([(s * 40, -130), (s * 52, -20), (s * 60, 90)], [(s * 122, -110), (s * (118 + grown * 0.8), -20),
            (s * 106, 80)], [(s * 62, -150), (s * 64, -60)]):
            p.paint(p.tube(line, [1, 2.2, 1.2][: len(line)] if len(line) == 3 else 1.6), "fat", 0.4)
        p.paint(p.ellipse(s * 46, -196, 23, 23), "bone", 0.3)
        p.paint(p.ellipse(s * 46, -196, 20.5, 20.5), "marrow", 0.4)
        _long_bone(p, [(s * 62, -186), (s * 92, -164)], [24, 28], "neck")
        _long_bone(p, [(s * 98, -178), (s * 96, -150), (s * 90, -60), (s * 84, 60), (s * 83, 110), (s * 82, 156)],
            [26, 34, 25, 25, 34, 74], f"femur_{'right' if s < 0 else 'left'}")
        p.paint(p.tube([(s * 46, 160), (s * 64, 168), (s * 82, 160), (s * 100, 168), (s * 118, 160)], 7), "cartilage",
            0.4)
        _long_bone(p, [(s * 82, 172), (s * 82, 190), (s * 83, 224)], [78, 60, 34], "tibia")
    if marrow_mm:
        middle, half = -40, marrow_mm / 2
        if mass_mm:
            high, wide = mass_mm[0] / 2, mass_mm[1] / 2
            x = 89
            mass = p.blob([(x, middle - high), (x + wide * 0.7, middle - high * 0.55), (x + wide, middle),
                (x + wide * 0.7, middle + high * 0.6), (x, middle + high), (x - wide * 0.7, middle + high * 0.6),
                (x - wide, middle), (x - wide * 0.7, middle - high * 0.55)])
            p.paint(mass, 0.47, 0.8)
            p.grey += 0.02 * mass * p.grain(3)
            p.paint(p.named["femur_left_bone"], "bone", 0.3)
            p.paint(p.named["femur_left_marrow"], "marrow", 0.4)
        replaced = p.named["femur_left_marrow"] * (np.abs(p.y - middle) < half)
        p.paint(replaced, 0.22, 0.3)
        cortex = p.named["femur_left_bone"] * (1 - p.named["femur_left_marrow"])
        broken = cortex * (np.abs(p.y - middle) < half * 0.7) * (p.grain(1.5) > 0.5)
        p.paint(broken, 0.4, 0.3)
    brain_texture(p, 0.02)
    return pictured(p, p.grey, language=language, label=label or f"{sequence}, coronal, both thighs", grain=0.01)


@drawing
def mri_knee_coronal(*, rng: np.random.Generator, language: str, label: str, nodule_mm: Sequence[float] = (),
    at: tuple[float, float] = (46, -48), value: float = 0.95) -> Picture:
    """Distal left thigh and knee, coronal fat-suppressed T2; lateral is on the right of the picture."""
    p = Plane(170, 200, rng, LIMB["T2FS"], pixels=470)
    skin = p.blob([(-62, -110), (-58, -40), (-54, 20), (-52, 60), (-44, 110), (46, 110), (54, 60), (58, 20),
        (66, -40), (74, -110)])
    p.paint(skin, "fat", 0.6)
    p.paint(np.clip(skin - p.grown(skin, -1.5), 0, 1), 0.32, 0.3)
    for points in ([(-54, -110), (-48, -50), (-36, 0), (-24, -20), (-18, -110)],
        [(18, -110), (24, -20), (40, 4), (54, -40), (66, -110)], [(-44, 60), (-34, 58), (-30, 110), (-40, 110)],
        [(26, 60), (44, 56), (48, 110), (24, 110)]):
        muscle = p.blob(points)
        p.paint(muscle, "muscle", 0.8)
        _muscle_stripes(p, muscle)
    p.paint(p.tube([(30, -110), (36, -50), (44, 4)], [1, 2.5, 1]), "fat", 0.5)
    _long_bone(p, [(0, -112), (0, -60), (0, -24), (0, 2), (0, 20), (0, 26)], [30, 32, 48, 76, 82, 80], "femur")
    p.paint(p.blob([(-10, 30), (-6, 14), (0, 10), (6, 14), (10, 30)]), "fat", 0.5)
    for s in (-1, 1):
        p.paint(p.tube([(s * 38, 25), (s * 24, 31), (s * 10, 25)], 4), "cartilage", 0.4)
        p.paint(p.polygon([(s * 42, 29), (s * 40, 37), (s * 24, 33)]), "bone", 0.4)
        p.paint(p.tube([(s * 44, 8), (s * 46, 34), (s * 40, 60)], 2.5), "bone", 0.4)
    p.paint(p.tube([(-38, 37), (0, 36), (38, 37)], 2.5), "cartilage", 0.4)
    _long_bone(p, [(0, 39), (0, 52), (0, 78), (0, 112)], [82, 74, 44, 32], "tibia")
    _long_bone(p, [(45, 56), (43, 72), (40, 112)], [15, 11, 9], "fibula")
    p.paint(p.blob([(-3, 36), (0, 31), (3, 36)]), "bone", 0.4)
    if nodule_mm:
        nodule = p.ellipse(*at, nodule_mm[1] / 2, nodule_mm[0] / 2, -6, 0.02)
        p.paint(nodule, value, 0.3)
    brain_texture(p, 0.02)
    return pictured(p, p.grey, language=language, label=label, sides=None, scale_mm=20, grain=0.012,
        texts=_knee_words(language))


def _knee_words(language: str) -> list[list[Any]]:
    inside, outside = {"zh": ("内侧", "外侧"), "en": ("medial", "lateral")}[language]
    return [[-74, -6, inside], [74, -6, outside]]


@drawing
def mri_thigh_axial(*, rng: np.random.Generator, language: str, label: str, nodule_mm: Sequence[float] = (),
    at: tuple[float, float] = (34, 30), value: float = 0.95) -> Picture:
    """Distal left thigh, axial fat-suppressed T2: front at the top, lateral on the right of the picture."""
    p = Plane(160, 150, rng, LIMB["T2FS"], pixels=500)
    skin = p.ellipse(0, 0, 70, 66, 0, 0.02)
    p.paint(skin, "fat", 0.6)
    p.paint(np.clip(skin - p.grown(skin, -1.5), 0, 1), 0.34, 0.3)
    p.paint(p.ellipse(0, 0, 60, 57), 0.17, 0.6)
    groups = [
        [(-16, -48), (0, -54), (18, -48), (16, -36), (0, -32), (-14, -36)],
        [(20, -47), (40, -36), (52, -14), (48, 4), (30, 2), (20, -14), (16, -30)],
        [(-20, -47), (-40, -36), (-51, -14), (-44, 4), (-28, 0), (-20, -14), (-16, -30)],
        [(-14, -30), (0, -30), (14, -30), (18, -16), (0, -17), (-18, -16)],
        [(36, 14), (50, 12), (52, 24), (42, 40), (28, 48), (24, 44), (36, 30)],
        [(-26, 22), (-12, 24), (-8, 38), (-14, 50), (-28, 46), (-34, 34)],
        [(-6, 38), (4, 38), (8, 50), (0, 55), (-8, 52)], [(-50, 8), (-40, 10), (-34, 20), (-40, 30), (-50, 22)],
    ]
    for points in groups:
        muscle = p.blob(points)
        p.paint(muscle, "muscle", 0.5)
        _muscle_stripes(p, muscle)
    bone = p.ellipse(0, -2, 15.5, 14)
    p.paint(bone, "bone", 0.3)
    p.paint(p.grown(bone, -3.2), "marrow", 0.4)
    for x, y, r in ((-4, 22, 3.5), (4, 26, 4.5)):
        p.paint(p.ellipse(x, y, r, r), "vessel", 0.3)
    p.paint(p.ellipse(12, 32, 4, 3), 0.42, 0.4)
    if nodule_mm:
        p.paint(p.ellipse(*at, nodule_mm[1] / 2, nodule_mm[0] / 2, 40, 0.02), value, 0.3)
    brain_texture(p, 0.02)
    back, outside = {"zh": ("后", "外侧"), "en": ("posterior", "lateral")}[language]
    return pictured(p, p.grey, language=language, label=label, sides=None, scale_mm=20, grain=0.012,
        texts=[[0, 71, back], [72, -30, outside]])


# --- heart ---

LGE = {"air": 0.0, "fat": 0.5, "muscle": 0.22, "lung": 0.03, "blood": 0.5, "myocardium": 0.05}


def _thorax(p: Plane) -> None:
    p.paint(p.ellipse(0, 0, 200, 150), "fat", 1)
    p.paint(p.ellipse(0, 0, 184, 134), "muscle", 1)
    p.paint(p.ellipse(0, 0, 172, 122), "lung", 1)


def _short_axis(rng: np.random.Generator, language: str, label: str, wall: float, cavity: float,
    bright: float) -> Image.Image:
    p = Plane(150, 140, rng, LGE, pixels=290)
    p.paint(np.ones_like(p.grey), "lung")
    p.paint(p.blob([(-75, 30), (-40, 46), (0, 56), (40, 52), (75, 40), (75, 80), (-75, 80)]), 0.3, 2)
    p.paint(p.blob([(-75, -75), (75, -75), (75, -62), (0, -56), (-75, -50)]), "fat", 2)
    outer = cavity + wall
    k = outer / 38
    right = p.blob([(10 - outer * 0.7, -outer * 0.75), (-20 * k - 14, -26 * k), (-40 * k - 8, -8 * k),
        (-38 * k - 8, 12 * k), (-20 * k - 12, 26 * k), (10 - outer * 0.6, outer * 0.8)])
    p.paint(p.grown(right, 5), "fat", 0.8)
    p.paint(p.grown(right, 3.2), 0.85, 0.5)
    p.paint(right, 0.16, 0.5)
    p.paint(p.ellipse(10, 0, outer + 2, outer + 2), "fat", 0.8)
    ring = p.ellipse(10, 0, outer, outer)
    p.paint(ring, "myocardium", 0.4)
    enhanced = p.ellipse(10, 0, cavity + wall * bright, cavity + wall * bright)
    p.paint(enhanced, 0.88, 0.6)
    p.grey += 0.05 * enhanced * p.grain(1.6)
    p.paint(p.ellipse(10, 0, cavity, cavity * 0.97), 0.14, 0.5)
    for x, y in ((-0.55, 0.5), (0.5, 0.55)):
        p.paint(p.ellipse(10 + cavity * x, cavity * y, cavity * 0.2, cavity * 0.18), 0.6, 0.5)
    brain_texture(p, 0.03)
    return finished(p, p.grey, language=language, label=label, sides=None, scale_mm=50, blur=0.9)


@drawing
def mri_heart_short_axis(*, rng: np.random.Generator, language: str, wall_mm: float, native_t1_ms: int,
    t1_reference: str, ecv_percent: int, ecv_reference: str) -> Picture:
    """Late enhancement in three short-axis slices.

    The full wall at base and middle, the inner half at the apex; dark blood pool.
    """
    rows = (("basal", 23, 1.0, wall_mm), ("mid", 20, 1.0, wall_mm), ("apical", 12, 0.5, wall_mm * 0.95))
    panels = [_short_axis(rng, language, f"LGE short axis, {name}", wall, cavity, bright) for name, cavity, bright,
        wall in rows]
    row = side_by_side(panels, language).image
    strip = Image.new("RGB", (row.width, 30), "black")
    text = f"native T1 {native_t1_ms} ms (ref. {t1_reference})     ECV {ecv_percent}% (ref. {ecv_reference})"
    text += f"     wall {wall_mm:g} mm"
    ImageDraw.Draw(strip).text((10, 6), text, fill="white", font=font(15, language))
    out = Image.new("RGB", (row.width, row.height + 30))
    out.paste(strip, (0, 0))
    out.paste(row, (0, 30))
    return Picture(out, kind="photo")


@drawing
def mri_heart(*, rng: np.random.Generator, language: str, label: str, left_mass_mm: float = 0,
    right_mass_mm: float = 0, band_mm: float = 0) -> Picture:
    """Four-chamber late enhancement: dark myocardium.

    Apical masses without enhancement over a bright subendocardial band.
    """
    p = Plane(240, 200, rng, LGE, pixels=560)
    _thorax(p)
    p.paint(p.ellipse(0, 84, 22, 18), "fat", 1)
    p.paint(p.ellipse(0, 82, 17, 14), 0.3, 0.8)
    lv = p.blob([(6, 4), (2, -16), (14, -34), (40, -50), (58, -52), (64, -42), (58, -22), (44, 2), (32, 16), (18, 18)])
    rv = p.blob([(-4, 2), (-6, -18), (6, -40), (30, -56), (36, -64), (20, -68), (-6, -58), (-28, -36), (-36, -10),
        (-26, 10)])
    la = p.blob([(4, 22), (18, 24), (32, 22), (44, 34), (44, 54), (28, 66), (6, 64), (0, 44)])
    ra = p.blob([(-6, 10), (-26, 16), (-46, 22), (-56, 40), (-44, 60), (-20, 62), (-6, 48), (-4, 26)])
    wall = np.maximum(p.grown(lv, 9.5), p.grown(rv, 3.5)) * (p.y < 20)
    sac = np.max([p.grown(lv, 14), p.grown(rv, 9), p.grown(la, 6), p.grown(ra, 6)], axis=0)
    p.paint(p.grown(sac, 5), "fat", 1)
    p.paint(p.grown(sac, 1), 0.02, 0.3)  # pericardial line, 2 mm
    p.paint(p.grown(sac, -1), "fat", 0.4)
    p.paint(np.max([p.grown(la, 2), p.grown(ra, 2)], axis=0), "myocardium", 0.3)
    p.paint(wall, "myocardium", 0.3)
    for chamber in (lv, rv, la, ra):
        p.paint(chamber, "blood", 0.5)
    for a, b, c in (((6, 12), (14, 6), (20, 2)), ((36, 18), (30, 8), (24, 2)), ((-6, 4), (-12, -4), (-16, -6)),
        ((-32, 10), (-26, 0), (-20, -6))):
        p.paint(p.tube([a, b, c], 1.6), "myocardium", 0.3)
    if band_mm:
        lower = np.clip((p.x * 0.76 - p.y * 0.65 - 22) / 6, 0, 1)
        p.paint(np.clip(lv - p.grown(lv, -band_mm), 0, 1) * lower, 0.97, 0.3)
        lower = np.clip((p.x * 0.66 - p.y * 0.75 - 30) / 6, 0, 1)
        p.paint(np.clip(rv - p.grown(rv, -band_mm * 0.8), 0, 1) * lower, 0.95, 0.3)
    if left_mass_mm:
        tip = p.x * 0.76 - p.y * 0.65
        inner = p.grown(lv, -band_mm)
        p.paint(inner * (tip > tip[inner > 0.5].max() - left_mass_mm), 0.05, 0.5)
    if right_mass_mm:
        tip = p.x * 0.8 - p.y * 0.6
        inner = p.grown(rv, -band_mm * 0.8)
        p.paint(inner * (tip > tip[inner > 0.5].max() - right_mass_mm), 0.05, 0.5)
    p.paint(p.ellipse(22, 80, 12, 12), "blood", 0.5)
    brain_texture(p, 0.03)
    words = {"zh": ("左室", "右室", "左房", "右房"), "en": ("LV", "RV", "LA", "RA")}[language]
    texts = [[34, -12, words[0]], [-18, -26, words[1]], [22, 44, words[2]], [-30, 40, words[3]]]
    return pictured(p, p.grey, language=language, label=label, texts=texts)


# --- bile ducts ---


@drawing
def mri_mrcp(*, rng: np.random.Generator, language: str, stricture_mm: float = 30, duct_mm: float = 14,
    pancreatic_duct_mm: float = 1.5) -> Picture:
    """Coronal projection of fluid: bile ducts, gall bladder, duodenum, pancreatic duct.

    The lower bile duct narrows smoothly.
    """
    p = Plane(200, 180, rng, {"air": 0.0}, pixels=540)
    p.grey += 0.05
    p.add(p.blob([(-96, -70), (-30, -86), (50, -74), (70, -50), (10, -20), (-40, 40), (-90, 50)]), 0.06, 4)
    for x, y, r in ((60, 50, 26), (30, 70, 20), (84, 20, 18)):
        p.add(p.ellipse(x, y, r, r * 0.6, 20, 0.15), 0.05, 4)
    wide = duct_mm

    def duct(points: Any, widths: Any, amount: float = 0.9) -> None:
        mask = p.tube(points, widths)
        depth = np.clip(p.depth(mask) / (np.max(widths) / 2), 0, 1)
        np.maximum(p.grey, p.soft(mask * amount * (0.6 + 0.4 * np.sqrt(1 - (1 - depth) ** 2)), 0.4), out=p.grey)

    end = np.array([-22.0, 42.0])
    top = end + np.array([5.0, -stricture_mm * 0.98])
    duct([(-10, -46), (-9, -30), (-11, -12), top - np.array([-3, 12]), top, (top + end) / 2, end],
        [wide * 0.75, wide * 0.9, wide, wide * 0.85, wide * 0.4, 2.0, 1.6])
    for line, widths in (
        ([(-10, -46), (-24, -54), (-46, -56)], [8, 6.5, 5]), ([(-46, -56), (-66, -66), (-84, -72)], [5, 3.8, 2]),
        ([(-46, -56), (-66, -48), (-84, -34)], [4.5, 3.5, 1.8]),
        ([(-30, -55), (-40, -70), (-46, -84)], [4.5, 3.4, 1.8]), ([(-66, -48), (-76, -28), (-82, -8)],
        [3.2, 2.4, 1.4]), ([(-10, -46), (6, -56), (26, -62)], [8, 6, 4.5]),
        ([(26, -62), (44, -72), (60, -74)], [4.4, 3.2, 1.8]), ([(26, -62), (42, -58), (58, -50)], [4, 3, 1.6]),
        ([(10, -58), (18, -72), (24, -84)], [4, 3, 1.6]), ([(-66, -66), (-72, -80)], [3, 1.6]),
    ):
        duct(line, widths, 0.85)
    bladder = p.blob([(-34, -8), (-28, -16), (-38, -22), (-58, -12), (-74, 10), (-76, 30), (-62, 34), (-48, 18)])
    np.maximum(p.grey, p.soft(bladder, 0.6) * 0.95, out=p.grey)
    duct([(-30, -16), (-22, -12), (-14, -6)], [4, 3, 3], 0.85)
    gut = p.tube([(-14, 2), (-34, 8), (-42, 26), (-38, 54), (-22, 68), (10, 66), (34, 56)],
        [12, 13, 14, 15, 14, 13, 11])
    folds = 0.75 + 0.25 * np.sin(p.y * 1.4 + p.x * 1.1)
    np.maximum(p.grey, p.soft(gut * folds * 0.55, 0.8) * (1 - p.ellipse(-12, -6, 8, 8)), out=p.grey)
    line = np.array([(-21.5, 41), (-8, 38), (10, 22), (34, 14), (58, 4), (78, -6)], float)
    w = pancreatic_duct_mm
    before = p.grey.copy()
    duct(line, [w * 1.1, w, w, w * 0.9, w * 0.8, w * 0.6], 0.75)
    gap = ((p.x > 3) & (p.x < 9)) | ((p.x > 26) & (p.x < 34)) | ((p.x > 54) & (p.x < 60))
    p.grey = np.where(gap & (p.y > -4) & (p.y < 40), before, p.grey)
    for x, y, dx, dy in ((-4, 34, -2, 9), (14, 20, 3, 9), (20, 18, -1, -9), (42, 11, 3, 8), (48, 9, -2, -8),
        (66, -1, 2, 8)):
        duct([(x, y), (x + dx, y + dy)], [0.9, 0.6], 0.6)
    callipers = [[-11 - wide / 2, -16, -11 + wide / 2, -16, f"{duct_mm:g} mm", 28, -4],
        [-9, 13, -13, 13 + stricture_mm * 0.98, f"{stricture_mm / 10:g} cm", 20, 8]]
    return pictured(p, p.grey, language=language, label="MRCP, coronal projection", callipers=callipers, grain=0.02)
