"""Accuracy and coverage by the language of the case (MEDSYN reports English and Chinese cases apart)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import estimate
from medsyn_inspect.prompts.language import language_name
from medsyn_inspect.report.figures.common import (
    all_looks,
    by_reader,
    cut,
    findings_in,
    in_order,
    plain_runs,
    points,
    row_with,
    span,
)
from medsyn_inspect.report.figures.drawing import (
    Drawn,
    beside,
    filled,
    fitted,
    grid,
    hollow,
    key,
    mark,
    percent_across,
    plain,
    readers_down,
    row_height,
    styled,
)
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import plural

QUESTIONS = {"accuracy": ("fdx", "FDx accuracy, %"), "coverage": ("ddx", "DDx coverage, %")}


@styled()
def draw(material: Material) -> Drawn | None:
    """A panel for accuracy and one for coverage; a row for each reader, a marker for each of the two languages."""
    data = by_language(material)
    if data.empty:
        return None
    first, second = data["language"].iloc[0], data["other"].iloc[0]
    measures = [name for name in QUESTIONS if (data["measure"] == name).any()]
    readers = in_order(data["reader"], findings_in(material))
    look = all_looks(findings_in(material))
    shown = [look[reader] for reader in readers]
    made = grid(len(measures), 1, len(readers) * max(row_height(shown), 0.23) + 0.6, extra=0.3)
    for axes, measure in zip(made.axes, measures, strict=True):
        readers_down(axes, shown)
        percent_across(axes, QUESTIONS[measure][1])
        beside(axes, 0, f"{plain(fitted(first, 8))} − {plain(fitted(second, 8))}, points", 8, top=True)
        beside(axes, 0, "n", 112, top=True)
        of_measure = by_reader(data[data["measure"] == measure])
        for row, reader in enumerate(readers):
            if reader not in of_measure:
                continue
            found = of_measure[reader]
            for name, shift in (("value", 0.16), ("other_value", -0.16)):
                ends = found[f"{name}_low"] * 100, found[f"{name}_high"] * 100
                hollowed = name == "other_value"
                mark(axes, name, found[name] * 100, row + shift, look[reader], x_interval=ends, hollow=hollowed)
            beside(axes, row, points(found["difference"], found["difference_low"], found["difference_high"]), 8)
            beside(axes, row, f"{found['n']}/{found['other_n']}", 112)
    key(
        made.figure,
        [
            (f"{plain(language_name(name))}, 95 % interval", how)
            for name, how in ((first, filled()), (second, hollow()))
        ],
    )
    return Drawn(
        "languages",
        "Accuracy and coverage by language",
        _reading(data),
        f"Dot plots with one row for each reader: a filled marker for {language_name(first)} cases, a hollow one for "
        f"{language_name(second)} cases, each with its 95 % interval, and the difference between them in words.",
        data,
        made.figure,
    )


def by_language(material: Material) -> pd.DataFrame:
    """Both languages of each reader and measure, and how they differ; the two with most cases, if there are more.

    The interval of the difference is put together from those of the two shares (Newcombe 1998, method 10).
    """
    asked = {measure: plain_runs(findings_in(material), question) for measure, (question, _) in QUESTIONS.items()}
    cases = pd.concat(asked.values())
    sizes = cases.dropna(subset=["language"]).groupby("language")["case_id"].nunique() if len(cases) else pd.Series()
    if len(sizes) < 2:
        return pd.DataFrame()
    chosen = sorted(sizes.index, key=lambda name: (-sizes[name], name))[:2]
    rows = []
    for measure, runs in asked.items():
        for reader, answers in _whole(runs).groupby("reader", sort=False) if len(runs) else ():
            spoken = [answers[answers["language"] == name] for name in chosen]
            if not all(len(part) for part in spoken):
                continue
            one, other = (estimate(part, "right", 1) for part in spoken)
            if one is None or other is None or not one.n or not other.n:
                continue
            low = math.hypot(one.value - one.low, other.high - other.value)
            high = math.hypot(one.high - one.value, other.value - other.low)
            difference = one.value - other.value
            rows.append(
                {"reader": reader, "measure": measure, "language": chosen[0], "other": chosen[1]}
                | {"value": one.value, "value_low": one.low, "value_high": one.high, "n": one.n}
                | {"other_value": other.value, "other_value_low": other.low, "other_value_high": other.high}
                | {"other_n": other.n, "difference": difference}
                | {"difference_low": difference - low, "difference_high": difference + high}
            )
    return pd.DataFrame(rows)


def _whole(runs: pd.DataFrame) -> pd.DataFrame:
    """A reader that was asked about each language in a run of its own stands under its name without the selection."""
    by_language = runs["selection"].isin([f"language={name}" for name in runs["language"].dropna().unique()])
    names = np.where(by_language, [name.split(" [language=")[0] for name in runs["reader"]], runs["reader"])
    whole = runs.assign(reader=names)
    return whole.drop_duplicates(["reader", "case_id", "epoch"], keep="last")


def _reading(data: pd.DataFrame) -> str:
    first, second = language_name(data["language"].iloc[0]), language_name(data["other"].iloc[0])
    clear = data[(data["difference_low"] > 0) | (data["difference_high"] < 0)]
    sizes = f"{span(data['n'])} {first} and {span(data['other_n'])} {second} cases"
    note = "; the cases are different ones, so that a difference need not be due to language"
    if clear.empty:
        return f"On {sizes}, no difference between the languages has an interval without 0{note}."
    row = row_with(clear, clear["difference"].abs())
    told = points(row["difference"], row["difference_low"], row["difference_high"])
    return (
        f"On {sizes}, {len(clear)} of {plural(len(data), 'difference')} ({first} minus {second}) "
        f"{'has' if len(clear) == 1 else 'have'} an interval without 0, the largest {told} points in "
        f"{row['measure']} for {cut(row['reader'])}{note}."
    )
