"""`reference/reader` and the other simulated models, which need no key and whose answers can be computed.

`reference/blind` and the other names in `named.NAMED` are the same reader with other default arguments.
They serve to try the suite and to test its analysis. They are not medical models, and their answers say so.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from string import ascii_uppercase
from typing import Any

import anyio
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.load import DEMO, load_cases
from medsyn_inspect.cases.names import plain
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.providers import BUILDER, GUESSER, JUDGE, READER, provider_of
from medsyn_inspect.reference.belief import (
    Gains,
    Weights,
    belief,
    candidates_of,
    uniform,
    weights_of,
    with_prior_noise,
)
from medsyn_inspect.reference.builder import built, guessed
from medsyn_inspect.reference.extraction import EXTRACTED, extracted
from medsyn_inspect.reference.named import NAMED, arguments_of
from medsyn_inspect.reference.recognition import Recognised, Recogniser

PROVIDER = provider_of(READER)
OTHERS = tuple(model.partition("/")[2] for model in (JUDGE, BUILDER, GUESSER))
"""The simulated models that are no reader."""

READER_NOTICE = "Simulated answer of the reference reader, which is not a medical model."
JUDGE_NOTICE = "simulated by the reference judge, which is not a medical model"
REFUSAL = "I'm sorry, but I can't help with that."
GARBAGE = "Lorem ipsum dolor sit amet."
COMMON_WORDS = {"acute", "chronic", "disease", "disorder", "primary", "syndrome"}
"""Words that do not make two diagnoses related if both contain them."""

LEAST_PROBABILITY = 1e-300
"""Lower limit of a probability; it keeps the logarithm finite."""


class ReferenceFailure(RuntimeError):
    """Raised by a simulated failure of a call (`-M failure_rate=...`)."""


@dataclass(frozen=True)
class Conduct:
    """The `-M` arguments that reader and judge share."""

    refusal_rate: float = 0.0
    """Share of prompts that are refused; whether one is refused depends only on the prompt."""

    garbage_rate: float = 0.0
    """Share of prompts that are answered with unrelated text."""

    failure_rate: float = 0.0
    """Probability that a call raises an error, independently for every call."""

    latency: float = 0.0
    """Delay before each answer, in seconds."""


@dataclass(frozen=True)
class ReaderArguments(Conduct):
    """The `-M` arguments of the reader, except `image_gain_<type>` and `finding_gain_<type>`."""

    cases: str = DEMO
    """The case set that the reader knows; must be that of the task."""

    image_gain: float = 1.0
    """Gain of evidence shown as images."""

    finding_gain: float = 1.0
    """Gain of evidence shown as findings."""

    text_gain: float = 1.0
    """Gain of history and examination."""

    emphasis_gain: float = 1.0
    """Factor for the gain of images of the types that the system message asks to attend to (`-T emphasis=...`)."""

    position_bias: float = 0.0
    """Added to the log-odds of option A."""

    temperature: float = 1.0
    """Values above 1 make beliefs flatter."""

    wording_noise: float = 0.0
    """Maximum change of an option's log-odds that depends only on the wording of the prompt (by a hash of it)."""

    prior_noise: float = 0.0
    """Maximum log-odds of an option before any evidence (by a hash of the model's name, the case and the option)."""

    sample: bool = False
    """Whether to answer with a draw from the belief and without token probabilities, instead of the best option."""

    listed: int = 3
    """Number of diagnoses in a differential."""

    wording: str = "exact"
    """`exact`: diagnoses are named as in the case set; `loose`: as "Suspected ...", so that the judge is needed."""


