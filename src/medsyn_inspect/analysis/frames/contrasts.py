"""Comparisons of conditions that differ in exactly one respect, on the cases concerned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import without_verdict
from medsyn_inspect.analysis.frames.compare import adjusted, paired
from medsyn_inspect.analysis.frames.sensitivity import FULL
from medsyn_inspect.analysis.primary import TEXT
from medsyn_inspect.analysis.schema import QUESTIONS, conditions, conform
from medsyn_inspect.analysis.stats.resampling import LEVEL
from medsyn_inspect.records import ONLY, ORDER, PLAIN, REPEAT, VIEWS, VISUAL, Condition
from medsyn_inspect.wording import distinct

CHANGED = ("text", "withheld", "emphasis", "staging")
"""Columns of the condition that are changed one at a time, in addition to the view."""

PLAIN_VALUES = {"text": PLAIN.text, "staging": PLAIN.staging}
"""Values of the plain condition that are not empty."""

ALL_CASES = "all cases"
HOLM = ["reader", "question", "primary"]
"""Columns that define a family of comparisons for Holm's adjustment: the primary one of a reader, or all others of a
reader and question."""


def one_thing_changed(runs: pd.DataFrame, arms: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The frame `comparisons`: for each reader, pairs of conditions that differ in one respect.

    Args:
        runs: As from `read_runs`, one run for each reader, question and condition.
        arms: As from `read_arms`, one run for each reader and one row for each arm.
        level: Level of the intervals.

    Returns:
        The frame `comparisons`. `question` is `sensitivity` if the answers are those of arms. Conditions without a
        common case are omitted. For a case with several epochs the majority of its answers counts; a tie is missing.
    """
    rows = [row | paired(before, after, level) for row, before, after in contrasts(runs, arms)]
    frame = conform("comparisons", rows)
    return adjusted(frame.assign(primary=TEXT.among(frame)), HOLM) if rows else frame


def by_case(answers: pd.DataFrame, column: str) -> pd.Series:
    """A numeric column of the answers, indexed by case."""
    cases = pd.Index(answers["case_id"].to_numpy(dtype=object), name="case_id", dtype=object)
    return pd.Series(answers[column].to_numpy(dtype=float), index=cases, name=column)


def mean_by_case(values: pd.Series) -> pd.Series:
    """The mean over the epochs of each case, in the order of the cases; missing values are left out.

    Args:
        values: Indexed by case.
    """
    # Grouping takes most of the time of a comparison, and most runs have one epoch.
    return values if values.index.is_unique else values.groupby(level=0, sort=False).mean()


def majority(right: pd.Series) -> pd.Series:
    """The majority over the epochs of each case: 1 or 0, NaN if there is a tie or no scored answer.

    Args:
        right: 1, 0 or NaN, indexed by case.
    """
    share = mean_by_case(right)
    return share.where(share.isna(), np.select([share > 0.5, share < 0.5], [1.0, 0.0], np.nan))


Contrast = tuple[dict[str, Any], pd.Series, pd.Series]
"""The columns that name a comparison, and whether each case was right in the baseline and in the condition."""


def contrasts(runs: pd.DataFrame, arms: pd.DataFrame) -> Iterator[Contrast]:
    """All pairs of conditions that differ in one respect, with answers by case; see `one_thing_changed`."""
    for row, before, after in (*_of_runs(runs), *_of_arms(arms)):
        if len(before.index.intersection(after.index)):
            yield row, before, after


def _of_runs(runs: pd.DataFrame) -> Iterator[Contrast]:
    """The pairs of runs of a reader that differ in one respect.

    Runs with an answer without a verdict, and runs that were graded by different models, are not compared.
    """
    if runs.empty:
        return
    having = _cases_with(runs)
    order = {question: place for place, question in enumerate(QUESTIONS)}
    key = ["reader", "question", "selection", "grading", "graders"]
    used = [name for name in ("case_id", "right", "outcome", *Condition.COLUMNS) if name in runs]
    runs = runs[["reader", "question", *used]].assign(graders=graders(runs))
    groups = sorted(runs.groupby(key, sort=False), key=lambda group: order.get(str(group[0][1]), len(order)))
    for (reader, question, selection, *_), found in groups:
        row = {"reader": f"{reader} [{selection}]" if selection else str(reader), "question": str(question)}
        answers = {
            condition: majority(by_case(rows, "right"))
            for condition, rows in found.groupby(
                conditions(found.drop(columns=["selection", "grading", "graders"])), sort=False
            )
            if not without_verdict(rows)
        }
        for contrast in _pairs(answers, having):
            yield row | contrast[0], *contrast[1:]


