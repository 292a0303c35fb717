"""Reads PDF with pypdfium2 (extra `pdf`): text, headings by the size of their letters, and embedded images.

A PDF has no structure to rely on. What is not read is listed: drawings, pages without text, tables (whose cells become
text), and what recurs on every page.
"""

from __future__ import annotations

import io
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from medsyn_inspect.construct.reading.raw import RawFigure, RawReport, Unreadable
from medsyn_inspect.construct.rules.words import COMMON, load_words

EXTRA, MODULE = "pdf", "pypdfium2"

HEADING_SIZE = 1.08
"""Minimum size of the letters of a heading, relative to those of most of the text."""

LONGEST_HEADING = 120
"""Maximum number of characters of a heading."""

SMALLEST_IMAGE = 40
"""Minimum width and height of an image in pixels; smaller ones are logos and marks."""

DRAWN = 12
"""Minimum number of lines and curves on a page for a note that drawings are not read."""

_LICENCE = re.compile(
    r"(?:https?://)?creativecommons\.org/(?:licenses|publicdomain)/[\w-]+(?:/\d\.\d)?"
    r"|\bCC[- ]?(?:BY|0)(?:[- ](?:NC|ND|SA))*(?:[- ]\d\.\d)?",
    re.I,
)
FIGURE, TABLE = "figure", "table"

_HYPHEN = ("\ufffe", "\x02", "\xad")
"""What pdfium gives for a hyphen that divides a word at the end of a line."""


@dataclass(frozen=True)
class PdfImage:
    """An image in a PDF, which is taken out when it is read."""

    file: Path
    page: int
    place: int
    """Its place among the objects of the page."""

    @property
    def name(self) -> str:
        """A name for messages."""
        return f"image {self.place + 1} of page {self.page + 1}"

    def read_bytes(self) -> bytes:
        """The image as PNG.

        Raises:
            OSError: If it cannot be taken out.
        """
        import pypdfium2

        try:
            with pypdfium2.PdfDocument(self.file) as document:
                found = list(document[self.page].get_objects())[self.place]
                content = io.BytesIO()
                found.get_bitmap(render=False).to_pil().save(content, "PNG")
        except (pypdfium2.PdfiumError, ValueError, IndexError) as error:
            raise OSError(f"the PDF does not give it: {error}") from error
        return content.getvalue()


@dataclass
class _Line:
    """A line of text."""

    text: str
    size: float
    """Size of most of its letters."""

    top: float
    """Distance from the bottom of the page."""

    caption: str = ""
    """`figure` or `table` if it belongs to a caption."""

    begins: bool = False
    """Whether it is the first line of a caption."""


@dataclass
class _Page:
    """What is on a page, from top to bottom."""

    lines: list[_Line] = field(default_factory=list)
    images: list[tuple[float, float, PdfImage]] = field(default_factory=list)
    """Top and bottom of each image."""

    small: int = 0
    drawn: int = 0


def read_pdf(file: Path) -> list[RawReport]:
    """The report in a PDF file; its licence is the first mention of a Creative Commons licence in the text.

    Raises:
        Unreadable: If it is not a PDF that can be read, has no text, or the extra is not installed.
    """
    if find_spec(MODULE) is None:
        raise Unreadable(f"PDF is read with the extra `{EXTRA}`: pip install 'medsyn-inspect[{EXTRA}]'")
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(file) as document:
            title = str(document.get_metadata_value("Title") or "").strip()
            pages = [_page(file, document, number) for number in range(len(document))]
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise Unreadable(f"not a PDF that can be read ({str(error).rstrip('.')})") from error
    if not any(page.lines for page in pages):
        raise Unreadable("a PDF without text, such as a scan; it needs text recognition first")
    lost = list(_without_running_heads(pages))
    usual = statistics.median([line.size for page in pages for line in page.lines for _ in line.text] or [0])
    _mark_captions(pages, usual)
    lost += _lost(pages)
    blocks = list(_blocks(pages, usual))
    largest = max((line for line in pages[0].lines if not line.caption), key=lambda line: line.size, default=None)
    found = _LICENCE.search(" ".join(text for _, text in blocks))
    name = title or (largest.text if largest and largest.size >= HEADING_SIZE * usual else file.stem)
    return [
        RawReport(
            report_id=file.stem,
            title=name,
            language="",
            licence=found[0] if found else "",
            source=name,
            blocks=tuple(blocks),
            figures=tuple(_figures(pages)),
            lost=tuple(lost),
        )
    ]


def _page(file: Path, document: Any, number: int) -> _Page:
    import pypdfium2.raw as pdfium

    page = document[number]
    found = _Page(_lines(page.get_textpage()))
    for place, one in enumerate(page.get_objects()):
        if one.type == pdfium.FPDF_PAGEOBJ_PATH:
            found.drawn += 1
        elif one.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            _, bottom, _, top = one.get_bounds()
            if min(one.get_px_size()) < SMALLEST_IMAGE:
                found.small += 1
            else:
                found.images.append((top, bottom, PdfImage(file, number, place)))
    found.images.sort(key=lambda image: -image[0])
    return found


