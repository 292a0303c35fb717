"""Relative attention per token (RAPT) of the sections of a prompt (MEDSYN, Figures 5 and 12). No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medsyn_inspect.analysis.stats.resampling import Floats
from medsyn_inspect.interventions.attention.sections import Section

TOLERANCE = {"float32": 1e-4, "float64": 1e-4}
"""How far the size-weighted mean of RAPT may be from 1, by the type of the model's numbers; weights have 32 bits."""

ROUGH = 0.02
"""The same for numbers with 16 bits, in which every weight is rounded to three digits or fewer."""


class NotAttention(ValueError):
    """What a model returned are not attention weights that add up to 1."""


@dataclass(frozen=True)
class Relative:
    """RAPT of one section in one layer."""

    section: Section
    layer: int
    tokens: int
    """Tokens of the section."""

    attention: float
    """Sum of the attention to these tokens, averaged over heads: from 0 to 1."""

    rapt: float
    """That sum, relative to the section's share of the tokens; 1 is the average attention per token."""


def relative_attention(attention: Floats, sections: Sequence[Section], layers: Sequence[int]) -> list[Relative]:
    """RAPT of every section in every layer.

    Args:
        attention: Attention from the query position to each token, averaged over heads, shape (layers, tokens).
        sections: The section of each token.
        layers: The number of each layer in the model.

    Raises:
        ValueError: If the shapes do not match.
    """
    if attention.shape != (len(layers), len(sections)):
        raise ValueError(f"attention of shape {attention.shape} for {len(layers)} layers and {len(sections)} tokens")
    found = []
    for section in dict.fromkeys(sections):
        own = np.array([one == section for one in sections])
        sums = attention[:, own].sum(axis=1)
        size = int(own.sum())
        found += [
            Relative(section, layer, size, float(value), float(value) * len(sections) / size)
            for layer, value in zip(layers, sums, strict=True)
        ]
    return found


def check_identity(found: Sequence[Relative], dtype: str) -> float:
    """Check that the mean of RAPT, weighted by the sizes of the sections, is 1 in every layer.

    Args:
        found: All sections of a prompt.
        dtype: Type of the model's numbers, such as `float32`.

    Returns:
        The largest distance from 1.

    Raises:
        NotAttention: If it is not 1 in some layer.
    """
    distances: dict[int, float] = {}
    for layer in dict.fromkeys(one.layer for one in found):
        own = [one for one in found if one.layer == layer]
        mean = sum(one.rapt * one.tokens for one in own) / sum(one.tokens for one in own)
        distances[layer] = abs(mean - 1)
        if not distances[layer] <= TOLERANCE.get(dtype, ROUGH):
            raise NotAttention(
                f"the mean of RAPT over all tokens is {mean:.4g} in layer {layer}, not 1, so the model's weights are "
                "no complete attention (some models give a part of it to no token); RAPT is not defined for it"
            )
    return max(distances.values())
