"""Commands that make a log again, rebuilt from its header."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from medsyn_inspect.providers import is_physician
from medsyn_inspect.redaction import PATH, WITHHELD, is_withheld

JUDGED = {"ddx": "differential_judge", "open_fdx": "commitment_judge"}
"""Questions that a judge grades, with their scorers."""

SET_BY_TASKS: dict[str, bool | int | None] = {
    "fail_on_error": True, "continue_on_fail": True, "sandbox_cleanup": True, "sandbox_prebuilt": False,
    "log_samples": True, "log_realtime": True, "log_images": True, "log_shared": 0, "score_display": True,
    "score_on_error": None, "epochs": 1,
}  # fmt: skip
"""What the tasks and Inspect set where nothing is asked for; `None`: whatever it is, the task has set it."""

SET_BY_QUESTIONS = ("logprobs", "top_logprobs")
"""What the tasks ask of the model themselves."""

SWITCHES = {
    "log_samples": "--no-log-samples", "log_realtime": "--no-log-realtime", "log_images": "--no-log-images",
    "score_display": "--no-score-display", "sandbox_cleanup": "--no-sandbox-cleanup",
    "fail_on_error": "--no-fail-on-error", "parallel_tool_calls": "--no-parallel-tool-calls",
    "internal_tools": "--no-internal-tools", "log_model_api": "--no-log-model-api",
    "fail_on_refusal": "--no-fail-on-refusal",
}  # fmt: skip
"""How a setting is switched off."""

PLAIN = frozenset((
    "max_retries", "timeout", "attempt_timeout", "stream_idle_timeout", "max_connections", "max_tokens",
    "system_message", "best_of", "frequency_penalty", "presence_penalty", "seed", "temperature", "top_p", "top_k",
    "num_choices", "top_logprobs", "prompt_logprobs", "max_tool_output", "verbosity", "effort", "reasoning_effort",
    "reasoning_mode", "reasoning_tokens", "reasoning_summary", "reasoning_history", "epochs", "message_limit",
    "turn_limit", "time_limit", "working_limit", "cost_limit", "max_samples", "max_dataset_memory", "max_tasks",
    "max_subprocesses", "max_sandboxes", "log_buffer",
))  # fmt: skip
"""Settings whose value is written as it is."""

LISTED = frozenset(("stop_seqs", "fallback_models", "modalities", "sample_id", "epochs_reducer"))
"""Settings whose values are joined by commas."""

OPTIONAL_VALUE = frozenset(("fail_on_error", "retry_on_error", "sample_shuffle", "log_shared", "batch"))
"""Options that may also stand without a value, so that a value needs `=`."""


@dataclass(frozen=True)
class Rerun:
    """How to make one log again."""

    log: str
    """File name."""

    command: str
    """One line for a POSIX shell, or empty if it cannot be asked again (`why_not`)."""

    variables: dict[str, str] = field(default_factory=dict)
    """Shell variables that the command needs, with what to put into them: what a report must not show."""

    left_out: tuple[str, ...] = ()
    """Settings of the run that the command does not have, a sentence each."""

    rescore: str = ""
    """Command that judges the answers again without asking the reader; empty if no judge was needed."""

    why_not: str = ""
    """Why there is no command."""


def rerun(row: Mapping[str, Any]) -> Rerun:
    """The command that makes a log again.

    What the report must not show (see `withholding`) becomes a shell variable: the command stops where it is not set,
    rather than asking another service or another case set.

    Args:
        row: Of `Material.logs`.
    """
    line = _Line()
    if is_physician(str(row["model"])):
        return Rerun(str(row["log"]), "", why_not="People gave these answers; no command can ask them again.",
                     rescore=_rescore(row, line), variables=line.variables, left_out=tuple(line.left_out))  # fmt: skip
    line.add("inspect", "eval", str(row["task"]))
    line.add("--model", str(row["model"]))
    if row["base_url"]:
        line.add("--model-base-url")
        line.variable("MODEL_BASE_URL", f"address of the service that answered as {row['model']}")
    line.assign_all("-T", row["task_args"], _case_set_hint(row))
    line.assign_all("-M", row["model_args"], _case_set_hint(row))
    if row["solver"]:
        line.add("--solver", str(row["solver"]))
        line.assign_all("-S", row["solver_args"] or {}, "")
    _roles(line, row["model_roles"])
    for name, value in row["eval_config"].items():
        if name not in ("token_limit_type",) and not _by_default(name, value):
            line.setting(name, _token_limit(row) if name == "token_limit" else value)
    asked = {name: value for name, value in row["task_config"].items() if name not in SET_BY_QUESTIONS}
    for name, value in (asked | row["config"]).items():
        line.setting(name, value)
    command = str(line)
    return Rerun(str(row["log"]), command, rescore=_rescore(row, line), variables=line.variables,
                 left_out=tuple(dict.fromkeys(line.left_out)))  # fmt: skip


class _Line:
    """A command line under construction."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.variables: dict[str, str] = {}
        self.left_out: list[str] = []

    def __str__(self) -> str:
        return " ".join(self.words)

    def add(self, *words: str) -> None:
        self.words += [shlex.quote(word) for word in words]

    def variable(self, name: str, meaning: str, before: str = "") -> None:
        """A word that ends with the value of a shell variable; another meaning gets another variable."""
        name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.upper())
        name = name if name[:1].isalpha() else f"V_{name}"
        number = 1
        unique = name
        while self.variables.get(unique, meaning) != meaning:
            number += 1
            unique = f"{name}_{number}"
        self.variables[unique] = meaning
        self.words.append((shlex.quote(before) if before else "") + f'"${{{unique}:?}}"')

    def assign_all(self, flag: str, settings: Mapping[str, Any], case_set: str) -> None:
        """`-T name=value` for each setting."""
        for name, value in settings.items():
            if isinstance(value, str) and is_withheld(value):
                self.add(flag)
                shown = case_set if name == "cases" and case_set else f"`{value.removeprefix(PATH)}`"
                meaning = f"the value of {name}" if value == WITHHELD else f"where {shown} lies"
                self.variable(name, meaning, before=f"{name}=")
            elif is_withheld(value):
                self.left_out.append(f"{flag} {name}: holds what a report does not show.")
            elif (written := command_value(value)) is None or "=" in name or "-" in name:
                self.left_out.append(f"{flag} {name}: a command line cannot say {json.dumps(value)}.")
            else:
                self.add(flag, f"{name}={written}")

    def setting(self, name: str, value: Any) -> None:
        """An option of Inspect's own."""
        if is_withheld(value):
            self.left_out.append(f"{name}: holds what a report does not show.")
        elif (written := _option(name, value)) is None:
            self.left_out.append(f"{name}: a command line cannot say {json.dumps(value)}.")
        else:
            self.add(*written)


