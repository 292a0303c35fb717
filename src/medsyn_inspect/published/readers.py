"""The paper's readers: their names there and in Inspect, and how they are reached."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "readers.yaml"


class PaperReader(BaseModel):
    """A reader of the paper, as `readers.yaml` has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As the paper's tables print it."""

    inspect: tuple[str, ...] = ()
    """Names to give to Inspect, the one to use first; none where there is nothing to ask."""

    access: Literal["api", "weights", "none", "people"]
    """How it is reached."""

    arguments: dict[str, Any] = {}
    """`-T` arguments of `fdx` that it needs."""

    availability: str
    """Whether it still exists, as far as is known, and what was not verified."""


@lru_cache
def paper_readers() -> tuple[PaperReader, ...]:
    """The physicians and the 18 models, in the order of Table 2."""
    return tuple(PaperReader(**row) for row in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def paper_name(reader: str) -> str | None:
    """What the paper calls a reader, given its Inspect name or the paper's; None for a reader it does not have.

    Who serves a model does not matter: names are compared without their first part, the provider.
    """
    for known in paper_readers():
        if reader == known.name or any(reader.endswith("/" + name.partition("/")[2]) for name in known.inspect):
            return known.name
    return None
