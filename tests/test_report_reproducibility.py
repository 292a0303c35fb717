"""A log can be run again from the report alone, and the report gives away neither keys nor folders."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai import Epochs
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import CachePolicy, GenerateConfig, ModelConfig, ModelUsage, ResponseSchema, get_model
from inspect_ai.util import AdaptiveConcurrency, JSONSchema, TokenLimit

from medsyn_inspect import ddx, fdx, open_fdx
from medsyn_inspect.analysis import analyze_logs
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.redaction import PATH, WITHHELD, is_secret, is_withheld, without_secrets
from medsyn_inspect.report.material import Material, options_of, read_material, rows_of
from medsyn_inspect.report.rerun.reproducibility import reproducibility, usage_table, usage_totals
from medsyn_inspect.report.rerun.run_config import Rerun, file_names, rerun
from medsyn_inspect.tasks import sensitivity
from running import HEART, LUNG, run, samples_of, write_known
from wire.dialects import Say
from wire.server import WireServer

pytest_plugins = ["wire.fixtures"]

KEYS = ("sk-proj-0123456789abcdefghij", "hf_ABCDEFGHIJKLMNOPqrst", "Bearer abcdef0123456789", "AKIA0123456789ABCDEF")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("somewhere")


@pytest.fixture(scope="module")
def cases(places: Path) -> str:
    return str(write_known(places / "private" / "my cases"))


@pytest.fixture(scope="module")
def header(places: Path, cases: str) -> EvalLog:
    """Of a judged run with settings of every kind."""
    log = run(
        ddx(cases=cases, withhold=["ct", "mri"]), "reference/reader", places / "logs", model_args={"image_gain": 0.5},
        temperature=0.5, seed=3, sample_id=[HEART, LUNG], epochs=2, time_limit=300,
    )  # fmt: skip
    return read_eval_log(log.location, header_only=True)


def changed(header: EvalLog, **changes: Any) -> EvalLog:
    """The header with other values in its `eval` part."""
    return header.model_copy(update={"eval": header.eval.model_copy(update=changes)})


def material_of(*headers: EvalLog) -> Material:
    return read_material("logs", headers=[(f"logs/{number}.eval", header) for number, header in enumerate(headers)])


def rerun_of(header: EvalLog) -> Rerun:
    [row] = rows_of(material_of(header).logs)
    return rerun(row, "rerun/0.yaml")


def arguments(found: Rerun, **variables: str) -> list[str]:
    """The command as a shell takes it apart, after the variables it asks for are set."""
    assert set(variables) == set(found.variables)
    script = f"printf '%s\\0' {found.command}"
    done = subprocess.run(
        ["sh", "-c", script], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout.split("\0")[:-1]


def inspect(words: list[str], folder: Path) -> Result:
    """Inspect's own command line, in this process and this folder."""
    [script] = entry_points(group="console_scripts", name="inspect")
    assert words[0] == "inspect"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(script.load().__globals__["inspect"], words[1:])


def run_again(header: EvalLog, folder: Path, edit: Callable[[str], str] = str, **variables: str) -> EvalLog:
    """The header of the log that results if a report's folder holds the run configuration and its command is run.

    Args:
        header: Of the log to be run again.
        folder: Of the report.
        edit: Changes the text of the file first, as a person would.
        variables: Values of the shell variables.
    """
    found = rerun_of(header)
    (folder / found.file).parent.mkdir(parents=True)
    (folder / found.file).write_text(edit(found.text), encoding="utf-8")
    done = inspect([*arguments(found, **variables), "--log-dir", "again", "--display", "none"], folder)
    assert done.exit_code == 0, (done.output, done.exception)
    [again] = list_eval_logs(str(folder / "again"))
    return read_eval_log(again, header_only=True)


