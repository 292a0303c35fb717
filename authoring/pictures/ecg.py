"""Electrocardiograms: a small parametric 12-lead model, and standard 25 mm/s paper to print it on."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.special import expit

from authoring.pictures.canvas import SIMULATED, Picture, caption, drawing, font

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
RATE, SECONDS = 500, 10.0
MM = 4  # pixels per millimetre

NORMAL = {  # amplitudes in mV of the independent leads; the other limb leads follow from I and II
    "I": {"p": 0.07, "q": -0.04, "r": 0.65, "s": -0.10, "t": 0.20},
    "II": {"p": 0.13, "q": -0.05, "r": 1.00, "s": -0.12, "t": 0.28},
    "V1": {"p": 0.05, "q": 0.0, "r": 0.22, "s": -0.90, "t": -0.05},
    "V2": {"p": 0.06, "q": 0.0, "r": 0.40, "s": -1.25, "t": 0.35},
    "V3": {"p": 0.06, "q": 0.0, "r": 0.70, "s": -0.85, "t": 0.42},
    "V4": {"p": 0.07, "q": -0.03, "r": 1.10, "s": -0.45, "t": 0.40},
    "V5": {"p": 0.07, "q": -0.06, "r": 1.05, "s": -0.20, "t": 0.32},
    "V6": {"p": 0.07, "q": -0.07, "r": 0.90, "s": -0.08, "t": 0.25},
}
# centre and width (ms) of each part of the QRS, for a QRS of 90 ms, from the R peak
QRS = {"delta": (-38, 16), "q": (-22, 7), "r": (0, 10), "s": (24, 9), "r2": (46, 11)}
OTHER = ("p", "p2", "st", "st_end", "t")


def bump(t: np.ndarray, centre: float, left: float, right: float | None = None) -> np.ndarray:
    """A Gaussian of height 1 that may fall faster than it rises."""
    width = np.where(t < centre, left, left if right is None else right)
    return np.exp(-0.5 * ((t - centre) / width) ** 2)


def ventricles(t: np.ndarray, waves: dict[str, float], qrs_ms: float, qt_ms: float, t_width: float = 1.0) -> np.ndarray:
    """QRS, ST and T of one lead, `t` in ms from the R peak."""
    stretch = qrs_ms / 90
    out = np.zeros_like(t)
    for name, (centre, width) in QRS.items():
        if waves.get(name):
            out += waves[name] * bump(t, centre * stretch, width * stretch)
    broad = t_width * qt_ms / 400
    peak = qt_ms - 38 * stretch - 72 * broad  # of T, so that T ends with the QT
    out += waves.get("t", 0) * bump(t, peak, 42 * broad, 30 * broad)
    start, end = waves.get("st", 0), waves.get("st_end", waves.get("st", 0))
    if start or end:
        j_point = 40 * stretch
        level = np.interp(t, [j_point, peak], [start, end])
        out += level * expit((t - j_point + 8) / 5) * expit((peak - t) / 22)
    return out


def complete(leads: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All twelve leads from I, II and the chest leads."""
    one, two = leads["I"], leads["II"]
    limb = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return {name: (leads | limb)[name] for name in LEADS}


def activations(rng: np.random.Generator, rhythm: str, rate: float, pr: float) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds of the P waves' peaks and of the R peaks."""
    rr = 60 / rate
    start = -rr * rng.uniform(0.3, 0.7)
    regular = start + rr * np.arange(int(SECONDS / rr) + 4)
    if rhythm == "sinus":
        beats = regular + rng.normal(0, 0.008, regular.size)
        return beats - pr, beats
    if rhythm == "fibrillation":
        intervals = np.clip(rng.normal(1, 0.24, regular.size), 0.55, 1.6)
        return np.array([]), start + np.cumsum(rr * intervals / intervals.mean())
    raise ValueError(f"unknown rhythm {rhythm!r}")


