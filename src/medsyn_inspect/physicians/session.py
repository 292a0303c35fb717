"""A session on a local page: who may see which case, and how what they enter gets into the file."""

from __future__ import annotations

import hashlib
import math
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.images import media_type
from medsyn_inspect.cases.load import CaseSet, CaseSetError, load_cases
from medsyn_inspect.physicians.journal import Entry, Kind, open_journal
from medsyn_inspect.physicians.local import HOST, Page, application, form_of, key_of, page
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Words, stage_prompt
from medsyn_inspect.providers.sent_images import image_of_file
from medsyn_inspect.records import Condition

COOKIE = "medsyn-browser"
"""The cookie that tells one browser from another, so that two people cannot use one name by mistake."""

OPENED, DRAFT, NOT_SHOWN = "opened", "draft", "image_not_shown"
"""Entries of every session: a case was opened, something not yet locked, an image that the browser could not show."""

_OF_THE_PAGE = ("position", "seconds")
"""Fields of every form that are not part of a draft."""


class Session(ABC):
    """The cases, the people, and what they have entered."""

    kind: Kind
    """What the file holds."""

    def __init__(self, cases: str, condition: Condition, people: Sequence[str], file: Path) -> None:
        """Prepare a session.

        Args:
            cases: The case set, as for the tasks.
            condition: What is shown.
            people: Names of the people.
            file: Where the entries are written; created if it does not exist.

        Raises:
            CaseSetError: If the case set cannot be used.
            ValueError: If one of its cases cannot be shown in this condition.
            JournalError: If the file is for other cases.
        """
        self.cases, self.condition = cases, condition
        self.case_set = load_cases(cases)
        self.by_id = {case.case_id: case for case in self.case_set.cases}
        for case in self.case_set.cases:
            self.parts(case)
        self.journal = open_journal(file, self.kind, self.case_set)
        self.people = {key_of(self.journal.header.secret, person): person for person in people}
        self.queues = {person: self.queue(person) for person in people}
        self._browsers: dict[str, str] = {}

    @abstractmethod
    def queue(self, person: str) -> list[str]:
        """The cases of a person, in the order in which they are shown."""

    @abstractmethod
    def current(self, person: str) -> str | None:
        """The case that is open for a person; `None` if there is none."""

    @abstractmethod
    def page(self, person: str, problem: str = "", entered: Mapping[str, str] | None = None) -> Page:
        """The page of the step that a person is at.

        Args:
            person: The person.
            problem: What was wrong with what was entered.
            entered: What was entered.
        """

    @abstractmethod
    def record(self, person: str, case: Case, step: str, form: Mapping[str, str]) -> str:
        """Write an entry, or say what is wrong with it.

        Raises:
            OSError: If it cannot be written.
        """

    def link(self, person: str, port: int) -> str:
        """The address of a person's page."""
        return f"http://{HOST}:{port}/{key_of(self.journal.header.secret, person)}/"

    def application(self, port: int) -> Starlette:
        """The application to be served at a port."""
        routes = [
            Route("/{key}/", self._show),
            Route("/{key}/image/{case:int}/{number:int}", self._image),
            Route("/{key}/{step}", self._enter, methods=["POST"]),
        ]
        return application(list(routes), port)

    def parts(self, case: Case) -> list[dict[str, Any]]:
        """The evidence as every reader is shown it, without the question: headings, texts, and numbers of images."""
        return shown_parts(self._prompt(case))

    def _prompt(self, case: Case) -> tuple[Words | Picture, ...]:
        return evidence_of(case, self.case_set, self.condition)

    async def _show(self, request: Request) -> Response:
        person = self._person(request)
        if person is None:
            return _unknown()
        browser = request.cookies.get(COOKIE) or secrets.token_hex(8)
        if self._browsers.setdefault(person, browser) == browser:
            response: Response = page(self.page(person))
        else:
            response = self._taken(person)
        response.set_cookie(COOKIE, browser, path=f"/{request.path_params['key']}/", httponly=True, samesite="strict")
        return response

    async def _image(self, request: Request) -> Response:
        """An image of the case that is open; of no other."""
        person = self._person(request)
        if person is None:
            return _unknown()
        case_id = self.current(person)
        if case_id is None or self.queues[person].index(case_id) != request.path_params["case"]:
            return PlainTextResponse("This case is not open.", 404)
        pictures = [part for part in self._prompt(self.by_id[case_id]) if isinstance(part, Picture)]
        if request.path_params["number"] >= len(pictures):
            return PlainTextResponse("There is no such image.", 404)
        path = pictures[request.path_params["number"]].path
        return Response(path.read_bytes(), media_type=media_type(image_of_file(path).format))

    async def _enter(self, request: Request) -> Response:
        """Take what a person entered."""
        person = self._person(request)
        if person is None:
            return _unknown()
        form, step, browser = await form_of(request), request.path_params["step"], request.cookies.get(COOKIE, "")
        if step == "take-over":
            self._browsers[person] = browser
            return RedirectResponse("./", 303)
        if self._browsers.setdefault(person, browser) != browser:
            return self._taken(person)
        case_id = self.current(person)
        if case_id is None or str(self.queues[person].index(case_id)) != form.get("position"):
            return RedirectResponse("./", 303)  # The form of a case that is already finished, from an old tab.
        if problem := changed(self.cases, self.case_set):
            return page(self.page(person, problem, form), 409)
        try:
            if step == DRAFT:
                entered = {name: value for name, value in form.items() if name not in _OF_THE_PAGE}
                self.journal.add(person, case_id, DRAFT, **entered)
            elif step == NOT_SHOWN:
                self.journal.add(person, case_id, NOT_SHOWN, image=form.get("image", ""))
            elif problem := self.record(person, self.by_id[case_id], step, form):
                return page(self.page(person, problem, form), 422)
        except OSError as error:
            problem = f"Not saved: {error.strerror or error}. Free some space on the disk, then lock it again."
            return page(self.page(person, problem, form), 507)
        return Response(status_code=204) if step in (DRAFT, NOT_SHOWN) else RedirectResponse("./", 303)

    def _taken(self, person: str) -> Response:
        return page(("taken.html", {"person": person, "set": self.case_set.name, "problem": ""}), 409)

    def _person(self, request: Request) -> str | None:
        return self.people.get(request.path_params["key"])


