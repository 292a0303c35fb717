"""Holm's adjustment of p values, and its version for McNemar tests, whose p values are discrete."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import binom

from medsyn_inspect.analysis.stats.resampling import Floats

ROUNDING = 1e-9
"""Relative tolerance: p values that differ by less are equal except for rounding."""


def holm(p: pd.Series) -> pd.Series:
    """P values adjusted by Holm's method; NaN values (no test) are not part of the family."""
    adjusted = pd.Series(np.nan, index=p.index, dtype=float)
    # Not statsmodels' multipletests: each call runs the garbage collector, which is slower than the rest of this code.
    ordered = p.dropna().sort_values()
    stepped = ordered.to_numpy(dtype=float) * np.arange(len(ordered), 0, -1)
    adjusted[ordered.index] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def discrete_holm(p: pd.Series, discordant: pd.Series) -> pd.Series:
    """P values of exact McNemar tests, adjusted by Holm's method for discrete tests.

    A test with few discordant pairs cannot have a small p value, so it takes little from the others: the adjusted
    value of the i-th smallest p is the maximum over j <= i of min(1, sum of F_k(p_j)) over the tests k that are not yet
    rejected, where F_k(x) is the largest attainable p <= x of test k (0 if there is none). It is never larger than
    Holm's, and it keeps the family-wise error because P(p_k <= x) <= F_k(x) given the discordant pairs.

    Args:
        p: Two-sided p values of exact McNemar tests; NaN values (no test) are not part of the family.
        discordant: Number of discordant pairs of each test, same index.
    """
    adjusted = pd.Series(np.nan, index=p.index, dtype=float)
    ordered = p.dropna().sort_values(kind="stable")
    values = ordered.to_numpy(dtype=float)
    pairs = discordant.loc[ordered.index].to_numpy(dtype=int)
    if not len(values):
        return adjusted
    largest = np.array([_largest_attainable(number, values) for number in pairs])
    # Row j of the reversed cumulative sum holds the total over tests j, j + 1, ...: those not yet rejected.
    remaining = np.cumsum(largest[::-1], axis=0)[::-1].diagonal()
    adjusted[ordered.index] = np.minimum(np.maximum.accumulate(remaining), 1.0)
    return adjusted


def _largest_attainable(pairs: int, limits: Floats) -> Floats:
    """For each limit, the largest two-sided p <= limit of an exact McNemar test; 0 if there is none."""
    possible = np.concatenate([[0.0], _attainable(pairs)])
    return np.asarray(possible[np.searchsorted(possible, limits * (1 + ROUNDING), side="right") - 1])


@cache
def _attainable(pairs: int) -> Floats:
    """All two-sided p values of an exact McNemar test with this number of discordant pairs, ascending."""
    smaller = np.arange(pairs // 2 + 1)
    return np.asarray(np.minimum(2 * binom.cdf(smaller, pairs, 0.5), 1.0))
