"""Writes empty answer sheets for physicians, and reads filled-in sheets: all rows, or an error with every problem."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Literal

from medsyn_inspect.answers.differential import parse_differential
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.csv_text import CSVProblem, csv_rows, decoded
from medsyn_inspect.cases.names import plain
from medsyn_inspect.cases.problems import Problem
from medsyn_inspect.prompts.language import NO_FOLDERS, languages, load_templates
from medsyn_inspect.prompts.stages import option_order

Question = Literal["ddx", "fdx"]

COLUMNS = ("case_id", "options", "differential", "option", "flag", "note")
"""The columns of an empty sheet. `options` is for the physician only; it is not read."""

RECORDED = ("confidence", "seconds_differential", "seconds_option")
"""More columns that a sheet may have; `medsyn answer` records them."""

CONFIDENCE = {1: "a guess", 2: "unsure", 3: "fairly sure", 4: "sure", 5: "certain"}
"""How sure a person is of the chosen option."""

ANSWER = {"ddx": "differential", "fdx": "option"}
"""The column with the answers to each question."""

NOT_FLAGGED = ("", "0")
"""Entries that mean "not flagged" in any language; each language adds its own words in `phrases.yaml`."""

_SEPARATORS = re.compile(r"[\r\n;；|｜]+")
_MARKER = re.compile(r"\A\s*(?:[-*•]\s+|\(?\d{1,2}[.)、](?!\d)\s*)")


class AnswerSheetError(ValueError):
    """Raised if a sheet cannot be used; the message lists every problem."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{file} cannot be used, and nothing was written:\n{listed}")


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet: the answers to one case."""

    line: int
    """The line in which the row begins, starting at 1."""

    case_id: str
    """Id of the case."""

    differential: tuple[str, ...] = ()
    """Diagnoses, most probable first; empty if no differential was given."""

    letter: str | None = None
    """Letter of the chosen option; `None` if none was chosen."""

    ambiguity: str | None = None
    """Why the case was flagged as ambiguous; `None` if it was not."""

    note: str | None = None
    """Any other remark."""

    confidence: int | None = None
    """How sure the person is, a key of `CONFIDENCE`; `None` if not recorded."""

    seconds_differential: float | None = None
    """Seconds from opening the case to locking the differential, as far as the page was visible."""

    seconds_option: float | None = None
    """Seconds from locking the differential to locking the option, as far as the page was visible."""

    filled_in: dict[str, str] = field(default_factory=dict)
    """The filled-in cells by column, without the case id and the options."""


def empty_sheet(cases: Iterable[Case], question: Question | None = None) -> str:
    """An empty answer sheet as CSV, with one row per case and the options in the order in which every reader sees them.

    Args:
        cases: The cases.
        question: `ddx`: a sheet without the options, which would suggest diagnoses; `fdx`: a sheet without a column for
            the differential; `None`: a sheet for both.
    """
    hidden = {"ddx": ("options", "option"), "fdx": ("differential",), None: ()}[question]
    columns = [name for name in COLUMNS if name not in hidden]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    for case in cases:
        row = {"case_id": case.case_id}
        if "options" in columns and case.options:
            lettered = zip(ascii_uppercase, option_order(case), strict=False)
            row["options"] = "\n".join(f"{letter}. {option}" for letter, option in lettered)
        writer.writerow(row)
    return text.getvalue()


def filled_sheet(rows: Iterable[SheetRow]) -> str:
    """A completed sheet as CSV, which `read_sheet` reads back."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [name for name in (*COLUMNS, *RECORDED) if name != "options"], restval="")
    writer.writeheader()
    for row in rows:
        recorded = {name: getattr(row, name) for name in RECORDED}
        writer.writerow(
            {
                "case_id": row.case_id,
                "differential": "\n".join(row.differential),
                "option": row.letter or "",
                "flag": row.ambiguity or "",
                "note": row.note or "",
                **{name: "" if value is None else value for name, value in recorded.items()},
            }
        )
    return text.getvalue()


def read_sheet(
    content: bytes,
    cases: Iterable[Case],
    file: str = "the sheet",
    *,
    language_folders: Mapping[str, Path] = NO_FOLDERS,
) -> list[SheetRow]:
    """The rows of a filled-in sheet.

    Args:
        content: Content of the file: CSV with a header, in UTF-8 (with or without a byte order mark), separated by
            commas, semicolons or tabs.
        cases: The cases that the sheet may contain.
        file: Name of the file, for messages.
        language_folders: `CaseSet.language_folders`.

    Raises:
        AnswerSheetError: If the sheet has errors; the message lists all of them with their lines.
    """
    problems: list[Problem] = []
    not_flagged = _not_flagged(language_folders)
    by_id = {case.case_id: case for case in cases}
    rows: list[SheetRow] = []
    first: dict[str, int] = {}
    records = _records(content, file, problems)
    for line, record in records:
        row, wrong = _row(line, record, by_id, not_flagged)
        if row.case_id in first:
            wrong.insert(0, f"the case is already answered in line {first[row.case_id]}; keep one of the rows")
        first.setdefault(row.case_id, line)
        problems += [Problem(file, message, line, row.case_id or None) for message in wrong]
        rows.append(row)
    if not rows and not problems:
        problems.append(Problem(file, "contains no answers; add a row for each case"))
    if problems:
        raise AnswerSheetError(file, problems)
    return rows


def as_differential(entries: Sequence[str]) -> str:
    """A differential in the form that the prompt requires of models."""
    return "\n".join(f"{number}. {entry}" for number, entry in enumerate(entries, 1))


