"""Which arms a case is asked in to measure Evidence Sensitivity, and what the answers of one arm give."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Literal

from inspect_ai.model import ModelOutput

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.posterior import token_letter
from medsyn_inspect.answers.verbalized import stated_probabilities
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.prompts.arms import TEXT_SECTIONS, Arm, View
from medsyn_inspect.records import ONLY, ORDER, REPEAT, VISUAL, ArmRecord, Source
from medsyn_inspect.scorers import option_posterior
from medsyn_inspect.solvers import reader_answer

VIEWS: tuple[View, ...] = ("image", "finding")
Orders = Literal["fixed", "cyclic"]
LEAST = 1e-12
"""Keeps the logarithm of a probability finite where orders are averaged."""


@dataclass(frozen=True)
class AskedArm:
    """One prompt of a case: what is shown, and how the question is put."""

    name: str
    """What sets it apart within its view: nothing, what is withheld, or one of the names in `records`."""

    arm: Arm
    """What is shown."""

    rotation: int = 0
    """By how many places the options are shifted cyclically."""

    reworded: bool = False
    """Whether the question is put in other words."""

    @property
    def label(self) -> str:
        """Key of its record and name of its span: `image`, `finding-ct`, `image-repeat`."""
        return f"{self.arm.view}-{self.name}" if self.name else self.arm.view


def arms_of(
    case: Case,
    types: Sequence[EvidenceType] = (),
    *,
    text_evidence: bool = False,
    only_one: bool = False,
    repeat: bool = True,
    shifts: Sequence[int] = (),
) -> list[AskedArm]:
    """In each view that the case can be shown in: all evidence, then all but one type, for every type.

    Args:
        case: The case.
        types: Only these types are withheld in turn; empty for all.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text, and the text alone.
        repeat: Whether all evidence is shown once more with the question in other words.
        shifts: By how many places the options are shifted where all evidence is shown again in other orders, to audit
            position bias; in the first view only.
    """
    asked: list[AskedArm] = []
    visual = [piece.type.value for piece in case.evidence_in_clinical_order if not types or piece.type in types]
    all_visual = frozenset(piece.type.value for piece in case.evidence)
    text = [name for name in TEXT_SECTIONS if text_evidence and getattr(case, name).strip()]
    for view in VIEWS:
        if not all(piece.images if view == "image" else piece.finding for piece in case.evidence):
            continue
        first = not asked
        full = Arm(view)
        asked.append(AskedArm("", full))
        asked += [AskedArm(name, Arm(view, frozenset({name}))) for name in [*text, *visual]]
        if repeat:
            asked.append(AskedArm(REPEAT, full, reworded=True))
        if only_one:
            asked.append(AskedArm(VISUAL, Arm(view, all_visual)))
            asked += [AskedArm(ONLY + name, Arm(view, all_visual - {name})) for name in visual]
        if first:
            asked += [AskedArm(f"{ORDER}{shift}", full, rotation=shift) for shift in shifts]
    return asked


def design_of(
    case: Case,
    case_ids: Sequence[str],
    source: Source | None,
    types: Sequence[EvidenceType] = (),
    *,
    text_evidence: bool = False,
    only_one: bool = False,
    orders: Orders = "fixed",
    order_audit: float = 0.1,
) -> tuple[list[AskedArm], Sequence[int]]:
    """All that a case is asked: its arms, and by how many places the options are shifted in each (`rotations_of`).

    Args:
        case: The case.
        case_ids: All cases of the set, among which those to be audited are drawn.
        source: What the posterior is to rest on; a reworded repeat is needless with samples, whose noise is known.
        types: Only these types are withheld in turn; empty for all.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text.
        orders: `fixed`, or `cyclic`: every arm in all cyclic orders of the options.
        order_audit: Share of the cases whose full arm is asked in all cyclic orders.
    """
    places = range(len(case.options or ()))
    arms = arms_of(
        case,
        types,
        text_evidence=text_evidence,
        only_one=only_one,
        repeat=source != "samples",
        # Asked in the fixed order, the full arm itself is the first of them.
        shifts=places[orders == "fixed" :] if case.case_id in audited_cases(case_ids, order_audit) else (),
    )
    return arms, places if orders == "cyclic" else places[:1]


def rotations_of(arm: AskedArm, shifts: Sequence[int]) -> Sequence[int]:
    """The orders of the options in which an arm is asked: one of its own, or all of `shifts`, to be averaged."""
    return (arm.rotation,) if len(shifts) == 1 or arm.name.startswith(ORDER) else shifts


def audited_cases(case_ids: Sequence[str], share: float) -> frozenset[str]:
    """The cases whose options are shown in every order: drawn by a hash, so that every reader gets the same.

    Args:
        case_ids: The cases of the set.
        share: How many of them, from 0 to 1; rounded up.
    """
    ranked = sorted(case_ids, key=lambda name: hashlib.sha256(f"order audit|{name}".encode()).hexdigest())
    # 0.07 * 100 is a little more than 7 to the computer, and is to be 7.
    return frozenset(ranked[: math.ceil(round(share * len(ranked), 9))])


def rotated(options: Sequence[str], rotation: int) -> tuple[str, ...]:
    """The options shifted cyclically: the one at place `rotation` comes first."""
    return (*options[rotation:], *options[:rotation])


def in_own_order(record: ArmRecord, rotation: int, options: int) -> ArmRecord:
    """A record of an arm whose options were shifted, with letters and numbers as if they had not been.

    Args:
        record: As answered: the first number belongs to the option shown first.
        rotation: By how many places the options were shifted.
        options: How many there are.
    """
    if rotation == 0:
        return record

    def back(values: list[Any] | None) -> list[Any] | None:
        return [values[(place - rotation) % options] for place in range(options)] if values is not None else None

    letter = ascii_uppercase[(ascii_uppercase.index(record.answer) + rotation) % options] if record.answer else None
    moved = {name: back(getattr(record, name)) for name in ("posterior", "low", "high", "counts")}
    return record.model_copy(update={**moved, "answer": letter})


def over_orders(records: Sequence[ArmRecord]) -> ArmRecord:
    """One record of an arm asked in several orders: the geometric mean of its posteriors.

    An arithmetic mean would draw the posteriors of all arms towards each other and every divergence towards 0.

    Args:
        records: One for each order, in the case's own order of options.

    Returns:
        Without a posterior if an order has none; with `n` 0, as of a failed call, if the call of an order failed.
    """
    if incomplete := [record for record in records if record.posterior is None]:
        worst = min(incomplete, key=lambda record: record.n)
        answer = next((record.answer for record in records if record.answer), None)
        number = sum(record.n for record in records) if worst.n else 0
        return ArmRecord(answer=answer if number else None, error=worst.error, n=number, orders=len(records))
    posteriors = [record.posterior or [] for record in records]
    means = [
        math.exp(math.fsum(math.log(max(p, LEAST)) for p in place) / len(records))
        for place in zip(*posteriors, strict=True)
    ]
    total = math.fsum(means)
    posterior = [round(value / total, 12) for value in means]
    covered = [record.covered_mass for record in records if record.covered_mass is not None]
    return ArmRecord(
        answer=ascii_uppercase[posterior.index(max(posterior))],
        source=records[0].source,
        posterior=posterior,
        covered_mass=min(covered) if covered else None,
        orders=len(records),
        n=sum(record.n for record in records),
    )


def from_logprobs(output: ModelOutput, options: Sequence[str], drops_certain_tokens: bool = False) -> ArmRecord:
    """The belief that a direct answer carries in its token probabilities.

    Args:
        output: The model's output.
        options: In the order shown.
        drops_certain_tokens: Whether tokens with a probability of exactly 1 are missing from the list (Inspect 0.3.285
            drops those of Google): then a letter that is answered alone and has no token was certain.
    """
    answer = reader_answer("single", output)
    letter = parse_choice(answer.completion, options).letter
    posterior = option_posterior(answer, options)
    if posterior is None:
        left = [token for token, _ in answer.tokens]
        dropped = not left or (token_letter(answer.completion) == letter and not any(map(token_letter, left)))
        if drops_certain_tokens and letter and gives_logprobs(output) and dropped:
            certain = [float(name == letter) for name in ascii_uppercase[: len(options)]]
            return ArmRecord(answer=letter, source="logprobs", posterior=certain, covered_mass=1.0, n=1)
        return ArmRecord(answer=letter, n=1, error="the model gave no token probabilities for a single letter")
    cut_off = posterior.low != posterior.high
    return ArmRecord(
        answer=letter,
        source="logprobs",
        posterior=[round(probability, 12) for probability in posterior.probabilities],
        # Three digits, so that a record of 26 options still fits into a summary.
        low=[float(f"{probability:.3g}") for probability in posterior.low] if cut_off else None,
        high=[float(f"{probability:.3g}") for probability in posterior.high] if cut_off else None,
        covered_mass=round(posterior.covered, 6),
        n=1,
    )


def gives_logprobs(output: ModelOutput) -> bool | None:
    """Whether the provider answered the request for token probabilities at all, be it with an empty list.

    Returns:
        `None` if there is no telling, because the provider blocked the answer.
    """
    if not output.completion or output.stop_reason == "content_filter":
        return None
    return output.choices[0].logprobs is not None


def from_samples(completions: Sequence[str], options: Sequence[str]) -> ArmRecord:
    """How often each option was answered. What cannot be read is counted apart and spread over no option."""
    letters = ascii_uppercase[: len(options)]
    given = [parse_choice(completion, options) for completion in completions]
    counts = [sum(choice.letter == letter for choice in given) for letter in letters]
    readable, refused = sum(counts), sum(choice.problem == "refused" for choice in given)
    return ArmRecord(
        answer=letters[counts.index(max(counts))] if readable else None,
        source="samples",
        posterior=[count / readable for count in counts] if readable else None,
        counts=counts,
        unreadable=len(given) - readable - refused,
        refused=refused,
        n=len(given),
        error=None if readable else f"none of {len(given)} answers could be read",
    )


def from_statement(completion: str, options: Sequence[str]) -> ArmRecord:
    """The probabilities that the reader names itself: the weakest source, for they need not be what it acts on."""
    letters = ascii_uppercase[: len(options)]
    stated, problem = stated_probabilities(completion, letters)
    if stated is None:
        return ArmRecord(n=1, error=problem)
    return ArmRecord(
        answer=letters[stated.index(max(stated))],
        source="verbalized",
        posterior=[round(probability, 12) for probability in stated],
        n=1,
    )
