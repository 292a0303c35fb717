"""Association of the cross-modal gap with correctness: across readers, and within readers over cases.

Across readers the sample size is the number of readers: with three readers the two-sided p cannot be below 1/3. Within
readers there are many cases, but confidence is a confounder: an uncertain reader changes its posterior more in either
view and makes more errors. So an adjusted model is reported together with the unadjusted one.
"""

from __future__ import annotations

import logging
import math
import warnings

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.sensitivity import FULL, VIEWS
from medsyn_inspect.analysis.stats.divergence import posterior_from_counts
from medsyn_inspect.analysis.stats.ranks import PERMUTATIONS, kendall, pairings_p, smallest_p, spearman
from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, blas_threads
from medsyn_inspect.wording import p_equals, p_value, spoken

log = logging.getLogger(__name__)


NOT_FITTED = "no value: the model does not converge, as happens where the gap almost separates right from wrong answers"

FEW = 5
"""Minimum number of readers for a two-sided p below 5 %."""


def across_readers(
    readers: pd.DataFrame,
    x: str = "mean_nmse",
    y: str = "accuracy",
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Rank correlation of two columns over readers, with a permutation p over the pairings of x with y.

    Args:
        readers: One row for each reader: `reader`, `source` and the two columns. Rows with missing values are omitted.
        x: Column, such as `mean_nmse` (from `gap.mean_nmse`).
        y: Column, such as `accuracy`.
        permutations: Number of pairings to draw if there are more.
        seed: Random seed.

    Returns:
        Rows of the frame `associations` for Kendall's tau-b and Spearman's rho.

    Raises:
        ValueError: If columns are missing, a reader has two rows, or the readers' posteriors come from
            different sources.
    """
    if missing := [name for name in ("reader", "source", x, y) if name not in readers.columns]:
        raise ValueError(f"the frame of readers lacks the columns {', '.join(missing)}")
    known = readers.dropna(subset=[x, y])
    if known["reader"].duplicated().any():
        raise ValueError("a reader has two rows: keep one row for each reader, so that the points are independent")
    if known["source"].nunique() > 1:
        sources = " and ".join(sorted(set(known["source"])))
        raise ValueError(f"readers with posteriors from {sources} cannot be compared; choose one source")
    values_x, values_y = (known[name].to_numpy(dtype=float) for name in (x, y))
    k = len(known)
    exact = math.factorial(k) <= permutations
    rows = []
    for measure, statistic in (("kendall", kendall), ("spearman", spearman)):
        row = {"scope": "across readers", "measure": measure, "x": x, "y": y, "readers": k}
        varied = k > 1 and np.ptp(values_x) > 0 and np.ptp(values_y) > 0
        value, p = pairings_p(values_x, values_y, statistic, permutations, seed) if varied else (np.nan, np.nan)
        least = max(smallest_p(k), 0.0 if exact else 2 / (permutations + 1))
        row |= {"value": value, "p": p, "smallest_p": least}
        row["test"] = "exact permutation of the pairings" if exact else f"{permutations} random pairings"
        rows.append(row | {"reading": _reading(f"{spoken(x)} and {spoken(y)}", k, value, p=p, least=least)})
    return pd.DataFrame(rows)


def within_readers(
    sensitivity: pd.DataFrame, arms: pd.DataFrame, view: str = "image", level: float = LEVEL
) -> pd.DataFrame:
    """Whether cases with a larger gap are answered correctly less often: logit models of `correct` by GEE.

    One observation for each reader, case and evidence type, with an independence working correlation: a correct
    answer is repeated over the types of its case, and with any other working correlation the estimate would not be that
    of the marginal model (Pepe and Anderson 1994). Standard errors are robust and clustered by case, also across
    readers, with a small-sample correction (Mancl and DeRouen). Each reader has its own intercept.

    Args:
        sensitivity: From `evidence_sensitivity`.
        arms: The frame it was computed from; the full arm has `correct` and the confidence (the largest probability).
        view: The view whose full arm gives `correct`.
        level: Level of the intervals.

    Returns:
        Rows of the frame `associations`, unadjusted and adjusted, over the readers that are neither always right nor
        always wrong.

    Raises:
        ValueError: If the view is unknown, columns are missing, or the readers' sources differ.
    """
    if view not in VIEWS:
        raise ValueError(f"unknown view {view!r}: choose from {', '.join(VIEWS)}")
    observed = _observations(sensitivity, arms, view)
    # A reader that is always right or always wrong is uninformative, and its intercept diverges.
    mixed = observed.groupby("reader")["correct"].transform("nunique") > 1
    left = "" if mixed.all() else "readers that are always right or always wrong are left out"
    observed = observed[mixed] if mixed.any() else observed
    rows = []
    for adjusted in ((), ("confidence", "S_finding")):
        row = {
            "scope": "within readers",
            "measure": "log odds per bit",
            "x": "|S_image - S_finding|",
            "y": f"correct ({view})",
            "adjusted_for": ", ".join(adjusted),
            "readers": observed["reader"].nunique(),
            "cases": observed["case_id"].nunique(),
            "observations": len(observed),
            "test": "GEE logit, independence, clustered by case, bias-reduced robust Wald test",
        }
        found = gee(observed, adjusted, level)
        rows.append(row | found | {"reading": found["reading"] or left})
    return pd.DataFrame(rows)


def _observations(sensitivity: pd.DataFrame, arms: pd.DataFrame, view: str) -> pd.DataFrame:
    for frame, needed in (
        (sensitivity, ("reader", "case_id", "source", "S_image", "S_finding")),
        (arms, ("reader", "case_id", "view", "withheld", "source", "posterior", "counts", "correct")),
    ):
        if missing := [name for name in needed if name not in frame.columns]:
            raise ValueError(f"the frame lacks the columns {', '.join(missing)}")
    if sensitivity["source"].nunique() > 1:
        raise ValueError("readers with posteriors from different sources cannot be in one model; choose one source")
    full = arms[(arms["view"] == view) & (arms["withheld"] == FULL)].dropna(subset=["correct"])
    values = full["counts"].where(full["source"] == "samples", full["posterior"])
    confidence = [
        float(np.max(posterior_from_counts(value))) if isinstance(value, (tuple, list, np.ndarray)) else np.nan
        for value in values
    ]
    full = full.assign(confidence=confidence, correct=full["correct"].astype(float))
    joined = sensitivity.merge(full[["reader", "case_id", "correct", "confidence"]], on=["reader", "case_id"])
    joined["gap"] = (joined["S_image"] - joined["S_finding"]).abs()
    return joined.dropna(subset=["gap", "confidence", "correct"]).reset_index(drop=True)


def gee(observed: pd.DataFrame, adjusted: tuple[str, ...], level: float) -> dict[str, object]:
    """The log odds of a right answer per bit of the gap; see `within_readers`.

    Args:
        observed: One row for each reader, case and evidence type: `reader`, `case_id`, `correct`, `gap` and covariates.
        adjusted: Names of covariates.
        level: Level of the interval.

    Returns:
        `value`, `lower`, `upper`, `p` and, without a value, the reason in `reading`.
    """
    nothing: dict[str, object] = {"value": np.nan, "lower": np.nan, "upper": np.nan, "p": np.nan}
    if observed.empty or observed["correct"].nunique() < 2:
        return nothing | {"reading": "no value: the answers are all right or all wrong"}
    if (observed.groupby("reader")["correct"].nunique() < 2).all():
        return nothing | {"reading": "no value: each reader is always right or always wrong"}
    readers = pd.get_dummies(observed["reader"], dtype=float)
    design = pd.concat([observed[["gap", *adjusted]], readers], axis=1).astype(float)
    # The matrices are small: several threads would only take more processor time, here and below.
    with blas_threads().limit(limits=1, user_api="blas"):
        rank = np.linalg.matrix_rank(design.to_numpy())
    if rank < design.shape[1]:
        return nothing | {"reading": "no value: gap, confidence and sensitivity do not vary independently"}
    if observed["case_id"].nunique() <= design.shape[1]:
        return nothing | {"reading": "no value: fewer cases than coefficients"}
    # Imported where a model is fitted, because it takes long.
    from statsmodels.genmod.cov_struct import Independence
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    right, groups = observed["correct"].to_numpy(), observed["case_id"].to_numpy(dtype=object)
    with blas_threads().limit(limits=1, user_api="blas"):
        model = GEE(right, design.to_numpy(), groups=groups, family=Binomial(), cov_struct=Independence())
    try:
        with warnings.catch_warnings(), blas_threads().limit(limits=1, user_api="blas"):
            warnings.simplefilter("error")
            fit = model.fit(maxiter=100, cov_type="bias_reduced")
    except (ValueError, np.linalg.LinAlgError, RuntimeWarning, UserWarning) as problem:
        log.info("The model of right answers by gap, within readers, does not converge: %s", problem)
        return nothing | {"reading": NOT_FITTED}
    lower, upper = fit.conf_int(alpha=1 - level)[0]
    return {
        "value": float(fit.params[0]),
        "lower": float(lower),
        "upper": float(upper),
        "p": float(fit.pvalues[0]),
        "reading": "",
    }


def _reading(columns: str, k: int, value: float, *, p: float, least: float) -> str:
    if np.isnan(value):
        return "no value: at least two readers that differ in both quantities are needed"
    if k < FEW:
        same = {1.0: "the same order", -1.0: "opposite orders"}.get(round(value, 9), "different orders")
        return (
            f"{columns} put {k} readers in {same}; no order of {k} has a p below {p_value(least)}: this is no test of "
            "a correlation"
        )
    return f"{k} readers; {p_equals(p)} (smallest possible: {p_value(least)})"
