"""Clinicians verify a case set on a local page: two blind reviews, adjudication, kappa, the next version."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from httpx import Response
from starlette.testclient import TestClient

from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians import applying, reviewing
from medsyn_inspect.physicians.local import PageError
from medsyn_inspect.physicians.passages import RecordError
from medsyn_inspect.physicians.review_page import ReviewPage
from running import write_known

PORT = 8765
ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_known(tmp_path / "cases")


@pytest.fixture
def begin(folder: Path, tmp_path: Path) -> Callable[..., ReviewPage]:
    def started(share: float = 1.0) -> ReviewPage:
        return ReviewPage(str(folder), ["anna", "ben"], "cleo", tmp_path / "review.jsonl", share=share)

    return started


@dataclass
class Reviewer:
    """A person at a browser."""

    session: ReviewPage
    person: str

    def __post_init__(self) -> None:
        self.client = TestClient(self.session.application(PORT), base_url=ORIGIN)
        self.link = self.session.link(self.person, PORT).removeprefix(ORIGIN)

    @property
    def case(self) -> str | None:
        return self.session.current(self.person)

    def open(self) -> Response:
        return self.client.get(self.link)

    def review(self, **changes: str) -> Response:
        """Confirm everything about the open case, but for the changes."""
        case = self.session.by_id[self.case]
        answers = {question.name: question.choices[0] for question in reviewing.questions(case)}
        form = {**answers, "decision": "keep", "comment": "", **changes}
        self.open()
        step = "adjudicated" if self.person == self.session.adjudicator else "reviewed"
        position = str(self.session.queues[self.person].index(case.case_id))
        return self.client.post(
            self.link + step, data={**form, "position": position, "seconds": "9"}, headers={"origin": ORIGIN}
        )


def finish(person: Reviewer, **changes: str) -> None:
    while person.case:
        assert person.review(**changes).status_code == 200


class TestBlindReviews:
    def test_neither_reviewer_sees_the_other(self, begin: Any) -> None:
        session = begin()
        anna, ben = Reviewer(session, "anna"), Reviewer(session, "ben")
        finish(anna, sufficient="no", decision="drop", comment="The films are of two patients")
        while ben.case:
            page = ben.open().text
            assert "two patients" not in page
            assert "anna" not in page
            ben.review()

    def test_what_is_missing_is_named_and_the_rest_stays(self, begin: Any) -> None:
        anna = Reviewer(begin(), "anna")
        refused = anna.review(sufficient="", comment="kept remark")
        assert refused.status_code == 422
        assert "Not answered: All evidence together settles the diagnosis." in refused.text
        assert "kept remark" in refused.text
        refused = anna.review(decision="drop", comment=" ")
        assert "without a reason" in refused.text

    def test_every_distractor_is_matched_with_the_evidence_that_rules_it_out(self, begin: Any) -> None:
        session = begin()
        anna = Reviewer(session, "anna")
        case = session.by_id[anna.case]
        asked = [question for question in reviewing.questions(case) if question.kind == "ruled_out"]
        assert {question.about for question in asked} == set(case.options) - {case.final_diagnosis}
        for question in asked:
            assert set(question.choices) >= {piece.type.value for piece in case.evidence} | {"nothing"}

    def test_a_share_is_the_same_cases_for_both(self, begin: Any) -> None:
        session = begin(share=0.5)
        assert len(session.queues["anna"]) == 2
        assert set(session.queues["anna"]) == set(session.queues["ben"]) == set(begin(share=0.5).queues["ben"])

    def test_a_session_that_was_killed_goes_on_where_it_stopped(self, begin: Any) -> None:
        anna = Reviewer(begin(), "anna")
        anna.review()
        stopped = anna.case
        again = Reviewer(begin(), "anna")
        assert (again.link, again.case) == (anna.link, stopped)
        assert "Case 2 of 4" in again.open().text

    @pytest.mark.parametrize(
        ("reviewers", "adjudicator", "problem"),
        [
            (["anna", "anna"], None, "named twice"),
            (["anna"], "anna", "is a reviewer"),
            (["Dr Smith"], None, "letters, digits"),
        ],
    )
    def test_names_that_cannot_be_used(
        self, reviewers: list[str], adjudicator: str | None, problem: str, folder: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(PageError, match=problem):
            ReviewPage(str(folder), reviewers, adjudicator, tmp_path / "r.jsonl")
        assert not (tmp_path / "r.jsonl").exists()


class TestPassages:
    """What a case report says, in a set that was constructed from reports."""

    def record(self, folder: Path, case_id: str, **more: Any) -> None:
        [case] = [case for case in load_cases(folder).cases if case.case_id == case_id]
        distractor = next(option for option in case.options if option != case.final_diagnosis)
        kind = case.evidence[0].type.value
        row = {
            "outcome": "kept",
            "case_id": case_id,
            "readings": [{"type": kind, "text": "A finding.", "span": "<b>the film</b> showed it"}],
            "distractors": [{"name": distractor, "ruled_out_by": kind, "span": "which excluded the other"}],
        }
        lines = [{"outcome": "dropped", "case_id": ""}, row | more]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "construction.jsonl").write_text(text, encoding="utf-8")

    def test_those_behind_a_finding_and_a_distractor_are_shown_with_their_case(self, begin: Any, folder: Path) -> None:
        case_ids = load_cases(folder).case_ids
        self.record(folder, case_ids[0])
        anna = Reviewer(begin(), "anna")
        while anna.case:
            page = anna.open().text
            here = anna.case == case_ids[0]
            assert ("&lt;b&gt;the film&lt;/b&gt; showed it" in page) == here
            assert ("which excluded the other" in page) == here
            assert "<b>the film" not in page
            anna.review()

    def test_a_damaged_record_is_named_with_its_line(self, begin: Any, folder: Path) -> None:
        self.record(folder, load_cases(folder).case_ids[0], readings=[{"type": "ct"}])
        with pytest.raises(RecordError, match=r"construction\.jsonl:2 is no valid line .* restore the file"):
            begin()

    def test_the_next_version_keeps_them(self, begin: Any, folder: Path, tmp_path: Path) -> None:
        self.record(folder, load_cases(folder).case_ids[0])
        session = begin()
        for name in ("anna", "ben"):
            finish(Reviewer(session, name))
        applying.write_next_version(session.case_set, session.journal.entries, "2.0", tmp_path / "next")
        kept = (tmp_path / "next" / "construction.jsonl").read_bytes()
        assert kept == (folder / "construction.jsonl").read_bytes()


class TestAdjudication:
    def test_it_is_of_the_cases_on_which_reviewers_differ_and_shows_both(self, begin: Any) -> None:
        session = begin()
        anna, ben, cleo = (Reviewer(session, name) for name in ("anna", "ben", "cleo"))
        disputed = anna.case
        anna.review(sufficient="no", decision="drop", comment="Too little evidence")
        finish(anna)
        assert "Waiting for anna and ben" in cleo.open().text
        finish(ben)
        assert cleo.case == disputed
        page = cleo.open().text
        assert "Too little evidence" in page
        assert re.search(r'class="line differs">\s*<legend>All evidence together settles', page)
        assert not re.search(r'name="decision" value="\w+" checked', page)
        assert re.search(r'name="unidentified" value="yes" checked', page)
        cleo.review(decision="keep")
        assert cleo.case is None
        final = reviewing.settled(session.journal.entries, ["anna", "ben"])
        assert len(final) == 4
        assert (final[disputed]["decision"], final[disputed]["by"]) == ("keep", "cleo")


class TestAgreement:
    def test_kappa_is_that_of_the_two_reviews_with_an_interval(self, begin: Any) -> None:
        session = begin()
        anna, ben = Reviewer(session, "anna"), Reviewer(session, "ben")
        worse = sorted(session.case_set.case_ids)[:2]
        while case := anna.case:
            anna.review(sufficient="no" if case in worse else "yes")
        while case := ben.case:
            ben.review(sufficient="no" if case == worse[0] else "yes")
        found = {row["kind"]: row for row in reviewing.agreement(session.journal.entries)}
        # anna: no, no, yes, yes; ben: no, yes, yes, yes. Observed 3/4, expected (2 * 1 + 2 * 3) / 16 = 1/2.
        assert found["sufficient"]["kappa"] == pytest.approx(0.5)
        assert found["sufficient"]["lower"] < 0.5 < found["sufficient"]["upper"] or math.isnan(
            found["sufficient"]["lower"]
        )
        assert found["sufficient"]["same"] == 0.75
        assert math.isnan(found["hidden"]["kappa"])
        lines = "\n".join(applying.agreement_lines(session.journal.entries))
        settled = "All evidence together settles the diagnosis: 75% of 4 equal, kappa 0.50"
        assert f"{settled}, no interval: fewer than 24 cases" in lines
        assert "no kappa: both gave the same answer everywhere" in lines


class TestNextVersion:
    def apply(self, tmp_path: Path, folder: Path, *more: str) -> Any:
        return CliRunner().invoke(main, ["apply-review", str(tmp_path / "review.jsonl"), "--cases", str(folder), *more])

    def test_it_holds_the_changes_and_its_card_their_history(self, begin: Any, folder: Path, tmp_path: Path) -> None:
        session = begin()
        dropped, changed = session.case_set.case_ids[:2]
        piece = session.by_id[changed].evidence[0]
        for name in ("anna", "ben"):
            person = Reviewer(session, name)
            while case := person.case:
                if case == dropped:
                    person.review(decision="drop", comment="Two patients")
                elif case == changed:
                    corrected = {f"finding:{piece.type}": "A corrected finding.", "sufficient": "no"}
                    person.review(decision="change", comment="Finding was wrong", **corrected)
                else:
                    person.review()
        target = tmp_path / "next"
        done = self.apply(tmp_path, folder, "-o", str(target), "--version", "2.0")
        assert done.exit_code == 0, done.output
        found = load_cases(target)
        assert dropped not in found.case_ids
        assert len(found.cases) == 3
        [case] = [case for case in found.cases if case.case_id == changed]
        assert {one.finding for one in case.evidence if one.type == piece.type} == {"A corrected finding."}
        assert "review_not_sufficient" in case.flags
        assert found.card.version == "2.0"
        assert "reviewed by 2 clinicians; 2 kept, 1 changed, 1 dropped" in found.card.history[-1]
        assert examine(target).errors == []

    def test_undecided_cases_are_named_and_nothing_is_written(self, begin: Any, folder: Path, tmp_path: Path) -> None:
        session = begin()
        finish(Reviewer(session, "anna"))
        finish(Reviewer(session, "ben"), sufficient="no")
        done = self.apply(tmp_path, folder, "-o", str(tmp_path / "next"), "--version", "2.0")
        assert done.exit_code == 1
        assert "4 reviewed cases are not decided" in done.output
        assert not (tmp_path / "next").exists()

    def test_without_a_folder_agreement_alone_is_printed(self, begin: Any, folder: Path, tmp_path: Path) -> None:
        session = begin()
        finish(Reviewer(session, "anna"))
        done = self.apply(tmp_path, folder)
        assert done.exit_code == 0
        assert "No two reviewers have reviewed the same case" in done.output

    def test_a_journal_of_answers_is_no_review(self, begin: Any, folder: Path, tmp_path: Path) -> None:
        session = begin()
        file = session.journal.file
        header = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(header | {"medsyn": "answers"}) + "\n", encoding="utf-8")
        done = self.apply(tmp_path, folder)
        assert done.exit_code == 1
        assert "holds answers to cases, not a review" in done.output


def test_a_case_set_as_static_pages(tmp_path: Path, folder: Path) -> None:
    done = CliRunner().invoke(main, ["cases", "page", str(folder), "-o", str(tmp_path / "pages")])
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "pages").iterdir()}
    case_set = load_cases(folder)
    assert names == {"index.html", *(f"{case_id}.html" for case_id in case_set.case_ids)}
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{case_id}.html"' in index for case_id in case_set.case_ids)
    assert not [case for case in case_set.cases if case.final_diagnosis in index]
