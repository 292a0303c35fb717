"""What all steps have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from medsyn_inspect.construct.draft import Draft

_PROMPTS = Path(__file__).parent.parent / "prompts"


class Reply(BaseModel):
    """Base class of replies; further keys are ignored, but strict schemas have to forbid them."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra={"additionalProperties": False})


@dataclass(frozen=True)
class Step:
    """One step in which the builder model is asked about each report."""

    name: str
    """Name of the step, of its task and of its prompt template."""

    reply: type[Reply]
    """The type of the reply, whose JSON schema is requested."""

    question: Callable[[Draft], dict[str, Any]]
    """What the model is sent, as JSON."""

    apply: Callable[[Draft, Any], Draft]
    """The draft after the reply; refuses by the rules what the report does not bear out."""

    needed: Callable[[Draft], bool] = lambda draft: True
    """Whether there is anything to ask; if not, the draft stays as it is."""

    @cached_property
    def template(self) -> str:
        """The system message."""
        return (_PROMPTS / f"{self.name}.md").read_text(encoding="utf-8").strip()

    @property
    def prompt(self) -> str:
        """The first characters of the SHA-256 of the template."""
        return hashlib.sha256(self.template.encode()).hexdigest()[:12]


def report_texts(draft: Draft) -> list[str]:
    """The texts of the report in which a span may lie."""
    texts = [sentence.text for sentence in draft.report.sentences]
    by_paragraph: dict[str, str] = {}
    for sentence in draft.report.sentences:
        by_paragraph[sentence.heading] = f"{by_paragraph.get(sentence.heading, '')} {sentence.text}"
    panels = [text for panel in draft.report.panels for text in (panel.caption, panel.content)]
    return [*texts, *by_paragraph.values(), *panels]


def whole_report(draft: Draft) -> dict[str, Any]:
    """The report as it is sent: numbered sentences with their headings, and the captions of its panels."""
    return {
        "title": draft.report.title,
        "sentences": [
            {"number": one.number, "heading": one.heading, "text": one.text} for one in draft.report.sentences
        ],
        "panels": [
            {"id": panel.panel_id, "caption": panel.caption, **({"table": panel.content} if panel.content else {})}
            for panel in draft.report.panels
        ],
    }
