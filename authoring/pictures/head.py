"""Anatomy of the head for MRI.

Axial levels, painted by tissue name.
"""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

import numpy as np

from authoring.pictures.phantom import Array, Plane, mirrored, noise

SEQUENCES = {
    "T1": {"scalp": 0.85, "muscle": 0.38, "bone": 0.03, "marrow": 0.6, "csf": 0.12, "grey": 0.42, "white": 0.60,
    "deep": 0.46, "pallidum": 0.52,
           "thalamus": 0.48, "eye": 0.15, "stem": 0.54, "cerebellum": 0.47, "fat": 0.95, "vessel": 0.05, "falx": 0.3,
           "pituitary": 0.5, "cord": 0.5},
    "T2": {"scalp": 0.62, "muscle": 0.22, "bone": 0.03, "marrow": 0.4, "csf": 0.95, "grey": 0.55, "white": 0.36,
    "deep": 0.47, "pallidum": 0.36,
           "thalamus": 0.45, "eye": 0.95, "stem": 0.4, "cerebellum": 0.47, "fat": 0.7, "vessel": 0.03, "falx": 0.2,
           "pituitary": 0.5, "cord": 0.4},
    "FLAIR": {"scalp": 0.6, "muscle": 0.25, "bone": 0.03, "marrow": 0.4, "csf": 0.06, "grey": 0.48, "white": 0.36,
    "deep": 0.45, "pallidum": 0.37,
              "thalamus": 0.43, "eye": 0.08, "stem": 0.4, "cerebellum": 0.44, "fat": 0.65, "vessel": 0.04,
              "falx": 0.2, "pituitary": 0.45, "cord": 0.4},
    "DWI": {"scalp": 0.08, "muscle": 0.08, "bone": 0.02, "marrow": 0.05, "csf": 0.05, "grey": 0.42, "white": 0.34,
    "deep": 0.38, "pallidum": 0.26,
            "thalamus": 0.38, "eye": 0.05, "stem": 0.38, "cerebellum": 0.38, "fat": 0.05, "vessel": 0.03, "falx": 0.1},
    "ADC": {"scalp": 0.05, "muscle": 0.05, "bone": 0.0, "marrow": 0.02, "csf": 0.95, "grey": 0.42, "white": 0.38,
    "deep": 0.39, "pallidum": 0.36,
            "thalamus": 0.39, "eye": 0.9, "stem": 0.38, "cerebellum": 0.39, "fat": 0.03, "vessel": 0.05, "falx": 0.2},
    "SWI": {"scalp": 0.4, "muscle": 0.3, "bone": 0.02, "marrow": 0.3, "csf": 0.62, "grey": 0.52, "white": 0.47,
    "deep": 0.44, "pallidum": 0.3,
            "thalamus": 0.46, "eye": 0.6, "stem": 0.46, "cerebellum": 0.48, "fat": 0.4, "vessel": 0.08, "falx": 0.3},
}
for _table in SEQUENCES.values():
    _table.update(air=0.0, sinus=0.0)
SEQUENCES["T1C"] = SEQUENCES["T1"] | {"vessel": 0.95, "falx": 0.75, "pituitary": 0.85}


def _shell(p: Plane, rx: float, ry: float) -> Array:
    """Scalp, skull and the space for the brain; half-axes of the inner table."""
    for extra, tissue in ((13, "scalp"), (8, "bone"), (6, "marrow"), (3.5, "bone"), (1, "csf")):
        p.paint(p.ellipse(0, 0, rx + extra, ry + extra * 0.98), tissue, 0.3)
    return p.ellipse(0, 0, rx, ry)


def _sulci(p: Plane, rx: float, ry: float, atrophy: float, count: int = 22) -> Array:
    """Furrows from the surface inwards, and the fissures."""
    rng, out = p.rng, np.zeros_like(p.grey)
    for side in (-1, 1):
        for i in range(count):
            a = np.deg2rad(-84 + 168 * (i + rng.uniform(0.25, 0.75)) / count)
            long = rng.choice([9, 13, 18], p=[0.35, 0.4, 0.25]) * rng.uniform(0.85, 1.15)
            bend = rng.normal(0, 2.2)
            outer = np.array([side * rx * np.cos(a), ry * np.sin(a)])
            inward = -outer / np.hypot(*outer)
            across = np.array([-inward[1], inward[0]])
            points = [outer - inward, outer + inward * long * 0.5 + across * bend,
                outer + inward * long + across * rng.normal(0, 2.5)]
            out = np.maximum(out, p.tube(points, [1.8 * atrophy, 1.2 * atrophy, 0.8 * atrophy]))
    return np.maximum(out, p.tube([(0, -ry - 1), (0.4, 0), (0, ry + 1)], 1.6 * atrophy))


