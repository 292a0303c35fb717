"""Compact forms of columns of data, which the page's script unpacks: a report can have 100,000 answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from medsyn_inspect.wording import known

MISSING = "."
"""Character for a missing value; in no alphabet."""

DIGITS = digits + ascii_lowercase
"""Digits of base 36: one character for a number up to 35."""

ALPHABET = ascii_uppercase + ascii_lowercase + digits + "-_!#$%'()*+,/:;=?@[]^`{|}~"
"""Digits of base 88: the characters that are one byte in the JSON of a page, except `MISSING` and the blank."""

SHORT = 87
"""A probability below 87 per cent is one character, any other two; the others of a posterior are small then."""

PARTS = 100
"""Probabilities are in per cent, which is enough for bars and keeps the page small."""

LARGEST = len(ALPHABET) ** 2 - 1
"""The largest whole number of two characters."""

NOT_ONE = 0.002
"""How far the sum of a posterior may be from 1: interim posteriors are rounded to four digits."""


class Numbering(dict[str, int]):
    """Consecutive numbers for texts, in the order in which they are first looked up."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def rounded(value: Any) -> float | None:
    """A number with at most three decimals, which is enough for a list and keeps the page small."""
    if not known(value) or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 3)


def packed(column: Sequence[Any]) -> dict[str, Any]:
    """A column: one value if it is constant, indices into a list of words, thousandths, or the values.

    Thousandths are a text of two characters each (`pairs`) if they are neither negative nor too large.
    """
    values = list(column)
    if all(value == values[0] and type(value) is type(values[0]) for value in values):
        return {"same": values[0] if values else None}
    if all(isinstance(value, str) for value in values):
        place = Numbering()
        at = [place[value] for value in values]
        return {"words": list(place), "at": characters(at)}
    if any(isinstance(value, float) for value in values) and all(value is None or known(value) for value in values):
        numbers = [None if value is None else round(value * 1000) for value in values]
        text = pairs(numbers)
        return {"thousandths": numbers} if text is None else {"pairs": text}
    return {"values": values}


def packed_rows(rows: list[list[Any]], place: Mapping[str, int]) -> dict[str, Any]:
    """Rows packed by column, with the cases as `pairs` of indices, or their number if they are the first ones in order.

    Args:
        rows: Rows that begin with a case id; numbers have at most three decimals.
        place: Index of each case id.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    cases = [place[case_id] for case_id in columns[0]] if columns else []
    return {
        # Most lists have all cases.
        "cases": len(cases) if cases == list(range(len(cases))) else pairs(cases) or cases,
        "columns": list(map(packed, columns[1:])),
    }


def pairs(numbers: Iterable[int | None]) -> str | None:
    """Whole numbers as a text of two characters each; `None` if one of them is negative or too large."""
    given = list(numbers)
    if not all(number is None or 0 <= number <= LARGEST for number in given):
        return None
    base = len(ALPHABET)
    return "".join(
        2 * MISSING if number is None else ALPHABET[number // base] + ALPHABET[number % base] for number in given
    )


def characters(values: Iterable[Any]) -> str | list[float | None]:
    """Whole numbers from 0 to 35 as a text of one character each; other numbers as a list."""
    numbers = [rounded(value) for value in values]
    if all(number is None or (isinstance(number, int) and 0 <= number < len(DIGITS)) for number in numbers):
        return "".join(MISSING if number is None else DIGITS[int(number)] for number in numbers)
    return numbers


def probabilities(posterior: Any) -> str:
    """A posterior in per cent that add up to 100, without the last: one or two characters for each option.

    Args:
        posterior: A probability for each option.

    Returns:
        The text; `MISSING` if there is no posterior, or it does not add up to 1.
    """
    if not isinstance(posterior, (tuple, list)) or not len(posterior) or abs(sum(posterior) - 1) > NOT_ONE:
        return MISSING
    return "".join(map(_digits, percentages(posterior)[:-1]))


def percentages(shares: Sequence[float]) -> list[int]:
    """Shares that add up to 1 as whole percentages that add up to 100; each is off by less than one."""
    exact = [share * PARTS for share in shares]
    rounded_down = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: rounded_down[place] - exact[place])
    for place in by_remainder[: PARTS - sum(rounded_down)]:
        rounded_down[place] += 1
    return rounded_down


def _digits(number: int) -> str:
    if number < SHORT:
        return ALPHABET[number]
    high, low = divmod(number - SHORT, len(ALPHABET))
    return ALPHABET[SHORT + high] + ALPHABET[low]
