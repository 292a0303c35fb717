"""Calibration of confidence, and agreement of judges: against closed forms and Inspect's own."""

from __future__ import annotations

from statistics import median_low
from typing import cast

import numpy as np
import pandas as pd
import pytest
from inspect_ai.scorer import MetricProtocol, SampleScore, Score, krippendorff_alpha

from medsyn_inspect.analysis.frames.calibration import LEAST, calibration_rows
from medsyn_inspect.analysis.frames.scale import scale_of
from medsyn_inspect.analysis.frames.scores import agreement_rows, score_rows
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.agreement import coincidences, ordinal_alpha, panel_agreement, weighted_kappa
from medsyn_inspect.analysis.stats.calibration import calibration
from medsyn_inspect.records import AFTER_REASONING
from test_analysis import answers


class TestCalibration:
    def test_the_error_is_the_mean_gap_over_bins_of_equally_many_cases(self) -> None:
        confidence = np.r_[np.full(10, 0.6), np.full(10, 0.9)]
        correct = np.r_[np.ones(3), np.zeros(7), np.ones(8), np.zeros(2)]
        found = calibration(confidence, correct)
        assert list(found.bins["n"]) == [10, 10]
        assert list(found.bins["accuracy"]) == pytest.approx([0.3, 0.8])
        assert found.ece == pytest.approx((0.3 + 0.1) / 2)
        assert (found.confidence, found.accuracy, found.n) == (pytest.approx(0.75), 0.55, 20)

    def test_the_excess_is_the_error_less_that_of_answers_drawn_from_the_same_probabilities(self) -> None:
        rng = np.random.default_rng(1)
        found = []
        for _ in range(60):
            sure = rng.uniform(0.2, 1.0, 100)
            found.append(calibration(sure, rng.random(100) < sure, redrawn=200))
        assert [one.excess for one in found] == pytest.approx([one.ece - one.floor for one in found])
        assert np.mean([one.excess for one in found]) == pytest.approx(0, abs=0.01)
        assert min(one.excess for one in found) < 0, "it can be negative"
        assert np.mean([one.floor for one in found]) > 0.05

    def test_p_counts_the_redrawn_errors_that_are_at_least_as_large(self) -> None:
        sure = np.linspace(0.5, 0.99, 60)
        assert calibration(sure, np.zeros(60), redrawn=1999).p == 1 / 2000
        perfect = calibration(np.full(40, 0.5), np.tile(np.repeat([1.0, 0.0], 5), 4))
        assert perfect.p == 1.0
        assert calibration(np.full(20, 1.0), np.ones(20)).p == 1.0, "every redrawn error is as large as an error of 0"

    @pytest.mark.slow
    @pytest.mark.parametrize("n", [24, 100, 452])
    def test_a_calibrated_reader_is_rejected_in_at_most_6_percent(self, n: int) -> None:
        rng = np.random.default_rng(n)
        drawn = rng.uniform(0.2, 1.0, (2000, n))
        p = [calibration(sure, rng.random(n) < sure, redrawn=1999, seed=seed).p for seed, sure in enumerate(drawn)]
        assert np.mean(np.array(p) <= 0.05) <= 0.06

    def test_the_order_of_the_cases_does_not_matter(self) -> None:
        rng = np.random.default_rng(2)
        sure, right = rng.random(50), (rng.random(50) < 0.5).astype(float)
        turned = rng.permutation(50)
        assert calibration(sure, right).ece == pytest.approx(calibration(sure[turned], right[turned]).ece)

    def test_the_error_of_one_case_is_its_distance(self) -> None:
        assert calibration([0.7], [1]).ece == pytest.approx(0.3)

    @pytest.mark.parametrize(("confidence", "correct"), [([], []), ([0.5], [1, 0])])
    def test_without_cases_there_is_none(self, confidence: list[float], correct: list[float]) -> None:
        with pytest.raises(ValueError, match="one confidence and one answer"):
            calibration(confidence, correct)


