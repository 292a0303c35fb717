"""Write the golden files anew: `python -m tests.update_golden`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    os.environ["MEDSYN_UPDATE_GOLDEN"] = "1"
    sys.exit(pytest.main(["-q", "-k", "golden", str(Path(__file__).parent / "test_prompts.py")]))
