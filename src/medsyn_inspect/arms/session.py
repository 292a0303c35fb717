"""Sends the arms of one case to a model and records the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    Model,
)
from inspect_ai.util import LimitExceededError, collect, span

from medsyn_inspect.answers.phrases import load_phrases
from medsyn_inspect.arms.design import Arm, permuted
from medsyn_inspect.arms.posteriors import average_permutations, to_canonical_order
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.arms.sources import SOURCES, Request
from medsyn_inspect.arms.sources.logprobs import direct_answer, gives_logprobs, record_of
from medsyn_inspect.calls import NoAnswer
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.dataset import sample_images
from medsyn_inspect.prompts.stages import Picture, option_order
from medsyn_inspect.records import ArmRecord, shortened
from medsyn_inspect.redaction import failed_call


@dataclass(frozen=True)
class CaseSession:
    """One case shown to one model. A failed call becomes part of its arm's record; the other arms are kept."""

    model: Model
    case_set: CaseSet
    case: Case

    images: Mapping[Path, ContentImage]
    """The images of the sample's message by file; Inspect has read and encoded each once."""

    samples: int
    """Answers per arm where the posterior is estimated from samples."""

    one_by_one: set[Model]
    """Models that refuse to give several answers to one request; this model is added if it does."""

    async def answered(self, arm: Arm, source: str, offsets: Sequence[int]) -> ArmRecord:
        """Run an arm in one or several orders of the options; letters and numbers are in the case's own order.

        Args:
            arm: What is shown, and how the question is worded.
            source: The source of the posterior.
            offsets: The cyclic shifts of the options.
        """
        async with span(arm.label):
            if len(offsets) == 1:
                record = await self.once(arm, source, offsets[0])
            else:
                record = average_permutations(await collect(*(self.once(arm, source, offset) for offset in offsets)))
        return identified(record, arm)

    async def once(self, arm: Arm, source: str, offset: int) -> ArmRecord:
        """Run an arm in one order of the options."""
        request = self.request(arm, source, offset)
        try:
            record = await SOURCES[source].ask(request)
        except Exception as error:
            record = failed_arm(error)
        return to_canonical_order(record, offset, len(request.options))

    async def token_probabilities(self, arm: Arm) -> tuple[ArmRecord, bool | None]:
        """Run an arm with token probabilities.

        Returns:
            The record, and whether the model gives token probabilities: `None` if the answer was blocked, or if the
            call failed for another reason than the request for them.
        """
        request = self.request(arm, "logprobs", 0)
        async with span(arm.label):
            try:
                output = await direct_answer(request)
            except Exception as error:
                refused = "logprob" in cause_of(error).lower()
                return identified(failed_arm(error), arm), False if refused else None
        return identified(record_of(request, output), arm), gives_logprobs(output)

    def request(self, arm: Arm, source: str, offset: int) -> Request:
        """An arm in one order of the options, as a source puts it to the model."""
        options = permuted(option_order(self.case), offset)
        return Request(
            model=self.model,
            messages=self.messages(arm, source, options),
            options=options,
            phrases=load_phrases(self.case.language, self.case_set.language_folders),
            samples=self.samples,
            one_by_one=self.one_by_one,
        )

    def messages(self, arm: Arm, source: str, options: tuple[str, ...]) -> list[ChatMessage]:
        """The messages of an arm, with the images that are already encoded."""
        prompt = arm_prompt(self.case_set, self.case, arm, source, options)
        content: list[Content] = [
            self.images[part.path] if isinstance(part, Picture) else ContentText(text=part.text)
            for part in prompt.turns[0].parts
        ]
        return [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=content)]


def identified(record: ArmRecord, arm: Arm) -> ArmRecord:
    """A copy of a record with the view and name of its arm."""
    return record.model_copy(update={"view": arm.view, "name": arm.name})


def failed_arm(error: Exception) -> ArmRecord:
    """The record of an arm whose call failed."""
    detail = cause_of(error)
    return ArmRecord(error=detail if isinstance(error, NoAnswer) else failed_call(error), detail=shortened(detail))


def cause_of(error: Exception) -> str:
    """The provider's error message. Inspect's own message does not help: it names a future or begins with the request.

    Raises:
        LimitExceededError: If the error is an exceeded limit, which must end the sample.
    """
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, LimitExceededError):
        raise error
    return str(error.__cause__ or error) or type(error).__name__


def image_contents(case_set: CaseSet, case: Case, messages: Sequence[ChatMessage]) -> dict[Path, ContentImage]:
    """The encoded images in a sample's messages, by file."""
    shown = sample_images(case_set, case)
    encoded = [
        part
        for message in messages
        if isinstance(message, ChatMessageUser) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, ContentImage)
    ]
    return dict(zip(shown, encoded, strict=True))
