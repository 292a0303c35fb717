"""What a run will ask for, before it costs anything: requests and images counted, tokens and cost estimated.

Counting walks through the functions that the tasks themselves use (the dataset, `case_arms`, `arm_prompt`,
`reply_places`, `quoted`), so that a plan cannot drift from the run. Retries of failed calls are
not in it, nor what a cache saves.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from inspect_ai import Task
from inspect_ai.model import ChatMessage, ContentImage

from medsyn_inspect.arms.design import CYCLIC_NEEDS, Arm, Design, case_arms, permuted
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.judging.judge import ATTEMPTS
from medsyn_inspect.judging.rubric import load_rubric, quoted
from medsyn_inspect.judging.score import DEFAULT_JUDGE
from medsyn_inspect.parameters import as_names
from medsyn_inspect.planning.image_tokens import ASSUMED, image_rule
from medsyn_inspect.planning.prices import Price
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Words, option_order
from medsyn_inspect.providers import (
    AnswersPerCall,
    answers_per_call,
    end_of,
    gives_token_probabilities,
    image_limits,
    is_billed,
    model_info,
    provider_of,
)
from medsyn_inspect.providers.sent_images import image_of_file, refused
from medsyn_inspect.records import CaseRecord, Source, TaskRecord
from medsyn_inspect.solvers import reply_places
from medsyn_inspect.tasks import TASKS

NO_MODEL = "no model named"
CHARACTERS_PER_TOKEN = 4
"""In Latin script; other characters (Chinese) count as a token each."""

REPLY_TOKENS: dict[Source, int] = {"logprobs": 5, "samples": 300, "verbalized": 80}
"""Assumed length of an answer, by what the posterior rests on: a letter; reasons and a letter; a number an option."""

DIAGNOSIS_TOKENS = 15
"""Assumed length of one line of a differential, and of a commitment."""

VERDICT_TOKENS = 40
"""Assumed length of a judge's verdict on one diagnosis."""

THINKING_TOKENS = 1000
"""Assumed for what a reasoning model thinks before it answers, which is billed as output."""


@dataclass(frozen=True)
class Asked:
    """One prompt, as it is sent."""

    words: int
    """Estimated tokens of its text, earlier replies included."""

    images: tuple[Path, ...]
    """Images in it, in order."""

    reply: int
    """Estimated tokens of one answer, without thinking."""

    answers: int = 1
    """How many answers are wanted."""


@dataclass(frozen=True)
class Row:
    """What one model is asked in one way."""

    model: str | None
    """`None` if none was named."""

    role: str
    """`reader` or `judge`; for `sensitivity` what the posterior rests on."""

    arms: int
    """Prompts that differ in what is shown or in how the question is put; other orders of the options not counted."""

    requests: int
    """Calls."""

    images: int
    """Images sent, all calls together."""

    wire_bytes: int
    """Bytes of these images in base64."""

    input_tokens: int
    """Estimate."""

    output_tokens: int
    """Estimate."""

    cost: float | None
    """Estimate in USD; `None` if the price is unknown, 0 if nobody bills tokens."""

    at_most: bool = False
    """Whether these are upper bounds."""

    remarks: tuple[str, ...] = ()
    """What to know of it."""


