"""Physicians' answers: a sheet is read whole or not at all; its logs are those that a model's answers would give."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from inspect_ai import score
from inspect_ai.log import read_eval_log

from case_sets import a_case
from medsyn_inspect.analysis import headline, read_runs
from medsyn_inspect.analysis.findings import analyze_logs
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians.answers import import_answers, recorded_answer
from medsyn_inspect.physicians.sheet import AnswerSheetError, SheetRow, as_differential, empty_sheet, read_sheet
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.scorers import differential_judge
from medsyn_inspect.tasks import ddx, fdx
from running import BRAIN, HEART, LUNG, WHOLE, Conversation, Scripted, run, samples_of, score_of, write_known

CASE = Case.model_validate(
    a_case(case_id="c-1", options=["Gout", "Septic arthritis", "Pseudogout"], history="A hot, swollen toe.")
)
BARE = Case.model_validate(a_case(case_id="c-2"))
OPTIONS = option_order(CASE)


def rows(text: str) -> list[SheetRow]:
    return read_sheet(text.encode(), [CASE, BARE])


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(AnswerSheetError) as refused:
        read_sheet(content.encode() if isinstance(content, str) else content, [CASE, BARE], "a.csv")
    return [str(problem) for problem in refused.value.problems]


class TestReadingASheet:
    @pytest.mark.parametrize(
        "cell",
        [
            "Gout; Sepsis",
            '"Gout\nSepsis"',
            "Gout|Sepsis",
            "1. Gout; 2) Sepsis",
            '"- Gout\r\n- Sepsis\r\n"',
            "Gout；Sepsis",
        ],
    )
    def test_diagnoses_are_separated_in_any_of_the_usual_ways(self, cell: str) -> None:
        assert rows(f"case_id,differential\nc-1,{cell}\n")[0].differential == ("Gout", "Sepsis")

    def test_a_number_that_is_part_of_a_name_stays(self) -> None:
        assert rows("case_id,differential\nc-1,5.10-Methylene deficiency; 22q11 deletion\n")[0].differential == (
            "5.10-Methylene deficiency",
            "22q11 deletion",
        )

    @pytest.mark.parametrize("place", range(3))
    def test_an_option_is_its_letter_its_text_or_both(self, place: int) -> None:
        letter, text = "ABC"[place], OPTIONS[place]
        for cell in (letter, letter.lower(), f"{letter}.", f"({letter})", text, text.upper(), f"{letter}. {text}"):
            assert rows(f"case_id,option\nc-1,{cell}\n")[0].letter == letter, cell

    @pytest.mark.parametrize("cell", ["", "no", "No.", "0", "false", "-", "否"])
    def test_what_says_no_is_no_flag(self, cell: str) -> None:
        assert rows(f"case_id,option,flag\nc-1,A,{cell}\n")[0].ambiguity is None

    def test_any_other_flag_is_kept_as_it_is_and_so_is_the_note(self) -> None:
        [row] = rows('case_id,option,flag,note\nc-1,A,"Two fit, none well",tired\n')
        assert (row.ambiguity, row.note) == ("Two fit, none well", "tired")

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_any_delimiter_a_byte_order_mark_and_blank_lines_do(self, delimiter: str) -> None:
        text = delimiter.join(["Case_ID", " option "]) + "\r\n\r\n" + delimiter.join(["c-1", "B"]) + "\r\n"
        [row] = read_sheet(text.encode("utf-8-sig"), [CASE])
        assert (row.case_id, row.letter, row.line) == ("c-1", "B", 3)

    def test_lines_are_counted_as_an_editor_counts_them(self) -> None:
        sheet = 'case_id,differential\nc-1,"Gout\nSepsis\nPseudogout"\nc-9,Gout\n'
        assert [problem.partition(":")[2].partition(" ")[0] for problem in problems(sheet)] == ["5"]


FAULTS: dict[str, tuple[str | bytes, list[tuple[str, ...]]]] = {
    "empty": (b"", [("empty", "header", "case_id")]),
    "only a header": ("case_id,option\n", [("no answer",)]),
    "no case_id": ("option\nA\n", [("a.csv:1", "no column case_id")]),
    "no answer column": ("case_id,note\nc-1,x\n", [("a.csv:1", "differential, option")]),
    "misspelt column": ("case_id,diferential\nc-1,Gout\n", [("a.csv:1", "diferential", "known")]),
    "column twice": ("case_id,option,option\nc-1,A,B\n", [("a.csv:1", "duplicate column option")]),
    "unknown case": ("case_id,option\nc-7,A\n", [("a.csv:2 (c-7)", "no such case", "c-1, c-2")]),
    "case without a name": ("case_id,option\n,A\n", [("a.csv:2", "case_id is empty")]),
    "case twice": ("case_id,option\nc-1,A\nc-1,B\n", [("a.csv:3 (c-1)", "line 2")]),
    "no such letter": ("case_id,option\nc-1,D\n", [("a.csv:2 (c-1)", "'D' is not an option", "ABC")]),
    "no such option": ("case_id,option\nc-1,Psoriasis\n", [("'Psoriasis' is not an option",)]),
    "letter and text of different options": (f"case_id,option\nc-1,A. {OPTIONS[1]}\n", [("is not an option",)]),
    "case without options": ("case_id,option\nc-2,A\n", [("a.csv:2 (c-2)", "no options to choose from")]),
    "neither answer": ("case_id,differential,option\nc-1,,\n", [("a.csv:2 (c-1)", "neither", "delete the row")]),
    "no diagnosis": ("case_id,differential\nc-1,???\n", [("'???' cannot be read", "one diagnosis per line")]),
    "only separators": ("case_id,differential\nc-1,;\n", [("cannot be read",)]),
    "cells too many": ("case_id,option\nc-1,A,B\n", [("a.csv:2", "3 cells, but the header has 2")]),
    "cells too few": ("case_id,option,note\nc-1,A\n", [("a.csv:2", "2 cells, but the header has 3")]),
    "open quote": ('case_id,differential\nc-1,"Gout\n', [("a.csv:2", "quotes")]),
    "CP1252": ("case_id,differential\nc-1,Gout\nc-2,Sjögren\n".encode("cp1252"), [("a.csv:3", "CSV UTF-8", "0xF6")]),
    "UTF-16": ("case_id,option\nc-1,A\n".encode("utf-16"), [("a.csv:1", "CSV UTF-8")]),
    "several at once": (
        "case_id,option\nc-7,A\nc-1,Q\nc-1,A\n",
        [("a.csv:2", "c-7"), ("a.csv:3", "'Q'"), ("a.csv:4", "line 3")],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_problem_is_told_with_its_line(fault: str) -> None:
    content, expected = FAULTS[fault]
    told = problems(content)
    assert len(told) == len(expected), told
    for message, parts in zip(told, expected, strict=True):
        assert all(part in message for part in parts), (message, parts)


class TestEmptySheet:
    def test_filled_in_it_can_be_read(self) -> None:
        text = empty_sheet([CASE])
        [row] = csv.DictReader(io.StringIO(text, newline=""))
        assert row["options"] == "\n".join(f"{letter}. {option}" for letter, option in zip("ABC", OPTIONS, strict=True))
        filled = io.StringIO(newline="")
        writer = csv.DictWriter(filled, list(row))
        writer.writeheader()
        writer.writerow(row | {"option": row["options"].split("\n")[1]})
        assert rows(filled.getvalue())[0].letter == "B"

    def test_the_first_sheet_does_not_tell_the_options(self) -> None:
        assert empty_sheet([CASE], "ddx").splitlines() == ["case_id,differential,flag,note", "c-1,,,"]
        assert "differential" not in empty_sheet([CASE], "fdx")

    def test_the_command_writes_what_excel_reads(self, tmp_path: Path) -> None:
        done = invoke("answer-sheet", "-o", str(tmp_path / "sheet.csv"))
        assert "26 cases" in done.output
        content = (tmp_path / "sheet.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        with pytest.raises(AnswerSheetError) as refused:
            read_sheet(content, load_cases().cases)
        assert len(refused.value.problems) == 26, "as it is, every row lacks an answer"


def invoke(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == code, done.output
    return done


DIFFERENTIALS = {
    WHOLE: ["Still disease", "Systemic lupus erythematosus"],
    HEART: ["Pleurisy", "Viral pericarditis, acute"],
    BRAIN: ["脑脓肿"],
}
CHOSEN = {WHOLE: "Systemic lupus erythematosus", HEART: "Pleurisy", LUNG: "Tuberculosis"}
SHEET = "\n".join(
    [
        "case_id,differential,option,flag,note",
        *(
            f'{case_id},"{"; ".join(DIFFERENTIALS.get(case_id, []))}",{CHOSEN.get(case_id, "")},{flag},{note}'
            for case_id, flag, note in (
                (WHOLE, "", ""),
                (HEART, "A and B both fit", "n" * 2000),
                (LUNG, "no", ""),
                (BRAIN, "", ""),
            )
        ),
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def imported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the logs of `SHEET`."""
    place = tmp_path_factory.mktemp("imported")
    (place / "answers.csv").write_text(SHEET, encoding="utf-8")
    done = invoke(
        *("import-answers", str(place / "answers.csv"), "--cases", str(folder), "--reader", "two-physicians"),
        *("--judge", "reference/judge", "--log-dir", str(place / "logs")),
    )
    assert "human/two-physicians: ddx 3 of 4 cases, fdx 3 of 4 cases answered" in done.output
    assert "1 flagged" in done.output
    return place / "logs"


