"""Catheter angiography: contrast-filled vessels, dark on a light ground."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import Array, Plane, finished, noise, side_by_side

LABEL = {"pulmonary": "Pulmonary angiogram, frontal", "aorta": "Aortogram, left anterior oblique",
    "neck": "Neck arteries, frontal", "renal": "Selective renal angiogram",
         "mesenteric": "Superior mesenteric angiogram", "hepatic": "Right hepatic angiogram"}


class Run(Plane):
    """A plane that gathers contrast, thickness by thickness."""

    def __init__(self, width: float, height: float, rng: np.random.Generator, pixels: int) -> None:
        super().__init__(width, height, rng, {"air": 0.0}, pixels)

    def vessel(self, points: Any, width: Any, strength: float = 1.0) -> Array:
        """A round vessel: denser in the middle than at its edge; overlaps do not add up."""
        mask = self.tube(points, width)
        return self.fill(mask, float(np.max(width)) / 2, strength)

    def fill(self, mask: Array, radius: float, strength: float = 1.0) -> Array:
        """Contrast in a mask whose half-thickness is about `radius`."""
        depth = np.clip(self.depth(mask) / radius, 0, 1)
        np.maximum(self.grey, mask * strength * (0.55 + 0.45 * np.sqrt(1 - (1 - depth) ** 2)), out=self.grey)
        return mask

    def sac(self, x: float, y: float, r: float, strength: float = 1.0) -> None:
        """A rounded outpouching."""
        self.fill(self.ellipse(x, y, r, r * 0.95, 0, 0.03), r, strength)

    def half_filled(self, x: float, y: float, r: float) -> None:
        """An outpouching whose contrast fills only part of it."""
        self.sac(x, y, r, 0.5)
        self.sac(x + 0.2 * r, y - 0.16 * r, 0.72 * r)

    def catheter(self, points: Any) -> None:
        """A thin tube, fainter than contrast."""
        np.maximum(self.grey, self.tube(points, 2.0) * 0.85, out=self.grey)

    def branch(self, start: Array, angle: float, length: float, width: float, generations: int,
        inside: Array | None = None, out: list[Array] | None = None, spread: float = 32) -> None:
        """A tree that forks; the forks and middles of the outer branches are collected in `out`."""
        a = np.deg2rad(angle)
        bend = np.deg2rad(angle + self.rng.uniform(-18, 18))
        middle = start + length * 0.5 * np.array([np.cos(a), np.sin(a)])
        end = middle + length * 0.5 * np.array([np.cos(bend), np.sin(bend)])
        mask = self.tube([start, middle, end], [width, width * 0.9, width * 0.75])
        self.fill(mask if inside is None else mask * inside, width / 2, min(1.0, 0.55 + width / 8))
        if out is not None and generations in (1, 2):
            out.append(end)
        if generations:
            for turn in (-spread, spread) if generations < 3 or spread < 30 else (-spread, 0, spread):
                self.branch(end, angle + turn * self.rng.uniform(0.6, 1.2), length * self.rng.uniform(0.68, 0.85),
                    width * 0.66, generations - 1, inside, out, spread)

    def shown(self, ground: Array | float = 0.0, **rest: Any) -> Image.Image:
        """The run on its light ground."""
        base = 0.82 + 0.03 * noise(self.grey.shape, 22 * self.scale, self.rng) + 0.006 * self.grain(0.8) - ground
        return finished(self, base - 0.68 * self.soft(self.grey, 0.25), ink=25, grain=0.006, **rest)


def _thorax(run: Run, spine: float = 0.0) -> Array:
    """Faint ribs and spine in the ground."""
    out = np.zeros_like(run.grey)
    for side in (-1, 1):
        for i in range(9):
            y = -150 + 34 * i
            out += 0.035 * run.tube([(spine + side * 10, y), (side * 60, y - 6), (side * 120, y + 24),
                (side * 150, y + 60)], 8)
    for i in range(13):
        out += 0.05 * run.polygon([(spine - 15, -190 + 30 * i), (spine + 15, -190 + 30 * i),
            (spine + 15, -164 + 30 * i), (spine - 15, -164 + 30 * i)])
    return run.soft(out, 1.2)


@drawing
def angiography_pulmonary(*, rng: np.random.Generator, language: str, right_sac_mm: float = 0, left_sac_mm: float = 0,
    cut_off: bool = False) -> Picture:
    """Frontal pulmonary angiogram; sacs on the lower lobe arteries, one right basal branch may be cut off."""
    run = Run(290, 260, rng, 540)
    run.vessel([(14, 66), (14, 20), (4, -14)], [32, 30, 26])
    run.vessel([(8, -8), (-22, -14), (-46, -8)], [25, 22, 19])
    run.vessel([(6, -12), (30, -26), (52, -20)], [24, 22, 18])
    for s, at in ((-1, np.array([-46.0, -8.0])), (1, np.array([52.0, -20.0]))):
        lower = at + np.array([s * 10, 46])
        run.vessel([at, at + np.array([s * 8, 18]), lower], [18, 15, 12])
        for angle, length, width in ((-105, 36, 10), (-75, 34, 9), (-45, 36, 8)):
            run.branch(at + np.array([s * 2, 0]), angle if s > 0 else 180 - angle, length, width, 3, spread=26)
        run.branch(at + np.array([s * 6, 12]), 8 if s > 0 else 172, 40, 7, 3, spread=26)
        for angle, length, width in ((36, 28, 7), (66, 30, 7), (100, 30, 7)):
            if cut_off and s < 0 and angle == 100:
                run.vessel([lower, lower + np.array([3, 16]), lower + np.array([6, 27])], [7, 6.5, 6.5])
                continue
            run.branch(lower, angle if s > 0 else 180 - angle, length, width, 2, spread=24)
        size = right_sac_mm if s < 0 else left_sac_mm
        if size:
            run.half_filled(lower[0] + s * size * 0.2, lower[1] - 8, size / 2)
    run.catheter([(-30, 128), (-26, 90), (-8, 84), (8, 78), (14, 50)])
    return side_by_side([run.shown(_thorax(run), language=language, label=LABEL["pulmonary"])], language)


@drawing
def angiography_aorta(*, rng: np.random.Generator, language: str, root_mm: float = 0,
    mid_ascending_mm: float = 28) -> Picture:
    """Thoracic aortogram; `root_mm` widens the sinuses and adds callipers. The patient's right is on the left."""
    run = Run(230, 270, rng, 460)
    wide = mid_ascending_mm
    sinus = root_mm or wide + 4
    run.vessel([(-34, 44), (-42, 10), (-38, -28), (-14, -56), (20, -56), (42, -30), (48, 10), (46, 70), (40, 136)],
        [wide, wide, wide, 27, 25, 24, 23, 22, 21])
    for dx, dy, f in ((-0.27, 0, 0.24), (0.27, 0, 0.24), (0, 4, 0.33)):
        run.sac(-32 + dx * sinus, 54 + dy, f * sinus)
    run.fill(run.blob([(-35 - wide / 2, 36), (-32 - sinus * 0.46, 46), (-32 - sinus / 2, 56), (-32 - sinus * 0.4, 68),
        (-32, 72), (-32 + sinus * 0.4, 68), (-32 + sinus / 2, 56), (-32 + sinus * 0.46, 46), (-35 + wide / 2, 36)]),
        sinus / 2)
    run.vessel([(-32 - sinus / 2 + 3, 54), (-40 - sinus / 2, 62), (-42 - sinus / 2, 84)], [4, 3, 1.5], 0.8)
    run.vessel([(-32 + sinus / 2 - 3, 52), (-20 + sinus / 2, 58), (-14 + sinus / 2, 78)], [4, 3, 1.5], 0.8)
    run.vessel([(-22, -52), (-28, -74), (-34, -88)], [14, 13, 12.5])
    run.vessel([(-34, -86), (-56, -98), (-84, -94), (-110, -82)], [9, 8.5, 8, 7])
    run.vessel([(-34, -86), (-34, -108), (-30, -136)], [8, 7.5, 7.5])
    run.vessel([(2, -60), (2, -90), (6, -136)], [8.5, 7.5, 7.5])
    run.vessel([(24, -54), (30, -82), (46, -100), (76, -98), (112, -84)], [11, 9.5, 9, 8, 7])
    for x, way in ((-58, -1), (50, 1)):
        run.vessel([(x, -99), (x - way * 4, -116), (x - way * 6, -136)], [4, 3.6, 3.4], 0.9)
    run.catheter([(42, 136), (48, 20), (42, -24), (22, -52), (-12, -54), (-34, -28), (-38, 10), (-34, 34)])
    callipers: list[list[Any]] = []
    if root_mm:
        callipers = [[-32 - sinus / 2, 57, -32 + sinus / 2, 57, f"{root_mm:g} mm", 0, 26],
            [-41 - wide / 2, 2, -41 + wide / 2, 2, f"{mid_ascending_mm:g} mm", -32, 0]]
    return side_by_side([run.shown(_thorax(run, 12), language=language, label=LABEL["aorta"], callipers=callipers)],
        language)


