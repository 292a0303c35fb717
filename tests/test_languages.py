"""A language is a folder: one that a case set brings works like those of the package, and is checked as a whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage

import medsyn_inspect
from case_sets import a_card, a_case, write_case_set
from german import FILES, LABELS, PHRASES, german_case, write_german_set, write_language
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians.sheet import read_sheet
from medsyn_inspect.planning.plan import plan_of
from medsyn_inspect.prompts.language import (
    LABELS as NEEDED_LABELS,
)
from medsyn_inspect.prompts.language import (
    QUESTIONS,
    language_name,
    language_problems,
    languages,
    load_templates,
)
from medsyn_inspect.report.material import read_material
from medsyn_inspect.report.page.case import case_page
from medsyn_inspect.report.stream.criteria import stream
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity
from running import Scripted, run, samples_of

SYSTEM = FILES["system.md"].strip()
COMMIT = FILES["commit.md"].strip()
ENGLISH = re.compile(r"\b(?:the|which|diagnosis|image|answer|History|Physical)\b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_german_set(tmp_path / "set")


def words_of(messages: str | list[ChatMessage]) -> str:
    assert not isinstance(messages, str)
    return "\n".join(message.text for message in messages if message.role in ("system", "user"))


def german_sample(task: Any) -> Sample:
    [sample] = [sample for sample in task.dataset if sample.id == "gicht-01"]
    return sample


def one_file(change: Callable[[str], str], name: str) -> dict[str, str]:
    """The files of the language with one of them changed."""
    return {**FILES, name: change(FILES[name])}


def refused(tmp_path: Path, files: dict[str, str] | dict[str, str | None]) -> list[str]:
    """What is wrong with a folder, line by line."""
    folder = write_language(tmp_path / "de", {name: text for name, text in files.items() if text is not None})
    with pytest.raises(ValueError, match=r"the prompts in language 'de' in .* cannot be used; compare them") as caught:
        load_templates("de", {"de": folder})
    first, *listed = str(caught.value).split("\n")
    assert str(folder) in first
    return [line.strip() for line in listed]


class TestCaseSetWithItsOwnLanguage:
    @pytest.mark.parametrize("staging", ["single", "turns"])
    @pytest.mark.parametrize("view", ["image", "finding"])
    @pytest.mark.parametrize("task", [ddx, fdx, open_fdx])
    def test_its_cases_are_shown_in_its_words(self, folder: Path, task: Any, view: Any, staging: Any) -> None:
        sample = german_sample(task(cases=str(folder), view=view, staging=staging, emphasis="ct"))
        text = words_of(sample.input)
        shown = [SYSTEM, "## Anamnese\n", "## Körperliche Untersuchung\n", "## Computertomographie\n"]
        shown.append("Achten Sie in diesem Fall besonders auf: Computertomographie.")
        shown += ["Beschreibung durch Fachleute:"] if view == "finding" else ["Bild 1 von 1, aufgenommen bei Aufnahme:"]
        shown += ["Weitere Befunde folgen.", "Das sind alle Befunde."] if staging == "turns" else []
        shown += ['"Antwort: X", X einer der Buchstaben A, B, C'] if task is fdx else ["Nennen Sie höchstens 10"]
        assert [words for words in shown if words not in text] == []
        assert ENGLISH.findall(text) == []

    def test_cases_in_a_language_of_the_package_are_shown_in_the_words_of_the_package(self, folder: Path) -> None:
        other = write_case_set(folder.parent / "other", [a_case()])
        [there] = ddx(cases=str(other)).dataset
        [here] = [sample for sample in ddx(cases=str(folder)).dataset if sample.id == there.id]
        assert words_of(here.input) == words_of(there.input)

    def test_the_log_has_the_fingerprint_of_its_wording(self, folder: Path) -> None:
        metadata = ddx(cases=str(folder)).metadata or {}
        german = load_templates("de", load_cases(folder).language_folders).fingerprint
        assert metadata["templates"] == {"de": german, "en": load_templates("en").fingerprint}
        (folder / "prompts/de/system.md").write_text("Sie sind Arzt.", encoding="utf-8")
        assert (ddx(cases=str(folder)).metadata or {})["templates"]["de"] != german

    def test_other_phrases_are_no_other_wording(self, folder: Path) -> None:
        before = ddx(cases=str(folder)).metadata or {}
        (folder / "prompts/de/phrases.yaml").write_text(yaml.safe_dump({**PHRASES, "name": "Deutsch"}), "utf-8")
        assert (ddx(cases=str(folder)).metadata or {})["templates"] == before["templates"]

    def test_its_reader_commits_itself_in_its_words(self, folder: Path, tmp_path: Path) -> None:
        model = Scripted("1. Gichtanfall", "Gichtanfall")
        run(open_fdx(cases=str(folder), language="de"), model, tmp_path / "logs")
        differential, commitment = model.calls
        assert differential[0].text == SYSTEM
        assert commitment[-1].text == COMMIT

    @pytest.mark.parametrize("task", [ddx, fdx, open_fdx, partial(sensitivity, posterior="logprobs")])
    def test_the_reference_reader_answers_every_task(self, folder: Path, tmp_path: Path, task: Any) -> None:
        reader = "reference/reader"
        log = run(task(cases=str(folder)), reader, tmp_path / "logs", model_args={"cases": str(folder)})
        assert log.status == "success"
        if task is open_fdx:
            assert "\nEndgültige Diagnose: " in samples_of(log)["gicht-01"].output.completion
            assert "\nFinal diagnosis: " in samples_of(log)["gout-01"].output.completion

    def test_every_arm_is_worded_in_it(self, folder: Path, tmp_path: Path) -> None:
        model = Scripted("A")
        run(sensitivity(cases=str(folder), language="de", posterior="samples", samples=2), model, tmp_path / "logs")
        assert len(model.calls) > 4
        assert [words_of(call) for call in model.calls if ENGLISH.search(words_of(call))] == []
        assert {call[0].text for call in model.calls} == {SYSTEM}

    @pytest.mark.parametrize("task", ["ddx", "open_fdx"])
    def test_it_can_be_planned(self, folder: Path, task: str) -> None:
        assert plan_of(task, {"cases": str(folder)}, [], {}).cases == 2

    def test_a_case_can_be_looked_at(self, folder: Path) -> None:
        page = case_page(str(folder), "gicht-01")
        assert SYSTEM in page
        assert "Computertomographie" in page

    @pytest.mark.parametrize("word", ["nein", "Falsch", "no", "否", "0", ""])
    def test_a_physician_says_not_flagged_in_any_language(self, folder: Path, word: str) -> None:
        case_set = load_cases(folder)
        sheet = f"case_id,option,flag\ngicht-01,A,{word}\n".encode()
        [row] = read_sheet(sheet, case_set.cases, language_folders=case_set.language_folders)
        assert row.ambiguity is None

    def test_a_word_of_a_language_that_is_not_known_is_a_flag(self, folder: Path) -> None:
        sheet = b"case_id,option,flag\ngicht-01,A,nein\n"
        [row] = read_sheet(sheet, load_cases(folder).cases)
        assert row.ambiguity == "nein"

    def test_the_check_finds_nothing_wrong(self, folder: Path) -> None:
        result = CliRunner().invoke(main, ["cases", "check", str(folder)])
        assert (result.exit_code, "no errors" in result.output) == (0, True), result.output

    def test_the_report_says_whose_wording_it_was(self, folder: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(folder)), Scripted("A"), tmp_path / "logs")
        answer = next(one.answer for one in stream(read_material(tmp_path / "logs")) if one.place == "3(iii)")
        assert "Wording: the templates of this package (of the case set for de), fingerprints de " in answer

    def test_the_fingerprint_of_the_cases_does_not_depend_on_their_wording(self, folder: Path) -> None:
        before = load_cases(folder).fingerprint
        (folder / "prompts/de/system.md").write_text("Sie sind Arzt.", encoding="utf-8")
        assert load_cases(folder).fingerprint == before


class TestWhichFolder:
    def test_a_region_falls_back_to_its_language(self, tmp_path: Path) -> None:
        folder = write_language(tmp_path / "german")
        assert load_templates("de-AT", {"de": folder}).language == "de"
        assert load_templates("de-AT", {"de": folder}).system == SYSTEM
        both = {"de": folder, "de-AT": write_language(tmp_path / "austrian", one_file(str.upper, "system.md"))}
        assert load_templates("de-AT", both).system == SYSTEM.upper()
        assert load_templates("de-CH", both).system == SYSTEM

    def test_that_of_the_case_set_before_that_of_the_package(self, tmp_path: Path) -> None:
        own = {"zh": write_language(tmp_path / "own")}
        assert load_templates("zh", own).system == load_templates("zh-Hant", own).system == SYSTEM
        assert load_templates("zh").system != SYSTEM

    def test_the_languages_of_both_are_known(self, tmp_path: Path) -> None:
        assert languages({"de": tmp_path}) == ("de", *languages())

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        folders = {"de": write_language(tmp_path / "de")}
        load_templates("de", folders)
        write_language(tmp_path / "de", one_file(lambda text: text + "Bitte sorgfältig.", "system.md"))
        assert load_templates("de", folders).system.endswith("Bitte sorgfältig.")

    def test_a_byte_order_mark_does_not_matter(self, tmp_path: Path) -> None:
        plain, marked = write_language(tmp_path / "plain"), tmp_path / "marked"
        write_language(marked, {name: "\ufeff" + text for name, text in FILES.items()})
        one, other = (load_templates("de", {"de": folder}) for folder in (plain, marked))
        assert (one.fingerprint, one.labels, one.name) == (other.fingerprint, other.labels, other.name)

    def test_names_of_languages(self) -> None:
        assert [language_name(language) for language in ("en", "zh", "zh-Hant", "de")] == [
            "English", "Chinese", "zh-Hant", "de",
        ]  # fmt: skip


class TestWhatAFolderLacks:
    """One error lists everything, so that a translator need not find it out piece by piece."""

    def test_the_files_of_this_test_are_those_that_are_needed(self) -> None:
        assert FILES.keys() == {"system.md", "labels.yaml", "phrases.yaml", "words.txt"} | {
            f"{name}.md" for name in QUESTIONS
        }
        assert LABELS.keys() == NEEDED_LABELS.keys()

    @pytest.mark.parametrize("name", FILES)
    def test_a_missing_file(self, tmp_path: Path, name: str) -> None:
        assert refused(tmp_path, {**FILES, name: None}) == [f"{name}: missing; add the file"]

    @pytest.mark.parametrize("name", FILES)
    def test_an_empty_file(self, tmp_path: Path, name: str) -> None:
        assert refused(tmp_path, {**FILES, name: " \n"}) == [f"{name}: empty; fill it in"]

    def test_a_file_that_is_not_utf_8(self, tmp_path: Path) -> None:
        folder = write_language(tmp_path / "de")
        (folder / "system.md").write_bytes("Ärztin".encode("latin-1"))
        with pytest.raises(ValueError, match=r"\n  system\.md: not UTF-8 \(.*\); save the file as UTF-8$"):
            load_templates("de", {"de": folder})

    @pytest.mark.parametrize("name", LABELS)
    def test_a_missing_label(self, tmp_path: Path, name: str) -> None:
        labels = {label: text for label, text in LABELS.items() if label != name}
        assert refused(tmp_path, {**FILES, "labels.yaml": yaml.safe_dump(labels)}) == [
            f"labels.yaml: missing: {name}; add them"
        ]

    def test_an_unknown_label(self, tmp_path: Path) -> None:
        labels = {**LABELS, "cat_scan": "Computertomographie"}
        assert refused(tmp_path, {**FILES, "labels.yaml": yaml.safe_dump(labels)}) == [
            "labels.yaml: unknown: cat_scan; remove or rename them"
        ]

    @pytest.mark.parametrize("value", [None, True, 3, "", ["CT"]])
    def test_a_label_that_is_no_text(self, tmp_path: Path, value: Any) -> None:
        labels = {**LABELS, "ct": value}
        assert refused(tmp_path, {**FILES, "labels.yaml": yaml.safe_dump(labels)}) == [
            f"labels.yaml: ct must be text, in quotes, but is {value!r}"
        ]

    @pytest.mark.parametrize("file", ["labels.yaml", "phrases.yaml"])
    @pytest.mark.parametrize(
        ("content", "says"),
        [("a: [b\nc: d\n", r"not valid YAML \(.*\); write one `name: text` per line"), ("- a\n", "must be a mapping")],
    )
    def test_labels_that_are_no_mapping(self, tmp_path: Path, file: str, content: str, says: str) -> None:
        [line] = refused(tmp_path, {**FILES, file: content})
        assert re.fullmatch(rf"{re.escape(file)}(:\d+)?: {says}.*", line)

    @pytest.mark.parametrize(
        ("name", "placeholder"), [(name, one) for name, needed in QUESTIONS.items() for one in sorted(needed)]
    )
    def test_a_missing_placeholder_of_a_question(self, tmp_path: Path, name: str, placeholder: str) -> None:
        files = one_file(lambda text: text.replace(f"${placeholder}", "..."), f"{name}.md")
        assert refused(tmp_path, files) == [f"{name}.md: lacks ${placeholder}; add it where the value belongs"]

    @pytest.mark.parametrize(
        ("name", "placeholder"), [(name, one) for name, needed in NEEDED_LABELS.items() for one in sorted(needed)]
    )
    def test_a_missing_placeholder_of_a_label(self, tmp_path: Path, name: str, placeholder: str) -> None:
        labels = {**LABELS, name: LABELS[name].replace(f"${placeholder}", "...")}
        assert refused(tmp_path, {**FILES, "labels.yaml": yaml.safe_dump(labels)}) == [
            f"labels.yaml: {name} lacks ${placeholder}; add it where the value belongs"
        ]

    def test_a_placeholder_that_nothing_fills(self, tmp_path: Path) -> None:
        assert refused(tmp_path, one_file(lambda text: text + "$options", "ddx.md")) == [
            "ddx.md: has $options, which is never filled; allowed: $limit"
        ]
        assert refused(tmp_path, one_file(lambda text: text + "$case", "system.md")) == [
            "system.md: has $case, which is never filled; allowed: none"
        ]

    def test_a_dollar_sign(self, tmp_path: Path) -> None:
        assert refused(tmp_path, one_file(lambda text: text + "Es kostet 5 $.", "commit.md")) == [
            "commit.md: has a `$` without a placeholder; write `$$` for a dollar sign"
        ]
        costs = one_file(lambda text: text + "Es kostet 5 $$.", "commit.md")
        words = load_templates("de", {"de": write_language(tmp_path / "fine", costs)})
        assert words.question("commit").endswith("Es kostet 5 $.")

    @pytest.mark.parametrize("name", PHRASES)
    def test_a_missing_phrase(self, tmp_path: Path, name: str) -> None:
        phrases = {phrase: text for phrase, text in PHRASES.items() if phrase != name}
        assert refused(tmp_path, {**FILES, "phrases.yaml": yaml.safe_dump(phrases)}) == [
            f"phrases.yaml: missing: {name}; add them"
        ]

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"name": ""}, "name must be text, in quotes, but is ''"),
            ({"final_diagnosis": "Diagnose:"}, "final_diagnosis lacks $diagnosis; add it where the value belongs"),
            ({"not_flagged": [False]}, "not_flagged must be a list of texts in quotes, but is [False]"),
            ({"not_flagged": "nein"}, "not_flagged must be a list of texts in quotes, but is 'nein'"),
        ],
    )
    def test_a_wrong_phrase(self, tmp_path: Path, changes: dict[str, Any], line: str) -> None:
        phrases = {**PHRASES, **changes}
        assert refused(tmp_path, {**FILES, "phrases.yaml": yaml.safe_dump(phrases)}) == [f"phrases.yaml: {line}"]

    def test_all_at_once(self, tmp_path: Path) -> None:
        labels = {name: text for name, text in LABELS.items() if name not in ("ct", "mri")} | {"cat": "CT"}
        files: dict[str, str | None] = {**FILES, "labels.yaml": yaml.safe_dump(labels), "commit.md": None}
        files["fdx.md"] = "Welche?\n"
        files["words.txt"] = ""
        assert refused(tmp_path, files) == [
            "words.txt: empty; fill it in",
            "commit.md: missing; add the file",
            "fdx.md: lacks $letters, $options; add it where the value belongs",
            "labels.yaml: missing: ct, mri; add them",
            "labels.yaml: unknown: cat; remove or rename them",
        ]

    @pytest.mark.parametrize("task", [ddx, fdx, open_fdx, sensitivity])
    def test_no_task_starts(self, tmp_path: Path, task: Any) -> None:
        folder = write_german_set(tmp_path / "set", one_file(lambda text: "Welche?", "ddx.md"))
        with pytest.raises(ValueError, match=r"ddx\.md: lacks \$limit"):
            task(cases=str(folder), language="de")


class TestCheck:
    """`medsyn cases check` finds what would keep a task from starting."""

    @staticmethod
    def check(folder: Path) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["cases", "check", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), "a message, not a traceback"
        return result.exit_code, result.output

    def test_a_language_without_prompts(self, tmp_path: Path) -> None:
        cases = [a_case(), german_case(), german_case(case_id="gicht-02")]
        folder = write_case_set(tmp_path / "set", cases, a_card(languages=["en", "de"]))
        code, output = self.check(folder)
        assert code == 1
        assert "cases.jsonl (gicht-01): no prompts in language 'de', only in en, zh; add a folder" in output
        assert "errors: 1, warnings: 0" in output

    def test_a_folder_that_lacks_something(self, tmp_path: Path) -> None:
        folder = write_german_set(tmp_path / "set", one_file(lambda text: "Welche?", "ddx.md"))
        code, output = self.check(folder)
        assert code == 1
        assert "ddx.md: lacks $limit" in output
        assert "errors: 1, warnings: 0" in output

    def test_a_region_of_a_language_with_prompts(self, tmp_path: Path) -> None:
        folder = write_case_set(tmp_path / "set", [a_case(language="zh-Hant")], a_card(languages=["zh-Hant"]))
        assert self.check(folder)[0] == 0

    def test_one_problem_for_each_language(self, tmp_path: Path) -> None:
        cases = [a_case(case_id=f"c-{number}", language=("sv", "fi")[number % 2]) for number in range(4)]
        folder = write_case_set(tmp_path / "set", cases, a_card(languages=["sv", "fi"]))
        assert [problem.case_id for problem in language_problems(load_cases(folder))] == ["c-0", "c-1"]


PACKAGE = Path(medsyn_inspect.__file__).parent

KNOWS_A_LANGUAGE = (
    *("answers/", "cases/importers/", "construct/reading/", "construct/rules/words.py"),
    *("interventions/microworld/", "interventions/curate/medthinkvqa.py", "reference/builder.py"),
)
"""Reading of answers and of reports, which tell Chinese by its script and take English for any other; importers, the
small world, a pool and the scripted builder, whose texts are in one or two languages."""


def sources() -> list[str]:
    names = (path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py")))
    return [name for name in names if not name.startswith(KNOWS_A_LANGUAGE)]


def literals(source: str) -> list[str]:
    """The texts in a module's code, without docstrings and attribute docstrings."""
    tree = ast.parse(source)
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in described]
    return [node.value for node in constants if isinstance(node.value, str)]


@pytest.mark.parametrize("name", sources())
def test_no_code_knows_a_language(name: str) -> None:
    known = {*languages(), *map(language_name, languages())}
    found = literals((PACKAGE / name).read_text(encoding="utf-8"))
    assert [text for text in found if text in known or re.search("[\u4e00-\u9fff]", text)] == []


def test_case_model_is_not_bound_to_the_languages_of_the_package() -> None:
    assert Case.model_validate(german_case()).language == "de"
