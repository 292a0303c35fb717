"""Every interval that is printed covers, and every test keeps its level."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "coverage.py"


@pytest.mark.slow
@pytest.mark.parametrize("part", ["sensitivity", "shares", "scores", "beliefs", "association", "tests"])
def test_coverage_is_93_percent_and_errors_6_percent(part: str) -> None:
    done = subprocess.run([sys.executable, BENCHMARK, "--parts", part], capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stderr
