"""Position bias: what the place of an option does, from cases whose options were shown in every cyclic order.

Over all K cyclic orders each option stands once at each place, so that a reader that minds only what the options say
puts exactly 1/K on every place on average, whatever it believes.
"""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.frames.sensitivity import FULL, NEEDED
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.divergence import Floats, jensen_shannon
from medsyn_inspect.analysis.stats.resampling import LEVEL, RESAMPLES, SEED, bootstrap, interval, ratio
from medsyn_inspect.records import ORDER

LEAST = 1e-12
"""Keeps the logarithm of a probability finite where orders are averaged."""


def position_bias(
    arms: pd.DataFrame, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How much probability a place attracts, and what the order of the options does to the posterior.

    Args:
        arms: Columns as for `evidence_sensitivity`: the arms `order_<k>` hold the posterior with the options shifted
            cyclically by k places, each in the case's own order of options; the option shown at place j is number
            (j + k) mod K. Where `order_0` is not there, the full arm of the same view is.
        level: Of the intervals.
        resamples: Of the cases.
        seed: Of the resamples.

    Returns:
        The frame `orders`, one row for each reader, number of options and place: `reader`, `source`, `view`,
        `options` K, `place` from 1, `letter`, `probability` (mean over cases of the mean over orders at this place)
        with `_low`, `_high` (bootstrap over cases; NaN for a single case), `expected` 1/K, `n` cases with a posterior
        in all K orders.
        And one row for each reader: `reader`; `order_cases`; `order_divergence`, mean Jensen-Shannon divergence in bits
        between the posterior in the case's own order and the geometric mean over orders (NaN from samples, where chance
        alone would make one), with `_low`, `_high`; `order_changes`, share of cases whose most probable option is not
        the same in all orders (from samples chance alone changes it too), with its Wilson interval.
    """
    missing = [name for name in NEEDED if name not in arms.columns]
    if missing:
        raise ValueError(f"the frame of arms lacks the columns {', '.join(missing)}")
    places: list[dict[str, object]] = []
    readers: list[dict[str, object]] = []
    key = ["reader", "case_id", "view"]
    shifted = arms["withheld"].astype(str).str.startswith(ORDER)
    audited = pd.MultiIndex.from_frame(arms[shifted][key].drop_duplicates())
    concerned = arms[(shifted | (arms["withheld"] == FULL)) & pd.MultiIndex.from_frame(arms[key]).isin(audited)]
    for reader, rows in concerned.groupby("reader", sort=False):
        source = next(iter(rows["source"].dropna()), None)
        divergences, changes = [], []
        views = ", ".join(sorted(set(rows["view"])))
        by_options = _orders(rows)
        for options, orders in sorted(by_options.items()):
            stack = np.stack(orders)  # (cases, orders, options)
            divergences.append(_from_the_mean(stack))
            changes.append((stack.argmax(axis=2) != stack.argmax(axis=2)[:, :1]).any(axis=1))
            at_place = _by_place(stack)
            low, high = _mean_interval(at_place, level, resamples, seed)
            for place in range(options):
                places.append(
                    {
                        "reader": reader,
                        "source": source,
                        "view": views,
                        "options": options,
                        "place": place + 1,
                        "letter": ascii_uppercase[place],
                        "probability": float(at_place[:, place].mean()),
                        "probability_low": low[place],
                        "probability_high": high[place],
                        "expected": 1 / options,
                        "n": len(at_place),
                    }
                )
        n = sum(map(len, changes))
        row: dict[str, object] = {"reader": reader, "order_cases": n}
        if n:
            moved, changed = np.concatenate(divergences), int(np.concatenate(changes).sum())
            if source != "samples":
                ends = _mean_interval(moved[:, None], level, resamples, seed)
                row |= {
                    "order_divergence": float(moved.mean()),
                    "order_divergence_low": float(ends[0][0]),
                    "order_divergence_high": float(ends[1][0]),
                }
            wilson = proportion_confint(changed, n, alpha=1 - level, method="wilson") if n > 1 else (np.nan, np.nan)
            row |= {"order_changes": changed / n} | dict(
                zip(("order_changes_low", "order_changes_high"), map(float, wilson), strict=True)
            )
        readers.append(row)
    columns = ["reader", "order_cases"] + [
        f"{name}{end}" for name in ("order_divergence", "order_changes") for end in ("", "_low", "_high")
    ]
    return conform("orders", places), pd.DataFrame(readers).reindex(columns=columns)


def _orders(rows: pd.DataFrame) -> dict[int, list[Floats]]:
    """By number of options, the posteriors (orders, options) of each case that has one in every order."""
    found: dict[int, list[Floats]] = {}
    for _, arms in rows.groupby(["case_id", "view"], sort=True):
        usable = arms[arms["error"].isna() | (arms["error"] == "")]
        by_name = {
            name: np.asarray(posterior, dtype=float)
            for name, posterior in zip(usable["withheld"], usable["posterior"], strict=True)
            if isinstance(posterior, (tuple, list, np.ndarray)) and np.sum(posterior) > 0
        }
        if f"{ORDER}0" not in set(arms["withheld"]) and FULL in by_name:
            by_name[f"{ORDER}0"] = by_name[FULL]
        options = len(next(iter(by_name.values()), ()))
        orders = [by_name.get(f"{ORDER}{shift}") for shift in range(options)]
        whole = [posterior / posterior.sum() for posterior in orders if posterior is not None]
        if options > 1 and len(whole) == options:
            found.setdefault(options, []).append(np.stack(whole))
    return found


def _by_place(stack: Floats) -> Floats:
    """Probability at each place, averaged over the orders: (cases, orders, options) to (cases, places)."""
    options = stack.shape[2]
    shown = [stack[:, shift, (np.arange(options) + shift) % options] for shift in range(options)]
    return np.asarray(np.mean(shown, axis=0))


def _from_the_mean(stack: Floats) -> Floats:
    """Divergence in bits between the first order's posterior and the geometric mean over all orders, case by case."""
    mean = np.exp(np.log(np.maximum(stack, LEAST)).mean(axis=1))
    return jensen_shannon(stack[:, 0], mean)


def _mean_interval(values: Floats, level: float, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """Bootstrap interval over cases of the mean of each column; NaN for a single case."""
    if len(values) < 2:
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing
    sums = np.column_stack([values, np.ones(len(values))])
    return interval(bootstrap(sums, lambda totals: ratio(totals[:, :-1], totals[:, -1:]), resamples, seed), level)
