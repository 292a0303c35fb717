"""Rank correlation over readers with an exact p; GEE over cases within readers; paired comparisons."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.genmod.generalized_estimating_equations import GEE

from medsyn_inspect.analysis.frames import association
from medsyn_inspect.analysis.frames.association import across_readers, within_readers
from medsyn_inspect.analysis.frames.compare import paired_comparisons
from medsyn_inspect.analysis.frames.sensitivity import evidence_sensitivity
from medsyn_inspect.analysis.stats.mcnemar import mcnemar_power, minimum_detectable_effect
from medsyn_inspect.analysis.stats.ranks import smallest_p
from statistics_worlds import exact, world


def readers(nmse: list[float], accuracy: list[float], source: str = "logprobs") -> pd.DataFrame:
    return pd.DataFrame(
        {"reader": [f"r{i}" for i in range(len(nmse))], "source": source, "mean_nmse": nmse, "accuracy": accuracy}
    )


class TestAcrossReaders:
    @pytest.mark.parametrize(("k", "p"), [(3, 1 / 3), (4, 1 / 12), (5, 1 / 60), (6, 1 / 360)])
    def test_the_smallest_p_of_k_readers_is_attained_by_perfect_order_only(self, k: int, p: float) -> None:
        found = across_readers(readers([*range(k)], [*range(k, 0, -1)]))
        assert found["value"].tolist() == pytest.approx([-1, -1])
        assert found["p"].tolist() == pytest.approx([p, p])
        assert found["smallest_p"].tolist() == pytest.approx([smallest_p(k)] * 2)
        assert smallest_p(k) == pytest.approx(p)

    def test_three_readers_are_said_to_be_no_test(self) -> None:
        words = across_readers(readers([0.93, 0.96, 0.98], [0.6, 0.5, 0.4]))["reading"][0]
        assert "mean NMSE and accuracy put 3 readers in opposite orders; no order of 3 has a p below 0.33" in words

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=6))
    @settings(max_examples=25)
    def test_values_are_scipys_with_ties_too(self, points: list[tuple[int, int]]) -> None:
        x, y = ([float(value) for value in values] for values in zip(*points, strict=True))
        found = across_readers(readers(x, y))
        if len(set(x)) == 1 or len(set(y)) == 1:
            assert found["value"].isna().all()
        else:
            theirs = [stats.kendalltau(x, y).statistic, stats.spearmanr(x, y).statistic]
            assert found["value"].tolist() == pytest.approx(theirs)
            assert (found["p"] > 0).all()

    def test_exact_p_of_kendall_is_scipys(self) -> None:
        x, y = [1.0, 2, 3, 4, 5, 6, 7], [2.0, 1, 4, 3, 7, 5, 6]
        assert across_readers(readers(x, y))["p"][0] == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue)

    def test_many_readers_have_a_drawn_p_and_it_says_so(self) -> None:
        x = np.arange(12.0)
        found = across_readers(readers(list(x), list(x)), permutations=500)
        assert found["test"].tolist() == ["500 random pairings"] * 2
        assert found["p"][0] == pytest.approx(found["smallest_p"][0])

    def test_two_sources_two_rows_of_one_reader_and_missing_columns_are_refused(self) -> None:
        table = readers([1, 2, 3], [1, 2, 3])
        with pytest.raises(ValueError, match="logprobs and samples"):
            across_readers(table.assign(source=["logprobs", "samples", "logprobs"]))
        with pytest.raises(ValueError, match="two rows"):
            across_readers(table.assign(reader="r"))
        with pytest.raises(ValueError, match="lacks the columns accuracy"):
            across_readers(table.drop(columns="accuracy"))


class TestWithinReaders:
    def arms(self, effect: float, cases: int = 300) -> pd.DataFrame:
        """Readers that are right by confidence alone, or less often the wider the gap (`effect`, log odds a bit)."""
        rng = np.random.default_rng(7)
        table = pd.concat([exact(world(rng, cases, 0.6, 0.25, 0.15), reader) for reader in ("a", "b")])
        gap = evidence_sensitivity(table).assign(gap=lambda s: (s["S_image"] - s["S_finding"]).abs())
        gap = gap.set_index(["reader", "case_id"])["gap"]
        keys = pd.MultiIndex.from_frame(table[["reader", "case_id"]])
        confidence = table["posterior"].map(max).to_numpy()
        odds = 3 * (confidence - 0.7) + effect * gap.reindex(keys).to_numpy()
        return table.assign(correct=rng.random(len(table)) < 1 / (1 + np.exp(-odds)))

    def test_an_effect_of_the_gap_is_found_and_covered(self) -> None:
        table = self.arms(-12)
        row = within_readers(evidence_sensitivity(table), table).iloc[1]
        assert row["lower"] < -12 < row["upper"] < 0
        assert (row["cases"], row["readers"], row["observations"]) == (300, 2, 600)
        assert row["adjusted_for"] == "confidence, S_finding"

    def test_without_an_effect_the_adjusted_interval_holds_0(self) -> None:
        table = self.arms(0)
        row = within_readers(evidence_sensitivity(table), table).iloc[1]
        assert row["lower"] < 0 < row["upper"]

    def test_a_reader_that_is_always_wrong_is_not_counted(self) -> None:
        table = self.arms(-12)
        third = table[table["reader"] == "a"].assign(reader="c", correct=False)
        table = pd.concat([table, third], ignore_index=True)
        row = within_readers(evidence_sensitivity(table), table).iloc[1]
        assert (row["cases"], row["readers"], row["observations"]) == (300, 2, 600)
        assert row["reading"] == "readers that are always right or always wrong are left out"

    def test_a_fit_that_fails_is_said_without_the_words_of_a_library(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeWarning("overflow encountered in exp")

        monkeypatch.setattr(GEE, "fit", fail)
        table = self.arms(0, 60)
        found = within_readers(evidence_sensitivity(table), table)
        assert found["value"].isna().all()
        assert set(found["reading"]) == {association.NOT_FITTED}
        assert "overflow" not in caplog.text

    def test_a_gap_that_separates_right_from_wrong_answers_has_no_value(self) -> None:
        table = self.arms(0, 60)
        sensitivity = evidence_sensitivity(table)
        gap = (sensitivity["S_image"] - sensitivity["S_finding"]).abs()
        small = dict(
            zip(zip(sensitivity["reader"], sensitivity["case_id"], strict=True), gap < gap.median(), strict=True)
        )
        table = table.assign(correct=[small[key] for key in zip(table["reader"], table["case_id"], strict=True)])
        assert set(within_readers(evidence_sensitivity(table), table)["reading"]) == {association.NOT_FITTED}

    def test_no_value_and_a_reason_where_there_is_nothing_to_estimate(self) -> None:
        table = self.arms(0, 40).assign(correct=True)
        found = within_readers(evidence_sensitivity(table), table)
        assert found["value"].isna().all()
        assert "all right or all wrong" in found["reading"][0]


def answers(before: list[float], after: list[float], reader: str = "r") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"reader": reader, "case_id": f"c{case}", "condition": condition, "correct": value}
            for condition, values in (("full", before), ("removed", after))
            for case, value in enumerate(values)
        ]
    )


class TestPaired:
    @pytest.mark.parametrize(
        ("only_baseline", "only_condition", "p"),
        [(8, 1, 20 / 512), (5, 0, 1 / 16), (3, 1, 10 / 16), (4, 4, 1), (0, 0, 1)],
    )
    def test_mcnemar_is_the_exact_binomial_of_the_discordant_cases(
        self, only_baseline: int, only_condition: int, p: float
    ) -> None:
        before = [1] * only_baseline + [0] * only_condition + [1] * 6 + [0] * 5
        after = [0] * only_baseline + [1] * only_condition + [1] * 6 + [0] * 5
        row = paired_comparisons(answers(before, after), "full").iloc[0]
        assert (row["n"], row["only_baseline"], row["only_condition"]) == (len(before), only_baseline, only_condition)
        assert row["mcnemar_p"] == pytest.approx(p)
        assert row["difference"] == pytest.approx((only_condition - only_baseline) / len(before))
        assert row["difference_lower"] <= row["difference"] <= row["difference_upper"]

    def test_only_cases_answered_in_both_count_and_the_others_are_counted(self) -> None:
        row = paired_comparisons(answers([1, 1, 0, math.nan], [0, 1, 0, 1]), "full").iloc[0]
        assert (row["n"], row["missing"], row["accuracy_baseline"]) == (3, 1, pytest.approx(2 / 3))

    def test_holm_is_over_the_conditions_of_a_reader(self) -> None:
        table = answers([1] * 8, [0] * 8)
        table = pd.concat([table, table[table["condition"] == "removed"].assign(condition="random")])
        assert paired_comparisons(table, "full")["mcnemar_p_holm"].tolist() == pytest.approx([4 / 2**8] * 2)

    @pytest.mark.parametrize(("discordance", "points"), [(0.05, 3.0), (0.1, 4.3), (0.2, 6.0), (0.3, 7.4)])
    def test_the_minimum_detectable_effect_difference_in_452_cases(self, discordance: float, points: float) -> None:
        """The figures of the project's notes, to their last place."""
        assert 100 * minimum_detectable_effect(452, discordance) == pytest.approx(points, abs=0.051)

    def test_power_is_that_of_simulated_tests(self) -> None:
        rng = np.random.default_rng(8)
        table = rng.multinomial(200, [0.15, 0.05, 0.8], 1000)
        rejected = np.mean([stats.binomtest(int(a), int(a + b)).pvalue <= 0.05 for a, b, _ in table if a + b])
        assert mcnemar_power(200, 0.2, 0.1) == pytest.approx(rejected, abs=3 * math.sqrt(0.25 / 1000))

    def test_too_few_cases_detect_nothing(self) -> None:
        assert math.isnan(minimum_detectable_effect(5, 0.2))
        assert minimum_detectable_effect(8, 0.0) > 0.5

    def test_shares_doubled_answers_and_a_missing_baseline_are_refused(self) -> None:
        table = answers([1, 0], [0, 1])
        with pytest.raises(ValueError, match="not a share"):
            paired_comparisons(answers([0.5, 0], [0, 1]), "full")
        with pytest.raises(ValueError, match="twice"):
            paired_comparisons(pd.concat([table, table]), "full")
        with pytest.raises(ValueError, match="no answers in the baseline condition 'all'"):
            paired_comparisons(table, "all")
        with pytest.raises(ValueError, match="lacks the columns condition"):
            paired_comparisons(table.drop(columns="condition"), "full")