@modelapi(name=PROVIDER)
class ReferenceAPI(ModelAPI):
    """The model API of the simulated models."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self.draws: dict[str, int] = {}
        gains_by_type = {}
        reads = model_name in NAMED
        if not reads and model_name not in OTHERS:
            readers, others = (", ".join(f"{PROVIDER}/{name}" for name in names) for names in (NAMED, OTHERS))
            raise ValueError(f"{PROVIDER}/{model_name}: unknown model; choose a reader ({readers}) or {others}")
        model_args = arguments_of(model_name, model_args)
        if reads:
            for view in ("image", "finding"):
                for evidence_type in EvidenceType:
                    name = f"{view}_gain_{evidence_type}"
                    if (gain := model_args.pop(name, None)) is not None:
                        gains_by_type[view, evidence_type.value] = float(of_kind(name, gain, 1.0))
        kind: type[Conduct] = ReaderArguments if reads else Conduct
        known = [field.name for field in fields(kind)]
        if unknown := sorted(set(model_args) - set(known)):
            also = ", image_gain_<type>, finding_gain_<type>" if reads else ""
            raise ValueError(
                f"{PROVIDER}/{model_name}: unknown -M {', '.join(unknown)}; known: {', '.join(known)}{also}"
            )
        for field in fields(kind):
            if field.name in model_args:
                of_kind(field.name, model_args[field.name], field.default)
        self.arguments = kind(**model_args)
        if isinstance(self.arguments, ReaderArguments):
            given = self.arguments
            if given.wording not in ("exact", "loose"):
                raise ValueError(f"-M wording={given.wording}: choose one of exact, loose")
            self.gains = Gains(
                given.image_gain, given.finding_gain, given.text_gain, gains_by_type, given.emphasis_gain
            )

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Answer after the latency, unless the call is a simulated failure."""
        arguments = self.arguments
        if arguments.latency:
            await anyio.sleep(arguments.latency)
        if arguments.failure_rate and random.random() < arguments.failure_rate:
            raise ReferenceFailure(f"simulated failure of a call to {self.model_name} (failure_rate)")
        prompt = "\n".join(message.text for message in input)
        chance = uniform("conduct", prompt)
        choices = [
            self._choice(input, prompt, config, chance, arguments) for _ in range(max(1, config.num_choices or 1))
        ]
        tokens = (len(prompt) + 3) // 4, sum((len(choice.message.text) + 3) // 4 for choice in choices)
        return ModelOutput(
            model=self.model_name,
            choices=choices,
            usage=ModelUsage(input_tokens=tokens[0], output_tokens=tokens[1], total_tokens=sum(tokens)),
        )

    def _choice(
        self, messages: list[ChatMessage], prompt: str, config: GenerateConfig, chance: float, arguments: Conduct
    ) -> ChatCompletionChoice:
        if chance < arguments.refusal_rate:
            return self._reply(REFUSAL)
        if chance < arguments.refusal_rate + arguments.garbage_rate:
            return self._reply(GARBAGE)
        if isinstance(arguments, ReaderArguments):
            return self._read(messages, prompt, config, arguments)
        if self.model_name == "builder":
            return self._reply(built(messages, config))
        if self.model_name == "guesser":
            return self._reply(guessed(messages))
        question, schema = first_question(messages), config.response_schema
        kind = schema.name if schema else ""
        return self._reply(extracted(kind, question) if kind in EXTRACTED else judged(question, levels_in(messages)))

    def _read(
        self, messages: list[ChatMessage], prompt: str, config: GenerateConfig, arguments: ReaderArguments
    ) -> ChatCompletionChoice:
        known = known_cases(arguments.cases)
        seen = known.recognise(messages)
        weights = known.weights.get(seen.case.case_id, {}) if seen.case else {}
        if seen.case:
            weights = with_prior_noise(
                weights,
                known.candidates[seen.case.case_id],
                arguments.prior_noise,
                reader=self.model_name,
                case_id=seen.case.case_id,
            )
        if seen.options:
            probabilities = self._belief(seen, seen.options, weights, arguments.temperature, arguments.position_bias)
            if arguments.wording_noise:
                probabilities = disturbed(probabilities, seen.options, prompt, arguments.wording_noise)
            return self._choose(probabilities, prompt, config, arguments)
        if seen.case is None:
            return self._reply(f"{READER_NOTICE}\n1. Unknown disease")
        candidates = known.candidates[seen.case.case_id]
        probabilities = self._belief(seen, candidates, weights, arguments.temperature, position_bias=0.0)
        ranked = sorted(zip(probabilities, candidates, strict=True), key=lambda pair: -pair[0])
        names = [candidate if arguments.wording == "exact" else f"Suspected {candidate}" for _, candidate in ranked]
        templates = load_templates(seen.case.language, known.folders)
        if messages[-1].text == templates.question("commit"):
            return self._reply(f"{READER_NOTICE}\n{templates.final_diagnosis.substitute(diagnosis=names[0])}")
        lines = [f"{number}. {name}" for number, name in enumerate(names[: arguments.listed], 1)]
        return self._reply("\n".join([READER_NOTICE, *lines]))

    def _belief(
        self, seen: Recognised, candidates: tuple[str, ...], weights: Weights, temperature: float, position_bias: float
    ) -> tuple[float, ...]:
        return belief(
            candidates,
            weights,
            seen.shown,
            self.gains,
            temperature=temperature,
            position_bias=position_bias,
        )

    def _choose(
        self, probabilities: tuple[float, ...], prompt: str, config: GenerateConfig, arguments: ReaderArguments
    ) -> ChatCompletionChoice:
        letters = ascii_uppercase[: len(probabilities)]
        if config.response_schema:
            return self._reply(json.dumps(dict(zip(letters, probabilities, strict=True))))
        lead = f"{READER_NOTICE}\nAnswer:"
        if arguments.sample:
            # Draws for a prompt are numbered, so that they differ from each other but are the same in every run.
            number = self.draws[prompt] = self.draws.get(prompt, 0) + 1
            generator = random.Random(f"{config.seed}|{number}|{prompt}")
            return self._reply(f"{lead} {generator.choices(letters, probabilities)[0]}")
        ranked = sorted(zip(probabilities, letters, strict=True), key=lambda pair: -pair[0])
        best, letter = ranked[0]
        choice = self._reply(f"{lead} {letter}")
        if config.logprobs:
            top = [
                TopLogprob(token=f" {name}", logprob=math.log(max(p, LEAST_PROBABILITY)))
                for p, name in ranked[: config.top_logprobs or 1]
            ]
            tokens = [
                Logprob(token=lead, logprob=0.0, top_logprobs=[TopLogprob(token=lead, logprob=0.0)]),
                Logprob(token=f" {letter}", logprob=math.log(best), top_logprobs=top),
            ]
            choice.logprobs = Logprobs(content=tokens)
        return choice

    def _reply(self, text: str) -> ChatCompletionChoice:
        return ChatCompletionChoice(
            message=ChatMessageAssistant(content=text, model=f"{PROVIDER}/{self.model_name}", source="generate"),
            stop_reason="stop",
        )

    def max_connections(self) -> int:
        """The number of simultaneous calls; it can be high because nothing is sent."""
        return 100


