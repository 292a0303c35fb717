"""DDx coverage and FDx accuracy of each reader (MEDSYN's Figure 1b and Table 2)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.schema import with_ends
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.report.figures.common import (
    LINE,
    by_reader,
    finite,
    human_line,
    physicians_words,
    row_looks,
    row_with,
)
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import Look
from medsyn_inspect.report.figures.panels import (
    LEGEND_ROW,
    column,
    filled,
    grid,
    hollow,
    legend,
    margin_heading,
    margin_text,
    mark,
    percent_axis,
    reader_rows,
    row_height,
)
from medsyn_inspect.report.figures.style import INK, styled
from medsyn_inspect.report.material import Material, chance_level
from medsyn_inspect.wording import cut, interval, listed, number, p_span, percent, plural, points, share_digits, signed

SECTION: Section = "accuracy"
POSITION = 1

MEASURES = {"accuracy": "FDx accuracy", "coverage": "DDx coverage"}


@styled()
def draw(material: Material) -> Drawing | None:
    """One row for each reader: accuracy, coverage, and the gap between them on the cases that have both."""
    findings = material.findings
    rows = {
        reader: row
        for reader, row in by_reader(findings.readers).items()
        if any(finite(row[name]) for name in MEASURES)
    }
    if not rows:
        return None
    look = row_looks(findings)
    shown = [look[reader] for reader in rows]
    lines = bool(human_line(findings) or human_line(findings, "coverage"))
    made = grid(1, 1, len(rows) * max(row_height(shown), 0.27), extra=0.95 + (LEGEND_ROW if lines else 0))
    axes = made.axes[0]
    reader_rows(axes, shown)
    percent_axis(axes, "Share of cases, %")
    margin_heading(axes, "gap, points", column(8, None))
    margin_heading(axes, "n", column(112, 8))
    for place, (reader, row) in enumerate(rows.items()):
        _row(axes, place, row, look[reader])
    kinds = {"accuracy": ("FDx accuracy", filled()), "coverage": ("DDx coverage", hollow())}
    entries = [entry for name, entry in kinds.items() if any(finite(row[name]) for row in rows.values())]
    if chance := chance_level(material):
        axes.axvline(100 * chance, color=INK, alpha=0.8, linewidth=1.0, linestyle=":", label="_chance")
        entries.append((f"chance ({percent(chance, 0)})", {"linestyle": ":", "linewidth": 1.0, "alpha": 0.8}))
    who = physicians_words(findings)
    for name, line, label in (("accuracy", "-", f"{who}: accuracy"), ("coverage", "--", f"{who}: coverage")):
        if found := human_line(findings, name):
            entries.append((label, LINE | {"linestyle": line}))
        for value in found:
            axes.axvline(value, linestyle=line, **LINE)
    legend(made.figure, entries, columns=3 if lines else None)
    return Drawing(
        name="coverage_and_accuracy",
        section=SECTION,
        title="DDx coverage and FDx accuracy",
        reading=_reading(findings.readers[findings.readers["reader"].isin(rows)]),
        alt="Dot plot with one row for each reader: a filled marker for FDx accuracy, a hollow one for DDx coverage, "
        "each with its 95 % interval, and the difference between them as text.",
        data=_data([*rows.values()]),
        figure=made.figure,
    )


def _row(axes: Axes, place: int, row: dict[str, Any], look: Look) -> None:
    """Accuracy and coverage of one reader."""
    for name, shift in (("accuracy", 0.16), ("coverage", -0.16)):
        value, ends = row[name] * 100, (row[f"{name}_lower"] * 100, row[f"{name}_upper"] * 100)
        mark(axes, name, (value, place + shift), look, x_interval=ends, hollow=name == "coverage")
    if finite(row["ddx_fdx_gap"]):
        gap = points(*(row[name] for name in with_ends("ddx_fdx_gap")), n=row["ddx_fdx_gap_n"])
        margin_text(axes, place, gap, column(8, None))
    counts = dict.fromkeys(str(int(row[f"{name}_n"])) for name in MEASURES if finite(row[name]))
    margin_text(axes, place, "/".join(counts), column(112, 8))


def _data(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row for each reader and measure; shares, and their difference, as fractions."""
    return pd.DataFrame(
        [
            {
                "reader": row["reader"],
                "measure": name,
                "value": row[name],
                "lower": row[f"{name}_lower"],
                "upper": row[f"{name}_upper"],
                "n": int(row[f"{name}_n"]),
            }
            for row in rows
            for name in (*MEASURES, "ddx_fdx_gap")
            if finite(row[name])
        ]
    )


