"""The data of a report: the findings, and how each run was made, from the headers of the logs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelConfig, ModelUsage

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.read.headers import LogHeader, log_header, no_runs, read_headers
from medsyn_inspect.analysis.read.logs import task_columns
from medsyn_inspect.analysis.read.places import Places, file_name, places_of
from medsyn_inspect.judging.roles import JUDGE_ROLE
from medsyn_inspect.prompts.stages import WITH_OPTIONS
from medsyn_inspect.records import Condition
from medsyn_inspect.redaction import without_secrets

READER_ROLE = "reader"
"""Name for the role of the model under test, which has no role in Inspect."""

LOGS = (
    "log", "path", "counted", "task", "question", "reader", "model", "status", "created", "started", "completed",
    "duration", *Condition.COLUMNS,
    "model_args", "base_url", "model_roles", "task_args", "solver", "solver_args", "config", "task_config",
    "eval_config", "epochs", "limit", "sample_ids", "samples", "completed_samples", "unscored", "metrics", "scorers",
    "task_version", "records_version", "package_version", "inspect_version", "packages", "revision", "dirty",
    "case_set", "case_set_version", "fingerprint", "case_set_size", "selected", "card", "templates", "options", "usage",
)  # fmt: skip
"""Columns of `Material.logs`. Durations are in seconds, times as in the log (ISO 8601)."""

USAGE = ("role", "model", "input", "output", "cached", "cache_write", "reasoning", "total", "cost")
"""Keys of an entry of `usage`: tokens (`input` without those read from or written to a cache), and USD if logged."""


@dataclass(frozen=True)
class Material:
    """The data of a report."""

    logs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LOGS)))
    """One row per log, from its header, with the columns of `LOGS`. Every cell can be written as JSON."""

    findings: Findings = field(default_factory=Findings)
    """Results of the analysis of the samples; empty if it was not run."""

    @property
    def counted(self) -> pd.DataFrame:
        """The logs that the findings are based on: a repeated run counts once."""
        return self.logs[self.logs["counted"].astype(bool)]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries by column."""
    # `to_dict("records")` takes a hundred times as long for columns of objects.
    names = [str(name) for name in frame.columns]
    return [
        dict(zip(names, values, strict=True)) for values in zip(*(frame[name].tolist() for name in frame), strict=True)
    ]


def of_kind(material: Material, test: Callable[[str], bool]) -> list[str]:
    """The readers whose model passes a test of `providers`, such as `is_simulated`; a short name cannot tell."""
    logs = material.logs if len(material.logs) else material.findings.logs
    pairs = zip(logs["reader"], logs["model"], strict=True)
    return list(dict.fromkeys(str(reader) for reader, model in pairs if isinstance(model, str) and test(model)))


def options_of(material: Material) -> dict[str, int]:
    """Number of cases by number of options, over all runs with options; empty if there are none."""
    findings = material.findings
    frames = [findings.runs[findings.runs["question"].isin(WITH_OPTIONS)], findings.arms]
    asked = pd.concat([frame.reindex(columns=["case_id", "option_count"]) for frame in frames]).drop_duplicates(
        "case_id", keep="last"
    )
    sizes = Counter(int(count) for count in asked["option_count"].dropna() if count)
    if not sizes:
        # Without the samples: what the tasks recorded about the selected cases.
        for row in rows_of(material.counted):
            sizes |= Counter({int(size): count for size, count in row["options"].items()})
    return {str(size): count for size, count in sorted(sizes.items())}


def chance_level(material: Material) -> float | None:
    """Share of right answers expected from guessing among the options; `None` without options."""
    sizes = options_of(material)
    return sum(count / int(size) for size, count in sizes.items()) / sum(sizes.values()) if sizes else None


