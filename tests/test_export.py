"""What is exported is accepted by its own validator, says the same numbers, and tells nothing of the cases."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalLog, EvalSampleSummary, read_eval_log, write_eval_log
from inspect_ai.scorer import Score

from medsyn_inspect.analysis import headline, read_runs
from medsyn_inspect.analysis.read.logs import NoRuns
from medsyn_inspect.analysis.read.scores import counted_score
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.physicians.answers import import_answers
from medsyn_inspect.report.export import ExportFailed, validation
from medsyn_inspect.report.export.every_eval_ever import every_eval_ever_files
from medsyn_inspect.report.export.headers import ERROR_LEFT_OUT, header_files
from medsyn_inspect.report.export.instances import WITHHELD
from medsyn_inspect.report.export.run import Run, model_identity
from medsyn_inspect.report.export.validation import problems_of, validator_version
from medsyn_inspect.tasks import ddx, fdx, open_fdx, sensitivity
from running import BRAIN, HEART, LUNG, WHOLE, Conversation, Scripted, run, write_known

NOW = 1_800_000_000
Json = dict[str, Any]

with_validator = pytest.mark.skipif(
    validator_version() is None, reason="every-eval-ever is not installed, see docs/export.md"
)


def quoting(conversation: Conversation) -> str:
    """An answer that repeats the case, as models do; for one case a refusal."""
    asked = conversation[-1].text
    if "Chest pain that eases" in "".join(message.text for message in conversation):
        return "I'm sorry, but I can't help with that."
    if "Answer: X" in asked:
        return f"{asked[:80]}\nAnswer: A"
    if "\u6700\u7ec8\u8bca\u65ad" in asked or "commit" in asked.lower():
        return "Final diagnosis: Sarcoidosis"
    return "1. Sarcoidosis\n2. Systemic lupus erythematosus"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def logs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of every kind: each question, stages, epochs, a person, cases that no judge or no model answers."""
    place, cases = tmp_path_factory.mktemp("logs"), str(folder)
    whole = place / "whole"
    run(fdx(cases=cases), Scripted(answer=quoting), whole, epochs=2, temperature=0.5, seed=7)
    run(ddx(cases=cases, rubric="core_diagnosis"), Scripted(answer=quoting), whole)
    run(open_fdx(cases=cases, view="finding"), Scripted(answer=quoting), whole)
    run(fdx(cases=cases, staging="turns"), "reference/reader", whole, model_args={"cases": cases, "image_gain": 0.5})
    sheet = place / "answers.csv"
    sheet.write_text(
        "case_id,differential,option,flag,confidence,seconds_differential,seconds_option\n"
        f"{LUNG},Sarcoid,A,it fits two,4,61.5,12\n",
        encoding="utf-8",
    )
    import_answers(sheet, "two", cases, judge="reference/judge", log_dir=str(whole))
    run(ddx(cases=cases, withhold="ct"), Scripted("1. Gout"), place / "unjudged", judge=Scripted("I would rather not."))
    failing = Scripted(answer=lambda asked: quoting(asked) if "cough" in asked[-1].text else ValueError(asked[-1].text))
    run(fdx(cases=cases), failing, place / "failing")
    return place


@pytest.fixture(scope="module")
def files(logs: Path) -> dict[str, str]:
    return every_eval_ever_files([logs / "whole"], now=NOW).files


def aggregates(files: dict[str, str]) -> list[Json]:
    return [json.loads(text) for name, text in files.items() if name.endswith(".json")]


def lines(files: dict[str, str], aggregate: Json) -> list[Json]:
    text = files[aggregate["detailed_evaluation_results"]["file_path"]]
    return [json.loads(line) for line in text.splitlines()]


def words_of_cases(folder: Path) -> Iterator[str]:
    """Everything that is told of a case, but for what is nothing without the rest: letters, types, specialties."""
    for case in load_cases(folder).cases:
        yield from (case.history, case.examination, case.final_diagnosis, *case.aliases, *(case.options or ()))
        yield from (piece.finding for piece in case.evidence if piece.finding)


