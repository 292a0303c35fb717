"""Interim answers and posteriors after each clinical stage, and the stage at which the answer is settled."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.divergence import Floats, jensen_shannon
from medsyn_inspect.analysis.stats.means import mean_interval
from medsyn_inspect.analysis.stats.proportions import share_interval
from medsyn_inspect.prompts.stages import CLINICAL_STAGE, PRESENTATION
from medsyn_inspect.records import Condition

CLINICAL_ORDER = (PRESENTATION, *dict.fromkeys(CLINICAL_STAGE.values()))
"""Stages in clinical order."""

ALL_EVIDENCE = "all evidence"
"""Name of the row for the last stage of each case, whichever stage that is."""

ASKED = ["reader", "question", *Condition.COLUMNS, "log", "case_id", "epoch"]
"""Columns that identify a consultation."""

NEEDED = (*ASKED, "number", "stage", "final", "answer", "posterior", "correct")


def interim_beliefs(answers: pd.DataFrame) -> pd.DataFrame:
    """The frame `stages`: one row for each reader, question, case and stage.

    Args:
        answers: One row for each answer of a stage-by-stage consultation, including the last (`logs.read_logs`):
            `number` from 1, `stage`, `final`, `answer` (letter or first diagnosis; missing if none could be read),
            `posterior` (tuple or None), `correct` (1, 0 or NaN).

    Returns:
        The frame `stages`. `movement` is a Jensen-Shannon divergence, NaN for the first stage; `first_reached` and
        `settled_at` are the same in each row of a consultation, `settled_at` NaN without a last answer. Diagnoses are
        compared ignoring case.

    Raises:
        ValueError: If columns are missing.
    """
    if missing := [name for name in NEEDED if name not in answers.columns]:
        raise ValueError(f"the frame of stages lacks the columns {', '.join(missing)}")
    if answers.empty:
        return conform("stages", [])
    table = answers.sort_values([*ASKED, "number"], ignore_index=True, kind="stable")
    posteriors = _matrix(table["posterior"])
    table["entropy"] = _entropy(posteriors)
    consultation = table.groupby(ASKED, sort=False, dropna=False).ngroup()
    follows = (consultation == consultation.shift()).to_numpy()
    movement = np.full(len(table), np.nan)
    movement[1:] = jensen_shannon(posteriors[:-1], posteriors[1:])
    table["movement"] = np.where(follows, movement, np.nan)
    given_answer = table["answer"].where(table["answer"].notna(), "").astype(str).str.casefold().str.strip()
    last = given_answer.groupby(consultation).transform("last")
    agrees = (given_answer == last) & (last != "")
    table["first_reached"] = table["number"].where(agrees).groupby(consultation).transform("min")
    # The last stage with a different answer; the answer is settled from the next stage on.
    strayed = table["number"].where(~agrees).groupby(consultation).transform("max").fillna(0)
    table["settled_at"] = (strayed + 1).where(last != "")
    return conform("stages", table)


AVERAGED = ("correct", "settled", "entropy", "movement")
"""Columns whose mean over cases has an interval."""


def stage_summary(stages: pd.DataFrame) -> pd.DataFrame:
    """The frame `stage_summary`: one row for each reader, question, condition and stage, in order.

    Args:
        stages: From `interim_beliefs`.

    Returns:
        The frame `stage_summary`. Epochs of a case are averaged first; intervals are over cases: Wilson for shares,
        for other means that of `mean_interval`, none for a single case. `settled` is a share of the consultations with
        a last answer.
    """
    if stages.empty:
        return conform("stage_summary", [])
    by = ["reader", "question", *Condition.COLUMNS]
    beliefs = [
        _belief(*row) for row in zip(stages["posterior"], stages["correct_letter"], stages["entropy"], strict=True)
    ]
    values = stages.assign(
        correct=stages["correct"].where(stages["question"] == "fdx").astype(float),
        settled=(stages["settled_at"] <= stages["number"]).astype(float).where(stages["settled_at"].notna()),
        probability=[probability for probability, _ in beliefs],
        relative_entropy=[entropy for _, entropy in beliefs],
    )
    # Cases differ in their stages, but each has a last one: this row includes all cases, like the first.
    used = [*by, "stage", "number", "case_id", "probability", "relative_entropy", *AVERAGED]
    last = values[values["final"].astype(bool)].assign(stage=ALL_EVIDENCE)
    rows = []
    for key, asked in pd.concat([values[used], last[used]]).groupby(by, sort=False):
        for stage, answers in sorted(asked.groupby("stage", sort=False), key=_when):
            row = dict(zip(by, key, strict=True)) | {"stage": stage, "n": len(answers)}
            row |= {name: answers[name].mean() for name in ("probability", "relative_entropy")}
            for name in AVERAGED:
                row |= dict(zip(with_ends(name), _mean(answers.groupby("case_id")[name].mean()), strict=True))
            rows.append(row)
    return conform("stage_summary", rows)


def _when(stage: tuple[Any, pd.DataFrame]) -> tuple[int, float]:
    """Clinical order; stages of other names after those, and the last stage of each case at the end."""
    name, answers = stage
    if name == ALL_EVIDENCE:
        return len(CLINICAL_ORDER) + 1, 0.0
    place = CLINICAL_ORDER.index(name) if name in CLINICAL_ORDER else len(CLINICAL_ORDER)
    return place, float(answers["number"].mean())


def _belief(posterior: Any, letter: Any, entropy: float) -> tuple[float, float]:
    """Probability of the right option, and entropy as a share of its maximum; NaN if unknown."""
    belief = posterior if isinstance(posterior, (tuple, list, np.ndarray)) else ()
    place = ascii_uppercase.find(letter) if isinstance(letter, str) else -1
    options = len(belief)
    return (
        float(belief[place]) if 0 <= place < options else np.nan,
        float(entropy) / np.log2(options) if options > 1 else np.nan,
    )


def _mean(by_case: pd.Series) -> tuple[float, float, float]:
    """Mean over cases and its interval; NaN without values, and no interval for a single case."""
    values = by_case.dropna().to_numpy(dtype=float)
    if len(values) < 2:
        return (float(values[0]) if len(values) else np.nan), np.nan, np.nan
    if by_case.name in ("correct", "settled") and np.isin(values, (0.0, 1.0)).all():
        lower, upper = share_interval(int(values.sum()), len(values))
    else:
        lower, upper = mean_interval(values)
    return float(values.mean()), float(lower), float(upper)


def _matrix(posteriors: pd.Series) -> Floats:
    """Posteriors as rows that sum to 1, padded with zeros; a row of NaN where there is none."""
    rows = [row if isinstance(row, (tuple, list, np.ndarray)) and np.sum(row) > 0 else () for row in posteriors]
    values = np.zeros((len(rows), max(map(len, rows), default=0) or 1))
    for place, row in enumerate(rows):
        values[place, : len(row)] = row if len(row) else np.nan
        if not len(row):
            values[place] = np.nan
    # Interim posteriors are rounded to four places, so they may not sum to exactly 1.
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def _entropy(posteriors: Floats) -> Floats:
    logarithms = np.log2(np.where(posteriors > 0, posteriors, 1.0))
    # Adding 0 turns -0 into 0.
    return np.asarray(-(posteriors * logarithms).sum(axis=1) + 0.0)
