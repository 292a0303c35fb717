"""Lists in an answer, each with the kind of heading it is under: numbered, bulleted, labelled lines, JSON."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from medsyn_inspect.answers.jsonvalues import json_spans
from medsyn_inspect.answers.phrases import UNKNOWN, Phrases, any_phrase
from medsyn_inspect.answers.surface import Surface

Span = tuple[int, int]

_NUMBER = r"\d{1,3}|[①-⑳]"
_INLINE = re.compile(rf"(?:^|(?<=[\s;,。:]))\(?(?:({_NUMBER})[.)、](?!\d)|([①-⑳]))")
# A line that is no longer than this, and ends without a mark, is like a heading.
_SHORT = 40
_BOLD_LINE = re.compile(r"\*\*[^*]*\*\*\W*$")
_STRENGTH = ("excluded", UNKNOWN, "other", "first", "further", "later", "requested")


@dataclass
class Listed:
    """A list, or a single entry after a label.

    Attributes:
        kind: The kind of its heading (`phrases.LIST_KINDS`, `UNKNOWN`); `None` without one.
        style: How its entries are marked.
        entries: Where they are.
        indent: Of the first entry.
        number: Of the last entry; 0 without numbers.
        divided: How many entries have a numbered list below them.
    """

    kind: str | None
    style: str
    entries: list[Span]
    indent: int = 0
    number: int = 0
    divided: int = 0


def kind_of(heading: str, phrases: Phrases) -> str:
    """The kind of list that a heading announces: that of its strongest phrase; `UNKNOWN` if it has none."""
    found: set[str] = set()
    # "Based on the findings, my differential diagnosis is": the last clause says what follows.
    for clause in re.split(r"[,;.。、]", heading.lower()):
        kinds = {phrases.kinds[" ".join(match[0].split())] for match in _headings(phrases).finditer(clause)}
        found = kinds | found & {"excluded"} if kinds else found
    if "first" in found and found & {"later", "further"} and UNKNOWN not in found:
        return "requested"  # "Differential diagnosis, most likely to least likely"
    return next((kind for kind in _STRENGTH if kind in found), UNKNOWN)


def only_kinds(text: str, phrases: Phrases) -> bool:
    """Whether a text is made of nothing but phrases of headings."""
    return len(text) < 80 and _only_headings(phrases).fullmatch(text.lower()) is not None


@lru_cache
def _headings(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(any_phrase(phrases.kinds))


@lru_cache
def _only_headings(phrases: Phrases) -> re.Pattern[str]:
    return re.compile(rf"(?:[\W_]*+{any_phrase(phrases.kinds)})++[\W_]*+")


@lru_cache
def _item(phrases: Phrases) -> re.Pattern[str]:
    rank, suffix, ordinal = map(phrases.any_of, ("rank", "rank_suffix", "ordinals"))
    return re.compile(
        rf"[ >|#*+-]*(?:(?:{rank}[ ]?)?[#(]?[ ]?(?P<number>{_NUMBER}|{ordinal})[ ]{{0,3}}{suffix}?[ ]{{0,3}}"
        r"(?:[.)、:](?!\d)|(?<=[①-⑳])|(?<=#\d)(?=[ ])|(?<=#\d\d)(?=[ ]))|[-+•·‣◦▪●–—](?=[ ])|[•·‣◦▪●])"
        r"[ ]*(?P<entry>\S.*)"
    )


def lists_in(answer: Surface, phrases: Phrases) -> tuple[list[Listed], list[Span]]:
    """The lists of an answer, those in JSON first, and its other lines, headings excepted."""
    scan = _Scan(answer, phrases)
    objects = list(json_spans(answer.visible))
    for value, start, end in objects:
        label = answer.lower[answer.lower.rfind("\n", 0, start) + 1 : start].strip()
        for kind, names in _named(value, kind_of(label, phrases) if label else None, phrases):
            scan.json("list" if isinstance(value, list) else "object", kind, names, start, end)
    for start, end in answer.lines():
        if not any(begin < end and start < stop for _, begin, stop in objects):
            scan.line(start, end)
    return scan.lists, scan.prose


class _Scan:
    """Reads an answer line by line. A heading, or a sentence like one, belongs to the entry directly after it."""

    def __init__(self, answer: Surface, phrases: Phrases) -> None:
        self.answer, self.lower, self.phrases = answer, answer.lower, phrases
        self.lists: list[Listed] = []
        self.prose: list[Span] = []
        self.heading: str | None = None
        self.hint: str | None = None

    def line(self, start: int, end: int) -> None:
        """Take the next line."""
        text = self.lower[start:end]
        item = _item(self.phrases).match(self.lower, start, end)
        name = item["entry"] if item else text
        label, _, value = text.partition(":")
        begin = self.lower.rfind("\n", 0, start) + 1
        raw = self.answer.visible[begin : self.answer.line_end(end)].strip()
        heading = name[-1] == ":" or only_kinds(name, self.phrases)
        if text[0] == "|" and text.count("|") > 1:
            self.lists.append(Listed(UNKNOWN, "table", [(start, end)]))
            return
        if item and not heading:
            self._entry(item, start - begin, end)
            return
        heading = heading or raw[0] == "#"
        kind = kind_of(name if heading or not value else label, self.phrases)
        labelled = value and len(label) < 80 and kind in ("requested", "first", "later", "further")
        if heading or (_BOLD_LINE.match(raw) and not labelled):
            self.heading, self.hint = kind, None
        elif labelled:
            self._labelled(kind, start + len(label) + 1, end)
        else:
            self.prose.append((start, end))
            like_heading = raw[-1].isalnum() and len(text) < _SHORT and not self.lists
            self.heading, self.hint = None, kind if kind in ("excluded", "other") or like_heading else None

    def _labelled(self, kind: str, start: int, end: int) -> None:
        """What follows a label on its line. Further diagnoses, or names between commas, cannot be read as a list."""
        self.heading = self.hint = None
        if _item(self.phrases).match(self.lower, start, end):
            self.heading = kind
            self.line(start, end)
            return
        parts = [match.span() for match in re.compile("[^;、]+").finditer(self.lower, start, end)]
        one = len(parts) == 1 and "," in self.lower[start:end]
        clear = kind == "first" or (kind == "requested" and not one)
        self.lists.append(Listed(kind if clear else UNKNOWN, "label", parts))

    def json(self, style: str, kind: str | None, names: list[str], start: int, end: int) -> None:
        """Take the names in a JSON value."""
        entries = []
        for name in names:
            start = max(start, self.answer.visible.find(name, start, end))
            entries.append((start, min(start + len(name), end)))
        if self.lists and self.lists[-1].style == style == "object" and kind is None:
            self.lists[-1].entries += entries  # One object a line.
        else:
            self.lists.append(Listed(kind, style, entries))

    def _entry(self, item: re.Match[str], indent: int, end: int) -> None:
        style = re.sub(r"[\w\s]", "", self.lower[item.start() : item.start("entry")])
        number = _value(item["number"], self.phrases) if item["number"] else 0
        entries = self._inline(item.start(), end) or [(item.start("entry"), end)]
        heading, hint, self.heading, self.hint = self.heading, self.hint, None, None
        last = self.lists[-1] if self.lists else Listed(None, "label", [])
        same = next((one for one in reversed(self.lists) if one.style == style), None)
        goes_on = same is not None and (number == same.number + 1 or number == same.number == 1)
        if heading is not None:
            # Numbers that go on under "Recommended tests" may be of tests or of diagnoses.
            kind: str | None = UNKNOWN if number > 1 and goes_on and heading in ("excluded", "other") else heading
        elif self.lists and indent > last.indent + 1:
            last.divided += number == 1
            return
        elif same and (goes_on if number else same is last and not hint):
            same.entries, same.number = [*same.entries, *entries], number
            return
        elif last.style == style or not last.number or hint:
            kind = UNKNOWN if hint and self.lists else hint
        else:
            return
        self.lists.append(Listed(kind, style, entries, indent, number))

    def _inline(self, start: int, end: int) -> list[Span]:
        """The entries of a list on one line whose numbers run from 1: "1. Lupus 2. Sarcoidosis"."""
        marks: list[re.Match[str]] = []
        for match in _INLINE.finditer(self.lower, start, end):
            if _value(match[1] or match[2], self.phrases) == len(marks) + 1:
                marks.append(match)
        ends = [mark.start() for mark in marks[1:]] + [end]
        return [(mark.end(), stop) for mark, stop in zip(marks, ends, strict=True)] if len(marks) > 1 else []


def _value(number: str, phrases: Phrases) -> int:
    return phrases.numbers.get(number) or int(unicodedata.normalize("NFKC", number))


def _named(value: object, kind: str | None, phrases: Phrases) -> list[tuple[str | None, list[str]]]:
    """The names in a JSON value, with the kind of the key they are under."""
    match value:
        case str(name):
            return [(kind, [name])]
        case list(items):
            inner = [found[0][1] for item in items if len(found := _named(item, None, phrases)) == 1]
            return [(kind, [name for names in inner for name in names])] if inner else []
        case dict(content):
            if content and all(re.search(r"\d", str(key)) for key in content):
                return _named(list(content.values()), kind, phrases)
            texts = {key: str(key).replace("_", " ").lower() for key in content}
            fields = phrases.words["fields"]
            kinds = {key: "requested" if text in fields else kind_of(text, phrases) for key, text in texts.items()}
            named = [v for k, v in content.items() if isinstance(v, str) and kinds[k] == "requested"][:1]
            flags = [key for key, flag in content.items() if flag is True]
            flags += [flag for flag in content.values() if isinstance(flag, str) and only_kinds(flag, phrases)]
            if any(kind_of(flag.replace("_", " "), phrases) == "excluded" for flag in flags):
                return []  # {"name": "X", "status": "ruled out"}
            deep = [(k, v) for k, v in content.items() if isinstance(v, (list, dict)) or kinds[k] == "first"]
            found = [pair for k, v in deep for pair in _named(v, kinds[k], phrases)]
            if named and all(inner in ("other", UNKNOWN) for inner, _ in found):
                return [(kind, named)]
            return [*[("first", named) for _ in named], *found]
    return []
