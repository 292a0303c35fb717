"""Generalises what could identify a patient in a text: ages to bands, dates to days, names to placeholders.

Patterns come from the folders of the languages (`words`). They are not complete: the builder model finds names of
people and places without a title or a typical ending, and everything is listed for review.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from medsyn_inspect.construct.draft import Change
from medsyn_inspect.construct.rules.spans import is_in
from medsyn_inspect.construct.rules.words import KINDS, PATTERN_KINDS, Age, Words

LONGEST, MOST_WORDS = 60, 6
"""Maximum length of an identifier that the builder model reports, in characters and words; a longer quote would remove
content."""

_OLDEST = 90


@dataclass(frozen=True)
class Generalised:
    """Texts without identifiers, what was changed, and what a person has to look at."""

    texts: dict[str, str]
    changes: tuple[Change, ...]
    review: tuple[str, ...] = ()


def generalised(texts: Mapping[str, str], known: Words) -> Generalised:
    """Replace identifiers that patterns recognise.

    Args:
        texts: The texts of a case by section.
        known: The words of the languages; those of the first one take the place of what is replaced.
    """
    days = [_date(match, known) for text in texts.values() for one in known.dates for match in one.finditer(text)]
    first = min((day for day in days if day), default=None)
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

        for kind in PATTERN_KINDS:
            for pattern in known.identifiers[kind]:
                replace(kind, pattern, lambda match, kind=kind: _placeholder(kind, match[0], known))  # type: ignore[misc]
        for pattern in known.dates:
            replace("date", pattern, lambda match: _relative(_date(match, known), first, known))
        for pattern in known.months_of_years:
            replace("date", pattern, lambda match: known.placeholders["date"])
        for age in known.ages:
            replace("age", age.find, lambda match, age=age: _band(int(match[1]), age))  # type: ignore[misc]
        out[section] = text
    return Generalised(out, tuple(changes))


def replaced(
    texts: Mapping[str, str], reported: Iterable[tuple[str, str]], protected: Iterable[str], known: Words
) -> Generalised:
    """Replace identifiers that a model reported.

    The model only says which words identify; the placeholder is the rule's own. Words that are not in the texts, that
    are long, that belong to a term of medicine or to a name of a diagnosis are not replaced but listed for review.

    Args:
        texts: The texts of a case by section.
        reported: Quotes with their kinds.
        protected: Names of diagnoses, which must stay as they are.
        known: The words of the languages.
    """
    out, changes, review = dict(texts), [], []
    protected = list(protected)
    for quote, kind in reported:
        quote = quote.strip()
        sections = [section for section, text in out.items() if quote and quote in text]
        if not sections or kind not in KINDS:
            review.append(f"reported identifier is not in the text: {quote[:LONGEST]}")
            continue
        follows = any(known.eponyms.match(out[name].split(quote, 1)[1]) for name in sections)
        long = len(quote) > LONGEST or len(quote.split()) > MOST_WORDS or "。" in quote
        if long or follows or is_in(quote, protected):
            review.append(f"reported as {kind}, not replaced: {quote[:LONGEST]}")
            continue
        for section in sections:
            new = known.placeholders[kind]
            out[section] = out[section].replace(quote, new)
            changes.append(Change(section=section, rule=kind, found=quote, replaced_by=new, by="builder"))
    return Generalised(out, tuple(changes), tuple(review))


def _placeholder(kind: str, found: str, known: Words) -> str | None:
    if kind == "institution" and known.any_institution.match(found):
        return None
    return known.placeholders[kind]


def _band(age: int, how: Age) -> str | None:
    """An age as a band of ten years; five years below ten."""
    if age >= _OLDEST:
        return how.oldest.substitute(low=_OLDEST)
    width = 5 if age < 10 else 10
    low = age // width * width
    return how.band.substitute(low=low, high=low + width - 1)


def _date(match: re.Match[str], known: Words) -> date | None:
    month = match["month"].lower()
    try:
        return date(int(match["year"]), known.months.get(month) or int(month), int(match["day"]))
    except ValueError:
        return None


def _relative(day: date | None, first: date | None, known: Words) -> str:
    """A date as the number of days since the first date of the case."""
    if day is None or first is None:
        return known.placeholders["date"]
    return known.day.substitute(days=(day - first).days)