def _records(content: bytes, file: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by column, each with the line in which it begins; rows that cannot be split become problems."""
    unusable: list[CSVProblem] = []
    header: list[str] | None = None
    try:
        text = decoded(content)
        if not text.strip(" ,;\t\r\n"):
            raise CSVProblem(f"the file is empty; it needs a header with {', '.join(COLUMNS)}", 1)
        for line, cells in csv_rows(text, unusable):
            if header is not None:
                yield line, dict(zip(header, cells, strict=True))
                continue
            header = [cell.casefold() for cell in cells]
            if wrong := _header_problem(header):
                raise CSVProblem(wrong, line)
    except CSVProblem as problem:
        unusable = [problem]
    problems += [Problem(file, str(problem), problem.line) for problem in unusable]


def _header_problem(header: list[str]) -> str | None:
    known = ", ".join((*COLUMNS, *RECORDED))
    if unknown := [name or "(no name)" for name in header if name not in (*COLUMNS, *RECORDED)]:
        return f"unknown column {', '.join(unknown)} in the header; known: {known}"
    if twice := sorted({name for name in header if header.count(name) > 1}):
        return f"duplicate column {', '.join(twice)} in the header; keep one"
    if "case_id" not in header:
        return f"the header has no column case_id; known: {known}"
    if not set(ANSWER.values()) & set(header):
        return f"the header has none of the columns {', '.join(ANSWER.values())}; add the one that was answered"
    return None


def _not_flagged(language_folders: Mapping[str, Path]) -> frozenset[str]:
    """The words for "not flagged" in all languages: a sheet need not be filled in in the language of the case."""
    known = (load_templates(language, language_folders) for language in languages(language_folders))
    return frozenset(NOT_FLAGGED).union(*({plain(word) for word in words.not_flagged} for words in known))


def _row(
    line: int, record: dict[str, str], by_id: dict[str, Case], not_flagged: Collection[str]
) -> tuple[SheetRow, list[str]]:
    """A row, and its problems."""
    wrong: list[str] = []
    case_id = record["case_id"]
    case = by_id.get(case_id)
    if not case_id:
        wrong.append("case_id is empty; fill it in")
    elif case is None:
        wrong.append(f"no such case in the case set; it has {_some(by_id)}")
    listed, chosen = record.get("differential", ""), record.get("option", "")
    differential, letter = entries_of(listed), None
    if listed and (unread := unread_entries(differential)):
        wrong.append(f"{unread}; write one diagnosis per line, most probable first")
    if chosen and case is not None:
        letter = _letter(chosen, case)
        if letter is None and case.options:
            letters = ascii_uppercase[: len(case.options)]
            wrong.append(
                f"{chosen!r} is not an option; give a letter of {letters}, or the option's text as on the sheet"
            )
        elif letter is None:
            wrong.append("the case has no options to choose from; leave option empty")
    if not listed and not chosen:
        wrong.append("neither differential nor option is given; fill in one of them, or delete the row")
    flag = record.get("flag", "")
    ambiguity = None if plain(flag) in not_flagged else flag
    recorded: dict[str, float | None] = {}
    for name in RECORDED:
        recorded[name], problem = _number(name, record.get(name, ""))
        wrong += problem
    filled_in = {name: cell for name, cell in record.items() if cell and name not in ("case_id", "options")}
    confidence = recorded.pop("confidence")
    row = SheetRow(
        line,
        case_id,
        differential,
        letter,
        ambiguity,
        record.get("note") or None,
        None if confidence is None else int(confidence),
        **recorded,
        filled_in=filled_in,
    )
    return row, wrong


def _number(column: str, cell: str) -> tuple[float | None, list[str]]:
    """The number in a cell of `RECORDED`, and what is wrong with it."""
    if not cell:
        return None, []
    allowed = (
        f"a whole number from {min(CONFIDENCE)} to {max(CONFIDENCE)}" if column == "confidence" else "a number >= 0"
    )
    try:
        number = float(cell.replace(",", "."))
    except ValueError:
        number = math.nan
    valid = number in CONFIDENCE if column == "confidence" else 0 <= number < math.inf
    return (number, []) if valid else (None, [f"{column} is {cell!r}; write {allowed}, or leave it empty"])


def entries_of(cell: str) -> tuple[str, ...]:
    """The diagnoses in a text with one in each line, or separated by semicolons or vertical bars."""
    entries = (_MARKER.sub("", part, count=1).strip() for part in _SEPARATORS.split(cell))
    return tuple(entry for entry in entries if entry)


def unread_entries(entries: tuple[str, ...]) -> str | None:
    """What would be lost if the differential were read like a model's answer; `None` if nothing."""
    each = [parse_differential(as_differential([entry])) for entry in entries]
    if nameless := [entry for entry, names in zip(entries, each, strict=True) if len(names) != 1]:
        return f"{nameless[0]!r} cannot be read as a diagnosis"
    together = {plain(name) for name in parse_differential(as_differential(entries))}
    if together != {plain(name) for names in each for name in names} or not entries:
        return "the differential cannot be read as a list"
    return None


def _letter(cell: str, case: Case) -> str | None:
    """The letter of the option in a cell, which contains its letter, its text, or both as on the sheet."""
    if not case.options:
        return None
    given = plain(cell)
    for letter, option in zip(ascii_uppercase, option_order(case), strict=False):
        if given in (letter.casefold(), plain(option), f"{letter.casefold()} {plain(option)}"):
            return letter
    return None


def _some(by_id: dict[str, Case]) -> str:
    return ", ".join(list(by_id)[:5]) + (f" and {len(by_id) - 5} more" if len(by_id) > 5 else "")
