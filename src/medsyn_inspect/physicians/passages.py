"""The passages of a case report that support a constructed case, from the record of its construction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.check import CONSTRUCTION_FILE


class RecordError(ValueError):
    """Raised if the record of a construction cannot be read; the message names the file, the line and the fix."""


@dataclass(frozen=True)
class Passages:
    """What a report says about a case."""

    findings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The passages from which the finding of each evidence type was made."""

    distractors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The evidence type that rules each distractor out, and the passage that says so."""


def read_passages(folder: Path) -> dict[str, Passages]:
    """The passages of each case of a set; empty if the set was not constructed.

    Args:
        folder: The folder of the case set.

    Raises:
        RecordError: If the record of the construction is damaged.
        OSError: If it cannot be read.
    """
    file = folder / CONSTRUCTION_FILE
    if not file.exists():
        return {}
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            if row["outcome"] == "kept":
                found[str(row["case_id"])] = _of(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(
                f"{file}:{number} is no valid line ({type(error).__name__}: {error}); restore the file, or remove it "
                "to review without the passages of the reports"
            ) from None
    return found


def _of(row: Mapping[str, Any]) -> Passages:
    findings: dict[str, tuple[str, ...]] = {}
    for reading in row.get("readings", ()):
        given = findings.get(reading["type"], ())
        findings[reading["type"]] = (*given, reading["span"]) if reading["span"] not in given else given
    distractors = {one["name"]: (one["ruled_out_by"], one["span"]) for one in row.get("distractors", ())}
    return Passages(findings, distractors)
