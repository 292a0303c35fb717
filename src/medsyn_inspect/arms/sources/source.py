"""What a source of a posterior is: which question it needs, how it requests answers, and how it reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from inspect_ai.model import ChatMessage, Model

from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.reading import Reading
from medsyn_inspect.records import ArmRecord, shortened

UNREAD = 60
"""Characters that a record keeps of an answer that could not be read; with more it would not fit into a summary."""


@dataclass(frozen=True)
class Request:
    """An arm, in one order of the options, as it is put to a model."""

    model: Model

    messages: list[ChatMessage]
    """The prompt, which ends with the source's question."""

    options: tuple[str, ...]
    """The options in the order shown."""

    phrases: Phrases
    """The phrases with which the answers are read."""

    samples: int
    """Answers that the design wants where the posterior is estimated from samples."""

    one_by_one: set[Model]
    """Models that refuse to give several answers to one request; a source adds the model if it does."""


class Source(ABC):
    """A source of posteriors. Its module has the name of the source and one instance, `SOURCE`."""

    meaning: ClassVar[str]
    """What the posterior is taken from, in the description of the task parameter `posterior`."""

    question: ClassVar[str]
    """Name of the template of the question."""

    reworded: ClassVar[str | None]
    """Name of the template of the reworded question; `None` if the noise is known without a reworded arm."""

    reply_tokens: ClassVar[int]
    """Assumed length of an answer in tokens, for the plan."""

    not_cyclic: ClassVar[str] = ""
    """Why the posteriors of several orders of the options cannot be averaged; empty if they can."""

    def answers(self, samples: int) -> int:
        """Number of answers to one prompt.

        Args:
            samples: The parameter `samples` of the design.
        """
        return 1

    def unavailable(self, model: str, reasoning_effort: str | None = None) -> str:
        """Why a model cannot give such posteriors, as far as the facts about its provider say; empty if it can.

        Args:
            model: Name in Inspect.
            reasoning_effort: The value of `--reasoning-effort`; `None` if it is not set.
        """
        return ""

    @abstractmethod
    async def ask(self, request: Request) -> ArmRecord:
        """Request the answers to a prompt and make the arm's record, in the order of the options shown.

        Raises:
            Exception: If a call fails.
        """


def unread_text(completion: str, read: Reading[str]) -> str | None:
    """What a record keeps of an answer from which no option could be read; `None` if one was read."""
    return shortened(completion, UNREAD) if read.letter is None else None