@dataclass(frozen=True)
class Plan:
    """What a task will ask of one model or several."""

    task: str
    case_set: str
    """Name and version."""

    cases: int
    distinct_images: int
    """Images that are sent at least once."""

    distinct_bytes: int
    """Their size in base64."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = field(default=())
    """What holds for all rows."""


def plan_of(
    task: str,
    arguments: Mapping[str, Any],
    models: Sequence[str],
    prices: Mapping[str, Price],
    *,
    judges: Sequence[str] = (),
    thinking: int = THINKING_TOKENS,
) -> Plan:
    """Plan a run.

    Args:
        task: `ddx`, `fdx`, `open_fdx` or `sensitivity`.
        arguments: The task's parameters (`-T`).
        models: Readers; without any, requests and images are counted for readers in general.
        prices: By model.
        judges: The judge, or a panel; the default judge if none is named. Of no use to `fdx` and `sensitivity`.
        thinking: Tokens that a reasoning model is assumed to think before each answer.

    Raises:
        ValueError: If a parameter, the case set or a model's name is not what it must be.
    """
    for model in (*models, *judges):
        provider_of(model)
    given = checked_arguments(task, arguments)
    made = TASKS[task](**given)
    case_set = load_cases(given["cases"]).select(as_names(given["language"]), as_names(given["specialty"]))
    remarks: list[str] = []
    if task == "sensitivity":
        asked = asked_by_source(made, case_set, remarks)
    else:
        prompts = list(asked_by_dataset(made, task, given, case_set.language_folders))
        asked = {"reader": (len(made.dataset), prompts)}
    rows = [
        row_of(model, role, prompts, prices=prices, thinking=thinking, arms=arms)
        for model in models or (None,)
        for role, (arms, prompts) in asked.items()
    ]
    if task in ("ddx", "open_fdx"):
        verdicts = list(asked_of_judges(made, task, given))
        rows += [
            row_of(judge, "judge", verdicts, prices=prices, thinking=thinking, arms=0, at_most=True)
            for judge in judges or (DEFAULT_JUDGE,)
        ]
        remarks.append(
            "The judge gives at most one verdict a case, none if the first diagnosis is the right one word for word. "
            f"An invalid verdict is asked for again, up to {ATTEMPTS} calls in all; that is not counted."
        )
    shown = {image for _, prompts in asked.values() for prompt in prompts for image in prompt.images}
    return Plan(
        task=task,
        case_set=case_set.name,
        cases=len(case_set.cases),
        distinct_images=len(shown),
        distinct_bytes=sum(image_of_file(image).base64_bytes for image in shown),
        rows=tuple(rows),
        remarks=tuple(remarks),
    )


def checked_arguments(task: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of a task, those that are not given by default.

    Raises:
        ValueError: If a parameter is unknown, or a number or a switch is something else. Inspect only warns.
    """
    defaults = {name: parameter.default for name, parameter in inspect.signature(TASKS[task]).parameters.items()}
    if unknown := [name for name in arguments if name not in defaults]:
        raise ValueError(f"-T {unknown[0]}: {task} has no such parameter; it has {', '.join(defaults)}")
    for name, value in arguments.items():
        wanted = type(defaults[name])
        number = wanted is float and type(value) is int
        if wanted in (bool, int, float) and type(value) is not wanted and not number:
            kind = {bool: "true or false", int: "a whole number", float: "a number"}[wanted]
            raise ValueError(f"-T {name}={value}: must be {kind}")
    return {**defaults, **arguments}


def sources_of(design: Design, remarks: list[str]) -> list[Source]:
    """The possible sources of the posterior under a design; what is left out, and why, is added to the remarks."""
    if design.posterior != "auto":
        return [design.posterior]
    sources: list[Source] = list(get_args(Source))
    if design.orders == "cyclic":
        sources.remove("samples")
        remarks.append(f"samples: not with orders=cyclic, for {CYCLIC_NEEDS.partition(';')[0]}.")
    remarks.append(
        "posterior=auto uses logprobs if the model gives them, otherwise samples; the requests by which the first "
        "cases found that out come in addition."
    )
    return sources


def asked_by_source(made: Task, case_set: CaseSet, remarks: list[str]) -> dict[str, tuple[int, list[Asked]]]:
    """The number of arms and all prompts of `sensitivity`, for each possible source of the posterior."""
    record = TaskRecord.model_validate(made.metadata)
    design = Design.model_validate(record.design)
    return {
        source: asked_in_arms(case_set, design, record.condition.emphasis, source)
        for source in sources_of(design, remarks)
    }