def graders(runs: pd.DataFrame) -> pd.Series:
    """The judges and extractors of each answer's run; empty where no runs of a reader and question differ in them.

    Args:
        runs: The frame `runs`.
    """
    named = pd.Series("", index=runs.index, dtype=object)
    if runs.empty:
        return named
    for column, role in (("judge", "judged by"), ("extractor", "read by")):
        if column not in runs:
            continue
        by_log = runs.groupby("log")[column].agg(
            lambda names: distinct(sorted({name for name in names.unique() if name}))
        )
        models = runs["log"].map(by_log)
        different = models.where(models != "").groupby([runs["reader"], runs["question"]]).transform("nunique") > 1
        named += (role + " " + models + "; ").where(different & (models != ""), "")
    return named.str.removesuffix("; ")


def _pairs(answers: Mapping[Condition, pd.Series], having: Mapping[str, frozenset[str]]) -> Iterator[Contrast]:
    """The pairs of conditions that differ in one respect: first the two views, then in each view every other change."""
    baselines = {view: PLAIN.replace(view=view) for view in VIEWS}
    if all(baseline in answers for baseline in baselines.values()):
        named = {"family": "view", "view": "", "condition": "view=finding", "baseline": "view=image"}
        image, finding = (answers[baselines[view]] for view in VIEWS)
        yield named | {"subset": ALL_CASES}, image, finding
    for view, baseline in baselines.items():
        if baseline not in answers:
            continue
        for column in CHANGED:
            for condition, after in answers.items():
                if condition.differs_in(baseline) != (column,):
                    continue
                named, before = _pair(condition, column, view), answers[baseline]
                concerned = condition.concerns(column)
                cases = [case_id for one in concerned for case_id in having.get(one, ())]
                if cases:
                    subset = f"cases with {' or '.join(concerned)}"
                    yield named | {"subset": subset}, _among(before, cases), _among(after, cases)
                else:
                    yield named | {"subset": ALL_CASES}, before, after


def _pair(condition: Condition, column: str, view: str) -> dict[str, Any]:
    """The names of a comparison of a condition with the plain one in the same view."""
    family = Condition.PARAMETERS[column]
    return {
        "family": family,
        "view": view,
        "condition": f"{family}={condition.changed()[column]}",
        "baseline": f"{family}={PLAIN_VALUES.get(column, 'none')}",
    }


def _among(right: pd.Series, cases: Iterable[str]) -> pd.Series:
    """The answers to these cases, in the order of the answers."""
    return right[right.index.isin(list(cases))]


def _cases_with(runs: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The cases that have each section, as far as recorded in any run."""
    having: dict[str, set[str]] = {}
    for column in ("evidence_shown", "evidence_withheld"):
        if column in runs:
            for case_id, sections in runs[["case_id", column]].dropna().drop_duplicates().itertuples(index=False):
                for section in sections:
                    having.setdefault(section, set()).add(case_id)
    return {section: frozenset(cases) for section, cases in having.items()}


def _of_arms(arms: pd.DataFrame) -> Iterator[Contrast]:
    """The pairs of arms: the full arms of both views, and in each view the full arm and each withholding arm."""
    used = arms[["reader", "view", "withheld", "case_id", "correct"]]
    for reader, asked in used.groupby("reader", sort=False):
        answers = {
            (str(view), str(withheld)): by_case(rows, "correct")
            for (view, withheld), rows in asked.groupby(["view", "withheld"], sort=False)
        }
        row = {"reader": reader, "question": "sensitivity"}
        if all((view, FULL) in answers for view in VIEWS):
            named = {"family": "view", "view": "", "condition": "view=finding", "baseline": "view=image"}
            yield row | named | {"subset": ALL_CASES}, answers["image", FULL], answers["finding", FULL]
        for (view, withheld), after in answers.items():
            if withheld in (FULL, REPEAT) or withheld.startswith((ONLY, ORDER)) or (view, FULL) not in answers:
                continue
            named = {
                "family": "withhold",
                "view": view,
                "condition": f"withhold={'all visual evidence' if withheld == VISUAL else withheld}",
                "baseline": "withhold=none",
                "subset": ALL_CASES if withheld == VISUAL else f"cases with {withheld}",
            }
            before = answers[view, FULL]
            yield row | named, _among(before, after.index), after
