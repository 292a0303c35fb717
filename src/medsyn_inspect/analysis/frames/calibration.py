"""Calibration of the final diagnosis: whether the accuracy of readers matches their confidence."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.plain import reader_names
from medsyn_inspect.analysis.frames.sensitivity import FULL
from medsyn_inspect.analysis.schema import conform, in_condition, with_ends
from medsyn_inspect.analysis.stats.calibration import PER_BIN, calibration
from medsyn_inspect.analysis.stats.divergence import posterior_from_counts

LEAST = 2 * PER_BIN
"""Minimum number of answers: fewer do not fill two bins."""

TENTHS = np.arange(11) / 10
"""Ends of the bins of the histogram."""


def calibration_rows(runs: pd.DataFrame, arms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calibration of each reader in each view, from at least `LEAST` answers.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.
        arms: The frame `arms`; used if no `fdx` run has posteriors.

    Returns:
        The frames `calibration` and `reliability`.
    """
    beliefs = confident_answers(runs, arms)
    rows, bins = [], []
    for (reader, view, answers_from), answers in beliefs.groupby(["reader", "view", "answers_from"], sort=False):
        found = calibration(answers["confidence"], answers["correct"])
        named = {"reader": reader, "view": view}
        error = dict(zip(with_ends("ece"), (found.ece, found.lower, found.upper), strict=True))
        means = {"ece_floor": found.floor, "confidence": found.confidence, "accuracy": found.accuracy, "n": found.n}
        histogram = tuple(int(count) for count in np.histogram(answers["confidence"], TENTHS)[0])
        rows.append(named | {"answers_from": answers_from} | error | means | {"histogram": histogram})
        for number, row in enumerate(found.bins.to_dict("records"), 1):
            ends = dict(zip(with_ends("accuracy"), (row["accuracy"], row["lower"], row["upper"]), strict=True))
            bins.append(named | {"bin": number, "confidence": row["confidence"], "n": row["n"]} | ends)
    return conform("calibration", rows), conform("reliability", bins)


def confident_answers(runs: pd.DataFrame, arms: pd.DataFrame) -> pd.DataFrame:
    """The largest probability of each answer, and whether that option is correct.

    From `fdx` runs in the plain condition of either view, if they have posteriors; otherwise from the arms that show
    all evidence.

    Returns:
        `reader`, `view`, `answers_from` (`runs` or `arms`), `confidence` (0 to 1), `correct` (1 or 0).
    """
    rows = [*_of_runs(runs)] or [*_of_arms(arms)]
    found = pd.DataFrame(rows, columns=["reader", "view", "answers_from", "confidence", "correct"])
    sizes = found.groupby(["reader", "view"])["correct"].transform("size")
    return found[sizes >= LEAST].reset_index(drop=True)


def _of_runs(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if runs.empty:
        return
    asked = runs[in_condition(runs, but=("view", "selection")) & (runs["question"] == "fdx")]
    for reader, row in zip(reader_names(asked), asked.itertuples(index=False), strict=True):
        if not isinstance(row.posterior, (tuple, list, np.ndarray)) or not isinstance(row.correct_letter, str):
            continue
        belief = np.asarray(row.posterior, dtype=float)
        best = int(belief.argmax())
        correct = float(ascii_uppercase[best] == row.correct_letter)
        named = {"reader": reader, "view": row.view, "answers_from": "runs"}
        yield named | {"confidence": float(belief[best]), "correct": correct}


def _of_arms(arms: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in arms[(arms["withheld"] == FULL) & arms["correct"].notna()].itertuples(index=False):
        given = row.counts if row.source == "samples" else row.posterior
        if not isinstance(given, (tuple, list, np.ndarray)):
            continue
        confidence = float(np.max(posterior_from_counts(np.asarray(given, dtype=float))))
        named = {"reader": str(row.reader), "view": row.view, "answers_from": "arms"}
        yield named | {"confidence": confidence, "correct": float(row.correct)}
