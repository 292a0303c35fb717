"""The judge gives a verdict on a test before any case is sent to a reader; a run without a judge costs nothing."""

from __future__ import annotations

import math
import sys
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval_retry
from inspect_ai import score as score_log
from inspect_ai.log import list_eval_logs, read_eval_log

from medsyn_inspect.judging.ready import JudgeNotReady
from medsyn_inspect.providers import clock
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord
from medsyn_inspect.scorers import differential_judge
from medsyn_inspect.tasks import ddx, fdx, open_fdx
from wire.dialects import Fail, Reply, Say
from wire.evaluating import Evaluate, score_of
from wire.providers import CLAUDE, CLAUDE_WHOLE, COMPATIBLE, GEMINI, GPT_4O, GPT_5, JUDGE_DOOR, PROVIDERS, Provider
from wire.replies import listing, verdict
from wire.server import Call, WireServer, check_passed

pytest_plugins = ["wire.fixtures"]

NODES = listing("Tuberculosis", "Löfgren syndrome")
DEAD = Fail(404, "no such model")


def inspect_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `inspect`, run in this process."""
    [script] = entry_points(group="console_scripts", name="inspect")
    monkeypatch.setattr(sys, "argv", ["inspect", *arguments])
    try:
        script.load()()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@pytest.mark.parametrize("task", ["ddx", "open_fdx"])
def test_with_another_provider_s_key_alone_the_command_says_one_sentence_and_asks_no_reader(
    task: str,
    wire: WireServer,
    case_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", wire.root)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    wire.script("claude-opus-5-5", NODES)

    where = ["-T", f"cases={case_folder}", "--log-dir", str(tmp_path / "logs"), "--display", "plain"]
    code = inspect_command(
        monkeypatch, "eval", f"medsyn_inspect/{task}", "--model", "anthropic/claude-opus-5-5", *where
    )

    assert code == 1
    [line] = [line for line in capfd.readouterr().err.splitlines() if line.strip() and "inspect ctl" not in line]
    assert line.startswith("Error: the judge openai/gpt-5 cannot be used (")
    assert "OPENAI_API_KEY" in line
    assert "--model-role grader=MODEL" in line
    assert (wire.calls, wire.checks) == ([], [])
    assert not list_eval_logs(str(tmp_path / "logs"))


@pytest.mark.parametrize("judge", PROVIDERS.values(), ids=list(PROVIDERS))
def test_the_name_of_a_judge_that_does_not_exist_stops_the_run_before_any_reader(
    judge: Provider, evaluate: Evaluate, wire: WireServer
) -> None:
    reader = COMPATIBLE if judge is not COMPATIBLE else GPT_4O
    wire.script(reader.model, NODES)
    wire.check = DEAD

    log = evaluate(ddx, reader.at(wire), judge=judge.at(wire, JUDGE_DOOR))

    assert wire.calls == []
    assert {(call.model, call.door) for call in wire.checks} == {(judge.model, "judge")}
    assert log.status == "error"
    assert log.samples == []
    sentence = log.error.message
    assert sentence.startswith("the judge gave no verdict on a test, so nothing was sent to the reader (")
    assert judge.name in sentence
    assert "no such model" in sentence
    assert "\n" not in sentence
    assert "-T check_judge=false" in sentence


@pytest.fixture
def _plain_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect chooses its screen once a process; an earlier test may have chosen none."""
    monkeypatch.setattr("inspect_ai._display.core.active._active_display", None)


@pytest.mark.usefixtures("_plain_screen")
def test_the_screen_shows_the_sentence_without_a_traceback(
    evaluate: Evaluate, wire: WireServer, capsys: pytest.CaptureFixture[str]
) -> None:
    wire.check = DEAD

    evaluate(ddx, COMPATIBLE.at(wire), judge=GPT_5.at(wire, JUDGE_DOOR), display="plain")

    shown = capsys.readouterr().out
    assert "the judge gave no verdict on a test" in shown
    assert ".py" not in shown


def refuses_schemas(call: Call) -> Reply:
    return Fail(400, "response_format is not supported") if call.schema else Say("I would say five.")


