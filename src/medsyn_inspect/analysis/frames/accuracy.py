"""Accuracy, coverage, mean score and the DDx-FDx gap, each with its interval and number of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.scale import scale_of
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.means import mean_interval
from medsyn_inspect.analysis.stats.proportions import paired_difference, share_interval
from medsyn_inspect.records import SCORED, UNREAD, Condition, Outcome


@dataclass(frozen=True)
class Estimate:
    """A mean over cases with its 95 % interval, or only its bounds."""

    value: float
    """Mean over cases; NaN if no case is scored or an answer has no verdict (see `without_verdict`)."""

    lower: float
    """Lower end of the interval."""

    upper: float
    """Upper end of the interval."""

    n: int
    """Number of scored cases."""

    asked: int
    """Number of cases presented; the others are unscored."""

    lower_if_missing_wrong: float
    """The mean if every unscored case had the lowest value."""

    upper_if_missing_right: float
    """The mean if every unscored case had the highest value."""

    method: Literal["wilson", "newcombe", "student", ""] = ""
    """Method of the interval; `student` is extended for skewness; empty if there is none (few or equal values)."""

    unread: int = 0
    """Number of cases with an unread answer, which counts as wrong."""

    upper_if_unread_right: float = float("nan")
    """The value if every unread answer had the highest value; NaN for the gap."""


ESTIMATED = ("case_id", "outcome", "failure", "read_by")
"""Columns of the frame `runs` that an estimate is made of, in addition to that of the values."""


def headline(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader and condition: accuracy, coverage, scores and DDx-FDx gap.

    Args:
        runs: From `read_runs`. If a question was run twice in a condition, the newer log counts.

    Returns:
        The frame `headline`; its estimates are `Estimate`, or `None` if the question was not run.

    Raises:
        ValueError: If the runs of a reader are of different case sets.
    """
    rows = []
    key = ["reader", *Condition.COLUMNS]
    for condition, run in runs.groupby(key, sort=False):
        if run["fingerprint"].nunique() > 1:
            sets = ", ".join(sorted(set(run["case_set"] + " " + run["fingerprint"])))
            raise ValueError(f"{condition[0]}: runs on different case sets cannot be combined: {sets}")
        newest = {
            str(question): answers[answers["log"] == answers["log"].iloc[-1]]
            for question, answers in run.groupby("question")
        }
        named = dict(zip(key, condition, strict=True))
        named |= {"case_set": run["case_set"].iloc[0], "synthetic": run["synthetic"].iloc[0]}
        rows += [named | _measures(part) for part in _of_one_judge(newest)]
    return conform("headline", rows)


