"""The answers that readers are compared by, and what readers are called in frames of the plain condition."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from medsyn_inspect.analysis.schema import in_condition


def labelled(reader: str, selection: str = "", emphasis: str = "") -> str:
    """A reader's name, with what distinguishes its run from one over all cases without emphasis."""
    parts = [*([selection] if selection else []), *([f"emphasis={emphasis}"] if emphasis else [])]
    return f"{reader} [{', '.join(parts)}]" if parts else reader


def reader_names(frame: pd.DataFrame) -> pd.Series:
    """The readers of a frame as the frame `readers` calls them: with the selection, where not all cases were asked."""
    if not {"reader", "selection"} <= set(frame.columns):
        return frame["reader"].astype(str)
    rows = zip(frame["reader"].astype(str), frame["selection"].fillna("").astype(str), strict=True)
    return pd.Series(
        [reader if reader.endswith("]") else labelled(reader, selection) for reader, selection in rows],
        index=frame.index,
        dtype=object,
    )


def plain_runs(runs: pd.DataFrame, question: str, *, but: Collection[str] = ("selection",)) -> pd.DataFrame:
    """The answers to a question in the plain condition; `reader` as of `reader_names`.

    Args:
        runs: The frame `runs`.
        question: One of `schema.QUESTIONS`.
        but: Columns of the condition that may differ.
    """
    if runs.empty:
        return runs
    asked = runs[in_condition(runs, but=but) & (runs["question"] == question)]
    return asked.assign(reader=reader_names(asked))
