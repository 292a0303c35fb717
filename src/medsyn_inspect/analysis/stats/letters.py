"""Compact letter display: items that share a letter do not differ significantly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import ascii_lowercase


def letter_display(names: Sequence[str], different: Collection[frozenset[str]]) -> dict[str, str]:
    """Letters such that two items share one if and only if they do not differ (Piepho 2004, insert and absorb).

    Being not different is not transitive: of three items, the first and the last can differ although neither differs
    from the middle one, which then has two letters.

    Args:
        names: The items, best first; earlier letters go to better items.
        different: Pairs of items that differ significantly.

    Returns:
        The letters of each item.
    """
    place = {name: number for number, name in enumerate(names)}
    groups = [frozenset(names)]
    for pair in sorted(different, key=lambda pair: sorted(place[name] for name in pair)):
        split = []
        for group in groups:
            split += [group - {name} for name in pair] if pair <= group else [group]
        distinct = list(dict.fromkeys(split))
        groups = [group for group in distinct if not any(group < other for other in distinct)]
    groups.sort(key=lambda group: sorted(place[name] for name in group))
    return {name: "".join(_letter(number) for number, group in enumerate(groups) if name in group) for name in names}


def _letter(number: int) -> str:
    """`a` to `z`, then `a1` to `z1` and so on."""
    turn, place = divmod(number, len(ascii_lowercase))
    return ascii_lowercase[place] + (str(turn) if turn else "")
