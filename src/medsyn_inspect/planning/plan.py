"""Plans a run before it costs anything: counts requests and images, and estimates tokens and cost.

It counts with the functions that the tasks themselves use (the dataset, `case_arms`, `arm_prompt`, `reply_places`,
`quoted`), so that plan and run agree. Retries of failed calls and savings by a cache are not included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.model import ChatMessage, ContentImage

from medsyn_inspect.answers.extractor import ATTEMPTS as EXTRACTOR_ATTEMPTS
from medsyn_inspect.answers.extractor import QUESTION_READ, ROLE, instructions
from medsyn_inspect.arms.design import Arm, Design, case_arms, permuted
from medsyn_inspect.arms.prompt import arm_prompt
from medsyn_inspect.arms.sources import AUTO, LOGPROBS, SAMPLES, SOURCES
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.judging.judge import ATTEMPTS
from medsyn_inspect.judging.rubric import load_rubric, quoted
from medsyn_inspect.parameters import as_names, check_given, known_parameters
from medsyn_inspect.planning.image_tokens import ASSUMED, image_rule
from medsyn_inspect.planning.prices import Price
from medsyn_inspect.progress import steps
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Words, option_order
from medsyn_inspect.providers import (
    AnswersPerCall,
    answers_per_call,
    default_judge,
    end_in_words,
    ends_soon,
    gives_token_probabilities,
    image_limits,
    is_billed,
    model_info,
    provider_of,
)
from medsyn_inspect.providers.sent_images import image_of_file, refused
from medsyn_inspect.records import CaseRecord, TaskRecord
from medsyn_inspect.solvers import reply_places
from medsyn_inspect.tasks import TASKS

NO_MODEL = "no model named"
"""Shown instead of a model's name if none was given."""
CHARACTERS_PER_TOKEN = 4
"""Assumed for Latin script. Every other character, such as a Chinese one, counts as one token."""

DIAGNOSIS_TOKENS = 15
"""Assumed length of a line of a differential, and of the answer to `commit`."""

VERDICT_TOKENS = 40
"""Assumed length of a judge's verdict on one diagnosis."""

THINKING_TOKENS = 1000
"""Assumed length of a reasoning model's thinking before each answer, which is billed as output."""


@dataclass(frozen=True)
class PlannedPrompt:
    """A prompt as it will be sent."""

    words: int
    """Estimated tokens of the text, including earlier replies."""

    images: tuple[Path, ...]
    """The images of the prompt, in order."""

    reply: int
    """Estimated tokens of one answer, without thinking."""

    answers: int = 1
    """Number of answers needed."""


@dataclass(frozen=True)
class Row:
    """The counts and estimates for one model in one role."""

    model: str | None
    """The model; `None` if none was named."""

    role: str
    """`reader`, `judge` or `extractor`; for `sensitivity`, the source of the posterior."""

    arms: int
    """Number of prompts that differ in evidence or question; other orders of the options are not counted."""

    requests: int
    """Number of calls."""

    images: int
    """Number of images sent, over all calls."""

    wire_bytes: int
    """Size of these images in base64, in bytes."""

    input_tokens: int
    """Estimated input tokens."""

    output_tokens: int
    """Estimated output tokens."""

    cost: float | None
    """Estimated cost in USD; `None` if the price is unknown, 0 if tokens are not billed."""

    at_most: bool = False
    """Whether the numbers are upper bounds."""

    by_auto: bool = False
    """Whether `posterior=auto` takes this source, or tries it first."""

    remarks: tuple[str, ...] = ()
    """What the numbers assume, and what the provider would refuse."""


