"""How much of a prompt another has computed before. What the model then gives is tested with torch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.readers.prefix import image_starts, shared_tokens

IMAGE = 9
WORDS = st.lists(st.one_of(st.integers(1, 3), st.sampled_from(("ct", "mri", "ecg"))), min_size=1, max_size=12)
SIZE = 4
"""Tokens of an image."""


def encoded(parts: list[int | str]) -> tuple[list[int], list[int]]:
    """Tokens of words and images, and the identity of each image."""
    tokens = [token for part in parts for token in ([IMAGE] * SIZE if isinstance(part, str) else [part])]
    return tokens, [hash(part) for part in parts if isinstance(part, str)]


@given(WORDS, WORDS)
def test_what_is_shared_is_the_same_and_never_part_of_an_image_that_differs(one: list, other: list) -> None:
    (tokens, images), (others, other_images) = encoded(one), encoded(other)
    starts = image_starts(tokens, IMAGE, len(images))
    length = shared_tokens(tokens, others, starts, images, other_images)
    assert length < len(tokens), "the last token is always computed: the answer is read after it"
    assert tokens[:length] == others[:length]
    for place, start in enumerate(starts):
        if start < length:
            assert images[place] == other_images[place]


def test_a_withheld_image_ends_what_is_shared() -> None:
    whole, images = encoded([1, "ct", 2, "mri", 3])
    less, fewer = encoded([1, "ct", 2, 3])
    assert shared_tokens(less, whole, image_starts(less, IMAGE, 1), fewer, images) == 1 + SIZE + 1
    swapped, changed = encoded([1, "ecg", 2, "mri", 3])
    assert shared_tokens(swapped, whole, image_starts(swapped, IMAGE, 2), changed, images) == 1


def test_image_tokens_that_cannot_be_divided_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 image tokens for 2 images"):
        image_starts([IMAGE, 1, IMAGE, IMAGE], IMAGE, 2)
