"""A report as a format module reads it: text blocks, figures and tables, before anything is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class ImageFile(Protocol):
    """An image that can be read: a file, or an image inside another file."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    def read_bytes(self) -> bytes:
        """Its content."""


class Unreadable(ValueError):
    """Raised if a file cannot be read as a report; the message is the reason, without the file's name."""


@dataclass(frozen=True)
class RawFigure:
    """A figure, or a table with an image."""

    figure_id: str
    """`F1`, `F2`...; `T1` for a table."""

    caption: str
    files: tuple[ImageFile, ...] = ()
    """Images that exist."""

    missing: tuple[str, ...] = ()
    """Names of image files that do not exist."""

    rows: tuple[tuple[str, ...], ...] = ()
    """The cells of a table."""


@dataclass(frozen=True)
class RawReport:
    """A report before it is checked."""

    report_id: str
    title: str
    language: str
    """Language tag; empty if the file names none."""

    licence: str
    """As the file states it; empty if it does not."""

    source: str
    """Citation."""

    blocks: tuple[tuple[str, str], ...]
    """Paragraphs, each with the heading above it."""

    figures: tuple[RawFigure, ...] = ()
    lost: tuple[str, ...] = field(default=())
    """What the format module could not read, one sentence each."""
