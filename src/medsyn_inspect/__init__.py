"""Complex clinical cases for multimodal models: what they diagnose, and how far each piece of evidence moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medsyn_inspect.cases.load import load_cases
    from medsyn_inspect.construct.tasks import (
        construct_diagnosis,
        construct_distractors,
        construct_draws,
        construct_extract,
        construct_identifiers,
        construct_scrub,
        construct_segment,
        construct_summarise,
        construct_verify,
    )
    from medsyn_inspect.notebook import analyze
    from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity

__all__ = [
    "CONSTRUCTION_TASKS",
    "TASK_NAMES",
    "analyze",
    "construct_diagnosis",
    "construct_distractors",
    "construct_draws",
    "construct_extract",
    "construct_identifiers",
    "construct_scrub",
    "construct_segment",
    "construct_summarise",
    "construct_verify",
    "ddx",
    "fdx",
    "load_cases",
    "open_fdx",
    "sensitivity",
]

TASK_NAMES = ("ddx", "fdx", "open_fdx", "sensitivity")
"""Names of the tasks."""

CONSTRUCTION_TASKS = (
    "construct_diagnosis",
    "construct_distractors",
    "construct_draws",
    "construct_extract",
    "construct_identifiers",
    "construct_scrub",
    "construct_segment",
    "construct_summarise",
    "construct_verify",
)
"""Names of the tasks of which `medsyn construct` consists."""


def __getattr__(name: str) -> Any:
    # Importing Inspect takes seconds; looking at cases must not pay for it.
    if name in TASK_NAMES:
        from medsyn_inspect import tasks

        return getattr(tasks, name)
    if name in CONSTRUCTION_TASKS:
        from medsyn_inspect.construct import tasks as steps

        return getattr(steps, name)
    if name == "load_cases":
        from medsyn_inspect.cases.load import load_cases

        return load_cases
    if name == "analyze":
        from medsyn_inspect.notebook import analyze

        return analyze
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # So that Tab offers names that are not loaded yet.
    return sorted({*globals(), *__all__})
