"""Wording: one folder a language under `languages/`. Another language means adding a folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

import yaml

FOLDER = Path(__file__).parent / "languages"
QUESTIONS = (
    "ddx",
    "fdx",
    "fdx_direct",
    "fdx_direct_reworded",
    "fdx_probabilities",
    "fdx_probabilities_reworded",
    "commit",
)
"""What a reader is asked; each is a file `<name>.md` in a language's folder."""


@dataclass(frozen=True)
class Templates:
    """All wording in one language."""

    language: str
    """The folder's name."""

    system: str
    """The system message."""

    questions: dict[str, Template]
    """One for each of `QUESTIONS`."""

    labels: dict[str, str]
    """Headings and short phrases (`labels.yaml`)."""

    vocabulary: tuple[str, ...]
    """Units that stand in for the text in `text=random` (`words.txt`)."""

    fingerprint: str
    """Hash of these files: two runs with equal fingerprints used the same wording."""

    def label(self, name: str, **values: object) -> str:
        """A label with its `$placeholders` filled; KeyError if one is missing."""
        return Template(self.labels[name]).substitute(values)

    def question(self, name: str, **values: object) -> str:
        """A question with its `$placeholders` filled; KeyError if one is missing."""
        return self.questions[name].substitute(values)


def languages() -> tuple[str, ...]:
    """The languages there are prompts for."""
    return tuple(sorted(folder.name for folder in FOLDER.iterdir() if (folder / "labels.yaml").is_file()))


@lru_cache
def load_templates(language: str) -> Templates:
    """The wording for a case's language; `zh-Hant` falls back to `zh` where it has no folder of its own.

    Raises:
        ValueError: If there is no folder for the language.
    """
    names = [name for name in (language, language.split("-")[0]) if name in languages()]
    if not names:
        raise ValueError(
            f"no prompts in language {language!r}: there are {', '.join(languages())}; add a folder to {FOLDER.name}/"
        )
    language = names[0]
    folder = FOLDER / language
    needed = ("system.md", "labels.yaml", "words.txt", *(f"{question}.md" for question in QUESTIONS))
    files = {name: (folder / name).read_text(encoding="utf-8") for name in needed}
    return Templates(
        language=language,
        system=files["system.md"].strip(),
        questions={name: Template(files[f"{name}.md"].strip()) for name in QUESTIONS},
        labels=yaml.safe_load(files["labels.yaml"]),
        vocabulary=tuple(files["words.txt"].split()),
        fingerprint=hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12],
    )
