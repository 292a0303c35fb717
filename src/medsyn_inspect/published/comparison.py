"""Compares measured values with the published figures of the paper."""

from __future__ import annotations

import pandas as pd

from medsyn_inspect.published.figures import published_figures
from medsyn_inspect.published.readers import paper_name

QUESTION = ["measure", "condition", "evidence_type", "specialty", "subset"]
"""Columns that identify a question: figures of a table that agree in all of them differ only in their reader."""

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
    """The published tables that contain measured questions, with the measured values next to the published ones.

    Unless the paper's cases are used, measured and published values rest on different cases, prompts and dates: compare
    the direction of effects, not their size. A published gap is a difference of two shares; ours is paired by case.

    Args:
        measured: Columns `reader` (Inspect's name or the paper's), `measure`, `condition`, `evidence_type`, `subset`,
            `value`, `lower`, `upper`, `n` and, for values by specialty, `specialty`; spelling and units as in
            `published_figures`. Columns that do not apply are `` or missing.
        published: The frame of `published_figures`, which is the default.

    Returns:
        Columns `table`, those of `QUESTION`, `reader` (the paper's name, or Inspect's for a reader that is not in the
        paper), `published`, `unit`, `warning`, `measured_as` (Inspect's name), `measured`, `lower`, `upper` and `n`.
        First all published figures of every table that contains one of the measured questions, in the paper's order,
        with NaN and an empty `measured_as` where nothing was measured; then, by table, measured readers that the table
        lacks, without a published value; last, measured questions that no table contains, without a table.

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
    matching = printed[["table", *QUESTION]].drop_duplicates().merge(mine[QUESTION].drop_duplicates(), on=QUESTION)
    concerned = printed[printed["table"].isin(matching["table"])]
    compared = concerned.merge(mine, on=["reader", *QUESTION], how="left")
    # A measured value appears in each table that contains its question; without such a table, it appears once.
    placed = mine.merge(matching, on=QUESTION, how="left")
    unmatched = placed.merge(concerned, on=["table", "reader", *QUESTION], how="left", indicator=True)
    others = unmatched[unmatched["_merge"] == "left_only"].sort_values("table", kind="stable")
    result = pd.concat([compared[RESULT], others[RESULT]], ignore_index=True)
    result["table"] = result["table"].astype("Int64")
    text = ["unit", "warning", "measured_as"]
    result[text] = result[text].fillna("")
    return result
