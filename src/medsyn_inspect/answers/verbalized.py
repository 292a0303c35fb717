"""Probabilities that a reader states itself, as a JSON object with a key for each option."""

from __future__ import annotations

import math

from medsyn_inspect.answers.jsonvalues import json_spans
from medsyn_inspect.answers.surface import shown_end

TOLERANCE = 0.1
"""How far from 1 (or from 100, in percent) the sum may be before the statement counts for nothing."""


def stated_probabilities(text: str, letters: str) -> tuple[list[float] | None, str]:
    """The probabilities of the last JSON object in an answer, brought to a sum of 1.

    Args:
        text: A completion; its reasoning blocks are ignored, and all but the end of one that is very long.
        letters: The options' letters, such as `ABCDE`.

    Returns:
        One probability for each letter and '', or `None` and what is wrong with the answer.
    """
    objects = [value for value, _, _ in json_spans(shown_end(text)[1]) if isinstance(value, dict)]
    if not objects:
        return None, "no JSON object with probabilities in the answer"
    stated = {str(key).strip().upper(): value for key, value in objects[-1].items()}
    if len(stated) < len(objects[-1]):
        return None, "two probabilities stated for one letter"
    if missing := [letter for letter in letters if letter not in stated]:
        return None, f"no probability stated for {', '.join(missing)}"
    values = [stated[letter] for letter in letters]
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return None, "a stated probability is not a number"
    if not all(0 <= value <= 100 for value in values):
        return None, "a stated probability is not between 0 and 1, or 0 and 100 percent"
    total = math.fsum(values)
    if not any(abs(total - whole) <= TOLERANCE * whole for whole in (1, 100)):
        return None, f"the stated probabilities sum to {total:g}, not to 1"
    return [value / total for value in values], ""
