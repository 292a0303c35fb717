"""The leaderboard as a file: one row for each reader, with its results, intervals, ranks and ties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.analysis.schema import FRAMES, with_interval
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.names import Names

RESULTS = (
    "coverage", "accuracy", "open_coverage", "ddx_fdx_gap", "score", "accuracy_image", "accuracy_finding", "mean_nmse",
)  # fmt: skip
"""Results of the frame `readers`, each followed by the ends of its interval, if it has one, and its number of cases."""

RANKED = ("accuracy", "coverage", "uptake_ratio")
"""Measures of the frame `ranks`: rank, rank interval, letters of ties, and the value if it is not among `RESULTS`."""


def leaderboard_table(findings: Findings, names: Names) -> pd.DataFrame:
    """One row for each reader in the order of the frame `readers`, with the columns that have values.

    A run with an emphasis is a condition of its reader and has no row.

    Args:
        findings: The results of the analysis, with short names.
        names: The names of the readers.
    """
    ranks = {(str(row["measure"]), str(row["reader"])): row for row in rows_of(findings.ranks)}
    rows = []
    for reader in rows_of(own_rows(findings.readers)):
        name = str(reader["reader"])
        row: dict[str, Any] = {"reader": name, "provider": names.provider_of(name), "model": reader["model"]}
        row["n"] = max((reader[f"{one}_n"] for one in RESULTS if pd.notna(reader[f"{one}_n"])), default=None)
        row |= {part: reader[part] for one in RESULTS for part in with_parts(one) if part in reader}
        for measure in RANKED:
            row |= _ranked(measure, ranks.get((measure, name), {}))
        rows.append(row | {"judge": reader["judge"], "posterior_source": reader["source"]})
    table = pd.DataFrame(rows)
    filled = [str(column) for column in table if table[column].notna().any() or column in ("reader", "provider", "n")]
    # Counts with missing values would become floating-point numbers.
    whole = {
        column: "Int64"
        for column in filled
        if column == "n" or column.endswith(("_n", "_rank", "_rank_lower", "_rank_upper"))
    }
    return table[filled].astype(whole)


def with_parts(measure: str) -> Sequence[str]:
    """The columns of a result: value, ends of the interval if it has one, number of cases."""
    return [name for name in with_interval(measure) if name in FRAMES["readers"].names]


def _ranked(measure: str, row: dict[str, Any]) -> dict[str, Any]:
    """The columns about the rank of a reader in a measure; empty if it was not ranked."""
    found = {} if measure in RESULTS else {measure: row.get("value")}
    found |= {f"{measure}_{part}": row.get(part) for part in ("rank", "rank_lower", "rank_upper")}
    return found | {f"{measure}_tied": row.get("letters") or None}
