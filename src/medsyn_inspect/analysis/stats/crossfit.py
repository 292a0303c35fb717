"""NMSE from samples: cross-fitted squares of divergences, without bias from sampling variance.

NMSE (MEDSYN, equation 2) is a ratio of sums of squares. Squaring an estimate adds its variance to the square; with 20
samples per arm this brings any NMSE near 0.4. So the samples of each arm are split into independent halves, and the
estimates from the two halves are multiplied: the expectation of the product of two independent unbiased estimates is
the square.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from medsyn_inspect.analysis.stats.divergence import Counts, Floats, by_size, option_term, permutation_floor

SPLITS = 20
"""Default number of random splits into halves to average over."""

SMALLEST = 4
"""Minimum number of samples per arm, so that each half has at least two."""


def cross_fit_squares(
    image: tuple[ArrayLike, ArrayLike],
    finding: tuple[ArrayLike, ArrayLike],
    rng: Generator,
    splits: int = SPLITS,
) -> tuple[Floats, Floats]:
    """Estimates of (S_image - S_finding)^2 and of S_finding^2 for each case, from samples.

    Args:
        image: Counts with all evidence and without one evidence type, both shown as images, each of shape
            (cases, options).
        finding: The same, shown as findings.
        rng: Random generator for the splits.
        splits: Number of random splits to average over.

    Returns:
        The two squares in bits squared, each of shape (cases,). Single values can be negative; only their
        sums over cases are meaningful. NaN if an arm has fewer than `SMALLEST` samples.
    """
    arms = [np.asarray(counts, dtype=np.int64) for counts in (*image, *finding)]
    enough = np.min([counts.sum(axis=1) for counts in arms], axis=0) >= SMALLEST
    modality_gap_squared, finding_squared = (np.full(len(arms[0]), np.nan) for _ in range(2))
    # All splits of all cases at once, one per row.
    repeated = [np.repeat(counts[enough], splits, axis=0) for counts in arms]
    one = [half(counts, rng) for counts in repeated]
    other = [counts - first for counts, first in zip(repeated, one, strict=True)]
    (image_one, finding_one), (image_other, finding_other) = (
        (corrected(full_image, less_image), corrected(full_finding, less_finding))
        for full_image, less_image, full_finding, less_finding in (one, other)
    )
    products = (image_one - finding_one) * (image_other - finding_other), finding_one * finding_other
    for square, product in zip((modality_gap_squared, finding_squared), products, strict=True):
        square[enough] = product.reshape(-1, splits).mean(axis=1)
    return modality_gap_squared, finding_squared


def corrected(first: ArrayLike, second: ArrayLike) -> Floats:
    """Divergence between two arms from few samples, with little bias for any effect size.

    The mean of two bias corrections of the plug-in estimate: if the arms differ, the permutation mean corrects too much
    and the jackknife too little, by about the same amount. In `tests/test_statistics_bias.py`, NMSE from 20 samples is
    close to the true value with the mean of both; with one alone it was off by about a tenth, upwards with the
    permutation mean and downwards with the jackknife.

    Args:
        first: Counts in one arm, shape (cases, options), each row with at least two samples.
        second: Counts in the other arm, same shape.

    Returns:
        Bits, shape (cases,); if the arms do not differ, negative in about half of the cases.
    """
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    floor = permutation_floor(a, b)
    divergence = np.full(len(a), np.nan)
    for n_a, n_b, rows in by_size(a, b):
        x, y = a[rows], b[rows]
        plug_in = option_term(np.arange(n_a + 1)[:, None], np.arange(n_b + 1), n_a, n_b)[x, y].sum(axis=1)
        bias = _jackknife_bias(x, y, n_a, n_b, plug_in) + _jackknife_bias(y, x, n_b, n_a, plug_in)
        divergence[rows] = plug_in - (floor[rows] + bias) / 2
    return divergence


def _jackknife_bias(left_out: Counts, other: Counts, n: int, n_other: int, plug_in: Floats) -> Floats:
    """Quenouille's jackknife estimate of the bias from one of the two arms: (n - 1)(leave-one-out mean - plug-in).

    JSD is a sum over options. If the terms are computed for n - 1 samples, leaving out a sample of an option changes
    only the term of that option.
    """
    terms = option_term(np.arange(n + 1)[:, None], np.arange(n_other + 1), n - 1, n_other)
    whole = terms[left_out, other]
    fewer = terms[np.maximum(left_out - 1, 0), other]
    mean = whole.sum(axis=1) + (left_out * (fewer - whole)).sum(axis=1) / n
    return np.asarray((n - 1) * (mean - plug_in))


def half(counts: Counts, rng: Generator) -> Counts:
    """A random half of the samples of each row, drawn without replacement (the smaller half of an odd number).

    Args:
        counts: Shape (rows, options).
        rng: Random generator.

    Returns:
        Counts of the half, same shape; the remaining counts are the other half.
    """
    chosen = np.zeros_like(counts)
    remaining = counts.sum(axis=1)
    wanted = remaining // 2
    for option in range(counts.shape[1]):
        remaining = remaining - counts[:, option]
        chosen[:, option] = rng.hypergeometric(counts[:, option], remaining, wanted)
        wanted = wanted - chosen[:, option]
    return chosen
