"""Divergence of posteriors in bits, and what is left of it when nothing has moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from medsyn_inspect.analysis import evidence_sensitivity, modality_gap
from medsyn_inspect.analysis.stats.divergence import jensen_shannon, permutation_floor, permutation_p

weights = st.lists(st.floats(0.01, 1), min_size=5, max_size=5)


def normal(values: list[float]) -> np.ndarray:
    return np.array(values) / sum(values)


def test_nothing_moved_is_zero_and_everything_moved_is_one_bit() -> None:
    assert jensen_shannon([0.5, 0.5, 0], [0.5, 0.5, 0]) == pytest.approx(0)
    assert jensen_shannon([1, 0], [0, 1]) == pytest.approx(1)


@given(weights, weights)
def test_it_is_the_square_of_scipys_distance_and_symmetric(first: list[float], second: list[float]) -> None:
    p, q = normal(first), normal(second)
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p), abs=1e-12)


def test_the_floor_of_sampled_posteriors_is_about_k_minus_one_over_four_n_nats() -> None:
    counts = [[100, 100, 100, 100, 100]]
    floor = permutation_floor(counts, counts)[0]
    assert floor == pytest.approx((5 - 1) / (4 * 500) / np.log(2), rel=0.05)


def test_p_is_small_only_where_something_moved() -> None:
    p = permutation_p([[20, 0, 0], [10, 5, 5]], [[0, 20, 0], [10, 5, 5]])
    assert p[0] < 0.01
    assert p[1] > 0.5


def arms(moved: dict[str, list[int]]) -> pd.DataFrame:
    """One reader, three cases, sampled: all evidence, and CT withheld, in both views."""
    rows = []
    for case_id in ("a", "b", "c"):
        for view in ("image", "finding"):
            for withheld, counts in (("", [18, 1, 1]), ("ct", moved[view])):
                rows.append(
                    {
                        "reader": "r",
                        "case_id": case_id,
                        "view": view,
                        "withheld": withheld,
                        "posterior": None,
                        "counts": tuple(counts),
                        "source": "samples",
                        "error": None,
                    }
                )
    return pd.DataFrame(rows)


def test_a_sampled_reader_that_ignores_images_has_a_deficit_and_an_nmse_near_one() -> None:
    sensitivity = evidence_sensitivity(arms({"image": [18, 1, 1], "finding": [1, 18, 1]}))
    assert (sensitivity["S_image"] < 0.01).all()
    assert (sensitivity["p_finding"] < 0.01).all()
    [gap] = modality_gap(sensitivity).to_dict("records")
    assert gap["nmse"] == pytest.approx(1, abs=0.25)
    assert gap["mean_deficit"] > 0.3


def test_two_sources_in_one_comparison_are_refused() -> None:
    frame = arms({"image": [18, 1, 1], "finding": [1, 18, 1]})
    frame.loc[0, "source"] = "logprobs"
    frame.at[0, "posterior"] = (0.9, 0.05, 0.05)
    with pytest.raises(ValueError, match=r"source"):
        evidence_sensitivity(frame)
