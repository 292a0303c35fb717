"""Paired comparison of the same cases in two conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar

from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.analysis.stats.mcnemar import difference_interval, minimum_detectable_effect
from medsyn_inspect.analysis.stats.resampling import LEVEL, RESAMPLES, SEED


def paired_comparisons(
    answers: pd.DataFrame, baseline: str, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> pd.DataFrame:
    """The frame `comparisons`: for each reader, each condition compared with the baseline on the same cases.

    Args:
        answers: One row for each reader, case and condition: `reader`, `case_id`, `condition`, `correct` (true or
            false, 1 or 0; missing if the call failed).
        baseline: The condition with which the others are compared.
        level: Level of the interval.
        resamples: Number of bootstrap resamples.
        seed: Random seed of the resamples.

    Returns:
        The columns of the frame `comparisons` from `condition` on, without `subset`. The interval is a bootstrap
        interval over cases, of width zero if no case changed; `mcnemar_p_holm` is over the conditions of a reader.

    Raises:
        ValueError: If columns or the baseline are missing, there are two answers to a case, or `correct` is a share.
    """
    if missing := [name for name in ("reader", "case_id", "condition", "correct") if name not in answers.columns]:
        raise ValueError(f"the frame of answers lacks the columns {', '.join(missing)}")
    if (twice := answers.duplicated(["reader", "case_id", "condition"])).any():
        again = answers[twice].iloc[0]
        raise ValueError(f"{again['reader']} answers {again['case_id']} twice as {again['condition']}; choose one run")
    correct = pd.to_numeric(answers["correct"].astype(object).where(answers["correct"].notna(), np.nan))
    if not correct.dropna().isin((0, 1)).all():
        raise ValueError("McNemar's test needs each answer to be right or wrong, not a share: choose one epoch")
    rows = []
    for reader, asked in answers.assign(correct=correct.astype(float)).groupby("reader", sort=False):
        by_condition = asked.set_index("case_id").groupby("condition", sort=False)["correct"]
        conditions = {str(name): right for name, right in by_condition}
        if baseline not in conditions:
            raise ValueError(f"{reader} has no answers in the baseline condition {baseline!r}")
        before = conditions.pop(baseline)
        for condition, after in conditions.items():
            row: dict[str, object] = {"reader": reader, "condition": condition, "baseline": baseline}
            rows.append(row | paired(before, after, level, resamples, seed))
    frame = pd.DataFrame(rows)
    if frame.empty:
        raise ValueError(f"there is no condition other than {baseline!r} to compare")
    frame["mcnemar_p_holm"] = frame.groupby("reader")["mcnemar_p"].transform(holm)
    return frame


def paired(
    before: pd.Series, after: pd.Series, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, float]:
    """Compare the answers to the same cases in two conditions.

    Args:
        before: 1 or 0 by case in the baseline; NaN where the call failed.
        after: The same in the condition.
        level: Level of the interval.
        resamples: Number of bootstrap resamples.
        seed: Random seed of the resamples.

    Returns:
        From `n` to `minimum_detectable_effect` as in `paired_comparisons`, without the adjusted p.
    """
    both = pd.concat([before, after], axis=1, keys=["before", "after"]).dropna().to_numpy(dtype=float)
    n = len(both)
    found: dict[str, float] = {"n": n, "missing": len(before.index.union(after.index)) - n}
    if n == 0:
        nothing = (
            "accuracy_baseline", "accuracy", "difference", "difference_lower", "difference_upper", "mcnemar_p",
            "discordance", "minimum_detectable_effect",
        )  # fmt: skip
        return found | {"only_baseline": 0, "only_condition": 0} | dict.fromkeys(nothing, np.nan)
    only_baseline, only_condition = int((both[:, 0] > both[:, 1]).sum()), int((both[:, 0] < both[:, 1]).sum())
    lower, upper = np.nan, np.nan
    if n > 1:
        lower, upper = difference_interval(
            n, only_baseline, only_condition, level=level, resamples=resamples, seed=seed
        )
    return found | {
        "accuracy_baseline": float(both[:, 0].mean()),
        "accuracy": float(both[:, 1].mean()),
        "only_baseline": only_baseline,
        "only_condition": only_condition,
        "difference": (only_condition - only_baseline) / n,
        "difference_lower": lower,
        "difference_upper": upper,
        "mcnemar_p": float(mcnemar([[0, only_baseline], [only_condition, 0]], exact=True).pvalue),
        "discordance": (only_baseline + only_condition) / n,
        "minimum_detectable_effect": minimum_detectable_effect(n, (only_baseline + only_condition) / n),
    }