@dataclass(frozen=True)
class Plan:
    """The plan of a task for one or several models."""

    task: str
    case_set: str
    """Name and version of the case set."""

    cases: int
    distinct_images: int
    """Number of different images that are sent."""

    distinct_bytes: int
    """Size of the different images in base64, in bytes."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = field(default=())
    """Remarks that apply to all rows."""


def plan_of(
    task: str,
    arguments: Mapping[str, Any],
    models: Sequence[str],
    prices: Mapping[str, Price],
    *,
    judges: Sequence[str] = (),
    extractor: str | None = None,
    thinking: int = THINKING_TOKENS,
    reasoning_effort: str | None = None,
) -> Plan:
    """Plan a run.

    Args:
        task: `ddx`, `fdx`, `open_fdx` or `sensitivity`.
        arguments: The task's parameters (`-T`).
        models: Readers; if none is given, requests and images are counted for an unspecified model.
        prices: Prices by model.
        judges: The judge, or the judges of a panel; by default the tasks' judge. Not used by `fdx` and `sensitivity`.
        extractor: The extractor; by default the first of `judges`. Not used by `sensitivity`.
        thinking: Tokens that a reasoning model is assumed to need for thinking before each answer.
        reasoning_effort: The readers' `--reasoning-effort`, on which it can depend whether they give token
            probabilities; `None` if it is not set.

    Raises:
        ValueError: If a parameter, the case set or a model's name is invalid.
    """
    extractor = extractor or next(iter(judges), None)
    for model in filter(None, (*models, *judges, extractor)):
        provider_of(model)
    given = checked_arguments(task, arguments)
    made = TASKS[task](**given)
    case_set = load_cases(given["cases"]).select(as_names(given["language"]), as_names(given["specialty"]))
    remarks: list[str] = []
    by_role = _prompts_by_role(made, task, given, case_set, remarks)
    readers = models or (None,)
    sized = partial(row_of, prices=prices, thinking=thinking)
    rows = [
        sized(model, role, prompts, arms=arms)
        for model in readers
        for role, (arms, prompts) in by_role.items()
        if not _unavailable(model, role, reasoning_effort, remarks)
    ]
    if given.get("posterior") == AUTO:
        rows = _marked(rows, readers, reasoning_effort, remarks)
    helpers = _helpers(made, task, given, judges or (default_judge(),), extractor)
    rows += [sized(model, role, asked, arms=0, at_most=True) for model, role, asked in helpers]
    return Plan(
        task=task,
        case_set=case_set.name,
        cases=len(case_set.cases),
        **_distinct_images(by_role),
        rows=tuple(rows),
        remarks=(*remarks, *_about_helpers(task, judges, extractor)),
    )


def _distinct_images(by_role: Mapping[str, tuple[int, list[PlannedPrompt]]]) -> dict[str, int]:
    """Number and encoded size of the images in all prompts, each counted once."""
    shown = {image for _, prompts in by_role.values() for prompt in prompts for image in prompt.images}
    return {
        "distinct_images": len(shown),
        "distinct_bytes": sum(image_of_file(image).base64_bytes for image in shown),
    }


def _prompts_by_role(
    made: Task, task: str, given: Mapping[str, Any], case_set: CaseSet, remarks: list[str]
) -> dict[str, tuple[int, list[PlannedPrompt]]]:
    """The number of arms and all prompts of the readers, by `Row.role`."""
    if task == "sensitivity":
        return prompts_by_source(made, case_set, remarks)
    return {"reader": (len(made.dataset), list(prompts_of_dataset(made, task, given, case_set.language_folders)))}


def checked_arguments(task: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of a task: those that are given, and the others with their defaults.

    Raises:
        ValueError: If a parameter is unknown, or the value of a number or switch has another type.
    """
    defaults = known_parameters(TASKS[task])
    check_given(task, defaults, arguments)
    return {**defaults, **arguments}


def sources_of(design: Design, remarks: list[str]) -> list[str]:
    """The sources of the posterior that a design permits; a source that is left out is explained in `remarks`."""
    if design.posterior != AUTO:
        return [design.posterior]
    left_out = {name: source.not_cyclic for name, source in SOURCES.items() if design.orders == "cyclic"}
    remarks += [f"{name}: not possible with orders=cyclic, because {why}." for name, why in left_out.items() if why]
    return [name for name in SOURCES if not left_out.get(name)]


def _unavailable(model: str | None, role: str, reasoning_effort: str | None, remarks: list[str]) -> bool:
    """Whether a model cannot give a source; `remarks` gets the reason."""
    why = SOURCES[role].unavailable(model, reasoning_effort) if model and role in SOURCES else ""
    remarks += [why] if why else []
    return bool(why)


