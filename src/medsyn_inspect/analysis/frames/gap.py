"""The cross-modal gap: whether evidence shown as images affects a reader as much as the same evidence as findings.

NMSE = sum (S_image - S_finding)^2 / sum S_finding^2 over the cases that have the evidence type (MEDSYN,
equation 2). It does not depend on the base of the logarithm. A reader that ignores images has S_image = 0 and an NMSE
of exactly 1, which is the reference value for an NMSE such as 0.9. NMSE is dominated by the cases with large effects
and does not distinguish a deficit from an excess; so the share of cases below the identity line and the mean signed
deficit are reported with it. It has no interval: none that was simulated contains the true value often enough.

NMSE is measurable where its denominator is clear of noise. With probabilities, the noise is S of rewording the question
with all evidence as findings: its squares must be at most `MOST_NOISE` of the denominator. From repeated answers, the
squares are cross-fitted (`stats.crossfit`), their sum must be at least `CLEAR` standard errors above 0, and their mean
at least `TIMES` squared times the squared divergence that sampling alone causes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from medsyn_inspect.analysis.frames.matched import matched_row
from medsyn_inspect.analysis.schema import conform, with_ends
from medsyn_inspect.analysis.stats.crossfit import SMALLEST
from medsyn_inspect.analysis.stats.holm import holm
from medsyn_inspect.analysis.stats.means import mean_interval, why_none
from medsyn_inspect.analysis.stats.nmse import parts
from medsyn_inspect.analysis.stats.proportions import share_interval
from medsyn_inspect.analysis.stats.resampling import LEVEL

IMAGE_BLIND_NMSE = 1.0
"""NMSE of a reader that ignores images."""

NOT_VISUAL = ("history", "examination", "all")
"""Evidence that is shown the same way in both views, so that it has no cross-modal gap; left out."""

MOST_NOISE = 0.1
"""Maximum share of the denominator that rewording alone causes. A reader without a gap then has an NMSE of at most
about 0.2, the noise of both views."""

CLEAR = 3.0
"""Minimum distance of a cross-fitted denominator from 0, in standard errors over cases."""

TIMES = 1.5
"""Minimum root mean square of S_finding from repeated answers, relative to the mean divergence of equal arms."""

NO_CASES = "no case has S in both views"
UNMOVED = "not measurable: findings do not change the answers"
REWORDED = "not measurable: rewording the question changes the answers too much"
FEW_ANSWERS = f"needs at least {SMALLEST} readable answers in each arm"
SAMPLING = "not measurable: the effect of findings is not clear of sampling noise; needs more answers or more cases"
NOISY_SHARE = "no interval: sampling noise moves cases across the line"
ONE_CASE = "no interval: a single case"

TIE = 1e-9
"""Tolerance in bits within which S_image and S_finding are equal: the case lies on the identity line."""

NEEDED = (
    "reader",
    "case_id",
    "evidence_type",
    "source",
    "S_image",
    "S_finding",
    "floor_finding",
    "modality_gap_squared",
    "finding_squared",
)


def modality_gap(sensitivity: pd.DataFrame, level: float = LEVEL, *, conditions: Collection[str] = ()) -> pd.DataFrame:
    """The frame `types`: one row for each reader and evidence type.

    Args:
        sensitivity: From `evidence_sensitivity`.
        level: Level of the intervals.
        conditions: Readers that are a condition of another reader (an emphasis): their matched deficits are a family
            of their own for Holm's adjustment.

    Returns:
        The frame `types`. Compare the NMSE with `IMAGE_BLIND_NMSE`; where it is missing, `nmse_note` says why. `ties`
        (within `TIE`) count as not below the line and are left out of the sign test.

    Raises:
        ValueError: If columns are missing, or a reader has posteriors from two sources.
    """
    rows = []
    for reader, cases in _readers(sensitivity):
        for name, of_type in cases.groupby("evidence_type", sort=True):
            both = of_type[_known(of_type, "S_image", "S_finding")]
            value, note = _nmse(of_type)
            row = {
                "reader": reader,
                "evidence_type": name,
                "source": cases["source"].iloc[0],
                "n": len(both),
                "missing": len(of_type) - len(both),
                "nmse": value,
                "nmse_note": note,
            }
            rows.append(
                row | _parts(both, value) | _deficit(both, level) | _line(both, level) | matched_row(of_type, level)
            )
    frame = pd.DataFrame(rows)
    frame["sign_p_holm"] = frame.groupby("reader")["sign_p"].transform(holm)
    families = frame["reader"].isin(list(conditions))
    frame["matched_p_holm"] = frame.groupby(families)["matched_p"].transform(holm)
    return conform("types", frame)


def mean_nmse(sensitivity: pd.DataFrame, types: Collection[str] | None = None) -> pd.DataFrame:
    """Unweighted mean of NMSE over evidence types, as in Table 5 of the paper: one row for each reader.

    Args:
        sensitivity: From `evidence_sensitivity`.
        types: Evidence types to average over; default all. Readers are comparable only over the same types.

    Returns:
        `reader`, `source`, `types` (how many have a measurable NMSE), `n` (number of their cases), `mean_nmse` (missing
        if no type has one).

    Raises:
        ValueError: If columns are missing, a reader has two sources, or none of the types is present.
    """
    if types is not None:
        sensitivity = sensitivity[sensitivity["evidence_type"].isin(list(types))]
    rows = []
    for reader, cases in _readers(sensitivity):
        measured = {
            name: value
            for name, of_type in cases.groupby("evidence_type", sort=True)
            if not np.isnan(value := _nmse(of_type)[0])
        }
        used = cases[cases["evidence_type"].isin(list(measured))].dropna(subset=["S_image", "S_finding"])
        rows.append(
            {
                "reader": reader,
                "source": cases["source"].iloc[0],
                "types": len(measured),
                "n": used["case_id"].nunique(),
                "mean_nmse": float(np.mean([*measured.values()])) if measured else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _nmse(cases: pd.DataFrame) -> tuple[float, str]:
    """The NMSE of the cases of one reader and evidence type; NaN with the reason where it is not measurable."""
    if not _known(cases, "S_image", "S_finding").any():
        return np.nan, NO_CASES
    # A square can be missing although S is not: too few answers to split.
    known = _known(cases, "modality_gap_squared", "finding_squared")
    gaps, squares, floor = (
        cases[name].to_numpy(dtype=float)[known]
        for name in ("modality_gap_squared", "finding_squared", "floor_finding")
    )
    if (cases["source"] == "samples").any():
        if not known.any():
            return np.nan, FEW_ANSWERS
        error = squares.std(ddof=1) / np.sqrt(len(squares)) if len(squares) > 1 else np.inf
        mean = squares.mean()
        if not (mean > CLEAR * error and mean >= (TIMES * floor.mean()) ** 2):
            return np.nan, SAMPLING
    elif squares.sum() <= len(squares) * TIE**2:
        return np.nan, UNMOVED
    elif np.nansum(floor**2) > MOST_NOISE * squares[~np.isnan(floor)].sum():
        return np.nan, REWORDED
    return float(gaps.sum() / squares.sum()), ""


def _known(cases: pd.DataFrame, *columns: str) -> NDArray[np.bool_]:
    """Mask of the cases in which none of these numbers is missing."""
    return np.asarray(~np.isnan(cases[list(columns)].to_numpy(dtype=float)).any(axis=1))


def _parts(both: pd.DataFrame, nmse: float) -> dict[str, float]:
    """The parts of a measurable NMSE; none from samples, whose squares are cross-fitted."""
    if np.isnan(nmse) or (both["source"] == "samples").any():
        return {}
    found = parts(both["S_image"], both["S_finding"])
    named = {"nmse_slope": found.slope, "nmse_scatter": found.scatter, "nmse_influence": found.influence}
    return named | {"ratio_of_means": found.ratio}


def _deficit(both: pd.DataFrame, level: float) -> dict[str, Any]:
    """The mean deficit, with its interval or the reason why it has none."""
    deficit = (both["S_finding"] - both["S_image"]).to_numpy(dtype=float)
    ends = mean_interval(deficit, level)
    value = float(deficit.mean()) if len(deficit) else np.nan
    return dict(zip(with_ends("mean_deficit"), (value, *ends), strict=True)) | {"deficit_note": why_none(deficit, ends)}


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


def _line(both: pd.DataFrame, level: float) -> dict[str, Any]:
    """The side of the identity line on which the cases of one type lie, with tests against chance."""
    deficit = (both["S_finding"] - both["S_image"]).to_numpy(dtype=float)
    deficit = np.where(np.abs(deficit) <= TIE, 0.0, deficit)
    n, below, above = len(deficit), int((deficit > 0).sum()), int((deficit < 0).sum())
    sampled = bool((both["source"] == "samples").any())
    lower, upper = np.nan, np.nan
    if n > 1 and not sampled:
        lower, upper = share_interval(below, n, level, "exact")
    return {
        "ties": n - below - above,
        "share_below": below / n if n else np.nan,
        "share_below_lower": float(lower),
        "share_below_upper": float(upper),
        "share_below_note": NOISY_SHARE if sampled else ONE_CASE if n == 1 else "",
        "sign_p": float(stats.binomtest(below, below + above).pvalue) if below + above else np.nan,
        "wilcoxon_p": float(stats.wilcoxon(deficit).pvalue) if below + above else np.nan,
    }
