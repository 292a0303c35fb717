"""Charts of function tests: lungs and hearing."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import PchipInterpolator

from authoring.pictures.canvas import SIMULATED, Picture, caption, drawing, figure, font_properties, rendered
from authoring.pictures.reports import REPORT, lines_of_type, stacked, table

COLOURS = ("#1f4e9c", "#c0392b", "#1e8449", "#8e44ad", "#b9770e", "#117a8b", "#5d6d7e")


def styled(axes: Axes, language: str, *, x: str = "", y: str = "", title: str = "", size: float = 10) -> None:
    """Labels and ticks of `axes` in type that has the language's glyphs."""
    face = font_properties(size, language)
    axes.set_xlabel(x, fontproperties=face)
    axes.set_ylabel(y, fontproperties=face)
    if title:
        axes.set_title(title, fontproperties=font_properties(size + 1, language, bold=True), loc="left")
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(font_properties(size - 1, language))
    axes.spines[["top", "right"]].set_visible(False)


def legend(axes: Axes, language: str, **options: Any) -> None:
    """A legend in the language's type."""
    axes.legend(prop=font_properties(9, language), frameon=False, **options)


def expiration(
    fvc: float, pef: float, fef25: float, fef50: float, fef75: float, peak_at: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Volume and flow of a forced expiration through its printed points."""
    volume = np.array([0, peak_at, 0.25, 0.5, 0.75, 1.0]) * fvc
    curve = PchipInterpolator(volume, [0, pef, fef25, fef50, fef75, 0])
    x = np.linspace(0, fvc, 300)
    return x, curve(x)


@drawing
def spirometry(
    *,
    rng: np.random.Generator,
    language: str,
    curves: list[dict[str, Any]],
    rows: list[list[str]],
    columns: list[str],
    title: str = "",
    note: str | None = None,
) -> Picture:
    """Flow-volume loops beside their table.

    `curves`: label, fvc, pef, fef25, fef50, fef75, pif, optional `peak_at` (fraction of fvc),
    `plateau` (l/s at which inspiration is cut off), `dashed` for the predicted one.
    """
    del rng
    words = {
        "en": ("Volume (L)", "Flow (L/s)", "Flow-volume loop", "expiration", "inspiration"),
        "zh": ("容量 (L)", "流量 (L/s)", "流量-容积曲线", "呼气", "吸气"),
    }[language]
    made = figure(860, 400)
    axes = made.add_axes((0.09, 0.13, 0.86, 0.76))
    for number, one in enumerate(curves):
        x, y = expiration(one["fvc"], one["pef"], one["fef25"], one["fef50"], one["fef75"], one.get("peak_at", 0.1))
        down = -one["pif"] * np.sin(np.pi * x / one["fvc"]) ** 0.7
        if "plateau" in one:
            down = np.maximum(down, -one["plateau"] * (1 + 0.03 * np.sin(14 * x)))
        style: dict[str, Any] = (
            {"color": "#888", "ls": "--"} if one.get("dashed") else {"color": COLOURS[number % len(COLOURS)]}
        )
        axes.plot(np.concatenate([x, x[::-1]]), np.concatenate([y, down[::-1]]), lw=1.8, label=one["label"], **style)
    axes.axhline(0, color="black", lw=0.8)
    axes.grid(color="#e2e2e2", lw=0.6)
    top, bottom = axes.get_ylim()[1], axes.get_ylim()[0]
    right = axes.get_xlim()[1]
    for height, phase in ((top * 0.5, words[3]), (bottom * 0.5, words[4])):
        axes.text(right, height, phase, fontproperties=font_properties(9, language), color="#666", ha="right")
    legend(axes, language, loc="upper right")
    styled(axes, language, x=words[0], y=words[1], title=title or words[2])
    parts = [rendered(made), table(columns, rows, width=860, language=language, size=14)]
    if note:
        parts.append(lines_of_type([note], width=860, language=language))
    return Picture(caption(stacked(parts), REPORT[language], language))


@drawing
def audiogram(
    *,
    rng: np.random.Generator,
    language: str,
    right: dict[int, float],
    left: dict[int, float],
    bone_right: dict[int, float] | None = None,
    bone_left: dict[int, float] | None = None,
    title: str = "",
    note: str | None = None,
) -> Picture:
    """Pure-tone audiogram, hearing levels by frequency."""
    del rng
    words = {
        "en": ("Right ear", "Left ear", "air", "bone", "Frequency (Hz)", "Hearing level (dB HL)"),
        "zh": ("右耳", "左耳", "气导", "骨导", "频率 (Hz)", "听力级 (dB HL)"),
    }[language]
    made = figure(900, 430)
    ticks = [125, 250, 500, 1000, 2000, 4000, 8000]
    ears = ((right, bone_right, "#c0392b", "o", "<"), (left, bone_left, "#1f4e9c", "x", ">"))
    for number, (air, bone, colour, sign, bone_sign) in enumerate(ears):
        axes = made.add_subplot(1, 2, number + 1)
        axes.plot(list(air), list(air.values()), color=colour, marker=sign, ms=9, mfc="none", mew=1.8, label=words[2])
        if bone:
            style: dict[str, Any] = {"ls": ":", "lw": 1, "ms": 8, "mfc": "none", "mew": 1.6}
            axes.plot(list(bone), list(bone.values()), color=colour, marker=bone_sign, label=words[3], **style)
        axes.axhspan(-10, 20, color="#eef6ee")
        axes.set_xscale("log")
        axes.set(xlim=(100, 10000), ylim=(120, -10))
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.set_yticks(range(-10, 121, 10))
        axes.grid(color="#d0d0d0", lw=0.6)
        styled(axes, language, x=words[4], y=words[5], title=words[number])
        legend(axes, language, loc="lower left")
    made.suptitle(title, fontproperties=font_properties(13, language, bold=True))
    made.tight_layout()
    image = rendered(made)
    if note:
        image = stacked([image, lines_of_type([note], width=880, language=language)], margin=4)
    return Picture(caption(image, SIMULATED[language], language))