def read_material(
    logs: Places, findings: Findings | None = None, headers: Iterable[tuple[str, EvalLog]] | None = None
) -> Material:
    """Read the headers of logs; no sample is opened.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        findings: From the same logs; their headers are reused.
        headers: Headers of the logs with their files, to use instead of reading them.

    Raises:
        NoRuns: If no log of this suite is there.
        UnreadableLog: If a log cannot be read.
    """
    places = places_of(logs)
    if headers is not None:
        given = list(headers)
        found = [one for file, header in given if (one := log_header(file, header)) is not None]
        found.sort(key=lambda one: (one.header.eval.created, one.name))
        number = len(given)
    elif findings is not None and findings.headers:
        found = list(findings.headers)
        number = len(found)
    else:
        found = read_headers(places, strict=True)[0]
        number = len(found)
    known = {str(log["log"]): log for log in rows_of(findings.logs)} if findings is not None else None
    rows = []
    for one in found:
        row = log_row(one) | {"path": _as_given(places, one.file)}
        if known is not None:
            if one.file not in known:
                continue
            row |= {"counted": bool(known[one.file]["counted"]), "reader": str(known[one.file]["reader"])}
        rows.append(row)
    if not rows:
        raise no_runs(places, number)
    # All columns are of objects: pandas would convert integers to floats where one is missing.
    frame = pd.DataFrame(rows, columns=list(LOGS), dtype=object)
    return Material(frame) if findings is None else Material(frame, findings)


def log_row(log: LogHeader) -> dict[str, Any]:
    """One row of `Material.logs`."""
    header, task = log.header, log.task
    spec, stats, results = header.eval, header.stats, header.results
    ids = spec.dataset.sample_ids
    epochs = spec.config.epochs or 1
    revision = spec.revision
    columns: dict[str, Any] = task_columns(task)
    return columns | {
        "log": log.name,
        "path": log.file,
        "counted": True,
        "task": spec.task_registry_name or spec.task,
        "reader": log.reader,
        "model": spec.model,
        "status": header.status,
        "created": str(spec.created),
        "started": str(stats.started_at) or None,
        "completed": str(stats.completed_at) or None,
        "duration": _seconds(str(stats.started_at), str(stats.completed_at)),
        "model_args": without_secrets(spec.model_args or {}),
        "base_url": spec.model_base_url is not None,
        "model_roles": _roles(header),
        "task_args": without_secrets(spec.task_args_passed or {}),
        "solver": without_secrets(spec.solver),
        "solver_args": without_secrets(spec.solver_args_passed or {}),
        "config": _config(spec.model_generate_config),
        "task_config": _config(header.plan.config),
        "eval_config": without_secrets(spec.config.model_dump(mode="json", exclude_none=True)),
        "epochs": epochs,
        "limit": list(spec.config.limit) if isinstance(spec.config.limit, tuple) else spec.config.limit,
        "sample_ids": [str(one) for one in ids] if ids is not None else None,
        "samples": len(ids) * epochs if ids is not None else None,
        "completed_samples": results.completed_samples if results else None,
        "unscored": _unscored(header),
        "metrics": _metrics(header),
        "scorers": [{"name": one.name, "options": without_secrets(one.options or {})} for one in spec.scorers or []],
        "task_version": str(spec.task_version),
        "records_version": task.records_version,
        "package_version": task.package_version,
        "inspect_version": spec.packages.get("inspect_ai"),
        "packages": dict(spec.packages),
        # The origin of a repository can hold a user name and a token.
        "revision": revision.commit if revision else None,
        "dirty": revision.dirty if revision else None,
        "case_set": task.case_set,
        "case_set_version": task.case_set_version,
        "case_set_size": task.case_set_size,
        "selected": task.selected,
        "card": dict(task.case_set_card),
        "templates": dict(task.templates),
        "options": dict(task.options),
        "usage": _usage(header),
    }


def _config(config: Any) -> dict[str, Any]:
    """The settings of a GenerateConfig that were given."""
    shown: dict[str, Any] = without_secrets(config.model_dump(mode="json", exclude_none=True))
    return shown


def _roles(header: EvalLog) -> dict[str, list[dict[str, Any]]]:
    """The models in each role, with their settings; empty if the default judge was used."""
    return {
        role: [_model(model) for model in (models if isinstance(models, list) else [models])]
        for role, models in sorted((header.eval.model_roles or {}).items())
    }


