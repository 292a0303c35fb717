"""The tasks. Each is dataset, solver, scorer, viewer; parameters are only what changes the question.

Temperature, connections, limits, retries and the like are Inspect's own options.
"""

from __future__ import annotations

from inspect_ai import Task, task, task_with
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Scorer
from inspect_ai.solver import Solver, generate
from inspect_ai.viewer import ViewerConfig

from medsyn_inspect.arms.design import Orders
from medsyn_inspect.arms.prompt import CYCLIC_NEEDS, PosteriorSource
from medsyn_inspect.arms.scorer import evidence_sensitivity
from medsyn_inspect.arms.solver import all_arms
from medsyn_inspect.cases.load import DEMO, known_evidence_type, load_cases
from medsyn_inspect.dataset import case_samples
from medsyn_inspect.prompts.arms import Staging, TextPolicy, View, as_arm, as_names, one_of
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.records import TaskRecord
from medsyn_inspect.scorers import commitment_judge, differential_judge, option_choice
from medsyn_inspect.solvers import commit_to_one, stage_turns
from medsyn_inspect.version import package_version
from medsyn_inspect.viewer import choice_viewer, commitment_viewer, differential_viewer, sensitivity_viewer

TASK_VERSION = "1-A"
"""Raised when the same parameters would no longer give comparable results."""

DESCRIPTIONS = {
    "ddx": "Differential diagnosis of complex clinical cases with multimodal evidence, judged 0-5.",
    "fdx": "Final diagnosis of complex clinical cases with multimodal evidence, among close options.",
    "open_fdx": "Final diagnosis of complex clinical cases out of the reader's own differential, judged 0-5.",
    "sensitivity": "How far the final diagnosis moves when each type of evidence is withheld, as image and as finding.",
}


@task
def ddx(
    cases: str = DEMO,
    language: str | list[str] | None = None,
    specialty: str | list[str] | None = None,
    view: View = "image",
    text: TextPolicy = "keep",
    withhold: str | list[str] | None = None,
    emphasis: str | None = None,
    staging: Staging = "single",
    rubric: str = "bond",
    max_diagnoses: int = 10,
) -> Task:
    """Differential diagnosis: list the diagnoses that could explain the case; a judge scores the list 0-5.

    Coverage is the share of cases in which a listed diagnosis reaches the rubric's threshold (4).

    **Model Roles:**
        grader: The judge. Optional; `openai/gpt-5` if not given. Several models form a panel (median).

    Args:
        cases: Case set: `demo` (bundled) or a folder with `cases.jsonl` and `card.yaml`.
        language: Only cases in these languages, such as `en` or `en,zh`.
        specialty: Only cases of these specialties or specialty groups.
        view: `image`: visual evidence as its images; `finding`: as the expert's finding in words.
        text: `keep` history and examination, `remove` them, or replace them by `random` words of the same length.
        withhold: Evidence types, `history` or `examination` not to show, or `all` for the question alone.
        emphasis: An evidence type that the system message asks the reader to attend to.
        staging: `single`: all evidence in one turn; `turns`: stage by stage, with an answer after each.
        rubric: `bond`, or `core_diagnosis` (a missing subtype, stage or site does not lower the score).
        max_diagnoses: How many diagnoses are asked for, and judged.
    """
    return _task(
        "ddx", cases, language, specialty, view, text, withhold, emphasis, staging, max_diagnoses,
        solver=[],
        scorer=differential_judge(rubric, max_diagnoses),
        viewer=differential_viewer(),
        headline="differential_judge.coverage",
        grading=_grading(rubric, max_diagnoses),
    )  # fmt: skip


