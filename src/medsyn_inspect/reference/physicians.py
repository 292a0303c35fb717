"""Simulated physicians for the demo: a script answers the bundled cases twice alone and once in consensus.

The answers take the way of real ones: a file of answers, an answer sheet for each reader, and logs of the import. The
script knows the diagnosis and is right in a fixed share of the cases, so the results say nothing about physicians.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import click
from inspect_ai.log import EvalLog

from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.load import DEMO
from medsyn_inspect.physicians.answer_page import AnswerPage
from medsyn_inspect.physicians.answering import CHOICE, DIFFERENTIAL, TOGETHER, exported, locked
from medsyn_inspect.physicians.answers import import_answers
from medsyn_inspect.physicians.sheet import CONFIDENCE
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.providers import JUDGE, SIMULATED_PHYSICIAN
from medsyn_inspect.records import PLAIN
from medsyn_inspect.writing import write_files


@dataclass(frozen=True)
class Physician:
    """How a simulated physician answers."""

    name: str
    right: float
    """Probability of choosing the diagnosis."""

    pace: float
    """Median seconds for a differential."""


PAIR = (
    Physician(f"{SIMULATED_PHYSICIAN}-1", right=0.85, pace=110),
    Physician(f"{SIMULATED_PHYSICIAN}-2", right=0.7, pace=80),
)

CONSENSUS = f"{SIMULATED_PHYSICIAN}s"
"""Name of the two in consensus."""

AMBIGUOUS = "Two of the options fit all of the evidence."
"""The reason with which some wrong answers are flagged."""


def run_physicians(folder: Path, log_dir: str, case_ids: Collection[str] | None = None) -> list[EvalLog]:
    """Let the simulated physicians answer bundled cases, and import their answers.

    Args:
        folder: New folder for the file of answers and the sheets.
        log_dir: Folder for the logs.
        case_ids: Only these cases; by default all.

    Returns:
        The logs: of each physician, and of both in consensus.
    """
    folder.mkdir(parents=True)
    names = [physician.name for physician in PAIR]
    session = AnswerPage(DEMO, PLAIN, [*names, TOGETHER.join(names)], folder / "answers.jsonl")
    for physician in PAIR:
        for case in _queue(session, physician.name, case_ids):
            _answer(session, physician.name, case, alone(physician, case))
    for case in _queue(session, TOGETHER.join(names), case_ids):
        _answer(session, TOGETHER.join(names), case, in_consensus(session, case))
    sheets = exported(session.journal.entries, session.case_set.cases)
    write_files({f"{sheet.name}.csv": sheet.content for sheet in sheets}, folder / "sheets")
    logs: list[EvalLog] = []
    for sheet in sheets:
        imported = import_answers(
            folder / "sheets" / f"{sheet.name}.csv",
            CONSENSUS if sheet.members else sheet.name,
            DEMO,
            judge=JUDGE,
            consensus_of=sheet.members,
            log_dir=log_dir,
            log_images=False,
        )
        logs += imported.logs
    return logs


def alone(physician: Physician, case: Case) -> dict[str, str]:
    """What a simulated physician enters for a case: the fields of both forms of the answer page."""
    chance = random.Random(f"{physician.name}|{case.case_id}")
    options = option_order(case)
    right = chance.random() < physician.right
    distractors = chance.sample([one for one in options if one != case.final_diagnosis], len(options) - 1)
    chosen = case.final_diagnosis if right else distractors[0]
    listed = [chosen, *[one for one in (case.final_diagnosis, *distractors) if one != chosen][: chance.randint(1, 3)]]
    if not right and chance.random() < 0.5:
        listed = [one for one in listed if one != case.final_diagnosis]
    sure = chance.choice((3, 4, 4, 5)) if right else chance.choice((1, 2, 2, 3, 4))
    flagged = not right and sure <= 2 and chance.random() < 0.5
    return {
        "diagnoses": "\n".join(listed),
        "letter": ascii_uppercase[options.index(chosen)],
        "confidence": str(sure),
        **({"flag": "yes", "ambiguity": AMBIGUOUS} if flagged else {}),
        "seconds_differential": f"{chance.lognormvariate(0, 0.4) * physician.pace:.1f}",
        "seconds_option": f"{chance.lognormvariate(0, 0.5) * physician.pace / 4:.1f}",
    }


def in_consensus(session: AnswerPage, case: Case) -> dict[str, str]:
    """What both enter together: the option and the list of the one who is more certain, the first if both are alike."""
    entries = session.journal.entries
    given = [locked(entries, physician.name)[case.case_id] for physician in PAIR]
    first = max(given, key=lambda one: int(one[CHOICE]["confidence"]))
    same = given[0][CHOICE]["letter"] == given[1][CHOICE]["letter"]
    flags = [one[CHOICE]["ambiguity"] for one in given if one[CHOICE]["ambiguity"]]
    chance = random.Random(f"{CONSENSUS}|{case.case_id}")
    listed = [diagnosis for one in (first, *given) for diagnosis in one[DIFFERENTIAL]["diagnoses"]]
    return {
        "diagnoses": "\n".join(list(dict.fromkeys(listed))[:5]),
        "letter": first[CHOICE]["letter"],
        "confidence": str(first[CHOICE]["confidence"] if same else min(3, max(CONFIDENCE))),
        **({"flag": "yes", "ambiguity": flags[0]} if len(flags) == len(given) else {}),
        "seconds_differential": f"{chance.lognormvariate(0, 0.4) * (30 if same else 90):.1f}",
        "seconds_option": f"{chance.lognormvariate(0, 0.5) * (10 if same else 40):.1f}",
    }


def _queue(session: AnswerPage, person: str, case_ids: Collection[str] | None) -> Sequence[Case]:
    """The cases that a person answers, in the order of the person's queue."""
    queue = [session.by_id[case_id] for case_id in session.queues[person]]
    return [case for case in queue if case_ids is None or case.case_id in case_ids]


def _answer(session: AnswerPage, person: str, case: Case, form: Mapping[str, str]) -> None:
    """Enter a differential and a final answer, as the page does."""
    for step, seconds in ((DIFFERENTIAL, "seconds_differential"), (CHOICE, "seconds_option")):
        entered: dict[str, Any] = {**form, "seconds": form[seconds]}
        if problem := session.record(person, case, step, entered):
            raise ValueError(f"{person}, case {case.case_id}, {step}: {problem}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("log_dir")
@click.argument("case_ids", nargs=-1)
def main(folder: Path, log_dir: str, case_ids: tuple[str, ...]) -> None:
    """Write the logs of the simulated physicians on CASE_IDS into LOG_DIR, and their answers into the new FOLDER."""
    for log in run_physicians(folder, log_dir, case_ids or None):
        click.echo(f"{log.location} ({log.status})")


if __name__ == "__main__":
    main()
