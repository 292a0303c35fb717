"""Paired comparison of the same cases in two conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.stats.holm import discrete_holm
from medsyn_inspect.analysis.stats.mcnemar import ALPHA, minimum_detectable_effect
from medsyn_inspect.analysis.stats.proportions import mcnemar_p, paired_difference
from medsyn_inspect.analysis.stats.resampling import LEVEL


def paired_comparisons(answers: pd.DataFrame, baseline: str, level: float = LEVEL) -> pd.DataFrame:
    """The frame `comparisons`: for each reader, each condition compared with the baseline on the same cases.

    Args:
        answers: One row for each reader, case and condition: `reader`, `case_id`, `condition`, `correct` (true or
            false, 1 or 0; missing if the call failed).
        baseline: The condition with which the others are compared.
        level: Level of the interval.

    Returns:
        The columns of the frame `comparisons` from `condition` on, without `subset`; `mcnemar_p_holm` is over the
        conditions of a reader.

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
            rows.append(row | paired(before, after, level))
    frame = pd.DataFrame(rows)
    if frame.empty:
        raise ValueError(f"there is no condition other than {baseline!r} to compare")
    return adjusted(frame, "reader")


def adjusted(comparisons: pd.DataFrame, family: str | list[str]) -> pd.DataFrame:
    """Comparisons with `mcnemar_p_holm`, and with `minimum_detectable_effect` at the significance level in use.

    Args:
        comparisons: Rows of `paired`.
        family: Columns that define a family of comparisons.
    """
    frame = comparisons.assign(mcnemar_p_holm=np.nan)
    for _, rows in frame.groupby(family, sort=False):
        pairs = rows["only_baseline"] + rows["only_condition"]
        frame.loc[rows.index, "mcnemar_p_holm"] = discrete_holm(rows["mcnemar_p"], pairs)
        # The level of Holm's first step, which is the smallest.
        alpha = ALPHA / max(1, rows["mcnemar_p"].notna().sum())
        frame.loc[rows.index, "minimum_detectable_effect"] = [
            minimum_detectable_effect(int(n), share, alpha=alpha) if n else np.nan
            for n, share in zip(rows["n"], rows["discordance"], strict=True)
        ]
    return frame


def paired(before: pd.Series, after: pd.Series, level: float = LEVEL) -> dict[str, float]:
    """Compare the answers to the same cases in two conditions.

    Args:
        before: 1 or 0 by case in the baseline; NaN where the call failed.
        after: The same in the condition.
        level: Level of the interval (Newcombe's for paired shares).

    Returns:
        From `n` to `discordance` as in `paired_comparisons`; the columns of `adjusted` depend on the other comparisons.
    """
    both = pd.concat([before, after], axis=1, keys=["before", "after"]).dropna().to_numpy(dtype=float)
    n = len(both)
    found: dict[str, float] = {"n": n, "missing": len(before.index.union(after.index)) - n}
    if n == 0:
        nothing = (
            "accuracy_baseline", "accuracy", "difference", "difference_lower", "difference_upper", "mcnemar_p",
            "discordance",
        )  # fmt: skip
        return found | {"only_baseline": 0, "only_condition": 0} | dict.fromkeys(nothing, np.nan)
    only_baseline, only_condition = int((both[:, 0] > both[:, 1]).sum()), int((both[:, 0] < both[:, 1]).sum())
    right = int(both.min(axis=1).sum())
    lower, upper = paired_difference(
        right, only_baseline, only_condition, n - right - only_baseline - only_condition, level
    )
    return found | {
        "accuracy_baseline": float(both[:, 0].mean()),
        "accuracy": float(both[:, 1].mean()),
        "only_baseline": only_baseline,
        "only_condition": only_condition,
        "difference": (only_condition - only_baseline) / n,
        "difference_lower": lower,
        "difference_upper": upper,
        "mcnemar_p": mcnemar_p(only_baseline, only_condition),
        "discordance": (only_baseline + only_condition) / n,
    }
