"""Anatomy of chest and abdomen in axial planes, painted by tissue name.

The patient's right is on the left of the picture.
"""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import Voronoi

from authoring.pictures.phantom import Array, Plane, mirrored

CT = {
    "air": -1000.0, "skin": 20.0, "fat": -100.0, "muscle": 55.0, "bone": 700.0, "marrow": 180.0, "disc": 90.0,
    "cord": 35.0, "lung": -850.0, "vessel": 45.0,
    "blood": 45.0, "vein": 45.0, "myocardium": 48.0, "airway": -1000.0, "oesophagus": 40.0, "liver": 60.0,
    "spleen": 50.0, "pancreas": 42.0,
    "kidney": 34.0, "medulla": 30.0, "pelvis_of_kidney": 8.0, "gut": 35.0, "content": 15.0, "gas": -900.0,
    "bile": 8.0, "adrenal": 35.0,
    "bladder": 6.0, "prostate": 42.0, "uterus": 50.0, "faeces": -30.0, "breast": 0.0,
}
PHASES = {
    "plain": CT,
    "arterial": CT | {"blood": 320.0, "vein": 60.0, "myocardium": 110.0, "liver": 75.0, "spleen": 130.0,
    "pancreas": 110.0, "kidney": 190.0, "medulla": 80.0, "vessel": 250.0, "gut": 80.0, "adrenal": 70.0},
    "venous": CT | {"blood": 165.0, "vein": 160.0, "myocardium": 110.0, "liver": 115.0, "spleen": 125.0,
    "pancreas": 95.0, "kidney": 190.0, "medulla": 180.0, "vessel": 160.0, "gut": 85.0, "adrenal": 75.0},
}
MRI = {
    "T2": {"skin": 0.5, "fat": 0.75, "muscle": 0.2, "bone": 0.05, "marrow": 0.4, "disc": 0.6, "cord": 0.4,
    "lung": 0.03, "vessel": 0.05, "blood": 0.05, "vein": 0.08,
           "myocardium": 0.3, "oesophagus": 0.35, "liver": 0.28, "spleen": 0.5, "pancreas": 0.4, "kidney": 0.5,
           "medulla": 0.65, "pelvis_of_kidney": 0.95, "gut": 0.4,
           "content": 0.8, "gas": 0.0, "bile": 1.0, "adrenal": 0.3, "bladder": 1.0, "prostate": 0.5, "uterus": 0.45,
           "faeces": 0.3, "csf": 0.95},
    "T1": {"skin": 0.4, "fat": 0.9, "muscle": 0.35, "bone": 0.05, "marrow": 0.55, "disc": 0.35, "cord": 0.4,
    "lung": 0.03, "vessel": 0.08, "blood": 0.08, "vein": 0.1,
           "myocardium": 0.4, "oesophagus": 0.35, "liver": 0.55, "spleen": 0.38, "pancreas": 0.6, "kidney": 0.42,
           "medulla": 0.33, "pelvis_of_kidney": 0.12, "gut": 0.35,
           "content": 0.2, "gas": 0.0, "bile": 0.2, "adrenal": 0.42, "bladder": 0.12, "prostate": 0.38, "uterus": 0.4,
           "faeces": 0.3, "csf": 0.12},
}
for _table in MRI.values():
    _table.update(air=0.0, airway=0.0)
MRI["T2FS"] = MRI["T2"] | {"fat": 0.14, "skin": 0.3, "marrow": 0.15}
MRI["T1C"] = MRI["T1"] | {"fat": 0.15, "marrow": 0.2, "blood": 0.95, "vein": 0.9, "vessel": 0.9, "liver": 0.6,
    "spleen": 0.7, "kidney": 0.85, "medulla": 0.75, "pancreas": 0.65, "gut": 0.55, "myocardium": 0.5}


def _pair(p: Plane, points: list[tuple[float, float]]) -> Array:
    return np.maximum(p.blob(points), p.blob(mirrored(points)))


