"""Eyes: fundus photographs and slit-lamp views."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from skimage import data

from authoring.pictures.canvas import (
    SCHEMATIC,
    SIMULATED,
    Picture,
    caption,
    drawing,
    figure,
    font,
    font_properties,
    rendered,
)
from authoring.pictures.skin import SKIN, Body
from authoring.pictures.tissue import Point, blob, circle, noise

SIDES = {"en": {"R": "R", "L": "L"}, "zh": {"R": "右", "L": "左"}}
ARTERY, VEIN = (176, 42, 30), (122, 18, 26)


def _vessel_tree(body: Body, disc: Point, toward: float, calibre: float) -> None:
    """Four arcades with branches; `toward` is +1 if the macula lies to the right of the disc."""

    def grow(
        at: np.ndarray, turn: float, bend: float, width: float, length: float, colour: tuple[int, int, int], left: int
    ) -> None:
        path = [at]
        steps = max(4, int(length / 2))
        for k in range(steps):
            turn += bend / steps + body.rng.normal(0, 0.05)
            at = at + 2 * np.array([np.cos(turn), np.sin(turn)])
            path.append(at)
            if left and k in (steps // 3, 2 * steps // 3):
                grow(
                    at,
                    turn + body.rng.choice([-1, 1]) * body.rng.uniform(0.5, 0.9),
                    bend * 0.2,
                    width * 0.6,
                    length * 0.45,
                    colour,
                    left - 1,
                )
        for k in range(0, len(path) - 1, 3):
            body.stroke(path[k : k + 5], colour, width * (1 - 0.55 * k / len(path)), 0.9, 0.08)

    for up in (-1, 1):
        for colour, width, shift in ((VEIN, 1.15 * (calibre + 1) / 2, 0.0), (ARTERY, 0.8 * calibre, 0.22)):
            start = np.array([disc[0], disc[1] + up * 1.5])
            grow(start, up * np.pi / 2 - up * toward * (0.15 + shift), -up * toward * 1.25, width, 52, colour, 2)
            grow(start, up * np.pi / 2 + up * toward * (0.75 + shift), up * toward * 0.4, width * 0.75, 36, colour, 2)


def fundus(
    rng: np.random.Generator, side: str, *, spicules: int = 0, calibre: float = 1.0, pale_disc: bool = False
) -> Image.Image:
    """One fundus: `spicules` clumps of branching pigment in the mid-periphery, `calibre` of the vessels."""
    body = Body(rng, 100, "light", 380)
    body.mask[:] = 1
    toward = -1.0 if side == "R" else 1.0
    centre, macula = (50 - toward * 17, 49.0), (50 + toward * 12, 52.0)
    spread = np.hypot(body.x - 50, body.y - 50)
    shade = 1 - 0.28 * (spread / 48) ** 2
    base = (
        np.array((206, 96, 50), float)
        * (1 + 0.06 * noise(rng, body.mask.shape, 60) + 0.025 * noise(rng, body.mask.shape, 5))[..., None]
    )
    body.albedo = base * shade[..., None]
    body.tint(np.exp(-((np.hypot(body.x - macula[0], body.y - macula[1]) / 8) ** 2)), (128, 44, 26), 0.6)
    body.tint(body.cover(circle(centre, 7.4, flat=1.12), 0.35), (240, 218, 160) if pale_disc else (246, 204, 140), 1)
    body.tint(body.cover(circle(centre, 3.0, flat=1.1), 0.8), (246, 236, 200) if pale_disc else (254, 240, 206), 0.95)
    _vessel_tree(body, centre, toward, calibre)
    put: list[np.ndarray] = []
    while len(put) < spicules:
        turn, far = 2 * np.pi * (len(put) + rng.uniform(-1, 2)) / spicules, rng.uniform(28, 45)
        at = np.array([50 + far * np.cos(turn), 50 + far * np.sin(turn)])
        if (
            any(np.hypot(*(at - p)) < 3.1 for p in put)
            or np.hypot(*(at - macula)) < 20
            or np.hypot(*(at - centre)) < 10
        ):
            continue
        put.append(at)
        for arm in np.linspace(0, 2 * np.pi, int(rng.integers(3, 6)), endpoint=False) + rng.uniform(0, 6):
            long, bend = rng.uniform(1.2, 2.8), rng.normal(0, 0.5)
            middle = at + long * 0.55 * np.array([np.cos(arm), np.sin(arm)])
            body.stroke(
                [at, middle, middle + long * 0.5 * np.array([np.cos(arm + bend), np.sin(arm + bend)])],
                (20, 12, 12),
                0.42,
                0.95,
                0.05,
            )
        body.tint(body.cover(blob(rng, (0, 0), 40, 0.25) * 0.6 / 40 + at, 0.1), (18, 10, 10), 0.95)
    image = np.clip(body.albedo, 0, 255)
    image[spread > 47] = 6
    return Image.fromarray(image.astype(np.uint8))


@drawing
def fundus_photograph(*, rng: np.random.Generator, language: str, eyes: dict[str, dict[str, object]]) -> Picture:
    """Fundi side by side, as seen by the examiner: `eyes` maps "R" and "L" to options of `fundus`."""
    plates = {side: fundus(rng, side, **look) for side, look in eyes.items()}  # type: ignore[arg-type]
    sheet = Image.new("RGB", (386 * len(plates) - 6, 380), "white")
    for k, (side, plate) in enumerate(plates.items()):
        _stamp(plate, SIDES[language][side], language)
        sheet.paste(plate, (386 * k, 0))
    return Picture(caption(sheet, SCHEMATIC[language], language), kind="photo")


def _stamp(image: Image.Image, text: str, language: str) -> None:
    """White type in the upper left corner."""
    ImageDraw.Draw(image).text((10, 6), text, font=font(20, language), fill=(240, 240, 240))


@drawing
def real_retina(*, rng: np.random.Generator, language: str) -> Picture:
    """A real normal fundus photograph of a left eye."""
    image = Image.fromarray(data.retina()).resize((480, 480), Image.Resampling.LANCZOS)
    credit = (
        "Retina: M. Häggström, 'Fundus photograph of normal left eye', Wikimedia Commons, CC0 1.0 "
        "(shipped as skimage.data.retina with scikit-image)"
    )
    return Picture(image, kind="photo", real=True, attribution=credit)


@drawing
def slit_lamp(
    *,
    rng: np.random.Generator,
    language: str,
    side: str = "",
    pupil: float = 0.34,
    pupil_wobble: float = 0.0,
    hypopyon: float = 0.0,
    injected: float = 0.0,
    lens_reflex: bool = False,
    iris: tuple[int, int, int] = (112, 72, 40),
    ruler_mm: float = 0.0,
) -> Picture:
    """An eye from the front, its cornea 12 mm across.

    `pupil` is its share of the cornea, `hypopyon` its height in mm, `injected` 0..1.
    """
    body = Body(rng, 78, "light", 600)
    body.mask = np.ones_like(body.mask)
    body.albedo = np.array(SKIN["light"], float) * (1 + 0.04 * noise(rng, body.mask.shape, 30))[..., None]
    middle, limbus = (50.0, 39.0), 24.0
    t = np.linspace(-1, 1, 60)
    lids = np.vstack(
        [np.c_[50 + 49 * t, 42 - 36 * (1 - t**2) ** 0.8], np.c_[50 + 49 * t[::-1], 42 + 31 * (1 - t[::-1] ** 2) ** 0.8]]
    )
    gap = body.cover(lids, 0.3)
    body.tint(gap, (244, 238, 232), 1)
    body.tint(gap * np.clip(1 - body.cover((lids - (50, 42)) * 0.9 + (50, 42), 2.5), 0, 1), (196, 150, 140), 0.5)
    for turn in rng.uniform(0, 2 * np.pi, int(40 + 190 * injected)):
        near, far = limbus + rng.uniform(0.2, 1.0), limbus + rng.uniform(5, 9) + (1 - injected) * 12
        if not injected:
            near = limbus + rng.uniform(7, 12)
        path = [
            (middle[0] + r * np.cos(turn + 0.03 * np.sin(r)), middle[1] + r * np.sin(turn + 0.03 * np.sin(r)))
            for r in np.linspace(near, far, 8)
        ]
        body.stroke(path, (206, 26, 36), 0.32, 0.75 if injected else 0.3, 0.06)
    reach = np.hypot(body.x - middle[0], body.y - middle[1])
    if injected:
        body.tint(np.exp(-(((reach - limbus - 2) / 3.2) ** 2)) * (reach > limbus - 0.5), (214, 40, 60), 0.55 * injected)
    disc = body.cover(circle(middle, limbus, 160), 0.25)
    body.tint(disc, tuple(int(v * 0.45) for v in iris), 1)
    body.tint(body.cover(circle(middle, limbus * 0.95, 160), 0.3), iris, 1)
    edge = blob(rng, (0, 0), 60, pupil_wobble, 1, 0) * limbus * pupil / 60 + middle
    for turn in np.linspace(0, 2 * np.pi, 170, endpoint=False):
        bright = rng.uniform(-28, 34)
        path = [
            (middle[0] + r * np.cos(turn + 0.02 * np.sin(r)), middle[1] + r * np.sin(turn + 0.02 * np.sin(r)))
            for r in np.linspace(limbus * pupil, limbus * 0.94, 6)
        ]
        body.stroke(path, tuple(int(np.clip(v + bright, 0, 255)) for v in iris), 0.35, 0.6, 0.1)
    body.tint(
        np.exp(-(((reach - limbus * (pupil + 0.16)) / 1.0) ** 2)) * (pupil < 0.6),
        tuple(min(255, v + 40) for v in iris),
        0.45,
    )
    body.tint(body.cover(edge, 0.15), (12, 10, 12), 1)
    if lens_reflex:
        for share in (0.3, 0.5):
            body.tint(np.exp(-(((reach - limbus * pupil * share) / 0.5) ** 2)), (70, 74, 86), 0.3)
    if hypopyon:
        level = middle[1] + limbus - hypopyon / 12 * 2 * limbus
        pus = disc * (reach < limbus * 0.97) * np.clip((body.y - level) * body.unit + 0.5, 0, 1)
        body.tint(pus, (246, 234, 178), 0.97)
    for at, size in (((41, 29), 2.6), ((44.5, 26.5), 1.0)):
        body.tint(body.cover(blob(rng, (0, 0), 40, 0.02, 1.5, 1.9) * size / 40 + at, 0.25), (255, 255, 255), 0.92)
    outside = 1 - gap
    body.tint(outside, tuple(int(v) for v in np.array(SKIN["light"]) * 0.93), 1)
    body.albedo *= (1 - 0.32 * gaussian_filter(outside, 10) * gap)[..., None]
    for x in np.linspace(-0.9, 0.9, 46):
        top = (50 + 49 * x, 42 - 36 * (1 - x**2) ** 0.8)
        body.stroke(
            [
                top,
                (top[0] + x * 4, top[1] - 2.6),
                (top[0] + x * 7 + rng.normal(0, 0.4), top[1] - 5 - 1.5 * (1 - abs(x))),
            ],
            (50, 34, 28),
            0.4,
            0.85,
        )
    body.stroke(lids[:60], (120, 74, 62), 0.8, 0.8, 0.2)
    body.stroke(lids[60:], (150, 96, 84), 0.7, 0.7, 0.2)
    body.relief[:] = 0
    scale = (ruler_mm / 12 * 2 * limbus, f"{ruler_mm:g} mm") if ruler_mm else None
    return body.finished(language, SIDES[language].get(side, ""), scale)


@drawing
def visual_field(
    *, rng: np.random.Generator, language: str, ring: tuple[float, float], rim_db: float = 23.0
) -> Picture:
    """Grey-scale static fields of both eyes out to 60 degrees, lost between the two eccentricities of `ring`."""
    made = figure(860, 470)
    words = {
        "en": ("Left eye (L)", "Right eye (R)", "Sensitivity (dB)"),
        "zh": ("左眼 (L)", "右眼 (R)", "敏感度 (dB)"),
    }[language]
    small, large = font_properties(10, language), font_properties(12, language)
    grid = np.arange(-60, 61, 3.0)
    x, y = np.meshgrid(grid, grid)
    far = np.hypot(x, y)
    for column, word in enumerate(words[:2]):
        axes = made.add_axes((0.035 + 0.45 * column, 0.08, 0.42, 0.82))
        level = np.where(far < ring[0], 31.0 - far * 0.25, np.where(far <= ring[1], 0.0, rim_db)) + rng.normal(
            0, 1.0, far.shape
        )
        level = np.clip(np.where((far >= ring[0]) & (far <= ring[1]), rng.uniform(0, 1.2, far.shape), level), 0, 35)
        level[far > 61] = np.nan
        drawn = axes.imshow(level, extent=(-61.5, 61.5, -61.5, 61.5), cmap="gray", vmin=0, vmax=33, origin="lower")
        for radius in range(10, 61, 10):
            axes.plot(*circle((0, 0), radius, 200).T, color="#4aa3df", lw=0.6)
            axes.text(
                radius * 0.707 + 1,
                -radius * 0.707 - 1,
                f"{radius}°",
                fontproperties=small,
                color="#ff9d2e" if radius < ring[1] else "#0b4f8a",
                ha="left",
                va="top",
            )
        axes.axhline(0, color="#4aa3df", lw=0.6)
        axes.axvline(0, color="#4aa3df", lw=0.6)
        axes.set(xlim=(-64, 64), ylim=(-64, 64))
        axes.set_axis_off()
        axes.set_title(word, fontproperties=large)
    bar = made.colorbar(drawn, cax=made.add_axes((0.925, 0.2, 0.018, 0.6)))
    bar.ax.set_title(words[2], fontproperties=small, pad=8)
    for tick in bar.ax.get_yticklabels():
        tick.set_fontproperties(small)
    return Picture(caption(rendered(made), SIMULATED[language], language))
