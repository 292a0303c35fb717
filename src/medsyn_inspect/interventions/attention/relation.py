"""RAPT joined with Evidence Sensitivity: does a type that gets less attention move the answer less? No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.analysis.stats.means import mean_interval, why_none
from medsyn_inspect.analysis.stats.ranks import kendall, spearman
from medsyn_inspect.analysis.stats.resampling import SEED, Floats
from medsyn_inspect.records import VIEWS
from medsyn_inspect.wording import interval, number, p_equals, plural, spoken

PERMUTATIONS = 9_999

WITHIN_CASES, OVER_CASES = "types within a case", "cases within a type"
"""The two scopes of the relation."""

ALPHA = 0.05

LIMITS = (
    "Attention is not use: a token that gets attention may change nothing, and what an image shows may reach the "
    "answer through other tokens, which attended to it in earlier layers.",
    "An association does not show that more attention would move the answer more; only changing the attention could "
    "show that.",
    "All cases of a reader have much the same evidence types, so p says that the order of these types is no accident "
    "of these cases; it says nothing about other types or other readers.",
    "RAPT is averaged over heads, and read from the last token of the prompt alone; the paper does not say from which "
    "position it is read.",
)
"""What attention, alone and joined with sensitivity, does not show."""


def attention_by_type(frame: pd.DataFrame) -> pd.DataFrame:
    """RAPT of each evidence type in each case, averaged over layers, with the case's own text.

    Args:
        frame: The frame `attention`.

    Returns:
        One row for each reader, view, case and evidence type, with `rapt`.
    """
    own = frame[(frame["text"] == "keep") & frame["kind"].isin(VIEWS)]
    keys = ["reader", "view", "case_id", "section"]
    found = own.groupby(keys, sort=False)["rapt"].mean().reset_index()
    return found.rename(columns={"section": "evidence_type"})


def relate(joined: pd.DataFrame) -> pd.DataFrame:
    """The relation of RAPT and S, for each reader and view: over types within a case, and over cases within a type.

    Args:
        joined: From `join`.

    Returns:
        One row for each reader, view and scope (and evidence type): `value` is the mean over cases of Kendall's tau
        between RAPT and S of the types, or Spearman's rho between RAPT and S over the cases of a type.
    """
    rows: list[dict[str, Any]] = []
    for (reader, view), own in joined.groupby(["reader", "view"], sort=False):
        common = {"reader": reader, "view": view}
        rows.append(common | _within_cases(own))
        of_types = [_over_cases(str(name), group) for name, group in own.groupby("evidence_type", sort=False)]
        adjusted = holm(pd.Series([row["p"] for row in of_types], dtype=float))
        rows += [common | row | {"p_holm": p} for row, p in zip(of_types, adjusted, strict=True)]
    return pd.DataFrame(rows)


def of_readers(sensitivity: pd.DataFrame, readers: Sequence[str], case_ids: Sequence[str]) -> pd.DataFrame:
    """The sensitivities of some readers on some cases, with the readers' names as given.

    Args:
        sensitivity: The frame `sensitivity` of `medsyn analyze` or `medsyn report`, which leaves out the first parts
            of long names.
        readers: Names in Inspect.
        case_ids: Ids of the cases.

    Raises:
        ValueError: If a reader has none, or only on other cases.
    """
    there = sorted(set(map(str, sensitivity["reader"])))
    found = []
    for reader in readers:
        named = [name for name in there if reader == name or reader.endswith(f"/{name}")]
        if len(named) != 1:
            raise ValueError(
                f"--findings: has no sensitivities of {reader}, only of {', '.join(there)}; name a folder of "
                "`medsyn analyze LOGS -o FOLDER`"
            )
        own = sensitivity[(sensitivity["reader"] == named[0]) & sensitivity["case_id"].isin(case_ids)]
        if own.empty:
            raise ValueError(
                f"--findings: its sensitivities of {reader} are of other cases; run `sensitivity` on the same case set"
            )
        found.append(own.assign(reader=reader))
    return pd.concat(found, ignore_index=True)


def join(frame: pd.DataFrame, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Attention and sensitivity of each evidence type in each case.

    Args:
        frame: The frame `attention`.
        sensitivity: From `of_readers`.

    Returns:
        One row for each reader, view, case and evidence type that has both, with `rapt` and `S` (in bits).
    """
    columns = {f"S_{view}": view for view in VIEWS}
    long = sensitivity.melt(
        id_vars=["reader", "case_id", "evidence_type"], value_vars=list(columns), var_name="view", value_name="S"
    )
    long["view"] = long["view"].map(columns)
    merged = attention_by_type(frame).merge(long, on=["reader", "view", "case_id", "evidence_type"])
    return merged.dropna(subset=["rapt", "S"]).reset_index(drop=True)


def _within_cases(own: pd.DataFrame) -> dict[str, Any]:
    """Over the types of each case; p by permutation of the types within every case."""
    cases = [
        (group["rapt"].to_numpy(dtype=float), group["S"].to_numpy(dtype=float))
        for _, group in own.groupby("case_id", sort=True)
        if len(group) > 1 and group["rapt"].nunique() > 1 and group["S"].nunique() > 1
    ]
    taus = np.array([float(kendall(rapt, s)) for rapt, s in cases])
    row = {
        "scope": WITHIN_CASES,
        "evidence_type": "",
        "measure": "mean of Kendall's tau over cases",
        "types": own["evidence_type"].nunique(),
        "cases": len(cases),
        "test": f"permutation of the types within each case ({PERMUTATIONS} draws)",
        "p_holm": math.nan,
    }
    if not len(taus):
        return row | {"value": math.nan, "lower": math.nan, "upper": math.nan, "p": math.nan, "no_interval": "no cases"}
    ends = mean_interval(taus)
    return row | {
        "value": float(taus.mean()),
        "lower": ends[0],
        "upper": ends[1],
        "p": _permuted(cases, float(taus.mean())),
        "no_interval": why_none(taus, ends),
    }


