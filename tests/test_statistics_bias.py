"""What sampling does to the estimates, in worlds of K = 5 options, with its Monte Carlo error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from medsyn_inspect.analysis.stats.crossfit import SMALLEST, corrected, cross_fit_squares
from medsyn_inspect.analysis.stats.divergence import (
    Floats,
    jensen_shannon,
    permutation_floor,
    permutation_p,
    posterior_from_counts,
)
from statistics_worlds import true_nmse, world

CASES = 4000


def small_effects(n: int, moved: float = 0.2) -> dict[str, tuple[float, float, float]]:
    """Bias, its standard error, and RMSE of three estimates of S: Dirichlet(0.5), mean 0.027 bits by default."""
    rng = np.random.default_rng(10)
    p, other = (rng.dirichlet([0.5] * 5, CASES) for _ in range(2))
    q = (1 - moved) * p + moved * other
    a, b = rng.multinomial(n, p), rng.multinomial(n, q)
    plug_in = jensen_shannon(a, b)
    estimates = {
        "plug-in": plug_in,
        "smoothed": jensen_shannon(posterior_from_counts(a, 0.5), posterior_from_counts(b, 0.5)),
        "corrected": plug_in - permutation_floor(a, b),
    }
    errors = {name: value - jensen_shannon(p, q) for name, value in estimates.items()}
    return {name: (e.mean(), e.std() / math.sqrt(CASES), math.sqrt((e**2).mean())) for name, e in errors.items()}


@pytest.mark.parametrize(("n", "expected"), [(5, 0.211), (10, 0.122), (20, 0.065), (50, 0.028)])
def test_the_plug_in_is_too_large_and_less_its_permutation_mean_it_is_not(n: int, expected: float) -> None:
    found = small_effects(n)
    # The notes' worlds have another mixture of effects: orders of magnitude, not places.
    assert found["plug-in"][0] == pytest.approx(expected, rel=0.35)
    # Where the arms differ, the permutation mean takes off a little too much: a tenth of what it mends.
    bias, error, _ = found["corrected"]
    assert abs(bias) <= 0.1 * found["plug-in"][0] + 4 * error


@pytest.mark.parametrize("n", [5, 20])
def test_where_nothing_moved_the_plug_in_less_its_permutation_mean_is_0_on_average(n: int) -> None:
    bias, error, _ = small_effects(n, moved=0.0)["corrected"]
    assert abs(bias) <= 4 * error


@pytest.mark.parametrize("n", [5, 10, 20])
def test_for_a_single_case_the_smoothed_estimate_has_the_smallest_error(n: int) -> None:
    found = small_effects(n)
    assert found["smoothed"][2] < found["corrected"][2] < found["plug-in"][2]
    assert found["smoothed"][0] > 4 * found["smoothed"][1], "but it is biased, so not for means"


def squares(posteriors: dict[tuple[str, str], Floats], n: int) -> tuple[float, float]:
    """NMSE over all cases from n samples an arm: plug-in and cross-fit."""
    rng = np.random.default_rng(12)
    counts = {name: rng.multinomial(n, p) for name, p in posteriors.items()}
    image, finding = ((counts[view, ""], counts[view, "ct"]) for view in ("image", "finding"))
    s_image, s_finding = jensen_shannon(*image), jensen_shannon(*finding)
    gap, base = cross_fit_squares(image, finding, rng, splits=4)
    return ((s_image - s_finding) ** 2).sum() / (s_finding**2).sum(), gap.sum() / base.sum()


WORLDS = [(0.8, 0.8, 0.0), (0.8, 0.4, 0.1), (0.8, 0.3, 0.2)]
"""`world` arguments with an NMSE of 0, about 0.45, about 0.6."""


@pytest.mark.parametrize("arguments", WORLDS)
def test_nmse_from_20_samples_is_cross_fit_to_within_a_twentieth_and_plug_in_is_not(
    arguments: tuple[float, float, float],
) -> None:
    posteriors = world(np.random.default_rng(11), CASES, *arguments)
    truth = true_nmse(posteriors)
    plug_in, cross_fit = squares(posteriors, 20)
    assert cross_fit == pytest.approx(truth, abs=0.05)
    assert abs(plug_in - truth) > abs(cross_fit - truth)


def test_a_reader_without_a_gap_reads_0_3_from_the_plug_in_and_0_from_halves() -> None:
    plug_in, cross_fit = squares(world(np.random.default_rng(11), CASES, 0.5, 0.5, 0.0), 20)
    assert plug_in > 0.3
    assert cross_fit == pytest.approx(0, abs=0.08)


def test_fewer_samples_than_are_needed_have_no_square() -> None:
    few, enough = np.array([[8, SMALLEST - 9]]), np.array([[8, SMALLEST - 8]])
    rng = np.random.default_rng(0)
    assert np.isnan(cross_fit_squares((few, enough), (enough, enough), rng)).all()
    assert np.isfinite(cross_fit_squares((enough, enough), (enough, enough), rng)).all()


@pytest.mark.slow
def test_false_positives_of_the_permutation_test_in_20_000_cases() -> None:
    rng = np.random.default_rng(13)
    p = rng.dirichlet([0.5] * 5, 20_000)
    rate = (permutation_p(rng.multinomial(20, p), rng.multinomial(20, p), 1000) <= 0.05).mean()
    print(f"rejected at .05: {rate:.4f}")
    assert 0.02 < rate <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 20_000)


def test_equal_arms_have_a_divergence_of_0_on_average_and_different_ones_little_bias() -> None:
    rng = np.random.default_rng(15)
    p, other = (rng.dirichlet([0.7] * 5, 20_000) for _ in range(2))
    for moved in (0.0, 0.5, 1.0):
        q = (1 - moved) * p + moved * other
        errors = corrected(rng.multinomial(10, p), rng.multinomial(10, q)) - jensen_shannon(p, q)
        bias, error = errors.mean(), errors.std() / math.sqrt(len(errors))
        assert abs(bias) <= 3 * error + (0.02 if moved else 0)


def test_the_estimate_is_the_jackknife_of_the_plug_in_less_its_permutation_mean() -> None:
    """Leaving out one sample in each arm: every pair of samples, one of each arm."""
    a, b = np.array([4, 3, 1]), np.array([2, 1, 6])

    def uncorrected(x: Any, y: Any) -> float:
        return float((jensen_shannon(x, y) - permutation_floor([x], [y])[0]).item())

    fewer = [
        a[i] * b[j] / 72 * uncorrected(a - np.eye(3, dtype=int)[i], b - np.eye(3, dtype=int)[j])
        for i in range(3)
        for j in range(3)
    ]
    whole = uncorrected(a, b)
    expected = whole + (8.5 - 1) * (whole - sum(fewer))
    assert corrected([a], [b])[0] == pytest.approx(expected)
