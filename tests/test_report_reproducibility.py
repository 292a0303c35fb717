"""A log can be made again from the report alone, and the report gives away neither keys nor folders."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import GenerateConfig, ModelConfig, ModelUsage

from medsyn_inspect import ddx, fdx, open_fdx
from medsyn_inspect.analysis import find
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.read.headers import read_headers
from medsyn_inspect.redaction import PATH, WITHHELD, is_secret, is_withheld, without_secrets
from medsyn_inspect.report.material import Material, options_of, read_material, rows_of
from medsyn_inspect.report.rerun.commands import Rerun, command_value, rerun
from medsyn_inspect.report.rerun.reproducibility import reproducibility, usage_table, usage_totals
from medsyn_inspect.tasks import sensitivity
from running import HEART, LUNG, run, write_known

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


def arguments(found: Rerun, **variables: str) -> list[str]:
    """The command as a shell takes it apart, after the variables it asks for are set."""
    assert set(variables) == set(found.variables)
    script = f"printf '%s\\0' {found.command}"
    done = subprocess.run(
        ["sh", "-c", script], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout.split("\0")[:-1]


def understood(words: list[str]) -> dict[str, Any]:
    """What Inspect's own command line makes of a command."""
    [script] = entry_points(group="console_scripts", name="inspect")
    assert words[:1] == ["inspect"]
    cli = script.load().__globals__["inspect"]
    command = cli.commands[words[1]]
    assert isinstance(command, click.Command)
    parsed: dict[str, Any] = command.make_context(words[1], words[2:]).params
    return parsed


def changed(header: EvalLog, **changes: Any) -> EvalLog:
    """The header with other values in its `eval` part."""
    return header.model_copy(update={"eval": header.eval.model_copy(update=changes)})


def material_of(*headers: EvalLog) -> Material:
    return read_material("logs", headers=[(f"logs/{number}.eval", header) for number, header in enumerate(headers)])


def rerun_of(header: EvalLog) -> Rerun:
    [row] = rows_of(material_of(header).logs)
    return rerun(row)


class TestCommand:
    def test_running_it_makes_the_same_log(self, header: EvalLog, cases: str, tmp_path: Path) -> None:
        words = arguments(rerun_of(header), CASES=cases)
        [script] = entry_points(group="console_scripts", name="inspect")
        cli = script.load().__globals__["inspect"]
        done = CliRunner().invoke(cli, [*words[1:], "--log-dir", str(tmp_path), "--display", "none"])
        assert done.exit_code == 0, done.output
        again = read_headers(tmp_path)[0][0].header
        for name in ("task", "task_args_passed", "model", "model_args", "model_roles", "metadata", "config", "scorers"):
            if name == "config":
                ignored = {"log_shared"}  # 0 from the command line, nothing from Python: both mean no
                assert again.eval.config.model_dump(exclude=ignored) == header.eval.config.model_dump(exclude=ignored)
            else:
                assert getattr(again.eval, name) == getattr(header.eval, name), name
        assert again.plan.config == header.plan.config
        assert again.eval.dataset.sample_ids == header.eval.dataset.sample_ids
        assert again.results is not None
        assert header.results is not None
        means = [[score.metrics["mean"].value for score in log.results.scores if "mean" in score.metrics]
                 for log in (again, header)]  # fmt: skip
        assert means[0] == pytest.approx(means[1], nan_ok=True)

    def test_it_names_what_was_asked(self, header: EvalLog) -> None:
        command = rerun_of(header).command
        assert command.startswith("inspect eval medsyn_inspect/ddx --model reference/reader")
        for part in ("-T withhold=ct,mri", "-M image_gain=0.5", "--model-role grader=reference/judge", "--epochs 2",
                     f"--sample-id {HEART},{LUNG}", "--temperature 0.5", "--seed 3", "--time-limit 300"):  # fmt: skip
            assert part in command

    def test_defaults_are_not_spelled_out(self, places: Path) -> None:
        log = run(fdx(), "reference/reader", places / "plain", judge=None, max_retries=None, limit=1)
        found = rerun_of(log)
        assert found.command == "inspect eval medsyn_inspect/fdx --model reference/reader --limit 1 --no-log-realtime"
        assert (found.variables, found.left_out) == ({}, ())

    @pytest.mark.parametrize("name", ["temperature", "top_p", "seed", "max_tokens", "stop_seqs", "reasoning_effort"])
    def test_generation_settings_arrive(self, header: EvalLog, name: str) -> None:
        value = {"temperature": 1e-05, "top_p": 0.95, "seed": 7, "max_tokens": 64, "stop_seqs": ["a b", "'"],
                 "reasoning_effort": "low"}[name]  # fmt: skip
        config = GenerateConfig(**{name: value})
        found = rerun_of(changed(header, model_generate_config=config))
        parsed = understood(arguments(found, CASES="x"))[name]
        assert parsed == (",".join(value) if isinstance(value, list) else value)

    def test_a_case_range_keeps_its_ends(self, header: EvalLog) -> None:
        config = header.eval.config.model_copy(update={"limit": (4, 9), "sample_id": None, "fail_on_error": 0.25})
        parsed = understood(arguments(rerun_of(changed(header, config=config)), CASES="x"))
        assert (parsed["limit"], parsed["fail_on_error"]) == ("5-9", 0.25)

    def test_a_panel_with_settings_is_one_role(self, header: EvalLog) -> None:
        judges = [
            ModelConfig(model="openai/gpt-5", config=GenerateConfig(reasoning_effort="high")),
            ModelConfig(model="anthropic/claude-opus-4-5", args={"streaming": True}),
        ]
        words = arguments(rerun_of(changed(header, model_roles={"grader": judges})), CASES="x")
        [given] = understood(words)["model_role"]
        name, _, value = given.partition("=")
        assert (name, yaml.safe_load(value)) == (
            "grader",
            [
                {"model": "openai/gpt-5", "reasoning_effort": "high"},
                {"model": "anthropic/claude-opus-4-5", "model_args": {"streaming": True}},
            ],
        )

    def test_words_are_quoted_for_the_shell(self, header: EvalLog) -> None:
        nasty = '$(touch owned); `id` "it\'s" \\ #'
        found = rerun_of(changed(header, model_generate_config=GenerateConfig(system_message=nasty)))
        assert understood(arguments(found, CASES="x"))["system_message"] == nasty

    def test_what_cannot_be_said_is_said(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, model_generate_config=GenerateConfig(stop_seqs=["a,b"], seed=1)))
        assert any(line.startswith("stop_seqs:") for line in found.left_out)
        assert "--seed 1" in found.command
        assert "stop" not in found.command

    def test_people_are_not_asked_again_but_can_be_judged_again(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, model="human/two-physicians"))
        assert found.command == ""
        assert "People" in found.why_not
        assert found.rescore.startswith("inspect score ")

    def test_judging_again_names_scorer_rubric_and_judge(self, header: EvalLog) -> None:
        rescore = rerun_of(header).rescore
        assert rescore.startswith("inspect score logs/0.eval --scorer medsyn_inspect/differential_judge -S rubric=bond")
        assert rescore.endswith("--action append --overwrite --model-role grader=reference/judge")
        parsed = understood(rescore.split())
        assert parsed["log_file"] == "logs/0.eval"
        assert parsed["overwrite"]

    def test_choices_need_no_judge(self, cases: str, places: Path) -> None:
        assert rerun_of(run(fdx(cases=cases), "reference/reader", places / "choice", limit=1)).rescore == ""


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(["no", "007", "1e-05", "a,b", "", " x", "null", "ct", "2020-01-01", "a: b", "#", "{", "'"])
        | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    )
)  # fmt: skip
def test_a_value_is_read_as_it_was_or_not_written(value: Any) -> None:
    """By the rule of Inspect's `-T` and `-M`: YAML, then text is cut at commas."""
    written = command_value(value)
    if written is None:
        assert "," in json.dumps(value, ensure_ascii=False) or isinstance(value, (str, dict, list))
        return
    read = yaml.safe_load(written)
    if isinstance(read, str) and "," in read:
        read = read.split(",")
    assert read == value
    assert type(read) is type(value)


