"""What Inspect discovers through the entry point."""

from click import ClickException
from inspect_ai import Task, task

from medsyn_inspect import TASK_NAMES
from medsyn_inspect.arms.scorer import evidence_sensitivity
from medsyn_inspect.arms.solver import all_arms
from medsyn_inspect.construct.tasks import (
    construct_diagnosis,
    construct_distractors,
    construct_draws,
    construct_extract,
    construct_identifiers,
    construct_scrub,
    construct_segment,
    construct_summarise,
    construct_verify,
    draft_after,
    draws_of,
    kept,
    won,
)
from medsyn_inspect.metrics import (
    answer_failures,
    decided_without_judge,
    judged_mean,
    judged_mean_by,
    nmse,
    panel_alpha,
    unread,
    unscored,
)
from medsyn_inspect.physicians.answers import HumanAPI, recorded_answer
from medsyn_inspect.readers.hf_vlm import HfVlmAPI
from medsyn_inspect.reference import models as reference
from medsyn_inspect.scorers import commitment_judge, differential_judge, option_choice
from medsyn_inspect.solvers import commit_to_one, one_turn, stage_turns
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity

__all__ = [
    "HfVlmAPI",
    "HumanAPI",
    "all_arms",
    "answer_failures",
    "commit_to_one",
    "commitment_judge",
    "construct_diagnosis",
    "construct_distractors",
    "construct_draws",
    "construct_extract",
    "construct_identifiers",
    "construct_scrub",
    "construct_segment",
    "construct_summarise",
    "construct_verify",
    "ddx",
    "decided_without_judge",
    "differential_judge",
    "draft_after",
    "draws_of",
    "evidence_sensitivity",
    "fdx",
    "judged_mean",
    "judged_mean_by",
    "kept",
    "nmse",
    "one_turn",
    "open_fdx",
    "option_choice",
    "panel_alpha",
    "recorded_answer",
    "reference",
    "sensitivity",
    "stage_turns",
    "unread",
    "unscored",
    "won",
]


def _package() -> Task:
    """In place of a task for `inspect eval medsyn_inspect`: stops before any model is called.

    Raises:
        ClickException: Always. `inspect` prints it in one line.
    """
    raise ClickException(
        f"medsyn_inspect is not a task, it has {len(TASK_NAMES)}: {', '.join(TASK_NAMES)}; name one, as in "
        "`inspect eval medsyn_inspect/fdx`, and see `medsyn tasks`"
    )


# Inspect prefixes a task's name with the package of its module, and would not find it under the package's name alone.
_package.__module__ = "builtins"
task(name="medsyn_inspect")(_package)
