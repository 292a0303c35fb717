"""Which diagnoses an answer lists, in order, and to which one it commits itself.

An answer is read as the first of these that yields a diagnosis: JSON, a numbered list, a bulleted list,
diagnoses without markers. Where there is a list, nothing outside it counts.

Where there are several lists, the last one counts, since a model that lists twice has revised its list,
except that a list under a heading such as "Less likely" continues the one before it, and a list under a
heading such as "Recommended tests" or "Key findings" is none of diagnoses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from medsyn_inspect.answers.items import diagnosis_name, top_level
from medsyn_inspect.answers.jsonlists import json_commitment, json_diagnoses
from medsyn_inspect.answers.lists import bulleted, is_heading, numbered
from medsyn_inspect.answers.reasoning import without_reasoning
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.cases.names import plain

# Words of sentences, not of names of diagnoses.
_PROSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|should|would|will|can|could|cannot|please|i|we|you|this|these|that|here|patient"
    r"|presents?|presented|suggests?|note|let|know)\b|n't\b|'m\b|患者|病人|本例|请|以上|建议|考虑|根据|需要|我",
    re.I,
)
# A heading at the start of the line that has the list: "Differential diagnosis: lupus, IgA nephropathy".
_PREAMBLE = re.compile(
    r"[\s*#_]{0,9}(?:(?:here (?:is|are)|my|the|top|final|revised)\b[^:：\n]{0,60})?"
    r"(?:differential(?:s| diagnos[ie]s)?|diagnos[ie]s|ddx|鉴别诊断|诊断)[\s*_]{0,9}[:：]",
    re.I,
)
_SEPARATORS = (re.compile("[;；]"), re.compile("、"), re.compile(r"[,，](?!\d)"))
_CONJUNCTION = re.compile(r"\s*(?:(?:and|or|and/or)\s+|以及|和|或)", re.I)
_LONGEST_LINE = 1500
_MOST_WORDS = 15

# "Final diagnosis: X", "最终诊断是X"; prose only as "the/my final diagnosis is".
_COMMITMENT = re.compile(
    r"(?<!\w)(?:final[ _]diagnosis[\s*_\"']{0,5}(?:[:：=]|\bis\b:?)|最[终后]诊断[\s*_\"']{0,5}[:：是为]+)"
    r"(?P<name>[^\n]{0,600})",
    re.I,
)
_DENIED = re.compile(
    r"\b(?:no|not|cannot|without|whether|if|provisional)\b[^.\n:]{0,60}$"
    r"|n't\b[^.\n:]{0,60}$|[不无未][^。\n]{0,20}$",
    re.I,
)
_NO_DIAGNOSIS = re.compile(
    r"name|名称|unknown|un(?:clear|certain|determined)|none|n a|(?:not|cannot be) (?:known|determined|established).*"
    r"|无法.*|不能.*|未知|不明|无|不确定"
)
_ALTERNATIVES = re.compile(r"[;；]|\s(?:or|vs|versus)\s|\s/\s|或|、", re.I)
_MARKER = re.compile(r"\A\s*(?:[-*•]\s+|\(?\d{1,2}[.)、](?!\d)\s*)")


def parse_differential(text: str) -> tuple[str, ...]:
    """The diagnoses an answer lists, from first to last, each once.

    Two entries are the same diagnosis if they are `plain`ly the same; the first rank stays. Empty for a
    refusal and for prose.

    Args:
        text: A completion; its reasoning blocks are ignored.
    """
    answer = without_reasoning(text)
    for read in (json_diagnoses, numbered, bulleted):
        found = _distinct(map(diagnosis_name, read(answer)))
        if found:
            return found
    return () if is_refusal(answer) else _distinct(map(diagnosis_name, _unmarked(answer)))


def parse_commitment(text: str) -> str | None:
    """The one diagnosis an answer commits itself to; `None` if there is none, or more than one.

    It is what follows "Final diagnosis:" or "最终诊断：", on the same line or the next, or else the only
    line of the answer if that is short and no sentence.

    Args:
        text: A completion; its reasoning blocks are ignored.
    """
    answer = without_reasoning(text)
    declared = json_commitment(answer)
    values = [declared] if declared else []
    for match in () if declared else _COMMITMENT.finditer(answer):
        if _DENIED.search(answer[max(0, match.start() - 80) : match.start()].split("\n")[-1]):
            continue
        value = match["name"].strip(" \t\r*_\"'：:")
        following = [line.strip() for line in answer[match.end() : match.end() + 1000].split("\n") if line.strip()]
        if not value and following:
            value = following[0]
            if _MARKER.match(value) and any(_MARKER.match(line) for line in following[1:]):
                return None
        values.append(value)
    if not values:
        only = [line for line in answer.split("\n") if line.strip()]
        if len(only) != 1 or _is_sentence(only[0]) or is_heading(only[0]) or is_refusal(answer):
            return None
        values = only
    names = [diagnosis_name(_MARKER.sub("", value, count=1)) for value in values]
    distinct = _distinct(name for name in names if not _NO_DIAGNOSIS.fullmatch(plain(name)))
    return distinct[0] if len(distinct) == 1 and not _alternatives(distinct[0]) else None


def _unmarked(answer: str) -> list[str]:
    """Diagnoses one per line, or on one line with separators between them."""
    lines = [_MARKER.sub("", _PREAMBLE.sub("", line, count=1)).strip() for line in answer.split("\n")]
    lines = [line for line in lines if line and not line.startswith("```") and not is_heading(line)]
    named = [line for line in lines if not _is_sentence(line)]
    return _split(named[0]) if len(named) == 1 else named


def _split(line: str) -> list[str]:
    for separator in _SEPARATORS:
        cuts = [match.start() for match in separator.finditer(line) if top_level(line, match.start())]
        if cuts:
            parts = [line[start + 1 : end] for start, end in zip([-1, *cuts], [*cuts, len(line)], strict=True)]
            return [_CONJUNCTION.sub("", part, count=1) if _CONJUNCTION.match(part) else part for part in parts]
    return [line]


def _is_sentence(line: str) -> bool:
    """Whether a line is prose: too long for names, a question, or with words that names do not have."""
    parts = re.split(r"[,，;；、]", line) if len(line) <= _LONGEST_LINE else []
    crowded = any(len(part.split()) > _MOST_WORDS for part in parts)
    return not parts or crowded or line.rstrip().endswith(("?", "？", "!", "！")) or bool(_PROSE.search(line))


def _alternatives(name: str) -> bool:
    return any(top_level(name, match.start()) for match in _ALTERNATIVES.finditer(name))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for name in names:
        if plain(name):
            first.setdefault(plain(name), name)
    return tuple(first.values())
