"""Prompt refinement: what changes if the system message calls a reader's attention to evidence types.

Runs without emphasis, with a placebo of the same length, and with emphasis are conditions of one reader. They are
compared on the cases that both runs have: shares by the exact McNemar test with Newcombe's interval, deficits by a
paired t test, the uptake ratio by a jackknife over cases. NMSE has no interval (see `gap`), so its change has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.gap import NOISY_SHARE, TIE, modality_gap
from medsyn_inspect.analysis.frames.plain import without_emphasis
from medsyn_inspect.analysis.frames.reader_pairs import FEW, TOO_FEW, mean_difference, ratio_difference
from medsyn_inspect.analysis.frames.sensitivity import FULL, VIEWS
from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.holm import discrete_holm, holm
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.analysis.stats.means import why_none
from medsyn_inspect.analysis.stats.resampling import LEVEL
from medsyn_inspect.records import PLACEBO, PLAIN

NO_INTERVAL = "no interval: none that was simulated contains the true NMSE often enough"
FAMILY = ["reader", "measure"]
EFFECTS = ["effect_both", "effect_finding"]


@dataclass(frozen=True)
class _Pair:
    """Two runs of a reader that differ in their emphasis."""

    reader: str
    """The reader's name without emphasis."""

    condition: str
    baseline: str
    """The values of `emphasis`."""

    names: tuple[str, str]
    """The names of the baseline and the condition in the frames."""

    subset: str
    """Which cases are compared, in words."""

    cases: frozenset[str]

    def row(self, measure: str, evidence_type: str, n: int, values: tuple[float, float]) -> dict[str, Any]:
        """The columns that every row has."""
        named = {"reader": self.reader, "condition": f"emphasis={self.condition}", "subset": self.subset}
        named["baseline"] = f"emphasis={self.baseline or 'none'}"
        ends = dict.fromkeys(with_ends("difference"), np.nan) | {"difference": values[1] - values[0], "p": np.nan}
        known = {"value_baseline": values[0], "value": values[1]}
        return named | {"measure": measure, "evidence_type": evidence_type, "n": n} | known | ends | {"note": ""}


