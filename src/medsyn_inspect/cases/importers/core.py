"""What every importer shares: its own description, what one row becomes, and the report of a whole import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.case import Case

DIAGNOSIS_IN_TEXT = "diagnosis_in_text"
"""The words of the case hold the final diagnosis; the case set check knows this flag too."""

DIAGNOSIS_PARTLY_IN_TEXT = "diagnosis_partly_in_text"
"""They hold its core ("Infective endocarditis" of "Infective endocarditis due to...") or its abbreviation."""

EVIDENCE_NOT_SPLIT = "evidence_not_split"
"""Some investigations could not be told apart and stand together as evidence of type `other`."""

IMAGES_LEFT_OUT = "images_left_out"
"""The source has images for this case, and it was imported without them."""

ASKS_SOMETHING_ELSE = "asks_something_else"
"""The source counts the question as diagnosis, but it asks for a next step, a mechanism, a figure..."""

DISQUALIFYING = (DIAGNOSIS_IN_TEXT, DIAGNOSIS_PARTLY_IN_TEXT, ASKS_SOMETHING_ELSE)
"""The flags for which `drop_flagged` drops a case."""


class ImportFailed(ValueError):
    """Why nothing was imported, and what would mend it."""


@dataclass(frozen=True)
class Row:
    """One row of a source."""

    row_id: str
    """As the source calls it."""

    place: str
    """Where it is, for messages: `line 3`, `row 'PMC1'`."""

    content: dict[str, Any]
    """The row itself."""


@dataclass(frozen=True)
class Dropped:
    """A row that cannot be a case, and why. Rows dropped alike share the same words."""

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
    """What was left out; the report counts notes with the same words."""

    unsplit: tuple[str, ...] = ()
    """What could not be split into kinds of evidence, one description for each part."""


@dataclass(frozen=True)
class Importer:
    """One public set that can be imported."""

    title: str
    """The set's own name."""

    suffix: str
    """How its file ends, with the dot."""

    licence: str
    """What the source says of its licence, for the card and every case."""

    source: str
    """Authors and addresses, for the card."""

    description: str
    """What a user of the imported set must know."""

    attributions: tuple[str, ...]
    """Credits, for the card."""

    read: Callable[[Path], list[Row]]
    """The rows of the file.

    Raises `ImportFailed` if it has another format.
    """

    convert: Callable[[Row], Converted | Dropped]
    """One row; pure. Raises `ImportFailed` if the row has another format."""

    notes: tuple[str, ...] = ()
    """What is true of every import of this set."""


@dataclass(frozen=True)
class DroppedRow:
    """A row that is not in the imported set."""

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
    """What an import kept, dropped and flagged; `str()` is a summary to print."""

    title: str
    destination: Path
    kept: int
    dropped: tuple[DroppedRow, ...] = ()
    flagged: tuple[FlaggedCase, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be split, what was left out, and what is true of every import of this set."""

    @property
    def rows(self) -> int:
        """How many rows the source has."""
        return self.kept + len(self.dropped)

    def counts(self) -> dict[str, int]:
        """Kept, dropped and flagged, also by reason; the card carries them."""
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
    """Ids by reason, the most frequent reason first."""
    groups: dict[str, list[str]] = {}
    for reason, row_id in pairs:
        groups.setdefault(reason, []).append(row_id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _first(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")
