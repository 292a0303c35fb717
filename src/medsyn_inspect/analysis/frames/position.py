"""Position bias: effect of the position of an option, from cases whose options were shown in every cyclic order.

Over all K cyclic orders each option appears once at each position, so a reader without position bias assigns a mean
probability of exactly 1/K to every position, whatever its posterior.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.sensitivity import FULL, NEEDED
from medsyn_inspect.analysis.schema import FRAMES, conform, with_ends
from medsyn_inspect.analysis.stats.divergence import Floats, jensen_shannon
from medsyn_inspect.analysis.stats.means import mean_interval
from medsyn_inspect.analysis.stats.proportions import share_interval
from medsyn_inspect.analysis.stats.resampling import LEVEL
from medsyn_inspect.records import ORDER

EFFECTS = ("reader", *(name for name in FRAMES["readers"].names if name.startswith("order_")))
"""Columns of the frame `readers` about the order of the options."""

LEAST = 1e-12
"""Lower bound of probabilities, so that their logarithms are finite when orders are averaged."""


def position_bias(arms: pd.DataFrame, level: float = LEVEL) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean probability of each position, and effect of the order of the options on the posterior.

    Args:
        arms: Columns as for `evidence_sensitivity`: the arms `order_<k>` hold the posterior with the options shifted
            cyclically by k positions, listed in the case's own order of options; the option shown at position j is
            number (j + k) mod K. If `order_0` is missing, the full arm of the same view is used.
        level: Level of the intervals.

    Returns:
        The frame `orders`, over the cases with a posterior in all orders; and one row for each reader with the columns
        of the frame `readers` that begin with `order_`. Intervals are those of `mean_interval`; Wilson for the share
        of changed answers. From samples there is no divergence, because sampling alone would
        cause one.
    """
    missing = [name for name in NEEDED if name not in arms.columns]
    if missing:
        raise ValueError(f"the frame of arms lacks the columns {', '.join(missing)}")
    positions: list[dict[str, object]] = []
    readers: list[dict[str, object]] = []
    for reader, rows in _audited(arms).groupby("reader", sort=False):
        source = next(iter(rows["source"].dropna()), None)
        named = {"reader": reader, "source": source, "view": ", ".join(sorted(set(rows["view"])))}
        # Each of shape (cases, orders, options).
        stacks = [np.stack(orders) for _, orders in sorted(_orders(rows).items())]
        positions += [named | row for stack in stacks for row in _positions(stack, level)]
        row: dict[str, object] = {"reader": reader, "order_cases": sum(map(len, stacks))}
        if stacks and source != "samples":
            row |= _divergence(stacks, level)
        readers.append(row | (_changes(stacks, level) if stacks else {}))
    return conform("orders", positions), pd.DataFrame(readers).reindex(columns=list(EFFECTS))


def _audited(arms: pd.DataFrame) -> pd.DataFrame:
    """The arms with the options in another order, and the full arms of the same cases."""
    key = ["reader", "case_id", "view"]
    shifted = arms["withheld"].astype(str).str.startswith(ORDER)
    audited = pd.MultiIndex.from_frame(arms[shifted][key].drop_duplicates())
    return arms[(shifted | (arms["withheld"] == FULL)) & pd.MultiIndex.from_frame(arms[key]).isin(audited)]


def _positions(stack: Floats, level: float) -> Iterator[dict[str, object]]:
    """The rows of the positions, for cases with the same number of options."""
    at_position = _by_position(stack)
    ends = [mean_interval(column, level) for column in at_position.T]
    options = stack.shape[2]
    for position in range(options):
        values = float(at_position[:, position].mean()), *ends[position]
        yield {
            "options": options,
            "position": position + 1,
            "letter": ascii_uppercase[position],
            **dict(zip(with_ends("probability"), values, strict=True)),
            "expected": 1 / options,
            "n": len(at_position),
        }


def _divergence(stacks: list[Floats], level: float) -> dict[str, object]:
    """Mean over cases of the divergence between the first order and the mean over orders."""
    moved = np.concatenate([_from_the_mean(stack) for stack in stacks])
    values = float(moved.mean()), *mean_interval(moved, level)
    return dict(zip(with_ends("order_divergence"), values, strict=True))


def _changes(stacks: list[Floats], level: float) -> dict[str, object]:
    """Share of cases whose most probable option is not the same in all orders."""
    best = [stack.argmax(axis=2) for stack in stacks]
    changed = np.concatenate([(option != option[:, :1]).any(axis=1) for option in best])
    n, count = len(changed), int(changed.sum())
    lower, upper = share_interval(count, n, level) if n > 1 else (np.nan, np.nan)
    return dict(zip(with_ends("order_changes"), (count / n, float(lower), float(upper)), strict=True))


def _orders(rows: pd.DataFrame) -> dict[int, list[Floats]]:
    """The posteriors (orders, options) of each case that has one in every order, by number of options."""
    found: dict[int, list[Floats]] = {}
    arms: dict[tuple[str, str], set[str]] = {}
    posteriors: dict[tuple[str, str], dict[str, Floats]] = {}
    columns = (rows[name].astype(object) for name in ("case_id", "view", "withheld", "error", "posterior"))
    for case_id, view, name, error, posterior in zip(*columns, strict=True):
        arms.setdefault((case_id, view), set()).add(name)
        usable = posteriors.setdefault((case_id, view), {})
        if (pd.isna(error) or error == "") and isinstance(posterior, (tuple, list, np.ndarray)) and sum(posterior) > 0:
            usable[name] = np.asarray(posterior, dtype=float)
    for key, by_name in sorted(posteriors.items(), key=lambda item: item[0]):
        if f"{ORDER}0" not in arms[key] and FULL in by_name:
            by_name[f"{ORDER}0"] = by_name[FULL]
        options = len(next(iter(by_name.values()), ()))
        orders = [by_name.get(f"{ORDER}{shift}") for shift in range(options)]
        whole = [posterior / posterior.sum() for posterior in orders if posterior is not None]
        if options > 1 and len(whole) == options:
            found.setdefault(options, []).append(np.stack(whole))
    return found


def _by_position(stack: Floats) -> Floats:
    """Mean probability of each position over the orders: (cases, orders, options) to (cases, positions)."""
    options = stack.shape[2]
    shown = [stack[:, shift, (np.arange(options) + shift) % options] for shift in range(options)]
    return np.asarray(np.mean(shown, axis=0))


def _from_the_mean(stack: Floats) -> Floats:
    """Divergence in bits between the first order's posterior and the geometric mean over all orders, case by case."""
    mean = np.exp(np.log(np.maximum(stack, LEAST)).mean(axis=1))
    return jensen_shannon(stack[:, 0], mean)
