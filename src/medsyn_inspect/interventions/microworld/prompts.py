"""What the model of the world is trained on: the suite's own prompts, and questions about single pictures. No torch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from medsyn_inspect.cases.case import Case
from medsyn_inspect.interventions.microworld.cases import FRAMES, case_of
from medsyn_inspect.interventions.microworld.world import OPTIONS, World, WorldCase
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, ask, emphasis_sentence, stage_prompt
from medsyn_inspect.records import PLACEBO, PLAIN, Condition

DIRECT, REWORDED, ANSWER_LINE = "fdx_direct", "fdx_direct_reworded", "fdx"
"""The questions that the model is trained on, by the names of their templates."""

CAPTION_QUESTION = "What does this picture show?"
"""The question about a single picture."""

ANSWER_MARK = "Answer:"
"""What the answer to `fdx` begins with."""


@dataclass(frozen=True)
class Shown:
    """A prompt of the world, and the right answer."""

    system: str
    """The system message; empty for a question about a picture."""

    parts: tuple[str | int, ...]
    """Text, and pictures as the index of their evidence type, in reading order."""

    answer: str
    """The right answer."""

    letter: int | None
    """Index of the right option; `None` for a question about a picture."""


def shown(world: World, drawn: WorldCase, chance: random.Random, condition: Condition, question: str) -> Shown:
    """A prompt of the suite for a drawn case, with the options in a random order.

    Args:
        world: The world.
        drawn: The case.
        chance: Draws the wording of findings and the order of the options.
        condition: Which evidence is shown, and as what.
        question: The template of the question.
    """
    case = case_of(world, drawn, "case", tuple(chance.randrange(2) for _ in world.types))
    options = list(drawn.options)
    chance.shuffle(options)
    prompt = prompt_of(case, condition, question, tuple(world.name(option) for option in options))
    letter = options.index(drawn.diagnosis)
    answer = ascii_uppercase[letter]
    return Shown(
        prompt[0],
        tuple(
            _place(world, part) if isinstance(part, Path) else part  # a picture is named by its evidence type
            for part in prompt[1]
        ),
        f"{ANSWER_MARK} {answer}" if question == ANSWER_LINE else answer,
        letter,
    )


def caption_parts(world: World, place: int) -> tuple[str | int, ...]:
    """The question about a single picture, which has the heading that it has in a case."""
    templates = load_templates("en")
    label = templates.label(world.types[place])
    line = templates.label("image_line", image=templates.label("image", evidence=label, number=1, total=1))
    return f"## {label}\n{line}", place, CAPTION_QUESTION


def prompt_of(
    case: Case, condition: Condition, question: str, options: Sequence[str]
) -> tuple[str, tuple[str | Path, ...]]:
    """System message, and text and image paths, of a case's prompt in a condition."""
    templates = load_templates(case.language)
    worded = ask(question, templates, limit=0, options=tuple(options))
    prompt = stage_prompt(case, condition, worded, Path(), templates=templates)
    parts = tuple(part.path if isinstance(part, Picture) else part.text for part in prompt.turns[0].parts)
    return prompt.system, parts


def random_condition(world: World, chance: random.Random) -> tuple[Condition, str]:
    """A condition and a question as they are drawn for training: view, types withheld, emphasis or placebo, wording."""
    withheld = (chance.choice(world.types),) if chance.random() < 0.35 else ()
    drawn = chance.random()
    emphasis = (PLACEBO if drawn < 0.1 else "") + chance.choice(world.types) if drawn < 0.2 else ""
    view = chance.choice(("image", "finding"))
    draw = chance.random()
    question = REWORDED if draw < 0.15 else ANSWER_LINE if draw < 0.3 else DIRECT
    return PLAIN.replace(view=view, withheld=withheld, emphasis=emphasis), question


def stretches(world: World) -> Iterator[str]:
    """Every stretch of text that is constant in the prompts, so that a small tokenizer can have it as one token."""
    templates = load_templates("en")
    yield templates.system
    for sentence in (templates.label("emphasis", evidence="\0"), templates.label("placebo", words="\0")):
        yield from sentence.split("\0")
    before, after = templates.label("placebo", words="\0").split("\0")
    for name in world.types:
        yield emphasis_sentence(templates, [name], placebo=True).removeprefix(before).removesuffix(after)
    for question in (DIRECT, REWORDED, ANSWER_LINE):
        text = templates.question(question, options="\0", letters="\0")
        yield from text.split("\0")
    yield from (f"## {templates.label(name)}" for name in ("history", "examination", *world.types))
    yield from (templates.label(name) for name in world.types)
    yield templates.label("finding")
    yield templates.label("image", evidence="\0", number=1, total=1).replace("\0,", "") + ":"
    yield ", ".join(ascii_uppercase[:OPTIONS])
    case = case_of(world, WorldCase(0, (0,) * len(world.types), 0, (0,)), "case", (0,) * len(world.types))
    yield case.examination
    yield case.history.partition(world.cue(0))[0]
    yield from (frame.partition("{sign}")[0] for frame in FRAMES)
    yield CAPTION_QUESTION
    yield ANSWER_MARK


def _place(world: World, path: Path) -> int:
    name = path.stem.removeprefix("case-").replace("-", "_")
    return world.types.index(name)
