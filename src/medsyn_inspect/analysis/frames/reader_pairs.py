"""Readers compared with each other on the cases that both answered, and their ranks.

Shares of right answers are compared by the exact McNemar test, with Newcombe's interval; scores by the test of a mean
(`stats.means`); the uptake ratio by a jackknife over cases. Only readers that were judged alike are compared: by the
same judge, rubric and extractor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from medsyn_inspect.analysis.frames.accuracy import without_verdict
from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.contrasts import by_case, majority, mean_by_case
from medsyn_inspect.analysis.frames.matched import SOURCE
from medsyn_inspect.analysis.frames.plain import of_all_cases, plain_runs
from medsyn_inspect.analysis.primary import READERS
from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.holm import discrete_holm, holm
from medsyn_inspect.analysis.stats.letters import letter_display
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.analysis.stats.means import EQUAL, mean_interval, mean_p, why_none
from medsyn_inspect.analysis.stats.resampling import LEVEL, Floats
from medsyn_inspect.providers import is_physician

SHARES = {"accuracy": "fdx", "coverage": "ddx", "open_coverage": "open_fdx"}
"""The question of each measure that is a share of right answers."""

SCORES = {"score": "ddx"}
UPTAKE = "uptake_ratio"

FEW = 24
"""Minimum number of cases for a test of two uptake ratios; with fewer its errors of the first kind were not
simulated."""

TOO_FEW = f"no interval: fewer than {FEW} cases"
ROUNDING = 1e-9
"""Standard error up to which ratios differ in no case except for rounding."""

T = TypeVar("T")

FAMILY = ["measure", "group"]
"""Readers of a family are ranked together, physicians excepted; the p of pairs with a physician are adjusted apart."""


@dataclass(frozen=True)
class Pair:
    """Two readers, and what is compared."""

    measure: str
    group: str
    """Judge and rubric, where the measure rests on them; readers of different groups are not compared."""

    reader: str
    other: str


def reader_pairs(runs: pd.DataFrame, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """The frame `reader_pairs`: each pair of readers on their common cases, in the plain condition.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.
        sensitivity: The frame `sensitivity` without evidence that is text in both views.
    """
    rows = [*_shares(runs), *_scores(runs), *_uptake(sensitivity)]
    if not rows:
        return conform("reader_pairs", [])
    frame = pd.DataFrame(rows)
    frame = frame.assign(p_holm=np.nan, primary=READERS.among(frame) & ~with_physician(frame))
    for (measure, _, _), family in frame.groupby([*FAMILY, with_physician(frame)], sort=False):
        if measure in SHARES:
            pairs = family["only_reader"] + family["only_other"]
            frame.loc[family.index, "p_holm"] = discrete_holm(family["p"], pairs)
        else:
            frame.loc[family.index, "p_holm"] = holm(family["p"])
    return conform("reader_pairs", frame)


def ranks(pairs: pd.DataFrame, values: pd.DataFrame, alpha: float = ALPHA) -> pd.DataFrame:
    """The frame `ranks`: the rank of each reader with its uncertainty, and the letters of readers that are tied.

    Args:
        pairs: From `reader_pairs`.
        values: `measure`, `reader` and `value`, the estimate by which readers are ordered.
        alpha: Level of significance of the adjusted p.

    Returns:
        `rank_lower` is 1 + the number of readers that are significantly better, `rank_upper` the number of readers
        minus the number that are significantly worse.
    """
    rows = []
    for (measure, group), family in pairs[~with_physician(pairs)].groupby(FAMILY, sort=False):
        names = set(family["reader"]) | set(family["other"])
        known = values[(values["measure"] == measure) & values["reader"].isin(names)].dropna(subset=["value"])
        known = known.sort_values(["value", "reader"], ascending=[False, True])
        order = known["reader"].tolist()
        clear = family[(family["p_holm"] < alpha) & family["reader"].isin(order) & family["other"].isin(order)]
        ahead = clear["difference"] > 0
        better = pd.concat([clear["reader"][ahead], clear["other"][~ahead]]).value_counts()
        worse = pd.concat([clear["other"][ahead], clear["reader"][~ahead]]).value_counts()
        different = {frozenset(pair) for pair in zip(clear["reader"], clear["other"], strict=True)}
        letters = letter_display(order, different)
        place = known["value"].rank(ascending=False, method="min")
        for reader, value, rank in zip(order, known["value"], place, strict=True):
            row = {"measure": measure, "group": group, "reader": reader, "value": value, "rank": int(rank)}
            ends = 1 + int(worse.get(reader, 0)), len(order) - int(better.get(reader, 0))
            rows.append(row | dict(zip(("rank_lower", "rank_upper"), ends, strict=True)) | {"letters": letters[reader]})
    return conform("ranks", rows)


def with_physician(pairs: pd.DataFrame) -> pd.Series:
    """Mask of the pairs of which one is a physician: these are compared, but physicians have no rank among models."""
    names = {name: is_physician(str(name)) for name in (*pairs["reader"].unique(), *pairs["other"].unique())}
    return pairs["reader"].map(names).astype(bool) | pairs["other"].map(names).astype(bool)


def reader_values(readers: pd.DataFrame, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """The estimate of each measure for each reader, by which `ranks` orders the readers.

    Args:
        readers: The frame `readers`.
        sensitivity: As for `reader_pairs`.
    """
    measures = [*SHARES, *SCORES]
    values = readers.melt(id_vars="reader", value_vars=measures, var_name="measure", value_name="value")
    known = sensitivity[sensitivity["source"] == SOURCE].dropna(subset=["effect_both", "effect_finding"])
    sums = known.groupby("reader", sort=False)[["effect_both", "effect_finding"]].sum()
    uptake = (sums["effect_both"] / sums["effect_finding"].where(sums["effect_finding"] > 0)).rename("value")
    return pd.concat([values, uptake.reset_index().assign(measure=UPTAKE)], ignore_index=True)


def _row(
    pair: Pair, values: tuple[float, float], n: int, found: tuple[float, float, float], p: float
) -> dict[str, Any]:
    named = {"measure": pair.measure, "group": pair.group, "reader": pair.reader, "other": pair.other, "n": n}
    difference = dict(zip(with_ends("difference"), found, strict=True))
    return named | {"value": values[0], "other_value": values[1]} | difference | {"p": p, "note": ""}


def _shares(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for measure, question in SHARES.items():
        for pair, one, other in _pairs(runs, measure, question, "right", majority):
            found = paired(other, one)
            if not found["n"]:
                continue
            difference = found["difference"], found["difference_lower"], found["difference_upper"]
            values = found["accuracy"], found["accuracy_baseline"]
            row = _row(pair, values, int(found["n"]), difference, found["mcnemar_p"])
            yield row | {"only_reader": found["only_condition"], "only_other": found["only_baseline"]}


def _scores(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for measure, question in SCORES.items():
        for pair, one, other in _pairs(runs, measure, question, "score", mean_by_case):
            both = pd.concat([one, other], axis=1, keys=["one", "other"]).dropna()
            if len(both):
                values = float(both["one"].mean()), float(both["other"].mean())
                differences = (both["one"] - both["other"]).to_numpy(float)
                found, p = mean_difference(differences)
                yield _row(pair, values, len(both), found, p) | {"note": why_none(differences, found[1:])}


def mean_difference(differences: Floats) -> tuple[tuple[float, float, float], float]:
    """The mean of paired differences with its interval and its p; 1 if no case differs.

    Args:
        differences: One value for each case.

    Returns:
        NaN for the ends with few or equal differences (see `mean_interval`).
    """
    p = mean_p(differences) if differences.any() else 1.0
    return (float(differences.mean()), *mean_interval(differences)), p


def _same_in_every_case(difference: float, n: int) -> float:
    """The p of a difference that is the same in each of n cases: that of an exact sign test."""
    return float(min(1.0, 2.0 ** (1 - n))) if difference else 1.0


def _pairs(
    runs: pd.DataFrame, measure: str, question: str, column: str, combined: Callable[[pd.Series], pd.Series]
) -> Iterator[tuple[Pair, pd.Series, pd.Series]]:
    """The answers of each pair of readers that were graded alike and have a verdict on every answer, by case.

    Args:
        runs: The frame `runs`.
        measure: Name of the measure.
        question: The question whose answers it is based on.
        column: The column with the value of an answer.
        combined: Makes one value of those of the epochs of each case.
    """
    asked = plain_runs(runs, question)
    if asked.empty:
        return
    for group, alike in asked.groupby(_graded_by(asked), sort=False):
        answers = {
            str(reader): combined(by_case(rows, column))
            for reader, rows in alike.groupby("reader", sort=False)
            if not without_verdict(rows)
        }
        for (reader, one), (other, two) in _different(answers):
            yield Pair(measure, str(group), reader, other), one, two


def _different(found: Mapping[str, T]) -> Iterator[tuple[tuple[str, T], tuple[str, T]]]:
    """Every two readers; not a reader and its own run on a selection of the cases."""
    pairs = combinations(found.items(), 2)
    return (pair for pair in pairs if of_all_cases(pair[0][0]) != of_all_cases(pair[1][0]))


def _graded_by(asked: pd.DataFrame) -> pd.Series:
    """What the scores of each answer's reader rest on; an answer without a judge has that of the reader's others.

    A reader whose answers needed no judge, because each names the diagnosis or lists nothing, has the only judge of the
    other readers: that judge would have been asked nothing.
    """
    columns = [name for name in ("judge", "rubric", "extractor") if name in asked.columns]
    parts = [
        asked[name].replace("", np.nan).groupby(asked["reader"]).transform("first").fillna("").astype(str)
        for name in columns
    ]
    for name, part in zip(columns, parts, strict=True):
        named = set(part) - {""}
        if name == "judge" and len(named) == 1:
            part[:] = named.pop()
    rows = zip(*(part.astype(object) for part in parts), strict=True)
    return pd.Series([", ".join(filter(None, row)) for row in rows], index=asked.index)


def _uptake(sensitivity: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Uptake ratios over all evidence types together, on the cases and types that both readers have."""
    if sensitivity.empty:
        return
    known = sensitivity[sensitivity["source"] == SOURCE].dropna(subset=["effect_both", "effect_finding"])
    readers = {
        str(reader): rows.set_index(["case_id", "evidence_type"])[["effect_both", "effect_finding"]]
        for reader, rows in known.groupby("reader", sort=False)
    }
    for (reader, one), (other, two) in _different(readers):
        both = one.join(two, how="inner", rsuffix="_other").groupby(level="case_id", sort=False).sum().to_numpy(float)
        totals = both.sum(axis=0)
        if not len(both) or totals[1] <= 0 or totals[3] <= 0:
            continue
        values = float(totals[0] / totals[1]), float(totals[2] / totals[3])
        pair = Pair(UPTAKE, "", reader, other)
        if len(both) < FEW:
            yield _row(pair, values, len(both), (values[0] - values[1], np.nan, np.nan), np.nan) | {"note": TOO_FEW}
        else:
            found, p = ratio_difference(both)
            yield _row(pair, values, len(both), found, p) | {"note": EQUAL if np.isnan(found[1]) else ""}


def ratio_difference(sums: Floats) -> tuple[tuple[float, float, float], float]:
    """The difference of two ratios over the same cases, with the jackknife's interval and p.

    Args:
        sums: Numerator and denominator of one ratio, then of the other, by case; shape (cases, 4).
    """
    n = len(sums)
    total = sums.sum(axis=0)
    less = total - sums
    without = less[:, 0] / less[:, 1] - less[:, 2] / less[:, 3]
    value = float(total[0] / total[1] - total[2] / total[3])
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    if error <= ROUNDING:
        return (value, np.nan, np.nan), _same_in_every_case(value if abs(value) > ROUNDING else 0.0, n)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * error
    return (value, value - half, value + half), float(2 * stats.t.sf(abs(value) / error, n - 1))
