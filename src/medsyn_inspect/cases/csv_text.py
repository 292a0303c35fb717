"""Reads the CSV of spreadsheets: UTF-8, with or without a byte order mark, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator


class CSVProblem(ValueError):
    """A file or a row cannot be read as CSV; the message says how to fix it."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


def decoded(content: bytes) -> str:
    """The text of a CSV file.

    Raises:
        CSVProblem: If it is not UTF-8.
    """
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnicodeDecodeError("utf-8", content, 0, 2, "UTF-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CSVProblem(
            f"not UTF-8 (byte 0x{content[error.start]:02X}); in Excel, save the file as 'CSV UTF-8': plain CSV has the "
            "computer's own encoding, such as CP1252",
            line,
        ) from None


def csv_rows(text: str, problems: list[CSVProblem]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line in which it begins; the first row is the header.

    Args:
        text: Content of the file.
        problems: Rows that cannot be used are added to it, with the reason.
    """
    # Excel separates cells by semicolons in locales whose decimal sign is a comma.
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width, line = 0, 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            width = width or len(cells)
            if width and not any(cell.strip() for cell in cells):
                continue
            if len(cells) == width:
                yield begun, [cell.strip() for cell in cells]
            else:
                wrong = f"{len(cells)} cells, but the header has {width}; put quotes around a {delimiter!r} in a cell"
                problems.append(CSVProblem(wrong, begun))
    except csv.Error as error:
        problems.append(CSVProblem(f"not valid CSV from here on ({error}); correct the quotes", line))
