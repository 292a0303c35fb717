"""Reads text inside images with RapidOCR (extra `privacy`), to be listed for a person. No image is changed."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from medsyn_inspect.writing import write_files

EXTRA, MODULES = "privacy", ("rapidocr", "onnxruntime")
FILE = "image-texts.jsonl"
"""What was read, in the folder of the steps: one line per image, by its hash. It takes a second or two per image."""


def can_read() -> bool:
    """Whether the extra is installed."""
    return all(find_spec(module) for module in MODULES)


def texts_in(image: Image.Image) -> tuple[str, ...]:
    """The lines of text in an image, from top to bottom.

    Args:
        image: In any mode. The values of an image with a palette are places in the palette, not brightness, so every
            image is converted to RGB first.
    """
    # The model takes arrays in the order of OpenCV: blue, green, red.
    found = _reader()(np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1]))
    return tuple(found.txts or ())


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


class ImageTexts:
    """The texts in images; an image that was read before, in this run or an earlier one, is not read again."""

    def __init__(self, folder: Path) -> None:
        """Take up what an earlier run has read.

        Args:
            folder: The folder of the steps.
        """
        self._folder, self._file = folder, folder / FILE
        lines = self._file.read_text(encoding="utf-8").split("\n") if self._file.is_file() else []
        self._known: dict[str, tuple[str, ...]] = {}
        # The last line is incomplete if an earlier run was killed; its image is read again.
        for line in lines[:-1]:
            one = json.loads(line)
            self._known[one["image"]] = tuple(one["texts"])
        if lines and lines[-1]:
            write_files({FILE: "".join(f"{line}\n" for line in lines[:-1])}, folder)

    def of(self, image: str) -> tuple[str, ...]:
        """The lines of text in an image.

        Args:
            image: Its path, relative to the folder of the steps.
        """
        path = self._folder / image
        name = hashlib.sha256(path.read_bytes()).hexdigest()
        if name not in self._known:
            with Image.open(path) as opened:
                self._known[name] = texts_in(opened)
            line = json.dumps({"image": name, "texts": self._known[name]}, ensure_ascii=False) + "\n"
            with self._file.open("a", encoding="utf-8", newline="\n") as file:
                file.write(line)
        return self._known[name]
