"""From logs to findings: the one place that decides what is compared with what, for screen, notebook and report."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from medsyn_inspect.analysis.frames import framed


def _empty(name: str) -> pd.DataFrame:
    return field(default_factory=lambda: framed(name, []))


@dataclass(frozen=True)
class Findings:
    """All that logs say. Each frame has the columns of `frames.FRAMES`, also where it has no rows."""

    runs: pd.DataFrame = _empty("runs")
    """Each answer of `ddx`, `fdx` and `open_fdx` that counts."""

    headline: pd.DataFrame = _empty("headline")
    """Each reader and condition: how often it is right."""

    arms: pd.DataFrame = _empty("arms")
    """Each arm of each case of the `sensitivity` runs that count."""

    sensitivity: pd.DataFrame = _empty("sensitivity")
    """Each reader, case and evidence type: Evidence Sensitivity in both views."""

    types: pd.DataFrame = _empty("types")
    """Each reader and evidence type: the cross-modal gap."""

    readers: pd.DataFrame = _empty("readers")
    """Each reader, in the plain condition."""

    comparisons: pd.DataFrame = _empty("comparisons")
    """Each condition beside the one that differs from it in one thing, case by case."""

    associations: pd.DataFrame = _empty("associations")
    """Whether a smaller gap goes with more right answers."""

    stages: pd.DataFrame = _empty("stages")
    """Each stage of each case asked by turns: the belief on the way."""

    orders: pd.DataFrame = _empty("orders")
    """Each reader and place of an option: how much probability the place itself attracts."""

    notes: list[str] = field(default_factory=list)
    """What was left out or cannot be relied on, and why; a sentence each."""

    logs: pd.DataFrame = _empty("logs")
    """Each log of this suite that was read, and whether it counts."""
