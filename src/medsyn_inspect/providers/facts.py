"""What is known beforehand of a model by its name: who serves it, and what that provider does in Inspect 0.3.285."""

from __future__ import annotations

import re

LOCAL = frozenset(
    {"reference", "mockllm", "none", "hf", "vllm", "sglang", "ollama", "llama-cpp-python", "transformer_lens", "nnterp"}
)
"""Providers that bill no tokens: models on one's own machines, and stand-ins."""

SEVERAL_ANSWERS = frozenset({"reference", "vllm", "sglang", "together"})
"""Providers that give as many answers in a call as they are asked for."""

ONE_ANSWER = frozenset({"anthropic", "bedrock", "mistral", "azureai", "grok", "hf", "ollama", "mockllm"})
"""Providers for which Inspect does not pass the request for several answers on, or whose server ignores it."""

GOOGLE = frozenset({"google", "vertex"})
"""Providers of Google's API."""

NO_LOGPROBS = frozenset({"anthropic", "bedrock", "mistral", "azureai", "groq"})
"""Providers that ignore the request for token probabilities."""


def provider_of(model: str) -> str:
    """The provider in a model's name.

    Raises:
        ValueError: If the name has none.
    """
    provider, slash, name = model.partition("/")
    if not (provider and slash and name):
        raise ValueError(f"model {model!r}: name the provider too, as in openai/gpt-4o or reference/reader")
    return provider


def is_local(model: str) -> bool:
    """Whether tokens of this model are billed by nobody."""
    return provider_of(model) in LOCAL


def several_answers(model: str) -> bool | None:
    """Whether one call gives several answers, so that the input is sent and paid once; `None` if that is not known.

    Where it is not, the first call tells (`asking_arms`).
    """
    provider = provider_of(model)
    if provider == "openai":
        return not answers_by_responses_api(model)
    return True if provider in SEVERAL_ANSWERS else False if provider in ONE_ANSWER else None


def most_answers(model: str) -> int:
    """How many answers to one request the provider allows; 1 is all that some of its models give or take.

    Gemini 2.5 takes no more than eight; some of Gemini 3 answer a request for more than one with an error (HTTP 400,
    github.com/googleapis/python-genai/issues/1723), and are then asked one by one (`asking_arms`).
    """
    return 8 if provider_of(model) in GOOGLE else 128


def gives_no_logprobs(model: str) -> bool:
    """Whether the model is known to give no token probabilities when asked as Inspect asks by default."""
    provider = provider_of(model)
    name = model.rsplit("/", 1)[-1]
    return provider in NO_LOGPROBS or (provider == "openai" and bool(re.match(r"o\d|gpt-5(?![.\d])|gpt-[6-9]", name)))


def answers_by_responses_api(model: str) -> bool:
    """Whether Inspect asks this OpenAI model through the Responses API, which gives one answer a call.

    It does by default for the o-series, Codex, and GPT-5 and later.
    """
    name = model.rsplit("/", 1)[-1].lower()
    version = re.search(r"gpt-(\d+)", name)
    return bool(re.match(r"o\d", name)) or "codex" in name or bool(version and int(version[1]) >= 5)
