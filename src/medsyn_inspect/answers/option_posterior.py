"""The posterior at the token that names the option."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from medsyn_inspect.answers.choice import answer_span
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.posterior import Posterior, letter_posterior, token_at, token_letter
from medsyn_inspect.answers.tokens import ReaderAnswer


def option_posterior(answer: ReaderAnswer, options: Sequence[str], phrases: Phrases | None = None) -> Posterior | None:
    """The posterior at the token that names the option; `None` without token probabilities or a clear answer.

    Providers may leave tokens out (of Google's, Inspect keeps none that is certain), so the tokens can read
    differently from the answer. Their letter must be the answer's, and must follow the same words or be the
    only one of its kind in the answer; otherwise the probabilities could be those of a remark on the way.
    """
    letters = ascii_uppercase[: len(options)]
    text = "".join(token for token, _ in answer.tokens)
    given, stated = (answer_span(words, letters, options, phrases=phrases) for words in (text, answer.completion))
    if given is None or stated is None:
        return None
    letter = token_letter(answer.completion[stated[0] : stated[1]])
    if token_letter(text[given[0] : given[1]]) != letter:
        return None
    same_words = text[: given[0]].rstrip()[-3:] == answer.completion[: stated[0]].rstrip()[-3:]
    if not same_words and len(re.findall(rf"(?<![A-Za-z]){letter}(?![A-Za-z])", answer.completion)) > 1:
        return None
    index = token_at([token for token, _ in answer.tokens], given[0])
    return letter_posterior(answer.tokens[index][1], letters) if index is not None else None
