"""Rank correlations with exact or Monte Carlo permutation p values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from medsyn_inspect.analysis.stats.resampling import Floats

PERMUTATIONS = 50_000
"""Maximum number of pairings. With up to 8 readers all are used and p is exact; with more, they are sampled."""


def smallest_p(readers: int) -> float:
    """The smallest possible two-sided p of a rank correlation over k readers without ties: 2/k!."""
    return min(1.0, 2 / math.factorial(readers))


def pairings_p(
    x: Floats, y: Floats, statistic: Callable[[Floats, Floats], Floats], permutations: int, seed: int
) -> tuple[float, float]:
    """A statistic of x and y, and its two-sided permutation p over the pairings of x with y.

    Args:
        x: One value for each reader, shape (readers,).
        y: The same shape.
        statistic: Function from x, shape (..., readers), and y to the statistic, shape (...).
        permutations: Number of pairings to draw if there are more; otherwise all are used.
        seed: Random seed.
    """
    result = stats.permutation_test(
        (x,),
        lambda drawn, axis=-1: statistic(np.moveaxis(drawn, axis, -1), y),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=permutations,
        batch=5_000,
        rng=np.random.default_rng(seed),
    )
    return float(result.statistic), float(result.pvalue)


def spearman(x: Floats, y: Floats) -> Floats:
    """Spearman's rho over the last axis: Pearson correlation of the ranks."""
    a, b = (stats.rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2 for values in (x, y))
    return np.asarray((a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1)))


def kendall(x: Floats, y: Floats) -> Floats:
    """Kendall's tau-b over the last axis: uncentred correlation of the signs of all pairwise differences."""
    i, j = np.triu_indices(x.shape[-1], 1)
    a, b = (np.sign(values[..., i] - values[..., j]) for values in (x, y))
    return np.asarray((a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1)))
