"""Findings as tables on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from medsyn_inspect.analysis.accuracy import Estimate

MEASURES = {
    "accuracy": ("FDx accuracy", 100, "%"),
    "coverage": ("DDx coverage", 100, "%"),
    "score": ("DDx score 0-5", 1, ""),
    "open_coverage": ("Open FDx right", 100, "%"),
    "gap": ("DDx-FDx gap", 100, "pp"),
}
"""Title, factor and unit of each column of estimates."""


def headline_table(rows: pd.DataFrame, width: int | None = None) -> None:
    """Print one line for each reader and condition, each number with its 95 % interval and its n."""
    console = Console(width=width)
    measures = [name for name in MEASURES if rows[name].notna().any()]
    table = Table(
        title="95 % intervals: Wilson for shares, bootstrap over cases for score and gap", title_justify="left"
    )
    table.add_column("Reader and condition")
    for name in measures:
        table.add_column(MEASURES[name][0], justify="right")
    table.add_column("Not answered or not scored")
    for _, row in rows.iterrows():
        cells = [_estimate(row[name], *MEASURES[name][1:]) for name in measures]
        failed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in row["failures"].items())
        table.add_row(f"{row['reader']}\n{condition(row)}", *cells, failed or "none")
    console.print(table)
    for case_set in sorted(set(rows["case_set"])):
        invented = " (fictional cases: these numbers say nothing about medicine)" if rows["synthetic"].all() else ""
        console.print(f"Case set: {case_set}{invented}", highlight=False)
    judges = sorted({judge for judge in rows["judge"] if judge})
    if judges:
        console.print(f"Judge: {'; '.join(judges)}, beside exact matches", highlight=False)
    if rows["reader"].str.startswith("reference/").any():
        console.print("reference/reader is simulated: no medical model was asked.", highlight=False)


def types_table(types: pd.DataFrame, width: int | None = None) -> None:
    """Print one line for each reader and evidence type: how the views differ in moving the answer."""
    console = Console(width=width)
    table = Table(
        title="Evidence Sensitivity, image against finding; 95 % intervals over cases.\n"
        "NMSE: 0 without a gap, 1 if images move nothing. Below: share of cases that the image moves less.\n"
        "Deficit: mean of S_finding - S_image, in bits.",
        title_justify="left",
    )
    for name in ("Reader", "Evidence", "n", "NMSE", "Below", "Deficit", "Sign test, p (Holm)"):
        table.add_column(name, justify="left" if name in ("Reader", "Evidence") else "right")
    for _, row in types.iterrows():
        cells = [
            f"{row[name]:.3f}\n[{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
            for name in ("nmse", "share_below", "mean_deficit")
        ]
        signs = f"{row['sign_p']:.3f} ({row['sign_p_holm']:.3f})"
        table.add_row(f"{row['reader']}\nfrom {row['source']}", row["evidence_type"], str(row["n"]), *cells, signs)
    console.print(table)


def condition(row: Mapping[str, Any] | pd.Series) -> str:
    """What was asked of a reader, in words: the view, and whatever is not the default."""
    parts = [f"view={row['view']}"]
    parts += [f"withhold={row['withheld'].replace('-', ',')}"] if row["withheld"] else []
    parts += [f"text={row['text']}"] if row["text"] != "keep" else []
    parts += [f"staging={row['staging']}"] if row["staging"] != "single" else []
    parts += [f"emphasis={row['emphasis']}"] if row["emphasis"] else []
    parts += [row[name] for name in ("selection", "grading") if row[name]]
    return ", ".join(parts)


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
