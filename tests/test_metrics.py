"""The metrics as an eval computes them: after the epoch reducer, or before it where every answer counts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from inspect_ai.scorer import Metric, Score
from pytest_inspect_evals.metrics import assert_agreeing_epochs_change_nothing, run_metrics

from medsyn_inspect.metrics import (
    answer_failures,
    decided_without_judge,
    mean_by_language,
    mean_by_specialty_group,
    nmse,
    panel_alpha,
    unread,
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


def test_means_are_of_the_cases_of_a_group() -> None:
    epochs: list[list[Any]] = [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    found = run_metrics([mean_by_language(), mean_by_specialty_group()], epochs, metadata=CASES)
    values = {name.rpartition("/")[2]: value for name, value in found.items()}
    assert values == {"en": 0.25, "zh": 1.0, "Cardiology & Respiratory": 0.75, "General & Emergency": 0.0}


def test_both_groupings_of_one_key_of_a_score_are_kept() -> None:
    epochs: list[list[Any]] = [[{"coverage": 1.0}], [{"coverage": 0.0}], [{"coverage": 1.0}]]
    metrics = [{"coverage": [mean_by_language(), mean_by_specialty_group()]}]
    assert sorted(run_metrics(metrics, epochs, metadata=CASES).values()) == [0.0, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("metric", [mean_by_language(), mean_by_specialty_group()])
def test_epochs_that_agree_change_no_mean(metric: Metric) -> None:
    assert_agreeing_epochs_change_nothing([metric], [1.0, 0.0, 1.0], metadata=CASES)


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
