"""Builds the prompt of an arm; the question depends on the source of the posterior."""

from __future__ import annotations

from medsyn_inspect.arms.design import Arm
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Prompt, ask, stage_prompt
from medsyn_inspect.records import Source

QUESTION: dict[Source, str] = {"logprobs": "fdx_direct", "samples": "fdx", "verbalized": "fdx_probabilities"}
"""The question for each source. Token probabilities need a direct answer; samples leave room to reason."""


def arm_prompt(case_set: CaseSet, case: Case, arm: Arm, source: Source, options: tuple[str, ...]) -> Prompt:
    """The prompt of an arm. Opens no file.

    Args:
        case_set: The case set of the case.
        case: The case.
        arm: What is shown, and whether the question is reworded.
        source: The source of the posterior, which determines the question.
        options: The options in the order of their letters.
    """
    templates = load_templates(case.language, case_set.language_folders)
    question = ask(QUESTION[source] + ("_reworded" if arm.reworded else ""), templates, limit=0, options=options)
    return stage_prompt(case, arm.condition, question, case_set.folder, templates=templates)
