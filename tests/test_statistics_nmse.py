"""NMSE from repeated answers, over the whole range: right on average, or not printed; and the parts of an NMSE."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.analysis.stats.crossfit import SMALLEST, cross_fit_squares
from medsyn_inspect.analysis.stats.divergence import permutation_floor
from medsyn_inspect.analysis.stats.nmse import parts
from statistics_worlds import true_nmse, world

TRUTHS = (0.02, 0.43, 0.62, 1.0)


def image_part(truth: float, part: float) -> tuple[float, float]:
    """Mean and spread of the part of the way that images go, for this NMSE."""
    if truth == 1:
        return 0.0, 0.0
    spread = part * (0.1 if truth > 0.1 else 0.03)

    def excess(gain: float) -> float:
        return true_nmse(world(np.random.default_rng(5), 3000, part, gain, spread)) - truth

    return float(brentq(excess, 0, part)), spread


def printed(truth: float, part: float, answers: int, cases: int, runs: int = 500) -> np.ndarray:
    """The NMSE of each run, NaN where it is not measurable."""
    rng = np.random.default_rng([answers, cases])
    posteriors = world(rng, runs * cases, part, *image_part(truth, part))
    image, finding = (
        tuple(rng.multinomial(answers, posteriors[view, less]) for less in ("", "ct")) for view in ("image", "finding")
    )
    gap, square = cross_fit_squares(image, finding, rng, splits=4)
    frame = pd.DataFrame(
        {
            "reader": np.repeat([f"run {run}" for run in range(runs)], cases),
            "case_id": np.tile(np.arange(cases), runs),
            "evidence_type": "ct",
            "source": "samples",
            "S_image": 0.1,
            "S_finding": 0.2,
            "floor_finding": permutation_floor(*finding),
            "modality_gap_squared": gap,
            "finding_squared": square,
        }
    )
    for name in ("matched_image", "matched_finding", "matched_deficit_least", "matched_deficit_most", "truncated"):
        frame[name] = np.nan
    return modality_gap(frame)["nmse"].to_numpy(dtype=float)


@pytest.mark.slow
@pytest.mark.parametrize("cases", [24, 100, 452])
@pytest.mark.parametrize("answers", [SMALLEST, 20, 50])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("truth", TRUTHS)
def test_the_median_is_within_a_twentieth_where_most_runs_print_it(
    truth: float, part: float, answers: int, cases: int
) -> None:
    found = printed(truth, part, answers, cases)
    known = found[~np.isnan(found)]
    print(truth, part, answers, cases, len(known), np.median(known) if len(known) else "none")
    if len(known) >= len(found) / 2:
        assert np.median(known) == pytest.approx(truth, abs=0.05)


def test_ten_answers_are_too_few() -> None:
    assert np.isnan(printed(0.43, 0.9, 10, 24, runs=2)).all()


def test_a_blind_reader_does_not_look_better_than_blind() -> None:
    found = printed(1.0, 0.9, 20, 60, runs=40)
    assert np.isfinite(found).mean() > 0.9
    assert np.nanmedian(found) == pytest.approx(1, abs=0.05)


CASES = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1)), min_size=2, max_size=8)


class TestParts:
    @given(CASES)
    def test_they_add_up_to_the_nmse(self, cases: list[tuple[float, float]]) -> None:
        image, finding = np.array(cases).T
        found = parts(image, finding)
        nmse = ((image - finding) ** 2).sum() / (finding**2).sum()
        assert (1 - found.slope) ** 2 + found.scatter == pytest.approx(nmse, abs=1e-9)

    @pytest.mark.parametrize("slope", [0.0, 2.0])
    def test_they_tell_a_blind_reader_from_one_that_images_move_twice_as_far(self, slope: float) -> None:
        finding = np.array([0.1, 0.2, 0.4])
        found = parts(slope * finding, finding)
        assert (found.slope, found.scatter) == (pytest.approx(slope), pytest.approx(0, abs=1e-12))
        assert found.ratio == pytest.approx(slope)

    @given(CASES)
    def test_influence_is_the_largest_change_without_one_case(self, cases: list[tuple[float, float]]) -> None:
        def nmse(rows: list[tuple[float, float]]) -> float:
            image, finding = np.array(rows).T
            return float(((image - finding) ** 2).sum() / (finding**2).sum())

        changes = [abs(nmse(cases[:place] + cases[place + 1 :]) - nmse(cases)) for place in range(len(cases))]
        assert parts(*np.array(cases).T).influence == pytest.approx(max(changes), rel=1e-6, abs=1e-9)

    def test_a_single_case_has_no_influence(self) -> None:
        assert np.isnan(parts([0.1], [0.2]).influence)
