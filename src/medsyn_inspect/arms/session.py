"""Sends the arms of one case to a model and records the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
)
from inspect_ai.util import JSONSchema, LimitExceededError, collect, span

from medsyn_inspect.answers.phrases import Phrases, load_phrases
from medsyn_inspect.arms.design import Arm, permuted
from medsyn_inspect.arms.posteriors import (
    average_permutations,
    from_logprobs,
    from_samples,
    from_statement,
    gives_logprobs,
    to_canonical_order,
)
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.dataset import sample_images
from medsyn_inspect.prompts.stages import Picture, option_order
from medsyn_inspect.providers import answers_per_call, drops_certain_tokens
from medsyn_inspect.records import ArmRecord, Source, shortened
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

    @property
    def phrases(self) -> Phrases:
        """The phrases with which the answers are read."""
        return load_phrases(self.case.language, self.case_set.language_folders)

    async def answered(self, arm: Arm, source: Source, offsets: Sequence[int]) -> ArmRecord:
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

    async def once(self, arm: Arm, source: Source, offset: int) -> ArmRecord:
        """Run an arm in one order of the options."""
        options = permuted(option_order(self.case), offset)
        messages = self.messages(arm, source, options)
        try:
            match source:
                case "logprobs":
                    output = await self.direct_answer(messages)
                    record = self.from_tokens(output, options)
                case "samples":
                    record = from_samples(await self.sampled(messages), options, phrases=self.phrases)
                case "verbalized":
                    config = GenerateConfig(response_schema=probabilities_schema(len(options)))
                    output = await self.model.generate(messages, config=config)
                    record = from_statement(output.completion, options, stop_reason=output.stop_reason)
        except Exception as error:
            record = failed_arm(error)
        return to_canonical_order(record, offset, len(options))

    async def token_probabilities(self, arm: Arm) -> tuple[ArmRecord, bool | None]:
        """Run an arm with token probabilities.

        Returns:
            The record, and whether the model gives token probabilities: `None` if the answer was blocked, or if the
            call failed for another reason than the request for them.
        """
        options = option_order(self.case)
        async with span(arm.label):
            try:
                output = await self.direct_answer(self.messages(arm, "logprobs", options))
            except Exception as error:
                refused = "logprob" in cause_of(error).lower()
                return identified(failed_arm(error), arm), False if refused else None
        record = self.from_tokens(output, options)
        return identified(record, arm), gives_logprobs(output)

    def from_tokens(self, output: ModelOutput, options: Sequence[str]) -> ArmRecord:
        """The record of a direct answer."""
        return from_logprobs(output, options, drops_certain_tokens(str(self.model)), phrases=self.phrases)

    async def direct_answer(self, messages: list[ChatMessage]) -> ModelOutput:
        """Request an answer with token probabilities."""
        # Some services accept fewer than 20 candidates, so `--top-logprobs` takes precedence.
        candidates = self.model.config.top_logprobs or 20
        return await self.model.generate(messages, config=GenerateConfig(logprobs=True, top_logprobs=candidates))

    async def sampled(self, messages: list[ChatMessage]) -> list[tuple[str, str]]:
        """Repeated answers to one prompt with their stop reasons, in as few calls as possible.

        A call may return fewer answers than requested.

        Every call but the first has its own seed, so that no cached answer is counted twice. The seed is the index of
        the call's first answer, because some servers increment it for each further answer.
        """
        count = self.samples
        most = answers_per_call(str(self.model)).most
        several = None if most == 1 or self.model in self.one_by_one else min(count, most)
        try:
            first = await self.model.generate(messages, config=GenerateConfig(num_choices=several))
        except Exception as error:
            if several is None or not is_bad_request(error):
                raise
            first = await self.model.generate(messages)
            self.one_by_one.add(self.model)
        given = max(1, len(first.choices))
        more = [
            GenerateConfig(seed=place, num_choices=min(given, count - place) if given > 1 else None)
            for place in range(given, count, given)
        ]
        outputs = await collect(*(self.model.generate(messages, config=config) for config in more))
        choices = [choice for output in (first, *outputs) for choice in output.choices][:count]
        return [(choice.message.text, str(choice.stop_reason)) for choice in choices]

    def messages(self, arm: Arm, source: Source, options: tuple[str, ...]) -> list[ChatMessage]:
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
    return ArmRecord(error=failed_call(error), detail=shortened(detail))


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


def is_bad_request(error: Exception) -> bool:
    """Whether the provider rejected the request as invalid (HTTP 400 or 422)."""
    codes = (getattr(one, name, None) for one in (error, error.__cause__) for name in ("status_code", "code"))
    return any(code in (400, 422) for code in codes)


def probabilities_schema(options: int) -> ResponseSchema:
    """A schema for an object with a number for each option's letter and nothing else."""
    letters = ascii_uppercase[:options]
    properties = {letter: JSONSchema(type="number") for letter in letters}
    schema = JSONSchema(type="object", properties=properties, required=list(letters), additionalProperties=False)
    return ResponseSchema(name="probabilities", json_schema=schema, strict=True)


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
