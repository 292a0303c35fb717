"""Readers compared with each other: pairs, ranks and letters."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from medsyn_inspect.analysis.findings import findings_of
from medsyn_inspect.analysis.frames.matched import SOURCE
from medsyn_inspect.analysis.frames.reader_pairs import FEW, TOO_FEW, ranks, reader_pairs
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.letters import letter_display
from medsyn_inspect.analysis.stats.proportions import paired_difference

NOTHING = conform("sensitivity", [])


def answers(reader: str, right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    rows = [
        {
            "log": f"{reader}-{question}",
            "reader": reader,
            "question": question,
            "case_id": f"c{place:03}",
            "right": value,
        }
        for place, value in enumerate(right)
    ]
    scored = {"outcome": ["right" if value else "wrong" for value in right], "epoch": 1}
    return pd.DataFrame(rows).assign(**scored, **columns)


def compared(*frames: pd.DataFrame) -> pd.DataFrame:
    return findings_of(runs=pd.concat(frames, ignore_index=True)).reader_pairs


class TestPairs:
    def test_shares_are_compared_on_common_cases_by_the_exact_test(self) -> None:
        found = compared(answers("a", [1] * 9 + [0] * 3 + [1]), answers("b", [0] * 9 + [1] + [0] * 2))
        row = found.iloc[0]
        assert (row["measure"], row["reader"], row["other"], row["n"]) == ("accuracy", "a", "b", 12)
        assert (row["only_reader"], row["only_other"]) == (9, 1)
        assert row["difference"] == pytest.approx(8 / 12)
        assert row["p"] == row["p_holm"] == pytest.approx(mcnemar([[0, 1], [9, 0]], exact=True).pvalue)
        ends = row["difference_lower"], row["difference_upper"]
        assert ends == pytest.approx(paired_difference(0, 1, 9, 2))

    def test_every_pair_of_a_measure_is_in_one_family(self) -> None:
        frames = [answers(name, [1] * count + [0] * (20 - count)) for name, count in (("a", 18), ("b", 10), ("c", 9))]
        found = compared(*frames)
        assert list(zip(found["reader"], found["other"], strict=True)) == list(combinations("abc", 2))
        assert (found["p_holm"] >= found["p"]).all()
        assert found["p_holm"].max() > found["p"].min()

    def test_readers_judged_differently_are_not_compared(self) -> None:
        def judged(reader: str, judge: str) -> pd.DataFrame:
            scores = {"score": [5.0, 4.0, 2.0], "judge": judge, "rubric": "bond", "threshold": 4.0}
            return answers(reader, [1, 1, 0], "ddx", **scores)

        assert compared(judged("a", "x"), judged("b", "y")).empty
        found = compared(judged("a", "x"), judged("b", "x"), judged("c", "y"))
        assert set(found["reader"]) | set(found["other"]) == {"a", "b"}
        assert set(found["group"]) == {"x, bond"}

    def test_a_reader_whose_answers_needed_no_judge_is_compared_under_the_only_judge(self) -> None:
        def judged(reader: str, judge: str) -> pd.DataFrame:
            scores = {"score": [5.0, 5.0, 0.0], "judge": judge, "rubric": "bond", "threshold": 4.0}
            return answers(reader, [1, 1, 0], "ddx", **scores)

        assert set(compared(judged("a", "x"), judged("b", ""))["group"]) == {"x, bond"}
        assert set(compared(judged("a", ""), judged("b", ""))["group"]) == {"bond"}
        among_two = compared(judged("a", "x"), judged("b", "y"), judged("c", ""))
        assert among_two.empty, "which of the two judges it would have had is not known"

    def test_equal_scores_have_a_p_of_one_and_no_interval(self) -> None:
        scores = {"score": [5.0, 4.0, 2.0], "judge": "x", "rubric": "bond", "threshold": 4.0}
        found = compared(*(answers(name, [1, 1, 0], "ddx", **scores) for name in "ab")).set_index("measure")
        assert found.loc["score", "p"] == 1
        assert math.isnan(found.loc["score", "difference_lower"])


def effects(reader: str, ratio: float, cases: int, noise: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng([cases, ord(reader)])
    finding = rng.gamma(2.0, 1.0, cases)
    both = ratio * finding + noise * rng.standard_normal(cases)
    columns = {"source": SOURCE, "effect_finding": finding, "effect_both": both, "evidence_type": "ct"}
    return pd.DataFrame({"reader": reader, "case_id": [f"c{place}" for place in range(cases)]} | columns)


class TestUptake:
    def test_a_difference_is_found_with_its_interval(self) -> None:
        found = reader_pairs(pd.DataFrame(), pd.concat([effects("a", 0.9, 100), effects("b", 0.4, 100)])).iloc[0]
        assert found["difference_lower"] < 0.5 < found["difference_upper"]
        assert found["p"] < 0.001

    def test_a_difference_that_is_the_same_in_every_case_has_the_p_of_a_sign_test_and_no_interval(self) -> None:
        exact = pd.concat([effects(name, ratio, 30, noise=0.0) for name, ratio in (("a", 0.9), ("b", 0.4))])
        row = reader_pairs(pd.DataFrame(), exact).iloc[0]
        assert row["difference"] == pytest.approx(0.5)
        assert row["p"] == pytest.approx(2**-29)
        assert math.isnan(row["difference_lower"])

    def test_too_few_cases_have_neither_interval_nor_p(self) -> None:
        few = pd.concat([effects("a", 0.9, FEW - 1), effects("b", 0.4, FEW - 1)])
        row = reader_pairs(pd.DataFrame(), few).iloc[0]
        assert row["note"] == TOO_FEW
        assert row[["difference_lower", "p", "p_holm"]].isna().all()


def pairs_of(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    names = ("reader", "other", "difference", "p_holm")
    rows_named = [dict(zip(names, row, strict=True)) | {"measure": "accuracy", "group": ""} for row in rows]
    return conform("reader_pairs", rows_named)


class TestRanks:
    def test_a_rank_has_the_uncertainty_of_its_pairs(self) -> None:
        pairs = pairs_of(("a", "b", 0.1, 0.2), ("a", "c", 0.3, 0.01), ("b", "c", 0.2, 0.3))
        values = pd.DataFrame({"measure": "accuracy", "reader": ["a", "b", "c"], "value": [0.9, 0.8, 0.6]})
        found = ranks(pairs, values).set_index("reader")
        assert found["rank"].tolist() == [1, 2, 3]
        assert found["rank_lower"].tolist() == [1, 1, 2]
        assert found["rank_upper"].tolist() == [2, 3, 3]
        assert found["letters"].to_dict() == {"a": "a", "b": "ab", "c": "b"}

    def test_equal_values_share_a_rank(self) -> None:
        values = pd.DataFrame({"measure": "accuracy", "reader": ["a", "b"], "value": [0.5, 0.5]})
        assert ranks(pairs_of(("a", "b", 0.0, 1.0)), values)["rank"].tolist() == [1, 1]


class TestLetters:
    @given(st.integers(1, 7), st.data())
    def test_items_share_a_letter_exactly_if_they_do_not_differ(self, count: int, data: st.DataObject) -> None:
        names = [f"r{place}" for place in range(count)]
        pairs = [frozenset(pair) for pair in combinations(names, 2)]
        different = {pair for pair in pairs if data.draw(st.booleans())}
        letters = letter_display(names, different)
        assert all(letters.values())
        for one, other in combinations(names, 2):
            shared = set(letters[one]) & set(letters[other])
            assert bool(shared) == (frozenset((one, other)) not in different)
