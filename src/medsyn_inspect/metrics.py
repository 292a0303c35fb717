"""Metrics that Inspect lacks: means without flattery, counts of failed answers, agreement within a panel, NMSE."""

from __future__ import annotations

import math
from statistics import fmean
from typing import cast, get_args

from inspect_ai.scorer import (
    Metric,
    MetricProtocol,
    SampleScore,
    Score,
    Value,
    krippendorff_alpha,
    mean,
    metric,
    stderr,
)

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Failure, is_unread, key, sensitivity_key


@metric(scores="unreduced")
def judged_mean(measure: str) -> Metric:
    """Mean of a measure over cases, with its standard error; the epochs of a case are averaged first.

    Exact matches are scored without the judge, so answers without a verdict are not missing at random. If there is one,
    mean and standard error are NaN, and the bounds `lowest` and `highest` are the means for the lowest and the highest
    value of the answers without a verdict.

    Args:
        measure: A key of the score: `score`, `coverage` or `coverage_at_<k>`.
    """

    def compute(scores: list[SampleScore]) -> Value:
        values = [_measured(score, measure) for score in scores]
        missing = any(map(math.isnan, values))
        cases = _cases(scores, values)
        found = {
            measure: math.nan if missing else cast(float, cast(MetricProtocol, mean())(cases)),
            f"{measure}_stderr": math.nan if missing else cast(float, cast(MetricProtocol, stderr())(cases)),
        }
        if missing:
            for place, name in enumerate(("lowest", "highest")):
                filled = [
                    _ends(score, measure)[place] if math.isnan(value) else value
                    for score, value in zip(scores, values, strict=True)
                ]
                found[f"{measure}_{name}"] = cast(float, cast(MetricProtocol, mean())(_cases(scores, filled)))
        return found

    return compute


@metric(scores="unreduced")
def judged_mean_by(measure: str, group: str) -> Metric:
    """Mean of a measure in each group of cases; NaN in groups with an answer without a verdict.

    Args:
        measure: A key of the score.
        group: A key of the case's metadata: `language` or `specialty_group`.
    """

    def compute(scores: list[SampleScore]) -> Value:
        groups: dict[str, list[SampleScore]] = {}
        for score in scores:
            groups.setdefault(str((score.sample_metadata or {}).get(group)), []).append(score)
        whole = cast(MetricProtocol, judged_mean(measure))
        return {
            f"{measure} ({name})": cast(dict[str, float], whole(members))[measure] for name, members in groups.items()
        }

    return compute


@metric(scores="unreduced")
def unscored() -> Metric:
    """Number of answers without a verdict of the judge, or a reading of the extractor. Each epoch counts."""

    def compute(scores: list[SampleScore]) -> Value:
        return sum(math.isnan(_measured(score, "score")) for score in scores)

    return compute


def _measured(score: SampleScore, measure: str) -> float:
    """A measure of an answer; NaN if it has none."""
    value = score.score.value
    return float(cast(float, value[measure])) if isinstance(value, dict) else math.nan


def _ends(score: SampleScore, measure: str) -> tuple[float, float]:
    """The lowest and the highest possible value of a measure."""
    if measure != "score":
        return 0.0, 1.0
    rubric = load_rubric((score.score.metadata or {})[key(DifferentialRecord, "rubric")])
    return float(rubric.worst), float(rubric.best)


def _cases(scores: list[SampleScore], values: list[float]) -> list[SampleScore]:
    """One score for each case, the mean over its epochs; none if a value is missing."""
    by_case: dict[str | int | None, list[float]] = {}
    for score, value in zip(scores, values, strict=True):
        by_case.setdefault(score.sample_id, []).append(value)
    return [SampleScore(score=Score(value=fmean(given)), sample_id=case) for case, given in by_case.items()]


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
