"""Plans a construction: requests, tokens and cost of each step, before a model is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from medsyn_inspect.construct.draft import OPTIONS
from medsyn_inspect.construct.draws import SHOWN
from medsyn_inspect.construct.pipeline import SETTLING_DRAWS, SUFFICIENCY
from medsyn_inspect.construct.reading.source import read_source
from medsyn_inspect.construct.refine import LEAST_DRAWS, NAME, ROUNDS, WITHOUT_EVIDENCE, draws_per_case
from medsyn_inspect.construct.steps import ALL
from medsyn_inspect.construct.steps.distractors import WANTED
from medsyn_inspect.parameters import checked
from medsyn_inspect.planning.plan import CHARACTERS_PER_TOKEN, Plan, PlannedPrompt, row_of, text_tokens
from medsyn_inspect.planning.prices import Price
from medsyn_inspect.wording import plural

TASK = "construct"
"""Name of the plan on the command line."""

CASE_SHARE = 0.4
"""Assumed length of history, examination and findings, as a share of the report."""

REPLY_TOKENS = {
    "segment": 400,
    "extract": 1500,
    "summarise": 500,
    "diagnosis": 150,
    "distractors": 100 * WANTED,
    "verify": 40 * WANTED,
    "scrub": 200,
    "identifiers": 200,
}
"""Assumed lengths of the replies, by step."""

LETTER_TOKENS = 300
"""Assumed length of an answer of a solver."""

_WHOLE_REPORT = ("segment", "extract", "diagnosis", "distractors")
"""Steps in which the whole report is sent."""


class PlannedConstruction(BaseModel):
    """The parameters of the plan (`-T`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reports: int = Field(default=450, ge=1)
    """Number of reports; ignored if `source` is given."""

    characters: int = Field(default=15_000, ge=1)
    """Length of a report in characters; ignored if `source` is given."""

    source: str | None = None
    """A folder with reports, which are counted and measured; `demo` for the bundled ones."""

    rounds: int = Field(default=ROUNDS, ge=0)
    """Rounds of refinement at most."""

    draws: int = Field(default=LEAST_DRAWS, ge=1)
    """Draws of each solver at least."""

    solvers: int = Field(default=1, ge=1)
    """Number of solvers that take part in refinement."""

    held_out: int = Field(default=0, ge=0)
    """Number of solvers that are held out."""


def plan_of_construction(
    arguments: Mapping[str, Any], models: Sequence[str], prices: Mapping[str, Price], *, thinking: int
) -> Plan:
    """Plan a construction in which one model takes all roles. All numbers are upper bounds: no report is dropped.

    Args:
        arguments: Fields of `PlannedConstruction`.
        models: The models, each planned alone.
        prices: Prices by model.
        thinking: Tokens that a reasoning model is assumed to need for thinking before each answer.

    Raises:
        ValueError: If a parameter or the source is invalid.
    """
    unknown = sorted(set(arguments) - set(PlannedConstruction.model_fields))
    if unknown:
        raise ValueError(f"unknown parameter {unknown[0]}: construct has {', '.join(PlannedConstruction.model_fields)}")
    given = checked(PlannedConstruction, **arguments)
    lengths = _lengths(given)
    roles = dict(_prompts(lengths, given))
    rows = [
        row_of(model, role, prompts, prices=prices, thinking=thinking, arms=0, at_most=True)
        for model in models or (None,)
        for role, prompts in roles.items()
    ]
    draws = draws_per_case(len(lengths), given.draws)
    measured = "measured in the source" if given.source else f"{given.characters:,} characters each assumed"
    return Plan(
        task=TASK,
        case_set=f"case reports ({measured})",
        cases=len(lengths),
        distinct_images=0,
        distinct_bytes=0,
        rows=tuple(rows),
        remarks=(
            "No image is sent. Every report is assumed to pass all steps. A refused reply is requested again, up to "
            "three calls in all; repeats are not counted.",
            f"{NAME}: {draws} draws per case, shown in {len(WITHOUT_EVIDENCE)} ways, in up to "
            f"{plural(given.rounds, 'round')} and a last measurement, by {plural(given.solvers, 'solver')}; before and "
            f"after the rounds by {plural(given.held_out, 'solver')} held out. New distractors are not counted.",
            "Each role can have a model of its own; the table counts all of them for the model named.",
        ),
    )


def _lengths(given: PlannedConstruction) -> list[int]:
    """The length of each report in tokens."""
    if given.source is None:
        return [given.characters // CHARACTERS_PER_TOKEN] * given.reports
    texts = [
        "\n".join([*(text for _, text in report.blocks), *(figure.caption for figure in report.figures)])
        for found in read_source(Path(given.source))
        for report in found.reports
    ]
    if not texts:
        raise ValueError(f"source={given.source}: no report in it can be read")
    return [text_tokens(text) for text in texts]


def _prompts(lengths: Sequence[int], given: PlannedConstruction) -> Iterator[tuple[str, list[PlannedPrompt]]]:
    """The prompts of each step."""
    for step in ALL:
        template = text_tokens(step.template)
        share = 1 + CASE_SHARE if step.name == "distractors" else 1 if step.name in _WHOLE_REPORT else CASE_SHARE
        yield (
            step.name,
            [PlannedPrompt(template + int(share * length), (), REPLY_TOKENS[step.name]) for length in lengths],
        )
    measured = given.solvers * (given.rounds + 1) + 2 * given.held_out
    draws = draws_per_case(len(lengths), given.draws) * measured
    question = 20 * OPTIONS + 100
    shown = {"options": 0.0, "text": CASE_SHARE / 2, "all": CASE_SHARE}
    assert set(shown) == set(SHOWN)
    yield (
        NAME,
        [
            PlannedPrompt(question + int(shown[name] * length), (), LETTER_TOKENS)
            for length in lengths
            for name in WITHOUT_EVIDENCE
            for _ in range(draws)
        ],
    )
    yield (
        SUFFICIENCY,
        [
            PlannedPrompt(question + int(shown["all"] * length), (), LETTER_TOKENS)
            for length in lengths
            for _ in range(SETTLING_DRAWS)
        ],
    )