def command_value(value: Any) -> str | None:
    """A value as `-T` and `-M` read it: as YAML, text with commas as a list; `None` if they cannot read it.

    Whatever is written here has been read back, so that `no`, `007` and `1e-05` stay what they are.
    """
    flow = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1_000_000)
    forms = [value] if isinstance(value, str) else []
    if isinstance(value, list) and len(value) > 1 and all(isinstance(one, str) for one in value):
        forms.append(",".join(value))
    forms += [json.dumps(value, ensure_ascii=False), flow.removesuffix("...\n").strip()]
    return next((form for form in forms if _read_back(form) == (True, value)), None)


def _read_back(form: str) -> tuple[bool, Any]:
    """What Inspect reads from `name=form`."""
    try:
        value = yaml.safe_load(form)
    except yaml.YAMLError:
        return False, None
    if isinstance(value, str):
        parts = value.split(",")
        value = parts if len(parts) > 1 else value
    return True, value


def _option(name: str, value: Any) -> list[str] | None:
    """Words that set an option of Inspect; `None` if there are none."""
    option = "--" + name.replace("_", "-")
    if value is False and name in SWITCHES:
        return [SWITCHES[name]]
    if name in PLAIN and not isinstance(value, (bool, list, dict)):
        return [option, str(value)]
    if name in LISTED:
        return _joined(option, value)
    if name in OPTIONAL_VALUE and isinstance(value, (bool, int, float)):
        return [f"{option}={str(value).lower()}"]
    match name, value:
        case (("logprobs" | "score_on_error" | "continue_on_fail" | "fail_on_refusal" | "log_model_api"), True):
            return [option]
        case "limit", int():
            return [option, str(value)]
        case "limit", [int(first), int(last)]:
            return [option, f"{first + 1}-{last}"]
        case "token_limit", int() | str():
            return [option, str(value)]
        case "logit_bias", dict():
            return [option, ",".join(f"{token}={bias}" for token, bias in value.items())]
        case "cache_prompt", bool() | str():
            return [option, str(value).lower()]
        case "adaptive_connections", bool() | int():
            return [option, str(value).lower()]
        case "adaptive_connections", {"min": low, "start": start, "max": high, **other} if not other:
            return [option, f"{low}-{start}-{high}"]
        case "cache", {"expiry": str(expiry), **other} if other in ({}, {"per_epoch": True, "scopes": {}}):
            return [f"{option}={expiry}"]
        case (("extra_body" | "response_schema"), dict()):
            return [option, json.dumps(value, ensure_ascii=False)]
    return None


