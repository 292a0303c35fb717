"""The page in a real browser, made from logs in which every text is hostile: nothing runs or breaks, all works."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import get_model
from markdown_it import MarkdownIt

from case_sets import Raw
from medsyn_inspect.analysis.findings import analyze_logs
from medsyn_inspect.physicians.answers import import_answers
from medsyn_inspect.report.page.explorer.packing import percentages
from medsyn_inspect.tasks import ddx, fdx, sensitivity
from report_logs import page_data, reported
from running import HEART, known_cases, run, said, write_known

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = (390, 800, 1200)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror="alert(2)">',
    "[x](javascript:alert(3)) ![y](https://example.com/y.png)",
    "| a | --- | b |",
    "`c` ``` $(touch d) ${e}",
    "right\u202eto\u200fleft \x07\x1b[31m",
    "w" * 500,
    "急性心包炎：胸痛，前倾位缓解，" * 12,
    "</style></title></textarea><svg onload=alert(4)>",
)


def hostile_cases() -> list[Raw]:
    """The known cases, each text of them with something to run or to break."""
    rows = known_cases()
    for number, row in enumerate(rows):
        evil = [f"{text} {number}" for text in HOSTILE]
        row |= {"history": evil[1], "examination": evil[0], "final_diagnosis": evil[number], "source": evil[0]}
        row |= {"licence": evil[1], "aliases": [f"alias {evil[0]}", f"alias {evil[1]}"], "flags": [evil[2]]}
        row["options"] = [evil[number], *(f"{text} option" for text in HOSTILE[:4])]
        for piece in row["evidence"]:
            piece["finding"] = evil[1]
    return rows


def hostile_verdict(conversation: Any, *_: Any) -> Any:
    numbers = range(1, 1 + conversation[-1].text.count('"number"'))
    judged = [{"number": number, "reason": " ".join(HOSTILE[:2]), "level": 5} for number in numbers]
    return said(json.dumps({"judgements": judged}))


def renamed(log: EvalLog) -> None:
    """As no task would write it: ids and groups that no case set may have."""
    whole = read_eval_log(log.location)
    ids = {str(sample.id): HOSTILE[place] for place, sample in enumerate(whole.samples or [])}
    for sample in whole.samples or []:
        sample.id = ids[str(sample.id)]
        sample.metadata |= {"specialty_group": HOSTILE[1], "language": f"{HOSTILE[0]} $x_{{"}
    whole.eval.dataset.sample_ids = list(ids.values())
    write_eval_log(whole, log.location)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    card = {"name": HOSTILE[0], "source": HOSTILE[1], "licence": HOSTILE[2] + HOSTILE[6], "canary": HOSTILE[3]}
    cases = write_known(place / "cases", hostile_cases(), **card)
    where, logs = {"cases": str(cases)}, place / "logs"
    reader = get_model(f"mockllm/{HOSTILE[1]}", custom_outputs=lambda *_: said(f"1. {HOSTILE[0]}\n2. {HOSTILE[1]}"))
    judge = get_model(f"mockllm/{HOSTILE[0]}{HOSTILE[5]}", custom_outputs=hostile_verdict)
    long = get_model(f"mockllm/{HOSTILE[6]}", custom_outputs=lambda *_: said(f"{HOSTILE[0]} Answer: B"))
    run(ddx(**where), reader, logs, judge=judge)
    plain = get_model("mockllm/plain", custom_outputs=lambda *_: said("1. Influenza\n2. Pneumonia"))
    run(ddx(**where), plain, logs, judge=judge)
    run(fdx(**where), reader, logs)
    run(fdx(**where), long, logs)
    run(fdx(**where, view="finding"), long, logs)
    run(sensitivity(**where), "reference/reader", logs, model_args=where)
    renamed(run(fdx(**where), get_model(f"mockllm/{HOSTILE[7]}", custom_outputs=lambda *_: said("Answer: A")), logs))
    sheet = place / "answers.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, ["case_id", "option", "flag", "note"])
        rows.writeheader()
        rows.writerow({"case_id": HEART, "option": "A", "flag": HOSTILE[0], "note": HOSTILE[1]})
    import_answers(sheet, "two-physicians", str(cases), log_dir=str(logs))
    return reported(place / "report", logs, "--against", "paper", "--include-cases")


@dataclass
class Page:
    """A page that was opened, and all that it did besides showing itself."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def do(self, script: str, given: Any = None) -> Any:
        return self.page.evaluate(script, given)

    def count(self) -> int:
        return int(self.do("document.querySelectorAll('#case-table tbody tr').length"))

    def column(self, number: int) -> list[str]:
        script = "n => [...document.querySelectorAll(`#case-table tbody td:nth-child(${n})`)].map(c => c.textContent)"
        found: list[str] = self.do(script, number)
        return found


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator[Any]:
    """After the report: while it runs, nothing else of this process can use an event loop."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine's PATH")
    with pytest.importorskip("playwright.sync_api").sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


class Opening:
    """Opens pages; what they did wrong is asked at the end."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.browser, self.file = browser, file
        self.pages: list[Page] = []

    def __call__(self, anchor: str = "", width: int = 1200, scheme: str = "light", file: str = "", **how: Any) -> Page:
        target = self.file.parent / file if file else self.file
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **how)
        made = Page(context.new_page())
        made.page.on("console", lambda message: made.errors.append(message.text))
        made.page.on("pageerror", lambda error: made.errors.append(str(error)))
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
        made.page.goto(f"{target.as_uri()}{anchor}")
        made.requests.remove(target.as_uri())
        self.pages.append(made)
        return made


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Opening]:
    """Whatever else a test asks: no dialog, no error, no request."""
    opening = Opening(browser, report / "index.html")
    yield opening
    for one in opening.pages:
        assert (one.dialogs, one.errors, [url for url in one.requests if not url.startswith("data:")]) == ([], [], [])
        one.page.context.close()


ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


