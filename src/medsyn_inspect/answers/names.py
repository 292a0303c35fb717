"""Where an answer names an option by its text rather than by its letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase

from medsyn_inspect.answers.surface import CJK
from medsyn_inspect.cases.names import plain

# A run of CJK characters, or a run of anything else: the pieces between which a writer may or may not put a space.
_RUN = re.compile(rf"[{CJK}]+|[^{CJK}]+")

# After a name: the end, punctuation that is no hyphen, or a word that leaves the name as it is.
# "Lupus nephritis" does not name the option "Lupus", nor does "Lupus-like syndrome".
_AFTER_NAME = re.compile(
    r"\s*(?:$|[^\w\s-]|-\s|-$)|\s+-\s"
    r"|\s+(?:is|was|because|since|as|given|based|or|and|rather|over|not|but|would|seems|best|most|remains)\b"
    r"|\s*(?:是|为|因|由于|而|或|和|与|及|最|的诊断|的可能|可能性|诊断)",
    re.I,
)


class OptionNames:
    """The options' texts, ready to be found in the surface of an answer."""

    def __init__(self, options: Sequence[str]) -> None:
        self._letters: dict[str, str] = {}
        for letter, option in zip(ascii_uppercase, options, strict=False):
            name = squeezed(option)
            if len(name) > 1:
                self._letters[name] = self._letters.get(name, "") + letter
        named = {plain(option) for option in options if squeezed(option) in self._letters}
        longest_first = sorted(named, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, longest_first)), re.I) if named else None

    def exactly(self, text: str) -> str:
        """The letters of the options whose whole text this is: one, or none, or several if options repeat."""
        return self._letters.get(squeezed(text), "")

    def at(self, text: str, position: int) -> tuple[str, int] | None:
        """The letters of the longest option named at this position, and where its name ends."""
        match = self._pattern.match(text, position) if self._pattern else None
        if match is None or not _AFTER_NAME.match(text, match.end()):
            return None
        letters = self.exactly(match[0])
        return (letters, match.end()) if letters else None

    def within(self, text: str) -> list[tuple[str, int, int]]:
        """Letters, start and end of every option named in the text; the longest, where options contain one another."""
        if self._pattern is None:
            return []
        found = ((self.exactly(match[0]), match.start(), match.end()) for match in self._pattern.finditer(text))
        return [(letters, start, end) for letters, start, end in found if letters and _AFTER_NAME.match(text, end)]


@lru_cache(maxsize=512)
def option_names(options: tuple[str, ...]) -> OptionNames:
    """The names of these options; remembered, since one case's options are asked for again and again."""
    return OptionNames(options)


def squeezed(text: str) -> str:
    """`plain` without its spaces: "IgA 肾病" and "IgA肾病", "pre-eclampsia" and "preeclampsia" are the same."""
    return plain(text).replace(" ", "")


def _pattern(name: str) -> str:
    """A pattern for a name in `plain` form, whatever stands between its words."""
    words = [r"[\W_]{0,4}".join(map(re.escape, _RUN.findall(word))) for word in name.split()]
    # Latin names begin and end at the edge of a word; a CJK neighbour is such an edge.
    before = "" if re.match(f"[{CJK}]", name) else rf"(?<![^\W{CJK}])"
    after = "" if re.search(f"[{CJK}]$", name) else rf"(?![^\W{CJK}])"
    return before + r"[\W_]{1,6}".join(words) + after