def _joined(option: str, value: Any) -> list[str] | None:
    values = [str(one) for one in (value if isinstance(value, list) else [value])]
    if not values or any("," in one or one != one.strip() for one in values):
        return None
    return [option, ",".join(values)]


def _by_default(name: str, value: Any) -> bool:
    if name not in SET_BY_TASKS:
        return False
    default = SET_BY_TASKS[name]
    return default is None or (type(default) is type(value) and default == value)


def _token_limit(row: Mapping[str, Any]) -> int | str:
    limit, kind = row["eval_config"]["token_limit"], row["eval_config"].get("token_limit_type")
    return f"{kind}:{limit}" if kind else int(limit)


def _case_set_hint(row: Mapping[str, Any]) -> str:
    return f"the case set {row['case_set']} {row['case_set_version']}, fingerprint {row['fingerprint']},"


def _roles(line: _Line, roles: Mapping[str, list[dict[str, Any]]]) -> None:
    """`--model-role role=model`, as JSON where a model has settings."""
    for role, models in roles.items():
        shown: list[Any] = []
        for model in models:
            settings: dict[str, Any] = {}
            for kind in ("args", "config"):
                hidden = [name for name, value in model[kind].items() if is_withheld(value)]
                line.left_out += [f"{name} of the {role}: holds what a report does not show." for name in hidden]
                kept = {name: value for name, value in model[kind].items() if name not in hidden}
                settings |= kept if kind == "config" else {"model_args": kept} if kept else {}
            if model["base_url"]:
                line.left_out.append(
                    f"address of the service of the {role} ({model['model']}): set it as its provider asks."
                )
            shown.append({"model": model["model"]} | settings if settings else model["model"])
        value = shown if len(shown) > 1 else shown[0]
        if (written := command_value(value)) is None:
            line.left_out.append(f"--model-role {role}: a command line cannot say {json.dumps(value)}.")
        else:
            line.add("--model-role", f"{role}={written}")


def _rescore(row: Mapping[str, Any], line: _Line) -> str:
    """The command that has the answers of a log judged again; what it leaves out goes to `line`."""
    name = JUDGED.get(str(row["question"]))
    if name is None:
        return ""
    scoring = _Line()
    scoring.add("inspect", "score", str(row["path"]), "--scorer", f"medsyn_inspect/{name}")
    options: dict[str, Any] = next(
        (one["options"] for one in row["scorers"] if str(one["name"]).split("/")[-1] == name), {}
    )
    scoring.assign_all("-S", options, "")
    scoring.add("--action", "append", "--overwrite")
    _roles(scoring, row["model_roles"])
    line.left_out += scoring.left_out
    line.variables |= scoring.variables
    return str(scoring)
