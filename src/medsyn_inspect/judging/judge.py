"""Ask a judge, or a panel of them, how close each listed diagnosis is to the final diagnosis."""

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
"""Calls to one judge about one answer before it counts as failed."""


class JudgeFailed(Exception):
    """A judge gave no valid verdict; the message says which judge, after how many attempts, and why."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


async def verdict_of(judge: Model, rubric: Rubric, question: str, count: int) -> tuple[list[Judgement], int]:
    """One judge's verdict and the number of calls it took.

    An invalid reply is shown to the judge with what is wrong about it, at most `ATTEMPTS` times in all.

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
            # Inspect has retried it. The reader has answered: this is the judge's failure, not a failed call to it.
            # What went wrong is in the cause: Inspect's own message names a future, or begins with the request.
            cause = error.__cause__ or error
            raise JudgeFailed(shortened(f"{judge}: {str(cause) or type(cause).__name__}"), attempt) from error
        try:
            # Blocked and overlong requests arrive as ordinary outputs: look at the reason before the text.
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
