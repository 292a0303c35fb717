"""More painters of tissue sections: artery in muscle, pancreas, lymph node, sweat gland, uterus (see `sections`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from authoring.pictures.sections import BROWN, EOSIN, epithelium
from authoring.pictures.tissue import Colour, Point, Slide, around, blob, circle, far_from, inside


def vessel(s: Slide, at: Point, radius: float, wall: float, colour: Colour | None = None, nuclei: int = 8) -> None:
    """A small vessel with a clean wall."""
    s.fill(circle(at, radius), colour or s.shade(s.stain["fibre"], 4))
    s.fill(circle(at, radius - wall), (253, 250, 251))
    for turn in np.linspace(0, 2 * np.pi, nuclei, endpoint=False):
        s.nucleus(around(at, radius - wall * 0.6, turn), 2.3, 2.6, turn + np.pi / 2)


def muscle_artery(s: Slide, brown: str = "", share: float = 1.0) -> None:
    """Muscle fibres and an artery of 250 pixels with transmural necrosis of its right half."""
    rng = s.rng
    centre, outer, inner = (s.width * 0.44, s.height * 0.46), 125.0, 58.0
    small = [((s.width * 0.87, s.height * 0.2), 22.0), ((s.width * 0.09, s.height * 0.88), 24.0)]
    tiny = [
        ((s.width * 0.86, s.height * 0.62), 8.0),
        ((s.width * 0.07, s.height * 0.16), 8.0),
        ((s.width * 0.62, s.height * 0.93), 8.0),
        ((s.width * 0.93, s.height * 0.42), 8.0),
    ]
    s.fibres(200, length=70)
    clear = far_from([(centre, outer + 52), *((c, r + 24) for c, r in small), *((c, r + 15) for c, r in tiny)])
    for point in s.scatter(90, 49, clear, -30):
        outline = blob(rng, point, 24, 0.14, 1.15)
        s.fill(outline, s.shade((218, 120, 148), 6), (246, 226, 232), 2)
        for spot in outline[:: len(outline) // 3][:3]:
            s.nucleus(tuple(spot * 0.94 + np.array(point) * 0.06), 2.6, 2.2)
    s.fill(blob(rng, centre, outer + 30, 0.05), s.shade(s.stain["ground"], 2))
    s.fill(circle(centre, outer, 120), (228, 148, 174))
    for far in np.arange(inner + 12, outer, 11):
        s.line(circle(centre, far, 120), (*s.shade((206, 112, 146), 5), 170), 1.4)
        for turn in np.arange(np.pi / 2 + 0.1, 3 * np.pi / 2 - 0.1, 19 / far):
            s.nucleus(around(centre, far + 3, turn + rng.normal(0, 0.06)), 2.8, 3.0, turn + np.pi / 2)
    turn = np.linspace(-np.pi / 2, np.pi / 2, 60)
    ragged = outer * (1.06 + 0.04 * np.sin(turn * 7)), inner * (0.86 + 0.07 * np.sin(turn * 9 + 1))
    smudge = np.vstack(
        [
            np.c_[centre[0] + ragged[0] * np.cos(turn), centre[1] + ragged[0] * np.sin(turn)],
            np.c_[centre[0] + ragged[1] * np.cos(turn[::-1]), centre[1] + ragged[1] * np.sin(turn[::-1])],
        ]
    )
    s.fill(circle(centre, inner, 80), (236, 190, 208))
    s.soft(smudge, (232, 54, 118), 3)
    within = inside(smudge)
    for point in s.scatter(120, 12, within):
        s.soft(blob(rng, point, rng.uniform(5, 13), 0.3), (*s.shade((240, 84, 140), 16), 190), 2)
    for point in s.scatter(45, 13, within):
        s.fill(blob(rng, point, 2.0, 0.4), (120, 40, 110))
    wave = np.linspace(np.pi / 2, 3 * np.pi / 2, 130)
    s.line(
        np.c_[
            centre[0] + (inner + 2 + 3 * np.sin(wave * 26)) * np.cos(wave),
            centre[1] + (inner + 2 + 3 * np.sin(wave * 26)) * np.sin(wave),
        ],
        (150, 40, 96),
        2.4,
    )
    s.fill(blob(rng, (centre[0] - 10, centre[1]), 27, 0.14, 1.4, np.pi / 2), (252, 249, 250), (170, 90, 130), 1)
    for point in s.scatter(
        330,
        6.6,
        lambda p: outer * 1.08 < np.hypot(p[0] - centre[0], p[1] - centre[1]) < outer + 44 and p[0] > centre[0] - 8,
    ):
        if rng.uniform() < 0.5:
            s.nucleus(point, 3.1, 1.05)
        else:
            for k in range(3):
                s.fill(blob(rng, around(point, 1.9, k * 2.1), 1.5), (66, 30, 110))
    for at, radius in small:
        vessel(s, at, radius, 5, nuclei=10)
    for at, radius in tiny:
        vessel(s, at, radius, 2.6, nuclei=4)


def storiform(s: Slide, brown: str = "", share: float = 1.0, *, positive: int = 62, landmarks: bool = True) -> None:
    """Cartwheel fibrosis with lymphocytes and plasma cells round a duct; a plugged vein beside an open artery."""
    rng = s.rng
    wheels = np.array([(0.16, 0.25), (0.82, 0.8), (0.14, 0.85), (0.5, 0.06), (0.5, 1.02), (0.97, 0.25)]) * (
        s.width,
        s.height,
    )
    paths = []
    for _ in range(620):
        at = np.array([rng.uniform(-10, s.width + 10), rng.uniform(-10, s.height + 10)])
        path = [at]
        for _ in range(9):
            gap = at - wheels[((wheels - at) ** 2).sum(1).argmin()]
            turn = np.arctan2(gap[1], gap[0]) + 0.75
            at = at + 6 * np.array([np.cos(turn), np.sin(turn)])
            path.append(at)
        paths.append(path)
        s.line(path, (*s.shade(s.stain["fibre"], 9), 150), rng.uniform(2, 4))
    for path in paths[::2]:
        way = path[5] - path[4]
        s.nucleus(tuple(path[4]), 2.4, 3.6, float(np.arctan2(way[1], way[0])))
    duct = (s.width * 0.47, s.height * 0.48)
    vein, artery = (s.width * 0.8, s.height * 0.42), (s.width * 0.9, s.height * 0.56)
    keep_out = [(duct, 66.0)] + ([(vein, 40.0), (artery, 30.0)] if landmarks else [])
    clear = far_from(keep_out)
    near = lambda p: np.exp(-(((np.hypot(p[0] - duct[0], p[1] - duct[1]) - 66) / 55) ** 2)) + 0.16  # noqa: E731
    if landmarks:
        for c in ((s.width * 0.12, s.height * 0.56), (s.width * 0.62, s.height * 0.9)):
            for k in range(4):
                at = around(c, 17, k * 1.6)
                s.fill(blob(rng, at, 11, 0.12), (206, 140, 190), (240, 220, 232), 1)
                for m in range(5):
                    s.nucleus(around(at, 6.5, m * 1.26), 2.3, 1.1)
                s.fill(blob(rng, at, 2, 0.2), (250, 246, 250))
            keep_out.append((c, 34.0))
    cells = s.scatter(520, 9.5, lambda p: clear(p) and far_from(keep_out)(p) and rng.uniform() < near(p))
    plasma = [c for c in cells if 12 < c[0] < s.width - 12 and 36 < c[1] < s.height - 50]
    chosen = {plasma[i] for i in rng.permutation(len(plasma))[:positive]} if brown == "plasma" else set()
    for k, point in enumerate(cells):
        if point in chosen or (k % 2 and not brown):
            body = BROWN if point in chosen else (192, 130, 190)
            turn = rng.uniform(0, 6.3)
            s.fill(blob(rng, point, 6.2, 0.06, 1.35, turn), body, (*(max(0, v - 40) for v in body), 255), 0.6)
            s.nucleus(around(point, 2.2, turn), 2.9, 1.0)
        else:
            s.nucleus(point, 3.2, 1.05)
    s.fill(circle(duct, 62), s.shade(s.stain["ground"], 2))
    ring = circle(duct, 34)
    s.fill(ring, (253, 250, 252))
    epithelium(s, ring, 21, 8.5, closed=True, side=-1, radius=3.8)
    if landmarks:
        s.fill(circle(vein, 36, flat=0.8), (226, 150, 180), (196, 110, 150), 1.5)
        s.fill(circle(vein, 30, flat=0.8), (244, 216, 228))
        for point in s.scatter(
            90,
            6.3,
            lambda p: np.hypot(p[0] - vein[0], (p[1] - vein[1]) / 0.8) < 28,
            box=(vein[0] - 30, vein[1] - 26, vein[0] + 30, vein[1] + 26),
        ):
            s.nucleus(point, 3, 1.05)
        s.fill(circle(artery, 27), (228, 140, 172))
        for turn in np.linspace(0, 6.3, 12)[:-1]:
            s.nucleus(around(artery, 20, turn), 2.3, 2.8, turn + np.pi / 2)
        s.fill(circle(artery, 13), (254, 252, 252), (160, 60, 110), 1.4)


def lymph_node(s: Slide, brown: str = "", share: float = 1.0) -> None:
    """Follicles with shrunken centres, concentric mantles and a hyaline vessel running in; vessels between them."""
    rng = s.rng
    follicles = [
        ((s.width * 0.25, s.height * 0.36), 104.0, 0.5),
        ((s.width * 0.74, s.height * 0.6), 112.0, 3.8),
        ((s.width * 0.3, s.height * 0.93), 84.0, 5.2),
    ]
    between = [(p, rng.uniform(9, 13)) for p in s.scatter(26, 46, far_from([(c, r + 17) for c, r, _ in follicles]), 6)]
    clear = far_from([(c, r + 3) for c, r, _ in follicles] + [(p, r + 3) for p, r in between])
    for point in s.scatter(380, 13, clear):
        s.nucleus(point, rng.uniform(3.2, 4.2), 1.1)
    for at, radius in between:
        vessel(s, at, radius, 4.5, (236, 132, 172), 7)
    for centre, radius, turn in follicles:
        s.fill(blob(rng, centre, radius, 0.02), (236, 214, 232))
        for far in np.arange(37, radius, 11):
            for a in np.arange(0, 2 * np.pi, 10.2 / far):
                s.nucleus(around(centre, far + rng.normal(0, 0.7), a), 3.9, 1.5, a + np.pi / 2, colour=(70, 42, 120))
            s.line(circle(centre, far + 5.5, 90), (250, 236, 244, 200), 1.4)
        s.fill(blob(rng, centre, 30, 0.05), (247, 226, 232))
        for point in s.scatter(
            12,
            11,
            lambda p, c=centre: np.hypot(p[0] - c[0], p[1] - c[1]) < 25,
            box=(centre[0] - 25, centre[1] - 25, centre[0] + 25, centre[1] + 25),
        ):
            s.nucleus(point, 4.2, 1.4, open_=True)
        path = np.array(
            [
                around(
                    (centre[0] + rng.normal(0, 1), centre[1] + rng.normal(0, 1)), far, turn + 0.05 * np.sin(far / 12)
                )
                for far in np.linspace(6, radius + 26, 20)
            ]
        )
        s.line(path, (238, 120, 160), 13)
        s.line(path, (252, 220, 232), 4)
        for spot in path[::4]:
            s.nucleus((spot[0] + 4, spot[1] + 3), 2.2, 2.4, turn)


def sweat_gland(s: Slide, brown: str = "", share: float = 0.2) -> None:
    """Coils of a sweat gland and two fat cells; some nuclei hold one round body, pink (arrows) or brown."""
    rng = s.rng
    s.fibres(150, length=80)
    coils = [((150.0, 150.0), 34.0), ((300.0, 110.0), 26.0), ((186.0, 338.0), 24.0), ((322.0, 290.0), 36.0)]
    spots: list[tuple[Point, float]] = []
    for centre, lumen in coils:
        s.fill(blob(rng, centre, lumen + 42, 0.03), (252, 238, 244) if not brown else (238, 240, 248))
        ring = blob(rng, centre, lumen, 0.06)
        count = round(2 * np.pi * (lumen + 18) / 31)
        for k in range(count):
            a, b = 2 * np.pi * k / count, 2 * np.pi * (k + 1) / count
            corners = [
                around(centre, lumen - 4, a),
                around(centre, lumen - 4, b),
                around(centre, lumen + 36, b),
                around(centre, lumen + 36, (a + b) / 2),
                around(centre, lumen + 36, a),
            ]
            s.fill(
                corners, s.shade(s.stain["cytoplasm"], 5), (*(max(0, v - 30) for v in s.stain["cytoplasm"]), 255), 0.8
            )
            spots.append((around(centre, lumen + 18, (a + b) / 2), 11.5))
        s.fill(ring, (253, 250, 252), (190, 120, 160), 1.2)
    fat = [((470.0, 130.0), 74.0), ((478.0, 320.0), 80.0)]
    held = set(np.linspace(1, len(spots) - 2, round(share * len(spots))).round().astype(int).tolist())
    chosen = []
    for centre, radius in fat:
        s.fill(blob(rng, centre, radius, 0.04), (253, 252, 252), s.shade(s.stain["fibre"], 4), 3)
        spots.append((around(centre, radius - 6, np.pi * 0.9), 10.5))
        held.add(len(spots) - 1)
    for k, (at, radius) in enumerate(spots):
        if k not in held:
            s.nucleus(at, radius, 1.1, open_=True)
            continue
        dark = s.stain["nucleus"]
        s.fill(blob(rng, at, radius, 0.03, 1.08), tuple(int(v * 0.7 + 255 * 0.3) for v in dark), dark, 2.2)
        s.fill(
            circle(at, radius * 0.46, 30), BROWN if brown else (244, 70, 120), None if brown else (250, 200, 216), 0.8
        )
        chosen.append(at)
    if brown:
        return
    for at in chosen:
        tip, tail = (at[0] + 13, at[1] + 11), (at[0] + 34, at[1] + 29)
        s.line([tail, tip], (10, 10, 10), 2)
        s.fill([tip, (tip[0] + 10, tip[1] + 2), (tip[0] + 3, tip[1] + 10)], (10, 10, 10))
    box = (14.0, s.height - 118.0)
    s.fill(
        [box, (box[0] + 104, box[1]), (box[0] + 104, box[1] + 104), (box[0], box[1] + 104)],
        s.stain["cytoplasm"],
        (255, 255, 255),
        3,
    )
    middle = (box[0] + 52, box[1] + 52)
    s.fill(blob(rng, middle, 40, 0.03, 1.06), (150, 124, 182), (70, 40, 116), 6)
    s.fill(circle(middle, 19), (244, 70, 120), (250, 204, 220), 2)


def trophoblast(s: Slide, brown: str = "", share: float = 1.0, *, vessel_shown: bool = True) -> None:
    """Muscle bundles split by polygonal mononuclear cells in sheets and files; a vessel whose wall they replace."""
    rng = s.rng
    s.fill([(0, 0), (s.width, 0), (s.width, s.height), (0, s.height)], s.stain["ground"])
    pitch, x = 84, np.linspace(-10, s.width + 10, 60)
    bands = []
    for k, top in enumerate(np.arange(-30, s.height + 40, pitch)):
        upper, lower = top + 9 * np.sin(x / 70 + k), top + 40 + 9 * np.sin(x / 66 + k + 0.5)
        bands.append((upper, lower))
        s.fill(np.r_[np.c_[x, upper], np.c_[x[::-1], lower[::-1]]], s.shade(s.stain["fibre"], 3))
        for row in np.linspace(0.1, 0.9, 6):
            level = upper + (lower - upper) * row
            s.line(
                np.c_[x, level + 1.5 * np.sin(x / 13 + row * 9)],
                (*(max(0, v - 18) for v in s.stain["fibre"]), 140),
                1.2,
            )
            for spot in rng.uniform(0, s.width, max(2, s.width // 130)):
                s.nucleus((spot, float(np.interp(spot, x, level))), 2.3, 4.2, 0.05)
    hub, size = (s.width * 0.7, s.height * 0.42), 74.0

    def free(p: Point) -> bool:
        if vessel_shown and np.hypot(p[0] - hub[0], p[1] - hub[1]) < size + 16:
            return False
        return any(np.interp(p[0], x, a[1]) + 9 < p[1] < np.interp(p[0], x, b[0]) - 9 for a, b in pairwise(bands)) or (
            p[0] < s.width * 0.3 and 0.25 * s.height < p[1] < 0.75 * s.height
        )

    def cell(at: Point, stained: bool) -> None:
        body = (
            s.shade(BROWN, 12)
            if brown == "cytoplasm" and stained
            else s.shade((208, 150, 196) if not brown and s.stain["fibre"][0] == 231 else s.stain["cytoplasm"], 6)
        )
        edge = tuple(max(0, v - 40) for v in body)
        corners = np.sort(rng.uniform(0, 2 * np.pi, 6)) * 0.35 + np.arange(6) * 2 * np.pi / 6 * 0.9
        s.fill([around(at, 14 * rng.uniform(0.9, 1.1), t) for t in corners], body, (*edge, 255), 1)
        dark = BROWN if brown == "nucleus" and stained else None
        s.nucleus(at, rng.uniform(5.4, 7), 1.2, colour=dark)

    places = s.scatter(420, 24, free)
    whole = [k for k, at in enumerate(places) if 0 < at[0] < s.width and 0 < at[1] < s.height]
    lit = set(rng.permutation(whole)[: round(share * len(whole))].tolist())
    lit |= {k for k in range(len(places)) if k not in whole and rng.uniform() < share}
    for k, at in enumerate(places):
        cell(at, k in lit)
    if vessel_shown:
        s.fill(blob(rng, hub, size + 12, 0.03), s.stain["ground"])
        s.fill(blob(rng, hub, size, 0.03), EOSIN if not brown else s.stain["cytoplasm"])
        for _ in range(40):
            s.soft(
                blob(rng, around(hub, rng.uniform(38, 68), rng.uniform(0, 6.3)), rng.uniform(5, 11), 0.3),
                (*s.shade((238, 70, 126), 14), 190) if not brown else (*s.stain["cytoplasm"], 120),
                2,
            )
        for turn in np.linspace(0, 2 * np.pi, 14, endpoint=False):
            cell(around(hub, 57 + rng.uniform(-5, 5), turn), True)
        s.fill(blob(rng, hub, 33, 0.05), (253, 250, 251), (200, 110, 150), 1)
        for point in s.scatter(
            7,
            12,
            lambda p: np.hypot(p[0] - hub[0], p[1] - hub[1]) < 24,
            box=(hub[0] - 24, hub[1] - 24, hub[0] + 24, hub[1] + 24),
        ):
            s.fill(blob(rng, point, 4.2), (226, 90, 90))


def nerve_onion_bulbs(s: Slide, brown: str = "", share: float = 1.0, *, fibres: int = 25) -> None:
    """One fascicle in cross-section: few, mostly thinly myelinated fibres, each within concentric lamellae."""
    rng = s.rng
    s.fill([(0, 0), (s.width, 0), (s.width, s.height), (0, s.height)], (226, 234, 244))
    s.fibres(120, (176, 196, 222), length=70)
    middle, radius = (s.width / 2, s.height / 2), s.height * 0.47
    for far in (0, 3.5, 7):
        ring = circle(middle, radius - far, 160, flat=0.97)
        s.line([*ring, ring[0]], (84, 116, 176), 1.8)
    s.fill(circle(middle, radius - 9, 160, flat=0.97), (214, 226, 241))
    vessels = [(around(middle, radius - 27, 2.3), 13.0), (around(middle, radius - 25, 5.6), 11.0)]
    clear = far_from([(at, 42.0) for at, _ in vessels])
    places = s.scatter(
        fibres,
        53,
        lambda p: np.hypot(p[0] - middle[0], p[1] - middle[1]) < radius - 36 and clear(p),
        box=(middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius),
    )
    for at, size in vessels:
        vessel(s, at, size, 4, (150, 178, 216), 5)
    for k, at in enumerate(places):
        for far in np.arange(25, 10, -3.8)[: int(rng.integers(3, 5))]:
            lamella = blob(rng, at, far, 0.05)
            s.line([*lamella, lamella[0]], (92, 128, 190), 1.5)
        thick = 4.2 if k % 8 == 0 else 1.9
        s.fill(blob(rng, at, 8.5, 0.04), (232, 239, 248), (22, 32, 96), thick)
    near = far_from([(p, 28.0) for p in places])
    for point in s.scatter(
        26, 26, lambda p: np.hypot(p[0] - middle[0], p[1] - middle[1]) < radius - 18 and near(p) and clear(p)
    ):
        s.nucleus(point, 3.4, 1.8, colour=(86, 112, 172))
