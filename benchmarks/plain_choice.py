"""The same cases as a task that uses nothing but Inspect: `multiple_choice` and `choice`."""

from __future__ import annotations

import json
from pathlib import Path
from string import ascii_uppercase

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, Content, ContentImage, ContentText
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice


@task
def plain(cases: str) -> Task:
    """Final diagnosis with Inspect's own solver and scorer."""
    folder = Path(cases)
    samples = []
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        parts: list[Content] = [ContentText(text=f"{case['history']}\n\n{case['examination']}")]
        for piece in case["evidence"]:
            parts.append(ContentText(text=piece["type"]))
            parts += [ContentImage(image=str(folder / image["path"])) for image in piece["images"]]
        samples.append(
            Sample(
                id=case["case_id"],
                input=[ChatMessageUser(content=parts)],
                choices=case["options"],
                target=ascii_uppercase[case["options"].index(case["final_diagnosis"])],
            )
        )
    return Task(
        dataset=MemoryDataset(samples),
        solver=multiple_choice(cot=True),
        scorer=choice(),
    )
