"""Identifiers: what could identify the patient is generalised, by patterns and by what the builder model reports."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from medsyn_inspect.construct.draft import Draft
from medsyn_inspect.construct.rules.identifiers import generalised, replaced
from medsyn_inspect.construct.rules.words import KINDS, words_of
from medsyn_inspect.construct.steps.step import Reply, Step

NAME = "identifiers"


class ReportedIdentifier(Reply):
    """Words that could identify a person."""

    quote: str = Field(description="The words, copied word for word, as few as possible")
    kind: str = Field(description="One of the kinds given")


class IdentifiersReply(Reply):
    """What could identify a person in the texts of a case."""

    identifiers: list[ReportedIdentifier]


def _times(draft: Draft) -> dict[str, str]:
    return {f"time of {one.panel_id}": one.obtained for one in draft.sorted_panels if one.obtained}


def _by_patterns(draft: Draft) -> Any:
    return generalised(draft.texts | _times(draft), words_of(draft.report))


def _question(draft: Draft) -> dict[str, Any]:
    # The model is sent what the patterns have left, so that it reports only what is new.
    return {"texts": _by_patterns(draft).texts, "kinds": list(KINDS)}


def _apply(draft: Draft, reply: IdentifiersReply) -> Draft:
    first = _by_patterns(draft)
    protected = (draft.final_diagnosis, *draft.aliases, *(one.name for one in draft.distractors))
    reported = [(one.quote, one.kind) for one in reply.identifiers]
    second = replaced(first.texts, reported, protected, words_of(draft.report))
    changes = (*first.changes, *second.changes)
    panels = tuple(
        one.model_copy(update={"obtained": second.texts.get(f"time of {one.panel_id}", "")})
        for one in draft.sorted_panels
    )
    listed = tuple(f"{change.section}: {change.found} -> {change.replaced_by}" for change in changes)
    draft = draft.with_texts(second.texts).but(
        changes=(*draft.changes, *changes),
        review=(*draft.review, *listed, *second.review),
        sorted_panels=panels,
    )
    draft = draft.catching(NAME, "identifier generalised", *listed)
    return draft.catching(NAME, "reported identifier not replaced", *second.review)


IDENTIFIERS = Step(NAME, IdentifiersReply, _question, _apply)
