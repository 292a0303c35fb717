"""Comparisons and associations in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.conditions import QUESTIONS, change_words, quantity_in_words, source_in_words
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.terminal.cells import ASCII, estimated, number, p_adjusted, show, table
from medsyn_inspect.wording import PERCENT, POINTS, RATIO, p_equals, plural, spread


def comparisons_table(console: Console, comparisons: pd.DataFrame) -> None:
    """Print for each reader one line per comparison of runs, and the significant comparisons of arms."""
    console.print(
        "Paired comparisons: share right (differential: covered), difference in percentage points with its 95 %\n"
        "interval over cases, exact McNemar test; exploratory unless marked as primary. Detectable: smallest\n"
        "difference with 80 % power.",
        style="italic",
    )
    for reader, rows in comparisons.groupby("reader", sort=False):
        arms = (rows["question"] == "sensitivity") & (rows["family"] != "view")
        # Arms of `sensitivity` whose adjusted p is not below are counted, not listed: there can be hundreds.
        listed = rows[~arms | (rows["mcnemar_p_holm"] < ALPHA)]
        made = table(
            str(reader),
            ["Changed"],
            ["n", "From, %", "To, %", "Difference", "p (Holm)", "Detectable"],
        )
        for row in rows_of(listed):
            percent, points = PERCENT.for_cases(row["n"]), POINTS.for_cases(row["n"])
            primary = ", primary" if row["primary"] is True else ""
            made.add_row(
                f"{QUESTIONS[row['question']]}: {change_words(row)}\n{row['subset']}{primary}",
                str(row["n"]) + (f"\n{row['missing']} missing" if row["missing"] else ""),
                number(row["accuracy_baseline"], percent),
                number(row["accuracy"], percent),
                estimated(row, "difference", POINTS),
                p_adjusted(row["mcnemar_p"], row["mcnemar_p_holm"]),
                number(row["minimum_detectable_effect"], points),
            )
        if len(listed):
            show(console, made)
        if hidden := len(rows) - len(listed):
            console.print(
                f"{reader}: {plural(hidden, 'comparison')} with evidence withheld and an adjusted p of {ALPHA:g} or "
                "more not listed; `-o FOLDER` writes all of them."
            )


def association_lines(console: Console, associations: pd.DataFrame) -> None:
    """Print each association as a sentence."""
    console.print("Is a smaller gap associated with more right answers? (Exploratory.)", style="italic")
    for row in associations.to_dict("records"):
        within = row["scope"] == "within readers"
        others = ", ".join(map(quantity_in_words, str(row["adjusted_for"]).split(", ")))
        adjusted = f", adjusted for {others}" if within and row["adjusted_for"] else ""
        where = f"{row['scope']} ({source_in_words(row['source'])})"
        if within:
            where += f", {int(row['observations'])} observations of {plural(int(row['cases']), 'case')}"
        words = f"- {quantity_in_words(row['x'])} and {quantity_in_words(row['y'])}{adjusted}, {where}: "
        if pd.isna(row["value"]):
            console.print(f"{words}{row['reading']}.")
            continue
        value = spread(row["value"], row["lower"], row["upper"], RATIO, between=" ").translate(ASCII)
        words += f"{row['measure']} {value}"
        if within:
            words += f", {p_equals(row['p'])}"
        console.print(words + (f"; {row['reading']}." if row["reading"] else "."))
