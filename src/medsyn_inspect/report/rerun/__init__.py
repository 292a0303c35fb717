"""How to reproduce the runs: a run configuration and a command for each log.

Settings that a report must not show are set by the command. The package also lists software versions and settings of
each log, and tokens and cost by role and model. The interface is `reproducibility`.
"""

from medsyn_inspect.report.rerun.reproducibility import Reproducibility, reproducibility
from medsyn_inspect.report.rerun.run_config import RUN_CONFIGS

__all__ = ["RUN_CONFIGS", "Reproducibility", "reproducibility"]
