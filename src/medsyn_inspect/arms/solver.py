"""The solver of the `sensitivity` task: runs every arm of a case in one sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inspect_ai.model import ChatMessageAssistant, Model, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import StoreModel, collect
from pydantic import Field

from medsyn_inspect.arms.design import Arm, Design, arms_of, case_arms, check_orders
from medsyn_inspect.arms.session import CaseSession, image_contents
from medsyn_inspect.arms.sources import AUTO, SAMPLES
from medsyn_inspect.arms.sources.logprobs import gives
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.records import DIRECT, ArmRecord

LATE = "the letter comes after other text or reasoning"


class ArmsFailed(Exception):
    """Raised if calls of arms failed. The case is scored without them; `inspect eval-retry` repeats the sample."""


class ArmAnswers(StoreModel):
    """The results of all arms, in the sample's store."""

    arms: dict[str, dict[str, object]] = Field(default_factory=dict)
    """The `ArmRecord` of each arm as JSON, by the arm's label."""


@dataclass
class ModelTraits:
    """What a run has learned about its models."""

    source: dict[Model, str] = field(default_factory=dict)
    """The source of posteriors of each model with `posterior=auto`. It is fixed: values of two sources are not
    comparable."""

    notes: dict[Model, str] = field(default_factory=dict)
    """Why a model's posteriors are from samples although token probabilities came."""

    one_by_one: set[Model] = field(default_factory=set)
    """Models that refuse to give several answers to one request."""


@solver
def all_arms(case_set: CaseSet, design: Design, emphasis: str = "") -> Solver:
    """Run every arm of a case: with all evidence, and with each type withheld, as images and as findings.

    Args:
        case_set: The cases of the task.
        design: Determines the arms and the source of their posteriors.
        emphasis: An evidence type that the system message asks the reader to attend to, or empty.
    """
    traits = ModelTraits()
    by_id = {case.case_id: case for case in case_set.cases}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case = by_id[str(state.sample_id)]
        model = get_model()  # inspect-evals-lint: ignore[IEBP001] -- the solver calls it
        session = CaseSession(
            model=model,
            case_set=case_set,
            case=case,
            images=image_contents(case_set, case, state.messages),
            samples=design.samples,
            one_by_one=traits.one_by_one,
        )
        answers: dict[str, ArmRecord] = {}
        if design.posterior == AUTO and model not in traits.source:
            answers = await find_source(session, traits, arms_of(case, design, emphasis=emphasis))
        source = traits.source.get(model) if design.posterior == AUTO else design.posterior
        check_orders(design.orders, source)
        planned = case_arms(case, case_set.case_ids, source, design, emphasis=emphasis)
        if source is not None:
            left = [arm for arm in planned.arms if arm.label not in answers or len(planned.offsets) > 1]
            records = await collect(*(session.answered(arm, source, planned.offsets_of(arm)) for arm in left))
            answers |= dict(zip((arm.label for arm in left), records, strict=True))
        answers = {arm.label: answers[arm.label] for arm in planned.arms if arm.label in answers}
        first_arm = planned.arms[0].label
        if (note := traits.notes.get(model)) and source == SAMPLES and first_arm in answers:
            answers[first_arm] = answers[first_arm].model_copy(update={"note": note})
        state.store_as(ArmAnswers).arms = {label: answer.model_dump(mode="json") for label, answer in answers.items()}
        first = answers[first_arm]
        state.messages.append(ChatMessageAssistant(content=first.answer or f"no answer: {first.error}"))
        if failed := [arm.label for arm in planned.arms if arm.label not in answers or answers[arm.label].n == 0]:
            labels = ", ".join(failed)
            raise ArmsFailed(f"{len(failed)} of {len(planned.arms)} arms failed ({labels}): {first_problem(answers)}")
        return state

    return solve


def first_problem(answers: dict[str, ArmRecord]) -> str:
    """The error of the first arm whose call failed."""
    failed = (answer for answer in answers.values() if answer.error and answer.n == 0)
    return next((answer.detail or str(answer.error) for answer in failed), "no answer could be read")


async def find_source(session: CaseSession, traits: ModelTraits, arms: Sequence[Arm]) -> dict[str, ArmRecord]:
    """Find out whether a model gives token probabilities by requesting them arm by arm; once per model and run.

    Nothing is requested if the facts about its provider say that it gives none. The model gives none if it answers
    without any, or refuses the request because of them. The next arm is tried if the answer does not begin with its
    letter, the returned list lacks the letter, the provider blocks the answer, or the call fails for another reason.

    Args:
        session: The session of the first case.
        traits: Updated with the source, unless another case has set it.
        arms: The arms of the case.

    Returns:
        The answers so far, by label; empty if samples are needed, for which they cannot be used.
    """
    answers: dict[str, ArmRecord] = {}
    model = session.model
    unclear = True
    came = ""
    if gives(model) is False:
        traits.source.setdefault(model, SAMPLES)
        return answers
    for arm in arms:
        record, given = await session.token_probabilities(arm)
        answers[arm.label] = record
        unclear = unclear and given is None
        if record.source == DIRECT:
            traits.source.setdefault(model, DIRECT)
        elif given is False:
            traits.source.setdefault(model, SAMPLES)
        elif given:
            came = came or (LATE if record.source else record.error or "")
        if model in traits.source:
            break
    else:
        if not unclear and traits.source.setdefault(model, SAMPLES) == SAMPLES and came:
            traits.notes[model] = came
    return {} if traits.source.get(model) == SAMPLES else answers
