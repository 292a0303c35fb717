"""The interval of a mean of skewed values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from medsyn_inspect.analysis.stats.means import FEWEST, mean_interval, why_none

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