class TestWithholding:
    @pytest.mark.parametrize(
        "name",
        ["api_key", "apiKey", "OPENAI_API_KEY", "auth_token", "accessToken", "client_secret", "password", "base_url",
         "endpoint", "credentials", "X-Auth-Token", "extra_headers", "aws_secret_access_key", "key2", "myapikey"],
    )  # fmt: skip
    def test_names_of_credentials(self, name: str) -> None:
        assert without_secrets({name: "anything"}) == {name: WITHHELD}

    @pytest.mark.parametrize(
        "name", ["max_tokens", "tokenizer", "temperature", "monkey", "device", "keep", "image_gain", "top_logprobs"]
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
        words = arguments(
            again, CASES="c", API_KEY="k", CLIENT_SECRET="s", PLAIN="p", MODEL_BASE_URL="http://localhost"
        )
        parsed = understood(words)
        assert parsed["model_base_url"] == "http://localhost"
        assert set(parsed["m"]) == {"api_key=k", "client_secret=s", "plain=p"}
        told = " ".join(again.left_out)
        for name in ("deep", "api_key of the grader", "extra_headers", "extra_body", "service of the grader"):
            assert name in told

    def test_a_command_stops_where_a_variable_is_not_set(self, header: EvalLog) -> None:
        found = rerun_of(changed(header, model_base_url="https://somewhere/v1"))
        done = subprocess.run(["sh", "-c", f": {found.command}"], capture_output=True, text=True, env={"CASES": "x"})
        assert done.returncode != 0
        assert "MODEL_BASE_URL" in done.stderr
        assert "fingerprint" in found.variables["CASES"]


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
        assert options_of(read_material(places / "options", find(places / "options"))) == {"5": 2}

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
        assert any("cannot be told apart" in note for note in reproducibility(material_of(log)).notes)

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
        assert (row["cost"], row["basis"]) == (0.25, "as Inspect has logged it")

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
        assert (row["cost"], row["basis"]) == (0.0, "nobody bills tokens; computing is not counted")


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
        assert not any("hosted" in note for note in reproducibility(material_of(header)).notes)
        hosted = changed(header, model="openai/gpt-4o")
        assert any("hosted" in note for note in reproducibility(material_of(hosted)).notes)

    def test_one_command_a_log(self, header: EvalLog) -> None:
        found = reproducibility(material_of(header, changed(header, model="human/us")))
        assert [one.log for one in found.reruns] == ["0.eval", "1.eval"]
