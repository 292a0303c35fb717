"""What a hostile builder of case sets tries, what is caught, and by which rule.

    python benchmarks/hostile_builder.py

Each row is one case report, built by a local server that speaks a provider's format and answers honestly except for one
thing. A row without a rule is dropped for the reason given, or not caught at all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from hostile_builder import run  # noqa: E402
from wire.evaluating import serving  # noqa: E402


def main() -> None:
    """Run all attacks and print the table."""
    table = Table("Tried", "Step", "Caught by", "Outcome", box=None)
    with tempfile.TemporaryDirectory() as folder, serving() as server:
        os.environ |= {
            "LOCAL_API_KEY": "key",
            "LOCAL_BASE_URL": f"{server.root}/v1",
            "INSPECT_CACHE_DIR": f"{folder}/cache",
        }
        results = run(Path(folder), server)
    for result in results:
        rule = result.attack.rule if result.attack.rule in result.caught else ""
        outcome = result.outcome + (f" ({result.reason})" if result.reason else "")
        missed = "NOT CAUGHT" if not rule and result.outcome == "kept" else ""
        table.add_row(result.attack.tried, result.attack.step, rule or missed, outcome)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
