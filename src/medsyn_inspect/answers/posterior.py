"""The answer posterior p(y | E), read from the token probabilities of the option letters."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Posterior:
    """Probabilities over the options of one case."""

    probabilities: tuple[float, ...]
    """In the order of the options shown; they sum to 1."""

    covered: float
    """Probability that the model put on the options' letters, before normalising: low means that the
    posterior describes little of what the model was about to say."""

    lower: tuple[float, ...]
    """Lower bounds, where letters are missing from a truncated list of candidates."""

    upper: tuple[float, ...]
    """Upper bounds."""


def letter_posterior(candidates: Mapping[str, float] | Sequence[tuple[str, float]], letters: str) -> Posterior | None:
    """Probabilities of the option letters from the candidates for one token.

    Variants of a letter (`B`, ` B`, `(B`, full-width `Ｂ`, the word marks `Ġ` and `▁` of raw vocabularies)
    are summed; a token that merely begins with the letter does not count. A letter that is missing from a
    truncated list gets half of `u = min(probability of the last candidate, what the list leaves over)`; the
    bounds hold for anything from 0 to `u`, normalised like the rest.

    Args:
        candidates: Tokens with their natural-log probabilities; the chosen token included.
        letters: The options' letters, such as `ABCDE`.

    Returns:
        The posterior, or `None` if no candidate is an option letter.
    """
    pairs = list(candidates.items()) if isinstance(candidates, Mapping) else list(candidates)
    mass = dict.fromkeys(letters, 0.0)
    for token, logprob in pairs:
        letter = token_letter(token)
        if letter in mass:
            mass[letter] += math.exp(logprob)
    covered = math.fsum(mass.values())
    if covered <= 0:
        return None
    left_over = max(0.0, 1.0 - math.fsum(math.exp(logprob) for _, logprob in pairs))
    unseen = min(min(math.exp(logprob) for _, logprob in pairs), left_over)
    missing = {letter for letter, probability in mass.items() if probability == 0}
    filled = [unseen / 2 if letter in missing else mass[letter] for letter in letters]
    total = math.fsum(filled)
    probabilities = tuple(value / total for value in filled)
    # The missing letters together hold between nothing and `most`; each alone between nothing and `unseen`.
    most = max(min(left_over, len(missing) * unseen), total - covered)
    return Posterior(
        probabilities,
        min(covered, 1.0),
        tuple(0.0 if letter in missing else mass[letter] / (covered + most) for letter in letters),
        tuple(unseen / (covered + unseen) if letter in missing else mass[letter] / covered for letter in letters),
    )


def token_letter(token: str) -> str:
    """The letter that a token consists of, apart from white space, punctuation and word marks; or ''."""
    plain = unicodedata.normalize("NFKC", token).strip().strip("Ġ▁()[]{}*\"'`.,:;$\\ \t\n")
    return plain if len(plain) == 1 and plain.isalpha() else ""


def token_at(tokens: Sequence[str], position: int) -> int | None:
    """Index of the token that holds the character at `position` of the joined tokens; `None` beyond the end."""
    end = 0
    for index, token in enumerate(tokens):
        end += len(token)
        if position < end:
            return index
    return None
