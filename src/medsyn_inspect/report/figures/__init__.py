"""The figures of a report, one file each: functions of the material, which draw nothing where it holds nothing."""

from __future__ import annotations

from medsyn_inspect.report.figures import (
    ablations,
    calibration,
    coverage_and_accuracy,
    cross_modal,
    languages,
    nmse_accuracy,
    nmse_by_type,
    panel_agreement,
    position_bias,
    score_distribution,
    specialties,
    stages,
)
from medsyn_inspect.report.figures.drawing import Drawn
from medsyn_inspect.report.material import Material

FIGURES = (
    coverage_and_accuracy,
    score_distribution,
    specialties,
    languages,
    cross_modal,
    nmse_by_type,
    nmse_accuracy,
    position_bias,
    ablations,
    stages,
    calibration,
    panel_agreement,
)
"""In the order of the report."""


def all_figures(material: Material) -> list[Drawn]:
    """Every figure that the material holds anything for."""
    found: list[Drawn] = []
    for figure in FIGURES:
        drawn = figure.draw(material)
        found += drawn if isinstance(drawn, list) else [drawn] if drawn is not None else []
    return found
