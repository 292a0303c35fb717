"""Rubric profiles, which are read from data files, and the validation of judges' verdicts against them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medsyn_inspect.cases.names import plain
from medsyn_inspect.judging.reply import RepeatedKey, verdict_values

FOLDER = Path(__file__).parent / "rubrics"
DEFAULT_RUBRIC = "bond"
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Rubric:
    """A rubric profile: the meaning of each level, and the level from which a diagnosis counts as covered."""

    name: str
    """Name of the profile and of its file."""

    title: str
    """Title of the profile, for people."""

    source: str
    """Where the scale comes from."""

    threshold: int
    """The lowest level that counts as covered."""

    levels: dict[int, str]
    """Meaning of each level; no other level is valid."""

    guidance: str
    """Further instructions for cases that the levels do not define."""

    @property
    def best(self) -> int:
        """The highest level, which the final diagnosis itself gets."""
        return max(self.levels)

    @property
    def worst(self) -> int:
        """The lowest level, for diagnoses unrelated to the final diagnosis."""
        return min(self.levels)

    def instructions(self) -> str:
        """The judge's system message."""
        levels = "\n".join(f"{level}: {meaning}" for level, meaning in sorted(self.levels.items(), reverse=True))
        template = Template((FOLDER / "judge.md").read_text(encoding="utf-8"))
        return template.substitute(levels=levels, guidance=self.guidance).strip()


def rubrics() -> tuple[str, ...]:
    """Names of all rubric profiles."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@lru_cache
def load_rubric(name: str) -> Rubric:
    """The rubric profile with this name.

    Raises:
        ValueError: If there is none; the message lists all profiles.
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
    """Raised if a judge's reply is not a valid verdict. The judge is shown the message."""


def quoted(final_diagnosis: str, aliases: Sequence[str], listed: Sequence[str]) -> str:
    """The judge's user message: a JSON object, so that a listed diagnosis cannot be mistaken for an instruction.

    Lone surrogates, which no request can contain, are replaced by U+FFFD.
    """
    message = json.dumps(
        {
            "final_diagnosis": final_diagnosis,
            "accepted_names": list(aliases),
            "listed_diagnoses": [{"number": number, "text": text} for number, text in enumerate(listed, 1)],
        },
        ensure_ascii=False,
        indent=1,
    )
    return SURROGATE.sub("\ufffd", message)


def read_verdict(reply: str, rubric: Rubric, count: int, question: str = "") -> list[Judgement]:
    """Parse the judgements in a judge's reply, ordered by number.

    Not every provider enforces the schema, so the reply is validated completely. Words, reasoning and code fences
    around the verdict, keys that are not in the schema, and other spellings of its keys do not matter.

    Args:
        reply: The judge's reply.
        rubric: The rubric, which defines the valid levels.
        count: Number of listed diagnoses.
        question: The judge's user message; what the judge quotes from it is not its verdict.

    Raises:
        InvalidVerdict: If the reply has a key twice, contains no verdict that judges each listed diagnosis exactly once
            and gives only valid levels, or contains different ones.
    """
    try:
        values = verdict_values(reply, question)
    except RepeatedKey as error:
        raise InvalidVerdict(f"not a valid verdict: {error}") from error
    found: list[list[Judgement]] = []
    problem = InvalidVerdict("not a valid verdict: there is no JSON object in it")
    for value in values:
        try:
            verdict = _validated(value, rubric, count)
        except InvalidVerdict as error:
            problem = error
            continue
        if verdict not in found:
            found.append(verdict)
    if len(found) > 1:
        raise InvalidVerdict(f"{len(found)} different verdicts, expected one")
    if not found:
        raise problem
    return found[0]


def _validated(value: dict[str, Any], rubric: Rubric, count: int) -> list[Judgement]:
    try:
        verdict = Verdict.model_validate(value)
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
    """Rank, starting at 1, of the first diagnosis whose normalised name is the final diagnosis or an alias."""
    names = {plain(name) for name in (final_diagnosis, *aliases)}
    return next((rank for rank, text in enumerate(listed, 1) if plain(text) in names), None)


def best_match(levels: Sequence[int | None]) -> tuple[int, int] | None:
    """Highest level and its rank (the first of them if tied); `None` if no diagnosis has a level."""
    rated = [(level, rank) for rank, level in enumerate(levels, 1) if level is not None]
    return max(rated, key=lambda pair: (pair[0], -pair[1])) if rated else None


def coverage_at(levels: Sequence[int | None], k: int, threshold: int) -> float:
    """1 if one of the first `k` diagnoses reaches the threshold, 0 if none does, NaN if that is unknown."""
    first = levels[:k]
    if any(level is not None and level >= threshold for level in first):
        return 1.0
    return float("nan") if any(level is None for level in first) else 0.0
