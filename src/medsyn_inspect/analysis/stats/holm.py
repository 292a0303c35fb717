"""Holm's adjustment of p values."""

from __future__ import annotations

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """P values adjusted after Holm; NaN (nothing to test) does not belong to the family."""
    adjusted = pd.Series(np.nan, index=p.index, dtype=float)
    # Not statsmodels' multipletests: each call collects garbage, which costs more than everything else here.
    ordered = p.dropna().sort_values()
    stepped = ordered.to_numpy(dtype=float) * np.arange(len(ordered), 0, -1)
    adjusted[ordered.index] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
