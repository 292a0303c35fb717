"""What happens to a run when providers fail: how long it takes, what is scored, and what the score says.

    python benchmarks/faults.py [--cases 40] [--only 500 413]

Each row is one run of `ddx` with the suite's own limits of retries, against a local server that speaks a provider's
format. Faults of the reader hit every fifth case.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from PIL import Image
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from medsyn_inspect.analysis import analyze_logs, headline, read_runs  # noqa: E402
from medsyn_inspect.tasks import ddx  # noqa: E402
from wire.case_set import CARD, CHEST  # noqa: E402
from wire.dialects import Broken, Fail, Reply, Say  # noqa: E402
from wire.evaluating import evaluate_on, serving  # noqa: E402
from wire.providers import COMPATIBLE, GPT_4O, JUDGE_DOOR  # noqa: E402
from wire.replies import listing, verdict  # noqa: E402
from wire.server import Call, Script  # noqa: E402

ANSWER = listing("Tuberculosis", "Löfgren syndrome")
OUTAGE = 90
"""Seconds for which a server refuses every request for its rate."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one row."""

    name: str
    reader: Reply | Callable[[Call, float], Reply] = ANSWER
    """The answer to every fifth case, or a function of the request and the seconds since the start for all cases."""
    judge: Script | None = None


def for_a_time(retry_after: str | None) -> Callable[[Call, float], Reply]:
    """Refuse requests for their rate until the outage is over."""
    return lambda call, seconds: Fail(429, "slow down", retry_after) if seconds < OUTAGE else ANSWER


def slowly(call: Call, seconds: float) -> Reply:
    """Answer after five seconds."""
    time.sleep(5)
    return ANSWER


def fives(call: Call) -> Reply:
    """The highest level for everything."""
    return verdict({}, otherwise=5)(call)


PROSE = Say("The first diagnosis is quite close, I would say.")
TOO_LONG = Fail(400, "maximum context length is 128000 tokens", code="context_length_exceeded")
FAULTS = (
    Fault("none"),
    Fault("429", for_a_time(None)),
    Fault("429 retry-after", for_a_time("20")),
    Fault("500", Fail(500)),
    Fault("500, prose", Fail(500), PROSE),
    Fault("reset", Broken()),
    Fault("half answer", Broken(ANSWER)),
    Fault("filter", Say("", stop="filtered")),
    Fault("length", TOO_LONG),
    Fault("413", Fail(413, "request too large")),
    Fault("401", Fail(401, "no such key")),
    Fault("empty", Say("")),
    Fault("cut", Say("Let me weigh the", stop="length")),
    Fault("slow", slowly),
    Fault("judge prose", judge=PROSE),
    Fault("judge 500", judge=Fail(500)),
    Fault("judge length", judge=TOO_LONG),
    Fault("judge always 5", judge=fives),
)


def write_set(folder: Path, count: int) -> Path:
    """A case set in which the history numbers the case."""
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (48, 40)).save(folder / "images" / "one.png")
    evidence = [{"type": "ct", "images": [{"path": "images/one.png"}], "finding": "Enlarged hilar nodes."}]
    (folder / "card.yaml").write_text(yaml.safe_dump(CARD), encoding="utf-8")
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        for number in range(count):
            case = {"case_id": f"case-{number:03}", "history": f"Patient {number}: a cough.", "evidence": evidence}
            file.write(json.dumps({**CHEST, **case, "source": "invented", "licence": "CC0-1.0"}) + "\n")
    return folder


def number_of(call: Call) -> int:
    """The number of the case in a request."""
    return int(call.messages[0].text.partition("Patient ")[2].partition(":")[0])


def row_of(fault: Fault, cases: Path, folder: Path) -> list[str]:
    """Run one fault: its name, seconds, requests to reader and judge, status, outcomes, score, and notes."""
    with serving() as server:
        start = time.monotonic()

        def reader(call: Call) -> Reply:
            if callable(fault.reader):
                return fault.reader(call, time.monotonic() - start)
            return fault.reader if number_of(call) % 5 == 0 else ANSWER

        # The judge covers two of three answers.
        def judge(call: Call) -> Reply:
            return verdict({}, otherwise=4 if len(server.calls) % 3 else 0)(call)

        server.script(COMPATIBLE.model, reader)
        server.script(GPT_4O.model, fault.judge or judge)
        log = evaluate_on(
            cases,
            folder,
            ddx,
            COMPATIBLE.at(server, retries=2),
            judge=GPT_4O.at(server, JUDGE_DOOR, retries=2),
            max_retries=None,
            display="none",
        )
        seconds = time.monotonic() - start
        runs = read_runs(log.location)
        outcomes = ", ".join(f"{name} {n}" for name, n in runs["outcome"].value_counts().items())
        calls = f"{len(server.calls_of(COMPATIBLE.model))} + {len(server.calls_of(GPT_4O.model))}"
        [estimate] = headline(runs)["coverage"]
        bounds = f"{estimate.lower_if_missing_wrong:.3f} to {estimate.upper_if_missing_right:.3f}"
        score = f"{estimate.value:.3f} (n {estimate.n}); with the missing {bounds}"
        notes = [note for note in analyze_logs(log.location).notes if "answer" in note]
        return [fault.name, f"{seconds:.0f} s", calls, log.status, outcomes, score, " ".join(notes)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--only", nargs="*", choices=[fault.name for fault in FAULTS])
    given = parser.parse_args()
    table = Table("fault", "time", "requests (reader + judge)", "log", "outcomes", "coverage", "notes")
    with tempfile.TemporaryDirectory() as folder:
        cases = write_set(Path(folder) / "set", given.cases)
        for number, fault in enumerate(fault for fault in FAULTS if not given.only or fault.name in given.only):
            row = row_of(fault, cases, Path(folder) / str(number))
            print("; ".join(row), file=sys.stderr, flush=True)
            table.add_row(*row)
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
