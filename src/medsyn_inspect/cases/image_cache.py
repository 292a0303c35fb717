"""A cache of verified images on disk, so that an unchanged image of a case set is not decoded again.

The user's cache folder has one file per case set, with the images that can be used. If the cache is missing or cannot
be read or written, all images are verified again, which only takes longer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import PIL
from platformdirs import user_cache_path
from pydantic import BaseModel, ValidationError

from medsyn_inspect.cases import images
from medsyn_inspect.cases.images import VerifiedImage
from medsyn_inspect.writing import NotWritten, write_file

Stamp = tuple[int, int, int]
"""Size of a file in bytes, and the times in ns of the last change of its content (mtime) and its metadata (ctime)."""


class _Kept(BaseModel):
    """The contents of a cache file."""

    rules: str
    images: dict[str, tuple[Stamp, VerifiedImage]]


def stamp_of(file: Path) -> Stamp:
    """The stamp of a file. The ctime changes even if the mtime is set back."""
    status = file.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def recall(root: Path) -> dict[str, tuple[Stamp, VerifiedImage]]:
    """The cached images of a case set, by path; empty if the rules have changed since.

    Args:
        root: The case set's folder with links resolved.
    """
    try:
        kept = _Kept.model_validate_json(_place(root).read_bytes())
    except (OSError, ValidationError):
        return {}
    return kept.images if kept.rules == _rules() else {}


def keep(root: Path, found: Mapping[str, tuple[Stamp, VerifiedImage]]) -> None:
    """Replace the cached images of a case set.

    Args:
        root: The case set's folder with links resolved.
        found: The images that can be used, by path.
    """
    place = _place(root)
    with suppress(OSError, NotWritten):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_file(place, _Kept(rules=_rules(), images=dict(found)).model_dump_json().encode())


def _place(root: Path) -> Path:
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return user_cache_path("medsyn_inspect", appauthor=False) / "images" / f"{name}.json"


@cache
def _rules() -> str:
    """A hash of what determines whether an image can be used: the code that verifies it, and the version of Pillow."""
    return hashlib.sha256(Path(images.__file__).read_bytes() + PIL.__version__.encode()).hexdigest()
