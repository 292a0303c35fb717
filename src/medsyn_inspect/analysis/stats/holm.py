"""Holm's adjustment of p values."""

from __future__ import annotations

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """P values adjusted by Holm's method; NaN values (no test) are not part of the family."""
    adjusted = pd.Series(np.nan, index=p.index, dtype=float)
    # Not statsmodels' multipletests: each call runs the garbage collector, which is slower than the rest of this code.
    ordered = p.dropna().sort_values()
    stepped = ordered.to_numpy(dtype=float) * np.arange(len(ordered), 0, -1)
    adjusted[ordered.index] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
