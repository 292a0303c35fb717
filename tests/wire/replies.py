"""Answers that readers and judges give in the tests."""

from __future__ import annotations

import json
from collections.abc import Callable

from wire.dialects import Reply, Say, Token
from wire.server import Call

BELIEF = {"A": 0.125, "B": 0.5, "C": 0.25, "D": 0.0625, "E": 0.0625}
"""A posterior whose numbers are exact in binary and sum to one."""


def sure(text: str) -> Token:
    """A token for which the model saw no alternative."""
    return Token(text, ((text, 1.0),))


def chosen(letter: str, belief: dict[str, float]) -> Say:
    """ "Answer: <letter>", with this belief over the letters at its last token."""
    lead = Token("Answer", (("Answer", 0.75), ("The", 0.25)))
    colon = Token(":", ((":", 0.9375), (" is", 0.0625)))
    ranked = sorted(belief.items(), key=lambda pair: -pair[1])
    last = Token(f" {letter}", tuple((f" {name}", probability) for name, probability in ranked))
    return Say(f"Answer: {letter}", (lead, colon, last))


def listing(*names: str) -> Say:
    """A numbered differential."""
    return Say("\n".join(f"{number}. {name}" for number, name in enumerate(names, 1)))


def question_to_judge(call: Call) -> dict[str, object]:
    """What a judge was asked: the JSON object in its first user message."""
    return json.loads(call.messages[0].text)


def verdict(levels: dict[str, int], otherwise: int = 0) -> Callable[[Call], Reply]:
    """A judge that gives these levels by name."""

    def judge(call: Call) -> Reply:
        judgements = [
            {"number": entry["number"], "reason": "as scripted", "level": levels.get(entry["text"], otherwise)}
            for entry in question_to_judge(call)["listed_diagnoses"]
        ]
        return Say(json.dumps({"judgements": judgements}))

    return judge
