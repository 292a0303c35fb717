"""Runs tasks from Python, for commands that do not use `inspect eval`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.log import EvalLog
from inspect_ai.model import Model


def evaluate(tasks: Sequence[Task], models: list[str] | list[Model], **how: Any) -> list[EvalLog]:
    """The log of each task and model.

    Args:
        tasks: The tasks to run.
        models: The models that run each task.
        how: Further arguments of Inspect's `eval`.

    Raises:
        KeyboardInterrupt: After Ctrl-C, where Inspect itself would return the logs that are complete.
    """
    logs = eval(list(tasks), model=models, log_realtime=False, display="none", **how)
    if len(logs) < len(tasks) * len(models) or any(log.status == "cancelled" for log in logs):
        raise KeyboardInterrupt
    return list(logs)
