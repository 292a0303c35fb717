"""A model's reading of an answer that is in no known form: it returns parts of the answer, which are checked.

The extractor sees the visible part of the answer, quoted as JSON, and of a choice the options; never the diagnosis, nor
which option is right. What it returns must be in the answer, and must itself state the letter or the name. An extractor
that fails leaves an answer unread by anybody: that is no wrong answer.

Replies are cached by Inspect's own policy: the key is the model, its configuration and the messages, which hold the
prompt, the answer and the options. Only first replies are, so that a reply that was refused is asked for anew.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ResponseSchema,
)
from inspect_ai.util import LimitExceededError, json_schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medsyn_inspect.answers.diagnoses import LONGEST, diagnosis_name, distinct
from medsyn_inspect.answers.jsonvalues import json_spans
from medsyn_inspect.answers.names import OptionNames, option_names
from medsyn_inspect.answers.phrases import CJK, Phrases, load_phrases
from medsyn_inspect.answers.reading import Reading
from medsyn_inspect.answers.surface import Surface, shown_end, surface
from medsyn_inspect.calls import generated
from medsyn_inspect.cases.names import plain

ROLE = "extractor"
ATTEMPTS = 3
"""Calls about one answer before the extractor counts as failed."""

CACHE = CachePolicy(expiry="4W", per_epoch=False)
QUESTION_READ = {"ddx": "differential", "fdx": "choice", "open_fdx": "commitment"}
"""What is read from the answers of each task."""

NONE = "none"
HOW = "extractor"

_PROMPTS = Path(__file__).parent / "extractor_prompts"
# The share of a quote's words that an option must have for the quote to name it in other words.
_SHARE = 0.6

T = TypeVar("T")
ReplyT = TypeVar("ReplyT", bound=BaseModel)


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ChoiceReply(_Reply):
    """What an extractor returns about a choice."""

    quote: str = Field(description="The shortest part of the answer that states its choice; empty if there is none")
    letter: str = Field(description=f'The letter of the option, or "{NONE}"')


class DifferentialReply(_Reply):
    """What an extractor returns about a differential."""

    diagnoses: list[str] = Field(description="Names of diagnoses, copied from the answer, most probable first")


class CommitmentReply(_Reply):
    """What an extractor returns about a commitment."""

    diagnosis: str = Field(
        description="The name of the final diagnosis, copied from the answer; empty if there is none"
    )


class InvalidReply(ValueError):
    """A reply that is not one, or that the answer does not bear out; the message says why."""


class ExtractorFailed(Exception):
    """An extractor gave no valid reply; the message says which, after how many attempts, and why."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


async def extract_choice(
    extractor: Model, answer: str, options: Sequence[str], phrases: Phrases | None = None
) -> Reading[str]:
    """The option that an extractor finds an answer to select; without a value if it finds none.

    Args:
        extractor: The model.
        answer: A completion.
        options: The options' texts in displayed order; the first is A.
        phrases: Those of the languages in which the answer may be written; by default all there are.

    Raises:
        ExtractorFailed: If no attempt gives a valid reply, or a call fails.
    """
    shown = surface(answer, phrases or load_phrases())
    names = option_names(tuple(options))
    lettered = [{"letter": letter, "text": text} for letter, text in zip(names.letters, options, strict=True)]

    def checked(reply: ChoiceReply) -> Reading[str]:
        letter = reply.letter.strip().upper()
        if letter == NONE.upper() and not reply.quote.strip():
            return Reading(None, "unparseable", HOW)
        if letter not in names.letters or len(letter) != 1:
            raise InvalidReply(
                f"`letter` {reply.letter!r} is no option's letter; with {NONE!r} the quote must be empty"
            )
        span = _found(reply.quote, shown)
        if _stated(reply.quote, names, options) != letter:
            raise InvalidReply(f"the quote {reply.quote!r} does not itself state option {letter} and no other")
        return Reading(letter, None, HOW, span)

    return await _extracted(extractor, "choice", ChoiceReply, {"answer": _visible(shown), "options": lettered}, checked)


async def extract_differential(
    extractor: Model, answer: str, phrases: Phrases | None = None
) -> Reading[tuple[str, ...]]:
    """The diagnoses that an extractor finds listed in an answer, in the order in which it ranks them.

    Args:
        extractor: The model.
        answer: A completion.
        phrases: Those of the languages in which it may be written; by default all there are.

    Raises:
        ExtractorFailed: If no attempt gives a valid reply, or a call fails.
    """
    phrases = phrases or load_phrases()
    shown = surface(answer, phrases)

    def checked(reply: DifferentialReply) -> Reading[tuple[str, ...]]:
        spans = [_named(name, shown, phrases) for name in reply.diagnoses]
        if not spans:
            return Reading(None, "unparseable", HOW)
        span = (min(start for start, _ in spans), max(end for _, end in spans))
        return Reading(distinct(" ".join(name.split()) for name in reply.diagnoses), None, HOW, span)

    return await _extracted(extractor, "differential", DifferentialReply, {"answer": _visible(shown)}, checked)


