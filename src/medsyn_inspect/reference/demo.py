"""The demo: runs all tasks on the bundled cases with four simulated readers, without keys or network."""

from __future__ import annotations

from pathlib import Path

from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, get_model

from medsyn_inspect.evaluating import evaluate
from medsyn_inspect.providers import JUDGE, READER, provider_of
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity

READERS = ("even", "blind-to-microscopy", "weak-eye", "blind")
"""Names of the readers after `reference/`; see `named.NAMED`."""

WITH_IMAGES = "weak-eye"
"""The only reader whose logs contain the images, which are the same for all."""


def demo_tasks() -> list[Task]:
    """Every task in the plain condition, and `fdx` in conditions with one change."""
    changed = [fdx(view="finding"), fdx(text="remove"), fdx(staging="turns")]
    return [ddx(), fdx(), open_fdx(), sensitivity(order_audit=0.25), *changed]


def run_demo(log_dir: Path, limit: int | None = None) -> list[EvalLog]:
    """Run every task with every reader.

    Args:
        log_dir: Folder for the logs.
        limit: Limit to this many cases.

    Returns:
        The logs.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
    """
    readers = {name: _reader(name) for name in READERS}
    logs: list[EvalLog] = []
    for images in (True, False):
        group = [reader for name, reader in readers.items() if (name == WITH_IMAGES) == images]
        logs += _run(group, log_dir, images, limit)
    return logs


def _reader(name: str) -> Model:
    model = f"{provider_of(READER)}/{name}"
    return get_model(model, memoize=False)  # inspect-evals-lint: ignore[IEBP001] -- for eval()


def _run(readers: list[Model], log_dir: Path, images: bool, limit: int | None) -> list[EvalLog]:
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
