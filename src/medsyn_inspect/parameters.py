"""The parameters of the tasks (`-T name=value`): their meanings, and the reading and checking of their values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from typing import Any, TypeVar, cast, get_args

from click import ClickException
from pydantic import BaseModel, ValidationError

from medsyn_inspect.cases.load import known_evidence_type
from medsyn_inspect.records import (
    ALL,
    PLACEBO,
    PLAIN,
    SECTIONS,
    VIEWS,
    Condition,
    Staging,
    TextPolicy,
    View,
    unknown_sections,
)

MEANINGS = {
    "cases": "Case set: `demo` (bundled), or a folder with `cases.jsonl` and `card.yaml`.",
    "language": "Only cases in these languages, such as `en` or `en,zh`.",
    "specialty": "Only cases of these specialties or specialty groups.",
    "view": "`image`: visual evidence as its images; `finding`: as the expert's finding in words.",
    "text": "`keep` history and examination, `remove` them, or replace them by `random` words of the same length.",
    "withhold": "Evidence types, `history` or `examination` not to show, or `all` for the question alone.",
    "emphasis": "Evidence types that the system message asks the reader to attend to; `placebo:TYPES` for a sentence "
    "of the same length that emphasises nothing.",
    "staging": "`single`: all evidence in one turn; `turns`: stage by stage, with an answer after each.",
    "logprobs": "Whether to request token probabilities; `false` for models that refuse the request.",
    "rubric": "How differentials are graded: `bond`, or `core_diagnosis` (a missing subtype, stage or site does not "
    "lower the score).",
    "max_diagnoses": "How many diagnoses a differential may list; more are not graded.",
    "check_judge": "Whether the judge must first give a verdict on a test, before any case is sent to the reader.",
}
"""The meaning of each parameter, except those of a design (the docstrings of `arms.design.Design`)."""

CHOICES: dict[str, Any] = {"view": View, "text": TextPolicy, "staging": Staging}
"""The values to choose from, of parameters that have a few."""

KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number"}
"""The types of parameters that are checked, in words."""

T = TypeVar("T", bound=Callable[..., Any])
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a task."""

    name: str
    """The name on the command line."""

    default: str
    """The default as written on the command line; `-` for none."""

    meaning: str
    """What the parameter sets, in words."""


PARAMETERS: dict[str, tuple[Parameter, ...]] = {}
"""The parameters of each documented task, by task name."""


class WrongParameter(ClickException, ValueError):
    """Raised if a task cannot be made as requested. `inspect eval` prints the message in one line and exits with 1."""


def documented(*designs: type[BaseModel]) -> Callable[[T], T]:
    """A decorator for tasks that documents their parameters and refuses wrong ones in one sentence.

    The docstring gets an `Args:` section with the meaning of each parameter. The task takes any keyword, so that it
    receives the parameters that it does not know; of these, Inspect only warns.

    Args:
        designs: Models whose fields are parameters too; the fields' docstrings are the meanings.
    """

    def add(task: T) -> T:
        signature = inspect.signature(task)

        @wraps(task)
        def checked_task(**given: Any) -> Any:
            try:
                check_given(task.__name__, known_parameters(task), given)
                return task(**given)
            except WrongParameter:
                raise
            except (ValueError, OSError) as error:
                raise WrongParameter(" ".join(str(error).split())) from error

        anything = inspect.Parameter("unknown", inspect.Parameter.VAR_KEYWORD, annotation=Any)
        checked_task.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*signature.parameters.values(), anything]
        )
        arguments = [f"    {name}: {meaning(name, designs)}" for name in signature.parameters]
        checked_task.__doc__ = f"{inspect.getdoc(task)}\n\nArgs:\n" + "\n".join(arguments)
        PARAMETERS[task.__name__] = parameters_of(task, designs)
        return cast(T, checked_task)

    return add


