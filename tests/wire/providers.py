"""Models as a user names them, each reaching the server in its provider's own dialect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspect_ai.model import GenerateConfig, Model, get_model

from wire.dialects import ANTHROPIC, CHAT, GOOGLE, RESPONSES, Dialect
from wire.server import WireServer

READER_DOOR, JUDGE_DOOR = "reader", "judge"
"""Path prefixes: reader and judge come in under different addresses, with different keys."""


@dataclass(frozen=True)
class Provider:
    """One way to reach a model."""

    name: str
    """As Inspect is asked for it."""

    dialect: Dialect
    """What its client speaks."""

    gives_logprobs: bool
    """Whether token probabilities are asked of it."""

    path: str = "/v1"
    """What the client expects at the end of its base URL."""

    arguments: dict[str, Any] = field(default_factory=dict)
    """`-M` arguments."""

    max_tokens: int | None = None
    """Longest answer, if not the provider's default."""

    @property
    def model(self) -> str:
        """Its name on the wire."""
        return self.name.rpartition("/")[2]

    def at(self, server: WireServer, door: str = READER_DOOR, retries: int | None = None) -> Model:
        """The model, reached under `door` with a key of that name; `retries` are those of its own client."""
        arguments = self.arguments if retries is None else {**self.arguments, "max_retries": retries}
        return get_model(
            self.name,
            base_url=f"{server.root}/{door}{self.path}",
            api_key=f"{door}-key",
            memoize=False,
            config=GenerateConfig(max_tokens=self.max_tokens),
            **arguments,
        )


# The SDK's own retries come on top of Inspect's and would only make a failing call slower.
NO_SDK_RETRIES = {"max_retries": 0}
GPT_4O = Provider("openai/gpt-4o", CHAT, True, arguments=NO_SDK_RETRIES)
GPT_4O_RESPONSES = Provider("openai/gpt-4o", RESPONSES, True, arguments={"responses_api": True, **NO_SDK_RETRIES})
GPT_5 = Provider("openai/gpt-5", RESPONSES, False, arguments=NO_SDK_RETRIES)
CLAUDE = Provider("anthropic/claude-sonnet-5", ANTHROPIC, False, path="", arguments=NO_SDK_RETRIES)
CLAUDE_WHOLE = Provider(
    "anthropic/claude-haiku-4-5", ANTHROPIC, False, path="", arguments=NO_SDK_RETRIES, max_tokens=4000
)
GEMINI = Provider("google/gemini-2.5-flash", GOOGLE, True, path="")
COMPATIBLE = Provider("openai-api/local/qwen-vl", CHAT, True, arguments=NO_SDK_RETRIES)
VLLM = Provider("vllm/qwen-vl", CHAT, True)
SGLANG = Provider("sglang/qwen-vl", CHAT, True)
LLAMA_CPP = Provider("llama-cpp-python/qwen-vl", CHAT, True)

PROVIDERS = {
    "openai chat": GPT_4O,
    "openai responses": GPT_4O_RESPONSES,
    "openai reasoning": GPT_5,
    "anthropic streamed": CLAUDE,
    "anthropic whole": CLAUDE_WHOLE,
    "google": GEMINI,
    "openai-compatible": COMPATIBLE,
}
"""One for each way in which a request can be written."""
