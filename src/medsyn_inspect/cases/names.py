"""Names of diagnoses, made comparable."""

from __future__ import annotations

import unicodedata

_UNSPACED_SCRIPTS = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")
"""How Unicode's names of letters begin in scripts whose words are not, or not always, between spaces."""


def spaced(text: str) -> bool:
    """Whether words of this text are between spaces, so that part of a longer word is another word."""
    return not any(unicodedata.name(letter, "").startswith(_UNSPACED_SCRIPTS) for letter in text)


def plain(text: str) -> str:
    """Text reduced to what makes two names the same: NFKC, case folded, letters (with their marks) and digits only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split())
