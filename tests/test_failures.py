"""Failures of calls over the wire: they are never wrong answers, and retries end."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai import score
from inspect_ai.log import read_eval_log
from inspect_ai.model import _retry
from inspect_ai.scorer import Score

from medsyn_inspect.analysis import read_arms, read_runs
from medsyn_inspect.scorers import commitment_judge, differential_judge, option_choice
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity
from test_resume import inspect as inspect_command
from test_resume import isolated
from wire.dialects import Broken, Fail, Reply, Say
from wire.evaluating import Evaluate, sample_of, score_of
from wire.providers import CLAUDE, COMPATIBLE, GEMINI, GPT_4O, GPT_4O_RESPONSES, JUDGE_DOOR, Provider
from wire.replies import BELIEF, chosen, listing, verdict
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

LISTED = listing("Tuberculosis", "Lymphoma")
TOO_LONG = Fail(400, "This model's maximum context length is 8192 tokens.", code="context_length_exceeded")
NO_ANSWERS: dict[str, tuple[Provider, Reply]] = {
    "openai, too long": (GPT_4O, TOO_LONG),
    "openai responses, too long": (GPT_4O_RESPONSES, TOO_LONG),
    "openai-compatible, too long": (COMPATIBLE, TOO_LONG),
    "anthropic, too long": (CLAUDE, Fail(400, "prompt is too long: 250000 tokens > 200000 maximum")),
    "anthropic, 413": (CLAUDE, Fail(413, "Request exceeds the maximum size")),
    "google, too long": (GEMINI, Fail(400, "The input token count exceeds the maximum number of tokens allowed")),
    "openai, empty": (GPT_4O, Say("")),
    "openai, all tokens spent on reasoning": (GPT_4O, Say("", stop="length")),
    "google, empty": (GEMINI, Say("")),
    "openai-compatible, blank": (COMPATIBLE, Say(" \n")),
}
no_answers = pytest.mark.parametrize(("provider", "reply"), NO_ANSWERS.values(), ids=list(NO_ANSWERS))


def of_chest(call: Call) -> bool:
    return "A cough" in call.messages[0].text


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that Inspect has waited between attempts of a call; it does not wait really."""
    waited = [0.0]

    async def sleep(seconds: float) -> None:
        waited[0] += seconds

    monkeypatch.setattr(_retry, "_sleep", sleep)
    return waited


