"""The belief (the posterior over the options) of the reference reader in closed form.

    p(option) = softmax((prior + sum over evidence shown of gain * share shown * weight) / temperature)

The gain of images of a type that the system message emphasises is multiplied by `emphasis_gain`.

Everything that the analysis computes from the reader's answers can be computed from this without running it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import DEMO_FOLDER, CaseSet

Weights = Mapping[str, Mapping[str, float]]
"""What each section (`history`, `examination` or an evidence type) adds to the log-odds of each option."""


@dataclass(frozen=True)
class Shown:
    """A section that was recognised in the messages."""

    view: Literal["text", "image", "finding"]
    """The view in which the section was shown; `text` for history and examination."""

    share: float = 1.0
    """The share of its images that was shown: 2/3 if two of three images of a CT were."""

    emphasised: bool = False
    """Whether the system message asks the reader to attend to it."""


@dataclass(frozen=True)
class Gains:
    """Factors by which the reader multiplies the weights of evidence: 1 keeps them, 0 ignores the evidence."""

    image: float = 1.0
    """Gain of visual evidence shown as images."""

    finding: float = 1.0
    """Gain of visual evidence shown as findings."""

    text: float = 1.0
    """Gain of history and examination."""

    by_type: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Gains that differ for a view and evidence type."""

    emphasis: float = 1.0
    """Factor for the gain of images of a type that the system message asks to attend to."""

    def of(self, section: str, shown: Shown) -> float:
        """The gain for a section in the view in which it was shown."""
        general = {"image": self.image, "finding": self.finding, "text": self.text}[shown.view]
        factor = self.emphasis if shown.emphasised and shown.view == "image" else 1.0
        return factor * self.by_type.get((shown.view, section), general)


def belief(
    candidates: tuple[str, ...],
    weights: Weights,
    shown: Mapping[str, Shown],
    gains: Gains,
    *,
    temperature: float = 1.0,
    position_bias: float = 0.0,
) -> tuple[float, ...]:
    """The probability of each candidate diagnosis given the evidence that is shown.

    Args:
        candidates: Diagnoses in the order in which the reader sees them.
        weights: Weight of each section for each candidate; a missing weight is 0. The section `prior` always counts.
        shown: The sections that are shown.
        gains: The reader's gains.
        temperature: Values above 1 make the belief flatter.
        position_bias: Added to the log-odds of the first candidate, whichever diagnosis it is.
    """
    logits = []
    for position, candidate in enumerate(candidates):
        logit = weights.get("prior", {}).get(candidate, 0.0) + (position_bias if position == 0 else 0.0)
        for section, how in shown.items():
            logit += gains.of(section, how) * how.share * weights.get(section, {}).get(candidate, 0.0)
        logits.append(logit / temperature)
    highest = max(logits)
    odds = [math.exp(logit - highest) for logit in logits]
    total = math.fsum(odds)
    return tuple(value / total for value in odds)


def with_prior_noise(
    weights: Weights, candidates: tuple[str, ...], noise: float, *, reader: str, case_id: str
) -> Weights:
    """The weights with the reader's own opinion of each candidate before it has seen any evidence.

    Args:
        weights: Weights of the case.
        candidates: Diagnoses of the case.
        noise: Largest opinion in log-odds, for or against a candidate; each depends only on a hash.
        reader: Name of the model after `reference/`; readers with different names have different opinions.
        case_id: The case.
    """
    if not noise:
        return weights
    prior = weights.get("prior", {})
    own = {
        name: prior.get(name, 0.0) + noise * (2 * uniform("opinion", reader, case_id, name) - 1) for name in candidates
    }
    return {**weights, "prior": own}


def candidates_of(case: Case, case_set: CaseSet) -> tuple[str, ...]:
    """The candidates of a case: its options or, without options, its diagnosis and those of up to four other cases."""
    if case.options is not None:
        return case.options
    others = sorted({other.final_diagnosis for other in case_set.cases} - {case.final_diagnosis})
    drawn = sorted(others, key=lambda other: uniform(case.case_id, "candidate", other))[:4]
    return tuple(sorted((case.final_diagnosis, *drawn), key=lambda name: uniform(case.case_id, "order", name)))


def weights_of(case_set: CaseSet) -> dict[str, Weights]:
    """The weights of each case by case id: authored for the bundled set, derived from a hash for any other.

    Derived weights are between -1 and 1; weights of visual evidence for the final diagnosis are 0.5 higher.
    """
    if case_set.folder == DEMO_FOLDER.resolve():
        authored: dict[str, Weights] = json.loads((DEMO_FOLDER / "reference.json").read_text(encoding="utf-8"))
        return authored
    weights: dict[str, Weights] = {}
    for case in case_set.cases:
        visual = [piece.type.value for piece in case.evidence]
        weights[case.case_id] = {
            section: {
                candidate: 2 * uniform(case.case_id, section, candidate)
                - 1
                + (0.5 if section in visual and candidate == case.final_diagnosis else 0.0)
                for candidate in candidates_of(case, case_set)
            }
            for section in ("history", "examination", *visual)
        }
    return weights


def uniform(*parts: object) -> float:
    """A number in [0, 1) that depends only on `parts`."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
