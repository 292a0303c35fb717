"""Prompt refinement: run configurations that call attention to the evidence types a reader underuses as images.

The types are chosen on a development split; the runs are on the other cases. Three runs differ in nothing but a
sentence of the system message: `plain` has none, `emphasis` asks to attend to the types, and `placebo` is as long and
emphasises nothing. So an effect of emphasis can be distinguished from that of any longer prompt.

manifest.json     the types, what they were chosen from, and the cases of both splits
plain.yaml        run configurations for `inspect eval --run-config`
placebo.yaml
emphasis.yaml
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from medsyn_inspect.analysis.frames.plain import own_readers
from medsyn_inspect.cases.folder import require_free
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.interventions.targets import Choice, choice_record, choose
from medsyn_inspect.records import PLACEBO, SECTIONS
from medsyn_inspect.redaction import is_secret
from medsyn_inspect.version import package_version
from medsyn_inspect.writing import write_files

if TYPE_CHECKING:
    from medsyn_inspect.analysis.findings import Findings
    from medsyn_inspect.analysis.read.headers import LogHeader

MANIFEST = "manifest.json"
TASK = "sensitivity"
CONFIGURATIONS = ("plain", "placebo", "emphasis")
"""The runs that are compared, by the names of their files."""


@dataclass(frozen=True)
class Refinement:
    """Runs that are to be compared."""

    choice: Choice
    """The types, and the cases on which they were chosen."""

    cases: tuple[str, ...]
    """Ids of the held-out cases."""

    configurations: Mapping[str, Mapping[str, Any]]
    """The run configurations, by their names in `CONFIGURATIONS`."""

    left_out: tuple[str, ...]
    """Settings of the reader that no file may hold, such as keys."""

    case_set: str
    """Name of the held-out cases' set."""


def refine(
    findings: Findings,
    *,
    reader: str = "",
    development: float = 0.5,
    seed: int = 0,
    most: int | None = None,
    held_out: str = "",
) -> Refinement:
    """Choose the types that a reader underuses, and make the runs that show whether emphasis helps.

    Args:
        findings: Of logs with `sensitivity` runs in the plain condition.
        reader: The reader, if there are several.
        development: Share of the cases to choose on, by a hash of their ids; the others are held out.
        seed: Seed of that split.
        most: Maximum number of types; `None` for all that qualify.
        held_out: Another case set to run on. Then all cases of the findings are for choosing.

    Raises:
        ValueError: If there are no sensitivities, several readers of which none is named, or no held-out cases.
        NothingToTarget: If the reader underuses no type.
    """
    frame = _plain(findings)
    choice = choose(frame, reader=reader, development=1.0 if held_out else development, seed=seed, most=most)
    log = _log_of(findings, choice.reader)
    cases, args = choice.evaluation, dict(log.header.eval.task_args)
    case_set = log.task.case_set
    if held_out:
        other = load_cases(held_out)
        cases, case_set = _cases_of(other, choice, log, held_out), other.card.name
        args["cases"] = held_out
    if not cases:
        raise ValueError(
            f"--development {development:g}: all {len(choice.development)} cases are for choosing, and none is left to "
            "measure on; choose a smaller share, or name another case set with --held-out"
        )
    kinds = {target.evidence_type for target in choice.targets}
    named = ",".join(section for section in SECTIONS if section in kinds)
    emphasis = dict(zip(CONFIGURATIONS, ("", PLACEBO + named, named), strict=True))
    model, left_out = _model(log, held_out)
    settings = log.header.eval.model_generate_config.model_dump(mode="json", exclude_none=True)
    kept, secret = _without_secrets(settings)
    made = {
        name: _configuration(args | ({"emphasis": added} if added else {}), model, kept, () if held_out else cases)
        for name, added in emphasis.items()
    }
    return Refinement(choice, cases, made, (*left_out, *secret), case_set)


def write_refinement(folder: Path, found: Refinement) -> list[Path]:
    """Write the manifest and the run configurations: all of them, or none.

    Args:
        folder: A folder that does not exist or is empty.
        found: From `refine`.

    Raises:
        ValueError: If the folder is not empty.
        NotWritten: If it cannot be written.
    """
    require_free(folder)
    manifest = {
        "package_version": package_version(),
        **choice_record(found.choice),
        "held_out_cases": list(found.cases),
        "case_set": found.case_set,
        "emphasis": {name: one["task"]["args"].get("emphasis", "") for name, one in found.configurations.items()},
        "configurations": {name: f"{name}.yaml" for name in found.configurations},
    }
    texts = {f"{name}.yaml": _as_text(name, one, found.left_out) for name, one in found.configurations.items()}
    return write_files({MANIFEST: json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", **texts}, folder)


def _plain(findings: Findings) -> Any:
    """The frame `sensitivity` of the readers whose runs were in the plain condition, on all their cases."""
    frame = findings.sensitivity[findings.sensitivity["reader"].isin(own_readers(findings.readers))]
    if frame.empty:
        raise ValueError(
            "these logs have no sensitivities without emphasis to choose from; run "
            "`inspect eval medsyn_inspect/sensitivity` first"
        )
    return frame


def _log_of(findings: Findings, reader: str) -> LogHeader:
    """The log of a reader's arms."""
    [name] = set(findings.arms.loc[findings.arms["reader"] == reader, "log"])
    return next(header for header in findings.headers if header.file == name)


def _cases_of(held_out: CaseSet, choice: Choice, log: LogHeader, name: str) -> tuple[str, ...]:
    """The cases of another set, none of which may be a development case."""
    ids = tuple(case.case_id for case in held_out.cases)
    if held_out.fingerprint == log.task.case_set_fingerprint or set(ids) & set(choice.development):
        raise ValueError(
            f"--held-out {name}: has cases of the development split, on which nothing can be measured; name another "
            "case set, or choose a part of the cases with --development"
        )
    return ids


def _model(log: LogHeader, held_out: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The model as in the log, without what no file may hold; and the options that must be given instead."""
    spec = log.header.eval
    args, left_out = _without_secrets(spec.model_args or {})
    if held_out and "cases" in args:
        args["cases"] = held_out
    entry: dict[str, Any] = {"model": spec.model} | ({"args": args} if args else {})
    if spec.model_base_url:
        left_out = (*left_out, "--model-base-url")
    return entry, left_out


def _without_secrets(settings: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    secret = tuple(name for name, value in settings.items() if is_secret(name, value))
    return {name: value for name, value in settings.items() if name not in secret}, secret


def _configuration(
    args: Mapping[str, Any], model: Mapping[str, Any], settings: Mapping[str, Any], cases: Sequence[str]
) -> dict[str, Any]:
    """A run configuration: of `cases` if there are any, otherwise of the whole set."""
    given = {name: value for name, value in args.items() if value is not None}
    made: dict[str, Any] = {"task": {"task": f"medsyn_inspect/{TASK}", "args": given}, "model": dict(model)}
    if settings:
        made["generate_config"] = dict(settings)
    if cases:
        made["eval_config"] = {"sample_id": list(cases)}
    return made | {"tags": ["refine"]}


def _as_text(name: str, configuration: Mapping[str, Any], left_out: Sequence[str]) -> str:
    remarks = [f"`{name}` of a prompt refinement, see {MANIFEST}. Run it with `inspect eval --run-config {name}.yaml`."]
    remarks += [
        f"{one} is not in this file, because it may be confidential: give it on the command line." for one in left_out
    ]
    text = yaml.safe_dump(dict(configuration), sort_keys=False, allow_unicode=True)
    return "".join(f"# {remark}\n" for remark in remarks) + text