def assert_same_run(again: EvalLog, header: EvalLog) -> None:
    """That two headers tell of the same run."""
    for name in (
        "task", "task_version", "task_args_passed", "model", "model_args", "model_base_url", "model_generate_config",
        "model_roles", "solver", "dataset", "metadata", "scorers", "metrics",
    ):  # fmt: skip
        assert getattr(again.eval, name) == getattr(header.eval, name), name
    ignored = {"log_shared"}  # 0 from the command line, nothing from Python: both mean no
    assert again.eval.config.model_dump(exclude=ignored) == header.eval.config.model_dump(exclude=ignored)
    assert again.plan.config == header.plan.config
    assert again.plan.steps == header.plan.steps
    assert again.status == header.status


HARD: dict[str, Any] = {
    "flag": "no", "digits": "007", "power": "1e-05", "small": 1e-05, "day": "2020-01-01", "empty": "", "none": None,
    "space": " x", "comma": "a,b", "many": ["x,y", "z", "no"], "one": ["x"], "deep": {"k": [1, "no", None, {"a": []}]},
    "lines": "a\nb: c # d", "chinese": "心包炎", "hidden": "a\u202eb",
}  # fmt: skip
"""Arguments that a command line, or YAML, could take for something else."""


class TestRunConfig:
    def test_running_it_makes_the_same_log(self, header: EvalLog, cases: str, tmp_path: Path) -> None:
        again = run_again(header, tmp_path, CASES=cases)
        assert_same_run(again, header)
        assert again.results is not None
        assert header.results is not None
        means = [[metric.value for score in log.results.scores for metric in score.metrics.values()]
                 for log in (again, header)]  # fmt: skip
        assert means[0] == pytest.approx(means[1], nan_ok=True)

    def test_arguments_keep_their_types(self, cases: str, places: Path, tmp_path: Path) -> None:
        task = fdx(cases=cases, language=["en", "zh"], logprobs=False)
        log = run(task, "mockllm/model", places / "hard", judge=None, model_args=HARD, limit=1)
        again = run_again(log, tmp_path, CASES=cases)
        assert_same_run(again, log)
        assert again.eval.model_args == HARD

    @pytest.mark.parametrize(
        "settings",
        [
            {
                "temperature": 1e-05, "top_p": 0.95, "max_tokens": 64, "stop_seqs": ["a b", "'", "a,b"], "timeout": 20,
                "reasoning_effort": "low", "system_message": '$(touch owned); `id` "it\'s" \\ #\nno',
                "logit_bias": {42: 10.0, 43: -5.5}, "parallel_tool_calls": False, "max_connections": 3,
                "extra_body": {"a": {"b": [1, "no", "007", "1e-05", 1e-05, None, True]}},
                "cache": CachePolicy(expiry="2D", per_epoch=False, scopes={"a": "b"}), "cache_prompt": True,
                "response_schema": ResponseSchema(
                    name="x", strict=True, json_schema=JSONSchema(properties={"a": JSONSchema(enum=[1, 2])})
                ),
                "adaptive_connections": AdaptiveConcurrency(min=2, start=3, max=9),
            },
            {
                "limit": (1, 3), "sample_shuffle": 7, "fail_on_error": 0.25, "retry_on_error": 2, "message_limit": 9,
                "token_limit": TokenLimit(tokens=90000, type="output"), "working_limit": 100, "max_samples": 2,
                "log_buffer": 3, "log_images": False, "score_display": False, "continue_on_fail": False,
                "epochs": Epochs(2, ["mean", "at_least_1"]),
            },
            {
                "limit": None, "sample_id": HEART, "cache": True, "batch": 5, "token_limit": 90000,
                "epochs": Epochs(2, []),
            },
        ],
    )  # fmt: skip
    def test_settings_of_every_kind_arrive(
        self, settings: dict[str, Any], cases: str, places: Path, tmp_path: Path
    ) -> None:
        log = run(fdx(cases=cases), "reference/reader", places / "settings", judge=None, **{"limit": 1, **settings})
        assert_same_run(run_again(log, tmp_path, CASES=cases), log)
        assert rerun_of(log).left_out == ()

    def test_a_panel_with_settings(self, cases: str, places: Path, tmp_path: Path) -> None:
        judges = [
            get_model("reference/judge", config=GenerateConfig(temperature=0.25, system_message="it's\n007")),
            get_model("mockllm/model", memoize=False, flag="no", many=["a", "b"]),
        ]
        log = run(ddx(cases=cases), "reference/reader", places / "panel", judge=judges, limit=1)
        assert_same_run(run_again(log, tmp_path, CASES=cases), log)

    def test_sharing_of_a_live_log_is_an_option(self, header: EvalLog) -> None:
        """Inspect's command line has a default for it that would replace what the file says."""
        found = rerun_of(changed(header, config=header.eval.config.model_copy(update={"log_shared": 10})))
        assert "--log-shared=10" in found.command
        assert "log_shared" not in found.run_config["eval_config"]

    def test_a_solver_comes_with_its_arguments(self, header: EvalLog) -> None:
        """Inspect's `-S` does not reach a solver that is named in the file."""
        arguments = {"depth": 2, "service_url": "https://mine/v1"}
        found = rerun_of(changed(header, solver="/home/somebody/mine.py@careful", solver_args_passed=arguments))
        assert found.run_config["solver"] == {
            "solver": "<path>/mine.py@careful",
            "args": {"depth": 2, "service_url": "<the value of service_url>"},
        }
        assert "-S" not in found.command
        assert [line.split(":")[0] for line in found.left_out] == ["solver", "service_url of the solver"]

    def test_a_shuffle_without_a_seed_cannot_be_repeated(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, config=header.eval.config.model_copy(update={"sample_shuffle": True})))
        assert [line for line in found.left_out if line.startswith("sample_shuffle:")]

    def test_the_bundled_cases_need_no_variable(self, places: Path) -> None:
        found = rerun_of(run(fdx(), "reference/reader", places / "plain", judge=None, max_retries=None, limit=1))
        assert found.command == "inspect eval --run-config rerun/0.yaml"
        assert (found.variables, found.left_out) == ({}, ())
        assert set(found.run_config) == {"task", "model", "eval_config"}

    def test_people_are_not_asked_again_but_can_be_judged_again(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, model="human/two-physicians"))
        assert (found.command, found.file, found.run_config) == ("", "", {})
        assert "People" in found.why_not
        assert found.rescore.startswith("inspect score ")

    def test_judging_again_names_scorer_and_rubric_and_finds_the_judge(
        self, header: EvalLog, cases: str, places: Path, tmp_path: Path
    ) -> None:
        log = run(ddx(cases=cases), "reference/reader", tmp_path / "logs", sample_id=HEART)
        [row] = rows_of(read_material(tmp_path / "logs").logs)
        words = shlex.split(rerun(row, "rerun/0.yaml").rescore)
        assert words[3:-3] == ["--scorer", "medsyn_inspect/differential_judge", "-S", "rubric=bond",
                               "-S", "max_diagnoses=10"]  # fmt: skip
        done = inspect(words, tmp_path)
        assert done.exit_code == 0, (done.output, done.exception)
        first, second = (samples_of(read_eval_log(log.location))[HEART].scores or {}).values()
        assert first.value == second.value

    def test_choices_need_no_judge(self, cases: str, places: Path) -> None:
        assert rerun_of(run(fdx(cases=cases), "reference/reader", places / "choice", limit=1)).rescore == ""

    @pytest.mark.parametrize(
        ("logs", "files"),
        [
            (["a.eval", "a.json", "A.eval", "b.eval"], ["a", "a-2", "A-3", "b"]),
            (["a-2.eval", "a.eval", "a.json"], ["a-2", "a", "a-3"]),
            (["2026-01-02T03-04-05+00-00_ddx_x.eval"], ["2026-01-02T03-04-05+00-00_ddx_x"]),
            (["$(rm) 'x'\n:.eval"], ["__rm___x___"]),
        ],
    )
    def test_files_have_names_of_their_own(self, logs: list[str], files: list[str]) -> None:
        """Also where a file system does not tell upper from lower case, and without signs that a shell reads."""
        assert file_names(logs) == [f"rerun/{name}.yaml" for name in files]