class TestEveryEvalEver:
    @with_validator
    @pytest.mark.parametrize("include_cases", [False, True])
    def test_its_validator_has_nothing_against_it(self, logs: Path, include_cases: bool) -> None:
        exported = every_eval_ever_files([logs], include_cases=include_cases, organization="Us", relationship="other")
        assert len(aggregates(exported.files)) == 7
        assert problems_of(exported.files) == []

    @with_validator
    def test_its_validator_does_look(self, files: dict[str, str]) -> None:
        name, text = next((name, text) for name, text in files.items() if name.endswith(".json"))
        record = json.loads(text)
        record["evaluation_results"][0]["score_details"]["score"] = 7.5
        assert any("outside" in problem for problem in problems_of(files | {name: json.dumps(record)}))
        del record["model_info"]
        assert any("model_info" in problem for problem in problems_of(files | {name: json.dumps(record)}))

    def test_the_numbers_are_those_of_the_analysis(self, logs: Path, files: dict[str, str]) -> None:
        rows = headline(read_runs(logs / "whole")).to_dict("records")
        expected = {
            (row["reader"].partition(" ")[0], row["view"], row["staging"], row["grading"], name): row[column]
            for row in rows
            for column, name in {
                "accuracy": "accuracy",
                "coverage": "medsyn.ddx_coverage",
                "score": "medsyn.ddx_score",
                "open_coverage": "medsyn.open_fdx_coverage",
                "open_score": "medsyn.open_fdx_score",
            }.items()
            if row[column] is not None
        }
        told = {}
        for record in aggregates(files):
            for result in record["evaluation_results"]:
                how = result["generation_config"]["additional_details"]
                rubric = (
                    result["metric_config"].get("llm_scoring", {}).get("additional_details", {}).get("rubric", "bond")
                )
                grading = f"rubric={rubric}" if rubric != "bond" else ""
                key = (
                    record["model_info"]["id"],
                    how["view"],
                    how["staging"],
                    grading,
                    result["metric_config"]["metric_id"],
                )
                told[key] = result["score_details"]
        assert set(told) == set(expected)
        for key, details in told.items():
            estimate, uncertainty = expected[key], details["uncertainty"]
            assert (details["score"], uncertainty["num_samples"]) == (estimate.value, estimate.n)
            assert ("confidence_interval" in uncertainty) == bool(estimate.method)
            if estimate.method:
                interval = uncertainty["confidence_interval"]
                assert (interval["lower"], interval["upper"]) == (estimate.lower, estimate.upper)

    def test_every_answer_has_a_line_for_each_result(self, files: dict[str, str]) -> None:
        for record in aggregates(files):
            epochs = int(record["evaluation_results"][0]["score_details"]["details"]["epochs"])
            scores: dict[str, list[float]] = {}
            for line in lines(files, record):
                scores.setdefault(line["evaluation_result_id"], []).append(line["evaluation"]["score"])
            for result in record["evaluation_results"]:
                given = scores[result["evaluation_result_id"]]
                assert len(given) == epochs * result["score_details"]["uncertainty"]["num_samples"]
                assert sum(given) / len(given) == pytest.approx(result["score_details"]["score"])

    def test_what_is_not_scored_is_counted_and_has_no_line(self, logs: Path) -> None:
        [record] = aggregates(found := every_eval_ever_files([logs / "failing"], now=NOW).files)
        [result] = record["evaluation_results"]
        details = result["score_details"]["details"]
        assert (details["cases_asked"], details["cases_scored"], details["call_failed"]) == ("4", "1", "3")
        assert details["log_status"] == "error"
        assert [line["sample_id"] for line in lines(found, record)] == [LUNG]

    def test_a_log_without_a_score_is_left_out_and_named(self, logs: Path) -> None:
        with pytest.raises(ExportFailed, match="no answer in it is scored"):
            every_eval_ever_files([logs / "unjudged"])
        exported = every_eval_ever_files([logs])
        assert len(exported.notes) == 1
        assert "unjudged" in exported.notes[0]

    def test_nothing_is_told_of_a_case(self, folder: Path, logs: Path, files: dict[str, str]) -> None:
        both = "".join(files.values()) + "".join(every_eval_ever_files([logs / "failing"]).files.values())
        assert [words for words in words_of_cases(folder) if words in both] == []
        assert WITHHELD in both
        assert "it fits two" not in both, "a flag can quote the case"
        assert "base64" not in both

    def test_the_time_and_the_confidence_of_a_person_are_told(self, files: dict[str, str]) -> None:
        rows = [json.loads(line) for name, text in files.items() if name.endswith("l") for line in text.splitlines()]
        told = [row["metadata"] for row in rows if "seconds" in row["metadata"]]
        assert {str(metadata["seconds"]) for metadata in told} == {"61.5", "12.0"}
        assert {str(metadata.get("confidence")) for metadata in told} == {"4", "None"}

    def test_unless_asked_for_and_then_without_images(self, folder: Path, logs: Path) -> None:
        text = "".join(every_eval_ever_files([logs / "whole"], include_cases=True).files.values())
        told = {WHOLE, HEART, LUNG, BRAIN}
        for case in load_cases(folder).cases:
            assert case.case_id in told
            assert json.dumps(case.history, ensure_ascii=False)[1:-1] in text
        assert "[image]" in text
        assert "base64" not in text
        assert "it fits two" in text

    def test_stages_and_the_commitment_are_turns(self, logs: Path, files: dict[str, str]) -> None:
        told = every_eval_ever_files([logs / "whole"], include_cases=True, now=NOW).files
        turns = Counter()
        for found in (files, told):
            for record in aggregates(found):
                for line in lines(found, record):
                    if line["interaction_type"] == "single_turn":
                        continue
                    turns[record["model_info"]["id"]] += 1
                    roles = [message["role"] for message in line["messages"]]
                    assert roles == ["user", "assistant"] * line["evaluation"]["num_turns"]
                    for source in line["answer_attribution"]:
                        assert roles[source["turn_idx"]] == "assistant"
        assert turns == {"mockllm/scripted": 2 * 4 * 2, "reference/reader": 2 * 4}

    def test_settings_judge_and_case_set_are_named(self, files: dict[str, str]) -> None:
        by_name = {record["evaluation_results"][0]["evaluation_name"]: record for record in aggregates(files)}
        fdx_run = by_name["medsyn_inspect/fdx (images and text)"]["evaluation_results"][0]
        ddx_run = by_name["medsyn_inspect/ddx (rubric=core_diagnosis)"]["evaluation_results"][0]
        assert fdx_run["source_data"]["additional_details"]["synthetic"] == "True"
        assert "llm_scoring" not in fdx_run["metric_config"]
        [judge] = ddx_run["metric_config"]["llm_scoring"]["judges"]
        assert judge["model_info"]["id"] == "reference/judge"
        assert "subtype" in ddx_run["metric_config"]["llm_scoring"]["input_prompt"]
        reader = by_name["medsyn_inspect/fdx (staging=turns)"]["model_info"]["additional_details"]
        assert "no medical model" in reader["reader"]
        assert json.loads(reader["arguments"])["image_gain"] == 0.5

    def test_again_the_same_log_has_the_same_files(self, logs: Path, files: dict[str, str]) -> None:
        assert list(every_eval_ever_files([logs / "whole"], now=NOW).files.items()) == list(files.items())
        assert list(every_eval_ever_files([logs / "whole"], now=NOW + 1).files) == list(files)

    def test_sensitivity_has_no_place_in_it(self, folder: Path, tmp_path: Path) -> None:
        task = sensitivity(cases=str(folder), types="ct")
        run(task, "reference/reader", tmp_path, model_args={"cases": str(folder)}, limit=1)
        with pytest.raises(ExportFailed, match="no place for Evidence Sensitivity"):
            every_eval_ever_files([tmp_path])