@task
def fdx(
    cases: str = DEMO,
    language: str | list[str] | None = None,
    specialty: str | list[str] | None = None,
    view: View = "image",
    text: TextPolicy = "keep",
    withhold: str | list[str] | None = None,
    emphasis: str | None = None,
    staging: Staging = "single",
    logprobs: bool = True,
) -> Task:
    """Final diagnosis: choose it among clinically close options.

    Token probabilities are asked for; where the model gives them, the score carries the posterior over the options.

    Args:
        cases: Case set: `demo` (bundled) or a folder with `cases.jsonl` and `card.yaml`; its cases must have options.
        language: Only cases in these languages, such as `en` or `en,zh`.
        specialty: Only cases of these specialties or specialty groups.
        view: `image`: visual evidence as its images; `finding`: as the expert's finding in words.
        text: `keep` history and examination, `remove` them, or replace them by `random` words of the same length.
        withhold: Evidence types, `history` or `examination` not to show, or `all` for the question alone.
        emphasis: An evidence type that the system message asks the reader to attend to.
        staging: `single`: all evidence in one turn; `turns`: stage by stage, with an answer after each.
        logprobs: Whether to ask for token probabilities; `false` for models that refuse the request.
    """
    return _task(
        "fdx", cases, language, specialty, view, text, withhold, emphasis, staging, 0,
        solver=[],
        scorer=option_choice(),
        viewer=choice_viewer(),
        headline="option_choice",
        config=GenerateConfig(logprobs=True, top_logprobs=20) if logprobs else GenerateConfig(),
    )  # fmt: skip


@task
def open_fdx(
    cases: str = DEMO,
    language: str | list[str] | None = None,
    specialty: str | list[str] | None = None,
    view: View = "image",
    text: TextPolicy = "keep",
    withhold: str | list[str] | None = None,
    emphasis: str | None = None,
    staging: Staging = "single",
    rubric: str = "bond",
    max_diagnoses: int = 10,
) -> Task:
    """Open final diagnosis: write a differential, then commit to one diagnosis out of it; a judge scores that one 0-5.

    **Model Roles:**
        grader: The judge. Optional; `openai/gpt-5` if not given. Several models form a panel (median).

    Args:
        cases: Case set: `demo` (bundled) or a folder with `cases.jsonl` and `card.yaml`.
        language: Only cases in these languages, such as `en` or `en,zh`.
        specialty: Only cases of these specialties or specialty groups.
        view: `image`: visual evidence as its images; `finding`: as the expert's finding in words.
        text: `keep` history and examination, `remove` them, or replace them by `random` words of the same length.
        withhold: Evidence types, `history` or `examination` not to show, or `all` for the question alone.
        emphasis: An evidence type that the system message asks the reader to attend to.
        staging: `single`: all evidence in one turn; `turns`: stage by stage, with an answer after each.
        rubric: `bond`, or `core_diagnosis` (a missing subtype, stage or site does not lower the score).
        max_diagnoses: How many diagnoses the differential may list.
    """
    return _task(
        "open_fdx", cases, language, specialty, view, text, withhold, emphasis, staging, max_diagnoses,
        solver=[commit_to_one()],
        scorer=commitment_judge(rubric),
        viewer=commitment_viewer(),
        headline="commitment_judge.coverage",
        grading=_grading(rubric, max_diagnoses),
    )  # fmt: skip


@task
def sensitivity(
    cases: str = DEMO,
    language: str | list[str] | None = None,
    specialty: str | list[str] | None = None,
    types: str | list[str] | None = None,
    posterior: PosteriorSource = "auto",
    samples: int = 20,
    emphasis: str | None = None,
    text_evidence: bool = False,
    only_one: bool = False,
    orders: Orders = "fixed",
    order_audit: float = 0.1,
) -> Task:
    """Evidence Sensitivity: how far the answer moves when each type of evidence is withheld, as image and as finding.

    Every arm of a case is asked within one sample: all evidence, and all but one type, in both views. Unless the
    posterior rests on samples, all evidence is shown once more with the question in other words.

    Args:
        cases: Case set: `demo` (bundled) or a folder with `cases.jsonl` and `card.yaml`; its cases must have options.
        language: Only cases in these languages, such as `en` or `en,zh`.
        specialty: Only cases of these specialties or specialty groups.
        types: Only these evidence types are withheld in turn.
        posterior: `logprobs`: token probabilities; `samples`: repeated answers; `verbalized`: probabilities that the
            model states (weakest); `auto`: token probabilities if the model gives them, else samples.
        samples: Answers for each arm where the posterior is estimated from samples.
        emphasis: An evidence type that the system message asks the reader to attend to.
        text_evidence: Whether history and examination are withheld in turn as well.
        only_one: Whether each type is also shown alone beside the text.
        orders: `fixed`, or `cyclic`: each arm in all cyclic orders of the options, averaged geometrically.
        order_audit: Share of the cases whose full arm is asked in all cyclic orders, to measure position bias.
    """
    wanted = [known_evidence_type(name).value for name in as_names(types)]
    source = one_of("posterior", posterior, PosteriorSource)
    if samples < 2:
        raise ValueError(f"samples={samples}: must be 2 or more")
    if one_of("orders", orders, Orders) == "cyclic" and source == "samples":
        raise ValueError(f"orders=cyclic: {CYCLIC_NEEDS}")
    if not 0 <= order_audit <= 1:
        raise ValueError(f"order_audit={order_audit}: must be a share of the cases, from 0 to 1")
    made = _task(
        "fdx", cases, language, specialty, "image", "keep", None, emphasis, "single", 0,
        solver=[],
        scorer=evidence_sensitivity(text_evidence),
        viewer=sensitivity_viewer(),
        headline="nmse",
        either_view=True,
    )  # fmt: skip
    return task_with(
        made,
        solver=all_arms(cases, tuple(wanted), source, samples, emphasis, text_evidence, only_one, orders, order_audit),
        metadata=(made.metadata or {}) | {"question": "sensitivity"},
        description=DESCRIPTIONS["sensitivity"],
        tags=["medsyn", "sensitivity", f"posterior:{source}", *(tag for tag in made.tags or () if tag == "synthetic")],
        score_on_error=True,
    )


