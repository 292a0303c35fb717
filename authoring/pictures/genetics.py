"""Genetic results: traces of sequence, tables of variants, heat maps of expression, karyograms, repeat lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import FancyBboxPatch, Polygon
from scipy.ndimage import gaussian_filter1d

from authoring.pictures.canvas import SCHEMATIC, SIMULATED, Picture, caption, drawing, figure, font_properties, rendered
from authoring.pictures.reports import report, stacked, table

BASES = {"A": "#1a9a2a", "C": "#1f4fd0", "G": "#111111", "T": "#d02020"}
IUPAC = {"R": "AG", "Y": "CT", "S": "GC", "W": "AT", "K": "GT", "M": "AC"}
# size and centromere in megabases, and the staining of each 2 Mb: 0 light to 4 dark, c centromere, v variable, s stalk
CHROMOSOMES = {
    "1": (
        249,
        123,
        "0110102200110010100011033000202222044444440033033304400022020c"
        "cvvvvvvvvv00200000000203002200044004400000110444441002203333000",
    ),
    "2": (
        242,
        94,
        "0020003303330010330220004404440022002444440000cc00022100222002"
        "22201044404410033003330000020333003300020044400033044002000",
    ),
    "3": (
        198,
        91,
        "20220010444403302200330001022000222003330033cccvv01030220330301001101000444022024444003300301033000",
    ),
    "4": (190, 50, "001000200330004444000200cc000444400333022010330330222000033302220444401110100444004443334440011"),
    "5": (182, 49, "00100220044444000110022ccc00003333022002204444000444044020444000440011000330020044440001100"),
    "6": (171, 60, "01002010333330201011000444444cc4444000222222004440440000033444433220033003002200220000"),
    "7": (159, 60, "01004440440002333003330303300cc0002200044440330330000033300330330022200033001100"),
    "8": (145, 45, "0330004444002233330100cc0002220220204333330444000100033044022002200030000"),
    "9": (138, 43, "010033301044404440120ccvvvvvvvv01110220220220101004440110333001101000"),
    "10": (134, 40, "0103330003302220100cc0010044440444000200444033220201444003302002000"),
    "11": (135, 53, "0222220200044030004444003ccc3301010222044440440004444440200002002000"),
    "12": (133, 36, "00100304440440200cc444401101033022003300444044003330220002020002000"),
    "13": (114, 18, "vvsssvvvc001000023330012200440033044020444440440000404400"),
    "14": (107, 17, "vvssvvvvc000444402044004400003302202200444444010220200"),
    "15": (102, 19, "vvsssvvvvc00020003330133303331110011010220220002200"),
    "16": (90, 37, "000020202220220000cvvvv0002204444002033302010"),
    "17": (83, 25, "00200333000ccc0002221001103333332003001000"),
    "18": (80, 18, "02221000ccc00044440033300333022044411100"),
    "19": (59, 26, "0001110100vvccvv00111011011011"),
    "20": (64, 28, "0003303330000cc00103331100330200"),
    "21": (47, 12, "vvsvvc044440033002022000"),
    "22": (51, 15, "vvsssvvcc00102202220220022"),
    "X": (154, 59, "00200222022044004440033301100c00200020444404443330000033330044440100030440000"),
    "Y": (62, 11, "00000002202220vvvvvvvvvvvvvvvvv"),
}
KARYOGRAM = (
    ("1", "2", "3", "4", "5"), ("6", "7", "8", "9", "10", "11", "12"),
    ("13", "14", "15", "16", "17", "18"), ("19", "20", "21", "22", "X", "Y"),
)  # fmt: skip
SHADES = {"0": 0.97, "1": 0.75, "2": 0.55, "3": 0.38, "4": 0.2, "c": 0.45, "v": 0.6, "s": 0.85}
FOREIGN = np.array([0.72, 0.86, 1.0])  # tint of a piece that comes from another chromosome


@drawing
def sanger_trace(
    *, rng: np.random.Generator, language: str, traces: list[dict[str, Any]], title: str = "", footer: str = ""
) -> Picture:
    """Electropherograms one over the other.

    Each trace: `label`, `sequence` (IUPAC letters where two bases overlap), optionally `reference`, `codons` {first
    base: words} and `arrow` [base, words].
    """
    made = figure(880, 55 + 195 * len(traces))
    for number, wanted in enumerate(traces):
        sequence = wanted["sequence"]
        axes = made.add_subplot(len(traces), 1, number + 1)
        x = np.linspace(-0.6, len(sequence) - 0.4, 1400)
        heights = rng.uniform(0.75, 1.05, len(sequence))
        for base, colour in BASES.items():
            y = 0.06 * gaussian_filter1d(np.abs(rng.normal(size=x.size)), 6)
            for place, letter in enumerate(sequence):
                pair = IUPAC.get(letter, letter)
                if base in pair:
                    size, shift = (0.55, 0.12 * pair.index(base) - 0.06) if len(pair) > 1 else (heights[place], 0)
                    y += size * np.exp(-0.5 * ((x - place - shift) / 0.27) ** 2)
            axes.plot(x, y, color=colour, lw=1.4)
        for place, letter in enumerate(sequence):
            axes.text(
                place, 1.2, letter, color=BASES.get(letter, "#8030a0"), ha="center", fontsize=12, fontweight="bold"
            )
        for place, letter in enumerate(wanted.get("reference", "")):
            axes.text(place, 1.46, letter, color="#777", ha="center", fontsize=10)
        if "reference" in wanted:
            words = {"en": "reference", "zh": "参考"}[language]
            axes.text(-0.55, 1.47, words, ha="right", color="#777", fontproperties=font_properties(8.5, language))
        if "arrow" in wanted:
            place, words = wanted["arrow"]
            axes.annotate(
                "", (place, 1.4), (place, 1.85), arrowprops={"arrowstyle": "-|>", "color": "#8030a0", "lw": 2}
            )
            axes.text(place + 0.25, 1.68, words, color="#8030a0", fontproperties=font_properties(10.5, language))
        for start, words in wanted.get("codons", {}).items():
            axes.plot([start - 0.4, start + 2.4], [-0.1, -0.1], color="#555", lw=1)
            axes.text(start + 1, -0.36, words, ha="center", fontproperties=font_properties(9.5, language))
        axes.text(-0.6, 1.72, wanted["label"], fontproperties=font_properties(10.5, language, bold=True))
        axes.set(xlim=(-2.4 if "reference" in wanted else -0.8, len(sequence) - 0.3), ylim=(-0.42, 1.95))
        axes.axis("off")
    made.subplots_adjust(0.01, 0.05, 0.99, 0.93, hspace=0.1)
    made.text(0.02, 0.95, title, fontproperties=font_properties(12, language, bold=True))
    made.text(0.02, 0.015, footer, fontproperties=font_properties(10, language))
    return Picture(caption(rendered(made), SIMULATED[language], language))


@drawing
def variant_table(
    *,
    rng: np.random.Generator,
    language: str,
    title: str,
    rows: list[list[str]],
    columns: list[str],
    header: str = "",
    note: str | None = None,
    width: int = 900,
) -> Picture:
    """A table of variants."""
    del rng
    body = table(columns, [[str(cell) for cell in row] for row in rows], width=width, language=language)
    return report([body], title=title, language=language, width=width, header=header, note=note)


def expression_values(
    groups: list[dict[str, Any]], columns: list[str], spread: float, rng: np.random.Generator
) -> np.ndarray:
    """Log2 fold changes, one row a gene and one column a sample, within `spread` of the level of their group."""
    rows = [
        np.array([group["levels"].get(column, 0.0) for column in columns], float)
        for group in groups
        for _ in group["genes"]
    ]
    return np.array(rows) + rng.uniform(-spread, spread, (len(rows), len(columns)))


@drawing
def expression_heat_map(
    *,
    rng: np.random.Generator,
    language: str,
    groups: list[dict[str, Any]],
    columns: list[str],
    title: str = "",
    footer: str = "",
    spread: float = 0.4,
    limit: float = 8,
) -> Picture:
    """Expression of genes as a heat map, log2 fold change against controls.

    Each group of genes: `name`, `genes` and `levels` {sample: log2 fold change}, 0 for samples that are not named;
    genes lie within `spread` of it. Colours end at plus and minus `limit`.
    """
    values = expression_values(groups, columns, spread, rng)
    genes = [gene for group in groups for gene in group["genes"]]
    height = 190 + 24 * len(genes)
    made = figure(900, height)
    axes = made.add_axes((0.29, 105 / height, 0.55, 24 * len(genes) / height))
    shown = axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    face = font_properties(9.5, language)
    axes.set_xticks(range(len(columns)), columns, fontproperties=face, multialignment="center")
    axes.set_yticks(range(len(genes)), genes, fontproperties=face)
    axes.set_xticks(np.arange(-0.5, len(columns)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(genes)), minor=True)
    axes.grid(which="minor", color="white", lw=1)
    axes.tick_params(which="both", length=0)
    end = -0.5
    for group in groups:
        start, end = end, end + len(group["genes"])
        axes.plot([-0.5, len(columns) - 0.5], [end, end], color="#222", lw=1.6)
        middle = 1 - (85 + 24 * ((start + end) / 2 + 0.5)) / height
        bold = font_properties(10, language, bold=True)
        made.text(0.015, middle, group["name"], va="center", fontproperties=bold)
    key = made.colorbar(shown, cax=made.add_axes((0.87, 105 / height, 0.02, 24 * len(genes) / height)))
    words = {"en": "log2 fold change against controls", "zh": "log2差异倍数（与对照比较）"}[language]
    key.set_label(words, fontproperties=face)
    made.text(0.015, 1 - 40 / height, title, fontproperties=font_properties(12, language, bold=True))
    made.text(0.015, 18 / height, footer, fontproperties=font_properties(10, language))
    return Picture(caption(rendered(made), SIMULATED[language], language))


def pieces(segments: list[tuple[str, float, float]], home: str) -> np.ndarray:
    """The bands of a chromosome made of pieces (name, from, to in Mb; top first): one RGB row a megabase."""
    rows = []
    for name, start, end in segments:
        shades = [SHADES[mark] for mark in CHROMOSOMES[name][2] for _ in range(2)]
        part = np.array(shades[int(start) : int(end)])[:, None] * np.ones(3)
        rows.append(part if name == home else part * FOREIGN)
    return np.concatenate(rows)[:, None, :]


def draw_chromosome(axes: Any, x: float, base: float, segments: list[tuple[str, float, float]], home: str) -> None:
    """Stand a chromosome on `base`, one unit a megabase."""
    pattern = pieces(segments, home)
    height, half = len(pattern), 11
    shape: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=10", "lw": 0.9}
    body = FancyBboxPatch((x - half, base), 2 * half, height, fc="white", ec="none", **shape)
    axes.add_patch(body)
    picture = axes.imshow(
        pattern, extent=(x - half, x + half, base, base + height), aspect="auto", interpolation="nearest", zorder=2
    )
    picture.set_clip_path(body)
    axes.add_patch(FancyBboxPatch((x - half, base), 2 * half, height, fc="none", ec="#222", zorder=3, **shape))
    y = base + height - CHROMOSOMES[home][1]
    for side in (-1, 1):
        corners = [(x + side * (half + 1), y - 6), (x + side * half * 0.45, y), (x + side * (half + 1), y + 6)]
        axes.add_patch(Polygon(corners, fc="white", ec="none", zorder=4))
        axes.plot(*zip(*corners, strict=True), color="#222", lw=0.8, zorder=5)


@drawing
def karyotype(
    *,
    rng: np.random.Generator,
    language: str,
    sex: str = "XX",
    counts: dict[str, int] | None = None,
    changed: dict[str, list[list[list[Any]]]] | None = None,
    footer: str = "",
) -> Picture:
    """A karyogram.

    `counts` where a chromosome is not a pair; `changed`: in place of the last copies of a chromosome, ones made of
    pieces [name, from, to], tinted where they come from another one, with an arrow.
    """
    del rng
    made = figure(900, 640)
    axes = made.add_axes((0.01, 0.05, 0.98, 0.94))
    base = 0.0
    for row in KARYOGRAM:
        base -= max(CHROMOSOMES[name][0] for name in row)
        for place, name in enumerate(row):
            middle = (place + 0.5) * 1300 / len(row)
            made_of = [[(str(part[0]), part[1], part[2]) for part in one] for one in (changed or {}).get(name, [])]
            copies = (counts or {}).get(name, sex.count(name) if name in "XY" else 2)
            drawn = [[(name, 0, CHROMOSOMES[name][0])]] * (copies - len(made_of)) + made_of
            for index, segments in enumerate(drawn):
                x = middle + (index - (len(drawn) - 1) / 2) * 33
                draw_chromosome(axes, x, base, segments, name)
                if index >= copies - len(made_of):
                    style = {"arrowstyle": "-|>", "lw": 2, "color": "#c00000", "mutation_scale": 14}
                    y = base + segments[-1][2] - segments[-1][1]  # where the last piece begins
                    axes.annotate("", (x + 14, y), (x + 52, y + 16), arrowprops=style)
            axes.plot([middle - 36, middle + 36], [base - 5] * 2, color="#222", lw=1)
            axes.text(middle, base - 10, name, ha="center", va="top", fontsize=11)
        base -= 58
    axes.set(xlim=(0, 1300), ylim=(base + 15, 12), aspect="auto")
    axes.axis("off")
    made.text(0.02, 0.015, footer, fontproperties=font_properties(12, language, bold=True))
    return Picture(caption(rendered(made), SCHEMATIC[language], language))


@drawing
def repeat_primed_pcr(
    *,
    rng: np.random.Generator,
    language: str,
    rows: list[list[str]],
    columns: list[str],
    normal: int,
    expanded: int,
    title: str = "",
) -> Picture:
    """Repeat-primed PCR: peak of the normal allele and a saw-tooth tail to the expanded one; table below."""
    made = figure(880, 300)
    axes = made.add_axes((0.08, 0.17, 0.89, 0.7))
    start, x = 90, np.linspace(80, 90 + 3 * (expanded + 12), 5000)
    y = 12 * np.abs(gaussian_filter1d(rng.normal(size=x.size), 4)) * 4
    for repeat in range(1, expanded + 1):
        size = 2800 * np.exp(-repeat / 48) * rng.uniform(0.9, 1.1)
        if repeat == normal:
            size = 6800
        y += size * np.exp(-0.5 * ((x - start - 3 * repeat) / 0.62) ** 2)
    axes.plot(x, y, color="#1f4fd0", lw=0.9)
    axes.set(xlim=(x[0], x[-1]), ylim=(-150, 7600))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontsize(9)
    axes.spines[["top", "right"]].set_visible(False)
    words = {"en": ("Fragment size (bp)", "Signal (RFU)"), "zh": ("片段长度（bp）", "荧光强度（RFU）")}[language]
    axes.set_xlabel(words[0], fontproperties=font_properties(10, language))
    axes.set_ylabel(words[1], fontproperties=font_properties(10, language))
    made.text(0.08, 0.92, title, fontproperties=font_properties(12, language, bold=True))
    body = table(columns, [[str(cell) for cell in row] for row in rows], width=880, language=language)
    return Picture(caption(stacked([rendered(made), body]), SIMULATED[language], language))
