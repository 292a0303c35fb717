"""Echocardiography: apical four-chamber and parasternal long-axis sectors, strain map."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from PIL import Image, ImageDraw

from authoring.pictures.canvas import SIMULATED, Picture, caption, drawing, figure, font, rendered
from authoring.pictures.phantom import NOTHING, side_by_side
from authoring.pictures.ultrasound import Scene

LABELS = {
    "en": {"apical": "Apical four-chamber view", "parasternal": "Parasternal long-axis view", "LV": "LV", "RV": "RV",
    "LA": "LA", "RA": "RA", "Ao": "Ao", "wall": "wall", "inflow": "Mitral inflow"},
    "zh": {"apical": "心尖四腔切面", "parasternal": "胸骨旁左室长轴切面", "LV": "左室", "RV": "右室",
           "LA": "左房", "RA": "右房",
    "Ao": "主动脉", "wall": "室壁", "inflow": "二尖瓣血流"},
}


@drawing
def echocardiogram_apical(
    *, rng: np.random.Generator, language: str, atria: float = 1.0, wall_mm: float = 9,
    apical_mass_mm: Sequence[float] = (), thick_endocardium: bool = False,
    show_wall: bool = False, inflow: Mapping[str, float] = NOTHING,
) -> Picture:
    """Apical four-chamber view; a mass may fill the left apex.

    `inflow` ({ratio, e_prime}) adds an inset of mitral Doppler.
    """
    s = Scene(140, 160, rng, 480, ground="air")
    s.paint(np.ones_like(s.grey), 0.13)
    k = atria
    lv = s.blob([(10, -54), (22, -48), (33, -24), (37, 2), (33, 18), (12, 19), (5, 0), (2, -26), (4, -46)])
    rv = s.blob([(-12, -40), (-7, -24), (-4, -2), (-4, 19), (-26, 20), (-35, 6), (-29, -18), (-20, -34)])
    la = s.blob([(7, 24), (32, 23), (33 + 6 * k, 34 + 4 * k), (26 + 2 * k, 42 + 12 * k), (12, 44 + 13 * k), (4, 38)])
    ra = s.blob([(-4, 24), (-28, 24), (-31 - 6 * k, 34 + 4 * k), (-24 - 2 * k, 40 + 12 * k), (-10, 42 + 13 * k),
        (-2, 38)])
    around = s.grown(lv, wall_mm) * (s.y < 20)
    s.paint(np.maximum(around, s.grown(rv, 4.5) * (s.y < 20)), "myocardium", 0.5)
    s.paint(np.maximum(s.grown(la, 3), s.grown(ra, 3)) * (s.y > 20), "myocardium", 0.5)
    s.paint(s.ellipse(1, 21, 9, 4), "myocardium", 0.5)
    whole = np.max([around, s.grown(rv, 4.5), s.grown(la, 3), s.grown(ra, 3)], axis=0)
    s.outline(whole, 0.75, 1.1)
    for chamber in (lv, rv, la, ra):
        s.paint(chamber, "fluid", 0.5)
    s.paint(np.clip(s.grown(lv, 0.7) - lv, 0, 1) * (s.y < 17), "endocardium" if not thick_endocardium else 0.5, 0.3)
    for a, b, c in (((32, 20), (27, 14), (22.5, 9)), ((9, 19.5), (15, 13), (20, 9.5)),
        ((-27, 21), (-21, 16), (-17, 11)), ((-4, 17), (-9, 14), (-14.5, 11))):
        s.line([a, b, c], 1.3, "valve")
    callipers: list[list[Any]] = []
    if thick_endocardium:
        s.paint(np.clip(lv - s.grown(lv, -2.2), 0, 1) * (s.y < -12), 0.92, 0.4)
    if apical_mass_mm:
        long, wide = apical_mass_mm
        inner = s.grown(lv, -1.6 if thick_endocardium else 0)
        top = -54
        mass = inner * np.maximum(s.ellipse(13, top + long / 2 - 2, wide * 0.95, long / 2 + 2, -8),
            s.ellipse(12, top + 4, wide, 8))
        s.paint(mass, 0.5, 0.4)
        ys, xs = s.y[mass > 0.5], s.x[mass > 0.5]
        low = ys.max()
        across = (ys > low - long * 0.55) & (ys < low - long * 0.45)
        middle, xm = low - long / 2, xs[across].mean()
        callipers = [[xm, low - long, xm + 1, low, f"{long:g} mm", -22, -8],
            [xm - wide / 2, middle, xm + wide / 2, middle, f"{wide:g} mm", 32, -6]]
    if show_wall:
        x = float(s.x[(lv > 0.5) & (np.abs(s.y + 4) < 0.4)].max())
        callipers.append([x, -4, x + wall_mm, -4, f"{LABELS[language]['wall']} {wall_mm:g} mm", 14, 8])
    names = LABELS[language]
    texts = [[21, -6, names["LV"]], [-18, 2, names["RV"]], [21, 46, names["LA"]], [-18, 46, names["RA"]]]
    view = s.seen(3, 40, language=language, label=names["apical"], callipers=callipers, texts=texts)
    return side_by_side([view, _inflow(rng, language, **inflow)] if inflow else [view], language)


def _inflow(rng: np.random.Generator, language: str, ratio: float, e_prime: float) -> Image.Image:
    """Mitral pulsed Doppler with E and A waves of that ratio, and septal tissue Doppler."""
    made = figure(230, 548, facecolor="black")
    upper, lower = made.add_axes((0.17, 0.55, 0.8, 0.34)), made.add_axes((0.17, 0.07, 0.8, 0.34))
    t = np.linspace(0, 2.2, 700)

    def wave(at: float, width: float) -> np.ndarray:
        return np.exp(-(((t % 1.1 - at) / width) ** 2))

    for axes, trace in ((upper, 104 * wave(0.42, 0.06) + 104 / ratio * wave(0.72, 0.04)),
        (lower, 6 * wave(0.15, 0.07) - e_prime * wave(0.46, 0.05) - 4 * wave(0.75, 0.04))):
        axes.set_facecolor("black")
        for _ in range(14):
            axes.fill_between(t, 0, trace * rng.uniform(0.8, 1.02), color="white", alpha=0.13, lw=0)
        axes.axhline(0, color="0.6", lw=0.8)
        axes.set_xticks([])
        axes.tick_params(colors="0.8", labelsize=8)
    upper.set_ylim(-10, 130)
    lower.set_ylim(-9, 9)
    for x, y, word in ((0.42, 110, "E"), (0.72, 110 / ratio + 8, "A")):
        upper.text(x, y, word, color="white", ha="center", fontsize=9)
    lower.text(0.46, -e_prime - 2.2, "e′", color="white", ha="center", fontsize=9)
    image = rendered(made)
    pen = ImageDraw.Draw(image)
    second = {"en": f"septal e′ {e_prime:g} cm/s", "zh": f"室间隔 e′ {e_prime:g} cm/s"}[language]
    pen.text((10, 20), f"{LABELS[language]['inflow']} (cm/s)  E/A {ratio:g}", fill="white", font=font(14, language))
    pen.text((10, 290), second, fill="white", font=font(14, language))
    return image


@drawing
def echocardiogram_parasternal(
    *, rng: np.random.Generator, language: str, ivs_mm: float = 9, pw_mm: float = 9, lvidd_mm: float = 48,
    la_mm: float = 36, effusion: bool = False, bright: bool = False
) -> Picture:
    """Parasternal long axis with callipers; right ventricle above, aorta and left atrium to the right."""
    s = Scene(150, 140, rng, 540, ground="air")
    s.paint(np.ones_like(s.grey), 0.13)
    muscle = 0.64 if bright else "myocardium"
    septum_low = -22 + ivs_mm
    back = septum_low + lvidd_mm
    s.paint(s.blob([(-62, -26), (-50, -40), (-10, -46), (30, -44), (34, -28), (0, -22), (-40, -20)]), "fluid", 0.5)
    s.line([(-66, -32), (-45, -46), (0, -51), (36, -48)], 3.5, 0.5)
    cavity = s.blob([(-64, septum_low + 12), (-48, septum_low + 2), (-20, septum_low), (8, septum_low + 2),
        (20, septum_low + 6), (24, back - 12), (10, back - 1), (-20, back), (-48, back - 3), (-62, back - 10)])
    septum = s.blob([(-68, -12), (-50, -21), (-20, -22), (4, -22), (13, -20), (14, septum_low + 1),
        (4, septum_low + 1), (-20, septum_low + 1), (-48, septum_low + 4), (-64, septum_low + 13)])
    wall = s.blob([(-64, back - 11), (-48, back - 4), (-20, back - 1), (8, back - 2), (22, back - 10), (27, back - 4),
        (16, back + pw_mm - 1), (-18, back + pw_mm), (-50, back + pw_mm - 4), (-72, back + pw_mm - 16)])
    s.paint(septum, muscle, 0.4)
    s.paint(wall, muscle, 0.4)
    s.paint(cavity, "fluid", 0.4)
    if bright:
        s.grey += 0.12 * np.maximum(septum, wall) * np.clip(s.grain(0.9) - 0.6, 0, 2)
    for line in ([(-64, septum_low + 12), (-48, septum_low + 3), (-20, septum_low), (8, septum_low + 1)],
        [(-62, back - 11), (-48, back - 4), (-20, back), (8, back - 2), (20, back - 9)]):
        s.line(line, 1.0, 0.85)
    s.paint(s.tube([(22, -12), (46, -20), (72, -28)], [27, 29, 28]), "fluid", 0.4)
    for line in ([(16, -24), (44, -34), (72, -42)], [(24, 2), (48, -5), (72, -13)]):
        s.line(line, 2.2, 0.8)
    s.line([(20, -23), (30, -14)], 1.1, "valve")
    s.line([(26, 0), (32, -12)], 1.1, "valve")
    atrium = s.blob([(27, 6), (46, 0), (64, -2), (74, 8), (76, 0 + la_mm * 0.6), (62, la_mm - 1), (44, la_mm),
        (28, la_mm - 10), (25, 18)])
    s.outline(atrium, 0.7, 1.4)
    s.paint(atrium, "fluid", 0.4)
    s.line([(25, 4), (12, 8), (0, 16)], 2.4, "valve")
    s.line([(25, back - 10), (16, back - 16), (6, back - 20)], 2.4, "valve")
    if effusion:
        s.paint(s.tube([(-68, back + pw_mm - 10), (-50, back + pw_mm - 1), (-18, back + pw_mm + 3),
            (14, back + pw_mm + 2), (24, back + 4)], [3, 5, 6, 5, 2]), "fluid", 0.3)
        s.line([(-70, back + pw_mm - 6), (-50, back + pw_mm + 4), (-18, back + pw_mm + 8), (16, back + pw_mm + 6),
            (30, back + 8)], 2.4, "capsule")
    s.paint(s.ellipse(50, la_mm + 14, 9, 9), "fluid", 0.4)
    x = -22
    top = la_mm / 2 - 1
    callipers = [
        [x, -22, x, septum_low, f"IVS {ivs_mm:g} mm", -28, -4], [x + 6, septum_low, x + 6, back,
        f"LVIDd {lvidd_mm:g} mm", -22, 2], [x, back, x, back + pw_mm, f"PW {pw_mm:g} mm", -28, 1],
        [53, top - la_mm / 2 + 0.5, 53, top + la_mm / 2 + 0.5, f"LA {la_mm:g} mm", -4, 30],
    ]
    names = LABELS[language]
    texts = [[-40, -33, names["RV"]], [56, -24, names["Ao"]], [2, 26, names["LV"]]]
    return side_by_side([s.seen(3, 54, language=language, label=names["parasternal"], callipers=callipers,
        texts=texts)], language)


@drawing
def echocardiogram_strain_bullseye(*, rng: np.random.Generator, language: str, basal: list[float], mid: list[float],
    apical: list[float], apex: float, gls: float) -> Picture:
    """Seventeen-segment map of longitudinal strain."""
    made = figure(620, 520)
    axes = made.add_axes((0.03, 0.03, 0.74, 0.9), projection="polar")
    scale = made.add_axes((0.84, 0.15, 0.03, 0.65))
    norm, colour = Normalize(-22, 8), colormaps["RdBu"]
    rings = ((basal, 3, 4), (mid, 2, 3), (apical, 1, 2), ([apex], 0, 1))
    for values, inner, outer in rings:
        wide = 2 * np.pi / len(values)
        for i, value in enumerate(values):
            centre = np.pi / 2 + i * wide if len(values) > 1 else 0.0
            axes.bar(centre, outer - inner, wide, inner, color=colour(norm(value)), edgecolor="white",
                lw=1.5 if len(values) > 1 else 0)
            dark = norm(value) < 0.25
            axes.text(centre, (inner + outer) / 2 if len(values) > 1 else 0, f"{value:g}", ha="center", va="center",
                fontsize=12, color="white" if dark else "black")
    axes.set_axis_off()
    for angle, word in zip(np.arange(6) * np.pi / 3 + np.pi / 2, ("anterior", "anteroseptal", "inferoseptal",
        "inferior", "inferolateral", "anterolateral"), strict=True):
        axes.text(angle, 4.45, word, ha="center", va="center", fontsize=9,
            rotation=np.rad2deg(angle) - 90 if np.sin(angle) > -0.1 else np.rad2deg(angle) + 90)
    axes.set_ylim(0, 4.6)
    made.colorbar(ScalarMappable(norm, colour), cax=scale, label="Peak longitudinal strain (%)")
    made.text(0.03, 0.95, f"GLS {gls:g}%", fontsize=15, weight="bold")
    return Picture(caption(rendered(made), SIMULATED[language], language))
