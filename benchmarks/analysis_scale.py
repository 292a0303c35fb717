"""CPU and memory of the analysis: 18 readers x 452 cases x all arms, and how it grows to 3,000 cases.

    python benchmarks/analysis_scale.py

The frames are drawn at random in the shape in which `read_arms` and `read_runs` give them (opening the logs is not
measured); everything that `medsyn analyze` then computes is. Each size has a process of its own.
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

TYPES = ("laboratory", "ct", "microscopy", "mri", "clinical_photography", "xray")
MEAN_TYPES = 4
OPTIONS = 5
SAMPLES = 20


def arms(readers: int, cases: int, source: str, seed: int) -> pd.DataFrame:
    """Arms of `sensitivity`: on average four types a case, both views, a repeat where nothing is sampled."""
    rng = np.random.default_rng(seed)
    having = [rng.choice(TYPES, size=rng.integers(2, 2 * MEAN_TYPES - 1), replace=False) for _ in range(cases)]
    rows = []
    for reader in range(readers):
        skill = rng.uniform(0.2, 1)
        for case, types in enumerate(having):
            for view in ("image", "finding"):
                base = rng.normal(0, 1.5, OPTIONS)
                base[0] += 2 * skill
                for withheld in ("", *types, *(["repeat"] if source == "logprobs" else [])):
                    strength = 0.1 if withheld in ("", "repeat") else skill if view == "image" else 1.0
                    belief = np.exp(base + strength * rng.normal(0, 1, OPTIONS) * (withheld != ""))
                    belief /= belief.sum()
                    counts = rng.multinomial(SAMPLES, belief) if source == "samples" else None
                    shown = counts / SAMPLES if counts is not None else belief
                    rows.append(
                        {
                            "log": f"{reader}.eval", "created": "2026-01-01", "reader": f"model/{reader}",
                            "case_id": f"case-{case:04d}", "epoch": 1, "view": view, "withheld": withheld,
                            "posterior": tuple(shown), "counts": None if counts is None else tuple(counts),
                            "source": source, "option_mass": 0.99, "orders": 1, "n": 1 if counts is None else SAMPLES,
                            "answer": "ABCDE"[int(shown.argmax())], "correct": float(shown.argmax() == 0),
                            "error": None, "fingerprint": "0" * 16, "case_set": "benchmark 1", "synthetic": True,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


def runs(readers: int, cases: int, seed: int) -> pd.DataFrame:
    """Answers of `ddx` and of `fdx` in five conditions."""
    rng = np.random.default_rng(seed)
    conditions = [("image", "keep", "single"), ("finding", "keep", "single"), ("image", "remove", "single")]
    conditions += [("image", "random", "single"), ("image", "keep", "turns")]
    asked = [("ddx", *conditions[0]), *(("fdx", *condition) for condition in conditions)]
    frames = []
    for reader in range(readers):
        for number, (question, view, text, staging) in enumerate(asked):
            right = (rng.random(cases) < rng.uniform(0.3, 0.8)).astype(float)
            frame = pd.DataFrame({"case_id": [f"case-{case:04d}" for case in range(cases)], "right": right})
            frame["outcome"] = np.where(right > 0, "right", "wrong")
            frame["score"] = rng.integers(0, 6, cases) if question == "ddx" else np.nan
            fixed = {
                "log": f"{reader}-{number}.eval", "created": "2026-01-01", "question": question,
                "reader": f"model/{reader}", "judge": "model/judge" if question == "ddx" else "", "view": view,
                "rubric": "bond" if question == "ddx" else "", "threshold": 4.0 if question == "ddx" else np.nan,
                "withheld": "", "text": text, "staging": staging, "emphasis": "", "selection": "", "grading": "",
                "case_set": "benchmark 1", "fingerprint": "0" * 16, "synthetic": True, "epoch": 1, "language": "en",
                "specialty_group": "Neurology & Psychiatry",
            }  # fmt: skip
            frames.append(frame.assign(**fixed))
    return pd.concat(frames, ignore_index=True)


def measure(readers: int, cases: int, source: str, out: str) -> None:
    """Analyse once in this process and write what it took."""
    from medsyn_inspect.analysis.findings import findings_of

    asked, armed = runs(readers, cases, 1), arms(readers, cases, source, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.process_time()
    found = findings_of(asked, armed)
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert len(found.types) == readers * len(TYPES)
    figures = {"seconds": seconds, "memory": memory, "before": before, "arms": len(armed)}
    Path(out).write_text(json.dumps(figures), encoding="utf-8")


def main() -> None:
    """Measure each size and print figures and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=18)
    parser.add_argument("--cases", type=int, nargs=2, default=(452, 3000), help="two numbers of cases to compare")
    given = parser.parse_args()
    found = {}
    for source in ("logprobs", "samples"):
        for cases in given.cases:
            with tempfile.TemporaryDirectory() as place:
                out = Path(place) / "figures.json"
                work = (given.readers, cases, source, str(out))
                process = multiprocessing.get_context("spawn").Process(target=measure, args=work)
                process.start()
                process.join()
                if process.exitcode:
                    raise SystemExit(f"{source}, {cases} cases: failed")
                figures = found[source, cases] = json.loads(out.read_text())
            print(
                f"{source:9} {given.readers} readers x {cases} cases, {figures['arms']} arms: "
                f"{figures['seconds']:.1f} s CPU, {figures['memory']:.0f} MB "
                f"(of it {figures['before']:.0f} MB the frames)"
            )
        few, many = given.cases
        ratio = found[source, many]["seconds"] / found[source, few]["seconds"]
        print(f"{source:9} {many:,} cases take {ratio:.1f} times the CPU of {few:,} (in proportion: {many / few:.1f})")
    print("Goal at 18 x 452: under 30 s CPU and 1 GB.")


if __name__ == "__main__":
    main()
