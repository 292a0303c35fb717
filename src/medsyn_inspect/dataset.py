"""From cases to Inspect's samples: the arm's messages, the target, and what the log should know of the case."""

from __future__ import annotations

from dataclasses import replace
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

from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import CaseSet
from medsyn_inspect.prompts.arms import SECTIONS, TEXT_SECTIONS, Arm, Staging, TextPolicy
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Prompt, Turn, ask, option_order, stage_prompt
from medsyn_inspect.records import CaseRecord

REPLY_TO_COME = "(the reader's reply)"
"""Holds the place of an answer on the way (`staging=turns`) until it is there; no model is shown it."""


def case_samples(
    case_set: CaseSet,
    question: str,
    arm: Arm,
    *,
    text: TextPolicy,
    emphasis: EvidenceType | None,
    staging: Staging,
    max_diagnoses: int,
    either_view: bool = False,
) -> MemoryDataset:
    """One sample a case. Images are paths here; Inspect reads each once, when its sample starts.

    Args:
        case_set: The cases.
        question: `ddx`, `fdx` or `open_fdx`.
        arm: How visual evidence is shown, and what is withheld.
        text: What becomes of history and examination.
        emphasis: An evidence type that the system message asks the reader to attend to.
        staging: All evidence in one turn, or stage by stage.
        max_diagnoses: How many diagnoses a differential may list.
        either_view: Whether a case that lacks an image is shown as findings, whatever the arm says.

    Raises:
        ValueError: If a case cannot be asked this question in this arm; it says which, how many, and what helps.
    """
    samples: list[Sample] = []
    refused: list[str] = []
    for case in case_set.cases:
        try:
            samples.append(
                case_sample(
                    case_set,
                    case,
                    question,
                    replace(arm, view="finding") if either_view and not has_images(case) else arm,
                    text=text,
                    emphasis=emphasis,
                    staging=staging,
                    max_diagnoses=max_diagnoses,
                )
            )
        except ValueError as error:
            refused.append(str(error))
    if refused:
        raise ValueError(f"{len(refused)} of {len(case_set.cases)} cases cannot be shown; the first: {refused[0]}")
    return MemoryDataset(samples, name=case_set.card.name)


def case_sample(
    case_set: CaseSet,
    case: Case,
    question: str,
    arm: Arm,
    *,
    text: TextPolicy = "keep",
    emphasis: EvidenceType | None = None,
    staging: Staging = "single",
    max_diagnoses: int = 10,
) -> Sample:
    """The sample of one case.

    Raises:
        ValueError: If the case lacks what the question or the arm needs.
    """
    templates = load_templates(case.language)
    asked = "ddx" if question == "open_fdx" else question
    options = option_order(case) if question == "fdx" else ()
    prompt = stage_prompt(
        case,
        arm,
        ask(asked, templates, limit=max_diagnoses, options=options),
        case_set.folder,
        text=text,
        emphasis=emphasis,
        staging=staging,
        templates=templates,
    )
    correct = ascii_uppercase[options.index(case.final_diagnosis)] if options else None
    present = sections_of(case)
    shown = [section for section in present if arm.shows(section) and (text == "keep" or section not in TEXT_SECTIONS)]
    record = CaseRecord(
        language=case.language,
        specialty=case.specialty or "unspecified",
        specialty_group=case.specialty_group,
        evidence_shown=[section for section in shown if section not in TEXT_SECTIONS],
        evidence_withheld=[section for section in present if section not in shown],
        images=sum(isinstance(part, Picture) for turn in prompt.turns for part in turn.parts),
        final_diagnosis=case.final_diagnosis,
        aliases=list(case.aliases),
        options=list(options) or None,
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


def has_images(case: Case) -> bool:
    """Whether every piece of a case's visual evidence has an image."""
    return all(piece.images for piece in case.evidence)


def sections_of(case: Case) -> list[str]:
    """The sections that a case has anything in, in clinical order."""
    filled = {name for name in TEXT_SECTIONS if getattr(case, name).strip()} | {piece.type for piece in case.evidence}
    return [section for section in SECTIONS if section in filled]


def messages(prompt: Prompt) -> list[ChatMessage]:
    """A prompt as Inspect's messages, with a place for the reply after every turn but the last."""
    out: list[ChatMessage] = [ChatMessageSystem(content=prompt.system)]
    for turn in prompt.turns:
        out += [user_message(turn), ChatMessageAssistant(content=REPLY_TO_COME)]
    return out[:-1]


def user_message(turn: Turn) -> ChatMessageUser:
    """One turn as a message, parts in order."""
    parts: list[Content] = [
        ContentImage(image=str(part.path)) if isinstance(part, Picture) else ContentText(text=part.text)
        for part in turn.parts
    ]
    return ChatMessageUser(content=parts)
