"""Export of results: headers of logs as JSON, and the schema of Every Eval Ever; by default without the cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relationship = Literal["first_party", "third_party", "collaborative", "other"]
"""Relationship of the organization that ran the evaluation to the model, in the terms of Every Eval Ever."""


class ExportFailed(ValueError):
    """Nothing was exported; the message gives the reason."""


class LeftOut(ValueError):
    """One log cannot be exported; the message names it and the reason."""


@dataclass(frozen=True)
class Exported:
    """The files to write, and the logs that could not be exported."""

    files: dict[str, str]
    """Texts by path within the output folder."""

    notes: list[str]
    """The logs that were left out, with the reasons."""

    def __post_init__(self) -> None:
        if not self.files:
            raise ExportFailed("nothing to export:\n" + "\n".join(f"  {note}" for note in self.notes))
