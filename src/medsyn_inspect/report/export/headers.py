"""The header of each log as JSON: task, model, settings and results, without samples."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, ModelConfig

from medsyn_inspect.analysis.read.headers import read_headers
from medsyn_inspect.redaction import WITHHELD, without_secrets
from medsyn_inspect.report.export import Exported

ERROR_LEFT_OUT = "left out of this export because it may quote a case; see the log"


def header_files(logs: Iterable[str | Path]) -> Exported:
    """The headers of the logs of this suite, by file name; Inspect's own JSON format, which `read_eval_log` reads.

    If two logs have the same name, a number is added to the second.

    Raises:
        NoRuns: If there is no log of this suite.
        UnreadableLog: If none of them can be read.
    """
    found, notes = read_headers(logs)
    files: dict[str, str] = {}
    for log in found:
        stem = PurePosixPath(log.name).stem
        names = (f"{stem}-{number}.json" if number > 1 else f"{stem}.json" for number in count(1))
        name = next(name for name in names if name not in files)
        files[name] = shared_header(log.header).model_dump_json(indent=2, exclude_none=True) + "\n"
    return Exported(files, notes)


def shared_header(header: EvalLog) -> EvalLog:
    """A header for publication: without texts or images of cases, credentials, addresses of services and local paths.

    Samples, their reductions and error messages can contain parts of a case. Arguments and settings of the models can
    contain credentials and addresses; the origin of the repository can contain an address.
    """
    error = header.error
    if error is not None:
        error = error.model_copy(update={"message": ERROR_LEFT_OUT, "traceback": "", "traceback_ansi": ""})
    spec = header.eval
    shown = {name: without_secrets(getattr(spec, name)) for name in ("model_args", "task_args", "solver_args")}
    shown |= {
        f"{name}_passed": without_secrets(getattr(spec, f"{name}_passed")) for name in ("task_args", "solver_args")
    }
    shown["model_base_url"] = WITHHELD if spec.model_base_url else None
    shown["model_generate_config"] = _config(spec.model_generate_config)
    shown["model_roles"] = {
        role: [_model(model) for model in models] if isinstance(models, list) else _model(models)
        for role, models in (spec.model_roles or {}).items()
    } or None
    shown["dataset"] = spec.dataset.model_copy(update={"location": without_secrets(spec.dataset.location)})
    if spec.revision is not None:
        shown["revision"] = spec.revision.model_copy(update={"origin": WITHHELD})
    return header.model_copy(
        update={
            "samples": None,
            "reductions": None,
            "error": error,
            "eval": spec.model_copy(update=shown),
            "plan": header.plan.model_copy(update={"config": _config(header.plan.config)}),
        }
    )


def _model(model: ModelConfig) -> ModelConfig:
    address = WITHHELD if model.base_url else None
    shown = {"args": without_secrets(model.args), "config": _config(model.config), "base_url": address}
    return model.model_copy(update=shown)


def _config(config: GenerateConfig) -> GenerateConfig:
    given = config.model_dump(mode="json", exclude_none=True)
    return GenerateConfig.model_validate(
        {name: _same_type(without_secrets(value, name), value) for name, value in given.items()}
    )


def _same_type(shown: Any, value: Any) -> Any:
    """A withheld setting in the type that Inspect expects, such as a dict for `extra_headers`."""
    return dict.fromkeys(value, WITHHELD) if isinstance(value, dict) and not isinstance(shown, dict) else shown