def _both(p: Plane, points: list[tuple[float, float]]) -> Array:
    return np.maximum(p.blob(points), p.blob(mirrored(points)))


def _cerebrum(p: Plane, rx: float, ry: float, atrophy: float, midline: tuple[float, float], sylvian: bool) -> Array:
    """Cortical ribbon over white matter.

    `midline` is the stretch of the midline where no fissure divides the halves.
    """
    brain = _shell(p, rx, ry)
    furrows = _sulci(p, rx, ry, atrophy)
    middle = (np.abs(p.x) < 7) & (p.y > midline[0]) & (p.y < midline[1])
    furrows = furrows * ~middle
    if sylvian:
        for s in (-1, 1):
            furrows = np.maximum(furrows, p.tube([(s * (rx + 1), -10), (s * 50, -14), (s * 40, -6), (s * 41, 6)],
                [3 * atrophy, 2.4, 2.2, 1.2]))
    tissue = brain * (1 - furrows)
    ribbon = tissue * (p.depth(tissue) < 3.6)
    p.paint(tissue, "white", 0.3, name="brain")
    p.paint(ribbon, "grey", 0.5, name="cortex")
    p.named["white"] = tissue * (1 - ribbon)
    p.paint(p.tube([(0, -ry), (0, midline[0] - 4)], 0.9), "falx", 0.2)
    p.paint(p.tube([(0, midline[1] + 6), (0, ry)], 0.9), "falx", 0.2)
    return tissue


def axial_basal_ganglia(p: Plane, atrophy: float = 1.0, ventricles: float = 1.0) -> None:
    """Level of frontal horns, caudate, lentiform nucleus, thalamus, third ventricle and trigones."""
    _cerebrum(p, 66, 83, atrophy, (-38, 34), sylvian=True)
    v = ventricles
    p.paint(_both(p, [(5, -30), (12 + v, -33), (17, -27), (19, -20), (17, -15), (11, -14), (6, -20)]), "deep", 0.4,
        name="caudate")
    p.paint(_both(p, [(25, -22), (31, -16), (32, -6), (28, 3), (24, -2), (22, -12)]), "deep", 0.4, name="putamen")
    p.paint(_both(p, [(16, -9), (21, -13), (23, -6), (23, 0), (19, -2)]), "pallidum", 0.4, name="pallidum")
    p.paint(_both(p, [(3, -4), (9, -5), (16, 2), (20, 11), (16, 18), (8, 15), (3, 8)]), "thalamus", 0.5,
        name="thalamus")
    p.paint(_both(p, [(37.5, -19), (39.5, -10), (39, 3), (37, 3), (37.5, -8)]), "grey", 0.3, name="insula")
    p.paint(_both(p, [(34, -16), (34.8, -8), (34, 2), (33.4, 2), (33.9, -8)]), "deep", 0.2)
    horns = [(1.2, -18), (3, -30), (8 + v, -35 - v), (12 * v**0.5, -32), (8.5, -24), (4 + v, -15), (1.5, -13)]
    p.paint(_both(p, horns), "csf", 0.3, name="frontal_horns")
    trigone = [(15, 20), (20, 19), (26 * v**0.2, 26), (29 * v**0.2, 38), (26, 46 + 2 * v), (23.5, 38), (19, 28)]
    p.paint(_both(p, trigone), "csf", 0.3, name="trigones")
    p.paint(p.ellipse(0, 2, 1.5 * v, 10), "csf", 0.3, name="third_ventricle")
    p.paint(p.tube([(0, -31), (0, -13)], 1.1), "white", 0.2)
    p.paint(p.ellipse(0, 17, 3.5, 2.6), "csf", 0.4)
    p.named["ventricles"] = np.max([p.named[n] for n in ("frontal_horns", "trigones", "third_ventricle")], axis=0)
    p.named["lentiform"] = np.maximum(p.named["putamen"], p.named["pallidum"])


