"""Computes the posterior of an arm from token probabilities, repeated answers or stated probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from inspect_ai.model import ModelOutput

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.posterior import token_letter
from medsyn_inspect.answers.reading import CUT, Reading
from medsyn_inspect.answers.tokens import reader_answer
from medsyn_inspect.answers.verbalized import stated_probabilities
from medsyn_inspect.records import ArmRecord, shortened

LEAST = 1e-12
"""Lower limit of a probability where orders are averaged; it keeps the logarithm finite."""

UNREAD = 60
"""Characters that a record keeps of an answer that could not be read; with more it would not fit into a summary."""


def to_canonical_order(record: ArmRecord, offset: int, options: int) -> ArmRecord:
    """Convert a record from the order in which the options were shown to the case's own order.

    Args:
        record: The record as answered: the first number belongs to the option that was shown first.
        offset: Number of positions by which the options were shifted.
        options: Number of options.
    """
    if offset == 0:
        return record

    def back(values: list[Any] | None) -> list[Any] | None:
        return [values[(place - offset) % options] for place in range(options)] if values is not None else None

    letter = ascii_uppercase[(ascii_uppercase.index(record.answer) + offset) % options] if record.answer else None
    moved = {name: back(getattr(record, name)) for name in ("posterior", "lower", "upper", "counts")}
    return record.model_copy(update={**moved, "answer": letter})


def average_permutations(records: Sequence[ArmRecord]) -> ArmRecord:
    """Combine the records of an arm in several orders of the options: the geometric mean of their posteriors.

    An arithmetic mean would draw the posteriors of all arms together and bias every divergence towards 0.

    Args:
        records: One record per order, each converted to the case's own order of the options.

    Returns:
        One record. It has no posterior if one of the orders has none, and `n` is 0, as after a failed call, if the
        call of one of the orders failed.
    """
    if incomplete := [record for record in records if record.posterior is None]:
        worst = min(incomplete, key=lambda record: record.n)
        answer = next((record.answer for record in records if record.answer), None)
        number = sum(record.n for record in records) if worst.n else 0
        return ArmRecord(
            answer=answer if number else None,
            error=worst.error,
            detail=worst.detail,
            unread=worst.unread,
            n=number,
            orders=len(records),
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


def from_logprobs(
    output: ModelOutput, options: Sequence[str], drops_certain_tokens: bool = False, *, phrases: Phrases | None = None
) -> ArmRecord:
    """The posterior from the token probabilities of a direct answer.

    Args:
        output: The model's output.
        options: The options in the order shown.
        drops_certain_tokens: Whether tokens with a probability of exactly 1 are missing from the list, as they are for
            Google models in Inspect 0.3.285. If so, an answer of one letter that has no token was certain.
        phrases: Those of the languages in which it may be written; by default all there are.
    """
    answer = reader_answer("single", output)
    read = parse_choice(answer.completion, options, phrases=phrases, stop_reason=answer.stop_reason, direct=True)
    letter, unread = read.letter, unread_text(answer.completion, read)
    posterior = option_posterior(answer, options, phrases) if letter else None
    if posterior is None:
        left = [token for token, _ in answer.tokens]
        dropped = not left or (token_letter(answer.completion) == letter and not any(map(token_letter, left)))
        if drops_certain_tokens and letter and gives_logprobs(output) and dropped:
            certain = [float(name == letter) for name in ascii_uppercase[: len(options)]]
            return ArmRecord(answer=letter, source="logprobs", posterior=certain, option_mass=1.0, n=1)
        error = "the model gave no token probabilities for a single letter"
        return ArmRecord(answer=letter, n=1, error=error, unread=unread)
    cut_off = posterior.lower != posterior.upper
    return ArmRecord(
        answer=letter,
        source="logprobs",
        posterior=[round(probability, 12) for probability in posterior.probabilities],
        # Three digits, so that a record with 26 options fits into a summary.
        lower=[float(f"{probability:.3g}") for probability in posterior.lower] if cut_off else None,
        upper=[float(f"{probability:.3g}") for probability in posterior.upper] if cut_off else None,
        option_mass=round(posterior.covered, 6),
        n=1,
    )


def gives_logprobs(output: ModelOutput) -> bool | None:
    """Whether the provider returned token probabilities, even if the list is empty.

    Returns:
        `None` if this cannot be determined because the provider blocked the answer.
    """
    if not output.completion or output.stop_reason == "content_filter":
        return None
    return output.choices[0].logprobs is not None


def from_samples(
    answers: Sequence[tuple[str, str]], options: Sequence[str], *, phrases: Phrases | None = None
) -> ArmRecord:
    """The posterior as the share of answers for each option. Unreadable answers and refusals are counted separately.

    Args:
        answers: The completions, each with the reason why the model stopped.
        options: The options in the order shown.
        phrases: Those of the languages in which the answers may be written; by default all there are.
    """
    letters = ascii_uppercase[: len(options)]
    given = [parse_choice(text, options, phrases=phrases, stop_reason=stop_reason) for text, stop_reason in answers]
    unread = (unread_text(text, read) for (text, _), read in zip(answers, given, strict=True))
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
        unread=next(filter(None, unread), None),
    )


def from_statement(completion: str, options: Sequence[str], *, stop_reason: str = "stop") -> ArmRecord:
    """The posterior that the reader states: the weakest source, because its answers need not follow it.

    Args:
        completion: The answer, JSON in any language.
        options: The options in the order shown.
        stop_reason: Why the model stopped; an answer that was cut is not read.
    """
    letters = ascii_uppercase[: len(options)]
    stated, problem = stated_probabilities(completion, letters)
    if stop_reason in CUT:
        stated, problem = None, f"the answer was cut off ({stop_reason})"
    if stated is None:
        return ArmRecord(n=1, error=problem, unread=shortened(completion, UNREAD))
    return ArmRecord(
        answer=letters[stated.index(max(stated))],
        source="verbalized",
        posterior=[round(probability, 12) for probability in stated],
        n=1,
    )


def unread_text(completion: str, read: Reading[str]) -> str | None:
    """What a record keeps of an answer from which no option could be read; `None` if one was read."""
    return shortened(completion, UNREAD) if read.letter is None else None
