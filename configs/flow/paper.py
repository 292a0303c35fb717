"""Every experiment of the paper for every reader that can be run, as a specification for Inspect Flow.

Run it with `flow run configs/flow/paper.py --log-dir logs/paper --arg cases=FOLDER --arg access=weights`. Experiments
and readers come from `configs/paper/` and `medsyn_inspect/published/readers.yaml`.
"""

from pathlib import Path

import yaml
from inspect_flow import FlowDefaults, FlowModel, FlowSpec, FlowTask

from medsyn_inspect.published import PaperReader, paper_readers, published_figures

EXPERIMENTS = Path(__file__).parent.parent / "paper"


def in_table(table: int) -> set[str]:
    """The readers in a table of the paper."""
    figures = published_figures()
    return set(figures.loc[figures["table"] == table, "reader"])


def experiment(file: Path, reader: PaperReader, cases: str, model: str) -> FlowTask:
    """An experiment for a reader, or for `model` in its place."""
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    task = config["task"]
    own = reader.arguments if task["task"] == "medsyn_inspect/fdx" and not model else {}
    return FlowTask(
        name=task["task"],
        args={**task["args"], **own, "cases": cases},
        model=FlowModel(name=model or reader.inspect[0]),
        epochs=config["eval_config"]["epochs"],
        tags=config["tags"],
    )


def spec(cases: str = "demo", access: str = "api,weights", model: str = "", grader: str = "openai/gpt-5") -> FlowSpec:
    """The specification.

    Args:
        cases: A case set; a folder by its absolute path.
        access: Which readers: those behind an `api`, those whose `weights` can be served, or both.
        model: If given, run this model once per experiment in place of the paper's readers.
        grader: The judge; by default the paper's.
    """
    readers = [reader for reader in paper_readers() if reader.inspect and reader.access in access.split(",")]
    tasks = []
    for file in sorted(EXPERIMENTS.glob("*.yaml")):
        there = in_table(int(file.name[5:7]))
        concerned = [reader for reader in readers if reader.name in there]
        tasks += [experiment(file, reader, cases, model) for reader in (concerned[:1] if model else concerned)]
    return FlowSpec(tasks=tasks, defaults=FlowDefaults(task=FlowTask(model_roles={"grader": grader})))