def signals(
    rng: np.random.Generator,
    *,
    rhythm: str = "sinus",
    rate: float = 72,
    pr_ms: float = 160,
    qrs_ms: float = 90,
    qt_ms: float | None = None,
    t_width: float = 1.0,
    waves: dict[str, dict[str, float]] | None = None,
) -> dict[str, np.ndarray]:
    """Ten seconds of the twelve leads in mV.

    `waves` changes single amplitudes of leads I, II, V1-V6 (keys of QRS and OTHER).
    """
    qt_ms = qt_ms or 400 * (60 / rate) ** 0.5 * 0.98
    shapes = {lead: dict(base) for lead, base in NORMAL.items()}
    for lead, changed in (waves or {}).items():
        unknown = set(changed) - set(QRS) - set(OTHER)
        if lead not in shapes or unknown:
            raise ValueError(f"cannot change {lead} {unknown or ''}: give {', '.join(NORMAL)}")
        shapes[lead].update(changed)
    t = np.arange(int(RATE * SECONDS)) / RATE
    p_times, r_times = activations(rng, rhythm, rate, pr_ms / 1000 - 0.01)  # P peak to R peak
    phase = np.cumsum(6 + np.convolve(rng.normal(0, 25, t.size), np.ones(60) / 60, "same")) / RATE * 2 * np.pi
    tremor = np.sin(phase) + 0.4 * np.sin(1.7 * phase)  # of fibrillating atria
    out = {}
    for lead, shape in shapes.items():
        voltage = 0.02 * np.sin(2 * np.pi * (0.22 * t + rng.uniform())) + 0.006 * rng.normal(size=t.size)
        for moment in p_times:
            since = (t - moment) * 1000
            width = 16 if "p2" in shape else 20
            voltage += shape["p"] * bump(since, 0, width) + shape.get("p2", 0) * bump(since, 52, width)
        for moment in r_times:
            voltage += ventricles((t - moment) * 1000, shape, qrs_ms, qt_ms, t_width)
        if rhythm == "fibrillation":
            voltage += {"V1": 0.06, "II": 0.04, "V2": 0.035}.get(lead, 0.02) * tremor
        out[lead] = voltage
    return complete(out)


def paper(width_mm: int, height_mm: int, top: int) -> Image.Image:
    """Pink graph paper with 1 mm and 5 mm lines under a white band of `top` pixels."""
    image = Image.new("RGB", (width_mm * MM + 1, height_mm * MM + 1 + top), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, top, image.width, image.height), fill=(255, 248, 246))
    for heavy, ink in ((False, (250, 218, 212)), (True, (238, 170, 160))):
        for mm in range(0, max(width_mm, height_mm) + 1, 5 if heavy else 1):
            pen.line((mm * MM, top, mm * MM, image.height), fill=ink)
            if mm <= height_mm:
                pen.line((0, top + mm * MM, image.width, top + mm * MM), fill=ink)
    return image


def trace(image: Image.Image, points: np.ndarray, ink: tuple[int, int, int] = (15, 15, 40)) -> None:
    """A smooth line through `points` (pixels), drawn threefold and reduced."""
    fine = 3
    mask = Image.new("L", (image.width * fine, image.height * fine), 0)
    ImageDraw.Draw(mask).line([tuple(point) for point in points * fine], fill=255, width=4, joint="curve")
    image.paste(ink, (0, 0), mask.resize(image.size, Image.Resampling.BOX))


def printed(
    leads: dict[str, np.ndarray], *, header: str, language: str, rate: int = RATE, strip: str = "II", row_mm: int = 30
) -> Image.Image:
    """Three rows of four leads and a rhythm strip, 25 mm/s, 10 mm/mV."""
    top, left = 30, 9
    order = [["I", "aVR", "V1", "V4"], ["II", "aVL", "V2", "V5"], ["III", "aVF", "V3", "V6"]]
    image = paper(left + 250, row_mm * 4, top)
    ImageDraw.Draw(image).text((8, 6), header, fill=(20, 20, 20), font=font(15, language))
    face = font(15, "en", bold=True)
    for row in range(4):
        base = top + (row + 0.55) * row_mm * MM
        pulse = np.array([(1, 0), (2.5, 0), (2.5, 10), (7, 10), (7, 0), (8.5, 0)]) * MM
        trace(image, np.column_stack([pulse[:, 0], base - pulse[:, 1]]))
        for column in range(4 if row < 3 else 1):
            name = order[row][column] if row < 3 else strip
            begin = int(column * 2.5 * rate)
            part = leads[name][begin : begin + int((2.5 if row < 3 else 10) * rate)]
            x = (left + column * 62.5 + np.arange(part.size) / rate * 25) * MM
            trace(image, np.column_stack([x, base - part * 10 * MM]))
            pen = ImageDraw.Draw(image)
            place = (int((left + column * 62.5) * MM) + 5, int(base - row_mm * MM * 0.55))
            pen.text(place, name, fill=(15, 15, 40), font=face)
            if column:
                pen.line((x[0], base - 10, x[0], base + 10), fill=(15, 15, 40))
    return image


@drawing
def ecg(
    *, rng: np.random.Generator, language: str, header: str = "", strip: str = "II", row_mm: int = 30, **model: Any
) -> Picture:
    """A standard 12-lead electrocardiogram; `model` are the parameters of `signals`."""
    leads = signals(rng, **model)
    scale = "25 mm/s   10 mm/mV   0.05-150 Hz"
    image = printed(leads, header=f"{header}     {scale}".strip(), language=language, strip=strip, row_mm=row_mm)
    return Picture(caption(image, SIMULATED[language], language))
