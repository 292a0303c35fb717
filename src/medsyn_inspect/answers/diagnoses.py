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

_AROUND = " \t\r\"'“”‘’「」『』《》【】.。,，;；、|:：\\{}<>≫→="
CROSS = "[✕✖✗✘❌]"
_PARENTHESES = re.compile(r"[(（\[][^()（）\[\]]*[)）\]]")
_PERCENT = re.compile(r"\A[~≈(]?\d{1,3}(?:\.\d+)?(?:\s*[-–]\s*\d{1,3})?\s*%\)?\s*[-–:：]?\s*")
_BOLD = re.compile(r"\W{0,3}\*\*(?P<name>[^*\n]+)\*\*\s*(?:[:：–—.-].*)$")
# What no name has: braces, "X / Y / Z", "X > Y", "X? No, Y".
_SIGNS = re.compile(r"[\\{}?？!！]|/.*/|\s(?:[>≫→]|->)+\s+(?=[^\W\d])")
# At the end of a name; no part of it if it says "(not lupus)".
_REMARK = re.compile(r"\s*[(（\[](?P<remark>[^()（）\[\]]*)[)）\]]\W*\Z")
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
    denial = rf"{negation}\s*(?:\w+\s)?{excluded}"
    after, is_excluded = r"(?:[(（\[:：,，;；–—]|\s-)", rf"\s*(?:{copula}\s*)?{excluded}"
    patterns = {
        "denial": denial,
        # "Not X", "❌ X"; "X (ruled out)", "X was excluded", but not "X (TB excluded)".
        "none": rf"{negation}|{excluded}|{CROSS}|.*{CROSS}\W*\Z"
        rf"|(?:(?!{after}).)*(?:{after}{is_excluded}|\s{is_excluded}\W*\Z)",
        "instruction": phrases.any_of("instructions"),
        # Says of something later in the entry that it is excluded, perhaps of the diagnosis.
        "unclear": rf"{after}{is_excluded}",
        "instead": rf"(?!{phrases.any_of('unspecified')}|{denial}){phrases.any_of('instead_of')}",
        "prose": phrases.any_of("prose"),
        # What is about further diagnoses, or excluded ones: "X (TB excluded)", "Other: X, Y".
        "others": rf"{excluded}|{phrases.any_of('further')}|\A{phrases.any_of('later')}\W.*[,，]",
        "nothing": rf"{phrases.any_of('nothing')}[\s.。]*\Z",
        "undecided": phrases.any_of("undecided"),
        "alternatives": rf"[;；]|{phrases.any_of('alternatives')}",
    }
    return {name: re.compile(pattern, re.S) for name, pattern in patterns.items()}


def diagnosis_names(entries: Sequence[tuple[str, str]], phrases: Phrases) -> tuple[list[str], bool]:
    """The diagnoses that the entries of one list name.

    An entry that denies its diagnosis or tells what to do names none; one that names more than two is several. A list
    that begins with what to do names none at all.

    Args:
        entries: Each without markup, and as the model wrote it.
        phrases: Those of the languages in which they may be written.

    Returns:
        The names, and whether any entry was left out.
    """
    words = _words(phrases)
    bare = [_unlabelled(text, phrases) for text, _ in entries]
    if words["instruction"].match(bare[0].lower()):
        return [], True
    explained = len(bare) > 1 and all(
        _EXPLAINS.search(masked) or _MAY_EXPLAIN.search(masked) for masked in map(_masked, bare)
    )
    names: list[str] = []
    kept = [(text, written) for text, (_, written) in zip(bare, entries, strict=True) if not _left_out(text, phrases)]
    for text, written in kept:
        bold = _BOLD.match(written)
        name = _name(bold["name"] if bold else text, explained, phrases)
        if words["unclear"].search(words["denial"].sub("", text.lower())):
            name = text
        parts = [part.strip() for part in _SEPARATOR.split(name)]
        names += parts if len(parts) > 2 else [name]
    return names, len(kept) < len(entries)


def diagnosis_name(text: str, phrases: Phrases) -> str:
    """The name in a single statement, without an explanation after it; empty if it says that there is none."""
    name = _name(_unlabelled(text, phrases), False, phrases)
    nothing = any(_words(phrases)[key].match(name.lower()) for key in ("nothing", "undecided"))
    return "" if nothing or _left_out(name, phrases) or not plain(name) else name


def is_name(text: str, phrases: Phrases) -> bool:
    """Whether a text can be the name of a diagnosis: not too long, no question, no words of sentences."""
    if len(text) > LONGEST or len(text.split()) > _MOST_WORDS or len(re.findall("[,，]", text)) > _MOST_COMMAS:
        return False
    if len(plain(text)) < 2 or not any(map(str.isalpha, text)):
        return False
    words = _words(phrases)
    unranked = _REMARK.sub(lambda remark: "" if _is_rank(remark["remark"], phrases) else remark[0], text)
    return not (
        words["others"].search(words["denial"].sub("", unranked.lower()))
        or words["prose"].search(_masked(text).lower())
        or _SIGNS.search(_masked(text))
        or words["nothing"].match(text.lower())
        or only_kinds(text, phrases)
    )


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
    if match := _words(phrases)["instead"].search(_masked(text).lower()):
        text = _MAY_EXPLAIN.split(text[: match.start()])[0]
    if (match := _REMARK.search(text)) and _words(phrases)["instead"].match(match["remark"].lower()):
        text = text[: match.start()]
    return text.strip(_AROUND)


def _is_rank(remark: str, phrases: Phrases) -> bool:
    """Whether a remark after a name is only about how likely it is: "less likely"."""
    return only_kinds(remark, phrases) and kind_of(remark, phrases) in ("later", "further")


def _left_out(text: str, phrases: Phrases) -> bool:
    """Whether an entry names no diagnosis: it is empty, denies one, or tells what to do."""
    words, lower = _words(phrases), text.lower()
    denies = words["none"].match(lower) and not words["denial"].search(lower)
    return bool(not text or denies or words["instruction"].match(lower))


def _unlabelled(text: str, phrases: Phrases) -> str:
    """An entry without a label or percentage before it: "Most likely: lupus", "60% - lupus"; empty if excluded."""
    text = _PERCENT.sub("", text.strip(_AROUND), count=1)
    label, _, rest = text.replace("：", ":").partition(":")
    if not rest or not (only_kinds(label, phrases) or label.strip().lower() in phrases.words["fields"]):
        return text
    kind = kind_of(label, phrases)
    # "Other: X, Y" may list several.
    return "" if kind in ("excluded", "other") else text if kind == "later" and "," in rest else rest.strip(_AROUND)


def _masked(text: str) -> str:
    """The text with letters in place of what is within parentheses."""
    return _PARENTHESES.sub(lambda match: "x" * len(match[0]), text)
