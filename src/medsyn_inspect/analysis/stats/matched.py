"""Uptake ratio and matched sensitivity: how much answers move with evidence, whatever the reader believes without it.

A divergence between two posteriors depends on the posterior from which it starts: the same evidence moves a sure reader
less than an unsure one. So a type that is used equally in both views shows a difference in S if *other* types are
weaker as images. The measures here compare the evidence itself: its log-likelihood ratio as the reader uses it,

    D_v = ln p_v(y | E) - ln p_v(y | E without m),

in the view v, image (I) or finding (F). Over the options of a case, D is centred by its mean under weights pi, and
<x, y> = sum(pi x y), where pi is the mean of the four posteriors: options that no arm considers have no influence.

Summed over the cases of an evidence type:

- uptake ratio R = sum <D_I, D_F> / sum <D_F, D_F>: the share of the finding's effect that the image has;
- strength Q = sqrt(sum <D_I, D_I> / sum <D_F, D_F>): how far the image moves the answer, in whatever direction;
- alignment R/Q: whether both move it in the same direction.

Matched S puts the effect of each view on the baselines of both: with J(b, D) = JSD(softmax(ln b + D), b) in bits,

    matched S_v = (J(b_I, D_v) + J(b_F, D_v)) / 2.

Since J(b_v, D_v) is the published S_v, the published deficit S_F - S_I is the matched deficit plus a baseline part.

A truncated list of candidates does not name every option. A missing one gets half of the most it can have had, not
less than `LEAST`; R and Q leave it out, and matched S is also computed at both ends of what is possible.

Arrays have one case per row and one option per column; the columns beyond a case's options are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from medsyn_inspect.analysis.stats.divergence import jensen_shannon

Floats = NDArray[np.float64]

LEAST = 1e-6
"""Smallest probability of an option that a truncated list of candidates does not name. Larger ones (1e-2, 1e-3) bring
back part of the dependence on the baseline; smaller ones change nothing."""


@dataclass(frozen=True)
class Effects:
    """The effect of one evidence type on each case, in both views. Shape (cases,); NaN where it cannot be computed."""

    image: Floats
    """<D_I, D_I>, in squared nats."""

    finding: Floats
    """<D_F, D_F>."""

    both: Floats
    """<D_I, D_F>."""

    matched_image: Floats
    """Matched S of the image, in bits."""

    matched_finding: Floats
    """Matched S of the finding, in bits."""


@dataclass(frozen=True)
class Arms:
    """The posteriors of one view: with all evidence, and with one piece of it withheld. Shape (cases, options)."""

    full: Floats
    withheld: Floats


def completed(posterior: ArrayLike, missing: ArrayLike, mass: ArrayLike) -> Floats:
    """Posteriors in which the options that a truncated list did not name have a given mass.

    Args:
        posterior: Shape (cases, options).
        missing: Whether an option was not named, same shape.
        mass: The probability that such an option gets before the row is normalised, same shape; at least `LEAST`.
    """
    filled = np.where(missing, np.fmax(mass, LEAST), np.asarray(posterior, float))
    with np.errstate(invalid="ignore"):
        return np.asarray(filled / np.nansum(filled, axis=-1, keepdims=True))


def effects(image: Arms, finding: Arms, listed: ArrayLike | None = None) -> Effects:
    """The effect of an evidence type on each case.

    Args:
        image: Posteriors with the evidence shown as images.
        finding: Posteriors with the evidence shown as findings.
        listed: Whether all four arms name an option, shape (cases, options); by default if all give it a probability
            above 0. Products are taken over these options; a case with fewer than two has none.

    Returns:
        NaN for a case without a posterior in one of the arms.
    """
    arms = [np.asarray(arm, float) for arm in (image.full, image.withheld, finding.full, finding.withheld)]
    named = np.logical_and.reduce([arm > 0 for arm in arms])
    named &= True if listed is None else np.asarray(listed, bool)
    usable = np.logical_and.reduce([np.nansum(arm, axis=-1) > 0 for arm in arms])
    full_image, without_image, full_finding, without_finding = map(_logarithm, arms)

    weights = np.where(named, np.sum([np.nan_to_num(arm) for arm in arms], axis=0), 0.0)
    # A case without weights divides by 1 here, and has no products below.
    weights /= np.where(named.any(axis=-1), weights.sum(axis=-1), 1.0)[:, None]
    by_image, by_finding = full_image - without_image, full_finding - without_finding
    x, y = _centred(by_image, weights), _centred(by_finding, weights)
    enough = usable & (named.sum(axis=-1) >= 2)
    products = (np.where(enough, np.sum(weights * one, axis=-1), np.nan) for one in (x * x, y * y, x * y))
    matched = (
        np.where(usable, (_divergence(without_image, by) + _divergence(without_finding, by)) / 2, np.nan)
        for by in (by_image, by_finding)
    )
    return Effects(*products, *matched)


def squared_effect(full: ArrayLike, other: ArrayLike) -> Floats:
    """<D, D> of two posteriors of one view, such as the answer to a question and to the same question reworded.

    Args:
        full: Posteriors, shape (cases, options).
        other: The same shape.

    Returns:
        Squared nats, shape (cases,).
    """
    arms = Arms(np.asarray(full, float), np.asarray(other, float))
    return effects(arms, arms).finding


def _logarithm(arm: Floats) -> Floats:
    """Log-probabilities of an arm; a probability of 0 counts as `LEAST`, an absent option as impossible."""
    return np.where(np.isnan(arm), -np.inf, np.log(np.where(arm > 0, arm, LEAST)))


def _centred(change: Floats, weights: Floats) -> Floats:
    finite = np.where(weights > 0, change, 0.0)
    return np.asarray(finite - np.sum(weights * finite, axis=-1, keepdims=True))


def _divergence(baseline: Floats, change: Floats) -> Floats:
    """J(b, D) in bits: how far a change of the log-probabilities moves a baseline."""
    absent = np.isinf(baseline)
    moved = softmax(np.where(absent, -np.inf, baseline + np.where(absent, 0.0, change)), axis=-1)
    return jensen_shannon(moved, softmax(baseline, axis=-1))
