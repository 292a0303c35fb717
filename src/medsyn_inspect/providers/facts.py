"""The schema of `providers.yaml`, and its loading: each kind of fact is a class whose fields are documented here."""

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
"""`api`: the own service of a model's maker. `platform`: a service that offers models of several makers. `engine`:
software that runs weights locally. `simulated`: a reader or judge with closed forms. `physician`: answers of people.
`stand-in`: answers that a test provides."""

Effort = Literal["unset", "none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""Values of Inspect's `--reasoning-effort`; `unset` if it is not given."""

SOURCE = r"^(https://\S+|Inspect \d+\.\d+\.\d+, [\w/]+\.(py|yml)|medsyn_inspect, [\w/]+\.py)$"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C, ten times as fast, where PyYAML was built with it."""

_SNAPSHOT = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8})(-v\d+(:\d+)?)?$")


@dataclass(frozen=True)
class ModelName:
    """The parts of a model's name."""

    provider: str
    """The provider: `google` in `google/vertex/gemini-2.5-pro`."""

    service: str
    """The part between provider and name: `vertex`; empty if there is none."""

    name: str
    """The name in lower case: `gemini-2.5-pro`."""

    @classmethod
    def of(cls, model: str) -> ModelName:
        """Split a name into its parts; a name without a slash is a provider.

        Args:
            model: Name in Inspect.
        """
        provider, _, rest = model.partition("/")
        service, _, name = rest.rpartition("/")
        return cls(provider, service, name.lower())

    @property
    def undated(self) -> str:
        """The name without the date of a snapshot."""
        return _SNAPSHOT.sub("", self.name)


class Fact(BaseModel):
    """A fact: its source, when the source was read, and the models to which the fact applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=SOURCE)
    """A web page, or a file of Inspect (in `inspect_ai/model/`) or of this package."""

    read: date
    """The day on which the source was read."""

    note: str = ""
    """An explanation or a limitation of the fact."""

    models: re.Pattern[str] | None = None
    """The models to which the fact applies: matches the whole name in lower case, with or without a snapshot date."""

    services: tuple[str, ...] | None = None
    """If given, the fact applies only to models reached through one of these services."""

    def applies_to(self, model: ModelName) -> bool:
        """Whether the fact applies to a model."""
        if self.services is not None and model.service not in self.services:
            return False
        return self.models is None or any(map(self.models.fullmatch, (model.name, model.undated)))


class Serves(Fact):
    """The kind of provider, and whether it bills tokens."""

    kind: Kind
    """The kind of provider, see `Kind`."""

    billed: bool
    """Whether tokens are billed."""


class TokenProbabilities(Fact):
    """Whether answers come with the probabilities of the most probable tokens, if Inspect is set to request them."""

    given: bool
    """Whether they do, with several candidates for each token."""

    efforts: tuple[Effort, ...] | None = None
    """If given, the fact applies only at these reasoning efforts."""


class AnswersPerCall(Fact):
    """How many answers to a prompt one call may request."""

    most: int = Field(ge=1)
    """Maximum number; a request for more is refused or ignored."""

    certain: bool = True
    """Whether the call certainly returns as many as requested; if not, the first call shows whether it does."""


class DropsCertainTokens(Fact):
    """Whether tokens with a probability of exactly 1 are missing from the token probabilities."""

    drops: bool
    """Whether they are missing."""


class Many(BaseModel):
    """A stricter limit for images in requests with many images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    over: int
    """The limit applies to requests with more images than this."""

    side: int
    """Longest side of an image, in pixels."""


class ImageLimits(Fact):
    """Limits for the images in a request. Limits that are not documented are `None`."""

    formats: tuple[str, ...] | None = None
    """Accepted formats, by Pillow's names."""

    images: int | None = None
    """Maximum number of images in a request; 0 if the provider accepts none."""

    image_bytes: int | None = None
    """Maximum size of an image in base64, in bytes."""

    request_bytes: int | None = None
    """Maximum size of a whole request, in bytes."""

    side: int | None = None
    """Longest side of an image, in pixels."""

    many: Many | None = None
    """The stricter limit for requests with many images."""


class ImageTokens(Fact):
    """The rule for the input tokens of an image."""

    rule: Literal["openai_tiles", "openai_patches", "anthropic_patches", "gemini_tiles", "fixed"]
    """Name of a function in `medsyn_inspect.planning.image_tokens`."""

    parameters: dict[str, int | float | None] = {}
    """Keyword arguments of the function."""


class Ends(Fact):
    """When a model is shut down at its maker's own service."""

    day: date
    """The day of the shutdown."""

    successor: str | None = None
    """The model of the same provider that it recommends instead."""

    rerouted: bool = False
    """Whether the successor answers under the old name after the shutdown, instead of an error."""


class Provider(BaseModel):
    """The facts about a provider. Of several facts on a subject, the first that applies counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    serves: Serves
    token_probabilities: tuple[TokenProbabilities, ...] = ()
    answers_per_call: tuple[AnswersPerCall, ...] = ()
    drops_certain_tokens: DropsCertainTokens | None = None
    images: tuple[ImageLimits, ...] = ()
    image_tokens: tuple[ImageTokens, ...] = ()
    ends: tuple[Ends, ...] = ()


class Others(BaseModel):
    """Facts about providers without an entry, and about subjects that an entry leaves out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers_per_call: tuple[AnswersPerCall, ...]


class ProviderFacts(BaseModel):
    """The contents of `providers.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    others: Others
    providers: dict[str, Provider]


_Fact = TypeVar("_Fact", bound=Fact)


def first_that_applies(facts: Sequence[_Fact], model: ModelName) -> _Fact | None:
    """The first fact that applies to a model, or `None`."""
    return next((fact for fact in facts if fact.applies_to(model)), None)


@cache
def load_facts(file: Path | None = None) -> ProviderFacts:
    """Load the facts; every file is read only once.

    Args:
        file: A file in place of the bundled one.

    Raises:
        ValueError: If the file does not match the schema; the message names the first error.
    """
    file = file or BUNDLED
    try:
        content = yaml.load(file.read_text("utf-8"), _Loader)  # inspect-evals-lint: ignore[IESC002] -- a safe loader
        return ProviderFacts.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{file}: {place}: {first['msg']}; see the classes in {Path(__file__).name}") from error
