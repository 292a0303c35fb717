"""Scorers of `fdx`, `ddx` and `open_fdx`. `answers` reads the answers; `judging` judges the diagnoses."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Score,
    Scorer,
    Target,
    accuracy,
    grouped,
    mean,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import parse_commitment, parse_differential
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.answers.tokens import ReaderAnswer, reader_answer
from medsyn_inspect.cases.names import plain
from medsyn_inspect.judging.rubric import DEFAULT_RUBRIC, load_rubric
from medsyn_inspect.judging.score import Listed, judged
from medsyn_inspect.metrics import (
    answer_failures,
    mean_by_language,
    mean_by_specialty_group,
    panel_alpha,
    settled_without_judge,
)
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES
from medsyn_inspect.records import (
    CaseRecord,
    ChoiceRecord,
    Failure,
    Outcome,
    StageAnswer,
    shortened,
)
from medsyn_inspect.solvers import Consultation


@scorer(
    metrics=[
        accuracy(),
        stderr(),
        grouped(accuracy(), "language", all=False),
        grouped(accuracy(), "specialty_group", all=False),
        answer_failures(),
    ]
)
def option_choice() -> Scorer:
    """Whether the chosen option is the final diagnosis; with the posterior if the model gave token probabilities."""

    async def score(state: TaskState, target: Target) -> Score:
        record = state.metadata_as(CaseRecord)
        options = record.options or []
        answer = reader_answer(record.stages[-1], state.output)
        choice = parse_choice(answer.completion, options)
        failure = None if choice.letter else answer_failure(state, choice.problem)
        right = choice.letter == target.text
        chosen = options[ascii_uppercase.index(choice.letter)] if choice.letter else None
        posterior = option_posterior(answer, options)
        result = ChoiceRecord(
            outcome=Outcome.RIGHT if right else Outcome.WRONG,
            failure=failure,
            choice=choice.letter,
            chosen=chosen,
            form=choice.how,
            posterior=[round(p, 12) for p in posterior.probabilities] if posterior else None,
            posterior_source="logprobs" if posterior else None,
            covered_mass=posterior.covered if posterior else None,
            on_the_way=[stage_choice(earlier, options) for earlier in state.store_as(Consultation).on_the_way],
        )
        explanation = (
            f"Chose {choice.letter}. {chosen}"
            if choice.letter
            else f"No option could be read from the answer: {failure}"
        )
        return Score(
            value=CORRECT if right else INCORRECT,
            answer=choice.letter or "",
            explanation=f"{explanation}\nFinal diagnosis: {target.text}. {record.final_diagnosis}",
            metadata=result.model_dump(mode="json"),
        )

    return score


JUDGED = [
    {
        "coverage": [mean(), stderr(), mean_by_language(), mean_by_specialty_group()],
        "coverage_at_*": [mean(), stderr()],
        "score": [mean(), stderr(), mean_by_language(), mean_by_specialty_group()],
    },
    answer_failures(),
    settled_without_judge(),
    panel_alpha(),
]


@scorer(metrics=JUDGED)
def differential_judge(
    rubric: str = DEFAULT_RUBRIC, max_diagnoses: int = MAX_DIAGNOSES, exact_first: bool = True
) -> Scorer:
    """How close a differential comes to the final diagnosis, on the rubric's levels, and whether it covers it.

    **Model roles:** `grader`, the judge; `openai/gpt-5` unless another model is given. Several models
    (`--model-role grader=a,b`) form a panel; its score is the median.

    Args:
        rubric: Name of a rubric profile (`judging/rubrics/`), which defines the levels and the threshold of coverage.
        max_diagnoses: Maximum number of diagnoses that are judged; the rest of a longer list is ignored.
        exact_first: Whether a diagnosis that matches the final diagnosis or an alias exactly is scored without the
            judge.
    """
    profile = load_rubric(rubric)

    async def score(state: TaskState, target: Target) -> Score:
        record = state.metadata_as(CaseRecord)
        listed = parse_differential(state.output.completion)
        failure = None if listed else answer_failure(state, None)
        on_the_way = [stage_differential(earlier) for earlier in state.store_as(Consultation).on_the_way]
        answer = Listed(listed, failure, on_the_way)
        return await judged(record, profile, answer, limit=max_diagnoses, exact_first=exact_first)

    return score


@scorer(
    metrics=[
        {
            "coverage": JUDGED[0]["coverage"],  # type: ignore[index]
            "score": JUDGED[0]["score"],  # type: ignore[index]
        },
        answer_failures(),
        settled_without_judge(),
        panel_alpha(),
    ]
)
def commitment_judge(rubric: str = DEFAULT_RUBRIC, exact_first: bool = True) -> Scorer:
    """How close the one diagnosis that a reader chooses comes to the final diagnosis, on the rubric's levels.

    **Model roles:** `grader`, as for `differential_judge`.

    Args:
        rubric: Name of a rubric profile (`judging/rubrics/`).
        exact_first: Whether a diagnosis that matches the final diagnosis or an alias exactly is scored without the
            judge.
    """
    profile = load_rubric(rubric)

    async def score(state: TaskState, target: Target) -> Score:
        record = state.metadata_as(CaseRecord)
        consultation = state.store_as(Consultation)
        chosen = parse_commitment(state.output.completion)
        own = parse_differential(consultation.differential)
        failure = None if chosen else answer_failure(state, None)
        on_the_way = [stage_differential(earlier) for earlier in consultation.on_the_way]
        from_own_list = plain(chosen) in {plain(name) for name in own} if chosen else None
        answer = Listed((chosen,) if chosen else (), failure, on_the_way, own, from_own_list)
        return await judged(record, profile, answer, limit=1, exact_first=exact_first)

    return score


def answer_failure(state: TaskState, problem: Failure | None) -> Failure:
    """Why no diagnosis could be read from an answer: the provider's stop reason first, then the answer's text."""
    match state.output.stop_reason:
        case "content_filter":
            return "content_filter"
        case "max_tokens" | "model_length":
            return "truncated"
    if problem is None or problem == "unparseable":
        return "refused" if is_refusal(state.output.completion) else "unparseable"
    return problem


def stage_choice(answer: ReaderAnswer, options: Sequence[str]) -> StageAnswer:
    """The record of an option chosen at an earlier stage."""
    posterior = option_posterior(answer, options)
    return StageAnswer(
        stage=answer.stage,
        answer=parse_choice(answer.completion, options).letter,
        posterior=" ".join(f"{p:.4f}" for p in posterior.probabilities) if posterior else None,
    )


def stage_differential(answer: ReaderAnswer) -> StageAnswer:
    """The record of the first diagnosis of a differential given at an earlier stage."""
    listed = parse_differential(answer.completion)
    return StageAnswer(stage=answer.stage, answer=shortened(listed[0], 40) if listed else None)