def logs_of(imported: Path) -> dict[str, Any]:
    logs = [read_eval_log(str(path)) for path in imported.glob("*.eval")]
    return {log.eval.task.partition("/")[2]: log for log in logs}


class TestLogs:
    def test_are_those_of_a_model_that_gives_the_same_answers(
        self, folder: Path, imported: Path, tmp_path: Path
    ) -> None:
        texts = {case.case_id: case.history for case in load_cases(folder).cases}

        def same(conversation: Conversation) -> str:
            asked = next(name for name, text in texts.items() if text in conversation[-1].text)
            return CHOSEN[asked] if "Answer: X" in conversation[-1].text else as_differential(DIFFERENTIALS[asked])

        run(ddx(cases=str(folder)), Scripted(answer=same), tmp_path, sample_id=list(DIFFERENTIALS))
        run(fdx(cases=str(folder)), Scripted(answer=same), tmp_path, sample_id=list(CHOSEN))
        own = ["log", "created", "reader", "ambiguity", "note"]
        people, model = (
            read_runs(place).drop(columns=own).sort_values(["question", "case_id"], ignore_index=True)
            for place in (imported, tmp_path)
        )
        assert people.equals(model)
        assert set(people["outcome"]) == {"right", "wrong"}

    def test_say_that_no_model_answered(self, imported: Path) -> None:
        for log in logs_of(imported).values():
            assert log.eval.model == "human/two-physicians"
            assert "human" in log.eval.tags
            assert set(log.stats.model_usage) <= {"reference/judge"}
            for sample in log.samples:
                asked = {event.model for event in sample.events if event.event == "model"}
                assert asked <= {"reference/judge"}
                assert sample.messages[-1].source == "input"
        assert recorded_answer.__name__ in logs_of(imported)["ddx"].plan.steps[-1].solver

    def test_cases_that_the_sheet_lacks_were_not_asked(self, imported: Path) -> None:
        [row] = headline(read_runs(imported)).to_dict("records")
        assert (row["accuracy"].n, row["accuracy"].asked, row["accuracy"].value) == (3, 3, 1 / 3)
        assert (row["coverage"].n, row["coverage"].asked, row["coverage"].value) == (3, 3, 2 / 3)
        assert row["failures"] == {}

    def test_flag_and_note_reach_the_analysis(self, imported: Path) -> None:
        runs = read_runs(imported)
        flagged = runs[runs["ambiguity"].notna()]
        assert set(flagged["case_id"]) == {HEART}
        assert set(flagged["ambiguity"]) == {"A and B both fit"}
        assert set(flagged["note"]) == {"n" * 999 + "…"}
        kept = samples_of(logs_of(imported)["ddx"])[HEART].metadata["filled_in"]
        assert kept == {"differential": "; ".join(DIFFERENTIALS[HEART]), "option": CHOSEN[HEART]} | {
            "flag": "A and B both fit",
            "note": "n" * 2000,
        }
        said = "two-physicians: imported answers of people; 1 of 4 cases flagged as ambiguous."
        assert said in invoke("analyze", str(imported)).output
        assert f"human/{said}" in analyze_logs(imported).notes

    def test_can_be_judged_again(self, imported: Path) -> None:
        log = score(logs_of(imported)["ddx"], differential_judge("core_diagnosis"), action="append", display="none")
        records = [list(sample.scores.values())[-1].metadata for sample in log.samples]
        assert {record["rubric"] for record in records} == {"core_diagnosis"}

    def test_a_judge_that_fails_leaves_the_answer_unscored(self, folder: Path, tmp_path: Path) -> None:
        sheet = tmp_path / "a.csv"
        sheet.write_text(f"case_id,differential\n{HEART},Podagra\n", encoding="utf-8")
        done = import_answers(sheet, "two", str(folder), judge="mockllm/model", log_dir=str(tmp_path / "logs"))
        [sample] = samples_of(done.logs[0]).values()
        assert score_of(sample).metadata is not None
        assert "1 could not be judged" in str(done)
        assert set(read_runs(tmp_path / "logs")["outcome"]) == {"judge_failed"}

    def test_a_panel_judges_people_too(self, folder: Path, tmp_path: Path) -> None:
        sheet = tmp_path / "a.csv"
        sheet.write_text(f"case_id,differential\n{HEART},Pericarditis\n", encoding="utf-8")
        panel = "reference/judge,reference/judge"
        done = import_answers(
            sheet, "human/two", str(folder), "finding", judge=panel, log_dir=str(tmp_path), log_images=False
        )
        [sample] = samples_of(done.logs[0]).values()
        assert (score_of(sample).metadata or {})["panel_scores"] == [4, 4]
        assert done.reader == "human/two"
        assert set(read_runs(tmp_path)["view"]) == {"finding"}


