"""Whether an answer begins by declining to answer."""

from __future__ import annotations

import re
from functools import lru_cache

from medsyn_inspect.answers.phrases import Phrases, load_phrases
from medsyn_inspect.answers.surface import Surface, surface

# How much of an answer counts as its beginning.
BEGINNING = 200


def is_refusal(answer: str, phrases: Phrases | None = None) -> bool:
    """Whether the beginning of an answer, after any reasoning, declines to answer.

    A refusal further down, after an answer was attempted, is none; nor is "I cannot exclude...". An answer that can be
    read is an answer whatever it opens with; use this only on one that cannot.

    Args:
        answer: A completion.
        phrases: Those of the languages in which it may be written; by default all there are.
    """
    phrases = phrases or load_phrases()
    return declines(surface(answer, phrases), phrases)


def declines(answer: Surface, phrases: Phrases) -> bool:
    """`is_refusal` of an answer's surface."""
    return bool(_pattern(phrases).search(" ".join(answer.lower.strip()[:BEGINNING].split())))


@lru_cache
def _pattern(phrases: Phrases) -> re.Pattern[str]:
    """At the beginning of a clause the speaker declines to do what an answer does; or apologises, and declines."""
    declining, acts, sorry = (phrases.any_of(key) for key in ("decline", "decline_acts", "apologies"))
    return re.compile(
        rf"(?:^|[.!?,;:。、]|{phrases.any_of('lead')})[ ]?{declining}[^.,;:!?。、]{{0,40}}?{acts}"
        rf"|{sorry}[^.!?。]{{0,80}}{declining}"
    )
