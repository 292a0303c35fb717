"""Which accuracy of a solver without evidence can be explained by guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95
"""Probability of chance's interval."""


@dataclass(frozen=True)
class Chance:
    """The accuracy of guessing, and the interval in which it lies with a probability of 95 %."""

    accuracy: float
    lower: float
    upper: float

    def verdict(self, accuracy: float) -> str:
        """`within`, `above` or `below` the interval."""
        return "above" if accuracy > self.upper else "below" if accuracy < self.lower else "within"


def chance_of(options: Sequence[int]) -> Chance:
    """Chance over independent draws.

    Args:
        options: The number of options in each draw.

    Raises:
        ValueError: If there is no draw.
    """
    if not options:
        raise ValueError("no draws; chance needs at least one")
    from scipy.stats import binom

    # A binomial with the mean probability has at least the variance of draws with unequal numbers of options.
    accuracy = sum(1 / size for size in options) / len(options)
    lower, upper = binom.interval(LEVEL, len(options), accuracy)
    return Chance(accuracy, float(lower) / len(options), float(upper) / len(options))


def to_change(wins: dict[str, float], chance: float) -> list[str]:
    """The cases whose options must change so that a solver's expected accuracy falls to chance: as few as possible.

    Args:
        wins: The share of draws that the solver won, by case.
        chance: The accuracy of guessing.

    Returns:
        The cases with the highest shares first. After a change, a case is expected to be won as often as by guessing.
    """
    excess = sum(wins.values()) - chance * len(wins)
    chosen: list[str] = []
    for case_id, share in sorted(wins.items(), key=lambda pair: (-pair[1], pair[0])):
        if excess <= 0 or share <= chance:
            break
        chosen.append(case_id)
        excess -= share - chance
    return chosen
