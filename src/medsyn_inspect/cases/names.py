"""Names of diagnoses, made comparable."""

from __future__ import annotations

import re
import unicodedata

# Signs that tell two diagnoses apart: HER2+ from HER2−, grade <3 from >3, the 5′ end from the 3′ end.
SIGNS = "+−<>≤≥±↑↓′"

_POSSESSIVE = re.compile(r"(?<=[^\W\d_])['’]s(?!\w)")
_PRIME = re.compile(r"(?<=\d)['’]")
# A hyphen or dash is a minus sign at the end of a name with digits or capitals, or of a very short one ("HER2- cancer",
# "Rh-"), or alone in parentheses; not between words ("Non-Hodgkin"), and not where a line was broken ("intra- aortic").
_MINUS = re.compile(r"(?<![^\W_])((?=\w*[A-Z0-9])\w+|\w{1,3}|(?<=\()|\))[-‐–](?![\w(])")
_LATIN_ACCENT = re.compile(r"([a-z])[\u0300-\u036f]+")
# Words long enough to be no abbreviation, in which British and American spelling differ.
_WORD = re.compile(r"[a-z]{5,}")


_UNSPACED_SCRIPTS = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")
"""How Unicode's names of letters begin in scripts whose words are not, or not always, between spaces."""


def spaced(text: str) -> bool:
    """Whether words of this text are between spaces, so that part of a longer word is another word."""
    return not any(unicodedata.name(letter, "").startswith(_UNSPACED_SCRIPTS) for letter in text)


class _Kept(dict[int, str]):
    """What becomes of each character: letters, marks and digits stay, signs are words of their own."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        stays = character.isalnum() or unicodedata.category(character)[0] in "LMN"
        self[code] = character if stays else f" {character} " if character in SIGNS else " "
        return self[code]


_KEPT = _Kept()


def plain(text: str) -> str:
    """Text reduced to what makes two names the same.

    NFKC and case folded; letters with their marks, digits and `SIGNS` only, everything else a space. Accents of
    Latin letters, the possessive ('s) and the British digraphs ae, oe and the ending -our make no difference.
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
    """`plain` without spaces, except between digits: "IgA 肾病" and "IgA肾病", "pre-eclampsia" and "preeclampsia"."""
    return re.sub(r"(?<!\d) | (?!\d)", "", plain(text))


def _american(word: re.Match[str]) -> str:
    return re.sub(r"[ao]e", "e", re.sub(r"our(?=s?\Z)", "or", word[0]))
