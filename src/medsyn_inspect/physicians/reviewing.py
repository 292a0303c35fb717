"""How clinicians verify the cases of a set: the questions, two blind reviews, adjudication, and the next version.

Pure functions from the entries of a journal to agreement and to corrected cases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case
from medsyn_inspect.physicians.journal import FINAL, Entry

REVIEWED, ADJUDICATED = FINAL["review"]

YES, NO = "yes", "no"

EVIDENCE_QUESTIONS = {
    "readable": "The images can be interpreted",
    "matches": "The finding describes what the images show",
}
"""The questions about each evidence with images and a finding."""

CASE_QUESTIONS = {
    "sufficient": "All evidence together settles the diagnosis",
    "unidentified": "Nothing in text or images identifies a person",
    "hidden": "Neither history nor examination names the diagnosis",
}
"""The questions about each case."""

NOTHING = "nothing"
"""The answer for a distractor that no evidence rules out."""

DECISIONS = {"keep": "Keep the case", "change": "Keep it with the changes below", "drop": "Drop the case"}
"""What happens to a case."""


@dataclass(frozen=True)
class Question:
    """A question about a case."""

    name: str
    """The field of the form."""

    kind: str
    """What agreement is computed over: `matches`, `sufficient` ..., or `ruled_out` for all distractors together."""

    words: str
    """The statement to be confirmed."""

    about: str
    """What it is about: an evidence type, a distractor, or empty for the whole case."""

    choices: tuple[str, ...]
    """The possible answers."""


def questions(case: Case) -> list[Question]:
    """The questions about a case, in the order of the form."""
    asked = [
        Question(f"{name}:{piece.type}", name, words, piece.type, (YES, NO))
        for piece in case.evidence_in_clinical_order
        for name, words in EVIDENCE_QUESTIONS.items()
        if piece.images and (piece.finding or name != "matches")
    ]
    evidence = tuple(piece.type.value for piece in case.evidence_in_clinical_order)
    texts = tuple(name for name in ("history", "examination") if getattr(case, name).strip())
    asked += [
        Question(f"ruled_out:{option}", "ruled_out", "Ruled out by", option, (*evidence, *texts, NOTHING))
        for option in sorted(case.options or ())
        if option != case.final_diagnosis
    ]
    asked += [Question(name, name, words, "", (YES, NO)) for name, words in CASE_QUESTIONS.items()]
    return asked


def problem_of(case: Case, form: Mapping[str, str]) -> str:
    """What is missing in a review; empty if nothing."""
    for question in questions(case):
        if form.get(question.name) not in question.choices:
            about = f" ({question.about})" if question.about else ""
            return f"Not answered: {question.words}{about}."
    if form.get("decision") not in DECISIONS:
        return "Not decided: keep, change or drop the case."
    if form["decision"] != "keep" and not form.get("comment", "").strip():
        return "The case is to be changed or dropped without a reason. Write it as a comment."
    return ""


def review_of(case: Case, form: Mapping[str, str]) -> dict[str, Any]:
    """A complete review as it is kept: answers, decision, comment, and the findings that were corrected."""
    corrected = {
        piece.type.value: given
        for piece in case.evidence
        if piece.finding and (given := form.get(f"finding:{piece.type}", "").strip()) and given != piece.finding
    }
    return {
        "answers": {question.name: form[question.name] for question in questions(case)},
        "decision": form["decision"],
        "comment": form.get("comment", "").strip(),
        "findings": corrected if form["decision"] == "change" else {},
    }


def selected(case_ids: Sequence[str], share: float, fingerprint: str) -> list[str]:
    """A random share of the cases, the same in every session, in the order of the set.

    Args:
        case_ids: All cases.
        share: Above 0, at most 1; at least one case is selected.
        fingerprint: Of the case set.
    """

    def rank(case_id: str) -> str:
        return hashlib.sha256(f"{fingerprint}|review|{case_id}".encode()).hexdigest()

    kept = set(sorted(case_ids, key=rank)[: max(1, round(share * len(case_ids)))])
    return [case_id for case_id in case_ids if case_id in kept]


def reviews(entries: Iterable[Entry]) -> dict[str, dict[str, dict[str, Any]]]:
    """The blind reviews: by case, then by reviewer."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in entries:
        if entry.what == REVIEWED:
            found.setdefault(entry.case_id, {})[entry.person] = entry.content
    return found


