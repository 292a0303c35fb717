"""How to view the logs in Inspect's viewer: the commands, the name that it gives each log, and a static copy of it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from inspect_ai.log import bundle_log_dir, read_eval_log, write_eval_log

from medsyn_inspect.analysis.read.places import file_name
from medsyn_inspect.report.material import Material, rows_of

BUNDLE = "viewer"
"""Folder of the static viewer in a report."""


@dataclass(frozen=True)
class Viewing:
    """The folders to start the viewer on, and the names of the logs in it."""

    folders: tuple[str, ...] = ()
    """Paths as the user gave them."""

    names: dict[str, str] = field(default_factory=dict)
    """Path of each log within its folder, by file name; the viewer's addresses contain it."""

    bundled: bool = False
    """Whether the report contains a static viewer with the logs."""

    @property
    def purpose(self) -> str:
        """What the commands are for."""
        if self.bundled:
            return (
                f"{BUNDLE}/ contains Inspect's viewer with prompts, images and answers. It needs a web server: run "
                "this in the folder of the report, and open http://localhost:8000"
            )
        one = "" if len(self.folders) == 1 else "; each shows one folder"
        return f"To see prompts, images and answers in Inspect's viewer, on the machine with the logs{one}"

    @property
    def commands(self) -> tuple[str, ...]:
        """For a POSIX shell; one for each folder of logs without a bundle."""
        if self.bundled:
            return ("python -m http.server",)
        return tuple(f"inspect view --log-dir {shlex.quote(folder)}" for folder in self.folders)


def viewing(material: Material, places: Iterable[str], *, bundled: bool = False) -> Viewing:
    """How to look at the logs.

    Args:
        material: Contents of the logs; the `path` of each log begins with one of the places.
        places: Log files or folders, as the user gave them.
        bundled: Whether the report contains a static viewer; then the logs have their file names there.
    """
    whole = [place.rstrip("/") or "/" for place in places]
    folders: dict[str, None] = {}
    names = {}
    for row in rows_of(material.counted):
        path = str(row["path"])
        inside = [place for place in whole if path.startswith(place.rstrip("/") + "/")]
        folder = max(inside, key=len) if inside else path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
        folders[folder] = None
        if not bundled:
            names[str(row["log"])] = path.removeprefix(folder.rstrip("/") + "/")
    return Viewing(tuple(folders), names, bundled)


def write_bundle(logs: Iterable[str], folder: Path) -> None:
    """Write Inspect's viewer with some logs into the folder `BUNDLE`; it needs a web server, but no installation.

    Args:
        logs: Paths or addresses.
        folder: The folder of the report.
    """
    with TemporaryDirectory() as temporary:
        # Only these logs: others in their folders do not belong to the report. Resolved as Inspect does.
        copies = Path(temporary).resolve() / "logs"
        copies.mkdir()
        for log in logs:
            target = copies / file_name(log)
            if "://" in log:
                write_eval_log(read_eval_log(log), str(target))
            else:
                shutil.copyfile(log, target)
        with redirect_stdout(StringIO()):  # It names folders that are temporary.
            bundle_log_dir(str(copies), str(folder / BUNDLE))
        # The viewer shows where the logs were.
        index = folder / BUNDLE / "index.html"
        index.write_text(index.read_text(encoding="utf-8").replace(str(copies), copies.name), encoding="utf-8")
