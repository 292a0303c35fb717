"""Tables 2 to 6 and 8 to 13 of the paper as one frame, with the warnings about each figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

FOLDER = Path(__file__).parent

DESCRIPTION = ["condition", "evidence_type", "specialty", "subset", "measure"]
"""The columns that describe a printed column; `` where one does not apply."""

COLUMNS = ["table", "reader", *DESCRIPTION, "value", "unit", "warning"]

SCALES = {
    "accuracy": (100, "share"),
    "coverage": (100, "share"),
    "gap": (100, "share"),
    "accuracy_difference": (100, "share"),
    "score": (1, "0-5"),
    "open_score": (1, "0-5"),
    "nmse": (1, "ratio"),
    "mean_nmse": (1, "ratio"),
    "nmse_difference": (1, "ratio"),
    "rank": (1, "rank"),
}
"""By measure: the divisor of the printed number, and the unit of the result, which is that of our analysis."""


def published_figures() -> pd.DataFrame:
    """The figures of the paper, one row per figure.

    Source: Boqi Chen et al., MEDSYN: Benchmarking Multi-EviDence SYNthesis in Complex Clinical Cases for Multimodal
    Large Language Models, Findings of ACL 2026, Tables 2, 3, 4, 5, 6, 8, 9, 10, 11, 12 and 13. `tables/*.csv`
    contain them as printed.

    Returns:
        Columns `table` (its number); `reader` (the paper's name; physicians are included); `condition` (as parameters
        of our tasks, such as `view=image, text=remove`); `evidence_type`; `specialty` (one of the 17 or, in Table 11, a
        group); `subset` (`en`, `zh`, `all`); `measure`; `value` (shares from 0 to 1); `unit`; `warning` (why the figure
        cannot be trusted, empty if no error is known). Columns that do not apply are ``. The measures are `accuracy`
        (FDx), `coverage` and `score` (DDx), `open_score`, `nmse`, `mean_nmse`, `accuracy_difference` and
        `nmse_difference` (from the first condition of the table), `rank`, and `gap`, which is not printed: the printed
        coverage minus the printed accuracy. No printed figure has an interval.
    """
    described = yaml.safe_load((FOLDER / "tables.yaml").read_text(encoding="utf-8"))
    printed = pd.concat([_table(number, description) for number, description in described.items()])
    figures = pd.concat([printed, _gaps(printed)], ignore_index=True)
    scale = figures["measure"].map(lambda measure: SCALES[measure][0])
    figures["value"] = (figures["value"] / scale).round(6)
    figures["unit"] = figures["measure"].map(lambda measure: SCALES[measure][1])
    figures["warning"] = _warnings(figures)
    return figures[COLUMNS]


def paper_languages(figures: pd.DataFrame, measure: str | None = None) -> tuple[str, ...]:
    """The languages for which the paper has separate figures, in the order in which it prints them.

    Args:
        figures: The frame of `published_figures`.
        measure: Only languages with figures of this measure.
    """
    shown = figures if measure is None else figures[figures["measure"] == measure]
    return tuple(subset for subset in shown["subset"].unique() if subset not in ("all", ""))


def table_titles() -> dict[int, str]:
    """The title of each table, by table number."""
    described = yaml.safe_load((FOLDER / "tables.yaml").read_text(encoding="utf-8"))
    return {number: description["title"] for number, description in described.items()}


def warnings() -> list[dict[str, Any]]:
    """The entries of `warnings.yaml`: columns with the values that they select, and the warning (`says`)."""
    return list(yaml.safe_load((FOLDER / "warnings.yaml").read_text(encoding="utf-8")))


def selected(figures: pd.DataFrame, warning: dict[str, Any]) -> pd.Series:
    """A mask of the figures to which a warning applies."""
    mask = pd.Series(True, index=figures.index)
    for column, values in warning.items():
        if column != "says":
            mask &= figures[column].isin(values)
    return mask


def _table(number: int, description: dict[str, Any]) -> pd.DataFrame:
    """A printed table, with one row per figure."""
    printed = pd.read_csv(FOLDER / "tables" / f"{number:02}.csv")
    figures = printed.melt("reader", var_name="column").dropna(subset="value")
    for key in DESCRIPTION:
        figures[key] = [_says(description, key, column) for column in figures["column"]]
    return figures.drop(columns="column").assign(table=number)


def _says(description: dict[str, Any], key: str, column: str) -> str:
    """A property of a printed column in tables.yaml: its own, that of all columns, or that of the whole table."""
    own = description.get("columns", {}).get(column, {})
    if key in own:
        return str(own[key])
    if description.get("columns_are") == key:
        return column
    return str(description["all"].get(key, ""))


def _gaps(printed: pd.DataFrame) -> pd.DataFrame:
    """Coverage minus accuracy for the tables that print both."""
    where = ["table", "reader", *DESCRIPTION[:-1]]
    coverage, accuracy = (
        printed[printed["measure"] == name].set_index(where)["value"] for name in ("coverage", "accuracy")
    )
    return (coverage - accuracy).dropna().reset_index().assign(measure="gap")


def _warnings(figures: pd.DataFrame) -> pd.Series:
    texts = pd.Series("", index=figures.index)
    for warning in warnings():
        mask = selected(figures, warning)
        texts[mask] = (texts[mask] + " " + warning["says"]).str.strip()
    return texts
