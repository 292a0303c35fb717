"""Figures of attention: to text and images by layer (MEDSYN, Figures 5 and 12), by evidence type, with sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from medsyn_inspect.analysis.stats.means import mean_interval
from medsyn_inspect.interventions.attention.relation import pooled
from medsyn_inspect.records import TEXT_SECTIONS, VIEWS, View
from medsyn_inspect.report.figures.drawing import Drawing
from medsyn_inspect.report.figures.labels import short_name
from medsyn_inspect.report.figures.panels import Grid, grid, legend
from medsyn_inspect.report.figures.style import COLOURS, INK, MARKERS, SIZE, SMALL, styled
from medsyn_inspect.wording import plural, spoken

GROUP_COLOURS = {"text": COLOURS[0], "image": COLOURS[2], "finding": COLOURS[2]}
GROUP_WORDS = {"text": "history and examination", "image": "images", "finding": "findings"}
DASHES = {"keep": "-", "random": "--"}
TITLE = 44
"""Maximum number of columns of a panel's title."""

MOST_IN_LEGEND = 4
"""Maximum number of entries in a row of a legend."""
TEXT_WORDS = {"keep": "own text", "random": "random text"}


def drawings(frame: pd.DataFrame, joined: pd.DataFrame) -> list[Drawing]:
    """All figures.

    Args:
        frame: The frame `attention`.
        joined: From `relation.join`; empty if RAPT was not joined with sensitivities.
    """
    made = [by_layer(frame), *(by_type(frame, view) for view in VIEWS if (frame["view"] == view).any())]
    return [*made, with_sensitivity(joined)] if len(joined) else made


@styled()
def by_layer(frame: pd.DataFrame) -> Drawing:
    """RAPT of text and visual evidence by layer, with own and with random text: a panel for each reader and view."""
    data = _means(pooled(frame), ["reader", "view", "group", "text", "layer"])
    data = data[data["group"].isin(GROUP_WORDS)].reset_index(drop=True)
    panels = _panels(data)
    made = grid(len(panels), 2, 2.1, extra=0.8)
    for place, (axes, (reader, view)) in enumerate(zip(made.axes, panels, strict=True)):
        own = data[(data["reader"] == reader) & (data["view"] == view)]
        for (group, text), line in own.groupby(["group", "text"], sort=False):
            _line(axes, line, colour=GROUP_COLOURS[str(group)], dashes=DASHES[str(text)])
        _layers(made, place, _title(reader, view), data)
    entries: list[tuple[str, dict[str, Any]]] = [
        (GROUP_WORDS["text"], {"color": GROUP_COLOURS["text"], "linestyle": "-"}),
        ("images or findings", {"color": GROUP_COLOURS["image"], "linestyle": "-"}),
        (TEXT_WORDS["keep"], {"color": INK, "linestyle": "-"}),
        (TEXT_WORDS["random"], {"color": INK, "linestyle": "--"}),
    ]
    legend(made.figure, entries)
    return Drawing(
        name="attention-by-layer",
        section="sensitivity",
        title="Attention to text and to visual evidence, by layer",
        reading=f"Attention per token relative to the average of the prompt (RAPT; 1 is the dotted line), mean over "
        f"{plural(frame['case_id'].nunique(), 'case')}; bands are 95 % intervals over cases. Question, headings and "
        "template are not shown.",
        alt="One panel for each reader and view, with a line over the layers for history and examination and one for "
        "images or findings, solid with the case's own text and dashed with random text",
        data=data,
        figure=made.figure,
    )


@styled()
def by_type(frame: pd.DataFrame, view: View) -> Drawing:
    """RAPT of each evidence type by layer in one view: a panel for each reader."""
    own = frame[(frame["view"] == view) & (frame["text"] == "keep") & frame["kind"].isin(["text", view])]
    data = _means(own, ["reader", "view", "section", "layer"])
    readers = list(dict.fromkeys(data["reader"]))
    looks = _looks(data["section"])
    made = grid(len(readers), min(2, len(readers)), 2.3, extra=0.8)
    for place, (axes, reader) in enumerate(zip(made.axes, readers, strict=True)):
        for section, line in data[data["reader"] == reader].groupby("section", sort=False):
            colour, marker = looks[str(section)]
            _line(axes, line, colour=colour, dashes=":" if section in TEXT_SECTIONS else "-", marker=marker)
        _layers(made, place, short_name(str(reader), TITLE), data)
    legend(
        made.figure,
        [
            (spoken(name), {"color": colour, "marker": marker, "linestyle": ":" if name in TEXT_SECTIONS else "-"})
            for name, (colour, marker) in looks.items()
        ],
        columns=min(len(looks), MOST_IN_LEGEND),
    )
    return Drawing(
        name=f"attention-by-type-{view}s",
        section="sensitivity",
        title=f"Attention to each evidence type, by layer ({view}s)",
        reading=f"Attention per token relative to the average of the prompt (RAPT; 1 is the dotted line), mean over "
        f"{plural(own['case_id'].nunique(), 'case')}; bands are 95 % intervals over cases.",
        alt=f"One panel for each reader, with a line over the layers for each evidence type, shown as {view}s, and for "
        "history and examination",
        data=data,
        figure=made.figure,
    )


