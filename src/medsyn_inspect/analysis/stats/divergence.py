"""How far two posteriors lie apart: Jensen-Shannon divergence in bits, and what chance alone would make of it.

Evidence Sensitivity (MEDSYN, equation 1) is the *divergence* between the posterior with all evidence and the
posterior without one piece of it, not its square root. Bits, because then it lies between 0 and 1. A posterior
that is counted from n samples in each arm makes the divergence too large by about (K - 1)/(4 n ln 2) bits even
where nothing moved, so that counts come with a floor and a p value.

Arrays hold one case a row and one option a column. Cases with fewer options than others are padded with zeros:
an option that nobody can choose changes nothing here except the smoothing, which therefore takes their number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import hypergeom

from medsyn_inspect.analysis.stats.resampling import SEED

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

PERMUTATIONS = 2_000
"""Default number of permutations behind a p value; the smallest p is 1/(PERMUTATIONS + 1)."""

ROUNDING = 1e-12
"""Bits below which two divergences are the same number, computed in another order."""

TINY = 1e-300
"""Probabilities below are 0."""


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> Floats:
    """Jensen-Shannon divergence of each row, JSD = H((p + q)/2) - (H(p) + H(q))/2.

    Args:
        p: Probabilities or counts, shape (..., options); each row is normalised.
        q: The same shape.

    Returns:
        Bits, from 0 (equal) to 1 (no option in common), shape (...); NaN for a row that holds NaN or sums to 0.
    """
    # Halving the smallest numbers there are gives 0, and then an infinite divergence.
    first, second = (np.where(values < TINY, 0.0, values) for values in (np.asarray(p, float), np.asarray(q, float)))
    usable = (first.sum(axis=-1) > 0) & (second.sum(axis=-1) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = jensenshannon(first, second, base=2, axis=-1)
    # scipy draws the root of a sum that rounding can push below zero: equal to the last place, it gives NaN.
    return np.where(usable, np.minimum(np.nan_to_num(distance) ** 2, 1.0), np.nan)


def posterior_from_counts(counts: ArrayLike, prior: float = 0.0, options: ArrayLike | None = None) -> Floats:
    """Share of each option among the samples of an arm, or its posterior mean under a Dirichlet prior.

    The smoothed one (`prior=0.5`) has the smallest error for a single case, because it shrinks; averaged over
    cases it stays biased, which the plug-in minus its permutation mean does not.

    Args:
        counts: How often each option was chosen, shape (..., options).
        prior: Added to each option; 0 gives the plug-in, 0.5 Jeffreys' prior.
        options: How many of the columns are options, shape (...), where rows are padded; default all.

    Returns:
        Probabilities, same shape; NaN where nothing was counted and nothing is added.
    """
    number = np.asarray(counts, dtype=float)
    width = number.shape[-1]
    real = np.arange(width) < np.asarray(width if options is None else options)[..., None]
    raised = number + prior * real
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def permutation_floor(first: ArrayLike, second: ArrayLike) -> Floats:
    """Mean plug-in divergence if the samples of both arms had been dealt to them at random, within each case.

    Exact: JSD is a sum over options, and the number that an option gets under a random deal is hypergeometric,
    so that the mean over all permutations needs none of them to be drawn.

    Args:
        first: Counts in one arm, shape (cases, options).
        second: Counts in the other, same shape; the arms may differ in their number of samples.

    Returns:
        Bits, shape (cases,); NaN for a case with an empty arm.
    """
    a, b = _as_counts(first), _as_counts(second)
    floor = np.full(len(a), np.nan)
    for n_a, n_b, rows in by_size(a, b):
        # The numbers that occur are few among all that could.
        both = a[rows] + b[rows]
        pooled = np.flatnonzero(np.bincount(both.ravel()))
        x = np.arange(n_a + 1)
        possible = hypergeom.pmf(x, n_a + n_b, pooled[:, None], n_a)
        y = np.clip(pooled[:, None] - x, 0, n_b)  # outside, the probability is 0
        expected = (possible * option_term(x, y, n_a, n_b)).sum(axis=1)
        floor[rows] = expected[np.searchsorted(pooled, both)].sum(axis=1)
    return floor


def permutation_p(first: ArrayLike, second: ArrayLike, permutations: int = PERMUTATIONS, seed: int = SEED) -> Floats:
    """Share of random deals of the pooled samples with a divergence at least as large, within each case.

    A Monte Carlo permutation test, (1 + hits)/(1 + permutations): valid, and somewhat conservative because few
    samples allow few values. The draws depend on the seed and on the pooled counts alone, so that the p of a
    case is the same whatever other cases stand in the frame and in whatever order its options are.

    Args:
        first: Counts in one arm, shape (cases, options).
        second: Counts in the other, same shape.
        permutations: Random deals.
        seed: Of the random numbers.

    Returns:
        Shape (cases,); NaN for a case with an empty arm.
    """
    a, b = _as_counts(first), _as_counts(second)
    p = np.full(len(a), np.nan)
    for n_a, n_b, rows in by_size(a, b):
        terms = option_term(np.arange(n_a + 1)[:, None], np.arange(n_b + 1), n_a, n_b)
        observed = terms[a[rows], b[rows]].sum(axis=1)
        margins, which = np.unique(-np.sort(-(a[rows] + b[rows]), axis=1), axis=0, return_inverse=True)
        for index, margin in enumerate(margins):
            pooled = margin[margin > 0]
            rng = np.random.default_rng([seed, n_a, n_b, *pooled.tolist()])
            dealt = rng.multivariate_hypergeometric(pooled, n_a, size=permutations)
            null = np.sort(terms[dealt, pooled - dealt].sum(axis=1))
            here = which.reshape(-1) == index
            hits = permutations - np.searchsorted(null, observed[here] - ROUNDING)
            p[rows[here]] = (1 + hits) / (1 + permutations)
    return p


def option_term(x: ArrayLike, y: ArrayLike, n_x: int, n_y: int) -> Floats:
    """What an option that was chosen x times of n_x and y times of n_y adds to the plug-in divergence, in bits."""
    p, q = np.asarray(x) / n_x, np.asarray(y) / n_y
    middle = (p + q) / 2
    return np.asarray((rel_entr(p, middle) + rel_entr(q, middle)) / (2 * np.log(2)))


def _as_counts(counts: ArrayLike) -> Counts:
    number = np.asarray(counts)
    whole = number.astype(np.int64)
    if number.ndim != 2 or (whole != number).any() or (whole < 0).any():
        raise ValueError("counts are whole numbers from 0, one case a row and one option a column")
    return whole


def by_size(a: Counts, b: Counts) -> list[tuple[int, int, NDArray[np.intp]]]:
    """The cases with the same numbers of samples, without those of which an arm is empty."""
    if a.shape != b.shape:
        raise ValueError(f"the arms differ in shape: {a.shape} and {b.shape}")
    sizes_a, sizes_b = a.sum(axis=1), b.sum(axis=1)
    return [
        (n_a, n_b, rows)
        for n_a in np.flatnonzero(np.bincount(sizes_a)).tolist()
        for n_b in np.flatnonzero(np.bincount(sizes_b)).tolist()
        if n_a > 0 and n_b > 0 and len(rows := np.flatnonzero((sizes_a == n_a) & (sizes_b == n_b)))
    ]
