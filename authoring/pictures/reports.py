"""Printed reports: tables of results as a laboratory prints them, in English and in Chinese layout."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from authoring.pictures.canvas import Picture, caption, drawing, font

REPORT = {"en": "Simulated report", "zh": "模拟报告"}
INK, RED, BLUE, RULE, BAND = (25, 25, 25), (190, 20, 20), (20, 60, 180), (150, 150, 150), (232, 238, 244)
NUMBER = r"(\d+(?:\.\d+)?)"


def out_of_range(value: str, reference: str) -> str:
    """`H`, `L` or empty: where a printed value lies to a printed reference range, if both are numbers."""
    plain = value.replace(",", "").replace(" ", "")
    found = re.match(rf"([<>]?){NUMBER}$", plain)
    if not found:
        return ""
    number = float(found[2])
    reference = reference.replace(",", "").replace(" ", "")
    if span := re.match(rf"{NUMBER}[-–—~～]{NUMBER}", reference):
        return "L" if number < float(span[1]) else "H" if number > float(span[2]) else ""
    if limit := re.match(rf"([<≤>≥]){NUMBER}", reference):
        if limit[1] in "<≤":
            at_limit = number == float(limit[2]) and limit[1] == "<" and not found[1]
            return "H" if number > float(limit[2]) or at_limit else ""
        return "L" if number < float(limit[2]) else ""
    return ""


def typeset(unit: str, language: str) -> str:
    """A unit as it is printed: micro as a letter; powers raised, where the type has raised figures."""
    unit = re.sub(r"(^|[/ ])u(?=(mol|g|L)\b)", r"\1µ", unit)
    if language == "en":
        raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
        return re.sub(r"x?10\^(\d+)", lambda power: "×10" + power[1].translate(raised), unit).replace("m2", "m²")
    return re.sub(r"^10\^", "×10^", unit)


def mark_of(value: str, reference: str, flag: str, language: str) -> str:
    """The mark beside one of several values: the row's flag where it points the way the value lies."""
    side = out_of_range(value, reference)
    if language != "en":
        return {"H": "↑", "L": "↓", "": ""}[side]
    return flag if side and flag.startswith(side) else side


def colour_of(flag: str) -> tuple[int, int, int]:
    """Type colour of a flagged result."""
    if flag.startswith(("H", "↑", "A", "+", "阳")):
        return RED
    return BLUE if flag.startswith(("L", "↓")) else INK


def wrapped(text: str, face: Any, width: float) -> list[str]:
    """Lines of `text` that fit `width`, broken at spaces or between Chinese characters."""
    lines = [""]
    for piece in re.findall(r"\n|（[^（）]{1,8}）|[\u3000-\uffef][，。；：）]?|[^\s\u3000-\uffef]+\s*|\s+", text):
        if piece == "\n":
            lines.append("")
        elif lines[-1] and face.getlength((lines[-1] + piece).rstrip()) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def column_widths(headers: list[str], rows: Sequence[list[str] | str], face: Any, width: int) -> list[int]:
    """Column widths that add up to `width`: natural ones (headers may wrap), the widest cut where room lacks."""
    natural = []
    for column, header in enumerate(headers):
        words = max(face.getlength(word) for word in re.split(r"\s|(?=[（(])", header))
        body = [face.getlength(str(row[column])) for row in rows if not isinstance(row, str)]
        natural.append(max([words, *body]) + 20)
    while sum(natural) > width:
        natural[int(np.argmax(natural))] -= 4
    return [int(size * width / sum(natural)) for size in natural]


def table(
    headers: list[str],
    rows: Sequence[list[str] | str],
    *,
    width: int = 900,
    language: str = "en",
    size: int = 15,
    colours: dict[tuple[int, int], tuple[int, int, int]] | None = None,
) -> Image.Image:
    """A ruled table; a row that is a string is a section heading. `colours` by (row, column)."""
    face, bold = font(size, language), font(size, language, bold=True)
    widths = column_widths(headers, rows, bold, width)
    lefts = np.concatenate([[0], np.cumsum(widths)]).astype(int)
    step = int(size * 1.35)
    lines: list[tuple[Any, list[list[str]], int]] = []
    for row in [headers, *rows]:
        cells = (
            [[row]]
            if isinstance(row, str)
            else [wrapped(str(c), bold, w - 14) for c, w in zip(row, widths, strict=True)]
        )
        lines.append((row, cells, step * max(map(len, cells)) + 6))
    image = Image.new("RGB", (width, sum(height for *_, height in lines) + 3), "white")
    pen = ImageDraw.Draw(image)
    top = 0
    for index, (row, cells, height) in enumerate(lines):
        heading = index == 0 or isinstance(row, str)
        if heading:
            pen.rectangle((0, top, width, top + height - 1), fill=BAND)
        for column, cell in enumerate(cells):
            ink = (colours or {}).get((index - 1, column), INK)
            for number, line in enumerate(cell):
                pen.text(
                    (lefts[column] + 8, top + 2 + number * step),
                    line,
                    fill=ink,
                    font=bold if heading or ink != INK else face,
                )
        top += height
        pen.line((0, top - 1, width, top - 1), fill=RULE if index else INK)
    pen.line((0, 0, width, 0), fill=INK, width=2)
    pen.line((0, top, width, top), fill=INK, width=2)
    return image


