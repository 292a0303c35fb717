"""Checks that the judges answer, before a reader is paid for answers that nobody could grade."""

from __future__ import annotations

from collections.abc import Sequence
from logging import getLogger
from typing import Any, NoReturn
from weakref import WeakKeyDictionary, WeakSet

import anyio
from click import ClickException
from inspect_ai.model import Model, ModelAPI

from medsyn_inspect.judging.judge import JudgeFailed, verdict_of
from medsyn_inspect.judging.roles import (
    JUDGE_ROLE,
    JudgeUnavailable,
    choice_of_judge,
    grader_models,
    in_evaluation,
    one_line,
)
from medsyn_inspect.judging.rubric import Rubric, quoted
from medsyn_inspect.providers import kind_of

logger = getLogger(__name__)

CHECKED = "Influenza"
"""The final diagnosis and the listed diagnosis of the check."""

_answering: WeakSet[ModelAPI] = WeakSet()
"""The connections to judges that have passed the check; tasks that share a judge check it once."""

_locks: WeakKeyDictionary[ModelAPI, anyio.Lock] = WeakKeyDictionary()


class JudgeNotReady(ClickException):
    """Raised if a judge cannot be used or does not answer; the message is one sentence."""


async def judges_ready(rubric: Rubric) -> None:
    """Request one small verdict from each judge that has not given one in this process.

    The request is made like those for answers, so that whatever makes them fail (a key, a name, a schema, replies that
    cannot be read) makes this one fail too.

    Args:
        rubric: The rubric.

    Raises:
        JudgeNotReady: If a judge gives no valid verdict; the message is one sentence.
    """
    try:
        judges = grader_models()
    except JudgeUnavailable as error:
        raise JudgeNotReady(str(error)) from None
    for judge in judges:
        if kind_of(str(judge)) == "stand-in":
            continue
        async with _locks.setdefault(judge.api, anyio.Lock()):
            if judge.api not in _answering:
                await judge_ready(judge, rubric)
                _answering.add(judge.api)


async def judge_ready(judge: Model, rubric: Rubric) -> None:
    """Request one small verdict from a judge.

    Args:
        judge: The judge.
        rubric: The rubric.

    Raises:
        JudgeNotReady: If the judge gives no valid verdict; the message is one sentence.
    """
    try:
        await verdict_of(judge, rubric, quoted(CHECKED, [], [CHECKED]), 1)
    except JudgeFailed as failed:
        raise JudgeNotReady(
            f"the judge gave no verdict on a test, so nothing was sent to the reader ({one_line(failed)}): name "
            f"another judge with --model-role {JUDGE_ROLE}=MODEL, or skip the test with -T check_judge=false"
        ) from None


class JudgeFirst:
    """Ends a task before its first sample if a judge is not ready, and reports which judge was chosen.

    It is passed to Inspect as the task's early stopping, because an exception there ends the whole task at once. A
    solver could only fail sample by sample, as failed samples do not end these tasks.
    """

    def __init__(self, rubric: Rubric, check: bool) -> None:
        """Remember what to check.

        Args:
            rubric: The rubric.
            check: Whether the judges are checked.
        """
        self.rubric = rubric
        self.check = check

    def check_key(self) -> None:
        """Check that the judges can be created, if an evaluation is making the task.

        Inspect creates the named models before that; only the default judge is left. Outside an evaluation, the judge
        may be named later.

        Raises:
            JudgeNotReady: If one cannot be created, for example because its key is missing.
        """
        if self.check and in_evaluation():
            try:
                grader_models()
            except JudgeUnavailable as error:
                raise JudgeNotReady(str(error)) from None

    async def start_task(self, task: Any, samples: Sequence[Any], epochs: int) -> str:
        """Check the judges before the first sample."""
        if chosen := choice_of_judge():
            logger.warning(chosen)
        if self.check and (problem := await self._problem()):
            _end(problem)
        return "judge"

    async def _problem(self) -> str:
        try:
            await judges_ready(self.rubric)
        except JudgeNotReady as error:
            return error.message
        return ""

    async def schedule_sample(self, id: str | int, epoch: int) -> None:
        """Run every sample."""

    async def complete_sample(self, id: str | int, epoch: int, scores: Any) -> None:
        """Nothing to do."""

    async def complete_task(self) -> dict[str, Any]:
        """Nothing to record."""
        return {}


def _end(sentence: str) -> NoReturn:
    _rich_traceback_guard = True  # Rich then shows no frame of the traceback, only the sentence.
    raise JudgeNotReady(sentence)
