"""Evidence Sensitivity: how much the answer posterior of a case changes when one piece of evidence is withheld.

S(m) = JSD(p(y | E) || p(y | E without m)), MEDSYN's equation 1, in bits; once with the visual evidence shown as
images, once as findings. The summary over cases is in `gap`.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.matched import Posteriors, add_matched
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.crossfit import SPLITS, cross_fit_squares
from medsyn_inspect.analysis.stats.divergence import (
    PERMUTATIONS,
    Counts,
    Floats,
    jensen_shannon,
    permutation_floor,
    permutation_p,
    posterior_from_counts,
)
from medsyn_inspect.analysis.stats.resampling import SEED
from medsyn_inspect.records import ONLY, ORDER, REPEAT, VISUAL

NEEDED = ("reader", "case_id", "view", "withheld", "posterior", "counts", "source", "error")
VIEWS = ("image", "finding")

FULL = ""
"""Value of `withheld` for the arm with all evidence."""

KEY = ["reader", "case_id", "evidence_type"]


def evidence_sensitivity(
    arms: pd.DataFrame, permutations: int = PERMUTATIONS, splits: int = SPLITS, seed: int = SEED
) -> pd.DataFrame:
    """The frame `sensitivity`: one row for each reader, case and evidence type.

    Args:
        arms: The columns `NEEDED` of the frame `arms`. An arm has failed if it has no posterior, no counted sample,
            or an `error`. For `samples` only the `counts` are used, not the posterior.
        permutations: Number of permutations for each p value.
        splits: Number of random splits to average the cross-fitted squares over.
        seed: Random seed.

    Returns:
        The frame `sensitivity`. From samples, S is the divergence minus its permutation mean: 0 on average if the arms
        do not differ. If two pieces of evidence carry the same information, S is small and `alone` is large.

    Raises:
        ValueError: If columns are missing; a view is unknown; an arm is duplicated; a reader has posteriors
            from two sources; a case has no full arm in a view; arms of a case differ in their options.
    """
    table = _checked(arms)
    options, probabilities, counts = _matrices(table)
    pairs = _pairs(table.assign(row=np.arange(len(table)), options=options))
    less, whole = pairs["row"].to_numpy(), pairs["row_full"].to_numpy(dtype=int)
    sampled = ((pairs["source"] == "samples") & (pairs["options"] > 0) & (pairs["options_full"] > 0)).to_numpy()
    pairs["S"] = jensen_shannon(probabilities[whole], probabilities[less])
    pairs[["floor", "p", "smoothed"]] = np.nan
    if sampled.any():
        a, b = counts[whole[sampled]], counts[less[sampled]]
        number = pairs.loc[sampled, "options"].to_numpy()
        pairs.loc[sampled, "floor"] = permutation_floor(a, b)
        pairs.loc[sampled, "p"] = permutation_p(a, b, permutations, seed)
        smoothed = (posterior_from_counts(arm, 0.5, number) for arm in (a, b))
        pairs.loc[sampled, "smoothed"] = jensen_shannon(*smoothed)
        pairs.loc[sampled, "S"] -= pairs.loc[sampled, "floor"]
    frame = _views_side_by_side(pairs)
    add_matched(frame, Posteriors.of(table, options, probabilities))
    if sampled.any():
        _cross_fit(frame, counts, splits, seed)
    return conform("sensitivity", frame)


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Each arm with its baseline: the full arm or, if one type is shown alone, the arm without visual evidence."""
    key = ["reader", "case_id", "view", "baseline"]
    baselines = table[table["withheld"].isin((FULL, VISUAL))].assign(baseline=lambda rows: rows["withheld"])
    changed = table[~table["withheld"].isin((FULL, VISUAL))]
    changed = changed.assign(baseline=np.where(changed["withheld"].str.startswith(ONLY), VISUAL, FULL))
    pairs = changed.merge(baselines[[*key, "row", "options"]], on=key, how="left", suffixes=("", "_full"))
    if (absent := pairs["row_full"].isna()).any():
        raise ValueError(
            f"no full arm (withheld '{pairs[absent]['baseline'].iloc[0]}') for {_names(pairs[absent])}: "
            "nothing to compare with"
        )
    differing = (pairs["options"] != pairs["options_full"]) & (pairs["options"] > 0) & (pairs["options_full"] > 0)
    if differing.any():
        raise ValueError(f"the arms differ in the number of options: {_names(pairs[differing])}")
    return pairs


def _checked(arms: pd.DataFrame) -> pd.DataFrame:
    """The columns needed, sorted by reader, case, view and arm, after checking that arms can be compared."""
    if missing := [name for name in NEEDED if name not in arms.columns]:
        raise ValueError(f"the frame of arms lacks the columns {', '.join(missing)}")
    if unknown := sorted(set(arms["view"]) - set(VIEWS)):
        raise ValueError(f"unknown view {', '.join(map(repr, unknown))}: choose from {', '.join(VIEWS)}")
    key = ["reader", "case_id", "view", "withheld"]
    if (twice := arms.duplicated(key)).any():
        raise ValueError(f"an arm occurs twice: {_names(arms[twice])}; combine or choose epochs first")
    arms = arms[~arms["withheld"].str.startswith(ORDER)]
    if not set(arms["withheld"]) - {FULL, REPEAT, VISUAL}:
        raise ValueError("no arm withholds any evidence, so there is nothing to compare with the full arm")
    failed = arms["error"].notna() & (arms["error"] != "")
    for reader, sources in arms[~failed].dropna(subset=["source"]).groupby("reader")["source"]:
        if sources.nunique() > 1:
            raise ValueError(
                f"{reader}: posteriors from {' and '.join(sorted(set(sources)))} cannot be compared, because "
                "sampling increases every divergence; choose one source"
            )
    bounds = [name for name in ("lower", "upper") if name in arms.columns]
    table = arms[[*NEEDED, *bounds]].sort_values(key, ignore_index=True)
    return table.assign(failed=table["error"].notna() & (table["error"] != ""))


