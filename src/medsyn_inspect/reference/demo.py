"""All tasks on the bundled cases, by four simulated readers: something to look at without a key or a network."""

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
"""How strongly each takes up images: as strongly as findings, less, still less, not at all."""

ALIKE: dict[str, Any] = {"finding_gain": 0.4, "text_gain": 2.0}
"""What is the same in all. The text, which misleads in these cases, counts twice."""


def demo_tasks() -> list[Task]:
    """Each task, and the final diagnosis with one thing changed."""
    changed = [fdx(view="finding"), fdx(text="remove"), fdx(staging="turns")]
    return [ddx(), fdx(), open_fdx(), sensitivity(order_audit=0.25), *changed]


def run_demo(log_dir: Path, limit: int | None = None) -> list[EvalLog]:
    """Ask every reader every task.

    Args:
        log_dir: Where the logs go. Only those of the second reader hold the images: they are the same for all.
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
    """Ask some readers every task."""
    return evaluate(
        demo_tasks(),
        readers,
        model_roles={"grader": JUDGE},
        log_dir=str(log_dir),
        log_images=images,
        max_tasks=2,
        limit=limit,
    )
