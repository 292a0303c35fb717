"""Metrics that Inspect lacks: means by group, counts of failed answers, agreement within a panel, NMSE."""

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
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Failure, is_unread, key, sensitivity_key


@metric
def mean_by_language() -> Metric:
    """Mean for each language."""
    return grouped(mean(), "language", all=False)


@metric
def mean_by_specialty_group() -> Metric:
    """Mean for each group of specialties.

    It is a named metric because Inspect keeps only one metric of each name per key of a dict of scores: the second of
    two `grouped` metrics would be dropped silently.
    """
    return grouped(mean(), "specialty_group", all=False)


@metric(scores="unreduced")
def answer_failures() -> Metric:
    """Number of scored answers that are wrong because no diagnosis could be read, by reason. Each epoch counts."""

    def compute(scores: list[SampleScore]) -> Value:
        failures = [(score.score.metadata or {}).get(key(ChoiceRecord, "failure")) for score in scores]
        return {failure: failures.count(failure) for failure in get_args(Failure)}

    return compute


@metric(scores="unreduced")
def unread() -> Metric:
    """Share of the scored answers that are unread, neither by their form nor by an extractor. Each epoch counts."""

    def compute(scores: list[SampleScore]) -> Value:
        records = [score.score.metadata or {} for score in scores]
        return sum(map(is_unread, records)) / len(records) if records else math.nan

    return compute


@metric(scores="unreduced")
def decided_without_judge() -> Metric:
    """Number of scored answers that needed no judge: they name the diagnosis word for word, or list no diagnosis."""

    def compute(scores: list[SampleScore]) -> Value:
        settled = [(score.score.metadata or {}).get(key(DifferentialRecord, "decided_by")) for score in scores]
        return sum(by in ("exact_match", "nothing_listed") for by in settled)

    return compute


@metric(scores="unreduced")
def panel_alpha() -> Metric:
    """Krippendorff's ordinal alpha between the judges of a panel; NaN without a panel."""
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
    """NMSE around the identity line (equation 2 of MEDSYN) for each evidence type, and the unweighted mean.

    It is 0 for a reader whose sensitivity is the same in both views, and 1 for a reader that ignores images. It is
    biased if posteriors come from samples; the analysis gives the corrected value.
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
