"""No test reaches the network: any attempt fails the test that made it, also where a client swallows the error."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from hypothesis import settings
from inspect_ai.model._model import _models, active_model_context_var, init_model_roles

from medsyn_inspect.analysis.read import row_cache
from medsyn_inspect.cases import image_cache
from medsyn_inspect.providers import clock
from shortcuts import take_shortcuts

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

LOOPBACK = ("127.0.0.1", "::1", "localhost", "", None)


class Words:
    """Stands in for an encoding of tiktoken, which would have to be downloaded: one token a word."""

    def encode(self, text: str, **_: Any) -> list[int]:
        return list(range(len(text.split())))


@pytest.fixture(scope="session", autouse=True)
def attempts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Guards the whole session, so that fixtures of any scope are guarded too; yields what was attempted."""
    made: list[str] = []

    def guarded(original: Any, host: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            name = host(*arguments, **options)
            if name not in LOOPBACK:
                made.append(str(name))
                raise OSError(f"a test tried to reach {name}")
            return original(*arguments, **options)

        return call

    def of_address(sock: socket.socket, address: Any, *_: Any) -> Any:
        return address[0] if sock.family in (socket.AF_INET, socket.AF_INET6) else None

    def of_name(host: Any, *_: Any, **__: Any) -> Any:
        return host.decode() if isinstance(host, bytes) else host

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect, of_address))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex, of_address))
        patch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, of_name))
        caches = tmp_path_factory.mktemp("caches")
        for kept in (image_cache, row_cache):
            patch.setattr(kept, "user_cache_path", lambda name, **_: caches / name)
        # A day on which the paper's judge still exists, and no model that tests use is about to be shut down.
        patch.setattr(clock, "today", lambda: date(2026, 10, 1))
        patch.setattr(tiktoken, "get_encoding", lambda name: Words())
        for name in ("INSPECT_EVAL_MODEL", "INSPECT_LOG_DIR", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            patch.delenv(name, raising=False)
        yield made


def leave_evaluation() -> None:
    """Forget the models, roles and keys that an evaluation leaves in the process."""
    _models.clear()
    init_model_roles({})
    active_model_context_var.set(None)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _outside_an_evaluation() -> Iterator[None]:
    leave_evaluation()
    yield
    # Fixtures of the next module are made before the fixtures of its first test.
    leave_evaluation()


@pytest.fixture(autouse=True)
def _offline(attempts: list[str]) -> Iterator[None]:
    attempts.clear()
    yield
    assert attempts == [], "a test tried to leave this machine"


@pytest.fixture(scope="session", autouse=True)
def _session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Replies of extractors are cached: not those of tests in the folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSPECT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted models share a name: what one replied in a test must not answer for another."""
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session", autouse=True)
def _shortcuts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        take_shortcuts(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C interrupts tests and what they start, also where the shell ignores it: as it does for a job with `&`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def inspect_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The console script `inspect` in this process, writing its logs to `tmp_path`; gives the exit code."""
    [script] = entry_points(group="console_scripts", name="inspect")
    monkeypatch.chdir(tmp_path)
    # Inspect creates the judge of a file even if the command line names another.
    monkeypatch.setenv("OPENAI_API_KEY", "unused")

    def call(*arguments: str) -> int:
        monkeypatch.setattr(
            sys, "argv", ["inspect", *arguments, "--log-dir", str(tmp_path / "logs"), "--display", "none"]
        )
        try:
            script.load()()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0

    return call
