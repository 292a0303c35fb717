"""A run configuration for each log, rebuilt from its header, and the command that runs it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from medsyn_inspect.cases.load import DEMO
from medsyn_inspect.providers import is_physician
from medsyn_inspect.records import JUDGED
from medsyn_inspect.redaction import PATH, WITHHELD, is_withheld

RUN_CONFIGS = "rerun"
"""Folder of the run configurations within a report."""

SET_BY_TASKS = ("logprobs", "top_logprobs")
"""Generation settings of the tasks, which the header does not distinguish from those of the user."""


@dataclass(frozen=True)
class Rerun:
    """How to run one log again."""

    log: str
    """File name."""

    file: str = ""
    """Path of the run configuration in the report's folder; empty if there is none (`why_not`)."""

    run_config: dict[str, Any] = field(default_factory=dict)
    """Contents of the file, in the schema of `inspect eval --run-config`."""

    command: str = ""
    """One line for a POSIX shell in the report's folder; empty if there is no run configuration."""

    variables: dict[str, str] = field(default_factory=dict)
    """Shell variables that the command needs, with their meanings: values that a report must not show."""

    left_out: tuple[str, ...] = ()
    """Settings that neither the file nor the command sets, one sentence each."""

    rescore: str = ""
    """Command that judges the answers again without running the reader; empty if no judge was needed."""

    why_not: str = ""
    """Why the log cannot be run again."""

    @property
    def text(self) -> str:
        """Text of the file: comments on its use, and the run configuration."""
        remarks = [f"Runs {self.log} again, in the folder of the report:", f"  {self.command}"]
        remarks += [f"{name}: {meaning}" for name, meaning in self.variables.items()]
        remarks += self.left_out
        return "".join(f"# {_as_comment(remark)}\n" for remark in remarks) + _as_yaml(self.run_config)


def file_names(logs: Iterable[str]) -> list[str]:
    """A unique path in the report's folder for the run configuration of each log."""
    names: list[str] = []
    taken: set[str] = set()
    for log in logs:
        stem = re.sub(r"[^\w.+-]", "_", PurePosixPath(log).stem)
        name, number = stem, 1
        # Some file systems ignore case.
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(f"{RUN_CONFIGS}/{name}.yaml")
    return names


def rerun(row: Mapping[str, Any], file: str) -> Rerun:
    """How to run a log again.

    Values that a report must not show (credentials, addresses, folders) are replaced in the file by placeholders with
    which no run can start, so that the file never uses another service or other cases. If the command line has an
    option for such a value, the command sets it from a shell variable, and stops if the variable is not set.

    Args:
        row: A row of `Material.logs`.
        file: Path of the run configuration in the report's folder.
    """
    log, rescore = str(row["log"]), _rescore(row)
    if is_physician(str(row["model"])):
        return Rerun(log, rescore=rescore, why_not="People gave these answers; no command can ask them again.")
    command = _Command(file)
    asked = {name: value for name, value in row["task_config"].items() if name not in SET_BY_TASKS}
    parts = {
        "task": _with({"task": row["task"]}, args=command.arguments("-T", row["task_args"], row)),
        "model": _with(_model(row, command), args=command.arguments("-M", row["model_args"], row)),
        "model_roles": {role: _role(role, models, row, command) for role, models in row["model_roles"].items()},
        "solver": _solver(row, command),
        "generate_config": command.settings(asked | row["config"]),
        "eval_config": command.settings(_eval_config(row, command)),
    }
    return Rerun(
        log,
        file=file,
        run_config=_with({}, **parts),
        command=" ".join(command.words),
        variables=command.variables,
        left_out=tuple(command.left_out),
        rescore=rescore,
    )


