"""The tokens of a model's output that are letters, placed in the text of its answer."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from inspect_ai.model import ContentReasoning, Logprob, ModelOutput, TopLogprob
from pydantic import BaseModel

from medsyn_inspect.answers.posterior import is_probability, token_letter
from medsyn_inspect.answers.reasoning import blank_reasoning, has_reasoning

_SPECIAL = re.compile(r"<[|｜][^<>\n]{1,40}[|｜]>|</?s>|<(?:end|start)_of_turn>|<(?:eos|bos|pad)>|\[/?INST\]")
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_ESCAPED = re.compile(r"(?:bytes:)?(?:\\x[0-9a-f]{2})+")
_BLANK = re.compile(r"\s*")
_HALF = "\ufffd"
"""What some servers write in place of a token that ends within a character."""

_VISIBLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
# The alphabet of byte-level vocabularies: bytes that have no visible character are written from U+0100 on.
_ALPHABET = {chr(code): code for code in _VISIBLE} | {
    chr(0x100 + place): code for place, code in enumerate(sorted(set(range(256)) - set(_VISIBLE)))
}


class LetterToken(BaseModel):
    """A token that is a single letter, with its place in the answer's text."""

    start: int
    """Where its text begins, without the blanks around it."""

    end: int
    """Where its text ends."""

    run: int = 0
    """Where the text begins that the tokens up to this one cover without a gap."""

    prefix: float | None = 0.0
    """Natural-log probability of all tokens before it, where tokens that the provider left out count as certain; `None`
    if one of them has no valid probability."""

    chosen: tuple[str, float]
    """The token and its natural-log probability."""

    candidates: list[tuple[str, float]] = []
    """The most probable tokens for this place, as the provider listed them."""


class ReaderAnswer(BaseModel):
    """What a scorer needs of one answer."""

    stage: str
    """The stage after which it was given."""

    completion: str
    """Its text."""

    stop_reason: str = "stop"
    """Why the model stopped."""

    reasoned: bool = False
    """Whether the model reasoned before it answered, visibly or not."""

    gives_tokens: bool = False
    """Whether the provider returned tokens with probabilities."""

    letters: list[LetterToken] = []
    """The tokens that are single letters. Candidates for every word of a long answer would swell the log."""


def reader_answer(stage: str, output: ModelOutput) -> ReaderAnswer:
    """The part of a model's output that scoring needs.

    Providers that ignore the request for token probabilities return none or an empty list; both give no tokens.
    """
    choice = output.choices[0] if output.choices else None
    parts = choice.message.content if choice and not isinstance(choice.message.content, str) else []
    apart = any(isinstance(part, ContentReasoning) and (part.redacted or part.reasoning.strip()) for part in parts)
    counted = bool(output.usage and output.usage.reasoning_tokens)
    tokens = choice.logprobs.content if choice and choice.logprobs else []
    return ReaderAnswer(
        stage=stage,
        completion=output.completion,
        stop_reason=output.stop_reason,
        reasoned=apart or counted or has_reasoning(output.completion),
        gives_tokens=bool(tokens),
        letters=letter_tokens(tokens, output.completion),
    )


def letter_tokens(tokens: Sequence[Logprob], completion: str) -> list[LetterToken]:
    """The tokens that are single letters, placed in a completion from the left.

    Tokens may be written as text, as bytes, or as entries of a raw vocabulary; the first way that covers the text
    without a gap counts. If none does, candidates may take the place of tokens that do not fit, if they then cover the
    whole text: Inspect's `hf` provider gives the most probable token instead of the one that was chosen.

    Args:
        tokens: The tokens, with the candidates for each place.
        completion: The text of the answer.
    """
    first: list[LetterToken] | None = None
    for substitutes, write in product((False, True), (_as_text, _as_bytes, _as_byte_level, _as_pieces)):
        placing = _Placing(completion, write, substitutes)
        letters = list(placing.letters(tokens))
        if not placing.gaps and (not substitutes or placing.complete):
            return letters
        first = letters if first is None else first
    return first or []


