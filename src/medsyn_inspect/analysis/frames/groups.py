"""Accuracy and coverage in groups of cases: by specialty and by language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import ESTIMATED, Estimate, estimate
from medsyn_inspect.analysis.frames.plain import plain_runs
from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.proportions import independent_difference

MEASURES = {"accuracy": "fdx", "coverage": "ddx"}
"""The question of each measure."""


def specialty_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `specialties`: accuracy and coverage of each reader in each specialty group.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.

    Returns:
        Rows of groups with scored answers. Intervals are Wilson; that of `mean_interval` if cases have several epochs.
    """
    rows: list[dict[str, Any]] = []
    for measure, question in MEASURES.items():
        asked = plain_runs(runs, question)
        asked = asked[["reader", "specialty_group", "right", *(name for name in ESTIMATED if name in asked)]]
        for (reader, group), answers in asked.groupby(["reader", "specialty_group"], sort=False) if len(asked) else ():
            found = estimate(answers, "right")
            if found is not None and found.n:
                named = {"reader": reader, "specialty_group": group, "measure": measure}
                rows.append(named | _with_ends("value", found) | {"n": found.n, "asked": found.asked})
    return conform("specialties", rows)


def language_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `languages`: each reader's accuracy and coverage in two languages, and the differences between them.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.

    Returns:
        Rows for the two languages with the most cases; no rows if there is only one language.
    """
    asked = {measure: plain_runs(runs, question) for measure, question in MEASURES.items()}
    cases = pd.concat(asked.values())
    sizes = cases.dropna(subset=["language"]).groupby("language")["case_id"].nunique() if len(cases) else pd.Series()
    if len(sizes) < 2:
        return conform("languages", [])
    chosen = sorted(sizes.index, key=lambda name: (-sizes[name], name))[:2]
    rows = [
        {"reader": reader, "measure": measure} | row
        for measure, answers in asked.items()
        for reader, of_reader in (_whole(answers).groupby("reader", sort=False) if len(answers) else ())
        for row in _differences(of_reader, *chosen)
    ]
    return conform("languages", rows)


def _differences(answers: pd.DataFrame, language: str, other: str) -> Iterator[dict[str, Any]]:
    """The row of one reader, if it has scored answers in both languages."""
    first, second = (estimate(_among(answers, name), "right") for name in (language, other))
    if first is None or second is None or not first.n or not second.n:
        return
    lower, upper = independent_difference(
        (first.value, first.lower, first.upper), (second.value, second.lower, second.upper)
    )
    difference = dict(zip(with_ends("difference"), (first.value - second.value, lower, upper), strict=True))
    sizes = {"n": first.n, "other_n": second.n}
    named = {"language": language, "other": other}
    yield named | _with_ends("value", first) | _with_ends("other_value", second) | sizes | difference


def _among(answers: pd.DataFrame, language: str) -> pd.DataFrame | None:
    found = answers[answers["language"] == language]
    return found if len(found) else None


def _with_ends(name: str, found: Estimate) -> dict[str, float]:
    return dict(zip(with_ends(name), (found.value, found.lower, found.upper), strict=True))


def _whole(runs: pd.DataFrame) -> pd.DataFrame:
    """Answers with runs restricted to one language under the reader's name without the selection."""
    by_language = runs["selection"].isin([f"language={name}" for name in runs["language"].dropna().unique()])
    names = np.where(by_language, [name.split(" [language=")[0] for name in runs["reader"]], runs["reader"])
    whole = runs.assign(reader=names)
    return whole.drop_duplicates(["reader", "case_id", "epoch"], keep="last")
