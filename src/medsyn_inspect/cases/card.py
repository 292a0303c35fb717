"""The card of a case set: the contents of `card.yaml`."""

from __future__ import annotations

from pydantic import Field

from medsyn_inspect.cases.case import Language, Record, Words


class ConstructionStep(Record):
    """How many reports went through one step of a construction."""

    step: Words
    kept: int
    dropped: dict[str, int] = Field(default_factory=dict)
    """Number of reports that were dropped, by reason."""


class Card(Record):
    """The description of a case set (`card.yaml`)."""

    name: Words
    """Short name of the set, shown in logs and reports."""

    version: Words
    """Version of the set; change it whenever the content changes."""

    licence: Words
    """Licence of the set as a whole."""

    source: Words
    """Where the set comes from: authors, a DOI, a web address."""

    languages: tuple[Language, ...]
    """The languages of the cases."""

    canary: Words
    """A unique string that reveals whether the set is part of a model's training data."""

    synthetic: bool
    """Whether the cases are invented."""

    description: str = ""
    """What the set contains, its intended use, and what it must not be used for."""

    attributions: tuple[Words, ...] = ()
    """Credits for third-party material in the set, one line each."""

    prompts: dict[Language, Words] = Field(default_factory=dict)
    """Folders with the prompts for languages that the set brings, by language; relative to the set's folder."""

    history: tuple[Words, ...] = ()
    """What was changed from version to version, one line each."""

    imported: dict[str, int | str] = Field(default_factory=dict)
    """For an imported set: the importer, its source file, and how many rows were kept, dropped or flagged, and why."""

    constructed: tuple[ConstructionStep, ...] = ()
    """For a set that `medsyn construct` built from case reports: what each step kept and dropped."""