def asked_in_arms(case_set: CaseSet, design: Design, emphasis: str, source: Source) -> tuple[int, list[Asked]]:
    """The number of arms, and all prompts of `sensitivity` with posteriors from one source."""
    arms, asked = 0, []
    answers = design.samples if source == "samples" else 1
    for case in case_set.cases:
        planned = case_arms(case, case_set.case_ids, source, design, emphasis=emphasis)
        arms += len(planned.arms)
        asked += [
            asked_in_arm(case_set, case, arm, source, offset=offset, answers=answers)
            for arm in planned.arms
            for offset in planned.offsets_of(arm)
        ]
    return arms, asked


def asked_in_arm(case_set: CaseSet, case: Case, arm: Arm, source: Source, *, offset: int, answers: int) -> Asked:
    """The prompt of one arm in one order of the options."""
    prompt = arm_prompt(case_set, case, arm, source, permuted(option_order(case), offset))
    parts = prompt.turns[0].parts
    return Asked(
        words=text_tokens(prompt.system) + sum(text_tokens(part.text) for part in parts if isinstance(part, Words)),
        images=tuple(part.path for part in parts if isinstance(part, Picture)),
        reply=REPLY_TOKENS[source],
        answers=answers,
    )


def asked_by_dataset(
    made: Task, task: str, given: Mapping[str, Any], language_folders: Mapping[str, Path]
) -> Iterator[Asked]:
    """All prompts of `ddx`, `fdx` and `open_fdx`: one a case, or one a stage, and the commitment."""
    reply = REPLY_TOKENS["samples"] if task == "fdx" else DIAGNOSIS_TOKENS * given["max_diagnoses"]
    for sample in made.dataset:
        messages = sample.input
        assert not isinstance(messages, str)
        for place in (*reply_places(messages), len(messages)):
            yield asked_so_far(messages[:place], reply)
        if task == "open_fdx":
            whole = asked_so_far(messages, reply)
            question = load_templates(sample.metadata_as(CaseRecord).language, language_folders).question("commit")
            yield Asked(whole.words + reply + text_tokens(question), whole.images, DIAGNOSIS_TOKENS)


def asked_so_far(messages: Sequence[ChatMessage], reply: int) -> Asked:
    """A conversation up to a question, with replies of the assumed length in their places."""
    words = reply * len(reply_places(messages)) + sum(
        text_tokens(message.text) for message in messages if message.role != "assistant"
    )
    content = [part for message in messages if not isinstance(message.content, str) for part in message.content]
    return Asked(words, tuple(Path(part.image) for part in content if isinstance(part, ContentImage)), reply)


def asked_of_judges(made: Task, task: str, given: Mapping[str, Any]) -> Iterator[Asked]:
    """One verdict a case; the final diagnosis stands in for the diagnoses that a reader will list."""
    listed = given["max_diagnoses"] if task == "ddx" else 1
    instructions = text_tokens(load_rubric(given["rubric"]).instructions())
    for sample in made.dataset:
        case = sample.metadata_as(CaseRecord)
        question = quoted(case.final_diagnosis, case.aliases, [case.final_diagnosis] * listed)
        yield Asked(instructions + text_tokens(question), (), VERDICT_TOKENS * listed)