@styled()
def with_sensitivity(joined: pd.DataFrame) -> Drawing:
    """RAPT against S: a panel for each reader and view, a point for each evidence type."""
    keys = ["reader", "view", "evidence_type"]
    data = _means(joined, keys).merge(_means(joined, keys, "S"), on=[*keys, "cases"])
    looks = _looks(data["evidence_type"])
    panels = _panels(data)
    made = grid(len(panels), 2, 2.1, extra=0.8)
    for place, (axes, (reader, view)) in enumerate(zip(made.axes, panels, strict=True)):
        for row in data[(data["reader"] == reader) & (data["view"] == view)].to_dict("records"):
            colour, marker = looks[str(row["evidence_type"])]
            for ends, at in (
                ([row["rapt_lower"], row["rapt_upper"]], [row["S"]] * 2),
                ([row["rapt"]] * 2, [row["S_lower"], row["S_upper"]]),
            ):
                axes.plot(ends, at, color=colour, linewidth=1.0)
            axes.plot(row["rapt"], row["S"], color=colour, marker=marker, linestyle="none")
        axes.set_title(_title(reader, view), fontsize=SMALL)
        axes.set_xlim(0, _top(data, "rapt"))
        axes.set_ylim(0, _top(data, "S"))
        axes.set_ylabel("S (bits)" if made.is_first_in_row(place) else "")
        if made.is_last_in_column(place):
            axes.set_xlabel("RAPT, mean over layers")
    legend(
        made.figure,
        [(spoken(name), {"color": one[0], "marker": one[1]}) for name, one in looks.items()],
        columns=min(len(looks), MOST_IN_LEGEND),
    )
    return Drawing(
        name="attention-and-sensitivity",
        section="sensitivity",
        title="Attention to an evidence type, and how far it moves the answer",
        reading=f"Means over {plural(joined['case_id'].nunique(), 'case')} with 95 % intervals. An association is no "
        "evidence that attention causes the effect.",
        alt="One panel for each reader and view, with a point for each evidence type: attention per token across, "
        "sensitivity upwards",
        data=data,
        figure=made.figure,
    )


def _panels(data: pd.DataFrame) -> list[tuple[str, View]]:
    """Reader and view of each panel: a row for each reader."""
    return [
        (str(reader), view)
        for reader in dict.fromkeys(data["reader"])
        for view in VIEWS
        if ((data["reader"] == reader) & (data["view"] == view)).any()
    ]


def _means(frame: pd.DataFrame, keys: Sequence[str], column: str = "rapt") -> pd.DataFrame:
    """Means over cases with their intervals, which are missing with few cases."""
    rows = []
    for values, group in frame.groupby(list(keys), sort=False):
        own = group[column].to_numpy(dtype=float)
        lower, upper = mean_interval(own)
        named = dict(zip(keys, values, strict=True))
        rows.append(
            named
            | {column: float(own.mean()), f"{column}_lower": lower, f"{column}_upper": upper}
            | {"cases": group["case_id"].nunique()}
        )
    return pd.DataFrame(rows)


def _line(axes: Axes, line: pd.DataFrame, *, colour: str, dashes: str, marker: str = "") -> None:
    """A line over the layers, with its band if there are intervals."""
    own = line.sort_values("layer")
    axes.plot(own["layer"], own["rapt"], color=colour, linestyle=dashes, marker=marker, markersize=3.5)
    if own["rapt_lower"].notna().any():
        axes.fill_between(own["layer"], own["rapt_lower"], own["rapt_upper"], color=colour, alpha=0.2, linewidth=0)


def _layers(made: Grid, place: int, title: str, data: pd.DataFrame) -> None:
    """Title, axes and the line at 1 of a panel over layers; all panels have the same axes."""
    axes = made.axes[place]
    axes.axhline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.set_title(title, fontsize=SMALL)
    axes.set_ylim(0, max(1.1, _top(data, "rapt")))
    axes.set_xlim(float(data["layer"].min()) - 0.3, float(data["layer"].max()) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("RAPT" if made.is_first_in_row(place) else "", fontsize=SIZE)
    if made.is_last_in_column(place):
        axes.set_xlabel("layer")


def _top(data: pd.DataFrame, column: str) -> float:
    """End of an axis that has room for every value and interval."""
    return 1.05 * float(np.nanmax(data[[column, f"{column}_upper"]].to_numpy(dtype=float)))


def _title(reader: str, view: View) -> str:
    return f"{short_name(reader, TITLE - 10)}, {view}s"


def _looks(names: pd.Series) -> dict[str, tuple[str, str]]:
    """Colour and marker of each section; history and examination have no marker."""
    colours, markers = cycle(COLOURS), cycle(MARKERS)
    ordered = sorted(dict.fromkeys(map(str, names)), key=lambda name: name not in TEXT_SECTIONS)
    return {
        name: (INK if name == "history" else "#808080", "") if name in TEXT_SECTIONS else (next(colours), next(markers))
        for name in ordered
    }