class TestNothingRuns:
    @pytest.mark.parametrize(
        "anchor", ["", "#cases/n0", "#cases/<img src=x onerror=alert(1)>", "#cases/constructor", "#%"]
    )
    def test_on_opening(self, opened: Opening, anchor: str) -> None:
        page = opened(anchor)
        page.do(ALL)
        page.page.wait_for_timeout(200)
        assert page.do("document.querySelectorAll('script').length") == 2
        assert page.do("[...document.images].length") == 0
        handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/i.test(a.name)))"
        assert page.do(f"{handlers}.length") == 0

    def test_in_any_list_of_cases(self, opened: Opening, report: Path) -> None:
        page = opened()
        for key in page_data(report)["lists"]:
            page.do("key => { location.hash = `cases/${key}`; }", key)
            page.page.wait_for_timeout(20)
            assert page.do("document.querySelector('#behind').hidden") is False
        assert page.do("document.querySelectorAll('script').length") == 2

    def test_in_the_pages_of_cases(self, opened: Opening, report: Path) -> None:
        for path in (report / "cases").iterdir():
            page = opened(file=f"cases/{path.name}")
            page.do(ALL)
            assert page.do("document.querySelectorAll('script').length") == 0

    def test_links_lead_to_files_of_the_report_alone(self, opened: Opening, report: Path) -> None:
        page = opened()
        for key in page_data(report)["lists"]:
            page.do("key => { location.hash = `cases/${key}`; }", key)
            page.page.wait_for_timeout(20)
            for target in page.do("[...document.links].map((link) => link.href)"):
                assert target.startswith(report.as_uri() + "/"), target

    def test_the_words_are_there_all_the_same(self, opened: Opening) -> None:
        """As text, and without what turns the direction of writing."""
        text = opened().do("document.body.textContent")
        assert all(words in text for words in (HOSTILE[0], HOSTILE[1], HOSTILE[6], HOSTILE[7]))
        assert not set(text) & set("\u202e\u200f\x07\x1b")

    def test_in_the_markdown(self, report: Path) -> None:
        """Neither HTML nor a link outside the folder; the tables hold together."""
        tokens = MarkdownIt("commonmark").enable("table").parse((report / "report.md").read_text(encoding="utf-8"))
        inline = [child for token in tokens for child in token.children or ()]
        assert {token.type for token in (*tokens, *inline)} & {"html_block", "html_inline"} == set()
        targets = [str(token.attrs[name]) for token in inline for name in ("href", "src") if name in token.attrs]
        assert targets
        assert all((report / target).is_file() for target in targets)
        page = (report / "index.html").read_text(encoding="utf-8")
        assert sum(token.type == "table_open" for token in tokens) == page.count("<table") - 1


