"""Names of diagnoses, made comparable."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Text reduced to what makes two names the same: NFKC, case folded, letters (with their marks) and digits only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split())
