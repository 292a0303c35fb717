"""Nerve conduction studies: evoked responses and their tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from authoring.pictures.canvas import Picture, drawing, figure, font_properties, rendered
from authoring.pictures.reports import report, table

TITLE = {"en": "Nerve conduction study", "zh": "神经传导检查"}


def response(t: np.ndarray, latency: float, amplitude: float, duration: float) -> np.ndarray:
    """A compound muscle action potential: negative (up) from `latency` (ms), then a shallower positive phase."""
    phase = np.clip((t - latency) / duration, 0, None)
    rise = np.where(phase < 1, np.sin(np.pi * np.clip(phase, 0, 1) ** 0.8), 0)
    fall = np.where((phase >= 1) & (phase < 1.9), -0.3 * np.sin(np.pi * np.clip(phase - 1, 0, 0.9) / 0.9), 0)
    return amplitude * (rise + fall)


@drawing
def nerve_conduction(
    *,
    rng: np.random.Generator,
    language: str,
    traces: list[dict[str, Any]],
    tables: list[dict[str, Any]],
    title: str = "",
    trace_title: str = "",
    note: str | None = None,
) -> Picture:
    """Traces (`label`, `latency` ms, `amplitude` mV or 0, optional `duration` ms) over tables (`columns`, `rows`)."""
    end = 5 * np.ceil((max(trace.get("latency", 0) for trace in traces) + 16) / 5)
    largest = max(trace["amplitude"] for trace in traces)
    unit = 5 if largest > 6 else 2
    t = np.linspace(-2, end, 900)
    made = figure(880, 90 + 85 * len(traces))
    axes = made.add_axes((0.28, 0.13, 0.66, 0.76))
    for number, trace in enumerate(traces):
        level = -number * largest * 1.45
        wave = 0.006 * largest * rng.normal(size=t.size)
        if trace["amplitude"]:
            wave += response(t, trace["latency"], trace["amplitude"], trace.get("duration", 6.0))
            onset, style = trace["latency"], {"arrowstyle": "-|>", "color": "#c00000"}
            axes.annotate("", (onset, level - 0.06 * largest), (onset, level - 0.34 * largest), arrowprops=style)
        wave += 0.5 * largest * np.exp(-0.5 * ((t - 0.0) / 0.12) ** 2)  # stimulus artefact
        axes.plot(t, level + wave, color="#101035", lw=1.2)
        face = font_properties(10, language)
        axes.text(-2.8, level + 0.1 * largest, trace["label"], ha="right", va="center", fontproperties=face)
    bottom = -(len(traces) - 0.5) * largest * 1.45
    foot = bottom + 0.2 * largest
    axes.plot([end * 1.02] * 2, [foot, foot + unit], color="#c00000", lw=2, clip_on=False)
    axes.text(end * 1.03, foot + unit / 2, f"{unit} mV", color="#c00000", va="center", fontsize=9)
    axes.set(xlim=(-2, end), ylim=(bottom, largest * 1.25))
    axes.set_yticks([])
    axes.set_xticks(np.arange(0, end + 1, 5))
    axes.grid(axis="x", color="#d5d5d5", lw=0.6)
    axes.tick_params(labelsize=9)
    axes.set_xlabel("ms", fontsize=9, labelpad=1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    made.text(0.02, 0.93, trace_title, fontproperties=font_properties(11.5, language, bold=True))
    parts = [rendered(made)]
    for one in tables:
        rows = [[str(cell) for cell in row] for row in one["rows"]]
        parts.append(table(one["columns"], rows, width=880, language=language, size=14))
    title = title or TITLE[language]
    return report(parts, title=title, language=language, width=880, note=note, of_specimen=False)
