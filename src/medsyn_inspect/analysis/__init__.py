"""After the run: from logs to findings. Data frame in, data frame out."""

from medsyn_inspect.analysis.accuracy import headline
from medsyn_inspect.analysis.logs import read_arms, read_runs

__all__ = ["headline", "read_arms", "read_runs"]