def axial_ventricles(p: Plane, atrophy: float = 1.0, ventricles: float = 1.0) -> None:
    """Level of the bodies of the lateral ventricles and the corona radiata."""
    _cerebrum(p, 65, 82, atrophy, (-32, 36), sylvian=False)
    v = ventricles
    p.paint(_both(p, [(9 + 3 * v, -24), (15 + 2 * v, -18), (17 + 2 * v, 0), (18 + 2 * v, 16), (15 + v, 12),
        (13 + v, -6)]), "deep", 0.4, name="caudate")
    body = [(1.5, -24), (7 + 2 * v, -30 - v), (10 + 3 * v, -22), (9 + 3 * v, -4), (13 + 3 * v, 14), (20 + 2 * v, 30),
        (14 + v, 30), (7, 16), (2, 4)]
    p.paint(_both(p, body), "csf", 0.3, name="ventricles")
    p.paint(p.tube([(0, -28), (0, 12)], 1.6), "white", 0.2)


def axial_centrum(p: Plane, atrophy: float = 1.0, ventricles: float = 1.0) -> None:
    """Level of the centrum semiovale, above the ventricles."""
    _cerebrum(p, 62, 79, atrophy * 1.15, (0, 0), sylvian=False)


def axial_midbrain(p: Plane, atrophy: float = 1.0, ventricles: float = 1.0) -> None:
    """Level of the midbrain, temporal lobes, suprasellar cistern and upper cerebellar vermis."""
    _cerebrum(p, 64, 83, atrophy, (-36, 46), sylvian=True)
    p.paint(p.blob([(0, -24), (12, -18), (20, -8), (21, 6), (16, 18), (0, 26), (-16, 18), (-21, 6), (-20, -8),
        (-12, -18)]), "csf", 0.4)
    p.paint(_both(p, [(3, 2), (4, -7), (10, -12), (16, -8), (17, 0), (14, 10), (8, 17), (0, 18), (0, 4)]), "stem",
        0.4, name="midbrain")
    p.paint(_both(p, [(5, -5), (9, -7), (14, -2), (13, 0), (9, -3)]), "pallidum", 0.4, name="substantia_nigra")
    p.paint(_both(p, [(4.5, 2), (7.5, 0), (8, 4), (5.5, 6)]), "pallidum", 0.4, name="red_nucleus")
    p.paint(p.ellipse(0, 14, 1.3, 1.6), "csf", 0.2)
    p.paint(p.blob([(0, 24), (14, 28), (20, 42), (12, 56), (0, 60), (-12, 56), (-20, 42), (-14, 28)]), "cerebellum",
        0.4, name="cerebellum")
    for y in range(30, 58, 4):
        p.paint(p.tube([(-11, y + 2), (0, y - 1), (11, y + 2)], 0.8), "csf", 0.3)
    horn = [(27, 0), (31, -4), (33, 4), (34, 16), (31, 16), (29, 6)]
    p.paint(_both(p, horn), "csf", 0.3, name="ventricles") if ventricles > 1.2 else None
    p.paint(_both(p, [(23, -8), (29, -7), (31, 4), (32, 18), (27, 18), (24, 6)]), "grey", 0.4, name="hippocampus")
    p.paint(_both(p, [(21, -14), (27, -17), (31, -12), (27, -7), (22, -8)]), "grey", 0.4, name="amygdala")
    for s in (-1, 1):
        p.paint(p.ellipse(s * 9, -20, 1.6, 1.6), "vessel", 0.2)