@drawing
def angiography_cervical(*, rng: np.random.Generator, language: str, aneurysm_mm: float, coils: int = 5) -> Picture:
    """Neck arteries: straight common carotids, one S-bend of each internal carotid, corkscrew vertebrals.

    Also a sac on the left internal carotid.
    """
    run = Run(170, 260, rng, 420)
    run.vessel([(-22, 128), (-12, 112), (12, 110), (30, 128)], [24, 23, 22, 21])
    run.vessel([(-14, 112), (-26, 96), (-34, 84)], [12, 11.5, 11])
    for s in (-1, 1):
        start = (-34, 86) if s < 0 else (4, 108)
        run.vessel([start, (s * 30, 66), (s * 30, 20), (s * 30, -10)], [8, 7, 7, 7.5])
        run.vessel([(s * 30, -8), (s * 36, -22), (s * 46, -36), (s * 38, -50), (s * 24, -58), (s * 22, -70),
            (s * 34, -82), (s * 34, -104), (s * 28, -128)], [7.5, 6, 5.4, 5.2, 5.2, 5.2, 5.2, 5, 5])
        run.vessel([(s * 30, -10), (s * 24, -24), (s * 56, -44), (s * 60, -84), (s * 60, -126)],
            [5, 4.2, 4, 3.4, 2.6], 0.85)
        run.vessel([(s * 34, 84) if s < 0 else (16, 106), (s * 50, 76), (s * 84, 84)], [9, 8.5, 8])
        t = np.linspace(0, 1, 40)
        tight = np.clip(np.sin(np.pi * np.clip(t, 0, 1)) * 2.2, 0, 1)
        x = s * (54 + 8.5 * tight * np.sin(2 * np.pi * coils * t))
        y = 74 - 150 * t + 10 * tight * np.cos(2 * np.pi * coils * t) - 10 * tight
        run.vessel([*zip(x, y, strict=True), (s * 52, -98), (s * 40, -112), (s * 12, -122), (0, -134)], 4.2, 0.95)
    x = 34 - 2.2 - aneurysm_mm / 2
    run.sac(x, -94, aneurysm_mm / 2)
    base = run.soft(0.1 * run.blob([(-80, -140), (-74, -112), (0, -104), (74, -112), (80, -140)]), 3)
    for i in range(7):
        base = base + run.soft(0.05 * run.polygon([(-15, 60 - 24 * i), (15, 60 - 24 * i), (15, 41 - 24 * i),
            (-15, 41 - 24 * i)]), 1)
    callipers = [[x - aneurysm_mm / 2, -94, x + aneurysm_mm / 2, -94, f"{aneurysm_mm:g} mm", -17, 0]]
    return side_by_side([run.shown(base, language=language, label=LABEL["neck"], callipers=callipers, scale_mm=20)],
        language)


