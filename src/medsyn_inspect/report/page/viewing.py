"""Where `inspect view` finds the logs: its command, and the name under which it lists each of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from medsyn_inspect.report.material import Material, rows_of


@dataclass(frozen=True)
class Viewing:
    """What to start the viewer on, and what each log is called in it."""

    folders: tuple[str, ...] = ()
    """As the user called them."""

    names: dict[str, str] = field(default_factory=dict)
    """By file name, the path within its folder: what the viewer's addresses are made of."""

    @property
    def commands(self) -> tuple[str, ...]:
        """One for each folder, for a POSIX shell."""
        return tuple(f"inspect view --log-dir {shlex.quote(folder)}" for folder in self.folders)


def viewing(material: Material, places: Iterable[str]) -> Viewing:
    """How to look at the logs.

    Args:
        material: What the logs say; `path` of each log begins with one of the places.
        places: Log files or folders, as the user called them.
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
