"""Comparisons and associations on the screen."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.report.terminal.cells import number, p_value, spread, table


def comparisons_table(console: Console, comparisons: pd.DataFrame) -> None:
    """Print for each reader one line a comparison of runs, and those of arms that differ by more than chance."""
    console.print(
        "The same cases asked twice: share right (ddx, open_fdx: covered), difference in percentage points with its\n"
        "95 % interval over cases, exact McNemar test. Detectable: what would be found with 80 % power.",
        style="italic",
    )
    for reader, rows in comparisons.groupby("reader", sort=False):
        arms = (rows["question"] == "sensitivity") & (rows["family"] != "view")
        # Arms of `sensitivity` whose adjusted p is not below are counted, not listed: there can be hundreds.
        listed = rows[~arms | (rows["mcnemar_p_holm"] < ALPHA)]
        made = table(
            str(reader),
            ["Asked", "Changed", "Cases"],
            ["n", "From, %", "To, %", "Difference", "p (Holm)", "Detectable"],
        )
        for _, row in listed.iterrows():
            made.add_row(
                row["question"] + (f", {row['view']}" if row["view"] else ""),
                row["condition"],
                row["subset"].removeprefix("cases "),
                str(row["n"]) + (f"\n{row['missing']} missing" if row["missing"] else ""),
                number(row["accuracy_baseline"], 1, 100),
                number(row["accuracy"], 1, 100),
                spread(row["difference"], row["difference_low"], row["difference_high"], 1, 100),
                f"{p_value(row['mcnemar_p'])} ({p_value(row['mcnemar_p_holm'])})",
                number(row["smallest_detectable"], 1, 100),
            )
        if len(listed):
            console.print(made)
        if hidden := len(rows) - len(listed):
            console.print(
                f"{reader}: {hidden} comparisons of sensitivity arms, whose p after Holm is not below {ALPHA:g}, are "
                "only in the frame `comparisons`."
            )


def association_lines(console: Console, associations: pd.DataFrame) -> None:
    """Print each association as a sentence."""
    console.print("Does a smaller gap go with more right answers?", style="italic")
    for row in associations.to_dict("records"):
        within = row["scope"] == "within readers"
        adjusted = f", adjusted for {row['adjusted_for']}" if within and row["adjusted_for"] else ""
        where = f"{row['scope']} ({row['source']})"
        if within:
            where += f", {number(row['observations'], 0)} observations of {number(row['cases'], 0)} cases"
        words = f"- {row['x']} and {row['y']}{adjusted}, {where}: "
        if pd.isna(row["value"]):
            console.print(f"{words}{row['reading']}.")
            continue
        words += f"{row['measure']} {number(row['value'])}"
        if within:
            words += f" [{number(row['low'])}, {number(row['high'])}], p {p_value(row['p'])}"
        console.print(words + (f"; {row['reading']}." if row["reading"] else "."))
