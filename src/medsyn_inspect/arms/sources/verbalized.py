"""Posteriors from probabilities that the model states as a JSON object: the weakest source."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import GenerateConfig, ResponseSchema
from inspect_ai.util import JSONSchema

from medsyn_inspect.answers.reading import CUT
from medsyn_inspect.answers.verbalized import stated_probabilities
from medsyn_inspect.arms.sources.source import UNREAD, Request, Source
from medsyn_inspect.calls import answered, generated
from medsyn_inspect.records import ArmRecord, shortened


class Verbalized(Source):
    """One answer with a probability for each option; the answers of a model need not follow what it states."""

    meaning = "probabilities that the model states (weakest)"
    question = "fdx_probabilities"
    reworded = "fdx_probabilities_reworded"
    reply_tokens = 80

    async def ask(self, request: Request) -> ArmRecord:
        """Request the probabilities in a schema; see `Source.ask`."""
        config = GenerateConfig(response_schema=probabilities_schema(len(request.options)))
        output = answered(await generated(request.model, request.messages, config))
        return from_statement(output.completion, request.options, stop_reason=output.stop_reason)


SOURCE = Verbalized()


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


def probabilities_schema(options: int) -> ResponseSchema:
    """A schema for an object with a number for each option's letter and nothing else."""
    letters = ascii_uppercase[:options]
    properties = {letter: JSONSchema(type="number") for letter in letters}
    schema = JSONSchema(type="object", properties=properties, required=list(letters), additionalProperties=False)
    return ResponseSchema(name="probabilities", json_schema=schema, strict=True)
