"""Reads all reports of a source folder, each with its own module by the kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from medsyn_inspect.construct.reading.jats import read_jats
from medsyn_inspect.construct.reading.markup import read_html, read_markdown
from medsyn_inspect.construct.reading.multicare import CASES, read_multicare
from medsyn_inspect.construct.reading.pdf import read_pdf
from medsyn_inspect.construct.reading.raw import RawReport, Unreadable

DEMO = "demo"
"""The name of the bundled reports."""

DEMO_FOLDER = Path(__file__).parent.parent / "demo" / "reports"


READERS: dict[str, Callable[[Path], list[RawReport]]] = {
    ".xml": read_jats,
    ".nxml": read_jats,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
}
"""The module that reads each kind of file."""


@dataclass(frozen=True)
class ReadFile:
    """A file of the source, with the reports in it or the reason why it was not read."""

    file: str
    reports: tuple[RawReport, ...] = ()
    problem: str = ""


def folder_of(source: str | Path) -> Path:
    """The folder of a source: the bundled reports for `demo`."""
    return DEMO_FOLDER if str(source) == DEMO else Path(source).expanduser()


def read_source(source: str | Path) -> list[ReadFile]:
    """The files of a source, in the order of their names.

    Args:
        source: `demo`, one file, or a folder with JATS, Markdown, HTML, PDF or MultiCaRe files.

    Raises:
        ValueError: If there is nothing that could be read.
    """
    place = folder_of(source)
    if not place.exists():
        raise ValueError(f"{place}: no such file or folder; give a folder with case reports")
    if place.is_dir() and (place / CASES).is_file():
        found = [_read(CASES, place, read_multicare)]
    else:
        found = list(_files(place))
    if not found:
        raise ValueError(f"{place}: contains no {', '.join(READERS)} file, and no {CASES}; give a folder with reports")
    seen: set[str] = set()
    return [_unique(one, seen) for one in found]


def _files(place: Path) -> Iterator[ReadFile]:
    folder = place if place.is_dir() else place.parent
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.suffix.lower() in READERS and file.is_file() and not file.name.startswith("."):
            yield _read(file.relative_to(folder).as_posix(), file, READERS[file.suffix.lower()])


def _read(name: str, file: Path, read: Callable[[Path], list[RawReport]]) -> ReadFile:
    try:
        return ReadFile(name, tuple(read(file)))
    except Unreadable as error:
        return ReadFile(name, problem=str(error))
    except OSError as error:
        return ReadFile(name, problem=f"cannot be read ({error.strerror})")


def _unique(found: ReadFile, seen: set[str]) -> ReadFile:
    """The file without reports that another file has already given."""
    kept = [report for report in found.reports if report.report_id not in seen]
    seen |= {report.report_id for report in kept}
    if len(kept) < len(found.reports) and not kept:
        return ReadFile(found.file, problem="another file has a report with the same identifier")
    return ReadFile(found.file, tuple(kept), found.problem)
