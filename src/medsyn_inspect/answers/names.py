"""Where an answer names an option by its text rather than by its letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase

from medsyn_inspect.cases.names import plain, squeezed

_WORD_END = re.compile(r"\w(?=\W|\Z)|[^\w\s]|(?<=[\u2e80-\u9fff])")
_IN_PARENTHESES = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")
# No name is looked for beyond this many characters.
_REACH = 500


class OptionNames:
    """The options' texts, ready to be found in an answer."""

    def __init__(self, options: Sequence[str]) -> None:
        self.letters = ascii_uppercase[: len(options)]
        by_name: dict[str, str] = {}
        by_stem: dict[str, str] = {}
        for letter, option in zip(self.letters, options, strict=False):
            for names, key in ((by_name, squeezed(option)), (by_stem, squeezed(_IN_PARENTHESES.sub("", option)))):
                if len(key) > 1:
                    names[key] = names.get(key, "") + letter
        self._names = sorted(by_name.items(), key=lambda item: -len(item[0]))
        # "X" is short for the option "X (in detail)" where no other option begins with it.
        self._stems = {stem: letters for stem, letters in by_stem.items() if len(letters) == 1 and stem not in by_name}
        spaced = ((f" {plain(option)} ", letter) for letter, option in zip(self.letters, options, strict=False))
        self._spaced = sorted((pair for pair in spaced if pair[0].strip()), key=lambda pair: -len(pair[0]))

    def at(self, text: str, start: int, end: int) -> list[tuple[str, int]]:
        """The letters of every option whose name the text begins with there, and where the name ends, longest first.

        Whether the name goes on after that is for the caller to see; -1 if it ends within a word.
        """
        end = min(end, start + _REACH)
        begin = squeezed(text[start:end])
        found = [(letters, key) for key, letters in self._names if begin.startswith(key)]
        if begin in self._stems:
            found.append((self._stems[begin], begin))
        return [(letters, self._end(text, start, end, key)) for letters, key in found]

    def mentioned(self, text: str) -> str:
        """The letters of all options that are named anywhere in a text; the longest, where one contains another."""
        spaced = f" {plain(text)} "
        close = spaced.replace(" ", "")
        found = ""
        for name, letter in self._spaced:
            if name.isascii() and name in spaced:
                found, spaced = found + letter, spaced.replace(name, " ; ")
            elif not name.isascii() and name.replace(" ", "") in close:
                found, close = found + letter, close.replace(name.replace(" ", ""), ";")
        return found

    def _end(self, text: str, start: int, end: int, key: str) -> int:
        for match in _WORD_END.finditer(text, start, end):
            if len(reached := squeezed(text[start : match.end()])) >= len(key):
                return match.end() if reached == key else -1
        return end if squeezed(text[start:end]) == key else -1


@lru_cache(maxsize=512)
def option_names(options: tuple[str, ...]) -> OptionNames:
    """The names of these options; remembered, since one case's options are asked for again and again."""
    return OptionNames(options)
