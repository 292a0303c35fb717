"""CPU and log size of `sensitivity` beside the same arms asked as one sample each.

    python benchmarks/sensitivity_task.py [--cases 60]

Both runs ask the same prompts of a model that answers at once, with the images logged. What is compared is the
suite's and Inspect's own work: reading, encoding, hashing and logging. Each run has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from random import Random

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import (
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.solver import generate

TYPES = ("laboratory", "ct", "mri", "microscopy")
IMAGES_A_TYPE = 2
IMAGE_BYTES = 62_000
OPTIONS = ("Sarcoidosis", "Tuberculosis", "Lymphoma", "Histoplasmosis", "Berylliosis")


@modelapi(name="instant")
class Instant(ModelAPI):
    """Answers A at once, with token probabilities."""

    async def generate(self, input, tools, tool_choice, config):  # type: ignore[no-untyped-def]  # noqa: D102
        output = ModelOutput.from_content("instant", "A")
        top = [TopLogprob(token=letter, logprob=-1.6) for letter in "ABCDE"]
        output.choices[0].logprobs = Logprobs(content=[Logprob(token="A", logprob=-1.6, top_logprobs=top)])
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    def max_connections(self) -> int:  # noqa: D102
        return 20


def write_set(folder: Path, cases: int) -> None:
    """A case set with eight images of 62 KB a case, none of them like another."""
    from io import BytesIO

    from PIL import Image

    (folder / "images").mkdir(parents=True)
    side = int((IMAGE_BYTES / 3) ** 0.5)
    lines = []
    for number in range(cases):
        evidence = []
        for name in TYPES:
            paths = [f"images/{number}-{name}-{index}.png" for index in range(IMAGES_A_TYPE)]
            for path in paths:
                content = BytesIO()
                Image.frombytes("RGB", (side, side), Random(path).randbytes(side * side * 3)).save(content, "PNG")
                (folder / path).write_bytes(content.getvalue())
            evidence.append({"type": name, "images": [{"path": path} for path in paths], "finding": f"Finding {path}."})
        lines.append(
            json.dumps(
                {
                    "case_id": f"case-{number:04d}",
                    "language": "en",
                    "history": f"A patient of {20 + number % 60} with a cough for three months, number {number}.",
                    "examination": "Tender nodules on both shins.",
                    "evidence": evidence,
                    "final_diagnosis": OPTIONS[0],
                    "options": list(OPTIONS),
                    "source": "made for a benchmark",
                    "licence": "CC0-1.0",
                }
            )
        )
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "card.yaml").write_text(
        "name: benchmark\nversion: '1'\nlicence: CC0-1.0\nsource: made for a benchmark\nlanguages: [en]\n"
        "synthetic: true\ncanary: none\n",
        encoding="utf-8",
    )


def all_in_one(cases: str) -> Task:
    """The task as it is."""
    from medsyn_inspect.tasks import sensitivity

    return sensitivity(cases=cases, posterior="logprobs", order_audit=0)


def one_sample_an_arm(cases: str) -> Task:
    """The same prompts, each a sample of its own."""
    from medsyn_inspect.arms.design import arms_of
    from medsyn_inspect.cases.load import load_cases
    from medsyn_inspect.dataset import messages
    from medsyn_inspect.prompts.language import load_templates
    from medsyn_inspect.prompts.stages import ask, option_order, stage_prompt
    from medsyn_inspect.scorers import option_choice

    case_set = load_cases(cases)
    samples = []
    from medsyn_inspect.dataset import case_sample

    for case in case_set.cases:
        templates = load_templates(case.language)
        whole = case_sample(case_set, case, "fdx", arms_of(case)[0].arm)
        for arm in arms_of(case):
            name = "fdx_direct_reworded" if arm.reworded else "fdx_direct"
            question = ask(name, templates, limit=0, options=option_order(case))
            prompt = stage_prompt(case, arm.arm, question, case_set.folder)
            samples.append(
                whole.model_copy(update={"id": f"{case.case_id}-{arm.label}", "input": messages(prompt)}),
            )
    return Task(
        dataset=MemoryDataset(samples),
        solver=generate(),
        scorer=option_choice(),
        config=GenerateConfig(logprobs=True, top_logprobs=20),
    )


def measure(make: str, cases: str, out: str) -> None:
    """Run one shape in this process and write what it took."""
    # Once beforehand with one case, so that imports, which do not grow with the cases, are not measured.
    eval(globals()[make](cases), model="instant/model", log_dir=tempfile.mkdtemp(), display="none", limit=1)
    folder = Path(tempfile.mkdtemp())
    task = globals()[make](cases)
    start = time.process_time()
    [log] = eval(task, model="instant/model", log_dir=str(folder), display="none", max_samples=20)
    seconds = time.process_time() - start
    if log.status != "success" or log.results is None:
        raise SystemExit(f"{make}: {log.status}")
    arms = len(TYPES) + 2
    asked = log.results.total_samples * (2 * arms if make == "all_in_one" else 1)
    size = sum(file.stat().st_size for file in folder.iterdir())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": seconds, "asked": asked, "bytes": size, "memory": memory}
    Path(out).write_text(json.dumps(figures), encoding="utf-8")


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "set"
        write_set(folder, given.cases)
        found = {}
        for make in ("one_sample_an_arm", "all_in_one"):
            out = Path(place) / f"{make}.json"
            process = multiprocessing.get_context("spawn").Process(target=measure, args=(make, str(folder), str(out)))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{make} failed")
            found[make] = json.loads(out.read_text())
            figures = found[make]
            print(
                f"{make:18} {figures['asked']} generations, {1000 * figures['seconds'] / figures['asked']:.1f} ms CPU "
                f"each, log {figures['bytes'] / 1e6:.1f} MB, {figures['memory']:.0f} MB memory"
            )
    apart, together = found["one_sample_an_arm"], found["all_in_one"]
    if apart["asked"] != together["asked"]:
        raise SystemExit("the two runs did not ask the same number of prompts")
    print(f"CPU per generation: {together['seconds'] / apart['seconds']:.2f} of one sample an arm (goal: 0.5 or less)")
    print(f"Log: {together['bytes'] / apart['bytes']:.2f} of it (goal: 0.25 or less)")


if __name__ == "__main__":
    main()