class _Command:
    """Builds the command of a run configuration: the options that it sets, and the settings that it leaves out."""

    def __init__(self, file: str) -> None:
        self.words = ["inspect", "eval", "--run-config", shlex.quote(file)]
        self.variables: dict[str, str] = {}
        self.left_out: list[str] = []

    def set(self, option: str, name: str, meaning: str, before: str = "") -> str:
        """An option with the value of a shell variable, which must be set.

        Args:
            option: Option of the command line.
            name: Base of the variable's name; each meaning gets its own variable.
            meaning: Description of the value.
            before: Precedes the value in its word.

        Returns:
            The variable's name.
        """
        name = re.sub(r"[^A-Z0-9]", "_", name.upper())
        name = unique = name if name[:1].isalpha() else f"V_{name}"
        number = 1
        while self.variables.get(unique, meaning) != meaning:
            number += 1
            unique = f"{name}_{number}"
        self.variables[unique] = meaning
        self.words += [option, f'{before and shlex.quote(before)}"${{{unique}:?}}"']
        return unique

    def arguments(self, whose: str, given: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments with placeholders for what a report does not show.

        Args:
            whose: An option of the command line, such as `-T`, or a description if there is none.
            given: The arguments.
            row: Of `Material.logs`.
        """
        arguments = dict(given)
        for name, value in given.items():
            meaning = _meaning(name, value, row)
            if meaning:
                arguments[name] = f"<{meaning}>"
            if meaning and whose.startswith("-"):
                self.set(whose, name, meaning, before=f"{name}=")
            elif meaning or is_withheld(value):
                self.left_out.append(f"{name} of {whose}: replace its placeholder in the file.")
        return arguments

    def settings(self, given: Mapping[str, Any], whose: str = "") -> dict[str, Any]:
        """Settings of Inspect, without those that a report must not show: a placeholder could pass for a value."""
        hidden = [name for name, value in given.items() if is_withheld(value)]
        self.left_out += [f"{name}{whose and f' of {whose}'}: left out; a report must not show it." for name in hidden]
        return {name: value for name, value in given.items() if name not in hidden}


def _with(entry: Mapping[str, Any], **parts: Any) -> dict[str, Any]:
    """The entry with the parts that are not empty."""
    return dict(entry) | {name: part for name, part in parts.items() if part}


def _meaning(name: str, value: Any, row: Mapping[str, Any]) -> str:
    """Description of a text argument that a report must not show; else empty."""
    if name == "cases" and value != DEMO:
        return f"folder of the case set {row['case_set']} {row['case_set_version']}, fingerprint {row['fingerprint']}"
    if not isinstance(value, str) or not is_withheld(value):
        return ""
    return f"the value of {name}" if value == WITHHELD else f"the path of {value.removeprefix(PATH)}"


def _no_address(name: str) -> str:
    """A placeholder for an address, which clients reject, mostly with a message that contains its name."""
    return f"http://withheld:{name}"


def _model(row: Mapping[str, Any], command: _Command) -> dict[str, Any]:
    """The model and the address of its service."""
    entry = {"model": row["model"]}
    if row["base_url"]:
        meaning = f"address of the service that answered as {row['model']}"
        entry["base_url"] = _no_address(command.set("--model-base-url", "MODEL_BASE_URL", meaning))
    return entry


def _solver(row: Mapping[str, Any], command: _Command) -> dict[str, Any]:
    """The solver, if it was not the task's own. The option `-S` has no effect on a solver that the file names."""
    if not row["solver"]:
        return {}
    if is_withheld(row["solver"]):
        command.left_out.append("solver: replace the placeholder in the file by its path.")
    return _with({"solver": row["solver"]}, args=command.arguments("the solver", row["solver_args"], row))


def _role(
    role: str, models: list[dict[str, Any]], row: Mapping[str, Any], command: _Command
) -> dict[str, Any] | list[dict[str, Any]]:
    """The models of a role. Withheld values of these can only be set in the file."""
    whose = f"the {role}"
    entries = []
    for number, model in enumerate(models, 1):
        entry = {"model": model["model"]}
        if model["base_url"]:
            entry["base_url"] = _no_address(f"{role.upper()}_{number}_BASE_URL")
            command.left_out.append(
                f"Address of {whose} {model['model']}: write it into the file in place of {entry['base_url']}."
            )
        args, config = command.arguments(whose, model["args"], row), command.settings(model["config"], whose)
        entries.append(_with(entry, args=args, config=config))
    return entries if len(entries) > 1 else entries[0]


def _eval_config(row: Mapping[str, Any], command: _Command) -> dict[str, Any]:
    """Limits, epochs, logging and similar settings."""
    settings = dict(row["eval_config"])
    # The command line of Inspect has a default for this setting, which replaces the value in the file.
    if interval := settings.pop("log_shared", 0):
        command.words.append(f"--log-shared={interval}")
    if settings.get("sample_shuffle") is True:
        command.left_out.append("sample_shuffle: the run had no seed, so the order of the cases, and a limit, differ.")
    return settings


def _rescore(row: Mapping[str, Any]) -> str:
    """The command that judges the answers of a log again, with the judge recorded in the log."""
    name = JUDGED.get(str(row["question"]))
    if name is None:
        return ""
    used: Mapping[str, Any] = next(
        (one["options"] for one in row["scorers"] if str(one["name"]).split("/")[-1] == name), {}
    )
    # The full name of the scorer: Inspect does not find the name in the log.
    words = ["inspect", "score", str(row["path"]), "--scorer", f"medsyn_inspect/{name}"]
    for option, value in used.items():
        words += ["-S", f"{option}={value}"]
    return shlex.join([*words, "--action", "append", "--overwrite"])


def _as_yaml(value: Any) -> str:
    """YAML without invisible characters or characters that change the direction of text."""
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text if text.replace("\n", "").isprintable() else yaml.safe_dump(value, sort_keys=False)


def _as_comment(text: str) -> str:
    """The text on one line, with unprintable characters replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
