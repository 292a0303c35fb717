"""What `reference/builder` and `reference/guesser` reply when a case set is constructed: from a script, and by rules.

The builder knows the bundled fictional reports only, through the script that was written with them; some of its replies
are wrong on purpose. About any other report it has nothing to say. As a solver it chooses the longest option, unless it
is shown findings of a report that it knows; the guesser chooses by a hash of the prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from string import ascii_uppercase
from typing import Any

from inspect_ai.model import ChatMessage, GenerateConfig

from medsyn_inspect.construct.reading.source import DEMO_FOLDER
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.reference.belief import uniform

BUILDER_NOTICE = "simulated by the reference builder, which is not a model and knows the bundled reports only"
UNKNOWN = f"I cannot read this report ({BUILDER_NOTICE})."

HISTORY = ("Case presentation", "Case 1", "病史")
EXAMINATION = ("Physical examination", "体格检查")

_OPTION = re.compile(r"^([A-Z])\. (.+)$", re.MULTILINE)

Scripted = dict[str, Any]


@lru_cache
def script() -> tuple[Scripted, ...]:
    """What the builder knows about each bundled report."""
    content: list[Scripted] = json.loads((DEMO_FOLDER.parent / "script.json").read_text(encoding="utf-8"))
    return tuple(content)


def built(messages: Sequence[ChatMessage], config: GenerateConfig) -> str:
    """The builder's reply.

    Args:
        messages: The conversation; the second message is a step's question as JSON, or the question of a draw.
        config: The settings of the call; the name of the response schema is the name of the step.
    """
    schema = config.response_schema
    if schema is None:
        return _drawn(messages[-1].text)
    asked: dict[str, Any] = json.loads(next(message.text for message in messages if message.role == "user"))
    known = _known(asked)
    if schema.name not in _REPLIES or (known is None and schema.name not in ("summarise", "identifiers")):
        return UNKNOWN
    return json.dumps(_REPLIES[schema.name](asked, known or {}) | {"notice": BUILDER_NOTICE}, ensure_ascii=False)


def guessed(messages: Sequence[ChatMessage]) -> str:
    """The guesser's choice, which depends on the prompt by a hash only."""
    prompt = "\n".join(message.text for message in messages)
    options = _OPTION.findall(messages[-1].text)
    if not options:
        return UNKNOWN
    return f"Answer: {options[int(uniform('guess', prompt) * len(options))][0]}"


def _known(asked: dict[str, Any]) -> Scripted | None:
    for one in script():
        if asked.get("title") == one["title"] or asked.get("final_diagnosis") == one["diagnosis"]:
            return one
    return None


def _drawn(question: str) -> str:
    options = _OPTION.findall(question)
    if not options:
        return UNKNOWN
    if any(load_templates(language).label("finding") in question for language in ("en", "zh")):
        known = [letter for letter, text in options if any(text == one["diagnosis"] for one in script())]
        if known:
            return f"Answer: {known[0]}"
    letter, _ = max(options, key=lambda option: (len(option[1].encode()), -ascii_uppercase.index(option[0])))
    return f"Answer: {letter}"


def _segment(asked: dict[str, Any], known: Scripted) -> Scripted:
    sentences = asked["sentences"]
    obtained = known.get("obtained", {})
    return {
        "patients": known.get("patients", 1),
        "about": known.get("about", "diagnosis"),
        "history": [one["number"] for one in sentences if one["heading"] in HISTORY],
        "examination": [one["number"] for one in sentences if one["heading"] in EXAMINATION],
        "panels": [
            {"id": name, "type": known["panels"].get(name, "none"), "obtained": obtained.get(name, "")}
            for name in (panel["id"] for panel in asked["panels"])
        ],
    }


def _extract(asked: dict[str, Any], known: Scripted) -> Scripted:
    return {"readings": [{"type": kind, "reading": text, "span": span} for kind, text, span in known["readings"]]}


def _summarise(asked: dict[str, Any], known: Scripted) -> Scripted:
    """The scripted summary of the readings, or else the readings one after the other."""
    findings = []
    for kind, readings in asked["readings"].items():
        scripted = [
            one["summaries"][kind]
            for one in script()
            if kind in one["summaries"] and readings[0] in [text for _, text, _ in one["readings"]]
        ]
        findings.append({"type": kind, "finding": scripted[0] if scripted else " ".join(readings)})
    return {"findings": findings}


def _diagnosis(asked: dict[str, Any], known: Scripted) -> Scripted:
    return {
        "final_diagnosis": known["diagnosis"],
        "span": known["diagnosis_span"],
        "aliases": known["aliases"],
        "specialty": known["specialty"],
    }


def _distractors(asked: dict[str, Any], known: Scripted) -> Scripted:
    entries = [one for one in known["distractors"] if one[0] not in asked["not_again"]]
    names = ("name", "close_because", "ruled_out_by", "span")
    return {"differential": [dict(zip(names, one, strict=True)) for one in entries]}


def _verify(asked: dict[str, Any], known: Scripted) -> Scripted:
    return {
        "judgements": [
            {"name": one["name"], "same_disease": False, "clinically_close": True, "ruled_out": True}
            for one in asked["proposed"]
        ]
    }


def _scrub(asked: dict[str, Any], known: Scripted) -> Scripted:
    return {"edits": [{"section": section, "remove": remove, "put": put} for section, remove, put in known["scrub"]]}


def _identifiers(asked: dict[str, Any], known: Scripted) -> Scripted:
    text = "\n".join(asked["texts"].values())
    found = [(quote, kind) for one in script() for quote, kind in one["identifiers"] if quote in text]
    return {"identifiers": [{"quote": quote, "kind": kind} for quote, kind in found]}


_REPLIES: dict[str, Callable[[dict[str, Any], Scripted], Scripted]] = {
    "segment": _segment,
    "extract": _extract,
    "summarise": _summarise,
    "diagnosis": _diagnosis,
    "distractors": _distractors,
    "verify": _verify,
    "scrub": _scrub,
    "identifiers": _identifiers,
}
