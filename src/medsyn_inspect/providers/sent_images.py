"""Compares images with the limits that providers document, to find images that they would refuse."""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import Image

from medsyn_inspect.providers import ImageLimits, image_limits
from medsyn_inspect.providers.facts import load_facts
from medsyn_inspect.wording import plural

_HEADS = (1024, 8192)
"""Characters of base64 that are tried first: those that hold the head of most PNG, and of most JPEG; multiples of 4."""


@dataclass(frozen=True)
class SentImage:
    """The properties of an image to which a provider's limits apply."""

    name: str
    """A name that distinguishes the image from others."""

    format: str
    """Pillow's name of the format, such as `PNG`."""

    width: int
    """Width in pixels."""

    height: int
    """Height in pixels."""

    base64_bytes: int
    """Size of the file in base64, as it is sent, in bytes."""


@cache
def image_of_file(image: Path) -> SentImage:
    """Read format and size of an image file."""
    return SentImage(str(image), *_format_and_size(image), _in_base64(image.stat().st_size))


def image_of_uri(name: str, uri: str) -> SentImage:
    """Read format and size of an image in a data URI. Only its beginning is decoded if that is enough."""
    start = uri.index(",") + 1
    for end in (*(start + head for head in _HEADS), None):
        try:
            opened = _format_and_size(BytesIO(b64decode(uri[start:end])))
            break
        except (OSError, SyntaxError, ValueError):  # Pillow needs more of some images, and all of a WebP.
            if end is None:
                raise
    return SentImage(name, *opened, len(uri) - start)


def _format_and_size(source: Path | IO[bytes]) -> tuple[str, int, int]:
    with Image.open(source) as opened:
        return str(opened.format), *opened.size


def _in_base64(size: int) -> int:
    return 4 * math.ceil(size / 3)


def refused(prompts: Iterable[tuple[SentImage, ...]], limits: ImageLimits) -> Iterator[str]:
    """Descriptions of the limits that the images exceed.

    Args:
        prompts: The images of each prompt.
        limits: The provider's limits.
    """
    distinct = dict.fromkeys(prompts)
    images = dict.fromkeys(image for prompt in distinct for image in prompt)
    most = max(map(len, distinct), default=0)
    if limits.images == 0 and images:
        yield "accepts no images; use view=finding"
        return
    if limits.images is not None and most > limits.images:
        noun = "image" if limits.images == 1 else "images"
        yield f"accepts {limits.images:,} {noun} per request; a prompt has {most:,}"
    if limits.formats and (others := {image.format for image in images} - set(limits.formats)):
        yield f"accepts {', '.join(limits.formats)}, not {', '.join(sorted(others))}"
    if limits.image_bytes and (count := sum(image.base64_bytes > limits.image_bytes for image in images)):
        yield f"accepts {limits.image_bytes:,} bytes per image in base64; larger here: {plural(count, 'image')}"
    if limits.request_bytes:
        count = sum(sum(image.base64_bytes for image in prompt) > limits.request_bytes for prompt in distinct)
        if count:
            larger = plural(count, "prompt")
            yield f"accepts {limits.request_bytes:,} bytes per request; larger here: the images of {larger}"
    yield from _too_large(distinct, limits)


def refused_by_makers(format: str, width: int, height: int, size: int) -> Iterator[str]:
    """Reasons why the own services of model makers would refuse an image, each with a suggested fix.

    Args:
        format: Pillow's name of the format.
        width: Width in pixels.
        height: Height in pixels.
        size: Size of the file in bytes.
    """
    limits = _limits_of_makers()
    if makers := [maker for maker, limit in limits.items() if limit.formats and format not in limit.formats]:
        yield f"is a {format} file, which {' and '.join(makers)} would refuse; save it as PNG"
    for maker, limit in limits.items():
        if limit.side and max(width, height) > limit.side:
            yield f"has {width} x {height} pixels, but {maker} accepts {limit.side:,} per side; scale it down"
        most = min(filter(None, (limit.image_bytes, limit.request_bytes)), default=None)
        if most and _in_base64(size) > most:
            yield f"has {_in_base64(size):,} bytes in base64, but {maker} accepts {most:,}; scale it down"


@cache
def _limits_of_makers() -> dict[str, ImageLimits]:
    """The limits of the makers' own services that apply to every model."""
    apis = (name for name, entry in load_facts().providers.items() if entry.serves.kind == "api")
    return {name: limits for name in apis if (limits := image_limits(f"{name}/"))}


def _too_large(prompts: Iterable[tuple[SentImage, ...]], limits: ImageLimits) -> Iterator[str]:
    """Images whose longer side exceeds the limit, which can depend on the number of images in the request."""
    too_large: dict[tuple[int, str], set[SentImage]] = {}
    for prompt in prompts:
        crowded = limits.many is not None and len(prompt) > limits.many.over
        side = limits.many.side if limits.many and crowded else limits.side
        where = f" in a request with more than {limits.many.over} images" if limits.many and crowded else ""
        if side is not None:
            long = {image for image in prompt if max(image.width, image.height) > side}
            too_large.setdefault((side, where), set()).update(long)
    for (side, where), long in too_large.items():
        if long:
            yield f"accepts {side:,} pixels per side{where}; larger here: {plural(len(long), 'image')}"
