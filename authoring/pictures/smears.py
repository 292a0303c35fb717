"""Smears of pus, urinary sediment and culture plates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from authoring.pictures.blood import lobes
from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.tissue import Colour, Point, Slide, blob, circle, inside, mounted


def beaded_filament(
    s: Slide, start: Point, turn: float, length: float, colour: Colour, pale: Colour, depth: int = 2
) -> None:
    """A thin filament of beads with gaps, branching at right angles."""
    at, step = np.array(start, float), 3.2
    beads = int(length / step)
    forks = (
        set(s.rng.choice(np.arange(4, beads - 2), min(2, beads - 6), replace=False).tolist())
        if depth and beads > 9
        else set()
    )
    path = [at]
    for k in range(beads):
        turn += s.rng.normal(0, 0.07)
        at = at + step * np.array([np.cos(turn), np.sin(turn)])
        path.append(at)
        if k in forks:
            beaded_filament(
                s,
                (at[0], at[1]),
                turn + s.rng.choice([-1, 1]) * np.pi / 2,
                length * s.rng.uniform(0.35, 0.6),
                colour,
                pale,
                depth - 1,
            )
    s.line(path, pale, 1.6)
    for k, spot in enumerate(path):
        if k % 5 != 4:
            s.fill(blob(s.rng, (spot[0], spot[1]), 1.75, 0.1), s.shade(colour, 8))


def _pus(
    rng: np.random.Generator,
    ground: Colour,
    cell: Colour,
    nucleus: Colour,
    filament: Colour,
    pale: Colour,
    neutrophils: int,
    filaments: int,
) -> Slide:
    """Neutrophils and branching filaments on a smear."""
    s = Slide(rng, "giemsa", ground=ground)
    s.mottle(cell, 0.35, 46)
    places = s.scatter(neutrophils, 105, margin=55)
    for at in places:
        s.soft(blob(rng, at, 33, 0.14), (*cell, 255), 2)
        lobes(s, at, 14, int(rng.integers(3, 5)), 9, nucleus)
    for at in s.scatter(filaments, 85, margin=60):
        beaded_filament(s, at, rng.uniform(0, 6.3), rng.uniform(90, 150), filament, pale)
    return s


@drawing
def gram_stain(*, rng: np.random.Generator, language: str, neutrophils: int = 8, filaments: int = 9) -> Picture:
    """Pus at x1000: neutrophils and thin, beaded, branching violet filaments."""
    s = _pus(
        rng, (248, 226, 230), (240, 192, 202), (214, 92, 128), (74, 26, 132), (168, 130, 196), neutrophils, filaments
    )
    return mounted([s.developed({"en": "Gram stain", "zh": "革兰染色"}[language], (52, "10 µm"), language)], language)


@drawing
def modified_acid_fast_stain(
    *, rng: np.random.Generator, language: str, neutrophils: int = 8, filaments: int = 9
) -> Picture:
    """Pus at x1000: blue neutrophils and thin, branching, partly unstained red filaments."""
    s = _pus(
        rng, (222, 233, 244), (186, 208, 232), (72, 108, 176), (206, 24, 74), (220, 190, 214), neutrophils, filaments
    )
    return mounted([s.developed("Modified acid-fast, 1% H₂SO₄", (52, "10 µm"), language)], language)


def _crystals(s: Slide, needles: int, envelopes: int, polarised: bool) -> None:
    """Needles and prisms with pointed ends, singly and in bundles, and octahedra seen as crossed squares."""
    rng = s.rng
    shine: list[Colour] = [(250, 250, 250), (250, 226, 120), (130, 190, 250)]

    def prism(at: Point, turn: float, long: float, wide: float) -> None:
        shape = np.array(
            [
                (-long, 0),
                (-long + wide * 1.6, -wide),
                (long - wide * 1.6, -wide),
                (long, 0),
                (long - wide * 1.6, wide),
                (-long + wide * 1.6, wide),
            ]
        )
        c, sn = np.cos(turn), np.sin(turn)
        outline = shape @ np.array([[c, sn], [-sn, c]]) + at
        if polarised:
            s.fill(outline, shine[int(long * 7) % 3])
        else:
            s.fill(outline, (248, 247, 236), (104, 104, 92), 0.8)
            if wide > 2.6:
                s.line([outline[0], outline[3]], (150, 150, 136), 0.6)

    spots = s.scatter(needles // 3 + envelopes + 4, 56, margin=34)
    left, singles = needles, spots[envelopes:]
    for k, at in enumerate(singles):
        if left <= 0:
            break
        turn, bundle = rng.uniform(0, np.pi), 5 if k % 3 == 0 else 1
        long = rng.uniform(26, 44)
        for m in range(min(bundle, left)):
            shift = (m - bundle / 2) * 7.5
            prism(
                (at[0] - shift * np.sin(turn), at[1] + shift * np.cos(turn)),
                turn + rng.normal(0, 0.02),
                long * rng.uniform(0.85, 1),
                2 if bundle > 1 else rng.uniform(1.6, 3.6),
            )
        left -= bundle
    for at in spots[:envelopes]:
        turn, size = rng.uniform(0, np.pi / 2), rng.uniform(9, 13)
        corners = [
            (at[0] + size * np.cos(turn + k * np.pi / 2), at[1] + size * np.sin(turn + k * np.pi / 2)) for k in range(4)
        ]
        s.fill(
            corners,
            (226, 232, 250) if polarised else (250, 249, 240),
            (90, 90, 96) if not polarised else (250, 250, 250),
            1,
        )
        for a, b in ((0, 2), (1, 3)):
            s.line([corners[a], corners[b]], (70, 74, 110) if polarised else (96, 96, 86), 1.1)


@drawing
def urine_sediment(
    *, rng: np.random.Generator, language: str, needles: int = 25, envelopes: int = 7, red_cells: int = 3
) -> Picture:
    """Unstained sediment in bright field and between crossed polarisers."""
    seed = int(rng.integers(2**32))
    names = {"en": ("Bright field", "Polarised light"), "zh": ("明视野", "偏振光")}[language]
    images = []
    for polarised, name in enumerate(names):
        s = Slide(np.random.default_rng(seed), "giemsa", 380, 360, ground=(8, 8, 12) if polarised else (232, 230, 212))
        _crystals(s, needles, envelopes, bool(polarised))
        if not polarised:
            for at in s.scatter(red_cells, 60, margin=40):
                s.fill(blob(s.rng, at, 9.5, 0.03), (236, 206, 178), (170, 120, 96), 1)
                s.soft(blob(s.rng, at, 4), (244, 226, 204), 1.5)
        images.append(s.developed(name, (53, "20 µm"), language, light=bool(polarised)))
    return mounted(images, language)


@drawing
def fungal_culture_plate(
    *, rng: np.random.Generator, language: str, labels: Sequence[str] = ("25 ℃", "37 ℃")
) -> Picture:
    """Two agar plates: woolly grey-green colonies in wine-red agar, and smooth cream yeast-like colonies."""
    middle = (175.0, 182.0)
    on_agar = inside(circle(middle, 118))
    images = []
    for mould, label in ((True, labels[0]), (False, labels[1])):
        s = Slide(rng, "giemsa", 350, 350, ground=(64, 70, 78))
        s.fill(circle(middle, 152, 120), (216, 220, 220), (240, 244, 246), 2)
        s.fill(circle(middle, 143, 120), (236, 220, 170))
        spots: list[tuple[Point, float]] = (
            [((135.0, 140.0), 44.0), ((228.0, 168.0), 38.0), ((160.0, 248.0), 40.0)]
            if mould
            else [(p, float(rng.uniform(8, 14))) for p in s.scatter(16, 38, on_agar)]
        )
        if mould:
            s.soft(circle(middle, 118, 90), (150, 24, 58, 225), 12)
        for at, radius in spots:
            if not mould:
                s.soft(blob(rng, (at[0] + 2, at[1] + 2), radius, 0.05), (176, 160, 116, 200), 2)
                s.fill(blob(rng, at, radius, 0.05), (248, 242, 222), (214, 202, 166), 1)
                s.soft(blob(rng, (at[0] - radius * 0.3, at[1] - radius * 0.3), radius * 0.3), (255, 255, 252), 2)
                continue
            for share, colour in (
                (1.0, (226, 224, 204)),
                (0.86, (150, 164, 132)),
                (0.6, (118, 138, 112)),
                (0.3, (178, 182, 150)),
            ):
                s.soft(blob(rng, at, radius * share, 0.08), colour, 2)
            for turn in np.linspace(0, 2 * np.pi, 11, endpoint=False):
                s.line(
                    [(at[0] + d * np.cos(turn), at[1] + d * np.sin(turn)) for d in (radius * 0.3, radius * 0.85)],
                    (96, 112, 92, 150),
                    1.2,
                )
        images.append(s.developed(label, None, language, light=True))
    return mounted(images, language)