class TestNoAnswer:
    @no_answers
    def test_is_a_failed_call_without_a_score(
        self, provider: Provider, reply: Reply, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(provider.model, lambda call: reply if of_chest(call) else chosen("B", BELIEF))
        log = evaluate(fdx, provider.at(wire))
        assert log.status == "error"
        failed = sample_of(log, "chest")
        assert "NoAnswer" in failed.error.traceback
        assert not failed.scores
        assert sum(map(of_chest, wire.calls)) == 1, "it is not sent again"
        outcomes = read_runs(log.location).set_index("case_id")["outcome"]
        assert outcomes["chest"] == "call_failed"
        assert set(outcomes.drop("chest")) <= {"right", "wrong"}

    @pytest.mark.parametrize("task", [ddx, open_fdx])
    @pytest.mark.parametrize("reply", [TOO_LONG, Say("")], ids=["too long", "empty"])
    def test_in_the_judged_tasks(self, task: Any, reply: Reply, evaluate: Evaluate, wire: WireServer) -> None:
        last = Say("Final diagnosis: Lymphoma")
        wire.script(GPT_4O.model, lambda call: reply if of_chest(call) else last if len(call.messages) > 1 else LISTED)
        wire.script(COMPATIBLE.model, verdict({}, otherwise=4))
        log = evaluate(task, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR))
        assert read_runs(log.location).set_index("case_id")["outcome"]["chest"] == "call_failed"
        assert not sample_of(log, "chest").scores

    def test_by_turns_the_later_turns_are_not_sent(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(GPT_4O.model, TOO_LONG)
        log = evaluate(fdx, GPT_4O.at(wire), given={"staging": "turns"}, sample_id="chest")
        assert (log.status, len(wire.calls)) == ("error", 1)

    @pytest.mark.parametrize("posterior", ["logprobs", "samples", "verbalized"])
    @pytest.mark.parametrize("reply", [TOO_LONG, Say("")], ids=["too long", "empty"])
    def test_in_an_arm_leaves_the_arm_without_an_answer(
        self, posterior: str, reply: Reply, evaluate: Evaluate, wire: WireServer
    ) -> None:
        wire.script(GPT_4O.model, lambda call: reply if call.messages[0].images else Say("A"))
        given = {"posterior": posterior, "samples": 2, "order_audit": 0}
        log = evaluate(sensitivity, GPT_4O.at(wire), given=given, sample_id="belly")
        arms = read_arms(log.location).set_index(["view", "withheld"])
        failed = arms.loc["image", ""]
        assert (log.status, failed["n"], pd.isna(failed["answer"])) == ("error", 0, True)
        assert failed["error"].startswith("the call failed: ")
        assert math.isnan(failed["correct"])

    def test_an_empty_answer_among_several_is_not_counted(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(GPT_4O.model, lambda call: Say("" if call.choice == 0 else "Answer: A"))
        given = {"posterior": "samples", "samples": 5, "order_audit": 0}
        log = evaluate(sensitivity, GPT_4O.at(wire), given=given, sample_id="belly")
        arms = read_arms(log.location)
        assert set(arms["n"]) == {4}
        assert set(arms["unreadable"]) == {0}

    def test_an_answer_that_its_token_limit_cut_is_an_answer(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(GPT_4O.model, Say("The nodes point to", stop="length"))
        log = evaluate(fdx, GPT_4O.at(wire), sample_id="chest")
        score = score_of(log, "chest")
        assert (log.status, score.value, score.metadata["failure"]) == ("success", "I", "truncated")


LIMITS = {  # requests before a call has failed, and the seconds that it may have waited
    "500": (Fail(500), 4, (21, 30)),
    "503": (Fail(503), 4, (21, 30)),
    "reset": (Broken(), 4, (21, 30)),
    "half an answer": (Broken(LISTED), 4, (21, 30)),
    "429": (Fail(429, "slow down"), 12, (402, 440)),
    "400": (Fail(400), 1, (0, 0)),
    "401": (Fail(401), 1, (0, 0)),
    "404": (Fail(404), 1, (0, 0)),
    "413": (Fail(413), 1, (0, 0)),
}
failures = pytest.mark.parametrize(("reply", "requests", "waited"), LIMITS.values(), ids=list(LIMITS))


class TestRetriesEnd:
    @failures
    @pytest.mark.parametrize(
        "provider",
        [COMPATIBLE, CLAUDE, pytest.param(GEMINI, marks=pytest.mark.slow)],
        ids=["openai", "anthropic", "google"],
    )
    def test_of_a_reader(
        self, provider: Provider, reply: Reply, requests: int, waited: tuple[float, float], *,
        evaluate: Evaluate, wire: WireServer, clock: list[float],
    ) -> None:  # fmt: skip
        wire.script(provider.model, reply)
        log = evaluate(fdx, provider.at(wire), sample_id="chest", max_retries=None)
        assert log.status == "error"
        assert not sample_of(log, "chest").scores
        if provider is COMPATIBLE:
            assert len(wire.calls) == requests
        assert len(wire.calls) <= 2 * requests
        assert clock[0] <= waited[1]

    @failures
    def test_of_a_judge(
        self, reply: Reply, requests: int, waited: tuple[float, float], *,
        evaluate: Evaluate, wire: WireServer, clock: list[float],
    ) -> None:  # fmt: skip
        wire.script(GPT_4O.model, LISTED)
        wire.script(COMPATIBLE.model, reply)
        log = evaluate(ddx, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR), sample_id="chest", max_retries=None)
        assert (log.status, score_of(log, "chest").reason) == ("success", "grader_failed")
        assert (len(wire.calls_of(GPT_4O.model)), len(wire.calls_of(COMPATIBLE.model))) == (1, requests)
        assert waited[0] <= clock[0] <= waited[1]

    def test_a_judge_whose_request_is_too_long_is_called_once(self, evaluate: Evaluate, wire: WireServer) -> None:
        wire.script(GPT_4O.model, LISTED)
        wire.script(COMPATIBLE.model, TOO_LONG)
        log = evaluate(ddx, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR), sample_id="chest")
        assert score_of(log, "chest").reason == "grader_failed"
        assert len(wire.calls_of(COMPATIBLE.model)) == 1

    @pytest.mark.parametrize("status", [429, 500])
    @pytest.mark.parametrize("options", [{"max_retries": 1}, {"max_retries": 1, "timeout": 60}], ids=str)
    def test_the_options_of_the_user_replace_the_limits(
        self, status: int, options: dict[str, int], *, evaluate: Evaluate, wire: WireServer, clock: list[float]
    ) -> None:
        wire.script(GPT_4O.model, lambda call: Fail(status) if of_chest(call) else LISTED)
        wire.script(COMPATIBLE.model, Fail(status))
        evaluate(
            ddx,
            GPT_4O.at(wire),
            judge=COMPATIBLE.at(wire, JUDGE_DOOR),
            sample_id=["chest", "heart"],
            **options,
        )
        assert (len(wire.calls_of(GPT_4O.model)), len(wire.calls_of(COMPATIBLE.model))) == (2 + 1, 2)

    def test_ninety_seconds_of_rate_limits_lose_no_case(
        self, evaluate: Evaluate, wire: WireServer, clock: list[float]
    ) -> None:
        wire.script(GPT_4O.model, lambda call: Fail(429, "slow down") if clock[0] < 90 else LISTED)
        until = {"end": 180.0}
        good = verdict({}, otherwise=4)
        wire.script(COMPATIBLE.model, lambda call: Fail(429, "slow down") if clock[0] < until["end"] else good(call))
        log = evaluate(ddx, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR), sample_id="chest", max_retries=None)
        assert (log.status, score_of(log, "chest").value["coverage"]) == ("success", 1)


