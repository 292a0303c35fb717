"""The words of each language that the rules need: `construction.yaml` in the language's folder.

The code contains no words of any language. The words of all languages of the package apply to every report, since
reports mix languages; those of the report's own language come first. Expressions are Python's and ignore case, except
those of `identifiers` and `any_institution`. The keys:

- De-identification: `placeholders` by kind; `day` for the days since the first date (`$days`); `months` in order;
  `dates` with the groups `day`, `month` and `year`; `months_of_years`; `ages`, each with the band (`$low`, `$high`) and
  what the highest ages become; `identifiers` by kind; `any_institution` for one that identifies nobody ("our
  hospital"); `eponyms` for what follows a name that belongs to a term of medicine. `MONTH` stands for any of `months`.
- Support of findings: `sides` of the body; `denials`, with the group `word` for the first word that is denied.
- Sentences: `abbreviations`, after which no sentence ends.
- Names of diagnoses: `small_words` and `general_words`, which do not tell two names apart; `no_diagnosis`.
- Reports: `second_patient` in headings; `figure` and `table`, as captions begin; `addressed` for text that is meant for
  a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any

import yaml

from medsyn_inspect.construct.draft import Report
from medsyn_inspect.prompts.language import FOLDER

FILE = "construction.yaml"
COMMON = "en"

KINDS = ("age", "date", "place", "name", "institution", "record_number", "contact", "occupation")
"""The kinds of identifiers."""

PATTERN_KINDS = ("record_number", "contact", "name", "institution")
"""The kinds that are found by the expressions in `identifiers`."""

_LISTS = (
    *("months", "dates", "months_of_years", "ages", "any_institution", "eponyms", "sides", "denials", "abbreviations"),
    *("small_words", "general_words", "no_diagnosis", "second_patient", "addressed"),
)
_EXPRESSIONS = (
    *("dates", "months_of_years", "any_institution", "eponyms", "sides", "denials", "no_diagnosis", "second_patient"),
    "addressed",
)
_TEXTS = ("day", "figure", "table")
_MAPPINGS = {"placeholders": KINDS, "identifiers": PATTERN_KINDS}
_CASE = re.IGNORECASE | re.DOTALL

_NUMERIC_DATE = re.compile(r"(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_ADDRESSES = (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)"),)
"""Mail addresses, and the numbers of Chinese mobile telephones and identity cards, in any language."""


@dataclass(frozen=True)
class Age:
    """An expression for exact ages, and what takes their place."""

    find: re.Pattern[str]
    band: Template
    oldest: Template


@dataclass(frozen=True, eq=False)
class Words:
    """The words of several languages together; placeholders are those of the first."""

    placeholders: Mapping[str, str]
    day: Template
    months: Mapping[str, int]
    dates: tuple[re.Pattern[str], ...]
    months_of_years: tuple[re.Pattern[str], ...]
    ages: tuple[Age, ...]
    identifiers: Mapping[str, tuple[re.Pattern[str], ...]]
    any_institution: re.Pattern[str]
    eponyms: re.Pattern[str]
    sides: re.Pattern[str]
    denials: tuple[re.Pattern[str], ...]
    sentence_end: re.Pattern[str]
    small_words: frozenset[str]
    general_words: frozenset[str]
    no_diagnosis: re.Pattern[str]
    second_patient: re.Pattern[str]
    figure: re.Pattern[str]
    """Where a caption of a figure begins, with its number."""

    table: re.Pattern[str]
    addressed: re.Pattern[str]


def words_of(report: Report) -> Words:
    """The words for a report: those of its language, and of the languages of the package."""
    return load_words(report.language, report.language_folder)


@lru_cache
def load_words(language: str, folder: str = "") -> Words:
    """The words for a language.

    Args:
        language: `zh-Hant` falls back to `zh`; a language without words has those of English.
        folder: The folder of a language that is not the package's; empty if it is.

    Raises:
        ValueError: If the file of the folder is missing, or something in it is.
    """
    known = {path.parent.name: path for path in sorted(FOLDER.glob(f"*/{FILE}"))}
    own = next((known[name] for name in (language, language.split("-")[0]) if name in known), known[COMMON])
    files = [Path(folder) / FILE if folder else own, *known.values()]
    return _together([_read(file) for file in dict.fromkeys(files)])


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{file}: cannot be read ({error}); compare it with {FOLDER / COMMON / FILE}") from error
    if problems := list(_wrong(content)):
        raise ValueError(f"{file}: {'; '.join(problems)}; compare it with {FOLDER / COMMON / FILE}")
    found: dict[str, Any] = content
    return found


def _wrong(content: Any) -> Iterator[str]:
    """What is wrong with a file."""
    if not isinstance(content, dict):
        yield "must be a mapping"
        return
    keys = (*_LISTS, *_TEXTS, *_MAPPINGS)
    if missing := [key for key in keys if key not in content]:
        yield f"lacks {', '.join(missing)}: add each, a list as [] if the language has none"
    if unknown := [str(key) for key in content if key not in keys]:
        yield f"has {', '.join(unknown)}, which nothing reads: remove or rename"
    for key in filter(content.__contains__, _LISTS):
        if not isinstance(content[key], list):
            yield f"`{key}` must be a list"
    for key in filter(content.__contains__, _TEXTS):
        if not isinstance(content[key], str) or not content[key].strip():
            yield f"`{key}` must be text"
    for key in _EXPRESSIONS:
        given = content.get(key)
        for one in given if isinstance(given, list) else ():
            try:
                re.compile(str(one))
            except re.error as error:
                yield f"`{key}`: {str(one)!r} is no expression ({error})"
    for key, names in _MAPPINGS.items():
        if key in content and (not isinstance(content[key], dict) or set(content[key]) != set(names)):
            yield f"`{key}` must have {', '.join(names)}"


def _together(contents: Sequence[dict[str, Any]]) -> Words:
    first = contents[0]

    def every(key: str) -> list[Any]:
        return [one for content in contents for one in content[key]]

    def any_of(key: str, flags: int = _CASE) -> re.Pattern[str]:
        return re.compile("|".join(every(key)) or "(?!)", flags)

    def dated(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(
            re.compile(one.replace("MONTH", "|".join(map(re.escape, content["months"]))), _CASE)
            for content in contents
            for one in content[key]
        )

    kept = "".join(rf"(?<!\b{re.escape(one)})" for one in every("abbreviations"))
    start = "|".join(content["figure"] for content in contents)
    return Words(
        placeholders=first["placeholders"],
        day=Template(first["day"]),
        months={name.lower(): place for content in contents for place, name in enumerate(content["months"], 1)},
        dates=(*dated("dates"), _NUMERIC_DATE),
        months_of_years=dated("months_of_years"),
        ages=tuple(
            Age(re.compile(one["find"], _CASE), Template(one["band"]), Template(one["oldest"])) for one in every("ages")
        ),
        identifiers={
            kind: tuple(re.compile(one) for content in contents for one in content["identifiers"][kind])
            + (_ADDRESSES if kind == "contact" else ())
            for kind in PATTERN_KINDS
        },
        any_institution=any_of("any_institution", 0),
        eponyms=any_of("eponyms"),
        sides=any_of("sides"),
        denials=tuple(re.compile(one, _CASE) for one in every("denials")),
        sentence_end=re.compile(rf"(?<=[.!?])(?<!\b[A-Z]\.){kept}\s+(?=[A-ZÀ-Þ0-9(\"“])|(?<=[。！？；])\s*"),
        small_words=frozenset(every("small_words")),
        general_words=frozenset(every("general_words")),
        no_diagnosis=any_of("no_diagnosis"),
        second_patient=any_of("second_patient"),
        figure=re.compile(rf"^\s*(?:{start})\s*(?P<number>\d+)", re.IGNORECASE),
        table=re.compile(rf"^\s*(?:{'|'.join(content['table'] for content in contents)})\s*\d", re.IGNORECASE),
        addressed=re.compile(
            "|".join([*every("addressed"), r"<\|?(?:im_start|im_end|system|assistant)\|?>|\[/?INST\]"]), _CASE
        ),
    )
