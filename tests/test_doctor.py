"""`medsyn doctor` checks what a run needs without a run, and fails if something is missing."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from medsyn_inspect.cli import main
from medsyn_inspect.planning import preflight
from medsyn_inspect.providers import clock
from wire.dialects import Fail, Say
from wire.server import WireServer

pytest_plugins = ["wire.fixtures"]

ALL_WELL = ["--model", "reference/reader", "--judge", "reference/judge", "--extractor", "reference/judge"]


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def line_about(result: Result, subject: str) -> str:
    [line] = [line for line in result.output.splitlines() if subject in line and "Error:" not in line]
    return line


def test_all_is_well_with_simulated_models() -> None:
    done = doctor("ddx", *ALL_WELL[:4])
    assert done.exit_code == 0, done.output
    for subject in ("Python", "Inspect", "case set demo", "disk of logs", "reader reference/reader", "judge reference"):
        assert line_about(done, subject).startswith("ok")


def test_the_default_judge_is_checked_where_a_judge_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for task in (["ddx"], ["open_fdx"], []):
        done = doctor(*task)
        assert done.exit_code == 1
        assert line_about(done, "judge openai/gpt-5 ").startswith("FAILED")
        assert "OPENAI_API_KEY" in done.output
        assert "Error: 1 of the checks failed" in done.output
    for task in ("fdx", "sensitivity"):
        assert doctor(task).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fdx", "--model", "nope/model"], "Model API nope of model 'nope/model' not recognized"),
        (["fdx", "--model", "gpt-4o"], "reader gpt-4o cannot be used"),
        (["fdx", "--model", "reference/nobody"], "unknown model"),
        (["fdx", "--cases", "/nowhere"], "no such folder"),
        (["fdx", "--extractor", "reference/nobody"], "name another with --model-role extractor=MODEL"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], words: str) -> None:
    done = doctor(*arguments)
    assert done.exit_code == 1
    assert words in " ".join(done.output.split())


def test_a_full_disk_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(5_000_000))
    done = doctor("fdx", "--log-dir", str(tmp_path / "not" / "yet"))
    assert done.exit_code == 1
    assert "0.0 GB free" in done.output


@pytest.mark.parametrize(
    ("day", "code", "words"),
    [
        (date(2026, 10, 1), 0, "openai/gpt-4o is shut down on 2027-01-14;"),
        (date(2026, 12, 1), 0, "WARNING: openai/gpt-4o is shut down on 2027-01-14, in 44 days;"),
        (date(2027, 1, 14), 1, "openai/gpt-4o is shut down on 2027-01-14, today;"),
        (date(2027, 2, 1), 1, "openai/gpt-4o was shut down on 2027-01-14;"),
    ],
)
def test_a_shutdown_fails_from_its_day_on(day: date, code: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: day)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    done = doctor("fdx", "--model", "openai/gpt-4o", "--no-call")
    assert done.exit_code == code, done.output
    assert words in " ".join(done.output.split())


def test_a_small_request_shows_whether_each_model_answers(wire: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", wire.root)
    wire.script("claude-sonnet-5-5", Say("OK"))
    names = ["--model", "anthropic/claude-sonnet-5-5", "--judge", "anthropic/claude-opus-5-5"]

    done = doctor("ddx", *names)
    assert done.exit_code == 0, done.output
    assert (len(wire.calls), len(wire.checks)) == (1, 1)

    assert doctor("ddx", *names, "--no-call").exit_code == 0
    assert (len(wire.calls), len(wire.checks)) == (1, 1)

    wire.check = Fail(404, "no such model")
    done = doctor("ddx", *names)
    assert done.exit_code == 1
    assert line_about(done, "judge anthropic/claude-opus-5-5 ").startswith("FAILED")
    assert "no such model" in " ".join(done.output.split())


def test_the_installed_inspect_is_compared_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "version", lambda name: "0.3.1")
    done = doctor("fdx")
    assert done.exit_code == 1
    assert line_about(done, "Inspect ").startswith("FAILED")
