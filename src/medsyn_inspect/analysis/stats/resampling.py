"""Bootstrap over cases: the case is what was drawn from the world, everything asked about it comes along.

Every statistic here is a function of sums over cases, so that a resample is a vector of how often each case was
drawn, and all resamples are one product of matrices: counts (resamples x cases) times per-case sums
(cases x columns).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float64]

RESAMPLES = 10_000
"""Default number of resamples."""

SEED = 20260222
"""Default seed of everything random in the analysis."""

LEVEL = 0.95
"""Default level of an interval."""

BATCH = 4_000_000
"""Numbers drawn at a time, so that memory does not grow with the number of resamples."""

KEPT = 16_000_000
"""Numbers up to which the draws are kept for the next statistic, of 2 bytes each."""


def bootstrap(
    sums: ArrayLike, statistic: Callable[[Floats], Floats], resamples: int = RESAMPLES, seed: int = SEED
) -> Floats:
    """A statistic on resamples of the cases.

    Args:
        sums: What each case adds to each total, shape (cases, columns); 0 where it adds nothing.
        statistic: From totals of shape (resamples, columns) to values of shape (resamples, values).
        resamples: How many.
        seed: Of the random numbers. Equal seeds and numbers of cases draw equal resamples, so that readers of
            the same cases are resampled together.

    Returns:
        Shape (resamples, values).

    Raises:
        ValueError: If there is no case.
    """
    per_case = np.asarray(sums, dtype=float)
    if per_case.ndim != 2 or len(per_case) == 0:
        raise ValueError("a bootstrap over cases needs a row for each of at least one case")
    # Several threads only wait for one another in products as narrow as these, and round otherwise than one does.
    with _threads().limit(limits=1, user_api="blas"):
        return np.concatenate([statistic(drawn @ per_case) for drawn in times_drawn(len(per_case), resamples, seed)])


@cache
def _threads() -> ThreadpoolController:
    """Found once: looking for the libraries takes longer than a bootstrap."""
    return ThreadpoolController()


def times_drawn(cases: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each case is drawn in each resample, in batches of shape (some resamples, cases)."""
    if cases * resamples > KEPT:
        yield from (drawn.astype(float) for drawn in _drawn(cases, resamples, seed))
        return
    at_once = max(1, BATCH // cases)
    drawn = _kept(cases, resamples, seed)
    yield from (drawn[start : start + at_once].astype(float) for start in range(0, resamples, at_once))


@lru_cache(maxsize=4)
def _kept(cases: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """The draws for a number of cases: many statistics of many readers rest on the same ones."""
    return np.concatenate([np.zeros((0, cases), np.uint16), *_drawn(cases, resamples, seed)])


def _drawn(cases: int, resamples: int, seed: int) -> Iterator[NDArray[np.uint16]]:
    rng = np.random.default_rng(seed)
    at_once = max(1, BATCH // cases)
    # So small a number type that a case drawn more often than it can hold has no chance to occur.
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = rng.integers(cases, size=(rows, cases))
        drawn += cases * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * cases).reshape(rows, cases).astype(np.uint16)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Quotient of totals, such as NMSE or a mean.

    A denominator that is not above zero (which an estimate without bias can be) leaves the quotient unbounded:
    infinite, so that an interval says so. 0/0 is NaN.
    """
    over, under = np.broadcast_arrays(np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float))
    undefined = np.where((over == 0) & (under == 0), np.nan, np.inf)
    return np.asarray(np.divide(over, under, out=undefined, where=under > 0))


def interval(replicates: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Percentile interval of each column.

    Args:
        replicates: Shape (resamples, values). NaN (nothing to compute it from was drawn) is left out; infinite
            values count as such.
        level: Of the interval.

    Returns:
        Lower and upper ends, each of shape (values,); NaN for a column of NaN.
    """
    lower, upper = [], []
    for column in np.asarray(replicates, dtype=float).T:
        known = column[~np.isnan(column)]
        # Neighbours, not interpolation, which between two infinities is undefined.
        lower.append(np.quantile(known, (1 - level) / 2, method="lower") if len(known) else np.nan)
        upper.append(np.quantile(known, (1 + level) / 2, method="higher") if len(known) else np.nan)
    return np.array(lower), np.array(upper)


def ratio_interval(
    numerator: ArrayLike,
    denominator: ArrayLike,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float]:
    """Interval of sum(numerator)/sum(denominator) over cases; with a denominator of ones, of the mean.

    Args:
        numerator: One value a case.
        denominator: One value a case.
        level: Of the interval.
        resamples: How many.
        seed: Of the random numbers.

    Returns:
        Lower and upper end.
    """
    sums = np.column_stack(np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float)))
    lower, upper = interval(bootstrap(sums, lambda totals: ratio(totals[:, :1], totals[:, 1:]), resamples, seed), level)
    return float(lower[0]), float(upper[0])
