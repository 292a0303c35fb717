"""The demo: runs all tasks on the bundled cases with four simulated readers, without keys or network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, get_model

from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.providers import JUDGE, READER
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity

READERS: tuple[dict[str, Any], ...] = tuple({"image_gain": gain} for gain in (0.4, 0.3, 0.2, 0.0))
"""The readers, whose image gains range from the gain of findings down to 0."""

ALIKE: dict[str, Any] = {"finding_gain": 0.4, "text_gain": 2.0}
"""Gains that all readers share. The text, which misleads in these cases, counts twice."""


def demo_tasks() -> list[Task]:
    """Every task in the plain condition, and `fdx` in conditions with one change."""
    changed = [fdx(view="finding"), fdx(text="remove"), fdx(staging="turns")]
    return [ddx(), fdx(), open_fdx(), sensitivity(order_audit=0.25), *changed]


def run_demo(log_dir: Path, limit: int | None = None) -> list[EvalLog]:
    """Run every task with every reader.

    Args:
        log_dir: Folder for the logs. Only the logs of the second reader contain images, which are the same for all.
        limit: Limit to this many cases.

    Returns:
        The logs.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
    """
    readers = [reader(gains | ALIKE) for gains in READERS]
    logs: list[EvalLog] = []
    for group, images in ((readers[1:2], True), ([readers[0], *readers[2:]], False)):
        logs += run(group, log_dir, images, limit)
    return logs


def reader(arguments: dict[str, Any]) -> Model:
    """The reference reader with some `-M` arguments."""
    return get_model(READER, memoize=False, **arguments)  # inspect-evals-lint: ignore[IEBP001] -- for eval()


def run(readers: list[Model], log_dir: Path, images: bool, limit: int | None) -> list[EvalLog]:
    """Run every task with some of the readers."""
    return evaluate(
        demo_tasks(),
        readers,
        model_roles={"grader": JUDGE},
        log_dir=str(log_dir),
        log_images=images,
        max_tasks=2,
        limit=limit,
    )
