"""The part of a model's output that reading an answer needs."""

from __future__ import annotations

from inspect_ai.model import ModelOutput
from pydantic import BaseModel

from medsyn_inspect.answers.posterior import token_letter


class ReaderAnswer(BaseModel):
    """What a scorer needs of one answer."""

    stage: str
    """The stage after which it was given."""

    completion: str
    """Its text."""

    stop_reason: str = "stop"
    """Why the model stopped."""

    tokens: list[tuple[str, list[tuple[str, float]]]] = []
    """Each token, if the model gave them; with the candidates for its place (token, natural-log probability) where
    it is a single letter. Candidates for every word of a long answer would swell the log."""


def reader_answer(stage: str, output: ModelOutput) -> ReaderAnswer:
    """The part of a model's output that scoring needs.

    Providers that ignore the request for token probabilities return none or an empty list; both give no tokens.
    """
    logprobs = output.choices[0].logprobs if output.choices else None
    tokens = [
        (
            token.token,
            (
                [(candidate.token, candidate.logprob) for candidate in token.top_logprobs or []]
                or [(token.token, token.logprob)]
            )
            if token_letter(token.token)
            else [],
        )
        for token in (logprobs.content if logprobs else [])
    ]
    return ReaderAnswer(stage=stage, completion=output.completion, stop_reason=output.stop_reason, tokens=tokens)