def adjudications(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """The final review of each case that two reviewers have reviewed, with the adjudicator's name."""
    return {entry.case_id: {**entry.content, "by": entry.person} for entry in entries if entry.what == ADJUDICATED}


def differing(given: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The questions on which the reviewers of a case differ, `decision` and `findings` included."""
    first, *others = given.values()
    names = [name for name in first["answers"] if any(one["answers"][name] != first["answers"][name] for one in others)]
    return names + [name for name in ("decision", "findings") if any(one[name] != first[name] for one in others)]


def settled(entries: Sequence[Entry], reviewers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The review of each case that counts: the adjudicator's, else the one on which all reviewers agree.

    Args:
        entries: Of a journal of reviews.
        reviewers: All who must have reviewed a case.
    """
    final = adjudications(entries)
    agreed = {}
    for case_id, given in reviews(entries).items():
        if case_id not in final and set(reviewers) <= set(given) and not differing(given):
            first = given[reviewers[0]]
            comments = "; ".join(dict.fromkeys(one["comment"] for one in given.values() if one["comment"]))
            agreed[case_id] = {**first, "comment": comments, "by": " and ".join(reviewers)}
    return agreed | final


def agreement(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """Cohen's kappa of every two reviewers, by kind of question, with a jackknife interval over cases.

    Of a distractor it is whether anything rules it out.

    Yields:
        `one`, `other` (the reviewers), `kind`, `n` (answers), `cases`, `same` (share of equal answers), `kappa`,
        `lower`, `upper` (NaN with few cases); kappa is NaN if both give the same answer everywhere.
    """
    from medsyn_inspect.analysis.stats.agreement import panel_agreement

    found = reviews(entries)
    people = sorted({person for given in found.values() for person in given})
    kinds = dict.fromkeys(
        name.partition(":")[0] for given in found.values() for one in given.values() for name in one["answers"]
    )
    for one, other in combinations(people, 2):
        for kind in kinds:
            pairs, cases = [], []
            for case_id, given in found.items():
                if one not in given or other not in given:
                    continue
                for name in given[one]["answers"]:
                    if _kind(name) == kind:
                        pairs.append([int(given[who]["answers"][name] not in (NO, NOTHING)) for who in (one, other)])
                        cases.append(case_id)
            if pairs:
                table = panel_agreement(pairs, cases, threshold=1)
                row = table[table["measure"] == "kappa"].iloc[0]
                yield {
                    "one": one,
                    "other": other,
                    "kind": kind,
                    "n": len(pairs),
                    "cases": len(set(cases)),
                    "same": float(row["same"]),
                    "kappa": float(row["value"]),
                    "lower": float(row["value_lower"]),
                    "upper": float(row["value_upper"]),
                }


def next_version(cases: Sequence[Case], review: Mapping[str, Mapping[str, Any]]) -> list[Case]:
    """The cases after a review: dropped ones left out, findings corrected, weaknesses as flags.

    Args:
        cases: The cases of the set.
        review: `settled`.
    """
    kept = []
    for case in cases:
        given = review.get(case.case_id)
        if given is None or given["decision"] == "keep":
            kept.append(case)
            continue
        if given["decision"] == "drop":
            continue
        evidence = tuple(
            piece.model_copy(update={"finding": given["findings"].get(piece.type.value, piece.finding)})
            for piece in case.evidence
        )
        weak = dict.fromkeys(
            name.partition(":")[0] for name, answer in given["answers"].items() if answer in (NO, NOTHING)
        )
        flags = tuple(dict.fromkeys((*case.flags, *(f"review_not_{kind}" for kind in weak))))
        kept.append(case.model_copy(update={"evidence": evidence, "flags": flags}))
    return kept


def next_card(card: Card, version: str, before: str, review: Mapping[str, Mapping[str, Any]], people: int) -> Card:
    """The card of the next version, with a line on the review.

    Args:
        card: The card of the set that was reviewed.
        version: The new version.
        before: Fingerprint of the set that was reviewed.
        review: `settled`.
        people: Number of reviewers.
    """
    counts = {name: sum(given["decision"] == name for given in review.values()) for name in DECISIONS}
    line = (
        f"{version}: {len(review)} cases of version {card.version} ({before}) reviewed by {people} clinicians; "
        f"{counts['keep']} kept, {counts['change']} changed, {counts['drop']} dropped"
    )
    return card.model_copy(update={"version": version, "history": (*card.history, line)})


def _kind(name: str) -> str:
    """The kind of a question, from the name of its field."""
    return name.partition(":")[0]