class KnownCases(Recogniser):
    """A recogniser that also knows the candidate diagnoses of each case and the weights of its evidence."""

    def __init__(self, where: str) -> None:
        case_set = load_cases(where)
        super().__init__(case_set)
        self.weights = weights_of(case_set)
        self.candidates = {case.case_id: candidates_of(case, case_set) for case in case_set.cases}


@lru_cache
def known_cases(where: str) -> KnownCases:
    """The cases of a set, read once per process."""
    return KnownCases(where)


def disturbed(
    probabilities: tuple[float, ...], options: tuple[str, ...], prompt: str, most: float
) -> tuple[float, ...]:
    """A belief whose log-odds are changed by up to `most`, depending only on the wording of the prompt.

    Args:
        probabilities: The belief.
        options: The options, in the same order.
        prompt: The whole prompt.
        most: Maximum change of the log-odds (in nats).
    """
    odds = [
        p * math.exp(most * (2 * uniform(prompt, name) - 1)) for p, name in zip(probabilities, options, strict=True)
    ]
    total = math.fsum(odds)
    return tuple(value / total for value in odds)


def of_kind(name: str, value: Any, like: Any) -> Any:
    """Check that an `-M` value has the type of its default, and return it.

    Raises:
        ValueError: If it has not, such as a word instead of a number.
    """
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        return value
    if type(value) is not type(like):
        raise ValueError(f"-M {name}={value!r}: must be of type {type(like).__name__}, such as {like!r}")
    return value


def first_question(messages: list[ChatMessage]) -> str:
    """The text of the first user message."""
    return next(message.text for message in messages if isinstance(message, ChatMessageUser))


LEVEL = re.compile(r"^(-?\d+): ", re.MULTILINE)
"""A level of the rubric in a judge's instructions."""


def levels_in(messages: list[ChatMessage]) -> list[int]:
    """The levels of the rubric in a judge's instructions."""
    instructions = next((message.text for message in messages if isinstance(message, ChatMessageSystem)), "")
    return [int(level) for level in LEVEL.findall(instructions)]


def judged(question: str, levels: Sequence[int]) -> str:
    """The reference judge's verdict, which depends only on the names in the question.

    A listed diagnosis gets the highest level if it is the final diagnosis or an accepted name; the level nearest to
    four fifths of the range if one name contains the other; the level nearest to two fifths of the range if they share
    a word of five letters or more; otherwise the lowest level. With the levels of `bond`, these are 5, 4, 2 and 0.

    Args:
        question: The JSON that `rubric.quoted` writes.
        levels: The levels of the rubric.
    """

    def at(way_up: float) -> int:
        wanted = min(levels) + way_up * (max(levels) - min(levels))
        return min(levels, key=lambda level: abs(level - wanted))

    content = json.loads(question)
    names = [plain(name) for name in (content["final_diagnosis"], *content["accepted_names"])]
    judgements = []
    for entry in content["listed_diagnoses"]:
        listed = plain(entry["text"])
        if listed in names:
            level, reason = at(1.0), "names the diagnosis"
        elif listed and any(f" {name} " in f" {listed} " or f" {listed} " in f" {name} " for name in names):
            level, reason = at(0.8), "contains the diagnosis or is part of its name"
        elif any(len(word) >= 5 for name in names for word in set(name.split()) & set(listed.split()) - COMMON_WORDS):
            level, reason = at(0.4), "shares a word with the diagnosis"
        else:
            level, reason = at(0.0), "has no word in common with the diagnosis"
        judgements.append({"number": entry["number"], "reason": f"{reason} ({JUDGE_NOTICE})", "level": level})
    return json.dumps({"judgements": judgements}, ensure_ascii=False)
