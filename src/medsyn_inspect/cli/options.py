"""Arguments and options shared by several commands. Their choices come from the types that the tasks use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from medsyn_inspect.cases.load import DEMO
from medsyn_inspect.parameters import CHOICES, MEANINGS
from medsyn_inspect.physicians.sheet import Question
from medsyn_inspect.records import PLAIN, VIEWS, Condition, View

__all__ = [
    "Question",
    "View",
    "after_reasoning",
    "case_set_argument",
    "case_set_of_logs",
    "case_set_option",
    "choice",
    "condition_options",
    "keep_all",
    "logs_argument",
    "names_of_readers",
    "output_file",
    "output_folder",
    "question_option",
    "view_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def choice(literal: Any) -> click.Choice[str]:
    """A Click choice among the values of a `Literal`."""
    return click.Choice(get_args(literal))


logs_argument: Decorator[Any] = click.argument("logs", nargs=-1, required=True)
"""Log files or folders."""

keep_all: Decorator[Any] = click.option(
    "--all", "keep_all", is_flag=True, help="Include older runs of a reader, as separate readers."
)

after_reasoning: Decorator[Any] = click.option(
    "--after-reasoning",
    is_flag=True,
    help="Calibration of the posteriors that depend on reasoning before the letter, instead of all others.",
)

case_set_of_logs: Decorator[Any] = click.option(
    "--case-set", metavar="SET", help="Only logs on this case set: its name, or the beginning of its fingerprint."
)

names_of_readers: Decorator[Any] = click.option(
    "--names",
    "names_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Names of the readers: YAML (`model: name`) or CSV (model, name), with models as Inspect names them.",
)

case_set_argument: Decorator[Any] = click.argument("folder")
"""A folder, or `demo`."""

case_set_option: Decorator[Any] = click.option(
    "--cases", "folder", default=DEMO, show_default=True, help="Case set: `demo`, or a folder."
)


def output_folder(help: str, **how: Any) -> Decorator[Any]:
    """`-o FOLDER`.

    Args:
        help: Help text: what the folder is for.
        how: Arguments of `click.option`, such as `required=True`.
    """
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER", help=help, **how)


def output_file(help: str, **how: Any) -> Decorator[Any]:
    """`-o FILE`, with the arguments of `output_folder`."""
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=help, **how)


def question_option(help: str) -> Decorator[Any]:
    """`--question`: a question that cases can be used for."""
    return click.option("--question", type=choice(Question), help=help)


def view_option(help: str) -> Decorator[Any]:
    """`--view`, as in the tasks."""
    return click.option("--view", type=choice(View), default=VIEWS[0], show_default=True, help=help)


def condition_options(command: Command) -> Command:
    """Options for the task parameters that define the condition: `--view`, `--withhold` ..."""
    for column, name in reversed(Condition.PARAMETERS.items()):
        choices = CHOICES.get(name)
        how: dict[str, Any] = {"type": choice(choices), "show_default": True} if choices else {}
        default = getattr(PLAIN, column) if choices else None
        command = click.option(f"--{name}", default=default, help=MEANINGS[name].replace("`", ""), **how)(command)
    return command
