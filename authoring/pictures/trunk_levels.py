"""Further axial levels.

The whole pancreas, the umbilicus with fluid in the belly, the trachea above the aortic arch.
"""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

import numpy as np

from authoring.pictures.phantom import Plane
from authoring.pictures.trunk import _cage, _coils, _wall, chest, vessel


def pancreas(p: Plane, thick_mm: float = 20.0, rim_mm: float = 0.0) -> None:
    """Level at which head, body and tail of the pancreas are seen together, with liver, spleen and stomach.

    `rim_mm` of dark halo.
    """
    _wall(p)
    _cage(p, 141, 84, [84, 108, 130, 152])
    p.paint(p.blob([(-127, -8), (-120, -46), (-90, -70), (-52, -76), (-24, -70), (-34, -48), (-56, -30), (-66, -4),
        (-70, 30), (-84, 56), (-108, 48), (-125, 22)]), "liver", 0.4, name="liver")
    p.paint(p.blob([(124, 14), (127, 40), (112, 64), (86, 72), (92, 56), (106, 40), (112, 22)]), "spleen", 0.4,
        name="spleen")
    stomach = p.blob([(-8, -58), (14, -70), (60, -74), (100, -56), (112, -32), (98, -24), (66, -42), (26, -44),
        (0, -46)])
    p.paint(stomach, "gut", 0.4, name="stomach")
    p.paint(p.grown(stomach, -4), "content", 0.5)
    p.paint(p.grown(stomach, -4) * (p.y < -58), "gas", 0.4)
    vessel(p, 10, 20, 10, "blood", "aorta")
    p.paint(p.ellipse(-22, 22, 12, 9), "vein", 0.4, name="caval_vein")
    for s in (-1, 1):
        p.paint(p.ellipse(s * 78, 52, 16, 13, s * 25), "kidney", 0.5)
    t = thick_mm
    line = [(-36, 22), (-40, 2), (-22, -12), (6, -16), (36, -12), (66, 4), (92, 26)]
    widths = [t * 0.95, t * 1.08, t, t, t, t, t * 0.85]
    gland = p.tube(line, widths)
    if rim_mm:
        p.paint(p.grown(gland, rim_mm), -35.0, 0.4)
        p.paint(np.clip(p.grown(gland, rim_mm + 1.0) - p.grown(gland, rim_mm), 0, 1), 30.0, 0.4)
    p.paint(gland, "pancreas", 0.4, name="pancreas")
    p.paint(p.tube([(-14, 10), (8, 7), (40, 14), (70, 30), (98, 42)],
        [10, 7, 6, 5, 4]) * (1 - p.grown(gland, rim_mm)), "vein", 0.5)
    _coils(p, [(-62, 14)], 10)


def umbilical(p: Plane, ascites_mm: float = 0.0, target: bool = False, caval_mm: float = 16.0) -> None:
    """Level of the umbilicus: small bowel, great vessels, psoas.

    With `target`, loops have three layers and the mesentery is hazy.
    """
    _wall(p)
    if target:
        bony = p.grown(p.named["vertebra"], 3)
        p.paint(p.named["cavity"] * (1 - bony) * (p.y < 36), -55.0, 0.6)
    for s in (-1, 1):
        p.paint(p.ellipse(s * 40, 44, 17, 20, s * 20), "muscle", 0.5)
    vessel(p, 11, 16, 9, "blood", "aorta")
    p.paint(p.ellipse(-20, 18, caval_mm / 2, caval_mm / 2 * 0.72), "vein", 0.4, name="caval_vein")
    if ascites_mm:
        p.paint(p.blob([(-130, -10), (-122, -40), (-104, -56), (-90, -40), (-98, -6), (-92, 30), (-84, 54),
            (-108, 54), (-126, 26)]), 10.0, 0.5)
        p.paint(p.blob([(130, -10), (122, -40), (104, -56), (92, -36), (100, -4), (92, 30), (84, 54), (108, 54),
            (126, 26)]), 10.0, 0.5)
        p.paint(p.tube([(-100, -56), (-40, -78), (40, -78), (100, -56)],
            [ascites_mm, ascites_mm * 0.7, ascites_mm * 0.7, ascites_mm]), 10.0, 0.6)
    _coils(p, [(-108, 14), (110, 16)], 12, content="faeces")
    for x, y in ((-70, -40), (-40, -56), (-8, -60), (24, -58), (56, -50), (80, -30), (-76, -8), (76, 4), (-46, -22),
        (46, -22), (-62, 20), (66, 32)):
        a, r = p.rng.uniform(0, 180), p.rng.uniform(0.93, 1.07)
        if not target:
            _coils(p, [(x, y)], 12)
            continue
        for rx, ry, tissue in ((16, 14, 75.0), (14.8, 12.8, 18.0), (9, 7.2, 130.0), (7, 5.2, 12.0)):
            p.paint(p.ellipse(x, y, rx * r, ry * r, a), tissue, 0.25)
    for i in range(11):
        start, end = np.array([2.0, -4.0]), np.array([-60 + 12 * i, -44 + 0.012 * (i - 5) ** 2 * 60])
        p.paint(p.tube([start, (start + end) / 2 + p.rng.normal(0, 3, 2), start + (end - start) * 0.72],
            [2.6, 1.8, 1]), "vessel", 0.4)


