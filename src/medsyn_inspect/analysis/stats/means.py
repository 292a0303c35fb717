"""Interval and p of a mean over cases whose values can be skewed, such as differences of divergences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit
from scipy.stats import permutation_test

from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, Floats

FEWEST = 24
"""Minimum number of cases. With 5 and 12 cases of heavy-tailed values, no interval that was simulated contains the true
mean in 93 % of repetitions (`benchmarks/coverage.py`)."""

TOO_FEW = f"no interval: fewer than {FEWEST} cases"
EQUAL = "no interval: the same value in every case"

ROUNDING = 1e-9
"""Values that differ by less are equal except for rounding."""

FLIPS = 9_999
"""Maximum number of sign changes that a p is computed from; with up to 13 cases all are used."""


def mean_interval(values: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a mean: Student's, extended to the ends of the one that corrects t for skewness (Hall 1992).

    Student's interval alone misses the mean of skewed values too often; the corrected one alone misses that of
    symmetric ones with few cases.

    Args:
        values: One value for each case.
        level: Level of the interval.

    Returns:
        The ends; NaN with fewer than `FEWEST` cases, or if all values are equal.
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    if n < FEWEST or np.ptp(x) <= ROUNDING:
        return np.nan, np.nan
    mean, deviation = x.mean(), x.std(ddof=1)
    skewness = _skewness(x)
    quantile = stdtrit(n - 1, (1 + level) / 2)
    ends = np.array([quantile, -quantile]) / np.sqrt(n)
    corrected = ends
    if abs(skewness) > 1e-6:
        corrected = 3 / skewness * (np.cbrt(1 + skewness * (ends - skewness / (6 * n))) - 1)
    lower, upper = mean - deviation * np.stack([ends, corrected]).T
    return float(lower.min()), float(upper.max())


def mean_p(differences: ArrayLike) -> float:
    """Two-sided p of the mean of paired differences.

    From `FEWEST` cases on, the null hypothesis is a mean of 0, and p is below 1 - level exactly if `mean_interval`
    excludes 0. With fewer cases no test of a mean keeps its level for heavy-tailed values; there it is that the two
    members of each pair are exchangeable, and p is the share of all changes of signs with a mean as far from 0.

    Args:
        differences: One value for each case.

    Returns:
        NaN for fewer than two cases, or if no case differs.
    """
    x = np.asarray(differences, dtype=float)
    n = len(x)
    if n < 2 or (np.abs(x) <= ROUNDING).all():
        return float("nan")
    if n < FEWEST:
        x = np.where(np.abs(x) <= ROUNDING, 0.0, x)
        found = permutation_test(
            (x,),
            lambda flipped, axis: flipped.mean(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=FLIPS,
            rng=np.random.default_rng(SEED),
        )
        return float(found.pvalue)
    if np.ptp(x) <= ROUNDING:
        return float(2.0 ** (1 - n))
    standard, skewness = x.mean() / x.std(ddof=1), _skewness(x)
    corrected = standard + skewness / 3 * standard**2 + skewness**2 / 27 * standard**3 + skewness / (6 * n)
    nearer = np.sqrt(n) * min(abs(standard), abs(corrected))
    return float(2 * stdtr(n - 1, -nearer))


def _skewness(x: Floats) -> float:
    return float(((x - x.mean()) ** 3).mean() / x.std() ** 3)


def why_none(values: ArrayLike, ends: tuple[float, float]) -> str:
    """Why `mean_interval` gave no interval; empty if it gave one."""
    if not np.isnan(ends[0]):
        return ""
    return TOO_FEW if np.size(values) < FEWEST else EQUAL
