"""CPU of a report from logs: 18 readers x 452 cases, with and without the cache of rows, and the memory it takes.

    medsyn demo -o demo-run
    python benchmarks/report_from_logs.py demo-run/logs

The logs are made from those of a folder, one for each reader and run there: each case of a reader has the summary of a
case as one of the readers in the folder answered it, so that sizes are real and readers differ. With those of the demo,
7 runs by 4 readers, that makes 126 logs. Only headers and summaries are written, which is all that a report reads.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from zipfile_zstd import ZIP_DEFLATED, ZipFile

SWITCH = "MEDSYN_LOG_CACHE"
"""The environment variable that turns the cache of rows off."""


Summaries = dict[str, dict[str, Any]]
"""The summaries of a log by case."""

DRAWN = 4
"""The number of readers in the folder that a reader is drawn from; with fewer readers, some count several times."""


def make_logs(given: Path, folder: Path, readers: int, cases: int) -> None:
    """Write a log for each reader and each run in a folder of logs.

    Raises:
        SystemExit: If the folder has no complete log of this suite.
    """
    runs: dict[str, list[tuple[dict[str, Any], Summaries]]] = defaultdict(list)
    for file in sorted(given.glob("*.eval")):
        header, found = read_log(file)
        metadata = header["eval"].get("metadata") or {}
        if found and "condition" in metadata:
            run = json.dumps([metadata["question"], metadata["condition"]], sort_keys=True)
            runs[run].append((header, found))
    if not runs:
        raise SystemExit(f"{given}: no complete log of this suite; make some with `medsyn demo -o demo-run`")
    known = sorted({name for sources in runs.values() for _, found in sources for name in found})
    ids = [f"{known[place % len(known)]}-{place:03}" for place in range(cases)]
    for number in range(readers):
        rng = random.Random(number)
        weights = [rng.random() + 0.1 for _ in range(DRAWN)]
        drawn = [rng.choices(range(DRAWN), weights)[0] for _ in range(cases)]
        for place, sources in enumerate(runs.values()):
            write_log(folder / f"{number:02}-{place}.eval", sources, list(zip(ids, drawn, strict=True)), number)


def read_log(file: Path) -> tuple[dict[str, Any], Summaries]:
    """The header of a log, and its summaries; none if it is not complete."""
    with ZipFile(file) as log:
        names = log.namelist()
        header = json.loads(log.read("header.json")) if "header.json" in names else {"eval": {}}
        found = json.loads(log.read("summaries.json")) if "summaries.json" in names else []
    return header, {str(one["id"]): one for one in found}


def write_log(
    file: Path, sources: list[tuple[dict[str, Any], Summaries]], cases: list[tuple[str, int]], reader: int
) -> None:
    """Write one log.

    Args:
        file: The new file.
        sources: Header and summaries of each reader of the run.
        cases: Id of each case, and the place in `sources` of the reader that answered it. If that reader did not answer
            the case that the id begins with, the case has its answer to another one.
        reader: Number of the new reader.
    """
    header = json.loads(json.dumps(sources[0][0]))
    ids = [name for name, _ in cases]
    spec = header["eval"]
    spec |= {"model": f"vllm/lab/model-{reader:02}-vl-instruct", "eval_id": file.stem, "task_id": file.stem}
    spec["dataset"] |= {"sample_ids": ids, "samples": len(ids)}
    spec["metadata"] |= {"selected": len(ids), "case_set_size": len(ids)}
    summaries = []
    for place, (name, who) in enumerate(cases):
        found = sources[who % len(sources)][1]
        one = found.get(name.rpartition("-")[0]) or list(found.values())[place % len(found)]
        summaries.append(one | {"id": name, "uuid": f"{file.stem}-{name}"})
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
    # ru_maxrss is in kilobytes on Linux.
    content = {"steps": steps, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}
    content["page"] = (Path(folder) / "report" / "index.html").stat().st_size / 1e6
    Path(out).write_text(json.dumps(content), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, help="folder of logs, such as those of `medsyn demo`")
    parser.add_argument("--readers", type=int, default=18)
    parser.add_argument("--cases", type=int, default=452)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        logs = Path(place) / "logs"
        logs.mkdir()
        make_logs(given.logs, logs, given.readers, given.cases)
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
            found = json.loads(out.read_text(encoding="utf-8"))
            steps = found["steps"]
            total = sum(steps.values())
            first = first or total
            each = ", ".join(f"{step} {seconds:.1f}" for step, seconds in steps.items())
            print(f"{name}: {total:.1f} s ({total / first:.2f} of the first); {each}", flush=True)
            print(f"  {found['megabytes']:.0f} MB of memory at most; page of {found['page']:.2f} MB", flush=True)
        print("Goal at 18 x 452: under 60 s without cache.")


if __name__ == "__main__":
    main()