class _Placing:
    """Tokens written in one way, placed in a completion one after the other."""

    def __init__(self, completion: str, write: Callable[[str, list[int] | None], bytes], substitutes: bool) -> None:
        self.completion = completion
        self.write = write
        self.substitutes = substitutes
        self.position = self.run = self.halves = 0
        self.gaps = False

    @property
    def complete(self) -> bool:
        """Whether no text is left after the tokens."""
        return not self.completion[self.position :].strip()

    def letters(self, tokens: Sequence[Logprob]) -> Iterator[LetterToken]:
        decoder = getincrementaldecoder("utf-8")("replace")
        texts = [decoder.decode(self.write(token.token, token.bytes)) for token in tokens]
        joined = "".join(texts)
        # Reasoning that is in the tokens alone has no place in the completion.
        visible = joined if has_reasoning(self.completion) else blank_reasoning(joined)
        prefix: float | None = 0.0
        offset = 0
        for token, text in zip(tokens, texts, strict=True):
            core = visible[offset : offset + len(text)].strip()
            offset += len(text)
            found = self._place(core, token)
            if found is not None:
                start, chosen, logprob = found
                if token_letter(chosen):
                    yield LetterToken(
                        start=start,
                        end=self.position,
                        run=self.run,
                        prefix=prefix,
                        chosen=(chosen, logprob),
                        candidates=[(self._alone(one), one.logprob) for one in token.top_logprobs or []],
                    )
                token = token.model_copy(update={"logprob": logprob})
            prefix = prefix + min(token.logprob, 0.0) if prefix is not None and is_probability(token.logprob) else None

    def _place(self, core: str, token: Logprob) -> tuple[int, str, float] | None:
        """Where a token begins, its text there and its log probability; `None` if it has no text there."""
        begin = _BLANK.match(self.completion, self.position).end()  # type: ignore[union-attr]
        core, halves = core.strip(_HALF), core.count(_HALF)
        special = _SPECIAL.fullmatch(core) and not self.completion.startswith(core, begin)
        if not core or special:
            self.halves += halves
            return None
        chosen, logprob = self._alone(token), token.logprob
        near = (begin + skipped for skipped in range(self.halves + 1))
        start = next((place for place in near if self.completion.startswith(core, place)), -1)
        if start < 0 and self.substitutes and (other := self._candidate_at(token, begin)):
            start, (chosen, logprob) = begin, other
            core = chosen.strip()
        if start < 0:
            self.gaps = True
            start = self._later(core, begin)
            self.run = start if start >= 0 else self.run
        if start < 0:
            return None
        self.position, self.halves = start + len(core), halves
        return start, chosen, logprob

    def _candidate_at(self, token: Logprob, begin: int) -> tuple[str, float] | None:
        """The longest candidate that the completion has here, other than the token itself."""
        fitting = [
            (text, candidate.logprob)
            for candidate in token.top_logprobs or []
            if candidate.token != token.token
            and (text := self._alone(candidate)).strip()
            and self.completion.startswith(text.strip(), begin)
        ]
        return max(fitting, key=lambda pair: len(pair[0]), default=None)

    def _later(self, core: str, begin: int) -> int:
        if not token_letter(core):
            return self.completion.find(core, begin)
        match = alone(core).search(self.completion, begin)
        return match.start() if match else -1

    def _alone(self, token: Logprob | TopLogprob) -> str:
        return self.write(token.token, token.bytes).decode("utf-8", "replace")


def alone(letter: str) -> re.Pattern[str]:
    """An expression for a letter that is not part of a word."""
    return re.compile(rf"(?<![A-Za-z]){re.escape(letter)}(?![A-Za-z])")


def _as_text(token: str, own: list[int] | None) -> bytes:
    return token.encode("utf-8", "surrogatepass")


def _as_bytes(token: str, own: list[int] | None) -> bytes:
    if _ESCAPED.fullmatch(token):
        return bytes.fromhex(token.removeprefix("bytes:").replace("\\x", ""))
    return bytes(own) if own and all(0 <= byte < 256 for byte in own) else token.encode("utf-8", "surrogatepass")


def _as_byte_level(token: str, own: list[int] | None) -> bytes:
    if _SPECIAL.fullmatch(token):
        return token.encode()
    return b"".join(
        bytes([_ALPHABET[character]]) if character in _ALPHABET else character.encode("utf-8", "surrogatepass")
        for character in token
    )


def _as_pieces(token: str, own: list[int] | None) -> bytes:
    parts = _BYTE.split(token.replace("▁", " "))
    return b"".join(
        bytes.fromhex(part) if place % 2 else part.encode("utf-8", "surrogatepass") for place, part in enumerate(parts)
    )
