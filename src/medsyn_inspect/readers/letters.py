"""How a request asks an `hf-vlm` model for the probabilities of the option letters by one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import GenerateConfig

from medsyn_inspect.providers import LOCAL_VLM, provider_of

_KEY = "option_letters"


def letters_config(model: str, options: Sequence[str]) -> GenerateConfig:
    """The settings that ask a model for the probabilities of its options' letters; empty for any other provider.

    Args:
        model: Name in Inspect.
        options: The options in the order shown.
    """
    if provider_of(model) != LOCAL_VLM:
        return GenerateConfig()
    return GenerateConfig(extra_body={_KEY: ascii_uppercase[: len(options)]})


def requested_letters(config: GenerateConfig) -> str:
    """The letters whose probabilities a request asks for; empty if it asks for a text."""
    return str((config.extra_body or {}).get(_KEY, ""))
