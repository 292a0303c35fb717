"""Whole sessions in a real browser: two physicians at once, a server that is killed, the keyboard alone, the import."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.physicians import answering, applying, reviewing
from medsyn_inspect.physicians.journal import read_journal
from medsyn_inspect.prompts.stages import option_order
from running import write_known

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NARROW, WIDE = 390, 1280

STEP = """() => {
  const at = document.activeElement, group = at.name && document.getElementsByName(at.name);
  return {tag: at.tagName, type: at.type || '', name: at.name || '', value: at.value || '', text: at.innerText || '',
          chosen: group ? [...group].some((one) => one.checked) : false, box: at.getBoundingClientRect().width};
}"""
"""What has the focus."""


@dataclass
class Server:
    """A command that serves pages, in a process of its own."""

    command: list[str]
    port: int = 0
    links: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, or start it again at the same port."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "medsyn_inspect.cli", *self.command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.match(r"(\S+): (http://127\.0\.0\.1:(\d+)/\S+)", line):
                self.links[found[1]], self.port = found[2], int(found[3])
            else:
                break

    def kill(self) -> None:
        """Kill it, without a chance to write anything more."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine's PATH")
    with pytest.importorskip("playwright.sync_api").sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_known(tmp_path / "cases")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    servers = []

    def start(*command: str) -> Server:
        servers.append(Server(list(command)))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


