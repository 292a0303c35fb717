"""What sampling does to the estimates, in worlds of K = 5 options, with its Monte Carlo error."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.analysis.frames.sensitivity import evidence_sensitivity
from medsyn_inspect.analysis.stats.crossfit import cross_fit_squares
from medsyn_inspect.analysis.stats.divergence import (
    Floats,
    jensen_shannon,
    permutation_floor,
    permutation_p,
    posterior_from_counts,
)
from statistics_worlds import exact, sampled, true_nmse, world

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


WORLDS = [(0.8, 0.8, 0.0), (0.5, 0.2, 0.1), (0.8, 0.3, 0.2)]
"""`world` arguments with an NMSE of 0, about 0.55, about 0.6."""


@pytest.mark.parametrize("arguments", WORLDS)
def test_nmse_from_20_samples_is_cross_fit_to_within_a_tenth_and_plug_in_is_not(
    arguments: tuple[float, float, float],
) -> None:
    posteriors = world(np.random.default_rng(11), CASES, *arguments)
    truth = true_nmse(posteriors)
    plug_in, cross_fit = squares(posteriors, 20)
    assert cross_fit == pytest.approx(truth, abs=0.1)
    assert abs(plug_in - truth) > abs(cross_fit - truth)


def test_a_reader_without_a_gap_reads_0_3_from_the_plug_in_and_0_from_halves() -> None:
    plug_in, cross_fit = squares(world(np.random.default_rng(11), CASES, 0.5, 0.5, 0.0), 20)
    assert plug_in > 0.3
    assert cross_fit == pytest.approx(0, abs=0.08)


def test_fewer_samples_than_make_two_halves_of_two_have_no_square() -> None:
    few, enough = np.array([[2, 1]]), np.array([[2, 2]])
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


@pytest.mark.slow
@pytest.mark.parametrize(("n", "cases", "lowest"), [(None, 40, 0.85), (None, 150, 0.90), (20, 150, 0.88)])
def test_intervals_cover_at_their_rate(n: int | None, cases: int, lowest: float) -> None:
    """150 repetitions of a study: the truth is the NMSE and the deficit of 200,000 cases.

    With 150 repetitions a rate of .95 has a standard error of .018. A percentile interval of a ratio covers a
    little less than its level where cases are few.
    """
    rng = np.random.default_rng(14)
    population = world(rng, 200_000, 0.6, 0.3, 0.15)
    truth = true_nmse(population)
    s = {view: jensen_shannon(population[view, ""], population[view, "ct"]) for view in ("image", "finding")}
    deficit = (s["finding"] - s["image"]).mean()
    covered = []
    for _ in range(150):
        study = world(rng, cases, 0.6, 0.3, 0.15)
        arms = exact(study) if n is None else sampled(rng, study, n)
        row = modality_gap(evidence_sensitivity(arms, permutations=10), resamples=1000).iloc[0]
        covered.append(
            (
                row["nmse_lower"] <= truth <= row["nmse_upper"],
                row["mean_deficit_lower"] <= deficit <= row["mean_deficit_upper"],
            )
        )
    nmse, mean_deficit = np.mean(covered, axis=0)
    print(f"samples {n}, {cases} cases: NMSE {nmse:.3f}, mean deficit {mean_deficit:.3f} of 150")
    assert nmse >= lowest
    assert mean_deficit >= lowest
