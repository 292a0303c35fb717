"""Open what a case set names safely; one read of an image serves the check, the hash and the decoder."""

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
"""What a case set may hold. DICOM, TIFF, BMP and others must be converted when a case set is made."""

MAX_PIXELS = 50_000_000
"""More is refused before decoding: a small file can unfold to gigabytes (decompression bomb)."""

MAX_BYTES = 100_000_000
"""Larger files are refused before they are read; no provider takes as much in one image."""

_ORIENTATION = 0x0112
"""The EXIF tag; 1 means that the picture is stored upright."""

_BIT_DEPTH = 24
"""Where a PNG file states its bits a channel. Pillow does not say: it reads 16-bit colour as 8-bit."""

_AS_RGB = "save it as an 8-bit RGB PNG"


class ImageProblem(ValueError):
    """Why an image (or a folder) that a case set names cannot be used; the message says what would mend it."""


@dataclass(frozen=True)
class VerifiedImage:
    """What is known of an image that can be used."""

    digest: str
    """SHA-256 of the file."""

    format: str
    """As Pillow calls it, from the content: `PNG`."""

    width: int
    """In pixels."""

    height: int
    """In pixels."""

    size: int
    """Of the file, in bytes."""

    doubts: tuple[str, ...] = ()
    """Why the picture may not be the one that was meant, each with what would help; without the image's name."""


def resolve_inside(root: Path, relative: str) -> Path:
    """The file that `relative` names, if it lies inside `root` after following links.

    Args:
        root: A folder with its own links followed (`folder.resolve()`).
        relative: A path in it.

    Raises:
        ImageProblem: If the path is absolute, leaves the folder, or names no ordinary file.
    """
    target, mode = _followed(root, relative, "image")
    if not stat.S_ISREG(mode):
        raise ImageProblem(f"{relative!r} is not a file; name the image itself")
    return target


def folder_inside(root: Path, relative: str) -> Path:
    """The folder that `relative` names, if it and everything directly in it lie inside `root`, links followed.

    Args:
        root: A folder with its own links followed (`folder.resolve()`).
        relative: A path in it.

    Raises:
        ImageProblem: If the path is absolute, leaves `root`, or names no folder, or if something in the folder is a
            link that leaves `root`, a pipe or a device.
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
            raise ImageProblem(f"{name!r} is a pipe or a device; replace it by a file")
    return target


def _followed(root: Path, relative: str, kind: str) -> tuple[Path, int]:
    """What a path of the case set leads to, and its mode; it exists, and is inside `root`."""
    if relative.startswith(("/", "\\")) or ":" in relative.split("/")[0]:
        raise ImageProblem(f"path {relative!r} is absolute; give it relative to the case set's folder")
    try:
        # Text where it will do: with thousands of images, the work of `Path` counts.
        target = Path(os.path.realpath(f"{root}/{relative}"))
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = None
    except (OSError, ValueError) as error:  # a name too long, a zero byte, links in a circle
        raise ImageProblem(f"path {relative[:80]!r} cannot be followed ({error}); mend it") from error
    if os.path.commonpath((root, target)) != str(root):
        raise ImageProblem(f"path {relative!r} leaves the case set's folder; copy the {kind} into it")
    if mode is None:
        raise ImageProblem(f"{kind} {relative!r} does not exist; add it or correct the path")
    return target, mode


def verified_image(path: Path, name: str) -> VerifiedImage:
    """What an image file holds, decoded as a whole (JPEG at an eighth of its size, which still reads all of it).

    Args:
        path: The file.
        name: How the case set calls it, for messages.

    Raises:
        ImageProblem: If it is no image of a known format, truncated, corrupt, animated, of absurd size, or would not
            look the same everywhere.
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
    """Refuse a file name that announces another format than the file holds.

    Inspect sends the media type that it guesses from the name; only where it can guess none, it looks into the file.

    Args:
        format: As Pillow calls it, from the content.
        name: The file's name or path.

    Raises:
        ImageProblem: If models would be sent a wrong media type.
    """
    announced, _ = guess_type(name, strict=False)
    if announced not in (None, "application/octet-stream", media_type(format)):
        raise ImageProblem(
            f"image {name!r} holds a {format} picture but would be sent as {announced}, after its name; rename it to "
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
            image.verify()  # checksums, which decoding leaves out
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        image.draft(image.mode, (max(1, width // 8), max(1, height // 8)))
        image.load()
        if (orientation := image.getexif().get(_ORIENTATION, 1)) not in (0, 1):
            raise ImageProblem(
                f"image {name!r} has an orientation tag ({orientation}), by which people see it turned and models may "
                f"not; {_AS_RGB} with the orientation applied"
            )
        return VerifiedImage(
            hashlib.sha256(content).hexdigest(), format, width, height, len(content), tuple(_doubts(image))
        )


def _require_one_plain_picture(image: Image.Image, content: bytes, name: str) -> None:
    """Refuse, by its head, an image that is too large, holds several pictures, or looks different in each viewer."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageProblem(f"image {name!r} has {width} x {height} pixels, more than {MAX_PIXELS:,}; scale it down")
    if (frames := getattr(image, "n_frames", 1)) > 1:
        raise ImageProblem(
            f"image {name!r} is animated or holds several pictures ({frames} frames); save each as an image of its own"
        )
    if image.format == "PNG" and content[_BIT_DEPTH] == 16:
        raise ImageProblem(
            f"image {name!r} has 16 bits a channel, which viewers and models reduce to 8 in different ways; choose the "
            f"range of grey that matters and {_AS_RGB}"
        )
    if image.mode == "CMYK":
        raise ImageProblem(f"image {name!r} has CMYK colours, which viewers and models show differently; {_AS_RGB}")


def _doubts(image: Image.Image) -> Iterator[str]:
    """Why a decoded picture may not be the one that was meant."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        lowest, highest = image.getchannel("A").getextrema()
        if highest == 0:
            yield "is transparent all over; replace it by the picture that was meant"
            return
        if lowest != 255:
            yield f"is transparent in places, which viewers and models fill differently; {_AS_RGB} on a background"
    elif image.mode == "P":
        image = image.convert("RGB")
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    if all(lowest == highest for lowest, highest in bands):
        yield "has one colour all over; replace it by the picture that was meant"