def refinement_rows(arms: pd.DataFrame, visual: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The frame `refinement`: for each reader, each pair of runs that differ in their emphasis.

    Args:
        arms: The frame `arms`, one run for each reader.
        visual: The frame `sensitivity` without evidence that is text in both views.
        level: Level of the intervals.
    """
    rows = [row for pair in _pairs(arms) for row in (*_accuracy(pair, arms, level), *_types(pair, visual, level))]
    if not rows:
        return conform("refinement", [])
    frame = pd.DataFrame(rows)
    for column in ("only_baseline", "only_condition"):
        frame[column] = frame[column].astype(float) if column in frame else np.nan
    frame["p_holm"] = np.nan
    for _, family in frame.groupby(FAMILY, sort=False):
        discordant = family["only_baseline"] + family["only_condition"]
        counted = discordant.notna().all()
        adjusted = discrete_holm(family["p"], discordant) if counted else holm(family["p"])
        frame.loc[family.index, "p_holm"] = adjusted
    return conform("refinement", frame)


def rows_of_interest(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of accuracy and of the emphasised types; of other types, those that change.

    Args:
        rows: Of the frame `refinement`, with the same condition.
    """
    kinds = PLAIN.replace(emphasis=str(rows["condition"].iloc[0]).partition("=")[2]).emphasised
    return rows[rows["evidence_type"].isin(["", *kinds]) | (rows["p_holm"] < ALPHA)]


def _pairs(arms: pd.DataFrame) -> Iterator[_Pair]:
    """The pairs of runs of each reader: emphasis and its placebo with none, and emphasis with its placebo."""
    named = arms[["reader", "selection", "emphasis"]].drop_duplicates("reader")
    runs: dict[str, dict[str, str]] = {}
    for reader, selection, emphasis in named.itertuples(index=False, name=None):
        runs.setdefault(without_emphasis(reader, selection, emphasis), {})[emphasis] = reader
    for reader, by_emphasis in runs.items():
        for kinds in dict.fromkeys(emphasis.removeprefix(PLACEBO) for emphasis in by_emphasis if emphasis):
            for condition, baseline in ((kinds, ""), (PLACEBO + kinds, ""), (kinds, PLACEBO + kinds)):
                if condition in by_emphasis and baseline in by_emphasis:
                    pair = by_emphasis[baseline], by_emphasis[condition]
                    yield _pair(arms, reader, condition, baseline, pair)


def _pair(arms: pd.DataFrame, reader: str, condition: str, baseline: str, names: tuple[str, str]) -> _Pair:
    """A pair on the cases that both runs have and that have one of the types, as far as arms withhold them."""
    kinds = PLAIN.replace(emphasis=condition).emphasised
    of_both = [arms[arms["reader"] == name] for name in names]
    common = frozenset.intersection(*(frozenset(rows["case_id"]) for rows in of_both))
    having = common & frozenset(case for rows in of_both for case in rows.loc[rows["withheld"].isin(kinds), "case_id"])
    subset = f"cases with {' or '.join(kinds)}" if having else "all cases"
    return _Pair(reader, condition, baseline, names, subset, having or common)


def _accuracy(pair: _Pair, arms: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    """Accuracy with all evidence, in each view."""
    full = arms[(arms["withheld"] == FULL) & arms["case_id"].isin(pair.cases)]
    for view in VIEWS:
        before, after = (
            full[(full["reader"] == name) & (full["view"] == view)].set_index("case_id")["correct"].astype(float)
            for name in pair.names
        )
        if row := _shares(pair, f"accuracy_{view}", "", before, after, level=level):
            yield row


def _shares(
    pair: _Pair, measure: str, evidence_type: str, before: pd.Series, after: pd.Series, *, level: float
) -> dict[str, Any]:
    """The change of a share; empty if the runs have no case in common."""
    found = paired(before, after, level)
    if not found["n"]:
        return {}
    row = pair.row(measure, evidence_type, int(found["n"]), (found["accuracy_baseline"], found["accuracy"]))
    kept = (*with_ends("difference"), "only_baseline", "only_condition")
    return row | {name: found[name] for name in kept} | {"p": found["mcnemar_p"]}


def _types(pair: _Pair, visual: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    """Uptake ratio, deficits, NMSE and share below the line of each evidence type."""
    known = visual[visual["case_id"].isin(pair.cases)].dropna(subset=["S_image", "S_finding"])
    for evidence_type, rows in known.groupby("evidence_type", sort=True):
        before, after = (rows[rows["reader"] == name].set_index("case_id") for name in pair.names)
        common = before.index.intersection(after.index)
        if not len(common):
            continue
        both = before.loc[common], after.loc[common]
        gaps = [modality_gap(run.reset_index(), level).iloc[0] for run in both]

        def values(measure: str, gaps: list[Any] = gaps) -> tuple[float, float]:
            return float(gaps[0][measure]), float(gaps[1][measure])

        name = str(evidence_type)
        noted = next((gap["uptake_note"] for gap in gaps if np.isnan(gap["uptake_ratio"])), "")
        yield _ratio(pair, name, both, values("uptake_ratio")) | ({"note": noted} if noted else {})
        for measure, whole, less in (
            ("matched_deficit", "matched_finding", "matched_image"),
            ("mean_deficit", "S_finding", "S_image"),
        ):
            change = (both[1][whole] - both[1][less]) - (both[0][whole] - both[0][less])
            yield from _mean(pair, measure, name, change.astype(float).dropna(), values(measure))
        noted = next((gap["nmse_note"] for gap in gaps if gap["nmse_note"]), NO_INTERVAL)
        yield pair.row("nmse", name, len(common), values("nmse")) | {"note": noted}
        below = [((run["S_finding"] - run["S_image"]).astype(float) > TIE).astype(float) for run in both]
        row = _shares(pair, "share_below", name, *below, level=level)
        sampled = any((run["source"] == "samples").any() for run in both)
        unsure = dict.fromkeys((*with_ends("difference")[1:], "p"), np.nan) | {"note": NOISY_SHARE}
        yield row | unsure if sampled else row


def _ratio(
    pair: _Pair, evidence_type: str, both: tuple[pd.DataFrame, pd.DataFrame], values: tuple[float, float]
) -> dict[str, Any]:
    """The change of the uptake ratio; without an interval if one of the two is not measurable."""
    sums = pd.concat([both[1][EFFECTS], both[0][EFFECTS]], axis=1).astype(float).dropna().to_numpy()
    row = pair.row("uptake_ratio", evidence_type, len(sums), values)
    if np.isnan(values).any() or len(sums) < FEW:
        return row | {"note": TOO_FEW}
    found, p = ratio_difference(sums)
    return row | dict(zip(with_ends("difference"), found, strict=True)) | {"p": p}


def _mean(
    pair: _Pair, measure: str, evidence_type: str, change: pd.Series, values: tuple[float, float]
) -> Iterator[dict[str, Any]]:
    if not len(change):
        return
    differences = change.to_numpy()
    found, p = mean_difference(differences)
    row = pair.row(measure, evidence_type, len(differences), values) | {"p": p}
    yield row | dict(zip(with_ends("difference"), found, strict=True)) | {"note": why_none(differences, found[1:])}
