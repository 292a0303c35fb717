"""The card of a case set."""

from __future__ import annotations

from pydantic import Field

from medsyn_inspect.cases.case import Language, Record, Words


class Card(Record):
    """What a case set says of itself (`card.yaml`)."""

    name: Words
    """Short name, shown in logs and reports."""

    version: Words
    """Version of the set; change it whenever the content changes."""

    licence: Words
    """Licence of the set as a whole."""

    source: Words
    """Where it comes from: authors, a DOI, an address."""

    languages: tuple[Language, ...]
    """The languages of its cases."""

    canary: Words
    """A unique string by which the set can be found in training data."""

    synthetic: bool
    """Whether the cases are invented."""

    description: str = ""
    """What it holds, for whom, and what it must not be used for."""

    attributions: tuple[Words, ...] = ()
    """Credit for material of others inside the set, one line each."""

    prompts: dict[Language, Words] = Field(default_factory=dict)
    """For languages whose wording the set brings: the folder with it, relative to the set's folder and inside it."""

    imported: dict[str, int | str] = Field(default_factory=dict)
    """For imported sets: how many rows were kept, dropped or flagged, and why."""
