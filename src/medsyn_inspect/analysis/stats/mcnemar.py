"""Exact McNemar test: power and minimum detectable effect."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from medsyn_inspect.analysis.stats.resampling import Floats

POWER = 0.8

ALPHA = 0.05


@cache
def minimum_detectable_effect(n: int, discordance: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """The smallest paired difference in accuracy that an exact McNemar test detects with the given power.

    Args:
        n: Number of cases.
        discordance: Share of cases correct in only one of the conditions. The difference cannot exceed it; if even a
            difference of this size is not detectable, the discordance is increased with the difference.
        power: Required power.
        alpha: Significance level of the two-sided test.

    Returns:
        A share (0.03 is 3 percentage points); NaN if no difference is detectable with n cases.
    """

    def lacking(difference: float) -> float:
        return mcnemar_power(n, max(discordance, difference), difference, alpha) - power

    if n < 1 or lacking(1.0) < 0:
        return float("nan")
    return float(brentq(lacking, 0.0, 1.0, xtol=1e-5))


def mcnemar_power(n: int, discordance: float, difference: float, alpha: float = ALPHA) -> float:
    """Exact power of the exact two-sided McNemar test, over the number of discordant pairs and their split.

    Args:
        n: Number of cases.
        discordance: Probability that a case is correct in only one of the conditions.
        difference: Difference in accuracy, at most the discordance.
        alpha: Significance level of the test.
    """
    if discordance <= 0:
        return 0.0
    pairs = np.arange(n + 1)
    # Largest number of pairs in the rarer direction for which the test rejects; -1 if it never rejects.
    critical = _critical(n, alpha)
    towards = 0.5 + difference / (2 * discordance)
    rejected = stats.binom.cdf(critical, pairs, 1 - towards) + stats.binom.cdf(critical, pairs, towards)
    return float(stats.binom.pmf(pairs, n, discordance) @ rejected)


@cache
def _critical(n: int, alpha: float) -> Floats:
    pairs = np.arange(n + 1)
    guess = stats.binom.ppf(alpha / 2, pairs, 0.5)
    return np.asarray(np.where(stats.binom.cdf(guess, pairs, 0.5) <= alpha / 2, guess, guess - 1))
