"""Chooses the evidence types that a reader underuses as images, on a development split of the cases.

`refine` and `curate` aim at them. The cases on which the types are chosen must not be those on which the repair is
measured: a type that is chosen because its deficit happens to be large on these cases will look better on them
afterwards, whatever was done.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEAST_CASES = 30
"""Cases of a type below which it is not a target."""

ALPHA = 0.05

FRAME = "sensitivity"
"""The frame from which the types are chosen."""


class NothingToTarget(ValueError):
    """Raised if no evidence type has a deficit above noise; nothing is written."""


@dataclass(frozen=True)
class Target:
    """An evidence type that the reader underuses as images."""

    evidence_type: str
    n: int
    matched_deficit: float
    """Mean matched deficit in bits, on the development split."""

    weight: float
    """Its part of what is targeted: n x matched deficit, relative to all targets."""


@dataclass(frozen=True)
class Choice:
    """The targets, and what they were chosen from."""

    reader: str
    targets: tuple[Target, ...]
    table: tuple[dict[str, Any], ...]
    """One row per evidence type, with its R, matched deficit, p value and NMSE, and whether it is a target."""

    development: tuple[str, ...]
    """Ids of the cases on which the targets were chosen."""

    evaluation: tuple[str, ...]
    """Ids of the other cases of the findings."""


def choose(
    frame: pd.DataFrame, *, reader: str = "", development: float = 0.5, seed: int = 0, most: int | None = None
) -> Choice:
    """Choose the targets.

    A type is a target if it has `LEAST_CASES` cases, its matched deficit is positive with p < `ALPHA` (two-sided t test
    over cases, Holm over the reader's types), and its uptake ratio R, where there is one, is below 1. NMSE is shown and
    not used: it does not tell a type that moves the reader too little from one that moves it too much.

    Args:
        frame: The frame `sensitivity`, of findings or as from `read_sensitivity`.
        reader: The reader, if the frame has several.
        development: Share of the cases on which the types are chosen, by a hash of the case id; 1 for all.
        seed: Seed of that split.
        most: Maximum number of targets, those with the largest n x matched deficit; `None` for all.

    Raises:
        ValueError: If the split is no share of the cases, or has none; if there are several readers of which none is
            named, or there is no matched sensitivity.
        NothingToTarget: If no type is a target.
    """
    from medsyn_inspect.analysis.frames.gap import modality_gap

    if not 0 < development <= 1:
        raise ValueError(f"--development {development:g}: must be a share of the cases, above 0 and at most 1")
    name = _only(sorted(set(frame["reader"])), reader)
    own = frame[frame["reader"] == name]
    ids = sorted(set(own["case_id"]))
    chosen = [case for case in ids if _place(case, seed) < development]
    if not chosen:
        raise ValueError(
            f"--development {development:g}: has none of the {len(ids)} cases of {name}; choose a larger share"
        )
    cases = own[own["case_id"].isin(chosen)]
    if cases["matched_image"].isna().all():
        raise ValueError(
            f"{name} has no matched sensitivity, which needs token probabilities; run `sensitivity` with "
            "posterior=logprobs"
        )
    types = modality_gap(cases)
    table = _table(cases, types)
    eligible = sorted((row for row in table if row["target"]), key=lambda row: -row["n"] * row["matched_deficit"])
    for row in eligible[most:] if most else []:
        row["target"] = False
    if not eligible:
        lines = ", ".join(f"{row['evidence_type']} p = {row['p_holm']:.2g}" for row in table)
        raise NothingToTarget(
            f"nothing to target: on {len(chosen)} development cases, no evidence type of {name} has a matched deficit "
            f"above noise in at least {LEAST_CASES} cases ({lines}); nothing was written"
        )
    chosen_rows = [row for row in eligible if row["target"]]
    weights = [row["n"] * row["matched_deficit"] for row in chosen_rows]
    targets = tuple(
        Target(row["evidence_type"], row["n"], row["matched_deficit"], weight / math.fsum(weights))
        for row, weight in zip(chosen_rows, weights, strict=True)
    )
    return Choice(name, targets, tuple(table), tuple(chosen), tuple(case for case in ids if case not in set(chosen)))


def in_words(choice: Choice) -> list[str]:
    """A sentence for each evidence type: what it was judged by, and whether it is a target."""
    return [
        f"{row['evidence_type']}: n {row['n']}, R {row['uptake_ratio']:.2f}, matched deficit "
        f"{row['matched_deficit']:+.3f} bits (Holm p {row['p_holm']:.2g}), NMSE {row['nmse']:.2f}"
        f"{'  <- target' if row['target'] else ''}"
        for row in choice.table
    ]


def choice_record(choice: Choice) -> dict[str, Any]:
    """A choice for a manifest, in JSON: `None` for a number that is missing."""
    return {
        "reader": choice.reader,
        "targets": [asdict(target) for target in choice.targets],
        "types": [
            {
                name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in row.items()
            }
            for row in choice.table
        ],
        "development_cases": list(choice.development),
        "evaluation_cases": list(choice.evaluation),
    }


def read_sensitivity(findings: Path) -> pd.DataFrame:
    """The frame `sensitivity` of findings.

    Raises:
        ValueError: If there are no findings, or they have no such frame.
    """
    names = ("findings.json", "report.json")
    file = next((findings / name for name in names if (findings / name).is_file()), findings)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{findings}: cannot be read as findings; name a folder of `medsyn analyze LOGS -o FOLDER`"
        ) from error
    rows = content.get("findings", content).get(FRAME) if isinstance(content, dict) else None
    if not rows:
        raise ValueError(f"{findings}: has no sensitivities; analyze logs of the task `sensitivity`")
    frame = pd.DataFrame(rows)
    kept = ["reader", "case_id", "evidence_type", "source", "truncated"]
    for column in frame.columns.difference(kept):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return frame


def _table(cases: pd.DataFrame, types: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per evidence type."""
    from scipy import stats

    from medsyn_inspect.analysis.stats.holm import holm

    deficits = (cases["matched_finding"] - cases["matched_image"]).groupby(cases["evidence_type"])
    values = {str(name): group.dropna().to_numpy(dtype=float) for name, group in deficits}
    p = pd.Series(
        {
            name: stats.ttest_1samp(one, 0).pvalue if len(one) > 1 and np.ptp(one) else np.nan
            for name, one in values.items()
        }
    )
    adjusted = holm(p)
    table = []
    for row in types.to_dict("records"):
        name, n = str(row["evidence_type"]), len(values[str(row["evidence_type"])])
        ratio, deficit = float(row["uptake_ratio"]), float(row["matched_deficit"])
        target = n >= LEAST_CASES and deficit > 0 and adjusted[name] < ALPHA and not ratio >= 1
        shown = ("uptake_ratio_lower", "uptake_ratio_upper", "matched_deficit_lower", "matched_deficit_upper", "nmse")
        table.append(
            {"evidence_type": name, "n": n, "uptake_ratio": ratio, "matched_deficit": deficit}
            | {column: float(row[column]) for column in shown}
            | {"share_below": float(row["share_below"]), "p_holm": float(adjusted[name]), "target": bool(target)}
        )
    return table


def _only(readers: list[str], wanted: str) -> str:
    if wanted and wanted not in readers:
        raise ValueError(f"--reader {wanted}: the findings have {', '.join(readers)}")
    if not wanted and len(readers) > 1:
        raise ValueError(f"the findings have {len(readers)} readers; choose one with --reader: {', '.join(readers)}")
    return wanted or readers[0]


def _place(case_id: str, seed: int) -> float:
    """A number from 0 to 1 that depends on nothing but the case and the seed."""
    return int(hashlib.sha256(f"development|{seed}|{case_id}".encode()).hexdigest()[:12], 16) / 16**12
