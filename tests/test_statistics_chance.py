"""Accuracy corrected for chance, coverage by the first diagnosis, and the coverage of random lists."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from medsyn_inspect.analysis.findings import findings_of
from medsyn_inspect.analysis.frames.chance import corrected


def answers(right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    rows = [{"case_id": f"c{place}", "right": value} for place, value in enumerate(right)]
    named = {"log": question, "reader": "a", "question": question, "epoch": 1, "option_count": 5}
    outcome = ["right" if value else "wrong" for value in right]
    return pd.DataFrame(rows).assign(**named | {"outcome": outcome} | columns)


def reader(*frames: pd.DataFrame) -> pd.Series:
    return findings_of(runs=pd.concat(frames, ignore_index=True)).readers.iloc[0]


@pytest.mark.parametrize(("share", "expected"), [(0.2, 0.0), (1.0, 1.0), (0.6, 0.5), (0.0, -0.25)])
def test_accuracy_is_corrected_for_a_guess_among_five_options(share: float, expected: float) -> None:
    assert corrected(share, 1 / 5) == pytest.approx(expected)


def test_the_interval_is_corrected_like_the_estimate() -> None:
    row = reader(answers([1, 1, 1, 0, 0]))
    assert row["accuracy_chance"] == pytest.approx(1 / 5)
    for end in ("", "_lower", "_upper"):
        assert row[f"accuracy_corrected{end}"] == pytest.approx((row[f"accuracy{end}"] - 1 / 5) / (4 / 5))


def test_cases_with_more_options_have_a_lower_chance() -> None:
    assert reader(answers([1, 0], option_count=[4, 2]))["accuracy_chance"] == pytest.approx((1 / 4 + 1 / 2) / 2)


def test_a_random_list_covers_its_share_of_the_options_and_no_more_than_all() -> None:
    row = reader(answers([1, 0], "ddx", listed=[3, 8], coverage_at_1=[1.0, 0.0]))
    assert row["coverage_chance"] == pytest.approx((3 / 5 + 1) / 2)
    assert (row["coverage_at_1"], row["coverage_at_1_n"]) == (0.5, 2)


def test_the_number_of_options_is_that_of_the_case_whatever_question_recorded_it() -> None:
    lists = answers([1, 0], "ddx", listed=3, coverage_at_1=1.0, option_count=0)
    assert reader(answers([1, 0]), lists)["coverage_chance"] == pytest.approx(3 / 5)


def test_without_options_nothing_is_known_of_chance() -> None:
    row = reader(answers([1, 0], option_count=0), answers([1, 0], "ddx", listed=3, option_count=0))
    assert row[["accuracy_chance", "accuracy_corrected", "coverage_chance"]].isna().all()


def test_a_first_diagnosis_without_a_level_leaves_no_coverage_by_it() -> None:
    assert pd.isna(reader(answers([1, 1], "ddx", listed=3, coverage_at_1=[1.0, float("nan")]))["coverage_at_1"])
