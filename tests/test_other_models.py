"""The model that answered: its name in the response, its shutdown, and what the analysis says of both."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import ModelOutput, get_model

from medsyn_inspect.analysis import analyze_logs, read_runs
from medsyn_inspect.analysis.caveats import about_ends
from medsyn_inspect.analysis.read.logs import read_logs
from medsyn_inspect.providers import clock, default_judge, end_of, serves
from medsyn_inspect.tasks import fdx, sensitivity
from running import run, said, write_known


@pytest.mark.parametrize(
    ("requested", "answered"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o-2024-11-20"),
        ("openai/gpt-4o-2024-11-20", "gpt-4o-2024-11-20"),
        ("openai/gpt-4", "gpt-4-0613"),
        ("anthropic/claude-opus-4-5", "claude-opus-4-5-20251101"),
        ("anthropic/claude-opus-4-0", "claude-opus-4-20250514"),
        ("anthropic/claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"),
        ("google/gemini-2.0-flash", "gemini-2.0-flash-001"),
        ("google/gemini-2.5-pro", "models/gemini-2.5-pro"),
        ("openrouter/openai/gpt-4o", "openai/gpt-4o"),
        ("vllm/Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("openai/azure/my-deployment", "gpt-4o-2024-11-20"),
        ("openai/gpt-4o", ""),
        ("reference/reader", "reader"),
        ("human/two-physicians", "anything"),
    ],
)
def test_a_snapshot_is_the_requested_model(requested: str, answered: str) -> None:
    assert serves(requested, answered)


@pytest.mark.parametrize(
    ("requested", "answered"),
    [
        ("google/gemini-2.5-pro", "gemini-3.8-flash"),
        ("openai/gpt-4o", "gpt-4o-mini"),
        ("openai/gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("openai/gpt-4o-2024-11-20", "gpt-4o-2024-08-06"),
        ("openai/gpt-5", "gpt-5.1"),
        ("anthropic/claude-opus-4", "claude-opus-4-5-20251101"),
        ("google/gemini-3.5-flash", "gemini-3.5-flash-lite"),
        ("openai/gpt-6.1-sol", "gpt-6-sol"),
    ],
)
def test_another_model_is_not(requested: str, answered: str) -> None:
    assert not serves(requested, answered)


def test_the_default_judge_is_a_model_that_has_not_ended() -> None:
    for day in (date(2026, 1, 1), date(2026, 12, 10), date(2026, 12, 11), date(2030, 1, 1)):
        end = end_of(default_judge(day))
        assert end is None or end.day > day


@pytest.mark.parametrize("task", [fdx, sensitivity])
def test_the_analysis_names_responses_of_another_model(
    task: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medsyn_inspect import providers

    def reply(*_: Any) -> ModelOutput:
        output = said("Answer: A")
        output.model = "gemini-3.8-flash"
        return output

    monkeypatch.setattr(providers, "kind_of", lambda model: "api")
    cases = write_known(tmp_path / "cases")
    model = get_model("mockllm/gemini-2.5-pro", custom_outputs=reply, memoize=False)
    given = {} if task is fdx else {"types": "ct", "posterior": "samples", "samples": 2}
    run(task(cases=str(cases), **given), model, tmp_path / "logs", limit=2)

    notes = read_logs(tmp_path / "logs").notes
    [note] = [note for note in notes if "came from" in note]
    assert "mockllm/gemini-2.5-pro was requested, but 2 responses came from gemini-3.8-flash" in note
    assert note in analyze_logs(tmp_path / "logs").notes


def test_a_shutdown_soon_after_the_last_run_is_noted_whatever_the_date_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = write_known(tmp_path / "cases")
    run(fdx(cases=str(cases)), "reference/reader", tmp_path / "logs", limit=1)
    found = read_logs(tmp_path / "logs")
    runs = read_runs(tmp_path / "logs").assign(judge="openai/gpt-5, anthropic/claude-opus-5-5")
    monkeypatch.setattr(clock, "today", lambda: date(2031, 1, 1))

    def notes(day: str, model: str) -> list[str]:
        return list(about_ends(found.logs.assign(created=f"{day}T10:00:00+00:00", model=model), runs))

    assert notes("2026-10-11", "openai/gpt-6-luna") == []
    [judge] = notes("2026-10-12", "openai/gpt-6-luna")
    assert judge == (
        "Seen from the last run (2026-10-12), openai/gpt-5 is shut down on 2026-12-11, in 60 days; its provider "
        "recommends openai/gpt-6.1-sol: later runs need another model."
    )
    reader, judge = notes("2026-12-01", "openai/gpt-4o")
    assert "openai/gpt-4o is shut down on 2027-01-14, in 44 days" in reader
    assert "openai/gpt-5 is shut down on 2026-12-11, in 10 days" in judge
