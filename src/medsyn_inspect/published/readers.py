"""The paper's readers: their names in the paper and in Inspect, and how they can be run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "readers.yaml"


class PaperReader(BaseModel):
    """A reader of the paper: an entry of `readers.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Name in the paper's tables."""

    inspect: tuple[str, ...] = ()
    """Names for Inspect, the preferred one first; empty if the reader cannot be run."""

    access: Literal["api", "weights", "none", "people"]
    """How the reader can be run: by an API, by serving its weights, not at all, or by asking people."""

    arguments: dict[str, Any] = {}
    """`-T` arguments of `fdx` that the reader needs."""

    availability: str
    """Whether the reader is still available, as far as known, and what was not verified."""


@lru_cache
def paper_readers() -> tuple[PaperReader, ...]:
    """All readers (the physicians and 18 models), in the order of Table 2."""
    return tuple(PaperReader(**row) for row in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def paper_name(reader: str) -> str | None:
    """The paper's name of a reader, given its name in Inspect or in the paper; `None` if it is not in the paper.

    Names are compared without their first part, the provider, so a model can be served by anyone.
    """
    for known in paper_readers():
        if reader == known.name or any(reader.endswith("/" + name.partition("/")[2]) for name in known.inspect):
            return known.name
    return None