@pytest.mark.parametrize(
    "reply",
    [Say("Certainly! I rate it five."), Say('{"judgements": []}'), Say("{", stop="length"), Fail(401), refuses_schemas],
    ids=["prose", "no verdict", "cut off", "wrong key", "no schemas"],
)
def test_a_judge_whose_replies_cannot_be_used_stops_the_run_before_any_reader(
    reply: Any, evaluate: Evaluate, wire: WireServer
) -> None:
    wire.check = reply
    log = evaluate(open_fdx, COMPATIBLE.at(wire), judge=GPT_4O.at(wire, JUDGE_DOOR))
    assert (log.status, wire.calls) == ("error", [])


def test_one_test_for_all_cases_comes_before_the_first_of_them(evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(COMPATIBLE.model, NODES)
    for judge in (CLAUDE, GEMINI):
        wire.script(judge.model, verdict({}))
    calls_before: list[int] = []

    def counting(call: Call) -> Reply:
        calls_before.append(len(wire.calls))
        return check_passed(call)

    wire.check = counting
    judges = [CLAUDE.at(wire, JUDGE_DOOR), GEMINI.at(wire, JUDGE_DOOR)]
    log = evaluate(ddx, COMPATIBLE.at(wire), judge=judges)

    assert (log.status, len(log.samples)) == ("success", 3)
    assert [call.model for call in wire.checks] == [CLAUDE.model, GEMINI.model]
    assert calls_before == [0, 0]
    # The test is as small as a request to a judge can be, and has the same schema.
    [first, _] = wire.checks
    assert first.schema == wire.calls_of(CLAUDE.model)[0].schema
    assert "Sarcoidosis" not in str(first.body)

    evaluate(ddx, COMPATIBLE.at(wire), judge=judges)
    assert len(wire.checks) == 2


def test_a_panel_with_one_dead_judge_stops_the_run(evaluate: Evaluate, wire: WireServer) -> None:
    wire.check = lambda call: DEAD if call.model == GEMINI.model else check_passed(call)
    log = evaluate(ddx, COMPATIBLE.at(wire), judge=[CLAUDE.at(wire, JUDGE_DOOR), GEMINI.at(wire, JUDGE_DOOR)])
    assert (log.status, wire.calls) == ("error", [])
    assert GEMINI.name in log.error.message


def test_check_judge_false_skips_the_test(evaluate: Evaluate, wire: WireServer) -> None:
    wire.check = DEAD
    wire.script(COMPATIBLE.model, NODES)
    wire.script("gpt-5", verdict({"Löfgren syndrome": 4}))

    log = evaluate(
        ddx, COMPATIBLE.at(wire), judge=GPT_5.at(wire, JUDGE_DOOR), sample_id="chest", given={"check_judge": False}
    )

    assert (wire.checks, score_of(log, "chest").value["score"]) == ([], 4)


def test_without_any_judge_check_judge_false_leaves_the_cases_unscored(
    evaluate: Evaluate, wire: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 12))
    wire.script(COMPATIBLE.model, NODES)

    log = evaluate(ddx, COMPATIBLE.at(wire), sample_id="chest", given={"check_judge": False})

    record = DifferentialRecord.model_validate(score_of(log, "chest").metadata)
    assert record.outcome == "judge_failed"
    assert record.judge_failure.startswith("the judge openai/gpt-6.1-sol cannot be used (")
    assert math.isnan(score_of(log, "chest").value["score"])


@pytest.mark.parametrize(
    ("day", "judge", "said_of_it"),
    [
        (date(2026, 12, 10), "gpt-5", "openai/gpt-5 judges (openai/gpt-5 is shut down on 2026-12-11, in 1 day"),
        (date(2026, 12, 11), "gpt-6.1-sol", "openai/gpt-6.1-sol judges."),
        (date(2028, 1, 1), "gpt-6.1-sol", "openai/gpt-6.1-sol judges."),
    ],
)
def test_the_default_judge_changes_on_the_day_of_its_shutdown(
    day: date, judge: str, said_of_it: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medsyn_inspect.judging.roles import choice_of_judge
    from medsyn_inspect.providers import default_judge

    monkeypatch.setattr(clock, "today", lambda: day)
    assert default_judge() == f"openai/{judge}"
    assert said_of_it in choice_of_judge()


def test_the_default_judge_is_printed_and_recorded_in_the_score(
    evaluate: Evaluate, wire: WireServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 11))
    monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.root}/default/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "default-key")
    wire.script(CLAUDE.model, NODES)
    wire.script("gpt-6.1-sol", verdict({"Löfgren syndrome": 4}))

    log = evaluate(ddx, CLAUDE.at(wire), sample_id="chest")

    assert len(wire.calls_of("gpt-6.1-sol")) == 1
    assert DifferentialRecord.model_validate(score_of(log, "chest").metadata).judge == ["openai/gpt-6.1-sol"]
    assert "openai/gpt-6.1-sol judges." in caplog.text


