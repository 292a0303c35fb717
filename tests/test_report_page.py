"""A report as files: equal bytes for equal logs, no place on a machine, all or nothing, every number traceable."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pandas as pd
import pytest
import yaml
from inspect_ai import __version__ as inspect_version
from markdown_it import MarkdownIt

from medsyn_inspect.analysis import findings_schema
from medsyn_inspect.analysis.findings import analyze_logs
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.report import writing
from medsyn_inspect.report.figures.drawing import Drawing, Section, new_figure
from medsyn_inspect.report.material import LOGS, Material, read_material
from medsyn_inspect.report.page.blocks import table
from medsyn_inspect.report.page.explorer.contents import contents
from medsyn_inspect.report.page.render import code, embedded, fence, markdown
from medsyn_inspect.report.page.viewing import viewing
from medsyn_inspect.report.writing import SCHEMA, write_report
from report_logs import medsyn_report, page_data, refused, report_json, reported, small_logs, tree

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "report.md"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a case set in `cases` and its logs in `logs`."""
    folder = tmp_path_factory.mktemp("here")
    small_logs(folder)
    return folder


@pytest.fixture(scope="module")
def whole(place: Path) -> Iterator[Path]:
    """The report on all of them, made with the logs called `logs`."""
    before = Path.cwd()
    os.chdir(place)
    try:
        yield place / reported(Path("report"), "logs", "--against", "paper")
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def one_log(place: Path) -> Path:
    """A log of `fdx` alone."""
    return next(path for path in sorted((place / "logs").iterdir()) if "_fdx_" in path.name)


@pytest.fixture(scope="module")
def material(one_log: Path) -> Material:
    """What is reported quickly."""
    return read_material(str(one_log), analyze_logs(str(one_log)))