class TestAgreement:
    @pytest.mark.parametrize("judges", [2, 3, 4])
    def test_alpha_is_that_of_inspect(self, judges: int) -> None:
        rng = np.random.default_rng(judges)
        scores = np.clip(rng.integers(0, 6, (30, 1)) + rng.integers(-1, 2, (30, judges)), 0, 5)
        metric = cast(MetricProtocol, krippendorff_alpha("ordinal"))
        expected = metric([SampleScore(score=Score(value=[int(score) for score in row])) for row in scores])
        assert ordinal_alpha(coincidences(scores, range(6)).sum(axis=0)[None])[0] == pytest.approx(expected)
        assert panel_agreement(scores, range(30), 4)["value"].iloc[0] == pytest.approx(expected)

    def test_kappa_of_a_known_table(self) -> None:
        """Observed disagreement 2 * 1 of 10; expected from the margins (5, 5) and (5, 5): 50 * 1 of 100."""
        table = np.zeros((1, 6, 6))
        table[0, 0, 0], table[0, 0, 1], table[0, 1, 0], table[0, 1, 1] = 4, 1, 1, 4
        assert weighted_kappa(table, range(6))[0] == pytest.approx(1 - (2 / 10) / (50 / 100))

    def test_full_agreement_is_one_and_a_constant_has_no_kappa(self) -> None:
        scores = [[0, 0], [3, 3], [5, 5], [2, 2]]
        found = panel_agreement(scores, range(4), 4)
        assert list(found["value"]) == [1, 1]
        assert list(found["same"]) == [1, 1]
        constant = panel_agreement([[4, 4], [4, 4]], range(2), 4)
        assert constant["value"].iloc[0] == 1
        assert np.isnan(constant["value"].iloc[1])

    def test_answers_to_one_case_are_left_out_together(self) -> None:
        rng = np.random.default_rng(5)
        scores = np.clip(rng.integers(0, 6, (30, 1)) + rng.integers(-2, 3, (30, 2)), 0, 5)
        apart = panel_agreement(np.repeat(scores, 5, axis=0), np.arange(150), 4)
        together = panel_agreement(np.repeat(scores, 5, axis=0), np.repeat(np.arange(30), 5), 4)
        widths = [float(found["value_upper"].iloc[0] - found["value_lower"].iloc[0]) for found in (apart, together)]
        assert widths[1] > 1.5 * widths[0]
        assert apart["value"].iloc[0] == together["value"].iloc[0]
        single = panel_agreement(np.repeat(scores, 5, axis=0), np.zeros(150), 4)
        assert np.isnan(single["value_lower"].iloc[0])

    def test_same_side_counts_agreement_on_coverage(self) -> None:
        found = panel_agreement([[4, 5], [3, 4], [0, 2], [5, 5]], range(4), 4)
        assert list(found["same_side"]) == [0.75, 0.75]
        assert list(found["same"]) == [0.25, 0.25]

    def test_levels_that_are_not_given_change_nothing(self) -> None:
        scores = np.random.default_rng(3).choice([0, 2, 5], (30, 2))
        within, among = (coincidences(scores, levels).sum(axis=0)[None] for levels in ([0, 2, 5], range(6)))
        assert ordinal_alpha(within) == pytest.approx(ordinal_alpha(among))
        assert weighted_kappa(within, [0, 2, 5]) == pytest.approx(weighted_kappa(among, range(6)))

    def test_a_score_off_the_scale_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the scores 1 are not among the levels 0, 2"):
            coincidences([[0, 1]], [0, 2])


def believed(beliefs: list[float], right: list[int], **changes: object) -> pd.DataFrame:
    """Answers of `fdx` with their posterior over two options, as `read_runs` gives them."""
    rows = answers(list(right), **changes)
    return rows.assign(
        posterior=[(belief, 1 - belief) for belief in beliefs],
        posterior_source="logprobs",
        correct_letter=[
            "A" if (belief >= 0.5) == bool(hit) else "B" for belief, hit in zip(beliefs, right, strict=True)
        ],
    )