class TestLayout:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_the_page_is_as_wide_as_the_screen(self, opened: Opening, width: int) -> None:
        page = opened("#cases/n0", width)
        for step in ("0", ALL):
            page.do(step)
            wide = page.do("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide[0] <= wide[1]

    @pytest.mark.parametrize("width", WIDTHS)
    def test_numbers_stand_on_one_line_each(self, opened: Opening, width: int) -> None:
        """`[12.3, 45.6]` is not broken, whatever stands beside it."""
        script = """() => [...document.querySelectorAll('#table-headline td.n a')].map((cell) =>
            [cell.textContent.split('\\n').length, new Set([...cell.getClientRects()].map((box) => box.top)).size])"""
        lines = opened(width=width).do(script)
        assert lines
        assert all(lines_of_text == drawn for lines_of_text, drawn in lines)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_can_be_read(self, opened: Opening, scheme: str) -> None:
        """A contrast of 4.5 (WCAG AA) of every text with what is behind it; figures have tests of their own."""
        page = opened("#cases/n0", scheme=scheme)
        page.do(ALL)
        script = """() => {
          const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
          const light = (colour) => {
            const [r, g, b] = parts(colour).map((v) => linear(v / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const behind = (element) => { for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor; const alpha = parts(colour)[3];
            if (alpha === undefined || alpha === 1) return colour; } return 'rgb(255, 255, 255)'; };
          const found = {};
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const element = walk.currentNode.parentElement;
            const unseen = element.closest('script, style, noscript, svg');
            if (unseen || !walk.currentNode.textContent.trim()) continue;
            const style = getComputedStyle(element);
            const [a, b] = [light(style.color), light(behind(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const what = `${element.tagName}.${element.className}`;
            found[what] = Math.min(found[what] ?? 99, ratio);
          }
          return found; }"""
        found = page.do(script)
        assert {"P.warns", "A.", "P.quiet", "TH.", "TD.n", "PRE.", "SUMMARY."} <= set(found)
        assert {what: ratio for what, ratio in found.items() if ratio < 4.5} == {}

    def test_on_paper_every_table_and_figure_is_there(self, opened: Opening) -> None:
        page = opened()
        page.page.emulate_media(media="print")
        page.do("dispatchEvent(new Event('beforeprint'))")
        hidden = """() => [...document.querySelectorAll('main table, main svg, main pre')]
            .filter((one) => one.id !== 'case-table' && !one.closest('svg svg, .narrow-only'))
            .filter((one) => one.getClientRects().length === 0)
            .map((one) => one.id || one.tagName)"""
        assert page.do(hidden) == []
        assert page.do("document.querySelectorAll('main table').length") > 5

    def test_every_table_can_be_reached_and_scrolled_by_keyboard(self, opened: Opening) -> None:
        page = opened(width=390)
        page.do(ALL)
        reached = set()
        for _ in range(
            int(page.do("document.querySelectorAll('a, summary, [tabindex], button, select, input').length"))
        ):
            page.page.keyboard.press("Tab")
            reached.add(page.do("document.activeElement.querySelector(':scope > table')?.id ?? ''"))
        assert reached - {""} == set(page.do("[...document.querySelectorAll('table')].map((one) => one.id)"))
        page.do("document.querySelector('.wide').focus()")
        page.page.keyboard.press("ArrowRight")
        page.page.wait_for_timeout(300)
        assert page.do("document.querySelector('.wide').scrollLeft") > 0

    def test_every_table_and_figure_has_a_name(self, opened: Opening) -> None:
        nameless = """() => {
            const named = 'table, [role=img], [role=region], select, input';
            return [...document.querySelectorAll(named)].filter((one) => {
            const about = one.getAttribute('aria-labelledby');
            const label = about ? document.getElementById(about)?.textContent : one.getAttribute('aria-label');
            return !(label ?? one.labels?.[0]?.textContent ?? '').trim();
            }).map((one) => one.outerHTML.slice(0, 80)); }"""
        assert opened().do(nameless) == []


class TestCases:
    def key(self, report: Path, beginning: str) -> tuple[str, dict[str, Any]]:
        lists = page_data(report)["lists"]
        return next((key, one) for key, one in lists.items() if one["title"].startswith(beginning))

    def test_a_number_opens_its_list(self, opened: Opening) -> None:
        page = opened()
        link = page.page.locator("#table-leaderboard td a").first
        link.click()
        key = str(link.get_attribute("href")).split("/")[1]
        page.page.wait_for_function("!document.getElementById('behind').hidden")
        assert (
            page.page.inner_text("#behind span")
            == f"Only the cases behind: {page_data(opened.file.parent)['lists'][key]['title']}"
        )
        assert page.count() == 4
        assert page.page.locator("#case-table").is_visible()

    def test_an_outcome_opens_the_cases_that_have_it(self, opened: Opening) -> None:
        page = opened()
        links = page.page.locator("#table-outcomes td a")
        for place in range(links.count()):
            links.nth(place).click()
            # The list is shown by an event that follows the click.
            rows = "wanted => document.querySelectorAll('#case-table tbody tr').length === wanted"
            page.page.wait_for_function(rows, arg=int(links.nth(place).inner_text()), timeout=10_000)

    def test_typing_filters(self, opened: Opening, report: Path) -> None:
        key, listed = self.key(report, "Final diagnosis: two-physicians")
        page = opened(f"#cases/{key}")
        whole = page.count()
        assert whole == len(listed["rows"])
        page.page.fill("#filter", f"{HEART.upper()} ")
        assert page.count() == 1
        assert page.page.inner_text("#shown") == f"1 of {whole} cases"
        page.page.fill("#filter", "nothing-has-this")
        assert page.count() == 0
        page.page.fill("#filter", "")
        assert page.count() == whole

    def test_clicking_a_heading_sorts(self, opened: Opening, report: Path) -> None:
        """Numbers as numbers, what is missing last in both directions, and the heading says how."""
        lists = page_data(report)["lists"]
        long = {key: one for key, one in lists.items() if len(one["rows"]) > 1}
        key = next(key for key, one in long.items() if "S with findings, bits" in one["columns"])
        page = opened(f"#cases/{key}")
        head = page.page.locator("#case-table th button", has_text="S with findings")
        head.click()
        up = [float(text) for text in page.column(4)]
        assert up == sorted(up)
        assert page.page.locator("#case-table th[aria-sort=ascending]").inner_text().startswith("S with findings")
        page.page.keyboard.press("Enter")
        assert [float(text) for text in page.column(4)] == sorted(up, reverse=True)
        assert page.page.locator("#case-table th[aria-sort=descending]").count() == 1

    def test_all_cases_come_back(self, opened: Opening, report: Path) -> None:
        key, _ = self.key(report, "Final diagnosis: two-physicians")
        page = opened(f"#cases/{key}")
        page.page.fill("#filter", HEART)
        page.page.click("#behind button")
        assert page.page.is_hidden("#behind")
        assert page.count() > len(page_data(report)["lists"][key]["rows"])

    def test_a_long_list_is_cut_and_says_so(self, opened: Opening, report: Path, tmp_path: Path) -> None:
        text = (report / "index.html").read_text(encoding="utf-8")
        head, rest = text.split('id="data">')
        column = {"reader": 0, "log": {"same": 0}, "epochs": [{"outcome": "r" * 900}], "numbers": [1]}
        shows = {"view": "image", "text": "keep", "withheld": []}
        grid = {"question": "fdx", "title": "long", "condition": "", "scale": "", "shows": shows, "columns": [column]}
        same, none = {"same": ""}, "." * 900
        facts = {"languages": same, "specialties": same, "options": none, "correct": none}
        data = {"logs": ["a.eval"], "ids": [f"c{number}" for number in range(900)], "cases": facts, "lists": {}}
        data |= {"signs": [["r", "✓", "right"]], "readers": ["one"], "grids": [grid], "arms": {"readers": []}}
        data |= {"viewer": None, "scatter": None, "kinds": []}
        (tmp_path / "index.html").write_text(
            f'{head}id="data">{json.dumps(data)}</script>{rest.split("</script>", 1)[1]}', "utf-8"
        )
        opened.file = tmp_path / "index.html"
        page = opened()
        assert page.count() == 500
        assert page.page.inner_text("#shown") == "900 of 900 cases, the first 500 shown"
        page.page.fill("#filter", "c899")
        assert page.count() == 1

    def test_without_scripts_the_rest_is_there(self, opened: Opening) -> None:
        page = opened(java_script_enabled=False)
        assert page.page.locator("#table-leaderboard td").count() > 8
        assert page.page.locator("noscript").count() == 2


class TestExplorer:
    """The grid of cases and readers, and what opens from it."""

    def choose(self, page: Page, title: str) -> None:
        page.page.select_option("#grid", label=title)

    def open(self, page: Page, case_id: str = HEART) -> Any:
        page.page.locator("#case-table tbody tr", has=page.page.get_by_text(case_id, exact=True)).locator(
            "td.outcome.w, td.outcome.u, td.outcome.r"
        ).first.click()
        return page.page.locator("#case")

    def test_each_task_and_condition_has_a_grid_of_its_readers(self, opened: Opening, report: Path) -> None:
        page, data = opened(), page_data(report)
        for grid in data["grids"]:
            self.choose(page, grid["title"])
            heads = page.do("[...document.querySelectorAll('#case-table th.reader')].map((one) => one.textContent)")
            assert heads == [data["readers"][column["reader"]] for column in grid["columns"]]

    def test_a_cell_says_its_outcome_in_a_sign_and_in_words(self, opened: Opening, report: Path) -> None:
        page = opened()
        cells = page.do("[...document.querySelectorAll('td.outcome')].map((c) => [c.textContent, c.ariaLabel])")
        signs = {sign: words for _, sign, words in page_data(report)["signs"]}
        assert cells
        for text, label in cells:
            words = label.rsplit(": ", 1)[1]
            assert words == "not asked" if not text else words.startswith(signs[text.split()[0]])

    def test_by_keyboard_alone(self, opened: Opening) -> None:
        """One cell is in the order of Tab; arrows move, Enter opens, Escape comes back to the cell."""
        page = opened()
        assert page.do("document.querySelectorAll('#case-table tbody [tabindex=\"0\"]').length") == 1
        page.do("document.querySelector('#case-table tbody [tabindex=\"0\"]').focus()")
        for key in ("ArrowDown", "ArrowRight", "End", "Home", "ArrowRight"):
            page.page.keyboard.press(key)
        cell = page.do("document.activeElement.ariaLabel")
        page.page.keyboard.press("Enter")
        assert page.page.locator("#case").is_visible()
        page.page.keyboard.press("Escape")
        assert page.page.locator("#case").is_hidden()
        assert page.do("document.activeElement.ariaLabel") == cell

    def test_by_touch(self, opened: Opening) -> None:
        page = opened(width=390, has_touch=True, is_mobile=True)
        page.page.locator("#case-table tbody td.outcome.w").first.tap()
        assert page.page.locator("#case").is_visible()
        wide = page.do("[document.querySelector('#case').scrollWidth, document.querySelector('#case').clientWidth]")
        assert wide[0] <= wide[1]

    def test_a_case_opens_with_truth_answer_reason_and_what_the_reader_saw(self, opened: Opening) -> None:
        page = opened()
        self.choose(page, "Differential diagnosis: images and text")
        box = self.open(page)
        truth, answer, reason, examination = f"{HOSTILE[1]} 1", "1. Influenza", " ".join(HOSTILE[:2]), f"{HOSTILE[0]} 1"
        for text in (truth, answer, reason, examination):
            assert text in box.text_content()
        assert "level 5" in box.inner_text()
        assert "rank 1" in box.inner_text()

    def test_nothing_in_a_case_or_an_answer_runs(self, opened: Opening, report: Path) -> None:
        page = opened()
        for grid in page_data(report)["grids"]:
            self.choose(page, grid["title"])
            for place in range(page.count()):
                page.page.locator("#case-table tbody th").nth(place).click()
                page.do("document.querySelectorAll('#case details').forEach((one) => { one.open = true; })")
                assert page.do("document.querySelectorAll('#case script, #case iframe, #case svg').length") == 0
                assert page.do("[...document.querySelectorAll('#case img')].every((i) => i.src.startsWith('data:'))")
                assert page.do("[...document.links].every((link) => !link.href.startsWith('javascript:'))")
                assert not set(page.do("document.getElementById('case').textContent")) & set("\u202e\u200f\x07\x1b")
                page.page.keyboard.press("Escape")

    def test_posteriors_are_those_of_the_log(self, opened: Opening, report: Path) -> None:
        """Each arm as bars with the probabilities in per cent."""
        arms = analyze_logs(str(report.parent / "logs")).arms
        page = opened()
        self.choose(page, "Evidence Sensitivity: all evidence, findings")
        self.open(page)
        labels = page.do("[...document.querySelectorAll('#case .bars')].map((one) => one.ariaLabel)")
        rows = arms[(arms["case_id"] == HEART) & arms["posterior"].notna()]
        assert len(rows) > 4
        for shares in rows["posterior"]:
            shown = [f"{share} %" if share else "<1 %" for share in percentages(shares)]
            words = [f"{letter} {share}" for letter, share in zip("ABCDE", shown, strict=True)]
            assert ", ".join(words) in labels

    def test_the_images_can_be_enlarged(self, opened: Opening) -> None:
        page = opened()
        self.open(page)
        page.page.locator("#case .thumbs button").first.click()
        width = "document.querySelector('#zoom img').getBoundingClientRect().width"
        page.page.wait_for_function(f"{width} > 0")
        before = page.do(width)
        page.page.keyboard.press("+")
        assert page.do(width) > before
        page.page.keyboard.press("Escape")
        assert page.page.locator("#zoom").is_hidden()
        assert page.page.locator("#case").is_visible()

    def test_an_address_opens_a_case(self, opened: Opening) -> None:
        page = opened(f"#case/{HEART}")
        assert page.page.inner_text("#case-title") == f"Case {HEART}"

    def test_next_is_the_next_row(self, opened: Opening) -> None:
        page = opened()
        ids = page.do("[...document.querySelectorAll('#case-table tbody th')].map((one) => one.textContent)")
        page.page.locator("#case-table tbody th").first.click()
        page.page.get_by_role("button", name="Next").click()
        assert page.do("document.getElementById('case-title').textContent") == f"Case {ids[1]}"

    def test_on_paper_the_grid_is_there_without_its_controls(self, opened: Opening) -> None:
        page = opened()
        page.page.emulate_media(media="print")
        assert page.page.locator("#case-table").is_visible()
        assert page.page.locator("#case-table caption").is_visible()
        for control in ("#grid", "#filter", "#behind button"):
            assert page.page.locator(control).is_hidden()

    def test_a_mailed_page_has_no_link_to_a_viewer(self, opened: Opening) -> None:
        page = opened()
        box = self.open(page)
        assert "viewer" not in "".join(page.do("[...document.querySelectorAll('#case a')].map((a) => a.href)"))
        assert f"Sample {HEART}, epoch 1, in the log " in box.text_content()


def test_the_page_is_not_large(report: Path) -> None:
    assert (report / "index.html").stat().st_size < 5_000_000
