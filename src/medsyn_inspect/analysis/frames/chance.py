"""What a reader that guesses would reach, and numbers to read the DDx-FDx gap with.

Coverage and accuracy are answers to unlike tasks: a list of several diagnoses, and a choice among the options. So the
gap is shown next to coverage by the first diagnosis of the list, to accuracy corrected for chance, and to the coverage
that a list of the same length would have if it were drawn from the options at random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import estimate, without_verdict
from medsyn_inspect.analysis.frames.plain import plain_runs
from medsyn_inspect.analysis.schema import with_interval
from medsyn_inspect.analysis.stats.resampling import Floats


def against_chance(runs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """By reader, in the plain condition: `accuracy_chance` to `coverage_at_1` of the frame `readers`.

    Args:
        runs: The frame `runs`.
    """
    rows: dict[str, dict[str, Any]] = {}
    # Only questions with options record their number.
    options = runs.groupby("case_id")["option_count"].max() if len(runs) else pd.Series(dtype=float)
    runs = runs.assign(option_count=runs["case_id"].map(options)) if len(runs) else runs
    for question, measured in (("fdx", _accuracy), ("ddx", _coverage)):
        asked = plain_runs(runs, question)
        for reader, answers in asked.groupby("reader", sort=False) if len(asked) else ():
            rows.setdefault(str(reader), {}).update(measured(answers))
    return rows


def corrected(share: float, chance: float) -> float:
    """A share corrected for chance: 0 for guessing, 1 for all right, below 0 for less than guessing."""
    return (share - chance) / (1 - chance) if chance < 1 else float("nan")


def _accuracy(answers: pd.DataFrame) -> dict[str, Any]:
    scored = answers[answers["right"].notna()].drop_duplicates("case_id")
    chance = _mean(1 / _options(scored))
    found = estimate(answers, "right")
    if found is None or np.isnan(chance):
        return {}
    numbers = (*(corrected(value, chance) for value in (found.value, found.lower, found.upper)), found.n)
    named = dict(zip(with_interval("accuracy_corrected"), numbers, strict=True))
    return {"accuracy_chance": chance} | named


def _coverage(answers: pd.DataFrame) -> dict[str, Any]:
    scored = answers[answers["right"].notna()]
    options = _options(scored)
    row: dict[str, Any] = {
        "coverage_chance": _mean(np.minimum(scored["listed"].to_numpy(dtype=float), options) / options)
    }
    # Whether the first diagnosis is right is unknown if the judge failed on it. Such cases are not missing at random.
    if without_verdict(answers) or scored["coverage_at_1"].isna().any():
        return row
    if (found := estimate(answers, "coverage_at_1")) and found.n:
        numbers = found.value, found.lower, found.upper, found.n
        row |= dict(zip(with_interval("coverage_at_1"), numbers, strict=True))
    return row


def _options(answers: pd.DataFrame) -> Floats:
    """The number of options of each case; NaN without options."""
    options = answers["option_count"].to_numpy(dtype=float)
    return np.where(options > 0, options, np.nan)


def _mean(values: Floats) -> float:
    """The mean; NaN if a value is missing, or without values."""
    return float(np.mean(values)) if len(values) else float("nan")
