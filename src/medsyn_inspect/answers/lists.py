"""Numbered and bulleted lists in an answer: which lines are items, and which of several lists is meant."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

# Marks that may stand before an item's number: a heading's, a quote's, a bullet's, emphasis, a table's.
_DECORATION = r"(?P<indent>[ \t\u3000]{0,40})(?:[#>*_|+\\-]{1,6}[ \t]{0,4}){0,3}"
# "1." "1)" "(1)" "1、" "１．" "①" "| 1 |" "一、"; not "1.5 mg".
_NUMBERS = {
    "plain": r"(?P<n>[0-9０-９]{1,3})[ ]?(?:[.．)）、](?![0-9])|\\\.|[:：][ ]|[ ]\|)",
    "parentheses": r"[(（](?P<n>[0-9０-９]{1,3})[)）]",
    "circled": r"(?P<n>[①-⑳])[.、]?",
    "han": r"(?P<n>[一二三四五六七八九十]{1,3})[、.．]",
}
_ITEMS = {
    style: re.compile(_DECORATION + number + r"[*_ \t]{0,9}(?P<entry>\S.*)") for style, number in _NUMBERS.items()
}
_BULLET = re.compile(r"(?P<indent>[ \t\u3000]{0,40})(?:[-*+•·‣◦▪●–—][ \t]{1,9}|[•·‣◦▪●][ \t]{0,9})(?P<entry>\S.*)")
# Markers of a list that is written on one line: "1. Lupus 2. Sarcoidosis".
_INLINE = re.compile(r"(?:^|(?<=[\s;；,，。:：]))(?:[(（]?(?P<n>[0-9]{1,2})[.)）、](?![0-9])|(?P<c>[①-⑳]))")

_HEADING = re.compile(
    r"(?:(?:my|the|revised|updated|final|top|\d+|most|likely|possible|ranked|list|of)[ ]){0,6}"
    r"(?:differentials?(?: diagnos[ie]s)?|diagnos[ie]s|ddx|answer)(?: list)?"
    r"|(?:最终|修订)?(?:的)?(?:鉴别诊断|诊断列表|可能诊断|诊断|答案)",
    re.I,
)
_DIAGNOSES = re.compile(r"differential|diagnos|ddx|revised|updated|final|鉴别|诊断|修订|更新", re.I)
_CONTINUES = re.compile(
    r"less (?:likely|common|probable)|\bother\b|additional|also consider|not[ -]to[ -](?:be )?miss|(?:not|n't) miss"
    r"|unlikely|\brare|alternative|其他|其它|较少|不能漏|可能性较?[低小]|少见|罕见",
    re.I,
)
_NO_DIAGNOSES = re.compile(
    r"\btests?\b|investigation|work-?up|next steps?|recommend|treatment|management|\bplan\b|evidence|findings|features"
    r"|reasoning|rationale|summary|检查|治疗|依据|建议|分析|下一步|要点|特征",
    re.I,
)


@dataclass
class _List:
    heading: str
    entries: list[str] = field(default_factory=list)


def numbered(answer: str) -> list[str]:
    """The entries of the numbered list that is meant. Numbers of another style or indented deeper are explanation."""
    style: str | None = None
    indent = number = 0
    heading = ""
    lists: list[_List] = []
    for line in answer.split("\n"):
        matched = _numbered_item(line)
        if matched is None:
            heading = line if line.strip() and not line[0].isspace() else heading
            continue
        found_style, match = matched
        if (
            is_heading(match["entry"])
            or (style not in (None, found_style))
            or (lists and len(match["indent"]) > indent + 1)
        ):
            heading = match["entry"] if is_heading(match["entry"]) else heading
            continue
        value = int(unicodedata.normalize("NFKC", match["n"])) if found_style != "han" else number + 1
        if not lists or (value <= number and not value == number == 1):
            lists.append(_List(heading))
        style, indent, number = (
            found_style,
            min(len(match["indent"]), indent) if lists[1:] else len(match["indent"]),
            value,
        )
        heading = ""
        lists[-1].entries.append(match["entry"])
    if sum(len(found.entries) for found in lists) < 2:
        inline = max((_inline(line) for line in answer.split("\n")), key=len)
        if len(inline) > 1:
            return inline
    return _meant(lists)


def bulleted(answer: str) -> list[str]:
    """The entries of the bulleted list that is meant. Bullets indented deeper are explanation."""
    lists: list[_List] = []
    indent = 0
    heading: str | None = ""
    for line in answer.split("\n"):
        match = _BULLET.fullmatch(line)
        if match is None:
            heading = line if line.strip() and not line[0].isspace() else heading
            continue
        if lists and len(match["indent"]) > indent + 1:
            continue
        if heading is not None:
            lists.append(_List(heading))
            indent = len(match["indent"])
        heading = None
        lists[-1].entries.append(match["entry"])
    return _meant(lists)


def is_heading(line: str) -> bool:
    """Whether a line announces diagnoses and is none: it ends in a colon, or is "Differential diagnosis" alone."""
    words = line.strip(" \t\r*_#`|.")
    return words.endswith((":", "：")) or bool(_HEADING.fullmatch(words)) or bool(re.match(r"[ \t]{0,9}#+[ \t]", line))


def _numbered_item(line: str) -> tuple[str, re.Match[str]] | None:
    for style, item in _ITEMS.items():
        match = item.fullmatch(line)
        if match:
            return style, match
    return None


def _inline(line: str) -> list[str]:
    """The entries of a list on one line whose numbers run from 1."""
    marks: list[re.Match[str]] = []
    for match in _INLINE.finditer(line):
        if int(unicodedata.normalize("NFKC", match["n"] or match["c"])) == len(marks) + 1:
            marks.append(match)
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    return [line[mark.end() : end] for mark, end in zip(marks, ends, strict=True)] if marks else []


def _meant(lists: list[_List]) -> list[str]:
    """The last list of diagnoses, with those that continue it."""
    of_diagnoses = [x for x in lists if _DIAGNOSES.search(x.heading) or not _NO_DIAGNOSES.search(x.heading)] or lists[
        -1:
    ]
    meant: list[str] = []
    for found in of_diagnoses:
        meant = [*meant, *found.entries] if _CONTINUES.search(found.heading) else found.entries
    return meant
