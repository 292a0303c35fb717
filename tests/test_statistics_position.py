"""Position bias from cyclic orders, and belief on the way: against closed forms."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from case_sets import a_case
from medsyn_inspect.analysis import analyze_logs, interim_beliefs, position_bias, stage_summary
from medsyn_inspect.analysis.schema import FRAMES
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import PLAIN
from medsyn_inspect.reference.belief import Gains, Shown, belief, weights_of
from medsyn_inspect.tasks import ddx, fdx, sensitivity
from running import HEART, LUNG, WHOLE, run, write_known
from statistics_worlds import arm, frame

OPTIONS = ("a", "b", "c", "d")


def believed(logits: tuple[float, ...], shift: int = 0, bias: float = 0.0) -> tuple[float, ...]:
    """A belief when the options are shifted by so many places, in their own order; the first one shown is favoured."""
    shown = (*OPTIONS[shift:], *OPTIONS[:shift])
    weights = {"prior": dict(zip(OPTIONS, logits, strict=True))}
    of = dict(zip(shown, belief(shown, weights, {}, Gains(), position_bias=bias), strict=True))
    return tuple(of[name] for name in OPTIONS)


def audited(*cases: tuple[float, ...], bias: float = 0.0, **how: Any) -> pd.DataFrame:
    return frame(
        *(
            arm(believed(logits, shift, bias), withheld=f"order_{shift}" if shift else "", case=f"c{number}", **how)
            for number, logits in enumerate(cases)
            for shift in range(len(OPTIONS))
        )
    )


class TestPlaces:
    @given(st.lists(st.tuples(*[st.floats(-3, 3)] * 4), min_size=1, max_size=5))
    def test_a_reader_that_minds_only_what_the_options_say_puts_the_same_on_every_place(
        self, cases: list[tuple[float, ...]]
    ) -> None:
        places, readers = position_bias(audited(*cases))
        assert list(places["letter"]) == ["A", "B", "C", "D"]
        assert list(places["probability"]) == pytest.approx([1 / 4] * 4, abs=1e-12)
        assert set(places["expected"]) == {1 / 4}
        assert readers["order_divergence"].item() == pytest.approx(0, abs=1e-9)

    @given(st.lists(st.tuples(*[st.floats(-3, 3)] * 4), min_size=1, max_size=5), st.floats(-2, 2))
    def test_a_favoured_first_place_attracts_what_the_belief_says(
        self, cases: list[tuple[float, ...]], bias: float
    ) -> None:
        places, _ = position_bias(audited(*cases, bias=bias))
        odds = [[math.exp(logit) for logit in logits] for logits in cases]
        first = [
            math.exp(bias) * option / (sum(case) - option + math.exp(bias) * option) for case in odds for option in case
        ]
        assert places["probability"][0] == pytest.approx(np.mean(first), abs=1e-9)
        assert places["probability"].sum() == pytest.approx(1)

    def test_equal_options_have_a_closed_form(self) -> None:
        places, _ = position_bias(audited((0.0,) * 4, (0.0,) * 4, bias=1.0))
        assert list(places["probability"]) == pytest.approx([math.e / (math.e + 3), *[1 / (math.e + 3)] * 3])
        assert list(places["n"]) == [2] * 4
        assert places["probability_lower"].isna().all(), "equal values have no interval"

    def test_the_geometric_mean_over_orders_is_the_belief_without_bias(self) -> None:
        logits = (1.0, 0.4, -0.3, 0.0)
        _, readers = position_bias(audited(logits, bias=1.5))
        expected = jensenshannon(believed(logits, 0, 1.5), believed(logits), base=2) ** 2
        assert readers["order_divergence"].item() == pytest.approx(expected, abs=1e-9)
        assert math.isnan(readers["order_divergence_lower"].item()), "one case has no interval"

    def test_a_changed_answer_in_any_order_counts(self) -> None:
        _, readers = position_bias(audited((1.0, 0.5, 0.0, 0.0), (9.0, 0.0, 0.0, 0.0), bias=1.0))
        assert (readers["order_changes"].item(), readers["order_cases"].item()) == (0.5, 2)
        assert 0 < readers["order_changes_lower"].item() < 0.5 < readers["order_changes_upper"].item() < 1

    def test_order_0_goes_before_the_full_arm_which_may_be_an_average(self) -> None:
        table = audited((1.0, 0.0, 0.0, 0.0), bias=2.0)
        in_first = table[table["withheld"] == ""].assign(withheld="order_0")
        averaged = frame(arm((0.25,) * 4, case="c0"))
        with_average = pd.concat([table[table["withheld"] != ""], in_first, averaged])
        pd.testing.assert_frame_equal(position_bias(with_average)[0], position_bias(table)[0])

    def test_a_case_that_lacks_an_order_is_left_out(self) -> None:
        table = audited((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0))
        broken = (table["case_id"] == "c1") & (table["withheld"] == "order_2")
        table.loc[broken, "error"] = "timeout"
        places, readers = position_bias(table)
        assert list(places["n"]) == [1] * 4
        assert readers["order_cases"].item() == 1

    def test_from_samples_there_is_no_divergence_which_chance_alone_would_make(self) -> None:
        counts = [(10, 5, 3, 2), (8, 6, 4, 2), (9, 5, 4, 2), (10, 4, 4, 2)]
        table = frame(*(arm(counts=c, withheld=f"order_{shift}" if shift else "") for shift, c in enumerate(counts)))
        places, readers = position_bias(table)
        assert readers["order_divergence"].isna().all()
        assert places["probability"].sum() == pytest.approx(1)

    def test_without_an_audit_there_are_no_rows(self) -> None:
        places, readers = position_bias(frame(arm((0.5, 0.5)), arm((0.6, 0.4), withheld="ct")))
        assert (len(places), len(readers)) == (0, 0)
        assert tuple(places.columns) == FRAMES["orders"].names

    def test_the_reference_reader_shows_the_bias_that_it_was_given(self, tmp_path: Path) -> None:
        folder = write_known(tmp_path / "set")
        task = sensitivity(cases=str(folder), types="ct", order_audit=1)
        run(task, "reference/reader", tmp_path / "logs", model_args={"cases": str(folder), "position_bias": 0.8})
        found = analyze_logs(tmp_path / "logs")
        case_set = load_cases(folder)
        at_first = []
        for case in case_set.cases:
            shown = {"history": Shown("text"), "examination": Shown("text")}
            shown |= {piece.type.value: Shown("image") for piece in case.evidence}
            options = option_order(case)
            for shift in range(len(options)):
                order = (*options[shift:], *options[:shift])
                at_first.append(belief(order, weights_of(case_set)[case.case_id], shown, Gains(), position_bias=0.8)[0])
        assert found.orders["probability"][0] == pytest.approx(np.mean(at_first), abs=1e-9)
        assert found.readers["order_cases"].item() == len(case_set.cases)


def consultation(answers: list[str | None], posteriors: list[Any] | None = None, **changes: Any) -> pd.DataFrame:
    """A case asked by turns, as `read_logs` gives it."""
    run = {"log": ""} | PLAIN.replace(staging="turns").columns()
    rows = [
        run
        | {"reader": "r", "question": "fdx", "case_id": "c1", "epoch": 1, "number": number, "stage": f"s{number}"}
        | {"final": number == len(answers), "answer": answer, "correct": float(answer == "A")}
        | {"posterior": posteriors[number - 1] if posteriors else None}
        | changes
        for number, answer in enumerate(answers, 1)
    ]
    return pd.DataFrame(rows)


class TestOnTheWay:
    @pytest.mark.parametrize(
        ("answers", "reached", "settled"),
        [("AABB", 3, 3), ("BABB", 1, 3), ("AAAA", 1, 1), ("ABA", 1, 3), ("A", 1, 1), ("ABC", 3, 3)],
    )
    def test_when_the_last_answer_is_first_given_and_when_it_stays(
        self, answers: str, reached: int, settled: int
    ) -> None:
        found = interim_beliefs(consultation(list(answers)))
        assert set(found["first_reached"]) == {reached}
        assert set(found["settled_at"]) == {settled}

    def test_an_unreadable_answer_is_never_the_last_answer(self) -> None:
        found = interim_beliefs(consultation(["A", None, "A"]))
        assert (found["first_reached"][0], found["settled_at"][0]) == (1, 3)
        found = interim_beliefs(consultation(["A", None]))
        assert found[["first_reached", "settled_at"]].isna().all().all()

    def test_diagnoses_are_the_same_in_whatever_case_they_are_written(self) -> None:
        assert set(interim_beliefs(consultation(["Gout", "gout "]))["settled_at"]) == {1}

    @given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=8))
    def test_from_where_it_settled_nothing_else_is_said(self, answers: list[str]) -> None:
        found = interim_beliefs(consultation(list(answers)))
        settled, reached = int(found["settled_at"][0]), int(found["first_reached"][0])
        assert reached <= settled
        assert set(answers[settled - 1 :]) == {answers[-1]}
        assert settled == 1 or answers[settled - 2] != answers[-1]
        assert answers.index(answers[-1]) == reached - 1

    def test_entropy_and_movement_are_in_bits(self) -> None:
        found = interim_beliefs(consultation(["A", "A", "B"], [(0.25,) * 4, (0.5, 0.5, 0, 0), (0, 0, 0.5, 0.5)]))
        assert list(found["entropy"]) == pytest.approx([2, 1, 1])
        assert math.isnan(found["movement"][0])
        assert found["movement"][1] == pytest.approx(jensenshannon([0.25] * 4, [0.5, 0.5, 0, 0], base=2) ** 2)
        assert found["movement"][2] == pytest.approx(1)

    def test_a_case_does_not_move_from_another_one_and_stages_are_put_in_order(self) -> None:
        two = [consultation(["A", "A"], [(0.9, 0.1)] * 2, case_id=case) for case in ("c1", "c2")]
        found = interim_beliefs(pd.concat(two).sample(frac=1, random_state=1))
        assert list(found["number"]) == [1, 2, 1, 2]
        assert found["movement"].isna().tolist() == [True, False, True, False]

    def test_the_summary_has_shares_over_the_cases_that_have_the_stage(self) -> None:
        cases = [consultation(list(answers), case_id=f"c{k}") for k, answers in enumerate(("AA", "BA", "BB", "A"))]
        found = stage_summary(interim_beliefs(pd.concat(cases))).set_index("stage")
        assert (found["n"]["s1"], found["correct"]["s1"], found["settled"]["s1"]) == (4, 0.5, 0.75)
        assert (found["n"]["s2"], found["correct"]["s2"], found["settled"]["s2"]) == (3, pytest.approx(2 / 3), 1)

    def test_stages_are_in_clinical_order_and_the_last_of_each_case_at_the_end(self) -> None:
        stages = ({1: "presentation", 2: "microscopy"}, {1: "presentation", 2: "imaging", 3: "a stage of their own"})
        cases = [consultation(["B"] * (len(named) - 1) + ["A"], case_id=f"c{len(named)}").assign(
            stage=list(named.values())) for named in stages]  # fmt: skip
        found = stage_summary(interim_beliefs(pd.concat(cases)))
        assert found["stage"].tolist() == [
            "presentation", "imaging", "microscopy", "a stage of their own", "all evidence",
        ]  # fmt: skip
        assert found["n"].tolist() == [2, 1, 1, 1, 2]
        assert (found["correct"].iloc[0], found["correct"].iloc[-1]) == (0, 1)

    def test_repeated_answers_to_a_case_do_not_narrow_the_interval(self) -> None:
        cases = [consultation(["A"], case_id=f"c{place}", correct=float(place % 2)) for place in range(6)]
        once = stage_summary(interim_beliefs(pd.concat(cases)))
        again = pd.concat([case.assign(epoch=epoch) for case in cases for epoch in (1, 2, 3)])
        thrice = stage_summary(interim_beliefs(again))
        assert thrice["n"].tolist() == [3 * n for n in once["n"]]
        columns = ["correct", "correct_lower", "correct_upper"]
        assert thrice[columns].equals(once[columns])

    def test_the_belief_in_the_right_option_and_its_entropy_are_means_over_cases(self) -> None:
        beliefs = {"c1": (0.5, 0.5, 0.0, 0.0), "c2": (0.25,) * 4}
        cases = [consultation(["A"], [belief], case_id=case, correct_letter="B") for case, belief in beliefs.items()]
        found = stage_summary(interim_beliefs(pd.concat(cases))).iloc[0]
        assert found["probability"] == pytest.approx(0.375)
        assert found["relative_entropy"] == pytest.approx((0.5 + 1) / 2)
        nothing = stage_summary(interim_beliefs(consultation(["A"]))).iloc[0]
        assert nothing[["probability", "relative_entropy"]].isna().all()

    def test_of_a_differential_only_the_last_answer_is_judged(self) -> None:
        found = stage_summary(interim_beliefs(consultation(["A", "A"], question="ddx")))
        assert found["correct"].isna().all()

    def test_the_reference_reader_by_turns_is_its_belief_in_what_was_shown_so_far(self, tmp_path: Path) -> None:
        folder = write_known(tmp_path / "set")
        run(
            fdx(cases=str(folder), staging="turns"),
            "reference/reader",
            tmp_path / "logs",
            model_args={"cases": str(folder)},
        )
        stages = analyze_logs(tmp_path / "logs").stages
        case_set = load_cases(folder)
        weights = weights_of(case_set)
        so_far = {
            HEART: [["electrophysiology"], ["ultrasound"]],
            LUNG: [["xray", "ct"]],
        }
        for case_id, groups in so_far.items():
            [case] = [case for case in case_set.cases if case.case_id == case_id]
            shown = {"history": Shown("text"), "examination": Shown("text")}
            beliefs = [belief(option_order(case), weights[case_id], shown, Gains())]
            for types in groups:
                shown |= {name: Shown("image") for name in types}
                beliefs.append(belief(option_order(case), weights[case_id], shown, Gains()))
            rows = stages[stages["case_id"] == case_id]
            assert list(rows["final"]) == [False] * len(groups) + [True]
            for row, truth in zip(rows.to_dict("records"), beliefs, strict=True):
                assert row["posterior"] == pytest.approx(truth, abs=1e-4)
                assert row["entropy"] == pytest.approx(entropy(truth, base=2), abs=1e-3)
            moved = jensenshannon(beliefs[0], beliefs[1], base=2) ** 2
            assert rows["movement"].iloc[1] == pytest.approx(moved, abs=1e-3)

    def test_a_differential_interim_is_its_first_diagnosis(self, tmp_path: Path) -> None:
        folder = write_known(tmp_path / "set")
        run(
            ddx(cases=str(folder), staging="turns"),
            "reference/reader",
            tmp_path / "logs",
            model_args={"cases": str(folder)},
        )
        stages = analyze_logs(tmp_path / "logs").stages
        options = {case.case_id: case.options or () for case in load_cases(folder).cases}
        assert all(row["answer"] in options[row["case_id"]] for row in stages.to_dict("records"))
        assert stages["settled_at"].notna().all()
        assert stages["posterior"].isna().all()
        assert len(stages[stages["case_id"] == WHOLE]) > 5

    def test_what_does_not_fit_into_a_summary_is_said(self, tmp_path: Path) -> None:
        long = "A disease with a name of well over forty characters, which is cut"
        cases = [a_case(options=[f"{long} {number}" for number in range(9)] + ["Gout"])]
        folder = write_known(tmp_path / "set", cases)
        log = run(
            fdx(cases=str(folder), staging="turns"),
            "reference/reader",
            tmp_path / "logs",
            model_args={"cases": str(folder)},
        )
        from inspect_ai.log import write_eval_log

        [sample] = log.samples or []
        [score] = (sample.scores or {}).values()
        assert score.metadata is not None
        score.metadata["interim"] = [{"stage": "presentation", "answer": "A", "posterior": "0.1 " * 40}] * 20
        write_eval_log(log, log.location)
        found = analyze_logs(tmp_path / "logs")
        assert found.stages.empty
        assert any("the interim answers of 1 case left out" in note for note in found.notes)
