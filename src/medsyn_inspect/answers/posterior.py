"""The answer posterior p(y | E), read from the token probabilities of the option letters."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAST = -9999.0
"""OpenAI's placeholder for a log probability that is too small to be computed; it and anything below is no number."""

ROUNDING = 0.01
"""A log probability of a certain token can exceed 0 by this much, because servers compute in 16 bits."""

TOO_MUCH = 0.02
"""The probabilities of all candidates can exceed 1 by this much for the same reason."""


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


class NotProbabilities(ValueError):
    """Raised for numbers that cannot be log probabilities."""


def is_probability(logprob: float) -> bool:
    """Whether a number is a log probability, apart from rounding, and not a placeholder for a very small one."""
    return LEAST < logprob <= ROUNDING


def letter_posterior(
    candidates: Mapping[str, float] | Sequence[tuple[str, float]],
    letters: str,
    *,
    chosen: tuple[str, float] | None = None,
) -> Posterior | None:
    """Probabilities of the option letters from the candidates for one token.

    Variants of a letter (`B`, ` B`, `(B`, full-width `Ｂ`, the word marks `Ġ` and `▁` of raw vocabularies)
    are summed; a token that merely begins with the letter does not count. A letter that is missing from a
    truncated list gets half of `u = min(probability of the last candidate, what the list leaves over)`; the
    bounds hold for anything from 0 to `u`, normalised like the rest. A candidate without a probability (minus infinity,
    or the placeholder -9999) is treated as missing from the list.

    Args:
        candidates: Tokens with their natural-log probabilities, the most probable ones.
        letters: The options' letters, such as `ABCDE`.
        chosen: The token that was chosen; it is added if it is not among the candidates.

    Returns:
        The posterior, or `None` if no candidate is an option letter.

    Raises:
        NotProbabilities: If a number is not a log probability, or all together exceed 1.
    """
    pairs = _checked(candidates.items() if isinstance(candidates, Mapping) else candidates)
    own = _checked([chosen]) if chosen else []
    listed = [probability for _, probability in pairs]
    # A token outside the most probable ones, which some servers put first, says nothing about those that are missing.
    out_of_rank = chosen and pairs and pairs[0][0] == chosen[0] and pairs[0][1] < min([*listed[1:], 1.0])
    least = min(listed[1:] if out_of_rank and len(listed) > 1 else listed, default=1.0)
    pairs += [pair for pair in own if pair[0] not in {token for token, _ in pairs}]
    whole = math.fsum(probability for _, probability in pairs)
    if whole > 1 + TOO_MUCH:
        raise NotProbabilities(f"the probabilities of the candidates sum to {whole:.3g}")
    mass = dict.fromkeys(letters, 0.0)
    for token, probability in pairs:
        letter = token_letter(token)
        if letter in mass:
            mass[letter] += probability
    covered = math.fsum(mass.values())
    if covered <= 0:
        return None
    left_over = max(0.0, 1.0 - whole)
    unseen = min(least, left_over)
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


def _checked(candidates: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """The candidates that have a probability, with it."""
    pairs = list(candidates)
    for token, logprob in pairs:
        if not logprob <= ROUNDING:
            raise NotProbabilities(f"the log probability of {token!r} is {logprob:g}")
    return [(token, math.exp(min(logprob, 0.0))) for token, logprob in pairs if logprob > LEAST]


def token_letter(token: str) -> str:
    """The letter that a token consists of, apart from white space, punctuation and word marks; or ''."""
    plain = unicodedata.normalize("NFKC", token).strip().strip("Ġ▁()[]{}*\"'`.,:;$\\ \t\n")
    return plain if len(plain) == 1 and plain.isalpha() else ""
