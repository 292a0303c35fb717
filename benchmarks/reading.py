"""CPU time of reading answers, with different options in every case.

    python benchmarks/reading.py [--answers 400] [--characters 1000]

Answers are in the forms that models give: reasoning in prose, then a line in the requested form. Nothing is remembered
from one case to the next, since no two cases have an option in common. The last lines are bad input: the slowest text
for each way of reading.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from string import ascii_uppercase

from invented_set import name

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import parse_commitment, parse_differential

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from bad_input import BAD_INPUT, READERS

PROSE = (
    "The patient has fever, a rash and proteinuria of 2 g a day.",
    "- The CT shows a mass in the left upper lobe, which makes an infection less likely.",
    "**Against it:** the complement is normal, and there is no haematuria.",
    "实验室检查提示炎症指标升高，抗体阴性。",
    "If the biopsy were negative, another diagnosis would have to be considered.",
)


def prose(random: Random, characters: int) -> str:
    """Sentences and list items of about this length."""
    lines: list[str] = []
    while sum(map(len, lines)) < characters:
        lines.append(random.choice(PROSE))
    return "\n".join(lines)


def measured(label: str, reads: list[Callable[[], object]]) -> None:
    """Read each answer once and print milliseconds of CPU an answer."""
    began = time.process_time()
    found = sum(bool(read()) for read in reads)
    spent = time.process_time() - began
    print(f"{label:<24}{spent / len(reads) * 1000:8.3f} ms an answer, {found} of {len(reads)} read")


def slowest(read: Callable[[str], object]) -> tuple[float, str]:
    """The longest time that any bad input took, in milliseconds of CPU, and which it was."""
    found = []
    for which, text in BAD_INPUT.items():
        began = time.process_time()
        read(text)
        found.append((1000 * (time.process_time() - began), which))
    return max(found)


def main() -> None:
    """Measure the three questions, then bad input."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--answers", type=int, default=400)
    arguments.add_argument("--characters", type=int, default=1000)
    given = arguments.parse_args()
    random = Random(1)
    cases = [[name(random) for _ in range(random.choice((5, 10)))] for _ in range(given.answers)]
    texts = [prose(random, given.characters) for _ in cases]
    letters = [random.choice(ascii_uppercase[: len(options)]) for options in cases]
    for warm in (
        partial(parse_choice, "A", ["x", "y"]),
        partial(parse_differential, "1. x"),
        partial(parse_commitment, "x"),
    ):
        warm()  # Expressions are compiled once a process.
    asked = list(zip(texts, cases, letters, strict=True))
    measured(
        "fdx, by letter", [partial(chosen, f"{text}\n\n**Answer: {letter}**", names) for text, names, letter in asked]
    )
    measured(
        "fdx, by name", [partial(chosen, f"{text}\n\nFinal diagnosis: {names[-1]}", names) for text, names, _ in asked]
    )
    measured("fdx, unread", [partial(chosen, text, names) for text, names, _ in asked])
    measured("ddx", [partial(parse_differential, differential(random, names, given.characters)) for names in cases])
    measured(
        "open_fdx", [partial(parse_commitment, f"{text}\n\nFinal diagnosis: {names[0]}") for text, names, _ in asked]
    )
    for label, read in READERS.items():
        spent, which = slowest(read)
        print(f"bad input, {label:<22}{spent:8.1f} ms at most ({which})")


def chosen(answer: str, options: list[str]) -> str | None:
    """The letter that was read."""
    return parse_choice(answer, options).value


def differential(random: Random, names: list[str], characters: int) -> str:
    """A list of about this length, each diagnosis with explanations below it."""
    entries = [f"{number}. **{entry}**" for number, entry in enumerate(names, 1)]
    while sum(map(len, entries)) < characters:
        entries[random.randrange(len(entries))] += f"\n   - {random.choice(PROSE[:1])}"
    return "## Differential diagnosis\n\n" + "\n".join(entries)


if __name__ == "__main__":
    main()
