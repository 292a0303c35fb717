"""Finds the image files that a sheet names, and copies them into a case set."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from PIL import Image, ImageOps, UnidentifiedImageError

from medsyn_inspect.cases.images import FORMATS, ORIENTATION

_SEPARATORS = re.compile(r"[;；|\n]+")
_TIME = re.compile(r"(.+?)\s*[(（]([^()（）]+)[)）]\s*", re.DOTALL)

SUFFIXES = {name: f".{name.lower().replace('jpeg', 'jpg')}" for name in FORMATS}
"""The suffix of a file of each format."""


@dataclass(frozen=True)
class NamedImage:
    """An image that a cell names."""

    file: Path
    obtained: str | None = None
    """When it was obtained, if the cell says so."""


@dataclass(frozen=True)
class Pictures:
    """The files in a folder and its subfolders, by name."""

    folder: Path
    by_name: dict[str, list[Path]] = field(default_factory=dict)
    """By path in the folder, by name, and by name without the suffix; in lower case."""

    @classmethod
    def of(cls, folder: Path) -> Pictures:
        """The files in a folder; hidden ones are left out.

        Raises:
            OSError: If the folder cannot be read.
        """
        by_name: dict[str, list[Path]] = {}
        if not folder.is_dir():
            raise NotADirectoryError(20, "is not a folder", str(folder))
        for file in sorted(folder.rglob("*")):
            path = file.relative_to(folder)
            if not file.is_file() or any(part.startswith((".", "~")) for part in path.parts):
                continue
            for name in dict.fromkeys((path.as_posix(), file.name, file.stem)):
                by_name.setdefault(name.lower(), []).append(file)
        return cls(folder, by_name)

    def named(self, cell: str) -> tuple[list[NamedImage], list[str]]:
        """The images that a cell names, and what is wrong with the others.

        Args:
            cell: File names, separated by semicolons or lines; a time may follow a name in parentheses.
        """
        found, wrong = [], []
        for entry in [cell] if cell.lower() in self.by_name else _SEPARATORS.split(cell):
            name, obtained = entry.strip(), None
            if not name:
                continue
            if not self._files(name) and (match := _TIME.fullmatch(name)):
                name, obtained = match[1], match[2].strip()
            match self._files(name):
                case [file]:
                    found.append(NamedImage(file, obtained))
                case []:
                    wrong.append(f"no image {name!r} in {self.folder}{self._closest(name)}")
                case several:
                    paths = ", ".join(file.relative_to(self.folder).as_posix() for file in several)
                    wrong.append(f"image {name!r} can be several files; write one of {paths}")
        return found, wrong

    def _files(self, name: str) -> list[Path]:
        path = PurePosixPath(name.replace("\\", "/")).as_posix().lower()
        files = self.by_name.get(path, [])
        # A name in the folder itself is also that of a file in a subfolder, which then needs its path.
        exact = [file for file in files if file.relative_to(self.folder).as_posix().lower() == path]
        return exact or files

    def _closest(self, name: str) -> str:
        close = get_close_matches(name.lower(), self.by_name, n=1, cutoff=0.8)
        return f": did you mean {self.by_name[close[0]][0].name!r}?" if close else "; add it, or correct the name"


def suffix_of(file: Path) -> str:
    """The suffix that fits the content of an image; the file's own if the format is unknown."""
    return _suffix(file)[0]


def copy_upright(source: Path, target: Path) -> bool:
    """Copy an image as it is, or upright as PNG if it has an orientation tag, which viewers apply and models may not.

    Returns:
        Whether it was turned.
    """
    if not _suffix(source)[1]:
        shutil.copyfile(source, target)
        return False
    with Image.open(source, formats=FORMATS) as image:
        ImageOps.exif_transpose(image).convert("RGB").save(target, "PNG")
    return True


def _suffix(file: Path) -> tuple[str, bool]:
    """The suffix that a copy gets, and whether the image has to be turned."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            turned = image.getexif().get(ORIENTATION, 1) not in (0, 1)
            return (".png" if turned else SUFFIXES[str(image.format)]), turned
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return file.suffix.lower(), False  # The check of the case set says what is wrong with it.
