"""Forms for Label Studio and REDCap: valid files of their formats, and no options before the differential."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians.forms import DICTIONARY, label_studio, redcap
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import PLAIN
from running import known_cases, write_known

EVIL = '<img src=x onerror="alert(1)"> a|b, c & d'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = known_cases()
    rows[1] |= {"history": EVIL, "options": [EVIL, *rows[1]["options"][:4]]}
    return write_known(tmp_path / "cases", rows)


def exported(folder: Path, program: str, output: Path) -> Path:
    done = CliRunner().invoke(main, ["export-form", str(folder), "--to", program, "-o", str(output)])
    assert done.exit_code == 0, done.output
    return output


class TestLabelStudio:
    def test_every_control_refers_to_an_object_and_every_variable_to_the_tasks(self, folder: Path) -> None:
        files = label_studio(load_cases(folder), PLAIN)
        for step in ("differential", "option"):
            view = ElementTree.fromstring(files[f"{step}.xml"])
            names = [element.get("name") for element in view.iter() if element.get("name")]
            assert len(set(names)) == len(names)
            assert {element.get("toName") for element in view.iter() if element.get("toName")} == {"case"}
            variables = set(re.findall(r'"\$(\w+)"', files[f"{step}.xml"]))
            tasks = json.loads(files[f"{step}-tasks.json"])
            assert len(tasks) == 4
            assert all(variables <= set(task["data"]) for task in tasks)

    def test_the_options_are_in_the_second_project_alone(self, folder: Path) -> None:
        files = label_studio(load_cases(folder), PLAIN)
        for case, task in zip(load_cases(folder).cases, json.loads(files["option-tasks.json"]), strict=True):
            given = [option["value"].partition(". ")[2] for option in task["data"]["options"]]
            assert tuple(given) == option_order(case)
            if EVIL not in given:
                assert not [option for option in given if option in files["differential-tasks.json"]]

    def test_the_images_lie_where_the_tasks_look_for_them(self, folder: Path, tmp_path: Path) -> None:
        output = exported(folder, "label-studio", tmp_path / "form")
        tasks = json.loads((output / "differential-tasks.json").read_text(encoding="utf-8"))
        named = [image.removeprefix("/data/local-files/?d=") for task in tasks for image in task["data"]["images"]]
        assert sorted(named) == sorted(f"images/{path.name}" for path in (output / "images").iterdir())
        assert not [name for name in named if "heart" in name or "lung" in name]


class TestRedcap:
    def rows(self, folder: Path) -> list[dict[str, str]]:
        content = redcap(load_cases(folder), PLAIN)["data-dictionary.csv"]
        assert tuple(next(csv.reader(io.StringIO(content)))) == DICTIONARY
        return list(csv.DictReader(io.StringIO(content)))

    def test_the_names_are_valid_and_occur_once(self, folder: Path) -> None:
        names = [row["Variable / Field Name"] for row in self.rows(folder)]
        assert names[0] == "record_id"
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name) for name in names)

    def test_a_form_is_in_one_piece_and_the_differential_comes_first(self, folder: Path) -> None:
        forms = [row["Form Name"] for row in self.rows(folder)]
        runs = [form for place, form in enumerate(forms) if place == 0 or forms[place - 1] != form]
        assert len(set(runs)) == len(runs)
        assert runs[1:3] == ["case_1_differential", "case_1_option"]

    def test_choices_are_the_options_in_the_order_of_every_reader(self, folder: Path) -> None:
        fields = {row["Variable / Field Name"]: row for row in self.rows(folder)}
        for place, case in enumerate(load_cases(folder).cases, 1):
            written = fields[f"c{place}_option"]["Choices, Calculations, OR Slider Labels"]
            assert [one.partition(", ")[0] for one in written.split(" | ")] == list("ABCDE")
            assert len(case.options or ()) == 5

    def test_a_condition_refers_to_a_field(self, folder: Path) -> None:
        rows = self.rows(folder)
        names = {row["Variable / Field Name"] for row in rows}
        conditions = [row["Branching Logic (Show field only if...)"] for row in rows]
        assert {name for one in conditions for name in re.findall(r"\[(\w+)\]", one)} <= names

    def test_text_of_a_case_is_escaped_since_labels_are_html(self, folder: Path) -> None:
        content = redcap(load_cases(folder), PLAIN)["data-dictionary.csv"]
        assert "<img" not in content
        assert "&lt;img src=x" in content

    def test_the_command_writes_it_with_the_images(self, folder: Path, tmp_path: Path) -> None:
        output = exported(folder, "redcap", tmp_path / "form")
        assert {path.name for path in output.iterdir()} == {"data-dictionary.csv", "images"}
        assert len(list((output / "images").iterdir())) > 4


def test_a_case_without_options_has_a_differential_only(tmp_path: Path) -> None:
    rows = known_cases()
    for row in rows:
        row.pop("options", None)
    cases = load_cases(write_known(tmp_path / "bare", rows))
    assert json.loads(label_studio(cases, PLAIN)["option-tasks.json"]) == []
    dictionary = csv.DictReader(io.StringIO(redcap(cases, PLAIN)["data-dictionary.csv"]))
    names = {row["Variable / Field Name"] for row in dictionary}
    assert names >= {"c1_differential", "c1_confidence"}
    assert "c1_option" not in names
