"""Turns a raw report into a `Report`: numbered sentences, panels with re-encoded images, and what was refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from medsyn_inspect.answers.phrases import CJK
from medsyn_inspect.cases.images import MAX_BYTES, MAX_PIXELS
from medsyn_inspect.construct.draft import Caught, Panel, Report, Sentence
from medsyn_inspect.construct.reading.panels import panels_of_caption, split
from medsyn_inspect.construct.reading.raw import ImageFile, RawFigure, RawReport
from medsyn_inspect.construct.rules.addressed import addresses_a_model
from medsyn_inspect.construct.rules.naming import sentences_of
from medsyn_inspect.construct.rules.words import Words, load_words

READ = "read"
"""Name of the first step, in which no model takes part."""

LONGEST = 2000
"""Longer sentences are cut into pieces of this length, so that numbering stays useful."""

_OPEN = re.compile(r"creativecommons\.org/(?:licenses/by|publicdomain)|\bCC[- ]?(?:BY|0)\b|public domain", re.I)
_NO_ADAPTATIONS = re.compile(r"by-(?:nc-)?nd|\bND\b|no ?derivatives", re.I)
_CJK_SHARE = 0.2
_NO_CHARACTER = "\uffff"
"""A code point that no font has: it is drawn as the sign for a missing character."""


@dataclass(frozen=True)
class Reading:
    """How reports are read."""

    folder: Path
    """Folder of the steps; images are written to `images/` in it."""

    licence: str = ""
    """Licence of all reports that state none."""

    prompts: Mapping[str, Path] = field(default_factory=dict)
    """Folders of languages that are not the package's, by language."""

    table_font: Path | None = None
    """Font in which tables without an image are drawn; `None` for Pillow's own, which has Latin characters only."""


@dataclass(frozen=True)
class Finished:
    """A report that was read, or the reason why it cannot be used, and what was caught."""

    report: Report
    dropped: str
    caught: tuple[Caught, ...]


def finished(raw: RawReport, file: str, how: Reading) -> Finished:
    """Number sentences, re-encode images and check what can be checked without a model.

    Args:
        raw: The report as read.
        file: Its file, for the record.
        how: Where to, and with which licence, languages and font.
    """
    language = _language(raw)
    folder = str(how.prompts.get(language, ""))
    known = load_words(language, folder)
    caught = [Caught(rule="not read", what=what, step=READ) for what in raw.lost]
    sentences: list[Sentence] = []
    for heading, text in _sentences(raw, known):
        if addresses_a_model(text, known) or addresses_a_model(heading, known):
            caught.append(Caught(rule="text that addresses a model", what=text[:160], step=READ))
        else:
            sentences.append(Sentence(number=len(sentences) + 1, heading=heading, text=text))
    panels = []
    for figure in raw.figures:
        for panel in _panels(figure, raw.report_id, how):
            if addresses_a_model(panel.caption, known) or addresses_a_model(panel.content, known):
                caught.append(Caught(rule="text that addresses a model", what=panel.caption[:160], step=READ))
                problem = "its caption addresses a model"
                panel = panel.model_copy(update={"caption": "", "content": "", "problem": problem})
            if panel.problem:
                caught.append(Caught(rule="image not usable", what=f"{panel.panel_id}: {panel.problem}", step=READ))
            panels.append(panel)
    report = Report(
        report_id=raw.report_id,
        file=file,
        title=raw.title,
        language=language,
        language_folder=folder,
        licence=(raw.licence or how.licence).strip(),
        source=raw.source,
        sentences=tuple(sentences),
        panels=tuple(panels),
    )
    return Finished(report, _problem(report, raw, known), tuple(caught))


def _problem(report: Report, raw: RawReport, known: Words) -> str:
    """Why a report cannot be used, from checks that need no model; empty if it can."""
    if not report.licence:
        return "no licence stated"
    if _NO_ADAPTATIONS.search(report.licence):
        return "the licence forbids adaptations"
    if not _OPEN.search(report.licence):
        return "not openly licensed"
    if not report.sentences:
        return "no text"
    if any(known.second_patient.search(heading) for heading in (report.title, *(heading for heading, _ in raw.blocks))):
        return "several patients"
    if not raw.figures:
        return "no figure"
    return "" if any(panel.image for panel in report.panels) else "no figure can be used"


def _sentences(raw: RawReport, known: Words) -> Iterator[tuple[str, str]]:
    for heading, block in raw.blocks:
        for sentence in sentences_of(block, known):
            for start in range(0, len(sentence), LONGEST):
                yield heading, sentence[start : start + LONGEST]


def _language(raw: RawReport) -> str:
    """The language that the file names, unless its script contradicts it."""
    text = "".join(block for _, block in raw.blocks)
    chinese = len(re.findall(f"[{CJK}]", text)) > _CJK_SHARE * max(1, len(text))
    named = raw.language.split("-")[0]
    if chinese:
        return "zh"
    return named if re.fullmatch(r"[a-z]{2,3}", named) and named != "zh" else "en"


