"""The types that all importers share: the importer, the result for one row, and the report of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.case import Case

DIAGNOSIS_IN_TEXT = "diagnosis_in_text"
"""Flag: the text of the case contains the final diagnosis. `check` uses the same flag."""

DIAGNOSIS_PARTLY_IN_TEXT = "diagnosis_partly_in_text"
"""Flag: the text contains the core of the final diagnosis ("Infective endocarditis" of "Infective endocarditis due
to...") or its abbreviation."""

EVIDENCE_NOT_SPLIT = "evidence_not_split"
"""Flag: some investigations could not be separated; together they are evidence of type `other`."""

IMAGES_LEFT_OUT = "images_left_out"
"""Flag: the source has images for this case, but it was imported without them."""

ASKS_SOMETHING_ELSE = "asks_something_else"
"""Flag: the source calls the question a diagnosis, but it asks for a next step, a mechanism, a figure..."""

DISQUALIFYING = (DIAGNOSIS_IN_TEXT, DIAGNOSIS_PARTLY_IN_TEXT, ASKS_SOMETHING_ELSE)
"""The flags that make `drop_flagged` drop a case."""


class ImportFailed(ValueError):
    """Raised if nothing could be imported; the message says how to fix it."""


@dataclass(frozen=True)
class Row:
    """One row of a source."""

    row_id: str
    """The row's identifier in the source."""

    place: str
    """The row's location, for messages: `test.jsonl:3`, `set.json, row 'PMC1'`."""

    content: dict[str, Any]
    """The contents of the row."""


@dataclass(frozen=True)
class Dropped:
    """A row that cannot become a case, and why. Equal reasons have equal wording, so that they can be counted."""

    reason: str


@dataclass(frozen=True)
class Converted:
    """A row that became a case.

    Images are named in the case as `images/<name in the source>`.
    """

    case: Case
    why: dict[str, str]
    """Why each of the case's flags was set."""

    notes: tuple[str, ...] = ()
    """What was left out; the report counts equal notes."""

    unsplit: tuple[str, ...] = ()
    """Parts that could not be assigned to an evidence type, one description each."""


@dataclass(frozen=True)
class Importer:
    """An importer of one public set."""

    title: str
    """Name of the set."""

    suffix: str
    """Suffix of the set's file, with the dot."""

    licence: str
    """The licence that the source states, for the card and every case."""

    source: str
    """Authors and web addresses, for the card."""

    description: str
    """What users of the imported set must know, for the card."""

    attributions: tuple[str, ...]
    """Credits, for the card."""

    read: Callable[[Path], list[Row]]
    """Reads the rows of the file. Raises `ImportFailed` if the file has another format."""

    convert: Callable[[Row], Converted | Dropped]
    """Converts one row; a pure function. Raises `ImportFailed` if the row has another format."""

    notes: tuple[str, ...] = ()
    """Notes that apply to every import of this set."""


@dataclass(frozen=True)
class DroppedRow:
    """A row of the source that was not imported."""

    row_id: str
    reason: str


@dataclass(frozen=True)
class FlaggedCase:
    """A case of the imported set with a known weakness."""

    case_id: str
    flag: str
    why: str


@dataclass(frozen=True)
class ImportReport:
    """What an import kept, dropped and flagged; `str()` gives a printable summary."""

    title: str
    destination: Path
    kept: int
    dropped: tuple[DroppedRow, ...] = ()
    flagged: tuple[FlaggedCase, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be split, what was left out, and notes that apply to every import of this set."""

    @property
    def rows(self) -> int:
        """Number of rows in the source."""
        return self.kept + len(self.dropped)

    def counts(self) -> dict[str, int]:
        """Numbers of kept, dropped and flagged rows, and numbers by reason; they go into the card."""
        return {
            "kept": self.kept,
            "dropped": len(self.dropped),
            **{f"dropped: {reason}": n for reason, n in Counter(row.reason for row in self.dropped).most_common()},
            **{f"flagged: {flag}": n for flag, n in Counter(case.flag for case in self.flagged).most_common()},
        }

    def __str__(self) -> str:
        lines = [f"{self.title}: kept {self.kept} of {self.rows} rows, in {self.destination}"]
        dropped = _grouped((row.reason, row.row_id) for row in self.dropped)
        lines += [f"  dropped {len(ids)}: {reason} ({_first(ids)})" for reason, ids in dropped]
        flagged = _grouped((case.flag, case.case_id) for case in self.flagged)
        lines += [f"  flagged {len(ids)}: {flag} ({_first(ids)})" for flag, ids in flagged]
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Ids by reason, most frequent reason first."""
    groups: dict[str, list[str]] = {}
    for reason, row_id in pairs:
        groups.setdefault(reason, []).append(row_id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _first(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")
