"""The posterior at the token that names the option."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from medsyn_inspect.answers.choice import opening_letter, parse_choice
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.posterior import NotProbabilities, Posterior, letter_posterior, token_letter
from medsyn_inspect.answers.tokens import LetterToken, ReaderAnswer, alone
from medsyn_inspect.records import AFTER_REASONING, DIRECT

CERTAIN = 1 - 1e-9
"""A probability above this counts as 1."""


@dataclass(frozen=True)
class OptionPosterior:
    """What the tokens of an answer say about the options."""

    posterior: Posterior | None = None
    """`None` if there is none."""

    source: str | None = None
    """`records.DIRECT` or `records.AFTER_REASONING`; `None` without a posterior."""

    prefix: float | None = None
    """Probability of everything before the letter; `None` if it is unknown."""

    problem: str = ""
    """Why there is no posterior."""

    @property
    def probabilities(self) -> list[float] | None:
        """The posterior as records have it."""
        return [round(p, 12) for p in self.posterior.probabilities] if self.posterior else None

    @property
    def option_mass(self) -> float | None:
        """Probability of the whole path: of everything before the letter, and of the options' letters after it."""
        if self.posterior is None or self.prefix is None:
            return None
        return float(f"{self.prefix * self.posterior.covered:.6g}")


def option_posterior(
    answer: ReaderAnswer, options: Sequence[str], phrases: Phrases | None = None, *, direct: bool = False
) -> OptionPosterior:
    """The posterior at the token that names the option that the answer selects.

    That is the first token, if it is the letter that counts; otherwise the letter of the statement that counts.

    Args:
        answer: The answer with its tokens.
        options: The options in the order shown.
        phrases: Those of the languages in which it may be written; by default all there are.
        direct: Whether nothing but a letter was asked for.
    """
    if not answer.gives_tokens:
        return OptionPosterior(problem="the model gave no token probabilities")
    read = parse_choice(answer.completion, options, phrases=phrases, stop_reason=answer.stop_reason, direct=direct)
    if read.letter is None or read.span is None:
        return OptionPosterior(problem="no option could be read from the answer")
    opening = opening_letter(answer.completion, options, phrases)
    if opening is not None and token_letter(answer.completion[slice(*opening)]) != read.letter:
        opening = None
    token = _token_at(answer, (opening or read.span)[0], read.letter)
    if token is None:
        return OptionPosterior(problem="the model gave no token probabilities for a single letter")
    try:
        posterior = letter_posterior(token.candidates, ascii_uppercase[: len(options)], chosen=token.chosen)
    except NotProbabilities as error:
        return OptionPosterior(problem=str(error))
    if posterior is None:
        return OptionPosterior(problem="no option is among the candidates")
    prefix = math.exp(token.prefix) if token.prefix is not None else None
    # Nothing depends on words that were certain, such as the notice with which the reference reader begins.
    certain = prefix is not None and prefix > CERTAIN and token.run == 0
    source = DIRECT if (opening is not None or certain) and not answer.reasoned else AFTER_REASONING
    return OptionPosterior(posterior, source, prefix)


def _token_at(answer: ReaderAnswer, position: int, letter: str) -> LetterToken | None:
    """The token of a letter; `None` if it is missing or could be another one.

    Providers may leave tokens out: of Google's, Inspect keeps none that is certain. After such a gap, a token could be
    that of a remark on the way. It counts only if the text that it continues without a gap is in the answer once.
    """
    token = next((one for one in answer.letters if one.start <= position < one.end), None)
    if token is None or token_letter(token.chosen[0]) != letter:
        return None
    if token.run == 0:
        return token
    known = answer.completion[token.run : token.end]
    times = len(alone(known).findall(answer.completion)) if token.run == token.start else answer.completion.count(known)
    return token if times == 1 else None