def _matrices(table: pd.DataFrame) -> tuple[Counts, Floats, Counts]:
    """Number of options (0 if the arm failed), posterior (NaN if it failed) and counts of each arm, zero-padded."""
    sampled = (table["source"] == "samples").to_numpy()
    columns = (table[name].astype(object) for name in ("failed", "posterior", "counts"))
    given: list[Any] = [
        () if failed or not isinstance(row := counts if sample else posterior, (tuple, list, np.ndarray)) else row
        for sample, failed, posterior, counts in zip(sampled, *columns, strict=True)
    ]
    # All arms at once: there can be a hundred thousand.
    options = np.array([len(row) for row in given], dtype=np.int64)
    there = np.arange(max(options.max(initial=0), 1)) < options[:, None]
    values = np.zeros(there.shape)
    values[there] = np.fromiter(chain.from_iterable(given), dtype=float)
    with np.errstate(invalid="ignore"):
        wrong = ((values < 0) | (sampled[:, None] & (values % 1 != 0))).any(axis=1)
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(f"{given[first]!r} are no {'counts' if sampled[first] else 'probabilities'}")
    usable = np.isfinite(values).all(axis=1) & (values.sum(axis=1) > 0)
    options[~usable], values[~usable] = 0, 0
    values = values[:, : max(options.max(initial=0), 1)]
    counts = np.where(sampled[:, None], values, 0).astype(np.int64)
    return options, posterior_from_counts(values), counts


def _views_side_by_side(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader, case and evidence type, with the columns of both views."""
    pairs = pairs.rename(columns={"withheld": "evidence_type"})
    # A failed full arm counts for every evidence type of its case, because each is compared with it.
    pairs["failed"] = (pairs["options"] == 0).astype(int) + (pairs["options_full"] == 0).astype(int)
    only = pairs[pairs["baseline"] == VISUAL]
    alone = only.assign(evidence_type=only["evidence_type"].str.removeprefix(ONLY)).set_index([*KEY, "view"])["S"]
    repeated = pairs[pairs["evidence_type"] == REPEAT].set_index(["reader", "case_id", "view"])
    repeat = repeated["S"]
    pairs = pairs[(pairs["evidence_type"] != REPEAT) & (pairs["baseline"] == FULL)]
    if len(repeat):
        again = repeat.reindex(pd.MultiIndex.from_frame(pairs[["reader", "case_id", "view"]])).to_numpy()
        pairs = pairs.assign(floor=np.where(pairs["source"] == "samples", pairs["floor"], again))
    columns = ["S", "floor", "p", "smoothed", "failed", "row", "row_full"]
    image, finding = (pairs[pairs["view"] == view].set_index(KEY)[columns].add_suffix(f"_{view}") for view in VIEWS)
    frame = image.join(finding, how="outer").reset_index()
    # Arms that were not run count as failed (two if the view is missing).
    frame["failed"] = sum(frame.pop(f"failed_{view}").fillna(2).astype(int) for view in VIEWS)
    sources = pairs.dropna(subset=["source"]).groupby("reader")["source"].first()
    frame["source"] = frame["reader"].map(sources)
    frame["modality_gap_squared"] = (frame["S_image"] - frame["S_finding"]) ** 2
    frame["finding_squared"] = frame["S_finding"].where(frame["S_image"].notna()) ** 2
    frame["row_repeat"] = _repeat_as_finding(repeated, frame)
    rows = pd.MultiIndex.from_frame(frame[KEY])
    for view in VIEWS:
        frame[f"alone_{view}"] = alone.xs(view, level="view").reindex(rows).to_numpy() if len(alone) else np.nan
    return frame


def _repeat_as_finding(repeated: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """The row of each case's reworded repeat with all evidence as findings; NaN if there is none or it failed."""
    found = repeated[repeated["options"] > 0]["row"].astype(float)
    found = found[found.index.get_level_values("view") == "finding"].droplevel("view")
    return pd.Series(found.reindex(pd.MultiIndex.from_frame(frame[KEY[:2]])).to_numpy(), index=frame.index)


def _cross_fit(frame: pd.DataFrame, counts: Counts, splits: int, seed: int) -> None:
    """Replace plug-in squares by cross-fitted ones, reader by reader: no reader affects another's splits."""
    for _, rows in frame[frame["source"] == "samples"].groupby("reader"):
        rows = rows[rows["failed"] == 0]
        image, finding = (
            tuple(counts[rows[f"{name}_{view}"].to_numpy(dtype=int)] for name in ("row_full", "row")) for view in VIEWS
        )
        squares = cross_fit_squares(image, finding, np.random.default_rng(seed), splits)
        frame.loc[rows.index, ["modality_gap_squared", "finding_squared"]] = np.column_stack(squares)


def _names(rows: pd.DataFrame) -> str:
    """Reader, case and view of the first rows, and the number of the others."""
    first = [f"{row.reader} {row.case_id} ({row.view})" for row in rows.head(3).itertuples()]
    return ", ".join(first) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
