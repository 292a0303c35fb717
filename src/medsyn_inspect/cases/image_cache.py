"""What was found in the images of a case set, kept on disk: an image that has not changed is not decoded again.

One file for each case set in the user's cache folder. Only images that can be used are kept. Without a cache, or with
one that cannot be read or written, everything is found again, only more slowly.
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
"""Size of a file in bytes, and when its content and its entry in the folder were last changed, in ns."""


class _Kept(BaseModel):
    """One file of the cache."""

    rules: str
    images: dict[str, tuple[Stamp, VerifiedImage]]


def stamp_of(file: Path) -> Stamp:
    """The stamp of a file. The time of its entry changes even if the time of its content is set back."""
    status = file.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def recall(root: Path) -> dict[str, tuple[Stamp, VerifiedImage]]:
    """What was kept of a case set's images, by path; nothing if the rules have changed since.

    Args:
        root: The case set's folder, links followed.
    """
    try:
        kept = _Kept.model_validate_json(_place(root).read_bytes())
    except (OSError, ValidationError):
        return {}
    return kept.images if kept.rules == _rules() else {}


def keep(root: Path, found: Mapping[str, tuple[Stamp, VerifiedImage]]) -> None:
    """Keep what was found, in place of what was kept before.

    Args:
        root: The case set's folder, links followed.
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
    """What decides whether an image can be used: the code that checks it, and Pillow, which decodes it."""
    return hashlib.sha256(Path(images.__file__).read_bytes() + PIL.__version__.encode()).hexdigest()
