"""Whether two names mean the same diagnosis, or one is a wider or narrower name of the other."""

from __future__ import annotations

from collections.abc import Iterable

from medsyn_inspect.cases.importers.leaks import without_abbreviation
from medsyn_inspect.cases.names import plain, spaced, squeezed
from medsyn_inspect.construct.rules.words import Words


def same_as(name: str, others: Iterable[str], known: Words) -> str:
    """Why a name cannot be a distractor for a diagnosis with these names; empty if the rules see no reason.

    Synonyms without a common word are not seen: for them, a second request checks every distractor.

    Args:
        name: The proposed distractor.
        others: The final diagnosis and its aliases.
        known: The words of the languages.
    """
    if known.no_diagnosis.search(name.strip()):
        return "no diagnosis"
    for other in others:
        if squeezed(name) == squeezed(other) or plain(_bare(name)) == plain(_bare(other)):
            return f"another spelling of {other}"
        one, two = _core(name, known), _core(other, known)
        if one and one == two:
            return f"the words of {other} in another order"
        if (one and two and (one <= two or two <= one)) or _contains(name, other):
            return f"a wider or narrower name of {other}"
    return ""


def _bare(name: str) -> str:
    return without_abbreviation(name)


def _contains(name: str, other: str) -> bool:
    """For scripts without spaces: whether one name is part of the other."""
    if spaced(name) or spaced(other):
        return False
    one, two = squeezed(name), squeezed(other)
    return one in two or two in one


def _core(name: str, known: Words) -> frozenset[str]:
    """The words that matter of a name; empty in scripts without spaces, where `_contains` compares."""
    if not spaced(name):
        return frozenset()
    return frozenset(plain(_bare(name)).split()) - known.small_words - known.general_words
