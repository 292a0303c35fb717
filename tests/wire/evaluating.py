"""Running Inspect against the server, in this process (that nothing leaves this machine is for `conftest`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.scorer import Score

from wire.server import WireServer

Evaluate = Callable[..., EvalLog]
"""The type of the fixture `evaluate`."""


@contextmanager
def serving() -> Iterator[WireServer]:
    """A running server, no key or address in the environment, and at the end the check that nothing was refused."""
    with pytest.MonkeyPatch.context() as patch:
        for provider in ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "LOCAL", "VLLM", "SGLANG", "LLAMA_CPP_PYTHON"):
            for suffix in ("API_KEY", "BASE_URL"):
                patch.delenv(f"{provider}_{suffix}", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setattr(tiktoken, "get_encoding", no_encoding)
        # Inspect keeps the address of a vLLM server by model; that of an earlier test is closed.
        patch.setattr("inspect_ai.model._providers.vllm._vllm_servers", {})
        server = WireServer()
        yield server
        server.close()
    assert server.objections == []


def no_encoding(name: str) -> None:
    """Tokens are counted by the server; tiktoken would have to download."""
    raise AssertionError(f"tiktoken was asked for {name}")


def evaluate_on(
    cases: Path,
    folder: Path,
    task: Callable[..., Task],
    model: Any,
    *,
    judge: Any = None,
    extractor: Any = None,
    given: dict[str, Any] | None = None,
    **options: Any,
) -> EvalLog:
    """Run one task.

    Args:
        cases: The case set.
        folder: Where the log goes.
        task: `ddx`, `fdx` or `open_fdx`.
        model: The reader.
        judge: Model or models in the role `grader`.
        extractor: Model in the role `extractor`.
        given: Parameters of the task (`-T`).
        options: Options of `inspect_ai.eval`.
    """
    roles = {role: named for role, named in (("grader", judge), ("extractor", extractor)) if named is not None}
    [log] = eval(
        task(cases=str(cases), **(given or {})),
        model=model,
        model_roles=roles or None,
        log_dir=str(folder / "logs"),
        **{"display": "none", "max_retries": 0, "log_realtime": False, **options},
    )
    return log


def sample_of(log: EvalLog, case_id: str) -> EvalSample:
    """The sample of one case."""
    return next(sample for sample in log.samples or [] if sample.id == case_id)


def score_of(log: EvalLog, case_id: str) -> Score:
    """The one score of one case."""
    [score] = (sample_of(log, case_id).scores or {}).values()
    return score
