"""Fieller's interval of a ratio of two means over the same cases."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from medsyn_inspect.analysis.stats.resampling import LEVEL

ROUNDING = 1e-6
"""Differences that are smaller, relative to the largest denominator, are due to rounding."""


def fieller(numerator: ArrayLike, denominator: ArrayLike, level: float = LEVEL) -> tuple[float, float] | None:
    """Interval of sum(numerator)/sum(denominator) over cases: the ratios that a t test does not reject.

    Args:
        numerator: One value per case.
        denominator: One value per case.
        level: Level of the interval.

    Returns:
        The ends, or `None` if there is no bounded interval, or none with a width: fewer than two cases, a denominator
        whose mean is not clearly different from 0, or the same ratio in every case (see `constant_ratio`).
    """
    x, y = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    n = len(x)
    if n < 2 or constant_ratio(x, y):
        return None
    quantile = float(stdtrit(n - 1, (1 + level) / 2)) ** 2 / n
    (variance_x, covariance), (_, variance_y) = np.cov(x, y)
    a = y.mean() ** 2 - quantile * variance_y
    b = x.mean() * y.mean() - quantile * covariance
    c = x.mean() ** 2 - quantile * variance_x
    if a <= 0:
        return None
    # With a > 0 the ratio of the means solves the inequality, so the root is real up to rounding.
    half = math.sqrt(max(b * b - a * c, 0.0))
    return (b - half) / a, (b + half) / a


def constant_ratio(numerator: ArrayLike, denominator: ArrayLike) -> bool:
    """Whether the ratio is the same in every case except for rounding, so that cases do not show its uncertainty.

    Args:
        numerator: One value per case.
        denominator: One value per case.
    """
    x, y = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    total = y.sum()
    return bool(total and (np.abs(x - x.sum() / total * y) <= ROUNDING * np.abs(y).max()).all())
