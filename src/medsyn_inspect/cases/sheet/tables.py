"""Reads the cells of a sheet as text: an Excel workbook or a CSV file in the form of the template.

Formulas are not computed: the value that Excel stored is read. Macros and links to other files are ignored.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from medsyn_inspect.cases.csv_text import CSVProblem, csv_rows, decoded
from medsyn_inspect.cases.problems import Problem, grouped
from medsyn_inspect.cases.sheet.columns import REQUIRED, closest_header, column_of, wording
from medsyn_inspect.cases.sheet.shown import shown

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")

MAX_BYTES = 50_000_000
"""Larger files are refused: thirty thousand cases fit into fewer bytes."""

HEADER_WITHIN = 10
"""The header is among this many first rows."""

Cells = list[tuple[int, list[str]]]
"""Rows of text, each with its number, starting at 1."""


class SheetError(ValueError):
    """The sheet cannot be used; the message lists the problems, one line per kind."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        listed = "\n".join(f"  {line}" for line in grouped(problems, place="row"))
        super().__init__(f"{file} cannot be used, and nothing was written:\n{listed}")


@dataclass(frozen=True)
class Row:
    """A row of the sheet."""

    number: int
    """The row's number in the sheet, starting at 1."""

    cells: dict[tuple[str, int], str]
    """The text of each cell that is not empty, by column and number (see `columns.column_of`)."""


@dataclass
class Table:
    """The rows of a sheet, and what is wrong with its cells."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(file: Path) -> Table:
    """The rows of a sheet below its header; empty rows are left out.

    Raises:
        SheetError: If the file cannot be read, or has no header.
        OSError: If it cannot be opened.
    """
    if file.stat().st_size > MAX_BYTES:
        raise SheetError(file.name, [Problem(file.name, f"has more than {MAX_BYTES:,} bytes; split it")])
    suffix = file.suffix.lower()
    if suffix not in (*WORKBOOKS, *TEXTS):
        known = ", ".join((*WORKBOOKS, *TEXTS))
        raise SheetError(
            file.name, [Problem(file.name, f"is not a sheet ({known}); save it as an Excel workbook (.xlsx)")]
        )
    table = Table()
    rows = _of_workbook(file, table) if suffix in WORKBOOKS else _of_text(file, table)
    head = next((place for place, (_, cells) in enumerate(rows) if _names(cells)), None)
    if head is None:
        raise SheetError(file.name, table.problems or [Problem(file.name, _no_header())])
    number, header = rows[head]
    columns = _header(file.name, number, header, table.problems)
    for number, cells in rows[head + 1 :]:
        filled = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
        if filled:
            table.rows.append(Row(number, filled))
        _require_headers(file.name, number, zip(columns, cells, strict=False), table.problems)
    if not table.rows and not table.problems:
        table.problems.append(Problem(file.name, "contains no cases; fill in one row for each case"))
    return table


def _names(cells: Sequence[str]) -> bool:
    """Whether cells are a header."""
    return any((column := column_of(cell)) is not None and column[0] == REQUIRED for cell in cells)


def _no_header() -> str:
    headers = [words["header"] for words in wording()["columns"][REQUIRED].values()]
    return f"has no row with the header {' or '.join(headers)}; start from the template (medsyn cases template)"


def _header(file: str, number: int, header: Sequence[str], problems: list[Problem]) -> list[tuple[str, int] | None]:
    """The column of each cell of the header; `None` for an empty or unknown header."""
    columns = [column_of(cell) if cell else None for cell in header]
    for cell, column in zip(header, columns, strict=True):
        if cell and column is None:
            problems.append(Problem(file, f"unknown column {cell!r}: {closest_header(cell)}", number))
        elif column is not None and columns.count(column) > 1:
            problems.append(Problem(file, f"column {cell!r} is there twice; keep one, or number them", number))
    return list(columns)


def _require_headers(
    file: str, number: int, cells: Iterator[tuple[tuple[str, int] | None, str]], problems: list[Problem]
) -> None:
    """A cell below an empty header would be lost without a word; one below an unknown header is a problem already."""
    if problems:
        return
    problems += [
        Problem(file, f"{cell[:40]!r} is in a column without a header; give it one, or clear the cell", number)
        for column, cell in cells
        if column is None and cell
    ]


def _of_text(file: Path, table: Table) -> Cells:
    unusable: list[CSVProblem] = []
    try:
        rows = list(csv_rows(decoded(file.read_bytes()), unusable))
    except CSVProblem as problem:
        rows, unusable = [], [problem]
    table.problems += [Problem(file.name, str(problem), problem.line) for problem in unusable]
    return rows


def _of_workbook(file: Path, table: Table) -> Cells:
    """The cells of the first worksheet with a header, as Excel shows them."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts of a workbook, such as drop-down lists, that are not read
            values = openpyxl.load_workbook(file, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(file, data_only=False, keep_links=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        wrong = "cannot be read as an Excel workbook; remove its password if it has one, and save it again as .xlsx"
        raise SheetError(file.name, [Problem(file.name, wrong)]) from error
    for sheet in values.worksheets:
        if any(
            _names([shown(cell, "") for cell in row])
            for row in sheet.iter_rows(max_row=HEADER_WITHIN, values_only=True)
        ):
            return list(_texts(file.name, sheet, formulas[sheet.title], table.problems))
    return []


def _texts(file: str, sheet: Any, formulas: Any, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    merged = _merged_downwards(sheet)
    for row in sheet.iter_rows():
        cells = []
        for given in row:
            cell = merged.get(given.coordinate, given)
            if cell.data_type == "e":
                problems.append(
                    Problem(file, f"{cell.coordinate} shows the error {cell.value!r}; correct it", cell.row)
                )
            elif cell.value is None and formulas[cell.coordinate].data_type == "f":
                wrong = f"the formula in {cell.coordinate} has no stored value; open the file in Excel and save it"
                problems.append(Problem(file, wrong, cell.row))
            cells.append("" if cell.value is None else shown(cell.value, cell.number_format))
        if any(cells):
            yield row[0].row, cells


def _merged_downwards(sheet: Any) -> dict[str, Any]:
    """For cells that are merged with the one above, by coordinate: the cell that holds their common value."""
    return {
        sheet.cell(row, area.min_col).coordinate: sheet.cell(area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row + 1, area.max_row + 1)
    }
