"""After the run: from logs to findings. Data frame in, data frame out."""

from medsyn_inspect.analysis.accuracy import headline
from medsyn_inspect.analysis.gap import cross_modal_gap, mean_nmse
from medsyn_inspect.analysis.logs import newest_arms, read_arms, read_runs
from medsyn_inspect.analysis.sensitivity import evidence_sensitivity

__all__ = [
    "cross_modal_gap",
    "evidence_sensitivity",
    "headline",
    "mean_nmse",
    "newest_arms",
    "read_arms",
    "read_runs",
]
