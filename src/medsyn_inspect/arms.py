"""Which arms a case is asked in to measure Evidence Sensitivity, and what one arm's answer gives."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import GenerateConfig, Model, ModelOutput

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.prompts.arms import Arm, View
from medsyn_inspect.records import ArmRecord
from medsyn_inspect.scorers import option_posterior
from medsyn_inspect.solvers import reader_answer

VIEWS: tuple[View, ...] = ("image", "finding")


def arms_of(case: Case, types: Sequence[EvidenceType] = ()) -> list[Arm]:
    """In each view that the case can be shown in: all evidence, then all but one type, for every type.

    Args:
        case: The case.
        types: Only these types are withheld in turn; empty for all.
    """
    arms = []
    for view in VIEWS:
        there = [piece.images if view == "image" else piece.finding for piece in case.evidence]
        if not all(there):
            continue
        withheld = [piece.type for piece in case.evidence_in_clinical_order if not types or piece.type in types]
        arms += [Arm(view), *(Arm(view, frozenset({evidence_type.value})) for evidence_type in withheld)]
    return arms


def from_logprobs(output: ModelOutput, options: Sequence[str]) -> ArmRecord | None:
    """The belief that a direct answer carries in its token probabilities; `None` if the model gave none."""
    answer = reader_answer("single", output)
    posterior = option_posterior(answer, options)
    if posterior is None:
        return None
    return ArmRecord(
        answer=parse_choice(answer.completion, options).letter,
        source="logprobs",
        posterior=[round(probability, 12) for probability in posterior.probabilities],
        covered_mass=posterior.covered,
        n=1,
    )


def from_samples(completions: Sequence[str], options: Sequence[str]) -> ArmRecord:
    """How often each option was answered. What cannot be read is counted apart and spread over no option."""
    letters = ascii_uppercase[: len(options)]
    given = [parse_choice(completion, options).letter for completion in completions]
    counts = [given.count(letter) for letter in letters]
    readable = sum(counts)
    return ArmRecord(
        answer=letters[counts.index(max(counts))] if readable else None,
        source="samples",
        posterior=[count / readable for count in counts] if readable else None,
        counts=counts,
        n=len(given),
        error=None if readable else f"none of {len(given)} answers could be read",
    )


async def sampled(model: Model, messages: list, config: GenerateConfig, count: int) -> list[str]:  # type: ignore[type-arg]
    """`count` answers to one prompt: in one call where the provider gives several, else in calls of their own."""
    first = await model.generate(messages, config=config.merge(GenerateConfig(num_choices=count)))
    completions = [choice.message.text for choice in first.choices]
    while len(completions) < count:
        # A seed of its own keeps a cached answer from being counted again.
        more = await model.generate(messages, config=config.merge(GenerateConfig(seed=len(completions))))
        completions.append(more.completion)
    return completions[:count]