def known_parameters(task: Callable[..., Any]) -> dict[str, Any]:
    """The parameters of a task, with their defaults."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(task).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


def check_given(task: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Check the names of given parameters, and the types of numbers and switches.

    Args:
        task: Name of the task.
        defaults: All its parameters with their defaults.
        given: The given parameters.

    Raises:
        WrongParameter: If a parameter is unknown, or the value of a number or switch has another type.
    """
    for name, value in given.items():
        if name not in defaults:
            close = get_close_matches(name, defaults, n=1)
            known = f"did you mean {close[0]}?" if close else f"{task} has {', '.join(defaults)}"
            raise WrongParameter(f"unknown parameter {name}: {known}")
        wanted = type(defaults[name])
        number = wanted is float and type(value) is int
        if wanted in KINDS and type(value) is not wanted and not number:
            raise WrongParameter(f"{name}={value}: must be {KINDS[wanted]}")


def parameters_of(task: Callable[..., Any], designs: tuple[type[BaseModel], ...] = ()) -> tuple[Parameter, ...]:
    """The parameters of a task, in the order of its signature."""
    return tuple(
        Parameter(name, _as_given(default), meaning(name, designs)) for name, default in known_parameters(task).items()
    )


def _as_given(value: object) -> str:
    """A default value as written on the command line."""
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def meaning(name: str, designs: tuple[type[BaseModel], ...] = ()) -> str:
    """The meaning of a parameter.

    Raises:
        KeyError: If there is no such parameter.
    """
    for design in designs:
        if name in design.model_fields:
            return " ".join((design.model_fields[name].description or "").split())
    return MEANINGS[name]


def condition_of(
    *,
    view: str = VIEWS[0],
    text: str = PLAIN.text,
    withhold: str | list[str] | None = None,
    emphasis: str | list[str] | None = None,
    staging: str = PLAIN.staging,
    selection: Mapping[str, str | list[str] | None] | None = None,
    grading: Mapping[str, object] | None = None,
) -> Condition:
    """The condition that a task's parameters describe.

    Args:
        view: `image` or `finding`.
        text: `keep`, `remove` or `random`.
        withhold: Evidence types, `history`, `examination`, or `all` for the question alone.
        emphasis: Evidence types; `placebo:` before the first for the placebo.
        staging: `single` or `turns`.
        selection: The parameters that select cases, by name.
        grading: The grading parameters that differ from their defaults, by name.

    Raises:
        ValueError: If a value is unknown; the message names the parameter and lists its values.
    """
    names = as_names(withhold)
    if unknown := sorted(set(names) - {ALL, *SECTIONS}):
        raise ValueError(unknown_sections(unknown))
    chosen = {name: as_names(values) for name, values in (selection or {}).items()}
    return Condition(
        view=one_of("view", view, CHOICES["view"]),
        text=one_of("text", text, CHOICES["text"]),
        staging=one_of("staging", staging, CHOICES["staging"]),
        withheld=SECTIONS if ALL in names else names,
        emphasis=emphasis_of(as_names(emphasis)),
        selection=", ".join(f"{name}={','.join(values)}" for name, values in chosen.items() if values),
        grading=", ".join(f"{name}={value}" for name, value in (grading or {}).items()),
    )


def emphasis_of(names: tuple[str, ...]) -> str:
    """The value of `Condition.emphasis` for the names in the parameter, which can begin with `PLACEBO`.

    Raises:
        ValueError: If a name is no evidence type.
    """
    given = ",".join(names)
    kinds = {known_evidence_type(name.strip()).value for name in given.removeprefix(PLACEBO).split(",") if given}
    listed = ",".join(section for section in SECTIONS if section in kinds)
    return PLACEBO + listed if given.startswith(PLACEBO) else listed


def as_names(value: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """The names in a parameter; Inspect passes one string or a list.

    Raises:
        ValueError: If the value is neither; `no`, for example, reaches the task as `False`.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{value!r} is not a name or a comma-separated list of names")
    return tuple(name.strip() for name in value if name.strip())


def one_of(parameter: str, value: str, choices: object) -> Any:
    """Check that a value is one of the values of a `Literal`, and return it.

    Raises:
        ValueError: If it is not; the message lists the values.
    """
    if value not in get_args(choices):
        raise ValueError(f"{parameter}={value!r}: choose one of {', '.join(get_args(choices))}")
    return value


def checked(model: type[M], **values: Any) -> M:
    """A pydantic model built from task parameters.

    Raises:
        ValueError: If a value is invalid; the message is one sentence that names the parameter.
    """
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        problem = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{name}={values.get(name)!r}: {problem}" if name else problem) from error
