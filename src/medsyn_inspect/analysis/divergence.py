"""Divergences between answer posteriors."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.spatial.distance import jensenshannon


def jsd(p: Sequence[float], q: Sequence[float]) -> float:
    """Jensen-Shannon divergence in bits."""
    return float(jensenshannon(p, q, base=2) ** 2)
