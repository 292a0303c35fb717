"""A drawn figure and its rendering as PNG and SVG. The same numbers give the same bytes.

Figures are made with matplotlib, without pyplot and its global state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from textwrap import fill
from typing import Any, Literal
from xml.etree import ElementTree

import matplotlib
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from medsyn_inspect.report.figures.style import CROWD_DPI, DPI, INK, NARROW_WIDTH, SIZE, WIDTH, is_narrow, styled

Section = Literal["accuracy", "sensitivity", "ablations", "belief", "judging", "construction"]
"""Sections of the report that show figures, in order."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """A figure, its description, and its numbers."""

    name: str
    """File name without the extension."""

    section: Section
    """The section of the report that shows it."""

    title: str
    """Heading."""

    reading: str
    """One sentence on the result, with the number of cases and the limitations."""

    alt: str
    """Alternative text: what the figure shows."""

    data: pd.DataFrame
    """The numbers of the figure as tidy data, with full names."""

    figure: Figure
    """Rendered with `png`, `svg` or `svg_inline`."""


def new_figure(height: float) -> Figure:
    """An empty figure of the usual width, or of the width for narrow screens.

    Args:
        height: In inches.
    """
    figure = Figure(figsize=(NARROW_WIDTH if is_narrow() else WIDTH, height))
    FigureCanvasAgg(figure)
    return figure


def png(drawing: Drawing, background: str = "white") -> bytes:
    """The figure as PNG.

    Args:
        drawing: The figure.
        background: Colour of the background; `none` for a transparent one, on which the text is unreadable in a dark
            viewer.
    """
    return _render(drawing.figure, "png", dpi=DPI, facecolor=background, metadata={"Software": None})


@lru_cache(maxsize=1)
def svg(drawing: Drawing) -> bytes:
    """The figure as SVG, with a transparent background. The points of a crowded scatter plot are stored as an image."""
    return _render(drawing.figure, "svg", dpi=CROWD_DPI, metadata={"Date": None, "Creator": None})


def svg_inline(drawing: Drawing, prefix: str = "") -> str:
    """The figure as an `svg` element for an HTML page: `INK` as `currentColor`, and ids that are unique in the page.

    Args:
        drawing: The figure.
        prefix: Begins its ids, so that they differ from those of other drawings in the page; by default its name.
    """
    prefix = prefix or drawing.name
    text = svg(drawing).decode()
    root = ElementTree.fromstring(text)
    found = dict.fromkeys(re.findall(r"(?:href=\"|url\()#([^\")]+)", text))
    used = {name: f"{prefix}-{number}" for number, name in enumerate(found)}
    _simplify(root)
    used |= {name: used[first] for name, first in _same_marks(root).items() if name in used and first in used}
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for name, value in list(element.attrib.items()):
            del element.attrib[name]
            if name == "id":
                if value in used:
                    element.set("id", used[value])
                continue
            if name.removeprefix(XLINK) == "href":
                name, value = "href", f"#{used[value[1:]]}" if value[:1] == "#" else value
            value = re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{used[match[1]]})", value)
            value = value.replace(INK, "currentColor") if name in ("style", "fill", "stroke") else value
            if name not in ("id", "href", "clip-path"):
                digits = 1 if name in COORDINATES else 2
                value = re.sub(" +", " ", LONG_NUMBER.sub(partial(_rounded, digits), value)).strip()
            if name == "d":
                value = re.sub(r" ?([A-Za-z]) ?", r"\1", value)
            element.set(name, value)
    for element in root.iter():
        _merge_lines(element)
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")


COORDINATES = ("d", "x", "y", "points")
"""Attributes in points, which need one decimal; the others have two."""

LONG_NUMBER = re.compile(r"(?<![\w#])-?\d+\.\d{2,}")
NO_ROTATION = re.compile(r"rotate\(-?0(?:\.0*)? [^)]*\)")


def _rounded(digits: int, number: re.Match[str]) -> str:
    return f"{float(number.group(0)):.{digits}f}".rstrip("0").rstrip(".")


def _simplify(element: ElementTree.Element) -> None:
    """Remove what a page does not need: metadata, style sheet, blanks, rotations by 0, groups without attributes."""
    children = []
    for child in element:
        _simplify(child)
        if child.get("transform") and NO_ROTATION.fullmatch(child.attrib["transform"]):
            del child.attrib["transform"]
        if child.tag in (f"{SVG}metadata", f"{SVG}style") or (child.tag == f"{SVG}defs" and not len(child)):
            continue
        child.tail = None
        plain = child.tag == f"{SVG}g" and not set(child.attrib) - {"id"}
        children += list(child) if plain else [child]
    if element.tag not in (f"{SVG}text", f"{SVG}tspan"):
        element.text = None
    element[:] = children


def _same_marks(root: ElementTree.Element) -> dict[str, str]:
    """Remove repeated definitions of a mark; each panel has its own. The id of the first, by the id of each other."""
    first: dict[tuple[str, str], str] = {}
    others: dict[str, str] = {}
    for parent in list(root.iter()):
        for definitions in [child for child in parent if child.tag == f"{SVG}defs"]:
            for mark in [child for child in definitions if child.tag == f"{SVG}path" and "id" in child.attrib]:
                known = first.setdefault((mark.get("d", ""), mark.get("style", "")), mark.attrib["id"])
                if known != mark.attrib["id"]:
                    others[mark.attrib["id"]] = known
                    definitions.remove(mark)
            if not len(definitions):
                parent.remove(definitions)
    return others


def _merge_lines(parent: ElementTree.Element) -> None:
    """Make one path of consecutive lines of the same look, such as the intervals of a series."""
    last: ElementTree.Element | None = None
    for child in list(parent):
        plain = child.tag == "path" and set(child.attrib) <= {"d", "style", "clip-path"}
        look = child.get("style", "")
        if not plain or "fill: none" not in look or "opacity" in look:
            last = None
        elif last is not None and (last.get("style"), last.get("clip-path")) == (look, child.get("clip-path")):
            last.set("d", last.get("d", "") + child.get("d", ""))
            parent.remove(child)
        else:
            last = child


def wrap_labels(figure: Figure, width: int = 46) -> None:
    """Break the labels of axes and of the whole figure into lines, so that they fit a narrow figure.

    Args:
        figure: The figure.
        width: Maximum number of characters of a line.
    """
    if text := figure.get_supxlabel():
        figure.supxlabel(fill(text, width), fontsize=SIZE)
    for axes in figure.axes:
        if text := axes.get_xlabel():
            axes.set_xlabel(fill(text, width))


SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def _render(figure: Figure, form: str, **options: Any) -> bytes:
    content = BytesIO()
    for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) if not axis.get_label_text()]:
        # For the position of a label all tick labels are measured, twice per rendering, even if it is empty.
        axis.set_label_coords(0, 0)
    with styled():
        if (layout := figure.get_layout_engine()) is not None:
            # The layout is computed only once: it takes longer than everything else, and every rendering would repeat
            # it.
            layout.execute(figure)
        # The layout engine is removed, not set to "none": the placeholder for "none" makes every rendering draw the
        # figure twice. With constrained layout as the default, `savefig` would set it again when it is done.
        with matplotlib.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
            figure.savefig(content, format=form, **options)
    return content.getvalue()
