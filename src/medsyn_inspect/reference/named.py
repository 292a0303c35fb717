"""The simulated readers with names of their own: each is `reference/reader` with some `-M` arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medsyn_inspect.providers import READER, provider_of

_LIKE_ALL: dict[str, Any] = {"finding_gain": 0.4, "prior_noise": 2.0, "listed": 2}
"""Arguments that all named readers share, so that none is right in every case."""

NAMED: Mapping[str, Mapping[str, Any]] = {
    "reader": {},
    "even": _LIKE_ALL | {"image_gain": 0.4},
    "blind-to-microscopy": _LIKE_ALL | {"image_gain": 0.4, "image_gain_microscopy": 0.0},
    "weak-eye": _LIKE_ALL | {"image_gain": 0.2},
    "blind": _LIKE_ALL | {"image_gain": 0.0},
}
"""The `-M` arguments of each reader, by its name after `reference/`."""


def is_reference_reader(model: str) -> bool:
    """Whether a model, by its name in Inspect, is one of the simulated readers."""
    provider, _, name = model.partition("/")
    return provider == provider_of(READER) and name in NAMED


def arguments_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a simulated reader: those given, and for the others those of its name.

    Args:
        name: Name of the model, with or without `reference/`.
        given: The `-M` arguments of the run.
    """
    return {**NAMED.get(name.rpartition("/")[2], {}), **given}
