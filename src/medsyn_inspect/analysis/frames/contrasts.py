"""Which conditions are compared with which: those that differ in exactly one thing, on the cases that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.sensitivity import FULL, VIEWS
from medsyn_inspect.analysis.schema import QUESTIONS, framed
from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.analysis.stats.resampling import LEVEL, RESAMPLES, SEED
from medsyn_inspect.records import ONLY, ORDER, REPEAT, VISUAL

PLAIN = {"text": "keep", "withheld": "", "emphasis": "", "staging": "single"}
"""What is changed in turn, and its value where nothing is changed; beside the view."""

FAMILIES = {"view": "view", "text": "text", "withheld": "withhold", "emphasis": "emphasis", "staging": "staging"}
"""What a comparison is about, by column of the runs, called as the task's parameter is."""

ALL_CASES = "all cases"
HOLM = ["reader", "question"]
"""Comparisons that are adjusted together: all that one reader's answers to a question are looked at for."""


def one_thing_changed(
    runs: pd.DataFrame, arms: pd.DataFrame, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> pd.DataFrame:
    """The frame `comparisons`: each condition beside the one that differs from it in one thing, for each reader.

    Args:
        runs: As from `read_runs`, one run for each reader, question and condition.
        arms: As from `read_arms`, one run for each reader and one row for each arm.
        level: Of the intervals.
        resamples: Of the cases.
        seed: Of the resamples.

    Returns:
        The columns of `frames.COMPARISONS`: those of `paired_comparisons`, and
        `question`: `fdx`, `ddx`, `open_fdx`, or `sensitivity` where the answers are those of its arms;
        `family`: what is changed: `view`, `text`, `withhold`, `emphasis`, `staging`;
        `view`: in which both were asked (empty for the family `view`);
        `condition`, `baseline`: the values, such as `withhold=ct` and `withhold=none`;
        `subset`: the cases compared: where a type of evidence is withheld or emphasised, those that have it.
        `mcnemar_p_holm` is over all comparisons of a reader and question. "Accuracy" of `ddx` and
        `open_fdx` is coverage. Conditions without a case in common are not there. A case asked in several epochs
        counts with the majority of its answers; a draw is missing.
    """
    rows = [row | paired(before, after, level, resamples, seed) for row, before, after in contrasts(runs, arms)]
    frame = framed("comparisons", rows)
    if rows:
        frame["mcnemar_p_holm"] = frame.groupby(HOLM, sort=False)["mcnemar_p"].transform(holm)
    return frame


def majority(right: pd.Series) -> pd.Series:
    """What most epochs of each case say: 1 or 0, NaN where as many say the one as the other, or none says anything.

    Args:
        right: 1, 0 or NaN, indexed by case.
    """
    share = right.groupby(level=0, sort=False).mean()
    return share.where(share.isna(), np.select([share > 0.5, share < 0.5], [1.0, 0.0], np.nan))


Contrast = tuple[dict[str, Any], pd.Series, pd.Series]
"""What is compared (the columns that name it), and whether each case was right in the baseline and in the condition."""


def contrasts(runs: pd.DataFrame, arms: pd.DataFrame) -> Iterator[Contrast]:
    """Every pair of conditions that differ in one thing, case by case; see `one_thing_changed`."""
    for row, before, after in (*_of_runs(runs), *_of_arms(arms)):
        if len(before.index.intersection(after.index)):
            yield row, before, after


def _of_runs(runs: pd.DataFrame) -> Iterator[Contrast]:
    """Baseline and condition of every pair of runs of one reader that differ in one thing."""
    if runs.empty:
        return
    having = _cases_with(runs)
    order = {question: place for place, question in enumerate(QUESTIONS)}
    groups = [
        (str(reader), str(question), selection, asked)
        for (reader, question, selection, _), asked in runs.groupby(
            ["reader", "question", "selection", "grading"], sort=False
        )
    ]
    for reader, question, selection, asked in sorted(groups, key=lambda group: order.get(group[1], len(order))):
        answers = {
            key: majority(rows.set_index("case_id")["right"])
            for key, rows in asked.groupby(["view", *PLAIN], sort=False)
        }
        plain = tuple(PLAIN.values())
        row = {"reader": f"{reader} [{selection}]" if selection else reader, "question": question}
        if all((view, *plain) in answers for view in VIEWS):
            told = {"family": "view", "view": "", "condition": "view=finding", "baseline": "view=image"}
            before, after = (answers[view, *plain] for view in VIEWS)
            yield row | told | {"subset": ALL_CASES}, before, after
        for view in VIEWS:
            if (view, *plain) not in answers:
                continue
            before = answers[view, *plain]
            for place, (name, value) in enumerate(PLAIN.items()):
                for key, after in answers.items():
                    if key[0] != view or [k for k in range(len(plain)) if key[1 + k] != plain[k]] != [place]:
                        continue
                    changed = str(key[1 + place])
                    told = {
                        "family": FAMILIES[name],
                        "view": view,
                        "condition": f"{FAMILIES[name]}={changed.replace('-', ',')}",
                        "baseline": f"{FAMILIES[name]}={value or 'none'}",
                    }
                    concerned = changed.split("-") if name in ("withheld", "emphasis") and changed != "all" else []
                    cases = [case_id for one in concerned for case_id in having.get(one, ())]
                    if not cases:
                        yield row | told | {"subset": ALL_CASES}, before, after
                        continue
                    told["subset"] = f"cases with {' or '.join(concerned)}"
                    yield row | told, _among(before, cases), _among(after, cases)


def _among(right: pd.Series, cases: Iterable[str]) -> pd.Series:
    """Those of these cases, in their order."""
    wanted = frozenset(cases)
    return right[[case_id in wanted for case_id in right.index]]


def _cases_with(runs: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The cases that have each section, as far as any run tells."""
    having: dict[str, set[str]] = {}
    for column in ("evidence_shown", "evidence_withheld"):
        if column in runs:
            for case_id, sections in runs[["case_id", column]].dropna().drop_duplicates().itertuples(index=False):
                for section in sections:
                    having.setdefault(section, set()).add(case_id)
    return {section: frozenset(cases) for section, cases in having.items()}


def _of_arms(arms: pd.DataFrame) -> Iterator[Contrast]:
    """The full arms of both views, and in each view the full arm and each arm that withholds something."""
    for reader, asked in arms.groupby("reader", sort=False):
        answers = {
            (str(view), str(withheld)): rows.set_index("case_id")["correct"].astype(float)
            for (view, withheld), rows in asked.groupby(["view", "withheld"], sort=False)
        }
        row = {"reader": reader, "question": "sensitivity"}
        if all((view, FULL) in answers for view in VIEWS):
            told = {"family": "view", "view": "", "condition": "view=finding", "baseline": "view=image"}
            yield row | told | {"subset": ALL_CASES}, answers["image", FULL], answers["finding", FULL]
        for (view, withheld), after in answers.items():
            if withheld in (FULL, REPEAT) or withheld.startswith((ONLY, ORDER)) or (view, FULL) not in answers:
                continue
            told = {
                "family": "withhold",
                "view": view,
                "condition": f"withhold={'all visual evidence' if withheld == VISUAL else withheld}",
                "baseline": "withhold=none",
                "subset": ALL_CASES if withheld == VISUAL else f"cases with {withheld}",
            }
            before = answers[view, FULL]
            yield row | told, _among(before, after.index), after
