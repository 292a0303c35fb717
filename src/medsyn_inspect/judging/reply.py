"""The JSON values in a judge's reply, with its keys in the spelling of the schema.

Not every provider enforces the schema: replies come with a code fence, with words or reasoning around the object, with
keys in another spelling, or as the bare list of judgements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from medsyn_inspect.answers.reasoning import blank_reasoning

_SPELLINGS = {"judgment": "judgements", "number": "number", "reason": "reason", "level": "level"}
"""The keys of a verdict, by their simplest spelling: see `_spelling`."""

# A bracket that begins a value of its own, rather than a part of another value.
_BEGINS = re.compile(r"[\[{]")
_PART = re.compile(r'(?:"\s*:|[,\[{])\s*$')
_FAR = 100
_MOST_TRIES = 50


class RepeatedKey(ValueError):
    """An object has a key twice, so that it is unclear which value counts."""


def verdict_values(reply: str, question: str = "") -> list[dict[str, Any]]:
    """The JSON objects and lists in a reply, as objects with the keys of the schema; other keys are left out.

    Args:
        reply: The judge's reply.
        question: The judge's user message. A value that is quoted from it is not the judge's own.

    Raises:
        RepeatedKey: If an object has a key twice.
    """
    text = reply.strip().removeprefix("\ufeff").strip()
    try:
        values = [json.loads(text, object_pairs_hook=_object)]
    except RepeatedKey:
        raise
    except (ValueError, RecursionError):
        values = list(_values(blank_reasoning(text), question))
    whole = ({"judgements": value} if isinstance(value, list) else value for value in values)
    return [value for value in whole if isinstance(value, dict)]


def _values(text: str, question: str) -> Iterator[Any]:
    """The objects and lists that a text contains, from left to right."""
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    position = 0
    for _ in range(_MOST_TRIES):
        match = _BEGINS.search(text, position)
        if match is None:
            return
        position = match.end()
        if _PART.search(text[max(0, match.start() - _FAR) : match.start()]):
            continue
        try:
            value, end = decoder.raw_decode(text, match.start())
        except RepeatedKey:
            raise
        except (ValueError, RecursionError):
            continue
        if json.dumps(text[match.start() : end], ensure_ascii=False)[1:-1] not in question:
            yield value
        position = end


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if (key := _SPELLINGS.get(_spelling(name))) is None:
            continue
        if key in found:
            raise RepeatedKey(f"the key {key!r} is there twice")
        found[key] = value
    return found


def _spelling(name: str) -> str:
    """A key in its simplest spelling: `Judgements`, `judgment_s` and `JUDGEMENTS` are `judgment`."""
    return re.sub(r"[^a-z]", "", name.lower()).removesuffix("s").replace("judgement", "judgment")
