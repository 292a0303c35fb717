"""The tasks with their parameters, read from their signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medsyn_inspect import tasks


@dataclass(frozen=True)
class Parameter:
    """One `-T` parameter."""

    name: str
    """As on the command line."""

    default: str
    """What holds if it is not given."""

    description: str
    """From the docstring."""


@dataclass(frozen=True)
class DescribedTask:
    """One task."""

    name: str
    """Without the package."""

    summary: str
    """First line of the docstring."""

    parameters: tuple[Parameter, ...]
    """In the order of the signature."""


def described_tasks() -> list[DescribedTask]:
    """All tasks of the suite."""
    return [described(function) for function in (tasks.ddx, tasks.fdx, tasks.open_fdx, tasks.sensitivity)]


def described(function: Callable[..., Any]) -> DescribedTask:
    """A task's own account of itself."""
    documentation = inspect.getdoc(function) or ""
    arguments = documentation.partition("Args:\n")[2]
    descriptions = dict(re.findall(r"^    (\w+): (.+)$", arguments, re.MULTILINE))
    parameters = tuple(
        Parameter(name, "-" if parameter.default is None else str(parameter.default), descriptions[name])
        for name, parameter in inspect.signature(function).parameters.items()
    )
    return DescribedTask(function.__name__, documentation.partition("\n")[0], parameters)
