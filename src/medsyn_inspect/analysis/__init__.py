"""Analysis of logs: from logs to findings, by functions from data frames to data frames."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medsyn_inspect.analysis.describe import findings_schema
    from medsyn_inspect.analysis.files import as_json, write_findings
    from medsyn_inspect.analysis.findings import Findings, analyze_case_sets, analyze_logs, findings_of
    from medsyn_inspect.analysis.frames.accuracy import Estimate, headline
    from medsyn_inspect.analysis.frames.association import across_readers, within_readers
    from medsyn_inspect.analysis.frames.compare import paired_comparisons
    from medsyn_inspect.analysis.frames.contrasts import one_thing_changed
    from medsyn_inspect.analysis.frames.gap import mean_nmse, modality_gap
    from medsyn_inspect.analysis.frames.position import position_bias
    from medsyn_inspect.analysis.frames.sensitivity import evidence_sensitivity
    from medsyn_inspect.analysis.frames.stages import interim_beliefs, stage_summary
    from medsyn_inspect.analysis.read.inspect_frames import condition_info
    from medsyn_inspect.analysis.read.logs import LogFrames, NoRuns, read_arms, read_logs, read_runs
    from medsyn_inspect.analysis.stats.divergence import jensen_shannon
    from medsyn_inspect.analysis.stats.mcnemar import minimum_detectable_effect

__all__ = [
    "Estimate",
    "Findings",
    "LogFrames",
    "NoRuns",
    "across_readers",
    "analyze_case_sets",
    "analyze_logs",
    "as_json",
    "condition_info",
    "evidence_sensitivity",
    "findings_of",
    "findings_schema",
    "headline",
    "interim_beliefs",
    "jensen_shannon",
    "mean_nmse",
    "minimum_detectable_effect",
    "modality_gap",
    "one_thing_changed",
    "paired_comparisons",
    "position_bias",
    "read_arms",
    "read_logs",
    "read_runs",
    "stage_summary",
    "within_readers",
    "write_findings",
]

MODULES = {
    "Estimate": "frames.accuracy",
    "Findings": "findings",
    "LogFrames": "read.logs",
    "NoRuns": "read.logs",
    "across_readers": "frames.association",
    "as_json": "files",
    "interim_beliefs": "frames.stages",
    "condition_info": "read.inspect_frames",
    "modality_gap": "frames.gap",
    "evidence_sensitivity": "frames.sensitivity",
    "analyze_logs": "findings",
    "analyze_case_sets": "findings",
    "findings_of": "findings",
    "findings_schema": "describe",
    "headline": "frames.accuracy",
    "jensen_shannon": "stats.divergence",
    "mean_nmse": "frames.gap",
    "one_thing_changed": "frames.contrasts",
    "paired_comparisons": "frames.compare",
    "position_bias": "frames.position",
    "read_arms": "read.logs",
    "read_logs": "read.logs",
    "read_runs": "read.logs",
    "minimum_detectable_effect": "stats.mcnemar",
    "stage_summary": "frames.stages",
    "within_readers": "frames.association",
    "write_findings": "files",
}
"""The module of each name. Imported on first use: statsmodels takes seconds to import, and tasks do not need it."""


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    # For tab completion of names that are not yet imported.
    return sorted({*globals(), *__all__})