class Person:
    """A person at a browser, and everything that the server has sent to it."""

    def __init__(self, browser: Any, link: str, width: int = WIDE, scheme: str = "light") -> None:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page, self.width = context.new_page(), width
        self.received: list[str] = []
        self.wrong: list[str] = []
        self._waiting: list[Any] = []
        self.page.on("response", lambda response: self._waiting.append(response))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url, link))
        self.page.goto(link)
        self.read()

    def _asked(self, url: str, link: str) -> None:
        if not url.startswith(link[: link.index("/", len("http://"))]) and not url.startswith("data:"):
            self.wrong.append(url)

    def read(self) -> None:
        """Read every response to the page that is open; a browser forgets them when it goes on."""
        while self._waiting:
            response = self._waiting.pop(0)
            if response.status == 200 and not response.headers["content-type"].startswith("image/"):
                self.received.append(response.text())

    @property
    def keyboard(self) -> Any:
        return self.page.keyboard

    def focus(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(STEP)
        return found

    def lock(self) -> None:
        with self.page.expect_navigation():
            self.keyboard.press("Control+Enter")
        self.read()

    def saved(self) -> None:
        """Wait until what was typed is saved as a draft."""
        with self.page.expect_response(lambda response: response.url.endswith("/draft")):
            pass

    def reload(self) -> None:
        self.page.reload()
        self.read()

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def fits(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width

    def close(self) -> None:
        assert self.wrong == []
        self.page.context.close()


def differential(person: Person, *diagnoses: str) -> None:
    """Type a differential and lock it. The field has the focus when the page opens."""
    assert person.focus()["tag"] == "TEXTAREA"
    person.keyboard.type("\n".join(diagnoses))
    person.lock()


def choice(person: Person, letter: str, sure: str = "3") -> None:
    """Choose an option by its letter, and how sure that is by its number, and lock both."""
    assert person.focus()["type"] == "radio"
    person.keyboard.press(letter)
    person.keyboard.press(sure)
    person.lock()


class TestAnswering:
    @pytest.mark.slow
    def test_two_physicians_and_their_consensus_by_keyboard_through_a_killed_server(
        self, browser: Any, served: Any, folder: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "answers.jsonl"
        people = [part for name in ("anna", "ben", "anna+ben") for part in ("--reader", name)]
        server = served("answer", str(folder), *people, "--file", str(file))
        case_set = load_cases(folder)
        by_id = {case.case_id: case for case in case_set.cases}
        anna, ben = Person(browser, server.links["anna"], NARROW), Person(browser, server.links["ben"], scheme="dark")
        queues = {name: answering.queue(by_id, name, case_set.fingerprint) for name in ("anna", "ben")}
        for place in range(len(by_id)):
            for name, person, diagnosis in (("anna", anna, "Aspergilloma"), ("ben", ben, "Cryptococcosis")):
                case = by_id[queues[name][place]]
                person.fits()
                assert f"Case {place + 1} of {len(by_id)}" in person.text()
                hidden = {case.final_diagnosis, *case.aliases, *option_order(case)}
                early = "\n".join(person.received).lower()
                assert not [text for text in hidden if text.lower() in early]
                assert 'name="letter"' not in person.received[-1]
                differential(person, diagnosis, "Gout")
                assert all(option in person.text() for option in option_order(case))
                person.fits()
                if (name, place) == ("anna", 1):
                    person.keyboard.press("D")
                    person.saved()
                    server.kill()
                    server.start()
                    person.reload()
                    assert "Aspergilloma" in person.text()
                    assert person.page.is_checked("input[value=D]")
                choice(person, "A" if name == "anna" else "B", "4")
                # What was sent for this case must not count as sent too early for the next one.
                person.received[:] = person.received[-1:]
                others = {"anna": "Cryptococcosis", "ben": "Aspergilloma"}[name]
                assert others not in "\n".join(person.received)
        assert "All 4 cases are finished" in anna.text()
        both = Person(browser, server.links["anna+ben"])
        for _ in by_id:
            assert "Aspergilloma" in both.text()
            assert "Cryptococcosis" in both.text()
            assert "Chose" not in both.text()
            differential(both, "Gout", "Lupus")
            assert "Chose A" in both.text()
            choice(both, "C")
        for person in (anna, ben, both):
            person.close()
        rows = {
            name: answering.sheet_rows(read_journal(file).entries, name, case_set.cases)
            for name in ("anna", "ben", "anna+ben")
        }
        assert {name: [row.letter for row in found] for name, found in rows.items()} == {
            "anna": ["A"] * 4,
            "ben": ["B"] * 4,
            "anna+ben": ["C"] * 4,
        }
        assert all(row.seconds_differential > 0 and row.seconds_option > 0 for found in rows.values() for row in found)

    def test_images_are_enlarged_zoomed_and_windowed_by_keyboard(
        self, browser: Any, served: Any, folder: Path, tmp_path: Path
    ) -> None:
        server = served("answer", str(folder), "--reader", "anna", "--file", str(tmp_path / "a.jsonl"))
        person = Person(browser, server.links["anna"], NARROW)
        for _ in range(20):
            person.keyboard.press("Shift+Tab")
            if person.focus()["tag"] == "A":
                break
        person.keyboard.press("Enter")
        person.page.wait_for_selector("dialog[open]")
        person.page.wait_for_function("document.querySelector('.pane img').style.width !== ''")
        width = "parseFloat(document.querySelector('.pane img').style.width)"
        before = person.page.evaluate(width)
        person.keyboard.press("+")
        assert person.page.evaluate(width) == pytest.approx(1.25 * before)
        person.page.focus("#window")
        for _ in range(3):
            person.keyboard.press("ArrowLeft")
        slope, intercept = (float(person.page.get_attribute("#grey feFuncR", name)) for name in ("slope", "intercept"))
        wide, level = (float(person.page.input_value(f"#{name}")) / 100 for name in ("window", "level"))
        assert wide < 1
        assert (slope, intercept) == (pytest.approx(1 / wide), pytest.approx(0.5 - level / wide))
        person.keyboard.press("Escape")
        assert person.page.query_selector("dialog[open]") is None
        person.close()

    def test_an_image_that_cannot_be_shown_is_marked_and_recorded(
        self, browser: Any, served: Any, folder: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "a.jsonl"
        server = served("answer", str(folder), "--reader", "anna", "--file", str(file))
        person = Person(browser, server.links["anna"])
        person.page.route("**/image/*/0", lambda route: route.abort())
        with person.page.expect_response(lambda response: response.url.endswith("/image_not_shown")):
            person.page.reload()
        assert "This browser cannot show the image. This has been recorded." in person.text()
        assert [entry.content for entry in read_journal(file).entries if entry.what == "image_not_shown"] == [
            {"image": "0"}
        ]
        person.page.context.close()


def review_by_keyboard(person: Person, reject: str = "") -> None:
    """Go through the form with Tab: confirm each statement, name the first evidence, keep the case, and lock it.

    Args:
        person: At the page of a case.
        reject: Name of a question to answer with the second choice.
    """
    person.page.focus("header")
    for _ in range(400):
        person.keyboard.press("Tab")
        at = person.focus()
        if at["type"] == "radio" and not at["chosen"]:
            person.keyboard.press("Space")
            if at["name"] == reject:
                person.keyboard.press("ArrowRight")
        elif at["tag"] == "SELECT" and not at["value"]:
            person.keyboard.press("ArrowDown")
        elif at["tag"] == "BUTTON" and "Lock the review" in at["text"]:
            with person.page.expect_navigation():
                person.keyboard.press("Enter")
            person.read()
            return
    raise AssertionError("the button was not reached")


@pytest.mark.slow
def test_a_whole_review_by_keyboard_with_adjudication_and_the_next_version(
    browser: Any, served: Any, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "review.jsonl"
    people = ["--reviewer", "anna", "--reviewer", "ben", "--adjudicator", "cleo"]
    server = served("review", str(folder), *people, "--file", str(file))
    anna, ben = Person(browser, server.links["anna"], NARROW), Person(browser, server.links["ben"])
    for place in range(4):
        assert f"Case {place + 1} of 4" in anna.text()
        anna.fits()
        review_by_keyboard(anna, reject="sufficient" if place == 0 else "")
        if place == 1:
            server.kill()
            server.start()
            anna.reload()
        review_by_keyboard(ben)
        assert "anna" not in "\n".join(ben.received)
    assert "All 4 cases are finished" in anna.text()
    cleo = Person(browser, server.links["cleo"])
    assert "The reviewers differ" in cleo.text()
    review_by_keyboard(cleo)
    assert "All 1 cases are finished" in cleo.text()
    for person in (anna, ben, cleo):
        person.close()
    entries = read_journal(file).entries
    assert len([entry for entry in entries if entry.what == "reviewed"]) == 8
    assert any("kappa" in line for line in applying.agreement_lines(entries))
    case_set = load_cases(folder)
    assert len(reviewing.settled(entries, ["anna", "ben"])) == 4
    applying.write_next_version(case_set, entries, "2.0", tmp_path / "next")
    assert examine(tmp_path / "next").errors == []


def test_the_demo_set_is_readable_on_a_narrow_screen(browser: Any, served: Any, tmp_path: Path) -> None:
    server = served("answer", "demo", "--reader", "anna", "--file", str(tmp_path / "a.jsonl"))
    person = Person(browser, server.links["anna"], NARROW)
    person.fits()
    images = json.loads(
        person.page.evaluate("JSON.stringify([...document.images].map((one) => one.getBoundingClientRect().width))")
    )
    assert images
    assert max(images) <= NARROW
    person.close()
