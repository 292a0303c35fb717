"""The surface of an answer made uniform, character for character, so that positions stay those of the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from medsyn_inspect.answers.reasoning import blank_reasoning

# Han, kana and their compatibility forms: scripts that are written without spaces between words.
CJK = r"\u2e80-\u9fff\uf900-\ufaff"

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

# Commands of LaTeX that say only how something looks; \boxed is not among them.
_LATEX_LOOKS = re.compile(r"\\(?:text(?:bf|rm|it|sf|tt)?|math(?:bf|rm|it|sf|tt)|mbox|bf|rm)[ ]?\{?|\\[()\[\]]|\$")

# Line ends of all kinds become "\n"; quotes, emphasis and odd spaces become a space; apostrophes become "'".
_MARKS = str.maketrans(
    {
        **dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"),
        **dict.fromkeys('*_`~#"“”„«»「」『』《》【】〖〗\t\u00a0\u200b\u200c\u200d\u2060\ufeff\ufe0f', " "),
        **dict.fromkeys("’‘ʼ", "'"),
    }
)


def surface(text: str) -> str:
    """The text in the form in which its statements are looked for; as long as the text itself.

    Reasoning becomes line ends; full-width and circled letters and punctuation become ASCII; markdown
    emphasis, quotes and LaTeX commands for looks become spaces.
    """
    narrow = _NOT_ASCII.sub(_narrow, blank_reasoning(text).translate(_MARKS))
    return _LATEX_LOOKS.sub(lambda match: " " * len(match[0]), narrow).translate(_MARKS)


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every line that is not blank, without the blanks around it."""
    start = 0
    for line in text.split("\n"):
        content = line.strip()
        if content:
            first = start + line.index(content)
            yield first, first + len(content)
        start += len(line) + 1


def _narrow(match: re.Match[str]) -> str:
    folded = unicodedata.normalize("NFKC", match[0])
    return folded if len(folded) == 1 else match[0]
