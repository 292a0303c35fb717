"""How a diagnosis is graded: rubric profiles in data files, and verdicts checked against them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medsyn_inspect.cases.names import plain

FOLDER = Path(__file__).parent / "rubrics"
DEFAULT_RUBRIC = "bond"


@dataclass(frozen=True)
class Rubric:
    """A profile: what each level means and from which level a diagnosis counts as covered."""

    name: str
    """The file's name."""

    title: str
    """For people."""

    source: str
    """Where the scale is from."""

    threshold: int
    """Coverage starts here."""

    levels: dict[int, str]
    """Meaning of each level; a level that is not here is not valid."""

    guidance: str
    """What the levels leave open."""

    @property
    def best(self) -> int:
        """The level of the final diagnosis itself."""
        return max(self.levels)

    @property
    def worst(self) -> int:
        """The level of what has nothing to do with it."""
        return min(self.levels)

    def instructions(self) -> str:
        """The judge's system message."""
        levels = "\n".join(f"{level}: {meaning}" for level, meaning in sorted(self.levels.items(), reverse=True))
        template = Template((FOLDER / "judge.md").read_text(encoding="utf-8"))
        return template.substitute(levels=levels, guidance=self.guidance).strip()


def rubrics() -> tuple[str, ...]:
    """Names of the profiles there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@lru_cache
def load_rubric(name: str) -> Rubric:
    """The rubric profile called `name`.

    Raises:
        ValueError: If there is none; it lists those there are.
    """
    if name not in rubrics():
        raise ValueError(f"rubric={name!r}: choose one of {', '.join(rubrics())}")
    return Rubric(**yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


class Judgement(BaseModel):
    """A judge's rating of one listed diagnosis."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(description="Number of the diagnosis in the list")
    reason: str = Field(description="One short sentence")
    level: int = Field(description="Level of the rubric")


class Verdict(BaseModel):
    """What a judge must return."""

    model_config = ConfigDict(extra="forbid")

    judgements: list[Judgement] = Field(description="One for each listed diagnosis")


class InvalidVerdict(ValueError):
    """A judge's reply that is not a verdict; the message says why."""


def quoted(final_diagnosis: str, aliases: Sequence[str], listed: Sequence[str]) -> str:
    """The judge's user message: one JSON object, so that nothing in the list can pass for an instruction's place."""
    return json.dumps(
        {
            "final_diagnosis": final_diagnosis,
            "accepted_names": list(aliases),
            "listed_diagnoses": [{"number": number, "text": text} for number, text in enumerate(listed, 1)],
        },
        ensure_ascii=False,
        indent=1,
    )


def read_verdict(reply: str, rubric: Rubric, count: int) -> list[Judgement]:
    """The judgements in a judge's reply, by rank.

    Schemas are not enforced by every provider, so everything is checked again.

    Args:
        reply: The judge's text: a JSON object, alone or in a code fence.
        rubric: Whose levels are valid.
        count: How many diagnoses were listed.

    Raises:
        InvalidVerdict: If it is not such a verdict: not JSON, a diagnosis missing, twice or made up, an invalid level.
    """
    text = reply.strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    try:
        verdict = Verdict.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidVerdict(f"not a valid verdict: {place + ': ' if place else ''}{first['msg']}") from error
    numbers = sorted(judgement.number for judgement in verdict.judgements)
    if numbers != list(range(1, count + 1)):
        raise InvalidVerdict(f"judged the numbers {numbers}, expected each of 1 to {count} once")
    for judgement in verdict.judgements:
        if judgement.level not in rubric.levels:
            raise InvalidVerdict(f"level {judgement.level} of number {judgement.number} is not in the rubric")
    return sorted(verdict.judgements, key=lambda judgement: judgement.number)


def exact_rank(listed: Sequence[str], final_diagnosis: str, aliases: Sequence[str]) -> int | None:
    """Rank (from 1) of the first listed diagnosis that is the final diagnosis or an alias, after normalising."""
    names = {plain(name) for name in (final_diagnosis, *aliases)}
    return next((rank for rank, text in enumerate(listed, 1) if plain(text) in names), None)


def best_match(levels: Sequence[int | None]) -> tuple[int, int] | None:
    """Level and rank of the best-rated diagnosis, the first in case of a tie; `None` if nothing is rated."""
    rated = [(level, rank) for rank, level in enumerate(levels, 1) if level is not None]
    return max(rated, key=lambda pair: (pair[0], -pair[1])) if rated else None


def coverage_at(levels: Sequence[int | None], k: int, threshold: int) -> float:
    """1 if one of the first `k` diagnoses is at or over the threshold, 0 if none is, NaN if that is not known."""
    first = levels[:k]
    if any(level is not None and level >= threshold for level in first):
        return 1.0
    return float("nan") if any(level is None for level in first) else 0.0
