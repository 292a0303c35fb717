"""From an answer to a score. What an answer says is decided in `answers`, what the judge is asked in `judging`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import Model, get_model, model_roles
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

from medsyn_inspect.answers.choice import answer_span, parse_choice
from medsyn_inspect.answers.differential import parse_commitment, parse_differential
from medsyn_inspect.answers.posterior import Posterior, letter_posterior, token_at, token_letter
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.answers.rubric import Rubric, best_match, coverage_at, exact_rank, load_rubric
from medsyn_inspect.cases.check import plain
from medsyn_inspect.judging import JudgeFailed, PanelVerdict, panel_verdict
from medsyn_inspect.metrics import (
    answer_failures,
    mean_by_language,
    mean_by_specialty_group,
    panel_alpha,
    settled_without_judge,
)
from medsyn_inspect.records import (
    COVERAGE_AT,
    CaseRecord,
    ChoiceRecord,
    DifferentialRecord,
    Failure,
    Outcome,
    StageAnswer,
    shortened,
)
from medsyn_inspect.solvers import Consultation, ReaderAnswer, reader_answer

JUDGE_ROLE = "grader"
DEFAULT_JUDGE = "openai/gpt-5"


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
    """Whether the option chosen is the final diagnosis; with the posterior where the model gave token probabilities."""

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
def differential_judge(rubric: str = "bond", max_diagnoses: int = 10, exact_first: bool = True) -> Scorer:
    """How close a differential comes to the final diagnosis, 0 to 5, and whether it covers it.

    **Model roles:** `grader`, the judge; `openai/gpt-5` unless another is given. Several
    (`--model-role grader=a,b`) form a panel whose median counts.

    Args:
        rubric: A rubric profile (`answers/rubrics/`): levels and the threshold of coverage.
        max_diagnoses: How many of the listed diagnoses count; a longer list is cut.
        exact_first: Whether a diagnosis that names the final diagnosis or an alias word for word needs no judge.
    """
    profile = load_rubric(rubric)

    async def score(state: TaskState, target: Target) -> Score:
        record = state.metadata_as(CaseRecord)
        listed = parse_differential(state.output.completion)
        failure = None if listed else answer_failure(state, None)
        on_the_way = [stage_differential(earlier) for earlier in state.store_as(Consultation).on_the_way]
        return await judged(record, profile, listed, max_diagnoses, exact_first, failure, on_the_way)

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
def commitment_judge(rubric: str = "bond", exact_first: bool = True) -> Scorer:
    """How close the one diagnosis that a reader commits itself to comes to the final diagnosis, 0 to 5.

    **Model roles:** `grader`, as for `differential_judge`.

    Args:
        rubric: A rubric profile (`answers/rubrics/`).
        exact_first: Whether the final diagnosis or an alias, word for word, needs no judge.
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
        listed = (chosen,) if chosen else ()
        return await judged(record, profile, listed, 1, exact_first, failure, on_the_way, own, from_own_list)

    return score


async def judged(
    case: CaseRecord,
    rubric: Rubric,
    listed: Sequence[str],
    limit: int,
    exact_first: bool,
    failure: Failure | None,
    on_the_way: list[StageAnswer],
    own_list: Sequence[str] | None = None,
    from_own_list: bool | None = None,
) -> Score:
    """Score a list of diagnoses against the final diagnosis: word for word first, then by the judge."""
    counted = list(listed[:limit])
    rank = exact_rank(counted, case.final_diagnosis, case.aliases) if exact_first else None
    # Word for word the diagnosis is the best there can be. Only what stands above it is left to judge,
    # and only for coverage at smaller ranks.
    to_judge = counted if rank is None else counted[: rank - 1]
    judges = grader_models() if to_judge else []
    verdict, judge_failure = PanelVerdict(), None
    if to_judge:
        try:
            verdict = await panel_verdict(judges, rubric, case.final_diagnosis, case.aliases, to_judge)
        except JudgeFailed as failed:
            verdict, judge_failure = PanelVerdict(attempts=failed.attempts), str(failed)
    levels: list[int | None] = list(verdict.levels) if verdict.levels else [None] * len(to_judge)
    if rank is not None:
        levels = [*levels, rubric.best, *([None] * (len(counted) - rank))]

    best = best_match(levels) if counted else (rubric.worst, 0)
    record = DifferentialRecord(
        outcome=Outcome.JUDGE_FAILED
        if best is None
        else Outcome.RIGHT
        if best[0] >= rubric.threshold
        else Outcome.WRONG,
        failure=failure,
        judge=[str(judge) for judge in judges],
        settled_by="nothing_listed" if not counted else "exact_match" if rank else "judge" if best else "nobody",
        rubric=rubric.name,
        threshold=rubric.threshold,
        given=len(own_list if own_list is not None else listed),
        judged=len(counted),
        matched=shortened(counted[best[1] - 1]) if best and best[1] else None,
        matched_rank=best[1] if best and best[1] else None,
        levels=levels,
        panel_scores=verdict.scores if len(verdict.scores) > 1 and rank is None else [],
        attempts=verdict.attempts,
        judge_failure=judge_failure,
        from_own_list=from_own_list,
        on_the_way=on_the_way,
    )
    answer = "\n".join(f"{number}. {text}" for number, text in enumerate(counted, 1))
    explanation = explained(case, record, counted, verdict, len(own_list) if own_list is not None else None)
    metadata = record.model_dump(mode="json")
    if best is None:
        return Score.unscored(reason="grader_failed", answer=answer, explanation=explanation, metadata=metadata)
    value: dict[str, str | int | float | bool | None] = {
        "score": float(best[0]),
        "coverage": float(best[0] >= rubric.threshold),
    }
    if own_list is None:
        # Nothing listed covers nothing at any rank.
        value |= {f"coverage_at_{k}": coverage_at(levels or [rubric.worst], k, rubric.threshold) for k in COVERAGE_AT}
    return Score(value=value, answer=answer, explanation=explanation, metadata=metadata)


