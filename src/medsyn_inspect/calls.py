"""Calls to models: how often a failing call is retried, and which outputs are no answer.

Inspect's default is to retry for ever. Its limits do not distinguish kinds of failure, so a call that was last refused
for its rate is made once more, with more retries.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageSystem,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
    RetryDecision,
)

# Inspect 0.3.285 has no public function for the options of the run.
from inspect_ai.model._generate_config import active_generate_config  # inspect-evals-lint: ignore[IECQ001] -- above
from inspect_ai.util import json_schema
from pydantic import BaseModel

T = TypeVar("T")

RETRIES = GenerateConfig(max_retries=3, timeout=600)
"""Limits of a call unless the user gives `--max-retries` or `--timeout`. Inspect waits at least 3, 6 and 12 seconds."""

RATE_LIMIT_RETRIES = GenerateConfig(max_retries=7, timeout=1800)
"""Limits of the further attempts after a rate limit (HTTP 429): about six and a half minutes."""

_SCHEMA_REFUSED = re.compile(
    r"schema|response[ _]?format|structured|guided|grammar|json|output[ _.]?(?:format|config)|text[ _.]format", re.I
)
"""Words with which providers refuse a schema, in answers with status 400 or 422."""

NO_CONTENT = "(no content)"
"""What Inspect writes for an answer of Google without content."""


class NoAnswer(Exception):
    """Raised if a call returned without an answer; the message does not quote the provider."""


async def with_retries(model: Model, call: Callable[[GenerateConfig], Awaitable[T]]) -> T:
    """The result of a call that is retried a limited number of times.

    The user's options (`--max-retries`, `--timeout`, or those of a model role) replace the limits here.

    Args:
        model: The model to call.
        call: Makes the call with the limits that it is given.
    """
    options = model.config.merge(active_generate_config())
    if options.max_retries is not None or options.timeout is not None:
        return await call(GenerateConfig())
    try:
        return await call(RETRIES)
    except Exception as error:
        if not _is_rate_limit(model, error):
            raise
    return await call(RATE_LIMIT_RETRIES)


async def generated(
    model: Model, messages: list[ChatMessage], config: GenerateConfig | None = None, **options: Any
) -> ModelOutput:
    """The output of a model, as from `Model.generate`, with a limited number of retries.

    Args:
        model: The model.
        messages: The conversation.
        config: Further settings of the call.
        options: Further arguments of `Model.generate`, such as `cache`.
    """
    settings = config or GenerateConfig()
    return await with_retries(model, lambda limits: model.generate(messages, config=settings.merge(limits), **options))


async def generated_in_schema(
    model: Model, messages: list[ChatMessage], name: str, kind: type[BaseModel], **options: Any
) -> ModelOutput:
    """A model's reply in a JSON schema; if its provider refuses schemas, the schema is described in words.

    Args:
        model: The model.
        messages: The conversation; the first message is the system message.
        name: Name of the schema.
        kind: The type whose schema is requested.
        options: Further arguments of `Model.generate`, such as `cache`.
    """
    schema = ResponseSchema(name=name, json_schema=json_schema(kind), strict=True)
    try:
        return await generated(model, list(messages), GenerateConfig(response_schema=schema), **options)
    except Exception as error:
        if not _refuses_schemas(error):
            raise
    system, *rest = messages
    form = schema.json_schema.model_dump_json(exclude_none=True)
    described = ChatMessageSystem(content=f"{system.text}\n\nThe JSON must follow this JSON schema: {form}")
    return await generated(model, [described, *rest], **options)


def _refuses_schemas(error: BaseException | None) -> bool:
    """Whether a call failed because the provider or the model does not take a JSON schema."""
    while error is not None:
        status = getattr(error, "status_code", None) or getattr(error, "code", None)
        # The text of Inspect's own error quotes the request, which always has the words.
        message = getattr(error, "provider_message", None) or str(error)
        if status in (400, 422) and _SCHEMA_REFUSED.search(message):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_rate_limit(model: Model, error: Exception) -> bool:
    """Whether a call failed because of a rate limit, as the model's provider classifies errors."""
    cause = error.__cause__ or error
    decision = model.api.should_retry(cause) if isinstance(cause, Exception) else None
    return isinstance(decision, RetryDecision) and decision.retry and decision.kind == "rate_limit"


def no_answer(output: ModelOutput) -> str | None:
    """Why an output is no answer; `None` if it is one.

    A provider that refuses a request for its length gives an output without usage, whose text is the error message. An
    answer that was cut, and one that a content filter has emptied, are answers.

    Args:
        output: The output of a call; empty if no call was made or it failed.
    """
    if output.empty:
        return "there is no output"
    if output.stop_reason == "model_length" and not (output.usage and output.usage.output_tokens):
        return "the request was refused for its length"
    return None if answers_in(output) else f"the output is empty ({output.stop_reason})"


def answers_in(output: ModelOutput) -> list[ChatCompletionChoice]:
    """The choices of an output without those that are empty although no content filter stopped them."""
    return [
        choice
        for choice in output.choices
        if choice.stop_reason == "content_filter" or choice.message.text.strip() not in ("", NO_CONTENT)
    ]


def answered(output: ModelOutput) -> ModelOutput:
    """The output, if it is an answer.

    Raises:
        NoAnswer: If it is none; the call has failed.
    """
    if problem := no_answer(output):
        raise NoAnswer(f"the call failed: {problem}")
    return output
