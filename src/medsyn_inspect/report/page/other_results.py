"""Comparison of the measured values with those of the paper or of other logs."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from medsyn_inspect.conditions import QUESTIONS, condition_words
from medsyn_inspect.records import Condition
from medsyn_inspect.report.against import Comparison
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, Cell, Text, table
from medsyn_inspect.wording import (
    LEVELS,
    PERCENT,
    POINTS,
    RATIO,
    estimated,
    known,
    number,
    p_value,
    share_digits,
    spread,
)


def comparison(found: Comparison) -> Iterator[Block]:
    """Comparison of measured values with published ones, or with those of other logs."""
    for remark in found.remarks:
        yield Text(remark, warns=True)
    for key, rows in found.rows.groupby("table", sort=False):
        yield (paired_table if key == "paired" else published_table)(str(key), found.titles[str(key)], rows)


def published_table(key: str, title: str, rows: pd.DataFrame) -> Block:
    """One table of the paper: for each measure, first the published values, then the measured ones."""
    lines: list[list[Cell | str]] = []
    of = ["measure", "condition", "evidence_type", "specialty", "subset"]
    listed_rows = rows_of(rows)
    places = list(dict.fromkeys(tuple(row[name] for name in of) for row in listed_rows))
    # Sorted by measure first, so that measured values follow the published ones of the same measure.
    for row in sorted(
        listed_rows, key=lambda row: (places.index(tuple(row[name] for name in of)), known(row["measured"]))
    ):
        shares = row["unit"] == "share" or row["measure"] in ("accuracy", "coverage", "gap")
        how = PERCENT if shares else RATIO if "nmse" in row["measure"] else LEVELS
        what = ", ".join(str(row[name]) for name in ("condition", "evidence_type", "specialty", "subset") if row[name])
        how = how.for_cases(row["n"])
        published = number(row["published"] * how.factor, how.digits)
        measured = spread(row["measured"], row["lower"], row["upper"], how)
        measured += f"\nn={int(row['n'])}" if measured else ""
        measure = f"{row['measure']}{', %' if shares else ''}".replace("_", " ")
        lines.append([f"{measure}: {what}", str(row["reader"]), published, measured, str(row["warning"])])
    columns = {"Measure": False, "Reader": False, "Published": True, "Measured": True, "Warning": False}
    return table(f"paper-{key}", title, columns, lines)


def paired_table(key: str, title: str, rows: pd.DataFrame) -> Block:
    """Paired differences to other logs."""
    lines: list[list[Cell | str]] = []
    for row in rows_of(rows):
        readers = row["reader"] if row["reader"] == row["other"] else f"{row['reader']} against {row['other']}"
        digits = share_digits(row["n"])
        tests = [p_value(row["mcnemar_p_holm"]), number(row["minimum_detectable_effect"] * 100, digits)]
        n = f"{row['n']}" + (f" ({row['missing']} missing)" if row["missing"] else "")
        rates = [number(row[name] * 100, digits) for name in ("accuracy", "accuracy_baseline")]
        changed = f"{row['only_baseline']} / {row['only_condition']}"
        difference = estimated(row, "difference", POINTS)
        lines.append(
            [
                str(readers),
                QUESTIONS.get(row["question"], row["question"]),
                condition_words(Condition.of(row)),
                n,
                *rates,
                changed,
                difference,
                *tests,
            ]
        )
    columns = {
        "Reader": False, "Question": False, "Condition": False, "Cases": True, "These logs, %": True,
        "Other logs, %": True, "Only baseline / only condition": True, "Difference, points": True,
        "McNemar p (Holm)": True, "Minimum detectable effect, points": True,
    }  # fmt: skip
    return table(key, title, columns, lines)
