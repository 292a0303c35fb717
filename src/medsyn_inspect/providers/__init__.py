"""Facts about providers and models, by the model's name in Inspect (`openai/gpt-4o`).

The facts are in `providers.yaml`, each with its source and the day on which the source was read; prices are in
`prices.yaml`, in the format of Inspect's `--model-cost-config`. Other packages use the functions of this module, which
return `None` for what is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from medsyn_inspect.providers import clock
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
from medsyn_inspect.wording import plural

if TYPE_CHECKING:
    from inspect_ai.model import ModelInfo

READER = "reference/reader"
"""Name of the simulated reader."""

JUDGE = "reference/judge"
"""Name of the simulated judge."""

BUILDER = "reference/builder"
"""Name of the simulated builder of case sets."""

GUESSER = "reference/guesser"
"""Name of the simulated solver that guesses."""

PAPER_JUDGE = "openai/gpt-5"
"""Name of the paper's judge."""

SOON = 60
"""A model that is shut down within this number of days is warned of."""

LOCAL_VLM = "hf-vlm"
"""The provider of multimodal checkpoints on this machine: `hf-vlm/PATH_OR_NAME`."""

PHYSICIANS = "human"
"""The provider in the names of people: `human/two-physicians`."""

SIMULATED_PHYSICIAN = "simulated-physician"
"""Begins the names of physicians whose answers a script gave: `human/simulated-physician-1`."""

__all__ = [
    "BUILDER",
    "GUESSER",
    "JUDGE",
    "LOCAL_VLM",
    "PAPER_JUDGE",
    "PHYSICIANS",
    "READER",
    "SIMULATED_PHYSICIAN",
    "SOON",
    "AnswersPerCall",
    "End",
    "ImageLimits",
    "ImageTokens",
    "Kind",
    "answers_per_call",
    "default_judge",
    "drops_certain_tokens",
    "end_in_words",
    "end_of",
    "ends_soon",
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
    "serves",
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
    """Whether answers under this name were imported as those of people, who may be simulated (`is_person`)."""
    return kind_of(model) == "physician"


def is_person(model: str) -> bool:
    """Whether answers under this name are from people, and not from the script that stands for them in the demo."""
    return is_physician(model) and not model.removeprefix(f"{PHYSICIANS}/").startswith(SIMULATED_PHYSICIAN)


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


def ends_soon(model: str, on: date | None = None) -> bool:
    """Whether a model is shut down within `SOON` days of a date, or was shut down before it.

    Args:
        model: Name in Inspect.
        on: The date; by default today.
    """
    end = end_of(model)
    return end is not None and (end.day - (on or clock.today())).days <= SOON


def end_in_words(model: str, on: date | None = None) -> str:
    """When a model is shut down, and what replaces it, as a sentence without a full stop; empty if no date is known.

    Args:
        model: Name in Inspect.
        on: The date from which days are counted; by default today.
    """
    end = end_of(model)
    if end is None:
        return ""
    days = (end.day - (on or clock.today())).days
    when = f"was shut down on {end.day}" if days < 0 else f"is shut down on {end.day}"
    if 0 <= days <= SOON:
        when += ", today" if days == 0 else f", in {plural(days, 'day')}"
    if end.rerouted and end.successor:
        return f"{model} {when}; {end.successor} then answers under this name"
    return f"{model} {when}" + (f"; its provider recommends {end.successor}" if end.successor else "")


def default_judge(on: date | None = None) -> str:
    """The judge if none is named: the paper's until its shutdown, from that day on its successor.

    Args:
        on: The date of the run; by default today.
    """
    on, judge = on or clock.today(), PAPER_JUDGE
    while (end := end_of(judge)) and end.day <= on and end.successor:
        judge = end.successor
    return judge


def serves(requested: str, answered: str) -> bool:
    """Whether the model name in a response can belong to the requested model: the same name, or a snapshot of it.

    Args:
        requested: Name in Inspect, such as `openai/gpt-4o`.
        answered: The name in the response, such as `gpt-4o-2024-11-20`.

    Returns:
        Whether it can. Also true if the response carries no name, and if the requested name is free to choose (the
        deployments of Azure, simulations, people, tests).
    """
    name = ModelName.of(requested)
    if not answered or name.service == "azure" or kind_of(requested) in ("simulated", "physician", "stand-in"):
        return True
    if name.provider == LOCAL_VLM:  # which adds the revision of the checkpoint
        answered = answered.rpartition("@")[0] or answered
    asked, given = (_plain_name(part) for part in (requested, answered))
    return given == asked or re.fullmatch(rf"{re.escape(asked)}{_VERSION}", given) is not None


_VERSION = r"[-@:](\d{2,8}(-\d{2}(-\d{2})?)?|v\d+(:\d+)?)(-v\d+(:\d+)?)?"
"""What a response may add to the requested name: a date or the number of a snapshot."""


def _plain_name(model: str) -> str:
    """The last part of a name in lower case, without `-latest`; `claude-opus-4-0` is the same as `claude-opus-4`."""
    name = model.rpartition("/")[2].lower().removesuffix("-latest")
    return re.sub(r"^(claude-(?:opus|sonnet)-4)-0$", r"\1", name)


def model_info(model: str) -> ModelInfo | None:
    """Inspect's data about a model: context length, release date, whether it reasons."""
    if not is_billed(model):  # Inspect would start a local model whose name it does not know
        return None
    from inspect_ai.model import get_model_info

    return get_model_info(model)


def _entry(model: ModelName) -> Provider | None:
    return load_facts().providers.get(model.provider)