class TestNothingIsWritten:
    @pytest.mark.parametrize(
        ("sheet", "options", "told"),
        [
            ("case_id,option\nnobody,A\n", (), "answers.csv:2 (nobody)"),
            (f"case_id,option\n{HEART},A\n", ("--reader", "Dr. No"), "two-physicians"),
            (f"case_id,differential\n{HEART},Gout\n", (), "the judge openai/gpt-5 cannot be used"),
            (f"case_id,differential\n{HEART},Gout\n", ("--judge", "nobody/none"), "the judge nobody/none"),
            (f"case_id,option\n{HEART},A\n", ("--cases", "nowhere"), "no such folder"),
        ],
    )
    def test_and_the_reason_told(
        self, folder: Path, tmp_path: Path, sheet: str, options: tuple[str, ...], told: str
    ) -> None:
        (tmp_path / "answers.csv").write_text(sheet, encoding="utf-8")
        given = ("--cases", str(folder), "--reader", "two", "--log-dir", str(tmp_path / "logs"), *options)
        done = invoke("import-answers", str(tmp_path / "answers.csv"), *given, code=1)
        assert told in done.output
        assert "[bold]" not in done.output
        assert not (tmp_path / "logs").exists()


def test_nobody_can_be_called(folder: Path, tmp_path: Path) -> None:
    log = run(fdx(cases=str(folder)), "human/two-physicians", tmp_path, limit=1)
    assert log.status == "error"
    [sample] = samples_of(log).values()
    assert sample.error is not None
    assert "medsyn import-answers" in sample.error.message