def test_eval_retry_checks_the_judge_again_and_then_asks_every_reader_once(
    evaluate: Evaluate, wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "reader-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "judge-key")
    wire.script(COMPATIBLE.model, NODES)
    wire.script(CLAUDE_WHOLE.model, verdict({}, otherwise=4))
    wire.check = DEAD
    failed = evaluate(ddx, COMPATIBLE.at(wire), judge=CLAUDE_WHOLE.at(wire, JUDGE_DOOR))
    assert failed.status == "error"

    again = eval_retry(failed, log_dir=str(tmp_path / "again"), display="none", log_realtime=False, max_retries=0)[0]
    assert (again.status, wire.calls, len(wire.checks)) == ("error", [], 2)

    wire.check = check_passed
    [healed] = eval_retry(again, log_dir=str(tmp_path / "healed"), display="none", log_realtime=False, max_retries=0)
    assert healed.status == "success"
    assert (len(wire.checks), len(wire.calls_of(COMPATIBLE.model))) == (3, 3)
    assert score_of(healed, "chest").value["score"] == 4


def test_judging_again_with_a_dead_judge_leaves_the_log_as_it_was(
    evaluate: Evaluate, wire: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "reader-key")
    monkeypatch.setenv("OPENAI_API_KEY", "judge-key")
    wire.script(COMPATIBLE.model, NODES)
    wire.script(GPT_5.model, verdict({"Löfgren syndrome": 4}))
    log = evaluate(ddx, COMPATIBLE.at(wire), judge=GPT_5.at(wire, JUDGE_DOOR))
    before = Path(log.location).read_bytes()
    wire.check = DEAD

    with pytest.raises(JudgeNotReady, match="no such model"):
        score_log(log, differential_judge(), model_roles={"grader": CLAUDE.at(wire, JUDGE_DOOR)}, action="append")

    assert wire.calls_of(CLAUDE.model) == []
    assert Path(log.location).read_bytes() == before
    # With a judge that answers, one test serves all cases.
    wire.check = check_passed
    wire.script(GEMINI.model, verdict({}))
    tests = len(wire.checks)
    score_log(log, differential_judge(), model_roles={"grader": GEMINI.at(wire, JUDGE_DOOR)}, action="append")
    assert (len(wire.checks) - tests, len(wire.calls_of(GEMINI.model))) == (1, 3)


@pytest.mark.parametrize(
    "provider", [GPT_4O, GPT_5, CLAUDE, CLAUDE_WHOLE, GEMINI, COMPATIBLE], ids=lambda one: one.name
)
def test_the_model_names_in_responses_are_recorded(provider: Provider, evaluate: Evaluate, wire: WireServer) -> None:
    wire.script(provider.model, Say(NODES.text, model="the-reader-7"))
    other = CLAUDE_WHOLE if provider is not CLAUDE_WHOLE else COMPATIBLE
    wire.script(other.model, lambda call: Say(verdict({})(call).text, model="the-judge-8"))

    log = evaluate(ddx, provider.at(wire), judge=other.at(wire, JUDGE_DOOR), sample_id="chest")

    record = DifferentialRecord.model_validate(score_of(log, "chest").metadata)
    assert (record.answered_as, record.judge_answered_as) == ("the-reader-7", ["the-judge-8"])
    log = evaluate(fdx, provider.at(wire), sample_id="chest")
    assert ChoiceRecord.model_validate(score_of(log, "chest").metadata).answered_as == "the-reader-7"


def test_the_log_of_a_stopped_run_can_be_read(evaluate: Evaluate, wire: WireServer) -> None:
    wire.check = DEAD
    log = evaluate(ddx, COMPATIBLE.at(wire), judge=GPT_5.at(wire, JUDGE_DOOR))
    assert "no such model" in read_eval_log(log.location).error.message
