"""Reads the templates of a language from its folder: prompts, labels, and phrases for other purposes.

The package's languages are the folders under `languages/`; a case set can bring others (`prompts` on its card). To add
a language, add a folder: no other module depends on a particular language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any

import yaml

from medsyn_inspect.cases.check import CASES_FILE
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.records import SECTIONS

FOLDER = Path(__file__).parent / "languages"

NO_FOLDERS: Mapping[str, Path] = MappingProxyType({})
"""Default for `folders`: no languages except those of the package."""

Placeholders = frozenset[str]

_NONE: Placeholders = frozenset()
_CHOICE: Placeholders = frozenset({"options", "letters"})
_WITH_OPTIONS = "fdx*.md"

QUESTIONS: Mapping[str, Placeholders] = {
    "ddx": frozenset({"limit"}),
    **{path.stem: _CHOICE for path in sorted(FOLDER.glob(f"*/{_WITH_OPTIONS}"), key=lambda path: path.stem)},
    "commit": _NONE,
}
"""The questions and their placeholders; each question is a file `<name>.md` in a language's folder.

Questions with options are all files `fdx*.md` of the package's languages, so that a source of posteriors can bring its
own question as files alone."""

LABELS: Mapping[str, Placeholders] = {
    **dict.fromkeys(SECTIONS, _NONE),
    "finding": _NONE,
    "image": frozenset({"evidence", "number", "total"}),
    "image_obtained": frozenset({"image", "obtained"}),
    "image_line": frozenset({"image"}),
    "emphasis": frozenset({"evidence"}),
    "placebo": frozenset({"words"}),
    "between": _NONE,
    "turn_interim": _NONE,
    "turn_final": _NONE,
}
"""The labels in `labels.yaml` (headings and short phrases) and their placeholders."""

_SYSTEM, _LABELS, _WORDS, _PHRASES = "system.md", "labels.yaml", "words.txt", "phrases.yaml"
_WORDING = (_SYSTEM, _LABELS, _WORDS, *(f"{question}.md" for question in QUESTIONS))
"""The files that determine what a reader is shown; the fingerprint is computed from them."""


@dataclass(frozen=True)
class Templates:
    """The templates, labels and phrases of one language."""

    language: str
    """The language code of the folder, which may be `zh` for a case in `zh-Hant`."""

    system: str
    """The system message."""

    questions: dict[str, Template]
    """The template of each question in `QUESTIONS`."""

    labels: dict[str, str]
    """Headings and short phrases (`labels.yaml`)."""

    vocabulary: tuple[str, ...]
    """The words or characters that replace the text with `text=random` (`words.txt`)."""

    name: str
    """The language's name in English, for reports (`phrases.yaml`)."""

    final_diagnosis: Template
    """The line that `commit.md` requires as the answer, with `$diagnosis` (`phrases.yaml`)."""

    not_flagged: tuple[str, ...]
    """The words that mean "not flagged" in an answer sheet (`phrases.yaml`)."""

    fingerprint: str
    """Hash of all files except `phrases.yaml`: readers with equal fingerprints were shown the same wording."""

    def label(self, name: str, **values: object) -> str:
        """A label with its `$placeholders` filled in.

        Raises:
            KeyError: If the value of a placeholder is missing.
        """
        return Template(self.labels[name]).substitute(values)

    def question(self, name: str, **values: object) -> str:
        """A question with its `$placeholders` filled in.

        Raises:
            KeyError: If the value of a placeholder is missing.
        """
        return self.questions[name].substitute(values)


def languages(folders: Mapping[str, Path] = NO_FOLDERS) -> tuple[str, ...]:
    """The languages that have prompts: those of the package and those of a case set.

    Args:
        folders: `CaseSet.language_folders`.
    """
    return tuple(sorted({*_bundled(), *folders}))


def load_templates(language: str, folders: Mapping[str, Path] = NO_FOLDERS) -> Templates:
    """The templates for a case's language. A folder of a case set is read again if one of its files has changed.

    A language such as `zh-Hant` falls back to `zh` if it has no folder of its own. A folder of the case set takes
    precedence over the package's folder for the same code.

    Args:
        language: The case's language.
        folders: `CaseSet.language_folders`: the languages that the case set brings.

    Raises:
        ValueError: If there is no folder for the language, or it has errors; the message lists all of them.
    """
    known = {**_bundled(), **folders}
    name = next((name for name in (language, language.split("-")[0]) if name in known), None)
    if name is None:
        raise ValueError(
            f"no prompts in language {language!r}, only in {', '.join(languages(folders))}; add a folder with its "
            f"prompts to the case set and name it in card.yaml (`prompts: {{{language}: prompts/{language}}}`)"
        )
    return _read(name, known[name], tuple(map(_stamp, _files(known[name]))) if name in folders else ())


def language_problems(case_set: CaseSet) -> list[Problem]:
    """The languages of a set for which there are no usable prompts.

    Returns:
        At most one problem per language, located at the first case in that language.
    """
    first: dict[str, str] = {}
    for case in case_set.cases:
        first.setdefault(case.language, case.case_id)
    problems = []
    for language, case_id in first.items():
        try:
            load_templates(language, case_set.language_folders)
        except ValueError as error:
            problems.append(Problem(CASES_FILE, str(error), case_id=case_id))
    return problems


