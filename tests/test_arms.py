"""The arms of a case, and what the answers of one arm give."""

from __future__ import annotations

import json
import math
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, Logprob, Logprobs, ModelOutput, TopLogprob

from case_sets import a_case
from medsyn_inspect.arms.design import Arm, Design, arms_of, audited_cases, permuted
from medsyn_inspect.arms.posteriors import average_permutations, to_canonical_order
from medsyn_inspect.arms.sources.logprobs import from_logprobs, gives_logprobs
from medsyn_inspect.arms.sources.samples import from_samples
from medsyn_inspect.arms.sources.verbalized import from_statement
from medsyn_inspect.cases.case import Case
from medsyn_inspect.records import ArmRecord, Condition

OPTIONS = ["Gout", "Septic arthritis", "Lupus", "Sarcoidosis", "Lyme disease"]


def case(**changes: object) -> Case:
    """History and examination, an electrocardiogram, an X-ray and a CT; in clinical order."""
    evidence = [
        {"type": name, "images": [{"path": f"images/{name}.png"}], "finding": f"The {name}."}
        for name in ("electrophysiology", "xray", "ct")
    ]
    raw = a_case(evidence=evidence, examination="A red toe.", final_diagnosis="Gout", options=OPTIONS)
    return Case.model_validate({**raw, **changes})


def labels(arms: list[Arm], view: str = "image") -> list[str]:
    """The arms of one view, without its name."""
    return [arm.name for arm in arms if arm.view == view]


def withheld(arms: list[Arm], label: str) -> set[str]:
    [arm] = [arm for arm in arms if arm.label == label]
    return set(arm.condition.withheld)


WITH_TEXT = Design(text_evidence=True)


class TestArmsOfACase:
    VISUAL = ("electrophysiology", "xray", "ct")

    def test_text_is_withheld_in_turn_where_it_is_asked_for_and_there(self) -> None:
        assert labels(arms_of(case(), WITH_TEXT)) == ["", "history", "examination", *self.VISUAL, "repeat"]
        assert labels(arms_of(case(examination="  "), WITH_TEXT)) == ["", "history", *self.VISUAL, "repeat"]
        assert withheld(arms_of(case(), WITH_TEXT), "finding-history") == {"history"}

    def test_each_type_alone_and_the_text_alone(self) -> None:
        arms = arms_of(case(), Design(only_one=True))
        assert labels(arms)[-4:] == ["visual", *(f"only_{name}" for name in self.VISUAL)]
        assert withheld(arms, "image-visual") == set(self.VISUAL)
        assert withheld(arms, "finding-only_xray") == {"electrophysiology", "ct"}

    def test_alone_means_beside_the_text_alone_also_where_few_types_are_of_interest(self) -> None:
        arms = arms_of(case(), Design(types=("ct",), only_one=True))
        assert labels(arms) == ["", "ct", "repeat", "visual", "only_ct"]
        assert withheld(arms, "image-visual") == set(self.VISUAL)
        assert withheld(arms, "image-only_ct") == {"electrophysiology", "xray"}

    def test_the_repeat_shows_everything_in_other_words(self) -> None:
        [repeat] = [arm for arm in arms_of(case()) if arm.label == "finding-repeat"]
        assert (repeat.condition, repeat.reworded, repeat.offset) == (Condition(view="finding"), True, 0)
        assert [arm.reworded for arm in arms_of(case()) if arm.name != "repeat"] == [False] * 8

    def test_other_orders_are_asked_in_the_first_view_only(self) -> None:
        arms = arms_of(case(), repeat=False, audit=(1, 4))
        assert labels(arms) == ["", *self.VISUAL, "order_1", "order_4"]
        assert labels(arms, "finding") == ["", *self.VISUAL]
        assert [(arm.offset, arm.condition) for arm in arms if arm.offset] == [(1, Condition()), (4, Condition())]
        bare = case(evidence=[{"type": "ct", "finding": "The ct."}])
        assert labels(arms_of(bare, audit=[2]), "finding") == ["", "ct", "repeat", "order_2"]

    def test_a_view_in_which_evidence_is_missing_is_not_asked(self) -> None:
        evidence = [
            {"type": "xray", "images": [{"path": "images/xray.png"}], "finding": "The xray."},
            {"type": "ct", "finding": "The ct."},
        ]
        assert {arm.view for arm in arms_of(case(evidence=evidence))} == {"finding"}

    @pytest.mark.parametrize("everything", [False, True])
    def test_no_two_arms_have_one_name(self, everything: bool) -> None:
        design = Design(text_evidence=everything, only_one=everything)
        arms = arms_of(case(), design, audit=range(1, 5) if everything else ())
        names = [arm.label for arm in arms]
        assert len(set(names)) == len(names) == (22 + 4 if everything else 10)


