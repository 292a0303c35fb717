"""Lets a solver choose among the options of a case again and again, with or without the evidence.

It is shown the prompts of the task `fdx`, with other orders of the options in every draw: the question alone
(`options`), with history and examination (`text`), or with all findings as well (`all`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from string import ascii_uppercase
from typing import Literal, get_args

from inspect_ai.model import CachePolicy, ChatMessage, ChatMessageSystem, ChatMessageUser, Model, ModelOutput
from inspect_ai.util import collect
from pydantic import Field

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.phrases import load_phrases
from medsyn_inspect.calls import answered, generated
from medsyn_inspect.cases.case import Case, Record, VisualEvidence
from medsyn_inspect.construct.asking import use_of
from medsyn_inspect.construct.draft import Draft, Use
from medsyn_inspect.prompts.language import NO_FOLDERS, load_templates
from medsyn_inspect.prompts.stages import Words, ask, stage_prompt
from medsyn_inspect.records import SECTIONS, TEXT_SECTIONS, Condition

Shown = Literal["options", "text", "all"]
"""What a solver is shown."""

SHOWN: tuple[Shown, ...] = get_args(Shown)

_CONDITIONS: dict[str, Condition] = {
    "options": Condition(view="finding", withheld=SECTIONS),
    "text": Condition(view="finding", withheld=tuple(one for one in SECTIONS if one not in TEXT_SECTIONS)),
    "all": Condition(view="finding"),
}


class Drawn(Record):
    """The choices of a solver for one case."""

    shown: Shown
    draws: int
    right: int
    chosen: dict[str, int] = Field(default_factory=dict)
    """How often each option was chosen."""

    unread: int = 0
    """Answers that select no option."""

    use: Use

    @property
    def share(self) -> float:
        """The share of draws in which the final diagnosis was chosen."""
        return self.right / self.draws


async def drawn(model: Model, draft: Draft, shown: Shown, draws: int, seed: str) -> Drawn:
    """Ask a solver about a case `draws` times.

    Args:
        model: The solver.
        draft: The case.
        shown: What it is shown.
        draws: Number of draws.
        seed: Draws with another seed are other draws.
    """
    case = case_of(draft)
    orders = [order_of(case, f"{seed}|{shown}", number) for number in range(draws)]

    async def one(number: int, order: tuple[str, ...]) -> ModelOutput:
        # Two draws can have the same order; a cache must not answer one with the other.
        cache = CachePolicy(expiry="4W", per_epoch=False, scopes={"draw": f"{seed}|{number}"})
        return answered(
            await generated(model, question_of(case, shown, order, draft.report.language_folders), cache=cache)
        )

    outputs = await collect(*(one(number, order) for number, order in enumerate(orders)))
    chosen: Counter[str] = Counter()
    phrases = load_phrases(case.language, draft.report.language_folders)
    for output, order in zip(outputs, orders, strict=True):
        letter = parse_choice(output.completion, order, phrases=phrases, stop_reason=output.stop_reason).letter
        if letter:
            chosen[order[ascii_uppercase.index(letter)]] += 1
    return Drawn(
        shown=shown,
        draws=draws,
        right=chosen[case.final_diagnosis],
        chosen=dict(chosen),
        unread=draws - chosen.total(),
        use=use_of(str(model), shown, list(outputs)).model_copy(update={"prompt": wording_of(draft)}),
    )


def order_of(case: Case, seed: str, number: int) -> tuple[str, ...]:
    """The order of the options in a draw. Over each five draws, the final diagnosis is at every place once."""
    generator = random.Random(f"{seed}|{case.case_id}|{number}")
    others = [option for option in case.options or () if option != case.final_diagnosis]
    generator.shuffle(others)
    places = random.Random(f"{seed}|{case.case_id}|{number // (len(others) + 1)}").sample(
        range(len(others) + 1), len(others) + 1
    )
    others.insert(places[number % len(places)], case.final_diagnosis)
    return tuple(others)


def question_of(
    case: Case, shown: Shown, order: tuple[str, ...], folders: Mapping[str, Path] = NO_FOLDERS
) -> list[ChatMessage]:
    """The messages of a draw: the prompt of the task `fdx`, without images."""
    templates = load_templates(case.language, folders)
    question = ask("fdx", templates, limit=0, options=order)
    prompt = stage_prompt(case, _CONDITIONS[shown], question, Path(), templates=templates)
    text = "\n\n".join(part.text for part in prompt.turns[0].parts if isinstance(part, Words))
    return [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=text)]


def wording_of(draft: Draft) -> str:
    """The fingerprint of the prompts with which solvers are asked about a case: those of the task `fdx`."""
    return load_templates(draft.report.language, draft.report.language_folders).fingerprint


def case_of(draft: Draft) -> Case:
    """The case that a draft has become so far, without images."""
    return Case(
        case_id=draft.case_id,
        language=draft.report.language,
        specialty=draft.specialty,
        history=draft.history,
        examination=draft.examination,
        evidence=tuple(VisualEvidence(type=kind, finding=text) for kind, text in draft.findings.items()),
        final_diagnosis=draft.final_diagnosis,
        aliases=draft.aliases,
        options=draft.options,
        source=draft.report.source,
        licence=draft.report.licence,
    )
