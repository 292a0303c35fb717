"""Descriptions of the tasks and their parameters as text."""

from __future__ import annotations

from dataclasses import dataclass

from medsyn_inspect.parameters import PARAMETERS, Parameter
from medsyn_inspect.tasks import TASKS, description


@dataclass(frozen=True)
class DescribedTask:
    """The description of a task."""

    name: str
    """Name of the task, without the package."""

    summary: str
    """What the task is, in one sentence."""

    parameters: tuple[Parameter, ...]
    """The parameters, in the order of the signature."""


def described_tasks() -> list[DescribedTask]:
    """The descriptions of all tasks."""
    return [DescribedTask(name, description(name), PARAMETERS[name]) for name in TASKS]


def parameter_table() -> str:
    """A Markdown table of all parameters, each with the tasks that have it, its default and its meaning."""
    tasks = described_tasks()
    names = list(dict.fromkeys(parameter.name for task in tasks for parameter in task.parameters))
    by_name = {
        name: {task.name: parameter for task in tasks for parameter in task.parameters if parameter.name == name}
        for name in names
    }
    lines = ["| `-T` parameter | tasks | default | meaning |", "|---|---|---|---|"]
    for name, found in by_name.items():
        where = "all" if len(found) == len(tasks) else ", ".join(f"`{task}`" for task in found)
        first = next(iter(found.values()))
        default = f"`{first.default}`" if first.default != "-" else ""
        lines.append(f"| `{name}` | {where} | {default} | {first.meaning} |")
    return "\n".join(lines) + "\n"