def _kidney_run(rng: np.random.Generator, language: str, side: int, sacs: int, sizes: list[float],
    defect: bool) -> Image.Image:
    """One selective renal run; `side` -1 is the patient's right, whose hilum is at the right of the picture."""
    run = Run(112, 136, rng, 390)
    outline = [(side * x, y) for x, y in [(-8, -22), (0, -52), (24, -60), (46, -40), (52, 0), (44, 44), (18, 60),
        (0, 48), (-6, 22), (6, 0)]]
    kidney = run.blob(outline)
    wedge = run.polygon([(side * 6, -74), (side * 44, -66), (side * 24, -16)]) if defect else 0 * kidney
    keep = kidney * (1 - wedge)
    run.vessel([(-side * 58, 8), (-side * 30, 4), (-side * 2, 0)], [6.5, 6, 5.4])
    tree = np.maximum(keep, run.ellipse(0, 2, 15, 22))
    forks: list[Array] = []
    for angle in (-78, -42, -8, 28, 66):
        a = angle if side > 0 else 180 - angle
        run.branch(np.array([-side * 5.0, angle * 0.02]), a, 27, 3.0, 3, tree, forks, spread=24)
    run.catheter([(-side * 52, 70), (-side * 53, 20), (-side * 48, 7)])
    inner = run.grown(keep, -2.5)
    chosen: list[Array] = []
    for at in rng.permutation(np.array(forks)):
        column, row = (np.array(at) * run.scale + np.array(run.size) / 2).astype(int)
        clear = 0 <= row < run.size[1] and 0 <= column < run.size[0] and inner[row, column] > 0.5
        if clear and all(np.hypot(*(at - other)) > 8.5 for other in chosen):
            chosen.append(at)
        if len(chosen) == sacs:
            break
    if len(chosen) < sacs:
        raise ValueError(f"room for {len(chosen)} of {sacs} sacs")
    for at, size in zip(chosen, np.linspace(sizes[0] + 0.4, sizes[1], sacs), strict=True):
        a = rng.uniform(0, 2 * np.pi)
        run.sac(at[0] + 0.3 * size * np.cos(a), at[1] + 0.3 * size * np.sin(a), size / 2)
    blush = run.soft(keep, 1.2) * 0.16
    words = "right" if side < 0 else "left"
    return run.shown(blush, language=language, label=f"{LABEL['renal']}, {words}",
        sides=("R", "") if side < 0 else ("", "L"), scale_mm=20)