class TestAddresses:
    """Of services: a server on this machine stands for somebody's own."""

    def test_come_from_variables_and_from_the_edited_file(
        self, wire: WireServer, evaluate: Callable[..., EvalLog], case_folder: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        monkeypatch.setenv("LOCAL_API_KEY", "another-key")
        wire.script("gpt-4o", Say("1. Sarcoidosis"))
        wire.script("judge", Say('{"judgements": [{"number": 1, "level": 0, "reason": "another disease"}]}'))
        judge = get_model("openai-api/local/judge", base_url=f"{wire.root}/judge/v1", memoize=False, max_retries=0)
        log = evaluate(ddx, "openai/gpt-4o", judge=judge, model_base_url=f"{wire.root}/reader/v1", limit=1)
        asked = [(call.door, call.model) for call in wire.calls]
        wire.calls.clear()
        address = "http://withheld:GRADER_1_BASE_URL"
        assert any(line.endswith(f"in place of {address}.") for line in rerun_of(log).left_out)
        again = run_again(
            log, tmp_path, lambda text: text.replace(f"base_url: {address}", f"base_url: {wire.root}/judge/v1"),
            CASES=str(case_folder), MODEL_BASE_URL=f"{wire.root}/reader/v1",
        )  # fmt: skip
        assert_same_run(again, log)
        assert [(call.door, call.model) for call in wire.calls] == asked

    @pytest.mark.parametrize("hidden", ["cases", "reader", "judge"])
    def test_the_file_alone_asks_nobody(
        self, hidden: str, header: EvalLog, cases: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        attempts: list[str],
    ) -> None:  # fmt: skip
        """Not even a service of which the key is set."""
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        if hidden == "reader":
            header = changed(header, model="openai/gpt-4o", model_args={}, model_base_url="https://mine/v1")
        if hidden == "judge":
            header = changed(header, model_roles={"grader": ModelConfig(model="openai/gpt-5", base_url="https://me/")})
        found = rerun_of(header)
        (tmp_path / "0.yaml").write_text(found.text, encoding="utf-8")
        given = [] if hidden == "cases" else ["-T", f"cases={cases}"]
        done = inspect(["inspect", "eval", "--run-config", "0.yaml", *given, "--display", "none"], tmp_path)
        assert done.exit_code != 0
        missing = {"cases": "folder of the case set", "reader": "MODEL_BASE_URL", "judge": "GRADER_1_BASE_URL"}[hidden]
        assert missing in f"{done.exception} {done.output}"
        assert attempts == []


A_ROW = {
    "log": "0.eval", "path": "logs/0.eval", "model": "a/b", "question": "fdx", "task": "medsyn_inspect/fdx",
    "task_args": {}, "model_args": {}, "base_url": False, "model_roles": {}, "solver": None, "solver_args": {},
    "task_config": {}, "config": {}, "eval_config": {}, "case_set": "mine", "case_set_version": "1", "scorers": [],
    "fingerprint": "4923f666689faece",
}  # fmt: skip
"""What of a row of `Material.logs` a run configuration is made of."""


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(["no", "007", "1e-05", "a,b", "", " x", "null", "ct", "2020-01-01", "a: b", "#", "{", "'"])
        | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    st.text(max_size=12),
)  # fmt: skip
def test_the_file_is_read_as_it_was_meant(value: Any, text: str) -> None:
    """Whatever arguments hold, and whatever models and case sets are called in the comments."""
    odd = {"log": text, "model": f"a/{text}", "case_set": text, "base_url": True}
    found = rerun(A_ROW | odd | {"model_args": without_secrets({"anything": value})}, "rerun/0.yaml")
    assert yaml.safe_load(found.text) == found.run_config
    if not is_withheld(without_secrets(value)):
        assert found.run_config["model"]["args"]["anything"] == value


