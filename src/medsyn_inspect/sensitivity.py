"""The `sensitivity` task's solver and scorer: every arm of a case in one sample."""

from __future__ import annotations

from functools import lru_cache, partial
from string import ascii_uppercase
from typing import Literal

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    GenerateConfig,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import LimitExceededError, StoreModel, collect, span
from pydantic import Field

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.arms import arms_of, from_logprobs, from_samples, sampled
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.metrics import nmse
from medsyn_inspect.prompts.arms import Arm
from medsyn_inspect.prompts.stages import Picture, ask, option_order, stage_prompt
from medsyn_inspect.prompts.templates import load_templates
from medsyn_inspect.records import ArmRecord, Outcome, shortened

PosteriorSource = Literal["auto", "logprobs", "samples"]
QUESTION = {"logprobs": "fdx_direct", "samples": "fdx"}
"""Token probabilities are read off a direct answer; samples leave room to think."""


class ArmsFailed(Exception):
    """Arms whose calls failed. The case is scored without them, and its sample asked again by `inspect eval-retry`."""


class AskedArms(StoreModel):
    """The answers of all arms."""

    arms: dict[str, dict[str, object]] = Field(default_factory=dict)
    """`ArmRecord` by the arm's label."""


@lru_cache(maxsize=4)
def known_cases(cases: str) -> tuple[CaseSet, dict[str, Case]]:
    """A case set and its cases by id, read once a process."""
    case_set = load_cases(cases)
    return case_set, {case.case_id: case for case in case_set.cases}


@solver
def all_arms(cases: str, types: tuple[str, ...] = (), posterior: PosteriorSource = "auto", samples: int = 20) -> Solver:
    """Ask a case in every arm: with all evidence, and with each type withheld, as images and as findings.

    Args:
        cases: The case set of the task.
        types: Evidence types to withhold in turn; empty for all.
        posterior: `logprobs`, `samples`, or `auto`: token probabilities if the first arm has them, else samples.
        samples: Answers for each arm where the posterior is estimated from samples.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case_set, by_id = known_cases(cases)
        case = by_id[str(state.sample_id)]
        ask_arm = partial(asked, case_set, case, inlined(state.messages), samples)
        arms = arms_of(case, [EvidenceType(name) for name in types])
        source: Literal["logprobs", "samples"] = "logprobs" if posterior == "auto" else posterior
        first = await ask_arm(arms[0], source)
        if posterior == "auto" and first.posterior is None:
            source = "samples"
            first = await ask_arm(arms[0], source)
        rest = await collect(*(ask_arm(arm, source) for arm in arms[1:]))
        answers = dict(zip((arm.label for arm in arms), [first, *rest], strict=True))
        state.store_as(AskedArms).arms = {label: answer.model_dump(mode="json") for label, answer in answers.items()}
        state.messages.append(ChatMessageAssistant(content=first.answer or f"no answer: {first.error}"))
        if failed := [label for label, answer in answers.items() if answer.error and answer.n == 0]:
            raise ArmsFailed(
                f"{len(failed)} of {len(arms)} arms failed ({', '.join(failed)}): {answers[failed[0]].error}"
            )
        return state

    return solve


async def asked(
    case_set: CaseSet,
    case: Case,
    images: list[ContentImage],
    samples: int,
    arm: Arm,
    source: Literal["logprobs", "samples"],
) -> ArmRecord:
    """One arm's answer. A call that fails is part of the record; it must not lose the other arms."""
    templates, options = load_templates(case.language), option_order(case)
    question = ask(QUESTION[source], templates, limit=0, options=options)
    whole = stage_prompt(case, Arm("image"), question, case_set.folder) if arm.view == "image" else None
    paths = [part.path for part in whole.turns[0].parts if isinstance(part, Picture)] if whole else []
    image_of = dict(zip(paths, images, strict=arm.view == "image"))
    prompt = stage_prompt(case, arm, question, case_set.folder, templates=templates)
    content: list[Content] = [
        image_of[part.path] if isinstance(part, Picture) else ContentText(text=part.text)
        for part in prompt.turns[0].parts
    ]
    messages: list[ChatMessage] = [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=content)]
    model = get_model()  # inspect-evals-lint: ignore[IEBP001] -- the solver calls it
    async with span(arm.label):
        try:
            if source == "samples":
                return from_samples(await sampled(model, messages, GenerateConfig(), samples), options)
            output = await model.generate(messages, config=GenerateConfig(logprobs=True, top_logprobs=20))
        except LimitExceededError:
            raise
        except Exception as error:
            return ArmRecord(error=shortened(str(error.__cause__ or error) or type(error).__name__))
        record = from_logprobs(output, options)
        if record is None:
            letter = parse_choice(output.completion, options).letter
            return ArmRecord(answer=letter, n=1, error="the model gave no token probabilities for a single letter")
        return record


def inlined(messages: list[ChatMessage]) -> list[ContentImage]:
    """The images of the message with all evidence, which Inspect has read and encoded once."""
    return [
        part
        for message in messages
        if isinstance(message, ChatMessageUser) and not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, ContentImage)
    ]


def sensitivity_keys() -> list[str]:
    """Every key that the score of a case has, whatever evidence the case has."""
    return [f"S_{view}_{evidence_type.value}" for evidence_type in EvidenceType for view in ("image", "finding")]


@scorer(metrics=[{"accuracy_*": [mean(), stderr()], "S_*": [mean(), stderr()]}, nmse()])
def evidence_sensitivity() -> Scorer:
    """How far the answer moves when a type of evidence is withheld: S(m) = JSD(p(y|E) || p(y|E without m)), in bits.

    Equation 1 of MEDSYN, in both views. NaN where the case lacks the type or an arm gave no posterior. With
    posteriors from samples these are plug-in values, which are too high; the analysis corrects them.
    """

    async def score(state: TaskState, target: Target) -> Score:
        from medsyn_inspect.analysis.divergence import jensen_shannon

        arms = {label: ArmRecord.model_validate(arm) for label, arm in state.store_as(AskedArms).arms.items()}
        value: dict[str, str | int | float | bool | None] = {}
        for view in ("image", "finding"):
            full = arms.get(view, ArmRecord())
            value[f"accuracy_{view}"] = float(full.answer == target.text) if full.n else float("nan")
            for evidence_type in EvidenceType:
                withheld = arms.get(f"{view}-{evidence_type.value}", ArmRecord())
                value[f"S_{view}_{evidence_type.value}"] = (
                    round(float(jensen_shannon(full.posterior, withheld.posterior)), 7)
                    if full.posterior is not None and withheld.posterior is not None
                    else float("nan")
                )
        answers = {view: arms[view].answer for view in ("image", "finding") if view in arms}
        asked_whole = [arms[view] for view in answers if arms[view].n]
        outcome = (
            Outcome.CALL_FAILED
            if not asked_whole
            else Outcome.RIGHT
            if asked_whole[0].answer == target.text
            else Outcome.WRONG
        )
        metadata = {label: arm.model_dump(mode="json", exclude_none=True) for label, arm in arms.items()}
        lines = [f"{label}: {_shown(arm)}" for label, arm in arms.items()]
        return Score(
            value=value,
            answer=", ".join(f"{view} {answer}" for view, answer in answers.items()),
            explanation="\n".join([f"Final diagnosis: {target.text}", *lines]),
            metadata=metadata | {"outcome": outcome.value},
        )

    return score


def _shown(arm: ArmRecord) -> str:
    if arm.posterior is None:
        return arm.error or "no posterior"
    return " ".join(f"{letter} {p:.3f}" for letter, p in zip(ascii_uppercase, arm.posterior, strict=False))