def axial_posterior_fossa(p: Plane, atrophy: float = 1.0, ventricles: float = 1.0) -> None:
    """Level of the pons, fourth ventricle, cerebellar hemispheres, temporal poles and orbits."""
    for extra, tissue in ((13, "scalp"), (8, "bone"), (6, "marrow"), (3.5, "bone")):
        p.paint(p.ellipse(0, 0, 62 + extra, 83 + extra * 0.98), tissue, 0.3)
    p.paint(p.ellipse(0, 0, 62, 83), "bone", 0.3)
    for s in (-1, 1):
        p.paint(p.blob([(s * 6, -40), (s * 12, -72), (s * 30, -82), (s * 46, -68), (s * 30, -48)]), "fat", 0.4)
        p.paint(p.ellipse(s * 30, -68, 12.5, 12.5), "eye", 0.3)
        p.paint(p.ellipse(s * 30, -76, 4.5, 2.2), "muscle", 0.3)
        p.paint(p.tube([(s * 27, -56), (s * 14, -40)], 3.2), "stem", 0.3)
        for line in ([(s * 42, -66), (s * 30, -50), (s * 16, -40)], [(s * 17, -70), (s * 15, -55), (s * 10, -42)]):
            p.paint(p.tube(line, [2, 4, 2]), "muscle", 0.3)
        fossa = p.blob([(s * 16, -30), (s * 30, -46), (s * 50, -42), (s * 58, -20), (s * 57, -2), (s * 40, 2),
            (s * 24, -8)])
        p.paint(fossa, "csf", 0.4)
        lobe = p.grown(fossa, -1.5)
        p.paint(lobe, "grey", 0.4, name=f"temporal_{'right' if s < 0 else 'left'}")
        p.paint(p.grown(lobe, -4.5), "white", 0.6)
        p.paint(p.ellipse(s * 40, 10, 7, 5, s * 25), "sinus", 0.4)
    p.paint(p.ellipse(0, -66, 9, 17), "sinus", 0.6)
    p.paint(p.tube([(0, -84), (0, -50)], 1.2), "bone", 0.3)
    p.paint(p.ellipse(0, -36, 9, 7), "sinus", 0.4)
    fossa = p.blob([(0, -14), (14, -10), (30, 8), (48, 24), (50, 46), (36, 68), (12, 76), (0, 77),
        *mirrored([(12, 76), (36, 68), (50, 46), (48, 24), (30, 8), (14, -10)])])
    p.paint(fossa, "csf", 0.4)
    cerebellum = _both(p, [(2, 30), (10, 22), (24, 16), (42, 26), (46, 44), (34, 64), (12, 71), (2, 68)])
    p.paint(cerebellum, "cerebellum", 0.4, name="cerebellum")
    for s in (-1, 1):
        for k in range(9):
            y = 28 + 4.6 * k
            p.paint(p.tube([(s * 46, y + 4), (s * 36, y + 1), (s * 20, y + 3)], [1.0, 0.8, 0.3]) * cerebellum, "csf",
                0.35)
        p.paint(p.ellipse(s * 18, 38, 10, 11) * cerebellum, "white", 2.0)
    p.paint(p.ellipse(0, 52, 5.5, 17), "cerebellum", 0.4, name="vermis")
    p.paint(p.blob([(0, -8), (12, -5), (17, 4), (14, 14), (6, 19), (0, 19),
        *mirrored([(6, 19), (14, 14), (17, 4), (12, -5)])]), "stem", 0.4, name="pons")
    for s in (-1, 1):
        p.paint(p.tube([(s * 14, 10), (s * 22, 22), (s * 24, 32)], [9, 9, 6]), "stem", 0.6,
            name=f"peduncle_{'right' if s < 0 else 'left'}")
        p.paint(p.tube([(s * 17, 7), (s * 30, 8)], 1.8), "stem", 0.3)
    v = ventricles
    p.paint(p.blob([(0, 19), (6 * v, 20), (9 * v, 25), (4 * v, 28), (0, 31 + v),
        *mirrored([(4 * v, 28), (9 * v, 25), (6 * v, 20)])]), "csf", 0.3, name="ventricles")
    p.paint(p.ellipse(0.5, -11, 1.7, 1.7), "vessel", 0.2)


LEVELS = {
    "basal_ganglia": axial_basal_ganglia, "ventricles": axial_ventricles, "centrum": axial_centrum,
    "midbrain": axial_midbrain,
    "posterior_fossa": axial_posterior_fossa,
}


def brain_texture(p: Plane, amount: float) -> None:
    """Coil shading and slight unevenness, relative to the signal."""
    p.grey *= 1 + amount * noise(p.grey.shape, 18 * p.scale, p.rng) + amount * 0.5 * p.grain(1.0)
