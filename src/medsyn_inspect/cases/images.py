"""Opens the images and folders that a case set names, safely: nothing outside the set's folder, no huge images."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""Image formats that a case set may contain. DICOM, TIFF, BMP and others must be converted."""

MAX_PIXELS = 50_000_000
"""Larger images are refused before decoding: a small file can decode to gigabytes (decompression bomb)."""

MAX_BYTES = 100_000_000
"""Larger files are refused before they are read; no provider accepts an image of that size."""

ORIENTATION = 0x0112
"""The EXIF tag of the orientation; 1 means that the image is stored upright."""

_BIT_DEPTH = 24
"""Offset of the bits per channel in a PNG file. Pillow does not report them: it reads 16-bit colour as 8-bit."""

_AS_RGB = "save it as an 8-bit RGB PNG"


class ImageProblem(ValueError):
    """Raised if an image or folder named in a case set cannot be used; the message says how to fix it."""


@dataclass(frozen=True)
class VerifiedImage:
    """The properties of an image that can be used."""

    digest: str
    """SHA-256 of the file."""

    format: str
    """Pillow's name of the format of the content, such as `PNG`."""

    width: int
    """Width in pixels."""

    height: int
    """Height in pixels."""

    size: int
    """Size of the file in bytes."""

    doubts: tuple[str, ...] = ()
    """Reasons why the image may not be the intended one, each with a suggested fix and without the image's name."""


def resolve_inside(root: Path, relative: str) -> Path:
    """The file at `relative`, if it is inside `root` after links are resolved.

    Args:
        root: A folder whose own links are resolved (`folder.resolve()`).
        relative: A path relative to `root`.

    Raises:
        ImageProblem: If the path is absolute, leaves `root`, or does not name a regular file.
    """
    target, mode = _followed(root, relative, "image")
    if not stat.S_ISREG(mode):
        raise ImageProblem(f"{relative!r} is not a file; name the image itself")
    return target


def folder_inside(root: Path, relative: str) -> Path:
    """The folder at `relative`, if it and its direct contents are inside `root` after links are resolved.

    Args:
        root: A folder whose own links are resolved (`folder.resolve()`).
        relative: A path relative to `root`.

    Raises:
        ImageProblem: If the path is absolute, leaves `root` or does not name a folder, or if the folder contains a link
            that leaves `root`, a pipe or a device.
    """
    target, mode = _followed(root, relative, "folder")
    if not stat.S_ISDIR(mode):
        raise ImageProblem(f"{relative!r} is not a folder; name the folder itself")
    try:
        entries = sorted(target.iterdir())
    except OSError as error:
        raise ImageProblem(f"folder {relative!r} cannot be read ({error.strerror}); make it readable") from error
    for entry in entries:
        name = str(entry.relative_to(root))
        _, mode = _followed(root, name, "file")
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ImageProblem(f"{name!r} is a pipe or a device; replace it with a file")
    return target


def _followed(root: Path, relative: str, kind: str) -> tuple[Path, int]:
    """The resolved path, which exists and is inside `root`, and its mode."""
    if relative.startswith(("/", "\\")) or ":" in relative.split("/")[0]:
        raise ImageProblem(f"path {relative!r} is absolute; give it relative to the case set's folder")
    try:
        # Text where it will do: with thousands of images, the work of `Path` counts.
        target = os.path.realpath(f"{root}/{relative}")
        mode = os.stat(target).st_mode  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        mode = None
    except (OSError, ValueError) as error:  # too long a name, a null byte, circular links
        raise ImageProblem(f"path {relative[:80]!r} cannot be resolved ({error}); correct it") from error
    if target != str(root) and not target.startswith(f"{str(root).rstrip(os.sep)}{os.sep}"):
        raise ImageProblem(f"path {relative!r} leaves the case set's folder; copy the {kind} into it")
    if mode is None:
        raise ImageProblem(f"{kind} {relative!r} does not exist; add it or correct the path")
    return Path(target), mode