def _panels(figure: RawFigure, report_id: str, how: Reading) -> Iterator[Panel]:
    folder = how.folder
    content = "\n".join(" | ".join(row) for row in figure.rows)
    if not figure.files:
        yield _without_file(figure, content, report_id, how)
        return
    captions = panels_of_caption(figure.caption)
    opened: list[Image.Image] = []
    for file in figure.files:
        try:
            opened.append(_opened(file))
        except ValueError as error:
            yield Panel(panel_id=figure.figure_id, caption=figure.caption, content=content, problem=str(error))
            return
    if len(opened) > 1:
        captions = (
            captions if len(captions) == len(opened) else dict.fromkeys("ABCDEFGH"[: len(opened)], figure.caption)
        )
        parts = opened
    else:
        parts = split(opened[0], len(captions)) if captions else []
    if captions and len(parts) == len(captions):
        for (letter, caption), image in zip(captions.items(), parts, strict=True):
            name = f"{figure.figure_id}{letter}"
            yield Panel(panel_id=name, caption=caption, image=_saved(image, report_id, name, folder))
        return
    saved = _saved(opened[0], report_id, figure.figure_id, folder)
    problem = f"the panels {', '.join(captions)} could not be split; a person has to" if captions else ""
    yield Panel(panel_id=figure.figure_id, caption=figure.caption, content=content, image=saved, problem=problem)


def _without_file(figure: RawFigure, content: str, report_id: str, how: Reading) -> Panel:
    panel = Panel(panel_id=figure.figure_id, caption=figure.caption, content=content)
    if figure.missing:
        return panel.model_copy(update={"problem": f"the file {', '.join(figure.missing)} is missing"})
    if not figure.rows:
        return panel.model_copy(update={"problem": "no image"})
    try:
        drawn = drawn_table(figure.rows, how.table_font)
    except ValueError as error:
        return panel.model_copy(update={"problem": str(error)})
    return panel.model_copy(update={"image": _saved(drawn, report_id, figure.figure_id, how.folder)})


def _opened(file: ImageFile) -> Image.Image:
    """An image as RGB, upright, without its metadata.

    Raises:
        ValueError: If it cannot be used.
    """
    try:
        if isinstance(file, Path) and file.stat().st_size > MAX_BYTES:
            raise ValueError(f"{file.name} has more than {MAX_BYTES:,} bytes")
        with Image.open(io.BytesIO(file.read_bytes())) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{file.name} has more than {MAX_PIXELS:,} pixels")
            if image.mode.startswith("I;16"):
                raise ValueError(f"{file.name} has 16 bits per channel; choose the range of grey levels")
            upright = ImageOps.exif_transpose(image) or image
            if upright.has_transparency_data:
                ground = Image.new("RGBA", upright.size, "white")
                return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")
            return upright.convert("RGB")
    except UnidentifiedImageError as error:
        raise ValueError(f"{file.name} is not an image") from error
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file.name} cannot be read ({error})") from error


def _saved(image: Image.Image, report_id: str, panel_id: str, folder: Path) -> str:
    """Save an image as PNG, without metadata; its path relative to the folder."""
    path = Path("images") / re.sub(r"[^\w.-]+", "-", report_id) / f"{panel_id}.png"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    image.save(folder / path, "PNG", optimize=True)
    return path.as_posix()


def drawn_table(rows: tuple[tuple[str, ...], ...], file: Path | None = None) -> Image.Image:
    """A table as an image.

    Args:
        rows: The cells.
        file: A font (TrueType or OpenType); `None` for Pillow's own, which has Latin characters only.

    Raises:
        ValueError: If the font cannot be read, or lacks a character of the table.
    """
    font = table_font(file)
    unknown = font.getmask(_NO_CHARACTER)
    lacking = [one for one in dict.fromkeys("".join(map("".join, rows))) if not one.isspace()]
    lacking = [one for one in lacking if _same(font.getmask(one), unknown)]
    if lacking:
        name = file.name if file else "the bundled font"
        shown = "".join(lacking[:5])
        raise ValueError(
            f"the table has no image, and {name} lacks characters of it ({shown}); give one with --table-font"
        )
    columns = max(map(len, rows))
    cells = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(int(font.getlength(row[column])) for row in cells) + 24 for column in range(columns)]
    height = 30
    image = Image.new("RGB", (sum(widths) + 20, height * len(cells) + 20), "white")
    pen = ImageDraw.Draw(image)
    for number, row in enumerate(cells):
        top, left = 10 + number * height, 10
        for cell, width in zip(row, widths, strict=True):
            pen.text((left + 8, top + 6), cell, fill="black", font=font)
            left += width
        pen.line([(10, top + height - 2), (image.width - 10, top + height - 2)], fill="#999999")
    return image


def table_font(file: Path | None) -> ImageFont.FreeTypeFont:
    """The font for tables.

    Raises:
        ValueError: If it cannot be read.
    """
    if file is None:
        font = ImageFont.load_default(size=16)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
    try:
        return ImageFont.truetype(file, size=16)
    except OSError as error:
        raise ValueError(f"{file}: not a font that can be read ({error}); name a TrueType or OpenType file") from error


def _same(one: Any, other: Any) -> bool:
    return bool(one.size == other.size and bytes(one) == bytes(other))
