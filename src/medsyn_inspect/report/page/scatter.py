"""The data of the plot of Evidence Sensitivity in both views, one point for each case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.gap import NOT_VISUAL
from medsyn_inspect.report.figures.common import in_order
from medsyn_inspect.report.figures.cross_modal import side
from medsyn_inspect.report.page.blocks import Block, Picture, Scatter
from medsyn_inspect.wording import spoken

UNITS = 1000
"""Values are whole numbers of thousandths of a bit, which keeps the page small."""

FIGURE = "cross_modal"
"""The figure with all readers, for print and Markdown."""


def scatter(findings: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    """The plot, if there is a case with S in both views.

    Args:
        findings: The results of the analysis.
        pictures: All figures of the report.
    """
    data = scatter_data(findings)
    if not data["readers"]:
        return
    static = next((picture for picture in pictures if picture.name == FIGURE), None)
    yield Scatter(
        "Evidence Sensitivity with images and with findings",
        "Each point is a case: how far the answer moves when the evidence is withheld, with the finding from left to "
        "right and with the image from bottom to top, in bits. Below the line, the image moves the answer less.",
        data,
        static.name if static else "",
        f"{static.alt} {static.reading}" if static else "",
    )


def scatter_data(findings: Findings) -> dict[str, Any]:
    """What the page's script draws: S of each case, by reader and evidence type.

    Returns:
        `readers` and `types` are names, `cases` the case ids. `having[type]` lists the cases with that type (their
        places in `cases`); `points[reader][type]` has S with the finding and S with the image of each of them, `null`
        where they are not known; `sides[reader][type]` is the number of cases below and above the line.
    """
    both = findings.sensitivity.dropna(subset=["S_image", "S_finding"])
    both = both[~both["evidence_type"].isin(NOT_VISUAL)].assign(line=side)
    readers = in_order(both["reader"], findings)
    sizes = both["evidence_type"].value_counts()
    types = sorted(map(str, sizes.index), key=lambda kind: (-sizes[kind], kind))
    cases = sorted(set(both["case_id"]))
    place = {case: number for number, case in enumerate(cases)}
    having = {kind: sorted(set(rows["case_id"])) for kind, rows in both.groupby("evidence_type", sort=False)}
    by_pair = dict(iter(both.groupby(["reader", "evidence_type"], sort=False)))
    found = [[by_pair.get((reader, kind), both.iloc[:0]) for kind in types] for reader in readers]
    return {
        "readers": readers,
        "types": [spoken(kind) for kind in types],
        "cases": cases,
        "having": [[place[case] for case in having[kind]] for kind in types],
        "units": UNITS,
        "points": [
            [_flat(rows, having[kind]) for rows, kind in zip(of_reader, types, strict=True)] for of_reader in found
        ],
        "sides": [
            [[int((rows["line"] == where).sum()) for where in ("below", "above")] for rows in of_reader]
            for of_reader in found
        ],
    }


def _flat(rows: pd.DataFrame, cases: Sequence[str]) -> list[int | None]:
    """S with the finding and with the image of each case; an empty list if the reader has none of them."""
    if rows.empty:
        return []
    values = (rows[["S_finding", "S_image"]].to_numpy(dtype=float) * UNITS).round().astype(int).tolist()
    of_case = dict(zip(rows["case_id"], values, strict=True))
    return [number for case in cases for number in of_case.get(case, (None, None))]
