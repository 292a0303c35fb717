"""Asks a model for one typed reply: at most three calls, each after a refused one with the reason.

Replies are cached by Inspect's own policy, so that a run that was killed does not pay for them again. Prose or a
refusal is a result, and drops the report; a call that fails is none, and can be repeated.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from inspect_ai.model import CachePolicy, ChatMessage, ChatMessageSystem, ChatMessageUser, Model, ModelOutput
from pydantic import ValidationError

from medsyn_inspect.answers.reasoning import blank_reasoning
from medsyn_inspect.calls import answered, generated_in_schema
from medsyn_inspect.construct.draft import Draft, Use, short
from medsyn_inspect.construct.steps.step import Reply, Step
from medsyn_inspect.planning.prices import Price, load_prices
from medsyn_inspect.providers import is_billed

ATTEMPTS = 3
"""Calls about one report in one step before the model counts as unable to answer."""

CACHE = CachePolicy(expiry="4W", per_epoch=False)


class NoReply(ValueError):
    """Raised if a reply is none; the message says why."""


async def step_result(model: Model, step: Step, draft: Draft) -> Draft:
    """The draft after a step: changed by the model's reply, or dropped if it gave none.

    Args:
        model: The model.
        step: The step.
        draft: A draft that goes on.

    Raises:
        NoAnswer: If a call returns nothing; other exceptions of Inspect if a call fails.
    """
    if not step.needed(draft):
        return draft
    conversation: list[ChatMessage] = [
        ChatMessageSystem(content=step.template),
        ChatMessageUser(content=json.dumps(step.question(draft), ensure_ascii=False, indent=1)),
    ]
    outputs: list[ModelOutput] = []
    problem = ""
    for attempt in range(1, ATTEMPTS + 1):
        output = answered(await generated_in_schema(model, conversation, step.name, step.reply, cache=CACHE))
        outputs.append(output)
        try:
            reply = parsed(output, step.reply)
        except NoReply as error:
            problem = str(error)
            # The number makes every request different, so that the cache cannot answer one with the reply to another.
            again = (
                f"Attempt {attempt} of {ATTEMPTS} was refused: {problem}. Answer again, with JSON only, as specified."
            )
            conversation = [*conversation[:2], output.message, ChatMessageUser(content=again)]
            continue
        return step.apply(_used(draft, model, step, outputs), reply)
    draft = _used(draft, model, step, outputs).catching(step.name, "no usable reply", problem)
    return draft.drop(step.name, f"no usable reply ({problem})")


def parsed(output: ModelOutput, kind: type[Reply]) -> Reply:
    """The typed reply in an output: its last JSON object that has the keys.

    Raises:
        NoReply: If there is none.
    """
    if output.stop_reason not in ("stop", "unknown"):
        raise NoReply(f"stopped early: {output.stop_reason}")
    decoder = json.JSONDecoder()
    text = blank_reasoning(output.completion)
    found: list[Any] = []
    position = text.find("{")
    while position >= 0:
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("{", position + 1)
            continue
        found.append(value)
        position = text.find("{", end)
    problem = "not a JSON object"
    for value in reversed(found):
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise NoReply(short(problem))


def _used(draft: Draft, model: Model, step: Step, outputs: list[ModelOutput]) -> Draft:
    """The draft with the use of the model on record."""
    use = use_of(str(model), step.name, outputs).model_copy(update={"prompt": step.prompt})
    return draft.but(uses=(*draft.uses, use))


@lru_cache
def _prices() -> dict[str, Price]:
    return load_prices()


def use_of(model: str, step: str, outputs: list[ModelOutput]) -> Use:
    """The calls of a model in a step: tokens, and cost by list prices."""
    usages = [output.usage for output in outputs if output.usage]
    tokens = sum(one.input_tokens for one in usages), sum(one.output_tokens for one in usages)
    price = _prices().get(model)
    cost = 0.0 if not is_billed(model) else price.cost(*tokens) if price and len(usages) == len(outputs) else None
    return Use(
        step=step,
        model=model,
        answered_as=next((output.model for output in reversed(outputs)), ""),
        calls=len(outputs),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost=cost,
    )
