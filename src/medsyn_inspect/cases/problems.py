"""Problems of a case set or a sheet: each with its location and a suggested fix; many of one kind as one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, groupby

SHOWN = 3
"""Different cases or values that a line about several problems names."""

# What differs between problems of one kind: a quoted value, and a number.
_VALUE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\d+(?:,\d{3})*")


@dataclass(frozen=True)
class Problem:
    """One problem of a case set, with its location and a suggested fix."""

    file: str
    """Name of the file in the case set."""

    message: str
    """What is wrong, and how to fix it."""

    line: int | None = None
    """Line in the file, starting at 1; in a sheet, the row."""

    case_id: str | None = None
    """The case, if it is known."""

    warning: bool = False
    """Whether it is only a warning: the set can be used, but the problem limits what results mean."""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "") + (f" ({self.case_id})" if self.case_id else "")
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"


def grouped(problems: Iterable[Problem], *, place: str = "line") -> list[str]:
    """The problems as text, one line per kind: equal except for quoted values and numbers.

    Args:
        problems: The problems.
        place: What `Problem.line` counts, in the singular.
    """
    kinds: dict[tuple[str, bool, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.file, problem.warning, _VALUE.sub("'", problem.message)), []).append(problem)
    return [str(group[0]) if len(group) == 1 else _together(group, place) for group in kinds.values()]


def _together(group: Sequence[Problem], place: str) -> str:
    lines = sorted({problem.line for problem in group if problem.line})
    cases = [problem.case_id for problem in group if problem.case_id]
    where = [f"{place}{'s' if len(lines) > 1 else ''} {_ranges(lines)}"] if lines else []
    where += [f"({_some(cases)})"] if cases else []
    first = group[0]
    head = f"{first.file}, {len(group)} times{', ' if where else ''}{' '.join(where)}"
    return f"{head}: {'warning: ' if first.warning else ''}{_common(group)}"


def _common(group: Sequence[Problem]) -> str:
    """The message of several problems, with the first of the values in which they differ."""
    columns = zip(*(_VALUE.findall(problem.message) for problem in group), strict=True)
    values = [list(dict.fromkeys(column)) for column in columns]
    parts = _VALUE.split(group[0].message)
    text = parts[0]
    for different, part in zip(values, parts[1:], strict=True):
        # The number of an entry in a field ("evidence.0.type") is of no use for several cases.
        position = len(different) > 1 and text.endswith(".") and part.startswith(".")
        text += ("*" if position else _some(different)) + part
    return text


def _some(values: Sequence[str]) -> str:
    different = list(dict.fromkeys(values))
    return ", ".join(different[:SHOWN]) + (", ..." if len(different) > SHOWN else "")


def _ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers with runs shortened: `2-5, 7`."""
    counter = count()
    runs = [list(run) for _, run in groupby(numbers, key=lambda number: number - next(counter))]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
