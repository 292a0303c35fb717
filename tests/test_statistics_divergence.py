"""Divergence, posterior from counts, permutation floor and p: closed forms and properties."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.analysis.stats.divergence import (
    jensen_shannon,
    permutation_floor,
    permutation_p,
    posterior_from_counts,
)

COUNTS = st.lists(st.integers(0, 12), min_size=2, max_size=6).filter(any)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two posteriors over the same options."""
    k = draw(st.integers(2, 7))
    p, q = (np.array(draw(st.lists(st.floats(0, 1), min_size=k, max_size=k).filter(lambda v: sum(v) > 0.01))),) * 2
    q = np.array(draw(st.lists(st.floats(0, 1), min_size=k, max_size=k).filter(lambda v: sum(v) > 0.01)))
    return p / p.sum(), q / q.sum()


@st.composite
def two_arms(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Counts of two arms over the same options."""
    k = draw(st.integers(2, 5))
    arm = st.lists(st.integers(0, 8), min_size=k, max_size=k).filter(any)
    return draw(arm), draw(arm)


class TestJensenShannon:
    @pytest.mark.parametrize(
        ("p", "q", "bits"),
        [
            ((1, 0), (0, 1), 1.0),
            ((1, 0), (1, 0), 0.0),
            ((1, 0), (0.5, 0.5), 1.5 - 0.75 * math.log2(3)),
            ((0.5, 0.5, 0), (0, 0.5, 0.5), 0.5),
            ((0.2,) * 5, (1, 0, 0, 0, 0), 0.6 * math.log2(1 / 0.6) + 0.4 * math.log2(10) - 0.5 * math.log2(5)),
        ],
    )
    def test_it_is_the_divergence_in_bits_not_its_root(self, p: tuple, q: tuple, bits: float) -> None:
        assert jensen_shannon(p, q) == pytest.approx(bits, abs=1e-12)

    @given(pairs())
    def test_it_is_symmetric_between_0_and_1_and_blind_to_the_order_of_options(self, pair: tuple) -> None:
        p, q = pair
        divergence = float(jensen_shannon(p, q))
        assert 0 <= divergence <= 1
        assert jensen_shannon(q, p) == pytest.approx(divergence, abs=1e-12)
        assert jensen_shannon(p[::-1], q[::-1]) == pytest.approx(divergence, abs=1e-12)
        assert jensen_shannon([*p, 0], [*q, 0]) == pytest.approx(divergence, abs=1e-12)

    @given(pairs())
    def test_it_is_0_exactly_if_the_posteriors_are_equal(self, pair: tuple) -> None:
        p, q = pair
        assert jensen_shannon(p, p) == 0
        # Pinsker: at least (difference in total variation)^2 / (2 ln 2).
        far = np.abs(p - q).sum() / 2
        assert jensen_shannon(p, q) >= far**2 / (2 * math.log(2)) - 1e-12

    def test_posteriors_equal_but_for_rounding_are_0_where_scipy_has_the_root_of_less(self) -> None:
        rng = np.random.default_rng(0)
        p = rng.dirichlet([0.7] * 5, 20_000)
        found = jensen_shannon(p, p * (1 + 1e-15 * rng.standard_normal(p.shape)))
        assert np.isfinite(found).all()
        assert found.max() < 1e-14

    def test_the_smallest_numbers_there_are_count_as_0(self) -> None:
        assert jensen_shannon((1, 5e-324), (1, 0)) == 0

    def test_rows_are_taken_one_by_one_and_rows_without_a_posterior_are_nan(self) -> None:
        p = np.array([[1.0, 0], [0, 0], [np.nan, np.nan], [0.5, 0.5]])
        assert jensen_shannon(p, [[0, 1]] * 4).tolist() == pytest.approx(
            [1, np.nan, np.nan, 1.5 - 0.75 * math.log2(3)], nan_ok=True
        )


class TestPosteriorFromCounts:
    def test_plug_in_and_smoothed(self) -> None:
        assert posterior_from_counts([3, 1, 0]) == pytest.approx([0.75, 0.25, 0])
        assert posterior_from_counts([3, 1, 0], prior=0.5) == pytest.approx([3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5])

    def test_padding_gets_no_probability(self) -> None:
        found = posterior_from_counts([[3, 1, 0], [3, 1, 0]], prior=0.5, options=[2, 3])
        assert found[0] == pytest.approx([0.7, 0.3, 0])
        assert found[1] == pytest.approx([3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5])

    def test_nothing_counted_is_no_posterior(self) -> None:
        assert np.isnan(posterior_from_counts([0, 0])).all()

    @given(COUNTS)
    def test_it_sums_to_1(self, counts: list[int]) -> None:
        assert posterior_from_counts(counts).sum() == pytest.approx(1)
        assert posterior_from_counts(counts, 0.5).sum() == pytest.approx(1)


def all_deals(first: list[int], second: list[int]) -> np.ndarray:
    """Plug-in divergence of every deal of the pooled samples, by brute force."""
    pooled = [option for option, number in enumerate(np.add(first, second)) for _ in range(number)]
    total = np.bincount(pooled, minlength=len(first))
    deals = [
        np.bincount(np.take(pooled, chosen), minlength=len(first))
        for chosen in combinations(range(len(pooled)), sum(first))
    ]
    return jensen_shannon(deals, total - deals)


class TestPermutation:
    @pytest.mark.parametrize(
        ("first", "second"), [([3, 1, 0], [1, 2, 1]), ([5, 0], [0, 5]), ([4, 0, 0], [3, 0, 0]), ([1, 2], [4, 1])]
    )
    def test_floor_is_the_mean_over_all_deals_and_p_their_share_at_least_as_large(
        self, first: list[int], second: list[int]
    ) -> None:
        deals = all_deals(first, second)
        assert permutation_floor([first], [second])[0] == pytest.approx(deals.mean(), abs=1e-12)
        share = (deals >= jensen_shannon(first, second) - 1e-9).mean()
        # Four standard deviations of a share of 20,000 draws are at most 0.014.
        assert permutation_p([first], [second], permutations=20_000)[0] == pytest.approx(share, abs=0.015)

    def test_floor_is_close_to_its_asymptotic_value(self) -> None:
        """(K - 1)/(4 n) nats for n samples in each arm, from G = 4 n JSD."""
        n = 500
        even = [[n // 5] * 5]
        assert permutation_floor(even, even)[0] == pytest.approx(4 / (4 * n * math.log(2)), rel=0.02)

    @given(two_arms(), st.randoms(use_true_random=False))
    def test_neither_depends_on_the_order_of_options_on_padding_or_on_other_cases(self, arms: tuple, shuffle) -> None:
        first, second = arms
        order = list(range(len(first)))
        shuffle.shuffle(order)
        moved = [[arm[place] for place in order] + [0] for arm in arms]
        other = [[1] * (len(first) + 1)]
        floor, p = permutation_floor([first], [second])[0], permutation_p([first], [second], 100)[0]
        assert permutation_floor([*other, moved[0]], [*other, moved[1]])[1] == pytest.approx(floor, abs=1e-12)
        assert permutation_p([*other, moved[0]], [*other, moved[1]], 100)[1] == p
        assert 0 < p <= 1
        assert floor >= 0

    def test_where_nothing_can_be_dealt_otherwise_the_floor_is_0_and_p_1(self) -> None:
        assert permutation_floor([[20, 0, 0]], [[20, 0, 0]]) == pytest.approx([0])
        assert permutation_p([[20, 0, 0]], [[20, 0, 0]]) == pytest.approx([1])

    def test_arms_that_share_no_option_have_the_smallest_p(self) -> None:
        assert permutation_p([[20, 0]], [[0, 20]], permutations=999)[0] == pytest.approx(0.001)

    def test_arms_may_differ_in_size_and_an_empty_arm_has_no_value(self) -> None:
        first, second = [[3, 1], [0, 0], [9, 1]], [[2, 2], [1, 1], [2, 0]]
        assert np.isnan(permutation_floor(first, second)).tolist() == [False, True, False]
        assert np.isnan(permutation_p(first, second)).tolist() == [False, True, False]

    def test_equal_seeds_give_equal_p(self) -> None:
        first, second = [[7, 2, 1]], [[4, 4, 2]]
        assert permutation_p(first, second, seed=5) == permutation_p(first, second, seed=5)
        assert permutation_p(first, second, seed=5) != permutation_p(first, second, seed=6)

    @pytest.mark.parametrize("wrong", [[[0.5, 0.5]], [[-1, 2]], [1, 2]])
    def test_what_is_not_counted_is_refused(self, wrong: list) -> None:
        with pytest.raises(ValueError, match="whole numbers"):
            permutation_p(wrong, wrong)

    def test_under_the_null_a_p_below_any_level_is_no_more_frequent_than_the_level(self) -> None:
        """2,000 cases, K = 5, Dirichlet(0.5), 20 samples an arm; tolerance: three standard errors.

        From below there is slack: 20 samples allow few values, and a posterior near a corner hardly any.
        """
        rng = np.random.default_rng(1)
        p = rng.dirichlet([0.5] * 5, 2000)
        found = permutation_p(rng.multinomial(20, p), rng.multinomial(20, p), permutations=500)
        for level in (0.05, 0.1, 0.2, 0.5):
            share = (found <= level).mean()
            assert share <= level + 3 * math.sqrt(level * (1 - level) / 2000)
            assert share >= 0.45 * level

    def test_under_the_null_p_is_about_uniform_where_samples_are_many_and_options_even(self) -> None:
        """1,000 cases, K = 5, uniform posterior, 200 samples an arm; Kolmogorov distance below its 0.1 % point."""
        rng = np.random.default_rng(2)
        arms = (rng.multinomial(200, [0.2] * 5, 1000) for _ in range(2))
        found = np.sort(permutation_p(*arms, permutations=300))
        distance = np.abs(found - (np.arange(1000) + 0.5) / 1000).max()
        assert distance < 1.95 / math.sqrt(1000) + 1 / 301
