"""Generalises what could identify a patient in a text: ages to bands, dates to days, names to placeholders.

Patterns cover English and Chinese. They are not complete: the builder model finds names of people and places without a
title or a typical ending, and everything is listed for review.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from medsyn_inspect.answers.phrases import CJK
from medsyn_inspect.construct.draft import Change
from medsyn_inspect.construct.rules.spans import is_in

KINDS = {
    "age": ("[age]", "[年龄]"),
    "date": ("[date]", "[日期]"),
    "place": ("[place]", "[地点]"),
    "name": ("[name]", "[姓名]"),
    "institution": ("[hospital]", "[医院]"),
    "record_number": ("[record number]", "[病历号]"),
    "contact": ("[contact]", "[联系方式]"),
    "occupation": ("[occupation]", "[职业]"),
}
"""The kinds of identifiers, each with its placeholder in English and Chinese."""

EPONYM = re.compile(
    r"\W*(?:['’]s\s+)?(?:disease|syndrome|sign|test|lymphoma|sarcoma|arteritis|thyroiditis|criteria|stain|score|scale"
    r"|nodes?|bodies|cells?|phenomenon|catheter|grade|class)\b|^\s*(?:病|综合征|征|试验|染色|评分)",
    re.IGNORECASE,
)
"""What follows a name that belongs to a term of medicine."""

LONGEST, MOST_WORDS = 60, 6
"""Maximum length of an identifier that the builder model reports, in characters and words; a longer quote would remove
content."""

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_MONTH = "|".join(_MONTHS)
_DAY = re.compile(
    rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)? (?P<m1>{_MONTH}),? (?P<y1>(?:19|20)\d\d)"
    rf"|(?P<m2>{_MONTH}) (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>(?:19|20)\d\d)"
    r"|(?P<y3>(?:19|20)\d\d)[-/.](?P<m3>\d{1,2})[-/.](?P<d3>\d{1,2})(?!\d)"
    r"|(?P<y4>(?:19|20)\d\d)\s*年\s*(?P<m4>\d{1,2})\s*月\s*(?P<d4>\d{1,2})\s*日",
    re.IGNORECASE,
)
_MONTH_OF_YEAR = re.compile(
    rf"\b(?:{_MONTH}),? (?:19|20)\d\d\b|(?:19|20)\d\d\s*年(?:\s*\d{{1,2}}\s*月)?|\b(?:in|since) (?:19|20)\d\d\b",
    re.IGNORECASE,
)
_AGES = (
    (re.compile(r"\b(\d{1,3})-years?-old\b", re.IGNORECASE), "{}- to {}-year-old", "{}-year-old or older"),
    (re.compile(r"\b(\d{1,3}) years old\b", re.IGNORECASE), "{} to {} years old", "{} years old or older"),
    (re.compile(r"\baged (\d{1,3})(?: years)?\b", re.IGNORECASE), "aged {} to {} years", "aged {} or more"),
    (re.compile(r"\bage of (\d{1,3})(?: years)?\b", re.IGNORECASE), "age of {} to {} years", "age of {} or more"),
    (re.compile(r"(?<![~\d])(\d{1,3})\s*岁"), "{}~{}岁", "{}岁以上"),
)
"""Patterns of exact ages, each with its form as a band and its form for the highest ages."""

_OLDEST = 90

_PLACEHOLDERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "record_number",
        re.compile(
            r"(?:\b(?:MRN|(?:medical )?record (?:number|no\.?)|(?:hospital|admission|patient) (?:number|no\.?|ID))"
            r"|(?:住院|门诊|病案|病历|登记)号)\s*(?:is|was|[:：#])?\s*[A-Za-z]{0,3}\d[\w-]{2,}",
            re.IGNORECASE,
        ),
    ),
    ("contact", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")),
    ("contact", re.compile(r"\b(?:tel(?:ephone)?|phone)\.?:?\s*\+?[\d ()-]{7,}", re.IGNORECASE)),
    ("name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof(?:essor)?)\.? [A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?")),
    ("name", re.compile(rf"(?<=患者)[{CJK}]某{{1,2}}|(?<=姓名)[:：]\s*[{CJK}]{{2,4}}")),
    (
        "institution",
        re.compile(
            r"\b(?:[A-Z][\w'’&-]+ (?:of |and )?){1,6}(?:Hospital|Clinic|Medical Cent(?:er|re)|Infirmary)\b"
            rf"|(?<=[于在至到由往])[{CJK}]{{2,15}}?医院"
        ),
    ),
)
_GENERIC_HOSPITAL = re.compile(r"^(?:The |Our |A |This )?(?:Hospital|Clinic)$|^(?:当地|外地|我|本|某|上级|基层|外)")


@dataclass(frozen=True)
class Generalised:
    """Texts without identifiers, what was changed, and what a person has to look at."""

    texts: dict[str, str]
    changes: tuple[Change, ...]
    review: tuple[str, ...] = ()


def generalised(texts: Mapping[str, str], language: str) -> Generalised:
    """Replace identifiers that patterns recognise.

    Args:
        texts: The texts of a case by section.
        language: Language of the case; decides the language of placeholders.
    """
    chinese = int(language.startswith("zh"))
    first = min((day for text in texts.values() for day in map(_date, _DAY.finditer(text)) if day), default=None)
    changes: list[Change] = []
    out: dict[str, str] = {}
    for section, text in texts.items():

        def replace(rule: str, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str | None]) -> None:
            def one(match: re.Match[str]) -> str:
                new = by(match)
                if new is None or new == match[0]:
                    return match[0]
                changes.append(Change(section=section, rule=rule, found=match[0], replaced_by=new, by="pattern"))  # noqa: B023
                return new

            nonlocal text
            text = pattern.sub(one, text)

        for kind, pattern in _PLACEHOLDERS:
            replace(kind, pattern, lambda match, kind=kind: _placeholder(kind, match[0], chinese))  # type: ignore[misc]
        replace("date", _DAY, lambda match: _relative(_date(match), first, chinese))
        replace("date", _MONTH_OF_YEAR, lambda match: KINDS["date"][chinese])
        for pattern, form, oldest in _AGES:
            replace("age", pattern, lambda match, form=form, oldest=oldest: _band(int(match[1]), form, oldest))  # type: ignore[misc]
        out[section] = text
    return Generalised(out, tuple(changes))


def replaced(
    texts: Mapping[str, str], reported: Iterable[tuple[str, str]], protected: Iterable[str], language: str
) -> Generalised:
    """Replace identifiers that a model reported.

    The model only says which words identify; the placeholder is the rule's own. Words that are not in the texts, that
    are long, that belong to a term of medicine or to a name of a diagnosis are not replaced but listed for review.

    Args:
        texts: The texts of a case by section.
        reported: Quotes with their kinds.
        protected: Names of diagnoses, which must stay as they are.
        language: Language of the case.
    """
    chinese = int(language.startswith("zh"))
    out, changes, review = dict(texts), [], []
    protected = list(protected)
    for quote, kind in reported:
        quote = quote.strip()
        sections = [section for section, text in out.items() if quote and quote in text]
        if not sections or kind not in KINDS:
            review.append(f"reported identifier is not in the text: {quote[:LONGEST]}")
            continue
        follows = any(EPONYM.match(out[name].split(quote, 1)[1]) for name in sections)
        long = len(quote) > LONGEST or len(quote.split()) > MOST_WORDS or "。" in quote
        if long or follows or is_in(quote, protected):
            review.append(f"reported as {kind}, not replaced: {quote[:LONGEST]}")
            continue
        for section in sections:
            new = KINDS[kind][chinese]
            out[section] = out[section].replace(quote, new)
            changes.append(Change(section=section, rule=kind, found=quote, replaced_by=new, by="builder"))
    return Generalised(out, tuple(changes), tuple(review))


def _placeholder(kind: str, found: str, chinese: int) -> str | None:
    if kind == "institution" and _GENERIC_HOSPITAL.match(found):
        return None
    return KINDS[kind][chinese]


def _band(age: int, form: str, oldest: str) -> str | None:
    """An age as a band of ten years; five years below ten."""
    if age >= _OLDEST:
        return oldest.format(_OLDEST)
    width = 5 if age < 10 else 10
    low = age // width * width
    return form.format(low, low + width - 1)


def _date(match: re.Match[str]) -> date | None:
    found = next((match[f"y{n}"], match[f"m{n}"], match[f"d{n}"]) for n in range(1, 5) if match[f"y{n}"])
    year, month, day = found
    try:
        return date(int(year), _MONTHS.get(month.lower()) or int(month), int(day))
    except ValueError:
        return None


def _relative(day: date | None, first: date | None, chinese: int) -> str:
    """A date as the number of days since the first date of the case."""
    if day is None or first is None:
        return KINDS["date"][chinese]
    days = (day - first).days
    return f"第{days}天" if chinese else f"day {days}"
