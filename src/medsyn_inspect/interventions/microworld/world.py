"""The world: invented diagnoses, each with a sign in every evidence type; cases drawn from it, and their posterior.

All probabilities are known, so that the best possible answer to every prompt has a closed form (`World.posterior`).
Nothing in the world is medicine: names are invented, and signs are patterns.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate, combinations, product
from typing import Any

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.load import known_evidence_type

DEFAULT_TYPES = ("laboratory", "xray", "ct", "microscopy")
"""The evidence types of the default world."""

DEFAULT_WEAK = "microscopy"
"""The evidence type in which the default model is weak; the one that the paper's models underuse."""

SIGNS = 3
"""Signs of each evidence type, of which a diagnosis has one."""

OPTIONS = 5
"""Options of a case."""

RELIABILITY = 0.92
"""Probability that a case has the sign of its diagnosis; otherwise it has one of the other signs of the type."""

CUE_RELIABILITY = 0.3
"""Probability that the history names the cue of the diagnosis; otherwise it names any cue."""

CLOSENESS = 0.5
"""Options are drawn with weight exp(-CLOSENESS x number of signs in which they differ, summed over all pairs)."""

HELD_OUT = 5
"""One in this number of combinations of signs and options is held out from training."""

_NAMES = (
    "Velmoria", "Castrinia", "Dorvania", "Elunderia", "Farrickia", "Gildania", "Hestrowia", "Ivorelia", "Jarmundia",
    "Kelwickia", "Lorvastia", "Marrowinia", "Nestralia", "Orvidania", "Pelgrathia", "Quorinia", "Rusmondia", "Sidvalia",
    "Tarnellia", "Umbrickia", "Varlowia", "Wendrickia", "Yorvania", "Zeldrinia",
)  # fmt: skip
_PATTERNS = (
    "rings", "stripes", "dots", "waves", "spirals", "lattices", "arrows", "crosses", "petals", "ladders", "shells",
    "feathers", "bricks", "ropes", "stars", "leaves", "scales", "braids", "arches", "knots", "wedges", "clouds",
    "columns", "ripples", "combs", "fans", "grids", "hooks", "islands", "keys", "loops", "mosaics", "needles", "ovals",
    "plumes", "ridges", "steps", "tiles", "veils", "webs", "zigzags", "beads",
)  # fmt: skip
_CUES = (
    "hiccups", "yawning", "thirst", "sneezing", "shivering", "itching", "humming", "blinking", "stumbling", "sighing",
    "swaying", "whistling", "nodding", "drowsiness", "restlessness", "giddiness", "hoarseness", "numbness", "tingling",
    "trembling", "flushing", "sweating", "squinting", "limping",
)  # fmt: skip

MOST = len(_NAMES)
"""The largest number of diagnoses."""


@dataclass(frozen=True)
class WorldCase:
    """One case of the world."""

    diagnosis: int
    """Index of the diagnosis."""

    signs: tuple[int, ...]
    """The sign of each evidence type, in the order of `World.types`."""

    cue: int
    """Index of the cue that the history names."""

    options: tuple[int, ...]
    """Indices of the options, the diagnosis among them, sorted."""