def _auto_sources(model: str | None, reasoning_effort: str | None) -> tuple[str, ...]:
    """The sources that `posterior=auto` takes, in the order in which it tries them; one if a model's facts decide."""
    given = gives_token_probabilities(model, reasoning_effort) if model else None
    return {True: (LOGPROBS,), False: (SAMPLES,), None: (LOGPROBS, SAMPLES)}[given]


def _marked(
    rows: Sequence[Row], models: Sequence[str | None], reasoning_effort: str | None, remarks: list[str]
) -> list[Row]:
    """The rows with `by_auto`; `remarks` gets what `posterior=auto` takes for each model."""
    remarks += [_about_auto(model, rows, reasoning_effort) for model in models]
    return [replace(row, by_auto=row.role in _auto_sources(row.model, reasoning_effort)[:1]) for row in rows]


def _about_auto(model: str | None, rows: Sequence[Row], reasoning_effort: str | None) -> str:
    """Which source `posterior=auto` takes for a model, and what it costs."""
    of_model = {row.role: row for row in rows if row.model == model}
    sources = _auto_sources(model, reasoning_effort)
    taken = [_source_in_words(of_model[name]) if name in of_model else f"{name} (not possible)" for name in sources]
    head = f"{model}: " if model else ""
    if len(taken) == 1:
        return f"{head}posterior=auto (*) takes {taken[0]}"
    return (
        f"{head}posterior=auto (*) takes {taken[0]} if the model gives them, otherwise {taken[1]}; the requests that "
        "find this out in the first cases come in addition"
    )


def _source_in_words(row: Row) -> str:
    if row.cost is None:
        cost = "cost unknown"
    else:
        cost = f"about ${row.cost:,.2f}" if row.model and is_billed(row.model) else "not billed"
    return f"{row.role} ({'at most ' if row.at_most else ''}{row.requests:,} requests, {cost})"


def prompts_by_source(made: Task, case_set: CaseSet, remarks: list[str]) -> dict[str, tuple[int, list[PlannedPrompt]]]:
    """The number of arms and all prompts of `sensitivity` for each possible source of the posterior."""
    record = TaskRecord.model_validate(made.metadata)
    design = Design.model_validate(record.design)
    return {
        source: prompts_of_arms(case_set, design, record.condition.emphasis, source)
        for source in sources_of(design, remarks)
    }


def prompts_of_arms(case_set: CaseSet, design: Design, emphasis: str, source: str) -> tuple[int, list[PlannedPrompt]]:
    """The number of arms and all prompts of `sensitivity` for one source of the posterior."""
    arms, prompts = 0, []
    answers = SOURCES[source].answers(design.samples)
    for case in steps(case_set.cases, f"Counting requests ({source})"):
        planned = case_arms(case, case_set.case_ids, source, design, emphasis=emphasis)
        arms += len(planned.arms)
        prompts += [
            prompt_of_arm(case_set, case, arm, source, offset=offset, answers=answers)
            for arm in planned.arms
            for offset in planned.offsets_of(arm)
        ]
    return arms, prompts


def prompt_of_arm(case_set: CaseSet, case: Case, arm: Arm, source: str, *, offset: int, answers: int) -> PlannedPrompt:
    """The prompt of an arm in one order of the options."""
    prompt = arm_prompt(case_set, case, arm, source, permuted(option_order(case), offset))
    parts = prompt.turns[0].parts
    return PlannedPrompt(
        words=text_tokens(prompt.system) + sum(text_tokens(part.text) for part in parts if isinstance(part, Words)),
        images=tuple(part.path for part in parts if isinstance(part, Picture)),
        reply=SOURCES[source].reply_tokens,
        answers=answers,
    )


