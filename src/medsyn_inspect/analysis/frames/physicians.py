"""Physicians as readers: how often they are right, how long they take, what they flag, and how well they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import Estimate, estimate, without_verdict
from medsyn_inspect.analysis.frames.plain import reader_names
from medsyn_inspect.analysis.schema import conform, in_condition, with_ends, with_interval
from medsyn_inspect.analysis.stats.agreement import panel_agreement
from medsyn_inspect.analysis.stats.proportions import share_interval
from medsyn_inspect.providers import is_person, is_physician

STEPS = {"differential": "ddx", "option": "fdx"}
"""The steps of an answer, and the question whose log has their times."""

CASE = "case"
"""Both steps of a case together."""

SAME_SIDE = {"right": "fdx", "covered": "ddx"}
"""Measures of agreement on whether a case is solved, and their questions."""


def physician_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `physicians`: each physician, or group in consensus, and view.

    Args:
        runs: The frame `runs`, one run for each reader, question and condition.
    """
    people = _people(runs)
    rows = []
    for (reader, view), answers in people.groupby(["reader", "view"], sort=False):
        of = {question: answers[answers["question"] == question] for question in ("fdx", "ddx")}
        together = answers["consensus_of"].dropna()
        row: dict[str, Any] = {
            "reader": reader,
            "view": view,
            "consensus_of": together.iloc[0] if len(together) else None,
            "simulated": not is_person(str(reader)),
            "cases": answers["case_id"].nunique(),
            "flagged": answers.loc[answers["ambiguity"].notna(), "case_id"].nunique(),
            "confidence": float(answers["confidence"].astype(float).mean()),
        }
        row |= _share("accuracy", of["fdx"]) | _share("coverage", of["ddx"]) | _times(of)
        rows.append(row | _settled(people[people["view"] == view], of["fdx"], row["consensus_of"]))
    return conform("physicians", rows)


def physician_pairs(runs: pd.DataFrame) -> pd.DataFrame:
    """The frame `physician_pairs`: agreement of every two physicians who answered alone, on the cases of both.

    Args:
        runs: As for `physician_rows`.
    """
    people = _people(runs)
    alone = people[people["consensus_of"].isna()]
    rows: list[dict[str, Any]] = []
    for view, answers in alone.groupby("view", sort=False):
        for one, other in combinations(sorted(set(answers["reader"])), 2):
            named = {"reader": one, "other": other, "view": view}
            pair = [answers[answers["reader"] == name] for name in (one, other)]
            rows += [named | row for row in _agreement(*pair)]
    return conform("physician_pairs", rows)


def _people(runs: pd.DataFrame) -> pd.DataFrame:
    """The answers of physicians in the plain condition of either view; of an epoch other than the first, none."""
    if runs.empty:
        return runs
    asked = runs[in_condition(runs, but=("view", "selection")) & runs["question"].isin(["fdx", "ddx"])]
    asked = asked[asked["reader"].map(lambda name: is_physician(str(name))).astype(bool) & (asked["epoch"] == 1)]
    return asked.assign(reader=reader_names(asked))


def _share(name: str, answers: pd.DataFrame) -> dict[str, Any]:
    found = estimate(answers, "right") if len(answers) else None
    if not isinstance(found, Estimate):
        return {}
    return dict(zip(with_interval(name), (found.value, found.lower, found.upper, found.n), strict=True))


def _times(of: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Median, quartiles and number of recorded times of each step, and of both together."""
    seconds = {step: of[question].set_index("case_id")["seconds"].astype(float) for step, question in STEPS.items()}
    both = pd.concat(seconds.values(), axis=1).dropna().sum(axis=1)
    row: dict[str, Any] = {}
    for step, values in {**seconds, CASE: both}.items():
        known = values.dropna()
        quartiles = np.percentile(known, [50, 25, 75]) if len(known) else [np.nan] * 3
        names = (f"seconds_{step}", f"seconds_{step}_q1", f"seconds_{step}_q3", f"seconds_{step}_n")
        row |= dict(zip(names, (*map(float, quartiles), len(known)), strict=True))
    return row


def _settled(people: pd.DataFrame, consensus: pd.DataFrame, members: str | None) -> dict[str, Any]:
    """Of a consensus: on how many of its cases the members had chosen differently, and in how many it is right."""
    if not members:
        return {}
    names = members.split(", ")
    alone = people[people["reader"].isin(names) & (people["question"] == "fdx")].dropna(subset=["answer"])
    chosen = alone.groupby("case_id")["answer"].agg(["nunique", "size"])
    together = consensus.dropna(subset=["answer"]).set_index("case_id")
    common = chosen[(chosen["size"] == len(names)) & chosen.index.isin(together.index)]
    if common.empty:
        return {}
    differing = list(common.index[common["nunique"] > 1])
    return {
        "compared": len(common),
        "disagreed": len(differing),
        "disagreed_right": int(together.loc[differing, "right"].sum()),
    }


def _agreement(one: pd.DataFrame, other: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Whether two physicians chose the same option, and whether they solved the same cases."""
    columns = ["case_id", "answer", "option_count"]
    choices = [answers[answers["question"] == "fdx"].dropna(subset=["answer"])[columns] for answers in (one, other)]
    both = choices[0].merge(choices[1], on="case_id", suffixes=("", "_other"))
    if len(both):
        same = int((both["answer"] == both["answer_other"]).sum())
        # Options have another meaning in every case, so what two people share by chance is 1 over their number.
        chance = float((1 / both["option_count"].astype(float)).mean())
        share = _wilson(same, len(both))
        kappa = tuple((value - chance) / (1 - chance) for value in share)
        yield _pair("option", len(both), chance, share, kappa)
    for measure, question in SAME_SIDE.items():
        answers = [given[given["question"] == question] for given in (one, other)]
        if any(map(without_verdict, answers)):
            continue
        scored = pd.concat([given.set_index("case_id")["right"] for given in answers], axis=1).dropna()
        if len(scored):
            table = panel_agreement(scored.to_numpy(dtype=int), scored.index, threshold=1)
            row = table[table["measure"] == "kappa"].iloc[0]
            rates = scored.mean().to_numpy()
            chance = float(rates.prod() + (1 - rates).prod())
            kappa = tuple(float(row[end]) for end in with_ends("value"))
            yield _pair(measure, len(scored), chance, _wilson(round(row["same"] * len(scored)), len(scored)), kappa)


def _wilson(count: int, n: int) -> tuple[float, ...]:
    """A share with its 95 % interval."""
    return count / n, *share_interval(count, n)


def _pair(measure: str, n: int, chance: float, same: Sequence[float], kappa: Sequence[float]) -> dict[str, Any]:
    ends = dict(zip(with_ends("same"), same, strict=True)) | dict(zip(with_ends("kappa"), kappa, strict=True))
    return {"measure": measure, "n": n, "chance": chance} | ends