def vertebra(p: Plane, x: float, y: float, rx: float, ry: float) -> None:
    """A vertebra seen from above: body, arch with canal, transverse and spinous processes."""
    for s in (-1, 1):
        p.paint(p.tube([(x + s * 9, y + ry + 6), (x + s * 20, y + ry + 13), (x + s * 33, y + ry + 14)], [9, 8, 6]),
            "bone", 0.4)
        p.paint(p.tube([(x + s * (rx - 9), y + ry * 0.5), (x + s * 11, y + ry + 8), (x + s * 6, y + ry + 18)],
            [8, 6, 7]), "bone", 0.3)
    p.paint(p.tube([(x, y + ry + 18), (x, y + ry + 30), (x, y + ry + 42)], [9, 6, 8]), "bone", 0.4)
    p.paint(p.ellipse(x, y + ry + 8, 10.5, 8.5), "fat", 0.3)
    p.paint(p.ellipse(x, y + ry + 8, 8.5, 7), "csf" if "csf" in p.values else "cord", 0.3, name="canal")
    p.paint(p.ellipse(x, y + ry + 8, 5.5, 4.5), "cord", 0.3, name="cord")
    body = p.blob([(x - rx, y - 2), (x - rx * 0.7, y - ry), (x, y - ry * 1.05), (x + rx * 0.7, y - ry),
        (x + rx, y - 2), (x + rx * 0.8, y + ry * 0.8), (x, y + ry * 0.82), (x - rx * 0.8, y + ry * 0.8)])
    p.paint(body, "bone", 0.4, name="vertebra")
    p.paint(p.grown(body, -1.8), "marrow", 0.7)


def vessel(p: Plane, x: float, y: float, r: float, tissue: str = "blood", name: str | None = None) -> None:
    """A vessel cut across, with its thin wall."""
    p.paint(p.ellipse(x, y, r + 1.2, r + 1.2), "muscle", 0.2)
    p.paint(p.ellipse(x, y, r, r), tissue, 0.3, name=name)


def _cage(p: Plane, rx: float, ry: float, ribs: list[float]) -> None:
    """Pieces of ribs at these angles (degrees from the front) on both sides."""
    for a in ribs:
        for s in (-1, 1):
            t = np.deg2rad(np.linspace(a - 9, a + 9, 5))
            line = [(s * rx * np.sin(u), -ry * np.cos(u)) for u in t]
            bone = p.tube(line, [6, 8.5, 9, 8.5, 6])
            p.paint(bone, "bone", 0.4)
            p.paint(p.grown(bone, -1.9), "marrow", 0.5)


def _lung_vessels(p: Plane, lung: Array, hilum: tuple[float, float], side: int, reach: float) -> None:
    """Branching vessels that thin out towards the pleura."""
    rng, tree = p.rng, np.zeros_like(p.grey)
    for i in range(9):
        a = np.deg2rad(-76 + 152 * (i + rng.uniform(0.2, 0.8)) / 9)
        start, way = np.array(hilum, float), np.array([side * np.cos(a), np.sin(a) * 1.25])
        long, bend = reach * rng.uniform(0.55, 0.95), rng.normal(0, 5, 2)
        lines = [([start, start + way * long * 0.45 + bend, start + way * long], [rng.uniform(3.2, 5), 2.0, 0.7])]
        for f in (0.4, 0.7):
            b = a + rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
            root = start + way * long * f + bend * (1 - f)
            tip = root + np.array([side * np.cos(b), np.sin(b)]) * long * 0.33
            lines.append(([root, (root + tip) / 2 + rng.normal(0, 1.5, 2), tip], [1.7, 1.1, 0.5]))
        for points, width in lines:
            np.maximum(tree, p.tube(points, width), out=tree)
    for _ in range(45):
        x, y, r = hilum[0] + side * rng.uniform(15, reach), hilum[1] + rng.uniform(-70, 70), rng.uniform(0.5, 1.1)
        np.maximum(tree, p.ellipse(x, y, r, r), out=tree)
    p.paint(tree * lung, "vessel", 0.35)


