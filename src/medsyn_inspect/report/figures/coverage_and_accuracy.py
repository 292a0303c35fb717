"""How often the diagnosis is among those listed, and how often it is chosen (MEDSYN's Figure 1b and Table 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.contrasts import majority
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.providers import is_physician
from medsyn_inspect.report.figures.common import (
    all_looks,
    by_reader,
    cut,
    findings_in,
    known,
    listed,
    plain_runs,
    points,
    row_with,
)
from medsyn_inspect.report.figures.drawing import (
    INK,
    Drawn,
    beside,
    filled,
    grid,
    hollow,
    key,
    mark,
    percent_across,
    readers_down,
    row_height,
    styled,
)
from medsyn_inspect.report.material import Material, chance_level
from medsyn_inspect.wording import p_value, plural

MEASURES = {"accuracy": "FDx accuracy", "coverage": "DDx coverage"}


@styled()
def draw(material: Material) -> Drawn | None:
    """One row for each reader: accuracy, coverage, and the gap between them on the cases that have both."""
    findings = findings_in(material)
    rows = by_reader(findings.readers)
    readers = [reader for reader, row in rows.items() if any(known(row[name]) for name in MEASURES)]
    if not readers:
        return None
    look = all_looks(findings)
    shown = [look[reader] for reader in readers]
    made = grid(1, 1, len(readers) * max(row_height(shown), 0.27), extra=0.95)
    axes = made.axes[0]
    readers_down(axes, shown)
    percent_across(axes, "Share of cases, %")
    beside(axes, 0, "gap, points", 8, top=True)
    beside(axes, 0, "n", 112, top=True)
    for place, reader in enumerate(readers):
        row = rows[reader]
        for name, shift in (("accuracy", 0.16), ("coverage", -0.16)):
            value, ends = row[name] * 100, (row[f"{name}_low"] * 100, row[f"{name}_high"] * 100)
            mark(axes, name, value, place + shift, look[reader], x_interval=ends, hollow=name == "coverage")
            if is_physician(reader) and known(value):
                axes.axvline(value, color=INK, alpha=0.6, linewidth=0.8, linestyle="-" if name == "accuracy" else "--")
        if known(row["gap"]):
            beside(axes, place, points(row["gap"], row["gap_low"], row["gap_high"]), 8)
        counts = dict.fromkeys(str(int(row[f"{name}_n"])) for name in MEASURES if known(row[name]))
        beside(axes, place, "/".join(counts), 112)
    entries = [("FDx accuracy", filled()), ("DDx coverage", hollow())]
    if chance := chance_level(material):
        axes.axvline(100 * chance, color=INK, alpha=0.8, linewidth=1.0, linestyle=":", label="_chance")
        entries.append((f"chance ({100 * chance:.0f} %)", {"linestyle": ":", "linewidth": 1.0, "alpha": 0.8}))
    if any(is_physician(reader) for reader in readers):
        entries.append(("physicians: accuracy", {"linestyle": "-", "linewidth": 0.8, "alpha": 0.6}))
        entries.append(("coverage", {"linestyle": "--", "linewidth": 0.8, "alpha": 0.6}))
    key(made.figure, entries)
    return Drawn(
        "coverage_and_accuracy",
        "DDx coverage and FDx accuracy",
        _reading(findings.readers[findings.readers["reader"].isin(readers)], exact_p(findings)),
        "Dot plot with one row for each reader: a filled marker for FDx accuracy, a hollow one for DDx coverage, each "
        "with its 95 % interval, and the difference between them in words.",
        _data([rows[reader] for reader in readers]),
        made.figure,
    )


def _data(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row for each reader and measure; shares, and their difference, as fractions."""
    return pd.DataFrame(
        [
            {
                "reader": row["reader"],
                "measure": name,
                "value": row[name],
                "low": row[f"{name}_low"],
                "high": row[f"{name}_high"],
                "n": int(row[f"{name}_n"]),
            }
            for row in rows
            for name in (*MEASURES, "gap")
            if known(row[name])
        ]
    )


def exact_p(findings: Findings) -> dict[str, float]:
    """By reader, the exact McNemar p of coverage against accuracy on the cases that have both."""
    if findings.runs.empty:
        return {}
    right, covered = (
        {
            name: majority(rows.set_index("case_id")["right"])
            for name, rows in plain_runs(findings, task).groupby("reader")
        }
        for task in ("fdx", "ddx")
    )
    return {str(name): paired(right[name], covered[name])["mcnemar_p"] for name in right if name in covered}


def _reading(rows: pd.DataFrame, exact: Mapping[str, float]) -> str:
    both = rows[rows["gap"].notna()]
    if both.empty:
        name = "accuracy" if rows["accuracy"].notna().any() else "coverage"
        one = row_with(rows, rows[name])
        return (
            f"{MEASURES[name]} is highest for {cut(one['reader'])}, {one[name] * 100:.1f} % "
            f"[{one[f'{name}_low'] * 100:.1f}, {one[f'{name}_high'] * 100:.1f}] of "
            f"{plural(int(one[f'{name}_n']), 'case')}; "
            "the gap between coverage and accuracy needs both DDx and FDx runs."
        )
    widest = row_with(both, both["gap"].abs())
    told = f"{points(widest['gap'], widest['gap_low'], widest['gap_high'])} points (n = {int(widest['gap_n'])})"
    clear = (both["gap_low"] > 0) | (both["gap_high"] < 0)
    small = [name for name in both[clear]["reader"] if exact.get(str(name), 0.0) >= ALPHA]
    doubt = (
        f" (for {listed([cut(name) for name in small])} an exact McNemar test does not confirm it, p = "
        f"{span_of(exact[str(name)] for name in small)})"
        if small
        else ""
    )
    more, less = int((clear & (both["gap"] > 0)).sum()), int((clear & (both["gap"] < 0)).sum())
    if len(both) == 1:
        said = "an interval without 0" if clear.iloc[0] else "which cannot be told from none"
        return f"For {cut(widest['reader'])} coverage less accuracy is {told}, {said}{doubt}."
    unclear = len(both) - int(clear.sum())
    rest = f"; for {plural(unclear, 'reader')} the interval holds 0, and no gap can be claimed" if unclear else ""
    also = f" and falls short of it for {less}" if less else ""
    return (
        f"Coverage exceeds accuracy with the whole interval for {more} of {plural(len(both), 'reader')}{also}{doubt}; "
        "the difference is "
        f"largest for {cut(widest['reader'])}, {told}{rest}."
    )


def span_of(values: Iterable[float]) -> str:
    """`0.125`, or `0.062 to 0.125`."""
    found = [p_value(value) for value in sorted(values)]
    return found[0] if found[0] == found[-1] else f"{found[0]} to {found[-1]}"