def upper_mediastinum(p: Plane, wall_mm: float, lumen_mm: float, collapsed: bool, specks: int) -> None:
    """Just above the aortic arch: trachea with a horseshoe of thick wall that spares the back, great vessels."""
    chest(p, "arch")
    p.paint(p.ellipse(0, 0, 42, 46), "fat", 1.0)
    p.paint(p.ellipse(0, 46, 19, 20), 480.0, 0.4)  # vertebral body
    p.paint(p.ellipse(0, 46, 17.6, 18.6), 190.0, 0.6)
    for x, y, r, name in ((-30, -26, 8.5, "vein"), (30, -30, 7, "vein"), (-14, -16, 6.5, "blood"),
        (12, -18, 4.6, "blood"), (24, -2, 5.2, "blood")):
        vessel(p, x, y, r, name)
    p.paint(p.tube([(-26, -34), (0, -38), (28, -38)], [7, 8, 7]), "vein", 0.5)
    cx, cy, r = 0.0, 6.0, lumen_mm / 2
    outer, high = r + wall_mm, r * 1.35 + wall_mm
    floor = cy + high - wall_mm
    body = p.ellipse(cx, cy, outer, high) * (p.y < floor)
    p.paint(body, 75.0, 0.25, name="tracheal_wall")
    full = p.ellipse(cx, cy, r, r * 1.35) * (p.y < floor - 0.8)
    p.paint(p.polygon([(cx - outer * 0.75, floor - 1.2), (cx + outer * 0.75, floor - 1.2), (cx + outer * 0.7, floor),
        (cx - outer * 0.7, floor)]), 60.0, 0.2)
    if collapsed:
        p.paint(full, 60.0, 0.15)
        arch = p.ellipse(cx, cy, r, r * 1.35)
        below = p.ellipse(cx, cy + r * 0.44, r * 1.04, r * 1.35)
        lumen = np.clip(arch - below, 0, 1)
        p.paint(full * below, 30.0, 0.25)
        p.paint(np.clip(p.grown(lumen, 0.9) - lumen, 0, 1) * full, 60.0, 0.15)
        p.paint(lumen, "airway", 0.1, name="lumen")
    else:
        p.paint(full, "airway", 0.15, name="lumen")
    for t in np.linspace(200, 340, specks):
        a = np.deg2rad(t + p.rng.normal(0, 4))
        x, y = cx + (r + wall_mm * 0.55) * np.cos(a), cy + (r * 1.35 + wall_mm * 0.55) * np.sin(a)
        p.paint(p.ellipse(x, y, 0.7, 0.5, p.rng.uniform(0, 180)), 420.0, 0.12)
    p.paint(p.ellipse(6, floor + 7, 6, 4), "oesophagus", 0.3)
