"""The frames of the findings and their columns: the contract between the code that makes and the code that reads them.

The columns are described in `columns.yaml`; `describe` generates a JSON schema and documentation from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from medsyn_inspect.records import PLAIN, Condition, Outcome

DESCRIPTION = Path(__file__).with_name("columns.yaml")

QUESTIONS = ("fdx", "ddx", "open_fdx")
"""Questions with one answer per case."""

SHARES = ("accuracy", "coverage", "score", "open_coverage", "ddx_fdx_gap")
"""Estimates that the frame `readers` takes from `headline`."""

OUTCOMES = tuple(outcome.value for outcome in Outcome)


def with_ends(name: str) -> tuple[str, str, str]:
    """The columns of a value and of the ends of its 95 % interval."""
    return name, f"{name}_lower", f"{name}_upper"


def with_interval(name: str) -> tuple[str, ...]:
    """The columns of a value, the ends of its 95 % interval, and the number of cases it is based on."""
    return *with_ends(name), f"{name}_n"


@dataclass(frozen=True)
class Column:
    """A column of a frame."""

    name: str
    """Name in the frame."""

    kind: str
    """One of `describe.KINDS`."""

    means: str
    """Meaning, in one sentence."""

    unit: str = ""
    """Unit of a number; empty if it has none."""

    local: bool = False
    """Whether it may reveal file locations on a machine."""


@dataclass(frozen=True)
class Entry:
    """One or more columns of the same kind and meaning, described together, with the columns of their intervals."""

    names: tuple[str, ...]
    """Names of the columns, without those of the intervals."""

    kind: str
    """As in `Column`."""

    means: str
    """As in `Column`."""

    unit: str = ""
    """As in `Column`."""

    local: bool = False
    """As in `Column`."""

    interval: bool = False
    """Whether each name has columns for the ends of its 95 % interval."""

    cases: bool = False
    """Whether each name has a column for the number of cases it is based on."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""
        return tuple(column for name in self.names for column in self._of(name))

    def _of(self, name: str) -> Iterator[Column]:
        yield Column(name, self.kind, self.means, self.unit, self.local)
        _, lower, upper = with_ends(name)
        if self.interval:
            yield Column(lower, self.kind, f"Lower end of the 95 % interval of `{name}`", self.unit)
            yield Column(upper, self.kind, f"Upper end of the 95 % interval of `{name}`", self.unit)
        if self.cases:
            yield Column(with_interval(name)[-1], "count", f"Number of cases `{name}` is based on")


@dataclass(frozen=True)
class Frame:
    """A frame: what a row represents, and the columns."""

    rows: str
    """What one row represents, as a phrase that follows a colon."""

    about: str
    """Further explanation of the frame."""

    entries: tuple[Entry, ...]
    """The description of the columns, in order."""

    long: bool = False
    """Whether it has a row for each answer; such frames are not in `findings.json`."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""
        return tuple(column for entry in self.entries for column in entry.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def _read(described: Mapping[str, Any]) -> tuple[dict[str, Frame], Frame]:
    """Build the frames, and the frame of the parts of an estimate, from the description."""
    shared = described["shared"]

    def entries(item: str | list[str] | dict[str, Any]) -> Iterator[Entry]:
        if isinstance(item, dict):
            [(names, given)] = item.items()
            yield Entry(tuple(names.split(", ")), **given)
            return
        for name in [item] if isinstance(item, str) else item:
            for each in Condition.COLUMNS if name == "condition" else (name,):
                yield Entry((each,), **shared[each])

    frames = {
        name: Frame(
            given["rows"],
            given.get("about", ""),
            tuple(entry for item in given["columns"] for entry in entries(item)),
            given.get("long", False),
        )
        for name, given in described["frames"].items()
    }
    parts = tuple(Entry((name,), **given) for name, given in described["estimate"].items())
    return frames, Frame("An estimate", "", parts)


FRAMES, ESTIMATE = _read(yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8")))
"""The frames by name; and the parts of an estimate, which is a single value in the frame `headline`."""


def conform(name: str, rows: pd.DataFrame | Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    """Rows as the frame of that name: its columns in order; missing columns are empty, other columns are dropped."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if frame.empty:
        return pd.DataFrame(columns=list(FRAMES[name].names), dtype=object)
    return frame.reindex(columns=list(FRAMES[name].names)).reset_index(drop=True)


def conditions(frame: pd.DataFrame) -> pd.Series:
    """The condition of each row, from its columns; columns missing from the frame get their defaults.

    Args:
        frame: Frame with some of `Condition.COLUMNS`.
    """
    kinds, built = _distinct_conditions(frame)
    return pd.Series([built[kind] for kind in kinds], index=frame.index, dtype=object)


def in_condition(
    frame: pd.DataFrame, condition: Condition = PLAIN, *, but: Collection[str] = ("selection",)
) -> pd.Series:
    """Mask of the rows in a condition, by default the plain one with any selection of cases.

    Args:
        frame: Frame with the columns of a condition.
        condition: Condition to compare with.
        but: Columns that may differ.
    """
    kinds, built = _distinct_conditions(frame)
    same = np.array([not set(one.differs_in(condition)) - set(but) for one in built], dtype=bool)
    return pd.Series(same[kinds], index=frame.index, dtype=bool)


def _distinct_conditions(frame: pd.DataFrame) -> tuple[NDArray[np.intp], list[Condition]]:
    """The place of each row's condition in a list of the few conditions that occur."""
    columns = [name for name in Condition.COLUMNS if name in frame]
    number = np.zeros(len(frame), dtype=np.int64)
    for name in columns:
        codes, values = pd.factorize(frame[name], use_na_sentinel=False)
        number = number * len(values) + codes
    kinds, _ = pd.factorize(number)
    first = frame[columns].iloc[np.unique(kinds, return_index=True)[1]]
    rows = first.itertuples(index=False, name=None)
    return kinds, [Condition.of(dict(zip(columns, row, strict=True))) for row in rows]
