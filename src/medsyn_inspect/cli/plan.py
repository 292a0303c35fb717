"""`medsyn plan`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from medsyn_inspect import TASK_NAMES
from medsyn_inspect.cli.printing import say
from medsyn_inspect.progress import shown_progress

if TYPE_CHECKING:
    from medsyn_inspect.planning.plan import Plan
    from medsyn_inspect.planning.prices import Price

CONSTRUCT = "construct"
"""In place of a task: the construction of a case set."""


@click.command("plan")
@click.argument("task", type=click.Choice((*TASK_NAMES, CONSTRUCT)))
@click.option("--cases", "folder", help="Case set: `demo` or a folder (the same as -T cases=...).")
@click.option("--model", "models", multiple=True, help="Model to evaluate, as for `inspect eval`; may be repeated.")
@click.option("--judge", "judges", multiple=True, help="Judge of ddx and open_fdx; repeat it for a panel.")
@click.option(
    "--model-role",
    "roles",
    multiple=True,
    metavar="ROLE=MODEL",
    help="Judge (grader=...) or extractor (extractor=...), as for `inspect eval`; commas separate a panel.",
)
@click.option("-T", "parameters", multiple=True, metavar="NAME=VALUE", help="Task parameter, as for `inspect eval`.")
@click.option(
    "--prices",
    "price_file",
    type=click.Path(path_type=Path),
    envvar="INSPECT_EVAL_MODEL_COST_CONFIG",
    show_envvar=True,
    help="Prices in addition to the bundled ones, in the format of Inspect's --model-cost-config.",
)
@click.option(
    "--thinking", type=click.IntRange(min=0), default=1000, show_default=True, help="Reasoning tokens per answer."
)
@click.option("--reasoning-effort", help="Reasoning effort of the models, as for `inspect eval`.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(
    task: str,
    folder: str | None,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    roles: tuple[str, ...],
    parameters: tuple[str, ...],
    price_file: Path | None,
    thinking: int,
    reasoning_effort: str | None,
    as_json: bool,
) -> None:
    """Count the calls of TASK (or `construct`) and estimate tokens and cost, without calling a model."""
    from medsyn_inspect.planning.plan import plan_of
    from medsyn_inspect.planning.prices import load_prices
    from medsyn_inspect.planning.table import plan_table

    arguments = task_arguments(parameters) | ({"cases": folder} if folder else {})
    prices = load_prices(price_file)
    panel, extractor = models_in_roles(roles)
    with shown_progress():
        planned = (
            _construction(arguments, models, prices, thinking)
            if task == CONSTRUCT
            else plan_of(
                task,
                arguments,
                models,
                prices,
                judges=(*judges, *panel),
                extractor=extractor,
                thinking=thinking,
                reasoning_effort=reasoning_effort,
            )
        )
    if as_json:
        say(json.dumps(asdict(planned), indent=1))
    else:
        plan_table(planned, prices)


def _construction(
    arguments: dict[str, object], models: tuple[str, ...], prices: Mapping[str, Price], thinking: int
) -> Plan:
    """The plan of `medsyn construct`."""
    from medsyn_inspect.construct.plan import plan_of_construction

    return plan_of_construction(arguments, models, prices, thinking=thinking)


def models_in_roles(roles: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The judges and the extractor of `--model-role`.

    Raises:
        ValueError: If one is not of the form role=model, or the tasks have no such role.
    """
    from medsyn_inspect.answers.extractor import ROLE
    from medsyn_inspect.judging.roles import JUDGE_ROLE

    given: dict[str, list[str]] = {JUDGE_ROLE: [], ROLE: []}
    for text in roles:
        role, _, models = text.partition("=")
        if role not in given or not models:
            raise ValueError(f"--model-role {text}: write {JUDGE_ROLE}=MODEL or {ROLE}=MODEL")
        given[role] += _model_names(text, models)
    return tuple(given[JUDGE_ROLE]), next(iter(given[ROLE]), None)


def _model_names(text: str, models: str) -> list[str]:
    """The models of a role in the forms that `inspect eval` reads: names, or mappings with the key `model`.

    Args:
        text: The whole option, for the message.
        models: What follows the equals sign.

    Raises:
        ValueError: If a mapping cannot be read, or names no model.
    """
    if models.lstrip()[0] not in "{[":
        return [name.strip() for name in models.split(",") if name.strip()]
    try:
        read = yaml.safe_load(models)
    except yaml.YAMLError as error:
        raise ValueError(f"--model-role {text}: the value cannot be read as YAML or JSON") from error
    given = read if isinstance(read, list) else [read]
    names = [one.get("model") if isinstance(one, dict) else one for one in given]
    found = [name for name in names if isinstance(name, str) and name]
    if len(found) < max(1, len(names)):
        raise ValueError(f"--model-role {text}: name each model, as in {{model: openai/gpt-5, temperature: 0}}")
    return found


def task_arguments(parameters: tuple[str, ...]) -> dict[str, object]:
    """`-T` parameters as `inspect eval` parses them: values are YAML, and commas separate the items of a list.

    Raises:
        ValueError: If one has no `=`, or its value is not YAML.
    """
    given: dict[str, object] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not (name and equals):
            raise ValueError(f"-T {parameter}: write it as name=value")
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f"-T {parameter}: the value cannot be read as YAML") from error
        given[name.replace("-", "_")] = read.split(",") if isinstance(read, str) and "," in read else read
    return given
