"""Fieller's interval of a ratio of two means over the same cases."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from medsyn_inspect.analysis.stats.resampling import LEVEL


def fieller(numerator: ArrayLike, denominator: ArrayLike, level: float = LEVEL) -> tuple[float, float] | None:
    """Interval of sum(numerator)/sum(denominator) over cases: the ratios that a t test does not reject.

    Args:
        numerator: One value per case.
        denominator: One value per case.
        level: Level of the interval.

    Returns:
        The ends, or `None` if there is no bounded interval: fewer than two cases, or a denominator whose mean is not
        clearly different from 0.
    """
    x, y = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    n = len(x)
    if n < 2:
        return None
    quantile = float(t.ppf((1 + level) / 2, n - 1)) ** 2 / n
    (variance_x, covariance), (_, variance_y) = np.cov(x, y)
    a = y.mean() ** 2 - quantile * variance_y
    b = x.mean() * y.mean() - quantile * covariance
    c = x.mean() ** 2 - quantile * variance_x
    if a <= 0:
        return None
    # With a > 0 the ratio of the means solves the inequality, so the root is real up to rounding.
    half = math.sqrt(max(b * b - a * c, 0.0))
    return (b - half) / a, (b + half) / a
