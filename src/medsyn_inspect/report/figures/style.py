"""Style of the figures: colours, sizes, and the settings of matplotlib.

The background is transparent, so that the background of a page shows through. Everything except the series has a
single colour, which a page can replace by its own text colour.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import matplotlib.style

INK = "#1b1f24"
"""Colour of text, axes and everything else that is not a series; `svg_inline` replaces it by the page's text colour."""

NEUTRAL = "#808080"
"""Colour of grid lines and bands; visible on light and dark backgrounds."""

COLOURS = ("#5588FF", "#886633", "#EE4488", "#889900", "#7733FF", "#AA3399")
"""Colours of the readers.

Each has a contrast of at least 3 with white and with #14181d, and any two of them differ by at least 28 units of CIELAB
for full colour vision, protanopia, deuteranopia and tritanopia (matrices of Machado et al. 2009).
"""

SERIES = COLOURS[0]
"""Colour of everything that is drawn of the readers where their names stand beside it."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Markers of the readers. With 7 markers and 6 colours, 42 readers differ in at least one of the two."""

WIDTH = 6.5
"""Width of a figure in inches: the text width of a printed page."""

NARROW_WIDTH = 3.7
"""Width in inches of a figure that is drawn for a narrow screen, on which it keeps its font size."""

_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)

SIZE = 9.0
"""Font size in points at the printed size."""

SMALL = 8.0
"""Smallest font size in points."""

DPI = 200
"""Resolution of a PNG, which is therefore 1300 pixels wide."""

CROWD_DPI = 120
"""Resolution of images within an SVG."""

TITLE_ABOVE_HEADINGS = 15.0
"""Distance in points between the axes and a title that has column headings under it."""

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.titley": 1.0,  # where it is anyway; by default, the ticks are measured to find out, each time it is drawn
    "axes.labelsize": SIZE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.4,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 5.0,
    "svg.fonttype": "none",  # text stays text: searchable, available to screen readers, in any script
    "svg.hashsalt": "medsyn_inspect",
}


@contextmanager
def narrow() -> Iterator[None]:
    """Context in which figures are drawn for a narrow screen: fewer panels in a row, shorter labels, less text."""
    token = _NARROW.set(True)
    try:
        yield
    finally:
        _NARROW.reset(token)


def is_narrow() -> bool:
    """Whether figures are drawn for a narrow screen."""
    return _NARROW.get()


@contextmanager
def styled() -> Iterator[None]:
    """Context in which figures are made and rendered: matplotlib's defaults and `STYLE`, not the user's settings."""
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # The font has no Chinese characters. A PNG shows boxes instead; an SVG contains the text, which a viewer shows
        # in another font.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font")
        yield
