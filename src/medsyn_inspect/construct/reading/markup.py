"""Reads Markdown and HTML: headings, paragraphs, tables, and images with their captions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import yaml

from medsyn_inspect.cases.importers.outline import plain_markdown
from medsyn_inspect.construct.reading.raw import RawFigure, RawReport, Unreadable

_FRONT = re.compile(r"\A\ufeff?---\n(.*?)\n---\n", re.DOTALL)
_IMAGE = re.compile(r"!\[(?P<caption>[^\]]*)\]\((?P<file>[^)\s]+)[^)]*\)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_VOID = ("title", "language", "licence", "source")


@dataclass
class _Parts:
    """What is collected while a file is read from top to bottom."""

    folder: Path
    heading: str = ""
    title: str = ""
    blocks: list[tuple[str, str]] = field(default_factory=list)
    figures: list[RawFigure] = field(default_factory=list)
    tables: int = 0

    def paragraph(self, text: str) -> None:
        if line := " ".join(text.split()):
            self.blocks.append((self.heading, line))

    def image(self, name: str, caption: str) -> None:
        file = self.folder / name
        # A file outside the folder, or on the web, is not opened.
        inside = "://" not in name and file.resolve().is_relative_to(self.folder.resolve()) and file.is_file()
        number = sum(figure.figure_id.startswith("F") for figure in self.figures) + 1
        found = ((file,), ()) if inside else ((), (name,))
        self.figures.append(RawFigure(f"F{number}", " ".join(caption.split()), *found))

    def table(self, rows: list[tuple[str, ...]], caption: str = "") -> None:
        self.tables += 1
        self.figures.append(RawFigure(f"T{self.tables}", " ".join(caption.split()), rows=tuple(rows)))

    def report(self, file: Path, given: dict[str, str]) -> RawReport:
        return RawReport(
            report_id=file.stem,
            title=given.get("title") or self.title or file.stem,
            language=given.get("language", ""),
            licence=given.get("licence", ""),
            source=given.get("source") or given.get("title") or self.title or file.name,
            blocks=tuple(self.blocks),
            figures=tuple(self.figures),
        )


def read_markdown(file: Path) -> list[RawReport]:
    """The report in a Markdown file, whose front matter may give `title`, `language`, `licence` and `source`.

    Raises:
        Unreadable: If it is not UTF-8, or the front matter is not YAML.
    """
    text = _decoded(file)
    front = _FRONT.match(text)
    try:
        given = yaml.safe_load(front[1]) if front else {}
    except yaml.YAMLError as error:
        raise Unreadable(f"the front matter is not YAML ({getattr(error, 'problem', error)})") from error
    if not isinstance(given, dict):
        raise Unreadable("the front matter must be lines of the form `name: value`")
    parts = _Parts(file.parent)
    rows: list[tuple[str, ...]] = []
    paragraph: list[str] = []
    for line in [*text[front.end() if front else 0 :].splitlines(), ""]:
        row = _ROW.match(line)
        if row and not set(row["cells"]) <= set("-:| "):
            rows.append(tuple(plain_markdown(cell.strip()) for cell in row["cells"].split("|")))
            continue
        if row:
            continue
        if rows:
            parts.table(rows, " ".join(paragraph))
            rows, paragraph = [], []
        if heading := _HEADING.match(line):
            parts.paragraph(plain_markdown(" ".join(paragraph)))
            paragraph = []
            parts.heading = plain_markdown(heading["text"])
            parts.title = parts.title or parts.heading
            continue
        for image in _IMAGE.finditer(line):
            parts.image(image["file"], plain_markdown(image["caption"]))
        line = _IMAGE.sub("", line)
        if line.strip():
            paragraph.append(line.strip())
        else:
            parts.paragraph(plain_markdown(" ".join(paragraph)))
            paragraph = []
    return [parts.report(file, {name: str(given.get(name) or "") for name in _VOID})]


def read_html(file: Path) -> list[RawReport]:
    """The report in an HTML file; its language is that of the page, its licence that of `<link rel="license">`.

    Raises:
        Unreadable: If it is not UTF-8.
    """
    reader = _Html(file.parent)
    reader.feed(_decoded(file))
    reader.close()
    return [reader.parts.report(file, reader.given)]


class _Html(HTMLParser):
    """Collects the parts of a page."""

    IGNORED = ("script", "style", "nav", "header", "footer", "head")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.parts = _Parts(folder)
        self.given: dict[str, str] = {}
        self.text: list[str] = []
        self.rows: list[tuple[str, ...]] = []
        self.cells: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.figure = False
        self.caption = ""
        self.ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.given["language"] = found.get("lang", "").lower()
        elif tag in ("link", "a") and "license" in found.get("rel", "").split():
            self.given["licence"] = found.get("href", "")
        elif tag == "meta" and found.get("name", "").lower() in ("dc.rights", "citation_title", "dc.source"):
            key = {"dc.rights": "licence", "citation_title": "title"}.get(found["name"].lower(), "source")
            self.given.setdefault(key, found.get("content", ""))
        elif tag == "img":
            self.images.append((found.get("src", ""), found.get("alt", "")))
            if not self.figure:
                self._images("")
        elif tag in self.IGNORED:
            self.ignored += 1
        elif tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "figure", "figcaption", "caption", "td", "th"):
            self._close_paragraph() if tag not in ("td", "th", "figcaption", "caption") else self.text.clear()
            self.figure |= tag == "figure"

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self.text).split())
        if tag in self.IGNORED:
            self.ignored = max(0, self.ignored - 1)
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.parts.heading, self.parts.title = text, self.parts.title or text
            self.text.clear()
        elif tag in ("td", "th"):
            self.cells.append(text)
            self.text.clear()
        elif tag == "tr":
            self.rows.append(tuple(self.cells))
            self.cells = []
        elif tag in ("figcaption", "caption"):
            self.caption = text
            self.text.clear()
        elif tag == "table":
            self.parts.table(self.rows, self.caption)
            self.rows, self.caption = [], ""
        elif tag == "figure":
            self._images(self.caption)
            self.figure, self.caption = False, ""
        elif tag in ("p", "div", "section", "li", "body"):
            self._close_paragraph()

    def handle_data(self, data: str) -> None:
        if not self.ignored:
            self.text.append(data)

    def _close_paragraph(self) -> None:
        self.parts.paragraph("".join(self.text))
        self.text.clear()

    def _images(self, caption: str) -> None:
        for name, alternative in self.images:
            self.parts.image(name, caption or alternative)
        self.images = []


def _decoded(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 ({error.reason})") from error