def _lines(text: Any) -> list[_Line]:
    """The lines of a page, with the sizes and places of their letters."""
    import pypdfium2.raw as pdfium

    lines: list[_Line] = []
    letters, top = "", 0.0
    sizes: list[float] = []
    for place in range(text.count_chars() + 1):
        letter = chr(pdfium.FPDFText_GetUnicode(text, place)) if place < text.count_chars() else "\n"
        if letter == "\n" or letter in _HYPHEN:
            if letters.strip():
                lines.append(_Line(letters.strip() + (_HYPHEN[0] if letter in _HYPHEN else ""), _usual(sizes), top))
            letters, sizes = "", []
        elif letter >= " ":
            letters += letter
            if not letter.isspace():
                sizes.append(round(pdfium.FPDFText_GetFontSize(text, place), 1))
                top = text.get_charbox(place)[3] if len(sizes) == 1 else top
    return lines


def _usual(sizes: Sequence[float]) -> float:
    return Counter(sizes).most_common(1)[0][0] if sizes else 0.0


def _without_running_heads(pages: list[_Page]) -> Iterator[str]:
    """Remove page numbers, and lines that most pages have; what was removed."""
    bare = [[re.sub(r"\d+", "", line.text).strip() for line in page.lines] for page in pages]
    counts = Counter(text for lines in bare for text in set(lines))
    most = max(3, len(pages) // 2 + 1)
    gone = 0
    for page, texts in zip(pages, bare, strict=True):
        kept = [line for line, text in zip(page.lines, texts, strict=True) if text and counts[text] < most]
        gone += len(page.lines) - len(kept)
        page.lines = kept
    if gone:
        yield f"page numbers and running heads are left out ({gone} lines)"


def _lost(pages: Sequence[_Page]) -> Iterator[str]:
    def numbers(which: list[int]) -> str:
        return ", ".join(map(str, which))

    if empty := [number for number, page in enumerate(pages, 1) if not page.lines]:
        yield f"pages without text: {numbers(empty)}"
    if drawn := [number for number, page in enumerate(pages, 1) if page.drawn >= DRAWN]:
        yield f"drawings that are no images are not read, on the pages {numbers(drawn)}"
    if small := sum(page.small for page in pages):
        yield f"images of less than {SMALLEST_IMAGE} pixels are left out ({small})"
    if tables := sum(line.begins and line.caption == TABLE for page in pages for line in page.lines):
        yield f"tables are read as text, without their columns ({tables})"


def _mark_captions(pages: Sequence[_Page], usual: float) -> None:
    """Mark the lines of captions: from `Figure 1` on, as long as lines of the same size follow closely."""
    known = load_words(COMMON)
    for page in pages:
        before = _Line("", 0, 0)
        for line in page.lines:
            kind = FIGURE if known.figure.match(line.text) else TABLE if known.table.match(line.text) else ""
            if kind:
                line.caption, line.begins = kind, True
            elif before.caption and line.size == before.size <= usual:
                line.caption = before.caption if 0 < before.top - line.top < 1.8 * line.size else ""
            before = line


def _blocks(pages: Sequence[_Page], usual: float) -> Iterator[tuple[str, str]]:
    """The text under each heading, joined over pages; and the captions of tables."""
    heading, text = "", ""
    tables: list[tuple[str, str]] = []
    for line in (line for page in pages for line in page.lines):
        if line.caption:
            if line.caption == TABLE:
                tables.append((heading, line.text))
        elif line.size >= HEADING_SIZE * usual and len(line.text) <= LONGEST_HEADING:
            if text:
                yield heading, text
            heading, text = line.text, ""
        else:
            text = _joined(text, line.text)
    if text:
        yield heading, text
    yield from tables


def _joined(text: str, line: str) -> str:
    if text.endswith(_HYPHEN[0]):
        return text[:-1] + line
    # Chinese is written without blanks.
    blank = "" if not text or (ord(text[-1]) > 0x2E80 and ord(line[0]) > 0x2E80) else " "
    return text + blank + line


def _figures(pages: Sequence[_Page]) -> Iterator[RawFigure]:
    """The images of each caption, which is the nearest one on the page; images without a caption one by one."""
    number = 0
    for page in pages:
        figures: list[tuple[float, str]] = []
        for line in (line for line in page.lines if line.caption == FIGURE):
            if line.begins:
                figures.append((line.top, line.text))
            else:
                figures[-1] = (figures[-1][0], _joined(figures[-1][1], line.text))
        shown: dict[str, list[PdfImage]] = {}
        for top, bottom, image in page.images:
            nearest = min(figures, key=lambda one: min(abs(bottom - one[0]), abs(one[0] - top)), default=(0.0, ""))
            shown.setdefault(nearest[1] or image.name, []).append(image)
        for caption in [*shown, *(text for _, text in figures if text not in shown)]:
            number += 1
            images = tuple(shown.get(caption, ()))
            alone = bool(images) and caption == images[0].name
            yield RawFigure(f"F{number}", "" if alone else caption, images)
