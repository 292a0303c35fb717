"""Electroencephalograms: sources on a flat head, recorded by the electrodes of the 10-20 system."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy.signal import butter, sosfiltfilt

from authoring.pictures.canvas import SIMULATED, Picture, caption, drawing, figure, font_properties, rendered

SITES = {  # x to the right, y to the front
    "Fp1": (-0.3, 0.92), "Fp2": (0.3, 0.92), "F7": (-0.78, 0.55), "F8": (0.78, 0.55), "F3": (-0.4, 0.5),
    "F4": (0.4, 0.5), "T3": (-0.97, 0.0), "T4": (0.97, 0.0), "C3": (-0.48, 0.0), "C4": (0.48, 0.0),
    "T5": (-0.78, -0.55), "T6": (0.78, -0.55), "P3": (-0.4, -0.5), "P4": (0.4, -0.5), "O1": (-0.3, -0.92),
    "O2": (0.3, -0.92), "Fz": (0, 0.48), "Cz": (0, 0), "Pz": (0, -0.48),
}  # fmt: skip
CHAINS = (
    ("Fp1", "F7", "T3", "T5", "O1"), ("Fp2", "F8", "T4", "T6", "O2"),
    ("Fp1", "F3", "C3", "P3", "O1"), ("Fp2", "F4", "C4", "P4", "O2"), ("Fz", "Cz", "Pz"),
)  # fmt: skip
RATE = 200


def coloured(rng: np.random.Generator, size: int, low: float, high: float) -> np.ndarray:
    """Noise of unit variance between two frequencies (Hz)."""
    spectrum = np.fft.rfft(rng.normal(size=size))
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    spectrum *= np.exp(-0.5 * ((frequency - (low + high) / 2) / ((high - low) / 2)) ** 2)
    out = np.fft.irfft(spectrum, size)
    return out / out.std()


def field(at: str | list[float], spread: float) -> dict[str, float]:
    """How strongly each electrode sees a source near `at` (a site or x, y; `front`: falling from front to back)."""
    if at == "front":
        return {name: y for name, (_, y) in SITES.items()}
    x, y = SITES[at] if isinstance(at, str) else at
    return {name: float(np.exp(-((px - x) ** 2 + (py - y) ** 2) / (2 * spread**2))) for name, (px, py) in SITES.items()}


def event(
    t: np.ndarray,
    rng: np.random.Generator,
    *,
    kind: str,
    start: float,
    end: float | None = None,
    hertz: float = 3.0,
    hertz_end: float | None = None,
    width_ms: float = 35,
    slow: float = 0.6,
    jitter: float = 0.0,
) -> np.ndarray:
    """Time course of one event, of height about 1.

    `spikes`: sharp waves at `hertz` between start and end, each with a slow wave of relative size `slow`;
    `triphasic`: the same in three phases; `rhythm`: a rhythm from `hertz` to `hertz_end`; `slowing`: irregular waves.
    """
    end = start if end is None else end
    out = np.zeros_like(t)
    if kind in ("spikes", "triphasic"):
        for moment in np.arange(start, end + 0.001, 1 / hertz):
            since = t - moment - rng.normal(0, jitter)
            size, width = rng.uniform(0.85, 1.1), width_ms / 1000
            if kind == "spikes":
                lag = min(0.5 / hertz, 0.22) if end > start else 0.2
                slow_wave = np.exp(-0.5 * ((since - lag) / (lag / 2.4)) ** 2)
                out += size * (np.exp(-0.5 * (since / width) ** 2) + slow * slow_wave)
            else:
                for height, lag, broad in ((0.4, -0.1, 0.03), (-1.0, 0.0, 0.045), (0.6, 0.15, 0.07)):
                    out += size * height * np.exp(-0.5 * ((since - lag) / broad) ** 2)
        return out
    window = np.clip((t - start) / 0.4, 0, 1) * np.clip((end - t) / 0.4, 0, 1)
    if kind == "rhythm":
        progress = np.clip((t - start) / max(end - start, 0.1), 0, 1)
        frequency = hertz + ((hertz_end or hertz) - hertz) * progress
        phase = 2 * np.pi * np.cumsum(frequency) / RATE
        return window * (0.45 + 0.55 * progress if hertz_end else 1.0) * (np.sin(phase) + 0.2 * np.sin(2 * phase + 0.8))
    raise ValueError(f"unknown event {kind!r}")


@drawing
def eeg(
    *,
    rng: np.random.Generator,
    language: str,
    seconds: float = 10,
    alpha: float = 25,
    alpha_hertz: float = 9.5,
    background: float = 9,
    theta: float = 0,
    theta_hertz: float = 5.5,
    right: float = 1.0,
    events: list[dict[str, Any]] | None = None,
    header: str = "",
    microvolt: float = 100,
    pulse: float = 70,
) -> Picture:
    """Longitudinal bipolar montage with time and voltage scale.

    Background in microvolts; `events` have site `at`, `spread`, `amplitude` and what `event` takes; `right` makes all
    of the right side larger, and its theta slower.
    """
    t = np.arange(int(-RATE), int((seconds + 1) * RATE)) / RATE  # a second more at both ends, for the filter
    electrodes = {name: np.zeros_like(t) for name in SITES}
    drift = 0.65 + 0.35 * np.abs(np.sin(2 * np.pi * 0.13 * t + rng.uniform(0, 6)))
    for name in SITES:
        electrodes[name] += background * 0.5 * coloured(rng, t.size, 10, 24)
        electrodes[name] += background * 0.4 * coloured(rng, t.size, 3, 8)
    for at in ("O1", "O2"):
        wave = alpha * drift * coloured(rng, t.size, alpha_hertz - 0.5, alpha_hertz + 0.5)
        for name, weight in field(at, 0.42).items():
            electrodes[name] += weight * wave
    for at in SITES if theta else ():
        low = theta_hertz - (0.5 if right > 1 and SITES[at][0] > 0 else 0)
        wander = 1 + 0.12 * coloured(rng, t.size, 0.1, 1.2)
        phase = 2 * np.pi * (np.cumsum(low * wander) / RATE + rng.uniform())
        wave = theta * (1 + 0.3 * coloured(rng, t.size, 0.1, 0.8)) * np.sin(phase)
        for name, weight in field(at, 0.25).items():
            electrodes[name] += weight * wave
    for wanted in events or []:
        rest = dict(wanted)
        weights = field(rest.pop("at", "Cz"), rest.pop("spread", 0.35))
        size = rest.pop("amplitude", 120)
        course = size * event(t, rng, **rest)
        for name, weight in weights.items():
            electrodes[name] += weight * course

    for name, (x, _) in SITES.items():
        electrodes[name] = electrodes[name] * (right if x > 0 else 1.0)
    groups = [list(itertools.pairwise(chain)) for chain in CHAINS]
    high_pass = butter(1, 0.4, "highpass", fs=RATE, output="sos")
    made = figure(920, 640)
    axes = made.add_axes((0.075, 0.045, 0.86, 0.905))
    level, ticks = 0.0, []
    for group in groups:
        for one, two in group:  # sources are stored as negativity, and negative is up
            wave = sosfiltfilt(high_pass, electrodes[one] - electrodes[two]) / microvolt
            axes.plot(t, level + wave, color="#101035", lw=0.7, antialiased=False)
            ticks.append((level, f"{one}-{two}"))
            level -= 1.0
        level -= 0.3
    beat = np.zeros_like(t)
    for moment in np.arange(0.3, seconds, 60 / pulse):
        beat += np.exp(-0.5 * ((t - moment) / 0.012) ** 2) + 0.2 * np.exp(-0.5 * ((t - moment - 0.26) / 0.05) ** 2)
    axes.plot(t, level + 0.6 * beat, color="#8a1f1f", lw=0.7, antialiased=False)
    ticks.append((level, "ECG" if language == "en" else "心电"))
    axes.set(xlim=(0, seconds), ylim=(level - 0.6, 1.1))
    axes.set_yticks(
        [place for place, _ in ticks], [name for _, name in ticks], fontproperties=font_properties(8.5, language)
    )
    axes.set_xticks(np.arange(0, seconds + 0.1), [f"{value:.0f}" for value in np.arange(0, seconds + 0.1)], fontsize=8)
    axes.grid(axis="x", color="#b8c4d0", lw=0.6)
    axes.tick_params(length=0)
    axes.plot([seconds * 1.012] * 2, [level, level + 1], color="#c00000", lw=2, clip_on=False)
    axes.text(seconds * 1.02, level + 0.5, f"{microvolt:.0f} µV", color="#c00000", va="center", fontsize=8)
    montage = {
        "en": "EEG, longitudinal bipolar montage    1 s between lines",
        "zh": "脑电图 纵向双极导联    竖线间隔 1 秒",
    }[language]
    heading = f"{montage}    LF 0.5 Hz   HF 70 Hz    {header}"
    made.text(0.075, 0.965, heading, fontproperties=font_properties(9.5, language))
    return Picture(caption(rendered(made), SIMULATED[language], language))
