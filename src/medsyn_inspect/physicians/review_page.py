"""The local page on which clinicians verify cases: two reviews that are blind to each other, then adjudication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medsyn_inspect.cases.case import Case
from medsyn_inspect.physicians import reviewing
from medsyn_inspect.physicians.journal import FINAL, Kind
from medsyn_inspect.physicians.local import Page, PageError, check_name
from medsyn_inspect.physicians.passages import Passages, read_passages
from medsyn_inspect.physicians.reviewing import ADJUDICATED, REVIEWED
from medsyn_inspect.physicians.session import OPENED, Session, draft_of, order, seconds_of
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.records import PLAIN


class ReviewPage(Session):
    """A session in which people verify the cases of a set."""

    kind: Kind = "review"

    def __init__(
        self, cases: str, reviewers: Sequence[str], adjudicator: str | None, file: Path, *, share: float = 1.0
    ) -> None:
        """Prepare a session.

        Args:
            cases: The case set, as for the tasks.
            reviewers: Names of the reviewers.
            adjudicator: Name of the person who decides where they differ; `None` if nobody does yet.
            file: Where the reviews are written; created if it does not exist.
            share: Share of the cases that is reviewed.

        Raises:
            PageError: If a name cannot be used, or the adjudicator is one of the reviewers.
            CaseSetError: If the case set cannot be used.
            JournalError: If the file is for other cases.
            RecordError: If the record of the set's construction is damaged.
        """
        for name in (*reviewers, *([adjudicator] if adjudicator else [])):
            check_name(name)
        if adjudicator in reviewers:
            raise PageError(f"{adjudicator} is a reviewer; name another person as --adjudicator")
        if len(set(reviewers)) < len(reviewers):
            raise PageError("a reviewer is named twice; name each once")
        self.reviewers, self.adjudicator, self.share = list(reviewers), adjudicator, share
        super().__init__(cases, PLAIN, [*reviewers, *([adjudicator] if adjudicator else [])], file)
        self._passages = read_passages(self.case_set.folder)

    def queue(self, person: str) -> list[str]:
        """The selected cases, in the person's own random order."""
        chosen = reviewing.selected(self.case_set.case_ids, self.share, self.case_set.fingerprint)
        return order(chosen, person, self.case_set.fingerprint)

    def current(self, person: str) -> str | None:
        """A reviewer's first case without a review; the adjudicator's first on which the reviewers differ."""
        found = reviewing.reviews(self.journal.entries)
        if person != self.adjudicator:
            return next((case for case in self.queues[person] if person not in found.get(case, {})), None)
        done = reviewing.adjudications(self.journal.entries)
        return next((case for case in self.queues[person] if case not in done and self._differ(found, case)), None)

    def _differ(self, found: Mapping[str, Mapping[str, Any]], case_id: str) -> bool:
        given = found.get(case_id, {})
        return len(self.reviewers) > 1 and set(self.reviewers) <= set(given) and bool(reviewing.differing(given))

    def page(self, person: str, problem: str = "", entered: Mapping[str, str] | None = None) -> Page:
        """The form of the open case."""
        cases, own = self.queues[person], self.journal.of(person)
        case_id, found = self.current(person), reviewing.reviews(self.journal.entries)
        adjudicating = person == self.adjudicator
        done = sum(entry.what in FINAL[self.kind] for entry in own)
        open_cases = [case for case in cases if not set(self.reviewers) <= set(found.get(case, {}))]
        to_decide = [case for case in cases if self._differ(found, case)]
        common = {
            "person": person,
            "set": self.case_set.name,
            "problem": problem,
            "done": done,
            "total": len(to_decide) if adjudicating else len(cases),
        }
        if case_id is None:
            waiting = len(open_cases) if adjudicating else 0
            return "finished.html", common | {"waiting": waiting, "members": self.reviewers}
        case = self.by_id[case_id]
        if not any(entry.case_id == case_id for entry in own):
            self.journal.add(person, case_id, OPENED)
        earlier = found[case_id] if adjudicating else {}
        start = self._start(case, earlier)
        draft = draft_of(own, case_id, FINAL[self.kind]) if entered is None else entered
        templates = load_templates(case.language, self.case_set.language_folders)
        values = {
            "case": case,
            "position": cases.index(case_id),
            "parts": self.parts(case),
            "questions": reviewing.questions(case),
            "label": lambda name: templates.labels.get(name, name),
            "evidence": [piece for piece in case.evidence_in_clinical_order if piece.finding],
            "decisions": reviewing.DECISIONS,
            "passages": self._passages.get(case_id, Passages()),
            "entered": {**start, **draft},
            "earlier": earlier,
            "differing": reviewing.differing(earlier) if earlier else [],
            "step": ADJUDICATED if adjudicating else REVIEWED,
        }
        return "review.html", common | values

    def _start(self, case: Case, earlier: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """What the form holds at first: the findings and, for the adjudicator, what the reviewers agree on."""
        start = {f"finding:{piece.type}": piece.finding or "" for piece in case.evidence}
        if not earlier:
            return start
        disputed = reviewing.differing(earlier)
        first = next(iter(earlier.values()))
        start |= {name: answer for name, answer in first["answers"].items() if name not in disputed}
        if "decision" not in disputed:
            start["decision"] = first["decision"]
        for given in reversed(list(earlier.values())):
            start |= {f"finding:{kind}": text for kind, text in given["findings"].items()}
        return start

    def record(self, person: str, case: Case, step: str, form: Mapping[str, str]) -> str:
        """Lock a review."""
        if step != (ADJUDICATED if person == self.adjudicator else REVIEWED):
            return ""
        if problem := reviewing.problem_of(case, form):
            return problem
        review = reviewing.review_of(case, form)
        self.journal.add(person, case.case_id, step, **review, seconds=seconds_of(form))
        return ""


def default_file(cases: str) -> Path:
    """The file of reviews if none is named, in the present folder."""
    return Path(f"review-{Path(cases).name}.jsonl")
