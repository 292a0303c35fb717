"""Differences between readers before and after fine-tuning, paired by case and by seed.

Readers are grouped by name: the last part is the stage (`base`, `general`, `targeted`), what comes before it is one
model, trained with one seed. `hf-vlm/circle/models/seed-0/targeted` is stage `targeted` of the model of seed 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.stats.resampling import LEVEL, SEED, Floats

RESAMPLES = 2000

MEASURES = ("accuracy_image", "accuracy_finding")
"""Measures of a reader; those of an evidence type follow."""

OF_TYPE = ("S_image", "S_finding", "matched_deficit")
"""Measures of a reader and an evidence type, in bits."""


@dataclass(frozen=True)
class Difference:
    """A measure before and after, over cases and seeds."""

    measure: str
    evidence_type: str
    """Empty for measures of the reader as a whole."""

    before: str
    after: str
    """The stages compared."""

    value_before: float
    value_after: float
    difference: float
    lower: float
    upper: float
    """Interval of the difference: seeds and cases are both resampled."""

    cases: int
    by_seed: dict[str, float]
    """The difference for each seed."""

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.lower > 0 or self.upper < 0


def compare(
    findings: Findings, before: str, after: Sequence[str], types: Sequence[str] = (), level: float = LEVEL
) -> list[Difference]:
    """Compare each later stage with the first, and the later stages with each other.

    Args:
        findings: Findings of `sensitivity` runs of all stages of all seeds on the same cases.
        before: The first stage.
        after: The later stages.
        types: Evidence types; all by default.
        level: Level of the intervals.

    Raises:
        ValueError: If a stage is missing for a seed.
    """
    readers = _readers(findings, (before, *after))
    named = types or sorted(set(findings.sensitivity["evidence_type"]))
    pairs = [(before, stage) for stage in after]
    pairs += [(one, other) for place, one in enumerate(after) for other in after[place + 1 :]]
    measures = [(name, "") for name in MEASURES] + [(name, of_type) for of_type in named for name in OF_TYPE]
    found = []
    for measure, of_type in measures:
        values = {
            name: _by_case(findings, name, measure, of_type) for stages in readers.values() for name in stages.values()
        }
        found += [_difference(measure, of_type, pair, readers=readers, values=values, level=level) for pair in pairs]
    return found


def uptake(findings: Findings, stages: Sequence[str], evidence_type: str) -> pd.DataFrame:
    """Uptake ratio R, NMSE and share below the line of each seed and stage, for one evidence type."""
    readers = _readers(findings, stages)
    rows = []
    of_type = findings.types[findings.types["evidence_type"] == evidence_type].set_index("reader")
    for seed, names in readers.items():
        for stage, name in names.items():
            if name in of_type.index:
                row: Any = of_type.loc[name]
                shown = (
                    "uptake_ratio",
                    "uptake_ratio_lower",
                    "uptake_ratio_upper",
                    "matched_deficit",
                    "nmse",
                    "share_below",
                )
                rows.append({"seed": seed, "stage": stage} | {column: float(row[column]) for column in shown})
    return pd.DataFrame(rows)


def _readers(findings: Findings, stages: Sequence[str]) -> dict[str, dict[str, str]]:
    """The name of each stage's reader, by seed."""
    found: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(findings.sensitivity["reader"]):
        seed, _, stage = str(name).rpartition("/")
        if stage in stages:
            found.setdefault(seed, {})[stage] = str(name)
    if not found:
        raise ValueError(f"no reader has a name that ends in /{', /'.join(stages)}; see --before and --after")
    for seed, names in found.items():
        if missing := [stage for stage in stages if stage not in names]:
            raise ValueError(
                f"{seed}: no reader for {', '.join(missing)}; run `sensitivity` with every stage of each seed"
            )
    return found


def _by_case(findings: Findings, reader: str, measure: str, evidence_type: str) -> pd.Series:
    """The values of a measure by case; missing values are left out."""
    if measure in MEASURES:
        arms = findings.arms
        full = arms[
            (arms["reader"] == reader) & (arms["withheld"] == "") & (arms["view"] == measure.rpartition("_")[2])
        ]
        return pd.to_numeric(full.set_index("case_id")["correct"], errors="coerce").dropna()
    frame = findings.sensitivity
    own = frame[(frame["reader"] == reader) & (frame["evidence_type"] == evidence_type)].set_index("case_id")
    values = own["matched_finding"] - own["matched_image"] if measure == "matched_deficit" else own[measure]
    return pd.to_numeric(values, errors="coerce").dropna()


def _difference(
    measure: str,
    evidence_type: str,
    stages: tuple[str, str],
    *,
    readers: dict[str, dict[str, str]],
    values: dict[str, pd.Series],
    level: float,
) -> Difference:
    pairs = {seed: tuple(values[names[stage]] for stage in stages) for seed, names in readers.items()}
    common = sorted(set.intersection(*(set(one.index) for pair in pairs.values() for one in pair)))
    table = {seed: np.array([one.loc[common].to_numpy(float) for one in pair]) for seed, pair in pairs.items()}
    stacked = np.array(list(table.values()))  # seeds x stages x cases
    gain = stacked[:, 1] - stacked[:, 0]
    lower, upper = crossed_interval(gain, level)
    return Difference(
        measure,
        evidence_type,
        *stages,
        float(stacked[:, 0].mean()),
        float(stacked[:, 1].mean()),
        float(gain.mean()),
        lower,
        upper,
        len(common),
        {seed: float(one.mean()) for seed, one in zip(table, gain, strict=True)},
    )


def crossed_interval(gain: Floats, level: float = LEVEL, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Percentile interval of a mean over seeds and cases; both are resampled (Owen 2007, "The pigeonhole bootstrap").

    Args:
        gain: Shape (seeds, cases).
        level: Level of the interval.
        resamples: Number of resamples.
    """
    chance = np.random.default_rng(SEED)
    seeds, cases = gain.shape
    if cases < 2:
        return float("nan"), float("nan")
    means = [
        gain[chance.integers(seeds, size=seeds)].mean(0)[chance.integers(cases, size=cases)].mean()
        for _ in range(resamples)
    ]
    return float(np.quantile(means, (1 - level) / 2)), float(np.quantile(means, (1 + level) / 2))
