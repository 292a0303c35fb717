"""Asks a judge how close each listed diagnosis is to the final diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, Model, ModelOutput
from inspect_ai.util import LimitExceededError

from medsyn_inspect.calls import generated_in_schema
from medsyn_inspect.judging.rubric import InvalidVerdict, Judgement, Rubric, Verdict, read_verdict
from medsyn_inspect.records import shortened

ATTEMPTS = 3
"""Maximum number of calls to a judge for one answer, after which the judge has failed."""


class JudgeFailed(Exception):
    """Raised if a judge gives no valid verdict; the message says which judge, why, and after how many attempts."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


async def verdict_of(judge: Model, rubric: Rubric, question: str, count: int) -> tuple[list[Judgement], int, str]:
    """A judge's verdict, the number of calls that it took, and the name of the model in the response.

    After an invalid reply, the judge is shown the reply and the problem, and answers again; there are at most
    `ATTEMPTS` calls. No two of them are the same, so a cache cannot answer a later one with an earlier reply.

    Args:
        judge: The judge.
        rubric: The rubric.
        question: The judge's user message, from `rubric.quoted`.
        count: Number of listed diagnoses.

    Raises:
        JudgeFailed: If no attempt gives a valid verdict, or a call fails.
    """
    conversation: list[ChatMessage] = [
        ChatMessageSystem(content=rubric.instructions()),
        ChatMessageUser(content=question),
    ]
    problem = ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            output = await schema_reply(judge, conversation)
        except LimitExceededError:
            raise
        except Exception as error:
            # Inspect has already retried the call. The reader has answered, so this counts as the judge's failure.
            # The cause is the provider's error: Inspect's own message names a future or begins with the request.
            cause = error.__cause__ or error
            raise JudgeFailed(shortened(f"{judge}: {str(cause) or type(cause).__name__}"), attempt) from error
        if output.stop_reason == "model_length":
            raise JudgeFailed(f"{judge}: the request was refused for its length", attempt)
        try:
            # A blocked request arrives as an ordinary output, so check the stop reason before the text.
            if output.stop_reason not in ("stop", "unknown"):
                raise InvalidVerdict(f"the judge stopped early ({output.stop_reason})")
            return read_verdict(output.completion, rubric, count, question), attempt, output.model
        except InvalidVerdict as error:
            problem = str(error)
            conversation = [
                *conversation[:2],
                output.message,
                ChatMessageUser(content=again(problem, attempt)),
            ]
    raise JudgeFailed(shortened(f"{judge}: {problem} ({ATTEMPTS} attempts)"), ATTEMPTS)


def again(problem: str, attempt: int) -> str:
    """The message to a judge after an invalid reply."""
    return f"Attempt {attempt} of {ATTEMPTS} was {problem}. Answer again, with JSON only, as specified."


async def schema_reply(judge: Model, conversation: Sequence[ChatMessage]) -> ModelOutput:
    """A judge's reply, in the schema of a verdict; if its provider refuses schemas, the schema is described in words.

    Args:
        judge: The judge.
        conversation: The messages; the first is the system message.
    """
    return await generated_in_schema(judge, list(conversation), "verdict", Verdict)
