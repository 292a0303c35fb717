"""How to run the logs again, and what that rests on.

This room knows which settings of a log a run configuration of Inspect can hold, and how a command sets those that a
report must not show. It also lists what each log was made with, and the tokens and cost by role and model. Others use
`reproducibility`, which has all of it.
"""

from medsyn_inspect.report.rerun.reproducibility import Reproducibility, reproducibility
from medsyn_inspect.report.rerun.run_config import RUN_CONFIGS

__all__ = ["RUN_CONFIGS", "Reproducibility", "reproducibility"]