def _task(
    question: str,
    cases: str,
    language: str | list[str] | None,
    specialty: str | list[str] | None,
    view: View,
    text: TextPolicy,
    withhold: str | list[str] | None,
    emphasis: str | None,
    staging: Staging,
    max_diagnoses: int,
    *,
    solver: list[Solver],
    scorer: Scorer,
    viewer: ViewerConfig,
    headline: str,
    grading: str = "",
    config: GenerateConfig | None = None,
    either_view: bool = False,
) -> Task:
    """What the tasks share: check the parameters, load the cases, write the prompts."""
    if question != "fdx" and max_diagnoses < 1:
        raise ValueError(f"max_diagnoses={max_diagnoses}: must be 1 or more")
    arm = as_arm(view, withhold)
    text = one_of("text", text, TextPolicy)
    staging = one_of("staging", staging, Staging)
    emphasised = known_evidence_type(emphasis) if emphasis else None
    languages, specialties = as_names(language), as_names(specialty)
    case_set = load_cases(cases).select(languages, specialties)
    dataset = case_samples(
        case_set,
        question,
        arm,
        text=text,
        emphasis=emphasised,
        staging=staging,
        max_diagnoses=max_diagnoses,
        either_view=either_view,
    )
    selected = {"language": languages, "specialty": specialties}
    record = TaskRecord(
        package_version=package_version(),
        question=question,
        case_set=case_set.card.name,
        case_set_version=case_set.card.version,
        case_set_fingerprint=case_set.fingerprint,
        case_set_card=case_set.card.model_dump(mode="json"),
        case_set_size=case_set.size,
        selected=len(case_set.cases),
        selection=", ".join(f"{name}={','.join(values)}" for name, values in selected.items() if values),
        grading=grading,
        arm=arm.label,
        text=text,
        staging=staging,
        emphasis=emphasised,
        templates={
            name: load_templates(name).fingerprint for name in sorted({case.language for case in case_set.cases})
        },
    )
    return Task(
        dataset=dataset,
        solver=[stage_turns() if staging == "turns" else generate(), *solver],
        scorer=scorer,
        viewer=viewer,
        config=config or GenerateConfig(),
        # A case whose call fails must not end the run, nor may the run then pass for a complete one: Inspect goes
        # on, marks the log as failed at the end, and `inspect eval-retry` asks only the failed cases again.
        continue_on_fail=True,
        version=TASK_VERSION,
        metadata=record.model_dump(mode="json"),
        description=DESCRIPTIONS[question],
        tags=["medsyn", question, f"view:{view}", *(["synthetic"] if case_set.card.synthetic else [])],
        headline_metric=headline,
    )


def _grading(rubric: str, max_diagnoses: int) -> str:
    """What of the grading is not the default, in words."""
    changed = {"rubric": rubric} if rubric != "bond" else {}
    changed |= {"max_diagnoses": str(max_diagnoses)} if max_diagnoses != 10 else {}
    return ", ".join(f"{name}={value}" for name, value in changed.items())
