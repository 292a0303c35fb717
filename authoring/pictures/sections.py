"""Painters of tissue sections: each fills a slide with one tissue, in the colours of the slide's stain.

With `brown`, the named element carries the brown of an immunostain; `share` is the part of such elements that do.
"""

from __future__ import annotations

import numpy as np

from authoring.pictures.tissue import Colour, Point, Slide, around, blob, circle, far_from, inside

BROWN: Colour = (128, 70, 22)
EOSIN: Colour = (226, 96, 140)


def epithelium(
    s: Slide,
    edge: np.ndarray,
    tall: float,
    wide: float,
    *,
    closed: bool,
    goblets: float = 0.0,
    side: float = 1.0,
    radius: float = 3.0,
    mucin: Colour = (236, 230, 246),
    lymphocytes: float = 0.0,
) -> None:
    """A single row of columnar cells along the free edge; the cells lie to the `side` of the path."""
    path = np.vstack([edge, edge[:1]]) if closed else edge
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.r_[0, np.cumsum(steps)]
    spots = np.arange(wide / 2, along[-1], wide)
    body = s.stain["cytoplasm"]
    for spot in spots:
        pair = np.array([[np.interp(spot + d, along, path[:, k]) for k in (0, 1)] for d in (-wide / 2, wide / 2)])
        way = (pair[1] - pair[0]) / (np.hypot(*(pair[1] - pair[0])) + 1e-9)
        normal = side * np.array([-way[1], way[0]])
        middle = pair.mean(0)
        half = way * wide * 0.55
        s.fill(
            [middle - half, middle + half, middle + half + normal * tall, middle - half + normal * tall],
            s.shade(body, 5),
        )
        if s.rng.uniform() < goblets:
            s.fill(
                blob(
                    s.rng,
                    tuple(middle + normal * tall * 0.35),
                    wide * 0.62,
                    0.03,
                    1.5,
                    np.arctan2(normal[1], normal[0]),
                ),
                mucin,
            )
        if s.rng.uniform() < lymphocytes:
            spot = tuple(middle + way * wide * 0.5 + normal * tall * 0.5)
            s.fill(blob(s.rng, spot, radius * 1.15), (250, 240, 246))
            s.nucleus(spot, radius * 0.8, 1.0, colour=(44, 22, 84))
        s.nucleus(
            tuple(middle + normal * tall * s.rng.uniform(0.66, 0.76)),
            radius,
            1.7,
            float(np.arctan2(normal[1], normal[0])),
        )
    dark = tuple(max(0, v - 60) for v in body)
    s.line(path, (*dark, 170), 1.0)


def macrophage(s: Slide, at: Point, radius: float, granules: Colour | None = None) -> None:
    """A foamy macrophage, or one full of coarse granules."""
    pale = (246, 228, 236) if granules is None else s.stain["ground"]
    if s.stain["cytoplasm"][2] > s.stain["cytoplasm"][0] and granules is None:
        pale = (206, 222, 240)
    edge = tuple(max(0, v - 44) for v in pale)
    s.fill(blob(s.rng, at, radius, 0.1, 1.1), pale, (*edge, 220), 0.8)
    for _ in range(int(radius * 1.6)):
        far, turn = radius * 0.85 * np.sqrt(s.rng.uniform()), s.rng.uniform(0, 6.3)
        spot = (at[0] + far * np.cos(turn), at[1] + far * np.sin(turn))
        if granules:
            s.fill(blob(s.rng, spot, radius * s.rng.uniform(0.09, 0.16), 0.2), s.shade(granules, 12))
        else:
            s.fill(blob(s.rng, spot, radius * 0.13), (*(min(255, v + 14) for v in pale), 255), (*edge, 110), 0.5)
    turn = s.rng.uniform(0, 6.3)
    s.nucleus(
        (at[0] + radius * 0.62 * np.cos(turn), at[1] + radius * 0.62 * np.sin(turn)), max(2.2, radius * 0.22), 1.3
    )