def language_name(language: str) -> str:
    """The English name of a language of the package (`English` for `en`); for any other language, its code."""
    return load_templates(language).name if language in _bundled() else language


@lru_cache
def _bundled() -> Mapping[str, Path]:
    return {folder.name: folder for folder in FOLDER.iterdir() if (folder / _LABELS).is_file()}


@lru_cache
def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in (*_WORDING, _PHRASES))


def _stamp(file: Path) -> tuple[int, int]:
    """Modification time and size of a file; zeros if the file is missing."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=64)
def _read(language: str, folder: Path, _stamps: tuple[tuple[int, int], ...]) -> Templates:
    problems: list[str] = []
    files = {file.name: _text(file, problems) for file in _files(folder)}
    labels = _mapping(_LABELS, files[_LABELS], problems)
    phrases = _mapping(_PHRASES, files[_PHRASES], problems)
    problems += _wrong_templates(files)
    if labels is not None:
        problems += _wrong_labels(labels)
    if phrases is not None:
        problems += _wrong_phrases(phrases)
    if problems or labels is None or phrases is None:
        complete = FOLDER / min(_bundled())
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise ValueError(
            f"the prompts in language {language!r} in {folder} cannot be used; compare them with {complete}:{listed}"
        )
    wording = {name: files[name] for name in _WORDING}
    return Templates(
        language=language,
        system=files[_SYSTEM].strip(),
        questions={name: Template(files[f"{name}.md"].strip()) for name in QUESTIONS},
        labels=labels,
        vocabulary=tuple(files[_WORDS].split()),
        name=phrases["name"],
        final_diagnosis=Template(phrases["final_diagnosis"]),
        not_flagged=tuple(phrases["not_flagged"]),
        fingerprint=hashlib.sha256(repr(sorted(wording.items())).encode()).hexdigest()[:12],
    )


def _text(file: Path, problems: list[str]) -> str:
    """The text of a file. If it is empty or cannot be read, a problem is added and the text is empty."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.append(f"{file.name}: missing; add the file")
    except OSError as error:
        problems.append(f"{file.name}: cannot be read ({error.strerror}); it must be a readable file")
    except UnicodeDecodeError as error:
        problems.append(f"{file.name}: not UTF-8 ({error.reason}); save the file as UTF-8")
    else:
        if not text.strip():
            problems.append(f"{file.name}: empty; fill it in")
        return text
    return ""


def _mapping(name: str, text: str, problems: list[str]) -> dict[str, Any] | None:
    """The mapping in a YAML file, or `None` with a problem; that a file is empty has been reported before."""
    if not text.strip():
        return None
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark, reason = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        place = f"{name}:{mark.line + 1}" if mark else name
        problems.append(f"{place}: not valid YAML ({reason}); write one `name: text` per line")
        return None
    if not isinstance(content, dict):
        problems.append(f"{name}: must be a mapping of names to texts")
        return None
    return content


def _wrong_templates(files: Mapping[str, str]) -> Iterator[str]:
    for name, placeholders in {"system": _NONE, **QUESTIONS}.items():
        file = f"{name}.md"
        if text := files[file].strip():
            # The system message has no placeholders, so a dollar sign in it is just that.
            yield from _wrong_placeholders(f"{file}:", text, placeholders, filled=name != "system")


def _wrong_labels(labels: Mapping[str, Any]) -> Iterator[str]:
    if missing := [name for name in LABELS if name not in labels]:
        yield f"{_LABELS}: missing: {', '.join(missing)}; add them"
    if unknown := [str(name) for name in labels if name not in LABELS]:
        yield f"{_LABELS}: unknown: {', '.join(unknown)}; remove or rename them"
    for name, placeholders in LABELS.items():
        if name in labels:
            yield from _wrong_text(f"{_LABELS}: {name}", labels[name], placeholders)


def _wrong_phrases(phrases: Mapping[str, Any]) -> Iterator[str]:
    if missing := [name for name in ("name", "final_diagnosis", "not_flagged") if name not in phrases]:
        yield f"{_PHRASES}: missing: {', '.join(missing)}; add them"
    if "name" in phrases:
        yield from _wrong_text(f"{_PHRASES}: name", phrases["name"], _NONE)
    if "final_diagnosis" in phrases:
        yield from _wrong_text(f"{_PHRASES}: final_diagnosis", phrases["final_diagnosis"], frozenset({"diagnosis"}))
    words = phrases.get("not_flagged", [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        yield f"{_PHRASES}: not_flagged must be a list of texts in quotes, but is {words!r}"


def _wrong_text(place: str, text: Any, placeholders: Placeholders) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{place} must be text, in quotes, but is {text!r}"
    else:
        yield from _wrong_placeholders(place, text, placeholders)


def _wrong_placeholders(place: str, text: str, needed: Placeholders, *, filled: bool = True) -> Iterator[str]:
    template = Template(text)
    used = set(template.get_identifiers())
    if missing := sorted(needed - used):
        yield f"{place} lacks {_dollars(missing)}; add it where the value belongs"
    if unknown := sorted(used - needed):
        yield f"{place} has {_dollars(unknown)}, which is never filled; allowed: {_dollars(sorted(needed)) or 'none'}"
    if filled and not template.is_valid():
        yield f"{place} has a `$` without a placeholder; write `$$` for a dollar sign"


def _dollars(names: list[str]) -> str:
    return ", ".join(f"${name}" for name in names)
