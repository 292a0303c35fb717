"""Which images a provider would refuse: those of a plan, against the limits that the provider documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from medsyn_inspect.providers import ImageLimits
from medsyn_inspect.wording import plural


@dataclass(frozen=True)
class Head:
    """What the head of an image file says."""

    format: str
    """As Pillow calls it: `PNG`."""

    width: int
    """In pixels."""

    height: int
    """In pixels."""


@cache
def head_of(image: Path) -> Head:
    """Read the head of an image file."""
    with Image.open(image) as opened:
        return Head(str(opened.format), *opened.size)


@cache
def base64_bytes(image: Path) -> int:
    """Size of an image file in base64."""
    return 4 * math.ceil(image.stat().st_size / 3)


def refused(prompts: Iterable[tuple[Path, ...]], limits: ImageLimits) -> Iterator[str]:
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
    if limits.formats and (others := {head_of(image).format for image in images} - set(limits.formats)):
        yield f"takes {', '.join(limits.formats)}, not {', '.join(sorted(others))}"
    if limits.image_bytes and (count := sum(base64_bytes(image) > limits.image_bytes for image in images)):
        yield f"takes {limits.image_bytes:,} bytes an image in base64; {plural(count, 'image')} here have more"
    if limits.request_bytes:
        count = sum(sum(map(base64_bytes, prompt)) > limits.request_bytes for prompt in distinct)
        if count:
            yield f"takes {limits.request_bytes:,} bytes a request; the images of {plural(count, 'prompt')} have more"
    yield from _too_large(distinct, limits)


def _too_large(prompts: Iterable[tuple[Path, ...]], limits: ImageLimits) -> Iterator[str]:
    """Images with too long a side, among many images and in general."""
    too_large: dict[tuple[int, str], set[Path]] = {}
    for prompt in prompts:
        crowded = limits.many is not None and len(prompt) > limits.many.over
        side = limits.many.side if limits.many and crowded else limits.side
        where = f" in a request with more than {limits.many.over} images" if limits.many and crowded else ""
        if side is not None:
            long = {image for image in prompt if max(head_of(image).width, head_of(image).height) > side}
            too_large.setdefault((side, where), set()).update(long)
    for (side, where), long in too_large.items():
        if long:
            yield f"takes {side:,} pixels a side{where}; {plural(len(long), 'image')} here have more"
