"""Answers in the plain condition, and the names of readers in frames of the plain condition."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from medsyn_inspect.analysis.schema import in_condition

_SELECTED = re.compile(r" \[\w+=[^\[\]]*\]$")
"""The end of a reader's name that `labelled` adds."""


def labelled(reader: str, selection: str = "", emphasis: str = "") -> str:
    """A reader's name with the selection of cases and the emphasis of its run, if any."""
    parts = [*([selection] if selection else []), *([f"emphasis={emphasis}"] if emphasis else [])]
    return f"{reader} [{', '.join(parts)}]" if parts else reader


def own_readers(readers: pd.DataFrame) -> list[str]:
    """Readers that are not a reader with an emphasis: that is a condition of its reader, not a reader to compare.

    Args:
        readers: The frame `readers`.
    """
    return [
        str(reader)
        for reader, emphasis in zip(readers["reader"], readers["emphasis"], strict=True)
        if pd.isna(emphasis) or not emphasis
    ]


def own_rows(readers: pd.DataFrame) -> pd.DataFrame:
    """The rows of `own_readers`, to be listed and ranked; all rows if every run has an emphasis.

    Args:
        readers: The frame `readers`.
    """
    own = readers["reader"].isin(own_readers(readers))
    return readers[own] if own.any() else readers


def of_all_cases(name: str) -> str:
    """The name of the reader without the selection of cases: `a` for `a [language=zh]`."""
    return _SELECTED.sub("", name)


def without_emphasis(name: str, selection: str, emphasis: str) -> str:
    """The name of the reader whose run with an emphasis has the name `labelled(reader, selection, emphasis)`."""
    return labelled(name.removesuffix(labelled("", selection, emphasis)), selection)


def reader_names(frame: pd.DataFrame) -> pd.Series:
    """The readers of a frame as named in the frame `readers`: with the selection, if not all cases were selected."""
    if not {"reader", "selection"} <= set(frame.columns):
        return frame["reader"].astype(str)
    # As objects, which are several times as fast to iterate over.
    readers = frame["reader"].astype(str).astype(object)
    selections = frame["selection"].fillna("").astype(str).astype(object)
    rows = zip(readers, selections, strict=True)
    names = [reader if reader.endswith("]") else labelled(reader, selection) for reader, selection in rows]
    return pd.Series(names, index=frame.index, dtype=object)


def plain_runs(runs: pd.DataFrame, question: str, *, but: Collection[str] = ("selection",)) -> pd.DataFrame:
    """The answers to a question in the plain condition; `reader` as returned by `reader_names`.

    Args:
        runs: The frame `runs`.
        question: One of `schema.QUESTIONS`.
        but: Columns of the condition that may differ.
    """
    if runs.empty:
        return runs
    asked = runs[in_condition(runs, but=but) & (runs["question"] == question)]
    return asked.assign(reader=reader_names(asked))
