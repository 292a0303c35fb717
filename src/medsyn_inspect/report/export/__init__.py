"""Results for others: headers of logs as JSON, and the shared schema of Every Eval Ever. Neither holds the cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relationship = Literal["first_party", "third_party", "collaborative", "other"]
"""Of the organization that ran an evaluation to the model, in the words of Every Eval Ever."""


class ExportFailed(ValueError):
    """Nothing was exported; the message says why, and what to do."""


class LeftOut(ValueError):
    """One log cannot be exported; the message names it and the reason."""


@dataclass(frozen=True)
class Exported:
    """What is to be written, and what could not be exported."""

    files: dict[str, str]
    """Texts by their path in the folder that is written."""

    notes: list[str]
    """Which logs are not in it, and why."""

    def __post_init__(self) -> None:
        if not self.files:
            raise ExportFailed("nothing to export:\n" + "\n".join(f"  {note}" for note in self.notes))
