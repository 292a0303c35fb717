"""The steps as Inspect tasks: one sample per report, so that logs, retries, limits and the viewer are Inspect's own.

`medsyn construct` runs them in order. Each can be run alone, on the folder of a construction:
`inspect eval medsyn_inspect/construct_extract --model MODEL -T steps=FOLDER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from medsyn_inspect.construct.asking import step_result
from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.draws import SHOWN, Drawn, Shown, drawn
from medsyn_inspect.construct.files import read_drafts
from medsyn_inspect.construct.reading.finished import READ
from medsyn_inspect.construct.steps import ALL, BY_NAME
from medsyn_inspect.construct.steps.step import Step

DRAFT, RESULT = "draft", "result"
"""Keys of a sample's metadata and of its score's metadata."""

TASK_PREFIX = "construct_"


@task
def construct_segment(steps: str) -> Task:
    """Which sentences of a report are history and examination, and what each panel shows."""
    return _of_folder("segment", steps)


@task
def construct_extract(steps: str) -> Task:
    """The expert's readings of each evidence type, each with the words of the report that support it."""
    return _of_folder("extract", steps)


@task
def construct_summarise(steps: str) -> Task:
    """Several readings of one evidence type become one finding."""
    return _of_folder("summarise", steps)


@task
def construct_diagnosis(steps: str) -> Task:
    """The final diagnosis that a report states, its other names, and the specialty."""
    return _of_folder("diagnosis", steps)


@task
def construct_distractors(steps: str) -> Task:
    """Close diagnoses that a named piece of evidence rules out."""
    return _of_folder("distractors", steps)


@task
def construct_verify(steps: str) -> Task:
    """A second request judges every distractor."""
    return _of_folder("verify", steps)


@task
def construct_scrub(steps: str) -> Task:
    """Words that give the diagnosis away are removed."""
    return _of_folder("scrub", steps)


@task
def construct_identifiers(steps: str) -> Task:
    """What could identify the patient is generalised."""
    return _of_folder("identifiers", steps)


@task
def construct_draws(steps: str, after: str, shown: str = SHOWN[0], draws: int = 5, seed: str = "") -> Task:
    """A solver chooses among the options again and again, with or without the evidence.

    Args:
        steps: The folder of the construction.
        after: The step whose cases are used.
        shown: `options`, `text` or `all`.
        draws: Draws per case.
        seed: Draws with another seed are other draws.
    """
    drafts = _drafts(steps, after)
    if shown not in SHOWN or draws < 1:
        raise ValueError(f"shown={shown}, draws={draws}: shown must be {', '.join(SHOWN)}, draws 1 or more")
    return draws_task(drafts, [shown], draws, seed)


STEP_TASKS = (
    construct_segment,
    construct_extract,
    construct_summarise,
    construct_diagnosis,
    construct_distractors,
    construct_verify,
    construct_scrub,
    construct_identifiers,
)
"""The tasks of the steps, in order."""


def step_task(step: Step, drafts: Sequence[Draft]) -> Task:
    """The task of a step, with a sample for each draft that goes on."""
    return Task(
        dataset=_dataset(drafts),
        solver=[draft_after(step.name)],
        scorer=kept(),
        name=f"{TASK_PREFIX}{step.name}",
        metadata={"step": step.name, "prompt": step.prompt},
        continue_on_fail=True,
    )


def draws_task(drafts: Sequence[Draft], shown: Sequence[Shown], draws: int, seed: str) -> Task:
    """The task of a solver, with a sample for each draft and for each way of showing it."""
    return Task(
        dataset=_dataset(drafts),
        solver=[draws_of(list(shown), draws, seed)],
        scorer=won(),
        name=f"{TASK_PREFIX}draws",
        metadata={"shown": list(shown), "draws": draws, "seed": seed},
        continue_on_fail=True,
    )


@solver
def draft_after(step: str) -> Solver:
    """Asks the model under evaluation about a report and applies its reply.

    Args:
        step: Name of the step.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        after = await step_result(get_model(), BY_NAME[step], Draft.model_validate(state.metadata[DRAFT]))
        state.store.set(RESULT, after.model_dump(mode="json", exclude_defaults=True))
        return state

    return solve


@solver
def draws_of(shown: list[Shown], draws: int, seed: str) -> Solver:
    """Lets the model under evaluation choose among the options of a case.

    Args:
        shown: The ways of showing the case.
        draws: Draws for each of them.
        seed: Draws with another seed are other draws.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        draft = Draft.model_validate(state.metadata[DRAFT])
        results = [await drawn(get_model(), draft, one, draws, seed) for one in shown]
        state.store.set(RESULT, [one.model_dump(mode="json") for one in results])
        return state

    return solve


@scorer(metrics=[accuracy()])
def kept() -> Scorer:
    """1 if the report goes on, 0 if it is dropped; the explanation gives the reason and what rules caught."""

    async def score(state: TaskState, target: Target) -> Score:
        result = state.store.get(RESULT)
        draft = Draft.model_validate(result)
        before = len(Draft.model_validate(state.metadata[DRAFT]).caught)
        caught = [f"{one.rule}: {one.what}" for one in draft.caught[before:]]
        return Score(
            value=int(draft.goes_on),
            answer=draft.dropped or "goes on",
            explanation="\n".join([draft.dropped, *caught]).strip() or "nothing was caught",
            metadata={RESULT: result},
        )

    return score


@scorer(metrics=[mean()])
def won() -> Scorer:
    """The share of draws in which the solver chose the final diagnosis."""

    async def score(state: TaskState, target: Target) -> Score:
        results = [Drawn.model_validate(one) for one in state.store.get(RESULT)]
        draws = sum(one.draws for one in results)
        return Score(
            value=sum(one.right for one in results) / draws,
            explanation="; ".join(f"{one.shown}: {one.right} of {one.draws}" for one in results),
            metadata={RESULT: [one.model_dump(mode="json") for one in results]},
        )

    return score


def _of_folder(name: str, steps: str) -> Task:
    names = [step.name for step in ALL]
    before = [READ, *names][names.index(name)]
    return step_task(BY_NAME[name], _drafts(steps, before))


def _drafts(steps: str, step: str) -> list[Draft]:
    drafts = read_drafts(Path(steps), step)
    if drafts is None:
        raise ValueError(f"{steps}: no result of the step {step}; run `medsyn construct` first")
    return drafts


def _dataset(drafts: Sequence[Draft]) -> MemoryDataset:
    """A sample for each draft that goes on."""
    samples = [
        Sample(
            id=draft.case_id,
            input=draft.report.title or draft.report.report_id,
            target=draft.final_diagnosis or "none",
            metadata=_metadata(draft),
        )
        for draft in drafts
        if draft.goes_on
    ]
    if not samples:
        raise ValueError("no report is left for this step")
    return MemoryDataset(samples, name="reports")


def _metadata(draft: Draft) -> dict[str, Any]:
    return {DRAFT: draft.model_dump(mode="json", exclude_defaults=True), "report": draft.report.report_id}
