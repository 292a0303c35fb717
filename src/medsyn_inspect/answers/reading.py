"""What reading an answer gives: a value, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.refusal import declines
from medsyn_inspect.answers.surface import Surface

Problem = Literal["unparseable", "several", "refused", "content_filter", "truncated"]
"""Why an answer has no value; `several`: it states more than one, or a letter and a name that contradict each other."""

CUT: dict[str, Problem] = {
    "max_tokens": "truncated",
    "model_length": "truncated",
    "content_filter": "content_filter",
}
"""Stop reasons after which an answer is not complete, and is not read whatever it says."""

CHANGED = "different statements without a word of correction"
"""Note on an answer of whose statements the last one counts."""

DROPPED = "entries that name no diagnosis"
"""Note on a differential with entries that were left out: "Not X", "Consult a physician"."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What was read from an answer.

    Attributes:
        value: `None` if nothing was.
        problem: Why there is no value; `None` if there is one.
        how: The form of answer that was recognised, or what was found instead of one.
        span: Where in the model's text the value was read.
        notes: What is worth counting about it.
    """

    value: T | None
    problem: Problem | None
    how: str
    span: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def letter(self) -> T | None:
        """The value, where it is the letter of an option."""
        return self.value


def unread(answer: Surface, phrases: Phrases, stop_reason: str, how: str) -> Reading[T]:
    """The reading of an answer in which nothing was found: it was cut, refuses, or is in another form."""
    if problem := CUT.get(stop_reason):
        return Reading(None, problem, f"stopped by {stop_reason}")
    return Reading(None, "refused", "refusal") if declines(answer, phrases) else Reading(None, "unparseable", how)
