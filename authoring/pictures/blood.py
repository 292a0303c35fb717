"""Marrow aspirates: red cells, nucleated cells and intracellular organisms, by kind and number."""

from __future__ import annotations

import numpy as np

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.tissue import Colour, Point, Slide, blob, mounted

RED, PALE, PURPLE = (214, 132, 130), (240, 208, 204), (92, 44, 142)
STAIN_LABEL = {"en": "Giemsa", "zh": "瑞氏-吉姆萨染色"}

# Cytoplasm, radius in red-cell radii, nucleus' share of the radius and its colour.
CELLS: dict[str, tuple[Colour, float, float, Colour]] = {
    "neutrophil": ((238, 214, 222), 1.5, 0.0, PURPLE),
    "eosinophil": ((238, 208, 204), 1.5, 0.0, PURPLE),
    "lymphocyte": ((160, 186, 226), 1.0, 0.82, PURPLE),
    "erythroblast": ((150, 140, 186), 1.05, 0.6, (58, 26, 92)),
    "myelocyte": ((220, 190, 214), 1.65, 0.6, (108, 62, 158)),
    "promyelocyte": ((178, 160, 208), 1.8, 0.72, (118, 74, 168)),
    "plasma": ((84, 108, 190), 1.65, 0.44, PURPLE),
    "macrophage_leishmania": ((204, 206, 228), 3.3, 0.27, (120, 84, 164)),
    "macrophage_yeast": ((204, 212, 232), 3.3, 0.27, (120, 84, 164)),
}


def granules(s: Slide, at: Point, radius: float, colour: Colour, count: int, size: float = 1.2) -> None:
    """Grains over a disc."""
    for _ in range(count):
        far, turn = radius * 0.92 * np.sqrt(s.rng.uniform()), s.rng.uniform(0, 2 * np.pi)
        s.fill(blob(s.rng, (at[0] + far * np.cos(turn), at[1] + far * np.sin(turn)), size), colour)


def lobes(s: Slide, at: Point, radius: float, count: int, size: float, colour: Colour = PURPLE) -> None:
    """A segmented nucleus: `count` lobes on an arc, joined by threads."""
    turn, spread = s.rng.uniform(0, 6.3), min(5.4, 1.25 * count)
    places = [
        (at[0] + radius * np.cos(turn + a), at[1] + radius * np.sin(turn + a)) for a in np.linspace(0, spread, count)
    ]
    s.line(places, colour, 2)
    for place in places:
        s.fill(blob(s.rng, place, size, 0.14, 1.2), s.shade(colour, 7))


def amastigote(s: Slide, at: Point, size: float) -> None:
    """An oval body with a round nucleus and, beside it, a small dark rod."""
    tilt = s.rng.uniform(0, np.pi)
    way = np.array([np.cos(tilt), np.sin(tilt)]) * size
    across = np.array([-way[1], way[0]])
    s.fill(blob(s.rng, at, size, 0.03, 1.35, tilt), (186, 204, 238), (104, 104, 170, 230), 0.6)
    s.fill(blob(s.rng, tuple(at - way * 0.38), size * 0.44, 0.03), (146, 60, 150))
    s.line([at + way * 0.52 - across * 0.4, at + way * 0.52 + across * 0.4], (58, 0, 78), size * 0.24)


def septate_yeast(s: Slide, at: Point, size: float, long: bool) -> None:
    """A round or oval purple body, or a sausage with one clear bar across its middle."""
    tilt = s.rng.uniform(0, np.pi)
    way = np.array([np.cos(tilt), np.sin(tilt)])
    across = np.array([-way[1], way[0]])
    if not long:
        s.fill(blob(s.rng, at, size, 0.03, s.rng.uniform(1, 1.4), tilt), (122, 66, 156), (80, 30, 116, 255), 0.8)
        return
    for end in (-1, 1):
        s.fill(blob(s.rng, tuple(at + way * size * 1.15 * end), size * 0.72, 0.02), (122, 66, 156))
    s.line([at - way * size * 1.15, at + way * size * 1.15], (122, 66, 156), size * 1.44)
    s.line([at - across * size * 0.72, at + across * size * 0.72], (232, 236, 248), 2)