def lines_of_type(
    texts: list[str], *, width: int, language: str, size: int = 14, bold: bool = False, centre: bool = False
) -> Image.Image:
    """Running text on white."""
    face = font(size, language, bold)
    lines = [line for text in texts for line in wrapped(text, face, width - 16)]
    step = int(size * 1.45)
    image = Image.new("RGB", (width, step * len(lines) + 6), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        left = (width - face.getlength(line)) / 2 if centre else 8
        pen.text((left, 3 + number * step), line, fill=INK, font=face)
    return image


def stacked(images: list[Image.Image], *, margin: int = 14, gap: int = 6) -> Image.Image:
    """Images one under the other on a white page."""
    width = max(image.width for image in images)
    page = Image.new(
        "RGB", (width + 2 * margin, sum(image.height + gap for image in images) + 2 * margin - gap), "white"
    )
    top = margin
    for image in images:
        page.paste(image, (margin + (width - image.width) // 2, top))
        top += image.height + gap
    return page


def report(
    parts: list[Image.Image],
    *,
    title: str,
    language: str,
    width: int,
    header: str = "",
    note: str | None = None,
    of_specimen: bool = True,
) -> Picture:
    """A report page: title, header line, `parts`, note, and the mark that it is simulated."""
    if language != "en" and "报告" not in title:
        title = f"{title}  {'检验' if of_specimen else ''}报告单"
    page = [lines_of_type([title], width=width, language=language, size=20, bold=True, centre=True)]
    if header:
        page.append(lines_of_type([header], width=width, language=language))
    page += parts
    if note:
        label = "Note: " if language == "en" else "备注："
        page.append(
            lines_of_type([note if note.startswith(label.strip()) else label + note], width=width, language=language)
        )
    if language != "en":
        by, remark = ("检验者", "本报告仅对所检标本负责") if of_specimen else ("检查者", "")
        signed = f"{by}：＊＊＊      审核者：＊＊＊      {remark}"
        page.append(lines_of_type([signed], width=width, language=language, size=13))
    return Picture(caption(stacked(page), REPORT[language], language))


@drawing
def laboratory_report(
    *,
    rng: np.random.Generator,
    language: str,
    title: str,
    sections: list[dict[str, Any]],
    columns: list[str] | None = None,
    note: str | None = None,
    specimen: str | None = None,
    width: int = 880,
) -> Picture:
    """A table of laboratory results; with `columns`, one value a time point."""
    del rng
    words = {
        "en": ["Test", "Result", "Flag", "Unit", "Reference"],
        "zh": ["检验项目", "结果", "提示", "单位", "参考区间"],
    }[language]
    times = columns or [words[1]]
    rows: list[list[str] | str] = []
    colours: dict[tuple[int, int], tuple[int, int, int]] = {}
    for section in sections:
        if section.get("name"):
            rows.append(section["name"])
        for test, *values, unit, reference, flag in section["rows"]:
            unit = typeset(unit, language)
            if len(values) != len(times):
                raise ValueError(f"{test}: {len(values)} values for {len(times)} columns")
            printed = [str(value) for value in values]
            if columns:  # each value carries its own mark
                marks = [mark_of(value, reference, flag, language) for value in printed]
                printed = [f"{value} {mark}".strip() for value, mark in zip(printed, marks, strict=True)]
                cells = [test, *printed, unit, reference]
                shades = {1 + place: mark for place, mark in enumerate(marks)}
            elif language == "en":
                cells, shades = [test, *printed, flag, unit, reference], {1: flag, 2: flag}
            else:
                cells, shades = [test, *printed, unit, reference, flag], {1: flag, 4: flag}
            colours |= {(len(rows), column): colour_of(mark) for column, mark in shades.items()}
            rows.append(cells)
    test, _, flagged, unit, reference = words
    if columns:
        headers = [test, *times, unit, reference]
    else:
        headers = words[:2] + ([flagged, unit, reference] if language == "en" else [unit, reference, flagged])
    if language != "en":
        numbers = itertools.count(1)
        headers = ["序号", *headers]
        rows = [row if isinstance(row, str) else [str(next(numbers)), *row] for row in rows]
        colours = {(row, column + 1): colour for (row, column), colour in colours.items()}
    header = {
        "en": f"Patient: ***     Specimen: {specimen or '***'}     Department: Inpatient ward",
        "zh": f"姓名：＊＊＊    性别：＊    年龄：＊＊    科别：住院病区    标本：{specimen or '＊＊＊'}",
    }[language]
    body = table(headers, rows, width=width, language=language, colours=colours)
    return report([body], title=title, language=language, width=width, header=header, note=note)
