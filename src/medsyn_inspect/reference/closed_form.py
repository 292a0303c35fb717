"""Computes the expected findings of the reference reader from its belief, without running it."""

from __future__ import annotations

import json
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import pandas as pd

from medsyn_inspect.analysis.frames.gap import NOT_VISUAL, modality_gap
from medsyn_inspect.analysis.frames.sensitivity import evidence_sensitivity
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.arms.design import Design, arms_of, permuted
from medsyn_inspect.arms.posteriors import to_canonical_order
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import DEMO, CaseSet, CaseSetError, load_cases
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.providers import READER
from medsyn_inspect.records import TEXT_SECTIONS, VIEWS, ArmRecord, Condition, View
from medsyn_inspect.reference.belief import Gains, Shown, belief, weights_of, with_prior_noise
from medsyn_inspect.reference.named import arguments_of, is_reference_reader

if TYPE_CHECKING:
    from medsyn_inspect.analysis.findings import Findings

EVERY_ARM = Design(text_evidence=True, only_one=True)
"""The design with all possible arms."""


def closed_form_sensitivity(
    case_set: CaseSet, gains: Gains, *, temperature: float = 1.0, position_bias: float = 0.0
) -> pd.DataFrame:
    """The frame `sensitivity` of the reference reader on a whole case set.

    Args:
        case_set: Cases with options.
        gains: The reader's gains.
        temperature: The reader's temperature.
        position_bias: The reader's position bias; 0 for a run with `orders=cyclic`, in which it cancels out.

    Returns:
        The frame that `evidence_sensitivity` returns for token probabilities.
    """
    return evidence_sensitivity(closed_form_arms(case_set, gains, temperature=temperature, position_bias=position_bias))


def closed_form_arms(
    case_set: CaseSet,
    gains: Gains,
    *,
    temperature: float = 1.0,
    position_bias: float = 0.0,
    prior_noise: float = 0.0,
    model: str = READER,
    reader: str = READER,
    emphasis: str = "",
) -> pd.DataFrame:
    """The frame `arms` of the reference reader: every possible arm of every case.

    Args:
        case_set: Cases with options.
        gains: The reader's gains.
        temperature: As `-M temperature`.
        position_bias: As `-M position_bias`.
        prior_noise: As `-M prior_noise`.
        model: Name in Inspect, on which the reader's opinions before any evidence depend.
        reader: Name for the column `reader`.
        emphasis: As `Condition.emphasis`.
    """
    weights = weights_of(case_set)
    rows = []
    for case in case_set.cases:
        options = option_order(case)
        known = with_prior_noise(
            weights[case.case_id], options, prior_noise, reader=model.partition("/")[2], case_id=case.case_id
        )
        for arm in arms_of(case, EVERY_ARM, audit=range(len(options)), emphasis=emphasis):
            shown = permuted(options, arm.offset)
            believed = belief(
                shown,
                known,
                shown_in(case, arm.condition),
                gains,
                temperature=temperature,
                position_bias=position_bias,
            )
            letter = ascii_uppercase[believed.index(max(believed))]
            record = ArmRecord(posterior=list(believed), answer=letter)
            record = to_canonical_order(record, arm.offset, len(options))
            truth = ascii_uppercase[options.index(case.final_diagnosis)]
            right = record.answer == truth
            named = {"reader": reader, "case_id": case.case_id, "view": arm.view, "withheld": arm.name}
            believes = {"source": "logprobs", "posterior": tuple(record.posterior or ()), "option_mass": 1.0, "n": 1}
            rows.append(named | believes | {"answer": record.answer, "correct": float(right), "correct_letter": truth})
    return conform("arms", rows)


def shown_in(case: Case, condition: Condition) -> dict[str, Shown]:
    """The sections of a case that a condition shows, with their views."""
    text = {name: Shown("text") for name in TEXT_SECTIONS if condition.shows(name) and getattr(case, name).strip()}
    view: View = "finding" if condition.view == "finding" else "image"
    named = () if condition.placebo else condition.emphasised
    return text | {
        piece.type.value: Shown(view, emphasised=piece.type.value in named)
        for piece in case.evidence
        if condition.shows(piece.type)
    }


def closed_form_types(findings: Findings) -> pd.DataFrame | None:
    """The frame `types` that the same arms would give if each posterior were exactly the reader's belief.

    Args:
        findings: The findings from any logs.

    Returns:
        The frame that `modality_gap` returns. `None` unless every reader in `types` is the reference reader, its
        arguments allow its belief to be computed, and its case set is available and unchanged.
    """
    frames = []
    for reader in dict.fromkeys(findings.types["reader"]):
        arms = findings.arms[findings.arms["reader"] == reader]
        logs = findings.logs[findings.logs["log"].isin(arms["log"])]
        if len(logs) != 1 or not is_reference_reader(model := str(logs["model"].iloc[0])):
            return None
        arguments = arguments_of(model, json.loads(logs["arguments"].iloc[0]))
        if arguments.get("wording_noise"):
            return None
        try:
            case_set = load_cases(str(arguments.get("cases", DEMO)))
        except CaseSetError:
            return None
        if case_set.fingerprint != logs["fingerprint"].iloc[0]:
            return None
        in_all_orders = bool((arms["orders"].astype(float) > 1).any())
        truth = closed_form_arms(
            case_set,
            gains_of(arguments),
            temperature=float(arguments.get("temperature", 1.0)),
            position_bias=0.0 if in_all_orders else float(arguments.get("position_bias", 0.0)),
            prior_noise=float(arguments.get("prior_noise", 0.0)),
            model=model,
            reader=str(reader),
            emphasis=str(arms["emphasis"].iloc[0]),
        )
        key = ["reader", "case_id", "view", "withheld"]
        # Arms that failed are removed from the truth too, so that both rest on the same cases.
        frames.append(truth.drop(columns="error").merge(arms[[*key, "error"]], on=key))
    if not frames:
        return None
    sensitivity = evidence_sensitivity(pd.concat(frames, ignore_index=True))
    visual = ~sensitivity["evidence_type"].isin(NOT_VISUAL)
    return modality_gap(sensitivity[visual])


def gains_of(arguments: dict[str, Any]) -> Gains:
    """The gains in the `-M` arguments of the reference reader."""
    by_type: dict[tuple[str, str], float] = {
        (view, evidence_type.value): float(arguments[name])
        for view in VIEWS
        for evidence_type in EvidenceType
        if (name := f"{view}_gain_{evidence_type.value}") in arguments
    }
    image, finding, text = (float(arguments.get(f"{name}_gain", 1.0)) for name in ("image", "finding", "text"))
    return Gains(image, finding, text, by_type, float(arguments.get("emphasis_gain", 1.0)))
