"""How to view the logs in `inspect view`: the command, and the name that the viewer gives each log."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from medsyn_inspect.report.material import Material, rows_of


@dataclass(frozen=True)
class Viewing:
    """The folders to start the viewer on, and the names of the logs in it."""

    folders: tuple[str, ...] = ()
    """Paths as the user gave them."""

    names: dict[str, str] = field(default_factory=dict)
    """Path of each log within its folder, by file name; the viewer's addresses contain it."""

    @property
    def commands(self) -> tuple[str, ...]:
        """One for each folder, for a POSIX shell."""
        return tuple(f"inspect view --log-dir {shlex.quote(folder)}" for folder in self.folders)


def viewing(material: Material, places: Iterable[str]) -> Viewing:
    """How to look at the logs.

    Args:
        material: Contents of the logs; the `path` of each log begins with one of the places.
        places: Log files or folders, as the user gave them.
    """
    whole = [place.rstrip("/") or "/" for place in places]
    folders: dict[str, None] = {}
    names = {}
    for row in rows_of(material.counted):
        path = str(row["path"])
        inside = [place for place in whole if path.startswith(place.rstrip("/") + "/")]
        folder = max(inside, key=len) if inside else path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
        folders[folder] = None
        names[str(row["log"])] = path.removeprefix(folder.rstrip("/") + "/")
    return Viewing(tuple(folders), names)
