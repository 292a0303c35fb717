"""CPU and log size of `sensitivity` and of the same arms with a sample for each.

    python benchmarks/sensitivity_task.py [--cases 60]

The cases differ in everything (`invented_set.py`). Both runs ask the same prompts of a model that answers at once, with
the images logged. What is compared is the suite's and Inspect's own work: reading, encoding, hashing and logging. Each
run has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

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
from invented_set import write_set


@modelapi(name="instant")
class Instant(ModelAPI):
    """Answers A at once, with token probabilities, and counts its answers."""

    answers = 0

    async def generate(self, input, tools, tool_choice, config):  # type: ignore[no-untyped-def]  # noqa: D102
        Instant.answers += 1
        output = ModelOutput.from_content("instant", "A")
        top = [TopLogprob(token=letter, logprob=-2.4) for letter in "ABCDEFGHIJ"]
        output.choices[0].logprobs = Logprobs(content=[Logprob(token="A", logprob=-2.4, top_logprobs=top)])
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    def max_connections(self) -> int:  # noqa: D102
        return 20


def all_in_one(cases: str) -> Task:
    """The task as it is."""
    from medsyn_inspect.tasks import sensitivity

    return sensitivity(cases=cases, posterior="logprobs", order_audit=0)


def one_sample_an_arm(cases: str) -> Task:
    """The same prompts, each a sample of its own."""
    from medsyn_inspect.arms.design import arms_of
    from medsyn_inspect.arms.prompt import arm_prompt
    from medsyn_inspect.cases.load import load_cases
    from medsyn_inspect.dataset import case_sample, messages
    from medsyn_inspect.prompts.stages import option_order
    from medsyn_inspect.scorers import option_choice

    case_set = load_cases(cases)
    samples = []
    for case in case_set.cases:
        whole = case_sample(case_set, case, "fdx")
        for arm in arms_of(case):
            asked = messages(arm_prompt(case_set, case, arm, "logprobs", option_order(case)))
            samples.append(whole.model_copy(update={"id": f"{case.case_id}-{arm.label}", "input": asked}))
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
    Instant.answers, start = 0, time.process_time()
    [log] = eval(task, model="instant/model", log_dir=str(folder), display="none", max_samples=20)
    seconds = time.process_time() - start
    if log.status != "success" or log.results is None:
        raise SystemExit(f"{make}: {log.status}")
    size = sum(file.stat().st_size for file in folder.iterdir())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": seconds, "asked": Instant.answers, "bytes": size, "memory": memory}
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
