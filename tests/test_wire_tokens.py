"""Token streams as servers send them, and what becomes of the posterior: a matrix of providers and outcomes.

`pytest tests/test_wire_tokens.py -s -k matrix` prints it. All but two providers are reached over the wire, with their
own clients. Inspect's `hf` and `grok` need packages that are not installed for the tests; their streams are built as
these two providers build them (`extract_logprobs` in hf.py, `_logprobs_from_grok_logprobs` in grok.py).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, GenerateConfig, Logprob, Logprobs, ModelOutput
from inspect_ai.model import TopLogprob as Top

from medsyn_inspect.arms.sources.logprobs import from_logprobs
from medsyn_inspect.providers import drops_certain_tokens
from medsyn_inspect.records import ArmRecord
from wire.arms import case_of
from wire.dialects import Say, Token, logarithm
from wire.evaluating import serving
from wire.providers import COMPATIBLE, GEMINI, GPT_4O, GPT_4O_RESPONSES, LLAMA_CPP, SGLANG, VLLM, Provider
from wire.replies import sure
from wire.server import WireServer

OPTIONS = list(case_of("chest").options or ())
NAN, INF = math.nan, math.inf

LETTERS = (("B", 0.5), ("A", 0.25), ("C", 0.125), ("D", 0.0625), ("E", 0.03125), ("The", 0.03125))
WHOLE = [p / 0.96875 for p in (0.25, 0.5, 0.125, 0.0625, 0.03125)]
"""The posterior behind `LETTERS`."""


def letter(candidates: tuple[tuple[str, float], ...] = LETTERS, space: str = "", own: float | None = None) -> Token:
    """The token of the letter B, perhaps with a space before it."""
    return Token(f"{space}B", tuple((space + text, p) for text, p in candidates), own)


def with_p(**changed: float) -> Token:
    """The token of the letter with some probabilities changed."""
    return letter(tuple((text, changed.get(text, p)) for text, p in LETTERS))


PROSE = Token("The", (("The", 0.5), ("B", 0.5))), sure(" nodes"), Token(" fit", ((" fit", 0.5), (" are", 0.5)))
CUE = Token("Answer", (("Answer", 0.5), ("B", 0.5))), sure(":")

STREAMS: dict[str, Say] = {
    "letter": Say("B", (letter(),)),
    "letter and remark": Say("B\n\nAnswer: B", (letter(), sure("\n\n"), *CUE, letter((("B", 0.98), ("A", 0.02)), " "))),
    "after a cue": Say("Answer: B", (*CUE, letter(space=" "))),
    "after prose": Say("The nodes fit.\nAnswer: B", (*PROSE, sure(".\n"), *CUE, letter(space=" "))),
    "after thinking": Say("<think>Nodes.</think>B", (sure("<think>"), sure("Nodes"), sure(".</think>"), letter())),
    "chosen not listed": Say("B", (letter(LETTERS[1:5], own=0.03125),)),
    "-9999 listed": Say("B", (with_p(E=0.0, The=0.0),)),
    "two candidates": Say("B", (letter(LETTERS[:2]),)),
    "chosen alone": Say("B", (letter((), own=0.5),)),
    "NaN": Say("B", (with_p(C=NAN),)),
    "infinite": Say("B", (with_p(C=INF),)),
    "above 1": Say("B", (with_p(B=2.0),)),
    "sum above 1": Say("B", (with_p(A=0.9),)),
    "ignored": Say("B", None),
}  # fmt: skip
"""Answers with their tokens, before a server writes them in its own way."""

DIRECT, LATE, BOUNDED, NONE = "direct", "after reasoning", "bounded", "refused"
OUTCOMES = {
    "letter": DIRECT,
    "letter and remark": DIRECT,
    "after a cue": DIRECT,
    "after prose": LATE,
    "after thinking": LATE,
    "chosen not listed": DIRECT,
    "-9999 listed": BOUNDED,
    "two candidates": BOUNDED,
    "chosen alone": BOUNDED,
    "NaN": NONE,
    "infinite": NONE,
    "above 1": NONE,
    "sum above 1": NONE,
    "ignored": NONE,
}


def raw(text: str, space: str, line_end: str) -> str:
    """A token as an entry of a raw vocabulary."""
    return text.replace(" ", space).replace("\n", line_end)


def rewritten(say: Say, write: Callable[[str], str], *end: str) -> Say:
    """An answer whose tokens are written in another way, and followed by tokens that end the text."""
    if say.tokens is None:
        return say
    tokens = [
        Token(write(token.text), tuple((write(text), p) for text, p in token.candidates), token.own)
        for token in say.tokens
    ]
    return replace(say, tokens=(*tokens, *map(sure, end)))


def as_vllm(say: Say) -> Say:
    """The chosen token comes first in its list, and the token that ends the text is in the stream."""
    if say.tokens is None:
        return say
    tokens = [
        Token(one.text, ((one.text, one.probability), *(pair for pair in one.candidates if pair[0] != one.text)))
        for one in say.tokens
    ]
    return rewritten(replace(say, tokens=tuple(tokens)), str, "<|im_end|>")


def entries(say: Say, wanted: int = 20) -> Iterator[Logprob]:
    """Tokens as Inspect holds them."""
    for token in say.tokens or ():
        top = [Top(token=text, logprob=logarithm(p), bytes=list(text.encode())) for text, p in token.candidates]
        own = logarithm(token.probability)
        yield Logprob(token=token.text, logprob=own, bytes=list(token.text.encode()), top_logprobs=top[:wanted])


def as_transformers(say: Say) -> Iterator[Logprob]:
    """The most probable token in place of the chosen one, and bytes that are none."""
    for entry in entries(say):
        best = max(entry.top_logprobs or [], key=lambda one: one.logprob, default=None)
        first = best or Top(token=entry.token, logprob=entry.logprob)
        listed = [one.model_copy(update={"bytes": list(map(ord, one.token))}) for one in entry.top_logprobs or []]
        yield Logprob(token=first.token, logprob=first.logprob, bytes=list(map(ord, first.token)), top_logprobs=listed)


def held(say: Say, content: Iterator[Logprob]) -> ModelOutput:
    choice = ChatCompletionChoice(
        message=ChatMessageAssistant(content=say.text),
        stop_reason="stop",
        logprobs=Logprobs(content=list(content)) if say.tokens is not None else None,
    )
    return ModelOutput(model="replayed", choices=[choice])


@dataclass(frozen=True)
class Way:
    """How a provider's stream reaches Inspect."""

    writes: Callable[[Say], Say]
    """What the server makes of an answer's tokens."""

    provider: Provider | None = None
    """The client, for what goes over the wire."""

    content: Callable[[Say], Iterator[Logprob]] = entries
    """The tokens, for what does not."""

    def record(self, name: str, server: WireServer) -> ArmRecord:
        say = self.writes(STREAMS[name])
        if self.provider is None:
            return from_logprobs(held(say, self.content(say)), OPTIONS)
        server.script(self.provider.model, say)
        config = GenerateConfig(logprobs=True, top_logprobs=20)
        output = asyncio.run(self.provider.at(server).generate("Which?", config=config))
        return from_logprobs(output, OPTIONS, drops_certain_tokens(self.provider.name))


