"""Bootstrap over cases: agreement with scipy, reproducibility, what has no interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from threadpoolctl import threadpool_info, threadpool_limits

from medsyn_inspect.analysis.stats import resampling
from medsyn_inspect.analysis.stats.resampling import bootstrap, interval, ratio, ratio_interval, times_drawn


def test_each_resample_draws_as_many_cases_as_there_are() -> None:
    drawn = np.concatenate(list(times_drawn(7, 2000, seed=1)))
    assert drawn.shape == (2000, 7)
    assert (drawn.sum(axis=1) == 7).all()
    # Multinomial: mean 1, variance 1 - 1/7; 14,000 numbers.
    assert drawn.mean() == 1
    assert drawn.var() == pytest.approx(6 / 7, abs=0.05)


def test_memory_is_bounded_and_batches_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(times_drawn(10, 100, seed=3)))
    monkeypatch.setattr(resampling, "BATCH", 70)
    batches = list(times_drawn(10, 100, seed=3))
    assert max(len(batch) for batch in batches) == 7
    assert (np.concatenate(batches) == whole).all()


def test_the_interval_of_a_mean_is_scipys_percentile_interval() -> None:
    values = np.random.default_rng(4).exponential(size=80)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    ours = ratio_interval(values, np.ones(80), resamples=20_000)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.015)


def test_the_interval_of_a_ratio_resamples_numerator_and_denominator_together() -> None:
    rng = np.random.default_rng(5)
    below = rng.random(60) + 0.1
    theirs = stats.bootstrap(
        (below * rng.random(60), below), lambda a, b, axis: a.sum(axis) / b.sum(axis), paired=True,
        vectorized=True, n_resamples=20_000, method="percentile", rng=1,
    ).confidence_interval  # fmt: skip
    rng = np.random.default_rng(5)
    below = rng.random(60) + 0.1
    ours = ratio_interval(below * rng.random(60), below, resamples=20_000)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.01)
    # A numerator in proportion has no uncertainty left, which separate draws would not see.
    assert ratio_interval(below * 3, below) == pytest.approx((3, 3))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.integers(0, 100))
@settings(max_examples=50)
def test_an_interval_lies_within_the_values_and_its_ends_are_in_order(values: list[float], seed: int) -> None:
    lower, upper = ratio_interval(values, np.ones(len(values)), resamples=200, seed=seed)
    assert min(values) - 1e-9 <= lower <= upper <= max(values) + 1e-9


@given(st.lists(st.floats(-5, 5), min_size=5, max_size=30))
@settings(max_examples=50)
def test_the_interval_brackets_the_estimate(values: list[float]) -> None:
    lower, upper = ratio_interval(values, np.ones(len(values)), resamples=2000)
    assert lower - 1e-9 <= np.mean(values) <= upper + 1e-9


def test_equal_seeds_give_equal_intervals() -> None:
    values = np.arange(20.0)
    assert ratio_interval(values, np.ones(20), seed=1) == ratio_interval(values, np.ones(20), seed=1)
    assert (
        bootstrap(values[:, None], lambda t: t, 50, 1).tolist()
        != bootstrap(values[:, None], lambda t: t, 50, 2).tolist()
    )


def test_the_number_of_threads_of_the_machine_does_not_matter() -> None:
    """Sums round otherwise if several threads share them."""
    used: list[int] = []

    def observed(totals: np.ndarray) -> np.ndarray:
        used.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return totals

    with threadpool_limits(limits=2, user_api="blas"):
        bootstrap(np.ones((3, 1)), observed, resamples=10)
        after = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    assert used
    assert set(used) == {1}
    assert set(after) == {2}


def test_a_denominator_not_above_zero_is_unbounded_and_nothing_by_nothing_is_nothing() -> None:
    assert ratio([1, 1, 0, -1, 2], [2, 0, 0, -1, -3]).tolist() == pytest.approx(
        [0.5, np.inf, np.nan, np.inf, np.inf], nan_ok=True
    )


def test_an_interval_leaves_out_what_was_not_drawn_and_keeps_the_unbounded() -> None:
    columns = np.array([[1, np.nan, np.inf], [2, np.nan, 1], [np.nan, np.nan, np.inf]])
    lower, upper = interval(columns)
    assert lower.tolist() == pytest.approx([1, np.nan, 1], nan_ok=True)
    assert upper.tolist() == pytest.approx([2, np.nan, np.inf], nan_ok=True)


def test_no_case_no_bootstrap() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        bootstrap(np.empty((0, 2)), lambda totals: totals)
