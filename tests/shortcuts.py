"""What Inspect does for every run, takes most of its time, and no test is about."""

from __future__ import annotations

import functools
import traceback
from importlib.metadata import packages_distributions
from typing import Any

import pytest
from inspect_ai._display.plain import display as plain_display
from inspect_ai._display.rich import display as rich_display
from inspect_ai.util import display_type
from rich.segment import Segment, Segments

DRAWN = (
    (rich_display, ("task_live_status", "tasks_live_status", "tasks_results")),
    (plain_display, ("task_panel", "tasks_results")),
)
"""The functions by which Inspect's displays draw panels and tables."""


def take_shortcuts(patch: pytest.MonkeyPatch) -> None:
    """Make runs quick.

    For each run Inspect reads the file lists of all installed packages, to find the version of a task's package: here
    they are read once. For each failed call it draws the traceback as a panel, next to the traceback as text: here it
    writes the last line. With no display it draws panels and tables of metrics all the same: here it does not.
    """
    patch.setattr("inspect_ai._util.package.packages_distributions", functools.cache(packages_distributions))
    patch.setattr("inspect_ai._util.rich.rich_traceback", _last_line)
    for module, names in DRAWN:
        for name in names:
            patch.setattr(module, name, _unless_silent(getattr(module, name)))


def _last_line(kind: type[BaseException], error: BaseException, *_: Any, **__: Any) -> Segments:
    return Segments([Segment("".join(traceback.format_exception_only(kind, error)))])


def _unless_silent(draw: Any) -> Any:
    return lambda *arguments, **options: "" if display_type() == "none" else draw(*arguments, **options)
