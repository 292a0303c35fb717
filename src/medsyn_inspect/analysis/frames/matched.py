"""Uptake ratio and matched sensitivity of the frames `sensitivity` and `types`: see `stats.matched`.

They need token probabilities: from samples, and from stated probabilities, the logarithms are not known well enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medsyn_inspect.analysis.stats.fieller import constant_ratio, fieller
from medsyn_inspect.analysis.stats.matched import Arms, Effects, completed, effects, squared_effect
from medsyn_inspect.analysis.stats.means import mean_interval, mean_p
from medsyn_inspect.analysis.stats.resampling import LEVEL, Floats

SOURCE = "logprobs"

NOTHING = "no posterior"
NEEDS = "needs token probabilities"
FEW = "fewer than 2 cases"
NOISE = "removing the finding is not shown to move the answer more than rewording the question"
UNBOUNDED = "no interval: too few cases or too different from each other"
CONSTANT = "no interval: the same ratio in every case"

ROWS = ("row_full_image", "row_image", "row_full_finding", "row_finding")
"""Columns with the rows of the four arms in the table of arms."""

CASE_COLUMNS = ("effect_image", "effect_finding", "effect_both", "matched_image", "matched_finding")


@dataclass(frozen=True)
class Posteriors:
    """The posteriors of a table of arms, shape (arms, options); NaN beyond an arm's options."""

    given: Floats
    """As recorded: an option that a truncated list did not name has half of what it can have had."""

    missing: NDArray[np.bool_]
    """Whether a truncated list did not name the option."""

    most: Floats
    """The most that a missing option can have had."""

    @classmethod
    def of(cls, table: pd.DataFrame, options: NDArray[np.int64], given: Floats) -> Posteriors:
        """The posteriors of a table with the columns `lower` and `upper`, if it has them."""
        beyond = np.arange(given.shape[1]) >= options[:, None]
        missing, most = np.zeros(given.shape, dtype=bool), np.zeros(given.shape)
        if {"lower", "upper"} <= set(table.columns):
            for row, (lower, upper) in enumerate(zip(table["lower"], table["upper"], strict=True)):
                if isinstance(lower, (tuple, list, np.ndarray)) and len(lower) == options[row]:
                    missing[row, : len(lower)] = np.asarray(lower, float) <= 0
                    most[row, : len(upper)] = np.asarray(upper, float)
        return cls(np.where(beyond, np.nan, given), missing, most)

    def at(self, rows: NDArray[np.intp], end: str = "") -> Floats:
        """The posteriors of some arms, with missing options as recorded, or at the `least` or `most` they can have."""
        mass = {"": self.given, "least": np.zeros_like(self.given), "most": self.most}[end]
        return completed(self.given[rows], self.missing[rows], mass[rows])


def add_matched(frame: pd.DataFrame, posteriors: Posteriors) -> None:
    """Add the effect of each evidence type on each case to the frame `sensitivity`, before its rows are dropped.

    Args:
        frame: With `source`, `failed`, the columns `ROWS` and `row_repeat` (the arm with all evidence as findings and a
            reworded question).
        posteriors: Those of the arms.
    """
    names = [*CASE_COLUMNS, "effect_rewording", "matched_deficit_least", "matched_deficit_most"]
    frame[names] = np.nan
    frame["truncated"] = False
    known = frame.index[(frame["source"] == SOURCE) & (frame["failed"] == 0)]
    if not len(known):
        return
    rows = [frame.loc[known, name].to_numpy(dtype=int) for name in ROWS]
    missing = np.logical_or.reduce([posteriors.missing[arm] for arm in rows])

    def measured(end: str) -> Effects:
        full_image, image, full_finding, finding = (posteriors.at(arm, end) for arm in rows)
        return effects(Arms(full_image, image), Arms(full_finding, finding), ~missing)

    found = measured("")
    columns = (found.image, found.finding, found.both, found.matched_image, found.matched_finding)
    frame.loc[known, list(CASE_COLUMNS)] = np.column_stack(columns)
    ends = [end.matched_finding - end.matched_image for end in (found, measured("least"), measured("most"))]
    frame.loc[known, "matched_deficit_least"] = np.fmin.reduce(ends)
    frame.loc[known, "matched_deficit_most"] = np.fmax.reduce(ends)
    frame.loc[known, "truncated"] = missing.any(axis=1)
    repeated = known[frame.loc[known, "row_repeat"].notna()]
    if len(repeated):
        full, again = (frame.loc[repeated, name].to_numpy(dtype=int) for name in ("row_full_finding", "row_repeat"))
        frame.loc[repeated, "effect_rewording"] = squared_effect(posteriors.at(full), posteriors.at(again))


