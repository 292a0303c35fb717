"""How often readers are right, on the screen."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.frames.accuracy import Estimate
from medsyn_inspect.records import Condition
from medsyn_inspect.report.terminal.cells import once, table

MEASURES = {
    "accuracy": ("FDx accuracy", 100, "%"),
    "coverage": ("DDx coverage", 100, "%"),
    "score": ("DDx score 0-5", 1, ""),
    "open_coverage": ("Open FDx right", 100, "%"),
    "gap": ("DDx-FDx gap", 100, "pp"),
}
"""Title, factor and unit of each column of estimates."""


def headline_table(console: Console, rows: pd.DataFrame) -> None:
    """Print one line for each reader and condition, each number with its 95 % interval and its n."""
    measures = [name for name in MEASURES if rows[name].notna().any()]
    made = table(
        "95 % intervals: Wilson for shares, bootstrap over cases for score and gap",
        ["Reader and condition"],
        [MEASURES[name][0] for name in measures],
    )
    made.add_column("Failed")  # not answered, or not scored
    for reader, (_, row) in zip(once(rows["reader"]), rows.iterrows(), strict=True):
        cells = [_estimate(row[name], *MEASURES[name][1:]) for name in measures]
        failed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in row["failures"].items())
        if reader and made.row_count:
            made.add_section()
        made.add_row("\n".join(filter(None, (reader, Condition.of(row).words))), *cells, failed or "none")
    console.print(made)
    for case_set in sorted(set(rows["case_set"])):
        console.print(f"Case set: {case_set}")
    judges = sorted({judge for judge in rows["judge"] if judge})
    if judges:
        console.print(f"Judge: {'; '.join(judges)}, beside exact matches")


def _estimate(estimate: object, factor: float, unit: str) -> str:
    if not isinstance(estimate, Estimate):
        return ""
    digits = 1 if factor == 100 else 2
    n = f"n={estimate.n}" if estimate.n == estimate.asked else f"n={estimate.n} of {estimate.asked}"
    if estimate.n == 0:
        return f"not scored\n{n}"
    value, low, high = (f"{number * factor:.{digits}f}" for number in (estimate.value, estimate.low, estimate.high))
    lines = [f"{value}{' ' if unit else ''}{unit}", f"[{low}, {high}]", n]
    if estimate.n < estimate.asked:
        worst, best = (
            f"{number * factor:.{digits}f}"
            for number in (estimate.low_if_missing_wrong, estimate.high_if_missing_right)
        )
        lines.append(f"bounds {worst} to {best}")
    return "\n".join(lines)
