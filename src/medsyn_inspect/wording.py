"""Numbers, p values and names in words, for screen, page, figures and exports."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

PERCENT = (100.0, 1)
"""Shares are shown in percent with one digit."""
POINTS = (1.0, 2)
BITS = (1.0, 3)

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


def known(value: object) -> bool:
    """Whether there is a number."""
    return isinstance(value, (int, float)) and not math.isnan(value)


def number(value: float, digits: int = 3) -> str:
    """A number; infinity as a sign, nothing where there is none."""
    if not known(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}f}".replace("-", "−")


def estimated(row: Any, name: str, scale: tuple[float, int] = PERCENT) -> str:
    """`62.5`, `[42.7, 78.8]`, and `n=23` where there is a column for it, a line each; empty without a value.

    Args:
        row: With the columns `name`, `name_low`, `name_high`, and perhaps `name_n`.
        name: Of the measure.
        scale: Factor and digits.
    """
    factor, digits = scale
    if not known(row[name]):
        return ""
    value, low, high = (number(row[f"{name}{end}"] * factor, digits) for end in ("", "_low", "_high"))
    n = row.get(f"{name}_n")
    return f"{value}\n[{low}, {high}]" + (f"\nn={int(n)}" if known(n) else "")


def p_value(p: float) -> str:
    """A p value with three digits, never `0.000`; empty where there is none."""
    return "" if not known(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float) -> str:
    """A p value in a sentence: `p = 0.012`, `p < 0.001`."""
    text = p_value(p)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 case`, `3 cases`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


SPELLED = {"ct": "CT", "mri": "MRI", "xray": "X-ray"}


def spoken(name: object) -> str:
    """An evidence type or a stage in words: `clinical photography`, `CT`."""
    return SPELLED.get(str(name), str(name).replace("_", " "))
