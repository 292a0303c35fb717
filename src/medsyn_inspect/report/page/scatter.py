"""The data of the plot of Evidence Sensitivity in both views, one point for each case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.gap import NOT_VISUAL
from medsyn_inspect.report.figures.common import in_order
from medsyn_inspect.report.figures.cross_modal import side
from medsyn_inspect.report.page.blocks import Block, Picture, Scatter
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.wording import spoken

FIGURE = "cross_modal"
"""The figure with all readers, for print and Markdown."""


def scatter(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """The plot, if there is a case with S in both views.

    Args:
        findings: The results of the analysis.
        pictures: All figures of the report.
        listing: The cases behind the numbers, which have the points too.
    """
    data = scatter_data(findings, listing)
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


def scatter_data(findings: Findings, listing: CaseListing) -> dict[str, Any]:
    """What the page's script draws: S of each case, by reader and evidence type.

    Returns:
        `readers` and `types` are names; `lists[reader][type]` is the key of the list of cases whose first two columns
        are S with the finding and S with the image; `sides[reader][type]` is the number of cases below and above the
        line.
    """
    both = findings.sensitivity.dropna(subset=["S_image", "S_finding"])
    both = both[~both["evidence_type"].isin(NOT_VISUAL)].assign(line=side)
    readers = in_order(both["reader"], findings)
    sizes = both["evidence_type"].value_counts()
    types = sorted(map(str, sizes.index), key=lambda kind: (-sizes[kind], kind))
    by_pair = dict(iter(both.groupby(["reader", "evidence_type"], sort=False)))
    found = [[by_pair.get((reader, kind), both.iloc[:0]) for kind in types] for reader in readers]
    return {
        "readers": readers,
        "types": [spoken(kind) for kind in types],
        "lists": [[listing.of_type(reader, kind) for kind in types] for reader in readers],
        "sides": [
            [[int((rows["line"] == where).sum()) for where in ("below", "above")] for rows in of_reader]
            for of_reader in found
        ],
    }
