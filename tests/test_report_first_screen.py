"""The first screen of the report: what it shows of different logs, its numbers, and its controls in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import get_model
from markdown_it import MarkdownIt

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.matched import NEEDS, NOTHING, _uptake
from medsyn_inspect.analysis.schema import FRAMES, conform
from medsyn_inspect.cli import main
from medsyn_inspect.report import writing
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.heat_map import heat_map, shade
from medsyn_inspect.report.page.numbers import difference, ends, ratio, share
from medsyn_inspect.report.page.reader_matrix import reader_matrix
from medsyn_inspect.report.page.render import in_a_line, markdown
from medsyn_inspect.report.page.summary import warnings
from medsyn_inspect.report.page.trust import failures
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity
from report_logs import READER, reported, small_logs
from running import run, said, write_known

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def fails(*_: Any) -> Any:
    raise RuntimeError("no such model")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kinds")


@pytest.fixture(scope="module")
def reports(place: Path) -> dict[str, str]:
    """The reports, as Markdown, on different kinds of logs."""
    cases = write_known(place / "cases")
    where = {"cases": str(cases)}
    broken = get_model("mockllm/broken", custom_outputs=fails)
    judge = get_model("mockllm/judge", custom_outputs=lambda *_: said("no verdict"))
    run(ddx(**where), READER, place / "ddx", model_args=where)
    run(sensitivity(**where), READER, place / "sensitivity", model_args=where)
    for task in (fdx(**where), open_fdx(**where)):
        run(task, broken, place / "failed")
    run(fdx(**where), READER, place / "failed", model_args=where)
    run(ddx(**where), READER, place / "judge", model_args=where, judge=judge)
    names = ("ddx", "sensitivity", "failed", "judge")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "all_figures", lambda _: [])
        patch.setattr(writing, "narrow_figures", lambda _: {})
        folders = {name: reported(place / f"report-{name}", place / name, "--snippet", "html") for name in names}
    return {name: (folder / "report.md").read_text(encoding="utf-8") for name, folder in folders.items()}


def headings(text: str) -> list[str]:
    return re.findall("^## (.+)$", text, re.MULTILINE)


def head(text: str) -> str:
    """The first row of the leaderboard: its columns."""
    return text.split("## Leaderboard")[1].split("\n|")[1]


COLUMNS = {name for frame in FRAMES.values() for name in frame.names if "_" in name}


def column_names(text: str) -> list[str]:
    """The names of columns in a text that are words of their own and not part of the name of a file."""
    return [word for word in re.findall(r"(?<![\w/.-])\w+\b(?!\.\w|/)", text) if word in COLUMNS]


def in_sight(page: str) -> str:
    """The text of a page that a person sees, without code, scripts and styles."""
    hidden = re.compile(r"<(script|style|code|pre|svg)\b.*?</\1>", re.DOTALL)
    return unescape(re.sub("<[^>]*>", " ", hidden.sub(" ", page)))


class TestKindsOfLogs:
    def test_each_begins_with_the_answer_and_the_leaderboard_and_ends_with_the_glossary(
        self, reports: dict[str, str]
    ) -> None:
        for name, text in reports.items():
            found = headings(text)
            assert (found[:2], found[-1]) == (["Answer", "Leaderboard"], "Glossary"), name

    def test_a_differential_alone_has_no_evidence_and_no_rank(self, reports: dict[str, str]) -> None:
        text = reports["ddx"]
        assert "Evidence" not in headings(text)
        assert "Readers compared" not in headings(text)
        assert "Differential covers it" in head(text)
        assert "Final diagnosis" not in head(text)
        assert "Rank" not in head(text)

    def test_sensitivity_alone_ranks_by_its_arms_and_names_no_judge(self, reports: dict[str, str]) -> None:
        text = reports["sensitivity"]
        assert "Evidence" in headings(text)
        assert "Final diagnosis from images" in head(text)
        assert "udge" not in text.split("## Leaderboard")[0]

    def test_a_reader_all_of_whose_calls_failed_is_warned_of_first(self, reports: dict[str, str]) -> None:
        answer = reports["failed"].split("## Answer")[1].split("## Leaderboard")[0]
        assert answer.strip().startswith("> All 8 calls of broken failed")
        assert "8 of 12 answers failed: 8 of them broken" in answer
        row = next(line for line in reports["failed"].splitlines() if line.startswith("| broken "))
        assert "no answer all 4 calls failed" in row
        assert "of 0 to 4 cases" not in reports["failed"]
        assert "%" not in row

    def test_a_judge_that_failed_is_warned_of_first_and_leaves_bounds(self, reports: dict[str, str]) -> None:
        answer = reports["judge"].split("## Answer")[1].split("## Leaderboard")[0]
        assert answer.strip().startswith("> The judge failed on ")
        row = reports["judge"].split("## Leaderboard")[1].split("\n|")[3]
        assert re.search(r"between \d+ and 100 % judge failed on \d of 4", row)

    def test_a_judge_that_failed_on_every_answer_leaves_no_others(self) -> None:
        row = {"reader": "a", "ddx_judge_failed": 4}
        [every] = warnings(Findings(readers=conform("readers", [row])))
        [some] = warnings(Findings(readers=conform("readers", [row | {"ddx_right": 1}])))
        assert ("No answer has a score" in every, "The other answers" in every) == (True, False)
        assert ("No answer has a score" in some, "The other answers" in some) == (False, True)

    def test_of_readers_with_as_many_failures_none_is_named(self) -> None:
        lost = [{"reader": name, "model": name, "ddx_call_failed": 4, "ddx_right": 2} for name in "ab"]
        tile = failures(conform("readers", lost))
        assert (tile.title, tile.text) == ("8 of 12 answers failed", "see the bounds")
        lost[0]["ddx_call_failed"] = 3
        assert failures(conform("readers", lost)).text == "4 of them b"

    def test_without_any_posterior_the_source_is_not_the_reason(self) -> None:
        cases = pd.DataFrame({"source": [None, None]})
        assert _uptake(cases, 0.95)["uptake_note"] == NOTHING
        assert _uptake(cases.assign(source="samples"), 0.95)["uptake_note"] == NEEDS

    def test_no_name_of_a_column_is_shown(self, reports: dict[str, str], place: Path) -> None:
        for name, text in reports.items():
            page = (place / f"report-{name}" / "index.html").read_text(encoding="utf-8")
            printed = CliRunner().invoke(main, ["analyze", str(place / name)]).output
            snippet = (place / f"report-{name}" / "snippet.html").read_text(encoding="utf-8")
            for shown in (in_sight(page), re.sub(r"```.*?```|`[^`]*`", " ", text, flags=re.DOTALL), printed, snippet):
                assert not column_names(shown), name

    def test_a_name_of_a_column_would_be_found(self) -> None:
        assert column_names("The uptake_ratio and S_image") == ["uptake_ratio", "S_image"]
        assert not column_names(in_sight("<p>R <code>uptake_ratio</code></p><script>uptake_ratio</script>"))


class TestNumbers:
    @pytest.mark.parametrize(
        ("n", "shown"), [(24, "92 % [74-98]"), (999, "92 % [74-98]"), (1000, "91.7 % [74.1-98.2]")]
    )
    def test_a_share_has_the_digits_that_its_cases_support(self, n: int, shown: str) -> None:
        assert share({"x": 0.9171, "x_lower": 0.7412, "x_upper": 0.982, "x_n": n}, "x").whole == shown

    def test_a_difference_has_its_sign(self) -> None:
        row = {"x": 0.12, "x_lower": -0.034, "x_upper": 0.22}
        assert difference(row, "x", 24).whole == "+12 [−3, 22]"
        assert ends(1.0, 2.0, 1) == "[1.0-2.0]"
        assert ends(None, 2.0, 1) == ""

    @pytest.mark.parametrize("value", [779.72, -779.72, float("inf")])
    def test_a_ratio_to_almost_nothing_is_not_measurable(self, value: float) -> None:
        assert ratio(value) == "not measurable"
        assert (ratio(0.9), ratio(None)) == ("0.90", "")


class TestMatrixAndHeatMap:
    def test_the_other_reader_sees_the_difference_with_the_other_sign(self) -> None:
        pair = {"measure": "accuracy", "group": "", "reader": "a", "other": "b", "n": 24, "value": 0.8}
        pair |= {"other_value": 0.5, "difference": 0.3, "difference_lower": 0.1, "difference_upper": 0.5}
        pair |= {"p": 0.001, "p_holm": 0.003, "note": ""}
        ranks = [{"measure": "accuracy", "group": "", "reader": name, "value": 0.5, "rank": 1} for name in "ab"]
        findings = Findings(reader_pairs=conform("reader_pairs", [pair]), ranks=conform("ranks", ranks))
        [_, table] = reader_matrix(findings)
        assert table.kind == "table"
        shown = [[(cell.whole, cell.shade, cell.hint) for cell in row[1:]] for row in table.rows]
        assert shown == [
            [("", "", ""), ("+30 .003", "better", "[10, 50]")],
            [("−30 .003", "worse", "[−50, −10]"), ("", "", "")],
        ]

    def test_what_is_not_measurable_is_hatched_and_the_reason_is_written(self) -> None:
        rows = [{"reader": "a", "evidence_type": kind, "n": 30, "uptake_n": 30} for kind in ("ct", "mri")]
        rows[0] |= {"uptake_ratio": 0.4, "uptake_ratio_lower": 0.3, "uptake_ratio_upper": 0.5, "uptake_note": ""}
        rows[1] |= {"uptake_ratio": float("nan"), "uptake_note": "fewer than 2 cases"}
        findings = Findings(types=conform("types", rows), readers=conform("readers", [{"reader": "a"}]))
        table, _, reasons = heat_map(findings, CaseListing(findings))
        assert table.kind == "table"
        assert reasons.kind == "entries"
        assert [(cell.whole, cell.shade) for cell in table.rows[0][1:]] == [
            ("0.40 n 30", "lower-3"),
            ("n 30", "hatched"),
        ]
        assert reasons.items == ("Fewer than 2 cases (1 cell)",)

    @given(st.floats(-3, 3))
    def test_a_stronger_colour_is_a_greater_loss(self, lost: float) -> None:
        name, _, step = shade(lost).partition("-")
        assert int(step or 0) == min(5, round(abs(lost) * 5))
        assert name in ("lower" if lost > 0 else "higher", "")


class TestMarkdown:
    @pytest.mark.parametrize("text", ["−12 [−20, −4]", "+3 [1-5]", "gpt-4o (3.5), 92 % [74-98]", "en-0007 = a_b"])
    def test_what_needs_no_escape_has_none(self, text: str) -> None:
        assert in_a_line(text) == text
        assert markdown(text) == text

    @given(st.text("ab1 -+=#>.)(*_`[]!|<&;~$:/\\'\"", max_size=40))
    def test_no_text_is_read_as_markup(self, text: str) -> None:
        plain = " ".join(text.split())
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown(text))
        assert [token.type for token in tokens] == (["paragraph_open", "inline", "paragraph_close"] if plain else [])
        if plain:
            assert "".join(child.content for child in tokens[1].children or ()) == plain


@pytest.fixture(scope="module")
def page(place: Path) -> Path:
    small_logs(place / "two")
    return reported(place / "report-two", place / "two" / "logs") / "index.html"


@pytest.fixture
def opened(page: Path, browser: Any) -> Iterator[Any]:
    """Opens the page with some width and other settings; no error may be reported."""
    errors: list[str] = []
    contexts = []

    def opening(width: int = 1280, **how: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **how))
        made = contexts[-1].new_page()
        made.on("console", lambda message: errors.append(message.text))
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.goto(page.as_uri())
        return made

    yield opening
    assert errors == []
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[Any]:
    """Started after the logs of the page are written, which needs an event loop of its own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class TestInABrowser:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_the_first_screen_has_answer_trust_and_a_row_of_the_leaderboard(self, opened: Any, width: int) -> None:
        made = opened(width)
        for part in (".answer li", ".trust li", "#table-leaderboard tbody tr"):
            box = made.locator(part).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 900, part

    def test_on_a_phone_the_name_and_the_first_number_fit(self, opened: Any) -> None:
        made = opened(360)
        box = made.locator("#table-leaderboard tbody tr td").first.bounding_box()
        assert box["x"] + box["width"] <= 360

    def test_on_a_phone_too_the_sentences_have_their_numbers(self, opened: Any) -> None:
        made = opened(390)
        assert made.inner_text(".answer") == opened(1280).inner_text(".answer")
        box = made.locator(".answer").bounding_box()
        assert box["y"] + box["height"] < 700

    def test_a_definition_opens_by_keyboard_and_by_touch(self, opened: Any) -> None:
        made = opened(390, has_touch=True)
        button = made.locator("#table-leaderboard .what").first
        tip = made.locator(f"#{button.get_attribute('popovertarget')}")
        button.focus()
        made.keyboard.press("Enter")
        assert tip.is_visible()
        box = tip.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        made.keyboard.press("Escape")
        assert not tip.is_visible()
        button.tap()
        assert tip.is_visible()

    def test_the_leaderboard_is_sorted_by_keyboard(self, opened: Any) -> None:
        made = opened()
        column = "[...document.querySelectorAll('#table-leaderboard tbody th')].map((cell) => cell.textContent)"
        button = made.locator("#table-leaderboard .sorts").first
        button.focus()
        made.keyboard.press("Enter")
        up = made.evaluate(column)
        assert up == sorted(up)
        assert made.locator("#table-leaderboard th[aria-sort=ascending]").count() == 1
        made.keyboard.press("Enter")
        assert made.evaluate(column) == up[::-1]

    def test_a_switch_shows_what_conditions_change(self, opened: Any) -> None:
        made = opened()
        extra = made.locator("#table-leaderboard th.extra").first
        assert not extra.is_visible()
        made.check("#switch-leaderboard")
        assert extra.is_visible()

    def test_the_plot_shows_the_cases_of_the_chosen_reader_and_type(self, opened: Any, page: Path) -> None:
        made = opened()
        numbers = pd.read_csv(page.parent / "tables" / "cross_modal.csv")
        assert made.locator("#scatter-plot circle").count() == (numbers["reader"] == numbers["reader"].iloc[0]).sum()
        made.select_option("#scatter-type", "0")
        kind = numbers["evidence_type"].value_counts().index[0]
        shown = int(re.findall(r"of (\d+) points", made.inner_text("#scatter-reading"))[0])
        assert shown == made.locator("#scatter-plot circle").count() <= (numbers["evidence_type"] == kind).sum()

    def test_the_policy_allows_only_the_page_s_own_script_and_styles(self, opened: Any, page: Path) -> None:
        text = page.read_text(encoding="utf-8")
        [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
        assert "unsafe" not in policy
        assert opened().evaluate("getComputedStyle(document.querySelector('.trust')).display") == "flex"
        assert not re.search(r"<[a-z]+ [^>]*\bstyle=", text.split('id="data">')[0])

    def test_on_paper_there_are_no_controls(self, opened: Any) -> None:
        made = opened()
        made.emulate_media(media="print")
        for control in ("#switch-leaderboard", ".what", "#scatter select", ".skip"):
            assert not made.locator(control).first.is_visible(), control
        assert made.locator("nav a").first.is_visible()

    def test_on_paper_nothing_is_dark_and_every_figure_fits_the_page(self, opened: Any) -> None:
        made = opened(700, color_scheme="dark")
        made.emulate_media(media="print", color_scheme="dark")
        assert made.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        heights = "[...document.querySelectorAll('figure svg')].map((one) => one.getBoundingClientRect().height)"
        assert max(made.evaluate(heights)) <= 21 * 96 / 2.54 + 1
        assert not made.locator("figcaption a").first.is_visible()

    @pytest.mark.parametrize("width", [390, 1280])
    def test_a_heading_that_the_contents_lead_to_is_not_under_them(self, opened: Any, width: int) -> None:
        made = opened(width)
        for link in made.locator("nav a").all()[1:]:
            link.click()
            made.wait_for_timeout(50)
            below = """(target) => document.querySelector(target + ' h2').getBoundingClientRect().top
                - document.querySelector('nav').getBoundingClientRect().bottom"""
            assert made.evaluate(below, link.get_attribute("href")) >= 0, link.get_attribute("href")

    def test_a_wrong_answer_has_the_answer_with_the_other_view_and_the_evidence_that_loses_most(
        self, opened: Any
    ) -> None:
        made = opened()
        found = []
        for cell in made.locator("#case-table td.outcome.w").all():
            cell.click()
            found.append(made.locator("#case details.given[open] > p").first.inner_text())
            made.keyboard.press("Escape")
        assert any(re.match(r"With findings instead of images: (right|wrong), [A-E]\.", why) for why in found)
        losses = [re.findall(r"by ([+−]\d+)", why) for why in found if "loses most as an image" in why]
        assert losses
        for finding, image in losses:
            assert int(finding.replace("−", "-")) > int(image.replace("−", "-"))
