"""Reading the value of a statement: "B", "(B)", "B. Lupus nephritis", "Lupus nephritis", "A or B"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medsyn_inspect.answers.names import OptionNames
from medsyn_inspect.answers.surface import CJK


@dataclass(frozen=True)
class Claim:
    """A letter that an answer claims, and where the letter itself stands, unless the option was named by its text."""

    letter: str
    span: tuple[int, int] | None = None

    def moved(self, offset: int) -> Claim:
        """The claim, its place counted from `offset` characters earlier."""
        return Claim(self.letter, (self.span[0] + offset, self.span[1] + offset)) if self.span else self


# What may stand before the letter or name without changing it.
_LEAD = re.compile(
    r"(?:[\s(\[{<'=:>|,-]|\\boxed|(?:the[ ])?(?:option|choice|letter)s?(?=[\s(:])"
    r"|(?:most likely|most probably|clearly|therefore|thus|probably|likely|definitely|either|both|between)(?=[\s:])"
    r"|选项|选择?|是|为)*+",
    re.I,
)
_LETTER = re.compile(r"([A-Za-z])(?![A-Za-z0-9])")
_CLOSED = re.compile(r"[ ]{0,3}[)\]}>]")
_ENDS = re.compile(r"[\s)\]}>.。,;!|']*+$")

# What may follow a letter that is an answer. Not among it: another word ("A patient"), a hyphenated one
# ("B-cell"), a species ("E. coli"), an apostrophe ("A's"), a question mark, a digit, a plus or minus sign.
_FOLLOWS = re.compile(
    r"[\s']*(?:"
    r"[)\]}>,;。!:|(]"
    r"|\.(?=[ ]*(?:\n|$)|[ ]+[^a-z\s]|[ ]*[)\]}(]"
    r"|[ ]+(?:because|since|as|the|this|it|due|given|based|with|option)\b"
    rf"|[{CJK}]|[A-Z][a-z])"
    r"|[ ]*[–—]|[ ]*--|[ ]*-[ ]"
    r"|(?<=\s)(?:because|since|as|with|option|choice|not|and not|but not|rather|over|instead|or|and)\b"
    r"|选?项|最|而|更|因为|由于|即|[和或与及、/&])"
)
_SEPARATOR = re.compile(r"[\s)\]}>.。:,;|(–—-]*+|[ ]*(?:选?项)?[\s:,]*+")

# Between the items of "A or B", "A, B", "A、B".
_CONNECTIVE = re.compile(
    r"[\s)\]}.'>]*+(?:(?:and/or|or|and|以及|或者?|[,;/&、和与及|])[\s,]*+)(?:or|and|或者?|和)?[\s]*+", re.I
)
_TERMINAL = re.compile(
    r"[)\]}'>]*\s*(?:$|[,;。!、/&)|]|\.(?![ ]*[a-z])|(?:or|and|are|both)\b|[和或与及]|项|选项|都|均)", re.I
)
_RUN_OF_LETTERS = re.compile(r"[A-Z](?:[ ]{0,3}[A-Z])+(?=[\s)\]}.。]*$)")
_OPENS_LATER = re.compile(r"\s+\(")
_IN_PARENTHESES = re.compile(r"\(\s*(?:option\s+)?([A-Z])\s*\)")

# What rules a sentence out as an answer by name: it weighs, asks or denies.
_UNDECIDED = re.compile(
    r"\?|\b(?:consider|exclud|rul(?:e|es|ed|ing) out|differential|versus|vs|against|unlikely|less likely|might|may"
    r"|could|possib|unclear|uncertain|unknown|cannot|not|no|wrong|incorrect)|n't\b|吗|排除|鉴别|不|非|未|可能性?[小低]|或许|也许",
    re.I,
)
_BEFORE_NAME = re.compile(
    r"(?:^|[:,.;(\-–—]|\b(?:is|are|be|was|the|of|as|to|for|favou?rs?|supports?|suggests?|has|represents?|indicates?|confirms?"
    r"|diagnose|choose|select|option|therefore|thus|with)|是|为|诊断|选择?|考虑|符合|支持|提示|患有?|故|即)[\s'(]*$",
    re.I,
)


class Values:
    """Reads values against the letters and texts of the options."""

    def __init__(self, letters: str, names: OptionNames) -> None:
        self.letters = letters
        self.names = names

    def at_start(self, text: str, start: int, end: int) -> list[Claim]:
        """The claims a value opens with: several for "A or B", none if it opens otherwise."""
        segment = text[start:end]
        whole = self.names.exactly(segment)
        if whole:
            return [Claim(letter) for letter in whole]
        first = _lead_end(segment, 0)
        run = _RUN_OF_LETTERS.match(segment, first)
        if run and self._is_run(run[0]):
            return [Claim(segment[i], (start + i, start + i + 1)) for i in range(*run.span()) if segment[i] != " "]
        claims: list[Claim] = []
        item = self._item(segment, first, further=False)
        while item is not None:
            claims += item[0]
            connective = _CONNECTIVE.match(segment, item[1])
            item = self._item(segment, _lead_end(segment, connective.end()), further=True) if connective else None
        return [claim.moved(start) for claim in claims]

    def named_once(self, text: str, start: int, end: int) -> list[Claim]:
        """The one option that a sentence names by its text, if it neither weighs, asks nor denies.

        A letter in parentheses goes with the name: "this is lupus nephritis (B)".
        """
        segment = text[start:end]
        if undecided(segment):
            return []
        named = self.names.within(segment)
        if len({letters for letters, _, _ in named}) != 1 or not _BEFORE_NAME.search(segment[: named[0][1]]):
            return []
        lettered = [Claim(match[1], match.span(1)).moved(start) for match in _IN_PARENTHESES.finditer(segment)]
        return [*(Claim(letter) for letter in named[0][0]), *lettered]

    def _item(self, text: str, start: int, further: bool) -> tuple[list[Claim], int] | None:
        named = self.names.at(text, start)
        if named:
            return [Claim(letter) for letter in named[0]], named[1]
        match = _LETTER.match(text, start)
        if match is None:
            return None
        after = match.end()
        claim = Claim(match[1].upper(), match.span(1))
        separator = _SEPARATOR.match(text, after)
        named_at = separator.end() if separator else after
        own = self.names.at(text, named_at)
        if own and (match[1].isupper() or named_at > after + 1):
            # "B. Lupus nephritis": the name must be that of the letter, or the two contradict each other.
            others = [] if claim.letter in own[0] else [Claim(letter) for letter in own[0]]
            return [claim, *others], own[1]
        follows = _TERMINAL if further else _FOLLOWS
        if not _ENDS.match(text, after) and not follows.match(text, after):
            return None
        if match[1] == "a" and _OPENS_LATER.match(text, after):
            return None
        return [claim], after

    def _is_run(self, run: str) -> bool:
        """Whether capital letters in a row are several answers ("AC"), in rising order, and not an abbreviation."""
        letters = run.replace(" ", "")
        return all(letter in self.letters for letter in letters) and list(letters) == sorted(set(letters))


def _lead_end(text: str, start: int) -> int:
    match = _LEAD.match(text, start)
    return match.end() if match else start


def undecided(sentence: str) -> bool:
    """Whether a sentence weighs, asks or denies rather than answers."""
    return bool(_UNDECIDED.search(sentence))