@dataclass
class Found(HTMLParser):
    """Rows of cells of each table of a page, a cell being its text and where it leads to."""

    tables: dict[str, list[list[tuple[str, str]]]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    inside: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self.ids.append(given["id"])
        self.targets += [given[name] for name in ("href", "src") if name in given]
        if tag == "table":
            self.inside = given["id"]
            self.tables[self.inside] = []
        elif self.inside and tag == "tr":
            self.tables[self.inside].append([])
        elif self.inside and tag in ("td", "th"):
            self.tables[self.inside][-1].append(("", ""))
        elif self.inside and tag == "a":
            self.tables[self.inside][-1][-1] = ("", given["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.tables[self.inside] and self.tables[self.inside][-1]:
            text, target = self.tables[self.inside][-1][-1]
            self.tables[self.inside][-1][-1] = (text + data, target)


@pytest.fixture(scope="module")
def found(whole: Path) -> Found:
    read = Found()
    read.feed((whole / "index.html").read_text(encoding="utf-8"))
    return read


class TestBytes:
    def test_the_same_logs_give_the_same_bytes_wherever_they_lie(
        self, whole: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "deep" / "logs").mkdir(parents=True)
        # Copied the other way round: neither the order of the files nor their times may matter.
        for path in sorted((place / "logs").iterdir(), reverse=True):
            shutil.copy(path, tmp_path / "deep" / "logs")
        monkeypatch.chdir(tmp_path / "deep")
        again = reported(Path("again"), "logs", "--against", "paper")
        assert tree(again) == tree(whole)

    def test_no_place_on_the_machine_is_told(self, whole: Path, place: Path) -> None:
        for path in whole.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for told in (str(place), str(place.parent.parent), str(ROOT), str(Path.home()) + "/", "file://"):
                    assert told.encode() not in content, (path.name, told)

    def test_a_folder_stands_only_where_the_user_called_it_so(self, material: Material, tmp_path: Path) -> None:
        """In the commands, which need it."""
        [path] = material.logs["path"]
        write_report(material, tmp_path / "report", [path])
        folder = str(Path(path).parent)
        page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
        assert page.count(folder) == page.count(f"inspect view --log-dir {folder}\n") == 1
        for file in ("report.json", *(f"tables/{one.name}" for one in (tmp_path / "report" / "tables").iterdir())):
            assert folder not in (tmp_path / "report" / file).read_text(encoding="utf-8"), file

    def test_the_page_needs_nothing_else_and_is_not_large(self, whole: Path, found: Found) -> None:
        assert (whole / "index.html").stat().st_size < 5_000_000
        local = [target for target in found.targets if not target.startswith("#")]
        assert all((whole / target).is_file() for target in local), local
        assert all(target[1:].split("/")[0] in found.ids for target in found.targets if target.startswith("#"))
        assert len(found.ids) == len(set(found.ids))


class TestFolder:
    @pytest.mark.parametrize("name", ["notes.txt", "report.json"])
    def test_one_that_holds_something_else_is_left_alone(self, name: str, tmp_path: Path) -> None:
        """Also where the something is called as a file of ours."""
        (tmp_path / "mine" / "tables").mkdir(parents=True)
        (tmp_path / "mine" / name).write_text('{"findings": {}}', encoding="utf-8")
        (tmp_path / "mine" / "tables" / "mine.csv").write_text("a\n1\n", encoding="utf-8")
        before = tree(tmp_path)
        said = refused("nowhere", "-o", tmp_path / "mine")
        assert said == f"{tmp_path / 'mine'} contains files that are not a report; choose a new or empty folder"
        assert tree(tmp_path) == before

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        assert "is a file; choose a folder" in refused("nowhere", "-o", tmp_path / "file")
        assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"

    def test_an_earlier_report_is_replaced_as_a_whole(
        self, whole: Path, material: Material, one_log: Path, tmp_path: Path
    ) -> None:
        """No figure of the old one stays, and what somebody laid beside it does."""
        folder = shutil.copytree(whole, tmp_path / "report")
        (folder / "cases").mkdir()
        (folder / "cases" / "old.html").write_text("old", encoding="utf-8")
        (folder / "letter.txt").write_text("mine", encoding="utf-8")
        write_report(material, folder, [str(one_log)])
        write_report(material, tmp_path / "new", [str(one_log)])
        (folder / "letter.txt").unlink()
        assert tree(folder) == tree(tmp_path / "new")
        assert not (folder / "figures" / "nmse_by_type.png").exists()

    @pytest.mark.parametrize("at", ["as_markdown", "svg_inline", "as_csv", "stream"])
    def test_a_failure_leaves_the_earlier_one(
        self, at: str, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "report.json").write_text(json.dumps({"kind": writing.KIND}), encoding="utf-8")
        (tmp_path / "report" / "index.html").write_text("old", encoding="utf-8")
        before = tree(tmp_path)

        def fails(*_: object) -> str:
            raise OSError("no space left")

        monkeypatch.setattr(writing, at, fails)
        with pytest.raises(OSError, match="no space left"):
            write_report(material, tmp_path / "report", ["logs"])
        assert tree(tmp_path) == before
        assert [path.name for path in tmp_path.iterdir()] == ["report"]


class TestJson:
    def test_is_strict_and_as_its_schema_says(self, whole: Path) -> None:
        content = report_json(whole)
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(content, schema)
        jsonschema.validate(content["findings"], findings_schema())
        assert len(content["stream"]) == 28
        assert len(content["reproducibility"]["reruns"]) == 9
        assert content["against"]

    def test_a_small_report_is_as_the_schema_says_too(self, material: Material, tmp_path: Path) -> None:
        write_report(material, tmp_path / "report", ["logs"])
        content = report_json(tmp_path / "report")
        jsonschema.validate(content, json.loads(SCHEMA.read_text(encoding="utf-8")))
        assert content["against"] is None

    def test_every_key_is_in_the_documentation(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        names = {*schema["properties"], *schema["properties"]["reproducibility"]["properties"]}
        assert [name for name in sorted(names) if f"`{name}`" not in text] == []

    def test_each_log_has_its_run_configuration(self, whole: Path) -> None:
        """The same in the file and here, and its command on the page."""
        reruns = report_json(whole)["reproducibility"]["reruns"]
        assert {run["file"] for run in reruns} == {f"rerun/{path.name}" for path in (whole / "rerun").iterdir()}
        text = (whole / "report.md").read_text(encoding="utf-8")
        for run in reruns:
            assert yaml.safe_load((whole / run["file"]).read_text(encoding="utf-8")) == run["run_config"]
            assert run["command"].startswith(f"inspect eval --run-config {run['file']} ")
            assert f"\n{run['command']}\n" in text

    def test_each_figure_is_there_in_every_form(self, whole: Path) -> None:
        readings = report_json(whole)["readings"]
        assert {"coverage_and_accuracy", "nmse_by_type", "stages", "ablations"} <= set(readings)
        for kind, ending in (("figures", "png"), ("figures", "svg"), ("tables", "csv")):
            assert {path.stem for path in (whole / kind).glob(f"*.{ending}")} >= set(readings)
        page = (whole / "index.html").read_text(encoding="utf-8")
        by_script = {"cross_modal"}
        assert all(f'id="figure-{name}"' in page for name in set(readings) - by_script)
        assert all(f'href="figures/{name}.png"' in page for name in by_script)
        assert "p = &lt;" not in page
        assert "p = <" not in page

    def test_every_section_shows_its_figures_whatever_else_it_has(
        self, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def figures(_: Material) -> list[Drawing]:
            how: dict[str, Any] = {"title": "T", "reading": "R.", "alt": "A.", "data": pd.DataFrame()}
            return [Drawing(name=f"of_{name}", section=name, figure=new_figure(1), **how) for name in get_args(Section)]

        monkeypatch.setattr(writing, "all_figures", figures)
        write_report(material, tmp_path / "report", ["logs"])
        page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
        shown = re.findall(r'<section id="(\w+)"|id="figure-of_(\w+)"', page)
        sections = [name for name, _ in shown if name]
        inside = {figure: sections[sum(bool(name) for name, _ in shown[:place]) - 1]
                  for place, (_, figure) in enumerate(shown) if figure}  # fmt: skip
        assert inside == {name: name for name in get_args(Section)}


class TestCasesBehindNumbers:
    def test_every_link_has_its_list_and_the_list_its_cases(self, whole: Path, found: Found) -> None:
        """The `n` of a cell, and what it counts, is what the list holds."""
        lists = page_data(whole)["lists"]
        checked: set[str] = set()
        for name, rows in found.tables.items():
            heads = [text for text, _ in rows[0]] if rows else []
            for row in rows[1:]:
                for head, (text, target) in zip(heads, row, strict=True):
                    if not target.startswith("#cases/"):
                        continue
                    key, _, words = target.removeprefix("#cases/").partition("/")
                    listed = lists[key]
                    cases = [case for case, *_ in listed["rows"]]
                    assert len(set(cases)) == len(cases), "one epoch: each case once"
                    checked.add(f"{name}: {head}")
                    if name == "table-headline":
                        n, asked = re.findall(r"n=(\d+)(?: of (\d+))?", text)[0]
                        assert len(cases) == int(asked or n)
                        scored = [row for row in listed["rows"] if None not in row[4:] and "failed" not in str(row[3])]
                        assert len(scored) == int(n)
                    elif name == "table-outcomes":
                        outcome = words.replace("+", " ")
                        assert sum(str(row[3]).split(":")[0] == outcome for row in listed["rows"]) == int(text) > 0
                    elif name == "table-types":
                        n, missing = re.findall(r"^(\d+)(?: \((\d+) missing\))?$", text)[0]
                        assert len(cases) == int(n) + int(missing or 0)
                        assert sum(None not in row[3:5] for row in listed["rows"]) == int(n)
                    elif name == "table-leaderboard" and listed["columns"] != ["Answer"]:
                        assert len(cases) == int(re.findall(r"(\d+) cases$", head)[0])
                    elif name == "table-leaderboard":
                        shift = sum(1 if row[3] == "right only in the condition" else -1 for row in listed["rows"])
                        n = int(re.findall(r"(\d+) cases$", head)[0])
                        assert round(100 * shift / n) == int(text.split()[0].replace("−", "-"))
                    elif name == "table-heat-map":
                        assert sum(None not in row[3:5] for row in listed["rows"]) >= int(text.split("n ")[1])
                    else:
                        lost, gained = map(int, text.split(" / "))
                        assert [row[3] for row in listed["rows"]].count("right only in the baseline") == lost
                        assert [row[3] for row in listed["rows"]].count("right only in the condition") == gained
        assert {name.split(":")[0] for name in checked} == {
            "table-headline", "table-outcomes", "table-types", "table-comparisons", "table-leaderboard",
            "table-heat-map",
        }  # fmt: skip
        assert "table-headline: DDx-FDx gap, points" in checked

    def test_the_answer_and_its_trust_come_before_the_numbers_and_definitions_after_them(self, whole: Path) -> None:
        text = (whole / "report.md").read_text(encoding="utf-8")
        places = [text.index(part) for part in ("4 fictional cases", "Simulated judge", "| Reader | ", "## Glossary")]
        assert places == sorted(places)

    def test_readers_stand_in_one_order_in_all_tables(self, found: Found, whole: Path) -> None:
        order = [row["reader"] for row in report_json(whole)["findings"]["readers"]]
        for name in ("table-types", "table-comparisons"):
            shown = [row[0][0] for row in found.tables[name][1:] if row[0][0]]
            assert list(dict.fromkeys(shown)) == [reader for reader in order if reader in shown]
            assert len(shown) == len(set(shown))

    def test_conditions_stand_in_one_order_for_all_readers(self, found: Found) -> None:
        """The plain one first, whichever was run first."""
        rows = found.tables["table-headline"][1:]
        assert all(
            (condition == "images and text") == bool(reader) for (reader, _), (condition, _) in (r[:2] for r in rows)
        )

    def test_shares_can_be_counted_again(self, whole: Path) -> None:
        """From the list behind a number to the number."""
        rows = {row["reader"]: row for row in report_json(whole)["findings"]["readers"]}
        counted = 0
        for listed in page_data(whole)["lists"].values():
            kind, _, told = listed["title"].partition(": ")
            reader = next((name for name in rows if told == f"{name}, images and text"), None)
            if kind == "Final diagnosis" and reader:
                right = [row[3] == "right" for row in listed["rows"]]
                assert sum(right) / len(right) == pytest.approx(rows[reader]["accuracy"])
                counted += 1
            if kind == "Gap" and reader:
                differences = [row[3] - row[4] for row in listed["rows"]]
                assert sum(differences) / len(differences) == pytest.approx(rows[reader]["ddx_fdx_gap"])
                counted += 1
        assert counted == 4

    def test_logs_have_the_names_the_viewer_has_for_them(self, whole: Path, place: Path) -> None:
        assert set(page_data(whole)["logs"]) == {path.name for path in (place / "logs").iterdir()}

    @pytest.mark.parametrize(
        ("places", "paths", "folders", "names"),
        [
            (["logs"], ["logs/a.eval"], ("logs",), ["a.eval"]),
            (["logs/"], ["logs/x/a.eval"], ("logs",), ["x/a.eval"]),
            (["logs", "more"], ["logs/a.eval", "more/b.eval"], ("logs", "more"), ["a.eval", "b.eval"]),
            (["logs", "logs/x"], ["logs/x/a.eval"], ("logs/x",), ["a.eval"]),
            (["logs/a.eval"], ["logs/a.eval"], ("logs",), ["a.eval"]),
            (["a.eval"], ["a.eval"], (".",), ["a.eval"]),
            (["s3://bucket/logs"], ["s3://bucket/logs/x/a.eval"], ("s3://bucket/logs",), ["x/a.eval"]),
        ],
    )
    def test_the_viewer_is_started_where_the_logs_are(
        self, places: list[str], paths: list[str], folders: tuple[str, ...], names: list[str]
    ) -> None:
        rows = [dict.fromkeys(LOGS) | {"log": path.split("/")[-1], "path": path, "counted": True} for path in paths]
        found = viewing(Material(pd.DataFrame(rows)), places)
        assert found.folders == folders
        assert list(found.names.values()) == names

    def test_a_folder_of_any_name_is_quoted(self) -> None:
        row = dict.fromkeys(LOGS) | {"log": "a.eval", "path": "my logs; rm -r x/a.eval", "counted": True}
        found = viewing(Material(pd.DataFrame([row])), ["my logs; rm -r x"])
        assert found.commands == ("inspect view --log-dir 'my logs; rm -r x'",)


class TestContentOfCases:
    def texts(self, place: Path) -> list[str]:
        cases = load_cases(str(place / "cases")).cases
        texts = [text for case in cases for text in (case.history, case.examination)]
        return texts + [piece.finding or "" for case in cases for piece in case.evidence]

    def test_is_not_copied_unasked(self, whole: Path, place: Path) -> None:
        files = [path for path in whole.rglob("*") if path.suffix in (".html", ".md", ".json", ".csv", ".svg")]
        content = "\n".join(path.read_text(encoding="utf-8") for path in files)
        assert [text for text in self.texts(place) if text in content] == []
        assert not (whole / "cases").exists()
        assert "content" not in page_data(whole)

    def test_is_copied_with_include_cases(self, one_log: Path, place: Path, tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", one_log, "--include-cases")
        pages = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "cases").iterdir()}
        data = page_data(folder)
        assert sorted(pages) == data["ids"] == sorted(analyze_logs(str(one_log)).runs["case_id"].unique())
        assert sorted(map(int, data["content"]["cases"])) == list(range(len(data["ids"])))
        content = "\n".join(pages.values())
        assert all(text in content for text in self.texts(place)[:2])
        assert "data:image/png;base64," in content
        for path in folder.rglob("*.*"):
            assert str(place).encode() not in path.read_bytes().replace(str(one_log.parent).encode(), b""), path.name

    def test_may_have_moved(self, one_log: Path, place: Path, tmp_path: Path) -> None:
        """Then the log's word for it is of no use, and the user's counts."""
        moved = shutil.copytree(place / "cases", tmp_path / "moved")
        material = read_material(str(one_log), analyze_logs(str(one_log)))
        assert contents(material, str(moved)) == contents(material)
        (place / "cases").rename(place / "gone")
        try:
            with pytest.raises(ValueError, match=r"(?s)no such folder.*give the location of the case set with --cases"):
                contents(material)
        finally:
            (place / "gone").rename(place / "cases")

    def test_of_another_set_is_not_taken(self, one_log: Path, tmp_path: Path) -> None:
        said = refused(one_log, "-o", tmp_path / "report", "--include-cases", "--cases", "demo")
        assert "demo is not the case set of the logs (fingerprint" in said
        assert "give the location of that set with --cases" in said
        assert not (tmp_path / "report").exists()

    def test_cases_without_include_cases_is_a_mistake(self, one_log: Path, tmp_path: Path) -> None:
        assert "--include-cases" in refused(one_log, "-o", tmp_path / "report", "--cases", "demo")


class TestMarkdown:
    def test_renders_with_every_table_and_without_html(self, whole: Path, found: Found) -> None:
        text = (whole / "report.md").read_text(encoding="utf-8")
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        inline = [child for token in tokens for child in token.children or ()]
        assert {token.type for token in (*tokens, *inline)} & {"html_block", "html_inline"} == set()
        assert sum(token.type == "table_open" for token in tokens) == len(found.tables) - 1, "but for the case list"
        for token in inline:
            for name in ("href", "src"):
                if name in token.attrs:
                    assert (whole / str(token.attrs[name])).is_file()
        assert sum(token.type == "image" for token in inline) == len(report_json(whole)["readings"])

    def test_says_the_same_as_the_page(self, whole: Path, found: Found) -> None:
        """Cell by cell."""
        tokens = MarkdownIt("commonmark").enable("table").parse((whole / "report.md").read_text(encoding="utf-8"))
        rows: list[list[str]] = []
        for before, token in pairwise(tokens):
            if before.type == "tr_open":
                rows.append([])
            if before.type in ("td_open", "th_open"):
                rows[-1].append("".join(child.content for child in token.children or ()))
        page = [[" ".join(text.split()) for text, _ in row] for rows in found.tables.values() for row in rows]
        assert rows == page

    def test_escapes_whatever_markdown_knows(self) -> None:
        text = "a|b [x](javascript:alert(1)) <b> `c` **d** _e_ ~~f~~ # g http://x.y \n- h\u202e\x00"
        tokens = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"]).parse(markdown(text))
        [inline] = [token for token in tokens if token.type == "inline"]
        assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
        assert "".join(child.content for child in inline.children or ()) == text.replace("\n", "").replace(
            "\u202e\x00", "\ufffd\ufffd"
        )

    def test_a_fence_is_longer_than_any_in_it(self) -> None:
        assert fence(["a", "b ```` c"]) == "`````"
        assert fence(["a"]) == fence([]) == "```"
        assert code("a\nb\u202e") == "a b\ufffd"


class TestParts:
    def test_data_cannot_end_its_element(self) -> None:
        data = {"a": "</script><!-- & \u2028", "b": [None, 1.5, "\u202e\u200f\x00"]}
        text = embedded(data)
        assert not re.search("[<>&\u2028\u202e\u200f]", text)
        assert json.loads(text) == {"a": "</script><!-- & \ufffd", "b": [None, 1.5, "\ufffd\ufffd\ufffd"]}

    def test_settings_that_are_the_same_in_all_logs_are_in_a_sentence(self, whole: Path, found: Found) -> None:
        heads = [text for text, _ in found.tables["table-made-with"][0]]
        assert heads[:3] == ["Log", "Reader", "Question"]
        assert not {"Status", "Inspect", "Task version"} & set(heads)
        [text] = re.findall(
            r"<p class=\"quiet\">The same in all logs: ([^<]+)</p>", (whole / "index.html").read_text("utf-8")
        )
        assert {"Counted yes", "Status success", f"Inspect {inspect_version}"} <= set(text.split("; "))

    def test_a_name_is_not_repeated_under_itself(self) -> None:
        made = table("t", "c", {"Reader": False, "n": True}, [["a", "1"], ["a", "2"], ["b", "3"], ["a", "4"]])
        assert [row[0].text for row in made.rows] == ["a", "", "b", "a"]

    def test_every_table_can_be_read(self, whole: Path) -> None:
        files = sorted((whole / "tables").iterdir())
        assert {"headline", "readers", "types", "comparisons", "against"} <= {path.stem for path in files}
        for path in files:
            with path.open(encoding="utf-8", newline="") as lines:
                widths = {len(row) for row in csv.reader(lines, strict=True)}
            assert len(widths) == 1, path.name
            assert len(pd.read_csv(path)) > 0, path.name

    def test_the_command_says_what_it_wrote_and_what_it_left_out(self, one_log: Path, tmp_path: Path) -> None:
        result = medsyn_report(one_log, "-o", tmp_path / "report")
        assert f"Wrote {tmp_path / 'report' / 'index.html'}" in result.output
        assert "fictional" in result.output
