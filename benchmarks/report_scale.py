"""CPU, memory and size of a report: 18 readers x 452 cases x all tasks and arms.

    python benchmarks/report_scale.py

The frames are those of `analysis_scale.py`, with belief on the answers and on the way added; opening the logs is not
measured. Analysis and report are timed apart, in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from analysis_scale import OPTIONS, arms, runs

STAGES = ("presentation", "laboratory", "imaging", "microscopy")
LETTERS = "ABCDEFGH"


def beliefs(asked: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Answers of `fdx` with the posterior that they came from, half of the cases Chinese, scores of a panel."""
    choosing = (asked["question"] == "fdx").to_numpy()
    drawn = rng.dirichlet(np.full(OPTIONS, 0.6), len(asked))
    best, wrong = drawn.argmax(axis=1), drawn.argmin(axis=1)
    correct = np.where(asked["right"] > 0, best, wrong)
    odd = asked["case_id"].str[-1].isin(list("13579"))
    panel = rng.integers(0, 6, (len(asked), 3))
    return asked.assign(
        posterior=[tuple(row) if chosen else None for row, chosen in zip(drawn, choosing, strict=True)],
        answer=[LETTERS[place] if chosen else None for place, chosen in zip(best, choosing, strict=True)],
        correct_letter=[LETTERS[place] if chosen else None for place, chosen in zip(correct, choosing, strict=True)],
        panel_scores=[None if chosen else tuple(row) for row, chosen in zip(panel, choosing, strict=True)],
        language=np.where(odd, "zh", "en"),
        specialty_group=[f"Group {int(case[-4:]) % 8}" for case in asked["case_id"]],
    )


def stages(asked: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Four stages of each case that was asked by turns."""
    turns = asked[asked["staging"] == "turns"].drop(columns=["staging", "outcome", "score", "right", "posterior"])
    frames = []
    for number, stage in enumerate(STAGES, 1):
        drawn = rng.dirichlet(np.full(OPTIONS, 0.8), len(turns))
        told = {
            "number": number,
            "stage": stage,
            "final": number == len(STAGES),
            "posterior": [tuple(row) for row in drawn],
            "answer": [LETTERS[place] for place in drawn.argmax(axis=1)],
            "correct": (rng.random(len(turns)) < 0.2 * number).astype(float),
        }
        frames.append(turns.assign(**told))
    return pd.concat(frames, ignore_index=True)


def orders(armed: pd.DataFrame, share: float = 0.25) -> pd.DataFrame:
    """The arms of an audit of the order of options, for a part of the cases."""
    whole = armed[(armed["view"] == "image") & (armed["withheld"] == "")]
    audited = whole[whole["case_id"].str[-4:].astype(int) % round(1 / share) == 0]
    return pd.concat([audited.assign(withheld=f"order_{place}") for place in range(1, OPTIONS)], ignore_index=True)


def log_rows(asked: pd.DataFrame, armed: pd.DataFrame) -> pd.DataFrame:
    """One row a log, as the analysis has it."""
    both = pd.concat([asked, armed.assign(question="sensitivity", text="keep", staging="single")], ignore_index=True)
    first = both.drop_duplicates("log")
    sizes = both.groupby("log")["case_id"].nunique()
    return first.assign(
        model=first["reader"], arguments="{}", status="success", asked=first["log"].map(sizes),
        reached=first["log"].map(sizes), task_version="1", package_version="0.1.0", counted=True, judge="",
        emphasis="", selection="", grading="", withheld="", view=first["view"].fillna("image"),
    )  # fmt: skip


def headers(logs: pd.DataFrame, cases: list[str]) -> pd.DataFrame:
    """What the headers of these logs would say."""
    from medsyn_inspect.report.material import LOGS

    card = {
        "name": "benchmark", "version": "1", "licence": "CC0-1.0", "source": "drawn at random", "languages": ["en"],
        "canary": "none", "synthetic": True,
    }  # fmt: skip
    used = {"input": 900_000, "output": 90_000, "cached": 0, "cache_write": 0, "reasoning": None, "total": 990_000}
    rows = []
    for log in logs.to_dict("records"):
        told = {name: log[name] for name in LOGS if name in log}
        rows.append(
            dict.fromkeys(LOGS)
            | told
            | {
                "path": f"logs/{log['log']}", "task": log["question"], "created": "2026-01-01T00:00:00+00:00",
                "duration": 60.0, "model_args": {}, "base_url": False, "model_roles": {}, "task_args": {},
                "solver_args": {}, "config": {}, "task_config": {}, "eval_config": {}, "epochs": 1,
                "sample_ids": cases, "samples": len(cases), "completed_samples": len(cases), "unscored": 0,
                "metrics": {}, "scorers": [], "records_version": 1, "inspect_version": "0.3.285", "packages": {},
                "dirty": False, "case_set_version": "1", "case_set_size": len(cases), "selected": len(cases),
                "card": card, "templates": {"en": "0" * 12}, "options": {str(OPTIONS): len(cases)},
                "usage": [{"role": "reader", "model": log["model"], **used, "cost": None}],
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(LOGS), dtype=object)


def measure(readers: int, cases: int, out: str) -> None:
    """Analyse and report once in this process and write what it took."""
    from medsyn_inspect.analysis.findings import findings_of
    from medsyn_inspect.report.against import against_paper
    from medsyn_inspect.report.material import Material
    from medsyn_inspect.report.writing import write_report

    rng = np.random.default_rng(3)
    asked = beliefs(runs(readers, cases, 1), rng)
    armed = arms(readers, cases, "logprobs", 2).assign(log=lambda frame: "arms-" + frame["log"])
    armed = pd.concat([armed, orders(armed)], ignore_index=True)
    logs = log_rows(asked, armed)
    start = time.process_time()
    found = findings_of(asked, armed, stages(asked, rng), logs)
    analysed = time.process_time()
    material = Material(headers(found.logs, sorted(asked["case_id"].unique())), found)
    folder = Path(out).parent / "report"
    before = time.process_time()
    write_report(material, folder, ["logs"], against_paper(found))
    seconds = time.process_time() - before
    figures = {
        "analysis": analysed - start,
        "report": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "page": (folder / "index.html").stat().st_size / 1e6,
        "whole": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
        "figures": len(list((folder / "figures").glob("*.png"))),
        "logs": len(logs),
        "arms": len(armed),
    }
    Path(out).write_text(json.dumps(figures), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=18)
    parser.add_argument("--cases", type=int, default=452)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "figures.json"
        work = (given.readers, given.cases, str(out))
        process = multiprocessing.get_context("spawn").Process(target=measure, args=work)
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit("failed")
        found = json.loads(out.read_text(encoding="utf-8"))
    together = found["analysis"] + found["report"]
    print(
        f"{given.readers} readers x {given.cases} cases, {found['logs']} logs, {found['arms']} arms: CPU "
        f"{found['analysis']:.1f} s for the analysis and {found['report']:.1f} s for the report, {together:.1f} s "
        f"together; {found['memory']:.0f} MB at most"
    )
    print(f"index.html {found['page']:.2f} MB; all files {found['whole']:.1f} MB, {found['figures']} figures")
    print("Goal at 18 x 452: analysis and report together under 60 s CPU, 1.5 GB, index.html under 2.5 MB.")


if __name__ == "__main__":
    main()
