"""Which logs are one reader, which of several runs counts, and what is never repeated from a log."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import GenerateConfig, ModelConfig

from medsyn_inspect.analysis import analyze_case_sets, analyze_logs
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.cli import main
from medsyn_inspect.report.export.headers import header_files
from medsyn_inspect.tasks import ddx, fdx, sensitivity
from report_logs import reported
from running import Scripted, run, said, write_known

SECRET = "sk-proj-abcdefghijklmnopqrstuvwx"
QUOTED = "invalid key sk-proj-abcdefghijklmnopqrstuvwx for: A woman of 34 with fever"
"""What a provider may answer: it repeats the key and the case."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("set"))


def changed(log: EvalLog, change: Callable[[EvalLog], Any]) -> EvalLog:
    """A log written again after a change."""
    change(log)
    write_eval_log(log, log.location)
    return log


def at(log: EvalLog, day: int) -> EvalLog:
    """A log as if it had been made on that day of a month."""
    return changed(log, lambda whole: setattr(whole.eval, "created", f"2026-01-{day:02}T10:20:30+00:00"))


def configured(log: EvalLog, **settings: Any) -> EvalLog:
    """A log as if the model had been given generation settings."""
    return changed(log, lambda whole: setattr(whole.eval, "model_generate_config", GenerateConfig(**settings)))


def readers(findings: Findings) -> list[str]:
    return sorted(findings.readers["reader"])


class TestSettings:
    """Runs of one model name are runs of one reader only if nothing that can change an answer differs."""

    @pytest.mark.parametrize(
        ("settings", "name"),
        [
            ({"temperature": 0.5}, "temperature=0.5"),
            ({"system_message": "Answer as a surgeon."}, "system_message=Answer as a surgeon."),
            ({"reasoning_effort": "high"}, "reasoning_effort=high"),
        ],
    )
    def test_that_change_answers_make_another_reader(
        self, cases: Path, tmp_path: Path, settings: dict[str, Any], name: str
    ) -> None:
        at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), 1)
        at(configured(run(fdx(cases=str(cases)), Scripted("Answer: B"), tmp_path), **settings), 2)
        found = analyze_logs(tmp_path)
        assert readers(found) == ["mockllm/scripted", f"mockllm/scripted ({name})"]
        assert found.logs["counted"].all()
        assert any("runs with different settings are different readers" in note for note in found.notes)

    @pytest.mark.parametrize("settings", [{"max_connections": 3}, {"max_retries": 2}, {"timeout": 9}, {"seed": 4}])
    def test_that_do_not_leave_one_reader_whose_newer_run_counts(
        self, cases: Path, tmp_path: Path, settings: dict[str, Any]
    ) -> None:
        at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), 1)
        at(configured(run(fdx(cases=str(cases)), Scripted("Answer: B"), tmp_path), **settings), 2)
        found = analyze_logs(tmp_path)
        assert readers(found) == ["mockllm/scripted"]
        assert list(found.logs["counted"]) == [False, True]

    def test_another_service_is_another_reader_and_its_address_is_not_shown(self, cases: Path, tmp_path: Path) -> None:
        for day, url in ((1, "https://one.example/v1"), (2, "https://user:pw@two.example/v1")):
            log = at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), day)
            changed(log, lambda whole, url=url: setattr(whole.eval, "model_base_url", url))  # type: ignore[misc]
        found = analyze_logs(tmp_path)
        assert len(readers(found)) == 2
        assert all(name.startswith("mockllm/scripted (base_url=#") for name in readers(found))
        assert "example" not in str(readers(found)) + str(found.notes)

    def test_a_key_makes_no_other_reader(self, cases: Path, tmp_path: Path) -> None:
        for day, key in ((1, SECRET), (2, SECRET + "z")):
            log = at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), day)
            changed(log, lambda whole, key=key: setattr(whole.eval, "model_args", {"api_key": key}))  # type: ignore[misc]
        assert readers(analyze_logs(tmp_path)) == ["mockllm/scripted"]

    def test_questions_with_different_settings_stay_one_reader_with_a_note(self, cases: Path, tmp_path: Path) -> None:
        configured(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), max_tokens=20)
        configured(run(ddx(cases=str(cases)), Scripted("1. Gout"), tmp_path), max_tokens=900)
        found = analyze_logs(tmp_path)
        assert readers(found) == ["mockllm/scripted"]
        [note] = [note for note in found.notes if "different settings" in note]
        assert note == (
            "mockllm/scripted: its questions ran with different settings (differential: max tokens 900; "
            "final diagnosis: max tokens 20)."
        )


