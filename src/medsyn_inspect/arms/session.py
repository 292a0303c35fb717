"""One case in front of a model: its prompts, the calls, and what each call gave."""

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
    """A model in front of one case. A call that fails is part of the record; it must not lose the other arms."""

    model: Model
    case_set: CaseSet
    case: Case

    images: Mapping[Path, ContentImage]
    """By file: the images of the sample's message, which Inspect has read and encoded once."""

    samples: int
    """Answers per arm where the posterior is estimated from samples."""

    one_by_one: set[Model]
    """Updated with the model if it turns out to refuse several answers to one request."""

    async def answered(self, arm: Arm, source: Source, offsets: Sequence[int]) -> ArmRecord:
        """One arm, in one or several orders of the options; letters and numbers in the case's own order.

        Args:
            arm: What is shown, and how the question is worded.
            source: The source of the posterior.
            offsets: By how many positions the options are shifted, in each order.
        """
        async with span(arm.label):
            if len(offsets) == 1:
                record = await self.once(arm, source, offsets[0])
            else:
                record = average_permutations(await collect(*(self.once(arm, source, offset) for offset in offsets)))
        return identified(record, arm)

    async def once(self, arm: Arm, source: Source, offset: int) -> ArmRecord:
        """One arm in one order of the options."""
        options = permuted(option_order(self.case), offset)
        messages = self.messages(arm, source, options)
        try:
            match source:
                case "logprobs":
                    output = await self.direct_answer(messages)
                    record = from_logprobs(output, options, drops_certain_tokens(str(self.model)))
                case "samples":
                    record = from_samples(await self.sampled(messages), options)
                case "verbalized":
                    config = GenerateConfig(response_schema=probabilities_schema(len(options)))
                    record = from_statement((await self.model.generate(messages, config=config)).completion, options)
        except Exception as error:
            record = failed_arm(error)
        return to_canonical_order(record, offset, len(options))

    async def token_probabilities(self, arm: Arm) -> tuple[ArmRecord, bool | None]:
        """One arm's answer, and whether the model gives token probabilities (`None`: the call failed otherwise)."""
        options = option_order(self.case)
        async with span(arm.label):
            try:
                output = await self.direct_answer(self.messages(arm, "logprobs", options))
            except Exception as error:
                refused = "logprob" in cause_of(error).lower()
                return identified(failed_arm(error), arm), False if refused else None
        record = from_logprobs(output, options, drops_certain_tokens(str(self.model)))
        return identified(record, arm), gives_logprobs(output)

    async def direct_answer(self, messages: list[ChatMessage]) -> ModelOutput:
        """An answer with token probabilities, if the model gives them."""
        # Some services accept fewer candidates than 20: `--top-logprobs` counts.
        candidates = self.model.config.top_logprobs or 20
        return await self.model.generate(messages, config=GenerateConfig(logprobs=True, top_logprobs=candidates))

    async def sampled(self, messages: list[ChatMessage]) -> list[str]:
        """Answers to one prompt: in as few calls as the provider allows, which may give fewer at once than requested.

        Every call but the first has a seed of its own, so that a cached answer is not counted again. It is the number
        of the call's first answer, because some servers count on from it for the others.
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
        return [choice.message.text for output in (first, *outputs) for choice in output.choices][:count]

    def messages(self, arm: Arm, source: Source, options: tuple[str, ...]) -> list[ChatMessage]:
        """The prompt of an arm, with the images that are already encoded."""
        prompt = arm_prompt(self.case_set, self.case, arm, source, options)
        content: list[Content] = [
            self.images[part.path] if isinstance(part, Picture) else ContentText(text=part.text)
            for part in prompt.turns[0].parts
        ]
        return [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=content)]


def identified(record: ArmRecord, arm: Arm) -> ArmRecord:
    """A record with the arm that it belongs to."""
    return record.model_copy(update={"view": arm.view, "name": arm.name})


def failed_arm(error: Exception) -> ArmRecord:
    """The record of an arm whose call failed."""
    detail = cause_of(error)
    return ArmRecord(error=failed_call(error), detail=shortened(detail))


def cause_of(error: Exception) -> str:
    """What went wrong, in the provider's words. Inspect's own message names a future, or begins with the request.

    Raises:
        LimitExceededError: If that is what went wrong: a limit of the sample ends it.
    """
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, LimitExceededError):
        raise error
    return str(error.__cause__ or error) or type(error).__name__


def is_bad_request(error: Exception) -> bool:
    """Whether the provider refused the request for its content."""
    codes = (getattr(one, name, None) for one in (error, error.__cause__) for name in ("status_code", "code"))
    return any(code in (400, 422) for code in codes)


def probabilities_schema(options: int) -> ResponseSchema:
    """An object with a number for each option's letter, and nothing else."""
    letters = ascii_uppercase[:options]
    properties = {letter: JSONSchema(type="number") for letter in letters}
    schema = JSONSchema(type="object", properties=properties, required=list(letters), additionalProperties=False)
    return ResponseSchema(name="probabilities", json_schema=schema, strict=True)


def image_contents(case_set: CaseSet, case: Case, messages: Sequence[ChatMessage]) -> dict[Path, ContentImage]:
    """The encoded images of a sample's message, by file."""
    shown = sample_images(case_set, case)
    encoded = [
        part
        for message in messages
        if isinstance(message, ChatMessageUser) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, ContentImage)
    ]
    return dict(zip(shown, encoded, strict=True))
