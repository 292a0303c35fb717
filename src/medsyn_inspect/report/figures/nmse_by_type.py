"""The cross-modal gap by evidence type (MEDSYN's Table 12)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.frames.gap import IMAGE_BLIND_NMSE
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.report.figures.common import by_reader, in_order, row_looks
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import fitted
from medsyn_inspect.report.figures.panels import (
    grid,
    legend,
    margin_heading,
    margin_text,
    mark_within,
    panels_per_row,
    reader_rows,
    row_height,
    vertical_grid,
)
from medsyn_inspect.report.figures.style import INK, SIZE, SMALL, TITLE_ABOVE_HEADINGS, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import number, plural, span, spoken

SECTION: Section = "sensitivity"
POSITION = 2

PANELS = {2: 8, 3: 9, 4: 8}
"""Maximum number of evidence types shown, by the number of panels in a row; the table contains all types."""

N_DISTANCE = {True: 38, False: 5}
"""Distance in points between a panel and the number of cases, by whether the NMSE is written between them."""

AXIS_LIMIT = 2.5
"""Maximum end of the axis; an arrow and its number replace a value beyond it."""


@styled()
def draw(material: Material) -> Drawing | None:
    """One panel for each evidence type with one row for each reader; a line at 1, where images have no effect."""
    findings = material.findings
    types = findings.types
    if types.empty:
        return None
    sizes = types.groupby("evidence_type")["n"].max()
    columns = panels_per_row(types["reader"].nunique())
    kinds = sorted(sizes[sizes > 0].index, key=lambda kind: (-sizes[kind], kind))[: PANELS[columns]]
    if not kinds:
        return None
    data = types[types["evidence_type"].isin(kinds)]
    look = row_looks(findings)
    shown = {reader: look[reader] for reader in in_order(types["reader"], findings)}
    lines = 1 if columns == 2 else 2
    height = len(shown) * row_height([*shown.values()]) + 0.3 + 0.13 * lines
    made = grid(len(kinds), columns, height, extra=0.75)
    made.figure.supxlabel("NMSE", fontsize=SIZE)
    lower, upper = limits(data)
    # In narrow panels, only values that cannot be drawn are written.
    written = columns < 4
    for place, (axes, kind) in enumerate(zip(made.axes, kinds, strict=True)):
        reader_rows(axes, [*shown.values()], named=made.is_first_in_row(place))
        axes.set_xlim(lower, upper)
        axes.axvline(IMAGE_BLIND_NMSE, color=INK, linewidth=0.9, linestyle="--", label="_image blind")
        vertical_grid(axes)
        axes.tick_params(labelbottom=made.is_last_in_column(place))
        title = fitted(spoken(kind), 34 if columns == 2 else 17, lines)
        axes.set_title(title, fontsize=SMALL, pad=TITLE_ABOVE_HEADINGS)
        if written:
            margin_heading(axes, "NMSE", 6)
        margin_heading(axes, "n", N_DISTANCE[written])
        of_type = by_reader(data[data["evidence_type"] == kind])
        for row, (reader, one) in enumerate(shown.items()):
            if reader in of_type:
                found = of_type[reader]
                at = float(found["nmse"]), row
                mark_within(axes, "nmse", at, one, limit=upper)
                _write_numbers(axes, row, found, written=written)
    entries: list[tuple[str, dict[str, Any]]] = [("NMSE", {"marker": "o"})]
    entries.append(("1: images ignored", {"linestyle": "--", "linewidth": 0.9}))
    if beyond(data, upper):
        entries.append(("beyond the axis", {"marker": ">"}))
    legend(made.figure, entries)
    order = {kind: place for place, kind in enumerate(kinds)}
    columns_shown = ["reader", "evidence_type", "source", "nmse", "nmse_note", "n"]
    data = data.sort_values("evidence_type", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Drawing(
        name="nmse_by_type",
        section=SECTION,
        title="Cross-modal gap by evidence type",
        reading=_reading(data, len(types["evidence_type"].unique()) - len(kinds)),
        alt=f"{plural(len(kinds), 'panel')}, one for each evidence type, with one row for each reader: NMSE "
        "and a dashed line at 1, the value of a reader that ignores images.",
        data=data[columns_shown],
        figure=made.figure,
    )


def _write_numbers(axes: Axes, row: int, found: dict[str, Any], *, written: bool) -> None:
    """Write the number of cases, and the NMSE if there is room for it or if it cannot be drawn."""
    value, n = number(found["nmse"], 2, nothing="none"), str(found["n"])
    if written:
        margin_text(axes, row, value, 6)
    margin_text(axes, row, n if written or np.isfinite(found["nmse"]) else f"{n}, {value}", N_DISTANCE[written])


def limits(data: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: from 0 to at least 1.2, including all values up to `AXIS_LIMIT`."""
    values = data["nmse"].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    highest = finite.max() if len(finite) else 1.0
    return min(0.0, finite.min() if len(finite) else 0.0), float(np.clip(1.05 * highest, 1.2, AXIS_LIMIT))


def beyond(data: pd.DataFrame, upper: float) -> bool:
    """Whether a value lies beyond the end of the axis."""
    return bool((data["nmse"].to_numpy(dtype=float) > upper).any())


def _reading(data: pd.DataFrame, hidden: int) -> str:
    finite = data[np.isfinite(data["nmse"])]
    if finite.empty:
        return f"No NMSE is measurable (n = {span(data['n'])} cases per type)."
    tested = data["sign_p_holm"].astype(float) < ALPHA
    less, more = (int((tested & (sign * data["mean_deficit"] > 0)).sum()) for sign in (1, -1))
    without = len(data) - len(finite)
    missing = f"; {without} {'is' if without == 1 else 'are'} not measurable" if without else ""
    left = f"; {plural(hidden, 'further type')} in the table only" if hidden > 0 else ""
    return (
        f"{plural(len(data), 'pair')} of reader and evidence type (n = {span(data['n'])} cases each){missing}{left}. "
        "An NMSE of 1 is that of a reader that ignores images, and also of one that images move twice as far; the sign "
        f"of the difference tells them apart: S is lower for images in {plural(less, 'pair')} and higher in {more} "
        f"(sign test, Holm-adjusted p below {ALPHA:g}); for the others neither is shown."
    )
