"""Computed tomography: Hounsfield phantoms through a window."""

# Outlines are rows of coordinates; one point a line would hide them.
# fmt: off

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from authoring.pictures import trunk, trunk_levels
from authoring.pictures.canvas import Picture, drawing
from authoring.pictures.phantom import NOTHING, Plane, noise, pictured, windowed

WINDOWS = {"lung": (-550, 1500), "soft": (45, 380), "mediastinum": (60, 420), "bone": (400, 1900), "brain": (38, 80),
    "angio": (170, 700), "narrow": (70, 200)}
NAMES = {
    "en": {"lung": "lung window", "soft": "soft-tissue window", "mediastinum": "mediastinal window",
    "bone": "bone window", "brain": "brain window",
           "angio": "CT angiography", "narrow": "narrow window", "plain": "unenhanced", "arterial": "arterial phase",
           "venous": "venous phase"},
    "zh": {"lung": "肺窗", "soft": "软组织窗", "mediastinum": "纵隔窗", "bone": "骨窗",
           "brain": "脑窗", "angio": "CT血管成像",
    "narrow": "窄窗",
           "plain": "平扫", "arterial": "动脉期", "venous": "静脉期"},
}


def _finished(p: Plane, window: str, phase: str, language: str, label: str, **marks: Any) -> Picture:
    """Window the phantom, with beam noise."""
    centre, width = WINDOWS[window]
    p.grey += min(0.014 * width, 8) * noise(p.grey.shape, 2.2, p.rng)
    names = NAMES[language]
    text = label or f"CT  {names[phase]}{'，' if language == 'zh' else ', '}{names[window]}"
    return pictured(p, windowed(p.grey, centre, width), language=language, label=text, **marks)


@drawing
def ct_chest_axial(
    *, rng: np.random.Generator, language: str, level: str = "heart", window: str = "lung", phase: str = "plain",
    label: str = "", mesh_mm: float = 0,
    lesions: Sequence[dict[str, Any]] = (), tissues: Mapping[str, float] = NOTHING, **marks: Any,
) -> Picture:
    """Axial chest CT; `tissues` overrides Hounsfield values.

    `marks` are the arrows, callipers and texts of `finished`.
    """
    p = Plane(350, 270, rng, trunk.PHASES[phase] | tissues, pixels=600)
    trunk.chest(p, level)
    if mesh_mm:
        trunk.mesh(p, mesh_mm, -480)
    p.lesions(lesions)
    return _finished(p, window, phase, language, label, **marks)


@drawing
def ct_abdomen_axial(
    *, rng: np.random.Generator, language: str, level: str = "liver", window: str = "soft", phase: str = "venous",
    label: str = "", liver: float = 1.0,
    spleen: float = 1.0, loops: str = "normal", lesions: Sequence[dict[str, Any]] = (),
    tissues: Mapping[str, float] = NOTHING, **marks: Any,
) -> Picture:
    """Axial abdominal CT at the level liver, kidney or pelvis."""
    p = Plane(340, 240, rng, trunk.PHASES[phase] | tissues, pixels=600)
    trunk.abdomen(p, level, liver, spleen, loops)
    p.lesions(lesions)
    return _finished(p, window, phase, language, label, **marks)


@drawing
def ct_pancreas_axial(*, rng: np.random.Generator, language: str, thick_mm: float = 20, rim_mm: float = 0,
    phase: str = "venous", **marks: Any) -> Picture:
    """Axial CT through the whole pancreas."""
    p = Plane(340, 240, rng, trunk.PHASES[phase], pixels=600)
    trunk_levels.pancreas(p, thick_mm, rim_mm)
    return _finished(p, "soft", phase, language, "", **marks)


@drawing
def ct_umbilicus_axial(*, rng: np.random.Generator, language: str, ascites_mm: float = 0, target: bool = False,
    caval_mm: float = 16, **marks: Any) -> Picture:
    """Axial CT at the umbilicus; see `trunk_levels.umbilical`."""
    p = Plane(340, 240, rng, trunk.PHASES["venous"], pixels=600)
    trunk_levels.umbilical(p, ascites_mm, target, caval_mm)
    return _finished(p, "soft", "venous", language, "", **marks)


@drawing
def ct_trachea_axial(
    *, rng: np.random.Generator, language: str, wall_mm: float, lumen_mm: float, label: str, collapsed: bool = False,
    specks: int = 0, anatomy: int = 1, **marks: Any
) -> Picture:
    """Axial CT just above the aortic arch, zoomed on the trachea."""
    p = Plane(84, 72, np.random.default_rng(anatomy), trunk.CT, pixels=560)
    trunk_levels.upper_mediastinum(p, wall_mm, lumen_mm, collapsed, specks)
    return _finished(p, "soft", "plain", language, label, **{"scale_mm": 10, **marks})


@drawing
def ct_pelvis_axial(*, rng: np.random.Generator, language: str, lesions: Sequence[dict[str, Any]] = (),
    **marks: Any) -> Picture:
    """Axial CT through the sacroiliac joints, bone window."""
    p = Plane(340, 240, rng, trunk.CT, pixels=600)
    trunk.abdomen(p, "pelvis")
    p.lesions(lesions)
    return _finished(p, "bone", "plain", language, "", **marks)
