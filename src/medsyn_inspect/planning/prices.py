"""Prices of tokens: bundled list prices, and prices from a file in the format of Inspect's `--model-cost-config`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medsyn_inspect import providers

BUNDLED = Path(providers.__file__).parent / "prices.yaml"


class Price(BaseModel):
    """Prices of a model in USD per million tokens. Inspect uses the first four fields and ignores the others."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    input: float = Field(ge=0)
    """Price of input tokens that are not cached."""

    output: float = Field(ge=0)
    """Price of output tokens, including reasoning."""

    input_cache_write: float = Field(ge=0)
    """Price of input tokens written to the provider's cache."""

    input_cache_read: float = Field(ge=0)
    """Price of input tokens read from the cache."""

    as_of: date | None = None
    """The day on which the price was looked up."""

    source: str = ""
    """Where the price was looked up."""

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """The cost in USD without caching."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000


def load_prices(file: Path | None = None) -> dict[str, Price]:
    """Prices by model name, such as `openai/gpt-4o`: the bundled prices, updated by those of a file.

    Args:
        file: A YAML or JSON file that maps models to prices, as in the bundled `prices.yaml`.

    Raises:
        ValueError: If the file cannot be read; the message names the file, the model and the key.
    """
    return _read(BUNDLED) | (_read(file) if file else {})


def _read(file: Path) -> dict[str, Price]:
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{file}: cannot be read as YAML or JSON ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file}: must map models to prices, such as `openai/gpt-4o: {{input: 2.5, ...}}`")
    return {str(model): _price(file, str(model), given) for model, given in content.items()}


def _price(file: Path, model: str, given: Any) -> Price:
    if "/" not in model:
        raise ValueError(f"{file}: {model}: name the provider too, as in `openai/gpt-4o`")
    try:
        return Price.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = "".join(f" {part}:" for part in first["loc"])
        raise ValueError(
            f"{file}: {model}:{key} {first['msg']}; a model needs input, output, input_cache_write and "
            "input_cache_read in USD per million tokens"
        ) from error