def chest(p: Plane, level: str = "heart") -> None:
    """Chest at the level "arch", "pulmonary" (bifurcation of the pulmonary trunk) or "heart"."""
    body = p.blob([(0, -102), (60, -106), (118, -88), (158, -42), (166, 8), (150, 62), (96, 98), (40, 106), (0, 101),
        *mirrored([(40, 106), (96, 98), (150, 62), (166, 8), (158, -42), (118, -88), (60, -106)])])
    p.paint(body, "skin", 0.4)
    p.paint(p.grown(body, -2), "fat", 0.4, name="body")
    p.paint(p.ellipse(0, 0, 140, 90), "muscle", 0.8)
    for s in (-1, 1):
        p.paint(p.tube([(s * 16, -93), (s * 60, -95), (s * 110, -78)], [6, 13, 5]), "muscle", 0.6)
        p.paint(p.tube([(s * 146, -30), (s * 153, 10), (s * 138, 48)], [5, 15, 8]), "muscle", 0.6)
        p.paint(p.tube([(s * 12, 88), (s * 34, 84), (s * 60, 82)], [14, 25, 8]), "muscle", 0.6)
        p.paint(p.tube([(s * 138, 30), (s * 118, 60), (s * 90, 78)], [5, 8, 5]), "bone", 0.4)
    _cage(p, 135, 86, [34, 58, 82, 106, 130, 152])
    right = [(-8, -70), (-38, -78), (-84, -66), (-118, -32), (-128, 6), (-118, 42), (-84, 66), (-48, 74), (-22, 62),
        (-22, 40), (-22, 10), (-20, -20), (-14, -48)]
    left = mirrored(right)
    if level == "heart":
        right[-4:] = [(-24, 44), (-28, 28), (-44, 6), (-44, -22), (-28, -50)]
        left = [(14, -72), (40, -77), (86, -65), (118, -32), (128, 6), (118, 42), (84, 66), (48, 74), (24, 62),
            (36, 40), (52, 34), (86, 14), (88, -14), (66, -40), (34, -58)]
    p.paint(p.ellipse(0, 0, 40, 74), "fat", 0.6, name="mediastinum")
    for points, name in ((right, "right_lung"), (left, "left_lung")):
        p.paint(p.blob(points), "lung", 0.3, name=name)
    p.named["lungs"] = np.maximum(p.named["right_lung"], p.named["left_lung"])
    p.grey += p.named["lungs"] * 18 * p.grain(1.5) * (p.values["air"] < -500)
    hilum = 12 if level == "heart" else 0
    _lung_vessels(p, p.named["right_lung"], (-30 if level != "heart" else -40, hilum), -1, 85)
    _lung_vessels(p, p.named["left_lung"], (30 if level != "heart" else 58, hilum + 12 * (level == "heart")), 1,
        85 if level != "heart" else 62)
    p.paint(p.blob([(-18, -90), (0, -94), (18, -90), (16, -82), (0, -80), (-16, -82)]), "bone", 0.4)
    p.paint(p.blob([(-13, -88.5), (0, -91), (13, -88.5), (11, -84.5), (0, -83), (-11, -84.5)]), "marrow", 0.4)
    before = p.grey.copy()
    vertebra(p, 0, 50, 17, 14)
    {"arch": _arch, "pulmonary": _pulmonary, "heart": _heart}[level](p)
    free = np.abs(p.grey - before) < 1e-6
    for name in ("right_lung", "left_lung", "lungs"):
        p.named[name] = p.named[name] * free


def mesh(p: Plane, spacing: float, tissue: float) -> None:
    """A fine network of lines all through the lungs."""
    around = np.stack(np.meshgrid(np.arange(-135, 136, spacing), np.arange(-85, 86, spacing)), axis=-1).reshape(-1, 2)
    cells = Voronoi(around + p.rng.uniform(-0.45, 0.45, around.shape) * spacing)
    net = Image.new("L", p.size)
    pen, middle = ImageDraw.Draw(net), np.array(p.size) / 2
    for a, b in cells.ridge_vertices:
        if a >= 0:
            pen.line([tuple(cells.vertices[i] * p.scale + middle) for i in (a, b)], fill=255,
                width=round(0.7 * p.scale))
    p.paint(np.asarray(net, np.float32) / 255 * p.named["lungs"], tissue, 0.2)


