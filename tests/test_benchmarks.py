"""Every benchmark runs at a small size."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
LOGS = BENCHMARKS.parent / "logs"
QUICK = {
    "reading": ("--answers", "4"),
    "loading": ("--cases", "2"),
    "real_answers": (str(Path(__file__).parent / "fixtures/answers"),),
}
SLOW = {
    "analysis_scale": ("--readers", "2", "--cases", "20", "40"),
    "hostile_builder": (),
    "faults": ("--cases", "2", "--only", "none"),
    "sensitivity_worlds": (),
    "coverage": ("--repetitions", "40", "--cases", "24"),
    "report_from_logs": (str(LOGS), "--readers", "2", "--cases", "20"),
    "report_scale": ("--readers", "2", "--cases", "20"),
    "sensitivity_task": ("--cases", "2"),
    "choice_task": ("--cases", "2", "--rounds", "1", "--delay", "0", "--profile", "--runs", "multiple_choice", "fdx"),
}
NEEDS_TORCH = {
    "local_checkpoint": ("--cases", "2"),
    "shared_beginnings": ("--cases", "1"),
    "attention_memory": ("--tokens", "256", "--heads", "4", "--layers", "2"),
}
USED_BY_OTHERS = {"invented_set", "plain_choice"}

WITHOUT_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra hf; run by `make test-circle`")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *QUICK.items(),
        *(pytest.param(*entry, marks=pytest.mark.slow, id=entry[0]) for entry in SLOW.items()),
        *(pytest.param(*entry, marks=WITHOUT_TORCH, id=entry[0]) for entry in NEEDS_TORCH.items()),
    ],
)
def test_a_benchmark_runs(name: str, size: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", *size],
        cwd=tmp_path,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert "\u2026" not in done.stdout  # a number that was cut


def test_no_benchmark_is_left_out() -> None:
    assert {file.stem for file in BENCHMARKS.glob("*.py")} == {*QUICK, *SLOW, *NEEDS_TORCH, *USED_BY_OTHERS}
