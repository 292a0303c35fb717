"""Bootstrap over cases: cases are the independent units, and all answers to a case are resampled together.

Each statistic is a function of sums over cases. A resample is therefore a vector of how often each case was drawn, and
all resamples are a matrix product: counts (resamples x cases) times per-case sums (cases x columns).
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
"""Default random seed of the analysis."""

LEVEL = 0.95
"""Default level of an interval."""

BATCH = 4_000_000
"""Random numbers drawn at a time, to bound memory."""

KEPT = 16_000_000
"""Maximum number of draws (2 bytes each) that are cached for the next statistic."""


def bootstrap(
    sums: ArrayLike, statistic: Callable[[Floats], Floats], resamples: int = RESAMPLES, seed: int = SEED
) -> Floats:
    """Compute a statistic on bootstrap resamples of the cases.

    Args:
        sums: Contribution of each case to each total, shape (cases, columns); 0 if none.
        statistic: Function from totals of shape (resamples, columns) to values of shape (resamples, values).
        resamples: Number of resamples.
        seed: Random seed. The same seed and number of cases give the same resamples, so readers of the same cases
            are resampled together.

    Returns:
        Shape (resamples, values).

    Raises:
        ValueError: If there are no cases.
    """
    per_case = np.asarray(sums, dtype=float)
    if per_case.ndim != 2 or len(per_case) == 0:
        raise ValueError("the bootstrap needs a two-dimensional array with a row for each case and at least one case")
    # For such narrow products several threads are not faster, and their rounding differs from that of one thread.
    with blas_threads().limit(limits=1, user_api="blas"):
        return np.concatenate([statistic(drawn @ per_case) for drawn in times_drawn(len(per_case), resamples, seed)])


@cache
def blas_threads() -> ThreadpoolController:
    """The thread controller, cached: finding the libraries takes longer than a bootstrap."""
    return ThreadpoolController()


def times_drawn(cases: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each case is drawn in each resample, in batches of shape (resamples of the batch, cases)."""
    if cases * resamples > KEPT:
        yield from (drawn.astype(float) for drawn in _drawn(cases, resamples, seed))
        return
    at_once = max(1, BATCH // cases)
    drawn = _kept(cases, resamples, seed)
    yield from (drawn[start : start + at_once].astype(float) for start in range(0, resamples, at_once))


@lru_cache(maxsize=4)
def _kept(cases: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """The draws for a number of cases, cached because many statistics use the same ones."""
    return np.concatenate([np.zeros((0, cases), np.uint16), *_drawn(cases, resamples, seed)])


def _drawn(cases: int, resamples: int, seed: int) -> Iterator[NDArray[np.uint16]]:
    rng = np.random.default_rng(seed)
    at_once = max(1, BATCH // cases)
    # 16 bits are enough: the probability that a case is drawn more often is negligible.
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = rng.integers(cases, size=(rows, cases))
        drawn += cases * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * cases).reshape(rows, cases).astype(np.uint16)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Ratio of totals, such as NMSE or a mean.

    If the denominator is not above zero (an unbiased estimate can be negative), the ratio is unbounded and set to
    infinity, so that intervals show it. 0/0 is NaN.
    """
    over, under = np.broadcast_arrays(np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float))
    undefined = np.where((over == 0) & (under == 0), np.nan, np.inf)
    return np.asarray(np.divide(over, under, out=undefined, where=under > 0))


def interval(replicates: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Percentile interval of each column.

    Args:
        replicates: Shape (resamples, values). NaN (no usable case was drawn) is left out; infinite values are
            kept.
        level: Level of the interval.

    Returns:
        Lower and upper ends, each of shape (values,); NaN for a column of NaN.
    """
    lower, upper = [], []
    for column in np.asarray(replicates, dtype=float).T:
        known = column[~np.isnan(column)]
        # No interpolation, which is undefined between two infinities.
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
    """Bootstrap interval of sum(numerator)/sum(denominator) over cases; of the mean, if the denominator is 1.

    Args:
        numerator: One value per case.
        denominator: One value per case, or 1.
        level: Level of the interval.
        resamples: Number of resamples.
        seed: Random seed.

    Returns:
        Lower and upper ends.
    """
    sums = np.column_stack(np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float)))
    lower, upper = interval(bootstrap(sums, lambda totals: ratio(totals[:, :1], totals[:, 1:]), resamples, seed), level)
    return float(lower[0]), float(upper[0])