def _arch(p: Plane) -> None:
    """Aortic arch, superior caval vein, trachea, oesophagus."""
    p.paint(p.tube([(-10, -26), (2, -30), (16, -20), (24, 4), (24, 24)], [24, 26, 25, 24, 23]), "muscle", 0.3,
        name="aorta_wall")
    p.paint(p.tube([(-10, -26), (2, -30), (16, -20), (24, 4), (24, 24)], [21, 23, 22, 21, 20]), "blood", 0.3,
        name="aorta")
    vessel(p, -25, -20, 9, "vein", "caval_vein")
    p.paint(p.ellipse(-2, 4, 10.5, 9.5), "muscle", 0.2)
    p.paint(p.ellipse(-2, 4, 9, 8), "airway", 0.2, name="trachea")
    p.paint(p.ellipse(5, 22, 7, 5), "oesophagus", 0.3, name="oesophagus")


def _pulmonary(p: Plane) -> None:
    """Ascending and descending aorta, pulmonary trunk with right and left branch, main bronchi."""
    trunk = [(16, -46), (18, -30), (8, -16), (-16, -10), (-36, -4)]
    p.paint(p.tube(trunk, [30, 29, 20, 18, 15]), "muscle", 0.3)
    p.paint(p.tube(trunk, [28, 27, 18, 16, 13]), "blood", 0.3, name="pulmonary_artery")
    p.paint(p.tube([(18, -30), (30, -12), (40, 2)], [25, 18, 14]), "blood", 0.3, name="left_pulmonary_artery")
    p.named["right_pulmonary_artery"] = p.tube(trunk[2:], [18, 16, 13])
    vessel(p, -14, -34, 15.5, "blood", "ascending_aorta")
    vessel(p, -33, -24, 8.5, "vein", "caval_vein")
    vessel(p, 24, 36, 12, "blood", "descending_aorta")
    for line in ([(-4, 8), (-20, 10), (-32, 12)], [(6, 8), (20, 10), (32, 16)]):
        p.paint(p.tube(line, [14, 12, 9]), "muscle", 0.2)
        p.paint(p.tube(line, [11.5, 9.5, 6.5]), "airway", 0.2)
    p.paint(p.ellipse(4, 26, 7, 5), "oesophagus", 0.3, name="oesophagus")


def _heart(p: Plane) -> None:
    """Four chambers, descending aorta, oesophagus."""
    outline = [(-44, -18), (-26, -48), (8, -62), (44, -54), (72, -34), (86, -8), (80, 14), (54, 30), (24, 36),
        (-12, 36), (-36, 24), (-45, 4)]
    whole = p.blob(outline)
    p.named["pericardium"] = p.grown(whole, 3)
    p.paint(p.grown(whole, 5) * (1 - p.named["lungs"]), "fat", 0.4)
    p.paint(p.grown(whole, 3.5), "fat", 0.6)
    p.paint(p.grown(whole, 1.5), "muscle", 0.2)
    p.paint(whole, "fat", 0.2)
    p.paint(p.grown(whole, -3.5), "myocardium", 0.5, name="heart")
    p.paint(p.blob([(-39, -12), (-28, -34), (-14, -38), (-6, -20), (-10, 0), (-26, 12), (-38, 6)]),
        "vein" if p.values["vein"] > 100 else "blood", 0.6, name="right_atrium")
    p.paint(p.blob([(-10, -42), (12, -54), (40, -46), (56, -30), (40, -28), (18, -20), (0, -16), (-8, -26)]),
        "vein" if p.values["vein"] > 100 else "blood", 0.6, name="right_ventricle")
    p.paint(p.blob([(24, -8), (44, -18), (66, -18), (74, -4), (66, 8), (46, 12), (28, 10)]), "blood", 0.6,
        name="left_ventricle")
    p.paint(p.blob([(-20, 14), (-4, 4), (16, 6), (26, 16), (24, 28), (4, 32), (-16, 28)]), "blood", 0.6,
        name="left_atrium")
    vessel(p, 28, 48, 11.5, "blood", "descending_aorta")
    vessel(p, -12, 64, 3, "vein")
    p.paint(p.ellipse(10, 42, 7, 4.5), "oesophagus", 0.3, name="oesophagus")


