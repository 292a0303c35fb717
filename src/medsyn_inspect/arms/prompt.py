"""Builds the prompt of an arm; the question depends on the source of the posterior."""

from __future__ import annotations

from medsyn_inspect.arms.design import Arm
from medsyn_inspect.arms.sources import SOURCES
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Prompt, ask, stage_prompt


def arm_prompt(case_set: CaseSet, case: Case, arm: Arm, source: str, options: tuple[str, ...]) -> Prompt:
    """The prompt of an arm. Opens no file.

    Args:
        case_set: The case set of the case.
        case: The case.
        arm: What is shown, and whether the question is reworded.
        source: The source of the posterior, which determines the question.
        options: The options in the order of their letters.

    Raises:
        ValueError: If the question is to be reworded and the source has no reworded question.
    """
    asked = SOURCES[source].reworded if arm.reworded else SOURCES[source].question
    if asked is None:
        raise ValueError(f"posterior={source} has no reworded question, which arm {arm.label} needs")
    templates = load_templates(case.language, case_set.language_folders)
    question = ask(asked, templates, limit=0, options=options)
    return stage_prompt(case, arm.condition, question, case_set.folder, templates=templates)
