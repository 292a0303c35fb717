"""Every generated sentence, with a world in which it must appear and one in which it must not.

`SPECIFICATION` is the table: words of the sentence, a world in which they must appear, a world in which they must not.
`test_every_sentence_is_in_the_table` finds the sentences in the source: a new one fails it until it has such a pair.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medsyn_inspect.analysis.caveats import about_ends, about_logs
from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.frames.accuracy import headline
from medsyn_inspect.analysis.frames.matched import CONSTANT, FEW, NOISE, UNBOUNDED
from medsyn_inspect.analysis.read.choosing import choose_runs
from medsyn_inspect.analysis.read.scores import notes_on_scores
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.crossfit import SMALLEST
from medsyn_inspect.analysis.stats.means import TOO_FEW
from medsyn_inspect.providers import JUDGE, READER
from medsyn_inspect.records import SECTIONS
from medsyn_inspect.redaction import WITHHELD
from medsyn_inspect.report.answer import (
    alike,
    alone,
    answer,
    best,
    complete,
    conveyed,
    evidence,
    look_at,
    measure_sensitivity,
    more_cases,
    second_reader,
    unmeasurable,
)
from medsyn_inspect.report.figures import (
    ablations,
    calibration,
    coverage_and_accuracy,
    cross_modal,
    figure_modules,
    nmse_accuracy,
    nmse_by_type,
    panel_agreement,
    position_bias,
    score_distribution,
)
from medsyn_inspect.report.figures import languages as language_figure
from medsyn_inspect.report.figures import specialties as specialty_figure
from medsyn_inspect.report.figures import stages as stage_figure
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.page import leaderboard, trust
from medsyn_inspect.report.page.summary import warnings as page_warnings
from medsyn_inspect.report.reasons import counted, not_measurable, without
from medsyn_inspect.version import package_version
from sentence_worlds import (
    NOTHING,
    accuracy_row,
    across,
    all_notes,
    answers,
    association_of,
    calibration_note,
    changed,
    compared_with_logs,
    compared_with_paper,
    comparisons,
    cost,
    criterion,
    curves,
    gap_notes,
    gaps,
    gee,
    judged,
    languages,
    left_out,
    log_of,
    nmse,
    notes,
    pairs_of,
    panel,
    points,
    positions,
    printed,
    readers,
    repeated,
    rerun_notes,
    run_log,
    scored,
    screen,
    shares,
    specialties,
    stages,
    standing,
    table,
    tested,
    two_arms,
    types,
    uptake_note,
)

WORDS = 4
"""Fewest words of a text in the source that counts as a sentence, or part of one."""


@dataclass(frozen=True)
class Row:
    """Words of a sentence, and its two worlds."""

    words: str
    appears: Callable[[], object]
    not_here: Callable[[], object]


NEAR = standing(a=0.9, b=0.8)
APART = standing("ab", a=0.9, b=0.5)
CHAIN = standing("ac", a=0.9, b=0.7, c=0.5)
"""Not transitive: b differs neither from a nor from c."""

# The answer of a report

ANSWER = [
    Row("No two readers differ significantly in", lambda: best(NEAR), lambda: best(APART)),
    Row("This does not show that they are equal", lambda: best(NEAR), lambda: best(APART)),
    Row("has the highest", lambda: best(APART), lambda: best(NEAR)),
    Row("is significantly lower", lambda: best(APART), lambda: best(NEAR)),
    Row("but not significantly higher than b", lambda: best(CHAIN), lambda: best(APART)),
    Row(
        "have the same, highest",
        lambda: best(standing("ac bc", a=0.9, b=0.9, c=0.5)),
        lambda: best(standing("ac bc", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "No reader is shown to be best",
        lambda: best(standing("bc", a=0.9, b=0.8, c=0.5)),
        lambda: best(standing("ac", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "and no reader differs significantly from",
        lambda: best(standing("bc", a=0.9, b=0.8, c=0.5)),
        lambda: best(standing("ac", a=0.9, b=0.8, c=0.5)),
    ),
    Row(
        "but significantly better on the cases that both answered",
        lambda: best(changed(APART, ahead={frozenset("ab"): "b"})),
        lambda: best(APART),
    ),
    Row("common cases", lambda: best(NEAR), lambda: alone("accuracy", accuracy_row(0.9, 0.7, 0.97), None)),
    Row("guessing gives 20 %", lambda: best(NEAR, chance=0.2), lambda: best(NEAR)),
    Row("judged by x", lambda: best(changed(NEAR, judge="x")), lambda: best(NEAR)),
    Row("not compared: judged differently", lambda: best(changed(NEAR, not_compared=1)), lambda: best(NEAR)),
    Row(
        "is not shown to differ from guessing in",
        lambda: alone("accuracy", accuracy_row(0.25, 0.1, 0.4), 0.2),
        lambda: alone("accuracy", accuracy_row(0.9, 0.7, 0.97), 0.2),
    ),
    Row(
        "The FDx accuracy of a is",
        lambda: alone("accuracy", accuracy_row(0.9, 0.7, 0.97), 0.2),
        lambda: alone("accuracy", accuracy_row(float("nan"), 0.7, 0.97), 0.2),
    ),
    Row("Every two readers differ significantly", lambda: alike(APART), lambda: alike(CHAIN)),
    Row(
        "of readers cannot be distinguished in",
        lambda: alike(standing("ab ac", a=0.9, b=0.6, c=0.5)),
        lambda: alike(standing("ac bc", a=0.9, b=0.8, c=0.5)),  # only a pair with the first reader, which `best` names
    ),
    Row(
        "No evidence type is shown to change answers less as an image",
        lambda: conveyed(types(("a", "ct", 1.0))),
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
    ),
    Row(
        "This does not show that images convey as much",
        lambda: conveyed(types(("a", "ct", 1.0))),
        lambda: conveyed(types(("a", "ct", None))),
    ),
    Row(
        "answers less as images than as findings",
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
        lambda: conveyed(types(("a", "ct", 1.5))),
    ),
    Row(
        "counted are intervals below 1",
        lambda: conveyed(types(("a", "ct", 0.3), failing=True)),
        lambda: conveyed(types(("a", "ct", 1.5))),
    ),
    Row(
        "is not measurable",
        lambda: unmeasurable(types(("a", "ct", None), note=FEW)),
        lambda: unmeasurable(types(("a", "ct", 0.3), ("a", "mri", None))),
    ),
    Row(
        "Next: complete the answers without a score",
        lambda: complete(readers(fdx_right=8, fdx_call_failed=2)),
        lambda: complete(readers(fdx_right=10, fdx_call_failed=0)),
    ),
    Row(
        "and only bounds are known for them",
        lambda: complete(readers(fdx_right=8, fdx_call_failed=2)),
        lambda: complete(readers(fdx_right=99, fdx_call_failed=1)),
    ),
    Row(
        "which shows how much images change answers",
        lambda: measure_sensitivity(types(), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", 0.3), note=""), answered=True),
    ),
    Row(
        "`sensitivity` with token probabilities",
        lambda: measure_sensitivity(types(("a", "ct", None)), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", 0.3), note=""), answered=True),
    ),
    Row(
        "cannot be separated from how sure a reader is",
        lambda: measure_sensitivity(types(("a", "ct", None)), answered=True),
        lambda: measure_sensitivity(types(("a", "ct", None), note=FEW), answered=True),
    ),
    Row(
        "Next: compare image and finding in the cases with CT",
        lambda: look_at(types(("a", "ct", 0.3), failing=True)),
        lambda: look_at(types(("a", "ct", 0.3))),
    ),
    Row(
        "where images change the answers of 1 reader less",
        lambda: look_at(types(("a", "ct", 0.3), failing=True)),
        lambda: look_at(types(("a", "ct", 0.3))),
    ),
    Row(
        "is detectable with 80 % power",
        lambda: more_cases(shares(3), [NEAR]),
        lambda: more_cases(shares(90, 9), [NEAR]),
    ),
    Row(
        "the power to detect a difference below",
        lambda: more_cases(shares(90, 9), [NEAR]),
        lambda: more_cases(shares(90, 9), [APART]),
    ),
    Row(
        "Next: run a second reader on the same cases, to compare it with this one",
        lambda: second_reader(readers()),
        lambda: second_reader(pd.concat([readers(), readers(model="b")])),
    ),
]  # fmt: skip

# Captions of figures

gap_caption = coverage_and_accuracy._reading
SHOWN, DOUBTFUL = (0.05, 0.35), (-0.05, 0.25)
ONE_MEASURE = readers(accuracy=0.5, accuracy_n=4)

CAPTIONS = [
    Row("Coverage exceeds accuracy", lambda: gap_caption(gaps(SHOWN, DOUBTFUL)), lambda: gap_caption(gaps(SHOWN))),
    Row("for 1 of 2 readers", lambda: gap_caption(gaps(SHOWN, DOUBTFUL)), lambda: gap_caption(gaps(SHOWN, SHOWN))),
    Row(
        "and is below it for 1",
        lambda: gap_caption(gaps(SHOWN, (-0.3, -0.1))),
        lambda: gap_caption(gaps(SHOWN, DOUBTFUL)),
    ),
    Row("an interval that excludes 0", lambda: gap_caption(gaps(SHOWN)), lambda: gap_caption(gaps(DOUBTFUL))),
    Row("an interval that includes 0", lambda: gap_caption(gaps(DOUBTFUL)), lambda: gap_caption(gaps(SHOWN))),
    Row("coverage minus accuracy is", lambda: gap_caption(gaps(SHOWN)), lambda: gap_caption(gaps(SHOWN, SHOWN))),
    Row(
        "the interval includes 0, so a gap is not established",
        lambda: gap_caption(gaps(SHOWN, DOUBTFUL)),
        lambda: gap_caption(gaps(SHOWN, SHOWN)),
    ),
    Row(
        "an exact McNemar test does not confirm it",
        lambda: gap_caption(gaps(SHOWN, p=0.125)),
        lambda: gap_caption(gaps(SHOWN, p=0.01)),
    ),
    Row(
        "the largest estimate is +20 points for r0",
        lambda: gap_caption(gaps(SHOWN, DOUBTFUL)),
        lambda: gap_caption(gaps(SHOWN)),
    ),
    Row("these are unlike tasks", lambda: gap_caption(gaps(SHOWN)), lambda: gap_caption(ONE_MEASURE)),
    Row(
        "drawn at random from the options, would cover",
        lambda: gap_caption(gaps(SHOWN, chance=0.6)),
        lambda: gap_caption(gaps(SHOWN)),
    ),
    Row(
        "The highest estimate of FDx accuracy is",
        lambda: gap_caption(pd.concat([readers(accuracy=0.5, accuracy_n=4), readers(accuracy=0.7, accuracy_n=4)])),
        lambda: gap_caption(readers(accuracy=0.5, accuracy_n=4)),
    ),
    Row(
        "the gap between coverage and accuracy needs both",
        lambda: gap_caption(readers(accuracy=0.5, accuracy_n=4)),
        lambda: gap_caption(gaps(SHOWN)),
    ),
    Row(
        "no answer is without a score",
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3), ("a", NOTHING, 1))),
    ),
    Row(
        "1 answer without a score is not included",
        lambda: score_distribution._reading(judged(("a", 5.0, 3), ("a", NOTHING, 1))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
    ),
    Row(
        "whether readers differ is tested in the comparison of readers",
        lambda: score_distribution._reading(judged(("a", 5.0, 3), ("b", 2.0, 3))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
    ),
    Row(
        "reach a score of 4 or more",
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3)).assign(threshold=5.0)),
    ),
    Row(
        "scored differentials of a",
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3), ("b", 2.0, 3))),
    ),
    Row(
        "of the differentials reach",
        lambda: score_distribution._reading(judged(("a", 5.0, 3), ("b", 2.0, 3))),
        lambda: score_distribution._reading(judged(("a", 5.0, 3))),
    ),
    Row(
        "ranges from 0 % to 100 % for a",
        lambda: specialty_figure._reading(specialties(("a", "x", 0.0), ("a", "y", 1.0))),
        lambda: specialty_figure._reading(specialties(("a", "x", 1.0), ("a", "y", 1.0))),
    ),
    Row(
        "whether specialties differ is not tested",
        lambda: specialty_figure._reading(specialties(("a", "x", 0.0), ("a", "y", 1.0))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
    ),
    Row(
        "no difference between the languages has an interval that excludes 0",
        lambda: language_figure._reading(languages(DOUBTFUL)),
        lambda: language_figure._reading(languages(SHOWN)),
    ),
    Row(
        "an interval that excludes 0 (not adjusted for 2 differences)",
        lambda: language_figure._reading(languages(SHOWN, DOUBTFUL)),
        lambda: language_figure._reading(languages(SHOWN)),
    ),
    Row(
        "the largest estimate +20 points",
        lambda: language_figure._reading(languages(SHOWN, DOUBTFUL)),
        lambda: language_figure._reading(languages(SHOWN)),
    ),
    Row(
        "a difference need not be due to language",
        lambda: language_figure._reading(languages(SHOWN)),
        lambda: specialty_figure._reading(specialties(("a", "x", 0.0), ("a", "y", 1.0))),
    ),
    Row(
        "2 below the line, 1 above it",
        lambda: cross_modal._reading(points("below", "below", "above"), ["ct"], hidden=0),
        lambda: cross_modal._reading(points("below", "above", "above"), ["ct"], hidden=0),
    ),
    Row(
        "more below than above in CT",
        lambda: cross_modal._reading(points("below", "below", "above"), ["ct"], hidden=0),
        lambda: cross_modal._reading(points("below", "above"), ["ct"], hidden=0),
    ),
    Row(
        "no type has more below than above",
        lambda: cross_modal._reading(points("below", "above"), ["ct"], hidden=0),
        lambda: cross_modal._reading(points("below", "below"), ["ct"], hidden=0),
    ),
    Row(
        "each S is estimated from samples, so single points are noisy",
        lambda: cross_modal._reading(points("below", source="samples"), ["ct"], hidden=0),
        lambda: cross_modal._reading(points("below"), ["ct"], hidden=0),
    ),
    Row(
        "in the table only",
        lambda: cross_modal._reading(points("below"), ["ct", "mri"], hidden=1),
        lambda: cross_modal._reading(points("below"), ["ct"], hidden=0),
    ),
    Row(
        "the sign tests by type show whether this is more than chance",
        lambda: cross_modal._reading(points("below"), ["ct"], hidden=0),
        lambda: cross_modal._reading(points("on"), ["ct"], hidden=0),
    ),
    Row(
        "No NMSE is measurable",
        lambda: nmse_by_type._reading(nmse((NOTHING, 0.0, NOTHING)), 0),
        lambda: nmse_by_type._reading(nmse((1.0, 0.1, 0.01)), 0),
    ),
    Row(
        "1 is not measurable",
        lambda: nmse_by_type._reading(nmse((1.0, 0.1, 0.01), (NOTHING, 0.0, NOTHING)), 0),
        lambda: nmse_by_type._reading(nmse((1.0, 0.1, 0.01)), 0),
    ),
    # A reader that images move twice as far has the NMSE of a blind one; the sign tells them apart.
    Row(
        "S is lower for images in 1 pair and higher in 0",
        lambda: nmse_by_type._reading(nmse((1.0, 0.1, 0.01)), 0),
        lambda: nmse_by_type._reading(nmse((1.0, -0.1, 0.01)), 0),
    ),
    Row(
        "and higher in 1 (sign test",
        lambda: nmse_by_type._reading(nmse((1.0, -0.1, 0.01)), 0),
        lambda: nmse_by_type._reading(nmse((1.0, -0.1, 0.2)), 0),
    ),
    Row(
        "An NMSE of 1 is that of a reader that ignores images, and also of one that images move twice as far",
        lambda: nmse_by_type._reading(nmse((1.0, -0.1, 0.01)), 0),
        lambda: nmse_by_type._reading(nmse((NOTHING, 0.0, NOTHING)), 0),
    ),
    Row(
        "no association across readers can be measured",
        lambda: nmse_accuracy.claim(across(-0.9, 0.01), "logprobs", 1),
        lambda: nmse_accuracy.claim(across(-0.9, 0.01), "logprobs", 6),
    ),
    Row(
        "a higher NMSE goes with a",
        lambda: nmse_accuracy.claim(across(-0.9, 0.01), "logprobs", 6),
        lambda: nmse_accuracy.claim(across(-0.5, 0.27), "logprobs", 6),
    ),
    Row(
        "no association of NMSE and accuracy is shown over 6 readers",
        lambda: nmse_accuracy.claim(across(-0.5, 0.27), "logprobs", 6),
        lambda: nmse_accuracy.claim(across(-0.9, 0.01), "logprobs", 6),
    ),
    Row(
        "which does not show that there is none",
        lambda: nmse_accuracy.claim(across(-0.5, 0.27), "logprobs", 6),
        lambda: nmse_accuracy.claim(across(-0.9, 0.01), "logprobs", 6),
    ),
    Row(
        "No position bias was found",
        lambda: position_bias._reading(positions(0.22, 0.19, 0.19, 0.2, 0.2)),
        lambda: position_bias._reading(positions(0.4, 0.15, 0.15, 0.15, 0.15)),
    ),
    Row(
        "the interval of at least one position excludes the expected value",
        lambda: position_bias._reading(positions(0.4, 0.15, 0.15, 0.15, 0.15)),
        lambda: position_bias._reading(positions(0.22, 0.19, 0.19, 0.2, 0.2)),
    ),
    Row(
        "the largest deviation is at position A",
        lambda: position_bias._reading(positions(0.22, 0.19, 0.19, 0.2, 0.2)),
        lambda: position_bias._reading(positions(0.2, 0.2, 0.2, 0.2, 0.2)),
    ),
    Row(
        "each position has exactly the expected probability",
        lambda: position_bias._reading(positions(0.2, 0.2, 0.2, 0.2, 0.2)),
        lambda: position_bias._reading(positions(0.22, 0.19, 0.19, 0.2, 0.2)),
    ),
    Row(
        "1 of 2 paired differences has a p below 0.05 after Holm over all comparisons of a reader and task",
        lambda: ablations._reading(comparisons(0.01, 0.5)),
        lambda: ablations._reading(comparisons(0.5, 0.5)),
    ),
    Row(
        "which does not show that nothing changed",
        lambda: ablations._reading(comparisons(0.5, 0.5)),
        lambda: ablations._reading(comparisons(0.01, 0.01)),
    ),
    Row(
        "the power to detect differences below 20 points is less than 80 %",
        lambda: ablations._reading(comparisons(0.5)),
        lambda: ablations._reading(comparisons(0.5, detectable=NOTHING)),
    ),
    Row(
        "no difference is detectable in so few cases",
        lambda: ablations._reading(comparisons(0.5, detectable=NOTHING)),
        lambda: ablations._reading(comparisons(0.5)),
    ),
    Row(
        "the others do not show that nothing changed",
        lambda: ablations._reading(comparisons(0.01, 0.5)),
        lambda: ablations._reading(comparisons(0.01, 0.01)),
    ),
    Row(
        "the largest estimate is +20 points for a",
        lambda: ablations._reading(comparisons(0.01, 0.01)),
        lambda: ablations._reading(comparisons(0.01, 0.5)),
    ),
    # The reader with the highest final share is not the one whose share rises most.
    Row(
        "the most for b",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9), b=(0.1, 0.7))),
        lambda: stage_figure._reading(stages(a=(0.1, 0.9), b=(0.1, 0.7))),
    ),
    Row(
        "the share of correct answers changes by",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9), b=(0.1, 0.7))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
    ),
    Row(
        "is higher after the last stage for 1 of 2 readers; this is not tested",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9), b=(0.7, 0.7))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9), b=(0.1, 0.7))),
    ),
    Row(
        "a is correct in 80 % after presentation and in 90 %",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9), b=(0.1, 0.7))),
    ),
    Row(
        "mean probability of the correct one",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9)).assign(probability=NOTHING)),
    ),
    Row(
        "24 answers per stage",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
        lambda: stage_figure._reading(stages(a=(0.8, 0.9)).assign(n=5)),
    ),
    Row(
        "not every case has every stage, so the intermediate rows include different cases",
        lambda: stage_figure._reading(stages(a=(0.8, 0.9))),
        lambda: ablations._reading(comparisons(0.5)),
    ),
    Row(
        "No curve can be tested: too few",
        lambda: calibration._reading(*curves(NOTHING, note="too few")),
        lambda: calibration._reading(*curves(0.01)),
    ),
    Row(
        "1 of 1 curve has a larger ECE than a calibrated reader would by chance",
        lambda: calibration._reading(*curves(0.01)),
        lambda: calibration._reading(*curves(0.4)),
    ),
    Row("0.70: overconfident", lambda: calibration._reading(*curves(0.01)), lambda: calibration._reading(*curves(0.4))),
    Row(
        "has the largest excess",
        lambda: calibration._reading(*curves(0.01, 0.4)),
        lambda: calibration._reading(*curves(0.01)),
    ),
    Row(
        "a calibrated reader would by chance (1 overconfident, 0 underconfident)",
        lambda: calibration._reading(*curves(0.01, 0.4)),
        lambda: calibration._reading(*curves(0.4, 0.4)),
    ),
    Row(
        "Krippendorff's ordinal alpha of 2 judges is 0.60",
        lambda: panel_agreement._reading(*panel(0.6, 0.4)),
        lambda: panel_agreement._reading(*panel(0.1, -0.2)),
    ),
    Row(
        "all agree on whether the diagnosis is covered in 90 %",
        lambda: panel_agreement._reading(*panel(0.6, 0.4)),
        lambda: position_bias._reading(positions(0.2, 0.2, 0.2, 0.2, 0.2)),
    ),
    Row(
        "agreement beyond chance is not established",
        lambda: panel_agreement._reading(*panel(0.1, -0.2)),
        lambda: panel_agreement._reading(*panel(0.6, 0.4)),
    ),
    Row(
        "all scores are the same, so this does not show how well the judges agree",
        lambda: panel_agreement._reading(*panel(1.0, NOTHING, equal=True)),
        lambda: panel_agreement._reading(*panel(0.6, 0.4)),
    ),
    Row(
        "answers that name the diagnosis word for word were not judged and are not included",
        lambda: panel_agreement._reading(*panel(0.6, 0.4)),
        lambda: panel_agreement._reading(*panel(1.0, NOTHING, equal=True)),
    ),
]

# Notes of the analysis

RIGHT = [1.0] * 5
JUDGED = {"judge": "j", "rubric": "bond", "threshold": 4.0}
CHANGED = JUDGED | {"log": "2", "text": "remove"}
OTHER = CHANGED | {"judge": "k"}
NARROW, WIDE = ((0.69, 0.19, 0.1), (0.71, 0.21, 0.1)), ((0.6, 0.1, 0.1), (0.8, 0.3, 0.1))


def bounds(ends: tuple[Any, Any]) -> dict[str, Any]:
    """The columns `lower` and `upper` of eight arms."""
    return {"lower": [ends[0]] * 8, "upper": [ends[1]] * 8}


@cache
def quiet() -> str:
    """The notes on a reader whose answers are all there."""
    return notes(answers("a", RIGHT))


@cache
def quiet_arms() -> str:
    return notes(arms=two_arms())


@cache
def quiet_pair() -> str:
    return notes(arms=pd.concat([two_arms(), two_arms(reader="b")]))


@cache
def all_quiet_arms() -> str:
    return all_notes(arms=two_arms())


@cache
def all_quiet_pair() -> str:
    return all_notes(arms=pd.concat([two_arms(), two_arms(reader="b")]))


def mixed_sources() -> pd.DataFrame:
    """A reader with one case of stated probabilities among three of token probabilities."""
    stated = two_arms(cases=1, source="verbalized").assign(case_id="stated")
    return pd.concat([two_arms(cases=3), stated])


def with_type(name: str, **changes: Any) -> pd.DataFrame:
    """The arms of `two_arms`, and those of another evidence type."""
    whole = two_arms(**changes)
    return pd.concat([whole, whole.query("withheld == 'ct'").assign(withheld=name)])


def two_runs(**columns: tuple[str, str]) -> pd.DataFrame:
    """Two runs of one reader."""
    rows = [run_log(log=f"{place}.eval", **{name: pair[place] for name, pair in columns.items()}) for place in (0, 1)]
    return pd.concat(rows, ignore_index=True)


NOTES = [
    Row(
        "3 of 5 answers are included",
        lambda: about_logs(run_log(status="cancelled", answered=3)),
        lambda: about_logs(run_log()),
    ),
    Row(
        "still running or interrupted",
        lambda: about_logs(run_log(status="started")),
        lambda: about_logs(run_log(status="cancelled")),
    ),
    Row(
        "was run in versions 1 and 2, which may not be comparable",
        lambda: about_logs(pd.concat([run_log(task_version="1"), run_log(task_version="2")])),
        lambda: about_logs(pd.concat([run_log(task_version="1"), run_log(task_version="1")])),
    ),
    Row(
        "missing because the call failed or was not made",
        lambda: notes(answers("a", [1, NOTHING])),
        quiet,
    ),
    Row(
        "unscored because the judge failed",
        lambda: notes(answers("a", [NOTHING], "ddx", outcome="judge_failed")),
        lambda: notes(answers("a", [NOTHING], "ddx")),
    ),
    Row(
        "answers that need no judge are not representative, so there are only bounds",
        lambda: notes(answers("a", [NOTHING], "ddx", outcome="judge_failed")),
        lambda: notes(answers("a", [1.0], "ddx")),
    ),
    Row(
        "unscored because the extractor failed",
        lambda: notes(answers("a", [NOTHING], outcome="reading_failed")),
        lambda: notes(answers("a", [NOTHING])),
    ),
    Row(
        "epochs; accuracy uses their mean for each case",
        lambda: notes(answers("a", [1, 0], case_id="c", epoch=[1, 2])),
        quiet,
    ),
    Row(
        "runs that were judged by j or judged by k are not compared with each other",
        lambda: notes(
            answers("a", RIGHT, "ddx", log="1", **JUDGED),
            answers("a", RIGHT, "ddx", **OTHER),
        ),
        lambda: notes(answers("a", RIGHT, "ddx", **JUDGED), answers("a", RIGHT, "ddx", **CHANGED)),
    ),
    Row(
        "Differentials were judged by different judges",
        lambda: notes(answers("a", RIGHT, "ddx", **JUDGED), answers("b", RIGHT, "ddx", **JUDGED | {"judge": "k"})),
        lambda: notes(answers("a", RIGHT, "ddx", **JUDGED), answers("b", RIGHT, "ddx", **JUDGED)),
    ),
    Row(
        "unread, counted as wrong; with all of them right, 100 % instead of 50 % would be right",
        lambda: notes(answers("a", [1, 0], read_by="nobody", failure=[None, "unparseable"])),
        quiet,
    ),
    Row(
        "so do not rank it with other readers",
        lambda: notes(answers("a", [1, 0], read_by="nobody", failure=[None, "unparseable"])),
        lambda: notes(answers("a", [1.0] * 99 + [0.0], read_by="nobody", failure=[None] * 99 + ["unparseable"])),
    ),
    Row(
        "the letter comes after other text or reasoning; these posteriors depend on it",
        lambda: notes(answers("a", RIGHT, posterior_source="after reasoning")),
        lambda: notes(answers("a", RIGHT, posterior_source="logprobs")),
    ),
    Row(
        "without a posterior although token probabilities came; most frequent reason: x",
        lambda: notes(answers("a", RIGHT, no_posterior="x")),
        quiet,
    ),
    Row(
        "later runs need another model",
        lambda: about_ends(run_log(model="google/gemini-2.5-pro"), answers("a", RIGHT)),
        lambda: about_ends(run_log(model="google/gemini-3.8-pro"), answers("a", RIGHT)),
    ),
    Row(
        "imported answers of people; 1 of 2 cases flagged as ambiguous",
        lambda: notes(answers("human/ada", [1, 0], ambiguity=[None, "two diseases"])),
        quiet,
    ),
    Row(
        "answers of a script, not of a person; 0 of 2 cases flagged as ambiguous",
        lambda: notes(answers("human/simulated-physician-1", [1, 0], ambiguity=[None, None])),
        lambda: notes(answers("human/ada", [1, 0], ambiguity=[None, None])),
    ),
    Row(
        "of 8 arms without a posterior; first error: refused",
        lambda: notes(arms=two_arms(error=[None] * 7 + ["refused"])),
        quiet_arms,
    ),
    Row(
        "posteriors are from repeated answers although token probabilities came: x",
        lambda: notes(arms=two_arms(note="x")),
        quiet_arms,
    ),
    Row(
        "such posteriors say little about the answer the model would have given",
        lambda: notes(arms=two_arms(option_mass=0.2)),
        lambda: notes(arms=two_arms(option_mass=0.9)),
    ),
    Row(
        "the list of candidate tokens leaves more than 0.1 of the probability of an option open",
        lambda: notes(arms=two_arms(**bounds(WIDE))),
        lambda: notes(arms=two_arms(**bounds(NARROW))),
    ),
    Row(
        "could not be read and 0 refused; these are counted for no option",
        lambda: notes(arms=two_arms(unreadable=1)),
        quiet_arms,
    ),
    Row(
        "Posteriors from different sources are not compared with each other",
        lambda: notes(arms=pd.concat([two_arms(), two_arms(reader="b", source="verbalized")])),
        quiet_pair,
    ),
    Row(
        "Probabilities stated by a model may differ",
        lambda: notes(arms=two_arms(source="verbalized")),
        quiet_arms,
    ),
    Row(
        "The cases are fictional: the numbers have no clinical meaning",
        lambda: notes(answers("a", RIGHT, synthetic=True)),
        quiet,
    ),
    Row(
        "All models are simulated: no medical model was evaluated",
        lambda: notes(answers(READER, RIGHT)),
        quiet,
    ),
    Row(
        "a simulated reader, not a medical model",
        lambda: notes(pd.concat([answers(READER, RIGHT), answers("a", RIGHT)])),
        lambda: notes(answers(READER, RIGHT)),
    ),
    Row(
        "simulated readers, not medical models",
        lambda: notes(pd.concat([answers(READER, RIGHT), answers("reference/blind", RIGHT), answers("a", RIGHT)])),
        lambda: notes(answers(READER, RIGHT)),
    ),
    Row(
        "is simulated: it compares the names of diagnoses, and no model was used",
        lambda: notes(answers("a", RIGHT, "ddx", **JUDGED | {"judge": "reference/judge"})),
        lambda: notes(answers("a", RIGHT, "ddx", **JUDGED)),
    ),
    Row(
        "No arm withheld any evidence, so Evidence Sensitivity cannot be computed",
        lambda: all_notes(arms=two_arms().query("withheld == ''")),
        all_quiet_arms,
    ),
    Row(
        "only the first epoch of each arm counts",
        lambda: all_notes(arms=pd.concat([two_arms(), two_arms()])),
        all_quiet_arms,
    ),
    Row(
        "posteriors from token probabilities and probabilities stated by the model in one run",
        lambda: all_notes(arms=mixed_sources()),
        all_quiet_arms,
    ),
    Row(
        "with other sources than token probabilities left out",
        lambda: all_notes(arms=mixed_sources()),
        all_quiet_arms,
    ),
    Row(
        "left out, because the arm with all evidence is missing",
        lambda: all_notes(arms=two_arms().query("withheld == 'ct'")),
        all_quiet_arms,
    ),
    Row(
        "the letter comes after other text or reasoning in some answers of the reader and not in others",
        lambda: all_notes(arms=two_arms(source=["logprobs"] * 7 + ["after reasoning"])),
        all_quiet_arms,
    ),
    Row(
        "Only one reader has posteriors from token probabilities: no association across readers",
        all_quiet_arms,
        all_quiet_pair,
    ),
    Row(
        "Associations include the runs on all cases, not those on only English cases",
        lambda: all_notes(arms=pd.concat([two_arms(), two_arms(reader="b", selection="language=en")])),
        all_quiet_pair,
    ),
    Row(
        "Readers have an NMSE for different evidence types; the association uses CT",
        lambda: all_notes(arms=pd.concat([two_arms(), with_type("mri", reader="b")])),
        all_quiet_pair,
    ),
    Row(
        "No evidence type has an NMSE for all readers: no association",
        lambda: all_notes(arms=pd.concat([two_arms(), two_arms(reader="b").replace({"withheld": {"ct": "mri"}})])),
        all_quiet_pair,
    ),
    Row(
        "of other case sets (",
        lambda: all_notes(answers("a", RIGHT, fingerprint="f1"), answers("b", RIGHT, fingerprint="f2"), case_set="f1"),
        lambda: all_notes(answers("a", RIGHT, fingerprint="f1"), case_set="f1"),
    ),
    Row(
        "Left out: 1 log of other case sets",
        lambda: all_notes(answers("a", RIGHT, fingerprint="f1"), answers("b", RIGHT, fingerprint="f2"), case_set="f1"),
        lambda: all_notes(answers("a", RIGHT, fingerprint="f1"), case_set="f1"),
    ),
    Row(
        "runs with different settings are different readers",
        lambda: choose_runs(two_runs(settings=("", "temperature=1"))).notes,
        lambda: choose_runs(two_runs()).notes,
    ),
    Row(
        "its questions ran with different settings",
        lambda: choose_runs(two_runs(settings=("", "temperature=1"), question=("ddx", "fdx"))).notes,
        lambda: choose_runs(two_runs(question=("ddx", "fdx"))).notes,
    ),
    Row(  # Only `sensitivity` has a design.
        "its questions ran with different settings (final diagnosis: default settings; final diagnosis (arms): "
        "temperature 1)",
        lambda: (
            choose_runs(
                two_runs(settings=("", "order_audit=0.5, temperature=1"), question=("fdx", "sensitivity"))
            ).notes
        ),
        lambda: choose_runs(two_runs(settings=("", "order_audit=0.5"), question=("fdx", "sensitivity"))).notes,
    ),
    Row(
        "are set aside (`--all` keeps them)",
        lambda: choose_runs(two_runs()).notes,
        lambda: choose_runs(two_runs(), keep_all=True).notes,
    ),
    Row(
        "are kept under names with their times",
        lambda: choose_runs(two_runs(), keep_all=True).notes,
        lambda: choose_runs(two_runs()).notes,
    ),
]


# Reasons without a number

REASONS = [
    Row(
        "removing the finding is not shown to move the answer more than rewording the question",
        lambda: uptake_note([1.0, 1.1, 0.9, 1.0], [1.0, 1.0, 1.0, 1.0]),
        lambda: uptake_note([1.0, 1.1, 0.9, 1.0], [0.1, 0.1, 0.1, 0.1]),
    ),
    Row(
        "no interval: the same ratio in every case",
        lambda: uptake_note([1.0] * 4, [0.1] * 4),
        lambda: uptake_note([1.0, 1.1, 0.9, 1.0], [0.1, 0.1, 0.1, 0.1]),
    ),
    Row(
        "no interval: too few cases or too different from each other",
        lambda: uptake_note([1.0, 1.1, 0.9, 40.0], [0.0, 0.0, 0.0, 39.0]),
        lambda: uptake_note([1.0, 1.1, 0.9, 1.0], [0.1, 0.1, 0.1, 0.1]),
    ),
    Row("no interval: fewer than 24 cases", lambda: pairs_of(23), lambda: pairs_of(24)),
    Row(
        "no value: the answers are all right or all wrong",
        lambda: gee([1.0, 1.0, 1.0, 1.0]),
        lambda: gee([1.0, 0.0, 1.0, 0.0]),
    ),
    Row(
        "no value: each reader is always right or always wrong",
        lambda: gee([1.0, 0.0] * 9, readers_of="ab"),
        lambda: gee([1.0, 0.0, 0.0] * 9, readers_of="ab"),
    ),
    Row(
        "no value: gap, confidence and sensitivity do not vary independently",
        lambda: gee([1.0, 0.0] * 9, gap=[0.5] * 18),
        lambda: gee([1.0, 0.0] * 9),
    ),
    Row("no value: fewer cases than coefficients", lambda: gee([1.0, 0.0]), lambda: gee([1.0, 0.0] * 9)),
    Row(
        "no value: the model does not converge, as happens where the gap almost separates",
        lambda: gee([0.0] * 9 + [1.0] * 9, gap=[float(place) for place in range(18)]),
        lambda: gee([1.0, 0.0] * 9),
    ),
    Row(
        "readers that are always right or always wrong are left out",
        lambda: left_out(mixed=False),
        lambda: left_out(mixed=True),
    ),
    Row(
        "no value: at least two readers that differ in both quantities are needed",
        lambda: association_of(0.5, 0.5),
        lambda: association_of(0.5, 0.6),
    ),
    Row(
        "no order of 2 has a p below 1.000: this is no test of a correlation",
        lambda: association_of(0.5, 0.6),
        lambda: association_of(0.1, 0.2, 0.3, 0.4, 0.5),
    ),
    Row(
        "`inspect score LOG --model-role extractor=MODEL` reads such answers without asking the reader again",
        lambda: notes(answers("a", [NOTHING], outcome="reading_failed")),
        lambda: notes(answers("a", [1.0])),
    ),
    Row("no case has S in both views", lambda: gap_notes([NOTHING], [0.1]), lambda: gap_notes([0.2], [0.1])),
    Row("findings do not change the answers", lambda: gap_notes([0.2], [0.0]), lambda: gap_notes([0.2], [0.1])),
    Row(
        "rewording the question changes the answers too much",
        lambda: gap_notes([0.1, 0.2], [0.1, 0.2], floor_finding=0.1),
        lambda: gap_notes([0.1, 0.2], [0.1, 0.2], floor_finding=0.01),
    ),
    Row(
        f"needs at least {SMALLEST} readable answers in each arm",
        lambda: gap_notes([0.1], [0.1], source="samples", finding_squared=NOTHING),
        lambda: gap_notes([0.1] * 9, [0.1] * 9, source="samples"),
    ),
    Row(
        "the effect of findings is not clear of sampling noise",
        lambda: gap_notes([0.1] * 4, [0.1] * 4, source="samples", finding_squared=[0.0, 0.1, -0.1, 0.01]),
        lambda: gap_notes([0.1] * 9, [0.1] * 9, source="samples"),
    ),
    Row(
        "no interval: sampling noise moves cases across the line",
        lambda: gap_notes([0.1] * 9, [0.1] * 9, source="samples"),
        lambda: gap_notes([0.1] * 9, [0.1] * 9),
    ),
    Row("no interval: a single case", lambda: gap_notes([0.1], [0.2]), lambda: gap_notes([0.1] * 2, [0.2] * 2)),
    Row(
        "no interval: the same value in every case",
        lambda: gap_notes([0.0] * 30, [0.5] * 30),
        lambda: gap_notes([0.0] * 30, list(np.linspace(0.1, 0.5, 30))),
    ),
    Row(
        "the largest share of a few repeated answers overstates the confidence",
        lambda: calibration_note(sampled=True),
        calibration_note,
    ),
    Row("no test: several answers to a case", lambda: calibration_note(epochs=2), calibration_note),
    Row(
        "Primary tests, one for each question: which reader is better (FDx accuracy of each pair of readers)",
        lambda: tested(reader_pairs=1),
        lambda: tested(types=1),
    ),
    Row(
        "whether images change answers as findings do (matched deficit of each reader and evidence type",
        lambda: tested(types=1),
        lambda: tested(reader_pairs=1),
    ),
    Row(
        "whether answers depend on the text (FDx accuracy with images, with and without history and examination",
        lambda: tested(comparisons=1),
        lambda: tested(types=1),
    ),
    Row(
        "whether confidence matches accuracy (excess calibration error of each reader and view",
        lambda: tested(calibration=1),
        lambda: tested(types=1),
    ),
    Row("All other tests are exploratory", lambda: tested(types=1), lambda: tested(types=0)),
    Row(
        "scores of other scorers ignored (theirs)",
        lambda: notes_on_scores("a.eval", "fdx", [scored(theirs=1.0)]),
        lambda: notes_on_scores("a.eval", "fdx", [scored(option_choice=1.0)]),
    ),
    Row(
        "ignored, because they are not numbers",
        lambda: notes_on_scores("a.eval", "ddx", [scored(precomputed_scores="good")]),
        lambda: notes_on_scores("a.eval", "ddx", [scored(precomputed_scores=4.0)]),
    ),
]

# The screen: headings and legends appear with their tables, lines with their numbers

USED = {"role": "model", "model": "m", "input": 1, "output": 1, "cached": 0, "cache_write": 0, "reasoning": 0,
        "total": 2, "cost": 0.0}  # fmt: skip
NO_NOTES = {"nmse_note": "", "share_below_note": ""}
READERS, GROUPS, FAILURES, ARMS = (
    lambda: screen("readers"),
    lambda: screen("readers", "groups"),
    lambda: screen("failures"),
    lambda: screen("arms"),
)

SCREEN = [
    Row("Readers, all evidence shown as images", READERS, screen),
    Row("On the cases that both readers answered", READERS, FAILURES),
    Row("significantly better to the number of readers minus", READERS, FAILURES),
    Row(
        "This is not transitive: a reader with two letters may differ from neither",
        READERS,
        FAILURES,
    ),
    Row(
        "Ranks are among the readers that were judged alike",
        GROUPS,
        READERS,
    ),
    Row("DDx-FDx gap, and numbers to read it with", READERS, FAILURES),
    Row("The gap, coverage minus accuracy, compares unlike tasks", READERS, FAILURES),
    Row("21 pairs of readers, of which", lambda: screen("many"), READERS),
    Row("differ significantly; `-o FOLDER` writes all of them", lambda: screen("many"), READERS),
    Row(
        "share of the finding's effect on the answer that the image has",
        ARMS,
        READERS,
    ),
    Row("As published: Evidence Sensitivity S", ARMS, READERS),
    Row(
        "R is an estimate for CT: no interval",
        lambda: not_measurable(table("types", {"evidence_type": "ct", "uptake_ratio": 0.5, "uptake_note": UNBOUNDED})),
        lambda: not_measurable(table("types", {"evidence_type": "ct", "uptake_note": NOISE})),
    ),
    Row(
        "R is not measurable for CT",
        lambda: not_measurable(table("types", {"evidence_type": "ct", "uptake_note": NOISE})),
        lambda: not_measurable(table("types", {"evidence_type": "ct", "uptake_ratio": 0.5, "uptake_note": ""})),
    ),
    Row(
        "Deficit of CT: no interval: fewer than 24 cases",
        lambda: without(table("types", {"evidence_type": "ct", "n": 5, "deficit_note": TOO_FEW} | NO_NOTES)),
        lambda: without(table("types", {"evidence_type": "ct", "n": 50, "deficit_note": ""} | NO_NOTES)),
    ),
    Row(
        "Deficit: no interval: fewer than 24 cases (1 of 1)",
        lambda: counted(table("types", {"deficit_note": TOO_FEW} | NO_NOTES)),
        lambda: counted(table("types", {"deficit_note": ""} | NO_NOTES)),
    ),
    Row("Calibration. ECE: expected calibration error", lambda: screen("calibrated"), READERS),
    Row("NMSE in parts: (1 - slope)^2 + scatter", ARMS, READERS),
    Row("Exact: the NMSE of the simulated reader in closed form", lambda: screen("arms", "exact"), ARMS),
    Row("Paired comparisons: share right", lambda: screen("conditions"), READERS),
    Row(
        "comparisons with evidence withheld and an adjusted p of",
        ARMS,
        lambda: screen("conditions"),
    ),
    Row("Is a smaller gap associated with more right answers", ARMS, READERS),
    Row("Every condition; 95 % intervals: Wilson for shares", READERS, ARMS),
    Row("without a score or diagnosis: 1 call failed", FAILURES, READERS),
    Row("exact matches need no judge", READERS, FAILURES),
    Row("Ratings by others next to the judge's scores", lambda: screen("readers", "ratings"), READERS),
    Row("Position bias: mean probability (%) at each position", lambda: screen("orders"), ARMS),
    Row("Effect of the order. Moved: divergence of the fixed order", lambda: screen("orders"), ARMS),
    Row(
        "Belief by stage, evidence in turns. Settled: the answer no longer",
        lambda: screen("turns"),
        READERS,
    ),
]


# How runs are repeated, and comparisons with other results

HOSTED, LOCAL = {"model": "openai/gpt-6-2026-03-01"}, {"model": READER}
JUDGE_AT = {"grader": [{"model": "j/one", "base_url": "http://x", "args": {}, "config": {}}]}
SECRET = {"model_args": {"token": WITHHELD}}
SECRET_OF_JUDGE = {"grader": [{"model": "j/one", "base_url": "", "args": {"token": WITHHELD}, "config": {}}]}

OTHERS = [
    Row("The cases of the paper are not available", compared_with_paper, compared_with_logs),
    Row("Published figures have no intervals", compared_with_paper, compared_with_logs),
    Row("Differences are these logs minus the other logs", compared_with_logs, compared_with_paper),
    Row("These logs and the other logs", compared_with_logs, compared_with_paper),
    Row("as logged by Inspect", lambda: cost("openai/gpt-6", 0.1), lambda: cost("openai/gpt-6")),
    Row("no price known for openai/gpt-6", lambda: cost("openai/gpt-6"), lambda: cost("openai/gpt-6", 0.1)),
    Row("the cost of computing is not included", lambda: cost("hf/small"), lambda: cost("openai/gpt-6")),
    Row(
        "A hosted model can change without a change of name",
        lambda: rerun_notes(HOSTED),
        lambda: rerun_notes(LOCAL),
    ),
    Row(
        "The report does not contain the folders of case sets",
        lambda: rerun_notes({"task_args": {"cases": "mine"}}),
        lambda: rerun_notes({"task_args": {}}),
    ),
    Row(
        "The logs were written with different versions of Inspect: 0.3, 0.4",
        lambda: rerun_notes({}, {"inspect_version": "0.4"}),
        lambda: rerun_notes({}, {}),
    ),
    Row(
        "A log was written from a folder with uncommitted changes",
        lambda: rerun_notes({"dirty": True}),
        lambda: rerun_notes({}),
    ),
    Row(
        "its tokens cannot be separated by role",
        lambda: rerun_notes({"usage": [USED | {"role": "model and grader"}]}),
        lambda: rerun_notes({"usage": [USED]}),
    ),
    Row("Logs do not record the version of Python", lambda: rerun_notes({}), rerun_notes),
    Row("again, in the folder of the report:", repeated, lambda: repeated(model="human/ada")),
    Row(
        "People gave these answers; no command can ask them again",
        lambda: repeated(model="human/ada"),
        repeated,
    ),
    Row(
        "token of the grader: replace its placeholder in the file",
        lambda: repeated(model_roles=SECRET_OF_JUDGE),
        lambda: repeated(**SECRET),
    ),
    Row(
        "seed: left out; a report must not show it",
        lambda: repeated(config={"seed": WITHHELD}),
        lambda: repeated(config={"seed": 1}),
    ),
    Row(
        "folder of the case set s 1, fingerprint f",
        lambda: repeated(task_args={"cases": "mine"}),
        repeated,
    ),
    Row(
        "address of the service that answered as m",
        lambda: repeated(base_url="http://x"),
        repeated,
    ),
    Row(
        "solver: replace the placeholder in the file by its path",
        lambda: repeated(solver=WITHHELD),
        lambda: repeated(solver="mine"),
    ),
    Row(
        "Address of the grader j/one: write it into the file in place of http://withheld:GRADER_1_BASE_URL",
        lambda: repeated(model_roles=JUDGE_AT),
        repeated,
    ),
    Row(
        "the run had no seed, so the order of the cases, and a limit, differ",
        lambda: repeated(eval_config={"sample_shuffle": True}),
        lambda: repeated(eval_config={"sample_shuffle": 7}),
    ),
]

# Criteria of STREAM

CARD = log_of()["card"]
BY_RULE = {"model_roles": {"grader": [{"model": JUDGE, "args": {}, "config": {}}]}}
INVENTED = log_of(model=READER, reader=READER, card=CARD | {"synthetic": True})
REAL = log_of(card=CARD | {"synthetic": 0.0})
ADA = log_of(model="human/ada", reader="human/ada")
ARMS_LOG, LISTS = log_of(question="sensitivity"), log_of(question="ddx")
GRADED = log_of(
    question="ddx",
    scorers=[{"name": "differential_judge", "options": {"rubric": "bond"}}],
    model_roles={"grader": [{"model": "j/one", "args": {}, "config": {}}]},
)
CHOSEN = log_of(scorers=[{"name": "option_choice", "options": {}}])
RUN = answers("m", RIGHT)
DDX = answers("m", RIGHT, "ddx", **JUDGED)
UNSCORED = answers("m", [1.0, NOTHING])
UNREAD = answers("m", [1.0, 0.0], read_by="nobody", failure=[None, "unparseable"])


def of_runs(place: str, runs: pd.DataFrame = RUN, *logs: dict[str, Any]) -> str:
    """The answer to a criterion, with these answers."""
    return criterion(place, *logs, runs=runs, headline=headline(runs))


def of_types(place: str, **frames: pd.DataFrame) -> str:
    return criterion(place, types=nmse((0.5, 0.1, 0.01)), **frames)


STREAM = [
    Row(
        "A person must add which harm or claim this is relevant to",
        lambda: criterion("1(i)"),
        lambda: criterion("1(ii)"),
    ),
    Row("which result would establish or rule out a concern", lambda: criterion("1(ii)"), lambda: criterion("1(i)")),
    Row(
        "shows an item as a reader gets it",
        lambda: criterion("1(iii)"),
        lambda: criterion("1(iii)", log_of(sample_ids=None)),
    ),
    Row(
        "A model name without a date may refer to different builds",
        lambda: criterion("3(i)", log_of(model="openai/gpt-6")),
        lambda: criterion("3(i)", log_of(model="openai/gpt-6-2026-03-01")),
    ),
    Row(
        "1 of 2 answers were refused or filtered",
        lambda: of_runs("3(ii)", answers("m", [1.0, 0.0], failure=[None, "refused"])),
        lambda: criterion("3(ii)"),
    ),
    Row("0 of 8 answers in arms were refused", lambda: criterion("3(ii)", arms=two_arms()), lambda: criterion("3(ii)")),
    Row("The logs do not record which safeguards of the model", lambda: criterion("3(ii)"), lambda: criterion("3(i)")),
    Row(
        "of the case set for de",
        lambda: criterion("3(iii)", log_of(card=CARD | {"prompts": {"de": "x"}})),
        lambda: criterion("3(iii)"),
    ),
    Row(
        "The tasks ask each question without examples",
        lambda: criterion("3(iii)"),
        lambda: criterion("3(iii)", log_of(templates=None)),
    ),
    Row(
        "the defaults of the provider",
        lambda: criterion("3(iii)"),
        lambda: criterion("3(iii)", log_of(config={"seed": 0})),
    ),
    Row(
        "Answers per question: 1; all are used",
        lambda: criterion("3(iii)"),
        lambda: criterion("3(iii)", log_of(epochs=3)),
    ),
    Row(
        "The solver of the tasks was replaced by: x",
        lambda: criterion("3(iii)", log_of(solver="x")),
        lambda: criterion("3(iii)"),
    ),
    Row("Whether better prompts or fine-tuning would improve", lambda: criterion("3(iii)"), lambda: criterion("3(ii)")),
    Row(
        "And 2 more in the tables",
        lambda: criterion("4(i)", types=nmse(*[(0.5, 0.1, 0.01)] * 10)),
        lambda: criterion("4(i)", types=nmse((0.5, 0.1, 0.01))),
    ),
    Row("Only the headers of the logs were read", lambda: criterion("4(i)"), lambda: of_runs("4(i)")),
    Row("The logs contain no scored answers", lambda: criterion("4(i)", logs=run_log()), lambda: criterion("4(i)")),
    Row(
        "Wilson for shares, Newcombe for paired differences of shares",
        lambda: of_runs("4(ii)"),
        lambda: criterion("4(ii)"),
    ),
    Row(
        "Of 2 requested answers (final diagnosis), 1 are scored",
        lambda: of_runs("4(ii)", UNSCORED),
        lambda: of_runs("4(ii)"),
    ),
    Row("1 of these are unread and count as wrong", lambda: of_runs("4(ii)", UNREAD), lambda: of_runs("4(ii)")),
    Row(
        "Of 8 arms, 8 have a posterior",
        lambda: of_types("4(ii)", arms=two_arms()),
        lambda: of_runs("4(ii)"),
    ),
    Row(
        "of older or other runs are excluded",
        lambda: of_runs("4(ii)", RUN, log_of(), log_of(counted=False)),
        lambda: of_runs("4(ii)"),
    ),
    Row(
        "Conditions are compared case by case (exact McNemar test)",
        lambda: of_types("4(ii)", comparisons=comparisons(0.5)),
        lambda: of_types("4(ii)"),
    ),
    Row(
        "Readers are compared pair by pair on their common cases",
        lambda: of_types("4(ii)", reader_pairs=shares(9)),
        lambda: of_types("4(ii)"),
    ),
    Row("Views are compared by type: published S", lambda: of_types("4(ii)"), lambda: of_runs("4(ii)")),
    Row("With all unscored answers wrong or all right", lambda: of_runs("4(ii)", UNSCORED), lambda: of_runs("4(ii)")),
    Row("With all unread answers right", lambda: of_runs("4(ii)", UNREAD), lambda: of_runs("4(ii)")),
    Row(
        "Evidence types were withheld one at a time", lambda: criterion("4(iii)", ARMS_LOG), lambda: criterion("4(iii)")
    ),
    Row(
        "Only one condition was run",
        lambda: criterion("4(iii)"),
        lambda: criterion("4(iii)", log_of(), log_of(view="finding")),
    ),
    Row("A person must add who they are, how many", lambda: criterion("5(i)", ADA), lambda: criterion("5(i)")),
    Row(
        "The logs contain answers of people, but none is scored",
        lambda: criterion("5(ii)", ADA),
        lambda: criterion("5(ii)"),
    ),
    Row(
        "Models on the same cases: see 4(i)",
        lambda: of_runs("5(ii)", answers("human/ada", RIGHT), ADA),
        lambda: criterion("5(ii)", ADA),
    ),
    Row("A person must add the time allowed, aids, pay", lambda: criterion("5(iii)", ADA), lambda: criterion("5(iii)")),
    Row(
        "The logs contain no answers of people; see 5(iv-a)", lambda: criterion("5(i)"), lambda: criterion("5(i)", ADA)
    ),
    Row("The logs contain answers of people.", lambda: criterion("5(iv-a)", ADA), lambda: criterion("5(iv-a)")),
    Row(
        "The logs contain no answers of people; a person must add why",
        lambda: criterion("5(iv-a)"),
        lambda: criterion("5(iv-a)", ADA),
    ),
    Row(
        "Chance: a guess among the options is right in 20.0 %",
        lambda: criterion("5(iv-b)"),
        lambda: criterion("5(iv-b)", log_of(options={})),
    ),
    Row(
        "Chance: one over the number of options, which the headers do not record",
        lambda: criterion("5(iv-b)", log_of(options={})),
        lambda: criterion("5(iv-b)"),
    ),
    Row(
        "By definition, a reader that ignores images has an uptake ratio of 0",
        lambda: criterion("5(iv-b)", ARMS_LOG),
        lambda: criterion("5(iv-b)"),
    ),
    Row(
        "The question was also asked alone, without the case",
        lambda: criterion("5(iv-b)", log_of(withheld=SECTIONS)),
        lambda: criterion("5(iv-b)"),
    ),
    Row("Simulated readers of known behaviour", lambda: criterion("5(iv-b)", INVENTED), lambda: criterion("5(iv-b)")),
    Row("A free-text answer has no chance level", lambda: criterion("5(iv-b)", LISTS), lambda: criterion("5(iv-b)")),
    Row(
        "cases are invented: results on them have no clinical meaning",
        lambda: criterion("6(i)", INVENTED),
        lambda: criterion("6(i)", REAL),
    ),
    Row(
        "All readers are simulated: no medical model was evaluated",
        lambda: criterion("6(i)", INVENTED),
        lambda: criterion("6(i)", REAL),
    ),
    Row(
        "1 model tested: the results may not hold for other models",
        lambda: criterion("6(i)", INVENTED),
        lambda: criterion("6(i)", INVENTED, REAL),
    ),
    Row(
        "2 models are too few for a correlation: even a perfect one has a p above 5 %",
        lambda: criterion("6(i)", INVENTED, REAL),
        lambda: criterion("6(i)", *(REAL | {"model": str(place)} for place in range(5))),
    ),
    Row(
        "Withholding one piece of evidence may have no effect if another contains",
        lambda: criterion("6(i)", INVENTED | {"question": "sensitivity"}),
        lambda: criterion("6(i)", INVENTED),
    ),
    Row(
        "Scores of differentials are the ratings of a judge",
        lambda: criterion("6(i)", INVENTED, GRADED),
        lambda: criterion("6(i)", INVENTED),
    ),
    Row(
        "is simulated: a rule that compares names of diagnoses",
        lambda: criterion("6(i)", INVENTED, GRADED | BY_RULE, runs=DDX.assign(judge=JUDGE)),
        lambda: criterion("6(i)", INVENTED, GRADED, runs=DDX),
    ),
    Row(
        "See also the remarks on the results (1)",
        lambda: criterion("6(i)", INVENTED, notes=["x"]),
        lambda: criterion("6(i)", INVENTED),
    ),
    Row(
        "A person must add the conclusions for use or risk",
        lambda: criterion("6(i)", INVENTED),
        lambda: criterion("6(ii)"),
    ),
    Row("which result would have changed the conclusion", lambda: criterion("6(ii)"), lambda: criterion("6(iii)")),
    Row("a forecast for later models or better elicitation", lambda: criterion("6(iii)"), lambda: criterion("6(ii)")),
    Row("The runs were made on 2026-11-01", lambda: criterion("6(iv)"), lambda: criterion("6(iv)", log_of(created=""))),
    Row("A person must add when results were available", lambda: criterion("6(iv)"), lambda: criterion("6(v)")),
    Row("Those involved must add whether they disagreed", lambda: criterion("6(v)"), lambda: criterion("6(iv)")),
    # How answers were graded
    Row(
        "a number of options that the headers do not record",
        lambda: criterion("2(ii)", CHOSEN | {"options": {}}),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row("is correct; scored by the letter", lambda: criterion("2(ii)", CHOSEN), lambda: criterion("2(ii)", GRADED)),
    Row(
        "the same question with all evidence and without each evidence type",
        lambda: criterion("2(ii)", CHOSEN | {"question": "sensitivity"}),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "a ranked list of diagnoses in free text",
        lambda: criterion("2(ii)", GRADED),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "one final diagnosis in free text, from the reader's own list",
        lambda: criterion("2(ii)", GRADED | {"question": "open_fdx"}),
        lambda: criterion("2(ii)", GRADED),
    ),
    Row(
        "Rated 0 to 5 (rubric bond), covered from 4",
        lambda: criterion("2(ii)", GRADED),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "Key: the final diagnosis of each case. Source of the cases: own",
        lambda: criterion("2(iii)", CHOSEN),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "Fingerprint of the judges' instructions",
        lambda: criterion("2(iii)", GRADED),
        lambda: criterion("2(iii)", CHOSEN),
    ),
    Row(
        "A canary string marks the set, to detect it in training data",
        lambda: criterion("2(iii)", CHOSEN | {"card": CARD | {"canary": "x"}}),
        lambda: criterion("2(iii)", CHOSEN),
    ),
    Row(
        "the set, to detect it in training data",
        lambda: criterion("2(iii)", CHOSEN),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "The authors of the set must add who checked keys",
        lambda: criterion("2(iii)", CHOSEN),
        lambda: criterion("2(ii)", CHOSEN),
    ),
    Row(
        "The logs have ratings that may be from people",
        lambda: criterion("2(iv-a)", log_of(scorers=[{"name": "theirs", "options": {}}])),
        lambda: criterion("2(iv-a)", CHOSEN),
    ),
    Row(
        "the chosen option is compared with the key",
        lambda: criterion("2(iv-a)", CHOSEN),
        lambda: criterion("2(iv-a)", GRADED),
    ),
    Row("No answer was graded by a model", lambda: criterion("2(v-a)", CHOSEN), lambda: criterion("2(v-a)", GRADED)),
    Row(
        "No judge was needed: every scored answer was an exact match",
        lambda: criterion("2(v-a)", GRADED | {"model_roles": {}}, runs=DDX.assign(judge="")),
        lambda: criterion("2(v-a)", GRADED, runs=DDX),
    ),
    Row(
        "The headers name no judge; the default was",
        lambda: criterion("2(v-a)", GRADED | {"model_roles": {}}),
        lambda: criterion("2(v-a)", GRADED, runs=DDX),
    ),
    Row(
        "is not a model but a rule that compares names",
        lambda: criterion("2(v-a)", GRADED | BY_RULE, runs=DDX.assign(judge=JUDGE)),
        lambda: criterion("2(v-a)", GRADED, runs=DDX),
    ),
    Row(
        "was also a reader and may have judged its own answers",
        lambda: criterion("2(v-a)", GRADED | {"model": "j"}, runs=DDX),
        lambda: criterion("2(v-a)", GRADED, runs=DDX),
    ),
    Row(
        "The judge gets the rubric and rules", lambda: criterion("2(v-b)", GRADED), lambda: criterion("2(v-b)", CHOSEN)
    ),
    Row(
        "It rates each diagnosis in JSON, which is validated",
        lambda: criterion("2(v-b)", GRADED),
        lambda: criterion("2(v-b)", CHOSEN),
    ),
    Row(
        "A diagnosis that exactly matches the key or an accepted name needs no judge",
        lambda: criterion("2(v-b)", GRADED),
        lambda: criterion("2(v-b)", CHOSEN),
    ),
    Row(
        "in these logs, empty lists included",
        lambda: criterion("2(v-b)", GRADED | {"metrics": {"differential_judge/decided_without_judge": 3}}),
        lambda: criterion("2(v-b)", GRADED),
    ),
    Row(
        "A panel's score is the median",
        lambda: criterion("2(v-b)", GRADED | {"model_roles": {"grader": [*GRADED["model_roles"]["grader"]] * 2}}),
        lambda: criterion("2(v-b)", GRADED),
    ),
    Row(
        "in version",
        lambda: criterion("2(v-b)", GRADED | {"package_version": "0"}),
        lambda: criterion("2(v-b)", GRADED | {"package_version": package_version()}),
    ),
    Row(
        "The judge failed on 0 of 5 answers",
        lambda: criterion("2(v-b)", GRADED, runs=DDX),
        lambda: criterion("2(v-b)", GRADED),
    ),
    Row(
        "The headers do not record how often the judge failed",
        lambda: criterion("2(v-b)", GRADED | {"unscored": None}),
        lambda: criterion("2(v-b)", GRADED),
    ),
    Row(
        "remained unscored by the judge",
        lambda: criterion("2(v-b)", GRADED),
        lambda: criterion("2(v-b)", GRADED, runs=DDX),
    ),
    Row(
        "Agreement within the panel (Krippendorff's ordinal alpha)",
        lambda: criterion("2(v-c)", GRADED | {"metrics": {"differential_judge/panel_alpha": 0.6}}),
        lambda: criterion("2(v-c)", GRADED),
    ),
    Row(
        "Agreement among judges is not agreement with physicians",
        lambda: criterion("2(v-c)", GRADED | {"metrics": {"differential_judge/panel_alpha": 0.6}}),
        lambda: criterion("2(v-c)", GRADED),
    ),
    Row(
        "These logs do not compare the judge with people",
        lambda: criterion("2(v-c)", GRADED),
        lambda: criterion("2(v-c)", CHOSEN),
    ),
]


# The first screen of the page


def board(*models: str, ranked: bool = False, emphasis: str = "", chance: float | None = None) -> str:
    """The caption of a leaderboard of these models; the last one with an emphasis if there is one."""
    rows = [readers(reader=f"r{place}", model=model, emphasis="") for place, model in enumerate(models)]
    rows[-1]["emphasis"] = emphasis
    ranks = conform("ranks", [{"measure": "accuracy", "reader": "r0"}] if ranked else [])
    return leaderboard.caption(Findings(readers=pd.concat(rows), ranks=ranks), leaderboard.MEASURES[0], chance)


def simulated(*models: str) -> object:
    """The fact on simulated readers, for logs of these models."""
    return trust.readers(Findings(logs=conform("logs", [{"reader": model, "model": model} for model in models])))


def order_of(changes: float | None) -> object:
    """The fact on the order of options, if it changes this share of the answers of a reader."""
    changed_answers = {"order_changes": changes, "order_changes_lower": 0.0, "order_cases": 9}
    return trust.order(readers(fdx_right=9, **changed_answers))


def judged_by_people(kappa: float | None) -> object:
    """The fact on the judge, with its agreement with people if there is one."""
    runs = answers("a", [1.0], "ddx", **JUDGED)
    ratings = conform("ratings", [{"kappa": kappa, "n": 9}] if kappa is not None else [])
    return trust.judge(Material(findings=Findings(runs=runs, ratings=ratings)))


def warned(**columns: Any) -> list[str]:
    """The warnings about a reader."""
    return list(page_warnings(Findings(readers=readers(**columns))))


PAGE = [
    Row("Guessing: 20 %, the line in the bars", lambda: board("a", chance=0.2), lambda: board("a")),
    Row("Physicians are not ranked among models", lambda: board("a", "human/x"), lambda: board("a", "b")),
    Row("Readers that share a letter do not", lambda: board("a", "b", ranked=True), lambda: board("a", "b")),
    Row(
        "Runs with a refined prompt are conditions of their reader",
        lambda: board("a", "a", emphasis="ct"),
        lambda: board("a", "a"),
    ),
    Row("no medical model was evaluated", lambda: simulated(READER), lambda: simulated(READER, "a")),
    Row("they are no medical models", lambda: simulated(READER, "a"), lambda: simulated(READER)),
    Row(
        "no medical models or physicians",
        lambda: simulated(READER, "human/simulated-physician-1", "a"),
        lambda: simulated(READER, "a"),
    ),
    Row("no answer depends on it (n = 9)", lambda: order_of(0.0), lambda: order_of(0.3)),
    Row("changes 30 % of the answers", lambda: order_of(0.3), lambda: order_of(0.0)),
    Row("kappa with people 0.61, n = 9", lambda: judged_by_people(0.61), lambda: judged_by_people(None)),
    Row("agreement with people not measured", lambda: judged_by_people(None), lambda: judged_by_people(0.61)),
    Row(
        "the report says nothing about how well it answers. `inspect eval-retry` repeats the calls",
        lambda: warned(fdx_call_failed=3),
        lambda: warned(fdx_call_failed=3, fdx_right=1),
    ),
    Row(
        "The judge failed on 2 answers for the differential",
        lambda: warned(ddx_judge_failed=2, ddx_right=9),
        lambda: warned(ddx_right=9),
    ),
    Row(
        "No answer has a score, so these",
        lambda: warned(ddx_judge_failed=2),
        lambda: warned(ddx_judge_failed=2, ddx_right=9),
    ),
    Row(
        "The other answers are not representative, so these",
        lambda: warned(ddx_judge_failed=2, ddx_right=9),
        lambda: warned(ddx_right=9),
    ),
]


class TestAnswer:
    def test_without_answers_there_is_no_sentence(self) -> None:
        assert answer(Findings()) == []

    def test_only_readers_with_the_same_judge_are_compared(self) -> None:
        def graded(reader: str, right: float, judge: str) -> pd.DataFrame:
            columns = {"score": 5.0 * right, "judge": judge, "rubric": "bond", "threshold": 4.0}
            return answers(reader, [right] * 9, "ddx", **columns)

        found = findings_of(runs=pd.concat([graded("a", 1, "x"), graded("b", 0, "x"), graded("c", 0.0, "y")]))
        claim = next(sentence for sentence in answer(found) if "highest DDx coverage" in sentence.claim)
        assert "1 reader is significantly lower" in claim.rest
        assert "1 reader not compared: judged differently" in claim.rest

    def test_the_highest_value_follows_its_claim(self) -> None:
        assert best(CHAIN).claim == "a has the highest FDx accuracy (90 %), but not significantly higher than b"

    def test_many_pairs_that_cannot_be_distinguished_are_counted_and_not_listed(self) -> None:
        lower = {name: 0.7 - place / 100 for place, name in enumerate("bcdef")}
        few, many = alike(standing("ab ac", a=0.9, b=0.7, c=0.6)), alike(standing("ab", a=0.9, **lower))
        assert "b and c" in str(few)
        assert str(many) == (
            "14 of 15 pairs of readers cannot be distinguished in FDx accuracy (no Holm-adjusted p below 0.05)."
        )

    def test_of_types_that_fail_for_as_many_readers_the_one_with_the_lowest_ratio_is_first(self) -> None:
        found = types(("a", "ct", 0.6), ("a", "microscopy", 0.2), ("a", "mri", 0.4), failing=True)
        assert conveyed(found).claim.startswith("Microscopy, MRI and CT change")
        assert look_at(found).claim == "Next: compare image and finding in the cases with microscopy"

    def test_a_selection_of_cases_or_an_emphasis_is_no_reader_of_its_own_for_evidence(self) -> None:
        plain = types(("a", "ct", 0.3)).drop(columns="failing")
        emphasised = types(("a [emphasis=ct]", "ct", 0.9)).drop(columns="failing")
        rows = pd.concat([readers(emphasis=""), readers(reader="a [emphasis=ct]", emphasis="ct")])
        found = evidence(Findings(types=pd.concat([plain, emphasised]), readers=rows))
        assert found["reader"].tolist() == ["a"]

    def test_images_convey_less_only_if_interval_deficit_and_adjusted_p_say_so(self) -> None:
        rows = [
            {"uptake_ratio_upper": upper, "matched_deficit": deficit, "matched_p_holm": p}
            for upper, deficit, p in ((0.9, 0.1, 0.01), (1.1, 0.1, 0.01), (0.9, -0.1, 0.01), (0.9, 0.1, 0.2))
        ]
        found = conform("types", pd.DataFrame(rows).assign(reader="a"))
        assert evidence(Findings(types=found, readers=readers(emphasis="")))["failing"].tolist() == [True, *[False] * 3]

    def test_a_reader_that_is_blind_in_every_case_conveys_less_although_its_ratio_has_no_interval(self) -> None:
        row = {"reader": "a", "uptake_ratio": 0.0, "uptake_note": CONSTANT, "matched_deficit": 0.1}
        found = conform("types", [row | {"matched_p_holm": 0.01}])
        assert evidence(Findings(types=found, readers=readers(emphasis="")))["failing"].tolist() == [True]


SPECIFICATION = [*ANSWER, *CAPTIONS, *NOTES, *REASONS, *SCREEN, *OTHERS, *STREAM, *PAGE]

FIGURES = [figure.__name__.removeprefix("medsyn_inspect.") for figure in figure_modules()]

PAGES = ("report.page.leaderboard", "report.page.trust", "report.page.summary")

TEXTS = ("str", "Tile", "Tile | None", "Iterator[str]")
"""What functions return that make text."""

MODULES = (
    "report.answer", "analysis.caveats", "analysis.findings", "analysis.read.choosing", "analysis.read.scores",
    "analysis.primary", "analysis.stats.means", "analysis.frames.gap", "analysis.frames.calibration", "report.against",
    "report.reasons", "report.rerun.reproducibility", "report.rerun.run_config", "wording",
    "analysis.frames.association", "analysis.frames.matched", "analysis.frames.reader_pairs",
    "report.terminal.readers", "report.terminal.gap", "report.terminal.pairs", "report.terminal.rates",
    "report.terminal.belief", "report.stream.results", "report.stream.grading", *FIGURES, *PAGES,
)  # fmt: skip
"""Where sentences are made."""


NO_SENTENCES = (
    "exact permutation of the pairings", "log odds per bit",
    "GEE logit, independence, clustered by case, bias-reduced robust Wald test",
    "findings: runs, headline; analysis of this package",
    "card: source, canary, imported; rubric files of this package",
    "log headers: scorers, metrics; rubric files of this package; scores",
    "Computing intervals and tests", "share below the line",
)  # fmt: skip
"""Names of tests and measures, sources of answers, and names of steps while they run."""


@pytest.mark.parametrize("row", SPECIFICATION, ids=lambda row: row.words)
def test_a_sentence_appears_only_where_its_numbers_carry_it(row: Row) -> None:
    assert row.words in printed(row.appears())
    assert row.words not in printed(row.not_here())


@pytest.mark.parametrize("name", MODULES)
def test_every_sentence_is_in_the_table(name: str) -> None:
    module = import_module(f"medsyn_inspect.{name}")
    found = sentences(module, only_text=name in (*FIGURES, *PAGES))
    without = [text for text in found if not any(in_table(text, row.words) for row in SPECIFICATION)]
    assert not without, f"add a row with two worlds to SPECIFICATION for: {without}"


def test_a_new_sentence_is_not_in_the_table() -> None:
    new = "Images of … make … readers as good as physicians"
    assert not any(in_table(new, row.words) for row in SPECIFICATION)


def sentences(module: ModuleType, *, only_text: bool) -> list[str]:
    """The texts with several words in a module, with `…` for what is filled in.

    Args:
        module: The module.
        only_text: Whether to look only into functions that return text, as captions do, not titles and legends.
    """
    tree = ast.parse(inspect.getsource(module))
    nodes = [node for node in tree.body if not only_text or _returns_text(node)]
    texts = chain.from_iterable(_texts(node) for node in nodes)
    long = [text for text in texts if len([word for word in text.split() if word.strip("…").isalpha()]) >= WORDS]
    return [text for text in long if text not in NO_SENTENCES]


def _returns_text(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) in TEXTS


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts of a statement; without docstrings and messages of exceptions and of the program's log."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    logged = isinstance(node, ast.Call) and ast.unparse(node.func) == "log.info"
    if isinstance(node, ast.Raise) or docstring or logged:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        node = ast.Tuple([part.value for part in node.values if isinstance(part, ast.FormattedValue)])
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def in_table(text: str, words: str) -> bool:
    """Whether words are those of a text: a fixed part of it contains them, or they contain the text or a part of it."""
    parts = [part.strip(" ,;:.()") for part in text.split("…")]
    whole = ".+".join(map(re.escape, parts))
    found = any(words in part or (len(part.split()) >= WORDS - 1 and part in words) for part in parts)
    return found or re.search(whole, words) is not None
