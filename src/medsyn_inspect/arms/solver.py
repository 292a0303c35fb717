"""The `sensitivity` task's solver and scorer: every arm of a case in one sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import JSONSchema, LimitExceededError, StoreModel, collect, span
from pydantic import Field

from medsyn_inspect.arms.design import AskedArm, Orders, arms_of, design_of, rotated, rotations_of
from medsyn_inspect.arms.posteriors import (
    from_logprobs,
    from_samples,
    from_statement,
    gives_logprobs,
    in_own_order,
    over_orders,
)
from medsyn_inspect.arms.prompt import CYCLIC_NEEDS, PosteriorSource, arm_prompt
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.prompts.stages import Picture, option_order
from medsyn_inspect.providers.facts import GOOGLE, most_answers, provider_of
from medsyn_inspect.records import ArmRecord, Source, shortened


class ArmsFailed(Exception):
    """Arms whose calls failed. The case is scored without them, and its sample asked again by `inspect eval-retry`."""


class AskedArms(StoreModel):
    """The answers of all arms."""

    arms: dict[str, dict[str, object]] = Field(default_factory=dict)
    """`ArmRecord` by the arm's label."""


@solver
def all_arms(
    cases: str,
    types: tuple[str, ...] = (),
    posterior: PosteriorSource = "auto",
    samples: int = 20,
    emphasis: str | None = None,
    text_evidence: bool = False,
    only_one: bool = False,
    orders: Orders = "fixed",
    order_audit: float = 0.1,
) -> Solver:
    """Ask a case in every arm: with all evidence, and with each type withheld, as images and as findings.

    Args:
        cases: The case set of the task.
        types: Evidence types to withhold in turn; empty for all.
        posterior: `logprobs`, `samples`, `verbalized`, or `auto`: token probabilities if the model gives them, else
            samples; what it gives is found out once a run, since values of two sources cannot be compared.
        samples: Answers for each arm where the posterior is estimated from samples.
        emphasis: An evidence type that the system message asks the reader to attend to.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text.
        orders: `fixed`, or `cyclic`: every arm in all cyclic orders of the options.
        order_audit: Share of the cases whose full arm is asked in all cyclic orders.
    """
    found: dict[Model, Source] = {}
    one_by_one: set[Model] = set()

    @cache
    def known() -> tuple[CaseSet, dict[str, Case]]:
        case_set = load_cases(cases)
        return case_set, {case.case_id: case for case in case_set.cases}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case_set, by_id = known()
        case = by_id[str(state.sample_id)]
        model = get_model()  # inspect-evals-lint: ignore[IEBP001] -- the solver calls it
        reader = Reader(
            model=model,
            case_set=case_set,
            case=case,
            images=inlined(state.messages),
            samples=samples,
            one_by_one=one_by_one,
            emphasis=EvidenceType(emphasis) if emphasis else None,
        )
        answers: dict[str, ArmRecord] = {}
        if posterior == "auto" and model not in found:
            answers = await find_source(reader, found, arms_of(case, [EvidenceType(name) for name in types]))
        source = found.get(model) if posterior == "auto" else posterior
        if source == "samples" and orders == "cyclic":
            raise ValueError(f"orders=cyclic: {CYCLIC_NEEDS}")
        planned, shifts = design_of(
            case,
            tuple(by_id),
            source,
            [EvidenceType(name) for name in types],
            text_evidence=text_evidence,
            only_one=only_one,
            orders=orders,
            order_audit=order_audit,
        )
        if source is not None:
            again = [arm for arm in planned if arm.label not in answers or len(shifts) > 1]
            records = await collect(*(reader.answered(arm, source, shifts) for arm in again))
            answers |= dict(zip((arm.label for arm in again), records, strict=True))
        answers = {arm.label: answers[arm.label] for arm in planned if arm.label in answers}
        state.store_as(AskedArms).arms = {label: answer.model_dump(mode="json") for label, answer in answers.items()}
        first = answers[planned[0].label]
        state.messages.append(ChatMessageAssistant(content=first.answer or f"no answer: {first.error}"))
        failed = [arm.label for arm in planned if arm.label not in answers or answers[arm.label].n == 0]
        if failed:
            raise ArmsFailed(
                f"{len(failed)} of {len(planned)} arms failed ({', '.join(failed)}): {first_error(answers)}"
            )
        return state

    return solve


def first_error(answers: dict[str, ArmRecord]) -> str:
    """The first thing that went wrong."""
    return next((answer.error for answer in answers.values() if answer.error and answer.n == 0), "no answer to be read")


async def find_source(reader: Reader, found: dict[Model, Source], arms: Sequence[AskedArm]) -> dict[str, ArmRecord]:
    """Ask arms for token probabilities until it is clear whether the model gives them; once a model and run.

    A model that answers without any, or refuses the request because of them, gives none. Where a list comes back
    that does not hold the answer's letter, the provider blocks the answer, or the call fails for another reason, the
    next arm is asked.

    Args:
        reader: Of the first case.
        found: Takes up what was found, unless another case was first.
        arms: Of the case.

    Returns:
        The answers so far, by label; empty if they are of no use because samples are needed.
    """
    answers: dict[str, ArmRecord] = {}
    unclear = True
    for arm in arms:
        record, gives = await reader.token_probabilities(arm)
        answers[arm.label] = record
        unclear = unclear and gives is None
        if record.posterior is not None:
            found.setdefault(reader.model, "logprobs")
        elif gives is False:
            found.setdefault(reader.model, "samples")
        if reader.model in found:
            break
    else:
        if not unclear:
            found.setdefault(reader.model, "samples")
    return {} if found.get(reader.model) == "samples" else answers


