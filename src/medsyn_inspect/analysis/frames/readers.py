"""One row for each reader: its results in the plain condition, and the numbers of answers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import Estimate, estimate, unread_answers, without_verdict
from medsyn_inspect.analysis.frames.chance import against_chance
from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.contrasts import by_case, majority
from medsyn_inspect.analysis.frames.plain import labelled, plain_runs
from medsyn_inspect.analysis.frames.sensitivity import FULL, VIEWS
from medsyn_inspect.analysis.schema import OUTCOMES, QUESTIONS, SHARES, conform, in_condition
from medsyn_inspect.records import AFTER_REASONING

LOW_MASS = 0.5
"""Total probability of the option letters below which a posterior says little about the model's answer."""

ALPHA = 0.05
"""A sampled divergence with a permutation p below this value counts as above its floor."""


def reader_rows(
    runs: pd.DataFrame,
    headline: pd.DataFrame,
    arms: pd.DataFrame,
    *,
    sensitivity: pd.DataFrame,
    nmse: pd.DataFrame,
    orders: pd.DataFrame,
    models: Mapping[str, str],
) -> pd.DataFrame:
    """The frame `readers`.

    Args:
        runs: As from `read_runs`, one run for each reader, question and condition.
        headline: From `headline(runs)`.
        arms: As from `read_arms`, one run for each reader; `reader` labelled (see `labelled`), the plain name in
            `model`.
        sensitivity: From `evidence_sensitivity(arms)`.
        nmse: From `mean_nmse(sensitivity)`.
        orders: The second frame from `position_bias(arms)`.
        models: The original names of readers that were renamed (older runs, with the time of the run).

    Returns:
        The frame `readers`, in descending order of accuracy.
    """
    rows = _of_runs(runs, headline, models)
    for name, asked in arms.groupby("reader", sort=False):
        named = {column: asked.iloc[0][column] for column in ("model", "selection", "emphasis")} | {"judge": ""}
        rows.setdefault(str(name), named).update(_of_arms(asked))
    for name, cases in sensitivity.groupby("reader", sort=False):
        rows[str(name)] |= _above_floor(cases)
    table = pd.DataFrame([{"reader": name} | row for name, row in rows.items()])
    if table.empty:
        return conform("readers", [])
    for frame in (nmse.rename(columns={"n": "mean_nmse_n"}), orders):
        if len(frame):
            table = table.merge(frame.drop(columns="source", errors="ignore"), on="reader", how="left")
    frame = conform("readers", table)
    # Descending accuracy of `fdx` or, if it was not run, of the arms of `sensitivity`.
    rank = pd.to_numeric(frame["accuracy"]).fillna(pd.to_numeric(frame["accuracy_image"]))
    ranked = frame.assign(rank=rank).sort_values(["rank", "reader"], ascending=[False, True], na_position="last")
    return conform("readers", ranked)


def low_mass(arms: pd.DataFrame) -> pd.Series:
    """Mask of the arms, answered with the letter at once, whose posterior says little about the model's answer."""
    return (arms["option_mass"].astype(float) < LOW_MASS) & (arms["source"] != AFTER_REASONING)


def _of_runs(runs: pd.DataFrame, headline: pd.DataFrame, models: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The columns from runs in the plain condition, by reader."""
    rows: dict[str, dict[str, Any]] = {}
    for _, row in headline[in_condition(headline)].iterrows():
        named = {"model": models.get(row["reader"], row["reader"]), "selection": row["selection"], "emphasis": ""}
        known = rows.setdefault(labelled(row["reader"], row["selection"]), named)
        known["judge"] = ", ".join(filter(None, dict.fromkeys((known.get("judge", ""), row["judge"]))))
        for measure in SHARES:
            known |= _spread(measure, row[measure])
    for question in QUESTIONS:
        asked = plain_runs(runs, question)
        for name, answers in asked.groupby("reader", sort=False) if len(asked) else ():
            counts = answers["outcome"].value_counts()
            rows[str(name)] |= {f"{question}_{outcome}": int(counts.get(outcome, 0)) for outcome in OUTCOMES}
            rows[str(name)][f"{question}_unread"] = int(unread_answers(answers).sum())
    for name, found in against_chance(runs).items():
        rows[name] |= found
    for name, p in _gap_p(runs).items():
        rows[name]["ddx_fdx_gap_p"] = p
    return rows


def _gap_p(runs: pd.DataFrame) -> dict[str, float]:
    """The exact McNemar p of coverage against accuracy by reader; none without every verdict."""
    right, covered = (
        {
            str(name): majority(by_case(answers, "right"))
            for name, answers in (asked.groupby("reader", sort=False) if len(asked) else ())
            if not without_verdict(answers)
        }
        for asked in (plain_runs(runs, question) for question in ("fdx", "ddx"))
    )
    return {name: paired(right[name], covered[name])["mcnemar_p"] for name in right if name in covered}


def _spread(name: str, found: Estimate | None) -> dict[str, float]:
    if found is None:
        return {}
    return {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper, f"{name}_n": found.n}


def _of_arms(arms: pd.DataFrame) -> dict[str, Any]:
    """The columns from the arms of one reader: accuracy in each view, and counts of arms and outcomes."""
    failed = arms["error"].notna() & (arms["error"] != "")
    row: dict[str, Any] = {
        "source": next(iter(arms["source"].dropna()), None),
        "arms": len(arms),
        "failed_arms": int(failed.sum()),
        "low_mass_arms": int(low_mass(arms).sum()),
        "unreadable": int(arms["unreadable"].fillna(0).sum()),
        "refused": int(arms["refused"].fillna(0).sum()),
    }
    for view in VIEWS:
        full = arms[(arms["view"] == view) & (arms["withheld"] == FULL)]
        if full.empty:
            continue
        right = full["correct"].astype(float)
        row |= _spread(f"accuracy_{view}", estimate(full.assign(correct=right), "correct"))
        row |= {
            f"{view}_right": int((right == 1).sum()),
            f"{view}_wrong": int((right == 0).sum()),
            f"{view}_call_failed": int(right.isna().sum()),
        }
    return row


def _above_floor(sensitivity: pd.DataFrame) -> dict[str, float]:
    """Share of divergences in each view above the floor caused by rewording or by sampling alone."""
    found: dict[str, float] = {}
    for view in VIEWS:
        if (sensitivity["source"] == "samples").any():
            known = sensitivity[f"p_{view}"]
            hit = known < ALPHA
        else:
            known = sensitivity[f"S_{view}"] - sensitivity[f"floor_{view}"]
            hit = known > 0
        table = pd.DataFrame({"case_id": sensitivity["case_id"], "hit": hit.where(known.notna())}).dropna()
        if table.empty:
            continue
        found |= {f"above_floor_{view}": float(table["hit"].astype(float).mean())}
        found |= {f"above_floor_{view}_n": table["case_id"].nunique()}
    return found
