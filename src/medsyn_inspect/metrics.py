"""Metrics that Inspect does not have: means by group, counts of failed answers, agreement within a panel."""

from __future__ import annotations

import math
from typing import cast, get_args

from inspect_ai.scorer import (
    Metric,
    MetricProtocol,
    SampleScore,
    Score,
    Value,
    grouped,
    krippendorff_alpha,
    mean,
    metric,
)

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Failure, key, sensitivity_key


@metric
def mean_by_language() -> Metric:
    """Mean in each language."""
    return grouped(mean(), "language", all=False)


@metric
def mean_by_specialty_group() -> Metric:
    """Mean in each group of specialties.

    Has a name of its own because Inspect keeps, for each key of a dict of scores, one metric of a name only:
    of two `grouped` the second would be dropped without a word.
    """
    return grouped(mean(), "specialty_group", all=False)


@metric(scores="unreduced")
def answer_failures() -> Metric:
    """How many scored answers are wrong because nothing could be read from them, by reason. Epochs count singly."""

    def compute(scores: list[SampleScore]) -> Value:
        failures = [(score.score.metadata or {}).get(key(ChoiceRecord, "failure")) for score in scores]
        return {failure: failures.count(failure) for failure in get_args(Failure)}

    return compute


@metric(scores="unreduced")
def decided_without_judge() -> Metric:
    """How many scored answers needed no judge, because they name the diagnosis word for word or name nothing."""

    def compute(scores: list[SampleScore]) -> Value:
        settled = [(score.score.metadata or {}).get(key(DifferentialRecord, "decided_by")) for score in scores]
        return sum(by in ("exact_match", "nothing_listed") for by in settled)

    return compute


@metric(scores="unreduced")
def panel_alpha() -> Metric:
    """Krippendorff's ordinal alpha over the scores of the judges of a panel; NaN without a panel."""
    alpha = cast(MetricProtocol, krippendorff_alpha("ordinal"))

    def compute(scores: list[SampleScore]) -> Value:
        ratings = [
            (score, (score.score.metadata or {}).get(key(DifferentialRecord, "panel_scores"), [])) for score in scores
        ]
        panels = [score.model_copy(update={"score": Score(value=given)}) for score, given in ratings if len(given) > 1]
        return alpha(panels)

    return compute


@metric
def nmse() -> Metric:
    """NMSE around the identity line (equation 2 of MEDSYN) for each type, and its unweighted mean.

    A reader that ignores images has 1, one without a gap between the views 0. From sampled posteriors it is
    biased; the analysis has the corrected value.
    """

    def compute(scores: list[SampleScore]) -> Value:
        by_type: dict[str, float] = {}
        values = [score.score.value for score in scores if isinstance(score.score.value, dict)]
        for evidence_type in EvidenceType:
            pairs = [
                (float(image), float(finding))
                for value in values
                if not math.isnan(image := value.get(sensitivity_key("image", evidence_type), math.nan))
                and not math.isnan(finding := value.get(sensitivity_key("finding", evidence_type), math.nan))
            ]
            total = math.fsum(finding**2 for _, finding in pairs)
            if total > 0:
                by_type[evidence_type.value] = math.fsum((image - finding) ** 2 for image, finding in pairs) / total
        average = math.fsum(by_type.values()) / len(by_type) if by_type else math.nan
        return {"nmse": average, **by_type}

    return compute
