"""The words of each language that reading an answer needs: `reading` in the `phrases.yaml` of its folder.

The code contains no words of any language. All phrases are in lower case; a space matches any run of blanks. The lists:

- Statements of an answer: the nouns `answer` and `diagnosis` introduce one. `qualifiers` come before the noun, `scope`
  after it, `is` between it and the value, `lead` before everything. `choose` are verbs before an option. `option` and
  `hedges` may come before the letter, `reasons` after it.
- Words that make a statement no answer: `instead_of`, `negation`, `contrast`, `condition`, `provisional`, `rejected`,
  `correction`.
- Names: `prose` are words that occur in sentences but not in names; `sentence` are further such words, for a name that
  is the whole answer. `unspecified` can end a name, although it looks like `instead_of`. `nothing` and `undecided` mean
  that no diagnosis is given (`undecided` at the beginning of an entry). `alternatives` come between two names.
  `instructions` begin an entry that is not a diagnosis.
- Lists: `rank`, `rank_suffix` and `ordinals` number an entry in words. Headings: `requested` for the differential,
  `first` for its top diagnosis, `later` for its other parts, `further` for more diagnoses (also within a sentence),
  `excluded` for excluded diagnoses, `other` for anything that is not a diagnosis. `fields` are JSON keys for names.
- `turns`: names of speakers, where a text runs on into another turn. `decline` with `decline_acts`, and `apologies`:
  refusals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from medsyn_inspect.cases.check import CASES_FILE
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.prompts.language import FOLDER, NO_FOLDERS

FILE = "phrases.yaml"
SECTION = "reading"
COMMON = "en"
"""The language that applies besides the case's own: models fall back to it."""

# fmt: off
KEYS = (
    "answer", "diagnosis", "qualifiers", "scope", "is", "lead", "choose", "option", "hedges", "reasons", "instead_of",
    "negation", "contrast", "condition", "provisional", "rejected", "correction", "prose", "sentence", "unspecified",
    "nothing", "undecided", "alternatives", "instructions", "rank", "rank_suffix", "ordinals", "requested", "first",
    "later", "further", "excluded", "other", "fields", "turns", "decline", "decline_acts", "apologies",
)
# fmt: on
LIST_KINDS = ("requested", "first", "later", "further", "excluded", "other")
UNKNOWN = "unknown"
"""The kind of a list under a heading without a known phrase, or of which it is not clear what it lists."""

# Han, kana and their compatibility forms: scripts that are written without spaces between words.
CJK = r"\u2e80-\u9fff\uf900-\ufaff"
_LATIN = "[0-9a-zß-öø-ÿ]"