def villi(
    s: Slide,
    brown: str = "",
    share: float = 1.0,
    *,
    count: int = 4,
    blunt: bool = True,
    foamy: bool = True,
    dilated: int = 3,
    submucosa: bool = False,
) -> None:
    """Villi over a strip of crypts; `foamy` macrophages fill them, `dilated` of them have a wide lymphatic."""
    rng = s.rng
    s.fill([(0, 0), (s.width, 0), (s.width, s.height), (0, s.height)], (250, 247, 249))
    floor = s.height * (0.72 if submucosa else 0.76)
    lamina = s.stain["ground"] if s.stain["nucleus"] != (84, 50, 128) else (240, 206, 222)
    s.fill([(0, floor), (s.width, floor), (s.width, s.height), (0, s.height)], lamina)
    pitch = s.width / count
    half = pitch * (0.4 if blunt else 0.34)
    spaces: list[np.ndarray] = []
    for k in range(count):
        x0 = (k + 0.5) * pitch + rng.uniform(-4, 4)
        top = (46 if blunt else 30) + rng.uniform(0, 26)
        rise = np.linspace(floor + 12, top + half, 26)
        club = (
            half
            * ((0.82 if blunt else 0.66) + (0.25 if blunt else 0.44) * np.linspace(0, 1, 26) ** 2)
            * (1 + 0.03 * np.sin(rise / 17 + k))
        )
        turn = np.linspace(np.pi, 2 * np.pi, 22)
        tip = np.c_[x0 + club[-1] * np.cos(turn), top + half + half * np.sin(turn)]
        outline = np.vstack([np.c_[x0 - club, rise], tip, np.c_[x0 + club[::-1], rise[::-1]]])
        s.fill(outline, lamina)
        core = (outline - (x0, top + half)) * (0.70, 0.86) + (x0, top + half + 8)
        within = inside(core)
        holes = []
        if submucosa or k in np.linspace(0, count - 1, dilated).round():
            size = half * (0.58 if submucosa else 0.24)
            middle = (x0 + rng.uniform(-3, 3), top + half * (1.15 if submucosa else 1.5))
            holes = [blob(rng, middle, size, 0.08, 1.9 if not submucosa else 1.5, np.pi / 2)]
            spaces += holes
        keep = lambda p, w=within, h=holes: w(p) and not any(inside(x)(p) for x in h)  # noqa: E731
        if foamy:
            for point in s.scatter(130, 20, keep, box=(*core.min(0), *core.max(0))):
                macrophage(s, point, 12)
        else:
            s.cells_scattered(70, 2.6, 9, keep)
        epithelium(s, outline, 15, 7.5, closed=False, goblets=0.12, lymphocytes=0 if foamy or brown else 0.12)
    for x in np.arange(pitch / 4, s.width, 34):
        if min(abs(x - (k + 0.5) * pitch) for k in range(count)) < 0 or (not submucosa and rng.uniform() < 0.15):
            continue
        centre = (x + rng.uniform(-2, 2), floor + 36)
        ring = circle(centre, 6)
        s.fill(ring, (252, 248, 250))
        epithelium(s, ring, 8, 3.4, closed=True, side=-1, radius=2.0)
    base = floor + 66
    s.cells_scattered(60, 2.4, 10, lambda p: floor + 14 < p[1] < base - 10 and abs(p[1] - floor - 36) > 17)
    if submucosa:
        for y in (base - 6, base - 1):
            s.line([(x, y + 2 * np.sin(x / 20)) for x in range(-5, s.width + 10, 6)], (*s.stain["fibre"], 255), 4)
        for x in (0.14, 0.42, 0.72):
            spaces.append(blob(rng, (s.width * x, base + 26), 20, 0.1, 2.2, 0.0))
    for hole in spaces:
        s.fill(hole, (253, 244, 248) if submucosa and not brown else (254, 253, 254))
        if submucosa and not brown:
            s.soft((hole - hole.mean(0)) * 0.8 + hole.mean(0), (244, 214, 228), 2)
        lining = BROWN if brown == "lymphatics" else s.shade(s.stain["nucleus"], 4)
        s.line(
            [*hole, hole[0]],
            (*lining[:3], 255) if brown == "lymphatics" else (206, 140, 176),
            3.2 if brown == "lymphatics" else 1.2,
        )
        for k in range(0, len(hole) - 1, max(1, len(hole) // 7)) if brown != "lymphatics" else ():
            way = hole[k + 1] - hole[k]
            s.nucleus(tuple(hole[k]), 1.9, 3.2, float(np.arctan2(way[1], way[0])))


def small_round_cells(
    s: Slide, brown: str = "", share: float = 1.0, *, landmarks: bool = True, radius: float = 8.0
) -> None:
    """A sheet of uniform small round cells; necrosis in one corner and a bone trabecula at one edge as landmarks."""
    s.fill([(0, 0), (s.width, 0), (s.width, s.height), (0, s.height)], s.stain["ground"])
    rng = s.rng
    bone = np.array(
        [(-5, s.height * 0.55), (46, s.height * 0.62), (62, s.height * 0.8), (50, s.height + 5), (-5, s.height + 5)]
    )
    dead = blob(rng, (s.width * 0.9, s.height * 0.12), s.width * 0.2, 0.12, 1.2)
    barred = [inside(bone), inside(dead)] if landmarks else []
    for point in s.scatter(1200, radius * 2.25, lambda p: not any(b(p) for b in barred)):
        ring = blob(rng, point, radius * 1.3, 0.04)
        if brown == "membrane":
            s.fill(ring, s.stain["cytoplasm"], BROWN, 2.2)
        else:
            s.fill(ring, (247, 240, 246) if s.stain["fibre"][0] > 225 else s.stain["cytoplasm"])
        stained = brown == "nucleus" and rng.uniform() < share
        s.nucleus(point, radius * rng.uniform(0.92, 1.06), 1.06, colour=BROWN if stained else None)
    if landmarks:
        s.fill(dead, (238, 170, 190))
        for point in s.scatter(50, 9, barred[1]):
            s.fill(blob(rng, point, 2.2, 0.3), (206, 120, 150))
        s.fill(bone, (222, 120, 150), (196, 90, 126), 1.5)
        for k in range(4):
            s.line([(x, y + 10 + k * 22) for x, y in bone[:3]], (200, 100, 132, 150), 1)
        for point in s.scatter(6, 22, barred[0], 4):
            s.fill(blob(rng, point, 4.6, 0.1, 1.5), (246, 226, 234))
            s.nucleus(point, 2.4, 1.5)


def myocardium(s: Slide, brown: str = "", share: float = 1.0, *, deposit: Colour = (240, 236, 230)) -> None:
    """Parallel heart muscle fibres with amorphous bands between them and a ring of it round a small artery."""
    rng = s.rng
    if brown == "deposits":
        deposit = BROWN
    vessel = (s.width * 0.66, s.height * 0.3)
    size = min(s.width, s.height) * 0.11
    band = np.linspace(-10, s.width + 10, 60)
    y = -10.0
    wave = 5 * np.sin(band / 95 + rng.uniform(0, 6))
    while y < s.height + 20:
        thick, gap = (
            rng.uniform(22, 30),
            rng.uniform(4, 11) * (1 + 0.75 * np.sin(band / rng.uniform(45, 90) + rng.uniform(0, 6))),
        )
        top = y + wave + 1.5 * np.sin(band / 23 + rng.uniform(0, 6))
        s.fill(np.r_[np.c_[band, top - gap], np.c_[band[::-1], (top + 1)[::-1]]], deposit)
        edge = top + thick + 1.5 * np.sin(band / 27 + rng.uniform(0, 6))
        s.fill(np.r_[np.c_[band, top], np.c_[band[::-1], edge[::-1]]], s.shade(s.stain["cytoplasm"], 4))
        for x in rng.uniform(0, s.width, 2 + s.width // 150):
            level = np.interp(x, band, (top + edge) / 2)
            s.line(
                [(x + 24, level - thick * 0.4), (x + 22, level), (x + 25, level + thick * 0.4)],
                (*(max(0, v - 30) for v in s.stain["cytoplasm"]), 255),
                0.8,
            )
            s.nucleus((x, level), 4, 2.0, 0.0)
        y += thick + float(gap.mean())
    s.fill(circle(vessel, size * 1.5), s.stain["ground"])
    s.fill(circle(vessel, size * 1.35), deposit)
    s.fill(circle(vessel, size * 0.8), s.stain["cytoplasm"])
    s.fill(circle(vessel, size * 0.55), (252, 250, 250) if sum(s.stain["ground"]) > 200 else (4, 4, 6))
    for turn in np.linspace(0, 6.3, 9)[:-1]:
        s.nucleus(
            (vessel[0] + size * 0.64 * np.cos(turn), vessel[1] + size * 0.64 * np.sin(turn)), 2.4, 2.2, turn + np.pi / 2
        )


def marrow(s: Slide, brown: str = "", share: float = 1.0) -> None:
    """Trephine: fat spaces, mixed cells and a small artery with a clean wall."""
    rng = s.rng
    middle = (s.width * 0.5, s.height * 0.5)
    empty = (4, 4, 6) if sum(s.stain["ground"]) < 200 else (254, 253, 253)
    fat = [
        (p, rng.uniform(15, 24)) for p in s.scatter(16, 52, lambda p: np.hypot(p[0] - middle[0], p[1] - middle[1]) > 92)
    ]
    for point, radius in fat:
        s.fill(blob(rng, point, radius, 0.05), empty, (*s.stain["fibre"], 255), 1)
    clear = far_from([(middle, 46.0), *((at, radius + 4) for at, radius in fat)])
    for point in s.scatter(420, 12.5, clear):
        s.fill(blob(rng, point, 6, 0.1), s.shade(s.stain["cytoplasm"], 6))
        s.nucleus(point, rng.uniform(3.2, 4.6), 1.1)
    s.fill(circle(middle, 40), s.stain["fibre"])
    for far in (24, 30, 36):
        s.line(circle(middle, far), (*(max(0, v - 16) for v in s.stain["fibre"]), 255), 1)
        for turn in rng.uniform(0, 6.3, 7):
            s.nucleus(around(middle, far, turn), 2.6, 2.4, turn + np.pi / 2)
    s.fill(circle(middle, 18), empty, (*s.stain["nucleus"], 255), 1)
