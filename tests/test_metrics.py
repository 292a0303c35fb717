"""The metrics as an eval computes them: after the epoch reducer, or before it where every answer counts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from inspect_ai.scorer import Metric, Score
from pytest_inspect_evals.metrics import run_metrics

from medsyn_inspect.metrics import (
    answer_failures,
    decided_without_judge,
    judged_mean,
    judged_mean_by,
    nmse,
    panel_alpha,
    unread,
    unscored,
)

CASES = [
    {"language": "en", "specialty_group": "Cardiology & Respiratory"},
    {"language": "zh", "specialty_group": "Cardiology & Respiratory"},
    {"language": "en", "specialty_group": "General & Emergency"},
]
REASONS = ("unparseable", "several", "refused", "content_filter", "truncated")


def scored(value: float = 0.0, **metadata: Any) -> Score:
    return Score(value=value, metadata=metadata)


def counted(metric: Metric, answers: list[list[Score]]) -> dict[str, Any]:
    return {name.rpartition("/")[2]: value for name, value in run_metrics([metric], answers).items()}


def covered(*values: float, rubric: str = "bond") -> list[Score]:
    """The answers of a case: coverage in each epoch, NaN without a verdict."""
    scores = {0.0: 0.0, 1.0: 5.0}
    return [
        Score(value={"coverage": value, "score": scores.get(value, math.nan)}, metadata={"rubric": rubric})
        for value in values
    ]


def measured(metrics: list[Any], answers: list[list[Score]]) -> dict[str, float]:
    return {name.rpartition("/")[2]: value for name, value in run_metrics(metrics, answers, metadata=CASES).items()}


def test_means_are_over_cases_and_in_groups_of_them() -> None:
    answers = [covered(1, 0), covered(1, 1), covered(0, 0)]
    metrics = [judged_mean("coverage"), *(judged_mean_by("coverage", group) for group in CASES[0])]
    found = measured(metrics, answers)
    assert found.pop("coverage_stderr") == pytest.approx(0.288675, abs=1e-6)
    assert found == {
        "coverage": 0.5,
        "coverage (en)": 0.25,
        "coverage (zh)": 1.0,
        "coverage (Cardiology & Respiratory)": 0.75,
        "coverage (General & Emergency)": 0.0,
    }


@pytest.mark.parametrize(
    ("measure", "bounds"), [("coverage", (0.5, 2 / 3)), ("score", (2.5, 10 / 3))], ids=["coverage", "score"]
)
def test_one_answer_without_a_verdict_leaves_only_bounds(measure: str, bounds: tuple[float, float]) -> None:
    answers = [covered(1, math.nan), covered(1, 1), covered(0, 0)]
    found = measured([judged_mean(measure), judged_mean_by(measure, "language"), unscored()], answers)
    assert math.isnan(found[measure])
    assert math.isnan(found[f"{measure}_stderr"])
    assert (found[f"{measure}_lowest"], found[f"{measure}_highest"]) == pytest.approx(bounds)
    assert math.isnan(found[f"{measure} (en)"])
    assert not math.isnan(found[f"{measure} (zh)"])
    assert found["unscored"] == 1


def test_epochs_that_agree_change_no_mean() -> None:
    once = measured([judged_mean("coverage")], [covered(1), covered(0), covered(1)])
    twice = measured([judged_mean("coverage")], [covered(1, 1), covered(0, 0), covered(1, 1)])
    assert once == twice


def test_every_answer_of_every_epoch_is_counted_by_its_reason() -> None:
    answers = [
        [scored(failure="refused"), scored(failure="refused")],
        [scored(failure="truncated"), scored(1.0, failure=None)],
        [scored(1.0), scored()],
    ]
    assert counted(answer_failures(), answers) == dict.fromkeys(REASONS, 0) | {"refused": 2, "truncated": 1}


def test_unread_is_the_share_of_the_answers_of_all_epochs_that_nobody_read() -> None:
    refused = scored(read_by="nobody", failure="refused")
    answers = [
        [scored(read_by="form"), scored(read_by="nobody", failure="several")],
        [scored(read_by="extractor", failure="unparseable"), refused],
    ]
    assert counted(unread(), answers) == {"unread": 0.25}


def test_settled_without_a_judge_is_what_names_the_diagnosis_or_nothing() -> None:
    ways = ["exact_match", "judge", "nothing_listed", "nobody"]
    assert counted(decided_without_judge(), [[scored(decided_by=way)] for way in ways]) == {"decided_without_judge": 2}


def test_agreement_needs_a_panel() -> None:
    [alone] = counted(panel_alpha(), [[scored(panel_scores=[])], [scored(panel_scores=[])]]).values()
    assert math.isnan(alone)


def test_agreement_is_that_of_the_answers_a_panel_judged() -> None:
    panels = [[5, 5], [0, 0], [], [3, 3]]
    assert counted(panel_alpha(), [[scored(panel_scores=panel)] for panel in panels]) == {"panel_alpha": 1.0}
    panels = [[5, 0], [0, 5], [5, 0], [0, 5]]
    [opposed] = counted(panel_alpha(), [[scored(panel_scores=panel)] for panel in panels]).values()
    assert opposed == pytest.approx(-0.75)


def test_nmse_is_the_squared_distance_from_the_identity_line_relative_to_the_findings() -> None:
    values = [(0.1, 0.2, math.nan, math.nan), (0.3, 0.1, 0.0, 0.5), (math.nan, 0.4, 0.0, 0.25)]
    names = ("S_image_ct", "S_finding_ct", "S_image_mri", "S_finding_mri")
    cases = [[Score(value=dict(zip(names, case, strict=True)))] for case in values]
    found = counted(nmse(), cases)
    assert found == pytest.approx({"ct": 1.0, "mri": 1.0, "nmse": 1.0})


def test_nmse_of_no_case_is_unknown() -> None:
    assert math.isnan(counted(nmse(), [[Score(value={"S_image_ct": math.nan, "S_finding_ct": 0.1})]])["nmse"])
