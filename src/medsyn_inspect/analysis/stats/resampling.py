"""Level of the intervals, seed of the random numbers, and threads of the linear algebra, for all statistics."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float64]

SEED = 20260222
"""Default random seed of the analysis."""

LEVEL = 0.95
"""Default level of an interval."""


@cache
def blas_threads() -> ThreadpoolController:
    """The thread controller, cached: finding the libraries takes longer than most statistics."""
    return ThreadpoolController()
