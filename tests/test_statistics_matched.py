"""Uptake ratio, strength and matched sensitivity; Fieller's interval; paired shares; Holm for discrete tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.analysis.frames.matched import CONSTANT, NEEDS, NOISE
from medsyn_inspect.analysis.frames.sensitivity import REPEAT, evidence_sensitivity
from medsyn_inspect.analysis.stats.divergence import Floats, jensen_shannon
from medsyn_inspect.analysis.stats.fieller import constant_ratio, fieller
from medsyn_inspect.analysis.stats.holm import discrete_holm, holm
from medsyn_inspect.analysis.stats.matched import LEAST, Arms, effects, squared_effect
from medsyn_inspect.analysis.stats.proportions import independent_difference, paired_difference
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_sensitivity
from statistics_worlds import arm, frame

GENERATOR = np.random.default_rng(20260222)


def views(
    image: float, finding: float, *, other_image: float = 1, other_finding: float = 1, cases: int = 60, options: int = 5
) -> tuple[Arms, Arms]:
    """A reader that adds log-likelihoods: one type with these gains, the other evidence with these."""
    evidence, other = (GENERATOR.normal(0, 2, (cases, options)) for _ in range(2))
    return (
        Arms(softmax(image * evidence + other_image * other), softmax(other_image * other)),
        Arms(softmax(finding * evidence + other_finding * other), softmax(other_finding * other)),
    )


def softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def ratios(image: Arms, finding: Arms) -> tuple[float, float]:
    """R and Q over all cases."""
    found = effects(image, finding)
    return found.both.sum() / found.finding.sum(), math.sqrt(found.image.sum() / found.finding.sum())


class TestClosedForm:
    @pytest.mark.parametrize("gain", [0.0, 0.3, 1.0, 2.0])
    @pytest.mark.parametrize("other", [0.1, 1.0, 3.0])
    def test_both_ratios_are_the_ratio_of_gains_however_sure_the_reader_is(self, gain: float, other: float) -> None:
        assert ratios(*views(gain, 1, other_image=other)) == pytest.approx((gain, gain), abs=1e-9)

    def test_equal_use_on_unequal_baselines_is_a_baseline_part_and_no_deficit(self) -> None:
        image, finding = views(1, 1, other_image=0.3)
        found = effects(image, finding)
        published = jensen_shannon(finding.full, finding.withheld) - jensen_shannon(image.full, image.withheld)
        assert abs(published.mean()) > 0.02
        assert found.matched_finding - found.matched_image == pytest.approx(0, abs=1e-9)

    def test_on_the_bundled_cases_microscopy_used_equally_has_an_uptake_ratio_of_one(self) -> None:
        gains = Gains(0.3, 1.0, 1.0, {("image", "microscopy"): 1.0})
        types = modality_gap(closed_form_sensitivity(load_cases(), gains)).set_index("evidence_type")
        row = types.loc["microscopy"]
        assert row["mean_deficit"] < -0.05
        assert row["nmse"] > 1
        assert row["uptake_ratio"] == pytest.approx(1, abs=1e-6)
        assert row["matched_deficit"] == pytest.approx(0, abs=1e-6)
        assert row["baseline_part"] == pytest.approx(row["mean_deficit"], abs=1e-6)
        assert types.drop("microscopy")["uptake_ratio"].dropna().to_numpy() == pytest.approx(0.3, abs=1e-6)

    def test_images_that_do_nothing_have_no_strength_and_no_alignment(self) -> None:
        row = types_of(*views(0, 1))
        assert (row["uptake_ratio"], row["strength"]) == (0, 0)
        assert math.isnan(row["alignment"])

    def test_images_that_move_as_far_but_elsewhere_are_strong_and_not_aligned(self) -> None:
        image, finding = views(1, 1, cases=2000, other_image=0, other_finding=0)
        elsewhere = Arms(GENERATOR.permuted(image.full, axis=1), image.withheld)
        uptake, strength = ratios(elsewhere, finding)
        assert strength == pytest.approx(1, abs=0.1)
        assert uptake < 0.2

    def test_options_that_nobody_considers_have_no_influence(self) -> None:
        image, finding = views(1, 1, cases=400, options=4)

        def with_noise(arm: Floats) -> Floats:
            rare = np.exp(GENERATOR.normal(-12, 2, (len(arm), 6)))
            both = np.hstack([arm, rare])
            return np.asarray(both / both.sum(axis=1, keepdims=True))

        noisy = [Arms(with_noise(view.full), with_noise(view.withheld)) for view in (image, finding)]
        assert ratios(*noisy)[0] == pytest.approx(1, abs=0.02)


class TestProperties:
    @given(st.lists(st.lists(st.floats(1e-9, 1), min_size=3, max_size=3), min_size=4, max_size=4))
    def test_matched_deficit_and_baseline_part_add_up_to_the_published_deficit(self, four: Any) -> None:
        full_image, image, full_finding, finding = (np.array([row]) / np.sum(row) for row in four)
        found = effects(Arms(full_image, image), Arms(full_finding, finding))
        # What the definition says: each view's effect on its own baseline is its published S.
        own = {"image": jensen_shannon(full_image, image), "finding": jensen_shannon(full_finding, finding)}
        swapped = {
            "image": jensen_shannon(softmax(np.log(finding) + np.log(full_image) - np.log(image)), finding),
            "finding": jensen_shannon(softmax(np.log(image) + np.log(full_finding) - np.log(finding)), image),
        }
        assert found.matched_image == pytest.approx((own["image"] + swapped["image"]) / 2, abs=1e-7)
        assert found.matched_finding == pytest.approx((own["finding"] + swapped["finding"]) / 2, abs=1e-7)

    @given(st.permutations(range(5)))
    def test_the_order_of_the_options_does_not_matter(self, order: list[int]) -> None:
        image, finding = views(0.5, 1, other_image=0.2, cases=3)
        moved = [Arms(view.full[:, order], view.withheld[:, order]) for view in (image, finding)]
        assert ratios(*moved) == pytest.approx(ratios(image, finding))

    def test_columns_beyond_the_options_of_a_case_change_nothing(self) -> None:
        image, finding = views(0.5, 1)
        wider = [
            Arms(*(np.pad(arm, ((0, 0), (0, 2)), constant_values=np.nan) for arm in (view.full, view.withheld)))
            for view in (image, finding)
        ]
        assert ratios(*wider) == pytest.approx(ratios(image, finding))
        assert effects(*wider).matched_image == pytest.approx(effects(image, finding).matched_image)

    def test_a_case_with_one_option_that_all_arms_name_has_no_ratio(self) -> None:
        sure = np.array([[1.0, 0.0, 0.0]])
        assert math.isnan(effects(Arms(sure, sure), Arms(sure, sure)).finding[0])

    def test_a_case_without_a_posterior_has_nothing(self) -> None:
        given_up, some = np.full((1, 3), np.nan), np.array([[0.5, 0.3, 0.2]])
        found = effects(Arms(given_up, some), Arms(some, some))
        assert all(math.isnan(value[0]) for value in vars(found).values())


def rows_of(image: Arms, finding: Arms, repeat: Floats | None = None) -> pd.DataFrame:
    arms = []
    for view, of_view in (("image", image), ("finding", finding)):
        for case in range(len(of_view.full)):
            arms.append(arm(tuple(of_view.full[case]), view=view, case=f"c{case}"))
            arms.append(arm(tuple(of_view.withheld[case]), view=view, case=f"c{case}", withheld="ct"))
            if view == "finding" and repeat is not None:
                arms.append(arm(tuple(repeat[case]), view=view, case=f"c{case}", withheld=REPEAT))
    return frame(*arms)


def types_of(image: Arms, finding: Arms, repeat: Floats | None = None) -> pd.Series:
    return modality_gap(evidence_sensitivity(rows_of(image, finding, repeat))).iloc[0]


class TestFrames:
    def test_types_hold_the_ratio_with_fiellers_interval(self) -> None:
        image, finding = views(0.5, 1)
        noisy = Arms(softmax(np.log(image.full) + GENERATOR.normal(0, 0.3, image.full.shape)), image.withheld)
        found = effects(noisy, finding)
        row = types_of(noisy, finding)
        assert row["uptake_ratio"] == pytest.approx(found.both.sum() / found.finding.sum())
        ends = fieller(found.both, found.finding)
        assert (row["uptake_ratio_lower"], row["uptake_ratio_upper"]) == pytest.approx(ends)
        assert (row["uptake_n"], row["uptake_note"]) == (60, "")

    def test_deficits_add_up_over_the_cases_of_a_type(self) -> None:
        row = types_of(*views(0.4, 1, other_image=0.3))
        assert row["matched_deficit"] + row["baseline_part"] == pytest.approx(row["mean_deficit"], abs=1e-9)
        assert row["matched_deficit"] == pytest.approx(row["matched_finding"] - row["matched_image"])

    def test_evidence_that_moves_no_more_than_rewording_is_not_measurable(self) -> None:
        image, finding = views(0.02, 0.02)
        repeat = softmax(np.log(finding.full) + GENERATOR.normal(0, 0.5, finding.full.shape))
        row = types_of(image, finding, repeat)
        assert math.isnan(row["uptake_ratio"])
        assert row["uptake_note"] == NOISE
        strong = views(0.5, 1)
        same = types_of(*strong, softmax(np.log(strong[1].full) + 0.01 * np.arange(5)))
        assert (same["uptake_ratio"], same["uptake_note"]) == (pytest.approx(0.5), CONSTANT)

    def test_rewording_is_measured_with_all_evidence_as_findings(self) -> None:
        image, finding = views(0.5, 1, cases=4)
        repeat = softmax(np.log(finding.full) + 1e-2 * np.arange(5))
        sensitivity = evidence_sensitivity(rows_of(image, finding, repeat))
        assert sensitivity["effect_rewording"].tolist() == pytest.approx(squared_effect(finding.full, repeat).tolist())

    def test_samples_and_stated_probabilities_have_none(self) -> None:
        counted = [
            arm(view=view, withheld=withheld, counts=counts)
            for view in ("image", "finding")
            for withheld, counts in (("", (18, 2)), ("ct", (10, 10)))
        ]
        stated = [row | {"source": "verbalized", "counts": None} for row in counted]
        for arms in (counted, stated):
            row = modality_gap(evidence_sensitivity(frame(*arms))).iloc[0]
            assert row["uptake_note"] == NEEDS
            assert math.isnan(row["matched_deficit"])

    def test_a_truncated_list_gives_a_range_around_the_matched_deficit(self) -> None:
        image, finding = views(0.5, 1, cases=8)
        arms = rows_of(image, finding).assign(lower=None, upper=None).astype({"lower": object, "upper": object})
        unnamed = 0.04
        place = arms.index[(arms["view"] == "image") & (arms["withheld"] == "") & (arms["case_id"] == "c3")][0]
        four = np.array(arms.at[place, "posterior"][:4])
        four = (1 - unnamed / 2) * four / four.sum()
        arms.at[place, "posterior"] = (*four, unnamed / 2)
        arms.at[place, "lower"] = (*(four / (four.sum() + unnamed)), 0.0)
        arms.at[place, "upper"] = (*(four / four.sum()), unnamed)
        sensitivity = evidence_sensitivity(arms).set_index("case_id")
        row = sensitivity.loc["c3"]
        deficit = row["matched_finding"] - row["matched_image"]
        assert row["matched_deficit_least"] < deficit < row["matched_deficit_most"]
        assert sensitivity["truncated"].tolist() == [False, False, False, True, False, False, False, False]
        others = sensitivity.drop("c3")
        assert (others["matched_deficit_least"] == others["matched_deficit_most"]).all()
        assert modality_gap(sensitivity.reset_index()).iloc[0]["truncated"] == 1 / 8
        # R leaves the option out in all four arms.
        kept = effects(
            Arms(four[None] / four.sum(), image.withheld[3:4, :4]),
            Arms(finding.full[3:4, :4], finding.withheld[3:4, :4]),
        )
        assert row["effect_finding"] != pytest.approx(sensitivity["effect_finding"].iloc[0])
        assert row["effect_finding"] == pytest.approx(kept.finding[0], rel=0.05)

    def test_a_probability_of_zero_is_not_less_than_the_least(self) -> None:
        sure, unsure = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
        found = effects(Arms(sure, unsure), Arms(sure, unsure))
        assert np.isfinite(found.matched_image[0])
        assert found.matched_image[0] == pytest.approx(jensen_shannon([1, LEAST], [0.5, 0.5]), abs=1e-4)


class TestFieller:
    @pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
    def test_a_ratio_that_is_the_same_in_every_case_has_no_interval_of_width_zero(self, ratio: float) -> None:
        values = GENERATOR.normal(5, 1, 30)
        assert constant_ratio(ratio * values, values)
        assert fieller(ratio * values, values) is None

    def test_a_single_case_that_differs_gives_the_ratio_a_width(self) -> None:
        values = GENERATOR.normal(5, 1, 30)
        lower, upper = fieller([0.01, *(0 * values[1:])], values) or (0, 0)
        assert lower < 0.01 / values.sum() < upper

    def test_a_denominator_that_may_be_zero_has_no_interval(self) -> None:
        assert fieller([1, 2, 3], [-1.0, 0.5, 0.6]) is None
        assert fieller([1.0], [2.0]) is None

    @given(st.floats(0.1, 10))
    def test_it_scales_with_the_numerator(self, factor: float) -> None:
        x, y = np.array([1.0, 2.0, 4.0, 3.5]), np.array([2.0, 2.5, 3.0, 2.2])
        lower, upper = fieller(x, y) or (0, 0)
        assert fieller(factor * x, y) == pytest.approx((factor * lower, factor * upper))


class TestPairedShares:
    def test_a_published_example(self) -> None:
        # Newcombe 1998, Statistics in Medicine 17:2635, table III: 36, 12, 2, 0; method 10.
        lower, upper = paired_difference(36, 2, 12, 0)
        assert (lower, upper) == pytest.approx((0.0569, 0.3404), abs=5e-5)

    @given(*[st.integers(0, 20)] * 4)
    def test_properties(self, both: int, lost: int, gained: int, neither: int) -> None:
        n = both + lost + gained + neither
        if n == 0:
            return
        lower, upper = paired_difference(both, lost, gained, neither)
        assert -1 <= lower <= (gained - lost) / n <= upper <= 1
        assert upper > lower
        assert paired_difference(both, gained, lost, neither) == pytest.approx((-upper, -lower))
        assert paired_difference(neither, lost, gained, both) == pytest.approx((lower, upper))

    def test_without_correlation_it_is_the_interval_of_independent_shares(self) -> None:
        share = (0.5, *proportion_confint(10, 20, method="wilson"))
        assert paired_difference(5, 5, 5, 5) == pytest.approx(independent_difference(share, share))

    def test_no_case_has_an_error(self) -> None:
        with pytest.raises(ValueError, match="at least one case"):
            paired_difference(0, 0, 0, 0)

    @pytest.mark.parametrize(("n", "worst"), [(5, 0.87), (12, 0.91)])
    def test_exact_coverage_is_95_percent_on_average(self, n: int, worst: float) -> None:
        tables = [
            (both, lost, gained, n - both - lost - gained)
            for both in range(n + 1)
            for lost in range(n + 1 - both)
            for gained in range(n + 1 - both - lost)
        ]
        ends = np.array([paired_difference(*table) for table in tables])
        covered = []
        rates = (0, 0.02, 0.05, 0.1, 0.2, 0.3)
        for lost in rates:
            for gained in rates:
                for concordant in (0.2, 0.5, 0.8):
                    rest = 1 - lost - gained
                    chances = multinomial.pmf(tables, n, [rest * concordant, lost, gained, rest * (1 - concordant)])
                    within = (ends[:, 0] <= gained - lost + 1e-12) & (ends[:, 1] >= gained - lost - 1e-12)
                    covered.append(float(chances[within].sum()))
        assert np.mean(covered) >= 0.94
        assert min(covered) >= worst


def exact_p(lost: int, gained: int) -> float:
    return float(mcnemar([[0, lost], [gained, 0]], exact=True).pvalue)


class TestDiscreteHolm:
    def test_tests_that_cannot_reject_take_nothing_from_the_others(self) -> None:
        p = pd.Series([exact_p(0, 9)] + [exact_p(place % 2, 2) for place in range(30)])
        pairs = pd.Series([9] + [2 + place % 2 for place in range(30)])
        assert holm(p)[0] == pytest.approx(0.121, abs=5e-4)
        assert discrete_holm(p, pairs)[0] == pytest.approx(0.0039, abs=5e-5)

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), min_size=1, max_size=12))
    def test_it_lies_between_the_unadjusted_p_and_holms(self, found: list[tuple[int, int]]) -> None:
        p = pd.Series([exact_p(*pair) for pair in found])
        adjusted = discrete_holm(p, pd.Series([sum(pair) for pair in found]))
        assert (adjusted >= p * (1 - 1e-9)).all()
        assert (adjusted <= holm(p) * (1 + 1e-9)).all()

    def test_tests_that_were_not_made_are_not_in_the_family(self) -> None:
        adjusted = discrete_holm(pd.Series([math.nan, 0.03125]), pd.Series([0, 6]))
        assert math.isnan(adjusted[0])
        assert adjusted[1] == 0.03125

    def test_the_family_wise_error_is_kept(self) -> None:
        errors = 0
        for _ in range(800):
            pairs = GENERATOR.integers(1, 25, 8)
            gained = GENERATOR.binomial(pairs, 0.5)
            p = pd.Series([exact_p(int(total - up), int(up)) for total, up in zip(pairs, gained, strict=True)])
            errors += bool((discrete_holm(p, pd.Series(pairs)) < 0.05).any())
        # 5 % of 800 and three standard errors.
        assert errors <= 58