class TestAudit:
    IDS = tuple(f"case-{number:03}" for number in range(100))

    @pytest.mark.parametrize(
        ("share", "number"), [(0, 0), (0.001, 1), (0.07, 7), (0.1, 10), (0.145, 15), (0.29, 29), (1, 100)]
    )
    def test_the_share_is_rounded_up(self, share: float, number: int) -> None:
        assert len(audited_cases(self.IDS, share)) == number

    @given(st.permutations(IDS), st.integers(0, 100))
    def test_the_cases_drawn_depend_on_nothing_but_their_names(self, ids: list[str], percent: int) -> None:
        assert audited_cases(ids, percent / 100) == audited_cases(self.IDS, percent / 100)
        assert len(audited_cases(ids, percent / 100)) == percent

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_a_smaller_share_is_part_of_a_larger_one(self, one: float, other: float) -> None:
        assert audited_cases(self.IDS, min(one, other)) <= audited_cases(self.IDS, max(one, other))

    def test_nothing_is_drawn_from_nothing(self) -> None:
        assert audited_cases((), 0.5) == frozenset()


class TestOrders:
    @given(st.lists(st.integers(), min_size=2, max_size=8, unique=True), st.data())
    def test_numbers_and_letter_come_back_to_their_options(self, values: list[int], data: st.DataObject) -> None:
        rotation = data.draw(st.integers(0, len(values) - 1))
        own = ArmRecord(
            answer=ascii_uppercase[data.draw(st.integers(0, len(values) - 1))],
            posterior=[float(value) for value in values],
            lower=[value - 1.0 for value in values],
            upper=[value + 1.0 for value in values],
            counts=values,
            n=1,
        )
        place = ascii_uppercase.index(own.answer or "")
        names = [f"option {number}" for number in range(len(values))]
        shown = permuted(names, rotation)
        as_shown = own.model_copy(
            update={
                "answer": ascii_uppercase[shown.index(names[place])],
                **{
                    name: list(permuted(getattr(own, name), rotation))
                    for name in ("posterior", "lower", "upper", "counts")
                },
            }
        )
        assert to_canonical_order(as_shown, rotation, len(values)) == own

    def test_what_is_not_there_stays_away(self) -> None:
        failed = ArmRecord(error="timeout", n=0)
        assert to_canonical_order(failed, 2, 5) == failed

    def test_the_mean_over_orders_is_geometric_and_normalised(self) -> None:
        records = [
            ArmRecord(answer="A", source="logprobs", posterior=[0.8, 0.1, 0.1], option_mass=0.9, n=1),
            ArmRecord(answer="B", source="logprobs", posterior=[0.2, 0.4, 0.4], option_mass=0.7, n=1),
        ]
        mean = average_permutations(records)
        roots = [math.sqrt(0.16), math.sqrt(0.04), math.sqrt(0.04)]
        assert mean.posterior == pytest.approx([root / sum(roots) for root in roots], abs=1e-12)
        assert (mean.answer, mean.source, mean.option_mass, mean.orders, mean.n) == ("A", "logprobs", 0.7, 2, 2)

    @given(
        st.integers(2, 6).flatmap(
            lambda options: st.lists(
                st.lists(st.floats(1e-6, 1), min_size=options, max_size=options), min_size=1, max_size=6
            )
        )
    )
    def test_log_odds_are_averaged(self, orders: list[list[float]]) -> None:
        posteriors = [[value / math.fsum(values) for value in values] for values in orders]
        mean = average_permutations([ArmRecord(posterior=values, n=1) for values in posteriors]).posterior or []
        assert math.fsum(mean) == pytest.approx(1)
        for place in range(1, len(mean)):
            odds = [math.log(values[place] / values[0]) for values in posteriors]
            assert math.log(mean[place] / mean[0]) == pytest.approx(math.fsum(odds) / len(odds), abs=1e-4)

    def test_an_option_that_one_order_rules_out_does_not_end_the_mean(self) -> None:
        mean = average_permutations([ArmRecord(posterior=[1, 0], n=1), ArmRecord(posterior=[0.5, 0.5], n=1)])
        assert mean.posterior == pytest.approx([1, 1e-6], abs=2e-6)

    def test_an_order_without_posterior_leaves_none_and_keeps_the_answer(self) -> None:
        given = ArmRecord(answer="B", source="logprobs", posterior=[0.2, 0.8], n=1)
        mean = average_permutations([given, ArmRecord(answer="A", n=1, error="no token probabilities"), given])
        assert (mean.posterior, mean.answer, mean.n, mean.orders) == (None, "B", 3, 3)
        assert mean.error == "no token probabilities"

    def test_an_order_whose_call_failed_makes_the_arm_one_to_be_asked_again(self) -> None:
        given = ArmRecord(answer="B", source="logprobs", posterior=[0.2, 0.8], n=1)
        unread = ArmRecord(answer="A", n=1, error="no token probabilities")
        mean = average_permutations([given, unread, ArmRecord(error="timeout")])
        assert (mean.posterior, mean.answer, mean.n, mean.error) == (None, None, 0, "timeout")


