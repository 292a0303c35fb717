"""Calibration of confidence, and agreement of judges: against closed forms and Inspect's own."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from inspect_ai.scorer import MetricProtocol, SampleScore, Score, krippendorff_alpha

from medsyn_inspect.analysis.stats.agreement import coincidences, ordinal_alpha, panel_agreement, weighted_kappa
from medsyn_inspect.analysis.stats.calibration import calibration


class TestCalibration:
    def test_the_error_is_the_mean_gap_over_bins_of_equally_many_cases(self) -> None:
        confidence = np.r_[np.full(10, 0.6), np.full(10, 0.9)]
        correct = np.r_[np.ones(3), np.zeros(7), np.ones(8), np.zeros(2)]
        found = calibration(confidence, correct)
        assert list(found.bins["n"]) == [10, 10]
        assert list(found.bins["accuracy"]) == pytest.approx([0.3, 0.8])
        assert found.ece == pytest.approx((0.3 + 0.1) / 2)
        assert (found.confidence, found.accuracy, found.n) == (pytest.approx(0.75), 0.55, 20)
        assert found.low <= found.ece <= found.high

    def test_a_calibrated_reader_shows_its_floor(self) -> None:
        rng = np.random.default_rng(1)
        found = []
        for _ in range(60):
            sure = rng.uniform(0.2, 1.0, 100)
            found.append(calibration(sure, rng.random(100) < sure, resamples=200))
        assert np.mean([one.ece for one in found]) == pytest.approx(np.mean([one.floor for one in found]), abs=0.01)
        assert np.mean([one.floor for one in found]) > 0.05

    def test_the_order_of_the_cases_does_not_matter(self) -> None:
        rng = np.random.default_rng(2)
        sure, right = rng.random(50), (rng.random(50) < 0.5).astype(float)
        turned = rng.permutation(50)
        assert calibration(sure, right).ece == pytest.approx(calibration(sure[turned], right[turned]).ece)

    def test_one_case_has_no_interval(self) -> None:
        found = calibration([0.7], [1])
        assert found.ece == pytest.approx(0.3)
        assert np.isnan([found.low, found.high]).all()

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
        assert ordinal_alpha(coincidences(scores).sum(axis=0)[None])[0] == pytest.approx(expected)
        assert panel_agreement(scores, range(30), 4, resamples=200)["value"].iloc[0] == pytest.approx(expected)

    def test_kappa_of_a_known_table(self) -> None:
        """Observed disagreement 2 * 1 of 10; expected from the margins (5, 5) and (5, 5): 50 * 1 of 100."""
        table = np.zeros((1, 6, 6))
        table[0, 0, 0], table[0, 0, 1], table[0, 1, 0], table[0, 1, 1] = 4, 1, 1, 4
        assert weighted_kappa(table)[0] == pytest.approx(1 - (2 / 10) / (50 / 100))

    def test_full_agreement_is_one_and_a_constant_has_no_kappa(self) -> None:
        scores = [[0, 0], [3, 3], [5, 5], [2, 2]]
        found = panel_agreement(scores, range(4), 4, resamples=200)
        assert list(found["value"]) == [1, 1]
        assert list(found["same"]) == [1, 1]
        constant = panel_agreement([[4, 4], [4, 4]], range(2), 4, resamples=50)
        assert constant["value"].iloc[0] == 1
        assert np.isnan(constant["value"].iloc[1])

    def test_answers_to_one_case_are_resampled_together(self) -> None:
        rng = np.random.default_rng(5)
        scores = np.clip(rng.integers(0, 6, (20, 1)) + rng.integers(-2, 3, (20, 2)), 0, 5)
        apart = panel_agreement(np.repeat(scores, 5, axis=0), np.arange(100), 4, resamples=2000)
        together = panel_agreement(np.repeat(scores, 5, axis=0), np.repeat(np.arange(20), 5), 4, resamples=2000)
        widths = [float(found["high"].iloc[0] - found["low"].iloc[0]) for found in (apart, together)]
        assert widths[1] > 1.5 * widths[0]
        assert apart["value"].iloc[0] == together["value"].iloc[0]
        single = panel_agreement(np.repeat(scores, 5, axis=0), np.zeros(100), 4, resamples=50)
        assert np.isnan(single["low"].iloc[0])

    def test_same_side_counts_agreement_on_coverage(self) -> None:
        found = panel_agreement([[4, 5], [3, 4], [0, 2], [5, 5]], range(4), 4, resamples=50)
        assert list(found["same_side"]) == [0.75, 0.75]
        assert list(found["same"]) == [0.25, 0.25]
