"""Is a confidence of 80 % right in 80 % of the cases? Reliability and the expected calibration error (ECE).

Bins hold equally many cases (Nguyen and O'Connor 2015): bins of equal width leave most of them nearly empty. ECE is
biased upwards, the more the fewer cases there are: a reader whose confidence is exactly right has one above 0, too.
That value stands beside it as its floor, and nothing is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, Floats

PER_BIN = 10
"""Cases that a bin should hold."""

MOST_BINS = 10
RESAMPLES = 2_000


@dataclass(frozen=True)
class Calibration:
    """How confidence and correctness go together."""

    bins: pd.DataFrame
    """`confidence` (mean), `accuracy` with `lower` and `upper` (Wilson), `n`; in ascending order of confidence."""

    ece: float
    """Mean over cases of |accuracy - confidence| of their bin."""

    lower: float
    upper: float
    """Percentile interval over resampled cases, as biased as `ece` or more so; NaN for a single case."""

    floor: float
    """Mean ECE of a reader who is right exactly as often as these confidences say, with as many cases."""

    confidence: float
    """Mean."""

    accuracy: float
    """Mean."""

    n: int
    """Cases."""


def calibration(
    confidence: ArrayLike, correct: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Calibration:
    """Reliability of the largest probability of each case.

    Args:
        confidence: Of the answer, from 0 to 1; shape (cases,).
        correct: 1 or 0, of the same shape.
        level: Of the intervals.
        resamples: Of the cases, and simulated readers behind the floor.
        seed: Of both.

    Raises:
        ValueError: If there is no case, or the shapes differ.
    """
    sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if sure.ndim != 1 or sure.shape != right.shape or not len(sure):
        raise ValueError("calibration needs one confidence and one answer for each of at least one case")
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
    """ECE of each row, whose cases are sorted by confidence."""
    gaps = [np.abs((right[:, part] - sure[:, part]).sum(axis=1)) for part in parts]
    return np.asarray(np.sum(gaps, axis=0) / sure.shape[1])
