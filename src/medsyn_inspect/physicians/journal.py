"""Append-only files of what physicians enter on a local page: answers to cases, or reviews of them.

A file is JSON Lines: a header that names the case set, then one entry a line. A line is on disk before the page
confirms it. Nothing is ever changed or removed, so a session that is killed loses nothing that was confirmed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.writing import write_file

Kind = Literal["answers", "review"]

Model = TypeVar("Model", bound=BaseModel)

FINAL: dict[Kind, tuple[str, ...]] = {"answers": ("differential", "choice"), "review": ("reviewed", "adjudicated")}
"""The kinds of entries of which a person has at most one a case."""


class JournalError(ValueError):
    """Raised if a file of entries cannot be used; the message names the file, the line and the fix."""


class Header(BaseModel):
    """The first line of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    medsyn: Kind
    """What the file holds."""

    case_set: str
    """Name and version of the case set."""

    fingerprint: str
    """Fingerprint of the case set's content: entries refer to exactly these cases."""

    secret: str
    """Secret from which the links of the people are made, so that they stay the same after a restart."""


class Entry(BaseModel):
    """One line of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    """Name of the person, without a real name: `rater-1`."""

    case_id: str
    """The case."""

    what: str
    """What was entered, such as `differential`."""

    at: str
    """When, in UTC (ISO 8601)."""

    content: dict[str, Any] = {}
    """What was entered, by field."""


class Journal:
    """A file of entries, and everything in it."""

    def __init__(self, file: Path, header: Header, entries: list[Entry]) -> None:
        """Use `open_journal`."""
        self.file, self.header, self._entries = file, header, entries

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, in the order in which they were made."""
        return self._entries

    def of(self, person: str) -> list[Entry]:
        """The entries of a person."""
        return [entry for entry in self._entries if entry.person == person]

    def add(self, person: str, case_id: str, what: str, **content: Any) -> Entry:
        """Append an entry; it is on disk when this returns.

        Raises:
            OSError: If it cannot be written; the file then ends where it ended before.
        """
        entry = Entry(person=person, case_id=case_id, what=what, at=now(), content=content)
        _append(self.file, entry.model_dump_json() + "\n")
        self._entries.append(entry)
        return entry


def now() -> str:
    """The time in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def open_journal(file: Path, kind: Kind, case_set: CaseSet) -> Journal:
    """The file with entries for a case set; created if it does not exist.

    The last line is removed if it is incomplete: the process was killed while writing it, before it was confirmed.

    Raises:
        JournalError: If the file is of another kind or for other cases, or a line is not valid.
        OSError: If it cannot be read or written.
    """
    if not file.exists():
        header = Header(
            medsyn=kind,
            case_set=case_set.name,
            fingerprint=case_set.fingerprint,
            secret=secrets.token_hex(16),
        )
        write_file(file, (header.model_dump_json() + "\n").encode())
        return Journal(file, header, [])
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with file.open("r+b") as opened:
            opened.truncate(whole)
    journal = read_journal(file, kind)
    if journal.header.fingerprint != case_set.fingerprint:
        raise JournalError(
            f"{file} is for {journal.header.case_set} with fingerprint {journal.header.fingerprint}, but the case set "
            f"is now {case_set.name} with fingerprint {case_set.fingerprint}: restore the set, or start another file"
        )
    return journal


def read_journal(file: Path, kind: Kind | None = None) -> Journal:
    """A file of entries. An incomplete last line is ignored.

    Args:
        file: The file.
        kind: What it must hold; `None` for either.

    Raises:
        JournalError: If the file is of another kind, or a line is not valid.
        OSError: If it cannot be read.
    """
    lines = file.read_bytes().split(b"\n")[:-1]
    if not lines:
        raise JournalError(f"{file} is empty or has no complete line; delete it to start again")
    header = _parsed(Header, file, 1, lines[0])
    if kind is not None and header.medsyn != kind:
        raise JournalError(f"{file} holds {_named(header.medsyn)}, not {_named(kind)}; name another file")
    entries = [_parsed(Entry, file, number, line) for number, line in enumerate(lines[1:], 2)]
    return Journal(file, header, entries)


def merge_journals(files: Sequence[Path]) -> tuple[Header, list[Entry]]:
    """The entries of several files for the same case set, each once, in the order of their times.

    Args:
        files: The files, for example from several computers.

    Raises:
        JournalError: If the files are for different cases or of different kinds, or if a person's final entries for a
            case differ; the message names every conflict.
    """
    journals = [read_journal(file) for file in files]
    header = journals[0].header
    for journal in journals[1:]:
        if (journal.header.medsyn, journal.header.fingerprint) != (header.medsyn, header.fingerprint):
            raise JournalError(
                f"{journal.file} ({journal.header.case_set}, {_named(journal.header.medsyn)}) and {journals[0].file} "
                f"({header.case_set}, {_named(header.medsyn)}) cannot be joined: the case sets or the kinds differ"
            )
    kept: dict[str, Entry] = {}
    ends: dict[tuple[str, str, str], tuple[Entry, Path]] = {}
    conflicts = []
    once = FINAL[header.medsyn]
    for journal in journals:
        for entry in journal.entries:
            kept.setdefault(entry.model_dump_json(), entry)
            if entry.what not in once:
                continue
            first, where = ends.setdefault((entry.person, entry.case_id, entry.what), (entry, journal.file))
            if first != entry:
                conflicts.append(
                    f"{entry.person}, case {entry.case_id}, {entry.what}: {where} ({first.at}) and "
                    f"{journal.file} ({entry.at})"
                )
    if conflicts:
        listed = "\n".join(f"  {conflict}" for conflict in dict.fromkeys(conflicts))
        raise JournalError(
            f"one name, two different entries; nothing was written:\n{listed}\n"
            "If two people used one name, rename one of them in one of the files"
        )
    return header, sorted(kept.values(), key=lambda entry: entry.at)


def write_journal(file: Path, header: Header, entries: Iterable[Entry]) -> None:
    """Write a whole file of entries at once."""
    lines = [header.model_dump_json(), *(entry.model_dump_json() for entry in entries)]
    write_file(file, ("\n".join(lines) + "\n").encode())


def _append(file: Path, line: str) -> None:
    with file.open("r+b") as opened:
        before = opened.seek(0, os.SEEK_END)
        try:
            opened.write(line.encode())
            opened.flush()
            os.fsync(opened.fileno())
        except OSError:
            # Of a line for which the disk has no room, no part may stay: the next line would be joined to it.
            os.truncate(file, before)
            raise


def _parsed(model: type[Model], file: Path, number: int, line: bytes) -> Model:
    try:
        return model.model_validate(json.loads(line))
    except (ValueError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise JournalError(f"{file}:{number} is no valid line ({reason}); restore the file from a copy") from None


def _named(kind: Kind) -> str:
    return {"answers": "answers to cases", "review": "a review"}[kind]
