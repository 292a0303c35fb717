"""Accuracy and coverage in groups of cases, and the difference between two languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from medsyn_inspect.analysis import findings_of
from medsyn_inspect.analysis.frames.groups import language_rows, specialty_rows
from medsyn_inspect.analysis.stats.proportions import independent_difference
from test_analysis import answers

GROUPS = ["A", "A", "A", "B", "B", "unspecified"]
LANGUAGES = ["en", "en", "en", "zh", "zh", "zh"]
RIGHT = [1, 0, 1, 1, None, 0]


def asked(question: str = "fdx", **changes: object) -> pd.DataFrame:
    return answers(RIGHT, question, log=question, specialty_group=None, language=None, **changes).assign(
        specialty_group=GROUPS, language=LANGUAGES
    )


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 60))
    return draw(st.integers(0, n)), n


class TestDifference:
    @given(counts(), counts())
    def test_of_two_shares_it_is_newcombes(self, first: tuple[int, int], second: tuple[int, int]) -> None:
        shares = [(right / n, *proportion_confint(right, n, method="wilson")) for right, n in (first, second)]
        found = independent_difference(*shares)
        assert found == pytest.approx(confint_proportions_2indep(*first, *second, method="newcomb", compare="diff"))

    @given(counts(), counts())
    def test_it_holds_the_difference_and_turns_round_with_it(
        self, first: tuple[int, int], second: tuple[int, int]
    ) -> None:
        shares = [(right / n, *proportion_confint(right, n, method="wilson")) for right, n in (first, second)]
        lower, upper = independent_difference(*shares)
        assert lower - 1e-12 <= shares[0][0] - shares[1][0] <= upper + 1e-12
        assert independent_difference(*shares[::-1]) == pytest.approx((-upper, -lower))


class TestSpecialties:
    def test_each_group_has_the_share_of_its_scored_cases(self) -> None:
        found = specialty_rows(pd.concat([asked(), asked("ddx")])).set_index(["measure", "specialty_group"])
        for measure in ("accuracy", "coverage"):
            assert found.loc[(measure, "A"), ["value", "n", "asked"]].tolist() == [pytest.approx(2 / 3), 3, 3]
            assert found.loc[(measure, "B"), ["value", "n", "asked"]].tolist() == [1, 1, 2]
        ends = found.loc[("accuracy", "A"), ["value_lower", "value_upper"]].tolist()
        assert ends == pytest.approx(proportion_confint(2, 3, method="wilson"), abs=1e-6)

    def test_other_conditions_and_groups_without_a_score_are_left_out(self) -> None:
        found = specialty_rows(pd.concat([asked(), asked(view="finding").assign(specialty_group="C")]))
        assert set(found["specialty_group"]) == {"A", "B", "unspecified"}
        assert specialty_rows(answers([None, None])).empty


class TestLanguages:
    def test_the_two_languages_and_their_difference(self) -> None:
        [row] = language_rows(asked()).to_dict("records")
        assert (row["language"], row["other"], row["measure"]) == ("en", "zh", "accuracy")
        assert (row["n"], row["other_n"]) == (3, 2)
        assert row["difference"] == row["value"] - row["other_value"] == pytest.approx(2 / 3 - 1 / 2)
        expected = confint_proportions_2indep(2, 3, 1, 2, method="newcomb", compare="diff")
        assert (row["difference_lower"], row["difference_upper"]) == pytest.approx(expected, abs=1e-6)

    def test_of_several_those_with_most_cases_are_compared(self) -> None:
        three = asked().assign(language=["de", "en", "en", "zh", "zh", "zh"])
        found = language_rows(three)
        assert set(found["language"]) == {"zh"}
        assert set(found["other"]) == {"en"}

    def test_one_language_is_no_comparison(self) -> None:
        assert language_rows(asked().assign(language="en")).empty

    def test_epochs_of_a_case_are_averaged_first(self) -> None:
        epochs = pd.concat([asked(epoch=1), asked(epoch=2).assign(right=[1, 1, 1, 0, 0, 0])])
        [row] = language_rows(epochs).to_dict("records")
        assert row["value"] == pytest.approx(np.mean([1, 0.5, 1]))
        assert row["n"] == 3
        assert np.isnan(row["difference_lower"]), "three shares that are not 0 or 1 have no interval"


def test_the_gap_has_its_exact_p() -> None:
    """Four cases covered and not chosen, none the other way round: 2 * (1/2)^4."""
    right, covered = [0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 1, 1]
    found = findings_of(pd.concat([answers(right), answers(covered, "ddx", log="2")]))
    assert found.readers["ddx_fdx_gap_p"].tolist() == [0.125]
    assert findings_of(answers(right)).readers["ddx_fdx_gap_p"].isna().all()
