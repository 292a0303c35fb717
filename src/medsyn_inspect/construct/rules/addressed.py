"""Finds text in a report that addresses a model instead of describing a patient."""

from __future__ import annotations

from medsyn_inspect.construct.rules.words import Words


def addresses_a_model(text: str, known: Words) -> bool:
    """Whether a sentence gives instructions to a model; such sentences are not sent to one."""
    return bool(known.addressed.search(text))
