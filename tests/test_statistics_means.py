"""The interval and the p of a mean of skewed values."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from medsyn_inspect.analysis.frames.accuracy import estimate
from medsyn_inspect.analysis.stats.means import FEWEST, mean_interval, mean_p, why_none

VALUES = st.lists(st.integers(0, 5), min_size=FEWEST, max_size=60)


@given(VALUES)
def test_it_contains_student_s_interval(levels: list[int]) -> None:
    values = np.array(levels, dtype=float)
    lower, upper = mean_interval(values)
    if np.ptp(values):
        ends = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert lower <= ends[0] + 1e-9
        assert upper >= ends[1] - 1e-9
        assert why_none(values, (lower, upper)) == ""
    else:
        assert math.isnan(lower)
        assert why_none(values, (lower, upper)) == "no interval: the same value in every case"


def test_for_symmetric_values_it_is_student_s_interval() -> None:
    values = np.tile([0.0, 2.0, 3.0, 5.0], 10)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx(tuple(expected))


def test_a_long_right_tail_extends_it_upwards() -> None:
    values = np.exp(stats.norm.ppf((np.arange(40) + 0.5) / 40))
    student = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    lower, upper = mean_interval(values)
    assert upper > student[1]
    assert lower == pytest.approx(student[0])


def test_few_cases_have_none() -> None:
    values = np.arange(FEWEST - 1.0)
    ends = mean_interval(values)
    assert np.isnan(ends).all()
    assert why_none(values, ends) == f"no interval: fewer than {FEWEST} cases"


@given(VALUES, st.floats(-1, 4))
def test_p_is_below_5_percent_exactly_if_the_interval_excludes_0(levels: list[int], shift: float) -> None:
    values = np.array(levels, dtype=float) - shift
    lower, upper = mean_interval(values)
    if np.ptp(values) and abs(mean_p(values) - 0.05) > 1e-6:
        assert (mean_p(values) < 0.05) == (lower > 0 or upper < 0)


@given(st.lists(st.integers(-4, 9), min_size=2, max_size=7))
def test_few_cases_have_the_share_of_sign_changes_that_move_the_mean_as_far(levels: list[int]) -> None:
    values = np.array(levels, dtype=float)
    means = [abs(np.dot(signs, values)) for signs in product((-1, 1), repeat=len(values))]
    if values.any():
        assert mean_p(values) == pytest.approx(np.mean(np.array(means) >= abs(values.sum()) - 1e-9))


@pytest.mark.parametrize("cases", [5, FEWEST])
def test_rounding_errors_are_no_difference(cases: int) -> None:
    values = 1e-17 * np.arange(1.0, cases + 1)
    assert math.isnan(mean_p(values))
    assert math.isnan(mean_interval(1 + values)[0])


@pytest.mark.parametrize("cases", [5, 12, FEWEST, 40])
def test_the_same_difference_in_every_case_has_the_p_of_a_sign_test(cases: int) -> None:
    assert mean_p(np.full(cases, 0.1)) == pytest.approx(2.0 ** (1 - cases), rel=1e-6, abs=2e-4)


def test_a_single_case_has_no_p() -> None:
    assert math.isnan(mean_p([1.0]))


def test_the_interval_of_a_mean_score_ends_within_the_scale() -> None:
    scores = [5.0] * 24 + [0.0, 2.0]
    answers = pd.DataFrame(
        {"case_id": [f"en-{n:04}" for n in range(26)], "score": scores, "read_by": "form", "failure": ""}
    )
    found = estimate(answers, "score", lowest=0, highest=5)
    assert found is not None
    assert mean_interval(scores)[1] > 5, "what would be printed otherwise"
    assert found.lower < found.value < found.upper == 5
