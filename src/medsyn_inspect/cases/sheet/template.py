"""Writes the empty sheet that a clinician fills in, as an Excel workbook or as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.case import Specialty
from medsyn_inspect.cases.sheet.columns import NUMBERED, wording
from medsyn_inspect.writing import write_file

GROUPS = 5
"""Evidence columns of the template; more can be added with the next numbers."""

ROWS = 200
"""Rows of the template that are formatted as text, so that Excel changes neither 1/2 nor 3-5 into a date."""

WIDTHS = {
    "history": 60,
    "examination": 45,
    "distractors": 40,
    "finding": 40,
    "images": 24,
    "evidence": 18,
    "diagnosis": 28,
}
OTHER_WIDTH = 16

_LAST = ("source", "licence")


class Exists(ValueError):
    """The file is there already; it may be filled in."""


def write_template(file: Path, language: str) -> None:
    """Write the template.

    Args:
        file: A new file, `.xlsx` or `.csv`.
        language: Language of the headers and notes: one of `columns.languages()`.

    Raises:
        Exists: If the file exists.
        ValueError: If its name has another suffix.
        NotWritten: If it cannot be written.
    """
    if file.exists():
        raise Exists(f"{file}: exists, and may be filled in; choose another name")
    match file.suffix.lower():
        case ".xlsx":
            write_file(file, _workbook(language))
        case ".csv":
            write_file(file, _csv(language))
        case _:
            raise ValueError(f"{file}: must end in .xlsx (Excel) or .csv")


def template_columns() -> list[tuple[str, int]]:
    """The columns of the template, in order, each with its number (0 for one that is there once)."""
    once = [name for name in wording()["columns"] if name not in NUMBERED]
    groups = [(name, number) for number in range(1, GROUPS + 1) for name in NUMBERED]
    return [*((name, 0) for name in once if name not in _LAST), *groups, *((name, 0) for name in _LAST)]


def header_of(column: tuple[str, int], language: str) -> str:
    """The header of a column in the template."""
    name, number = column
    header = str(wording()["columns"][name][language]["header"])
    return f"{header} {number}" if number else header


def _example(language: str) -> list[str]:
    example = wording()["example"][language]

    def cell(name: str, number: int) -> str:
        if not number:
            return str(example.get(name, ""))
        return str(example[name][number - 1]) if number <= len(example[name]) else ""

    return [cell(*column) for column in template_columns()]


def _csv(language: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(header_of(column, language) for column in template_columns())
    return text.getvalue().encode("utf-8-sig")  # Excel recognises UTF-8 by the byte order mark.


def _workbook(language: str) -> bytes:
    import openpyxl

    workbook = openpyxl.Workbook()
    sheets = wording()["sheets"][language]
    cases = workbook.active
    cases.title = sheets["cases"]
    example = workbook.create_sheet(sheets["example"])
    for sheet in (cases, example):
        _head(sheet, language)
    for place, text in enumerate(_example(language), 1):
        example.cell(2, place, text)
    _format(cases, ROWS)
    _format(example, 1)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _head(sheet: Any, language: str) -> None:
    """The header, with a note on each cell, and a list to choose specialties from."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for place, column in enumerate(template_columns(), 1):
        cell = sheet.cell(1, place, header_of(column, language))
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if column[1] % 2:
            cell.fill = PatternFill("solid", fgColor="DDE8F3")  # Every other group of evidence stands out.
        cell.comment = Comment(str(wording()["columns"][column[0]][language]["note"]), "medsyn", height=110, width=260)
        sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(column[0], OTHER_WIDTH)
    sheet.freeze_panes = "B2"


def _format(sheet: Any, rows: int) -> None:
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    columns = template_columns()
    for row in sheet.iter_rows(min_row=2, max_row=rows + 1, max_col=len(columns)):
        for cell in row:
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    if sheet.title not in {names["cases"] for names in wording()["sheets"].values()}:
        return
    # The specialties are in a hidden sheet: a list within the validation may have 255 characters only.
    lists = sheet.parent.create_sheet("Lists")
    lists.sheet_state = "hidden"
    for place, specialty in enumerate(Specialty, 1):
        lists.cell(place, 1, specialty.value)
    choice = DataValidation(
        "list", formula1=f"Lists!$A$1:$A${len(Specialty)}", allow_blank=True, showErrorMessage=False
    )
    letter = get_column_letter(columns.index(("specialty", 0)) + 1)
    choice.add(f"{letter}2:{letter}{rows + 1}")
    sheet.add_data_validation(choice)