def matched_row(cases: pd.DataFrame, level: float = LEVEL) -> dict[str, Any]:
    """The columns of the frame `types` for the cases of one reader and evidence type.

    Args:
        cases: Rows of the frame `sensitivity`.
        level: Level of the intervals.

    Returns:
        `uptake_ratio` (Fieller's interval) to `baseline_part`, and `matched_p`. Where a value or interval is missing,
        `uptake_note` says why. A type whose findings move the answer no more than rewording the question has no uptake
        ratio: the test is a one-sided paired t test over cases at half of 1 - level.
    """
    known = cases.dropna(subset=["matched_image", "matched_finding"])
    image, finding = (known[f"matched_{view}"].to_numpy(dtype=float) for view in ("image", "finding"))
    deficit = finding - image
    published = (known["S_finding"] - known["S_image"]).to_numpy(dtype=float)
    lower, upper = mean_interval(deficit, level)
    return _uptake(cases, level) | {
        "matched_image": _mean(image),
        "matched_finding": _mean(finding),
        "matched_deficit": _mean(deficit),
        "matched_deficit_lower": lower,
        "matched_deficit_upper": upper,
        "matched_p": mean_p(deficit),
        "matched_deficit_least": _mean(known["matched_deficit_least"].to_numpy(dtype=float)),
        "matched_deficit_most": _mean(known["matched_deficit_most"].to_numpy(dtype=float)),
        "baseline_part": _mean(published - deficit),
        "truncated": _mean(known["truncated"].to_numpy(dtype=float)),
    }


def _uptake(cases: pd.DataFrame, level: float) -> dict[str, Any]:
    names = ("uptake_ratio", "uptake_ratio_lower", "uptake_ratio_upper", "strength", "alignment")
    row: dict[str, Any] = dict.fromkeys(names, np.nan) | {"uptake_n": 0, "uptake_note": ""}
    if not cases["source"].fillna("").astype(bool).any():
        return row | {"uptake_note": NOTHING}
    if not (cases["source"] == SOURCE).any():
        return row | {"uptake_note": NEEDS}
    known = cases.dropna(subset=["effect_image", "effect_finding", "effect_both"])
    image, finding, both = (known[f"effect_{name}"].to_numpy(dtype=float) for name in ("image", "finding", "both"))
    row["uptake_n"] = len(known)
    if len(known) < 2:
        return row | {"uptake_note": FEW}
    if not _above_rewording(known, level):
        return row | {"uptake_note": NOISE}
    row["uptake_ratio"] = both.sum() / finding.sum()
    row["strength"] = float(np.sqrt(image.sum() / finding.sum()))
    row["alignment"] = row["uptake_ratio"] / row["strength"] if row["strength"] > 0 else np.nan
    if ends := fieller(both, finding, level):
        return row | {"uptake_ratio_lower": ends[0], "uptake_ratio_upper": ends[1]}
    return row | {"uptake_note": CONSTANT if constant_ratio(both, finding) else UNBOUNDED}


def _above_rewording(known: pd.DataFrame, level: float) -> bool:
    """Whether findings move the answer more than rewording the question does; without repeats, whether they move it."""
    more = (known["effect_finding"] - known["effect_rewording"].fillna(0.0)).to_numpy(dtype=float)
    if not np.ptp(more):
        return bool(more[0] > 0)
    return bool(stats.ttest_1samp(more, 0, alternative="greater").pvalue < (1 - level) / 2)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