def _model(model: ModelConfig) -> dict[str, Any]:
    return {
        "model": model.model,
        "args": without_secrets(model.args),
        "config": _config(model.config),
        "base_url": model.base_url is not None,
    }


def _seconds(start: str, end: str) -> float | None:
    if not start or not end:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _unscored(header: EvalLog) -> int | None:
    """Answers without a score, as the metric `unscored` counts them; without it, the cases that Inspect counts."""
    scores = header.results.scores if header.results else []
    counts = [metric.value for score in scores if (metric := score.metrics.get("unscored"))]
    if counts:
        return int(max(counts))
    return max((score.unscored_samples or 0 for score in scores if score.reducer), default=None)


def _metrics(header: EvalLog) -> dict[str, float | None]:
    """The metrics that Inspect has computed, as `score/metric`; not-a-number is `None`."""
    return {
        f"{score.name}/{metric.name.removeprefix('medsyn_inspect/')}": float(metric.value)
        if math.isfinite(metric.value)
        else None
        for score in (header.results.scores if header.results else [])
        for metric in score.metrics.values()
    }


def _usage(header: EvalLog) -> list[dict[str, Any]]:
    """Tokens by role and model.

    Inspect counts tokens by model and, separately, by role. The tokens of a model belong to its role if another model
    was tested, and to the reader if it has no role; if a model had several roles, the counts by role separate them.
    """
    tested, roles = header.eval.model, header.stats.role_usage
    entries: list[dict[str, Any]] = []
    in_role = {
        role: [model.model for model in (models if isinstance(models, list) else [models])]
        for role, models in (header.eval.model_roles or {}).items()
    }
    for model, usage in header.stats.model_usage.items():
        # The default judge is not among the roles in the header.
        played = [role for role in roles if model in in_role.get(role, [model] if model != tested else [])]
        if model != tested and len(played) == 1:
            entries.append(_entry(played[0], model, usage))
        elif not played:
            entries.append(_entry(READER_ROLE if model == tested else "unknown", model, usage))
        elif all(set(in_role.get(role, [])) == {model} for role in played):
            entries += [_entry(role, model, roles[role]) for role in played]
            if model == tested:
                entries.append(_entry(READER_ROLE, model, _rest(usage, [roles[role] for role in played])))
        else:
            entries.append(_entry(" and ".join([READER_ROLE] * (model == tested) + played), model, usage))
    return sorted(entries, key=lambda entry: (entry["role"] != READER_ROLE, entry["role"], entry["model"]))


def _entry(role: str, model: str, usage: ModelUsage) -> dict[str, Any]:
    values = (
        role, model, usage.input_tokens, usage.output_tokens, usage.input_tokens_cache_read,
        usage.input_tokens_cache_write, usage.reasoning_tokens, usage.total_tokens, usage.total_cost,
    )  # fmt: skip
    return dict(zip(USAGE, values, strict=True))


def _rest(whole: ModelUsage, parts: Iterable[ModelUsage]) -> ModelUsage:
    left = whole.model_dump()
    for part in parts:
        taken = part.model_dump()
        left = {name: value if value is None else value - (taken[name] or 0) for name, value in left.items()}
    return ModelUsage(**left)


def _as_given(places: Iterable[str], file: str) -> str:
    """The log's path, starting with the place that the user gave; only the file name if no place matches."""
    local = "://" not in file
    if local and not Path(file).is_absolute():
        return file
    for place in places:
        if place == file:
            return place
        if not local and file.startswith(place.rstrip("/") + "/"):
            return file
        if local and Path(file).is_relative_to(Path(place).resolve()):
            return (Path(place) / Path(file).relative_to(Path(place).resolve())).as_posix()
    return file_name(file)


def judges_of(material: Material) -> list[str]:
    """The judges, from the scores or, without scores, from the headers."""
    if len(material.findings.runs):
        found = material.findings.runs["judge"].dropna().unique()
        names = sorted({name for joined in found for name in str(joined).split(", ") if name})
        if names:
            return names
    roles = (row.get(JUDGE_ROLE, []) for row in material.counted["model_roles"])
    return sorted({str(model["model"]) for models in roles for model in models})
