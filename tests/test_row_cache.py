"""Rows come from the cache only if the log is the same; whatever is wrong with the cache, results are right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from medsyn_inspect.analysis.read import logs as reading
from medsyn_inspect.analysis.read import row_cache
from medsyn_inspect.analysis.read.logs import LogFrames, read_logs

EXAMPLE = Path(__file__).parent.parent / "logs"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of `fdx` in turns, in a cache of its own that keeps small logs too."""
    monkeypatch.setattr(row_cache, "user_cache_path", lambda name, **_: tmp_path / "caches" / name)
    monkeypatch.setattr(row_cache, "_SMALLEST", 0)
    monkeypatch.delenv(row_cache.SWITCH, raising=False)
    smallest = min(EXAMPLE.glob("*.eval"), key=lambda file: file.stat().st_size)
    return Path(shutil.copy(smallest, tmp_path / "one.eval"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logs whose summaries are read."""
    files: list[str] = []
    read = reading.read_summaries

    def counted(file: str) -> Any:
        files.append(file)
        return read(file)

    monkeypatch.setattr(reading, "read_summaries", counted)
    return files


def cached(log: Path) -> Path:
    [file] = (log.parent / "caches" / "medsyn_inspect" / "logs").iterdir()
    return file


def same(one: LogFrames, other: LogFrames) -> None:
    for name in ("logs", "runs", "arms", "stages"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
        for column in getattr(one, name):
            kinds = [[type(value) for value in getattr(frames, name)[column]] for frames in (one, other)]
            assert kinds[0] == kinds[1], column
    assert one.notes == other.notes


def test_from_the_cache_every_frame_is_the_same(log: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for file in EXAMPLE.glob("*.eval"):
        shutil.copy(file, log.parent)
    with monkeypatch.context() as off:
        off.setenv(row_cache.SWITCH, "off")
        without = read_logs(log.parent)
        assert not (log.parent / "caches").exists()
    first, count = read_logs(log.parent), len(opened)
    again = read_logs(log.parent)
    assert len(opened) == count
    same(without, first)
    same(first, again)


def test_a_log_of_the_same_size_and_time_that_was_written_again_is_read_again(log: Path, opened: list[str]) -> None:
    before, status = log.read_bytes(), log.stat()
    first = read_logs(log)
    log.write_bytes(before)
    os.utime(log, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (log.stat().st_size, log.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    same(first, read_logs(log))
    assert len(opened) == 2


def test_another_log_at_the_same_place_has_its_own_rows(log: Path) -> None:
    read_logs(log)
    other = max(EXAMPLE.glob("*.eval"), key=lambda file: file.stat().st_size)
    shutil.copy(other, log)
    assert set(read_logs(log).logs["question"]) == {"sensitivity"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"no gzip",
        lambda content: content[: len(content) // 2],
        lambda content: row_cache.gzip.compress(b"[]"),
        lambda content: row_cache.gzip.compress(b'{"state": 1}'),
        lambda content: row_cache.gzip.compress(
            row_cache.gzip.decompress(content).replace(b'"count": ', b'"count": 1')
        ),
        lambda content: row_cache.gzip.compress(
            row_cache.gzip.decompress(content).replace(b'"rules": "', b'"rules": "x')
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_ignored_and_replaced(
    spoil: Callable[[bytes], bytes], log: Path, opened: list[str]
) -> None:
    first = read_logs(log)
    good = cached(log).read_bytes()
    cached(log).write_bytes(spoil(good))
    same(first, read_logs(log))
    assert len(opened) == 2
    assert row_cache.gzip.decompress(cached(log).read_bytes()) == row_cache.gzip.decompress(good)


def test_without_a_place_for_the_cache_logs_are_read(log: Path, opened: list[str]) -> None:
    (log.parent / "caches").write_bytes(b"a file")
    same(read_logs(log), read_logs(log))
    assert len(opened) == 2


def test_the_path_of_the_log_is_as_given_now(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_logs(log)
    monkeypatch.chdir(log.parent)
    assert set(read_logs("one.eval").runs["log"]) == {"one.eval"}


def test_remote_and_small_logs_are_not_kept(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_cache.state_of(str(log)) is not None
    assert row_cache.state_of("s3://bucket/one.eval") is None
    monkeypatch.setattr(row_cache, "_SMALLEST", log.stat().st_size + 1)
    assert row_cache.state_of(str(log)) is None
    assert row_cache.state_of(str(log.parent / "missing.eval")) is None