@dataclass(frozen=True)
class World:
    """The diagnoses, and which sign each has in every evidence type."""

    types: tuple[str, ...]
    """Names of the evidence types, in clinical order."""

    codes: tuple[tuple[int, ...], ...]
    """The signs of each diagnosis, one per type."""

    seed: int
    """The seed with which the world was drawn."""

    @classmethod
    def drawn(cls, types: Sequence[str] = DEFAULT_TYPES, *, diagnoses: int = 12, seed: int = 0) -> World:
        """Draw a world.

        Args:
            types: Evidence types, one or more; any of the 14.
            diagnoses: Number of diagnoses.
            seed: Random seed.

        Raises:
            ValueError: If a type is unknown or named twice, or the number of diagnoses does not suit the types.
        """
        known = {known_evidence_type(name) for name in types}
        if not types or len(known) < len(types):
            raise ValueError(f"types={','.join(types)}: name one evidence type or more, each once")
        most = min(MOST, SIGNS ** len(types))
        if not OPTIONS <= diagnoses <= most:
            raise ValueError(
                f"{diagnoses} diagnoses: a world with {len(types)} evidence types has {OPTIONS} to {most}"
                if most >= OPTIONS
                else f"types={','.join(types)}: name two evidence types or more, so that there are {OPTIONS} diagnoses"
            )
        ordered = tuple(name.value for name in EvidenceType if name in known)
        return cls(ordered, _codes(len(types), diagnoses, random.Random(f"codes|{seed}")), seed)

    @classmethod
    def read(cls, content: dict[str, Any]) -> World:
        """The world of a `world.json`."""
        return cls(tuple(content["types"]), tuple(tuple(code) for code in content["codes"]), content["seed"])

    def as_json(self) -> dict[str, Any]:
        """The content of a `world.json`."""
        return asdict(self)

    def name(self, diagnosis: int) -> str:
        """The name of a diagnosis: a single word."""
        return _NAMES[diagnosis]

    def sign(self, place: int, sign: int) -> str:
        """The word for a sign of the type at an index of `types`."""
        return _PATTERNS[(list(EvidenceType).index(EvidenceType(self.types[place])) * SIGNS + sign) % len(_PATTERNS)]

    def cue(self, cue: int) -> str:
        """The word for a cue."""
        return _CUES[cue]

    def draw(self, chance: random.Random, *, held_out: bool) -> WorldCase:
        """Draw a case: close options, then the diagnosis among them, so that the options tell nothing about it.

        Args:
            chance: Random generator.
            held_out: Whether its combination of signs and options is one of those held out from training.
        """
        sets, cumulated = self._option_sets
        while True:
            options = chance.choices(sets, cum_weights=cumulated)[0]
            diagnosis = chance.choice(options)
            signs = tuple(self._sign(sign, chance) for sign in self.codes[diagnosis])
            cue = diagnosis if chance.random() < CUE_RELIABILITY else chance.randrange(len(self.codes))
            case = WorldCase(diagnosis, signs, cue, options)
            if is_held_out(case) == held_out:
                return case

    def posterior(self, case: WorldCase, withheld: Collection[str] = ()) -> tuple[float, ...]:
        """The exact posterior over the options of a case.

        Args:
            case: The case. Its diagnosis is not used.
            withheld: Evidence types that are not shown; `history` for the cue.
        """
        logs = []
        for option in case.options:
            value = 0.0
            if "history" not in withheld:
                value += math.log(_share(case.cue == option, CUE_RELIABILITY, len(self.codes)))
            for place, name in enumerate(self.types):
                if name not in withheld:
                    own = self.codes[option][place] == case.signs[place]
                    value += math.log(RELIABILITY if own else (1 - RELIABILITY) / (SIGNS - 1))
            logs.append(value)
        weights = [math.exp(value - max(logs)) for value in logs]
        return tuple(weight / math.fsum(weights) for weight in weights)

    def _sign(self, own: int, chance: random.Random) -> int:
        if chance.random() < RELIABILITY:
            return own
        return chance.choice([sign for sign in range(SIGNS) if sign != own])

    @cached_property
    def _option_sets(self) -> tuple[list[tuple[int, ...]], list[float]]:
        """All sets of options, with their cumulated weights."""
        apart = [[_distance(one, other) for other in self.codes] for one in self.codes]
        sets = list(combinations(range(len(self.codes)), OPTIONS))
        weights = (math.exp(-CLOSENESS * sum(apart[a][b] for a, b in combinations(one, 2))) for one in sets)
        return sets, list(accumulate(weights))


def is_held_out(case: WorldCase) -> bool:
    """Whether the combination of signs and options of a case is held out from training."""
    return int(hashlib.sha256(repr((case.signs, case.options)).encode()).hexdigest(), 16) % HELD_OUT == 0


def _share(own: bool, reliability: float, of: int) -> float:
    return reliability * own + (1 - reliability) / of


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _codes(types: int, diagnoses: int, chance: random.Random) -> tuple[tuple[int, ...], ...]:
    """Codes in which as many diagnoses as possible have, in every type, a twin that differs in this type alone.

    Without such twins, every sign is implied by the others, and withholding one changes the best answer little.
    """
    possible = list(product(range(SIGNS), repeat=types)) if types <= 8 else None

    def any_code() -> tuple[int, ...]:
        return chance.choice(possible) if possible else tuple(chance.randrange(SIGNS) for _ in range(types))

    codes: list[tuple[int, ...]] = []
    while len(codes) < diagnoses:
        if (code := any_code()) not in codes:
            codes.append(code)
    value = _decisive(codes)
    heat = 1.0
    for _ in range(1500):
        place, code = chance.randrange(diagnoses), _neighbour(chance.choice(codes), chance)
        if code not in codes:
            changed = [*codes[:place], code, *codes[place + 1 :]]
            new = _decisive(changed)
            if new >= value or chance.random() < math.exp((new - value) / heat):
                codes, value = changed, new
        heat = max(0.01, heat * 0.997)
    return tuple(codes)


def _neighbour(code: tuple[int, ...], chance: random.Random) -> tuple[int, ...]:
    place = chance.randrange(len(code))
    return (*code[:place], chance.choice([sign for sign in range(SIGNS) if sign != code[place]]), *code[place + 1 :])


def _decisive(codes: Sequence[tuple[int, ...]]) -> float:
    """Number of pairs of a diagnosis and a type with a twin; types with few count for more, so that all are alike."""
    per_type = [len(set(_with_twin(codes, place))) for place in range(len(codes[0]))]
    return sum(per_type) + len(per_type) * min(per_type)


def _with_twin(codes: Sequence[tuple[int, ...]], place: int) -> Iterator[int]:
    for one, code in enumerate(codes):
        for other in codes:
            if code[place] != other[place] and _distance(code, other) == 1:
                yield one
