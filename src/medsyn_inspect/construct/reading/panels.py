"""Splits a figure into its panels: by the letters of its caption, and the white gutters of its image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LETTER = re.compile(
    r"(?:(?<=^)|(?<=[\s.;,，。；：:（(]))[（(]?\s*(?P<letter>[A-Ha-h])\s*(?:[)）]\s*[:：.,、]?|[:：.、,](?=\s)|[:：、])\s*"
)
WHITE = 245
"""Grey level from which a pixel counts as white."""

GUTTER = 6
"""Minimum width of a white gutter between panels, in pixels."""

SMALLEST = 40
"""Minimum width and height of a panel, in pixels."""


def panels_of_caption(caption: str) -> dict[str, str]:
    """The parts of a caption by panel letter; empty unless it has the letters A, B... in order.

    What is in front of the first letter belongs to every panel.
    """
    marks = list(_LETTER.finditer(caption))
    wanted = "ABCDEFGH"
    chosen: list[re.Match[str]] = []
    for mark in marks:
        if len(chosen) < len(wanted) and mark["letter"].upper() == wanted[len(chosen)]:
            chosen.append(mark)
    if len(chosen) < 2:
        return {}
    lead = caption[: chosen[0].start()].strip()
    ends = [*(mark.start() for mark in chosen[1:]), len(caption)]
    parts = {}
    for mark, end in zip(chosen, ends, strict=True):
        parts[mark["letter"].upper()] = " ".join(f"{lead} {caption[mark.end() : end]}".split())
    return parts


def split(image: Image.Image, count: int) -> list[Image.Image]:
    """The panels of an image in reading order; empty unless white gutters divide it into exactly `count` panels."""
    import numpy as np  # Every `inspect eval` imports this module.

    grey = np.asarray(image.convert("L"))
    boxes: list[tuple[int, int, int, int]] = []
    for top, bottom in _bands(np.all(grey >= WHITE, axis=1)):
        boxes += [(left, top, right, bottom) for left, right in _bands(np.all(grey[top:bottom] >= WHITE, axis=0))]
    if len(boxes) != count or any(
        right - left < SMALLEST or bottom - top < SMALLEST for left, top, right, bottom in boxes
    ):
        return []
    return [image.crop(box) for box in boxes]


def _bands(white: NDArray[np.bool_]) -> Sequence[tuple[int, int]]:
    """The stretches between gutters; white lines narrower than a gutter do not divide."""
    import numpy as np

    inked = np.flatnonzero(~white)
    if not inked.size:
        return []
    breaks = np.flatnonzero(np.diff(inked) > GUTTER)
    starts = [int(inked[0]), *(int(inked[at + 1]) for at in breaks)]
    ends = [*(int(inked[at]) + 1 for at in breaks), int(inked[-1]) + 1]
    return list(zip(starts, ends, strict=True))