def _wall(p: Plane) -> None:
    """Skin, fat, muscles and lower ribs of the abdomen."""
    body = p.blob([(0, -104), (70, -102), (130, -74), (160, -20), (160, 30), (134, 78), (80, 100), (30, 104), (0, 99),
        *mirrored([(30, 104), (80, 100), (134, 78), (160, 30), (160, -20), (130, -74), (70, -102)])])
    p.paint(body, "skin", 0.4)
    p.paint(p.grown(body, -2), "fat", 0.4, name="body")
    p.paint(p.grown(body, -17), "muscle", 0.8)
    p.paint(p.blob([(0, -82), (64, -80), (112, -58), (133, -14), (134, 24), (114, 60), (78, 74), (30, 60), (0, 50),
        *mirrored([(30, 60), (78, 74), (114, 60), (134, 24), (133, -14), (112, -58), (64, -80)])]), "fat", 0.6,
        name="cavity")
    for s in (-1, 1):
        p.paint(p.tube([(s * 10, 86), (s * 36, 80), (s * 64, 76)], [16, 31, 12]), "muscle", 0.6)
    vertebra(p, 0, 44, 23, 17)


def _coils(p: Plane, places: list[tuple[float, float]], radius: float, tissue: str = "gut",
    content: str = "content") -> None:
    """Cut loops of bowel."""
    for x, y in places:
        r = radius * p.rng.uniform(0.85, 1.15)
        a = p.rng.uniform(0, 180)
        p.paint(p.ellipse(x, y, r * 1.15, r * 0.9, a, 0.08), tissue, 0.4)
        p.paint(p.ellipse(x, y, r * 1.15 - 2.6, r * 0.9 - 2.6, a, 0.08), content, 0.6)


def _jejunum(p: Plane, x: float, y: float) -> None:
    """A loop of jejunum with thick, feathery folds."""
    p.paint(p.ellipse(x, y, 17, 13, 20), "gut", 0.4)
    inner = p.ellipse(x, y, 13.5, 9.5, 20)
    p.paint(inner, "content", 0.5)
    for t in np.linspace(0, 2 * np.pi, 13)[:-1]:
        edge = (x + 15 * np.cos(t), y + 11 * np.sin(t))
        p.paint(p.tube([edge, (x + 5 * np.cos(t + 0.15), y + 3.5 * np.sin(t + 0.15))], [2.8, 1.6]),
            120.0 if p.values["air"] < -500 else "gut", 0.3)


def abdomen(p: Plane, level: str = "liver", liver: float = 1.0, spleen: float = 1.0, loops: str = "normal") -> None:
    """Abdomen at the level "liver" (with spleen, stomach, adrenals), "kidney" (with pancreas head, bowel) or "pelvis".

    `loops` of small bowel at the level of the kidneys: "normal", "folds" (jejunal folds thickened) or "few".
    """
    if level == "kidney":
        _middle(p, liver, spleen, loops)
    else:
        {"liver": _upper, "pelvis": _pelvis}[level](p, liver, spleen)


