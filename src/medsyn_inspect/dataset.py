"""Turns cases into Inspect samples: messages, target, and the metadata that the log keeps about each case."""

from __future__ import annotations

from pathlib import Path
from string import ascii_uppercase

from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
)

from medsyn_inspect.answers.phrases import case_set_words
from medsyn_inspect.cases.case import UNSPECIFIED, Case
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES, WITH_OPTIONS, Picture, Prompt, Turn, case_prompt, option_order
from medsyn_inspect.records import BOTH_VIEWS, PLAIN, SECTIONS, TEXT_SECTIONS, CaseRecord, Condition

REPLY_TO_COME = "(the reader's reply)"
"""Placeholder for the reply to a turn (`staging=turns`); the solver replaces it, and no model is shown it."""


def case_samples(
    case_set: CaseSet, question: str, condition: Condition, *, max_diagnoses: int = MAX_DIAGNOSES
) -> MemoryDataset:
    """One sample per case. Images are file paths; Inspect reads each one when its sample starts.

    Args:
        case_set: The cases.
        question: `ddx`, `fdx`, `open_fdx` or `sensitivity`.
        condition: What is shown. With the view `both`, a sample holds images, or findings if the case lacks an image.
        max_diagnoses: How many diagnoses a differential may list.

    Raises:
        ValueError: If a case cannot be shown in this condition or lacks options; the message says how many cases,
            names the first, and says how to fix it.
    """
    samples: list[Sample] = []
    refused: list[str] = []
    for case in case_set.cases:
        try:
            samples.append(case_sample(case_set, case, question, condition, max_diagnoses=max_diagnoses))
        except ValueError as error:
            refused.append(str(error))
    if refused:
        raise ValueError(f"{len(refused)} of {len(case_set.cases)} cases cannot be shown; the first: {refused[0]}")
    return MemoryDataset(samples, name=case_set.card.name)


def case_sample(
    case_set: CaseSet, case: Case, question: str, condition: Condition = PLAIN, *, max_diagnoses: int = MAX_DIAGNOSES
) -> Sample:
    """The sample of one case.

    Raises:
        ValueError: If the case lacks what the question or the condition needs.
    """
    shown_as = first_view(case, condition)
    prompt = case_prompt(case_set, case, question, shown_as, max_diagnoses=max_diagnoses)
    options = option_order(case) if question in WITH_OPTIONS else ()
    correct = ascii_uppercase[options.index(case.final_diagnosis)] if options else None
    present = sections_of(case)
    shown = [
        section
        for section in present
        if shown_as.shows(section) and (shown_as.text == "keep" or section not in TEXT_SECTIONS)
    ]
    record = CaseRecord(
        language=case.language,
        reading=case_set_words(case.language, case_set.language_folders),
        specialty=case.specialty or UNSPECIFIED,
        specialty_group=case.specialty_group,
        evidence_shown=[section for section in shown if section not in TEXT_SECTIONS],
        evidence_withheld=[section for section in present if section not in shown],
        images=sum(isinstance(part, Picture) for turn in prompt.turns for part in turn.parts),
        final_diagnosis=case.final_diagnosis,
        aliases=list(case.aliases),
        options=list(options) or None,
        option_count=len(options),
        correct=correct,
        flags=list(case.flags),
        stages=[turn.stage for turn in prompt.turns],
    )
    return Sample(
        id=case.case_id,
        input=messages(prompt),
        target=correct or case.final_diagnosis,
        choices=list(options) or None,
        metadata=record.model_dump(mode="json"),
    )


def first_view(case: Case, condition: Condition) -> Condition:
    """The condition with a single view: `both` becomes `image`, or `finding` if the case lacks an image."""
    if condition.view != BOTH_VIEWS:
        return condition
    return condition.replace(view="image" if has_images(case) else "finding")


def sample_images(case_set: CaseSet, case: Case) -> list[Path]:
    """The images in the message of a `sensitivity` sample, in order; empty if it shows findings."""
    prompt = case_prompt(case_set, case, "sensitivity", first_view(case, Condition(view="both")))
    return [part.path for part in prompt.turns[0].parts if isinstance(part, Picture)]


def has_images(case: Case) -> bool:
    """Whether all visual evidence of a case has images."""
    return all(piece.images for piece in case.evidence)


def sections_of(case: Case) -> list[str]:
    """The sections of a case that are not empty, in clinical order."""
    filled = {name for name in TEXT_SECTIONS if getattr(case, name).strip()} | {piece.type for piece in case.evidence}
    return [section for section in SECTIONS if section in filled]


def messages(prompt: Prompt) -> list[ChatMessage]:
    """A prompt as Inspect's messages, with a placeholder for the reply after every turn but the last."""
    out: list[ChatMessage] = [ChatMessageSystem(content=prompt.system)]
    for turn in prompt.turns:
        out += [user_message(turn), ChatMessageAssistant(content=REPLY_TO_COME)]
    return out[:-1]


def user_message(turn: Turn) -> ChatMessageUser:
    """One turn as a user message, with its parts in order."""
    parts: list[Content] = [
        ContentImage(image=str(part.path)) if isinstance(part, Picture) else ContentText(text=part.text)
        for part in turn.parts
    ]
    return ChatMessageUser(content=parts)
