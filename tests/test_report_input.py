"""Logs that are not as they should be: what can be said is said, what cannot is told, and nothing fails in silence."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.scorer import match

from medsyn_inspect.physicians.answers import import_answers
from medsyn_inspect.records import RECORDS_VERSION
from medsyn_inspect.tasks import ddx, fdx, sensitivity
from report_logs import medsyn_report, page_data, refused, report_json, reported
from running import HEART, LUNG, Scripted, known_cases, run, write_known


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("set") / "cases")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, cases: Path) -> dict[str, Path]:
    """Single logs that a test lays together."""
    place = tmp_path_factory.mktemp("made")

    def log(name: str, task: Task, reader: Any, **how: Any) -> Path:
        run(task, reader, place / name, **how)
        return next((place / name).iterdir())

    where = {"cases": str(cases)}
    first = Scripted("Answer: A")
    other = write_known(place / "cases", known_cases()[:3])
    return {
        "fdx": log("fdx", fdx(**where), first),
        "again": log("again", fdx(**where), first),
        "ddx": log("ddx", ddx(**where), Scripted("1. Scurvy\n2. Gout")),
        "reference": log("reference", fdx(**where), "reference/reader", model_args=where),
        "sensitivity": log("sensitivity", sensitivity(**where), "reference/reader", model_args=where),
        "elsewhere": log("elsewhere", fdx(cases=str(other)), first),
        "unanswered": log("unanswered", fdx(**where), Scripted(RuntimeError("no connection")), fail_on_error=False),
        "foreign": log("foreign", foreign(), first, judge=None),
    }


@task
def foreign() -> Task:
    """Of another suite."""
    return Task(dataset=[Sample(input="1 + 1?", target="2")], scorer=match())


@pytest.fixture
def lay(made: dict[str, Path], tmp_path: Path) -> Callable[..., Path]:
    """Copy logs into a folder, some of them after a change."""

    def copied(*names: str, **changes: Callable[[EvalLog], Any]) -> Path:
        folder = tmp_path / "logs"
        folder.mkdir(exist_ok=True)
        for name in (*names, *changes):
            target = folder / made[name].name
            shutil.copy(made[name], target)
            if name in changes:
                log = read_eval_log(str(target))
                changes[name](log)
                write_eval_log(log, str(target))
        return folder

    return copied


def notes(folder: Path) -> str:
    return "\n".join(report_json(folder)["findings"]["notes"])


def text(folder: Path) -> str:
    """What the report says, in Markdown without its escapes."""
    return (folder / "report.md").read_text(encoding="utf-8").replace("\\", "")


def broken_off(status: str) -> Callable[[EvalLog], None]:
    """As if a run had ended after two of four cases."""

    def change(log: EvalLog) -> None:
        log.status = status  # type: ignore[assignment]
        log.samples = (log.samples or [])[:2]
        log.results = None

    return change


class TestRefused:
    """Nothing can be said: one sentence, and no folder."""

    def said(self, *arguments: str | Path, output: Path) -> str:
        before = output.exists()
        told = refused(*arguments, "-o", output)
        assert output.exists() == before
        return told

    def test_a_folder_without_logs(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        told = self.said(tmp_path / "empty", output=tmp_path / "report")
        assert told == f"no log of this suite in {tmp_path / 'empty'} (0 log files read)"

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert "nowhere" in self.said(tmp_path / "nowhere", output=tmp_path / "report")

    def test_a_log_that_is_not_there(self, tmp_path: Path) -> None:
        assert "nowhere.eval" in self.said(tmp_path / "nowhere.eval", output=tmp_path / "report")

    def test_only_logs_of_another_suite(self, lay: Callable[..., Path], tmp_path: Path) -> None:
        told = self.said(folder := lay("foreign"), output=tmp_path / "report")
        assert told == f"no log of this suite in {folder} (1 log file read)"

    def test_only_a_corrupt_log(self, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "2026-01-01T00-00-00_fdx_x.eval").write_bytes(b"no zip at all")
        told = self.said(tmp_path / "logs", output=tmp_path / "report")
        assert told.startswith("2026-01-01T00-00-00_fdx_x.eval: cannot be read as a log (")

    def test_only_a_log_of_a_newer_version(self, lay: Callable[..., Path], tmp_path: Path) -> None:
        newer = {"records_version": RECORDS_VERSION + 1}
        folder = lay(fdx=lambda log: log.eval.metadata.update(newer))
        told = self.said(folder, output=tmp_path / "report")
        assert f"version {RECORDS_VERSION + 1} of the records" in told
        assert "update medsyn-inspect" in told

    def test_two_case_sets(self, lay: Callable[..., Path], tmp_path: Path) -> None:
        """Unless one is named."""
        folder = lay("fdx", "elsewhere")
        told = self.said(folder, output=tmp_path / "report")
        assert "case set" in told
        assert "--case-set" in told
        print_ = read_eval_log(str(next(folder.iterdir())), header_only=True).eval.metadata["case_set_fingerprint"]
        report = reported(tmp_path / "report", folder, "--case-set", print_[:8])
        assert text(report).count("- Case set: ") == 1
        assert f"fingerprint {print_}" in text(report)
        assert "1 log " in text(report).splitlines()[2]

    def test_a_case_set_that_no_log_has(self, made: dict[str, Path], tmp_path: Path) -> None:
        assert "nonsense" in self.said(made["fdx"], "--case-set", "nonsense", output=tmp_path / "report")

    def test_a_folder_that_cannot_be_made(self, made: dict[str, Path], tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        assert "file" in self.said(made["fdx"], output=tmp_path / "file" / "report")


class TestBeside:
    def test_a_folder_without_logs(self, made: dict[str, Path], tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        told = refused(made["fdx"], "--against", tmp_path / "empty", "-o", tmp_path / "report")
        assert "--against" in told
        assert f"no log of this suite in {tmp_path / 'empty'}" in told
        assert not (tmp_path / "report").exists()

    def test_another_case_set(self, made: dict[str, Path], tmp_path: Path) -> None:
        told = refused(made["fdx"], "--against", made["elsewhere"], "-o", tmp_path / "report")
        assert "the other logs are of another case set (fingerprints " in told

    def test_no_reader_in_common(self, made: dict[str, Path], lay: Callable[..., Path], tmp_path: Path) -> None:
        told = refused(lay("fdx", "reference"), "--against", made["sensitivity"], "-o", tmp_path / "report")
        assert "the logs have no reader in common" in told

    def test_nothing_in_common_that_was_asked(self, made: dict[str, Path], tmp_path: Path) -> None:
        told = refused(made["fdx"], "--against", made["ddx"], "-o", tmp_path / "report")
        assert "no question in the same condition" in told

    def test_two_readers_are_compared_case_by_case(self, made: dict[str, Path], tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", made["fdx"], "--against", made["reference"])
        [row] = report_json(folder)["against"]
        assert (row["n"], row["question"]) == (4, "fdx")
        assert row["accuracy"] - row["accuracy_baseline"] == pytest.approx(row["difference"])
        assert "These logs and the other logs" in text(folder)

    def test_the_paper_beside_what_it_does_not_have(self, made: dict[str, Path], tmp_path: Path) -> None:
        """A single reader with a single measure: the tables are there, with what was measured in its place."""
        folder = reported(tmp_path / "report", made["reference"], "--against", "paper")
        assert any(row["measured"] is not None for row in report_json(folder)["against"])


class TestLeftOut:
    """Something is wrong with one log; the others are reported, and the report says so."""

    @pytest.mark.parametrize(
        ("status", "words"), [("cancelled", "cancelled"), ("started", "still running or interrupted")]
    )
    def test_a_run_that_did_not_end(self, status: str, words: str, lay: Callable[..., Path], tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", lay("reference", fdx=broken_off(status)))
        assert f"{words}; 2 of 4 answers are included." in notes(folder)
        assert "2 of 4 answers missing" in notes(folder)
        rows = report_json(folder)["findings"]["readers"]
        assert {row["accuracy_n"] for row in rows} == {2, 4}
        assert "n=2 of 4" in text(folder)
        assert "call failed" in json.dumps(page_data(folder)["lists"])

    def test_a_log_of_another_suite(self, lay: Callable[..., Path], tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", lay("fdx", "foreign"))
        assert "1 log of tasks outside this suite ignored." in notes(folder)

    def test_a_log_of_a_newer_version(self, lay: Callable[..., Path], made: dict[str, Path], tmp_path: Path) -> None:
        newer = {"records_version": RECORDS_VERSION + 1}
        folder = reported(tmp_path / "report", lay("fdx", again=lambda log: log.eval.metadata.update(newer)))
        assert f"Left out: {made['again'].name}: written under version {RECORDS_VERSION + 1}" in notes(folder)
        assert made["again"].name in text(folder)

    @pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
    def test_a_corrupt_log(self, content: bytes, lay: Callable[..., Path], tmp_path: Path) -> None:
        logs = lay("fdx")
        (logs / "2026-01-01T00-00-00_fdx_x.eval").write_bytes(content)
        folder = reported(tmp_path / "report", logs)
        assert "Left out: 2026-01-01T00-00-00_fdx_x.eval: cannot be read as a log" in notes(folder)

    def test_a_log_cut_short(self, lay: Callable[..., Path], made: dict[str, Path], tmp_path: Path) -> None:
        logs = lay("reference", "fdx")
        whole = made["fdx"].read_bytes()
        (logs / made["fdx"].name).write_bytes(whole[: len(whole) // 2])
        assert f"Left out: {made['fdx'].name}" in notes(reported(tmp_path / "report", logs))

    def test_a_reader_that_was_run_twice(self, lay: Callable[..., Path], made: dict[str, Path], tmp_path: Path) -> None:
        logs = lay("fdx", again=lambda log: setattr(log.eval, "created", "2030-01-01T00:00:00+00:00"))
        folder = reported(tmp_path / "newest", logs)
        assert "2 runs" in notes(folder)
        assert "--all" in notes(folder)
        assert page_data(folder)["logs"] == [made["again"].name]
        assert len(report_json(folder)["findings"]["readers"]) == 1
        both = reported(tmp_path / "both", logs, "--all")
        assert sorted(page_data(both)["logs"]) == sorted([made["fdx"].name, made["again"].name])
        assert len(report_json(both)["findings"]["readers"]) == 2


class TestOnly:
    """Logs of one kind: the sections of the others are not there."""

    def headings(self, folder: Path) -> list[str]:
        return [line[3:] for line in text(folder).splitlines() if line.startswith("## ")]

    def test_sensitivity(self, made: dict[str, Path], tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", made["sensitivity"], "--against", "paper")
        assert "Evidence" in self.headings(folder)
        assert not {"Accuracy", "Judge"} & set(self.headings(folder))

    def test_ddx(self, made: dict[str, Path], tmp_path: Path) -> None:
        folder = reported(tmp_path / "report", made["ddx"])
        assert {"Accuracy", "Judge"} <= set(self.headings(folder))
        assert "Evidence" not in self.headings(folder)
        assert "FDx accuracy, %" not in text(folder)

    def test_answers_of_people(self, cases: Path, tmp_path: Path) -> None:
        with (tmp_path / "answers.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["case_id", "option"], [HEART, "A"], [LUNG, "B"]])
        import_answers(tmp_path / "answers.csv", "two-physicians", str(cases), log_dir=str(tmp_path / "logs"))
        folder = reported(tmp_path / "report", tmp_path / "logs")
        assert "two-physicians: imported answers of people" in notes(folder)
        assert "simulated" not in text(folder).split("## Accuracy")[0]
        assert "no command can ask them again" in text(folder)

    def test_calls_that_failed(self, made: dict[str, Path], tmp_path: Path) -> None:
        """Nothing is scored, and nothing is called wrong."""
        folder = reported(tmp_path / "report", made["unanswered"])
        assert "4 of 4 answers missing because the call failed" in notes(folder)
        assert "not scored n=0 of 4" in text(folder)
        [row] = report_json(folder)["findings"]["readers"]
        assert row["accuracy"] is None

    @pytest.mark.parametrize("name", ["fdx", "ddx", "sensitivity"])
    @pytest.mark.parametrize("status", ["started", "cancelled"])
    def test_a_run_that_reached_nothing(self, name: str, status: str, lay: Callable[..., Path], tmp_path: Path) -> None:
        """Either a report that says so or one sentence."""

        def emptied(log: EvalLog) -> None:
            broken_off(status)(log)
            log.samples = []

        result = medsyn_report(lay(**{name: emptied}), "-o", tmp_path / "report")
        if result.exit_code == 0:
            assert "0 of 4 answers are included" in notes(tmp_path / "report")
        else:
            assert isinstance(result.exception, SystemExit), result.exception
            assert result.output.startswith("Error: ")
            assert "none of the 1 log contains an answer" in result.output

    def test_a_run_that_reached_nothing_beside_others(self, lay: Callable[..., Path], tmp_path: Path) -> None:
        """It is not passed over in silence."""

        def emptied(log: EvalLog) -> None:
            broken_off("cancelled")(log)
            log.samples = []

        folder = reported(tmp_path / "report", lay("fdx", sensitivity=emptied))
        assert "cancelled; 0 of 4 answers are included" in notes(folder)