@dataclass(frozen=True, eq=False)
class Phrases:
    """The phrases of one or several languages together.

    Attributes:
        words: For each of `KEYS` its phrases.
        numbers: The values of the ordinals.
    """

    words: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]

    def any_of(self, *keys: str) -> str:
        """An expression for any phrase of these keys in lower-case text."""
        return any_phrase(phrase for key in keys for phrase in self.words[key])

    @cache  # noqa: B019 - there are as many instances as languages
    def pattern(self, *keys: str) -> re.Pattern[str]:
        """`any_of`, compiled."""
        return re.compile(self.any_of(*keys))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kind of list that each phrase of a heading announces; with a denial it is not clear what it lists."""
        denied = dict.fromkeys((*self.words["rejected"], *self.words["negation"]), UNKNOWN)
        return denied | {phrase: kind for kind in LIST_KINDS for phrase in self.words[kind]}


def load_phrases(language: str | None = None, folders: Mapping[str, Path] = NO_FOLDERS) -> Phrases:
    """The phrases with which an answer to a case in this language is read: its own, and English.

    All of them apply everywhere, since answers mix languages. A language whose folder has none is read as English.

    Args:
        language: `zh-Hant` falls back to `zh`; `None` for all languages of the package.
        folders: `CaseSet.language_folders`: the languages that a case set brings; each takes precedence.

    Raises:
        ValueError: If a file lacks one of `KEYS` or has another one.
    """
    if language is None:
        return _load(tuple(_bundled().values()))
    known = _bundled() | {name: folder / FILE for name, folder in folders.items()}
    own = next((known[name] for name in (language, language.split("-")[0]) if name in known), known[COMMON])
    return _load(tuple(dict.fromkeys((own, known[COMMON]))))


def case_set_words(language: str, folders: Mapping[str, Path]) -> dict[str, Any] | None:
    """The words with which a case set reads answers in a language, as its folder has them, to be kept in a log.

    Args:
        language: The case's language.
        folders: `CaseSet.language_folders`.

    Returns:
        The section `reading`, empty where the folder has none; `None` if the language is one of the package's.

    Raises:
        ValueError: If the section lacks one of `KEYS`, has another one, or one is no list of texts.
    """
    known = {**_bundled(), **folders}
    name = next((name for name in (language, language.split("-")[0]) if name in known), COMMON)
    return dict(_section(folders[name] / FILE)) if name in folders else None


def phrases_of(language: str, words: Mapping[str, Any] | None) -> Phrases:
    """The phrases with which an answer to a case is read, from what a log holds (`case_set_words`)."""
    return load_phrases(language) if words is None else _with_common(json.dumps(words))


def reading_problems(case_set: CaseSet) -> list[Problem]:
    """The languages of a set whose section `reading` is wrong, each located at the first case in that language."""
    problems = []
    for language, case_id in {case.language: case.case_id for case in reversed(case_set.cases)}.items():
        try:
            case_set_words(language, case_set.language_folders)
        except ValueError as error:
            problems.append(Problem(CASES_FILE, str(error), case_id=case_id))
    return problems


@lru_cache
def _bundled() -> dict[str, Path]:
    return {path.parent.name: path for path in sorted(FOLDER.glob(f"*/{FILE}"))}


@lru_cache
def _load(files: tuple[Path, ...]) -> Phrases:
    return _together(map(_section, files))


@lru_cache
def _with_common(words: str) -> Phrases:
    return _together((json.loads(words), _section(_bundled()[COMMON])))


@lru_cache
def _section(file: Path) -> Mapping[str, Any]:
    """The words in a file; empty if it has none."""
    content: dict[str, Any] | None = yaml.safe_load(file.read_text(encoding="utf-8-sig")).get(SECTION)
    if content is not None and (problems := list(_wrong(content))):
        raise ValueError(f"{file}: {'; '.join(problems)}; compare it with {FOLDER / COMMON / FILE}")
    return content or {}


def _wrong(content: object) -> Iterator[str]:
    """What is wrong with a section, each with the fix."""
    if not isinstance(content, dict):
        yield f"`{SECTION}` must be a mapping of lists"
        return
    if missing := [key for key in KEYS if key not in content]:
        yield f"`{SECTION}` lacks {', '.join(missing)}: add each as a list, [] if the language has none"
    if unknown := [str(key) for key in content if key not in KEYS]:
        yield f"`{SECTION}` has {', '.join(unknown)}, which nothing reads: remove or rename"
    for key in filter(content.__contains__, KEYS):
        lists = content[key] if key == "ordinals" and isinstance(content[key], list) else [content[key]]
        if not all(
            isinstance(one, list) and all(isinstance(word, str) and word.strip() for word in one) for one in lists
        ):
            kind = "a list with a list of texts for each number" if key == "ordinals" else "a list of texts"
            yield f"`{SECTION}: {key}` must be {kind}, each in quotes"


def _together(sections: Iterable[Mapping[str, Any]]) -> Phrases:
    words: dict[str, list[str]] = {key: [] for key in KEYS}
    numbers: dict[str, int] = {}
    for content in sections:
        if not content:
            continue
        numbers |= {form: number for number, forms in enumerate(content["ordinals"], 1) for form in forms}
        for key, phrases in {**content, "ordinals": list(numbers)}.items():
            words[key] += [str(phrase).lower() for phrase in phrases]
    return Phrases({key: tuple(value) for key, value in words.items()}, numbers)


def any_phrase(phrases: Iterable[str]) -> str:
    """An expression for any of these phrases, as whole words, the longest first; without phrases it matches nothing.

    Phrases are grouped by their first characters, so that each word boundary is tested once for many phrases.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for phrase in sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase)):
        escaped = re.escape(phrase).replace(r"\ ", "[ ]+")
        groups.setdefault((_edge("<!", phrase[0]), _edge("!", phrase[-1])), []).append(escaped)
    found = (rf"{before}(?:{'|'.join(group)}){after}" for (before, after), group in groups.items())
    return f"(?:{'|'.join(found)})" if groups else r"(?!)"


def _edge(look: str, character: str) -> str:
    """What keeps a word from beginning or ending within another; words of scripts without spaces have no such edge.

    Latin words may be next to such a script. A class of few characters is compiled quickly.
    """
    if not character.isalnum() or re.match(f"[{CJK}]", character):
        return ""
    return rf"(?{look}{_LATIN if re.match(_LATIN, character) else chr(92) + 'w'})"
