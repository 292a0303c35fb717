"""Physicians answer on a local page: nothing is lost, nothing is shown too early, and the sheet can be imported."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from click.testing import CliRunner
from httpx import Response
from starlette.testclient import TestClient

from medsyn_inspect.analysis import headline, read_runs
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians import answering, journal
from medsyn_inspect.physicians.answer_page import AnswerPage
from medsyn_inspect.physicians.answers import import_answers
from medsyn_inspect.physicians.local import LONGEST_BODY, PageError
from medsyn_inspect.physicians.sheet import filled_sheet, read_sheet
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import PLAIN
from running import known_cases, write_known

PORT = 8765
ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_known(tmp_path / "cases")


@pytest.fixture
def begin(folder: Path, tmp_path: Path) -> Callable[..., AnswerPage]:
    """Starts a session, or goes on with it."""

    def started(*people: str, file: str = "answers.jsonl") -> AnswerPage:
        return AnswerPage(str(folder), PLAIN, people or ("anna", "ben", "anna+ben"), tmp_path / file)

    return started


@dataclass
class Browser:
    """A person at a browser."""

    session: AnswerPage
    person: str

    def __post_init__(self) -> None:
        self.client = TestClient(self.session.application(PORT), base_url=ORIGIN)
        self.link = self.session.link(self.person, PORT).removeprefix(ORIGIN)
        self.seen: list[str] = []

    def open(self) -> Response:
        return self._seen(self.client.get(self.link))

    def send(self, step: str, **fields: Any) -> Response:
        case = self.case
        position = self.session.queues[self.person].index(case) if case else 0
        form = {"position": str(position), "seconds": "12.5", **fields}
        return self._seen(self.client.post(self.link + step, data=form, headers={"origin": ORIGIN}))

    def _seen(self, response: Response) -> Response:
        self.seen.append(response.text)
        return response

    @property
    def case(self) -> str | None:
        return answering.current(self.session.journal.entries, self.person, self.session.queues[self.person])

    def answer(self, *diagnoses: str, letter: str = "A", **more: str) -> None:
        """Answer the open case."""
        self.open()
        assert self.send("differential", diagnoses="\n".join(diagnoses or ("Gout",))).status_code == 200
        assert self.send("choice", letter=letter, confidence="3", **more).status_code == 200


def options_of(session: AnswerPage, case_id: str) -> tuple[str, ...]:
    return option_order(session.by_id[case_id])


class TestWhatIsShown:
    def test_no_option_reaches_the_browser_before_the_differential_is_locked(self, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        while case := person.case:
            person.open()
            person.send("draft", diagnoses="Sarcoid")
            person.send("differential", diagnoses="")
            person.send("choice", letter="A", confidence="3")
            early = "\n".join(person.seen)
            raw = session.by_id[case]
            hidden = {*options_of(session, case), raw.final_diagnosis, *raw.aliases}
            assert not [text for text in hidden if text.lower() in early.lower()]
            assert 'name="letter"' not in early
            late = person.send("differential", diagnoses="Gout").text
            assert all(f"{option}</span>" in late for option in options_of(session, case))
            person.send("choice", letter="A", confidence="3")
            person.seen.clear()

    def test_no_file_name_is_shown(self, begin: Any, folder: Path) -> None:
        person = Browser(begin(), "anna")
        names = {path.name for path in folder.rglob("*") if path.is_file()}
        assert not [name for name in names if name in person.open().text]

    def test_images_of_the_open_case_and_no_others_are_sent(self, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        page = person.open()
        shown = re.findall(r'<img src="(image/\d+/\d+)"', page.text)
        wanted = [image for piece in session.by_id[person.case].evidence for image in piece.images]
        assert len(shown) == len(wanted) > 0
        for address in shown:
            got = person.client.get(person.link + address)
            assert got.headers["content-type"].startswith("image/")
        for address in ("image/0/99", "image/3/0", "image/0/..%2f..%2fcard.yaml", "..%2fcard.yaml", "image/-1/0"):
            assert person.client.get(person.link + address).status_code == 404

    def test_text_of_a_case_is_escaped(self, tmp_path: Path) -> None:
        evil = "<script>alert(1)</script>"
        rows = [
            row | {"history": evil, "options": [evil, *row["options"][1:]], "final_diagnosis": evil}
            for row in known_cases()
        ]
        session = AnswerPage(str(write_known(tmp_path / "evil", rows)), PLAIN, ("anna",), tmp_path / "a.jsonl")
        person = Browser(session, "anna")
        person.answer("Gout", letter="A", note=evil)
        person.send("differential", diagnoses=evil)
        person.open()
        assert evil not in "".join(person.seen)
        assert "&lt;script&gt;" in "".join(person.seen)

    def test_a_consensus_sees_answers_once_both_have_finished_the_case(self, begin: Any) -> None:
        session = begin()
        anna, ben, both = (Browser(session, name) for name in ("anna", "ben", "anna+ben"))
        assert "Waiting for anna and ben" in both.open().text
        first = anna.case
        anna.answer("Tuberculosis", letter="B")
        assert "Waiting" in both.open().text
        while first not in answering.finished(session.journal.entries, "ben"):
            ben.answer("Lymphoma", letter="C")
        page = both.open().text
        assert "Tuberculosis" in page
        assert "Lymphoma" in page
        assert "Chose" not in page
        page = both.send("differential", diagnoses="Lymphoma\nTuberculosis").text
        assert "Chose B" in page
        assert "Chose C" in page

    def test_nobody_sees_the_answer_of_another(self, begin: Any) -> None:
        session = begin()
        anna, ben = Browser(session, "anna"), Browser(session, "ben")
        while anna.case:
            anna.answer("Neurocysticercosis", note="anna's remark")
        while ben.case:
            ben.answer()
        ben.open()
        assert "Neurocysticercosis" not in "".join(ben.seen)
        assert "anna" not in "".join(ben.seen)


class TestWhatIsRecorded:
    def test_the_order_is_random_differs_between_people_and_stays(self) -> None:
        cases = [f"c-{number}" for number in range(20)]
        one, other = (answering.queue(cases, name, "f") for name in ("anna", "ben"))
        assert sorted(one) == sorted(other) == sorted(cases)
        assert one != other != cases
        assert answering.queue(reversed(cases), "anna", "f") == one
        assert answering.queue(cases, "anna+ben", "f") == one

    def test_a_session_that_was_killed_goes_on_where_it_stopped(self, begin: Any) -> None:
        person = Browser(begin(), "anna")
        person.answer()
        person.open()
        person.send("differential", diagnoses="Lupus\nGout")
        person.send("draft", letter="C", confidence="2")
        stopped = person.case
        again = Browser(begin(), "anna")
        assert again.link == person.link
        page = again.open().text
        assert again.case == stopped
        assert "<li>Lupus</li>" in page
        assert re.search(r'value="C" checked', page)
        assert "Case 2 of" in page

    @pytest.mark.parametrize("seconds", ["", "none", "nan", "inf", "-1"])
    def test_a_time_that_was_not_counted_is_missing_and_not_zero(self, seconds: str, begin: Any) -> None:
        person = Browser(session := begin("anna"), "anna")
        person.open()
        person.send("differential", diagnoses="Gout", seconds=seconds)
        person.send("choice", letter="A", confidence="3", seconds="4.25")
        [row] = answering.sheet_rows(session.journal.entries, "anna", session.case_set.cases)
        assert (row.seconds_differential, row.seconds_option) == (None, 4.2)
        [read] = read_sheet(filled_sheet([row]).encode(), session.case_set.cases)
        assert (read.seconds_differential, read.seconds_option) == (None, 4.2)

    def test_a_locked_differential_cannot_be_changed(self, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        person.open()
        person.send("differential", diagnoses="Lupus")
        case = person.case
        person.send("differential", diagnoses="Gout")
        assert answering.locked(session.journal.entries, "anna")[case]["differential"]["diagnoses"] == ["Lupus"]

    def test_the_form_of_a_finished_case_in_an_old_tab_changes_nothing(self, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        position = session.queues["anna"].index(person.case)
        person.answer()
        entries = len(session.journal.entries)
        person.send("differential", diagnoses="Gout", position=str(position))
        assert [entry.what for entry in session.journal.entries[entries:]] in ([], ["opened"])

    @pytest.mark.parametrize(
        ("step", "form", "problem"),
        [
            ("differential", {"diagnoses": " \n"}, "No diagnosis is entered"),
            ("differential", {"diagnoses": "\n".join(f"Disease {n}" for n in range(11))}, "keep at most 10"),
            ("differential", {"diagnoses": "Gout\n???"}, "cannot be read as a diagnosis"),
            ("choice", {"confidence": "3"}, "No option is chosen"),
            ("choice", {"letter": "Z", "confidence": "3"}, "No option is chosen"),
            ("choice", {"letter": "A"}, "How sure you are is not entered"),
            ("choice", {"letter": "A", "confidence": "9"}, "How sure you are is not entered"),
            ("choice", {"letter": "A", "confidence": "3", "flag": "yes"}, "without a reason"),
        ],
    )
    def test_what_is_missing_is_said_and_what_was_entered_stays(
        self, step: str, form: dict[str, str], problem: str, begin: Any
    ) -> None:
        person = Browser(begin(), "anna")
        person.open()
        if step == "choice":
            person.send("differential", diagnoses="Gout")
        refused = person.send(step, **form, note="kept")
        assert refused.status_code == 422
        assert problem in refused.text
        for value in form.values():
            assert value.strip() in refused.text or value == "Z" or value == "9"

    def test_an_answer_that_the_disk_has_no_room_for_is_not_lost(
        self, begin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        person = Browser(begin(), "anna")
        person.open()
        before = (tmp_path / "answers.jsonl").read_bytes()

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(journal.os, "fsync", full)
            refused = person.send("differential", diagnoses="Lupus\nGout")
        assert refused.status_code == 507
        assert "No space left on device" in refused.text
        assert "Lupus\nGout</textarea>" in refused.text
        assert (tmp_path / "answers.jsonl").read_bytes() == before
        assert "Your differential (locked)" in person.send("differential", diagnoses="Lupus\nGout").text

    def test_a_case_set_that_changes_under_a_session_is_refused(self, begin: Any, folder: Path) -> None:
        person = Browser(session := begin(), "anna")
        person.open()
        file = folder / "cases.jsonl"
        file.write_text(file.read_text(encoding="utf-8").replace('"history": "', '"history": "Yesterday, '), "utf-8")
        entries = len(session.journal.entries)
        refused = person.send("differential", diagnoses="Gout")
        assert refused.status_code == 409
        assert "has changed since this session began" in refused.text
        assert len(session.journal.entries) == entries
        with pytest.raises(journal.JournalError, match="restore the set, or start another file"):
            begin()

    def test_two_browsers_under_one_name_are_noticed(self, begin: Any) -> None:
        session = begin()
        one, other = Browser(session, "anna"), Browser(session, "anna")
        one.open()
        refused = other.open()
        assert refused.status_code == 409
        assert "anna is open in another browser" in refused.text
        assert other.send("differential", diagnoses="Gout").status_code == 409
        assert other.send("take-over").status_code == 200
        assert other.send("differential", diagnoses="Gout").status_code == 200
        assert one.send("differential", diagnoses="Lupus").status_code == 409

    def test_an_image_that_cannot_be_shown_is_recorded(self, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        person.open()
        assert person.send("image_not_shown", image="1").status_code == 204
        assert (session.journal.entries[-1].what, session.journal.entries[-1].content) == (
            "image_not_shown",
            {"image": "1"},
        )

    def test_a_case_without_options_ends_with_the_confidence(self, tmp_path: Path) -> None:
        rows = known_cases()
        for row in rows:
            row.pop("options", None)
        session = AnswerPage(str(write_known(tmp_path / "bare", rows)), PLAIN, ("anna",), tmp_path / "a.jsonl")
        person = Browser(session, "anna")
        person.open()
        assert "no options to choose from" in person.send("differential", diagnoses="Gout").text
        assert person.send("choice", confidence="2").status_code == 200
        [row] = answering.sheet_rows(session.journal.entries, "anna", session.case_set.cases)
        assert (row.letter, row.confidence) == (None, 2)


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:9", "", f"127.0.0.1.evil:{PORT}"]
    )
    def test_other_hosts_are_refused(self, host: str, begin: Any) -> None:
        person = Browser(begin(), "anna")
        assert person.client.get(person.link, headers={"host": host}).status_code == 403

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", None])
    def test_forms_of_other_pages_are_refused(self, origin: str | None, begin: Any) -> None:
        person = Browser(session := begin(), "anna")
        person.open()
        headers = {} if origin is None else {"origin": origin}
        data = {"position": "0", "diagnoses": "Gout"}
        assert person.client.post(person.link + "differential", data=data, headers=headers).status_code == 403
        assert [entry.what for entry in session.journal.entries] == ["opened"]

    def test_without_a_link_there_is_nothing(self, begin: Any) -> None:
        client = Browser(begin(), "anna").client
        for address in ("/", "/anna/", "/0/", "/0/image/0/0"):
            assert client.get(address).status_code == 404

    def test_every_response_forbids_scripts_from_elsewhere_and_storing(self, begin: Any) -> None:
        person = Browser(begin(), "anna")
        headers = person.open().headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"

    def test_a_form_that_is_too_long_is_refused(self, begin: Any) -> None:
        person = Browser(begin(), "anna")
        assert person.send("differential", diagnoses="x" * LONGEST_BODY).status_code == 413


class TestExport:
    def test_the_sheet_is_read_by_the_import_and_judged_like_a_model(
        self, begin: Any, folder: Path, tmp_path: Path
    ) -> None:
        session = begin()
        for name in ("anna", "ben", "anna+ben"):
            person = Browser(session, name)
            while case := person.case:
                right = options_of(session, case).index(session.by_id[case].final_diagnosis)
                shown = ascii_uppercase[right] if name != "ben" else "A"
                person.answer(session.by_id[case].final_diagnosis, "Gout", letter=shown, note="seen")
        done = CliRunner().invoke(
            main,
            ["export-answers", str(tmp_path / "answers.jsonl"), "--cases", str(folder), "-o", str(tmp_path / "sheets")],
        )
        assert done.exit_code == 0, done.output
        assert re.search(
            r"anna and ben chose the same option in \d of 4 cases \(\d+% \[\d+%, \d+%\]; 20% if", done.output
        )
        sheet = tmp_path / "sheets" / "anna-with-ben.csv"
        rows = read_sheet(sheet.read_bytes(), session.case_set.cases)
        assert [(row.confidence, row.seconds_differential, row.seconds_option) for row in rows] == [(3, 12.5, 12.5)] * 4
        imported = import_answers(
            sheet, "consensus", str(folder), judge="reference/judge", log_dir=str(tmp_path / "logs")
        )
        assert {log.status for log in imported.logs} == {"success"}
        [sample, *_] = imported.logs[-1].samples
        assert (sample.metadata["confidence"], sample.metadata["seconds"]) == (3, 12.5)
        table = headline(read_runs([str(tmp_path / "logs")]))
        assert [estimate.value for estimate in table["accuracy"]] == [1.0]

    def test_rows_survive_the_sheet(self, begin: Any) -> None:
        session = begin("anna")
        person = Browser(session, "anna")
        while person.case:
            person.answer(
                "Gout", "Lupus; not otherwise specified".replace(";", ","), letter="B", flag="yes", ambiguity="x"
            )
        rows = answering.sheet_rows(session.journal.entries, "anna", session.case_set.cases)
        read = read_sheet(filled_sheet(rows).encode(), session.case_set.cases)
        pairs = [(row.case_id, row.differential, row.letter, row.ambiguity, row.confidence) for row in read]
        assert pairs == [(row.case_id, row.differential, row.letter, row.ambiguity, row.confidence) for row in rows]


class TestNames:
    @pytest.mark.parametrize(
        ("names", "problem"),
        [
            (["Anna Smith"], "letters, digits"),
            (["../x"], "letters, digits"),
            ([""], "letters, digits"),
            (["a+b", "a"], "add --reader b"),
            (["a", "a+a"], "the same person twice"),
        ],
    )
    def test_a_name_that_cannot_be_used_is_refused(self, names: list[str], problem: str) -> None:
        with pytest.raises(PageError, match=problem):
            answering.check_readers(names)

    def test_a_port_in_use_is_one_sentence(self, tmp_path: Path) -> None:
        from medsyn_inspect.physicians.local import free_port

        with free_port(0) as taken, CliRunner().isolated_filesystem(tmp_path):
            port = str(taken.getsockname()[1])
            done = CliRunner().invoke(main, ["answer", "demo", "--reader", "a", "--port", port])
        assert done.exit_code == 1
        assert f"port {port} is in use" in done.output


class TestBadSets:
    @pytest.mark.parametrize(("command", "who"), [("answer", "--reader"), ("review", "--reviewer")])
    def test_a_set_that_the_check_refuses_is_not_served(
        self, command: str, who: str, folder: Path, tmp_path: Path
    ) -> None:
        file = folder / "cases.jsonl"
        file.write_text(file.read_text(encoding="utf-8").replace('"final_diagnosis"', '"diagnosis"'), "utf-8")
        written = tmp_path / "entries.jsonl"
        arguments = [command, str(folder), who, "anna", "--file", str(written), "--port", "0"]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 1
        assert "cases.jsonl" in done.output
        assert "final_diagnosis" in done.output
        assert "Traceback" not in done.output
        assert not written.exists()


class TestJournal:
    def made(self, tmp_path: Path, name: str, folder: Path) -> journal.Journal:
        return journal.open_journal(tmp_path / name, "answers", load_cases(folder))

    def test_an_incomplete_last_line_is_removed(self, tmp_path: Path, folder: Path) -> None:
        made = self.made(tmp_path, "a.jsonl", folder)
        made.add("anna", "c", "opened")
        with made.file.open("ab") as file:
            file.write(b'{"person": "an')
        again = self.made(tmp_path, "a.jsonl", folder)
        assert [entry.what for entry in again.entries] == ["opened"]
        again.add("anna", "c", "draft")
        assert [entry.what for entry in journal.read_journal(made.file).entries] == ["opened", "draft"]

    def test_a_line_that_is_damaged_is_named(self, tmp_path: Path, folder: Path) -> None:
        made = self.made(tmp_path, "a.jsonl", folder)
        with made.file.open("ab") as file:
            file.write(b"nonsense\n")
        with pytest.raises(journal.JournalError, match=r"a\.jsonl:2 is no valid line"):
            self.made(tmp_path, "a.jsonl", folder)

    def test_files_of_several_computers_are_joined_in_the_order_of_time(self, tmp_path: Path, folder: Path) -> None:
        one, other = self.made(tmp_path, "a.jsonl", folder), self.made(tmp_path, "b.jsonl", folder)
        one.add("anna", "c-1", "differential", diagnoses=["Gout"])
        other.add("ben", "c-1", "differential", diagnoses=["Lupus"])
        one.add("anna", "c-1", "choice", letter="A")
        copy = tmp_path / "copy.jsonl"
        copy.write_bytes(one.file.read_bytes())
        output = tmp_path / "all.jsonl"
        files = [str(one.file), str(other.file), str(copy)]
        done = CliRunner().invoke(main, ["merge", *files, "-o", str(output)])
        assert done.exit_code == 0, done.output
        joined = journal.read_journal(output)
        assert [(entry.person, entry.what) for entry in joined.entries] == [
            ("anna", "differential"),
            ("ben", "differential"),
            ("anna", "choice"),
        ]

    def test_conflicts_are_named_and_nothing_is_written(self, tmp_path: Path, folder: Path) -> None:
        one, other = self.made(tmp_path, "a.jsonl", folder), self.made(tmp_path, "b.jsonl", folder)
        one.add("anna", "c-1", "choice", letter="A")
        other.add("anna", "c-1", "choice", letter="B")
        output = tmp_path / "all.jsonl"
        done = CliRunner().invoke(main, ["merge", str(one.file), str(other.file), "-o", str(output)])
        assert done.exit_code == 1
        assert re.search(r"anna, case c-1, choice: .*a\.jsonl .* and .*b\.jsonl", done.output)
        assert not output.exists()

    def test_files_for_different_cases_are_not_joined(self, tmp_path: Path, folder: Path) -> None:
        one = self.made(tmp_path, "a.jsonl", folder)
        header = json.loads(one.file.read_text(encoding="utf-8"))
        other = tmp_path / "b.jsonl"
        other.write_text(json.dumps(header | {"fingerprint": "another"}) + "\n", encoding="utf-8")
        with pytest.raises(journal.JournalError, match="cannot be joined"):
            journal.merge_journals([one.file, other])
