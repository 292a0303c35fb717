"""Serum protein electrophoresis: densitometry and immunofixation gel."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from authoring.pictures.canvas import Picture, drawing, figure, font_properties, rendered
from authoring.pictures.reports import report, table

# place (0 anode to 1 cathode) and width of the fractions
FRACTIONS = {
    "albumin": (0.12, 0.032),
    "alpha1": (0.30, 0.02),
    "alpha2": (0.42, 0.032),
    "beta": (0.57, 0.032),
    "gamma": (0.79, 0.062),
}
PLACES = {"beta": 0.58, "beta-gamma": 0.675, "gamma": 0.80, "gamma-fast": 0.75}
NAMES = {
    "en": {"albumin": "Albumin", "alpha1": "Alpha-1", "alpha2": "Alpha-2", "beta": "Beta", "gamma": "Gamma"},
    "zh": {"albumin": "白蛋白", "alpha1": "α1", "alpha2": "α2", "beta": "β", "gamma": "γ"},
}
NORMAL_G_L = {"albumin": "35-50", "alpha1": "1.0-3.0", "alpha2": "5.0-9.0", "beta": "6.0-11.0", "gamma": "7.0-16.0"}
PERCENT = {"albumin": 60, "alpha1": 4, "alpha2": 9, "beta": 11, "gamma": 16}
SMEARS = {"G": 0.5, "A": 0.14, "M": 0.1, "K": 0.36, "L": 0.26}  # polyclonal background of the lanes
DYE = LinearSegmentedColormap.from_list("dye", ["#f3f1fa", "#b9a9dd", "#4a2f96", "#22104f"])


def density(x: np.ndarray, percent: dict[str, float], spike: tuple[float, float] | None) -> np.ndarray:
    """Protein along the gel; `spike` is (place, percent of all protein)."""
    out = np.zeros_like(x)
    for name, (centre, width) in FRACTIONS.items():
        share = percent[name]
        if spike and name == ("gamma" if spike[0] > 0.7 else "beta"):
            share -= spike[1]
        if name == "beta":
            for part, place in ((0.6, 0.545), (0.4, 0.61)):
                out += part * share / 0.02 * np.exp(-0.5 * ((x - place) / 0.02) ** 2)
        else:
            out += share / width * np.exp(-0.5 * ((x - centre) / width) ** 2)
    if spike:
        width = 0.0105 + 0.0003 * spike[1]
        out += spike[1] / width * np.exp(-0.5 * ((x - spike[0]) / width) ** 2)
    return out


def gel(
    rng: np.random.Generator,
    lanes: list[str],
    percent: dict[str, float],
    smears: dict[str, float],
    bands: list[str],
    place: float,
    strength: float,
) -> np.ndarray:
    """Stain of an immunofixation gel, anode at the top; lanes side by side, with gaps."""
    y = np.linspace(0, 1, 260)
    serum = density(y, percent, None)  # without the narrow band
    columns = [np.zeros((y.size, 12))]
    for lane in lanes:
        kind = {"κ": "K", "λ": "L"}.get(lane, lane)
        if kind == "SP":
            stain = 0.95 * (serum / serum.max()) ** 0.75
        else:
            stain = smears[kind] * np.exp(-0.5 * ((y - 0.79) / 0.085) ** 2)
        if lane in bands:
            stain = stain + strength * (0.6 if kind == "SP" else 1.0) * np.exp(-0.5 * ((y - place) / 0.0095) ** 4)
        across = np.exp(-0.5 * (np.linspace(-1, 1, 34) / 0.82) ** 10)
        columns += [stain[:, None] * across, np.zeros((y.size, 16))]
    image = np.concatenate(columns, axis=1)
    return np.clip(image + 0.004 * rng.normal(size=image.shape), 0, 1)


@drawing
def protein_electrophoresis(
    *,
    rng: np.random.Generator,
    language: str,
    percent: dict[str, float] | None = None,
    total_g_l: float = 72,
    spike_at: str | None = None,
    spike_g_l: float = 0,
    spike_words: str = "",
    curve: bool = True,
    bands: list[str] | None = None,
    lanes: list[str] | None = None,
    strength: float = 0.85,
    smears: dict[str, float] | None = None,
    title: str = "",
) -> Picture:
    """Densitometry with its table (`curve`), and an immunofixation gel if `bands` names the lanes that have one."""
    percent = {**PERCENT, **(percent or {})}
    place = PLACES[spike_at] if spike_at else 0.79
    spike = (place, 100 * spike_g_l / total_g_l) if spike_at and spike_g_l else None
    both = curve and bands is not None
    made = figure(880, 330 if curve else 400)
    names = NAMES[language]
    if curve:
        axes = made.add_axes((0.03, 0.12, 0.55 if both else 0.94, 0.78))
        x = np.linspace(0, 1, 700)
        y = density(x, percent, spike)
        axes.fill_between(x, y, color="#dfe6f5")
        axes.plot(x, y, color="#1b2a6b", lw=1.6)
        for edge in (0.235, 0.355, 0.49, 0.655):
            axes.plot([edge, edge], [0, np.interp(edge, x, y)], color="#c0392b", lw=0.8)
        for name, (centre, _) in FRACTIONS.items():
            axes.text(
                centre,
                -0.05 * y.max(),
                names[name],
                ha="center",
                va="top",
                fontproperties=font_properties(9.5, language),
            )
        axes.set(xlim=(0, 1), ylim=(0, y.max() * 1.08), xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(False)
    if bands is not None:
        lanes = lanes or ["SP", "G", "A", "M", "K", "L"]
        area = (0.65, 0.05, 0.33, 0.83) if both else (0.22, 0.05, 0.56, 0.86)
        axes = made.add_axes(area)
        rest = percent | ({"gamma": percent["gamma"] - spike[1]} if spike and spike[0] > 0.7 else {})
        image = gel(rng, lanes, rest, SMEARS | (smears or {}), bands, place, strength)
        axes.imshow(image, cmap=DYE, vmin=0, vmax=1, aspect="auto", interpolation="bilinear")
        axes.set_xticks([12 + 50 * number + 17 for number in range(len(lanes))], lanes)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for label in axes.get_xticklabels():
            label.set_fontproperties(font_properties(11, language, bold=True))
        axes.set_yticks([6, 250], ["+", "−"], fontsize=12)
    parts = [rendered(made)]
    if curve:
        rows = []
        for name in FRACTIONS:
            rows.append([names[name], f"{percent[name]:g}", f"{percent[name] * total_g_l / 100:.1f}", NORMAL_G_L[name]])
        if spike_words:
            rows.append([spike_words, "", f"{spike_g_l:.1f}" if spike_g_l >= 2 else "<2", ""])
        heads = {"en": ["Fraction", "%", "g/L", "Reference (g/L)"], "zh": ["组分", "%", "g/L", "参考区间（g/L）"]}[
            language
        ]
        parts.append(table(heads, rows, width=880, language=language, size=14))
    title = title or {"en": "Serum protein electrophoresis", "zh": "血清蛋白电泳"}[language]
    return report(parts, title=title, language=language, width=880)
