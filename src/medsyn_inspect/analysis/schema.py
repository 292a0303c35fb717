"""The frames that findings are made of, column by column: the contract between those who make and those who read them.

What each column means and in which unit it is, `docs/findings.md` says and, for what goes into `findings.json`,
`findings.schema.json`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from medsyn_inspect.records import PLAIN, Condition


def with_interval(name: str) -> tuple[str, ...]:
    """A number, the ends of its 95 % interval, and the number of cases it rests on."""
    return name, f"{name}_low", f"{name}_high", f"{name}_n"


QUESTIONS = ("fdx", "ddx", "open_fdx")
"""Questions with one answer a case."""

SHARES = ("accuracy", "coverage", "score", "open_coverage", "gap")
"""Estimates of `headline` that `readers` takes over."""

OUTCOMES = ("right", "wrong", "judge_failed", "call_failed")

RUNS = (
    "log", "created", "question", "reader", "settings", "judge", "rubric", "threshold", *Condition.COLUMNS,
    "case_set", "fingerprint", "synthetic", "case_id", "epoch", "language", "specialty_group", "option_count",
    "evidence_shown", "evidence_withheld", "outcome", "failure", "score", "right", "answer", "correct_letter",
    "posterior", "panel_scores", "ambiguity", "note",
)  # fmt: skip

ARMS = (
    "log", "created", "reader", "settings", "emphasis", "selection", "case_set", "fingerprint", "synthetic", "case_id",
    "epoch", "language", "specialty_group", "option_count", "view", "withheld", "posterior", "low", "high", "counts",
    "unreadable", "refused", "source", "covered_mass", "orders", "n", "answer", "correct", "error",
)  # fmt: skip

LOGS = (
    "log", "question", "reader", "settings", "model", "arguments", "created", "status", "selected", "asked", "reached",
    "answered", "complete", "case_set", "fingerprint", "synthetic", "task_version", "package_version",
    *Condition.COLUMNS, "counted",
)  # fmt: skip

STAGES = (
    "log", "created", "question", "reader", "settings", *Condition.COLUMNS, "case_set", "fingerprint", "case_id",
    "epoch", "language", "specialty_group", "option_count", "number", "stage", "final", "answer", "correct",
    "correct_letter", "posterior", "entropy", "movement", "first_reached", "settled_at",
)  # fmt: skip

SENSITIVITY = (
    "reader", "case_id", "evidence_type", "source", "S_image", "S_finding", "floor_image", "floor_finding", "p_image",
    "p_finding", "smoothed_image", "smoothed_finding", "alone_image", "alone_finding", "gap_squared",
    "finding_squared", "failed",
)  # fmt: skip

TYPES = (
    "reader", "evidence_type", "source", "n", "missing", "ties", "nmse", "nmse_low", "nmse_high", "share_below",
    "share_below_low", "share_below_high", "mean_deficit", "mean_deficit_low", "mean_deficit_high", "sign_p",
    "sign_p_holm", "wilcoxon_p",
)  # fmt: skip

HEADLINE = (
    "reader", *Condition.COLUMNS, "case_set", "synthetic", "judge", "accuracy", "coverage", "score",
    "open_coverage", "open_score", "gap", "failures",
)  # fmt: skip

READERS = (
    "reader", "model", "selection", "emphasis", "judge", "source",
    *(column for name in SHARES for column in with_interval(name)),
    *with_interval("accuracy_image"), *with_interval("accuracy_finding"),
    *with_interval("mean_nmse"), "types",
    *(f"{question}_{outcome}" for question in QUESTIONS for outcome in OUTCOMES),
    *(f"{view}_{outcome}" for view in ("image", "finding") for outcome in ("right", "wrong", "call_failed")),
    "arms", "failed_arms", "low_mass_arms", "unreadable", "refused",
    *with_interval("above_floor_image"), *with_interval("above_floor_finding"),
    "order_cases",
    *with_interval("order_divergence")[:3], *with_interval("order_changes")[:3],
)  # fmt: skip

COMPARISONS = (
    "reader", "question", "family", "view", "condition", "baseline", "subset", "n", "missing", "accuracy_baseline",
    "accuracy", "lost", "gained", "difference", "difference_low", "difference_high", "mcnemar_p", "mcnemar_p_holm",
    "discordance", "smallest_detectable",
)  # fmt: skip

ASSOCIATIONS = (
    "scope", "source", "measure", "x", "y", "adjusted_for", "readers", "cases", "observations", "value", "low", "high",
    "p", "smallest_p", "test", "reading",
)  # fmt: skip

STAGE_SUMMARY = (
    "reader", "question", *Condition.COLUMNS, "stage",
    *(f"{name}{end}" for name in ("correct", "settled", "entropy", "movement") for end in ("", "_low", "_high")), "n",
)  # fmt: skip

ORDERS = (
    "reader", "source", "view", "options", "place", "letter", "probability", "probability_low", "probability_high",
    "expected", "n",
)  # fmt: skip

FRAMES = {
    "runs": RUNS,
    "headline": HEADLINE,
    "arms": ARMS,
    "sensitivity": SENSITIVITY,
    "types": TYPES,
    "readers": READERS,
    "comparisons": COMPARISONS,
    "associations": ASSOCIATIONS,
    "stages": STAGES,
    "orders": ORDERS,
    "logs": LOGS,
    "stage_summary": STAGE_SUMMARY,
}
"""The columns of each frame, in order."""


def conform(name: str, rows: pd.DataFrame | Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    """Rows as the frame of that name: its columns in their order, missing ones empty, others left out."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if frame.empty:
        return pd.DataFrame(columns=list(FRAMES[name]), dtype=object)
    return frame.reindex(columns=list(FRAMES[name])).reset_index(drop=True)


def conditions(frame: pd.DataFrame) -> pd.Series:
    """The condition of each row, from its columns; columns that the frame lacks have their defaults.

    Args:
        frame: With some of `Condition.COLUMNS`.
    """
    columns = [name for name in Condition.COLUMNS if name in frame]
    seen: dict[tuple[Any, ...], Condition] = {}

    def of(values: tuple[Any, ...]) -> Condition:
        if values not in seen:
            seen[values] = Condition.of(dict(zip(columns, values, strict=True)))
        return seen[values]

    rows = zip(*(frame[name] for name in columns), strict=True) if columns else ((),) * len(frame)
    return pd.Series([of(values) for values in rows], index=frame.index, dtype=object)


def in_condition(
    frame: pd.DataFrame, condition: Condition = PLAIN, *, but: Collection[str] = ("selection",)
) -> pd.Series:
    """Which rows are in a condition, by default the plain one on whichever cases, as a mask.

    Args:
        frame: With the columns of a condition.
        condition: To be compared with.
        but: Columns that may differ.
    """
    found = conditions(frame)
    same = {one: not set(one.differs_in(condition)) - set(but) for one in set(found)}
    return found.map(same).astype(bool)
