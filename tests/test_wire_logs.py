"""Images in logs: once where they are wanted, not at all with `--no-log-images`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from medsyn_inspect.tasks import fdx
from wire.dialects import Fail
from wire.evaluating import Evaluate
from wire.logs import everything_in, images_in, quiet
from wire.providers import CLAUDE, GEMINI, GPT_4O, GPT_4O_RESPONSES, GPT_5, Provider
from wire.replies import BELIEF, chosen
from wire.server import WireServer

pytest_plugins = ["wire.fixtures"]

each_dialect = pytest.mark.parametrize(
    "provider",
    [GPT_4O, GPT_4O_RESPONSES, CLAUDE, GEMINI],
    ids=["openai chat", "openai responses", "anthropic", "google"],
)
stagings = pytest.mark.parametrize("staging", ["single", "turns"])
LONG = re.compile(r"[A-Za-z0-9+/_-]{200,}")


def run(evaluate: Evaluate, wire: WireServer, provider: Provider, staging: str, **options: Any) -> EvalLog:
    """`fdx` on all cases."""
    wire.script(provider.model, chosen("B", BELIEF))
    return evaluate(fdx, provider.at(wire), given={"staging": staging}, **options)


@stagings
@each_dialect
def test_without_logged_images_no_image_is_anywhere_in_the_log(
    provider: Provider, staging: str, evaluate: Evaluate, wire: WireServer, case_folder: Path
) -> None:
    log = run(evaluate, wire, provider, staging, **quiet(provider))

    assert log.status == "success"
    text = everything_in(log)
    assert not any(images_in(text, case_folder).values())
    assert LONG.search(text) is None


@stagings
@pytest.mark.parametrize("provider", [GPT_4O, GEMINI], ids=["openai", "google"])
def test_a_logged_image_stands_in_its_sample_once(
    provider: Provider, staging: str, evaluate: Evaluate, wire: WireServer, case_folder: Path
) -> None:
    """Also by turns, where every later request holds it again."""
    log = run(evaluate, wire, provider, staging, log_model_api=False)

    counts = images_in(everything_in(log), case_folder)
    assert counts == dict.fromkeys(counts, 1)
    assert len(counts) == 8


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="Inspect 0.3.285 logs the first requests to Google whole, images included",
)
def test_requests_to_google_are_logged_without_images(evaluate: Evaluate, wire: WireServer, case_folder: Path) -> None:
    log = run(evaluate, wire, GEMINI, "single", log_images=False)

    assert not any(images_in(everything_in(log), case_folder).values())


QUOTES_REQUESTS = pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="Inspect 0.3.285 quotes the whole request in the error of a call that is not repeated",
)


@pytest.mark.parametrize(
    "provider",
    [
        GPT_4O,
        CLAUDE,
        pytest.param(GPT_5, marks=QUOTES_REQUESTS),
        pytest.param(GEMINI, marks=QUOTES_REQUESTS),
    ],
    ids=["openai chat", "anthropic", "openai responses", "google"],
)
def test_an_error_holds_no_image(provider: Provider, evaluate: Evaluate, wire: WireServer, case_folder: Path) -> None:
    wire.script(provider.model, Fail(400, "no such thing"))

    log = evaluate(fdx, provider.at(wire), sample_id="chest", **quiet(provider))

    assert log.status == "error"
    assert not any(images_in(everything_in(log), case_folder).values())
