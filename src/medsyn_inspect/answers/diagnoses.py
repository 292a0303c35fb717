"""From what was written in an entry of a list, or after "Final diagnosis:", to the name of a diagnosis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from medsyn_inspect.answers.lists import kind_of, only_kinds
from medsyn_inspect.answers.phrases import CJK, Phrases
from medsyn_inspect.cases.names import plain

LONGEST = 300
"""No diagnosis needs more characters; an essay does not become a diagnosis."""

_MOST_WORDS = 25
_MOST_COMMAS = 3
# An explanation of more words than this does not belong to the name.
_MOST_WORDS_OF_NAME = 8

_AROUND = " \t\r\"'“”‘’「」『』《》【】.。,，;；、|:：\\{}<>→="
_PARENTHESES = re.compile(r"[(（\[][^()（）\[\]]*[)）\]]")
_PERCENT = re.compile(r"\A[~≈(]?\d{1,3}(?:\.\d+)?(?:\s*[-–]\s*\d{1,3})?\s*%\)?\s*[-–:：]?\s*")
_BOLD = re.compile(r"\W{0,3}\*\*(?P<name>[^*\n]+)\*\*\s*(?:[:：–—.-].*)$")
# What always begins an explanation: an em dash, the end of a sentence, the next cell.
_EXPLAINS = re.compile(r"\s?(?:—|--)\s?|。|(?<=[a-z)]{4})\.\s+(?=[A-Z])|\s\|\s")
# What begins one where every entry of a list has it, or where words of a sentence follow; else it is part of the name.
_MAY_EXPLAIN = re.compile(rf"\s(?:[-–]|→|->)\s|:(?=\s|[{CJK}])|：")
# What a name that is all of an answer does not have.
_OF_SENTENCES = ("sentence", "hedges", "contrast", "condition", "correction", "decline")
_SENTENCES = re.compile(r"[!?。！？:：]|[\w)]{3}\.\s")
_SEPARATOR = re.compile(r"\s/\s|[;；]|、")


@lru_cache
def _words(phrases: Phrases) -> dict[str, re.Pattern[str]]:
    negation, excluded, copula = map(phrases.any_of, ("negation", "excluded", "is"))
    instruction = phrases.any_of("instructions")
    patterns = {
        # "Not X", "Consult a physician"; "X (ruled out)", "X was excluded", but not "X (not excluded)".
        "none": rf"(?:{negation}|{excluded}|{instruction})|(?!.*{negation}\s*(?:\w+\s)?{excluded})"
        rf"(?:.*?[(（:：,，–-]\s*(?:{copula}\s*)?{excluded}|.*?\s(?:{copula}\s*)?{excluded}\W*\Z)",
        "prose": phrases.any_of("prose"),
        "nothing": rf"{phrases.any_of('nothing')}[\s.。]*\Z|{phrases.any_of('undecided')}",
        "alternatives": rf"[;；]|{phrases.any_of('alternatives')}",
    }
    return {name: re.compile(pattern, re.S) for name, pattern in patterns.items()}


def diagnosis_names(entries: Sequence[tuple[str, str]], phrases: Phrases) -> tuple[list[str], bool]:
    """The diagnoses that the entries of one list name.

    An entry that denies its diagnosis or tells what to do names none; one that names more than two is several.

    Args:
        entries: Each without markup, and as the model wrote it.
        phrases: Those of the languages in which they may be written.

    Returns:
        The names, and whether any entry was left out.
    """
    bare = [_unlabelled(text, phrases) for text, _ in entries]
    explained = len(bare) > 1 and all(
        _EXPLAINS.search(masked) or _MAY_EXPLAIN.search(masked) for masked in map(_masked, bare)
    )
    names: list[str] = []
    kept = [(text, written) for text, (_, written) in zip(bare, entries, strict=True) if text]
    kept = [(text, written) for text, written in kept if not _words(phrases)["none"].match(text.lower())]
    for text, written in kept:
        bold = _BOLD.match(written)
        name = bold["name"].strip(_AROUND) if bold else _name(text, explained, phrases)
        parts = [part.strip() for part in _SEPARATOR.split(name)]
        names += parts if len(parts) > 2 else [name]
    return names, len(kept) < len(entries)


def diagnosis_name(text: str, phrases: Phrases) -> str:
    """The name in a single statement, without an explanation after it; empty if it says that there is none."""
    name = _name(_unlabelled(text, phrases), False, phrases)
    nothing = any(_words(phrases)[pattern].match(name.lower()) for pattern in ("nothing", "none"))
    return "" if nothing or not plain(name) else name


def is_name(text: str, phrases: Phrases) -> bool:
    """Whether a text can be the name of a diagnosis: not too long, no question, no words of sentences."""
    if len(text) > LONGEST or len(text.split()) > _MOST_WORDS or len(re.findall("[,，]", text)) > _MOST_COMMAS:
        return False
    if (
        len(plain(text)) < 2
        or not any(map(str.isalpha, text))
        or text[-1] in "?？!！"
        or re.search(r"[\\{}]|/.*/", _masked(text))
    ):
        return False
    return not _words(phrases)["prose"].search(_masked(text).lower())


def is_only_a_name(text: str, phrases: Phrases) -> bool:
    """Whether a text that is all of an answer is a name and no sentence: without verbs, hedges, pronouns, full stops.

    Stricter than `is_name`, since nothing announces a name here: what is doubtful is not read.
    """
    text = _masked(text)
    lower = text.lower()
    opening = phrases.pattern("option", "lead", "choose", "apologies").match(lower)
    return not (opening or _SENTENCES.search(text) or phrases.pattern(*_OF_SENTENCES).search(lower))


def is_several(name: str, phrases: Phrases) -> bool:
    """Whether a name offers alternatives: "X or Y", "X; Y"."""
    return bool(_words(phrases)["alternatives"].search(_masked(name).lower()))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Each diagnosis once, where it is first named."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(plain(name), name)
    return tuple(name for key, name in first.items() if key)


def _name(text: str, explained: bool, phrases: Phrases) -> str:
    masked = _masked(text)
    if match := _EXPLAINS.search(masked):
        text = text[: match.start()]
    if match := _MAY_EXPLAIN.search(masked[: len(text)]):
        rest = text[match.end() :]
        if explained or len(rest.split()) > _MOST_WORDS_OF_NAME or _words(phrases)["prose"].search(rest.lower()):
            text = text[: match.start()]
    return text.strip(_AROUND)


def _unlabelled(text: str, phrases: Phrases) -> str:
    """An entry without a label or percentage before it: "Most likely: lupus", "60% - lupus"; empty if excluded."""
    text = _PERCENT.sub("", text.strip(_AROUND), count=1)
    label, _, rest = text.replace("：", ":").partition(":")
    if rest and only_kinds(label, phrases):
        return "" if kind_of(label, phrases) in ("excluded", "other") else rest.strip(_AROUND)
    return text


def _masked(text: str) -> str:
    """The text with letters in place of what is within parentheses."""
    return _PARENTHESES.sub(lambda match: "x" * len(match[0]), text)
