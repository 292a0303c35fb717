"""Numbers, intervals, p values, counts and names as text, for the terminal, reports, figures and exports."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple, TypeGuard

MINUS = "−"
INFINITE = "∞"

SMALLEST_P = 0.001
"""Smaller p values are shown as below this value."""

NOT_BILLED = "tokens are not billed; the cost of computing is not included"
"""Basis of the cost of a reader on the user's own machines, or of one that is not a model."""

REMEDY = "`inspect score LOG --model-role extractor=MODEL` reads such answers without asking the reader again"
"""What to do about answers that nobody could read."""

HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that hide, break or reorder text, or that cannot be written to a file: control characters (except tab and
line feed), marks of writing direction, invisible separators and tags, and surrogates. Joiners (U+200C, U+200D), which
some scripts and emoji need, are not included."""


def visible(text: object) -> str:
    """Text from any source (a card, a model's name, a note) made safe to print: `HIDDEN` characters become �."""
    return HIDDEN.sub("\ufffd", str(text))


@dataclass(frozen=True)
class Format:
    """How numbers of one kind are shown."""

    factor: float = 1.0
    digits: int = 2
    unit: str = ""

    def for_cases(self, n: Any) -> Format:
        """The format with as many digits as a share of `n` cases supports; other numbers keep theirs."""
        return replace(self, digits=min(self.digits, share_digits(n))) if self.unit in ("%", "points") else self


MANY = 1000
"""With fewer cases, a share is a whole percentage: a single case moves it by 0.1 % or more."""


def share_digits(n: Any) -> int:
    """Decimal places of a percentage of `n` cases."""
    return 1 if known(n) and n >= MANY else 0


PERCENT = Format(100.0, 1, "%")
"""Format of a share."""

WHOLE = Format(100.0, 0, "%")
"""Format of a share where space is limited."""

POINTS = Format(100.0, 1, "points")
"""Format of a difference of shares: percentage points."""

LEVELS = Format()
"""Format of a judge's score."""

BITS = Format(1.0, 3, "bits")

RATIO = Format(1.0, 3)
"""Format of an NMSE."""

MEASURES = {
    "coverage": ("DDx coverage", PERCENT),
    "accuracy": ("FDx accuracy", PERCENT),
    "ddx_fdx_gap": ("DDx-FDx gap", POINTS),
    "score": ("DDx score", LEVELS),
    "open_coverage": ("Open FDx right", PERCENT),
}
"""Estimates of the frame `headline` that are shown, each with its name and format."""


CHANGES = {
    "accuracy_image": ("accuracy with images", PERCENT, POINTS),
    "accuracy_finding": ("accuracy with findings", PERCENT, POINTS),
    "uptake_ratio": ("uptake ratio R", LEVELS, LEVELS),
    "matched_deficit": ("matched deficit", BITS, BITS),
    "mean_deficit": ("published deficit", BITS, BITS),
    "nmse": ("NMSE", RATIO, RATIO),
    "share_below": ("image moves less", PERCENT, POINTS),
}
"""Measures whose change is reported: name, format of the value, and format of the change."""


def known(value: object) -> TypeGuard[float]:
    """Whether a value is a number other than NaN."""
    return isinstance(value, Real) and not math.isnan(value)


def number(value: Any, digits: int = 3, *, nothing: str = "") -> str:
    """A number as text: `−3.20`, `∞`; never `−0.00`.

    Args:
        value: Number to format.
        digits: Decimal places.
        nothing: Text if there is no number.
    """
    if not known(value):
        return nothing
    if math.isinf(value):
        return INFINITE if value > 0 else f"{MINUS}{INFINITE}"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def interval(lower: Any, upper: Any, digits: int = 3) -> str:
    """An interval as text: `[1.0, 3.2]`; empty if there is none."""
    return f"[{number(lower, digits)}, {number(upper, digits)}]" if known(lower) and known(upper) else ""


def spread(value: Any, lower: Any, upper: Any, how: Format = LEVELS, *, nothing: str = "", between: str = "\n") -> str:
    """A number and its interval, if there is one: `62.5`, `[42.7, 78.8]`.

    Args:
        value: Number to format.
        lower: Lower end of its interval.
        upper: Upper end.
        how: Format of the number.
        nothing: Text if there is no number.
        between: Separator between number and interval.
    """
    if not known(value):
        return nothing
    ends = interval(lower * how.factor, upper * how.factor, how.digits) if known(lower) and known(upper) else ""
    return between.join(filter(None, (number(value * how.factor, how.digits), ends)))


def estimated(row: Any, name: str, how: Format = PERCENT, *, nothing: str = "") -> str:
    """A number of a frame, its interval, and `n=23` if the frame has that column, each on a line.

    A share has as many digits as its number of cases supports.

    Args:
        row: Row with the column `name`, and optionally `name_lower`, `name_upper`, and `name_n` or `n`.
        name: Name of the measure.
        how: Format of the number.
        nothing: Text if there is no number.
    """
    n = row.get(f"{name}_n")
    how = how.for_cases(n if n is not None else row.get("n"))
    shown = spread(row[name], row.get(f"{name}_lower"), row.get(f"{name}_upper"), how, nothing=nothing)
    return f"{shown}\nn={int(n)}" if known(row[name]) and known(n) else shown


class EstimateWords(NamedTuple):
    """An estimate as text; parts that do not apply are empty."""

    value: str = ""
    """`63 %`, `not scored`, or `no estimate`."""

    interval: str = ""
    """`[43, 79]`."""

    n: str = ""
    """`n=23 of 24`."""

    bounds: str = ""
    """`bounds 58 to 67`: the range of the mean over all possible values of the unscored cases."""

    unread: str = ""
    """`25 % unread: up to 75`: the mean if every answer that nobody could read were right."""

    @property
    def lines(self) -> str:
        """The parts, each on a line."""
        return "\n".join(filter(None, self))


def estimate_words(found: Any, how: Format, unit: str = "") -> EstimateWords:
    """An estimate as text, with as many digits as its number of cases supports.

    Args:
        found: An `Estimate`, or `None` if the question was not run.
        how: Format of the number.
        unit: Unit to put after the number.
    """
    if found is None:
        return EstimateWords()
    n = f"n={found.n}" if found.n == found.asked else f"n={found.n} of {found.asked}"
    if found.n == 0:
        return EstimateWords("not scored", n=n)
    how = how.for_cases(found.n)
    value, lower, upper, worst, best, if_read = (
        end * how.factor
        for end in (
            *(found.value, found.lower, found.upper),
            *(found.lower_if_missing_wrong, found.upper_if_missing_right, found.upper_if_unread_right),
        )
    )
    unread = percent(found.unread / found.n, share_digits(found.n))
    bounds = f"bounds {number(worst, how.digits)} to {number(best, how.digits)}"
    if not known(value):
        return EstimateWords("no estimate", n=n, bounds=bounds)
    return EstimateWords(
        f"{number(value, how.digits)} {unit}".strip(),
        interval(lower, upper, how.digits),
        n,
        bounds if found.n < found.asked else "",
        f"{unread} unread: up to {number(if_read, how.digits)}" if found.unread else "",
    )


def percent(share: Any, digits: int = 1) -> str:
    """A share as a percentage: `62.5 %`; empty if there is no number."""
    return f"{number(share * 100, digits)} %" if known(share) else ""


def signed(value: Any, digits: int = 1) -> str:
    """A number, with a plus sign if it is positive."""
    text = number(value, digits)
    return f"+{text}" if known(value) and float(f"{value:.{digits}f}") > 0 else text


def points(value: float, lower: float, upper: float, *, n: Any) -> str:
    """A difference of shares of `n` cases in percentage points: `+12 [3, 22]`."""
    digits = share_digits(n)
    ends = interval(lower * POINTS.factor, upper * POINTS.factor, digits)
    return f"{signed(value * POINTS.factor, digits)} {ends}".strip()


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
    """A count with its noun: `1 case`, `3 cases`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def span(values: Iterable[float]) -> str:
    """The range of counts: `12`, or `3 to 12`."""
    counts = sorted({int(value) for value in values})
    return "0" if not counts else f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def listed(items: Sequence[str], most: int = 3) -> str:
    """A list as text: `a, b and c`; a long list is shortened to its first items and the number of the others."""
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def distinct(values: Iterable[object], between: str = ", ") -> str:
    """The distinct values, in order of first occurrence."""
    return between.join(dict.fromkeys(str(value) for value in values))


def cut(text: object, width: int = 60) -> str:
    """A name on one line, with at most `width` characters; the middle of a longer name is replaced by an ellipsis."""
    line = " ".join(str(text).split())
    return line if len(line) <= width else f"{line[: width // 2]}…{line[-(width // 2 - 1) :]}"


def scale_words(scales: Iterable[Any]) -> str:
    """`0-5` if all scores are on the same scale; otherwise empty.

    Args:
        scales: Lowest and highest level of each rubric; other values (nothing was judged) are ignored.
    """
    found = {tuple(scale) for scale in scales if isinstance(scale, (tuple, list))}
    return "{:g}-{:g}".format(*found.pop()) if len(found) == 1 else ""


SPELLED = {"ct": "CT", "mri": "MRI", "xray": "X-ray", "nmse": "NMSE", "mean_nmse": "mean NMSE"}


def spoken(name: object) -> str:
    """The display name of an evidence type, stage, outcome or measure: `clinical photography`, `CT`."""
    return SPELLED.get(str(name), str(name).replace("_", " "))