class TestTheNewestCompleteRun:
    def test_a_later_run_on_fewer_cases_does_not_displace_it(self, cases: Path, tmp_path: Path) -> None:
        whole = at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), 1)
        part = at(run(fdx(cases=str(cases)), Scripted("Answer: B"), tmp_path, limit=2), 2)
        found = analyze_logs(tmp_path)
        assert list(found.logs["counted"]) == [True, False]
        [note] = [note for note in found.notes if "2 runs" in note]
        names = [Path(log.location).name for log in (whole, part)]
        assert note == (
            f"mockllm/scripted, final diagnosis: 2 runs; {names[0]}, complete, of 2026-01-01 10:20:30, counts; the "
            f"others ({names[1]}, 2 of 4 answered, of 2026-01-02 10:20:30) are set aside (`--all` keeps them)."
        )

    def test_nor_does_one_that_failed(self, cases: Path, tmp_path: Path) -> None:
        at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), 1)
        at(run(fdx(cases=str(cases)), Scripted(RuntimeError("outage")), tmp_path), 2)
        found = analyze_logs(tmp_path)
        assert list(found.logs["counted"]) == [True, False]
        assert found.readers["accuracy_n"].item() == 4

    def test_of_incomplete_ones_the_one_with_most_answers_counts(self, cases: Path, tmp_path: Path) -> None:
        for day, limit in ((1, 1), (2, 3), (3, 2)):
            at(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path, limit=limit), day)
        assert list(analyze_logs(tmp_path).logs["counted"]) == [False, True, False]

    def test_a_copy_is_no_second_run(self, cases: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path / "logs")
        shutil.copy(log.location, tmp_path / "logs" / "copy.eval")
        found = analyze_logs(tmp_path / "logs")
        assert len(found.logs) == 1
        assert any("is a copy of" in note for note in found.notes)

    def test_a_cancelled_run_counts_its_answers_only(self, cases: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(cases)), Scripted("Answer: A", RuntimeError("cancelled")), tmp_path)
        changed(log, lambda whole: setattr(whole, "status", "cancelled"))
        found = analyze_logs(tmp_path)
        [note] = [note for note in found.notes if "cancelled;" in note]
        assert "cancelled; 1 of 4 answers are included." in note
        assert found.readers["accuracy_n"].item() == 1


class TestCaseSets:
    def test_each_is_analysed_on_its_own(self, cases: Path, tmp_path: Path) -> None:
        at(run(fdx(), "reference/reader", tmp_path, limit=2), 1)
        at(run(fdx(cases=str(cases)), "reference/reader", tmp_path, model_args={"cases": str(cases)}), 2)
        found = analyze_case_sets(tmp_path)
        assert [one.headline["case_set"].item() for one in found.values()] == ["medsyn-demo 1.0", "three cases 1.0"]
        done = CliRunner().invoke(main, ["analyze", str(tmp_path), "-o", str(tmp_path / "out")])
        assert done.exit_code == 0, done.output
        assert "The logs are of 2 case sets; each is analysed separately" in done.output
        written = {path.parent.name for path in (tmp_path / "out").glob("*/findings.json")}
        demo, three = found
        assert written == {f"medsyn-demo-1.0-{demo}", f"three-cases-1.0-{three}"}


class TestAReport:
    def test_is_made_although_one_run_has_no_posterior_at_all(self, cases: Path, tmp_path: Path) -> None:
        run(sensitivity(cases=str(cases)), "reference/reader", tmp_path / "logs", model_args={"cases": str(cases)})
        run(sensitivity(cases=str(cases)), Scripted(RuntimeError("outage")), tmp_path / "logs")
        made = reported(tmp_path / "report", tmp_path / "logs")
        assert (made / "index.html").is_file()

    @pytest.mark.parametrize("folder", ["a#b", "a?b", "a%20b", "a b"])
    def test_is_made_in_folders_with_odd_names(self, cases: Path, tmp_path: Path, folder: str) -> None:
        run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path / "logs")
        shutil.move(tmp_path / "logs", tmp_path / folder)
        made = reported(tmp_path / "report", tmp_path / folder)
        assert json.loads((made / "report.json").read_text(encoding="utf-8"))["findings"]["logs"]


class TestNothingIsRepeated:
    def test_what_a_provider_says_stays_in_the_log(self, cases: Path, tmp_path: Path) -> None:
        run(sensitivity(cases=str(cases)), Scripted(RuntimeError(QUOTED)), tmp_path / "logs")
        run(fdx(cases=str(cases)), Scripted(RuntimeError(QUOTED), "Answer: A"), tmp_path / "logs")
        run(ddx(cases=str(cases)), Scripted("1. Gout"), tmp_path / "logs", judge=Scripted(RuntimeError(QUOTED)))
        screen = CliRunner().invoke(main, ["analyze", str(tmp_path / "logs"), "-o", str(tmp_path / "out")])
        assert screen.exit_code == 0, screen.output
        made = reported(tmp_path / "report", tmp_path / "logs")
        written = [*(tmp_path / "out").iterdir(), *made.rglob("*.*")]
        texts = [screen.output, *(path.read_bytes().decode(errors="replace") for path in written if path.is_file())]
        assert len(texts) > 20
        for text in texts:
            assert SECRET not in text
            assert "woman of 34" not in text
        assert "the call failed (RuntimeError)" in screen.output

    def test_an_exported_header_holds_no_credentials_and_can_be_read(self, cases: Path, tmp_path: Path) -> None:
        log = run(ddx(cases=str(cases)), Scripted("1. Gout"), tmp_path / "logs", judge=Scripted(said("{}")))

        def add(whole: EvalLog) -> None:
            secret = GenerateConfig(extra_headers={"Authorization": f"Bearer {SECRET}"}, temperature=0.5)
            whole.eval.model_base_url = f"https://user:{SECRET}@models.example/v1"
            whole.eval.model_args = {"api_key": SECRET, "endpoint": "https://models.example", "seed": 3}
            whole.eval.model_generate_config = whole.plan.config = secret
            whole.eval.model_roles = {
                "grader": ModelConfig(
                    model="openai/gpt-4o", base_url="https://g.example", args={"token": SECRET}, config=secret
                )
            }

        changed(log, add)
        [(name, text)] = header_files([tmp_path / "logs"]).files.items()
        assert SECRET not in text
        assert "example" not in text
        (tmp_path / name).write_text(text, encoding="utf-8")
        again = read_eval_log(str(tmp_path / name), header_only=True).eval
        assert (again.model_args["seed"], again.model_generate_config.temperature) == (3, 0.5)
        assert again.model_base_url == "<withheld>"