def plainly(say: Say) -> Say:
    return say


def byte_level(text: str) -> str:
    return raw(text, "Ġ", "Ċ")


def pieces(text: str) -> str:
    return raw(text, "▁", "<0x0A>")


def in_bytes(text: str) -> str:
    return "<0x42>" if text == "B" else pieces(text)


def ending(write: Callable[[str], str], *end: str) -> Callable[[Say], Say]:
    """A server that writes tokens in this way, and sends those that end the text too."""
    return lambda say: rewritten(say, write, *end)


WAYS = {
    "OpenAI Chat": Way(plainly, GPT_4O),
    "OpenAI Responses": Way(plainly, GPT_4O_RESPONSES),
    "Gemini": Way(plainly, GEMINI),
    "vLLM": Way(as_vllm, VLLM),
    "SGLang": Way(ending(str, "<|im_end|>"), SGLANG),
    "llama.cpp": Way(ending(str, "</s>"), LLAMA_CPP),
    "llama.cpp ▁": Way(ending(pieces, "</s>"), LLAMA_CPP),
    "llama.cpp <0x42>": Way(ending(in_bytes, "<eos>"), LLAMA_CPP),
    "compatible Ġ": Way(ending(byte_level, "<|eot_id|>"), COMPATIBLE),
    "transformers Ġ": Way(ending(byte_level, "<|im_end|>"), None, as_transformers),
    "transformers ▁": Way(ending(pieces, "<end_of_turn>"), None, as_transformers),
    "Grok": Way(plainly),
}
"""Providers, some of them with several ways of writing tokens."""

