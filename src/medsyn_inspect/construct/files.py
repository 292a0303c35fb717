"""The folder of a construction: the result of each step, one JSON line per report, from which a later run goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from medsyn_inspect.answers.phrases import load_phrases
from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.rules.words import load_words
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.writing import write_files

LOGS = "logs"
PROMPTS = "prompts"
"""Folder of the languages that are not the package's."""


def kept_language(steps: Path, language: str, folder: Path) -> Path:
    """A copy of a language's folder among the steps, whose name has a hash of its content.

    Args:
        steps: Folder of the steps.
        language: The language, such as `de`.
        folder: Its folder, with the prompts, the words by which answers are read, and those of the rules.

    Raises:
        ValueError: If something in the folder is missing or wrong.
        NotWritten: If it cannot be copied.
    """
    load_templates(language, {language: folder})
    load_phrases(language, {language: folder})
    load_words(language, str(folder))
    files = {file.name: file.read_text(encoding="utf-8-sig") for file in sorted(folder.iterdir()) if file.is_file()}
    name = f"{PROMPTS}/{language}-{fingerprint(*files, *files.values())[:12]}"
    write_files({f"{name}/{file}": text for file, text in files.items()}, steps)
    return (steps / name).resolve()


def file_of(step: str) -> str:
    """The name of a step's file."""
    return f"{step}.jsonl"


def fingerprint(*parts: str) -> str:
    """A hash of everything that a step's result depends on."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def lines_of(drafts: Sequence[Draft]) -> str:
    """Drafts as JSON lines."""
    return "".join(draft.model_dump_json(exclude_defaults=True) + "\n" for draft in drafts)


def write_drafts(folder: Path, step: str, made_from: str, drafts: Sequence[Draft]) -> None:
    """Write the result of a step; the first line says what it was made from.

    Raises:
        NotWritten: If it cannot be written.
    """
    write_files({file_of(step): json.dumps({"made_from": made_from}) + "\n" + lines_of(drafts)}, folder)


def read_drafts(folder: Path, step: str, made_from: str | None = None) -> list[Draft] | None:
    """The result of a step; `None` if there is none, or if it was made from something else.

    Args:
        folder: The folder of the construction.
        step: Name of the step.
        made_from: What the result must have been made from; `None` for anything.

    Raises:
        ValueError: If the file is damaged.
    """
    file = folder / file_of(step)
    if not file.is_file():
        return None
    # `str.splitlines` would also split at characters such as U+2028 inside a text.
    head, *rows = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    try:
        if made_from is not None and json.loads(head).get("made_from") != made_from:
            return None
        return [Draft.model_validate_json(row) for row in rows]
    except (ValueError, ValidationError) as error:
        raise ValueError(f"{file}: damaged ({type(error).__name__}); remove it, and the step is repeated") from error
