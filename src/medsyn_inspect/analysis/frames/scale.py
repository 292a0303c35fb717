"""The scale of the judge's scores, from the record of the answers: levels and threshold of the rubric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from medsyn_inspect.judging.rubric import load_rubric, rubrics


@dataclass(frozen=True)
class Scale:
    """The possible scores of a rubric."""

    rubric: str
    """Its name."""

    threshold: float
    """Lowest level at which a diagnosis counts as covered."""

    levels: tuple[float, ...]
    """In ascending order."""

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest level."""
        return self.levels[0], self.levels[-1]


def scale_of(answers: pd.DataFrame) -> Scale | None:
    """The scale of the newest judged answer; `None` if no answer was judged.

    The levels are those of the rubric, if it is known, and all scores that were given.

    Args:
        answers: Rows of the frame `runs`.
    """
    judged = answers[answers["threshold"].notna()]
    if judged.empty:
        return None
    last = judged.iloc[-1]
    rubric = str(last["rubric"])
    levels = {float(score) for score in judged["score"].dropna()}
    levels |= {float(score) for given in judged["panel_scores"] if several(given) for score in given}
    levels |= {float(level) for level in load_rubric(rubric).levels} if rubric in rubrics() else set()
    return Scale(rubric, float(last["threshold"]), tuple(sorted(levels)))


def several(given: object) -> bool:
    """Whether a value holds the scores of several judges."""
    return isinstance(given, (tuple, list, np.ndarray)) and len(given) > 1
