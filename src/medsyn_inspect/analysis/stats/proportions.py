"""The difference of two independent shares."""

from __future__ import annotations

import math

Share = tuple[float, float, float]
"""A share and the ends of its interval."""


def independent_difference(first: Share, second: Share) -> tuple[float, float]:
    """Interval of the difference `first - second` of two shares, from the interval of each (Newcombe 1998, method 10).

    For Wilson intervals it equals `confint_proportions_2indep(..., method="newcomb")` of statsmodels, which needs
    counts; shares of cases with several epochs are not counts.

    Args:
        first: A share with its interval.
        second: Share of other cases, with an interval at the same level.
    """
    value, lower, upper = first
    other, other_lower, other_upper = second
    difference = value - other
    below, above = math.hypot(value - lower, other_upper - other), math.hypot(upper - value, other - other_lower)
    return difference - below, difference + above
