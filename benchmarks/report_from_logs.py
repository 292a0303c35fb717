"""CPU of a report from logs: 18 readers x 452 cases x 7 runs = 126 logs, with and without the cache of rows.

    medsyn demo -o demo-run
    python benchmarks/report_from_logs.py demo-run/logs

The logs are made from those of the demo: each case of a reader has the summary of a demo case as one of the four demo
readers answered it, so that sizes are real and readers differ. Only headers and summaries are written, which is all
that a report reads.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from zipfile_zstd import ZIP_DEFLATED, ZipFile

SWITCH = "MEDSYN_LOG_CACHE"
"""The environment variable that turns the cache of rows off."""


def make_logs(demo: Path, folder: Path, readers: int, cases: int) -> None:
    """Write a log for each reader and run of the demo."""
    runs: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for file in sorted(demo.glob("*.eval")):
        with ZipFile(file) as log:
            header, found = json.loads(log.read("header.json")), json.loads(log.read("summaries.json"))
        metadata = header["eval"]["metadata"]
        runs[json.dumps([metadata["question"], metadata["condition"]], sort_keys=True)].append(
            (header, {one["id"]: one for one in found})
        )
    for number in range(readers):
        rng = random.Random(number)
        weights = [rng.random() + 0.1 for _ in range(4)]
        drawn = [rng.choices(range(4), weights)[0] for _ in range(cases)]
        for place, sources in enumerate(runs.values()):
            write_log(folder / f"{number:02}-{place}.eval", sources, drawn, number)


def write_log(file: Path, sources: list[tuple[dict[str, Any], dict[str, Any]]], drawn: list[int], reader: int) -> None:
    """Write one log, whose case `i` is answered as the demo reader `drawn[i]` answered a case."""
    header = json.loads(json.dumps(sources[0][0]))
    known = sorted(sources[0][1])
    ids = [f"{known[place % len(known)]}-{place:03}" for place in range(len(drawn))]
    spec = header["eval"]
    spec |= {"model": f"vllm/lab/model-{reader:02}-vl-instruct", "eval_id": file.stem, "task_id": file.stem}
    spec["dataset"] |= {"sample_ids": ids, "samples": len(ids)}
    spec["metadata"] |= {"selected": len(ids), "case_set_size": len(ids)}
    summaries = [
        sources[who][1][name.rpartition("-")[0]] | {"id": name, "uuid": f"{file.stem}-{name}"}
        for who, name in zip(drawn, ids, strict=True)
    ]
    with ZipFile(file, "w", ZIP_DEFLATED) as log:
        log.writestr("summaries.json", json.dumps(summaries))
        log.writestr("header.json", json.dumps(header))


def measure(logs: str, folder: str, cache: str, out: str) -> None:
    """Make a report in this process and write the CPU seconds of each step."""
    os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
    os.environ[SWITCH] = cache
    start = time.process_time()
    from medsyn_inspect.analysis.findings import _found
    from medsyn_inspect.analysis.read.logs import read_logs
    from medsyn_inspect.report.material import read_material
    from medsyn_inspect.report.writing import write_report

    imported = time.process_time()
    frames = read_logs(logs)
    read = time.process_time()
    findings = _found(frames, False, None, False)
    analysed = time.process_time()
    write_report(read_material(logs, findings), Path(folder) / "report", [logs])
    end = time.process_time()
    marks = {"imports": start, "opening": imported, "analysis": read, "report": analysed, "": end}
    names, times = list(marks), list(marks.values())
    steps = {name: times[place + 1] - times[place] for place, name in enumerate(names[:-1])}
    Path(out).write_text(json.dumps(steps), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="folder of the demo's logs")
    parser.add_argument("--readers", type=int, default=18)
    parser.add_argument("--cases", type=int, default=452)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        logs = Path(place) / "logs"
        logs.mkdir()
        make_logs(given.demo, logs, given.readers, given.cases)
        size = sum(path.stat().st_size for path in logs.iterdir()) / 1e6
        print(f"{len(list(logs.iterdir()))} logs, {size:.0f} MB; CPU seconds")
        first = None
        for name, cache in (("without cache", "off"), ("first time, cache written", ""), ("again, from the cache", "")):
            out = Path(place) / "steps.json"
            work = (str(logs), place, cache, str(out))
            process = multiprocessing.get_context("spawn").Process(target=measure, args=work)
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit("failed")
            steps = json.loads(out.read_text(encoding="utf-8"))
            total = sum(steps.values())
            first = first or total
            each = ", ".join(f"{step} {seconds:.1f}" for step, seconds in steps.items())
            print(f"{name}: {total:.1f} s ({total / first:.2f} of the first); {each}", flush=True)
        print("Goal at 18 x 452: under 60 s without cache.")


if __name__ == "__main__":
    main()