class TestCalibrationFrame:
    def test_a_reader_has_one_row_a_view_and_its_bins(self) -> None:
        beliefs, right = [0.6] * 10 + [0.9] * 10, [1] * 3 + [0] * 7 + [1] * 8 + [0] * 2
        runs = pd.concat([believed(beliefs, right), believed(beliefs, right, view="finding", log="2")])
        curves, bins = calibration_rows(runs, conform("arms", []))
        assert curves["view"].tolist() == ["image", "finding"]
        assert curves["ece"].tolist() == pytest.approx([0.2, 0.2])
        assert curves["histogram"][0] == (0, 0, 0, 0, 0, 0, 10, 0, 0, 10)
        assert (curves["n"][0], curves["answers_from"][0]) == (20, "runs")
        assert bins["accuracy"].tolist() == pytest.approx([0.3, 0.8] * 2)
        assert bins["bin"].tolist() == [1, 2, 1, 2]

    def test_arms_count_where_no_run_has_a_posterior(self) -> None:
        arms = conform(
            "arms",
            [
                {"reader": "r", "case_id": f"c{number}", "view": "image", "withheld": withheld, "source": "samples"}
                | {"counts": (3, 1), "correct_letter": "BA"[number % 2]}
                for number in range(LEAST)
                for withheld in ("", "ct")
            ],
        )
        curves, _ = calibration_rows(answers([1, 0]).assign(posterior=None, correct_letter="A"), arms)
        assert (curves["answers_from"].tolist(), curves["n"].tolist()) == (["arms"], [LEAST])
        assert (curves["confidence"][0], curves["accuracy"][0]) == (0.75, 0.5)
        assert curves[["ece_floor", "ece_excess", "ece_p"]].isna().all(axis=None)
        assert curves["ece_note"][0] == "no test: the largest share of a few repeated answers overstates the confidence"

    def test_several_answers_to_a_case_have_no_p_because_they_are_not_independent(self) -> None:
        once = believed([0.6] * LEAST, [1] * LEAST)
        curves, _ = calibration_rows(pd.concat([once, once.assign(epoch=2)]), conform("arms", []))
        assert (curves["n"][0], curves["ece_note"][0]) == (2 * LEAST, "no test: several answers to a case")
        assert np.isnan(curves["ece_p"][0])
        assert curves["ece_excess"][0] == pytest.approx(curves["ece"][0] - curves["ece_floor"][0])

    def test_posteriors_after_reasoning_are_used_alone_or_not_at_all(self) -> None:
        direct, late = believed([0.6] * LEAST, [1] * LEAST), believed([0.9] * LEAST, [0] * LEAST, log="2")
        runs = pd.concat([direct, late.assign(posterior_source=AFTER_REASONING)])
        for after_reasoning, numbers in ((False, (0.6, 1)), (True, (0.9, 0))):
            curves, _ = calibration_rows(runs, conform("arms", []), after_reasoning=after_reasoning)
            assert curves["n"].tolist() == [LEAST]
            assert (curves["confidence"][0], curves["accuracy"][0]) == (pytest.approx(numbers[0]), numbers[1])

    def test_confidence_and_correctness_are_of_one_option_whatever_was_read_from_the_answer(self) -> None:
        """At a temperature, the letter of an answer can be another one than the most probable one."""
        row = {"reader": "r", "view": "image", "withheld": "", "source": "logprobs", "posterior": (0.7, 0.3)}
        read = {"answer": "B", "correct": 1.0, "correct_letter": "B"}
        arms = conform("arms", [row | read | {"case_id": f"c{number}"} for number in range(LEAST)])
        curves, _ = calibration_rows(conform("runs", []), arms)
        assert (curves["confidence"][0], curves["accuracy"][0]) == (pytest.approx(0.7), 0)

    def test_few_answers_have_no_curve(self) -> None:
        runs = believed([0.6] * (LEAST - 1), [1] * (LEAST - 1))
        curves, bins = calibration_rows(runs, conform("arms", []))
        assert curves.empty
        assert bins.empty