def explained(
    case: CaseRecord, record: DifferentialRecord, counted: Sequence[str], verdict: PanelVerdict, own: int | None
) -> str:
    """The score in words, for the log viewer."""
    lines = [f"Final diagnosis: {case.final_diagnosis}"]
    match record.settled_by:
        case "nothing_listed":
            lines.append(f"No diagnosis could be read from the answer: {record.failure}")
        case "exact_match":
            lines.append(f"Number {record.matched_rank} names it word for word; no judge was needed for the score")
        case "nobody":
            lines.append(f"Unscored: {record.judge_failure}")
        case "judge":
            lines.append(f"Judged by {', '.join(record.judge)} with rubric {record.rubric}")
    if record.settled_by == "exact_match" and record.judge_failure:
        lines.append(f"The diagnoses above it are not judged: {record.judge_failure}")
    reasons = [*verdict.reasons, *([""] * (len(counted) - len(verdict.reasons)))]
    for number, (text, level, reason) in enumerate(zip(counted, record.levels, reasons, strict=True), 1):
        lines.append(f"{number}. {text} - {reason or (level if level is not None else 'not judged')}")
    if own is None and record.given > record.judged:
        lines.append(f"{record.given - record.judged} more diagnoses were listed and do not count")
    if record.from_own_list is False:
        lines.append("It does not stand in the reader's own differential")
    return "\n".join(lines)


def grader_models() -> list[Model]:
    """The judge, or the panel of them. Never the model under test, unless it is named as the judge."""
    panel = model_roles().get(JUDGE_ROLE)
    if isinstance(panel, list):
        return panel
    return [get_model(role=JUDGE_ROLE, default=DEFAULT_JUDGE)]  # inspect-evals-lint: ignore[IEBP001] -- scorers call it


def answer_failure(state: TaskState, problem: Failure | None) -> Failure:
    """Why nothing could be read from an answer: the provider's word first, then the text's."""
    match state.output.stop_reason:
        case "content_filter":
            return "content_filter"
        case "max_tokens" | "model_length":
            return "truncated"
    if problem is None or problem == "unparseable":
        return "refused" if is_refusal(state.output.completion) else "unparseable"
    return problem


def option_posterior(answer: ReaderAnswer, options: Sequence[str]) -> Posterior | None:
    """The posterior at the token that names the option; `None` without token probabilities or a clear answer.

    Providers may leave tokens out (of Google's, Inspect keeps none that is certain), so the tokens can read
    differently from the answer. Their letter must be the answer's, and must follow the same words or be the
    only one of its kind in the answer; otherwise the probabilities could be those of a remark on the way.
    """
    letters = ascii_uppercase[: len(options)]
    text = "".join(token for token, _ in answer.tokens)
    given, said = (answer_span(words, letters, options) for words in (text, answer.completion))
    if given is None or said is None:
        return None
    letter = token_letter(answer.completion[said[0] : said[1]])
    if token_letter(text[given[0] : given[1]]) != letter:
        return None
    same_words = text[: given[0]].rstrip()[-3:] == answer.completion[: said[0]].rstrip()[-3:]
    if not same_words and len(re.findall(rf"(?<![A-Za-z]){letter}(?![A-Za-z])", answer.completion)) > 1:
        return None
    index = token_at([token for token, _ in answer.tokens], given[0])
    return letter_posterior(answer.tokens[index][1], letters) if index is not None else None


def stage_choice(answer: ReaderAnswer, options: Sequence[str]) -> StageAnswer:
    """An option chosen on the way."""
    posterior = option_posterior(answer, options)
    return StageAnswer(
        stage=answer.stage,
        answer=parse_choice(answer.completion, options).letter,
        posterior=" ".join(f"{p:.4f}" for p in posterior.probabilities) if posterior else None,
    )


def stage_differential(answer: ReaderAnswer) -> StageAnswer:
    """The first diagnosis of a differential given on the way."""
    listed = parse_differential(answer.completion)
    return StageAnswer(stage=answer.stage, answer=shortened(listed[0], 40) if listed else None)
