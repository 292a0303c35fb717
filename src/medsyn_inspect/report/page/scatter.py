"""The data of the plot of Evidence Sensitivity in both views, one point for each case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.gap import NOT_VISUAL
from medsyn_inspect.report.figures.common import in_order
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
        `readers` and `types` are names, `cases` the case ids; `points[reader][type]` is a flat list of case (its
        place in `cases`), S with the finding and S with the image.
    """
    both = findings.sensitivity.dropna(subset=["S_image", "S_finding"])
    both = both[~both["evidence_type"].isin(NOT_VISUAL)]
    readers = in_order(both["reader"], findings)
    sizes = both["evidence_type"].value_counts()
    types = sorted(map(str, sizes.index), key=lambda kind: (-sizes[kind], kind))
    cases = sorted(set(both["case_id"]))
    place = {case: number for number, case in enumerate(cases)}
    by_pair = dict(iter(both.groupby(["reader", "evidence_type"], sort=False)))
    points = [[_flat(by_pair.get((reader, kind)), place) for kind in types] for reader in readers]
    return {
        "readers": readers,
        "types": [spoken(kind) for kind in types],
        "cases": cases,
        "units": UNITS,
        "points": points,
    }


def _flat(rows: pd.DataFrame | None, place: dict[str, int]) -> list[int]:
    if rows is None:
        return []
    values = (rows[["S_finding", "S_image"]].to_numpy(dtype=float) * UNITS).round().astype(int).tolist()
    return [number for case, pair in zip(rows["case_id"], values, strict=True) for number in (place[case], *pair)]
