"""The cross-modal gap: whether evidence shown as images affects a reader as much as the same evidence as findings.

NMSE = sum (S_image - S_finding)^2 / sum S_finding^2 over the cases that have the evidence type (MEDSYN,
equation 2). It does not depend on the base of the logarithm. A reader that ignores images has S_image = 0 and an NMSE
of exactly 1, which is the reference value for an NMSE such as 0.9. NMSE is dominated by the cases with large effects
and does not distinguish a deficit from an excess; so the share of cases below the identity line and the mean signed
deficit are reported with it.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.frames.matched import matched_row
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.analysis.stats.resampling import LEVEL, RESAMPLES, SEED, Floats, bootstrap, interval, ratio

IMAGE_BLIND_NMSE = 1.0
"""NMSE of a reader that ignores images."""

NOT_VISUAL = ("history", "examination", "all")
"""Evidence that is shown the same way in both views, so that it has no cross-modal gap; left out."""

TIE = 1e-9
"""Tolerance in bits within which S_image and S_finding are equal: the case lies on the identity line."""

NEEDED = (
    "reader",
    "case_id",
    "evidence_type",
    "source",
    "S_image",
    "S_finding",
    "modality_gap_squared",
    "finding_squared",
)


def modality_gap(
    sensitivity: pd.DataFrame, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> pd.DataFrame:
    """The frame `types`: one row for each reader and evidence type.

    Args:
        sensitivity: From `evidence_sensitivity`.
        level: Level of the intervals.
        resamples: Number of bootstrap resamples.
        seed: Random seed of the resamples.

    Returns:
        The frame `types`. The NMSE is a plug-in estimate, cross-fitted for samples; compare it with `IMAGE_BLIND_NMSE`.
        `ties` (within `TIE`) count as not below the line and are left out of the sign test. Intervals are bootstrap
        intervals over cases, NaN for a single case; Wilson for the share, because a bootstrap interval of 0 or n out of
        n cases has width zero.

    Raises:
        ValueError: If columns are missing, or a reader has posteriors from two sources.
    """
    rows = []
    for reader, cases in _readers(sensitivity):
        types = sorted(set(cases["evidence_type"]))
        sums = _per_case(cases, types)
        point = _statistics(sums.sum(axis=0)[None])[0]
        lower, upper = interval(bootstrap(sums, _statistics, resamples, seed), level)
        for place, name in enumerate(types):
            of_type = cases[cases["evidence_type"] == name]
            both = of_type.dropna(subset=["S_image", "S_finding"])
            single = len(both) < 2
            row = {
                "reader": reader,
                "evidence_type": name,
                "source": cases["source"].iloc[0],
                "n": len(both),
                "missing": len(of_type) - len(both),
            }
            for offset, measure in enumerate(("nmse", "mean_deficit")):
                column = offset * len(types) + place
                row[measure] = point[column]
                row[f"{measure}_lower"] = np.nan if single else lower[column]
                row[f"{measure}_upper"] = np.nan if single else upper[column]
            rows.append(row | _line(both, level) | matched_row(of_type, level))
    frame = pd.DataFrame(rows)
    frame["sign_p_holm"] = frame.groupby("reader")["sign_p"].transform(holm)
    frame["matched_p_holm"] = holm(frame["matched_p"])
    return conform("types", frame)


def mean_nmse(
    sensitivity: pd.DataFrame,
    types: Collection[str] | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Unweighted mean of NMSE over evidence types, as in Table 5 of the paper: one row for each reader.

    Args:
        sensitivity: From `evidence_sensitivity`.
        types: Evidence types to average over; default all. Readers are comparable only over the same types.
        level: Level of the interval.
        resamples: Number of bootstrap resamples of the cases, for all types together.
        seed: Random seed of the resamples.

    Returns:
        `reader`, `source`, `types` (how many have an NMSE), `n` (number of cases), `mean_nmse`, `mean_nmse_lower`,
        `mean_nmse_upper` (NaN for a single case).

    Raises:
        ValueError: If columns are missing, a reader has two sources, or none of the types is present.
    """
    if types is not None:
        sensitivity = sensitivity[sensitivity["evidence_type"].isin(list(types))]
    rows = []
    for reader, cases in _readers(sensitivity):
        sums = _per_case(cases, sorted(set(cases["evidence_type"])))
        nmse = np.split(_statistics(sums.sum(axis=0)[None]), 2, axis=1)[0]
        lower, upper = interval(bootstrap(sums, _mean_over_types, resamples, seed), level)
        n = int(np.split(sums, 4, axis=1)[3].any(axis=1).sum())
        rows.append(
            {
                "reader": reader,
                "source": cases["source"].iloc[0],
                "types": int((~np.isnan(nmse)).sum()),
                "n": n,
                "mean_nmse": _mean_over_types(sums.sum(axis=0)[None])[0, 0],
                "mean_nmse_lower": lower[0] if n > 1 else np.nan,
                "mean_nmse_upper": upper[0] if n > 1 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _readers(sensitivity: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if missing := [name for name in NEEDED if name not in sensitivity.columns]:
        raise ValueError(f"the frame of sensitivities lacks the columns {', '.join(missing)}")
    visual = sensitivity[~sensitivity["evidence_type"].isin(NOT_VISUAL)]
    if visual.empty:
        raise ValueError("no visual evidence was withheld, so the cross-modal gap cannot be computed")
    found = [(str(reader), cases) for reader, cases in visual.groupby("reader", sort=False)]
    for reader, cases in found:
        if cases["source"].nunique() > 1:
            raise ValueError(f"{reader}: posteriors from two sources cannot be compared; choose one source")
    return found


def _per_case(cases: pd.DataFrame, types: list[str]) -> Floats:
    """Contribution of each case to both squares, the deficit and n of each type: (cases, 4 x types)."""
    columns = pd.DataFrame(
        {
            "gap": cases["modality_gap_squared"],
            "finding": cases["finding_squared"],
            "deficit": cases["S_finding"] - cases["S_image"],
            "n": (cases["S_finding"] - cases["S_image"]).notna().astype(float),
        }
    )
    # If a square is missing although S is not (too few samples to split), omit it from both sums.
    columns.loc[columns[["gap", "finding"]].isna().any(axis=1), ["gap", "finding"]] = np.nan
    columns[["case_id", "evidence_type"]] = cases[["case_id", "evidence_type"]]
    wide = columns.pivot(index="case_id", columns="evidence_type", values=["gap", "finding", "deficit", "n"])
    order = [(name, evidence_type) for name in ("gap", "finding", "deficit", "n") for evidence_type in types]
    return wide[order].fillna(0.0).to_numpy(dtype=float)


def _statistics(totals: Floats) -> Floats:
    """NMSE of each of k types, then the mean deficit of each: (rows, 2 x k)."""
    gap, finding, deficit, n = np.split(totals, 4, axis=1)
    return np.hstack([ratio(gap, finding), ratio(deficit, n)])


def _mean_over_types(totals: Floats) -> Floats:
    """Mean NMSE over the types that have one, as a column."""
    nmse = np.split(_statistics(totals), 2, axis=1)[0]
    known = ~np.isnan(nmse)
    return ratio(np.where(known, nmse, 0).sum(axis=1), known.sum(axis=1))[:, None]


def _line(both: pd.DataFrame, level: float) -> dict[str, float]:
    """The side of the identity line on which the cases of one type lie, with tests against chance."""
    deficit = (both["S_finding"] - both["S_image"]).to_numpy(dtype=float)
    deficit = np.where(np.abs(deficit) <= TIE, 0.0, deficit)
    n, below, above = len(deficit), int((deficit > 0).sum()), int((deficit < 0).sum())
    lower, upper = proportion_confint(below, n, alpha=1 - level, method="wilson") if n > 1 else (np.nan, np.nan)
    return {
        "ties": n - below - above,
        "share_below": below / n if n else np.nan,
        "share_below_lower": float(lower),
        "share_below_upper": float(upper),
        "sign_p": float(stats.binomtest(below, below + above).pvalue) if below + above else np.nan,
        "wilcoxon_p": float(stats.wilcoxon(deficit).pvalue) if below + above else np.nan,
    }
