"""Made-up readers whose posteriors are known, for the tests of the statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from medsyn_inspect.analysis.stats.divergence import Floats

LETTERS = "ABCDEFGH"

ARMS = (
    "reader", "case_id", "view", "withheld", "posterior", "counts", "source", "option_mass", "n", "answer", "correct",
    "error",
)  # fmt: skip
"""The columns of the frame `arms` that analysis needs."""


def arm(
    posterior: Any = None,
    *,
    view: str = "image",
    withheld: str = "",
    case: str = "c1",
    reader: str = "r",
    counts: Any = None,
    source: str | None = None,
    error: str | None = None,
    correct: bool | None = None,
) -> dict[str, Any]:
    """One row of the frame `arms`; samples if counts are given."""
    source = source or ("samples" if counts is not None else "logprobs")
    if counts is not None and posterior is None:
        posterior = tuple(np.asarray(counts) / max(sum(counts), 1))
    values = posterior or ()
    answer = LETTERS[int(np.argmax(values))] if len(values) else None
    row = (reader, case, view, withheld, posterior, counts, source, 1.0, sum(counts or (1,)), answer)
    return dict(zip(ARMS, (*row, answer == "A" if correct is None else correct, error), strict=True))


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(ARMS))


def world(rng: Generator, cases: int, moved: float, gain: float, spread: float) -> dict[tuple[str, str], Floats]:
    """Posteriors of four arms: K = 5 options, Dirichlet(0.7).

    Without the evidence the posterior has gone `moved` of the way to another Dirichlet draw where it is shown as
    a finding, and a normal(`gain`, `spread`) part of the way where it is shown as an image.
    """
    start, other = (rng.dirichlet([0.7] * 5, cases) for _ in range(2))
    by_image = np.clip(gain + spread * rng.standard_normal(cases), 0, 1)[:, None]
    return {
        ("image", ""): start,
        ("finding", ""): start,
        ("image", "ct"): (1 - by_image) * start + by_image * other,
        ("finding", "ct"): (1 - moved) * start + moved * other,
    }


def true_nmse(posteriors: dict[tuple[str, str], Floats]) -> float:
    """NMSE of a world, from entropies (not from the code under test)."""
    image, finding = (
        entropy((posteriors[view, ""] + posteriors[view, "ct"]) / 2)
        - (entropy(posteriors[view, ""]) + entropy(posteriors[view, "ct"])) / 2
        for view in ("image", "finding")
    )
    return float(((image - finding) ** 2).sum() / (finding**2).sum())


def entropy(p: Floats) -> Floats:
    """Bits."""
    return np.asarray(-(p * np.log2(np.where(p > 0, p, 1))).sum(axis=-1))


def sampled(rng: Generator, posteriors: dict[tuple[str, str], Floats], n: int) -> pd.DataFrame:
    """The arms of a world, n samples each."""
    return frame(
        *(
            arm(view=view, withheld=withheld, case=f"c{case}", counts=tuple(map(int, rng.multinomial(n, p))))
            for (view, withheld), rows in posteriors.items()
            for case, p in enumerate(rows)
        )
    )


def exact(posteriors: dict[tuple[str, str], Floats], reader: str = "r") -> pd.DataFrame:
    """The arms of a world, as token probabilities."""
    return frame(
        *(
            arm(tuple(map(float, p)), view=view, withheld=withheld, case=f"c{case}", reader=reader)
            for (view, withheld), rows in posteriors.items()
            for case, p in enumerate(rows)
        )
    )
