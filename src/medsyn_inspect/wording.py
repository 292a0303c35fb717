"""Numbers, intervals, p values, counts and names in words, for screen, page, figures and exports."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

MINUS = "−"
INFINITE = "∞"

SMALLEST_P = 0.001
"""Smaller p values are not told apart."""

NOT_BILLED = "nobody bills tokens; computing is not counted"
"""Of a model that runs on one's own machines, or is none."""

HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that hide, break or reorder text, or that no file can hold: control characters (but not tab and line
feed), marks of writing direction, invisible separators and tags, and halves of characters. Joiners (U+200C, U+200D),
which some scripts and emoji need, are not among them."""


def visible(text: object) -> str:
    """Text from anywhere (a card, a model's name, a note) as it is safe to print: � in place of `HIDDEN` characters."""
    return HIDDEN.sub("\ufffd", str(text))


@dataclass(frozen=True)
class Format:
    """How numbers of one kind are shown."""

    factor: float = 1.0
    digits: int = 2
    unit: str = ""


PERCENT = Format(100.0, 1, "%")
"""Of a share."""

WHOLE = Format(100.0, 0, "%")
"""Of a share where there is little room."""

POINTS = Format(100.0, 1, "points")
"""Of a difference of shares: percentage points."""

LEVELS = Format()
"""Of a judge's score."""

BITS = Format(1.0, 3, "bits")

RATIO = Format(1.0, 3)
"""Of an NMSE."""

MEASURES = {
    "coverage": ("DDx coverage", PERCENT),
    "accuracy": ("FDx accuracy", PERCENT),
    "gap": ("DDx-FDx gap", POINTS),
    "score": ("DDx score", LEVELS),
    "open_coverage": ("Open FDx right", PERCENT),
}
"""Estimates of the frame `headline` that are shown, with what they are called."""


def known(value: object) -> bool:
    """Whether there is a number."""
    return isinstance(value, Real) and not math.isnan(value)


def number(value: Any, digits: int = 3, *, nothing: str = "") -> str:
    """`−3.20`; infinity as a sign; never `−0.00`.

    Args:
        value: To be shown.
        digits: After the point.
        nothing: Shown where there is no number.
    """
    if not known(value):
        return nothing
    if math.isinf(value):
        return INFINITE if value > 0 else f"{MINUS}{INFINITE}"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def interval(low: Any, high: Any, digits: int = 3) -> str:
    """`[1.0, 3.2]`; empty where there is no interval."""
    return f"[{number(low, digits)}, {number(high, digits)}]" if known(low) and known(high) else ""


def spread(value: Any, low: Any, high: Any, how: Format = LEVELS, *, nothing: str = "", between: str = "\n") -> str:
    """A number and its interval, if there is one: `62.5`, `[42.7, 78.8]`.

    Args:
        value: To be shown.
        low: Lower end of its interval.
        high: Upper end.
        how: How numbers of this kind are shown.
        nothing: Shown where there is no number.
        between: Between number and interval.
    """
    if not known(value):
        return nothing
    ends = interval(low * how.factor, high * how.factor, how.digits) if known(low) and known(high) else ""
    return between.join(filter(None, (number(value * how.factor, how.digits), ends)))


def estimated(row: Any, name: str, how: Format = PERCENT, *, nothing: str = "") -> str:
    """A number of a frame, its interval, and `n=23` where there is a column for it, a line each.

    Args:
        row: With the columns `name`, `name_low`, `name_high`, and perhaps `name_n`.
        name: Of the measure.
        how: How numbers of this kind are shown.
        nothing: Shown where there is no number.
    """
    shown = spread(row[name], row[f"{name}_low"], row[f"{name}_high"], how, nothing=nothing)
    n = row.get(f"{name}_n")
    return f"{shown}\nn={int(n)}" if known(row[name]) and known(n) else shown


class EstimateWords(NamedTuple):
    """An estimate in words; parts that there is nothing to say about are empty."""

    value: str = ""
    """`62.5 %`, or `not scored`."""

    interval: str = ""
    """`[42.7, 78.8]`."""

    n: str = ""
    """`n=23 of 24`."""

    bounds: str = ""
    """`bounds 58.3 to 66.7`: what the cases without a score could change at most."""

    @property
    def lines(self) -> str:
        """The parts, a line each."""
        return "\n".join(filter(None, self))


def estimate_words(found: Any, how: Format, unit: str = "") -> EstimateWords:
    """An estimate in words.

    Args:
        found: An `Estimate`, or `None` where the question was not asked.
        how: How numbers of this kind are shown.
        unit: After the number.
    """
    if found is None:
        return EstimateWords()
    n = f"n={found.n}" if found.n == found.asked else f"n={found.n} of {found.asked}"
    if found.n == 0:
        return EstimateWords("not scored", n=n)
    value, low, high, worst, best = (
        end * how.factor
        for end in (found.value, found.low, found.high, found.low_if_missing_wrong, found.high_if_missing_right)
    )
    return EstimateWords(
        f"{number(value, how.digits)} {unit}".strip(),
        interval(low, high, how.digits),
        n,
        f"bounds {number(worst, how.digits)} to {number(best, how.digits)}" if found.n < found.asked else "",
    )


def percent(share: Any, digits: int = 1) -> str:
    """`62.5 %`; empty where there is no number."""
    return f"{number(share * 100, digits)} %" if known(share) else ""


def signed(value: Any, digits: int = 1) -> str:
    """A number, with a plus where it is above zero."""
    text = number(value, digits)
    return f"+{text}" if known(value) and float(f"{value:.{digits}f}") > 0 else text


def points(value: float, low: float, high: float) -> str:
    """A difference of shares in percentage points: `+12.5 [3.1, 21.9]`."""
    ends = interval(low * POINTS.factor, high * POINTS.factor, POINTS.digits)
    return f"{signed(value * POINTS.factor, POINTS.digits)} {ends}".strip()


def p_value(p: Any, *, nothing: str = "") -> str:
    """A p value in a table: `0.012`, `<0.001`."""
    return nothing if not known(p) else f"<{SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"


def p_equals(p: float) -> str:
    """A p value in a sentence: `p = 0.012`, `p < 0.001`."""
    text = p_value(p)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def p_span(values: Iterable[float]) -> str:
    """Several p values in a sentence: `p = 0.012`, `p from <0.001 to 0.012`."""
    ordered = sorted(values)
    first, last = p_value(ordered[0]), p_value(ordered[-1])
    return p_equals(ordered[0]) if first == last else f"p from {first} to {last}"


def p_adjusted(p: Any, adjusted: Any, *, nothing: str = "") -> str:
    """A p value and, in parentheses, the adjusted one: `0.012 (0.036)`."""
    return f"{p_value(p)} ({p_value(adjusted)})" if known(p) else nothing


def plural(count: int, one: str, many: str = "") -> str:
    """`1 case`, `3 cases`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def span(values: Iterable[float]) -> str:
    """`12`, or `3 to 12`: the range of counts."""
    counts = sorted({int(value) for value in values})
    return "0" if not counts else f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def listed(items: Sequence[str], most: int = 3) -> str:
    """`a, b and c`; of many the first ones, and how many more there are."""
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def distinct(values: Iterable[object], between: str = ", ") -> str:
    """Each value once, in the order in which they first occur."""
    return between.join(dict.fromkeys(str(value) for value in values))


def cut(text: object, width: int = 60) -> str:
    """A name for a sentence: on one line, and not longer than the width; what is too long loses its middle."""
    line = " ".join(str(text).split())
    return line if len(line) <= width else f"{line[: width // 2]}…{line[-(width // 2 - 1) :]}"


def scale_words(scales: Iterable[Any]) -> str:
    """`0-5` where all scores are on one scale; otherwise empty.

    Args:
        scales: Lowest and highest level of each rubric, or something else where nothing was judged.
    """
    found = {tuple(scale) for scale in scales if isinstance(scale, (tuple, list))}
    return "{:g}-{:g}".format(*found.pop()) if len(found) == 1 else ""


SPELLED = {"ct": "CT", "mri": "MRI", "xray": "X-ray", "nmse": "NMSE", "mean_nmse": "mean NMSE"}


def spoken(name: object) -> str:
    """An evidence type, a stage, an outcome or a measure in words: `clinical photography`, `CT`."""
    return SPELLED.get(str(name), str(name).replace("_", " "))
