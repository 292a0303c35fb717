"""Changes by prompt refinement in the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console

from medsyn_inspect.analysis.frames.refinement import rows_of_interest
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.conditions import in_words
from medsyn_inspect.report.terminal.cells import estimated, number, p_adjusted, show, table
from medsyn_inspect.wording import CHANGES, plural, spoken


def refinement_table(console: Console, rows: pd.DataFrame) -> None:
    """Print the changes of each reader: of accuracy, and of the emphasised types; of others, the significant ones."""
    console.print(
        "\nPrompt refinement: changes by emphasis and by its placebo, paired by case, with 95 % intervals. Only what "
        "emphasis changes and its placebo does not is an effect of what it says.",
        style="italic",
    )
    for (reader, condition, baseline), found in rows.groupby(["reader", "condition", "baseline"], sort=False):
        listed = rows_of_interest(found)
        made = table(
            f"{reader}: {in_words(str(condition))}, against {in_words(str(baseline))}; {found['subset'].iloc[0]}",
            ["Measure"],
            ["n", "From", "To", "Change", "p (Holm)"],
        )
        for _, row in listed.iterrows():
            words, how, change = CHANGES[str(row["measure"])]
            name = f"{spoken(row['evidence_type'])}: {words}" if row["evidence_type"] else words
            how = how.for_cases(row["n"])
            values = number(row["value_baseline"], how), number(row["value"], how)
            p = p_adjusted(row["p"], row["p_holm"])
            made.add_row(name, str(row["n"]), *values, estimated(row, "difference", change), p)
        show(console, made)
        if hidden := len(found) - len(listed):
            console.print(
                f"{plural(hidden, 'change')} of other evidence types with an adjusted p of {ALPHA:g} or more, or "
                "without a test, not listed; `-o FOLDER` writes all of them."
            )