def prompts_of_dataset(
    made: Task, task: str, given: Mapping[str, Any], language_folders: Mapping[str, Path]
) -> Iterator[PlannedPrompt]:
    """All prompts of `ddx`, `fdx` and `open_fdx`: one per case or stage and, for `open_fdx`, the final choice."""
    reply = SOURCES["samples"].reply_tokens if task == "fdx" else DIAGNOSIS_TOKENS * given["max_diagnoses"]
    for sample in made.dataset:
        messages = sample.input
        assert not isinstance(messages, str)
        for place in (*reply_places(messages), len(messages)):
            yield prompt_so_far(messages[:place], reply)
        if task == "open_fdx":
            whole = prompt_so_far(messages, reply)
            question = load_templates(sample.metadata_as(CaseRecord).language, language_folders).question("commit")
            yield PlannedPrompt(whole.words + reply + text_tokens(question), whole.images, DIAGNOSIS_TOKENS)


def prompt_so_far(messages: Sequence[ChatMessage], reply: int) -> PlannedPrompt:
    """The prompt of a conversation up to a question, with replies of the assumed length."""
    words = reply * len(reply_places(messages)) + sum(
        text_tokens(message.text) for message in messages if message.role != "assistant"
    )
    content = [part for message in messages if not isinstance(message.content, str) for part in message.content]
    return PlannedPrompt(words, tuple(Path(part.image) for part in content if isinstance(part, ContentImage)), reply)


def prompts_of_judges(made: Task, task: str, given: Mapping[str, Any]) -> Iterator[PlannedPrompt]:
    """All prompts of a judge, one per case; the final diagnosis represents the diagnoses that a reader will list."""
    listed = given["max_diagnoses"] if task == "ddx" else 1
    instructions = text_tokens(load_rubric(given["rubric"]).instructions())
    for sample in made.dataset:
        case = sample.metadata_as(CaseRecord)
        question = quoted(case.final_diagnosis, case.aliases, [case.final_diagnosis] * listed)
        yield PlannedPrompt(instructions + text_tokens(question), (), VERDICT_TOKENS * listed)


def prompts_of_extractor(made: Task, task: str, given: Mapping[str, Any]) -> Iterator[PlannedPrompt]:
    """All prompts of an extractor if it had to read the final answer of every case."""
    question = QUESTION_READ[task]
    answer = DIAGNOSIS_TOKENS * given["max_diagnoses"] if task == "ddx" else SOURCES["samples"].reply_tokens
    reply = answer if task == "ddx" else DIAGNOSIS_TOKENS
    for sample in made.dataset:
        options = sample.metadata_as(CaseRecord).options or []
        words = text_tokens(instructions(question)) + sum(map(text_tokens, options)) + answer
        yield PlannedPrompt(words, (), reply)


def _helpers(
    made: Task, task: str, given: Mapping[str, Any], judges: Sequence[str], extractor: str | None
) -> Iterator[tuple[str, str, list[PlannedPrompt]]]:
    """The models besides the reader: each with its role and the prompts that it gets at most."""
    if task in ("ddx", "open_fdx"):
        verdicts = list(prompts_of_judges(made, task, given))
        yield from ((judge, "judge", verdicts) for judge in judges)
    if extractor and task != "sensitivity":
        yield extractor, ROLE, list(prompts_of_extractor(made, task, given))


def _about_helpers(task: str, judges: Sequence[str], extractor: str | None) -> Iterator[str]:
    """What is asked of the models besides the reader, and what is sent to them."""
    if task in ("ddx", "open_fdx"):
        yield (
            "The judge gives at most one verdict per case, and none if the first diagnosis matches exactly. "
            f"An invalid verdict is requested again, up to {ATTEMPTS} calls in all; repeats are not counted."
        )
    if extractor and task != "sensitivity":
        yield (
            f"The extractor ({extractor}) is asked about no answer that has the requested form: between none and all. "
            f"An invalid reading is requested again, up to {EXTRACTOR_ATTEMPTS} calls in all; repeats are not counted."
        )
    yield _sent(task, judges, extractor)


def _sent(task: str, judges: Sequence[str], extractor: str | None) -> str:
    """What is sent to each model."""
    parts = ["The reader is sent the case with its images"]
    if task in ("ddx", "open_fdx"):
        judge = ", ".join(judges) or default_judge()
        parts.append(f"the judge ({judge}) the final diagnosis with its aliases and the diagnoses that were read")
    if extractor and task != "sensitivity":
        options = " and the options" if task == "fdx" else ""
        parts.append(
            f"the extractor ({extractor}) whole answers{options}, which may quote the case, but no image and not the "
            "final diagnosis"
        )
    return "; ".join(parts)


