"""Which arm of the `sensitivity` task a request asks, told from the request alone; and readers that answer by it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from string import ascii_uppercase
from typing import Any

from medsyn_inspect.cases.case import Case
from medsyn_inspect.prompts.language import QUESTIONS, load_templates
from medsyn_inspect.prompts.stages import ask, option_order
from medsyn_inspect.records import ONLY, ORDER, REPEAT, VISUAL
from wire.case_set import CASES
from wire.dialects import Reply, Say, Token
from wire.server import Call

TEXT = ("history", "examination")
FDX = [name for name in QUESTIONS if name.startswith("fdx")]


@cache
def case_of(case_id: str) -> Case:
    """One of the three cases."""
    raw: dict[str, Any] = next(case for case in CASES if case["case_id"] == case_id)
    return Case.model_validate({**raw, "source": "invented", "licence": "CC0-1.0"})


@dataclass(frozen=True)
class Asked:
    """What a request shows and asks."""

    case: str
    """The case, told from its options."""

    view: str
    """`image`, `finding`, or `` where no visual evidence is shown."""

    withheld: tuple[str, ...]
    """The case's sections that are not there, in the order of the case."""

    options: tuple[str, ...]
    """As lettered in the request."""

    question: str
    """Name of the question's wording."""

    @property
    def reworded(self) -> bool:
        """Whether the question is put in other words."""
        return self.question.endswith("_reworded")

    @property
    def rotation(self) -> int:
        """By how many places the options are shifted."""
        return option_order(case_of(self.case)).index(self.options[0])

    @property
    def labels(self) -> set[str]:
        """The names of the arms that are asked in these words; two where no visual evidence is left to tell views."""
        visual = [piece.type.value for piece in case_of(self.case).evidence]
        shown = [name for name in visual if name not in self.withheld]
        names = {*self.withheld} if len(self.withheld) == 1 else set()
        if not self.withheld:
            names.add(REPEAT if self.reworded else f"{ORDER}{self.rotation}" if self.rotation else "")
        if not shown:
            names.add(VISUAL)
        if len(shown) == 1 and not set(self.withheld) & set(TEXT):
            names.add(ONLY + shown[0])
        return {f"{view}-{name}" if name else view for view in self.views for name in names}

    @property
    def views(self) -> tuple[str, ...]:
        return (self.view,) if self.view else ("image", "finding")


def asked(call: Call) -> Asked:
    """What a request asks, from its words and images alone."""
    [message] = call.messages
    [case] = [row for row in CASES if all(option in message.text for option in row["options"])]
    templates = load_templates(case["language"])
    heads = set(re.findall(r"^## (.+)$", message.text, re.M))
    sections = [*TEXT, *(piece["type"] for piece in case["evidence"])]
    findings = templates.label("finding") in message.text
    options = tuple(re.findall(r"^[A-Z]\. (.+)$", message.parts[-1], re.M))
    [question] = [name for name in FDX if message.parts[-1].endswith(ask(name, templates, limit=0, options=options))]
    return Asked(
        case["case_id"],
        "image" if message.images else "finding" if findings else "",
        tuple(name for name in sections if templates.label(name) not in heads),
        options,
        question,
    )


def spread(values: Sequence[Any], request: Asked) -> dict[str, Any]:
    """Values given to the options of a case, differently in every arm, but the same in every order of the options."""
    own = option_order(case_of(request.case))
    drawn = random.Random(f"{request.case} {request.view} {request.withheld} {request.reworded}")
    return dict(zip(own, drawn.sample(values, len(own)), strict=True))


BELIEF = (0.5, 0.25, 0.125, 0.0625, 0.0625)
"""Exact in binary, and they sum to one."""


def belief(request: Asked) -> list[float]:
    """What the scripted readers believe in an arm, in the case's own order of options."""
    return list(spread(BELIEF, request).values())


def letters(request: Asked) -> dict[str, str]:
    """Each option's letter in a request."""
    return dict(zip(request.options, ascii_uppercase, strict=False))


def best(call: Call) -> str:
    """The letter of the option that the scripted readers believe in most."""
    request = asked(call)
    believed = spread(BELIEF, request)
    return letters(request)[max(believed, key=lambda option: believed[option])]


def by_letter(call: Call) -> Say:
    """A direct answer that carries the arm's belief in its one token."""
    request = asked(call)
    ranked = sorted(spread(BELIEF, request).items(), key=lambda pair: -pair[1])
    tokens = tuple((letters(request)[option], probability) for option, probability in ranked)
    return Say(tokens[0][0], (Token(tokens[0][0], tokens),))


COUNTS = (9, 4, 3, 1, 0)
REFUSED, UNREADABLE = "I'm sorry, but I can't help with a diagnosis.", "It could be any of these."
OTHERS = (REFUSED, REFUSED, UNREADABLE)
"""Of twenty answers three select nothing."""


def counts(request: Asked) -> list[int]:
    """How often each option is answered in twenty answers to an arm, in the case's own order of options."""
    return list(spread(COUNTS, request).values())


def by_samples() -> Callable[[Call], Reply]:
    """Answers whose counts over each twenty to the same arm are those of `counts`, whoever asks how many at once."""
    numbers: dict[frozenset[str], count[int]] = {}

    def reply(call: Call) -> Reply:
        request = asked(call)
        answers = [
            f"Weighing it all.\nAnswer: {letters(request)[option]}"
            for option, times in spread(COUNTS, request).items()
            for _ in range(times)
        ]
        number = next(numbers.setdefault(frozenset({request.case, *request.labels}), count()))
        return Say([*answers, *OTHERS][number % 20], tokens=None)

    return reply
