"""Association of the cross-modal gap with accuracy, one point per reader (MEDSYN's Table 5)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from medsyn_inspect.analysis.frames.association import FEW
from medsyn_inspect.analysis.frames.gap import IMAGE_BLIND_NMSE
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.analysis.stats.mcnemar import ALPHA
from medsyn_inspect.conditions import source_in_words
from medsyn_inspect.report.figures.common import LINE, all_looks, finite, human_line, in_order, physicians_words
from medsyn_inspect.report.figures.drawing import Drawing, Section
from medsyn_inspect.report.figures.labels import MANY_READERS, Look
from medsyn_inspect.report.figures.panels import grid, legend, mark
from medsyn_inspect.report.figures.style import INK, NEUTRAL, SMALL, is_narrow, styled
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import number, p_equals, p_value, plural, span

SECTION: Section = "sensitivity"
POSITION = 3

MEASURES = {"accuracy": "FDx accuracy, %", "accuracy_image": "FDx accuracy (arms, images), %"}


@styled()
def draw(material: Material) -> Drawing | None:
    """Scatter plots of accuracy against mean NMSE; a panel for each source of posteriors."""
    findings = material.findings
    rows = own_rows(findings.readers)
    rows = rows[rows["mean_nmse"].map(finite).astype(bool)]
    across = findings.associations[findings.associations["scope"] == "across readers"]
    measures = {source: _measure(of_source, across) for source, of_source in rows.groupby("source", sort=False)}
    parts = [
        pd.DataFrame({"source": source, "measure": measure, **_numbers(rows[rows["source"] == source], measure)})
        for source, measure in measures.items()
    ]
    parts = [part for part in parts if part["accuracy"].map(finite).any()]
    if not parts:
        return None
    data = pd.concat(parts, ignore_index=True)
    data = data[data["accuracy"].map(finite).astype(bool)].reset_index(drop=True)
    look = all_looks(findings)
    readers = in_order(data["reader"], findings)
    sources = list(dict.fromkeys(data["source"]))
    claims = {source: claim(across, source, int((data["source"] == source).sum())) for source in sources}
    columns = 2 if len(readers) <= MANY_READERS else 3
    legend_rows = -(-(len(readers) + bool(human_line(findings))) // columns)
    lines = 2 if any("\n" in look[reader].label for reader in readers) else 1
    made = grid(len(sources), 1, 3.5, extra=0.15 + 0.17 * lines * legend_rows)
    for axes, source in zip(made.axes, sources, strict=True):
        of_source = data[data["source"] == source]
        _panel(axes, of_source, look, human_line(findings))
        cases = span(of_source["accuracy_n"])
        label = f"Mean NMSE over types (from {source_in_words(source)}, n = {cases} cases); dashed: images ignored"
        axes.set_xlabel("\n".join(textwrap.wrap(label, 48 if is_narrow() else 96)))
        axes.set_ylabel(MEASURES[measures[source]])
        axes.set_title(
            "\n".join(textwrap.wrap(claims[source], 52 if is_narrow() else 96)), fontsize=SMALL, style="italic"
        )
    entries: list[tuple[str, dict[str, Any]]] = [
        (look[reader].label, {"marker": look[reader].marker, "color": look[reader].colour}) for reader in readers
    ]
    if human_line(findings):
        entries.append((f"{physicians_words(findings)}: FDx accuracy", LINE | {"linestyle": "-"}))
    legend(made.figure, entries, columns=columns)
    return Drawing(
        name="nmse_accuracy",
        section=SECTION,
        title="Cross-modal gap and accuracy",
        reading=" ".join(_sentence(claims[source], source, len(sources)) for source in sources),
        alt="Scatter plot with one point for each reader: mean NMSE from left to right, accuracy from bottom to top, "
        "with its 95 % interval, and a dashed line at an NMSE of 1.",
        data=data,
        figure=made.figure,
    )


def _panel(axes: Axes, data: pd.DataFrame, look: Mapping[str, Look], physicians: Sequence[float]) -> None:
    """One point for each reader, with the interval of accuracy, and lines at the accuracy of physicians."""
    for value in physicians:
        axes.axhline(value, label="_physicians", **LINE)
    axes.axvline(IMAGE_BLIND_NMSE, color=INK, linewidth=0.9, linestyle="--", label="_image blind")
    for found in data.to_dict("records"):
        up = 100 * found["accuracy_lower"], 100 * found["accuracy_upper"]
        at = found["nmse"], 100 * found["accuracy"]
        mark(axes, "reader", at, look[found["reader"]], y_interval=up)
    axes.set_xlim(min(0.0, 1.1 * float(data["nmse"].min())), max(1.2, 1.05 * float(data["nmse"].max())))
    lines = [[value / 100, value / 100] for value in physicians]
    shown = [*data[["accuracy_lower", "accuracy_upper"]].to_numpy(dtype=float), *lines]
    axes.set_ylim(*_around(np.array(shown)))
    axes.grid(color=NEUTRAL, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def _around(shares: np.ndarray) -> tuple[float, float]:
    """Ends of an axis in percent, with a margin around these shares."""
    lower, upper = 100 * np.nanmin([*shares[:, 0], 1.0]), 100 * np.nanmax([*shares[:, 1], 0.0])
    return (max(-3.0, lower - 8), min(103.0, upper + 8)) if lower < upper else (-3.0, 103.0)


def _measure(rows: pd.DataFrame, across: pd.DataFrame) -> str:
    """The accuracy used in the association or, without one, that of the arms, whose answers also give the NMSE."""
    used = across.loc[across["source"].isin(set(rows["source"])), "y"]
    if len(used) and used.iloc[0] in MEASURES:
        return str(used.iloc[0])
    return "accuracy_image" if rows["accuracy_image"].map(finite).any() else "accuracy"


def _numbers(rows: pd.DataFrame, measure: str) -> dict[str, list[object]]:
    columns = {"reader": "reader"} | {f"nmse{end}": f"mean_nmse{end}" for end in ("", "_n")}
    columns |= {f"accuracy{end}": f"{measure}{end}" for end in ("", "_lower", "_upper", "_n")}
    return {name: list(rows[column]) for name, column in columns.items()}


def claim(across: pd.DataFrame, source: str, readers: int) -> str:
    """One sentence on the association across readers."""
    rows = across[(across["source"] == source) & (across["x"] == "mean_nmse")]
    if readers < 2 or rows.empty:
        return f"{plural(readers, 'reader')}: no association across readers can be measured"
    row = rows.iloc[0]
    if int(row["readers"]) < FEW or not finite(row["value"]):
        return str(row["reading"])
    measured = (
        f"Kendall's tau {number(row['value'], 2)}" if row["measure"] == "kendall" else f"rho {number(row['value'], 2)}"
    )
    tested = f"{measured}, {p_equals(row['p'])} (smallest possible: {p_value(row['smallest_p'])})"
    if row["p"] >= ALPHA:
        return (
            f"no association of NMSE and accuracy is shown over {int(row['readers'])} readers, which does not show "
            f"that there is none: {tested}"
        )
    direction = "lower" if row["value"] < 0 else "higher"
    return f"over {int(row['readers'])} readers, a higher NMSE goes with a {direction} accuracy: {tested}"


def _sentence(text: str, source: str, sources: int) -> str:
    text = text if sources == 1 else f"posteriors from {source_in_words(source)}: {text}"
    return f"{text[0].upper()}{text[1:]}."
