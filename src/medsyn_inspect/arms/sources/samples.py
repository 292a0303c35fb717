"""Posteriors as the shares of the options in repeated answers to one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import GenerateConfig
from inspect_ai.util import collect

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.arms.sources.source import Request, Source, unread_text
from medsyn_inspect.calls import answered, answers_in, generated, no_answer
from medsyn_inspect.providers import answers_per_call
from medsyn_inspect.records import ArmRecord


class Samples(Source):
    """Several answers, which leave room to reason. There is no reworded arm: the sampling noise is known."""

    meaning = "repeated answers"
    question = "fdx"
    reworded = None
    reply_tokens = 300
    not_cyclic = "posteriors from samples contain zeros, which have no useful geometric mean"

    def answers(self, samples: int) -> int:
        """As many as the design wants."""
        return samples

    async def ask(self, request: Request) -> ArmRecord:
        """Request the answers in as few calls as possible; see `Source.ask`."""
        return from_samples(await _sampled(request), request.options, phrases=request.phrases)


SOURCE = Samples()


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


async def _sampled(request: Request) -> list[tuple[str, str]]:
    """Repeated answers to one prompt with their stop reasons; a call may return fewer answers than requested.

    Every call but the first has its own seed, so that no cached answer is counted twice. The seed is the index of the
    call's first answer, because some servers increment it for each further answer.
    """
    model, messages, count = request.model, request.messages, request.samples
    most = answers_per_call(str(model)).most
    several = None if most == 1 or model in request.one_by_one else min(count, most)
    try:
        first = await generated(model, messages, GenerateConfig(num_choices=several))
    except Exception as error:
        if several is None or not _is_bad_request(error):
            raise
        first = await generated(model, messages)
        request.one_by_one.add(model)
    given = max(1, len(first.choices))
    more = [
        GenerateConfig(seed=place, num_choices=min(given, count - place) if given > 1 else None)
        for place in range(given, count, given)
    ]
    outputs = [first, *await collect(*(generated(model, messages, config) for config in more))]
    # An output that is no answer does not count as unreadable. The arm has fewer answers, and fails without any.
    choices = [choice for output in outputs if not no_answer(output) for choice in answers_in(output)][:count]
    if not choices:
        answered(first)
    return [(choice.message.text, str(choice.stop_reason)) for choice in choices]


def _is_bad_request(error: Exception) -> bool:
    """Whether the provider rejected the request as invalid (HTTP 400 or 422)."""
    codes = (getattr(one, name, None) for one in (error, error.__cause__) for name in ("status_code", "code"))
    return any(code in (400, 422) for code in codes)