class TestWithholding:
    @pytest.mark.parametrize(
        "name",
        ["api_key", "apiKey", "OPENAI_API_KEY", "auth_token", "accessToken", "client_secret", "password", "base_url",
         "endpoint", "credentials", "X-Auth-Token", "extra_headers", "aws_secret_access_key", "key2", "myapikey"],
    )  # fmt: skip
    def test_names_of_credentials(self, name: str) -> None:
        assert without_secrets({name: "anything"}) == {name: WITHHELD}

    @pytest.mark.parametrize(
        "name",
        [
            "max_tokens",
            "token_limit",
            "token_limit_type",
            "tokenizer",
            "temperature",
            "monkey",
            "device",
            "keep",
            "image_gain",
            "top_logprobs",
        ],
    )
    def test_other_names(self, name: str) -> None:
        assert not is_secret(name)

    @pytest.mark.parametrize("value", [*KEYS, "https://user:pw@host/v1", "http://10.0.0.7:8000/v1"])
    def test_values_that_look_like_one(self, value: str) -> None:
        assert without_secrets({"anything": {"deep": ["a", value]}}) == {"anything": {"deep": ["a", WITHHELD]}}

    def test_folders_lose_where_they_lie(self) -> None:
        assert without_secrets("/home/somebody/sets/mine/") == f"{PATH}mine"
        assert without_secrets("C:\\Users\\somebody\\mine") == f"{PATH}mine"
        assert without_secrets("~/sets/mine") == f"{PATH}mine"

    def test_what_is_no_secret_stays(self) -> None:
        kept = {"cases": "my-cases", "set": "hf://owner/name@1", "message": "/no_think", "n": 3, "on": True, "no": None}
        assert without_secrets(kept) == kept
        assert not is_withheld(kept)

    def test_no_key_and_no_folder_reaches_the_report(self, header: EvalLog, places: Path) -> None:
        secrets = {"api_key": KEYS[0], "client_secret": "hunter2", "deep": {"token": "hunter3"}, "plain": KEYS[1]}
        judge = ModelConfig(model="openai/gpt-5", args={"api_key": "hunter4"}, base_url="https://hunter5/v1")
        config = GenerateConfig(
            extra_headers={"X-Mine": "hunter6"}, extra_body={"user": {"password": "hunter7"}, "n": 1}
        )
        rough = changed(
            header, model_args=secrets, model_roles={"grader": judge}, model_generate_config=config,
            model_base_url="https://hunter8.internal/v1",
        )  # fmt: skip
        material = material_of(rough)
        found = reproducibility(material)
        shown = json.dumps(rows_of(material.logs)) + repr(found) + found.runs.to_csv() + found.usage.to_csv()
        for secret in ("hunter", *KEYS, str(places), "private"):
            assert secret not in shown
        [again] = found.reruns
        for secret in ("hunter", *KEYS, str(places), "private", "my cases"):
            assert secret not in again.text
        words = arguments(
            again, CASES="c", API_KEY="k", CLIENT_SECRET="s", PLAIN="p", MODEL_BASE_URL="http://localhost"
        )
        given = {word for option, word in pairwise(words) if option in ("-M", "--model-base-url")}
        assert given == {"api_key=k", "client_secret=s", "plain=p", "http://localhost"}
        listed = [line.split(":")[0] for line in again.left_out]
        assert listed == ["deep of -M", "Address of the grader openai/gpt-5", "api_key of the grader",
                          "extra_headers", "extra_body"]  # fmt: skip

    def test_a_command_stops_where_a_variable_is_not_set(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, model_base_url="https://somewhere/v1"))
        done = subprocess.run(["sh", "-c", f": {found.command}"], capture_output=True, text=True, env={"CASES": "x"})
        assert done.returncode != 0
        assert "MODEL_BASE_URL" in done.stderr
        assert "fingerprint" in found.variables["CASES"]

    @pytest.mark.parametrize("folder", ["my-cases", "../sets/mine", "~/mine", "/home/somebody/mine"])
    def test_no_folder_of_cases_is_named(self, folder: str, header: EvalLog) -> None:
        """A relative one would lead elsewhere from the folder of the report."""
        arguments = {"cases": folder, "view": "finding"}
        found = rerun_of(changed(header, task_args_passed=arguments, model_args={"cases": folder}))
        assert "mine" not in found.text
        assert "my-cases" not in found.text
        assert found.command.count('cases="${CASES:?}"') == 2
        assert found.run_config["task"]["args"]["view"] == "finding"

    def test_equal_names_of_different_secrets_get_different_variables(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, task_args_passed={"a-key": "x", "a_key": "y"}, model_args={"a_key": "z"}))
        assert list(found.variables) == ["A_KEY", "A_KEY_2"]
        assert found.variables["A_KEY"] != found.variables["A_KEY_2"]


