"""From arms to sensitivities to the cross-modal gap: closed forms, what is refused, what is missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from medsyn_inspect.analysis.frames.gap import (
    FEW_ANSWERS,
    IMAGE_BLIND_NMSE,
    MOST_NOISE,
    REWORDED,
    SAMPLING,
    mean_nmse,
    modality_gap,
)
from medsyn_inspect.analysis.frames.sensitivity import REPEAT, evidence_sensitivity
from medsyn_inspect.analysis.stats.divergence import permutation_floor
from medsyn_inspect.analysis.stats.holm import holm
from statistics_worlds import arm, exact, frame, sampled, true_nmse, world

HALF = 1.5 - 0.75 * math.log2(3)
"""Bits between (1, 0) and (0.5, 0.5)."""


def four(image: Any, finding: Any, case: str = "c1", evidence: str = "ct", reader: str = "r") -> list[dict[str, Any]]:
    """The arms of a case that is certain with all evidence; what is left without, in both views."""
    sure = (1.0, *[0.0] * (len(finding) - 1))
    return [
        arm(posterior, view=view, withheld=withheld, case=case, reader=reader)
        for view, less in (("image", image), ("finding", finding))
        for withheld, posterior in (("", sure), (evidence, less))
    ]


class TestSensitivity:
    def test_token_probabilities_give_the_plug_in_without_floor_or_p(self) -> None:
        row = evidence_sensitivity(frame(*four((0.5, 0.5), (0, 1)))).iloc[0]
        assert (row["S_image"], row["S_finding"]) == pytest.approx((HALF, 1), abs=1e-12)
        assert row["modality_gap_squared"] == pytest.approx((1 - HALF) ** 2)
        assert row["finding_squared"] == pytest.approx(1)
        assert row[["floor_image", "p_image", "smoothed_image"]].isna().all()
        assert row["failed"] == 0

    def test_a_repeat_of_the_full_arm_is_the_floor_of_token_probabilities_and_no_evidence(self) -> None:
        found = evidence_sensitivity(frame(*four((0.5, 0.5), (0, 1)), arm((0.5, 0.5), withheld=REPEAT)))
        assert found["evidence_type"].tolist() == ["ct"]
        assert found["floor_image"][0] == pytest.approx(HALF)
        assert math.isnan(found["floor_finding"][0])
        assert found["S_image"][0] == pytest.approx(HALF)

    def test_samples_give_the_plug_in_less_its_permutation_mean_and_a_p(self) -> None:
        arms = [
            arm(view=view, withheld=withheld, counts=counts)
            for view in ("image", "finding")
            for withheld, counts in (("", (10, 0)), ("ct", (5, 5)))
        ]
        row = evidence_sensitivity(frame(*arms)).iloc[0]
        floor = permutation_floor([[10, 0]], [[5, 5]])[0]
        assert row["floor_image"] == floor
        assert row["S_image"] == pytest.approx(HALF - floor)
        # One-sided share of deals at least as far: all five in one arm, or the other: 2 C(10,5)/C(20,5).
        assert row["p_image"] == pytest.approx(2 * math.comb(10, 5) / math.comb(20, 5), abs=0.012)
        assert 0 < row["smoothed_image"] < HALF

    def test_a_failed_arm_leaves_its_view_missing_and_is_counted(self) -> None:
        arms = four((0.5, 0.5), (0, 1))
        arms[1] |= {"posterior": None, "source": None, "error": "timeout"}
        row = evidence_sensitivity(frame(*arms)).iloc[0]
        assert math.isnan(row["S_image"])
        assert row["S_finding"] == pytest.approx(1)
        assert math.isnan(row["modality_gap_squared"])
        assert math.isnan(row["finding_squared"])
        assert (row["failed"], row["source"]) == (1, "logprobs")

    def test_a_failed_full_arm_and_a_view_never_asked_are_counted_alike(self) -> None:
        arms = four((0.5, 0.5), (0, 1))
        arms[0] |= {"error": "refused"}
        assert evidence_sensitivity(frame(*arms))["failed"].tolist() == [1]
        row = evidence_sensitivity(frame(*four((0.5, 0.5), (0, 1))[:2])).iloc[0]
        assert (row["failed"], row["S_image"]) == (2, pytest.approx(HALF))
        assert math.isnan(row["S_finding"])

    def test_an_arm_without_a_counted_sample_has_failed(self) -> None:
        arms = [
            arm(view=view, withheld=withheld, counts=counts)
            for view in ("image", "finding")
            for withheld, counts in (("", (10, 0)), ("ct", (0, 0) if view == "image" else (5, 5)))
        ]
        assert evidence_sensitivity(frame(*arms))["failed"].tolist() == [1]

    def test_the_order_of_the_rows_and_other_readers_change_nothing(self) -> None:
        rng = np.random.default_rng(0)
        arms = sampled(rng, world(rng, 10, 0.5, 0.3, 0.1), 8)
        alone = evidence_sensitivity(arms)
        more = pd.concat([arms, arms.assign(reader="a")]).sample(frac=1, random_state=1)
        again = evidence_sensitivity(more)
        pd.testing.assert_frame_equal(again[again["reader"] == "r"].reset_index(drop=True), alone)

    def test_two_sources_in_one_comparison_are_refused(self) -> None:
        arms = four((0.5, 0.5), (0, 1))
        arms[0] |= {"source": "verbalized"}
        with pytest.raises(ValueError, match=r"r: posteriors from logprobs and verbalized cannot be compared"):
            evidence_sensitivity(frame(*arms))

    def test_a_case_without_a_full_arm_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match=r"no full arm .* r c1 \(image\)"):
            evidence_sensitivity(frame(*four((0.5, 0.5), (0, 1))[1:]))

    @pytest.mark.parametrize("column", ["reader", "posterior", "error"])
    def test_missing_columns_are_named(self, column: str) -> None:
        with pytest.raises(ValueError, match=f"lacks the columns {column}"):
            evidence_sensitivity(frame(*four((0.5, 0.5), (0, 1))).drop(columns=column))

    def test_other_contradictions_are_refused(self) -> None:
        arms = four((0.5, 0.5), (0, 1))
        with pytest.raises(ValueError, match=r"twice: r c1 \(image\)"):
            evidence_sensitivity(frame(*arms, arms[0]))
        with pytest.raises(ValueError, match="number of options"):
            evidence_sensitivity(frame(*arms[:3], arms[3] | {"posterior": (0.2, 0.3, 0.5)}))
        with pytest.raises(ValueError, match="unknown view 'video'"):
            evidence_sensitivity(frame(*arms, arms[0] | {"view": "video"}))
        with pytest.raises(ValueError, match="no arm withholds"):
            evidence_sensitivity(frame(arms[0]))
        with pytest.raises(ValueError, match="no probabilities"):
            evidence_sensitivity(frame(*arms[:3], arms[3] | {"posterior": (1.5, -0.5)}))


def gap_of(posteriors: Any, **options: Any) -> pd.Series:
    return modality_gap(evidence_sensitivity(exact(posteriors)), **options).iloc[0]


class TestGap:
    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=5)
    def test_a_reader_whom_images_do_not_move_has_nmse_1_and_one_without_a_gap_0(self, seed: int) -> None:
        posteriors = world(np.random.default_rng(seed), 6, 0.5, 0.2, 0.1)
        blind = gap_of(posteriors | {("image", "ct"): posteriors["image", ""]})
        assert blind["nmse"] == pytest.approx(IMAGE_BLIND_NMSE, abs=1e-12)
        assert (blind["share_below"], blind["ties"]) == (1, 0)
        equal = gap_of(posteriors | {("image", "ct"): posteriors["finding", "ct"]})
        assert equal[["nmse", "mean_deficit", "share_below"]].tolist() == [0, 0, 0]
        assert equal["ties"] == 6
        assert math.isnan(equal["sign_p"])

    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=5)
    def test_nmse_equals_its_definition_in_any_base(self, seed: int) -> None:
        posteriors = world(np.random.default_rng(seed), 8, 0.6, 0.3, 0.2)
        assert gap_of(posteriors)["nmse"] == pytest.approx(true_nmse(posteriors), abs=1e-9)
        found = evidence_sensitivity(exact(posteriors))
        nats = found.assign(modality_gap_squared=found["modality_gap_squared"] * math.log(2) ** 2,
                            finding_squared=found["finding_squared"] * math.log(2) ** 2)  # fmt: skip
        one, other = (modality_gap(values)["nmse"].to_numpy() for values in (found, nats))
        assert one == pytest.approx(other)

    def test_hand_values(self) -> None:
        """S_finding = 1 in four cases; S_image = h, h, h, 1."""
        arms = [row for case in "abc" for row in four((0.5, 0.5), (0, 1), case)] + four((0, 1), (0, 1), "d")
        row = modality_gap(evidence_sensitivity(frame(*arms))).iloc[0]
        assert row["nmse"] == pytest.approx(3 * (1 - HALF) ** 2 / 4)
        assert row["mean_deficit"] == pytest.approx(3 * (1 - HALF) / 4)
        assert (row["n"], row["ties"], row["share_below"]) == (4, 1, 0.75)
        # Three below, none above, the tie left out: 2 * (1/2)^3.
        assert row["sign_p"] == pytest.approx(0.25)
        assert row["share_below_lower"] < row["share_below"] < row["share_below_upper"]
        assert math.isnan(row["mean_deficit_lower"])
        assert row["deficit_note"] == "no interval: fewer than 24 cases"

    def test_cases_that_failed_are_counted_and_left_out(self) -> None:
        arms = [*four((0.5, 0.5), (0, 1)), *four((1, 0), (0, 1), "d")]
        arms[-1] |= {"error": "timeout"}
        row = modality_gap(evidence_sensitivity(frame(*arms))).iloc[0]
        assert (row["n"], row["missing"], row["nmse"]) == (1, 1, pytest.approx((1 - HALF) ** 2))
        assert row[["share_below_lower", "mean_deficit_upper"]].isna().all(), "one case has no interval"

    def test_holm_is_over_the_types_of_a_reader(self) -> None:
        arms = []
        for number in range(8):
            case = f"c{number}"
            arms += four((0.5, 0.5), (0, 1), case)
            arms += [row for row in four((0.5, 0.5) if number else (0, 1), (0, 1), case, "mri") if row["withheld"]]
            arms += [row for row in four((0, 1), (0.5, 0.5), case, "history") if row["withheld"]]
        found = modality_gap(evidence_sensitivity(frame(*arms))).set_index("evidence_type")
        assert found.index.tolist() == ["ct", "mri"], "text is shown alike in both views"
        assert found["sign_p"].tolist() == pytest.approx([2 / 2**8, 2 / 2**7])
        assert found["sign_p_holm"].tolist() == pytest.approx([4 / 2**8, 2 / 2**7])

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    @settings(max_examples=10)
    def test_holm_is_that_of_statsmodels_without_what_was_not_tested(self, p: list[float]) -> None:
        found = holm(pd.Series([math.nan, *p]))
        assert math.isnan(found[0])
        assert found[1:].tolist() == pytest.approx(multipletests(p, method="holm")[1].tolist())

    def test_the_mean_over_types_has_no_weights(self) -> None:
        arms = [row for case in "abc" for row in four((1, 0), (0, 1), case)]
        arms += [row for row in four((0, 1), (0, 1), "a", "mri") if row["withheld"]]
        found = evidence_sensitivity(frame(*arms))
        row = mean_nmse(found).iloc[0]
        assert (row["mean_nmse"], row["types"], row["n"]) == (pytest.approx(0.5), 2, 3)
        assert mean_nmse(found, types=["ct"])["mean_nmse"].tolist() == pytest.approx([1])
        with pytest.raises(ValueError, match="no visual evidence"):
            mean_nmse(found, types=["xray"])

    @pytest.mark.parametrize("image", [(1, 0), (0.5, 0.5)])
    def test_a_reader_whose_answers_do_not_change_with_findings_has_no_nmse(self, image: tuple[float, float]) -> None:
        row = modality_gap(evidence_sensitivity(frame(*four(image, (1, 0)), *four(image, (1, 0), "d")))).iloc[0]
        assert math.isnan(row["nmse"])
        assert row["nmse_note"] == "not measurable: findings do not change the answers"

    @pytest.mark.parametrize(("reworded", "measurable"), [((0.97, 0.03), True), ((0.6, 0.4), False)])
    def test_nmse_needs_findings_that_matter_more_than_the_wording_of_the_question(
        self, reworded: tuple[float, float], measurable: bool
    ) -> None:
        arms = [row for case in "abc" for row in four((0.9, 0.1), (0.5, 0.5), case)]
        arms += [arm(reworded, view="finding", withheld=REPEAT, case=case) for case in "abc"]
        arms += [arm((1.0, 0.0), view="image", withheld=REPEAT, case=case) for case in "abc"]
        found = evidence_sensitivity(frame(*arms))
        noise, effect = ((found[name] ** 2).sum() for name in ("floor_finding", "S_finding"))
        assert (noise <= MOST_NOISE * effect) == measurable
        row = modality_gap(found).iloc[0]
        assert math.isnan(row["nmse"]) != measurable
        assert row["nmse_note"] == ("" if measurable else REWORDED)
        assert mean_nmse(found)["types"].item() == measurable

    def test_from_samples_the_effect_of_findings_must_be_clear_of_sampling_noise(self) -> None:
        rng = np.random.default_rng(4)
        for moved, n, note in ((0.9, 20, ""), (0.1, 20, SAMPLING), (0.9, 10, FEW_ANSWERS)):
            arms = sampled(rng, world(rng, 60, moved, moved / 2, 0.1), n)
            row = modality_gap(evidence_sensitivity(arms, permutations=10)).iloc[0]
            assert row["nmse_note"] == note
            assert math.isnan(row["nmse"]) == bool(note)
            assert math.isnan(row["share_below_lower"])
            assert row["share_below_note"] == "no interval: sampling noise moves cases across the line"

    def test_equal_seeds_give_equal_frames(self) -> None:
        rng = np.random.default_rng(3)
        arms = sampled(rng, world(rng, 12, 0.5, 0.3, 0.1), 8)
        one, other = (modality_gap(evidence_sensitivity(arms)) for _ in range(2))
        pd.testing.assert_frame_equal(one, other)

    def test_missing_columns_are_named(self) -> None:
        with pytest.raises(ValueError, match="lacks the columns source"):
            modality_gap(evidence_sensitivity(frame(*four((1, 0), (0, 1)))).drop(columns="source"))