def row_of(
    model: str | None,
    role: str,
    prompts: Iterable[PlannedPrompt],
    *,
    prices: Mapping[str, Price],
    thinking: int,
    arms: int,
    at_most: bool = False,
) -> Row:
    """The sum over all prompts of a model in a role.

    Args:
        model: The model's name, or `None`.
        role: As in `Row`.
        prompts: All prompts.
        prices: Prices by model.
        thinking: Tokens that a reasoning model is assumed to need for thinking before each answer.
        arms: As in `Row`.
        at_most: Whether fewer prompts may be needed.
    """
    prompts = list(prompts)
    answers = answers_per_call(model or NO_MODEL)
    at_once = answers.most if answers.certain else 1
    rule = image_rule(model) if model else None
    thinks = thinking if model and reasons(model) else 0
    requests = images = wire_bytes = input_tokens = output_tokens = longest = 0
    for prompt in steps(prompts, f"Estimating tokens of {model or NO_MODEL}"):
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
    assumed = f"{model} can reason: {thinking:,} tokens of thinking assumed before each answer (--thinking)"
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
            *(provider_remarks(model, prompts, longest) if model else ()),
        ),
    )


def cost_of(model: str | None, input_tokens: int, output_tokens: int, prices: Mapping[str, Price]) -> float | None:
    """The cost in USD; 0 if the model's tokens are not billed, `None` if the price is unknown."""
    if model is None:
        return None
    if not is_billed(model):
        return 0.0
    price = prices.get(model)
    return price.cost(input_tokens, output_tokens) if price else None


def counting_remarks(
    name: str, role: str, prompts: Sequence[PlannedPrompt], known_rule: bool, uncertain: AnswersPerCall | None
) -> Iterator[str]:
    """What the numbers of a row assume.

    Args:
        name: The model's name.
        role: As in `Row`.
        prompts: All prompts.
        known_rule: Whether the model's rule for image tokens is known.
        uncertain: The maximum number of answers per call, if it is uncertain and the plan needs several answers.
    """
    if not known_rule and any(prompt.images for prompt in prompts):
        yield f"{name}: no rule for image tokens is known; {ASSUMED:,} tokens per image assumed"
    if uncertain:
        least = sum(math.ceil(prompt.answers / uncertain.most) for prompt in prompts)
        yield (
            f"{name}, {role}: one answer per call assumed; if the server gives up to {uncertain.most} per call, there "
            f"are {least:,} requests, and images and input tokens decrease in proportion"
        )


def provider_remarks(model: str, prompts: Sequence[PlannedPrompt], longest: int) -> Iterator[str]:
    """What the provider will refuse, and when the model is shut down.

    Args:
        model: The model's name.
        prompts: All prompts.
        longest: Estimated tokens of the longest prompt with its answer.
    """
    if limits := image_limits(model):
        sent = (tuple(map(image_of_file, prompt.images)) for prompt in prompts)
        yield from (f"{model} {words}" for words in refused(sent, limits))
    info = model_info(model)
    if info and info.context_length and longest > info.context_length:
        yield f"{model}: about {longest:,} tokens in one call, more than its context of {info.context_length:,}"
    if end := end_in_words(model):
        yield f"WARNING: {end}" if ends_soon(model) else end


def text_tokens(text: str) -> int:
    """Estimated tokens of a text: a quarter of its Latin characters, and one for every other character.

    This is a common rule of thumb; tokenizers differ from it by a third and more in either direction.
    """
    latin = sum(ord(character) < 0x250 or 0x2000 <= ord(character) < 0x2070 for character in text)
    return math.ceil(latin / CHARACTERS_PER_TOKEN) + len(text) - latin


def reasons(model: str) -> bool:
    """Whether Inspect lists the model as a reasoning model."""
    info = model_info(model)
    return bool(info and info.reasoning)
