"""Do the judges of a panel agree? Krippendorff's ordinal alpha and Cohen's weighted kappa, resampled over cases."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from medsyn_inspect.analysis.stats.resampling import LEVEL, RESAMPLES, SEED, Floats, bootstrap, interval

LEVELS = 6
"""Scores from 0 to 5."""


def coincidences(scores: ArrayLike, levels: int = LEVELS) -> Floats:
    """How often each two scores meet in an answer, each pair of judges both ways, with the weight 1/(judges - 1).

    Args:
        scores: One row for each answer, one column for each judge; whole numbers from 0.
        levels: Number of different scores there can be.

    Returns:
        Shape (answers, levels, levels); each answer adds up to the number of its judges (Krippendorff 2011).
    """
    given = np.asarray(scores, dtype=int)
    found = np.zeros((len(given), levels, levels))
    rows = np.arange(len(given))
    for one, other in combinations(range(given.shape[1]), 2):
        np.add.at(found, (rows, given[:, one], given[:, other]), 1.0)
        np.add.at(found, (rows, given[:, other], given[:, one]), 1.0)
    return np.asarray(found / max(1, given.shape[1] - 1))


def ordinal_alpha(totals: ArrayLike) -> Floats:
    """Krippendorff's ordinal alpha of tables of coincidences.

    Args:
        totals: Shape (tables, levels, levels).

    Returns:
        Shape (tables,); 1 where all scores are the same, as no disagreement is possible then.
    """
    tables = np.asarray(totals, dtype=float)
    marginal = tables.sum(axis=2)
    # Cumulative midpoints: the ordinal distance of two scores is that of how many scores lie between them.
    place = np.cumsum(marginal, axis=1) - marginal / 2
    distance = (place[:, :, None] - place[:, None, :]) ** 2
    n = marginal.sum(axis=1)
    expected = (marginal[:, :, None] * marginal[:, None, :] * distance).sum(axis=(1, 2))
    observed = (tables * distance).sum(axis=(1, 2)) * (n - 1)
    return np.asarray(1 - np.divide(observed, expected, out=np.zeros_like(observed), where=expected > 0))


def weighted_kappa(totals: ArrayLike) -> Floats:
    """Cohen's kappa with quadratic weights (Cohen 1968) of tables of two judges.

    Args:
        totals: Shape (tables, levels, levels): one judge's score down, the other's across.

    Returns:
        Shape (tables,); NaN where both give one and the same score throughout.
    """
    tables = np.asarray(totals, dtype=float)
    place = np.arange(tables.shape[1], dtype=float)
    weight = (place[:, None] - place[None, :]) ** 2
    expected = (tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :] * weight).sum(axis=(1, 2))
    observed = (tables * weight).sum(axis=(1, 2)) * tables.sum(axis=(1, 2))
    undefined = np.full_like(observed, np.nan)
    return np.asarray(1 - np.divide(observed, expected, out=undefined, where=expected > 0))


def panel_agreement(
    scores: ArrayLike,
    cases: ArrayLike,
    threshold: int,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Agreement of all judges, and of each two.

    Args:
        scores: One row for each answer, one column for each judge.
        cases: Of each answer: what several readers say of one case is judged alike, and resampled together.
        threshold: From which a score counts as covered.
        level: Of the intervals.
        resamples: Of the cases.
        seed: Of the resamples.

    Returns:
        `measure` (`alpha`, or `kappa` of two judges), `one`, `other` (numbers of the judges from 0, -1 for all),
        `value`, `low`, `high` (bootstrap over cases), `n` answers, `same` (share of answers scored the same),
        `same_side` (share in which they agree whether it is covered).
    """
    given = np.asarray(scores, dtype=int)
    numbers = np.unique(np.asarray(cases), return_inverse=True)[1]

    def row(name: str, one: int, other: int, per_answer: Floats, judged: np.ndarray) -> dict[str, object]:
        statistic = ordinal_alpha if name == "alpha" else weighted_kappa
        sums = np.zeros((numbers.max() + 1, LEVELS * LEVELS))
        np.add.at(sums, numbers, per_answer.reshape(len(given), -1))

        def of_totals(totals: Floats) -> Floats:
            return statistic(totals.reshape(-1, LEVELS, LEVELS))[:, None]

        low, high = interval(bootstrap(sums, of_totals, resamples, seed), level)
        covered = judged >= threshold
        return {
            "measure": name,
            "one": one,
            "other": other,
            "value": float(of_totals(sums.sum(axis=0)[None])[0, 0]),
            "low": float(low[0]) if len(sums) > 1 else np.nan,
            "high": float(high[0]) if len(sums) > 1 else np.nan,
            "n": len(given),
            "same": float((judged == judged[:, :1]).all(axis=1).mean()),
            "same_side": float((covered == covered[:, :1]).all(axis=1).mean()),
        }

    rows = [row("alpha", -1, -1, coincidences(given), given)]
    for one, other in combinations(range(given.shape[1]), 2):
        pair = np.zeros((len(given), LEVELS, LEVELS))
        pair[np.arange(len(given)), given[:, one], given[:, other]] = 1.0
        rows.append(row("kappa", one, other, pair, given[:, [one, other]]))
    return pd.DataFrame(rows)
