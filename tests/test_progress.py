"""Long work shows its progress on a terminal and nowhere else; Ctrl-C ends it without a traceback."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from case_sets import a_case, png, write_case_set
from medsyn_inspect import progress
from medsyn_inspect.progress import shown_progress, steps, work_in_progress

ROOT = Path(__file__).parent.parent


def test_without_a_command_steps_are_the_items() -> None:
    assert list(steps(iter("abc"), "Reading", 3)) == ["a", "b", "c"]
    with work_in_progress("Computing"):
        pass


def test_a_terminal_shows_each_work_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with shown_progress():
        display = progress._display.get()
        assert display is not None
        for _ in steps(range(3), "Checking images"):
            [task] = display.tasks
            assert (task.description, task.total) == ("Checking images", 3)
            with work_in_progress("Computing"):
                assert len(display.tasks) == 2
        assert display.tasks == []
    assert progress._display.get() is None


def test_an_error_leaves_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    interrupted = iter(steps(range(3), "Checking images"))
    with pytest.raises(KeyboardInterrupt), shown_progress():
        interrupted.throw(KeyboardInterrupt)
    assert progress._display.get() is None


@pytest.fixture
def many_images(tmp_path: Path) -> Path:
    names = [f"images/{number}.png" for number in range(300)]
    evidence = [{"type": "ct", "images": [{"path": name} for name in names]}]
    content = {name: png(size=(400, 300), shade=number % 200) for number, name in enumerate(names)}
    return write_case_set(tmp_path / "set", [a_case(evidence=evidence)], images=content)


def on_a_terminal(*arguments: str) -> tuple[int, str, str]:
    """`medsyn ...` with standard error on a terminal and output in a pipe: exit code, output, what the terminal got."""
    ours, theirs = pty.openpty()
    code = "from medsyn_inspect.cli import main; main()"
    environment = os.environ | {"TERM": "xterm", "XDG_CACHE_HOME": "/nonexistent"}
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:
            pass  # The terminal is closed when the process ends.
        os.close(ours)
        assert process.stdout is not None
        return process.wait(), process.stdout.read().decode(), seen.decode()


def test_check_shows_progress_on_standard_error_only(many_images: Path) -> None:
    code, output, terminal = on_a_terminal("cases", "check", str(many_images))
    assert code == 0
    assert "Checking images" in terminal
    assert output.startswith("three cases 1.0: 1 case, ")
    assert "Checking" not in output


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["cases", "check", "{set}"],
        ["plan", "sensitivity", "--model", "openai/gpt-4o"],
        ["analyze", "{logs}"],
        ["report", "{logs}", "-o", "{out}"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("after", [0.7, 1.5, 3.0])
def test_ctrl_c_ends_without_a_traceback(arguments: list[str], after: float, many_images: Path, tmp_path: Path) -> None:
    places = {"set": many_images, "logs": ROOT / "logs", "out": tmp_path / "report"}
    code = "from medsyn_inspect.cli import main; main()"
    command = [sys.executable, "-c", code, *(argument.format(**places) for argument in arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(after)
        finished = process.poll() is not None
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert "Traceback" not in output + errors
    if not finished and process.returncode != 0:  # It may have ended on its own meanwhile.
        assert process.returncode in (130, -signal.SIGINT)
        assert not (tmp_path / "report" / "index.html").exists()
