"""Metrics that Inspect does not have: counts of answers that failed, and agreement within a panel of judges."""

from __future__ import annotations

from typing import cast, get_args

from inspect_ai.scorer import Metric, MetricProtocol, SampleScore, Score, Value, krippendorff_alpha, metric

from medsyn_inspect.records import Failure


@metric(scores="unreduced")
def answer_failures() -> Metric:
    """How many scored answers are wrong because nothing could be read from them, by reason. Epochs count singly."""

    def compute(scores: list[SampleScore]) -> Value:
        failures = [(score.score.metadata or {}).get("failure") for score in scores]
        return {failure: failures.count(failure) for failure in get_args(Failure)}

    return compute


@metric(scores="unreduced")
def settled_without_judge() -> Metric:
    """How many scored answers needed no judge, because they name the diagnosis word for word or name nothing."""

    def compute(scores: list[SampleScore]) -> Value:
        settled = [(score.score.metadata or {}).get("settled_by") for score in scores]
        return sum(by in ("exact_match", "nothing_listed") for by in settled)

    return compute


@metric(scores="unreduced")
def panel_alpha() -> Metric:
    """Krippendorff's ordinal alpha over the scores of the judges of a panel; NaN without a panel."""
    alpha = cast(MetricProtocol, krippendorff_alpha("ordinal"))

    def compute(scores: list[SampleScore]) -> Value:
        ratings = [(score, (score.score.metadata or {}).get("panel_scores", [])) for score in scores]
        panels = [score.model_copy(update={"score": Score(value=given)}) for score, given in ratings if len(given) > 1]
        return alpha(panels)

    return compute
