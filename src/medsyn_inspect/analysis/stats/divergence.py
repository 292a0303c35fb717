"""Jensen-Shannon divergence of two posteriors in bits, and its permutation distribution for sampled posteriors.

Evidence Sensitivity (MEDSYN, equation 1) is the *divergence* between the posterior with all evidence and the
posterior without one piece of it, not its square root (the distance). In bits it lies between 0 and 1. If posteriors
are estimated from n samples in each arm, the divergence is too large by about (K - 1)/(4 n ln 2) bits even if the arms
do not differ; so for counts there are also a floor and a p value.

Arrays have one case per row and one option per column. Cases with fewer options than others are padded with zeros.
Padding affects only the smoothing, which therefore needs the number of options.
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
"""Default number of permutations for a p value; the smallest p is 1/(PERMUTATIONS + 1)."""

ROUNDING = 1e-12
"""Tolerance in bits: divergences that differ by less are equal except for rounding."""

TINY = 1e-300
"""Smaller probabilities are set to 0."""


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> Floats:
    """Jensen-Shannon divergence of each row, JSD = H((p + q)/2) - (H(p) + H(q))/2.

    Args:
        p: Probabilities or counts, shape (..., options); each row is normalised.
        q: The same shape.

    Returns:
        Bits, from 0 (equal) to 1 (no option in common), shape (...); NaN for a row that contains NaN or sums to 0.
    """
    # Halving the smallest floating-point numbers gives 0, and then an infinite divergence.
    first, second = (np.where(values < TINY, 0.0, values) for values in (np.asarray(p, float), np.asarray(q, float)))
    usable = (first.sum(axis=-1) > 0) & (second.sum(axis=-1) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = jensenshannon(first, second, base=2, axis=-1)
    # scipy takes the root of a sum that rounding can make negative: nearly equal rows give NaN.
    return np.where(usable, np.minimum(np.nan_to_num(distance) ** 2, 1.0), np.nan)


def posterior_from_counts(counts: ArrayLike, prior: float = 0.0, options: ArrayLike | None = None) -> Floats:
    """Share of each option among the samples of an arm, or its posterior mean under a Dirichlet prior.

    Smoothing (`prior=0.5`) gives the smallest error for a single case, because it shrinks the estimate. The mean over
    cases remains biased, unlike that of the plug-in estimate minus its permutation mean.

    Args:
        counts: How often each option was chosen, shape (..., options).
        prior: Added to each option; 0 gives the plug-in estimate, 0.5 Jeffreys' prior.
        options: Number of columns that are options, shape (...), if rows are padded; default all.

    Returns:
        Probabilities, same shape; NaN if all counts and the prior are 0.
    """
    number = np.asarray(counts, dtype=float)
    width = number.shape[-1]
    real = np.arange(width) < np.asarray(width if options is None else options)[..., None]
    raised = number + prior * real
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def permutation_floor(first: ArrayLike, second: ArrayLike) -> Floats:
    """Mean plug-in divergence over random permutations of the samples between the two arms, within each case.

    Exact, without drawing permutations: JSD is a sum over options, and the count of an option in a random permutation
    is hypergeometric.

    Args:
        first: Counts in one arm, shape (cases, options).
        second: Counts in the other arm, same shape; the arms may differ in their number of samples.

    Returns:
        Bits, shape (cases,); NaN for a case with an empty arm.
    """
    a, b = _as_counts(first), _as_counts(second)
    floor = np.full(len(a), np.nan)
    for n_a, n_b, rows in by_size(a, b):
        # Compute the terms only for the pooled counts that occur.
        both = a[rows] + b[rows]
        pooled = np.flatnonzero(np.bincount(both.ravel()))
        x = np.arange(n_a + 1)
        possible = hypergeom.pmf(x, n_a + n_b, pooled[:, None], n_a)
        y = np.clip(pooled[:, None] - x, 0, n_b)  # outside, the probability is 0
        expected = (possible * option_term(x, y, n_a, n_b)).sum(axis=1)
        floor[rows] = expected[np.searchsorted(pooled, both)].sum(axis=1)
    return floor


def permutation_p(first: ArrayLike, second: ArrayLike, permutations: int = PERMUTATIONS, seed: int = SEED) -> Floats:
    """Share of random permutations of the pooled samples with a divergence at least as large, within each case.

    A Monte Carlo permutation test, (1 + hits)/(1 + permutations): valid, and somewhat conservative because with few
    samples the statistic has few values. The draws depend only on the seed and the pooled counts, so the p value of a
    case depends neither on the other cases nor on the order of its options.

    Args:
        first: Counts in one arm, shape (cases, options).
        second: Counts in the other arm, same shape.
        permutations: Number of random permutations.
        seed: Random seed.

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
    """Contribution to the plug-in divergence, in bits, of an option chosen x of n_x and y of n_y times."""
    p, q = np.asarray(x) / n_x, np.asarray(y) / n_y
    middle = (p + q) / 2
    return np.asarray((rel_entr(p, middle) + rel_entr(q, middle)) / (2 * np.log(2)))


def _as_counts(counts: ArrayLike) -> Counts:
    number = np.asarray(counts)
    whole = number.astype(np.int64)
    if number.ndim != 2 or (whole != number).any() or (whole < 0).any():
        raise ValueError("counts must be non-negative whole numbers, with one case per row and one option per column")
    return whole


def by_size(a: Counts, b: Counts) -> list[tuple[int, int, NDArray[np.intp]]]:
    """Groups of cases with the same numbers of samples, without cases with an empty arm."""
    if a.shape != b.shape:
        raise ValueError(f"the arms differ in shape: {a.shape} and {b.shape}")
    sizes_a, sizes_b = a.sum(axis=1), b.sum(axis=1)
    return [
        (n_a, n_b, rows)
        for n_a in np.flatnonzero(np.bincount(sizes_a)).tolist()
        for n_b in np.flatnonzero(np.bincount(sizes_b)).tolist()
        if n_a > 0 and n_b > 0 and len(rows := np.flatnonzero((sizes_a == n_a) & (sizes_b == n_b)))
    ]
