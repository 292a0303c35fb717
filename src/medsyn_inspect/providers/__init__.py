"""Facts about providers and models, by the model's name in Inspect (`openai/gpt-4o`).

The facts are in `providers.yaml`, each with its source and the day on which the source was read; prices are in
`prices.yaml`, in the format of Inspect's `--model-cost-config`. Other packages use the functions of this module, which
return `None` for what is not known.
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
"""Name of the simulated reader."""

JUDGE = "reference/judge"
"""Name of the simulated judge."""

PHYSICIANS = "human"
"""The provider in the names of people: `human/two-physicians`."""

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
    """The shutdown of a model at its maker's own service."""

    day: date
    """The day of the shutdown."""

    successor: str | None
    """The model that the provider recommends instead, by its name in Inspect."""

    rerouted: bool
    """Whether the successor answers under the old name after the shutdown, instead of an error."""


def provider_of(model: str) -> str:
    """The provider in a model's name.

    Args:
        model: Name in Inspect.

    Raises:
        ValueError: If the name has no provider.
    """
    provider, slash, name = model.partition("/")
    if not (provider and slash and name):
        raise ValueError(f"model {model!r}: name the provider too, as in openai/gpt-4o or {READER}")
    return provider


def kind_of(model: str) -> Kind | None:
    """The kind of provider that serves a model, or a reader whose name begins with a model's; `None` if unknown."""
    entry = _entry(ModelName.of(model))
    return entry.serves.kind if entry else None


def is_billed(model: str) -> bool:
    """Whether the model's tokens are billed; assumed if the provider is unknown."""
    entry = _entry(ModelName.of(model))
    return entry is None or entry.serves.billed


def is_simulated(model: str) -> bool:
    """Whether a reader or judge is a simulation with a closed form and not a model."""
    return kind_of(model) == "simulated"


def is_physician(model: str) -> bool:
    """Whether answers under this name are from people."""
    return kind_of(model) == "physician"


def is_model(model: str) -> bool:
    """Whether answers under this name are from a model, and not from a simulation, a person or a test."""
    return kind_of(model) not in ("simulated", "physician", "stand-in")


def gives_token_probabilities(model: str, reasoning_effort: str | None = None) -> bool | None:
    """Whether a model's answers come with token probabilities; `None` if only a request can tell.

    Args:
        model: Name in Inspect.
        reasoning_effort: The value of `--reasoning-effort`; `None` if it is not set.
    """
    name = ModelName.of(model)
    entry = _entry(name)
    effort = reasoning_effort or "unset"
    facts = entry.token_probabilities if entry else ()
    fact = first_that_applies([fact for fact in facts if fact.efforts is None or effort in fact.efforts], name)
    return fact.given if fact else None


def answers_per_call(model: str) -> AnswersPerCall:
    """How many answers to a prompt one call may request, and whether it is certain that the call returns them all."""
    name = ModelName.of(model)
    entry = _entry(name)
    facts = (*(entry.answers_per_call if entry else ()), *load_facts().others.answers_per_call)
    return next(fact for fact in facts if fact.applies_to(name))


def drops_certain_tokens(model: str) -> bool:
    """Whether tokens with a probability of exactly 1 are missing from the token probabilities."""
    entry = _entry(ModelName.of(model))
    return bool(entry and entry.drops_certain_tokens and entry.drops_certain_tokens.drops)


def image_limits(model: str) -> ImageLimits | None:
    """The documented limits for images in a request; `None` if there are none."""
    name = ModelName.of(model)
    entry = _entry(name)
    return first_that_applies(entry.images, name) if entry else None


def image_tokens_of(model: str) -> ImageTokens | None:
    """The rule for the input tokens of images; `None` if none is documented for this model."""
    name = ModelName.of(model)
    entry = _entry(name)
    return first_that_applies(entry.image_tokens, name) if entry else None


def end_of(model: str) -> End | None:
    """When a model is shut down; `None` if no date is known, or if a service other than its maker's serves it."""
    name = ModelName.of(model)
    entry = _entry(name)
    fact = first_that_applies(entry.ends, name) if entry and not name.service else None
    if fact is None:
        return None
    successor = f"{name.provider}/{fact.successor}" if fact.successor else None
    return End(fact.day, successor, fact.rerouted)


def model_info(model: str) -> ModelInfo | None:
    """Inspect's data about a model: context length, release date, whether it reasons."""
    if not is_billed(model):  # Inspect would start a local model whose name it does not know
        return None
    from inspect_ai.model import get_model_info

    return get_model_info(model)


def _entry(model: ModelName) -> Provider | None:
    return load_facts().providers.get(model.provider)
