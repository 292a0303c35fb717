"""Why numbers of the frame `types`, or their intervals, are missing."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from medsyn_inspect.wording import spoken

NOTES = {"nmse_note": "NMSE", "share_below_note": "Image moves less", "deficit_note": "Deficit"}
"""Columns with the reasons, with the titles of the numbers of published measures."""


def not_measurable(rows: pd.DataFrame) -> Iterator[str]:
    """Why evidence types of a reader have no uptake ratio, or one without an interval: a line for each reason.

    Args:
        rows: Of the frame `types`.
    """
    for has_ratio, what in ((False, "R is not measurable"), (True, "R is an estimate")):
        for types, reason in _reasons(rows, "uptake_note", rows["uptake_ratio"].notna() == has_ratio):
            yield f"{what} for {types}: {reason}."


def without(rows: pd.DataFrame) -> Iterator[str]:
    """Why published measures of a reader, or their intervals, are missing: a line for each measure and reason.

    Args:
        rows: Of the frame `types`.
    """
    for column, title in NOTES.items():
        for types, reason in _reasons(rows, column, rows["n"] > 0):
            yield f"{title} of {types}: {reason}."


def counted(types: pd.DataFrame) -> Iterator[str]:
    """How many numbers of published measures, or their intervals, are missing for each reason.

    Args:
        types: The frame `types`.
    """
    for column, title in NOTES.items():
        for reason, count in types[column].dropna().value_counts(sort=False).drop("", errors="ignore").items():
            yield f"{title}: {reason} ({count} of {len(types)})."


def _reasons(rows: pd.DataFrame, column: str, among: pd.Series) -> Iterator[tuple[str, str]]:
    """The evidence types, as text, with each reason in a column."""
    for reason, found in rows[among & (rows[column] != "")].groupby(column, sort=False):
        every = len(found) == len(rows) and len(rows) > 1
        yield "all types" if every else ", ".join(map(spoken, found["evidence_type"])), str(reason)
