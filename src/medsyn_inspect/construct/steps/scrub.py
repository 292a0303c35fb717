"""Scrub: words in history, examination and findings that give the diagnosis away are removed.

The builder model proposes edits that only remove; whatever still names the diagnosis after them is removed by rule.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from medsyn_inspect.construct.draft import OPTIONS, Change, Draft, short
from medsyn_inspect.construct.rules.naming import naming_problem, without_naming
from medsyn_inspect.construct.rules.spans import numbers, words
from medsyn_inspect.construct.rules.words import words_of
from medsyn_inspect.construct.steps.step import Reply, Step

NAME = "scrub"


class ScrubEdit(Reply):
    """One edit."""

    section: str = Field(description="The section, as given")
    remove: str = Field(description="The words to remove, copied word for word")
    put: str = Field(description="Fewer, neutral words for their place; usually empty")


class ScrubReply(Reply):
    """The edits that a case needs."""

    edits: list[ScrubEdit]


def _question(draft: Draft) -> dict[str, Any]:
    return {"final_diagnosis": draft.final_diagnosis, "aliases": list(draft.aliases), "texts": draft.texts}


def _apply(draft: Draft, reply: ScrubReply) -> Draft:
    texts = dict(draft.texts)
    changes: list[Change] = []
    names = draft.final_diagnosis, draft.aliases
    for edit in reply.edits:
        if problem := _problem(edit, texts, draft):
            draft = draft.catching(NAME, problem, f"{edit.section}: {edit.remove} -> {edit.put}")
            continue
        texts[edit.section] = _tidy(texts[edit.section].replace(edit.remove, edit.put))
        changes.append(_change(edit.section, "gives the diagnosis away", edit.remove, edit.put, "builder"))
    for section, text in texts.items():
        rest, removed = without_naming(text, *names, words_of(draft.report))
        if removed:
            texts[section] = rest
            draft = draft.catching(NAME, "diagnosis named in the text", *(f"{section}: {one}" for one in removed))
            changes += [_change(section, "names the diagnosis", one, "", "rule") for one in removed]
    before = set(draft.findings)
    draft = draft.with_texts(texts).but(changes=(*draft.changes, *changes))
    lost = before - set(draft.findings)
    draft = draft.catching(NAME, "finding said nothing but the diagnosis", *(kind.value for kind in lost))
    draft = without_types(draft, NAME)
    if not draft.history:
        return draft.drop(NAME, "the history says nothing but the diagnosis")
    if not draft.findings:
        return draft.drop(NAME, "the findings say nothing but the diagnosis")
    if (count := len(draft.distractors)) < OPTIONS - 1:
        return draft.drop(NAME, f"only {count} of {OPTIONS - 1} distractors")
    return draft


def without_types(draft: Draft, step: str) -> Draft:
    """A draft without the panels of evidence that has no finding, and without the distractors that it ruled out."""
    draft = draft.but(sorted_panels=tuple(one for one in draft.sorted_panels if one.type in draft.findings))
    kept = tuple(one for one in draft.distractors if one.ruled_out_by in draft.findings)
    gone = [one.name for one in draft.distractors if one not in kept]
    return draft.catching(step, "ruled out by evidence that the case lacks", *gone).but(distractors=kept)


def _problem(edit: ScrubEdit, texts: dict[str, str], draft: Draft) -> str:
    """Why an edit is refused; empty if it is accepted. An edit may remove words, but add none of its own."""
    if edit.section not in texts or not edit.remove.strip() or edit.remove not in texts[edit.section]:
        return "edit of words that are not in the text"
    if len(edit.put) > len(edit.remove) or numbers(edit.put) - numbers(edit.remove):
        return "edit that adds content"
    if words(edit.put) - words(texts[edit.section]):
        return "edit that adds content"
    if naming_problem(edit.put, draft.final_diagnosis, draft.aliases):
        return "edit that names the diagnosis"
    return ""


def _change(section: str, rule: str, found: str, put: str, by: Any) -> Change:
    return Change(section=section, rule=rule, found=short(found, 400), replaced_by=put, by=by)


def _tidy(text: str) -> str:
    """Text without the doubled blanks and stray punctuation that a removal leaves."""
    out = " ".join(text.split())
    for before, after in ((" .", "."), (" ,", ","), (",.", "."), ("，。", "。"), ("( )", ""), ("()", "")):
        out = out.replace(before, after)
    return out.strip()


SCRUB = Step(NAME, ScrubReply, _question, _apply)
