"""Which token names the option of an answer, and what its probabilities are worth."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai import eval
from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, ModelUsage, get_model

from medsyn_inspect.analysis.findings import analyze_logs, findings_of
from medsyn_inspect.analysis.read.rows import arm_row, shares
from medsyn_inspect.answers.choice import opening_letter
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.posterior import NotProbabilities, letter_posterior
from medsyn_inspect.answers.tokens import reader_answer
from medsyn_inspect.arms.posteriors import MIXED, average_permutations
from medsyn_inspect.arms.sources.logprobs import from_logprobs
from medsyn_inspect.planning.plan import plan_of
from medsyn_inspect.records import AFTER_REASONING, DIRECT, ArmRecord, StageAnswer
from medsyn_inspect.report.terminal import print_findings
from medsyn_inspect.tasks import sensitivity
from statistics_worlds import exact, world
from test_analysis import answers
from test_arms import OPTIONS, output

LETTER = ("B", {"B": 0.5, "A": 0.25, "C": 0.25})
LAST = ("B", {"B": 0.98, "A": 0.02})


def word(text: str, p: float = 1.0) -> tuple[str, dict[str, float]]:
    return text, {text: p, "else": 1 - p or 1e-300}


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("B", 0),
        ("\n **B**", 4),
        ("(B) Septic arthritis", 1),
        ("Answer: B", 8),
        ("**Final answer:** B, because it is red", 18),
        ("The answer is B.", 14),
        (r"$\boxed{B}$", 8),
        ("答案：B", 3),
        ("A 45-year-old man. Answer: B", None),
        ("The joint is red.\nAnswer: B", None),
        ("Lupus", None),
        ("", None),
    ],
)
def test_the_letter_that_an_answer_begins_with(answer: str, place: int | None) -> None:
    assert opening_letter(answer, OPTIONS) == (None if place is None else (place, place + 1))


def test_the_first_token_counts_where_a_later_statement_repeats_it() -> None:
    given = output("B\nAnswer: B", LETTER, word("\n"), word("Answer"), word(":"), LAST)
    found = option_posterior(reader_answer("single", given), OPTIONS, direct=True)
    assert (found.source, found.probabilities) == (DIRECT, pytest.approx([0.25, 0.5, 0.25, 0, 0]))


def test_a_correction_counts_with_what_was_written_before_it() -> None:
    first = ("A", {"A": 0.5, "B": 0.5})
    given = output("Answer: A\nWait.\nAnswer: B", word("Answer: "), first, word("\nWait.\nAnswer:"), LAST)
    found = option_posterior(reader_answer("single", given), OPTIONS)
    assert (found.source, found.prefix) == (AFTER_REASONING, pytest.approx(0.5))
    assert found.option_mass == pytest.approx(0.5)


def test_reasoning_before_a_letter_makes_it_one_after_reasoning() -> None:
    written = output("<think>Red.</think>B", word("<think>Red.</think>"), LETTER)
    unseen = output("B", LETTER)
    unseen.choices[0].message.content = [ContentReasoning(reasoning="The joint is red."), ContentText(text="B")]
    counted = output("B", LETTER)
    counted.usage = ModelUsage(reasoning_tokens=12)
    sources = [from_logprobs(given, OPTIONS).source for given in (written, unseen, counted)]
    assert sources == [AFTER_REASONING] * 3


def test_an_empty_reasoning_block_is_none() -> None:
    tokens = (word("<think>"), word("\n\n"), word("</think>"), word("\n\n"), LETTER)
    assert from_logprobs(output("<think>\n\n</think>\n\nB", *tokens), OPTIONS).source == DIRECT


def test_the_arm_answers_with_its_most_probable_option() -> None:
    drawn = ("B", {"A": 0.6, "B": 0.4})
    assert from_logprobs(output("B", drawn), OPTIONS).answer == "A"


def test_characters_of_which_a_server_sends_halves_cost_nothing() -> None:
    tokens = (word("答"), word("\ufffd"), word("\ufffd"), word("："), LETTER)
    found = option_posterior(reader_answer("single", output("答案：B", *tokens)), OPTIONS)
    assert found.probabilities == pytest.approx([0.25, 0.5, 0.25, 0, 0])


class TestNumbers:
    def test_a_chosen_token_outside_the_list_is_added_and_does_not_lower_the_bound_of_others(self) -> None:
        listed = {"A": math.log(0.5), "The": math.log(0.2)}
        found = letter_posterior(listed, "ABC", chosen=("B", math.log(0.01)))
        assert found is not None
        assert found.covered == pytest.approx(0.51)
        # The missing letter may be as probable as the last of the list, 0.2.
        assert found.probabilities[2] == pytest.approx(0.1 / 0.61)
        first = letter_posterior({"B": math.log(0.01)} | listed, "ABC", chosen=("B", math.log(0.01)))
        assert first == found

    @pytest.mark.parametrize("least", [-9999.0, -math.inf])
    def test_a_placeholder_is_a_missing_letter_and_not_an_impossible_one(self, least: float) -> None:
        found = letter_posterior({"A": math.log(0.6), "B": math.log(0.3), "C": least}, "ABC")
        assert found == letter_posterior({"A": math.log(0.6), "B": math.log(0.3)}, "ABC")
        assert found is not None
        assert found.upper[2] > found.probabilities[2] > 0

    @pytest.mark.parametrize("wrong", [math.nan, math.inf, 0.5])
    def test_what_is_no_log_probability_is_refused(self, wrong: float) -> None:
        with pytest.raises(NotProbabilities, match="the log probability of 'C' is"):
            letter_posterior({"A": math.log(0.6), "C": wrong}, "ABC")
        with pytest.raises(NotProbabilities, match="the log probability of 'C' is"):
            letter_posterior({"A": math.log(0.6)}, "ABC", chosen=("C", wrong))

    def test_rounding_above_0_is_1(self) -> None:
        found = letter_posterior({"A": 1e-4, "B": -12.0}, "AB")
        assert found is not None
        assert found.covered == 1

    def test_more_than_everything_is_refused(self) -> None:
        with pytest.raises(NotProbabilities, match=r"sum to 1\.5"):
            letter_posterior({"A": math.log(0.9), "B": math.log(0.6)}, "AB")


class TestFrames:
    @pytest.mark.parametrize("value", [[0.5, math.nan], [1.5, -0.5], [math.inf, 0]])
    def test_a_posterior_that_is_none_does_not_reach_a_frame(self, value: list[float]) -> None:
        assert shares(value) is None
        row = arm_row(ArmRecord(answer="A", source=DIRECT, posterior=value, n=1), "A")
        assert (row["posterior"], row["error"]) == (
            None,
            "the posterior in the log has numbers that are no probabilities",
        )

    def test_orders_answered_at_once_and_after_reasoning_are_not_averaged(self) -> None:
        records = [
            ArmRecord(answer="A", source=source, posterior=[0.7, 0.3], n=1) for source in (DIRECT, AFTER_REASONING)
        ]
        mean = average_permutations(records)
        assert (mean.posterior, mean.error, mean.n) == (None, MIXED, 2)

    def test_an_arm_after_reasoning_is_not_compared_with_direct_ones_of_the_reader(self) -> None:
        arms = exact(world(np.random.default_rng(1), 6, 0.6, 0.3, 0.1))
        late = (arms["case_id"] == arms["case_id"][0]) & (arms["view"] == "image") & (arms["withheld"] == "ct")
        whole = findings_of(arms=arms).sensitivity
        found = findings_of(arms=arms.assign(source=arms["source"].mask(late, AFTER_REASONING)))
        assert whole["S_image"].notna().all()
        assert found.sensitivity["S_image"].isna().sum() == 1
        assert found.sensitivity["S_finding"].tolist() == whole["S_finding"].tolist()
        assert any(
            "1 of 24 arms without a posterior; first error: the letter comes after" in note for note in found.notes
        )


def answering(text: str, *tokens: tuple[str, dict[str, float]]) -> Any:
    """A model that gives this answer with these tokens to a direct question, and an answer in a line to any other."""

    def reply(messages: Any, tools: Any, choice: Any, config: Any) -> ModelOutput:
        given = output(text, *tokens) if config.logprobs else output("Answer: A", logprobs=False)
        given.usage = None
        return given

    return get_model("mockllm/model", custom_outputs=reply, memoize=False)


class TestFallback:
    """`posterior=auto` with a model that gives token probabilities of which no direct posterior comes."""

    @pytest.fixture
    def fell_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        prose = (word("The joint is red.\n", 0.5), word("Answer:"), LETTER)
        made = sensitivity(samples=2, order_audit=0, types="ct")
        model = answering("The joint is red.\nAnswer: B", *prose)
        log = eval(made, model, limit=2, log_dir=str(tmp_path), display="none", max_samples=1)[0]
        assert log.status == "success"
        return tmp_path

    def test_a_note_says_why_in_log_screen_and_findings(
        self, fell_back: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = "the letter comes after other text or reasoning"
        found = analyze_logs(fell_back)
        assert set(found.arms["source"]) == {"samples"}
        assert set(found.arms.loc[found.arms["withheld"] == "", "note"].dropna()) == {words}
        [note] = [note for note in found.notes if "although token probabilities came" in note]
        assert words in note
        print_findings(found, None)
        assert "although token probabilities came" in " ".join(capsys.readouterr().out.split())


def test_whether_a_model_gives_them_follows_the_facts_and_the_effort() -> None:
    def remarks(effort: str | None) -> str:
        planned = plan_of("sensitivity", {"posterior": "logprobs"}, ["openai/gpt-5.1"], {}, reasoning_effort=effort)
        return " ".join(planned.remarks)

    assert "gives no token probabilities" not in remarks(None) + remarks("none")
    assert "gives no token probabilities at reasoning effort high (it does at none)" in remarks("high")


def test_fdx_names_the_answers_without_a_posterior() -> None:
    runs = answers([1, 1, 0]).assign(
        posterior_source=[AFTER_REASONING, None, None], no_posterior=[None, "the log probability of 'C' is nan", None]
    )
    notes = " ".join(findings_of(runs=runs).notes)
    assert "in 1 of 3 answers the letter comes after other text" in notes
    assert (
        "1 of 3 answers without a posterior although token probabilities came; most frequent reason: the log" in notes
    )


def test_a_record_keeps_the_prefix_in_a_log(tmp_path: Path) -> None:
    record = from_logprobs(output("Red.\nAnswer: B", word("Red.\nAnswer:", 0.25), LETTER), OPTIONS)
    kept = ArmRecord.model_validate(json.loads(json.dumps(record.model_dump(mode="json", exclude_none=True))))
    assert (kept.source, kept.prefix, kept.option_mass) == (AFTER_REASONING, pytest.approx(0.25), pytest.approx(0.25))


def test_a_stage_marks_a_posterior_after_reasoning() -> None:
    written = ("*0.2500 0.7500", "0.5 0.5")
    late, direct = (StageAnswer(stage="imaging", answer="B", posterior=text) for text in written)
    assert (late.direct, late.probabilities) == (False, (0.25, 0.75))
    assert (direct.direct, direct.probabilities) == (True, (0.5, 0.5))
