"""After the run: from logs to findings. Data frame in, data frame out."""

from medsyn_inspect.analysis.accuracy import headline
from medsyn_inspect.analysis.association import across_readers, within_readers
from medsyn_inspect.analysis.compare import paired_comparisons
from medsyn_inspect.analysis.gap import cross_modal_gap, mean_nmse
from medsyn_inspect.analysis.logs import newest_arms, read_arms, read_runs
from medsyn_inspect.analysis.sensitivity import evidence_sensitivity

__all__ = [
    "across_readers",
    "cross_modal_gap",
    "evidence_sensitivity",
    "headline",
    "mean_nmse",
    "newest_arms",
    "paired_comparisons",
    "read_arms",
    "read_runs",
    "within_readers",
]
