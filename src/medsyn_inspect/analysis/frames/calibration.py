"""Calibration of the final diagnosis: whether the accuracy of readers matches their confidence."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.plain import reader_names
from medsyn_inspect.analysis.frames.sensitivity import FULL
from medsyn_inspect.analysis.schema import conform, in_condition, with_ends
from medsyn_inspect.analysis.stats.calibration import PER_BIN, calibration
from medsyn_inspect.analysis.stats.divergence import posterior_from_counts
from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.records import AFTER_REASONING

LEAST = 2 * PER_BIN
"""Minimum number of answers: fewer do not fill two bins."""

SAMPLED = "no test: the largest share of a few repeated answers overstates the confidence"
EPOCHS = "no test: several answers to a case"

COLUMNS = ("reader", "view", "answers_from", "case_id", "sampled", "confidence", "correct")

TENTHS = np.arange(11) / 10
"""Ends of the bins of the histogram."""


def calibration_rows(
    runs: pd.DataFrame, arms: pd.DataFrame, *, after_reasoning: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calibration of each reader in each view, from at least `LEAST` answers.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.
        arms: The frame `arms`; used if no `fdx` run has posteriors.
        after_reasoning: Whether only posteriors after reasoning are used, instead of all others.

    Returns:
        The frames `calibration` and `reliability`.
    """
    beliefs = confident_answers(runs, arms, after_reasoning=after_reasoning)
    rows, bins = [], []
    for (reader, view, answers_from), answers in beliefs.groupby(["reader", "view", "answers_from"], sort=False):
        found = calibration(answers["confidence"], answers["correct"])
        named = {"reader": reader, "view": view}
        note = SAMPLED if answers["sampled"].any() else EPOCHS if answers["case_id"].duplicated().any() else ""
        error: dict[str, object] = {"ece": found.ece}
        if note != SAMPLED:
            error |= {"ece_floor": found.floor, "ece_excess": found.excess}
        means = {"ece_note": note, "confidence": found.confidence, "accuracy": found.accuracy, "n": found.n}
        histogram = tuple(int(count) for count in np.histogram(answers["confidence"], TENTHS)[0])
        test = {"ece_p": np.nan if note else found.p}
        rows.append(named | {"answers_from": answers_from} | error | test | means | {"histogram": histogram})
        for number, row in enumerate(found.bins.to_dict("records"), 1):
            ends = dict(zip(with_ends("accuracy"), (row["accuracy"], row["lower"], row["upper"]), strict=True))
            bins.append(named | {"bin": number, "confidence": row["confidence"], "n": row["n"]} | ends)
    curves = conform("calibration", rows)
    curves["ece_p_holm"] = holm(curves["ece_p"])
    return curves, conform("reliability", bins)


def confident_answers(runs: pd.DataFrame, arms: pd.DataFrame, *, after_reasoning: bool = False) -> pd.DataFrame:
    """The largest probability of each answer, and whether that option is correct; both from the posterior.

    From `fdx` runs in the plain condition of either view, if they have posteriors; otherwise from the arms that show
    all evidence. A posterior after reasoning depends on the reasoning, so these are used alone or not at all.

    Returns:
        `reader`, `view`, `answers_from` (`runs` or `arms`), `case_id`, `sampled` (whether the posterior is from
        repeated answers), `confidence` (0 to 1), `correct` (1 or 0).
    """
    rows = [*_of_runs(runs, after_reasoning)] or [*_of_arms(arms, after_reasoning)]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    sizes = found.groupby(["reader", "view"])["correct"].transform("size")
    return found[sizes >= LEAST].reset_index(drop=True)


def _of_runs(runs: pd.DataFrame, after_reasoning: bool) -> Iterator[dict[str, Any]]:
    if runs.empty:
        return
    used = ["reader", "selection", "view", "case_id", "posterior", "posterior_source", "correct_letter"]
    asked = runs[in_condition(runs, but=("view", "selection")) & (runs["question"] == "fdx")]
    asked = asked[[name for name in used if name in asked]]
    for reader, row in zip(reader_names(asked), asked.itertuples(index=False), strict=True):
        if (getattr(row, "posterior_source", None) == AFTER_REASONING) == after_reasoning and (
            pair := _pair(row.posterior, row.correct_letter)
        ):
            named = {"reader": reader, "view": row.view, "answers_from": "runs"}
            yield named | {"case_id": row.case_id, "sampled": False} | pair


def _of_arms(arms: pd.DataFrame, after_reasoning: bool) -> Iterator[dict[str, Any]]:
    for row in arms[arms["withheld"] == FULL].itertuples(index=False):
        given = row.counts if row.source == "samples" else row.posterior
        if (row.source == AFTER_REASONING) == after_reasoning and (pair := _pair(given, row.correct_letter)):
            named = {"reader": str(row.reader), "view": row.view, "answers_from": "arms"}
            yield named | {"case_id": row.case_id, "sampled": row.source == "samples"} | pair


def _pair(given: Any, letter: Any) -> dict[str, float] | None:
    """The largest probability, and whether it is that of the correct option."""
    if not isinstance(given, (tuple, list, np.ndarray)) or not isinstance(letter, str) or not np.sum(given) > 0:
        return None
    belief = posterior_from_counts(np.asarray(given, dtype=float))
    best = int(belief.argmax())
    return {"confidence": float(belief[best]), "correct": float(ascii_uppercase[best] == letter)}