async def extract_commitment(extractor: Model, answer: str, phrases: Phrases | None = None) -> Reading[str]:
    """The one diagnosis that an extractor finds an answer to commit itself to.

    Args:
        extractor: The model.
        answer: A completion.
        phrases: Those of the languages in which it may be written; by default all there are.

    Raises:
        ExtractorFailed: If no attempt gives a valid reply, or a call fails.
    """
    phrases = phrases or load_phrases()
    shown = surface(answer, phrases)

    def checked(reply: CommitmentReply) -> Reading[str]:
        if not reply.diagnosis.strip():
            return Reading(None, "unparseable", HOW)
        return Reading(" ".join(reply.diagnosis.split()), None, HOW, _named(reply.diagnosis, shown, phrases))

    return await _extracted(extractor, "commitment", CommitmentReply, {"answer": _visible(shown)}, checked)


@lru_cache
def instructions(question: str) -> str:
    """The extractor's system message about a `choice`, a `differential` or a `commitment`."""
    return (_PROMPTS / f"{question}.md").read_text(encoding="utf-8").strip()


async def _extracted(
    extractor: Model,
    question: str,
    kind: type[ReplyT],
    quoted: dict[str, Any],
    checked: Callable[[ReplyT], T],
) -> T:
    """The reading of the first valid reply; if one is refused, the next request names the problem."""
    schema = ResponseSchema(name=question, json_schema=json_schema(kind), strict=True)
    conversation: list[ChatMessage] = [
        ChatMessageSystem(content=instructions(question)),
        ChatMessageUser(content=json.dumps(quoted, ensure_ascii=False, indent=1)),
    ]
    problem = ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            output = await generated(
                extractor,
                conversation,
                GenerateConfig(response_schema=schema),
                cache=CACHE if attempt == 1 else False,
            )
        except LimitExceededError:
            raise
        except Exception as error:
            # Inspect has retried it; what went wrong is in the cause.
            cause = error.__cause__ or error
            raise ExtractorFailed(f"{extractor}: {str(cause) or type(cause).__name__}", attempt) from error
        try:
            if output.stop_reason not in ("stop", "unknown"):
                raise InvalidReply(f"the extractor stopped early ({output.stop_reason})")
            return checked(_parsed(output.completion, kind))
        except InvalidReply as error:
            problem = str(error)
            again = ChatMessageUser(content=f"That was refused: {problem}. Answer again, with JSON only, as specified.")
            conversation = [*conversation[:2], output.message, again]
    raise ExtractorFailed(f"{extractor}: {problem} ({ATTEMPTS} attempts)", ATTEMPTS)


def _parsed(reply: str, kind: type[ReplyT]) -> ReplyT:
    """The last object in a reply that has the keys; schemas are not enforced by every provider."""
    objects = [value for value, _, _ in json_spans(shown_end(reply)[1]) if isinstance(value, dict)]
    for value in reversed(objects):
        try:
            return kind.model_validate(value)
        except ValidationError:
            continue
    raise InvalidReply(f"not a JSON object with {', '.join(kind.model_fields)}")


def _visible(answer: Surface) -> str:
    """What an extractor is shown of an answer: without reasoning and run-on text."""
    return re.sub(r"\n{3,}", "\n\n", answer.visible).strip()


def _found(quote: str, answer: Surface) -> tuple[int, int]:
    """Where a quote is in the model's text, whatever blanks are in it: the last place where it does not cut a word.

    Raises:
        InvalidReply: If it is nowhere.
    """
    words = r"\s+".join(map(re.escape, quote.split()))
    edges = (
        (r"(?<![A-Za-z0-9])" if quote.strip()[:1].isalnum() else ""),
        (r"(?![A-Za-z0-9])" if quote.strip()[-1:].isalnum() else ""),
    )
    matches = list(re.finditer(f"{edges[0]}{words}{edges[1]}", answer.visible)) if words else []
    if not matches:
        raise InvalidReply(f"{quote!r} is not in the answer word for word")
    return answer.offset + matches[-1].start(), answer.offset + matches[-1].end()


def _named(name: str, answer: Surface, phrases: Phrases) -> tuple[int, int]:
    """Where a name is in the model's text.

    Raises:
        InvalidReply: If it is nowhere, or is no name but a denial ("not X") or an essay.
    """
    if len(name) > LONGEST or not diagnosis_name(name, phrases):
        raise InvalidReply(f"{name[:LONGEST]!r} is no name of a diagnosis")
    return _found(name, answer)


def _stated(quote: str, names: OptionNames, options: Sequence[str]) -> str:
    """The letters that a quote states: by name, else by letter, else by words that one option has most of."""
    if named := names.mentioned(quote):
        return "".join(sorted(set(named)))
    lettered = {
        letter for letter in re.findall(r"(?<![A-Za-z0-9])[A-Z](?![A-Za-z0-9])", quote) if letter in names.letters
    }
    if lettered:
        return "".join(sorted(lettered))
    words = _words(quote)
    shared = Counter({letter: len(words & _words(text)) for letter, text in zip(names.letters, options, strict=True)})
    (best, most), (_, second), *_ = [*shared.most_common(2), ("", 0), ("", 0)]
    return best if most > second and most >= _SHARE * len(words) else ""


def _words(text: str) -> set[str]:
    """The words of a name, and the characters of scripts without spaces."""
    return set(re.findall(rf"[{CJK}]|[^\W{CJK}]+", plain(text)))
