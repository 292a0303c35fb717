"""A run of `sensitivity` that is killed half way, and what is asked again when it is resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from medsyn_inspect.analysis import read_arms
from wire.arms import asked, belief, by_letter
from wire.dialects import Say
from wire.providers import COMPATIBLE
from wire.server import Call, WireServer

pytest_plugins = ["wire.fixtures"]

ARMS = {"chest": 10, "heart": 8, "belly": 6}
"""All evidence, all but each type, and all evidence again in other words, in two views; asked one after the other."""

SECONDS = 0.03
"""What an answer takes. With one connection, whatever was asked before the last request was answered and taken in."""


def slowly(call: Call) -> Say:
    time.sleep(SECONDS)
    return by_letter(call)


@pytest.mark.slow
@pytest.mark.parametrize("cache", [False, True], ids=["without cache", "with cache"])
def test_what_a_killed_run_has_finished_is_not_asked_again(
    cache: bool, wire: WireServer, case_folder: Path, tmp_path: Path
) -> None:
    wire.script(COMPATIBLE.model, slowly)
    logs, environment = tmp_path / "logs", isolated(tmp_path, wire)
    arguments = [f"cases={case_folder}", "order_audit=0"]
    run = inspect(
        environment, logs, "eval", "medsyn_inspect/sensitivity", "--model", COMPATIBLE.name,
        *(word for argument in arguments for word in ("-T", argument)),
        "--max-samples", "1", "--max-connections", "1", "--top-logprobs", "5", *(["--cache"] if cache else []),
    )  # fmt: skip
    try:
        # In the middle of the second case.
        wait_for(lambda: len(wire.calls) >= 14 or run.poll() is not None)
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    before = list(wire.calls)
    assert run.returncode == -signal.SIGKILL, (tmp_path / "output.txt").read_text()
    assert [asked(call).case for call in before] == ["chest"] * 10 + ["heart"] * (len(before) - 10)
    assert len(before) < 18
    assert {call.candidates_wanted for call in before} == {5}, "--top-logprobs counts"
    [killed] = list_eval_logs(str(logs))

    assert inspect(environment, logs, "eval-retry", killed.name).wait(timeout=120) == 0, (
        tmp_path / "output.txt"
    ).read_text()

    after = wire.calls[len(before) :]
    if cache:
        finished = [call.body for call in before[:-1]]
        assert not any(call.body in finished for call in after), "no finished arm is asked again"
        # Without its one type of evidence, a case reads the same in both views.
        assert len(finished) + len(after) == sum(ARMS.values()) - 1
    else:
        again = Counter(asked(call).case for call in after)
        assert again == {"heart": 8, "belly": 6}, "no finished case is asked again"
    log = newest(logs)
    assert (log.status, {str(sample.id) for sample in log.samples or []}) == ("success", set(ARMS))
    arms = read_arms(log.location)
    assert arms.groupby("case_id").size().to_dict() == ARMS
    truth = {(asked(call).case, label): belief(asked(call)) for call in wire.calls for label in asked(call).labels}
    for row in arms.itertuples():
        label = f"{row.view}-{row.withheld}" if row.withheld else row.view
        assert row.posterior == pytest.approx(truth[row.case_id, label], abs=1e-9)


def isolated(folder: Path, server: WireServer) -> dict[str, str]:
    """An environment in which `inspect` reaches the server, and keeps caches and data in a folder of its own."""
    homes = {name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "INSPECT_CACHE_DIR")}
    address = {"LOCAL_BASE_URL": f"{server.root}/reader/v1", "LOCAL_API_KEY": "key", "NO_PROXY": "127.0.0.1"}
    return {**os.environ, **homes, **address}


def inspect(environment: dict[str, str], logs: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`inspect` in a process group of its own; what it prints goes to a file beside the logs."""
    command = [sys.executable, "-m", "inspect_ai", *arguments, "--log-dir", str(logs), "--display", "plain"]
    with (logs.parent / "output.txt").open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)


def wait_for(happened: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "the run did not come that far"
        time.sleep(0.005)


def newest(logs: Path) -> EvalLog:
    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    return read_eval_log(max(headers, key=lambda header: header.eval.created).location)
