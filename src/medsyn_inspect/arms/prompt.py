"""The prompt of one arm: what is shown, and how the question is worded for a source of posteriors."""

from __future__ import annotations

from typing import Literal

from medsyn_inspect.arms.design import AskedArm
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Prompt, ask, stage_prompt
from medsyn_inspect.records import Source

PosteriorSource = Literal["auto", "logprobs", "samples", "verbalized"]


QUESTION: dict[Source, str] = {"logprobs": "fdx_direct", "samples": "fdx", "verbalized": "fdx_probabilities"}
"""Token probabilities are read off a direct answer; samples leave room to think."""


CYCLIC_NEEDS = "posteriors from samples hold zeros, which a geometric mean cannot average; choose orders=fixed"


def arm_prompt(
    case_set: CaseSet,
    case: Case,
    arm: AskedArm,
    source: Source,
    options: tuple[str, ...],
    emphasis: EvidenceType | None = None,
) -> Prompt:
    """The prompt of one arm. Pure: no file is opened.

    Args:
        case_set: The case set of the case.
        case: The case.
        arm: What is shown, and whether the question is reworded.
        source: What the posterior is to rest on, which decides the question.
        options: In the order in which they are lettered.
        emphasis: An evidence type that the system message asks the reader to attend to.
    """
    templates = load_templates(case.language)
    question = ask(QUESTION[source] + ("_reworded" if arm.reworded else ""), templates, limit=0, options=options)
    return stage_prompt(case, arm.arm, question, case_set.folder, emphasis=emphasis, templates=templates)