@pytest.mark.parametrize(
    ("name", "expected", "server"),
    [
        ("openai/gpt-5", "openai/gpt-5", "openai"),
        ("hf/Qwen/Qwen3-VL-8B", "Qwen/Qwen3-VL-8B", "hf"),
        ("openrouter/anthropic/claude-opus-4.5", "anthropic/claude-opus-4.5", "openrouter"),
        ("ollama/llama3:8b", "ollama/llama3_8b", "ollama"),
        ("transformer_lens/EleutherAI/pythia-70m", "EleutherAI/pythia-70m", "transformer_lens"),
        ("human/two-physicians", "human/two-physicians", None),
        ("mockllm/model", "mockllm/model", None),
    ],
)
def test_a_model_has_the_name_it_has_everywhere(name: str, expected: str, server: str | None) -> None:
    identity = model_identity(name)
    assert (identity["name"], identity["id"]) == (name, expected)
    assert identity.get("inference_platform", identity.get("inference_engine", {}).get("name")) == server
    assert ("inference_engine" in identity) == (name.partition("/")[0] in ("hf", "ollama", "transformer_lens"))


NAMES_OF_MODELS = st.lists(
    st.sampled_from(["/", "/", ".", "..", "\\", "a", " ", "~", ":", "\n", "\x00", "\u202e", "data", "hf", "\ud800"])
).map(lambda parts: "hf/" + "".join(parts))