def nucleated_cell(s: Slide, at: Point, kind: str, unit: float) -> None:
    """One nucleated cell; `unit` is the radius of a red cell in pixels."""
    rng = s.rng
    body, size, share, dark = CELLS[kind]
    radius, turn = unit * size, rng.uniform(0, 2 * np.pi)
    big = kind.startswith("macrophage")
    edge = (*(max(0, v - 40) for v in body), 190)
    s.fill(blob(rng, at, radius, 0.09 if big else 0.06, 1.3 if kind == "plasma" else 1.08, turn), body, edge, 1)

    def aside(far: float, more: float = 0.0) -> Point:
        return (at[0] + far * radius * np.cos(turn + more), at[1] + far * radius * np.sin(turn + more))

    if kind in ("neutrophil", "eosinophil"):
        eosin = kind == "eosinophil"
        granules(
            s,
            at,
            radius,
            (224, 96, 62) if eosin else (206, 160, 190),
            90 if eosin else 50,
            unit * (0.1 if eosin else 0.045),
        )
        lobes(s, at, radius * 0.48, 2 if eosin else 3, radius * 0.32)
        return
    if kind == "plasma":
        s.soft(blob(rng, aside(0.04), radius * 0.38), (200, 210, 238, 235), unit * 0.13)
    if big:
        for _ in range(26):
            s.fill(
                blob(rng, aside(0.85 * np.sqrt(rng.uniform()), rng.uniform(0, 6.3)), unit * rng.uniform(0.12, 0.22)),
                (226, 228, 242),
            )
    place = aside({"plasma": 0.52, "lymphocyte": 0.06}.get(kind, 0.64 if big else 0.12))
    s.fill(blob(rng, place, radius * share, 0.06, 1.5 if big else 1.05), s.shade(dark, 4))
    if kind == "plasma":
        for a in np.linspace(0, 2 * np.pi, 7, endpoint=False):
            s.fill(
                blob(rng, (place[0] + radius * 0.28 * np.cos(a), place[1] + radius * 0.28 * np.sin(a)), unit * 0.11),
                (150, 108, 186),
            )
    if kind == "promyelocyte":
        granules(s, at, radius, (150, 30, 110), 60, unit * 0.07)
    if big:
        bodies: list[np.ndarray] = []
        for _ in range(600):
            spot = np.array(aside(0.72 * np.sqrt(rng.uniform()), rng.uniform(0, 6.3)))
            if len(bodies) >= (24 if kind == "macrophage_leishmania" else 17):
                break
            if np.hypot(*(spot - place)) < radius * 0.42 or any(
                np.hypot(*(spot - b)) < unit * (0.56 if kind == "macrophage_leishmania" else 0.62) for b in bodies
            ):
                continue
            bodies.append(spot)
        for k, spot in enumerate(bodies):
            if kind == "macrophage_leishmania":
                amastigote(s, (spot[0], spot[1]), unit * 0.34)
            else:
                septate_yeast(s, (spot[0], spot[1]), unit * 0.27, k % 3 == 0)


@drawing
def bone_marrow_aspirate(
    *,
    rng: np.random.Generator,
    language: str,
    cells: dict[str, int],
    red: int = 26,
    free_amastigotes: int = 0,
    red_radius: float = 19.0,
    bar_um: int = 10,
) -> Picture:
    """A marrow film: numbers of nucleated cells by kind on a ground of red cells (3.7 µm in radius)."""
    s = Slide(rng, "giemsa", ground=(250, 240, 240))
    taken: list[tuple[Point, float]] = [((s.width - 44, s.height - 20), 52.0)]

    def place(radius: float, margin: float) -> Point | None:
        for _ in range(2000):
            at = (
                rng.uniform(radius + margin, s.width - radius - margin),
                rng.uniform(radius + margin + 24, s.height - radius - margin),
            )
            if all(np.hypot(at[0] - p[0], at[1] - p[1]) > radius + q for p, q in taken):
                taken.append((at, radius))
                return at
        return None

    for kind in sorted(cells, key=lambda name: -CELLS[name][1]):
        for _ in range(cells[kind]):
            at = place(red_radius * CELLS[kind][1] * 1.1, 4)
            if at is None:
                raise ValueError(f"no room for all cells: {kind}")
            nucleated_cell(s, at, kind, red_radius)
    for _ in range(free_amastigotes):
        if at := place(red_radius * 0.6, 6):
            amastigote(s, at, red_radius * 0.34)
    for _ in range(red):
        if at := place(red_radius * 1.02, -16):
            s.fill(
                blob(rng, at, red_radius * rng.uniform(0.94, 1.06), 0.03, 1.05),
                s.shade(RED, 5),
                (186, 104, 108, 160),
                0.8,
            )
            s.soft(blob(rng, at, red_radius * 0.38), (*PALE, 215), red_radius * 0.16)
    scale = (red_radius / 3.7 * bar_um, f"{bar_um} µm")
    return mounted([s.developed(STAIN_LABEL[language], scale, language, grain=4, blur=0.5)], language)
