"""After the run: from logs to findings. Data frame in, data frame out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medsyn_inspect.analysis.accuracy import Estimate, headline
    from medsyn_inspect.analysis.association import across_readers, within_readers
    from medsyn_inspect.analysis.compare import paired_comparisons, smallest_detectable
    from medsyn_inspect.analysis.contrasts import one_thing_changed
    from medsyn_inspect.analysis.divergence import jensen_shannon
    from medsyn_inspect.analysis.export import as_json, write_findings
    from medsyn_inspect.analysis.findings import Findings, find, findings_of
    from medsyn_inspect.analysis.gap import cross_modal_gap, mean_nmse
    from medsyn_inspect.analysis.logs import LogFrames, NoRuns, newest_arms, read_arms, read_logs, read_runs
    from medsyn_inspect.analysis.position import position_bias
    from medsyn_inspect.analysis.preparing import condition_info
    from medsyn_inspect.analysis.sensitivity import evidence_sensitivity
    from medsyn_inspect.analysis.stages import belief_on_the_way, stage_summary

__all__ = [
    "Estimate",
    "Findings",
    "LogFrames",
    "NoRuns",
    "across_readers",
    "as_json",
    "belief_on_the_way",
    "condition_info",
    "cross_modal_gap",
    "evidence_sensitivity",
    "find",
    "findings_of",
    "headline",
    "jensen_shannon",
    "mean_nmse",
    "newest_arms",
    "one_thing_changed",
    "paired_comparisons",
    "position_bias",
    "read_arms",
    "read_logs",
    "read_runs",
    "smallest_detectable",
    "stage_summary",
    "within_readers",
    "write_findings",
]

MODULES = {
    "Estimate": "accuracy",
    "Findings": "findings",
    "LogFrames": "logs",
    "NoRuns": "logs",
    "across_readers": "association",
    "as_json": "export",
    "belief_on_the_way": "stages",
    "condition_info": "preparing",
    "cross_modal_gap": "gap",
    "evidence_sensitivity": "sensitivity",
    "find": "findings",
    "findings_of": "findings",
    "headline": "accuracy",
    "jensen_shannon": "divergence",
    "mean_nmse": "gap",
    "newest_arms": "logs",
    "one_thing_changed": "contrasts",
    "paired_comparisons": "compare",
    "position_bias": "position",
    "read_arms": "logs",
    "read_logs": "logs",
    "read_runs": "logs",
    "smallest_detectable": "compare",
    "stage_summary": "stages",
    "within_readers": "association",
    "write_findings": "export",
}
"""Where each name is. Loaded when it is asked for: statsmodels takes seconds, which no task may pay for."""


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
