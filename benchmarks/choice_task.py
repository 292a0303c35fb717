"""CPU of `fdx` as a ratio of Inspect's own `multiple_choice` on the same cases, and the share of the suite's own code.

    python benchmarks/choice_task.py [--cases 452] [--rounds 3] [--profile]

Each run is a command, `inspect eval`, and is measured as a whole: starting, imports, checking the case set, requests,
scoring, logging. The model is `openai/gpt-4o` at a server on this machine, whose CPU is not counted. It answers each
question after half a second with 1,000 characters of reasoning and a last line in the requested form, and gives token
probabilities if they are requested. Every round does all runs one after the other; the ratios are within a round.

The cases differ in everything (`invented_set.py`). Beforehand, each run is done once with one case, so that Python
files are compiled; `medsyn_inspect` verifies the images then, as it does once for every case set.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from types import FrameType

from invented_set import write_set

PLAIN, FDX = f"{Path(__file__).with_name('plain_choice.py')}@plain", "medsyn_inspect/fdx"
RUNS = {
    "multiple_choice": (PLAIN,),
    "multiple_choice, no images": (PLAIN, "--no-log-images"),
    "fdx": (FDX,),
    "fdx, no images": (FDX, "--no-log-images"),
    "fdx, no images, no requests logged": (FDX, "--no-log-images", "--no-log-model-api"),
    "fdx, no images, no token probabilities": (FDX, "--no-log-images", "-T", "logprobs=false"),
}
"""The arguments of `inspect eval`, by the name of the run. "No images" means that the log has none."""

PROFILED = "fdx, no images, no token probabilities"

CONNECTIONS = 20
LETTERS = "ABCDEFGHIJKLMNOPQRST"
REASONING = "The CT shows a mass in the left upper lobe, which makes an infection less likely. "
INTERVAL = 0.002
"""Seconds of CPU between two looks at what is being executed."""

SUITE, INSPECT = "medsyn_inspect", "Inspect"


def completion(body: dict[str, object]) -> dict[str, object]:
    """An answer as OpenAI gives it."""
    letter = Random(json.dumps(body["messages"])[-400:]).choice("ABCDE")
    tokens = [f"{word} " for word in (REASONING * 12).split()] + ["\n\n", "Answer", ":", f" {letter}"]
    choice: dict[str, object] = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "".join(tokens)},
    }
    if body.get("logprobs"):
        others = [{"token": f" {other}", "logprob": -1.0 - place, "bytes": None} for place, other in enumerate(LETTERS)]
        choice["logprobs"] = {
            "content": [{"token": token, "logprob": -0.5, "bytes": None, "top_logprobs": others} for token in tokens]
        }
    usage = {"prompt_tokens": 1000, "completion_tokens": len(tokens), "total_tokens": 1000 + len(tokens)}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "gpt-4o",
        "choices": [choice],
        "usage": usage,
    }


def serve(port: Connection, delay: float) -> None:
    """Answer until the process is ended; the port is sent first."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(delay)
            content = json.dumps(completion(body)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port.send(server.server_port)
    server.serve_forever()


def arguments(run: str, folder: Path, logs: Path) -> list[str]:
    """The arguments of `inspect` for a run."""
    common = ("-T", f"cases={folder}", "--model", "openai/gpt-4o", "--max-connections", str(CONNECTIONS))
    return ["eval", *RUNS[run], *common, "--log-dir", str(logs), "--display", "none"]


def measured(run: str, folder: Path, *more: str) -> dict[str, float]:
    """CPU seconds, memory in MB and log in MB of one run."""
    with tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-m", "inspect_ai", *arguments(run, folder, Path(logs)), *more]
        process = subprocess.Popen(command, cwd=folder.parent)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        files = list(Path(logs).glob("*.eval"))
        if process.returncode or len(files) != 1:
            raise SystemExit(f"{run} failed")
        require_all_answered(files[0])
        size = files[0].stat().st_size / 1e6
    return {"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024, "log": size}


def require_all_answered(log: Path) -> None:
    """Check that the run has finished and that every answer was read.

    Raises:
        SystemExit: If not.
    """
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    if read_eval_log(str(log), header_only=True).status != "success":
        raise SystemExit(f"{log.name}: the run has failed")
    for sample in read_eval_log_sample_summaries(str(log)):
        if not any(score.answer for score in (sample.scores or {}).values()):
            raise SystemExit(f"{log.name}: the answer of {sample.id} was not read")


def profile(inspect_arguments: list[str], shares: Connection) -> None:
    """Run `inspect` in this process and send how often each owner's code was being executed."""
    found: Counter[str] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        found[owner(frame)] += 1

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    sys.argv = ["inspect", *inspect_arguments]
    try:
        runpy.run_module("inspect_ai", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    shares.send(found)


def owner(frame: FrameType | None) -> str:
    """What is being executed: Inspect, or the suite's innermost function. Libraries count as their caller."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.partition(".")[0] == SUITE:
            return f"{module}.{frame.f_code.co_name}"
        if module.partition(".")[0] == "inspect_ai":
            return INSPECT
        frame = frame.f_back
    return "neither"


def print_profile(folder: Path) -> None:
    """Print the shares of one run."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as logs:
        given = arguments(PROFILED, folder, Path(logs))
        process = context.Process(target=profile, args=(given, sender))
        process.start()
        sender.close()
        shares = receiver.recv()
        process.join()
    total = sum(shares.values())
    own = Counter({name: count for name, count in shares.items() if name.startswith(SUITE)})
    owners = {SUITE: own.total(), INSPECT: shares[INSPECT], "neither": shares["neither"]}
    print(f"\n{PROFILED}: whose code is executed ({total} looks, every {INTERVAL * 1000:.0f} ms of CPU)")
    for name, count in [*owners.items(), *own.most_common(12)]:
        print(f"{count / total:7.1%}  {name}")


def compare(folder: Path, runs: list[str], rounds: int) -> None:
    """Do all runs in every round; print each run's medians and its ratio to the first."""
    found: dict[str, list[dict[str, float]]] = {run: [] for run in runs}
    for _ in range(rounds):
        for run in runs:
            found[run].append(measured(run, folder))
            print(f"  {run}: {found[run][-1]['cpu']:.1f} CPU s", flush=True)
    first = next(iter(found.values()))
    print(f"{'':<42}{'CPU s':>8}{'ratio':>8}{'memory MB':>12}{'log MB':>9}")
    for run, figures in found.items():
        ratio = median(own["cpu"] / plain["cpu"] for own, plain in zip(figures, first, strict=True))
        cpu, memory, log = (median(own[name] for own in figures) for name in ("cpu", "memory", "log"))
        print(f"{run:<42}{cpu:>8.1f}{ratio:>8.2f}{memory:>12.0f}{log:>9.1f}")


def main() -> None:
    """Write the set, start the server, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=452)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS), help="the ratios are to the first")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds until the server answers")
    parser.add_argument("--profile", action="store_true", help="also print the share of the suite's own code")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    server = context.Process(target=serve, args=(sender, given.delay), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ |= {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{receiver.recv()}/v1",
            "OPENAI_API_KEY": "none",
            "NO_PROXY": "127.0.0.1",
            "XDG_CACHE_HOME": f"{temporary}/caches",
            "XDG_DATA_HOME": f"{temporary}/data",
            "PYTHONPYCACHEPREFIX": f"{temporary}/bytecode",
        }
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        folder = Path(temporary) / "set"
        images = write_set(folder, given.cases)
        for run in given.runs:
            measured(run, folder, "--limit", "1")
        print(f"{given.cases} cases, {images} images, {CONNECTIONS} connections, rounds: {given.rounds}, medians")
        compare(folder, given.runs, given.rounds)
        if given.profile:
            print_profile(folder)
    server.terminate()


if __name__ == "__main__":
    main()
