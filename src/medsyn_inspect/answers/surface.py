"""The visible part of an answer made uniform, character for character, so that positions stay those of the original."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.reasoning import TAG, blank_reasoning

LONGEST_ANSWER = 20_000
"""Of a longer answer only the last characters are read; what needs the whole answer is not read at all then."""

BOX = "\ue000"
"""In a surface, the beginning of something boxed."""

# Line ends of all kinds become "\n"; odd spaces, pictures and invisible characters a space; full-width and circled
# characters their ASCII form. Crosses stay, for they deny; arrows stay, for they are signs.
_PICTURES = (*range(0x2600, 0x2715), *range(0x2719, 0x274C), *range(0x274D, 0x2776), *range(0x1F000, 0x1FB00))
_INVISIBLE = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0xFE0F, 0xAD, 0x61C)
_UNIFORM: dict[int, str] = {
    **dict.fromkeys((*range(10), *range(14, 27), *range(28, 32), 0x7F, *_INVISIBLE, *_PICTURES), " "),
    **{0xFF01 + n: chr(0x21 + n) for n in range(94)},
    **{first + n: chr(ord(ascii_) + n) for first, ascii_ in ((0x24B6, "A"), (0x24D0, "a")) for n in range(26)},
    **dict.fromkeys(map(ord, "\u3000\xa0\u2002\u2003\u2007\u2009\u202f"), " "),
    **dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n"),
    **dict.fromkeys(map(ord, "’‘ʼ"), "'"),
    ord("İ"): "I",
    0x20E3: ".",  # Of a keycap: "1" in a box numbers like "1.".
}
_MARKUP = re.compile(
    r"\\f?boxed[ ]?\{(?P<boxed>(?:[^{}\n]|\{[^{}\n]{0,300}\}){0,600})\}"
    r"|<\|begin_of_box\|>(?P<framed>[^\n]{0,600}?)<\|end_of_box\|>"
    r"|~~[^~\n]{1,300}~~|<(?P<struck>del|strike)>[^<\n]{1,300}</(?P=struck)>"
    r"|^(?P<bullet>[ ]{0,40}\*[ ]{1,9})(?=\S)|<(?P<tag>/?[A-Za-z][\w-]{0,30})(?:[ ][^<>\n]{0,80})?/?>"
    r"|(?P<comma>[\"'],)(?=\s{0,9}[\"'])|\x1b\[[0-9;]{0,20}[A-Za-z]|<\|[^<>|\n]{1,40}\|>"
    r"|\\(?:text(?:bf|rm|it|sf|tt)?|math(?:bf|rm|it|sf|tt)|mbox|bf|rm)[ ]?\{?|\\[()\[\]]|\$|\\(?=[.)])"
    r"|^[ ]{0,3}#{1,6}(?=[ \w])(?!#?\d)|_|\*{2,}|(?<!\w)\*|\*(?!\w)|```\w*|[`\"“”„«»「」『』《》【】〖〗]",
    re.M,
)
_BREAKS = re.compile(r"/|br|p|div|tr|ol|ul|h[1-6]")
_INLINE = ("b", "i", "u", "em", "strong", "sub", "sup", "span", "code", "font", "td", "th", "mark")
# Tokens that end an answer or begin another message.
_ENDS = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|endoftext|end_of_text|end|return|user|system|start|start_header_id)\|>|</s>"
    r"|<(?:end_of_turn|start_of_turn|eos)>|\[/?INST\]|<｜end▁of▁sentence｜>"
)


@dataclass(frozen=True)
class Surface:
    """An answer as it is read.

    Attributes:
        visible: What of the model's text is looked at: its end, if it is long; blank where it reasons, no run-on text.
        offset: Where that begins in the model's text.
        text: `visible` without markup, as long.
        lower: `text` in lower case, as long.
        whole: Whether nothing but reasoning was left out before it.
    """

    visible: str
    offset: int
    text: str
    lower: str
    whole: bool

    def lines(self) -> Iterator[tuple[int, int]]:
        """Start and end of every line that is not blank, without the blanks around it."""
        start = 0
        for line in self.text.split("\n"):
            if content := line.strip():
                first = start + line.index(content)
                yield first, first + len(content)
            start += len(line) + 1

    def line_end(self, position: int) -> int:
        """Where the line of this position ends."""
        end = self.text.find("\n", position)
        return end if end >= 0 else len(self.text)

    def written(self, start: int, end: int) -> str:
        """What the model wrote there, without markup."""
        pairs = zip(self.visible[start:end], self.text[start:end], strict=True)
        return " ".join("".join(was if now != " " else " " if was.isspace() else "" for was, now in pairs).split())


def surface(answer: str, phrases: Phrases) -> Surface:
    """What of an answer is read.

    Args:
        answer: A completion, exactly as the model wrote it.
        phrases: Those of the languages in which it may be written.
    """
    offset, visible, whole = shown_end(answer)
    stop = next((match.start() for match in _ENDS.finditer(visible) if visible[: match.start()].strip()), len(visible))
    text = _MARKUP.sub(_looks, visible[:stop].translate(_UNIFORM))
    lower = text.lower()
    turns = (
        match.start()
        for match in _turns(phrases).finditer(lower)
        if lower[: match.start()].strip() and (match[0][-1] == ":" or match[0] == visible[slice(*match.span())])
    )
    stop = next(turns, len(lower))
    return Surface(visible[:stop], offset, text[:stop], lower[:stop], whole)


def shown_end(answer: str) -> tuple[int, str, bool]:
    """The end of an answer, blank where it reasons: where it begins, its text, and whether it is the whole answer."""
    offset = max(0, len(answer) - LONGEST_ANSWER)
    # A reasoning block that reaches into the last part is not known from its beginning, but from its end.
    whole = not offset or any(match["closing"] or match["final"] for match in TAG.finditer(answer, offset))
    if not whole:
        offset = answer.find("\n", offset) + 1 or offset
    return offset, blank_reasoning(answer[offset:]), whole


@lru_cache
def _turns(phrases: Phrases) -> re.Pattern[str]:
    """A speaker's name before a colon, or alone on a line, where it counts in lower case and without markup."""
    return re.compile(rf"^[ >]{{0,40}}(?:[2-9][.)][ ])?{phrases.any_of('turns')}[ ]?(?:\d{{0,3}}[ ]?:|$)", re.M)


def _looks(match: re.Match[str]) -> str:
    """As many characters without markup: a box is marked, a tag is a heading, a comma between strings a line end."""
    length, tag = len(match[0]), (match["tag"] or "").lower()
    for content in ("boxed", "framed"):
        if match[content] is not None:
            before, inner = match.start(content) - match.start(), _MARKUP.sub(_looks, match[content])
            return (BOX.ljust(before) + inner + "\n").ljust(length)
    if match["bullet"]:
        return match[0].replace("*", "-")
    if match[0] == "】":
        return ":"  # 【答案】B
    if match["comma"] or tag == "li" or _BREAKS.match(tag):
        # The line begins where the tag ends: blanks before an entry would make it part of the one above.
        return ("\n- " if tag == "li" else "\n").rjust(length)
    return f"\n{tag.replace('-', ' ').replace('_', ' '):>{length - 2}}:" if tag and tag not in _INLINE else " " * length
