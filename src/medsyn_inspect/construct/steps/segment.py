"""Segment: which sentences are history and examination, and which evidence type each panel shows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.construct.draft import Draft, Sorted
from medsyn_inspect.construct.rules.naming import joined
from medsyn_inspect.construct.rules.spans import is_in
from medsyn_inspect.construct.steps.step import Reply, Step, report_texts, whole_report

NAME = "segment"

LONGEST_TIME = 60
"""Maximum length of the time at which an image was obtained."""


class SegmentPanel(Reply):
    """What a panel shows."""

    id: str = Field(description="The id of the panel, as given")
    type: EvidenceType | Literal["none"] = Field(description='The evidence type, or "none" for a drawing or scheme')
    obtained: str = Field(description="When it was obtained, in the report's words; empty if not stated")


class SegmentReply(Reply):
    """The parts of a report."""

    patients: int = Field(description="The number of patients that the report describes")
    about: Literal["diagnosis", "treatment", "other"] = Field(description="What the report is mainly about")
    history: list[int] = Field(description="Numbers of the sentences with the history")
    examination: list[int] = Field(description="Numbers of the sentences with the physical examination")
    panels: list[SegmentPanel] = Field(description="The evidence type of each panel")


def _question(draft: Draft) -> dict[str, Any]:
    return {**whole_report(draft), "evidence_types": [kind.value for kind in EvidenceType]}


def _apply(draft: Draft, reply: SegmentReply) -> Draft:
    if reply.patients != 1:
        return draft.drop(NAME, "several patients" if reply.patients > 1 else "no patient")
    if reply.about != "diagnosis":
        return draft.drop(NAME, f"about {reply.about} only" if reply.about == "treatment" else "not about a diagnosis")
    draft, history, examination = _sentences(draft, reply)
    draft = draft.but(history=history, examination=examination)
    if not history:
        return draft.drop(NAME, "no history")
    draft = _panels(draft, reply)
    return draft if draft.sorted_panels else draft.drop(NAME, "no image of evidence")


def _sentences(draft: Draft, reply: SegmentReply) -> tuple[Draft, str, str]:
    """History and examination as the report's own sentences, in its order."""
    by_number = {sentence.number: sentence.text for sentence in draft.report.sentences}
    strange = sorted((set(reply.history) | set(reply.examination)) - set(by_number))
    draft = draft.catching(NAME, "sentence not in the report", *map(str, strange))
    twice = set(reply.history) & set(reply.examination)
    history = joined([by_number[number] for number in sorted(set(reply.history)) if number in by_number])
    rest = sorted(set(reply.examination) - twice)
    return draft, history, joined([by_number[number] for number in rest if number in by_number])


def _panels(draft: Draft, reply: SegmentReply) -> Draft:
    panels = {panel.panel_id: panel for panel in draft.report.panels}
    kept: dict[str, Sorted] = {}
    for one in reply.panels:
        panel = panels.get(one.id)
        if panel is None or one.id in kept:
            draft = draft.catching(NAME, "panel not in the report", one.id)
        elif one.type != "none" and panel.image and not panel.problem:
            obtained = one.obtained.strip()
            if obtained and (len(obtained) > LONGEST_TIME or not is_in(obtained, report_texts(draft))):
                draft = draft.catching(NAME, "time not in the report", f"{one.id}: {obtained}")
                obtained = ""
            kept[one.id] = Sorted(panel_id=one.id, type=one.type, obtained=obtained)
    unsplit = [f"{panel.panel_id}: {panel.problem}" for panel in draft.report.panels if panel.problem and panel.image]
    return draft.but(sorted_panels=tuple(kept.values()), review=(*draft.review, *unsplit))


SEGMENT = Step(NAME, SegmentReply, _question, _apply)