def judge_again(scorer: Any, wire: WireServer, log: Any) -> dict[str, dict[str, Score]]:
    """The scores of each case after `inspect score --action overwrite`, in this process."""
    first = read_eval_log(log.location)
    # Inspect would make the judge of the log anew, without the address of the server.
    first.eval.model_roles = None
    scored = score(
        first,
        [scorer],
        model=GPT_4O.at(wire),
        model_roles={"grader": COMPATIBLE.at(wire, JUDGE_DOOR)},
        action="overwrite",
        display="none",
    )
    return {str(sample.id): sample.scores or {} for sample in scored.samples or []}


class TestScoringAgain:
    @pytest.mark.parametrize(
        ("task", "scorer"), [(fdx, option_choice), (ddx, differential_judge), (open_fdx, commitment_judge)]
    )
    @pytest.mark.parametrize("reply", [TOO_LONG, Fail(400)], ids=["too long", "refused"])
    def test_a_failed_call_gets_no_score(
        self, task: Any, scorer: Callable[[], Any], reply: Reply, *, evaluate: Evaluate, wire: WireServer
    ) -> None:
        """Also in `open_fdx`, where the differential was given and the second call failed."""
        last = "commit" if task is open_fdx else ""
        wire.script(GPT_4O.model, lambda call: reply if not last or len(call.messages) > 1 else LISTED)
        wire.script(COMPATIBLE.model, verdict({}, otherwise=4))
        log = evaluate(task, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR), sample_id="chest")
        assert log.status == "error"
        assert judge_again(scorer(), wire, log) == {"chest": {}}

    @pytest.mark.parametrize("status", [500, 429])
    def test_the_retries_of_the_judge_end(
        self, status: int, evaluate: Evaluate, wire: WireServer, clock: list[float]
    ) -> None:
        wire.script(GPT_4O.model, LISTED)
        wire.script(COMPATIBLE.model, Fail(status))
        log = evaluate(ddx, GPT_4O.at(wire), judge=COMPATIBLE.at(wire, JUDGE_DOOR), sample_id="chest")
        before = len(wire.calls_of(COMPATIBLE.model))
        [again] = judge_again(differential_judge(), wire, log)["chest"].values()
        assert again.reason == "grader_failed"
        assert len(wire.calls_of(COMPATIBLE.model)) - before == {500: 4, 429: 12}[status]
        assert len(wire.calls_of(GPT_4O.model)) == 1


class TestAfterAJudgeFailed:
    """From the log alone, with the commands of docs/judging.md."""

    def test_readers_are_not_paid_again(self, case_folder: Path, wire: WireServer, tmp_path: Path) -> None:
        logs, environment = tmp_path / "logs", isolated(tmp_path, wire)
        environment |= {"OPENAI_BASE_URL": f"{wire.root}/judge/v1", "OPENAI_API_KEY": "key"}
        command = partial(inspect_command, environment, logs)
        wire.script(COMPATIBLE.model, lambda call: TOO_LONG if of_chest(call) else LISTED)
        wire.script(GPT_4O.model, Say("I would say four."))
        run = command(
            "eval", "medsyn_inspect/ddx", "--model", COMPATIBLE.name, "-T", f"cases={case_folder}",
            "--model-role", f"grader={GPT_4O.name}",
        )  # fmt: skip
        run.wait(timeout=120)
        [first] = logs.glob("*.eval")
        assert len(wire.calls_of(COMPATIBLE.model)) == 3

        # The failed call alone is made again; the answers whose judge failed are kept.
        wire.script(COMPATIBLE.model, LISTED)
        command("eval-retry", str(first)).wait(timeout=120)
        assert [of_chest(call) for call in wire.calls_of(COMPATIBLE.model)[3:]] == [True]
        [second] = set(logs.glob("*.eval")) - {first}
        assert list(read_runs(str(second))["outcome"]) == ["judge_failed"] * 3

        wire.script(GPT_4O.model, verdict({}, otherwise=4))
        asked_before = len(wire.calls_of(GPT_4O.model))
        again = command(
            "score",
            str(second),
            "--scorer",
            "medsyn_inspect/differential_judge",
            "--action",
            "overwrite",
            "--overwrite",
        )
        assert again.wait(timeout=120) == 0, (tmp_path / "output.txt").read_text()
        assert len(wire.calls_of(COMPATIBLE.model)) == 4
        assert len(wire.calls_of(GPT_4O.model)) == asked_before + 3
        runs = read_runs(str(second))
        assert (list(runs["outcome"]), list(runs["score"])) == (["right"] * 3, [4] * 3)
        header = read_eval_log(str(second), header_only=True)
        [scored] = header.results.scores
        metrics = {metric.name.rpartition("/")[2]: metric.value for metric in scored.metrics.values()}
        assert (metrics["coverage"], metrics["unscored"]) == (1, 0)
