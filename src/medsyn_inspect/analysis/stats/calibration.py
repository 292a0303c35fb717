"""Reliability diagram and expected calibration error (ECE).

Bins contain equal numbers of cases (Nguyen and O'Connor 2015), because most bins of equal width would be nearly empty.
ECE is biased upwards, more so with fewer cases: a perfectly calibrated reader also has an ECE above 0. The mean ECE of
such a reader is reported as the floor; it is not subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, Floats

PER_BIN = 10
"""Number of cases that a bin should contain."""

MOST_BINS = 10
RESAMPLES = 2_000


@dataclass(frozen=True)
class Calibration:
    """Relation between confidence and accuracy."""

    bins: pd.DataFrame
    """`confidence` (mean), `accuracy` with `lower` and `upper` (Wilson), `n`; in ascending order of confidence."""

    ece: float
    """Mean over cases of |accuracy - confidence| of their bin."""

    lower: float
    upper: float
    """Percentile bootstrap interval over cases, at least as biased as `ece`; NaN for a single case."""

    floor: float
    """Mean ECE of a perfectly calibrated reader with these confidences and the same number of cases."""

    confidence: float
    """Mean confidence."""

    accuracy: float
    """Share of correct cases."""

    n: int
    """Number of cases."""


def calibration(
    confidence: ArrayLike, correct: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Calibration:
    """Calibration of the largest probability of each case.

    Args:
        confidence: Probability of the answer, from 0 to 1; shape (cases,).
        correct: 1 or 0, same shape.
        level: Level of the intervals.
        resamples: Number of bootstrap resamples, and of simulated readers for the floor.
        seed: Random seed of both.

    Raises:
        ValueError: If there are no cases, or the shapes differ.
    """
    sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if sure.ndim != 1 or sure.shape != right.shape or not len(sure):
        raise ValueError("calibration needs at least one case, and one confidence and one answer for each case")
    order = np.argsort(sure, kind="stable")
    sure, right = sure[order], right[order]
    n = len(sure)
    parts = np.array_split(np.arange(n), min(MOST_BINS, max(1, n // PER_BIN)))
    rows = []
    for part in parts:
        lower, upper = proportion_confint(right[part].sum(), len(part), alpha=1 - level, method="wilson")
        numbers = {"confidence": sure[part].mean(), "accuracy": right[part].mean(), "lower": lower, "upper": upper}
        rows.append(numbers | {"n": len(part)})
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.integers(n, size=(resamples, n)), axis=1)
    spread = _ece(sure[drawn], right[drawn], parts)
    simulated = (rng.random((resamples, n)) < sure).astype(float)
    ends = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2]) if n > 1 else (np.nan, np.nan)
    return Calibration(
        pd.DataFrame(rows),
        float(_ece(sure[None], right[None], parts)[0]),
        float(ends[0]),
        float(ends[1]),
        float(_ece(np.broadcast_to(sure, simulated.shape), simulated, parts).mean()),
        float(sure.mean()),
        float(right.mean()),
        n,
    )


def _ece(sure: Floats, right: Floats, parts: list[np.ndarray]) -> Floats:
    """ECE of each row; the cases of a row are sorted by confidence."""
    gaps = [np.abs((right[:, part] - sure[:, part]).sum(axis=1)) for part in parts]
    return np.asarray(np.sum(gaps, axis=0) / sure.shape[1])
