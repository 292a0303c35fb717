"""The local page on which physicians answer cases: evidence, a differential that is locked, then the options.

The options, and with them the final diagnosis, are sent to a browser only after the person's differential is locked.
A person's answers are sent only to that person, and to a consensus of people who have all finished the case.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.images import media_type
from medsyn_inspect.cases.load import CaseSet, CaseSetError, load_cases
from medsyn_inspect.physicians import answering
from medsyn_inspect.physicians.journal import open_journal
from medsyn_inspect.physicians.local import application, form_of, key_of, page
from medsyn_inspect.physicians.sheet import CONFIDENCE, entries_of, unread_entries
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import MAX_DIAGNOSES, Picture, Words, option_order, stage_prompt
from medsyn_inspect.providers.sent_images import image_of_file
from medsyn_inspect.records import Condition

COOKIE = "medsyn-browser"
"""The cookie that tells one browser from another, so that two people cannot answer under one name by mistake."""


class AnswerPage:
    """The state of a session: the cases, the people, and what they have entered."""

    def __init__(self, cases: str, condition: Condition, people: Sequence[str], file: Path) -> None:
        """Prepare a session.

        Args:
            cases: The case set, as for the tasks.
            condition: What is shown.
            people: Names of the people; `a+b` is the consensus of `a` and `b`.
            file: Where the answers are written; created if it does not exist.

        Raises:
            CaseSetError: If the case set cannot be used.
            ValueError: If one of its cases cannot be shown in this condition.
            JournalError: If the file is for other cases.
        """
        self.cases, self.condition = cases, condition
        self.case_set = load_cases(cases)
        self.by_id = {case.case_id: case for case in self.case_set.cases}
        for case in self.case_set.cases:
            self._parts(case)
        self.journal = open_journal(file, "answers", self.case_set)
        self.people = {key_of(self.journal.header.secret, person): person for person in people}
        self.queues = {person: answering.queue(self.by_id, person, self.case_set.fingerprint) for person in people}
        self.browsers: dict[str, str] = {}

    def link(self, person: str, port: int) -> str:
        """The address at which a person answers."""
        return f"http://127.0.0.1:{port}/{key_of(self.journal.header.secret, person)}/"

    def application(self, port: int) -> Starlette:
        """The application to be served at a port."""
        return application(
            [
                Route("/{key}/", self._show),
                Route("/{key}/image/{case:int}/{number:int}", self._image),
                Route("/{key}/{step}", self._enter, methods=["POST"]),
            ],
            port,
        )

    async def _show(self, request: Request) -> Response:
        person = self._person(request)
        if person is None:
            return _unknown()
        browser = request.cookies.get(COOKIE) or secrets.token_hex(8)
        owner = self.browsers.setdefault(person, browser)
        response = self._taken(person) if owner != browser else self._page(person)
        response.set_cookie(COOKIE, browser, path=f"/{request.path_params['key']}/", httponly=True, samesite="strict")
        return response

    def _page(
        self, person: str, problem: str = "", entered: dict[str, str] | None = None, status: int = 200
    ) -> Response:
        """The page of the step that a person is at."""
        cases = self.queues[person]
        entries = self.journal.entries
        case_id = answering.current(entries, person, cases)
        done = len(answering.finished(entries, person))
        common = {"person": person, "done": done, "total": len(cases), "set": self.case_set.name, "problem": problem}
        if case_id is None:
            blocked = answering.waiting(entries, person, cases)
            return page(
                "finished.html", common | {"waiting": len(blocked), "members": answering.members(person)}, status
            )
        case, state = self.by_id[case_id], answering.answered(entries, person).get(case_id, answering.Answered())
        if case_id not in answering.answered(entries, person):
            self.journal.add(person, case_id, answering.OPENED)
        choosing = state.differential is not None
        options = option_order(case) if choosing and case.options else ()
        values = {
            "case": case,
            "position": cases.index(case_id),
            "parts": self._parts(case),
            "limit": MAX_DIAGNOSES,
            "choosing": choosing,
            "differential": state.differential.content["diagnoses"] if state.differential else [],
            "options": list(zip(ascii_uppercase, options, strict=False)),
            "confidence": CONFIDENCE,
            "entered": dict(entered if entered is not None else state.draft or {}),
            "others": self._others(person, case_id, choosing),
        }
        return page("answer.html", common | values, status)

    def _parts(self, case: Case) -> list[dict[str, Any]]:
        """The evidence as every reader is shown it, without the question."""
        templates = load_templates(case.language, self.case_set.language_folders)
        prompt = stage_prompt(case, self.condition, "", self.case_set.folder, templates=templates)
        parts: list[dict[str, Any]] = []
        pictures = 0
        for part in prompt.turns[0].parts:
            if isinstance(part, Picture):
                parts.append({"image": pictures})
                pictures += 1
            else:
                parts += _sections(part)
        return parts

    def _others(self, person: str, case_id: str, choosing: bool) -> list[dict[str, Any]]:
        """What the members of a consensus answered alone; their options only once the common differential is locked."""
        shown = []
        for member in answering.members(person):
            # `current` offers no case that a member has not finished.
            entries = {entry.what: entry.content for entry in self.journal.of(member) if entry.case_id == case_id}
            choice = entries[answering.CHOICE]
            shown.append(
                {
                    "person": member,
                    "differential": entries[answering.DIFFERENTIAL]["diagnoses"],
                    "letter": choice.get("letter") if choosing else None,
                    "confidence": CONFIDENCE[choice["confidence"]] if choosing else None,
                }
            )
        return shown

    async def _image(self, request: Request) -> Response:
        """An image of the case that is open; of no other."""
        person = self._person(request)
        if person is None:
            return _unknown()
        cases = self.queues[person]
        case_id = answering.current(self.journal.entries, person, cases)
        if case_id is None or cases.index(case_id) != request.path_params["case"]:
            return PlainTextResponse("This case is not open.", 404)
        prompt = stage_prompt(self.by_id[case_id], self.condition, "", self.case_set.folder)
        pictures = [part for part in prompt.turns[0].parts if isinstance(part, Picture)]
        if request.path_params["number"] >= len(pictures):
            return PlainTextResponse("There is no such image.", 404)
        path = pictures[request.path_params["number"]].path
        return Response(path.read_bytes(), media_type=media_type(image_of_file(path).format))

    async def _enter(self, request: Request) -> Response:
        """Take what a person entered: a draft, the differential, or the final answer."""
        person = self._person(request)
        if person is None:
            return _unknown()
        form = await form_of(request)
        step = request.path_params["step"]
        browser = request.cookies.get(COOKIE, "")
        if step == "take-over":
            self.browsers[person] = browser
            return RedirectResponse("./", 303)
        if self.browsers.setdefault(person, browser) != browser:
            return self._taken(person)
        case_id = answering.current(self.journal.entries, person, self.queues[person])
        if case_id is None or str(self.queues[person].index(case_id)) != form.get("position"):
            return RedirectResponse("./", 303)  # The form of a case that is already finished, from an old tab.
        if problem := changed(self.cases, self.case_set):
            return self._page(person, problem, form, 409)
        try:
            problem = self._record(person, self.by_id[case_id], step, form)
        except OSError as error:
            problem = f"Not saved: {error.strerror or error}. Free some space on the disk, then lock it again."
            return self._page(person, problem, form, 507)
        if problem:
            return self._page(person, problem, form, 422)
        return Response(status_code=204) if step in ("draft", "not-shown") else RedirectResponse("./", 303)

    def _record(self, person: str, case: Case, step: str, form: dict[str, str]) -> str:
        """Write an entry; what is wrong with it, if it cannot be written."""
        add, seconds = self.journal.add, _seconds(form.get("seconds", ""))
        state = answering.answered(self.journal.entries, person).get(case.case_id, answering.Answered())
        if step == "draft":
            add(person, case.case_id, answering.DRAFT, **{name: form[name] for name in _DRAFTED if name in form})
        elif step == "not-shown":
            add(person, case.case_id, answering.NOT_SHOWN, image=form.get("image", ""))
        elif step == "differential" and state.differential is None:
            diagnoses = entries_of(form.get("diagnoses", ""))
            if not diagnoses:
                return "No diagnosis is entered. Write one diagnosis a line, most probable first."
            if len(diagnoses) > MAX_DIAGNOSES:
                return f"{len(diagnoses)} diagnoses are entered; keep at most {MAX_DIAGNOSES}."
            if wrong := unread_entries(diagnoses):
                return f"{wrong[0].upper()}{wrong[1:]}. Write one diagnosis a line, most probable first."
            add(person, case.case_id, answering.DIFFERENTIAL, diagnoses=list(diagnoses), seconds=seconds)
        elif step == "choice" and state.differential is not None:
            letters = ascii_uppercase[: len(case.options or ())]
            letter, sure = form.get("letter", ""), form.get("confidence", "")
            if case.options and (len(letter) != 1 or letter not in letters):
                return "No option is chosen. Choose one."
            if sure not in map(str, CONFIDENCE):
                return "How sure you are is not entered. Choose one."
            if form.get("flag") and not form.get("ambiguity", "").strip():
                return "The case is flagged as ambiguous without a reason. Write the reason, or remove the flag."
            add(
                person,
                case.case_id,
                answering.CHOICE,
                letter=letter if case.options else None,
                confidence=int(sure),
                ambiguity=form["ambiguity"].strip() if form.get("flag") else None,
                note=form.get("note", "").strip() or None,
                seconds=seconds,
            )
        return ""

    def _taken(self, person: str) -> Response:
        return page("taken.html", {"person": person, "set": self.case_set.name, "problem": ""}, 409)

    def _person(self, request: Request) -> str | None:
        return self.people.get(request.path_params["key"])


_DRAFTED = ("diagnoses", "letter", "confidence", "flag", "ambiguity", "note")
"""The fields of which a draft is kept."""


def changed(cases: str, known: CaseSet) -> str:
    """What has changed in a case set since it was loaded; empty if nothing."""
    try:
        if load_cases(cases).fingerprint == known.fingerprint:
            return ""
        what = "has changed"
    except (CaseSetError, OSError):
        what = "can no longer be read"
    return (
        f"Not saved: the case set {known.name} {what} since this session began. Restore it, or start a session with "
        "another file of answers."
    )


def _sections(part: Words) -> list[dict[str, Any]]:
    """Headings and texts of a part of a prompt, in which a heading is a line that begins with `## `."""
    found: list[dict[str, Any]] = []
    for line in part.text.split("\n"):
        if line.startswith("## "):
            found.append({"heading": line[3:]})
        elif found and "text" in found[-1]:
            found[-1]["text"] += "\n" + line
        elif line.strip():
            found.append({"text": line})
    return found


def _seconds(value: str) -> float:
    """Seconds that the page was visible, as the page counts them; 0 if it did not."""
    try:
        return max(0.0, round(float(value), 1))
    except ValueError:
        return 0.0


def _unknown() -> Response:
    return PlainTextResponse("No such page. Open the link that `medsyn answer` printed.", 404)


def journal_of(cases: str) -> Path:
    """The default file of answers, in the present folder."""
    return Path(f"answers-{Path(cases).name}.jsonl")