@dataclass(frozen=True)
class Reader:
    """A model in front of one case. A call that fails is part of the record; it must not lose the other arms."""

    model: Model
    case_set: CaseSet
    case: Case
    images: list[ContentImage]
    """Of the message with all evidence, which Inspect has read and encoded once."""
    samples: int
    one_by_one: set[Model]
    """Takes up the model if it turns out to refuse several answers to one request."""
    emphasis: EvidenceType | None

    async def answered(self, arm: AskedArm, source: Source, shifts: Sequence[int]) -> ArmRecord:
        """One arm, in each of some orders of the options; letters and numbers in the case's own order.

        Args:
            arm: What is shown and asked.
            source: What the posterior is to rest on.
            shifts: The orders beside the arm's own: by how many places more the options are shifted.
        """
        async with span(arm.label):
            rotations = rotations_of(arm, shifts)
            if len(rotations) == 1:
                return await self.once(arm, source, rotations[0])
            return over_orders(await collect(*(self.once(arm, source, rotation) for rotation in rotations)))

    async def once(self, arm: AskedArm, source: Source, rotation: int) -> ArmRecord:
        """One arm in one order of the options."""
        options = rotated(option_order(self.case), rotation)
        messages = self.messages(arm, source, options)
        try:
            match source:
                case "logprobs":
                    record = from_logprobs(await self.directly(messages), options, is_google(self.model))
                case "samples":
                    record = from_samples(await self.sampled(messages), options)
                case "verbalized":
                    config = GenerateConfig(response_schema=probabilities_schema(len(options)))
                    record = from_statement((await self.model.generate(messages, config=config)).completion, options)
        except Exception as error:
            record = ArmRecord(error=shortened(reason_of(error)))
        return in_own_order(record, rotation, len(options))

    async def token_probabilities(self, arm: AskedArm) -> tuple[ArmRecord, bool | None]:
        """One arm's answer, and whether the model gives token probabilities (`None`: the call failed otherwise)."""
        options = option_order(self.case)
        async with span(arm.label):
            try:
                output = await self.directly(self.messages(arm, "logprobs", options))
            except Exception as error:
                reason = reason_of(error)
                return ArmRecord(error=shortened(reason)), False if "logprob" in reason.lower() else None
        return from_logprobs(output, options, is_google(self.model)), gives_logprobs(output)

    async def directly(self, messages: list[ChatMessage]) -> ModelOutput:
        """An answer with token probabilities, if the model gives them."""
        # Some services take fewer candidates than 20: `--top-logprobs` counts.
        candidates = self.model.config.top_logprobs or 20
        return await self.model.generate(messages, config=GenerateConfig(logprobs=True, top_logprobs=candidates))

    async def sampled(self, messages: list[ChatMessage]) -> list[str]:
        """Answers to one prompt: in as few calls as the provider allows, which may give fewer at once than asked for.

        Every call but the first has a seed of its own, so that a cached answer is not counted again. It is the place
        of the call's first answer, because some servers count on from it for the others.
        """
        count = self.samples
        several = None if self.model in self.one_by_one else min(count, most_answers(str(self.model)))
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

    def messages(self, arm: AskedArm, source: Source, options: tuple[str, ...]) -> list[ChatMessage]:
        """What the arm shows, with the images that are already there."""
        prompt = arm_prompt(self.case_set, self.case, arm, source, options, self.emphasis)
        content: list[Content] = [
            self.image_of(part) if isinstance(part, Picture) else ContentText(text=part.text)
            for part in prompt.turns[0].parts
        ]
        return [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=content)]

    def image_of(self, picture: Picture) -> ContentImage:
        """The image as it is in the message with all evidence."""
        paths = [
            self.case_set.folder / image.path
            for piece in self.case.evidence_in_clinical_order
            for image in piece.images
        ]
        return self.images[paths.index(picture.path)]


def reason_of(error: Exception) -> str:
    """What went wrong. It is in the cause: Inspect's own message names a future, or begins with the request.

    Raises:
        LimitExceededError: If that is what went wrong: a limit of the sample ends it.
    """
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, LimitExceededError):
        raise error
    return str(error.__cause__ or error) or type(error).__name__


def is_bad_request(error: Exception) -> bool:
    """Whether the provider refused the request for what it asks."""
    codes = (getattr(one, name, None) for one in (error, error.__cause__) for name in ("status_code", "code"))
    return any(code in (400, 422) for code in codes)


def is_google(model: Model) -> bool:
    """Whether a model is reached through Google's API."""
    return provider_of(str(model)) in GOOGLE


def probabilities_schema(options: int) -> ResponseSchema:
    """An object with a number for each option's letter, and nothing else."""
    letters = ascii_uppercase[:options]
    properties = {letter: JSONSchema(type="number") for letter in letters}
    schema = JSONSchema(type="object", properties=properties, required=list(letters), additionalProperties=False)
    return ResponseSchema(name="probabilities", json_schema=schema, strict=True)


def inlined(messages: list[ChatMessage]) -> list[ContentImage]:
    """The images of the message with all evidence, which Inspect has read and encoded once."""
    return [
        part
        for message in messages
        if isinstance(message, ChatMessageUser) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, ContentImage)
    ]