def output(text: str, *tokens: tuple[str, dict[str, float]], logprobs: bool = True, stop: str = "stop") -> ModelOutput:
    """An answer with, for each token, the probabilities of its candidates."""
    content = [
        Logprob(
            token=token,
            logprob=math.log(candidates[token]),
            top_logprobs=[TopLogprob(token=name, logprob=math.log(p)) for name, p in candidates.items()],
        )
        for token, candidates in tokens
    ]
    choice = ChatCompletionChoice(
        message=ChatMessageAssistant(content=text),
        stop_reason=stop,  # type: ignore[arg-type]
        logprobs=Logprobs(content=content) if logprobs else None,
    )
    return ModelOutput(model="scripted", choices=[choice])


class TestRecords:
    CUT = ("B", {"B": 0.5, "A": 0.25, "The": 0.125})

    def test_a_list_that_is_cut_off_gives_bounds(self) -> None:
        record = from_logprobs(output("B", self.CUT), ["x", "y", "z"])
        # The third letter is at most as probable as the last candidate, 1/8; half of that is taken.
        assert record.posterior == pytest.approx([0.25 / 0.8125, 0.5 / 0.8125, 0.0625 / 0.8125], abs=1e-9)
        assert record.lower == pytest.approx([0.25 / 0.875, 0.5 / 0.875, 0], rel=5e-3)
        assert record.upper == pytest.approx([0.25 / 0.75, 0.5 / 0.75, 0.125 / 0.875], rel=5e-3)
        assert record.option_mass == pytest.approx(0.75)

    def test_a_certain_letter_of_google_s_is_the_only_one_left_out(self) -> None:
        lone = output("B\n", ("\n", {"\n": 0.75, ".": 0.25}))
        assert from_logprobs(lone, OPTIONS).posterior is None
        assert from_logprobs(lone, OPTIONS, drops_certain_tokens=True).posterior == [0, 1, 0, 0, 0]
        # The letter of an answer by name is in no token, certain or not.
        by_name = output("Lupus", ("Lup", {"Lup": 0.75, "G": 0.25}), ("us", {"us": 0.5, "in": 0.5}))
        assert from_logprobs(by_name, OPTIONS, drops_certain_tokens=True).posterior is None

    def test_whether_a_model_gives_token_probabilities_is_not_told_by_a_blocked_answer(self) -> None:
        assert gives_logprobs(output("B", self.CUT)) is True
        assert gives_logprobs(output("B")) is True
        assert gives_logprobs(output("B", logprobs=False)) is False
        assert gives_logprobs(output("", logprobs=False)) is None
        assert gives_logprobs(output("I can't", logprobs=False, stop="content_filter")) is None
        assert gives_logprobs(ModelOutput(model="scripted")) is None

    def test_the_record_of_a_case_with_every_letter_fits_into_a_summary(self) -> None:
        """Of a longer one, Inspect would leave nothing in the summary, and the analysis would miss the arm."""
        names = [f"Disease {number}" for number in range(26)]
        cut = {letter: 1 / (number + 30.1) for number, letter in enumerate(ascii_uppercase[:20])}
        longest = [
            from_logprobs(output("A", ("A", cut)), names),
            from_samples(
                [*((f"Answer: {letter}", "stop") for letter in ascii_uppercase * 7), ("诊" * 999, "stop")], names
            ),
            from_statement(json.dumps(dict.fromkeys(ascii_uppercase, 1 / 26)), names),
        ]
        for record in [*longest, average_permutations([longest[0]] * 26)]:
            assert record.posterior is not None
            assert len(record.posterior) == 26
            assert (
                len(json.dumps(record.model_dump(mode="json", exclude_none=True), ensure_ascii=False).encode()) < 1024
            )


class TestReadingTheAnswersOfAnArm:
    def test_a_letter_at_once_is_the_answer_even_if_the_rest_was_cut(self) -> None:
        given = output("B\n\nThe crystals", TestRecords.CUT, stop="max_tokens")
        assert from_logprobs(given, OPTIONS).answer == "B"

    def test_any_other_answer_that_was_cut_is_unread_and_kept(self) -> None:
        given = output("The answer is B, beca", ("The", {"The": 1.0}), stop="max_tokens")
        record = from_logprobs(given, OPTIONS)
        assert (record.answer, record.posterior, record.unread) == (None, None, "The answer is B, beca")

    def test_of_several_answers_those_that_were_cut_count_for_no_option(self) -> None:
        record = from_samples([("Answer: B", "stop"), ("Answer: A", "max_tokens")], OPTIONS)
        assert (record.counts, record.unreadable, record.unread) == ([0, 1, 0, 0, 0], 1, "Answer: A")

    def test_stated_probabilities_that_were_cut_are_unread(self) -> None:
        stated = '{"A": 0.5, "B": 0.5}'
        record = from_statement(stated, ["x", "y"], stop_reason="max_tokens")
        assert (record.posterior, record.error, record.unread) == (None, "the answer was cut off (max_tokens)", stated)

    def test_several_orders_keep_the_unread_answer_of_the_one_without_posterior(self) -> None:
        unread = from_samples([("no idea", "stop")], OPTIONS)
        assert average_permutations([from_samples([("B", "stop")], OPTIONS), unread]).unread == "no idea"
