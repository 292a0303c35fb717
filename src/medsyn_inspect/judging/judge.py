"""Asks a judge how close each listed diagnosis is to the final diagnosis."""

from __future__ import annotations

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ResponseSchema,
)
from inspect_ai.util import LimitExceededError, json_schema

from medsyn_inspect.judging.rubric import InvalidVerdict, Judgement, Rubric, Verdict, read_verdict
from medsyn_inspect.records import shortened

ATTEMPTS = 3
"""Maximum number of calls to a judge for one answer, after which the judge has failed."""


class JudgeFailed(Exception):
    """Raised if a judge gives no valid verdict; the message says which judge, why, and after how many attempts."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


async def verdict_of(judge: Model, rubric: Rubric, question: str, count: int) -> tuple[list[Judgement], int]:
    """A judge's verdict, and the number of calls that it took.

    After an invalid reply, the judge is shown the reply and the problem, and answers again; there are at most
    `ATTEMPTS` calls.

    Args:
        judge: The judge.
        rubric: The rubric.
        question: The judge's user message, from `rubric.quoted`.
        count: Number of listed diagnoses.

    Raises:
        JudgeFailed: If no attempt gives a valid verdict, or a call fails.
    """
    schema = ResponseSchema(name="verdict", json_schema=json_schema(Verdict), strict=True)
    conversation: list[ChatMessage] = [
        ChatMessageSystem(content=rubric.instructions()),
        ChatMessageUser(content=question),
    ]
    problem = ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            output = await judge.generate(conversation, config=GenerateConfig(response_schema=schema))
        except LimitExceededError:
            raise
        except Exception as error:
            # Inspect has already retried the call. The reader has answered, so this counts as the judge's failure.
            # The cause is the provider's error: Inspect's own message names a future or begins with the request.
            cause = error.__cause__ or error
            raise JudgeFailed(shortened(f"{judge}: {str(cause) or type(cause).__name__}"), attempt) from error
        try:
            # Blocked and overlong requests arrive as ordinary outputs, so check the stop reason before the text.
            if output.stop_reason not in ("stop", "unknown"):
                raise InvalidVerdict(f"the judge stopped early ({output.stop_reason})")
            return read_verdict(output.completion, rubric, count), attempt
        except InvalidVerdict as error:
            problem = str(error)
            conversation = [
                *conversation[:2],
                output.message,
                ChatMessageUser(content=f"That was {problem}. Answer again, with JSON only, as specified."),
            ]
    raise JudgeFailed(shortened(f"{judge}: {problem} ({ATTEMPTS} attempts)"), ATTEMPTS)
