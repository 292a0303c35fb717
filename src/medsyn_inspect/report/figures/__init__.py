"""The figures of a report, one module each. To add a figure, add a module.

A module has a function `draw`, the `SECTION` of the report that shows the figure, and its `POSITION` in that section.
`draw` takes the material of a report and returns one drawing, several, or none if the findings have no data for it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import get_args

from medsyn_inspect.progress import steps
from medsyn_inspect.report.figures.drawing import Drawing, Section, wrap_labels
from medsyn_inspect.report.figures.style import narrow
from medsyn_inspect.report.material import Material


def figure_modules() -> list[ModuleType]:
    """The modules that draw a figure, in the order of the report.

    Raises:
        ValueError: If a figure is for a section that the report does not have.
    """
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    figures = [module for module in modules if hasattr(module, "draw")]
    order = get_args(Section)
    for figure in figures:
        if figure.SECTION not in order:
            name = figure.__name__.rpartition(".")[2]
            raise ValueError(f"figure {name}: SECTION is {figure.SECTION!r}; choose from {', '.join(order)}")
    return sorted(figures, key=lambda figure: (order.index(figure.SECTION), figure.POSITION))


def all_figures(material: Material) -> list[Drawing]:
    """All figures for which the material has data."""
    return [drawing for figure in steps(figure_modules(), "Drawing figures") for drawing in _drawn(figure, material)]


def narrow_figures(material: Material) -> dict[str, Drawing]:
    """The figures of the page drawn for a narrow screen, by name; without those that the page's script draws."""
    with narrow():
        modules = [figure for figure in figure_modules() if not getattr(figure, "BY_SCRIPT", False)]
        found = {drawing.name: drawing for figure in modules for drawing in _drawn(figure, material)}
        for drawing in found.values():
            wrap_labels(drawing.figure)
    return found


def _drawn(figure: ModuleType, material: Material) -> list[Drawing]:
    drawn = figure.draw(material)
    return drawn if isinstance(drawn, list) else [drawn] if drawn is not None else []
