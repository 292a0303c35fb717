"""Checks before a run that do not need one: models, keys, shutdowns, versions, the case set and the disk."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path

from inspect_ai.model import ChatMessageUser, GenerateConfig, Model, get_model
from packaging.requirements import Requirement
from rich.table import Table

from medsyn_inspect.calls import answered, generated
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.judging.ready import JudgeNotReady, judge_ready
from medsyn_inspect.judging.roles import one_line, unusable
from medsyn_inspect.judging.rubric import DEFAULT_RUBRIC, load_rubric
from medsyn_inspect.providers import clock, default_judge, end_in_words, end_of, ends_soon
from medsyn_inspect.screen import Screen

LEAST_DISK = 1_000_000_000
"""Free space below which a run is not advised, in bytes."""

PATIENCE = GenerateConfig(max_retries=1, timeout=60)
"""Settings of the small requests: a service that does not answer fails the check soon."""

QUESTION = "This is a test of the connection. Answer with the word OK."


@dataclass(frozen=True)
class Check:
    """The result of a check."""

    subject: str
    """What was checked."""

    passed: bool
    """Whether a run can start as far as this is concerned."""

    finding: str
    """What was found, in words."""


def preflight(
    models: Sequence[str], judges: Sequence[str], extractor: str | None, *, cases: str, logs: Path, call: bool
) -> Iterator[Check]:
    """Yield the checks of everything that a run needs.

    Args:
        models: The readers.
        judges: The judges; empty if none is needed.
        extractor: The model that reads answers without a known form, if one is named.
        cases: The case set.
        logs: The folder for logs; need not exist.
        call: Whether each model is sent a small request.
    """
    yield from _versions()
    yield _case_set(cases)
    yield _disk(logs)
    roles = [*(("reader", model) for model in models), *(("judge", judge) for judge in judges)]
    for role, model in [*roles, *((("extractor", extractor),) if extractor else ())]:
        yield from model_checks(role, model, call=call)


def preflight_table(checks: Iterable[Check]) -> int:
    """Print the checks as a table.

    Returns:
        The number of checks that failed.
    """
    table = Table(box=None, pad_edge=False)
    for name in ("", "Checked", "Found"):
        table.add_column(name, overflow="fold")
    failed = 0
    for check in checks:
        failed += not check.passed
        table.add_row("ok" if check.passed else "FAILED", check.subject, check.finding)
    Screen().print(table)
    return failed


def judges_of(task: str | None, judges: Sequence[str]) -> tuple[str, ...]:
    """The judges that a run of a task needs; of any task if none is named.

    Args:
        task: Name of the task.
        judges: The named judges.
    """
    if judges or task in ("fdx", "sensitivity"):
        return tuple(judges)
    return (default_judge(),)


def model_checks(role: str, model: str, *, call: bool) -> Iterator[Check]:
    """Yield the checks of a model: its name and key, its shutdown, and whether it answers.

    Args:
        role: `reader`, `judge` or `extractor`.
        model: Name in Inspect.
        call: Whether to send a small request.
    """
    subject = f"{role} {model}"
    try:
        created = get_model(model, config=PATIENCE)  # inspect-evals-lint: ignore[IEBP001] -- to check it
    except Exception as error:
        # Each provider has its own type of error for a missing key or package.
        yield Check(subject, False, unusable(role, model, error))
    else:
        problem = asyncio.run(_problem(role, created)) if call else ""
        finding = "answers" if call else "name and key are accepted by Inspect; no request was sent"
        yield Check(subject, not problem, problem or finding)
    if end := end_of(model):
        words = end_in_words(model)
        if ends_soon(model) and end.day > clock.today():
            words = f"WARNING: {words}"
        yield Check(f"shutdown of {model}", end.day > clock.today(), words)


async def _problem(role: str, model: Model) -> str:
    """Why a model does not answer a small request; empty if it does."""
    try:
        if role == "judge":
            await judge_ready(model, load_rubric(DEFAULT_RUBRIC))
        else:
            answered(await generated(model, [ChatMessageUser(content=QUESTION)]))
    except JudgeNotReady as error:
        return error.message
    except Exception as error:
        return f"no answer ({one_line(error.__cause__ or error)})"
    return ""


def _versions() -> Iterator[Check]:
    yield Check("Python", True, platform.python_version())
    for requirement in map(Requirement, requires("medsyn-inspect") or ()):
        if requirement.name == "inspect-ai":
            installed = version(requirement.name)
            fits = requirement.specifier.contains(installed, prereleases=True)
            yield Check("Inspect", fits, f"{installed} (needed: {requirement.specifier})")


def _case_set(cases: str) -> Check:
    try:
        case_set = load_cases(cases)
    except (ValueError, OSError) as error:
        return Check(f"case set {cases}", False, " ".join(str(error).split()))
    return Check(f"case set {cases}", True, f"{case_set.name}, {len(case_set.cases)} cases, no errors")


def _disk(logs: Path) -> Check:
    folder = next(place for place in (logs.absolute(), *logs.absolute().parents) if place.exists())
    free = shutil.disk_usage(folder).free
    finding = f"{free / 1e9:,.1f} GB free (at least {LEAST_DISK / 1e9:g} GB advised)"
    return Check(f"disk of {logs}", free >= LEAST_DISK, finding)