def _upper(p: Plane, liver: float, spleen: float) -> None:
    _wall(p)
    _cage(p, 141, 84, [74, 96, 118, 138, 156])
    k = liver
    p.paint(p.blob([(-128, -6), (-120, -46), (-88, -72), (-40, -78), (10 + 20 * k, -74), (18 + 22 * k, -60), (0, -44),
        (-22, -22), (-30, 4), (-40, 40), (-72, 64), (-108, 52), (-126, 24)]), "liver", 0.4, name="liver")
    q = spleen
    p.paint(p.blob([(122, 62 - 30 * q), (129, 20), (126, 50), (104, 69), (74, 70), (84 - 8 * q, 56),
        (104 - 12 * q, 34), (108 - 10 * q, 62 - 42 * q)]), "spleen", 0.4, name="spleen")
    stomach = p.blob([(28, -42), (48, -68), (88, -66), (116, -36), (116, -6), (98, 10), (78, -4), (58, -22), (36, -28)])
    p.paint(stomach, "gut", 0.4, name="stomach")
    inner = p.grown(stomach, -4)
    p.paint(inner, "content", 0.6)
    p.paint(inner * (p.y < -44), "gas", 0.4)
    vessel(p, 9, 16, 10.5, "blood", "aorta")
    p.paint(p.ellipse(-24, 12, 12.5, 9, 15), "vein", 0.4, name="caval_vein")
    for line, w in (([(-30, -14), (-52, -12), (-76, -4), (-96, 2)], [9, 8, 6, 2]),
        ([(-40, -13), (-44, -34), (-34, -54)], [7, 5, 2]), ([(-76, -4), (-88, -26), (-94, -44)], [5, 4, 1.5]),
                    ([(-70, -6), (-82, 20), (-90, 38)], [5, 4, 1.5]), ([(-30, 10), (-56, 16), (-80, 44)], [6, 5, 2])):
        p.paint(p.tube(line, w) * p.named["liver"], "vein", 0.5)
    p.named["portal_vein"] = p.tube([(-30, -14), (-52, -12), (-76, -4)], [9, 8, 6])
    p.paint(p.tube([(24, 4), (52, 14), (86, 34), (100, 44)], [6, 6, 5, 4]), "vein", 0.4, name="splenic_vein")
    p.paint(p.tube([(16, -4), (42, 0), (70, 14), (92, 30)], [14, 15, 16, 12]), "pancreas", 0.5, name="pancreas")
    for s, points in ((-1, [(-34, 18), (-42, 28), (-52, 40)]), (1, [(34, 22), (42, 26), (54, 44)])):
        p.paint(p.tube(points, [3.5, 4, 3]), "adrenal", 0.3, name="right_adrenal" if s < 0 else "left_adrenal")
    p.paint(p.tube([(42, 26), (38, 42)], [4, 3]), "adrenal", 0.3)
    p.paint(p.tube([(-12, 30), (-16, 42)], [5, 3]), "muscle", 0.5)
    p.paint(p.tube([(20, 30), (22, 44)], [5, 3]), "muscle", 0.5)


def kidney(p: Plane, x: float, y: float, side: int, size: float = 1.0) -> None:
    """A kidney cut across; its pelvis opens towards the midline. `side` -1 is the patient's right."""
    name = "right_kidney" if side < 0 else "left_kidney"
    outer = p.ellipse(x, y, 27 * size, 24 * size, side * 25, 0.02)
    p.paint(outer, "kidney", 0.4, name=name)
    p.paint(p.grown(outer, -7 * size), "medulla", 1.0)
    p.paint(p.blob([(x - side * 30 * size, y - 3), (x - side * 12 * size, y - 9 * size),
        (x + side * 8 * size, y - 5 * size), (x + side * 8 * size, y + 7 * size),
        (x - side * 12 * size, y + 8 * size), (x - side * 30 * size, y + 4)]), "fat", 0.5)
    p.paint(p.ellipse(x - side * 12 * size, y, 9 * size, 4 * size), "pelvis_of_kidney", 0.5, name=f"{name}_pelvis")


