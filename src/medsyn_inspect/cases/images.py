"""Open what a case set names safely; one read of an image serves the check, the hash and the decoder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What every provider takes. DICOM, TIFF, BMP and others must be converted when a case set is made."""

MAX_PIXELS = 50_000_000
"""More is refused before decoding: a small file can unfold to gigabytes (decompression bomb)."""


class ImageProblem(ValueError):
    """Why an image (or a folder) that a case set names cannot be used; the message says what would mend it."""


def resolve_inside(folder: Path, relative: str) -> Path:
    """The file that `relative` names, if it lies inside `folder` after following links.

    Raises:
        ImageProblem: If the path is absolute, leaves the folder, or names no file.
    """
    target = _followed(folder, relative, "image")
    if not target.is_file():
        raise ImageProblem(f"{relative!r} is not a file; name the image itself")
    return target


def folder_inside(folder: Path, relative: str) -> Path:
    """The folder that `relative` names, if it and everything directly in it lie inside `folder`, links followed.

    Raises:
        ImageProblem: If the path is absolute, leaves `folder`, or names no folder, or a link in it leaves `folder`.
    """
    target = _followed(folder, relative, "folder")
    if not target.is_dir():
        raise ImageProblem(f"{relative!r} is not a folder; name the folder itself")
    try:
        entries = sorted(target.iterdir())
    except OSError as error:
        raise ImageProblem(f"folder {relative!r} cannot be read ({error.strerror}); make it readable") from error
    for entry in entries:
        _followed(folder, str(entry.relative_to(folder.resolve())), "file")
    return target


def _followed(folder: Path, relative: str, kind: str) -> Path:
    """What a path of the case set leads to; it is there, and inside `folder`."""
    if Path(relative).is_absolute() or relative.startswith("\\") or ":" in relative.split("/")[0]:
        raise ImageProblem(f"path {relative!r} is absolute; give it relative to the case set's folder")
    try:
        root, target = folder.resolve(), (folder / relative).resolve()
        exists = target.exists()
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, a zero byte, links in a circle
        raise ImageProblem(f"path {relative[:80]!r} cannot be followed ({error}); mend it") from error
    if not target.is_relative_to(root):
        raise ImageProblem(f"path {relative!r} leaves the case set's folder; copy the {kind} into it")
    if not exists:
        raise ImageProblem(f"{kind} {relative!r} does not exist; add it or correct the path")
    return target


def verified_digest(path: Path, name: str) -> str:
    """SHA-256 of an image file that is whole.

    PNG carries checksums, so verifying them is enough and cheap; other formats are decoded (JPEG at an
    eighth of its size, which still reads all of the file).

    Args:
        path: The file.
        name: How the case set calls it, for messages.

    Raises:
        ImageProblem: If it is no image of a known format, truncated, corrupt, animated, or of absurd size.
    """
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ImageProblem(
                    f"image {name!r} has {width} x {height} pixels, more than {MAX_PIXELS:,}; scale it down"
                )
            if (frames := getattr(image, "n_frames", 1)) > 1:
                raise ImageProblem(
                    f"image {name!r} is animated or holds several pictures ({frames} frames); "
                    "save each as an image of its own"
                )
            if image.format == "PNG":
                image.verify()
            else:
                image.draft("L", (max(1, width // 8), max(1, height // 8)))
                image.load()
    except ImageProblem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageProblem(f"image {name!r} is too large to decode safely ({error}); scale it down") from error
    except UnidentifiedImageError as error:
        raise ImageProblem(
            f"image {name!r} is not a {', '.join(FORMATS)} image; convert it, for example to PNG"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise ImageProblem(f"image {name!r} cannot be read ({error}); replace the file") from error
    return hashlib.sha256(content).hexdigest()
