"""Fixtures: the case set, the server, and an evaluation on them with keys that open nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog

from wire.case_set import write_case_set
from wire.evaluating import evaluate_on, serving
from wire.server import WireServer


@pytest.fixture(scope="session")
def case_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case set of `wire.case_set` on disk."""
    return write_case_set(tmp_path_factory.mktemp("cases") / "set")


@pytest.fixture
def wire() -> Iterator[WireServer]:
    """A running server. The test fails if a provider would have refused a request, or none was scripted."""
    with serving() as server:
        yield server


@pytest.fixture
def evaluate(tmp_path: Path, case_folder: Path) -> Callable[..., EvalLog]:
    """Run one task on the case set and return its log (see `evaluate_on`)."""
    return partial(evaluate_on, case_folder, tmp_path)
