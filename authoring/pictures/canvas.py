"""What every drawing stands on: the registry, fonts by path, figures without global state, seeded noise."""

from __future__ import annotations

import importlib.util
import io
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True)
class Picture:
    """A finished drawing."""

    image: Image.Image
    """Pixels, RGB or L."""

    kind: Literal["chart", "photo"] = "chart"
    """`chart`: flat colours and type, saved as palette PNG. `photo`: continuous tone, saved as JPEG."""

    real: bool = False
    """Whether it comes from a real, openly licensed image; all else is simulated or schematic."""

    attribution: str | None = None
    """Credit line for the card, for real images."""


Drawing = Callable[..., Picture]
DRAWINGS: dict[str, Drawing] = {}


def drawing(function: Drawing) -> Drawing:
    """Register a drawing under its function's name."""
    if function.__name__ in DRAWINGS:
        raise ValueError(f"two drawings are called {function.__name__}")
    DRAWINGS[function.__name__] = function
    return function


def draw(name: str, seed: int, **parameters: Any) -> Picture:
    """Make the drawing called `name`; all its randomness comes from `seed`."""
    if not DRAWINGS:
        import authoring.pictures as package

        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return DRAWINGS[name](rng=np.random.default_rng(seed), **parameters)


def font_path(language: str = "en", bold: bool = False) -> Path:
    """Path of a font file that has every glyph of `language`.

    Fonts are loaded by path: a family that is not found would be replaced by one that prints boxes.
    """
    if language.startswith("zh"):
        package = importlib.util.find_spec("mplfonts")  # not imported: it would want more than its fonts
        assert package is not None
        assert package.origin is not None
        return Path(package.origin).parent / "fonts" / "NotoSansCJKsc-Regular.otf"
    weight = "bold" if bold else "regular"
    return Path(font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight=weight)))


def font(size: int, language: str = "en", bold: bool = False) -> ImageFont.FreeTypeFont:
    """A Pillow font of `size` pixels."""
    return ImageFont.truetype(str(font_path(language, bold)), size)


def font_properties(size: float, language: str = "en", bold: bool = False) -> font_manager.FontProperties:
    """A matplotlib font of `size` points."""
    return font_manager.FontProperties(fname=str(font_path(language, bold)), size=size)


def figure(width: int, height: int, dpi: int = 100, **options: Any) -> Figure:
    """A matplotlib figure of `width` x `height` pixels, on the Agg canvas."""
    made = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, **options)
    FigureCanvasAgg(made)
    return made


def rendered(made: Figure) -> Image.Image:
    """The pixels of a figure."""
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", metadata={"Software": None})
    return Image.open(buffer).convert("RGB")


def caption(image: Image.Image, text: str, language: str = "en") -> Image.Image:
    """The image with one small line of type under it, such as "Schematic drawing"."""
    height = 22
    out = Image.new("RGB", (image.width, image.height + height), "white")
    out.paste(image.convert("RGB"), (0, 0))
    ImageDraw.Draw(out).text((6, image.height + 3), text, fill=(70, 70, 70), font=font(13, language))
    return out


SCHEMATIC = {"en": "Schematic drawing", "zh": "示意图"}
SIMULATED = {"en": "Simulated recording", "zh": "模拟记录"}
