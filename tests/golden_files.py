"""Golden files: outputs pinned word for word, compared with a diff a person can read.

They are written anew only on demand: `python -m tests.update_golden`, or MEDSYN_UPDATE_GOLDEN=1. Look at the
difference (`git diff tests/golden`) before you commit it: every reader would be shown other words.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "MEDSYN_UPDATE_GOLDEN"


def assert_golden(name: str, text: str, folder: Path = GOLDEN) -> None:
    """Fail, with the difference, unless `text` is that of the golden file called `name`."""
    path = folder / name
    if os.environ.get(UPDATE) == "1":
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    if not path.exists():
        pytest.fail(f"no golden file {name}; write it with `python -m tests.update_golden`", pytrace=False)
    pinned = path.read_bytes().decode("utf-8")
    if text != pinned:
        difference = "\n".join(
            unified_diff(pinned.splitlines(), text.splitlines(), f"golden/{name} (pinned)", "now", lineterm="", n=2)
        )
        difference = difference or "(only the ends of lines differ)"
        pytest.fail(f"{difference}\n\nIf this is meant: `python -m tests.update_golden`", pytrace=False)
