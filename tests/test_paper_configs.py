"""The paper's experiments run as files for `inspect eval --run-config`, here with the reference reader and judge."""

from __future__ import annotations

import inspect
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from medsyn_inspect import tasks
from medsyn_inspect.providers import PAPER_JUDGE
from medsyn_inspect.published import paper_readers, published_figures
from medsyn_inspect.published.figures import table_titles

CONFIGS = Path(__file__).parent.parent / "configs"
EXPERIMENTS = sorted((CONFIGS / "paper").glob("*.yaml"))
REFERENCE = ["--model", "reference/reader", "--model-role", "grader=reference/judge", "--limit", "1"]
QUIETLY = ["--display", "none", "--no-log-images", "--no-log-realtime"]

Inspect = Callable[..., int]


def logs_in(folder: Path) -> list[EvalLog]:
    return [read_eval_log(info) for info in list_eval_logs(str(folder / "logs"))]


def config_of(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
class TestExperiment:
    def test_runs_as_it_says(self, file: Path, inspect_cli: Inspect, tmp_path: Path) -> None:
        assert inspect_cli("eval", "--run-config", str(file), *REFERENCE) == 0
        [log] = logs_in(tmp_path)
        config = config_of(file)
        assert log.status == "success"
        assert log.eval.task == config["task"]["task"]
        assert config["task"]["args"].items() <= log.eval.task_args.items()
        assert set(config["tags"]) <= set(log.eval.tags or [])
        assert log.eval.config.epochs == config["eval_config"]["epochs"]
        [sample] = log.samples or []
        assert sample.scores

    def test_names_only_parameters_that_the_task_has(self, file: Path) -> None:
        """Inspect only warns of others, and would run something else than the file says."""
        task = config_of(file)["task"]
        made_by = getattr(tasks, task["task"].removeprefix("medsyn_inspect/"))
        assert set(task["args"]) <= set(inspect.signature(made_by).parameters)
        assert "cases" not in task["args"]

    def test_every_setting_says_where_it_comes_from(self, file: Path) -> None:
        settings = re.findall(r"^    \w+: .*|^  epochs: .*", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(settings) == len(config_of(file)["task"]["args"]) + 1
        for line in settings:
            assert re.search(r"  # (paper|ours: \S|as in table|the table's )", line), line

    def test_is_of_tables_that_the_figures_have(self, file: Path) -> None:
        tagged = {int(number) for tag in config_of(file)["tags"] for number in re.findall(r"^table(\d+)$", tag)}
        assert {int(number) for number in re.findall(r"\d{2}", file.name)} <= tagged <= set(table_titles())
        assert file.name in (CONFIGS / "README.md").read_text(encoding="utf-8")


def test_every_table_of_figures_has_its_experiments() -> None:
    tagged = {tag for file in EXPERIMENTS for tag in config_of(file)["tags"]} - {"paper"}
    assert tagged == {f"table{number:02}" for number in table_titles()}


def test_conditions_of_the_paper_are_those_of_the_experiments() -> None:
    """What the figures call a condition is what some file asks."""
    asked = set()
    for file in EXPERIMENTS:
        task = config_of(file)["task"]
        keys = ("view", "text", "emphasis")
        usual = {"text": "keep"}
        shown = [f"{key}={task['args'][key]}" for key in keys if task["args"].get(key) not in (None, usual.get(key))]
        asked.add(", ".join(shown))
    assert asked == set(published_figures()["condition"])


def test_the_judge_of_judged_experiments_is_the_paper_s_whatever_the_date() -> None:
    judged = [file for file in EXPERIMENTS if config_of(file)["task"]["task"].endswith(("/ddx", "/open_fdx"))]
    assert judged
    for file in judged:
        assert config_of(file)["model_roles"] == {"grader": {"model": PAPER_JUDGE}}, file


def test_the_command_line_goes_before_the_file(inspect_cli: Inspect, tmp_path: Path) -> None:
    file = CONFIGS / "paper" / "table02-fdx.yaml"
    assert inspect_cli("eval", "--run-config", str(file), *REFERENCE, "-T", "logprobs=false", "-T", "language=zh") == 0
    [log] = logs_in(tmp_path)
    assert log.eval.task_args["logprobs"] is False
    assert log.eval.task_args["view"] == "image"
    assert [sample.metadata["language"] for sample in log.samples or []] == ["zh"]


def test_an_eval_set_asks_nothing_twice(inspect_cli: Inspect, tmp_path: Path) -> None:
    for _ in range(2):
        assert inspect_cli("eval-set", "medsyn_inspect/ddx", "medsyn_inspect/fdx", *REFERENCE) == 0
    logs = logs_in(tmp_path)
    assert sorted(log.eval.task for log in logs) == ["medsyn_inspect/ddx", "medsyn_inspect/fdx"]
    # Table 2 can be run as a set only as long as its settings are the defaults.
    for log in logs:
        file = CONFIGS / "paper" / f"table02-{log.eval.task.removeprefix('medsyn_inspect/')}.yaml"
        assert config_of(file)["task"]["args"].items() <= log.eval.task_args.items()


def test_the_flow_specification_asks_each_table_s_readers() -> None:
    pytest.importorskip("inspect_flow", reason="Inspect Flow is not a dependency")
    spec = runpy.run_path(str(CONFIGS / "flow" / "paper.py"))["spec"]
    figures = published_figures()
    names = {reader.name: reader.inspect[0] for reader in paper_readers() if reader.inspect}
    expected = sorted(
        (config_of(file)["task"]["task"], tag, names[reader])
        for file in EXPERIMENTS
        for tag in config_of(file)["tags"][1:2]
        for reader in figures.loc[figures["table"] == int(tag[-2:]), "reader"].unique()
        if reader in names
    )
    assert sorted((task.name, task.tags[1], task.model.name) for task in spec().tasks) == expected
    assert len(spec(model="a/model").tasks) == len(EXPERIMENTS)