def _measures(newest: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The estimates of a reader in a condition, from its answers by question."""
    asked = pd.concat(newest.values())
    fdx, ddx, committed = (newest.get(question) for question in ("fdx", "ddx", "open_fdx"))
    return {
        "judge": ", ".join(sorted({judge for judge in asked["judge"] if judge})),
        "scale": scale.ends if (scale := scale_of(asked)) else None,
        "accuracy": estimate(fdx, "right"),
        "coverage": estimate(ddx, "right"),
        "score": score_estimate(ddx),
        "open_coverage": estimate(committed, "right"),
        "open_score": score_estimate(committed),
        "ddx_fdx_gap": ddx_fdx_gap(ddx, fdx),
        "failures": failures(asked),
    }


def _of_one_judge(newest: dict[str, pd.DataFrame]) -> Iterator[dict[str, pd.DataFrame]]:
    """The answers by question, `open_fdx` apart if its judges are not those of `ddx`: they belong in different rows."""
    judges = [
        {judge for judge in newest[name]["judge"] if judge} if name in newest else set() for name in ("ddx", "open_fdx")
    ]
    if all(judges) and judges[0] != judges[1]:
        yield {name: answers for name, answers in newest.items() if name != "open_fdx"}
        yield {"open_fdx": newest["open_fdx"]}
    else:
        yield newest


def without_verdict(answers: pd.DataFrame) -> bool:
    """Whether a judge gave no verdict on an answer, or an extractor no reading.

    Exact matches are scored without the judge, so such answers are not missing at random: a mean over the other answers
    is biased, and only its bounds are known.

    Args:
        answers: One row for each answer, with `outcome` unless no judge was needed.
    """
    return "outcome" in answers and bool(
        answers["outcome"].isin((Outcome.JUDGE_FAILED.value, Outcome.READING_FAILED.value)).any()
    )


def score_estimate(answers: pd.DataFrame | None) -> Estimate | None:
    """The mean score of the answers to a question; without bounds if no answer was judged, so the scale is unknown."""
    scale = None if answers is None else scale_of(answers)
    lowest, highest = scale.ends if scale else (np.nan, np.nan)
    return estimate(answers, "score", lowest=lowest, highest=highest)


def estimate(
    answers: pd.DataFrame | None, column: str, *, lowest: float = 0.0, highest: float = 1.0
) -> Estimate | None:
    """The mean of a column over cases (epochs of a case are averaged first).

    Shares of correct answers have Wilson intervals, all other means that of `mean_interval`, within the scale.

    Args:
        answers: One row for each answer; `None` if the question was not run.
        column: Name of a numeric column; missing if an answer is unscored.
        lowest: The lowest value that an unscored answer could have.
        highest: The highest value that it could have.
    """
    if answers is None:
        return None
    asked = answers["case_id"].nunique()
    value = answers[column].astype(float)
    unread = unread_answers(answers)
    means = _mean_of_epochs(
        {
            "value": value,
            "if_read": value.where(~unread, highest),
            "low": value.fillna(lowest),
            "high": value.fillna(highest),
        },
        answers["case_id"],
    )
    by_case = means["value"].dropna().to_numpy()
    n = len(by_case)
    reading = answers["case_id"][unread].nunique(), float(means["if_read"].mean())
    low, high = (float(means[end].mean()) for end in ("low", "high"))
    if n == 0 or without_verdict(answers):
        return Estimate(float("nan"), float("nan"), float("nan"), n, asked, low, high, "", *reading)
    mean = float(by_case.mean())
    if highest == 1 and np.isin(by_case, (0.0, 1.0)).all():
        lower, upper = share_interval(int(by_case.sum()), n)
        return Estimate(mean, lower, upper, n, asked, low, high, "wilson", *reading)
    lower, upper = mean_interval(by_case)
    # No mean of the values is beyond the ends of their scale. An end that is missing, here or there, stays as it is.
    ends = max(lower, lowest), min(upper, highest)
    return Estimate(mean, *ends, n, asked, low, high, "" if np.isnan(lower) else "student", *reading)


def _mean_of_epochs(values: Mapping[str, pd.Series], cases: pd.Series) -> pd.DataFrame:
    """The means of some columns over the epochs of each case, sorted by case; missing values are left out."""
    columns = {name: column.to_numpy() for name, column in values.items()}
    table = pd.DataFrame(columns, index=cases.to_numpy(dtype=object))
    # Grouping takes most of the time of an estimate, and most runs have one epoch.
    return table.sort_index() if table.index.is_unique else table.groupby(level=0).mean()


def ddx_fdx_gap(ddx: pd.DataFrame | None, fdx: pd.DataFrame | None) -> Estimate | None:
    """Coverage minus accuracy, paired: over the cases scored in both."""
    if ddx is None or fdx is None:
        return None
    covered, right = (answers.groupby("case_id")["right"].mean() for answers in (ddx, fdx))
    asked = len(covered.index.union(right.index))
    both = pd.concat([covered, right], axis=1, keys=["covered", "right"]).dropna()
    difference = (both["covered"] - both["right"]).to_numpy()
    missing = asked - len(difference)
    low, high = (float(difference.sum() - missing) / asked, float(difference.sum() + missing) / asked)
    if len(difference) == 0 or without_verdict(ddx) or without_verdict(fdx):
        return Estimate(float("nan"), float("nan"), float("nan"), len(difference), asked, low, high)
    value, n = float(difference.mean()), len(difference)
    if both.isin((0.0, 1.0)).all(axis=None):
        counts = both["right"] * 2 + both["covered"]
        neither, only_covered, only_right, shared = (int((counts == kind).sum()) for kind in range(4))
        ends = paired_difference(shared, only_right, only_covered, neither)
        return Estimate(value, *ends, n, asked, low, high, "newcombe")
    ends = mean_interval(difference)
    return Estimate(value, *ends, n, asked, low, high, "" if np.isnan(ends[0]) else "student")


def unread_answers(answers: pd.DataFrame) -> pd.Series:
    """Mask of the scored answers that nobody could read."""
    if "read_by" not in answers:
        return pd.Series(False, index=answers.index)
    return (answers["read_by"] == "nobody") & answers["failure"].isin(UNREAD)


def failures(answers: pd.DataFrame) -> dict[str, int]:
    """Counts of answers without a diagnosis or a score, by reason: the failure, or the outcome without a score."""
    counts = answers["failure"].value_counts().to_dict()
    for outcome in Outcome:
        if outcome in SCORED:
            continue
        counts[outcome.value] = int((answers["outcome"] == outcome).sum())
    return {str(name): int(count) for name, count in counts.items() if count}
