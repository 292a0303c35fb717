"""Scorers of `fdx`, `ddx` and `open_fdx`. `answers` reads the answers; `judging` judges the diagnoses."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Metric,
    Score,
    Scorer,
    Target,
    accuracy,
    grouped,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import parse_differential, read_commitment, read_differential
from medsyn_inspect.answers.extractor import extract_choice, extract_commitment, extract_differential
from medsyn_inspect.answers.option_posterior import option_posterior
from medsyn_inspect.answers.phrases import Phrases
from medsyn_inspect.answers.tokens import ReaderAnswer, reader_answer
from medsyn_inspect.calls import no_answer
from medsyn_inspect.cases.names import plain
from medsyn_inspect.judging.ready import judges_ready
from medsyn_inspect.judging.rubric import DEFAULT_RUBRIC, load_rubric
from medsyn_inspect.judging.score import EXTRACTOR_FAILED, Listed, judged, reading_in_words
from medsyn_inspect.metrics import (
    answer_failures,
    decided_without_judge,
    judged_mean,
    judged_mean_by,
    panel_alpha,
    unread,
    unscored,
)
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES
from medsyn_inspect.reading import case_phrases, read_answer
from medsyn_inspect.records import (
    AFTER_REASONING,
    COVERAGE_AT,
    LATE_MARK,
    CaseRecord,
    ChoiceRecord,
    Outcome,
    StageAnswer,
    coverage_key,
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
        unread(),
    ]
)
def option_choice() -> Scorer:
    """Whether the chosen option is the final diagnosis; with the posterior if the model gave token probabilities.

    **Model roles:** `extractor` reads answers that have no known form; without one the `grader`, if it was given.
    """

    async def score(state: TaskState, target: Target) -> Score | None:
        if no_answer(state.output):
            return None  # The reader's call failed, and a log with such a sample is judged again.
        record = state.metadata_as(CaseRecord)
        options, phrases = record.options or [], case_phrases(record)
        answer = reader_answer(record.stages[-1], state.output)
        given = await read_answer(
            parse_choice(answer.completion, options, phrases=phrases, stop_reason=answer.stop_reason),
            answer.completion,
            phrases,
            lambda extractor: extract_choice(extractor, answer.completion, options, phrases),
        )
        right = given.value == target.text
        found = option_posterior(answer, options, phrases)
        unscored = given.record.extractor_failure is not None
        result = ChoiceRecord(
            **dict(given.record),
            outcome=Outcome.READING_FAILED if unscored else Outcome.RIGHT if right else Outcome.WRONG,
            choice=given.value,
            chosen=options[ascii_uppercase.index(given.value)] if given.value else None,
            form=given.form,
            posterior=found.probabilities,
            posterior_source=found.source,
            option_mass=found.option_mass,
            prefix=found.prefix if found.source == AFTER_REASONING else None,
            no_posterior=found.problem if answer.gives_tokens and not found.posterior else None,
            interim=[stage_choice(earlier, options, phrases) for earlier in state.store_as(Consultation).interim],
            answered_as=state.output.model,
        )
        return Score(
            value=float("nan") if unscored else CORRECT if right else INCORRECT,
            reason=EXTRACTOR_FAILED if unscored else None,
            answer=given.value or "",
            explanation=choice_explained(record, result, target.text),
            metadata=result.model_dump(mode="json"),
        )

    return score


def judged_metrics(*measures: str) -> list[Metric]:
    """The metrics of a judged score; the first is the headline.

    They receive whole scores: metrics of a single key never see the answers whose score is missing.

    Args:
        measures: Keys of the score that are averaged, besides `coverage` and `score`.
    """
    means = [judged_mean(measure) for measure in ("coverage", "score", *measures)]
    groups = [
        judged_mean_by(measure, group) for measure in ("coverage", "score") for group in ("language", "specialty_group")
    ]
    counts = [answer_failures(), unread(), decided_without_judge(), panel_alpha()]
    return [*means, unscored(), *groups, *counts]


@scorer(metrics=judged_metrics(*map(coverage_key, COVERAGE_AT)))
def differential_judge(
    rubric: str = DEFAULT_RUBRIC,
    max_diagnoses: int = MAX_DIAGNOSES,
    exact_first: bool = True,
    check_judge: bool = True,
) -> Scorer:
    """How close a differential comes to the final diagnosis, on the rubric's levels, and whether it covers it.

    **Model roles:** `grader`, the judge; without one, the paper's `openai/gpt-5` until its shutdown and then its
    successor. Several models (`--model-role grader=a,b`) form a panel; its score is the median.
    `extractor`, as for `option_choice`.

    Args:
        rubric: Name of a rubric profile (`judging/rubrics/`), which defines the levels and the threshold of coverage.
        max_diagnoses: Maximum number of diagnoses that are judged; the rest of a longer list is ignored.
        exact_first: Whether a diagnosis that matches the final diagnosis or an alias exactly is scored without the
            judge.
        check_judge: Whether the judge must first give a verdict on a test; if it gives none, nothing is scored.
    """
    profile = load_rubric(rubric)

    async def score(state: TaskState, target: Target) -> Score | None:
        if no_answer(state.output):
            return None  # The reader's call failed, and a log with such a sample is judged again.
        if check_judge:
            await judges_ready(profile)
        record = state.metadata_as(CaseRecord)
        phrases, completion = case_phrases(record), state.output.completion
        given = await read_answer(
            read_differential(completion, phrases=phrases, stop_reason=state.output.stop_reason),
            completion,
            phrases,
            lambda extractor: extract_differential(extractor, completion, phrases),
        )
        interim = [stage_differential(earlier, phrases) for earlier in state.store_as(Consultation).interim]
        answer = Listed(given.value or (), given.record, interim, answered_as=state.output.model)
        return await judged(record, profile, answer, limit=max_diagnoses, exact_first=exact_first)

    return score


@scorer(metrics=judged_metrics())
def commitment_judge(rubric: str = DEFAULT_RUBRIC, exact_first: bool = True, check_judge: bool = True) -> Scorer:
    """How close the one diagnosis that a reader chooses comes to the final diagnosis, on the rubric's levels.

    **Model roles:** `grader` and `extractor`, as for `differential_judge`.

    Args:
        rubric: Name of a rubric profile (`judging/rubrics/`).
        exact_first: Whether a diagnosis that matches the final diagnosis or an alias exactly is scored without the
            judge.
        check_judge: Whether the judge must first give a verdict on a test; if it gives none, nothing is scored.
    """
    profile = load_rubric(rubric)

    async def score(state: TaskState, target: Target) -> Score | None:
        if no_answer(state.output):
            return None  # The reader's call failed, and a log with such a sample is judged again.
        if check_judge:
            await judges_ready(profile)
        record = state.metadata_as(CaseRecord)
        consultation = state.store_as(Consultation)
        phrases, completion = case_phrases(record), state.output.completion
        given = await read_answer(
            read_commitment(completion, phrases=phrases, stop_reason=state.output.stop_reason),
            completion,
            phrases,
            lambda extractor: extract_commitment(extractor, completion, phrases),
        )
        chosen = given.value
        own = parse_differential(
            consultation.differential, phrases=phrases, stop_reason=consultation.differential_stop_reason
        )
        interim = [stage_differential(earlier, phrases) for earlier in consultation.interim]
        from_own_list = plain(chosen) in {plain(name) for name in own} if chosen and own else None
        answer = Listed(
            (chosen,) if chosen else (), given.record, interim, own, from_own_list, answered_as=state.output.model
        )
        return await judged(record, profile, answer, limit=1, exact_first=exact_first)

    return score


def choice_explained(case: CaseRecord, choice: ChoiceRecord, right: str) -> str:
    """The score in words, for the log viewer."""
    if choice.choice:
        stated = f"Chose {choice.choice}. {choice.chosen}"
    elif choice.extractor_failure:
        stated = f"Unscored: {choice.extractor_failure}"
    else:
        stated = f"No option could be read from the answer: {choice.failure}"
    return "\n".join([stated, *reading_in_words(choice), f"Final diagnosis: {right}. {case.final_diagnosis}"])


def stage_choice(answer: ReaderAnswer, options: Sequence[str], phrases: Phrases) -> StageAnswer:
    """The record of an option chosen at an earlier stage, read by its form alone."""
    found = option_posterior(answer, options, phrases)
    mark = LATE_MARK if found.source == AFTER_REASONING else ""
    return StageAnswer(
        stage=answer.stage,
        answer=parse_choice(answer.completion, options, phrases=phrases, stop_reason=answer.stop_reason).letter,
        posterior=mark + " ".join(f"{p:.4f}" for p in found.probabilities) if found.probabilities else None,
    )


def stage_differential(answer: ReaderAnswer, phrases: Phrases) -> StageAnswer:
    """The record of the first diagnosis of a differential given at an earlier stage, read by its form alone."""
    listed = parse_differential(answer.completion, phrases=phrases, stop_reason=answer.stop_reason)
    return StageAnswer(stage=answer.stage, answer=shortened(listed[0], 40) if listed else None)