class TestPlaceOfAModel:
    @given(NAMES_OF_MODELS | st.text(st.characters(exclude_categories=[])))
    def test_no_name_leads_out_of_it(self, name: str) -> None:
        folder = place_of(name)
        assert folder.encode().startswith(b"data/medsyn-inspect/")
        parts = folder.split("/")
        assert len(parts) == 4
        assert not {"", ".", ".."} & set(parts)
        assert not set("\\\n\x00\u202e") & set(folder)
        assert Path("/out", folder).resolve() == Path("/out", folder)

    @with_validator
    @given(NAMES_OF_MODELS)
    def test_it_is_where_the_schema_wants_it(self, name: str) -> None:
        from every_eval_ever.helpers.io import datastore_path_components

        _, developer, model = datastore_path_components("medsyn-inspect", str(model_identity(name)["id"]))
        assert place_of(name) == f"data/medsyn-inspect/{developer}/{model}"

    @pytest.mark.parametrize(
        ("name", "folder"),
        [
            ("hf/../../evil", "_/__evil"),
            ("hf/..", "hf/_"),
            ("hf//etc/passwd", "_/etc_passwd"),
            ("openai/gpt-5", "openai/gpt-5"),
            ("openrouter/a/b/c", "a/b_c"),
            ("unknown", "unknown/_"),
        ],
    )
    def test_it_is_still_readable(self, name: str, folder: str) -> None:
        assert place_of(name) == f"data/medsyn-inspect/{folder}"

    def test_nothing_is_written_outside(self, logs: Path, tmp_path: Path) -> None:
        log = changed(next((logs / "whole").glob("*_fdx_*.eval")), tmp_path / "logs" / "evil.eval")
        log.eval.model = "hf/../../evil"
        write_eval_log(log, str(tmp_path / "logs" / "evil.eval"))
        invoke("export", str(tmp_path / "logs"), "--format", "every-eval-ever", "-o", str(tmp_path / "out" / "a" / "b"))
        written = {path.parent for path in tmp_path.rglob("*.json*")}
        assert written == {tmp_path / "out" / "a" / "b" / "data" / "medsyn-inspect" / "_" / "__evil"}


def place_of(model: str) -> str:
    """The folder of a model's files."""
    header = SimpleNamespace(eval=SimpleNamespace(model=model))
    return Run("", header, task=None, answers=None, made="", rubric="").folder  # type: ignore[arg-type]


