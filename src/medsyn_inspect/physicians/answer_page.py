"""The local page on which physicians answer cases: evidence, a differential that is locked, then the options.

The options, and with them the final diagnosis, are sent to a browser only after the person's differential is locked.
A person's answers are sent only to that person, and to a consensus of people who have all finished the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from medsyn_inspect.cases.case import Case
from medsyn_inspect.physicians import answering
from medsyn_inspect.physicians.answering import CHOICE, DIFFERENTIAL
from medsyn_inspect.physicians.journal import FINAL, Kind
from medsyn_inspect.physicians.local import Page
from medsyn_inspect.physicians.session import OPENED, Session, draft_of, seconds_of
from medsyn_inspect.physicians.sheet import CONFIDENCE, entries_of, unread_entries
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES, option_order


class AnswerPage(Session):
    """A session in which people answer cases; `a+b` is the consensus of `a` and `b`."""

    kind: Kind = "answers"

    def queue(self, person: str) -> list[str]:
        """All cases, in the person's own random order."""
        return answering.queue(self.by_id, person, self.case_set.fingerprint)

    def current(self, person: str) -> str | None:
        """The first case that the person has not finished, and that the members of a consensus have."""
        return answering.current(self.journal.entries, person, self.queues[person])

    def page(self, person: str, problem: str = "", entered: Mapping[str, str] | None = None) -> Page:
        """The page of the step that a person is at."""
        cases, entries = self.queues[person], self.journal.entries
        case_id = self.current(person)
        done = len(answering.finished(entries, person))
        common = {"person": person, "done": done, "total": len(cases), "set": self.case_set.name, "problem": problem}
        if case_id is None:
            waiting = len(answering.waiting(entries, person, cases))
            return "finished.html", common | {"waiting": waiting, "members": answering.members(person)}
        case, own = self.by_id[case_id], self.journal.of(person)
        if not any(entry.case_id == case_id for entry in own):
            self.journal.add(person, case_id, OPENED)
        differential = answering.locked(own, person).get(case_id, {}).get(DIFFERENTIAL)
        options = option_order(case) if differential and case.options else ()
        values = {
            "case": case,
            "position": cases.index(case_id),
            "parts": self.parts(case),
            "limit": MAX_DIAGNOSES,
            "choosing": differential is not None,
            "differential": differential["diagnoses"] if differential else [],
            "options": list(zip(ascii_uppercase, options, strict=False)),
            "confidence": CONFIDENCE,
            "entered": dict(draft_of(own, case_id, FINAL[self.kind]) if entered is None else entered),
            "others": self._others(person, case_id, differential is not None),
        }
        return "answer.html", common | values

    def _others(self, person: str, case_id: str, choosing: bool) -> list[dict[str, Any]]:
        """What the members of a consensus answered alone; their options only once the common differential is locked."""
        shown = []
        for member in answering.members(person):
            # `current` offers no case that a member has not finished.
            given = answering.locked(self.journal.entries, member)[case_id]
            choice = given[CHOICE]
            shown.append(
                {
                    "person": member,
                    "differential": given[DIFFERENTIAL]["diagnoses"],
                    "letter": choice["letter"] if choosing else None,
                    "confidence": CONFIDENCE[choice["confidence"]] if choosing else None,
                }
            )
        return shown

    def record(self, person: str, case: Case, step: str, form: Mapping[str, str]) -> str:
        """Lock a differential or a final answer."""
        locked = answering.locked(self.journal.entries, person).get(case.case_id, {})
        if step == DIFFERENTIAL and DIFFERENTIAL not in locked:
            return self._differential(person, case, form)
        if step == CHOICE and DIFFERENTIAL in locked:
            return self._choice(person, case, form)
        return ""  # An old tab: the page of the present step follows.

    def _differential(self, person: str, case: Case, form: Mapping[str, str]) -> str:
        diagnoses = entries_of(form.get("diagnoses", ""))
        if not diagnoses:
            return "No diagnosis is entered. Write one diagnosis a line, most probable first."
        if len(diagnoses) > MAX_DIAGNOSES:
            return f"{len(diagnoses)} diagnoses are entered; keep at most {MAX_DIAGNOSES}."
        if wrong := unread_entries(diagnoses):
            return f"{wrong[0].upper()}{wrong[1:]}. Write one diagnosis a line, most probable first."
        self.journal.add(person, case.case_id, DIFFERENTIAL, diagnoses=list(diagnoses), seconds=seconds_of(form))
        return ""

    def _choice(self, person: str, case: Case, form: Mapping[str, str]) -> str:
        letters = ascii_uppercase[: len(case.options or ())]
        letter, sure, reason = form.get("letter", ""), form.get("confidence", ""), form.get("ambiguity", "").strip()
        if case.options and (len(letter) != 1 or letter not in letters):
            return "No option is chosen. Choose one."
        if sure not in map(str, CONFIDENCE):
            return "How sure you are is not entered. Choose one."
        if form.get("flag") and not reason:
            return "The case is flagged as ambiguous without a reason. Write the reason, or remove the flag."
        self.journal.add(
            person,
            case.case_id,
            CHOICE,
            letter=letter if case.options else None,
            confidence=int(sure),
            ambiguity=reason if form.get("flag") else None,
            note=form.get("note", "").strip() or None,
            seconds=seconds_of(form),
        )
        return ""


def default_file(cases: str) -> Path:
    """The file of answers if none is named, in the present folder."""
    return Path(f"answers-{Path(cases).name}.jsonl")
