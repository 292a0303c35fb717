"""How `inspect view` lists the samples of each task: columns, labels and colour ranges."""

from __future__ import annotations

from inspect_ai.viewer import SampleScoreView, ScoreColorScale, TaskSamplesColumn, TaskSamplesView, ViewerConfig

from medsyn_inspect.records import COVERAGE_AT

SHARE = ScoreColorScale(palette="good-high", min=0, max=1)
LEVEL = ScoreColorScale(palette="good-high", min=0, max=5)


def choice_viewer() -> ViewerConfig:
    """For `fdx`: the letter chosen beside the right one."""
    return _viewer("Final diagnosis", [TaskSamplesColumn.score("option_choice")], {"option_choice": "Right"}, {})


def differential_viewer() -> ViewerConfig:
    """For `ddx`: score, coverage, and coverage among the first diagnoses."""
    at = {f"coverage_at_{k}": f"Top {k}" for k in COVERAGE_AT}
    columns = [TaskSamplesColumn.score("differential_judge", key) for key in ("score", "coverage", *at)]
    return _viewer(
        "Differential diagnosis",
        columns,
        {"score": "Score 0-5", "coverage": "Covered", **at},
        {"score": LEVEL, "coverage": SHARE, **dict.fromkeys(at, SHARE)},
    )


def commitment_viewer() -> ViewerConfig:
    """For `open_fdx`: score and coverage of the one diagnosis."""
    columns = [TaskSamplesColumn.score("commitment_judge", key) for key in ("score", "coverage")]
    return _viewer(
        "Open final diagnosis",
        columns,
        {"score": "Score 0-5", "coverage": "Right"},
        {"score": LEVEL, "coverage": SHARE},
    )


def sensitivity_viewer() -> ViewerConfig:
    """For `sensitivity`: right in each view, and S of the types that most cases have."""
    shown = ("laboratory", "ct", "mri", "microscopy", "xray", "electrophysiology")
    keys = ["accuracy_image", "accuracy_finding"]
    keys += [f"S_{view}_{evidence_type}" for evidence_type in shown for view in ("image", "finding")]
    columns = [TaskSamplesColumn.score("evidence_sensitivity", key) for key in keys]
    labels = {key: key.replace("accuracy_", "Right: ").replace("_", " ") for key in keys}
    bits = ScoreColorScale(palette="neutral", min=0, max=1)
    return _viewer("Evidence Sensitivity", columns, labels, {key: bits for key in keys if key.startswith("S_")})


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
