"""What the answers of one arm give: a posterior over the options, from token probabilities, samples or a statement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from inspect_ai.model import ModelOutput

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.posterior import token_letter
from medsyn_inspect.answers.tokens import reader_answer
from medsyn_inspect.answers.verbalized import stated_probabilities
from medsyn_inspect.records import ArmRecord

LEAST = 1e-12
"""Keeps the logarithm of a probability finite where orders are averaged."""


def to_canonical_order(record: ArmRecord, offset: int, options: int) -> ArmRecord:
    """A record of an arm whose options were shifted, with letters and numbers as if they had not been.

    Args:
        record: As answered: the first number belongs to the option shown first.
        offset: By how many positions the options were shifted.
        options: How many there are.
    """
    if offset == 0:
        return record

    def back(values: list[Any] | None) -> list[Any] | None:
        return [values[(place - offset) % options] for place in range(options)] if values is not None else None

    letter = ascii_uppercase[(ascii_uppercase.index(record.answer) + offset) % options] if record.answer else None
    moved = {name: back(getattr(record, name)) for name in ("posterior", "lower", "upper", "counts")}
    return record.model_copy(update={**moved, "answer": letter})


def average_permutations(records: Sequence[ArmRecord]) -> ArmRecord:
    """One record of an arm in several orders of the options: the geometric mean of its posteriors.

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
        return ArmRecord(
            answer=answer if number else None, error=worst.error, detail=worst.detail, n=number, orders=len(records)
        )
    posteriors = [record.posterior or [] for record in records]
    means = [
        math.exp(math.fsum(math.log(max(p, LEAST)) for p in place) / len(records))
        for place in zip(*posteriors, strict=True)
    ]
    total = math.fsum(means)
    posterior = [round(value / total, 12) for value in means]
    covered = [record.option_mass for record in records if record.option_mass is not None]
    return ArmRecord(
        answer=ascii_uppercase[posterior.index(max(posterior))],
        source=records[0].source,
        posterior=posterior,
        option_mass=min(covered) if covered else None,
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
            return ArmRecord(answer=letter, source="logprobs", posterior=certain, option_mass=1.0, n=1)
        return ArmRecord(answer=letter, n=1, error="the model gave no token probabilities for a single letter")
    cut_off = posterior.lower != posterior.upper
    return ArmRecord(
        answer=letter,
        source="logprobs",
        posterior=[round(probability, 12) for probability in posterior.probabilities],
        # Three digits, so that a record of 26 options still fits into a summary.
        lower=[float(f"{probability:.3g}") for probability in posterior.lower] if cut_off else None,
        upper=[float(f"{probability:.3g}") for probability in posterior.upper] if cut_off else None,
        option_mass=round(posterior.covered, 6),
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
