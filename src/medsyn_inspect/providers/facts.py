"""The form of `providers.yaml`, and its reading: each kind of fact is a class, each of its fields documented here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

BUNDLED = Path(__file__).parent / "providers.yaml"

Kind = Literal["api", "platform", "engine", "simulated", "physician", "stand-in"]
"""`api`: a maker's own service. `platform`: a service that offers models of several makers. `engine`: runs weights on
one's own machines. `simulated`: a reader or judge with closed forms. `physician`: answers that people gave.
`stand-in`: answers that a test gives."""

Effort = Literal["unset", "none", "minimal", "lower", "medium", "upper", "xhigh", "max"]
"""Inspect's `--reasoning-effort`, or that it is not set."""

SOURCE = r"^(https://\S+|Inspect \d+\.\d+\.\d+, [\w/]+\.(py|yml)|medsyn_inspect, [\w/]+\.py)$"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C, ten times as fast, where PyYAML was built with it."""

_SNAPSHOT = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8})(-v\d+(:\d+)?)?$")


@dataclass(frozen=True)
class ModelName:
    """A model's name, taken apart."""

    provider: str
    """`google` in `google/vertex/gemini-2.5-pro`."""

    service: str
    """What stands between provider and name: `vertex`; empty if nothing does."""

    name: str
    """`gemini-2.5-pro`."""

    @classmethod
    def of(cls, model: str) -> ModelName:
        """Take a name apart; of one without a slash, all is the provider's.

        Args:
            model: As Inspect calls it.
        """
        provider, _, rest = model.partition("/")
        service, _, name = rest.rpartition("/")
        return cls(provider, service, name.lower())

    @property
    def undated(self) -> str:
        """The name without the date of a snapshot."""
        return _SNAPSHOT.sub("", self.name)


class Fact(BaseModel):
    """One fact: where it is from, when that was read, and what it applies to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=SOURCE)
    """A page, or a file of Inspect (in `inspect_ai/model/`) or of this package."""

    read: date
    """When that was read."""

    note: str = ""
    """Why, or what to know of it."""

    models: re.Pattern[str] | None = None
    """Applies to model names that this matches as a whole, in lower case, with or without the date of a snapshot."""

    services: tuple[str, ...] | None = None
    """Applies to models reached through one of these only."""

    def applies_to(self, model: ModelName) -> bool:
        """Whether it is about this model."""
        if self.services is not None and model.service not in self.services:
            return False
        return self.models is None or any(map(self.models.fullmatch, (model.name, model.undated)))


class Serves(Fact):
    """What kind of provider it is, and who pays."""

    kind: Kind
    """See `Kind`."""

    billed: bool
    """Whether somebody bills tokens."""


class TokenProbabilities(Fact):
    """Whether an answer comes with the probabilities of the most probable tokens, when Inspect is asked for them."""

    given: bool
    """Whether it does, for several candidates at each place."""

    efforts: tuple[Effort, ...] | None = None
    """Applies at these reasoning efforts only."""


class AnswersPerCall(Fact):
    """How many answers to one prompt a call may ask for."""

    most: int = Field(ge=1)
    """More are refused, or ignored."""

    certain: bool = True
    """Whether so many are given; if not, the first answer shows whether more than one is."""


class DropsCertainTokens(Fact):
    """Whether tokens with a probability of exactly 1 are missing from the token probabilities."""

    drops: bool
    """Whether they are."""


class Many(BaseModel):
    """A stricter limit for requests with many images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    over: int
    """Applies to requests with more images than this."""

    side: int
    """Longest side of an image, in pixels."""


class ImageLimits(Fact):
    """Which images a request may hold. What is not documented is `None`."""

    formats: tuple[str, ...] | None = None
    """As Pillow calls them."""

    images: int | None = None
    """In one request; 0 if the provider takes none."""

    image_bytes: int | None = None
    """Of one image, in base64, as it is sent."""

    request_bytes: int | None = None
    """Of a whole request."""

    side: int | None = None
    """Longest side of an image, in pixels."""

    many: Many | None = None
    """What holds where there are many."""


class ImageTokens(Fact):
    """How many input tokens an image costs."""

    rule: Literal["openai_tiles", "openai_patches", "anthropic_patches", "gemini_tiles", "fixed"]
    """A function of `medsyn_inspect.planning.image_tokens`."""

    parameters: dict[str, int | float | None] = {}
    """Its keyword arguments."""


class Ends(Fact):
    """When a model is shut down at its maker's own service."""

    day: date
    """When it is shut down."""

    successor: str | None = None
    """The model that the provider recommends instead, at the same provider."""

    rerouted: bool = False
    """Whether the name is then answered by the successor, instead of with an error."""


class Provider(BaseModel):
    """What is known of a provider; the first fact on a subject that applies counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serves: Serves
    token_probabilities: tuple[TokenProbabilities, ...] = ()
    answers_per_call: tuple[AnswersPerCall, ...] = ()
    drops_certain_tokens: DropsCertainTokens | None = None
    images: tuple[ImageLimits, ...] = ()
    image_tokens: tuple[ImageTokens, ...] = ()
    ends: tuple[Ends, ...] = ()


class Others(BaseModel):
    """What holds for providers without an entry, and for subjects that an entry leaves out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers_per_call: tuple[AnswersPerCall, ...]


class ProviderFacts(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    others: Others
    providers: dict[str, Provider]


_Fact = TypeVar("_Fact", bound=Fact)


def first_that_applies(facts: Sequence[_Fact], model: ModelName) -> _Fact | None:
    """The fact that counts for a model, or `None`."""
    return next((fact for fact in facts if fact.applies_to(model)), None)


@cache
def load_facts(file: Path | None = None) -> ProviderFacts:
    """Read the facts, once.

    Args:
        file: Another file than the bundled one.

    Raises:
        ValueError: If the file is not as documented here; it names the first place that is not.
    """
    file = file or BUNDLED
    try:
        return ProviderFacts.model_validate(yaml.load(file.read_text(encoding="utf-8"), _Loader))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{file}: {place}: {first['msg']}; see the classes in {Path(__file__).name}") from error
