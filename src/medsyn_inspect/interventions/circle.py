"""Reads what the steps from a gap to its fix have written into a folder: choices, mixtures, repair, attention."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medsyn_inspect.interventions.curate.folder import MANIFEST
from medsyn_inspect.interventions.repair.folder import NAME as REPAIR

ATTENTION = "attention.json"
"""The record of `medsyn attention`, with what it found in words."""

DEPTHS = ("", "*/", "*/*/")
"""How deep results may lie in the folder."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Circle:
    """The steps that were taken, as they were written."""

    refined: tuple[Json, ...] = ()
    """Manifests of `medsyn refine`."""

    curated: tuple[Json, ...] = ()
    """Manifests of `medsyn curate`."""

    repairs: tuple[Json, ...] = ()
    """Results of `medsyn before-after`."""

    attention: tuple[Json, ...] = ()
    """Records of `medsyn attention`."""

    @property
    def choices(self) -> tuple[Json, ...]:
        """The first manifest of each reader: what it was found to underuse, and on which cases."""
        return tuple({one["reader"]: one for one in (*self.curated, *self.refined)}.values())

    def renamed(self, name: Callable[[str], str]) -> Circle:
        """The same with other names of readers.

        Args:
            name: Replaces the names in a text.
        """

        def changed(value: Any) -> Any:
            if isinstance(value, str):
                return name(value)
            if isinstance(value, dict):
                return {name(key): changed(one) for key, one in value.items()}
            return [changed(one) for one in value] if isinstance(value, list) else value

        parts = (self.refined, self.curated, self.repairs, self.attention)
        return Circle(*(tuple(changed(one) for one in part) for part in parts))


def read_circle(folder: Path) -> Circle:
    """The results in a folder and its subfolders.

    Raises:
        ValueError: If there are none, or a file is not as it was written.
    """
    if not folder.is_dir():
        raise ValueError(f"--circle {folder}: no such folder")
    chosen = ("reader", "types", "targets", "development_cases")
    found = Circle(
        refined=tuple(_contents(folder, MANIFEST, "configurations", *chosen)),
        curated=tuple(_contents(folder, MANIFEST, "mixtures", *chosen)),
        repairs=tuple(_contents(folder, f"{REPAIR}.json", "differences", "uptake")),
        attention=tuple(_contents(folder, ATTENTION, "statements", "limits")),
    )
    if found == Circle():
        raise ValueError(
            f"--circle {folder}: has no results of `medsyn refine`, `medsyn curate`, `medsyn before-after` or "
            "`medsyn attention`; name the folder that contains theirs"
        )
    return found


def _contents(folder: Path, name: str, mark: str, *keys: str) -> Iterator[Json]:
    """The contents of the files with a name that have the key `mark`; other files may have the same name."""
    for depth in DEPTHS:
        for file in sorted(folder.glob(depth + name)):
            try:
                content = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise ValueError(f"--circle: {file} cannot be read; run the command that wrote it again") from error
            if not isinstance(content, dict) or mark not in content:
                continue
            if missing := [key for key in keys if key not in content]:
                raise ValueError(f"--circle: {file} lacks {', '.join(missing)}; run the command that wrote it again")
            yield content