def _permuted(cases: Sequence[tuple[Floats, Floats]], observed: float) -> float:
    """Two-sided p of the mean tau if, within each case, every pairing of RAPT with S were equally likely."""
    chance = np.random.default_rng(SEED)
    total = np.zeros(PERMUTATIONS)
    for size in sorted({len(rapt) for rapt, _ in cases}):
        rapt, s = (np.array(one) for one in zip(*(case for case in cases if len(case[0]) == size), strict=True))
        for place in range(len(rapt)):
            drawn = chance.permuted(np.broadcast_to(rapt[place], (PERMUTATIONS, size)), axis=1)
            total += kendall(drawn, np.broadcast_to(s[place], drawn.shape))
    extreme = int((np.abs(total / len(cases)) >= abs(observed) - 1e-9).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)


def _over_cases(evidence_type: str, group: pd.DataFrame) -> dict[str, Any]:
    """Over the cases of a type."""
    from scipy import stats

    rapt, s = (group[name].to_numpy(dtype=float) for name in ("rapt", "S"))
    varied = len(group) > 2 and np.ptp(rapt) > 0 and np.ptp(s) > 0
    value = float(spearman(rapt, s)) if varied else math.nan
    return {
        "scope": OVER_CASES,
        "evidence_type": evidence_type,
        "measure": "Spearman's rho",
        "types": 1,
        "cases": len(group),
        "test": "t approximation; Holm over the reader's types",
        "value": value,
        "lower": math.nan,
        "upper": math.nan,
        "p": float(stats.spearmanr(rapt, s).pvalue) if varied else math.nan,
        "no_interval": "no interval: rank correlation",
    }


def attention_in_words(frame: pd.DataFrame) -> list[str]:
    """For each reader and view, how much attention text, visual evidence and question get."""
    lines = []
    for (reader, view), own in frame.groupby(["reader", "view"], sort=False):
        parts = []
        for text, name in (("keep", "with the case's own text"), ("random", "with random text")):
            values = pooled(own[own["text"] == text])
            if len(values):
                mean = values.groupby("group")["rapt"].mean()
                shown = [f"{group} {mean[group]:.2f}" for group in GROUPS if group in mean.index]
                parts.append(f"{name}: {', '.join(shown)}")
        cases = own["case_id"].nunique()
        lines.append(
            f"{reader}, {view}s: attention per token relative to the average (RAPT), mean over layers and "
            f"{plural(cases, 'case')}, {'; '.join(parts)}"
        )
    return lines


GROUPS = ("text", "image", "finding", "question")
"""The kinds of sections that are compared: history and examination, images or findings of all types, question."""


def pooled(frame: pd.DataFrame) -> pd.DataFrame:
    """RAPT of all sections of a kind together, for each reader, view, text, case and layer.

    Args:
        frame: The frame `attention`.

    Returns:
        Rows with `group` (one of `GROUPS`), `tokens` and `rapt`.
    """
    own = frame[frame["kind"].isin(GROUPS)].rename(columns={"kind": "group"})
    keys = ["reader", "view", "text", "case_id", "layer", "group"]
    found = own.groupby(keys, sort=False).agg(
        {"attention": "sum", "tokens": "sum", "prompt_tokens": "first"}
    ).reset_index()  # fmt: skip
    found["rapt"] = found["attention"] * found["prompt_tokens"] / found["tokens"]
    return found


def relation_in_words(relation: pd.DataFrame) -> list[str]:
    """The answer for each reader and view, one sentence for each scope."""
    lines = []
    for (reader, view), own in relation.groupby(["reader", "view"], sort=False):
        for scope in (WITHIN_CASES, OVER_CASES):
            rows = own[own["scope"] == scope]
            if scope == WITHIN_CASES:
                lines.append(f"{reader}, {view}s: {_within_words(rows.iloc[0])}")
            else:
                listed = "; ".join(_type_words(row) for row in rows.to_dict("records"))
                lines.append(f"{reader}, {view}s, one evidence type over its cases: {listed}")
    return lines


def _within_words(row: pd.Series) -> str:
    if math.isnan(row["value"]):
        return "no case has two evidence types that differ in attention and in S"
    clear = row["p"] < ALPHA
    answer = "no association between the attention that a type gets and how far it moves the answer"
    if clear:
        less = "less" if row["value"] > 0 else "more"
        answer = f"in a case, the types that get less attention per token move the answer {less}"
    ends = f" ({row['no_interval']})" if row["no_interval"] else f" {interval(row['lower'], row['upper'], 2)}"
    return (
        f"{answer}: mean Kendall's tau {number(row['value'], 2)}{ends}, {p_equals(row['p'])}, over "
        f"{plural(int(row['cases']), 'case')} with {plural(int(row['types']), 'type')}"
    )


def _type_words(row: dict[Any, Any]) -> str:
    if math.isnan(row["value"]):
        return f"{spoken(row['evidence_type'])} no value"
    return (
        f"{spoken(row['evidence_type'])} rho {number(row['value'], 2)} ({p_equals(row['p_holm'])} after Holm, "
        f"{plural(int(row['cases']), 'case')})"
    )
