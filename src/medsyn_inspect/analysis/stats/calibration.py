"""Reliability diagram and expected calibration error (ECE).

Bins contain equal numbers of cases (Nguyen and O'Connor 2015), because most bins of equal width would be nearly empty.
ECE is biased upwards, more so with fewer cases: a perfectly calibrated reader also has an ECE above 0. So the ECE is
compared with those of answers that are drawn again from the reader's own probabilities, in the same bins: the excess
is the ECE less their mean, and p the share of them that is at least as large. An interval would need the unknown bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from medsyn_inspect.analysis.stats.proportions import share_interval
from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, Floats

PER_BIN = 10
"""Number of cases that a bin should contain."""

MOST_BINS = 10
REDRAWN = 1_999
"""Default number of simulated calibrated readers; the smallest p is 1/(REDRAWN + 1)."""

ROUNDING = 1e-12
"""ECEs that differ by less are equal."""


@dataclass(frozen=True)
class Calibration:
    """Relation between confidence and accuracy."""

    bins: pd.DataFrame
    """`confidence` (mean), `accuracy` with `lower` and `upper` (Wilson), `n`; in ascending order of confidence."""

    ece: float
    """Mean over cases of |accuracy - confidence| of their bin."""

    floor: float
    """Mean ECE of a perfectly calibrated reader with these confidences and the same number of cases."""

    excess: float
    """`ece` less `floor`; 0 on average for a calibrated reader, so it can be negative."""

    p: float
    """(1 + number of simulated calibrated readers with an ECE at least as large) / (number of them + 1)."""

    confidence: float
    """Mean confidence."""

    accuracy: float
    """Share of correct cases."""

    n: int
    """Number of cases."""


def calibration(
    confidence: ArrayLike, correct: ArrayLike, level: float = LEVEL, redrawn: int = REDRAWN, seed: int = SEED
) -> Calibration:
    """Calibration of the largest probability of each case.

    Args:
        confidence: Probability of the answer, from 0 to 1; shape (cases,).
        correct: 1 or 0, same shape.
        level: Level of the intervals of accuracy.
        redrawn: Number of simulated calibrated readers.
        seed: Random seed.

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
        lower, upper = share_interval(int(right[part].sum()), len(part), level)
        numbers = {"confidence": sure[part].mean(), "accuracy": right[part].mean(), "lower": lower, "upper": upper}
        rows.append(numbers | {"n": len(part)})
    rng = np.random.default_rng(seed)
    simulated = (rng.random((redrawn, n)) < sure).astype(float)
    calibrated = _ece(np.broadcast_to(sure, simulated.shape), simulated, parts)
    ece, floor = float(_ece(sure[None], right[None], parts)[0]), float(calibrated.mean())
    return Calibration(
        bins=pd.DataFrame(rows),
        ece=ece,
        floor=floor,
        excess=ece - floor,
        p=float((1 + (calibrated >= ece - ROUNDING).sum()) / (redrawn + 1)),
        confidence=float(sure.mean()),
        accuracy=float(right.mean()),
        n=n,
    )


def _ece(sure: Floats, right: Floats, parts: list[np.ndarray]) -> Floats:
    """ECE of each row; the cases of a row are sorted by confidence."""
    gaps = [np.abs((right[:, part] - sure[:, part]).sum(axis=1)) for part in parts]
    return np.asarray(np.sum(gaps, axis=0) / sure.shape[1])
