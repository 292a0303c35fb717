"""Which images a provider would refuse, by the limits that it documents."""

from __future__ import annotations

import math
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


@dataclass(frozen=True)
class SentImage:
    """What a provider's limits are about."""

    name: str
    """Tells it from other images."""

    format: str
    """As Pillow calls it: `PNG`."""

    width: int
    """In pixels."""

    height: int
    """In pixels."""

    base64_bytes: int
    """Of the file in base64, as it is sent."""


@cache
def image_of_file(image: Path) -> SentImage:
    """Read the head of an image file."""
    return _image(str(image), image, image.stat().st_size)


def image_of_bytes(name: str, content: bytes) -> SentImage:
    """Read the head of an image in memory."""
    return _image(name, BytesIO(content), len(content))


def _image(name: str, source: Path | IO[bytes], size: int) -> SentImage:
    with Image.open(source) as opened:
        return SentImage(name, str(opened.format), *opened.size, _in_base64(size))


def _in_base64(size: int) -> int:
    return 4 * math.ceil(size / 3)


def refused(prompts: Iterable[tuple[SentImage, ...]], limits: ImageLimits) -> Iterator[str]:
    """What is over the limits, in words.

    Args:
        prompts: The images of each prompt.
        limits: Of the provider.
    """
    distinct = dict.fromkeys(prompts)
    images = dict.fromkeys(image for prompt in distinct for image in prompt)
    most = max(map(len, distinct), default=0)
    if limits.images == 0 and images:
        yield "takes no images; ask with view=finding"
        return
    if limits.images is not None and most > limits.images:
        yield f"takes {limits.images:,} images in a request, a prompt has {most:,}"
    if limits.formats and (others := {image.format for image in images} - set(limits.formats)):
        yield f"takes {', '.join(limits.formats)}, not {', '.join(sorted(others))}"
    if limits.image_bytes and (count := sum(image.base64_bytes > limits.image_bytes for image in images)):
        yield f"takes {limits.image_bytes:,} bytes an image in base64; {plural(count, 'image')} here have more"
    if limits.request_bytes:
        count = sum(sum(image.base64_bytes for image in prompt) > limits.request_bytes for prompt in distinct)
        if count:
            yield f"takes {limits.request_bytes:,} bytes a request; the images of {plural(count, 'prompt')} have more"
    yield from _too_large(distinct, limits)


def refused_by_makers(format: str, width: int, height: int, size: int) -> Iterator[str]:
    """By which makers' own services a single image would be refused, and what would help.

    Args:
        format: As Pillow calls it.
        width: In pixels.
        height: In pixels.
        size: Of the file, in bytes.
    """
    limits = _limits_of_makers()
    if makers := [maker for maker, limit in limits.items() if limit.formats and format not in limit.formats]:
        yield f"is a {format} file, which {' and '.join(makers)} would refuse; save it as PNG"
    for maker, limit in limits.items():
        if limit.side and max(width, height) > limit.side:
            yield f"has {width} x {height} pixels, but {maker} takes {limit.side:,} a side; scale it down"
        most = min(filter(None, (limit.image_bytes, limit.request_bytes)), default=None)
        if most and _in_base64(size) > most:
            yield f"has {_in_base64(size):,} bytes in base64, but {maker} takes {most:,}; scale it down"


@cache
def _limits_of_makers() -> dict[str, ImageLimits]:
    """What the makers' own services take, whatever the model."""
    apis = (name for name, entry in load_facts().providers.items() if entry.serves.kind == "api")
    return {name: limits for name in apis if (limits := image_limits(f"{name}/"))}


def _too_large(prompts: Iterable[tuple[SentImage, ...]], limits: ImageLimits) -> Iterator[str]:
    """Images with too long a side, among many images and in general."""
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
            yield f"takes {side:,} pixels a side{where}; {plural(len(long), 'image')} here have more"
