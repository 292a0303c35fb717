"""The evaluation tasks: each combines a dataset, a solver, a scorer and a viewer.

Task parameters change what a reader is shown, how it is questioned and how its answers are graded. Temperature,
connections, limits and retries are Inspect's own options.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from inspect_ai import Task, task
from inspect_ai.log import HeadlineMetric
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Solver
from inspect_ai.viewer import ViewerConfig

from medsyn_inspect.arms.design import DESIGN, Design, Orders
from medsyn_inspect.arms.scorer import evidence_sensitivity
from medsyn_inspect.arms.solver import all_arms
from medsyn_inspect.cases.load import DEMO, CaseSet, load_cases
from medsyn_inspect.dataset import case_samples
from medsyn_inspect.judging.ready import JudgeFirst
from medsyn_inspect.judging.rubric import DEFAULT_RUBRIC, load_rubric
from medsyn_inspect.parameters import as_names, checked, condition_of, documented
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES, WITH_OPTIONS
from medsyn_inspect.records import BOTH_VIEWS, PLAIN, VIEWS, Condition, Staging, TaskRecord, TextPolicy, View
from medsyn_inspect.scorers import commitment_judge, differential_judge, option_choice
from medsyn_inspect.solvers import commit_to_one, images_within_limits, one_turn, stage_turns
from medsyn_inspect.version import package_version
from medsyn_inspect.viewer import choice_viewer, commitment_viewer, differential_viewer, sensitivity_viewer

TASK_VERSION = "1-A"
"""Incremented when the same parameters would no longer give comparable results."""

Names = str | list[str] | None
"""One name, several names (a list or a comma-separated string), or none."""


@task
@documented()
def ddx(
    *,
    cases: str = DEMO,
    language: Names = None,
    specialty: Names = None,
    view: View = VIEWS[0],
    text: TextPolicy = PLAIN.text,
    withhold: Names = None,
    emphasis: Names = None,
    staging: Staging = PLAIN.staging,
    rubric: str = DEFAULT_RUBRIC,
    max_diagnoses: int = MAX_DIAGNOSES,
    check_judge: bool = True,
) -> Task:
    """Differential diagnosis: list the diagnoses that could explain the case; a judge scores the list.

    Coverage is the share of cases in which a listed diagnosis reaches the threshold of the rubric.

    **Model Roles:**
        grader: The judge. Optional; the paper's `openai/gpt-5` until its shutdown, then its successor. Several models
            form a panel (median).
    """
    shown = condition_of(
        view=view,
        text=text,
        withhold=withhold,
        emphasis=emphasis,
        staging=staging,
        selection={"language": language, "specialty": specialty},
        grading=_grading(rubric, max_diagnoses),
    )
    return _task(
        "ddx",
        load_cases(cases).select(as_names(language), as_names(specialty)),
        shown,
        max_diagnoses=max_diagnoses,
        solver=[_generated(shown)],
        scorer=differential_judge(rubric, max_diagnoses, **_unless_checked(check_judge)),
        judge_first=JudgeFirst(load_rubric(rubric), check_judge),
        viewer=differential_viewer(load_rubric(rubric)),
        headline_metric=HeadlineMetric(scorer="differential_judge", metric="coverage"),
    )


@task
@documented()
def fdx(
    *,
    cases: str = DEMO,
    language: Names = None,
    specialty: Names = None,
    view: View = VIEWS[0],
    text: TextPolicy = PLAIN.text,
    withhold: Names = None,
    emphasis: Names = None,
    staging: Staging = PLAIN.staging,
    logprobs: bool = True,
) -> Task:
    """Final diagnosis: choose the diagnosis among clinically close options.

    Token probabilities are requested; if the model returns them, the score holds the posterior over the options.
    """
    shown = condition_of(
        view=view,
        text=text,
        withhold=withhold,
        emphasis=emphasis,
        staging=staging,
        selection={"language": language, "specialty": specialty},
    )
    return _task(
        "fdx",
        load_cases(cases).select(as_names(language), as_names(specialty)),
        shown,
        solver=[_generated(shown)],
        scorer=option_choice(),
        viewer=choice_viewer(),
        headline_metric="option_choice",
        config=GenerateConfig(logprobs=True, top_logprobs=20) if logprobs else GenerateConfig(),
    )


@task
@documented()
def open_fdx(
    *,
    cases: str = DEMO,
    language: Names = None,
    specialty: Names = None,
    view: View = VIEWS[0],
    text: TextPolicy = PLAIN.text,
    withhold: Names = None,
    emphasis: Names = None,
    staging: Staging = PLAIN.staging,
    rubric: str = DEFAULT_RUBRIC,
    max_diagnoses: int = MAX_DIAGNOSES,
    check_judge: bool = True,
) -> Task:
    """Open final diagnosis: write a differential, then choose one diagnosis from it; a judge scores that one.

    **Model Roles:**
        grader: The judge. Optional; the paper's `openai/gpt-5` until its shutdown, then its successor. Several models
            form a panel (median).
    """
    shown = condition_of(
        view=view,
        text=text,
        withhold=withhold,
        emphasis=emphasis,
        staging=staging,
        selection={"language": language, "specialty": specialty},
        grading=_grading(rubric, max_diagnoses),
    )
    case_set = load_cases(cases).select(as_names(language), as_names(specialty))
    return _task(
        "open_fdx",
        case_set,
        shown,
        max_diagnoses=max_diagnoses,
        solver=[_generated(shown), commit_to_one(case_set)],
        scorer=commitment_judge(rubric, **_unless_checked(check_judge)),
        judge_first=JudgeFirst(load_rubric(rubric), check_judge),
        viewer=commitment_viewer(load_rubric(rubric)),
        headline_metric=HeadlineMetric(scorer="commitment_judge", metric="coverage"),
    )


@task
@documented(Design)
def sensitivity(
    *,
    cases: str = DEMO,
    language: Names = None,
    specialty: Names = None,
    emphasis: Names = None,
    types: Names = None,
    posterior: str = DESIGN.posterior,
    samples: int = DESIGN.samples,
    text_evidence: bool = DESIGN.text_evidence,
    only_one: bool = DESIGN.only_one,
    orders: Orders = DESIGN.orders,
    order_audit: float = DESIGN.order_audit,
) -> Task:
    """Evidence Sensitivity: how much the answer changes when a type of evidence is withheld, in either view.

    One sample runs all arms of a case: all evidence, and all but one type, as images and as findings. Unless the
    posterior is estimated from samples, another arm shows all evidence with the question reworded.
    """
    design = checked(
        Design,
        types=types,
        posterior=posterior,
        samples=samples,
        text_evidence=text_evidence,
        only_one=only_one,
        orders=orders,
        order_audit=order_audit,
    )
    selection = {"language": language, "specialty": specialty}
    shown = condition_of(emphasis=emphasis, selection=selection).replace(view=BOTH_VIEWS)
    case_set = load_cases(cases).select(as_names(language), as_names(specialty))
    return _task(
        "sensitivity",
        case_set,
        shown,
        design=design,
        solver=[all_arms(case_set, design, shown.emphasis)],
        scorer=evidence_sensitivity(text_evidence),
        viewer=sensitivity_viewer(),
        headline_metric="nmse",
        tags=[f"posterior:{design.posterior}"],
        score_on_error=True,
    )


TASKS = {function.__name__: function for function in (ddx, fdx, open_fdx, sensitivity)}
"""The task functions, by the name of their question."""


def _task(
    question: str,
    case_set: CaseSet,
    condition: Condition,
    *,
    solver: list[Solver],
    scorer: Scorer,
    viewer: ViewerConfig,
    headline_metric: HeadlineMetric | str,
    config: GenerateConfig | None = None,
    design: Design | None = None,
    max_diagnoses: int = MAX_DIAGNOSES,
    tags: list[str] | None = None,
    score_on_error: bool | None = None,
    judge_first: JudgeFirst | None = None,
) -> Task:
    """Build a task from its parts, with the prompts, the metadata and the handling of failures that all tasks share."""
    if judge_first:
        judge_first.check_key()
    if max_diagnoses < 1:
        raise ValueError(f"max_diagnoses={max_diagnoses}: must be 1 or more")
    return Task(
        dataset=case_samples(case_set, question, condition, max_diagnoses=max_diagnoses),
        setup=images_within_limits(),
        solver=solver,
        scorer=scorer,
        viewer=viewer,
        config=config or GenerateConfig(),
        # A failed call must not end the run, and the run must not look complete afterwards: Inspect goes on, marks
        # the log as failed at the end, and `inspect eval-retry` repeats only the failed cases.
        continue_on_fail=True,
        score_on_error=score_on_error,
        early_stopping=judge_first,
        version=TASK_VERSION,
        metadata=_record(question, case_set, condition, design).model_dump(mode="json"),
        description=description(question),
        tags=[
            "medsyn",
            question,
            f"view:{condition.view}",
            *(tags or []),
            *(["synthetic"] if case_set.card.synthetic else []),
        ],
        headline_metric=headline_metric,
    )


def _record(question: str, case_set: CaseSet, condition: Condition, design: Design | None) -> TaskRecord:
    """The metadata of a task in the log."""
    options = Counter(len(case.options) for case in case_set.cases if case.options) if question in WITH_OPTIONS else {}
    return TaskRecord(
        package_version=package_version(),
        question=question,
        condition=condition,
        design=design.model_dump(mode="json") if design else None,
        design_changes=design.model_dump(mode="json", exclude_defaults=True) if design else {},
        case_set=case_set.card.name,
        case_set_version=case_set.card.version,
        case_set_fingerprint=case_set.fingerprint,
        case_set_card=case_set.card.model_dump(mode="json"),
        case_set_size=case_set.size,
        selected=len(case_set.cases),
        options={str(size): count for size, count in sorted(options.items())},
        templates={
            name: load_templates(name, case_set.language_folders).fingerprint
            for name in sorted({case.language for case in case_set.cases})
        },
    )


def _unless_checked(check_judge: bool) -> dict[str, bool]:
    """The parameter of a scorer that does not check the judge; not given, and so not logged, if it does."""
    return {} if check_judge else {"check_judge": False}


def _generated(condition: Condition) -> Solver:
    return stage_turns() if condition.staging == "turns" else one_turn()


def _grading(rubric: str, max_diagnoses: int) -> dict[str, object]:
    """The grading parameters that differ from their defaults, by name."""
    given: dict[str, tuple[object, object]] = {
        "rubric": (rubric, DEFAULT_RUBRIC),
        "max_diagnoses": (max_diagnoses, MAX_DIAGNOSES),
    }
    return {name: value for name, (value, default) in given.items() if value != default}


def description(question: str) -> str:
    """The description of a task in one sentence: the first line of its docstring."""
    function: Any = {"ddx": ddx, "fdx": fdx, "open_fdx": open_fdx, "sensitivity": sensitivity}[question]
    return str(function.__doc__).partition("\n")[0]