@drawing
def angiography_renal(*, rng: np.random.Generator, language: str, aneurysms: dict[str, int], size_mm: list[float],
    left_upper_defect: bool = False) -> Picture:
    """Selective runs of both kidneys with that many small sacs.

    A wedge of the left upper pole may be without contrast.
    """
    panels = [_kidney_run(rng, language, -1, aneurysms["R"], size_mm, False),
        _kidney_run(rng, language, 1, aneurysms["L"], size_mm, left_upper_defect)]
    return side_by_side(panels, language)


def _sacs_and_waists(run: Run, line: Array, sac: float | None, waist: float | None, size: float, width: float) -> None:
    """A branch along `line`.

    Also with a sac at the fraction `sac` and a short narrowing at the fraction `waist` of its length.
    """
    fractions = np.linspace(0, 1, 61)
    widths = width * (1 - 0.55 * fractions)
    if waist is not None:
        widths = widths * (1 - 0.8 * np.exp(-(((fractions - waist) / 0.035) ** 2)))
    run.vessel(line, widths)
    if sac is not None:
        i = sac * (len(line) - 1)
        x, y = np.array([np.interp(i, np.arange(len(line)), np.asarray(line)[:, k]) for k in (0, 1)])
        run.sac(x + size * 0.1, y + size * 0.45, size / 2)


@drawing
def angiography_mesenteric(*, rng: np.random.Generator, language: str, aneurysms: dict[str, int],
    size_mm: list[float], stenoses: int) -> Picture:
    """Superior mesenteric and right hepatic runs with sacs on jejunal and intrahepatic branches and short narrowings.

    Also uperior mesenteric and right hepatic runs with sacs on jejunal and intrahepatic branches and short narrowings.
    """
    left = Run(142, 168, rng, 390)
    left.vessel([(-6, -80), (0, -50), (2, -10), (-8, 40), (-34, 70)], [8, 7.5, 6, 4, 2.5])
    jejunal, narrow = aneurysms["jejunal"], (stenoses + 1) // 2
    for i in range(7):
        y = -58 + 17 * i
        root = np.array([np.interp(y, [-80, -50, -10, 40], [-6, 0, 2, -8]), y])
        line = root + np.array([(0, 0), (22, 6), (42, 16 - 2 * i), (60, 30 - 4 * i)])
        _sacs_and_waists(left, line, 0.68 if i < jejunal else None, 0.38 if i in range(1, 1 + narrow) else None,
            np.linspace(size_mm[0] + 0.8, size_mm[1], 7)[i], 2.6)
        left.branch(line[2], 40, 12, 1.2, 1, spread=25)
        left.branch(line[3], 0 - 10 * i + 20, 10, 1.2, 1, spread=30)
    for y, tip in ((-34, (-52, -44)), (-6, (-62, -8)), (22, (-60, 30))):
        left.vessel([(1, y), (tip[0] / 2, (y + tip[1]) / 2 - 4), tip], [3, 2.6, 1.8])
        left.branch(np.array(tip, float), 170, 10, 1.8, 1)
    left.catheter([(-18, 84), (-22, 0), (-20, -60), (-8, -76)])
    right = Run(142, 168, rng, 390)
    liver = right.soft(right.blob([(-68, -10), (-60, -60), (-10, -72), (40, -62), (56, -40), (30, -10), (-10, 40),
        (-44, 60), (-66, 40)]), 2) * 0.05
    right.vessel([(66, 60), (44, 44), (20, 26), (4, 12)], [7, 6.5, 6, 5.5])
    ways = [((4, 12), (-12, -8), (-22, -30), (-34, -54)), ((4, 12), (-20, 10), (-40, 6), (-58, -10)),
        ((4, 12), (6, -14), (14, -34), (16, -58)), ((4, 12), (-16, 22), (-36, 28), (-52, 30)),
        ((4, 12), (16, -6), (32, -22), (44, -40))]
    hepatic, rest = aneurysms["hepatic"], stenoses - narrow
    for i, way in enumerate(ways):
        _sacs_and_waists(right, np.array(way, float), 0.62 if i < hepatic else None, 0.4 if i < rest else None,
            np.linspace(size_mm[0] + 0.8, size_mm[1], 5)[i], 3.4)
        end, before = np.array(way[3], float), np.array(way[2], float)
        heading = float(np.rad2deg(np.arctan2(*(end - before)[::-1])))
        right.branch(before, heading + 40, 15, 2, 1, spread=26)
        right.branch(end, heading, 10, 1.8, 1, spread=26)
    right.catheter([(70, 82), (70, 66), (60, 56)])
    panels = [left.shown(0.0, language=language, label=LABEL["mesenteric"], scale_mm=20),
        right.shown(liver, language=language, label=LABEL["hepatic"], scale_mm=20)]
    return side_by_side(panels, language)