def _middle(p: Plane, liver: float, spleen: float, loops: str) -> None:
    _wall(p)
    _cage(p, 141, 84, [112, 140])
    k = 10 * (liver - 1)
    p.paint(p.blob([(-127, -10), (-118, -46), (-92, -62), (-70 + 2 * k, -52 - k / 2), (-62 + 2 * k, -24),
        (-78 + k, 10), (-100, 30 + k), (-120, 20)]), "liver", 0.4, name="liver")
    if spleen > 1.2:
        q = 30 * (spleen - 1)
        p.paint(p.blob([(128, -4), (127, 26), (114, 46), (102, 34), (98, 8), (98 - q * 0.6, -14 - q * 0.7),
            (104, -26 - q), (120, -22 - q * 0.6)]), "spleen", 0.4, name="spleen")
    for s in (-1, 1):
        p.paint(p.ellipse(s * 37, 46, 14, 18, s * 20), "muscle", 0.5)
        kidney(p, s * 76, 40, s)
    vessel(p, 10, 13, 10, "blood", "aorta")
    p.paint(p.ellipse(-20, 15, 12, 9), "vein", 0.4, name="caval_vein")
    p.paint(p.tube([(-8, 13), (14, -2), (40, 18), (58, 34)], [5, 6, 6, 5]) * (1 - p.named["aorta"]), "vein", 0.4)
    vessel(p, 8, -12, 4, "blood", "mesenteric_artery")
    vessel(p, -6, -14, 6, "vein", "mesenteric_vein")
    p.paint(p.blob([(-40, -8), (-34, -26), (-16, -30), (-12, -14), (-14, 0), (-26, 4)]), "pancreas", 0.5,
        name="pancreas")
    _coils(p, [(-50, -10)], 13)
    p.paint(p.ellipse(-64, -36, 14, 12), "gut", 0.4)
    p.paint(p.ellipse(-64, -36, 12.5, 10.5), "bile", 0.4, name="gallbladder")
    if loops == "normal":
        _coils(p, [(30, -20), (56, -16), (40, -44), (68, -42), (12, -40), (90, -24)], 13)
    elif loops == "folds":
        for x, y in ((82, -38), (58, -50), (86, -8)):
            _jejunum(p, x, y)
    else:
        _coils(p, [(62, -46), (86, -34)] if spleen < 1.2 else [(56, -50)], 12)
    if spleen <= 1.2:
        _coils(p, [(115, -8)], 14, content="faeces")
    _coils(p, [(-106, 50)], 12, content="faeces")
    colon = p.tube([(-64, -66), (-20, -74), (30, -72), (84, -62)], [17, 20, 18, 17])
    p.paint(colon, "gut", 0.4, name="colon")
    p.paint(p.grown(colon, -2.5), "gas", 0.4)


def _pelvis(p: Plane, liver: float, spleen: float) -> None:
    _wall(p)
    p.paint(p.blob([(-118, -40), (0, -78), (118, -40), (122, 30), (60, 80), (0, 84), (-60, 80), (-122, 30)]), "fat",
        0.6, name="cavity")
    for s in (-1, 1):
        p.paint(p.tube([(s * 112, -30), (s * 103, 6), (s * 73, 48)], [10, 17, 28]), "bone", 0.5,
            name=f"{'right' if s < 0 else 'left'}_ilium")
        p.paint(p.tube([(s * 112, -28), (s * 103, 6), (s * 73, 48)], [5, 12.5, 23.5]), "marrow", 0.6)
        p.paint(p.tube([(s * 128, -10), (s * 124, 34), (s * 92, 74)], [16, 26, 20]), "muscle", 0.6)
        p.paint(p.ellipse(s * 70, -8, 22, 17, s * 55), "muscle", 0.5)
        vessel(p, s * 52, 10, 5.5, "blood", f"iliac_artery_{'right' if s < 0 else 'left'}")
        vessel(p, s * 56, 24, 6.5, "vein")
    sacrum = p.blob([(-56, 46), (-24, 34), (0, 32), (24, 34), (56, 46), (42, 72), (14, 84), (-14, 84), (-42, 72)])
    p.paint(sacrum, "bone", 0.5, name="sacrum")
    p.paint(p.grown(sacrum, -2.2), "marrow", 0.7)
    p.paint(p.ellipse(0, 68, 10, 6), "cord", 0.4)
    _coils(p, [(-30, -40), (-4, -46), (24, -42), (46, -34), (-50, -22), (-18, -20), (10, -18), (32, -14)], 12.5)
    _coils(p, [(0, 14)], 17, content="faeces")
    _coils(p, [(-88, -26)], 15, content="faeces")
    _coils(p, [(90, -24)], 13, content="faeces")