def verified_image(path: Path, name: str) -> VerifiedImage:
    """Verify an image file by decoding it completely (JPEG at an eighth of its size, which still reads the whole file).

    Args:
        path: The file.
        name: The image's path in the case set, for messages.

    Raises:
        ImageProblem: If it is not an image of a known format, is truncated, corrupt, animated or too large, or is
            displayed differently by different software.
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise ImageProblem(f"image {name!r} has {size:,} bytes, more than {MAX_BYTES:,}; scale it down")
        return _verified(path.read_bytes(), name)
    except ImageProblem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageProblem(f"image {name!r} is too large to decode safely ({error}); scale it down") from error
    except UnidentifiedImageError as error:
        raise ImageProblem(
            f"image {name!r} is not a {', '.join(FORMATS)} image; convert it, for example to PNG"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        raise ImageProblem(f"image {name!r} cannot be read ({error}); replace the file") from error


def require_name_of(format: str, name: str) -> None:
    """Check that a file's name matches the format of its content.

    Inspect sends the media type that it guesses from the name, and reads the file only if it cannot guess one.

    Args:
        format: Pillow's name of the format of the content.
        name: The file's name or path.

    Raises:
        ImageProblem: If a wrong media type would be sent.
    """
    announced, _ = guess_type(name, strict=False)
    if announced not in (None, "application/octet-stream", media_type(format)):
        raise ImageProblem(
            f"image {name!r} is a {format} file but would be sent as {announced} because of its name; rename it to "
            f"end in .{format.lower().replace('jpeg', 'jpg')}"
        )


def media_type(format: str) -> str:
    """The media type of a format.

    Args:
        format: One of `FORMATS`.
    """
    return f"image/{format.lower()}"


def _verified(content: bytes, name: str) -> VerifiedImage:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        format, (width, height) = str(image.format), image.size
        _require_one_plain_picture(image, content, name)
        if format == "PNG":
            image.verify()  # the checksums, which decoding ignores
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        image.draft(image.mode, (max(1, width // 8), max(1, height // 8)))
        image.load()
        if (orientation := image.getexif().get(ORIENTATION, 1)) not in (0, 1):
            raise ImageProblem(
                f"image {name!r} has an orientation tag ({orientation}), which viewers apply and models may not; "
                f"{_AS_RGB} with the orientation applied"
            )
        return VerifiedImage(
            hashlib.sha256(content).hexdigest(), format, width, height, len(content), tuple(_doubts(image))
        )


def _require_one_plain_picture(image: Image.Image, content: bytes, name: str) -> None:
    """Check before decoding that an image is not too large, is a single picture, and looks the same everywhere."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageProblem(f"image {name!r} has {width} x {height} pixels, more than {MAX_PIXELS:,}; scale it down")
    if (frames := getattr(image, "n_frames", 1)) > 1:
        raise ImageProblem(
            f"image {name!r} is animated or contains several pictures ({frames} frames); save each as a separate image"
        )
    if image.format == "PNG" and content[_BIT_DEPTH] == 16:
        raise ImageProblem(
            f"image {name!r} has 16 bits per channel, which viewers and models reduce to 8 in different ways; choose "
            f"the relevant range of grey levels and {_AS_RGB}"
        )
    if image.mode == "CMYK":
        raise ImageProblem(f"image {name!r} has CMYK colours, which viewers and models show differently; {_AS_RGB}")


def _doubts(image: Image.Image) -> Iterator[str]:
    """Reasons why a decoded image may not be the intended one."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        lowest, highest = image.getchannel("A").getextrema()
        if highest == 0:
            yield "is completely transparent; replace it with the intended image"
            return
        if lowest != 255:
            yield f"is partly transparent, which viewers and models render differently; {_AS_RGB} with a background"
    elif image.mode == "P":
        image = image.convert("RGB")
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    if all(lowest == highest for lowest, highest in bands):
        yield "has a single colour; replace it with the intended image"
