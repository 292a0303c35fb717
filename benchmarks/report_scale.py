"""CPU, memory and size of the report: 18 readers x 452 cases x all tasks and arms.

    python benchmarks/report_scale.py

The frames are drawn at random, as in `analysis_scale.py`, with probabilities of the options and scores beside; what the
headers of the logs say is copied from one real log of the reference reader on one case. Opening the logs is not
measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from analysis_scale import OPTIONS, arms, runs

READERS, CASES = 18, 452
GROUPS = ("Neurology & Psychiatry", "Haemato-Oncology", "Infectious & Tropical", "Cardiology & Respiratory")


def main() -> None:
    """Measure analysis and report in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    from inspect_ai import eval

    from medsyn_inspect.analysis.findings import findings_of
    from medsyn_inspect.report.material import Material, read_material
    from medsyn_inspect.report.writing import write_report
    from medsyn_inspect.tasks import fdx

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        eval(fdx(), model="reference/reader", limit=1, log_dir=str(folder / "logs"), display="none")
        row = read_material(str(folder / "logs")).logs.iloc[0].to_dict()
        rng = np.random.default_rng(0)
        asked, armed = runs(READERS, CASES, 1), arms(READERS, CASES, "logprobs", 2)
        number = asked["case_id"].str[-4:].astype(int)
        belief = rng.dirichlet(np.ones(OPTIONS), len(asked))
        asked["posterior"] = [tuple(p) if q == "fdx" else None for p, q in zip(belief, asked["question"], strict=True)]
        asked["answer"] = ["ABCDE"[place] for place in belief.argmax(axis=1)]
        asked["correct_letter"] = "A"
        asked["language"] = np.where(number < 54, "zh", "en")
        asked["specialty_group"] = [GROUPS[place % len(GROUPS)] for place in number]
        logs = pd.concat([asked, armed.assign(question="sensitivity")]).drop_duplicates("log").reset_index(drop=True)
        headers = pd.DataFrame(
            [row | {"log": one.log, "reader": one.reader, "question": one.question} for one in logs.itertuples()]
        )
        names = {"status": "success", "task_version": "1-A", "package_version": "0", "selection": "", "grading": ""}
        start = time.process_time()
        findings = findings_of(asked, armed, logs=logs.assign(**names))
        analysed = time.process_time()
        write_report(Material(headers, findings), folder / "report", "logs")
        written = time.process_time()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        page = (folder / "report" / "index.html").stat().st_size / 1e6
    print(f"{READERS} readers x {CASES} cases, {len(asked)} answers and {len(armed)} arms in {len(logs)} logs:")
    print(
        f"analysis {analysed - start:.1f} s CPU, report {written - analysed:.1f} s CPU, {memory:.0f} MB, "
        f"page {page:.1f} MB"
    )
    print(
        f"together {(written - start) / 60:.2f} of the goal of 60 s CPU, {memory / 1500:.2f} of 1.5 GB, "
        f"page {page / 5:.2f} of 5 MB"
    )


if __name__ == "__main__":
    main()