def evidence_of(case: Case, case_set: CaseSet, condition: Condition) -> tuple[Words | Picture, ...]:
    """The evidence of a case as every reader is shown it, without the question."""
    templates = load_templates(case.language, case_set.language_folders)
    return stage_prompt(case, condition, "", case_set.folder, templates=templates).turns[0].parts


def shown_parts(evidence: Iterable[Words | Picture]) -> list[dict[str, Any]]:
    """Evidence for a page: headings (`heading`), texts (`text`), and numbers of images (`image`)."""
    parts: list[dict[str, Any]] = []
    pictures = 0
    for part in evidence:
        if isinstance(part, Picture):
            parts.append({"image": pictures})
            pictures += 1
        else:
            parts += _sections(part)
    return parts


def order(case_ids: Iterable[str], person: str, fingerprint: str) -> list[str]:
    """Cases in a random order, which differs between people and stays the same.

    Args:
        case_ids: The cases.
        person: The person who sees them.
        fingerprint: Of the case set.
    """

    def rank(case_id: str) -> str:
        return hashlib.sha256(f"{fingerprint}|{person}|{case_id}".encode()).hexdigest()

    return sorted(case_ids, key=rank)


def draft_of(entries: Iterable[Entry], case_id: str, final: Sequence[str]) -> dict[str, Any]:
    """What a person entered for a case since the last locked step.

    Args:
        entries: The person's entries.
        case_id: The case.
        final: The entries that lock a step.
    """
    draft: dict[str, Any] = {}
    for entry in entries:
        if entry.case_id == case_id:
            draft = dict(entry.content) if entry.what == DRAFT else {} if entry.what in final else draft
    return draft


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
        "another file."
    )


def seconds_of(form: Mapping[str, str]) -> float | None:
    """Seconds that the page was visible, as its script counts them; `None` without the script."""
    try:
        seconds = float(form.get("seconds", ""))
    except ValueError:
        return None
    return round(seconds, 1) if 0 <= seconds < math.inf else None


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


def _unknown() -> Response:
    return PlainTextResponse("No such page. Open the link that the command printed.", 404)
