"""Normalises names of diagnoses so that they can be compared."""

from __future__ import annotations

import re
import unicodedata

SIGNS = "+−<>≤≥±↑↓′"
"""Signs that distinguish diagnoses: HER2+ from HER2−, grade <3 from >3, the 5′ end from the 3′ end."""

_POSSESSIVE = re.compile(r"(?<=[^\W\d_])['’]s(?!\w)")
_PRIME = re.compile(r"(?<=\d)['’]")
# A hyphen or dash is a minus sign at the end of a name with digits or capitals or a very short name ("HER2- cancer",
# "Rh-"), or alone in parentheses; not between words ("Non-Hodgkin") or at a line break ("intra- aortic").
_MINUS = re.compile(r"(?<![^\W_])((?=\w*[A-Z0-9])\w+|\w{1,3}|(?<=\()|\))[-‐–](?![\w(])")
_LATIN_ACCENT = re.compile(r"([a-z])[\u0300-\u036f]+")
# Words too long to be abbreviations, in which British and American spelling can differ.
_WORD = re.compile(r"[a-z]{5,}")


_UNSPACED_SCRIPTS = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")
"""How the Unicode names of letters begin in scripts that do not always separate words by spaces."""


def spaced(text: str) -> bool:
    """Whether the text's script separates words by spaces, so that a name must match whole words."""
    return text.isascii() or not any(unicodedata.name(letter, "").startswith(_UNSPACED_SCRIPTS) for letter in text)


class _Kept(dict[int, str]):
    """A translation table: letters, marks and digits are kept, signs become words of their own, others spaces."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        stays = character.isalnum() or unicodedata.category(character)[0] in "LMN"
        self[code] = character if stays else f" {character} " if character in SIGNS else " "
        return self[code]


_KEPT = _Kept()


def plain(text: str) -> str:
    """The normal form of a name, which is the same for names that count as equal.

    The text is NFKC-normalised and case-folded; letters with their marks, digits and `SIGNS` are kept, everything else
    becomes a space. Accents of Latin letters, the possessive ('s) and British spelling (ae, oe, -our) are removed.
    """
    folded = unicodedata.normalize("NFKC", text)
    if "-" in folded or "–" in folded or "‐" in folded:
        folded = _MINUS.sub(r"\1−", folded)
    folded = folded.casefold()
    if "'" in folded or "’" in folded:
        folded = _POSSESSIVE.sub("", _PRIME.sub("′", folded))
    if not folded.isascii():
        bare = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFD", folded.replace("æ", "ae").replace("œ", "oe")))
        folded = unicodedata.normalize("NFC", bare)
    kept = folded.translate(_KEPT)
    if "ae" in kept or "oe" in kept or "our" in kept:
        kept = _WORD.sub(_american, kept)
    return " ".join(kept.split())


def squeezed(text: str) -> str:
    """The result of `plain` without spaces, except between digits: the same for "pre-eclampsia" and "preeclampsia"."""
    return re.sub(r"(?<!\d) | (?!\d)", "", plain(text))


def _american(word: re.Match[str]) -> str:
    return re.sub(r"[ao]e", "e", re.sub(r"our(?=s?\Z)", "or", word[0]))