def _reading(rows: pd.DataFrame) -> str:
    both = rows[rows["ddx_fdx_gap"].notna()]
    if both.empty:
        return _one_measure(rows)
    widest = row_with(both, both["ddx_fdx_gap"].abs())
    unlike = f"; these are unlike tasks{_by_chance(both)}"
    clear = (both["ddx_fdx_gap_lower"] > 0) | (both["ddx_fdx_gap_upper"] < 0)
    small = both[clear & (both["ddx_fdx_gap_p"].astype(float) >= ALPHA)]
    doubt = (
        f" (for {listed([cut(name) for name in small['reader']])} an exact McNemar test does not confirm it, "
        f"{p_span(small['ddx_fdx_gap_p'])})"
        if len(small)
        else ""
    )
    more, less = int((clear & (both["ddx_fdx_gap"] > 0)).sum()), int((clear & (both["ddx_fdx_gap"] < 0)).sum())
    n = f"(n = {int(widest['ddx_fdx_gap_n'])})"
    if len(both) == 1:
        change = points(*(widest[name] for name in with_ends("ddx_fdx_gap")), n=widest["ddx_fdx_gap_n"])
        clearly = "an interval that excludes 0" if clear.iloc[0] else "an interval that includes 0"
        return f"For {cut(widest['reader'])} coverage minus accuracy is {change} points {n}, {clearly}{doubt}{unlike}."
    unclear = len(both) - int(clear.sum())
    rest = f"; for {plural(unclear, 'reader')} the interval includes 0, so a gap is not established" if unclear else ""
    also = f" and is below it for {less}" if less else ""
    # Selected as the largest, so its interval would be too narrow.
    largest = f"the largest estimate is {signed(100 * widest['ddx_fdx_gap'], 0)} points for {cut(widest['reader'])} {n}"
    return (
        f"Coverage exceeds accuracy (the interval excludes 0) for {more} of {plural(len(both), 'reader')}{also}"
        f"{doubt}; {largest}{rest}{unlike}."
    )


def _one_measure(rows: pd.DataFrame) -> str:
    """Where no reader has both measures."""
    name = "accuracy" if rows["accuracy"].notna().any() else "coverage"
    known = rows[rows[name].notna()]
    one = row_with(known, known[name])
    digits = share_digits(one[f"{name}_n"])
    value = f"{number(one[name] * 100, digits)} %"
    ends = interval(one[f"{name}_lower"] * 100, one[f"{name}_upper"] * 100, digits)
    cases = plural(int(one[f"{name}_n"]), "case")
    found = (
        f"{MEASURES[name]} of {cut(one['reader'])} is {value} {ends} of {cases}"
        if len(known) == 1
        else f"The highest estimate of {MEASURES[name]} is {value} of {cases} for {cut(one['reader'])}"
    )
    return f"{found}; the gap between coverage and accuracy needs both DDx and FDx runs."


def _by_chance(rows: pd.DataFrame) -> str:
    """What the readers' lists would cover if they were drawn from the options at random."""
    chance = rows["coverage_chance"].dropna()
    if chance.empty:
        return ""
    least, most = percent(chance.min(), 0), percent(chance.max(), 0)
    shown = least if least == most else f"{least.removesuffix(' %')} to {most}"
    return f", and lists as long as these, drawn at random from the options, would cover {shown} by chance"
