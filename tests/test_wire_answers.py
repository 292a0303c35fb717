"""From what a provider answers to what the score says: probabilities, cut and blocked answers, failed calls."""

from __future__ import annotations

import pytest

from medsyn_inspect.records import ChoiceRecord
from medsyn_inspect.tasks import fdx
from wire.dialects import ANTHROPIC, GOOGLE, Fail, Say, Token
from wire.evaluating import Evaluate, sample_of, score_of
from wire.providers import (
    CLAUDE,
    CLAUDE_WHOLE,
    COMPATIBLE,
    GEMINI,
    GPT_4O,
    GPT_4O_RESPONSES,
    GPT_5,
    PROVIDERS,
    Provider,
)
from wire.replies import BELIEF, chosen, sure
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
with_probabilities = pytest.mark.parametrize(
    "provider",
    [GPT_4O, GPT_4O_RESPONSES, GEMINI, COMPATIBLE],
    ids=["openai chat", "openai responses", "google", "openai-compatible"],
)


def record_of(log: object, case: str = "chest") -> ChoiceRecord:
    """The metadata of a case's score, as the analysis reads it."""
    return ChoiceRecord.model_validate(score_of(log, case).metadata)


@with_probabilities
def test_the_posterior_is_what_the_server_gave_at_the_letter(
    provider: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    wire.script(provider.model, chosen("B", BELIEF))

    log = evaluate(fdx, provider.at(wire), sample_id="chest")

    record = record_of(log)
    assert record.choice == "B"
    assert record.posterior == pytest.approx([0.125, 0.5, 0.25, 0.0625, 0.0625], abs=1e-9)
    assert (record.posterior_source, record.prefix) == ("logprobs", None)
    # The letters hold all of the probability after "Answer:", which has 0.75 x 0.9375.
    assert record.option_mass == pytest.approx(0.703125)


def test_ways_of_writing_a_letter_are_summed_and_the_rest_is_left_out(evaluate: Evaluate, wire: WireServer) -> None:
    candidates = ((" C", 0.375), (" A", 0.25), ("C", 0.125), (" Because", 0.125), (" B", 0.0625), (" D", 0.03125))
    last = Token(" C", (*candidates, (" E", 0.03125)))
    wire.script(COMPATIBLE.model, Say("Answer: C", (Token("Answer:", (("Answer:", 0.5), ("The", 0.5))), last)))

    log = evaluate(fdx, COMPATIBLE.at(wire), sample_id="chest")

    record = record_of(log)
    covered = 0.875
    assert record.option_mass == pytest.approx(0.5 * covered)
    assert record.posterior == pytest.approx([p / covered for p in (0.25, 0.0625, 0.5, 0.03125, 0.03125)], abs=1e-9)


@pytest.mark.parametrize("provider", [GPT_5, CLAUDE, CLAUDE_WHOLE], ids=["gpt-5", "claude streamed", "claude whole"])
def test_without_token_probabilities_the_answer_is_scored_and_there_is_no_posterior(
    provider: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    wire.script(provider.model, Say("Weighing it all:\nAnswer: B"))

    record = record_of(evaluate(fdx, provider.at(wire), sample_id="chest"))

    assert (record.choice, record.failure) == ("B", None)
    assert (record.posterior, record.posterior_source, record.option_mass) == (None, None, None)


@pytest.mark.parametrize("provider", [COMPATIBLE, GPT_4O_RESPONSES, GEMINI], ids=["chat", "responses", "google"])
def test_a_server_that_ignores_the_request_for_probabilities_costs_only_the_posterior(
    provider: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    wire.script(provider.model, Say("Answer: B"))

    record = record_of(evaluate(fdx, provider.at(wire), sample_id="chest"))

    assert (record.choice, record.posterior) == ("B", None)


def test_characters_split_between_tokens_do_not_cost_the_posterior(evaluate: Evaluate, wire: WireServer) -> None:
    """OpenAI writes half a Chinese character as its escaped bytes, so that the tokens do not read as the answer."""
    remark = Token("B", (("B", 0.75), ("A", 0.25)))
    halves = Token("\\xe7\\xac", (("\\xe7\\xac", 1.0),)), Token("\\xa6", (("\\xa6", 1.0),))
    last = Token("B", tuple((letter, probability) for letter, probability in BELIEF.items()))
    tokens = (remark, *halves, sure("合。\n"), sure("答案"), sure("："), last)
    wire.script(GPT_4O.model, Say("B符合。\n答案：B", tokens))

    log = evaluate(fdx, GPT_4O.at(wire), sample_id="belly")

    assert record_of(log, "belly").posterior == pytest.approx([0.125, 0.5, 0.25, 0.0625, 0.0625], abs=1e-9)


class TestCertainTokensOfGoogle:
    """Inspect drops a token of Gemini whose log-probability is exactly 0.0."""

    def test_an_answer_of_certain_tokens_only_is_scored_without_posterior(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(GEMINI.model, Say("Answer: B", (sure("Answer"), sure(":"), sure(" B"))))

        log = evaluate(fdx, GEMINI.at(wire), sample_id="chest")

        assert sample_of(log, "chest").output.choices[0].logprobs.content == []
        assert (record_of(log).choice, record_of(log).posterior) == ("B", None)

    def test_certain_words_before_the_letter_do_not_cost_the_posterior(
        self, evaluate: Evaluate, wire: WireServer
    ) -> None:
        letter = chosen("B", BELIEF).tokens[-1]
        wire.script(GEMINI.model, Say("Answer: B", (sure("Answer"), sure(":"), letter)))

        assert record_of(evaluate(fdx, GEMINI.at(wire), sample_id="chest")).posterior == pytest.approx(
            [0.125, 0.5, 0.25, 0.0625, 0.0625], abs=1e-9
        )

    @pytest.mark.parametrize("remark", ["C", "B"], ids=["another letter", "the same letter"])
    def test_a_letter_mentioned_before_a_certain_answer_is_not_taken_for_it(
        self, remark: str, evaluate: Evaluate, wire: WireServer
    ) -> None:
        """What is left of the tokens is a passing remark, whose probabilities are not those of the answer B."""
        doubtful = Token(remark, ((remark, 0.5), ("A", 0.25), ("D", 0.25)))
        tokens = (doubtful, sure(" comes to mind.\n"), sure("Answer"), sure(":"), sure(" B"))
        wire.script(GEMINI.model, Say(f"{remark} comes to mind.\nAnswer: B", tokens))

        record = record_of(evaluate(fdx, GEMINI.at(wire), sample_id="chest"))

        assert (record.choice, record.posterior) == ("B", None)


@every_provider
def test_answers_that_are_cut_off_or_blocked_are_wrong_and_counted_by_reason(
    provider: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    blocked = Say("" if provider.dialect in (ANTHROPIC, GOOGLE) else "I can't", stop="filtered")
    replies = {
        "A cough": Say("The hilar nodes point to", stop="length"),
        "Chest pain": blocked,
        "右下腹痛": chosen("B", BELIEF),
    }
    wire.script(
        provider.model, lambda call: next(said for words, said in replies.items() if words in call.messages[0].text)
    )

    log = evaluate(fdx, provider.at(wire))

    assert log.status == "success"
    assert [record_of(log, case).failure for case in ("chest", "heart", "belly")] == [
        "truncated",
        "content_filter",
        None,
    ]
    assert [score_of(log, case).value for case in ("chest", "heart")] == ["I", "I"]
    metrics = {name: metric.value for score in log.results.scores for name, metric in score.metrics.items()}
    assert (metrics["truncated"], metrics["content_filter"], metrics["unparseable"]) == (1, 1, 0)
    assert metrics["accuracy"] == pytest.approx((score_of(log, "belly").value == "C") / 3)


def test_a_prompt_that_google_blocks_is_an_answer_that_failed(evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(GEMINI.model, Say("", stop="prompt_blocked"))

    log = evaluate(fdx, GEMINI.at(wire), sample_id="chest")

    assert (log.status, score_of(log, "chest").value) == ("success", "I")
    assert record_of(log).failure == "content_filter"


@pytest.mark.parametrize("provider", [GPT_4O, GPT_5, CLAUDE], ids=["openai chat", "openai responses", "anthropic"])
def test_a_case_whose_call_fails_has_no_score_and_the_others_are_scored(
    provider: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    def reply(call: Call) -> Say | Fail:
        return Fail(500, "the model is on fire") if "A cough" in call.messages[0].text else chosen("B", BELIEF)

    wire.script(provider.model, reply)

    log = evaluate(fdx, provider.at(wire))

    # A run with a failed case does not pass for a complete one.
    assert log.status == "error"
    failed = sample_of(log, "chest")
    assert "InternalServerError" in failed.error.message
    assert not failed.scores
    assert {sample.id for sample in log.samples if sample.scores} == {"heart", "belly"}
    assert record_of(log, "heart").choice == "B"


@pytest.mark.parametrize("provider", [GPT_4O, CLAUDE], ids=["openai", "anthropic"])
def test_a_rate_limit_is_waited_out(provider: Provider, evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(provider.model, [Fail(429, "slow down", retry_after="0.01"), chosen("B", BELIEF)])

    log = evaluate(fdx, provider.at(wire, retries=2), sample_id="chest")

    assert (log.status, record_of(log).choice) == ("success", "B")
    first, second = wire.calls
    assert first.body == second.body


def test_a_google_model_that_gives_no_probabilities_says_so(evaluate: Evaluate, wire: WireServer) -> None:
    """Some Gemini models answer 400 to the request for them."""
    wire.script(GEMINI.model, Fail(400, "Logprobs is not enabled for models/gemini-2.5-flash"))

    log = evaluate(fdx, GEMINI.at(wire), sample_id="chest")

    assert log.status == "error"
    assert "Logprobs is not enabled" in sample_of(log, "chest").error.message