def row_of(
    model: str | None,
    role: str,
    prompts: Iterable[Asked],
    *,
    prices: Mapping[str, Price],
    thinking: int,
    arms: int,
    at_most: bool = False,
) -> Row:
    """Add up what is asked of a model.

    Args:
        model: Its name, or `None`.
        role: As in `Row`.
        prompts: Everything it is asked.
        prices: By model.
        thinking: Tokens it is assumed to think before an answer, if it is a reasoning model.
        arms: As in `Row`.
        at_most: Whether the prompts are more than will be needed.
    """
    prompts = list(prompts)
    answers = answers_per_call(model or NO_MODEL)
    at_once = answers.most if answers.certain else 1
    rule = image_rule(model) if model else None
    thinks = thinking if model and reasons(model) else 0
    requests = images = wire_bytes = input_tokens = output_tokens = longest = 0
    for prompt in prompts:
        calls = math.ceil(prompt.answers / at_once)
        requests += calls
        images += calls * len(prompt.images)
        wire_bytes += calls * sum(image_of_file(image).base64_bytes for image in prompt.images)
        heads = [image_of_file(image) for image in prompt.images] if rule else []
        tokens = sum(rule.tokens(head.width, head.height) for head in heads) if rule else ASSUMED * len(prompt.images)
        input_tokens += calls * (prompt.words + tokens)
        output_tokens += prompt.answers * (prompt.reply + thinks)
        longest = max(longest, prompt.words + tokens + prompt.reply + thinks)
    open_ended = not answers.certain and any(prompt.answers > 1 for prompt in prompts)
    assumed = f"{model} can reason: {thinking:,} tokens of thinking before each answer assumed (--thinking)"
    return Row(
        model=model,
        role=role,
        arms=arms,
        requests=requests,
        images=images,
        wire_bytes=wire_bytes,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=cost_of(model, input_tokens, output_tokens, prices),
        at_most=at_most or open_ended,
        remarks=(
            *([assumed] if thinks else ()),
            *counting_remarks(model or NO_MODEL, role, prompts, rule is not None, answers if open_ended else None),
            *(provider_remarks(model, role, prompts, longest) if model else ()),
        ),
    )


def cost_of(model: str | None, input_tokens: int, output_tokens: int, prices: Mapping[str, Price]) -> float | None:
    """USD; 0 if nobody bills the model's tokens, `None` if the price is not known."""
    if model is None:
        return None
    if not is_billed(model):
        return 0.0
    price = prices.get(model)
    return price.cost(input_tokens, output_tokens) if price else None


def counting_remarks(
    name: str, role: str, prompts: Sequence[Asked], known_rule: bool, uncertain: AnswersPerCall | None
) -> Iterator[str]:
    """What the numbers of a row assume.

    Args:
        name: Of the model.
        role: As in `Row`.
        prompts: Everything it is asked.
        known_rule: Whether the rule for image tokens is known.
        uncertain: What a call may ask for, if it is not certain how many answers it gives and that matters.
    """
    if not known_rule and any(prompt.images for prompt in prompts):
        yield f"{name}: no rule for image tokens known; {ASSUMED:,} an image assumed"
    if uncertain:
        least = sum(math.ceil(prompt.answers / uncertain.most) for prompt in prompts)
        yield (
            f"{name}, {role}: one answer a call assumed; if the server gives up to {uncertain.most} in a call, it is "
            f"{least:,} requests and that share of the images and input tokens"
        )


def provider_remarks(model: str, role: str, prompts: Sequence[Asked], longest: int) -> Iterator[str]:
    """What a provider will refuse or drop, and when the model ends.

    Args:
        model: Its name.
        role: As in `Row`.
        prompts: Everything it is asked.
        longest: Estimated tokens of the longest prompt with its answer.
    """
    if role == "logprobs" and gives_token_probabilities(model) is False:
        yield f"{model} gives no token probabilities: choose samples or verbalized"
    if limits := image_limits(model):
        sent = (tuple(map(image_of_file, prompt.images)) for prompt in prompts)
        yield from (f"{model} {words}" for words in refused(sent, limits))
    info = model_info(model)
    if info and info.context_length and longest > info.context_length:
        yield f"{model}: about {longest:,} tokens in one call, more than its context of {info.context_length:,}"
    if end := end_of(model):
        successor = f"; its provider recommends {end.successor}" if end.successor else ""
        if end.rerouted and end.successor:
            successor = f"; {end.successor} then answers under this name"
        yield f"{model} is shut down on {end.day}{successor}"


def text_tokens(text: str) -> int:
    """Estimated tokens of a text: a quarter of its Latin characters, and one for each other character.

    Tokenizers differ by a third and more in either direction; this is their usual rule of thumb.
    """
    latin = sum(ord(character) < 0x250 or 0x2000 <= ord(character) < 0x2070 for character in text)
    return math.ceil(latin / CHARACTERS_PER_TOKEN) + len(text) - latin


def reasons(model: str) -> bool:
    """Whether Inspect lists the model as one that reasons before it answers."""
    info = model_info(model)
    return bool(info and info.reasoning)
