"""Distribution of the judge's scores, and agreement of the judges of a panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import without_verdict
from medsyn_inspect.analysis.frames.plain import plain_runs
from medsyn_inspect.analysis.frames.scale import Scale, scale_of, several
from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.agreement import coincidences, panel_agreement
from medsyn_inspect.judging.rubric import load_rubric, rubrics
from medsyn_inspect.records import JUDGED, Condition
from medsyn_inspect.wording import distinct


def score_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `scores`: how often each reader got each score in the plain condition, with any grading.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.
    """
    rows: list[dict[str, Any]] = []
    for question in JUDGED:
        asked = plain_runs(runs, question, but=("selection", "grading"))
        for (reader, grading), answers in asked.groupby(["reader", "grading"], sort=False) if len(asked) else ():
            named = {"reader": reader, "question": question, "grading": grading}
            # An answer missing because the call failed has no rubric: it gets that of the other answers.
            rubric = answers["rubric"].where(answers["rubric"] != "").bfill().ffill()
            for _, of_scale in answers.groupby(rubric, dropna=False, sort=False):
                rows += _distribution(named, of_scale)
    return conform("scores", rows)


def agreement_rows(runs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether the judges of each panel agree.

    Args:
        runs: The frame `runs`.

    Returns:
        The frames `agreement` and `score_pairs`. Answers that name the diagnosis word for word were not judged and are
        not included. Intervals are over cases.
    """
    agreement: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    judged = runs[runs["question"].isin(list(JUDGED)) & runs["panel_scores"].map(several).astype(bool)]
    size = judged["panel_scores"].map(len)
    for (judge, _, _), answers in judged.groupby(["judge", size, "rubric"], sort=True):
        scale = scale_of(answers)
        if scale is None:
            continue
        named = {"judge": str(judge), "rubric": scale.rubric, "threshold": scale.threshold}
        scores = np.array(answers["panel_scores"].tolist(), dtype=float)
        names = ["all", *judge_names(str(judge), scores.shape[1])]
        found = panel_agreement(scores, answers["case_id"].astype(str).to_numpy(), scale.threshold)
        for row in found.to_dict("records"):
            judges = {place: names[row[place] + 1] for place in ("one", "other")}
            agreement.append(named | {str(name): value for name, value in row.items()} | judges)
        pairs += [named | row for row in _pairs(scores, scale)]
    return conform("agreement", agreement), conform("score_pairs", pairs)


def rating_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `ratings`: ratings by others next to the judge's scores, on the answers that have both.

    Args:
        runs: The frame `runs`.
    """
    rated = runs[runs["question"].isin(list(JUDGED)) & runs["raters"].fillna("").astype(bool)]
    rows: list[dict[str, Any]] = []
    key = ["reader", "question", *Condition.COLUMNS]
    for place, answers in rated.groupby(key, sort=False) if len(rated) else ():
        scale = scale_of(answers)
        named = dict(zip(key, place, strict=True)) | {"judge": distinct(filter(None, answers["judge"]))}
        if scale is None:
            continue
        named |= {"rubric": scale.rubric, "threshold": scale.threshold}
        for rater in dict.fromkeys(name for names in answers["raters"] for name in names.split(", ") if name):
            given = [
                dict(zip(names.split(", "), ratings or (), strict=False)).get(rater, np.nan)
                for names, ratings in zip(answers["raters"], answers["ratings"], strict=True)
            ]
            rows.append(named | {"rater": rater} | _beside(answers.assign(rating=given), scale))
    return conform("ratings", rows)


def _beside(answers: pd.DataFrame, scale: Scale) -> dict[str, Any]:
    """Ratings and scores of the same answers; `answers` with `rating` and `score`."""
    both = answers.dropna(subset=["rating", "score"])
    found: dict[str, Any] = {"rated": int(answers["rating"].notna().sum()), "n": len(both)}
    if both.empty:
        return found
    for name in ("rating", "score"):
        found |= {name: both[name].mean(), f"{name}_covers": (both[name] >= scale.threshold).mean()}
    found["same"] = (both["rating"] == both["score"]).mean()
    found["same_side"] = ((both["rating"] >= scale.threshold) == (both["score"] >= scale.threshold)).mean()
    if both["rating"].isin(load_rubric(scale.rubric).levels if scale.rubric in rubrics() else scale.levels).all():
        scores = both[["rating", "score"]].to_numpy(dtype=float)
        agreed = panel_agreement(scores, both["case_id"].astype(str).to_numpy(), scale.threshold)
        kappa = agreed[agreed["measure"] == "kappa"].iloc[0]
        found |= dict(zip(with_ends("kappa"), kappa[list(with_ends("value"))], strict=True))
    return found


def judge_names(judge: str, count: int) -> list[str]:
    """The names of the judges of a panel; numbered if names are equal or cannot be separated."""
    found = judge.split(", ")
    if len(found) != count:
        found = ["judge"] * count
    return [f"{name} #{place}" if found.count(name) > 1 else name for place, name in enumerate(found, 1)]


def _distribution(named: dict[str, Any], answers: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The number of answers with each score, the best first, and the number without a score."""
    scale = scale_of(answers)
    if scale is not None:
        named = named | {"rubric": scale.rubric, "threshold": scale.threshold}
    scored = int(answers["score"].notna().sum())
    known = scored and not without_verdict(answers)
    for level in reversed(scale.levels if scale else ()):
        count = int((answers["score"] == level).sum())
        yield named | {"score": level, "answers": count, "share": count / scored if known else np.nan}
    yield named | {"rubric": named.get("rubric", ""), "answers": len(answers) - scored}


def _pairs(scores: np.ndarray, scale: Scale) -> Iterator[dict[str, Any]]:
    """How often two judges give each pair of scores to the same answer, irrespective of the order of the judges."""
    table = coincidences(scores, scale.levels).sum(axis=0) * (scores.shape[1] - 1) / 2
    whole = table + table.T - np.diag(np.diag(table))
    for higher, one in enumerate(scale.levels):
        for lower, other in enumerate(scale.levels[: higher + 1]):
            yield {"lower": other, "higher": one, "pairs": round(float(whole[higher, lower]))}
