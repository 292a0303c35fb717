"""What was measured beside what the paper prints."""

from __future__ import annotations

import pandas as pd

from medsyn_inspect.published.figures import published_figures
from medsyn_inspect.published.readers import paper_name

QUESTION = ["measure", "condition", "evidence_type", "specialty", "subset"]
"""Figures that agree in these, in one table, answer the same question about different readers."""

MEASURED = ["reader", *QUESTION, "value", "lower", "upper", "n"]

RESULT = [
    "table",
    *QUESTION,
    "reader",
    "published",
    "unit",
    "warning",
    "measured_as",
    "measured",
    "lower",
    "upper",
    "n",
]


def against_published(measured: pd.DataFrame, published: pd.DataFrame | None = None) -> pd.DataFrame:
    """The published tables that a measurement touches, with the measured values beside the printed ones.

    The two rest on different cases (unless the paper's are used), prompts and days: they can be compared in their
    direction, not in their size. A published gap is a difference of two shares, ours is paired case by case.

    Args:
        measured: `reader` (Inspect's name or the paper's), `measure`, `condition`, `evidence_type`, `subset`,
            `value`, `lower`, `upper`, `n`, and, if it is by specialty, `specialty`; written as in `published_figures`,
            in the same units. What does not apply is `` or missing.
        published: From `published_figures`, which is the default.

    Returns:
        `table`, the columns of `QUESTION`, `reader` (the paper's name; Inspect's for a reader it does not have),
        `published`, `unit`, `warning`; `measured_as` (Inspect's name), `measured`, `lower`, `upper`, `n`. First every
        published figure of every table in which one of the questions is asked, in the paper's order, with NaN and an
        empty `measured_as` where nothing was measured; then, table by table, measured readers that it does not have,
        without a published value; last what no table asks, with no table.

    Raises:
        ValueError: If columns are missing.
    """
    published = published_figures() if published is None else published
    mine = measured if "specialty" in measured.columns else measured.assign(specialty="")
    if missing := [name for name in MEASURED if name not in mine.columns]:
        raise ValueError(f"the frame of measured values lacks the columns {', '.join(missing)}")
    mine = mine[MEASURED].rename(columns={"value": "measured"})
    mine[QUESTION] = mine[QUESTION].fillna("")
    mine["measured_as"] = mine["reader"]
    mine["reader"] = mine["reader"].map(lambda reader: paper_name(reader) or reader)

    printed = published.rename(columns={"value": "published"})
    asked = printed[["table", *QUESTION]].drop_duplicates().merge(mine[QUESTION].drop_duplicates(), on=QUESTION)
    concerned = printed[printed["table"].isin(asked["table"])]
    beside = concerned.merge(mine, on=["reader", *QUESTION], how="left")
    # A measured reader appears in each table that asks its question; in no table, it appears once.
    placed = mine.merge(asked, on=QUESTION, how="left")
    unmatched = placed.merge(concerned, on=["table", "reader", *QUESTION], how="left", indicator=True)
    others = unmatched[unmatched["_merge"] == "left_only"].sort_values("table", kind="stable")
    result = pd.concat([beside[RESULT], others[RESULT]], ignore_index=True)
    result["table"] = result["table"].astype("Int64")
    text = ["unit", "warning", "measured_as"]
    result[text] = result[text].fillna("")
    return result
