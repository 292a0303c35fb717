"""Belief on the way: what a reader answers after each clinical stage, and when its last answer first stands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.divergence import Floats, jensen_shannon
from medsyn_inspect.analysis.frames import framed

ASKED = [
    "reader", "question", "view", "withheld", "text", "emphasis", "selection", "grading", "log", "case_id", "epoch",
]  # fmt: skip
"""What tells one consultation from another."""

NEEDED = (*ASKED, "number", "stage", "final", "answer", "posterior", "correct")


def belief_on_the_way(answers: pd.DataFrame) -> pd.DataFrame:
    """The frame `stages`: one row for each reader, question, case and stage.

    Args:
        answers: One row for each answer of a consultation by turns, the last one included (`logs.read_logs`):
            `number` from 1, `stage`, `final`, `answer` (letter or first diagnosis; missing if none could be read),
            `posterior` (tuple or None), `correct` (1, 0 or NaN).

    Returns:
        The columns of `frames.STAGES`. Beside those given: `entropy` of the posterior in bits; `movement`, the
        Jensen-Shannon divergence in bits between the posterior and that of the stage before (NaN for the first stage);
        and, the same in each row of a case, `first_reached`, the number of the first stage whose answer is the last
        stage's, and `settled_at`, of the first stage from which on every answer is (NaN without a last answer).
        Diagnoses are compared without regard to case.

    Raises:
        ValueError: If columns are missing.
    """
    if missing := [name for name in NEEDED if name not in answers.columns]:
        raise ValueError(f"the frame of stages lacks the columns {', '.join(missing)}")
    if answers.empty:
        return framed("stages", [])
    table = answers.sort_values([*ASKED, "number"], ignore_index=True, kind="stable")
    posteriors = _matrix(table["posterior"])
    table["entropy"] = _entropy(posteriors)
    consultation = table.groupby(ASKED, sort=False, dropna=False).ngroup()
    follows = (consultation == consultation.shift()).to_numpy()
    movement = np.full(len(table), np.nan)
    movement[1:] = jensen_shannon(posteriors[:-1], posteriors[1:])
    table["movement"] = np.where(follows, movement, np.nan)
    said = table["answer"].where(table["answer"].notna(), "").astype(str).str.casefold().str.strip()
    last = said.groupby(consultation).transform("last")
    agrees = (said == last) & (last != "")
    table["first_reached"] = table["number"].where(agrees).groupby(consultation).transform("min")
    # The last stage that says something else; the answer stands from the next one on.
    strayed = table["number"].where(~agrees).groupby(consultation).transform("max").fillna(0)
    table["settled_at"] = (strayed + 1).where(last != "")
    return framed("stages", table)


def stage_summary(stages: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader, question, condition and stage, in the order in which stages come.

    Args:
        stages: From `belief_on_the_way`.

    Returns:
        `reader`, `question`, `view`, `withheld`, `text`, `emphasis`, `selection`, `stage`; `n` cases (and epochs) that
        have the stage; `correct`, share of right answers after it (NaN where only the last one is judged);
        `entropy` and `movement`, means in bits; `settled`, share of those with a last answer that stood by then.
    """
    by = ["reader", "question", "view", "withheld", "text", "emphasis", "selection"]
    if stages.empty:
        return pd.DataFrame(columns=[*by, "stage", "n", "correct", "entropy", "movement", "settled"])
    values = stages.assign(
        settled=(stages["settled_at"] <= stages["number"]).astype(float).where(stages["settled_at"].notna())
    )
    found = values.groupby([*by, "stage"], sort=False).agg(
        n=("number", "size"),
        place=("number", "mean"),
        correct=("correct", "mean"),
        entropy=("entropy", "mean"),
        movement=("movement", "mean"),
        settled=("settled", "mean"),
    )
    return found.reset_index().sort_values([*by, "place"], kind="stable", ignore_index=True).drop(columns="place")


def _matrix(posteriors: pd.Series) -> Floats:
    """Posteriors as rows that sum to 1, padded with zeros; a row of NaN where there is none."""
    rows = [row if isinstance(row, (tuple, list, np.ndarray)) and np.sum(row) > 0 else () for row in posteriors]
    values = np.zeros((len(rows), max(map(len, rows), default=0) or 1))
    for place, row in enumerate(rows):
        values[place, : len(row)] = row if len(row) else np.nan
        if not len(row):
            values[place] = np.nan
    # Answers on the way are kept to four places, so that they do not quite sum to 1.
    return values / values.sum(axis=1, keepdims=True)


def _entropy(posteriors: Floats) -> Floats:
    logarithms = np.log2(np.where(posteriors > 0, posteriors, 1.0))
    # Adding 0 turns -0 into 0.
    return np.asarray(-(posteriors * logarithms).sum(axis=1) + 0.0)
