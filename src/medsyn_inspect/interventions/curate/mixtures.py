"""Draws the mixtures: general, targeted, and a control from the sources of the targeted half."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from medsyn_inspect.interventions.curate.pools import BadPool, Pool, Sample
from medsyn_inspect.interventions.targets import Target

CURRICULUM = "samples with fewer images first; of as many images, those with fewer characters first"
"""The rule of the curriculum: pictures alone come before cases, and short cases before long ones."""

GENERAL, TARGETED, CONTROL = "general", "targeted", "control"


@dataclass(frozen=True)
class Recipe:
    """How mixtures are drawn."""

    size: int = 3000
    target_share: float = 0.5
    exclude_target_from_general: bool = False
    seed: int = 0
    curriculum: bool = False
    """Whether the samples of a mixture are in the order of `CURRICULUM`, in which they are trained on, not shuffled."""


@dataclass
class Mixtures:
    """The mixtures, and what was left out."""

    samples: dict[str, list[Sample]]
    """The samples of each mixture in the order of training; without `control` where the sources have nothing else."""

    dropped: Counter[str] = field(default_factory=Counter)
    """Number of samples passed over because they repeat evaluation material, as `POOL: text` or `POOL: image`."""

    notes: list[str] = field(default_factory=list)


def draw(
    pools: Sequence[Pool], targets: Sequence[Target], recipe: Recipe, repeated: Callable[[Sample], str | None]
) -> Mixtures:
    """Draw the mixtures. The same pools, targets, recipe and evaluation cases give the same mixtures.

    `general` is drawn from the first pool. The general part of `targeted` is a part of it, so that the two differ by
    the targeted part alone; `control` has other types from the pools of the targeted part in its place.

    Args:
        pools: The pools; the first is the general one.
        targets: The evidence types to target.
        recipe: Sizes and seed.
        repeated: What a sample repeats of the evaluation cases, or `None`.

    Raises:
        BadPool: If the pools have too few samples.
    """
    if not 0 < recipe.target_share < 1:
        raise BadPool(f"--target-share {recipe.target_share:g}: must be above 0 and below 1")
    names = {target.evidence_type for target in targets}
    found = Mixtures({})
    wanted = _quotas(targets, round(recipe.size * recipe.target_share))
    take = _Taker(recipe.seed, repeated, found.dropped)
    excluded = names if recipe.exclude_target_from_general else set()
    general = take.some(
        [one for one in pools[0].samples if one.type not in excluded], recipe.size, f"the general pool {pools[0].name}"
    )
    base = general[: recipe.size - sum(wanted.values())]
    used = {(one.pool, one.id) for one in general}
    sources = pools[1:] or pools
    targeted: list[Sample] = []
    for name, number in wanted.items():
        of_type = [
            one for pool in sources for one in pool.samples if one.type == name and (one.pool, one.id) not in used
        ]
        targeted += take.some(of_type, number, f"{name} in {', '.join(pool.name for pool in sources)}")
    found.samples = {GENERAL: general, TARGETED: [*base, *targeted]}
    drawn_from = {one.pool for one in targeted}
    other = [
        one
        for pool in sources
        if pool.name in drawn_from
        for one in pool.samples
        if one.type not in names and (one.pool, one.id) not in used
    ]
    if len(other) >= len(targeted):
        control = take.some(other, len(targeted), f"other types in {', '.join(sorted(drawn_from))}")
        found.samples[CONTROL] = [*base, *control]
    else:
        found.notes.append(
            f"no control: {', '.join(sorted(drawn_from))} has {len(other)} samples of other types, and "
            f"{len(targeted)} are needed"
        )
    for name, samples in found.samples.items():
        random.Random(f"order|{recipe.seed}|{name}").shuffle(samples)
        if recipe.curriculum:
            samples.sort(key=lambda one: (len(one.images), len(one.text)))
    return found


class _Taker:
    """Draws samples that repeat nothing of the evaluation cases."""

    def __init__(self, seed: int, repeated: Callable[[Sample], str | None], dropped: Counter[str]) -> None:
        self.seed, self.repeated, self.dropped = seed, repeated, dropped

    def some(self, samples: Sequence[Sample], number: int, what: str) -> list[Sample]:
        order = list(samples)
        random.Random(f"{self.seed}|{what}").shuffle(order)
        taken: list[Sample] = []
        passed = 0
        for sample in order:
            if len(taken) == number:
                break
            if problem := self.repeated(sample):
                self.dropped[f"{sample.pool}: {problem}"] += 1
                passed += 1
            else:
                taken.append(sample)
        if len(taken) < number:
            repeats = f" after {passed} that repeat evaluation cases" if passed else ""
            raise BadPool(
                f"{number} samples of {what} are needed, but there are {len(taken)}{repeats}; lower --size or "
                "--target-share, or add a pool"
            )
        return taken


def _quotas(targets: Sequence[Target], total: int) -> dict[str, int]:
    """The targeted part divided among the targets; rounding goes to the first, which has the largest deficit."""
    quotas = {target.evidence_type: int(total * target.weight) for target in targets}
    quotas[targets[0].evidence_type] += total - sum(quotas.values())
    return {name: number for name, number in quotas.items() if number}