def changed(file: Path, place: Path) -> EvalLog:
    """A log to be changed and written to another place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    return read_eval_log(str(file))


UNREADABLE = (
    "cut-off.eval",
    "no-log.eval",
    "damaged.eval",
    "2026-01-01T00-00-00-00-00_fdx_nojson.json",
)


@pytest.fixture
def mixed(logs: Path, tmp_path: Path) -> Path:
    """A good log and all that can be wrong with others."""
    folder = tmp_path / "mixed"
    good = next(path for path in sorted((logs / "whole").glob("*_ddx_*.eval")) if "human" not in model_of(path))
    (folder / "again").mkdir(parents=True)
    shutil.copy(good, folder / "good.eval")
    shutil.copy(good, folder / "again" / "good.eval")
    content = good.read_bytes()
    (folder / "cut-off.eval").write_bytes(content[: len(content) // 2])
    (folder / "no-log.eval").write_bytes(b"")
    (folder / "2026-01-01T00-00-00-00-00_fdx_nojson.json").write_text("{", encoding="utf-8")
    (folder / "damaged.eval").write_bytes(damaged(content, "header.json"))
    other = read_eval_log(str(good))
    other.eval.eval_id = "damaged"
    write_eval_log(other, str(folder / "other.eval"))
    (folder / "damaged-answers.eval").write_bytes(damaged((folder / "other.eval").read_bytes(), "summaries.json"))
    (folder / "other.eval").unlink()
    bare = read_eval_log(str(good))
    bare.eval.eval_id = "bare"
    for sample in bare.samples or []:
        sample.metadata = {}
    write_eval_log(bare, str(folder / "bare.eval"))
    return folder


def model_of(log: Path) -> str:
    return read_eval_log(str(log), header_only=True).eval.model


def damaged(log: bytes, member: str) -> bytes:
    """A log in which the content of one member is not what it says it is."""
    with zipfile.ZipFile(BytesIO(log)) as archive:
        [place] = [info for info in archive.infolist() if info.filename == member]
    begin = place.header_offset + 30 + len(member)
    return log[: begin + 40] + b"\xff" * 20 + log[begin + 60 :]


class TestLogsThatCannotBeExported:
    def test_every_one_is_named_and_the_others_are_written(self, mixed: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        done = invoke("export", str(mixed), "--format", "every-eval-ever", "-o", str(out))
        for name in UNREADABLE:
            assert f"Left out: {name}: cannot be read as a log" in done.output
        for name in ("damaged-answers.eval", "bare.eval"):
            assert re.search(f"Left out: (.*/)?{name}: ", done.output)
        assert re.search(r"sample \S+ has no metadata of a case", done.output)
        assert "good.eval is a copy of good.eval and is not counted again." in done.output
        assert len(list(out.rglob("*.json"))) == len(list(out.rglob("*.jsonl"))) == 1

    def test_headers_need_no_answers(self, mixed: Path, tmp_path: Path) -> None:
        done = invoke("export", str(mixed), "--format", "json", "-o", str(tmp_path / "out"))
        assert done.output.count("Left out: ") == len(UNREADABLE)
        names = {path.name for path in (tmp_path / "out").iterdir()}
        assert names == {"good.json", "bare.json", "damaged-answers.json"}

    @pytest.mark.parametrize("form", ["json", "every-eval-ever"])
    def test_nothing_at_all_is_a_failure(self, mixed: Path, tmp_path: Path, form: str) -> None:
        done = invoke("export", str(mixed / "cut-off.eval"), "--format", form, "-o", str(tmp_path / "out"), code=1)
        assert done.output.startswith("Error: cut-off.eval: cannot be read as a log")
        assert not (tmp_path / "out").exists()

    def test_an_exported_header_does_not_take_the_place_of_its_log(self, logs: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(logs / "whole", tmp_path / "logs")
        invoke("export", str(folder), "--format", "json", "-o", str(folder / "0"))
        headers = {path.name for path in (folder / "0").iterdir()}
        done = invoke("export", str(folder / "0"), str(folder), "--format", "every-eval-ever", "-o", str(tmp_path))
        assert len(re.findall(r"Wrote .*\.jsonl", done.output)) == len(headers)

    def test_two_runs_whose_logs_have_one_name_are_both_written(self, logs: Path, tmp_path: Path) -> None:
        for folder, log in zip("ab", sorted((logs / "whole").glob("*_fdx_*.eval")), strict=False):
            (tmp_path / "logs" / folder).mkdir(parents=True)
            shutil.copy(log, tmp_path / "logs" / folder / "same.eval")
        done = invoke("export", str(tmp_path / "logs"), "--format", "json", "-o", str(tmp_path / "out"))
        assert "Left out" not in done.output
        ids = {read_eval_log(str(tmp_path / "out" / name)).eval.eval_id for name in ("same.json", "same-2.json")}
        assert len(ids) == 2

    def test_a_score_of_others_says_nothing_of_the_outcome(self) -> None:
        first, last = (Score(value=1, metadata={"outcome": outcome}) for outcome in ("wrong", "right"))
        theirs = {"theirs": Score(value=0, metadata={"outcome": "right"})}
        scores = {"option_choice": first, "option_choice1": last, "differential_judge": first, **theirs}
        assert counted_score(EvalSampleSummary(id=1, epoch=1, input="", target="", scores=scores), "fdx") == last
        assert counted_score(EvalSampleSummary(id=1, epoch=1, input="", target="", scores=theirs), "fdx") is None


class TestHeaders:
    def test_inspect_reads_them(self, logs: Path, tmp_path: Path) -> None:
        invoke("export", str(logs / "whole"), "--format", "json", "-o", str(tmp_path))
        for path in (logs / "whole").glob("*.eval"):
            header = read_eval_log(str(tmp_path / path.with_suffix(".json").name))
            original = read_eval_log(str(path), header_only=True)
            assert header.results is not None
            assert original.results is not None
            assert header.results.model_dump_json() == original.results.model_dump_json()
            left = {"dataset", "task_args", "task_args_passed", "model_args"}
            assert header.eval.model_dump(exclude=left) == original.eval.model_dump(exclude=left)
            assert header.eval.dataset.sample_ids == original.eval.dataset.sample_ids
            assert not header.samples

    def test_tell_nothing_of_a_case_nor_of_an_error(self, folder: Path, logs: Path) -> None:
        text = "".join(header_files([logs]).files.values())
        assert [words for words in words_of_cases(folder) if words in text] == []
        assert "base64" not in text

    def test_an_error_is_said_to_be_left_out(self, folder: Path, tmp_path: Path) -> None:
        broken = Scripted(answer=lambda asked: ValueError("They said: Chest pain."))
        task = fdx(cases=str(folder))
        task.continue_on_fail = False
        log = run(task, broken, tmp_path)
        assert log.error is not None
        assert "Chest pain" in read_eval_log(log.location, header_only=True).model_dump_json()
        [text] = header_files([tmp_path]).files.values()
        assert "Chest pain" not in text
        assert ERROR_LEFT_OUT in text

    def test_beside_the_logs_they_count_for_nothing(self, logs: Path) -> None:
        before = read_runs(logs / "whole")
        try:
            invoke("export", str(logs / "whole"), "--format", "json", "-o", str(logs / "whole"))
            assert read_runs(logs / "whole").equals(before)
        finally:
            for path in (logs / "whole").glob("*.json"):
                path.unlink()

    def test_alone_they_are_no_results(self, logs: Path, tmp_path: Path) -> None:
        invoke("export", str(logs / "whole"), "--format", "json", "-o", str(tmp_path))
        with pytest.raises(NoRuns):
            read_runs(tmp_path)
        with pytest.raises(ExportFailed, match="it holds no answers; export the log itself"):
            every_eval_ever_files([tmp_path])


def invoke(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == code, done.output
    return done


class TestCommand:
    def test_says_whether_it_was_validated(self, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        given = ("export", str(logs / "whole"), "--format", "every-eval-ever", "-o", str(tmp_path))
        if validator_version():
            assert "Validated by every-eval-ever" in invoke(*given).output
        monkeypatch.setattr(validation, "validator_version", lambda: None)
        assert "Not validated" in invoke(*given).output
        assert len(list(tmp_path.rglob("*.json*"))) == 2 * 6

    @with_validator
    def test_writes_nothing_that_is_not_accepted(
        self, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("medsyn_inspect.report.export.aggregate.SCHEMA_VERSION", 3)
        given = ("export", str(logs / "whole"), "--format", "every-eval-ever", "-o", str(tmp_path / "out"))
        assert "does not accept the export" in invoke(*given, code=1).output
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("form", ["json", "every-eval-ever"])
    def test_a_folder_without_logs_is_said_to_be(self, tmp_path: Path, form: str) -> None:
        done = invoke("export", str(tmp_path), "--format", form, "-o", str(tmp_path / "out"), code=1)
        assert "no log of this suite" in done.output
        assert not (tmp_path / "out").exists()

    def test_on_a_full_disk_the_folder_is_as_it_was(self, logs: Path, tmp_path: Path) -> None:
        """Here the system refuses a file of more than 5,000 bytes."""
        out = tmp_path / "out"
        out.mkdir()
        (out / "mine.txt").write_text("mine", encoding="utf-8")

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

        command = [sys.executable, "-m", "medsyn_inspect.cli", "export", str(logs / "whole"), "--format", "json", "-o"]
        done = subprocess.run([*command, str(out)], preexec_fn=limit, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"Error: nothing was written to {out} (File too large)")
        assert "Traceback" not in done.stderr
        assert [path.name for path in out.iterdir()] == ["mine.txt"]

    def test_headers_hold_no_cases_to_include(self, logs: Path, tmp_path: Path) -> None:
        given = ("--format", "json", "-o", str(tmp_path / "out"), "--include-cases")
        assert "headers contain no cases" in invoke("export", str(logs), *given, code=2).output
