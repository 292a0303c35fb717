"""What `reference/judge` replies as an extractor: by rules, without any understanding of text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from medsyn_inspect.answers.diagnoses import is_name
from medsyn_inspect.answers.phrases import load_phrases

NOTICE = "simulated by the reference judge, which is not a medical model and understands no text"

_ENTRY = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)、])\s*(?P<name>[^\n:(–—]+)", re.MULTILINE)
_AFTER_COLON = re.compile(r"[:：]\s*(?P<name>[^\n:：]+?)[.。]?\s*$", re.MULTILINE)


def extracted(kind: str, question: str) -> str:
    """The reply about an answer.

    Args:
        kind: `choice`: the option that the answer names word for word, if it names one only; `differential`: the
            entries of its lists; `commitment`: the name after its last colon.
        question: The JSON that an extractor is sent.
    """
    asked: dict[str, Any] = json.loads(question)
    return json.dumps(EXTRACTED[kind](asked) | {"notice": NOTICE}, ensure_ascii=False)


def _choice(asked: dict[str, Any]) -> dict[str, Any]:
    named = [
        (option["letter"], match[0])
        for option in asked["options"]
        if (match := re.search(rf"(?<!\w){re.escape(option['text'])}(?!\w)", asked["answer"], re.IGNORECASE))
    ]
    letter, quote = named[0] if len(named) == 1 else ("none", "")
    return {"quote": quote, "letter": letter}


def _differential(asked: dict[str, Any]) -> dict[str, Any]:
    return {"diagnoses": _names(_ENTRY, asked["answer"])}


def _commitment(asked: dict[str, Any]) -> dict[str, Any]:
    return {"diagnosis": (_names(_AFTER_COLON, asked["answer"]) or [""])[-1]}


EXTRACTED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "choice": _choice,
    "differential": _differential,
    "commitment": _commitment,
}
"""By the name of the schema that an extractor is sent."""


def _names(pattern: re.Pattern[str], answer: str) -> list[str]:
    names = [match["name"].strip(" \t*_") for match in pattern.finditer(answer)]
    return [name for name in names if is_name(name, load_phrases())]