def judged(scores: list[float | None], **changes: object) -> pd.DataFrame:
    rows = answers([None if score is None else 1 for score in scores], "ddx", **changes)
    rows["score"] = [np.nan if score is None else score for score in scores]
    return rows


class TestScores:
    def test_every_level_of_the_rubric_is_counted_and_the_unscored_apart(self) -> None:
        found = score_rows(judged([5, 5, 2, None]))
        assert found["score"].tolist()[:-1] == [5, 4, 3, 2, 0]
        assert found["answers"].tolist() == [2, 0, 0, 1, 0, 1]
        assert found["share"].tolist()[:-1] == pytest.approx([2 / 3, 0, 0, 1 / 3, 0])

    def test_a_call_that_failed_counts_although_it_has_no_rubric(self) -> None:
        runs = judged([5, None])
        runs.loc[1, ["rubric", "threshold"]] = ["", np.nan]
        assert score_rows(runs)["answers"].tolist() == [1, 0, 0, 0, 0, 1]

    def test_rubrics_are_counted_apart(self) -> None:
        runs = pd.concat([judged([5, 0]), judged([3], rubric="core_diagnosis", log="2", reader="b")])
        found = score_rows(runs).groupby("rubric")["answers"].sum()
        assert found.to_dict() == {"bond": 2, "core_diagnosis": 1}

    def test_the_scale_is_that_of_the_rubric_or_else_what_was_given(self) -> None:
        known = scale_of(judged([5, None]))
        assert known is not None
        assert (known.levels, known.threshold, known.ends) == ((0, 2, 3, 4, 5), 4, (0, 5))
        unknown = scale_of(judged([7, 2, None], rubric="of another package", threshold=6.0))
        assert unknown is not None
        assert (unknown.levels, unknown.threshold) == ((2, 7), 6)
        assert scale_of(answers([1, 0])) is None


class TestAgreementFrame:
    def panel(self, given: list[tuple[int, ...] | None], **changes: object) -> pd.DataFrame:
        rows = judged([None if scores is None else median_low(scores) for scores in given], **changes)
        return rows.assign(judge="a/judge, b/judge", panel_scores=given)

    def test_the_threshold_is_that_of_the_record(self) -> None:
        """Whether 3 and 4 are on the same side depends on the threshold."""
        given = [(4, 3), (5, 5), None, (0, 2)]
        sides = {
            threshold: agreement_rows(self.panel(given, threshold=threshold))[0]["same_side"][0]
            for threshold in (3.0, 4.0)
        }
        assert sides == {3.0: 1, 4.0: pytest.approx(2 / 3)}

    def test_all_judges_then_each_two_by_name(self) -> None:
        agreement, pairs = agreement_rows(self.panel([(4, 3), (5, 5), (0, 2)]))
        assert agreement["measure"].tolist() == ["alpha", "kappa"]
        assert agreement[["one", "other"]].to_numpy().tolist() == [["all", "all"], ["a/judge", "b/judge"]]
        met = pairs[pairs["pairs"] > 0]
        assert met[["lower", "higher", "pairs"]].to_numpy().tolist() == [[0, 2, 1], [3, 4, 1], [5, 5, 1]]
        assert set(pairs["higher"]) == {0, 2, 3, 4, 5}

    def test_rubrics_are_never_put_together(self) -> None:
        runs = pd.concat([self.panel([(4, 3)]), self.panel([(4, 3)], rubric="core_diagnosis", log="2")])
        agreement, _ = agreement_rows(runs)
        assert agreement[agreement["measure"] == "alpha"][["rubric", "n"]].to_numpy().tolist() == [
            ["bond", 1],
            ["core_diagnosis", 1],
        ]

    def test_without_a_panel_there_is_nothing_to_agree_on(self) -> None:
        agreement, pairs = agreement_rows(judged([5, 0]))
        assert agreement.empty
        assert pairs.empty
