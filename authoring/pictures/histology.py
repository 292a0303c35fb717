"""Tissue sections: haematoxylin-eosin by organ, special stains, immunostains, Congo red."""

from __future__ import annotations

from typing import Any

import numpy as np

from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.organs import lymph_node, muscle_artery, nerve_onion_bulbs, storiform, sweat_gland, trophoblast
from authoring.pictures.sections import epithelium, macrophage, marrow, myocardium, small_round_cells, villi
from authoring.pictures.tissue import Slide, mounted

PAINTERS = {
    painter.__name__: painter
    for painter in (
        villi,
        small_round_cells,
        myocardium,
        marrow,
        muscle_artery,
        storiform,
        lymph_node,
        sweat_gland,
        trophoblast,
    )
}
HE = {"en": "H&E", "zh": "HE 染色"}


@drawing
def histology_duodenum(*, rng: np.random.Generator, language: str, stain: str = "HE") -> Picture:
    """Blunt villi full of foamy macrophages (HE), or the macrophages at high power (PAS-diastase, Ziehl-Neelsen)."""
    if stain == "HE":
        s = Slide(rng, "he")
        villi(s, count=3)
        return mounted([s.developed(HE[language], (60, "100 µm"), language)], language)
    s = Slide(rng, {"PAS-diastase": "pas", "Ziehl-Neelsen": "zn"}[stain])
    magenta = (206, 30, 130)
    edge = np.array([(x, 62 + 5 * np.sin(x / 60)) for x in range(-10, s.width + 20, 8)])
    s.fill([*edge, (s.width, -5), (-5, -5)], (250, 248, 250))
    pas = stain == "PAS-diastase"
    s.cells_scattered(60, 5, 30, lambda p: p[1] > 150)
    for point in s.scatter(16, 74, lambda p: 158 < p[1] < 410 and 20 < p[0] < 540):
        macrophage(s, point, 33, magenta if pas else None)
    epithelium(s, edge, 52, 18, closed=False, goblets=0.22, radius=7, mucin=magenta if pas else (226, 234, 244))
    label = {"PAS-diastase": "PAS-D", "Ziehl-Neelsen": "Ziehl-Neelsen"}[stain]
    return mounted([s.developed(label, (52, "20 µm"), language)], language)


def section(rng: np.random.Generator, language: str, tissue: str, scale: tuple[float, str], **options: Any) -> Picture:
    """A tissue in haematoxylin-eosin; `scale` is a bar in pixels and its length."""
    s = Slide(rng, "he")
    PAINTERS[tissue](s, **options)
    return mounted([s.developed(HE[language], scale, language)], language)


@drawing
def histology_bone(*, rng: np.random.Generator, language: str) -> Picture:
    """A sheet of small round cells, a necrotic corner, a trabecula."""
    return section(rng, language, "small_round_cells", (92, "50 µm"))


@drawing
def histology_muscle(*, rng: np.random.Generator, language: str) -> Picture:
    """Muscle with an artery of 250 µm, half of it necrotic."""
    return section(rng, language, "muscle_artery", (100, "100 µm"))


@drawing
def histology_pancreas(*, rng: np.random.Generator, language: str) -> Picture:
    """Storiform fibrosis round a duct, with a plugged vein."""
    return section(rng, language, "storiform", (62, "50 µm"))


@drawing
def histology_lymph_node(*, rng: np.random.Generator, language: str) -> Picture:
    """Shrunken follicles with concentric mantles."""
    return section(rng, language, "lymph_node", (62, "100 µm"))


@drawing
def histology_skin(*, rng: np.random.Generator, language: str, share: float = 0.2) -> Picture:
    """Sweat gland and fat cells at high power, a `share` of the nuclei with a round body."""
    return section(rng, language, "sweat_gland", (32, "10 µm"), share=share)


@drawing
def histology_small_intestine(*, rng: np.random.Generator, language: str, count: int = 5) -> Picture:
    """Tall villi with wide lymph spaces in their tips and in the submucosa."""
    return section(rng, language, "villi", (66, "200 µm"), count=count, blunt=False, foamy=False, submucosa=True)


@drawing
def histology_nerve(*, rng: np.random.Generator, language: str, fibres: int = 25) -> Picture:
    """Semithin cross-section of a nerve fascicle: few fibres, each an onion bulb."""
    s = Slide(rng, "giemsa")
    nerve_onion_bulbs(s, fibres=fibres)
    label = {"en": "Toluidine blue, semithin", "zh": "甲苯胺蓝,半薄切片"}[language]
    return mounted([s.developed(label, (46, "20 µm"), language)], language)


@drawing
def histology_uterus(*, rng: np.random.Generator, language: str) -> Picture:
    """Muscle bundles split by polygonal mononuclear cells, and a vessel they replace."""
    return section(rng, language, "trophoblast", (64, "50 µm"))


@drawing
def immunohistochemistry(
    *,
    rng: np.random.Generator,
    language: str,
    tissue: str,
    panels: dict[str, dict[str, Any]],
    scale: list[Any] | None = None,
    columns: int = 0,
    size: tuple[int, int] | None = None,
    **options: Any,
) -> Picture:
    """The same tissue under several antibodies: `panels` maps each to what is brown, {} when nothing is."""
    seed = int(rng.integers(2**32))
    images = []
    for name, look in panels.items():
        s = Slide(np.random.default_rng(seed), "ihc", *(size or ((300, 290) if len(panels) > 1 else (560, 440))))
        PAINTERS[tissue](s, **look, **options)
        images.append(s.developed(name, tuple(scale) if scale else None, language))
    return mounted(images, language, columns)


@drawing
def congo_red(
    *,
    rng: np.random.Generator,
    language: str,
    tissue: str,
    positive: bool,
    scale: list[Any] | None = None,
    **options: Any,
) -> Picture:
    """Congo red in bright field and between crossed polarisers."""
    seed = int(rng.integers(2**32))
    images = []
    names = {"en": ("Congo red, bright field", "Congo red, polarised"), "zh": ("刚果红(明场)", "刚果红(偏光)")}[
        language
    ]
    for stain, name, deposit in (("congo", names[0], (234, 112, 88)), ("polarised", names[1], (96, 214, 84))):
        s = Slide(np.random.default_rng(seed), stain, 360, 360)
        PAINTERS[tissue](s, **options, **({"deposit": deposit} if positive else {}))
        images.append(s.developed(name, tuple(scale) if scale else None, language, light=stain == "polarised"))
    return mounted(images, language)
