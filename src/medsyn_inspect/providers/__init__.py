"""What is known beforehand of providers and models, by a model's name as Inspect calls it (`openai/gpt-4o`).

The facts are data, each with its source and the day it was read: `providers.yaml`, and `prices.yaml` in the format of
Inspect's `--model-cost-config`. Other rooms ask the functions here; an answer that is not known is `None`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from medsyn_inspect.providers.facts import (
    AnswersPerCall,
    ImageLimits,
    ImageTokens,
    Kind,
    ModelName,
    Provider,
    first_that_applies,
    load_facts,
)

if TYPE_CHECKING:
    from inspect_ai.model import ModelInfo

READER = "reference/reader"
"""The simulated reader."""

JUDGE = "reference/judge"
"""The simulated judge."""

PHYSICIANS = "human"
"""The provider in the names of readers that are people: `human/two-physicians`."""

__all__ = [
    "JUDGE",
    "PHYSICIANS",
    "READER",
    "AnswersPerCall",
    "End",
    "ImageLimits",
    "ImageTokens",
    "Kind",
    "answers_per_call",
    "drops_certain_tokens",
    "end_of",
    "gives_token_probabilities",
    "image_limits",
    "image_tokens_of",
    "is_billed",
    "is_model",
    "is_physician",
    "is_simulated",
    "kind_of",
    "model_info",
    "provider_of",
]


@dataclass(frozen=True)
class End:
    """The end of a model at its maker's own service."""

    day: date
    """When it is shut down."""

    successor: str | None
    """What the provider recommends instead, as Inspect calls it."""

    rerouted: bool
    """Whether the successor then answers under the old name, instead of an error."""


def provider_of(model: str) -> str:
    """The provider in a model's name.

    Args:
        model: As Inspect calls it.

    Raises:
        ValueError: If the name has none.
    """
    provider, slash, name = model.partition("/")
    if not (provider and slash and name):
        raise ValueError(f"model {model!r}: name the provider too, as in openai/gpt-4o or {READER}")
    return provider


def kind_of(model: str) -> Kind | None:
    """What kind of provider serves a model, or a reader whose name begins with one; `None` if it is not known."""
    entry = _entry(ModelName.of(model))
    return entry.serves.kind if entry else None


def is_billed(model: str) -> bool:
    """Whether somebody bills this model's tokens; assumed where the provider is not known."""
    entry = _entry(ModelName.of(model))
    return entry is None or entry.serves.billed


def is_simulated(model: str) -> bool:
    """Whether a reader or judge is a simulation with closed forms, and no model."""
    return kind_of(model) == "simulated"


def is_physician(model: str) -> bool:
    """Whether the answers under this name were given by people."""
    return kind_of(model) == "physician"


def is_model(model: str) -> bool:
    """Whether a model answers under this name: no simulation, no person, and not what a test gives."""
    return kind_of(model) not in ("simulated", "physician", "stand-in")


def gives_token_probabilities(model: str, reasoning_effort: str | None = None) -> bool | None:
    """Whether a model's answers come with token probabilities; `None` if only asking will tell.

    Args:
        model: As Inspect calls it.
        reasoning_effort: As in `--reasoning-effort`; `None` if it is not set.
    """
    name = ModelName.of(model)
    entry = _entry(name)
    effort = reasoning_effort or "unset"
    facts = entry.token_probabilities if entry else ()
    fact = first_that_applies([fact for fact in facts if fact.efforts is None or effort in fact.efforts], name)
    return fact.given if fact else None


def answers_per_call(model: str) -> AnswersPerCall:
    """How many answers to one prompt a call may ask for, and whether it is certain that so many are given."""
    name = ModelName.of(model)
    entry = _entry(name)
    facts = (*(entry.answers_per_call if entry else ()), *load_facts().others.answers_per_call)
    return next(fact for fact in facts if fact.applies_to(name))


def drops_certain_tokens(model: str) -> bool:
    """Whether tokens with a probability of exactly 1 are missing from the token probabilities."""
    entry = _entry(ModelName.of(model))
    return bool(entry and entry.drops_certain_tokens and entry.drops_certain_tokens.drops)


def image_limits(model: str) -> ImageLimits | None:
    """Which images a request may hold, as far as it is documented."""
    name = ModelName.of(model)
    entry = _entry(name)
    return first_that_applies(entry.images, name) if entry else None


def image_tokens_of(model: str) -> ImageTokens | None:
    """The rule by which images cost input tokens; no rule is borrowed from another model."""
    name = ModelName.of(model)
    entry = _entry(name)
    return first_that_applies(entry.image_tokens, name) if entry else None


def end_of(model: str) -> End | None:
    """When a model is shut down; `None` if no date is known, or another service than its maker's serves it."""
    name = ModelName.of(model)
    entry = _entry(name)
    fact = first_that_applies(entry.ends, name) if entry and not name.service else None
    if fact is None:
        return None
    successor = f"{name.provider}/{fact.successor}" if fact.successor else None
    return End(fact.day, successor, fact.rerouted)


def model_info(model: str) -> ModelInfo | None:
    """What Inspect knows of a model: context length, release date, whether it reasons."""
    if not is_billed(model):  # of a name that it does not know, Inspect would start the model
        return None
    from inspect_ai.model import get_model_info

    return get_model_info(model)


def _entry(model: ModelName) -> Provider | None:
    return load_facts().providers.get(model.provider)