class TestMaterial:
    def test_every_cell_can_be_written_as_json(self, places: Path, cases: str) -> None:
        for task in (fdx(cases=cases), open_fdx(cases=cases), sensitivity(cases=cases, types="ct")):
            run(task, "reference/reader", places / "all", limit=2)
        material = read_material(places / "all")
        rows = json.loads(json.dumps(rows_of(material.logs), allow_nan=False))
        assert [row["question"] for row in rows] == ["fdx", "open_fdx", "sensitivity"]
        assert all(row["samples"] == row["completed_samples"] == 2 for row in rows)
        assert all(row["duration"] >= 0 for row in rows)
        assert str(places) not in json.dumps([row | {"path": ""} for row in rows])

    def test_headers_that_were_read_already_are_not_read_again(self, header: EvalLog) -> None:
        material = read_material("nowhere", headers=[("nowhere/a.eval", header)])
        assert list(material.logs["log"]) == ["a.eval"]

    def test_logs_of_others_are_left_aside(self, header: EvalLog) -> None:
        with pytest.raises(ValueError, match=r"no log of this suite in logs \(1 log file read\)"):
            material_of(changed(header, metadata={}))

    def test_newer_records_are_refused(self, header: EvalLog) -> None:
        newer = (header.eval.metadata or {}) | {"records_version": 99}
        with pytest.raises(ValueError, match=r"0\.eval: written under version 99"):
            material_of(changed(header, metadata=newer))

    @pytest.mark.parametrize("relative", [True, False])
    def test_paths_begin_as_they_were_given(
        self, places: Path, header: EvalLog, relative: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(places)
        given = "logs" if relative else str(places / "logs")
        [row] = rows_of(read_material(given).logs)
        assert row["path"] == f"{given}/{row['log']}"
        assert Path(row["path"]).is_file()

    def test_only_logs_that_the_analysis_could_read_are_taken(self, header: EvalLog) -> None:
        found = Findings(logs=pd.DataFrame([{"log": "logs/1.eval", "counted": False, "reader": "its name"}]))
        both = [("logs/0.eval", header), ("logs/1.eval", header)]
        material = read_material("logs", findings=found, headers=both)
        assert list(material.logs["log"]) == ["1.eval"]
        assert list(material.logs["reader"]) == ["its name"]
        assert material.counted.empty

    def test_options_are_known_from_the_records(self, places: Path, header: EvalLog, cases: str) -> None:
        assert rows_of(material_of(header).logs)[0]["options"] == {}
        run(fdx(cases=cases), "reference/reader", places / "options", limit=2)
        material = read_material(places / "options")
        assert options_of(material) == rows_of(material.logs)[0]["options"] == {"5": 4}
        assert options_of(read_material(places / "options", analyze_logs(places / "options"))) == {"5": 2}

    def test_a_run_cut_short_has_what_there_is(self, header: EvalLog) -> None:
        stopped = header.model_copy(
            update={"status": "started", "results": None, "stats": header.stats.model_copy(
                update={"completed_at": "", "model_usage": {}, "role_usage": {}})}
        )  # fmt: skip
        [row] = rows_of(material_of(stopped).logs)
        assert (row["status"], row["duration"], row["completed"], row["completed_samples"]) == (
            "started",
            None,
            None,
            None,
        )
        assert row["metrics"] == {}
        assert reproducibility(material_of(stopped)).usage.empty


def spent(header: EvalLog, model: str, roles: dict[str, Any], **used: tuple[int, int]) -> EvalLog:
    """A log with so many input and output tokens by model, and by role where the name is that of a role."""
    counts = {
        name: ModelUsage(input_tokens=given[0], output_tokens=given[1], total_tokens=sum(given))
        for name, given in used.items()
    }
    by_model = {name.replace("__", "/"): usage for name, usage in counts.items() if "__" in name}
    by_role = {name: usage for name, usage in counts.items() if "__" not in name}
    stats = header.stats.model_copy(update={"model_usage": by_model, "role_usage": by_role})
    configured = {
        role: [ModelConfig(model=one) for one in models] if isinstance(models, list) else ModelConfig(model=models)
        for role, models in roles.items()
    }
    return changed(header, model=model, model_roles=configured or None).model_copy(update={"stats": stats})


@dataclass(frozen=True)
class APrice:
    input: float = 2.0
    output: float = 10.0
    input_cache_write: float = 3.0
    input_cache_read: float = 0.5
    as_of: str = "2026-01-02"


class TestUsage:
    def used(self, *arguments: Any, **used: tuple[int, int]) -> dict[tuple[str, str], tuple[int, int]]:
        table = usage_table(material_of(spent(*arguments, **used)))
        return {(row["role"], row["model"]): (row["input"], row["output"]) for row in rows_of(table)}

    def test_a_judge_of_another_model(self, header: EvalLog) -> None:
        found = self.used(header, "a/x", {"grader": "b/y"}, a__x=(10, 1), b__y=(20, 2), grader=(20, 2))
        assert found == {("reader", "a/x"): (10, 1), ("grader", "b/y"): (20, 2)}

    def test_the_default_judge_stands_in_no_role_of_the_header(self, header: EvalLog) -> None:
        found = self.used(header, "a/x", {}, a__x=(10, 1), openai__gpt=(20, 2), grader=(20, 2))
        assert found == {("reader", "a/x"): (10, 1), ("grader", "openai/gpt"): (20, 2)}

    def test_a_model_that_judges_itself(self, header: EvalLog) -> None:
        found = self.used(header, "a/x", {"grader": "a/x"}, a__x=(30, 3), grader=(20, 2))
        assert found == {("reader", "a/x"): (10, 1), ("grader", "a/x"): (20, 2)}

    def test_a_panel(self, header: EvalLog) -> None:
        found = self.used(
            header, "a/x", {"grader": ["b/y", "c/z"]}, a__x=(1, 1), b__y=(2, 2), c__z=(3, 3), grader=(5, 5)
        )
        assert found == {("reader", "a/x"): (1, 1), ("grader", "b/y"): (2, 2), ("grader", "c/z"): (3, 3)}

    def test_a_reader_on_the_panel_cannot_be_told_apart(self, header: EvalLog) -> None:
        log = spent(header, "a/x", {"grader": ["a/x", "c/z"]}, a__x=(9, 9), c__z=(3, 3), grader=(7, 7))
        table = usage_table(material_of(log))
        assert list(table["role"]) == ["reader and grader", "grader"] or list(table["role"]) == [
            "grader",
            "reader and grader",
        ]
        assert sum(table["input"]) == 12
        assert any("cannot be separated by role" in note for note in reproducibility(material_of(log)).notes)

    def test_a_judge_that_was_not_needed_used_nothing(self, header: EvalLog) -> None:
        assert self.used(header, "a/x", {"grader": "b/y"}, a__x=(10, 1)) == {("reader", "a/x"): (10, 1)}

    def test_real_logs_account_for_every_token(self, header: EvalLog) -> None:
        table = usage_table(material_of(header))
        assert sum(table["total"]) == sum(usage.total_tokens for usage in header.stats.model_usage.values())

    def test_cost_by_closed_form(self, header: EvalLog) -> None:
        usage = ModelUsage(input_tokens=1_000_000, output_tokens=500_000, total_tokens=1_900_000,
                           input_tokens_cache_read=200_000, input_tokens_cache_write=200_000)  # fmt: skip
        stats = header.stats.model_copy(update={"model_usage": {"a/x": usage}, "role_usage": {}})
        log = changed(header, model="a/x").model_copy(update={"stats": stats})
        [row] = rows_of(usage_table(material_of(log), lambda model: APrice()))
        assert row["cost"] == pytest.approx(2.0 + 5.0 + 0.1 + 0.6)
        assert row["basis"] == "list price of 2026-01-02"

    def test_an_unknown_price_is_said_and_no_sum_is_made(self, header: EvalLog) -> None:
        log = spent(header, "a/x", {"grader": "b/y"}, a__x=(10, 1), b__y=(20, 2), grader=(20, 2))
        table = usage_table(material_of(log, log), lambda model: APrice() if model == "a/x" else None)
        totals = {row["role"]: row for row in rows_of(usage_totals(table))}
        assert totals["reader"]["cost"] == pytest.approx(2 * (10 * 2 + 1 * 10) / 1e6)
        assert totals["reader"]["input"] == 20
        assert totals["grader"]["cost"] is None
        assert totals["grader"]["basis"] == "no price known for b/y"

    def test_a_cost_that_inspect_has_logged_is_taken(self, header: EvalLog) -> None:
        usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2, total_cost=0.25)
        stats = header.stats.model_copy(update={"model_usage": {"a/x": usage}, "role_usage": {}})
        log = changed(header, model="a/x").model_copy(update={"stats": stats})
        [row] = rows_of(usage_table(material_of(log), lambda model: APrice()))
        assert (row["cost"], row["basis"]) == (0.25, "as logged by Inspect")

    def test_what_runs_here_costs_nothing(self, header: EvalLog) -> None:
        table = usage_table(material_of(header), lambda model: None)
        assert set(table["cost"]) == {0.0}

    @pytest.mark.parametrize("engine", ["vllm", "hf", "sglang", "ollama", "llama-cpp-python", "transformer_lens"])
    def test_nor_does_an_engine_on_ones_own_machine_as_in_a_plan(self, engine: str, header: EvalLog) -> None:
        model = f"{engine}/Qwen/Qwen2.5-VL-7B-Instruct"
        usage = ModelUsage(input_tokens=10, output_tokens=1, total_tokens=11)
        stats = header.stats.model_copy(update={"model_usage": {model: usage}, "role_usage": {}})
        log = changed(header, model=model).model_copy(update={"stats": stats})
        [row] = rows_of(usage_table(material_of(log), lambda name: None))
        assert (row["cost"], row["basis"]) == (0.0, "tokens are not billed; the cost of computing is not included")


class TestReproducibility:
    def test_versions_fingerprints_and_seeds(self, header: EvalLog) -> None:
        [row] = rows_of(reproducibility(material_of(header)).runs)
        metadata = header.eval.metadata or {}
        assert row["fingerprint"] == metadata["case_set_fingerprint"]
        assert row["inspect_version"] == header.eval.packages["inspect_ai"]
        assert row["package_version"] == metadata["package_version"]
        assert row["templates"] == ", ".join(f"{name} {value}" for name, value in metadata["templates"].items())
        assert (row["seed"], row["temperature"], row["epochs"]) == (3, 0.5, 2)

    def test_hosted_models_come_with_a_warning(self, header: EvalLog) -> None:
        assert not any("hosted model can change" in note for note in reproducibility(material_of(header)).notes)
        hosted = changed(header, model="openai/gpt-4o")
        assert any("hosted model can change" in note for note in reproducibility(material_of(hosted)).notes)

    def test_one_command_a_log(self, header: EvalLog) -> None:
        found = reproducibility(material_of(header, changed(header, model="human/us")))
        assert [one.log for one in found.reruns] == ["0.eval", "1.eval"]
