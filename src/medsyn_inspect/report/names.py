"""Short names of simulated readers, without the arguments that all of them share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.providers import READER
from medsyn_inspect.report.material import Material

SIMULATED = re.compile(rf"({re.escape(READER)}) \((.+?)\)(.*)", re.DOTALL)


@dataclass(frozen=True)
class ShortNames:
    """Names of readers in a report."""

    short: dict[str, str] = field(default_factory=dict)
    """Short name by full name; only readers whose name changes."""

    common: str = ""
    """Arguments that were left out of the names."""

    def of(self, material: Material) -> Material:
        """The material with short names."""
        findings = material.findings
        frames = {
            part.name: self.of_frame(value)
            for part in fields(Findings)
            if isinstance(value := getattr(findings, part.name), pd.DataFrame)
        }
        notes = [self.of_text(note) for note in findings.notes]
        renamed = replace(findings, notes=notes, **frames)  # type: ignore[arg-type]
        return Material(self.of_frame(material.logs), renamed)

    def of_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with short names in the columns `reader` and `other`."""
        there = [column for column in ("reader", "other") if column in frame]
        return frame.assign(**{column: frame[column].map(self.of_text) for column in there}) if self.short else frame

    def of_text(self, text: str) -> str:
        """The text with short names."""
        for name, instead in self.short.items():
            text = text.replace(name, instead)
        return text


def short_names(readers: Iterable[str]) -> ShortNames:
    """The shortest unambiguous names.

    Only names of reference readers contain arguments. Arguments that are equal in all of them are left out.
    """
    names = sorted(set(readers))
    found = {name: match for name in names if (match := SIMULATED.fullmatch(name))}
    arguments = {name: set(match[2].split(", ")) for name, match in found.items()}
    common = set.intersection(*arguments.values()) if len(arguments) > 1 else set()
    if not common or READER in names:
        return ShortNames()
    short = {}
    for name, match in found.items():
        kept = ", ".join(sorted(arguments[name] - common))
        short[name] = f"{match[1]}{f' ({kept})' if kept else ''}{match[3]}"
    if len(set(short.values())) < len(short):
        return ShortNames()
    return ShortNames(short, ", ".join(sorted(common)))
