"""Finds samples of a pool that repeat material of evaluation cases, by text and by image."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.interventions.curate.pools import Sample

WORDS = 13
"""Words in a row that two texts must share; shorter passages are common to unrelated texts."""

_SIDE = 16
NEAR = 10
"""Bits of 256 in which the perceptual hashes of two pictures may differ at most."""


@dataclass
class Evaluation:
    """What the evaluation cases contain."""

    passages: set[str] = field(default_factory=set)
    exact: set[str] = field(default_factory=set)
    hashes: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, case_sets: Iterable[CaseSet]) -> Evaluation:
        """The texts and images of case sets."""
        found = cls()
        for case_set in case_sets:
            found.exact |= set(case_set.digests.values())
            for case in case_set.cases:
                for text in (case.history, case.examination, *(piece.finding or "" for piece in case.evidence)):
                    found.passages |= set(passages(text))
                for piece in case.evidence:
                    found.hashes |= {perceptual_hash(case_set.image_path(image)) for image in piece.images}
        return found

    def repeated_in(self, sample: Sample) -> str | None:
        """What a sample repeats: `text` or `image`; `None` if nothing."""
        if self.passages and not self.passages.isdisjoint(passages(sample.text)):
            return "text"
        for image in sample.images:
            if hashlib.sha256(image.read_bytes()).hexdigest() in self.exact:
                return "image"
            own = perceptual_hash(image)
            if any((own ^ other).bit_count() <= NEAR for other in self.hashes):
                return "image"
        return None


def passages(text: str) -> Iterator[str]:
    """All runs of `WORDS` words of a text, in lower case, without punctuation; in Chinese, of characters."""
    words = re.findall(r"[\u4e00-\u9fff]|\w+", text.lower())
    for first in range(len(words) - WORDS + 1):
        yield " ".join(words[first : first + WORDS])


def perceptual_hash(image: Path) -> int:
    """Difference hash: for each of 16 x 16 fields of the grey picture, whether it is brighter than its neighbour."""
    with Image.open(image) as picture:
        small = picture.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(small, dtype=int)
    brighter = pixels[:, :-1] > pixels[:, 1:]
    return int("".join("1" if bit else "0" for bit in brighter.ravel()), 2)
