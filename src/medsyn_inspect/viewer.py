"""How `inspect view` lists the samples of each task: columns, labels and colour scales."""

from __future__ import annotations

from inspect_ai.viewer import SampleScoreView, ScoreColorScale, TaskSamplesColumn, TaskSamplesView, ViewerConfig

from medsyn_inspect.judging.rubric import Rubric
from medsyn_inspect.records import COVERAGE_AT, VIEWS, accuracy_key, coverage_key, sensitivity_key

SHARE = ScoreColorScale(palette="good-high", min=0, max=1)


def choice_viewer() -> ViewerConfig:
    """Viewer of `fdx`: the chosen letter next to the correct one."""
    return _viewer("Final diagnosis", [TaskSamplesColumn.score("option_choice")], {"option_choice": "Right"}, {})


def differential_viewer(rubric: Rubric) -> ViewerConfig:
    """Viewer of `ddx`: score, coverage, and coverage by the first k diagnoses.

    Args:
        rubric: The rubric of the scores.
    """
    at = {coverage_key(k): f"Top {k}" for k in COVERAGE_AT}
    columns = [TaskSamplesColumn.score("differential_judge", key) for key in ("score", "coverage", *at)]
    return _viewer(
        "Differential diagnosis",
        columns,
        {"score": _score_label(rubric), "coverage": "Covered", **at},
        {"score": _levels(rubric), "coverage": SHARE, **dict.fromkeys(at, SHARE)},
    )


def commitment_viewer(rubric: Rubric) -> ViewerConfig:
    """Viewer of `open_fdx`: score and coverage of the chosen diagnosis.

    Args:
        rubric: The rubric of the score.
    """
    columns = [TaskSamplesColumn.score("commitment_judge", key) for key in ("score", "coverage")]
    return _viewer(
        "Open final diagnosis",
        columns,
        {"score": _score_label(rubric), "coverage": "Right"},
        {"score": _levels(rubric), "coverage": SHARE},
    )


def sensitivity_viewer() -> ViewerConfig:
    """Viewer of `sensitivity`: whether each view is right, and S for the most common evidence types."""
    shown = ("laboratory", "ct", "mri", "microscopy", "xray", "electrophysiology")
    labels = {accuracy_key(view): f"Right: {view}" for view in VIEWS}
    bits = {sensitivity_key(view, name): f"S {view} {name}" for name in shown for view in VIEWS}
    columns = [TaskSamplesColumn.score("evidence_sensitivity", key) for key in (*labels, *bits)]
    scale = ScoreColorScale(palette="neutral", min=0, max=1)
    return _viewer("Evidence Sensitivity", columns, labels | bits, dict.fromkeys(bits, scale))


def _score_label(rubric: Rubric) -> str:
    return f"Score {rubric.worst}-{rubric.best}"


def _levels(rubric: Rubric) -> ScoreColorScale:
    return ScoreColorScale(palette="good-high", min=rubric.worst, max=rubric.best)


def _viewer(
    name: str, scores: list[TaskSamplesColumn], labels: dict[str, str], scales: dict[str, ScoreColorScale]
) -> ViewerConfig:
    before = [TaskSamplesColumn(id=column) for column in ("sampleStatus", "sampleId", "target", "answer")]
    after = [TaskSamplesColumn(id=column) for column in ("tokens", "duration", "error")]
    return ViewerConfig(
        task_samples_view=TaskSamplesView(
            name=name,
            columns=[*before, *scores, *after],
            multiline=False,
            score_labels=labels,
            score_color_scales=scales,
            color_scales_enabled=True,
        ),
        sample_score_view=SampleScoreView(default="grid"),
    )
