"""The header of each log as JSON: what was asked of which model, with which settings and which result; no sample."""

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

ERROR_LEFT_OUT = "left out of this export, because it can quote a case; it is in the log"


def header_files(logs: Iterable[str | Path]) -> Exported:
    """The headers of the logs of this suite, by file name; Inspect's own JSON format, which `read_eval_log` reads.

    Of two runs whose logs have the same name, the later one gets a number.

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
    """A header as it may be published: no words or images of a case, no credentials, addresses or places on a machine.

    Samples, their reductions and the text of an error can hold parts of a case. Credentials and addresses are in the
    arguments and settings of the models, addresses also in the origin of the repository.
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
    """A setting that is withheld whole, in the type that Inspect reads back: `extra_headers` is a dict."""
    return dict.fromkeys(value, WITHHELD) if isinstance(value, dict) and not isinstance(shown, dict) else shown
