"""What a reader believes on the way, after each clinical stage (consultations with `staging=turns`)."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.schema import in_condition
from medsyn_inspect.prompts.stages import CLINICAL_STAGE, PRESENTATION
from medsyn_inspect.report.figures.common import (
    all_looks,
    cut,
    findings_in,
    in_order,
    known,
    names,
    span,
)
from medsyn_inspect.report.figures.drawing import (
    HEADED,
    NEUTRAL,
    SIZE,
    SMALL,
    Drawn,
    beside,
    fitted,
    grid,
    key,
    mark,
    names_down,
    panels_across,
    percent_across,
    short_name,
    styled,
)
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.wording import plural, spoken

ORDER = [PRESENTATION, *dict.fromkeys(CLINICAL_STAGE.values())]
"""Stages in the order in which they come."""

LAST = "all evidence"
"""The last stage of each case, whichever it is."""

MEASURES = {
    "right": "right answers",
    "probability": "mean probability of the right one",
    "entropy": "entropy, of its maximum",
}


@styled()
def draw(material: Material) -> Drawn | None:
    """One panel for each reader: by stage the share of right answers, the belief in the right one, the entropy."""
    data = by_stage(material)
    if data.empty:
        return None
    readers = in_order(data["reader"], findings_in(material))
    look = all_looks(findings_in(material))
    stages = list(dict.fromkeys(data["stage"]))
    columns = panels_across(len(readers))
    width = {2: 38, 3: 24, 4: 17}[columns]
    lines = 2 if max(map(len, readers)) > width else 1
    made = grid(len(readers), columns, len(stages) * 0.175 + 0.3 + 0.13 * lines, extra=0.75)
    made.figure.supxlabel("%", fontsize=SIZE)
    for place, (axes, reader) in enumerate(zip(made.axes, readers, strict=True)):
        names_down(axes, [fitted(spoken(stage), 20) for stage in stages] if made.first(place) else [""] * len(stages))
        percent_across(axes, narrow=columns == 4)
        axes.tick_params(labelbottom=made.last(place))
        axes.set_title(short_name(reader, width, lines), fontsize=SMALL, pad=HEADED)
        beside(axes, 0, "n", 5, top=True)
        rows = data[data["reader"] == reader].set_index("stage")
        at = [stages.index(stage) for stage in rows.index]
        one = look[reader]
        for name, line in (("probability", (0, (4, 2))), ("entropy", (0, (1, 1.5)))):
            values = rows[name].to_numpy(dtype=float) * 100
            if np.isfinite(values).any():
                colour = one.colour if name == "probability" else NEUTRAL
                axes.plot(values, at, color=colour, linestyle=line, linewidth=1.3, label=f"_{name}")
        for y, found in zip(at, rows.to_dict("records"), strict=True):
            ends = found["low"] * 100, found["high"] * 100
            mark(axes, "right", found["right"] * 100, y, one, x_interval=ends)
            beside(axes, y, str(found["n"]), 5)
    key(
        made.figure,
        [
            ("right answers, 95 % interval", {"marker": "o", "linestyle": "-", "linewidth": 1.5}),
            ("mean probability of the right one", {"linestyle": (0, (4, 2)), "linewidth": 1.4}),
            ("entropy, of its maximum", {"linestyle": (0, (1, 1.5)), "linewidth": 1.4, "color": NEUTRAL}),
        ],
    )
    return Drawn(
        "stages",
        "Belief after each stage",
        _reading(data),
        f"{len(readers)} panels, one for each reader, with the clinical stages from top to bottom: the share of right "
        "answers with its 95 % interval, the mean probability of the right option, and the entropy of the "
        "posterior as a "
        "share of its maximum.",
        data,
        made.figure,
    )


def by_stage(material: Material) -> pd.DataFrame:
    """Each reader and stage, in clinical order.

    Returns:
        `reader`, `stage`, `n` (answers at this stage), `right` with `low` and `high` (Wilson), `probability` (mean of
        that of the right option; NaN without posteriors), `entropy` (mean, as a share of the logarithm of the number
        of options).
    """
    stages = findings_in(material).stages
    if stages.empty:
        return stages
    asked = stages[
        in_condition(stages, but=("staging", "selection", "grading"))
        & (stages["question"] == "fdx")
        & stages["correct"].notna()
    ]
    asked = asked.assign(reader=names(asked), **_belief(asked, findings_in(material).runs))
    rows = []
    # The stages of cases differ, but each case has a last one: only that row rests on all of them, as the first does.
    last = asked[asked["final"].astype(bool)].assign(stage=LAST)
    for (reader, stage), answers in pd.concat([asked, last]).groupby(["reader", "stage"], sort=False):
        right, n = float(answers["correct"].sum()), len(answers)
        low, high = proportion_confint(right, n, method="wilson")
        rows.append(
            {"reader": reader, "stage": stage, "n": n, "right": right / n, "low": float(low), "high": float(high)}
            | {"probability": answers["probability"].mean(), "entropy": answers["relative_entropy"].mean()}
        )
    found = pd.DataFrame(rows, columns=["reader", "stage", "n", "right", "low", "high", "probability", "entropy"])
    order = {stage: place for place, stage in enumerate([*ORDER, *sorted(set(found["stage"]) - {*ORDER, LAST}), LAST])}
    place = {reader: number for number, reader in enumerate(in_order(found["reader"], findings_in(material)))}
    return found.sort_values(
        ["reader", "stage"],
        key=lambda column: column.map(place if column.name == "reader" else order),
        ignore_index=True,
    )


def _belief(asked: pd.DataFrame, runs: pd.DataFrame) -> dict[str, list[float]]:
    """Probability of the right option, and entropy as a share of its maximum, for each answer."""
    key = ["log", "case_id", "epoch"]
    letters = runs.drop_duplicates(key, keep="last").set_index(key)["correct_letter"].to_dict() if len(runs) else {}
    found: dict[str, list[float]] = {"probability": [], "relative_entropy": []}
    for row in rows_of(asked):
        letter = letters.get(tuple(row[name] for name in key))
        belief = row["posterior"] if isinstance(row["posterior"], (tuple, list, np.ndarray)) else ()
        place = ascii_uppercase.find(letter) if isinstance(letter, str) else -1
        found["probability"].append(float(belief[place]) if 0 <= place < len(belief) else float("nan"))
        options = len(belief)
        found["relative_entropy"].append(float(row["entropy"]) / np.log2(options) if options > 1 else float("nan"))
    return found


def _reading(data: pd.DataFrame) -> str:
    ends = {str(reader): (rows.iloc[0], rows.iloc[-1]) for reader, rows in data.groupby("reader", sort=False)}
    sizes = f"n = {span(data['n'])} answers a stage"
    note = "not every case has every stage, so that the rows between rest on different cases"
    reader, (first, last) = next(iter(ends.items()))
    if len(ends) == 1:
        told = (
            f"{cut(reader)} is right in {first['right'] * 100:.0f} % after {spoken(first['stage'])} and in "
            f"{last['right'] * 100:.0f} % after the last stage of each case"
        )
        if known(first["probability"]) and known(last["probability"]):
            told += f" (mean probability of the right one {first['probability']:.2f} and {last['probability']:.2f})"
        return f"{told} ({sizes}); {note}."
    begun, done = ([pair[place]["right"] for pair in ends.values()] for place in (0, 1))
    best, worst = (cut(list(ends)[done.index(end(done))]) for end in (max, min))
    rose = sum(pair[1]["right"] > pair[0]["right"] for pair in ends.values())
    return (
        f"From {spoken(first['stage'])} to the last stage of each case the share of right answers rises in {rose} of "
        f"{plural(len(ends), 'reader')}, from {shares(begun)} to {shares(done)}, most for {best}, least for {worst} "
        f"({sizes}); {note}."
    )


def shares(values: Sequence[float]) -> str:
    """`42 %`, or `0-92 %`."""
    low, high = (f"{100 * value:.0f}" for value in (min(values), max(values)))
    return f"{low} %" if low == high else f"{low}-{high} %"