EXCEPTIONS = {
    # `hf` gives no probability of a chosen token that is not among the most probable ones, and not its text either.
    (name, "chosen not listed"): NONE
    for name in ("transformers Ġ", "transformers ▁")
}
"""Where a stream becomes something else with a provider."""


def outcome(record: ArmRecord) -> str:
    """A cell of the matrix."""
    if record.posterior is None:
        return NONE
    assert all(0 <= p <= 1 for p in record.posterior)
    assert math.fsum(record.posterior) == pytest.approx(1)
    return LATE if record.source == LATE else BOUNDED if record.lower else DIRECT


@pytest.fixture(scope="module")
def matrix() -> dict[str, dict[str, Any]]:
    """The record of every stream by provider; an error where the client fails."""
    found: dict[str, dict[str, Any]] = {}
    with serving() as server:
        for name, way in WAYS.items():
            found[name] = {}
            for stream in STREAMS:
                try:
                    found[name][stream] = way.record(stream, server)
                except Exception as error:  # what a client makes of such an answer is part of the matrix
                    found[name][stream] = error
    return found


def test_the_matrix(matrix: dict[str, dict[str, Any]]) -> None:
    cells = {
        name: {
            stream: outcome(record) if isinstance(record, ArmRecord) else f"{type(record).__name__}"
            for stream, record in row.items()
        }
        for name, row in matrix.items()
    }
    print(f"\n{'':18}" + "".join(f"{name[:17]:>19}" for name in WAYS))
    for stream in STREAMS:
        print(f"{stream:18}" + "".join(f"{cells[name][stream]:>19}" for name in WAYS))
    expected = {
        name: {stream: EXCEPTIONS.get((name, stream), what) for stream, what in OUTCOMES.items()} for name in WAYS
    }
    assert cells == expected


def test_the_same_answer_has_the_same_posterior_everywhere(matrix: dict[str, dict[str, Any]]) -> None:
    for row in matrix.values():
        for stream in ("letter", "letter and remark", "after a cue", "after prose", "after thinking"):
            assert row[stream].posterior == pytest.approx(WHOLE, abs=1e-9), stream
            assert row[stream].answer == "B"


def test_the_option_mass_is_that_of_the_whole_path_and_the_prefix_is_kept(matrix: dict[str, dict[str, Any]]) -> None:
    for row in matrix.values():
        masses = {stream: row[stream].option_mass for stream in ("letter", "after a cue", "after prose")}
        # "Answer" has half of the probability; so have "The" and " fit".
        assert masses == {"letter": 0.96875, "after a cue": 0.484375, "after prose": pytest.approx(0.121094)}
        assert (row["letter"].prefix, row["after a cue"].prefix) == (None, None)
        assert row["after prose"].prefix == pytest.approx(0.125)


def test_bounds_hold_what_the_list_leaves_open(matrix: dict[str, dict[str, Any]]) -> None:
    for name, row in matrix.items():
        for stream in (stream for stream, what in OUTCOMES.items() if what == BOUNDED):
            record = row[stream]
            for low, p, high in zip(record.lower, WHOLE, record.upper, strict=True):
                assert low - 5e-3 <= p <= high + 5e-3, (name, stream)


def test_what_is_refused_says_why(matrix: dict[str, dict[str, Any]]) -> None:
    reasons = {stream: matrix["OpenAI Chat"][stream].error for stream, what in OUTCOMES.items() if what == NONE}
    assert reasons == {
        "NaN": "the log probability of 'C' is nan",
        "infinite": "the log probability of 'C' is inf",
        "above 1": "the log probability of 'B' is 0.693147",
        "sum above 1": "the probabilities of the candidates sum to 1.65",
        "ignored": "the model gave no token probabilities",
    }
