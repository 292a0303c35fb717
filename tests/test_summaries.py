"""Summaries that are read without Inspect's repeated work give the same results as those that Inspect reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from inspect_ai.log import read_eval_log_sample_summaries

from medsyn_inspect.analysis.read import logs as reading
from medsyn_inspect.analysis.read import row_cache, summaries
from medsyn_inspect.analysis.read.headers import UnreadableLog
from medsyn_inspect.analysis.read.logs import LogFrames, read_logs
from medsyn_inspect.analysis.read.summaries import SUMMARIES, read_summaries

EXAMPLE = Path(__file__).parent.parent / "logs"
LOGS = sorted(EXAMPLE.glob("*.eval"))


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(row_cache.SWITCH, "off")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return Path(shutil.copy(min(LOGS, key=lambda file: file.stat().st_size), tmp_path / "one.eval"))


def rewritten(log: Path, change: Callable[[list[Any]], Any]) -> None:
    """Write a log again with other summaries."""
    with ZipFile(log) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[SUMMARIES] = json.dumps(change(json.loads(parts[SUMMARIES]))).encode()
    with ZipFile(log, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


def read_by_inspect(place: Path, monkeypatch: pytest.MonkeyPatch) -> LogFrames:
    with monkeypatch.context() as replaced:
        replaced.setattr(reading, "read_summaries", read_eval_log_sample_summaries)
        return read_logs(place)


def same(one: LogFrames, other: LogFrames) -> None:
    for name in ("logs", "runs", "arms", "stages"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.notes == other.notes


def test_every_frame_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    same(read_logs(EXAMPLE), read_by_inspect(EXAMPLE, monkeypatch))


def test_of_each_summary_all_that_is_not_replaced_is_the_same() -> None:
    left_out = {"input", "model_usage", "role_usage", "started_at", "completed_at"}
    for file in map(str, LOGS):
        ours, theirs = read_summaries(file), read_eval_log_sample_summaries(file)
        assert [one.model_dump_json(exclude=left_out) for one in ours] == [
            one.model_dump_json(exclude=left_out) for one in theirs
        ]
        assert [len(one.input) for one in ours] == [len(one.input) for one in theirs]


def test_of_two_summaries_of_a_sample_the_last_counts(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(log, lambda found: [found[0] | {"error": "lost", "scores": None}, *found[1:], found[0]])
    same(read_logs(log), read_by_inspect(log, monkeypatch))
    assert len(read_summaries(str(log))) == len(read_logs(log).runs)
    assert all(one.error is None for one in read_summaries(str(log)))


def test_numbers_and_signs_that_json_does_not_know(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(found: list[Any]) -> list[Any]:
        found[0]["metadata"]["remark"] = "half of a pair: \ud800"
        for score in found[0]["scores"].values():
            score["metadata"]["posterior"] = [float("nan"), float("inf")]
        return found

    rewritten(log, strange)
    same(read_logs(log), read_by_inspect(log, monkeypatch))


def test_logs_of_unfinished_runs_and_in_json_are_read_by_inspect(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(summaries, "read_eval_log_sample_summaries", lambda file: asked.append(file) or [])
    with ZipFile(log) as old:
        parts = {name: old.read(name) for name in old.namelist() if name != SUMMARIES}
    with ZipFile(log, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    text = log.with_suffix(".json")
    text.write_text("{}", encoding="utf-8")
    for file in (str(log), str(text), "s3://bucket/one.eval"):
        read_summaries(file)
    assert asked == [str(log), str(text), "s3://bucket/one.eval"]


@pytest.mark.parametrize("damage", [lambda found: {"no": "list"}, lambda found: [{"id": 1}], lambda found: [3]])
def test_damaged_summaries_are_refused(damage: Callable[[list[Any]], Any], log: Path) -> None:
    rewritten(log, damage)
    with pytest.raises(UnreadableLog, match=r"one\.eval: cannot be read as a log"):
        read_logs(log)
