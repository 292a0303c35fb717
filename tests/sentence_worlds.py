"""Worlds for the specification of the sentences: small frames in which a sentence must, or must not, appear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.frames.matched import NEEDS
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.records import PLAIN
from medsyn_inspect.report.answer import Standing
from medsyn_inspect.report.material import LOGS, Material
from medsyn_inspect.report.stream.criteria import stream
from statistics_worlds import arm

NOTHING = np.nan

TEXTS = ("judge", "rubric", "extractor", "raters", "settings", "created", "case_set", "fingerprint")


def printed(made: object) -> str:
    """What a function makes, as text."""
    return "\n".join(map(str, made)) if isinstance(made, (list, tuple, Iterator)) else str(made or "")


# Answers of readers


def answers(reader: str, right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    """The answers of a run; a value of `columns` is that of every answer, or a list with one for each."""
    rows = [{"case_id": f"c{place}", "right": value} for place, value in enumerate(right)]
    outcomes = ["right" if value == 1 else "wrong" if value == 0 else "call_failed" for value in right]
    named = {"log": f"{reader}-{question}", "reader": reader, "question": question, "epoch": 1, "option_count": 5}
    table = pd.DataFrame(rows).assign(**named | {"outcome": outcomes, "synthetic": False} | columns)
    defaults: Mapping[str, Any] = dict.fromkeys(TEXTS, "") | PLAIN.columns()
    for name, value in defaults.items():
        if name not in table:
            table[name] = [value] * len(table)
    return conform("runs", table)


def notes(*runs: pd.DataFrame, arms: pd.DataFrame | None = None, **options: Any) -> str:
    """The notes of the analysis."""
    found = findings_of(pd.concat(runs, ignore_index=True) if runs else None, arms, **options)
    return "\n".join(found.notes)


def two_arms(*, reader: str = "a", cases: int = 2, **changes: Any) -> pd.DataFrame:
    """The arms of `ct` in both views, from token probabilities."""
    rows = [
        arm((0.7, 0.2, 0.1) if not withheld else (0.5, 0.3, 0.2), view=view, withheld=withheld, case=f"c{n}")
        for n in range(cases)
        for view in ("image", "finding")
        for withheld in ("", "ct")
    ]
    given = {"reader": reader, "log": reader, "unreadable": 0, "refused": 0}
    return pd.DataFrame(rows).assign(**given | changes)


def run_log(**columns: Any) -> pd.DataFrame:
    """One row of the frame `logs`."""
    row = {"log": "a.eval", "question": "fdx", "reader": "a", "model": "a", "status": "success", "complete": True}
    counts = {"selected": 5, "asked": 5, "reached": 5, "answered": 5, "settings": "", "created": "2026-11-01T10:00:00"}
    return conform("logs", [row | counts | PLAIN.columns() | columns])


# The answer of a report


def standing(clear: str = "", **values: Any) -> Standing:
    """Readers with these accuracies; `clear` names the pairs that differ: `ab ac`."""
    pairs = [frozenset(pair) for pair in combinations(values, 2)]
    different = {frozenset(pair) for pair in clear.split()}
    ahead = {pair: max(sorted(pair), key=lambda reader: values[reader]) for pair in pairs}
    p = {pair: 0.004 if pair in different else 0.3 for pair in pairs}
    best_first = dict(sorted(values.items(), key=lambda item: -item[1]))
    return Standing("accuracy", best_first, p, ahead, cases=[24] * len(pairs))


def changed(found: Standing, **changes: Any) -> Standing:
    return Standing(**vars(found) | changes)


def accuracy_row(value: float, lower: float, upper: float) -> dict[str, Any]:
    ends = {"accuracy_lower": lower, "accuracy_upper": upper, "accuracy_n": 24}
    return {"reader": "a", "accuracy": value} | ends


def types(*rows: tuple[str, str, float | None], failing: bool = False, note: str = NEEDS) -> pd.DataFrame:
    """Readers, evidence types and uptake ratios."""
    made = [
        {"reader": reader, "evidence_type": kind, "uptake_ratio": ratio, "uptake_n": 24, "uptake_note": note}
        for reader, kind, ratio in rows
    ]
    return conform("types", made).assign(failing=failing)


def readers(**columns: Any) -> pd.DataFrame:
    return conform("readers", pd.DataFrame([{"reader": "a", "model": "a"} | columns]))


def shares(n: int, only_reader: int = 0, only_other: int = 0) -> pd.DataFrame:
    row = {"measure": "accuracy", "group": "", "reader": "a", "other": "b", "n": n, "p": 0.5}
    return conform("reader_pairs", [row | {"only_reader": only_reader, "only_other": only_other}])


# Captions of figures


def table(frame: str, *rows: Mapping[str, Any]) -> pd.DataFrame:
    return conform(frame, pd.DataFrame(list(rows)))


def gaps(*ends: tuple[float, float], p: float = 0.01, chance: float = float("nan")) -> pd.DataFrame:
    """Readers with the interval of their gap."""
    rows = [
        {"reader": f"r{place}", "ddx_fdx_gap": (lower + upper) / 2, "ddx_fdx_gap_lower": lower,
         "ddx_fdx_gap_upper": upper, "ddx_fdx_gap_n": 24, "ddx_fdx_gap_p": p, "coverage_chance": chance}
        for place, (lower, upper) in enumerate(ends)
    ]  # fmt: skip
    return table("readers", *rows)


def comparisons(*p: float, detectable: float = 0.2) -> pd.DataFrame:
    rows = [
        {"reader": "a", "condition": "text=remove", "baseline": "text=keep", "difference": 0.1 * (1 + place),
         "mcnemar_p_holm": value, "minimum_detectable_effect": detectable, "n": 24}
        for place, value in enumerate(p)
    ]  # fmt: skip
    return table("comparisons", *rows)


def stages(**ends: tuple[float, float]) -> pd.DataFrame:
    """Share of correct answers after the first and after the last stage, by reader."""
    rows = [
        {"reader": reader, "stage": stage, "n": 24, "correct": value, "probability": value}
        for reader, values in ends.items()
        for stage, value in zip(("presentation", "all evidence"), values, strict=True)
    ]
    return table("stage_summary", *rows)


def positions(*values: float, half: float = 0.03) -> pd.DataFrame:
    """The probability of each position, with half the width of its interval."""
    rows = [
        {"reader": "a", "letter": "ABCDE"[place], "probability": value, "probability_lower": value - half,
         "probability_upper": value + half, "expected": 1 / len(values), "n": 12}
        for place, value in enumerate(values)
    ]  # fmt: skip
    return table("orders", *rows)


def points(*sides: str, source: str = "logprobs") -> pd.DataFrame:
    """Points of the cross-modal figure: `below`, `above` or `on` the line."""
    rows = [{"evidence_type": "ct", "case_id": str(place), "line": side} for place, side in enumerate(sides)]
    return pd.DataFrame(rows).assign(source=source)


def nmse(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """NMSE, mean deficit and adjusted p of the sign test."""
    names = ("nmse", "mean_deficit", "sign_p_holm")
    made = [dict(zip(names, row, strict=True)) | {"reader": "a", "evidence_type": "ct", "n": 24} for row in rows]
    return table("types", *made)


def across(value: float, p: float, count: int = 6, reading: str = "") -> pd.DataFrame:
    row = {"x": "mean_nmse", "y": "accuracy", "measure": "kendall", "source": "logprobs", "readers": count}
    return table("associations", row | {"value": value, "p": p, "smallest_p": 0.003, "reading": reading})


def judged(*scores: tuple[str, float, int]) -> pd.DataFrame:
    """Reader, score (NaN: none) and number of answers, for the figure of scores."""
    made = pd.DataFrame(scores, columns=["reader", "score", "answers"])
    share = made["answers"] / made.groupby("reader")["answers"].transform("sum")
    return made.assign(share=share.where(made["score"].notna()), threshold=4.0)


def curves(*p: float, note: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calibration of readers with these adjusted p, and their bins."""
    names = {"ece": 0.2, "ece_floor": 0.1, "ece_excess": 0.1, "confidence": 0.9, "accuracy": 0.7, "n": 40}
    rows = [
        {"reader": f"r{place}", "view": "image", "ece_p": value, "ece_p_holm": value, "ece_note": note} | names
        for place, value in enumerate(p)
    ]
    return table("calibration", *rows), table("reliability", *rows, *rows)


def languages(*ends: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {"reader": f"r{place}", "measure": "accuracy", "language": "en", "other": "zh", "n": 16, "other_n": 8,
         "difference": (lower + upper) / 2, "difference_lower": lower, "difference_upper": upper}
        for place, (lower, upper) in enumerate(ends)
    ]  # fmt: skip
    return table("languages", *rows)


def specialties(*values: tuple[str, str, float]) -> pd.DataFrame:
    """Reader, group of specialties and accuracy."""
    rows = [
        {"reader": reader, "specialty_group": group, "measure": "accuracy", "value": value, "n": 5}
        for reader, group, value in values
    ]
    return table("specialties", *rows)


def panel(value: float, lower: float, *, equal: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agreement of two judges, and the pairs of scores that they gave."""
    agreement = {"value": value, "value_lower": lower, "value_upper": value, "n": 30, "same_side": 0.9, "same": 0.7}
    pairs = [
        {"lower": 4.0, "higher": 4.0, "pairs": 30},
        *([] if equal else [{"lower": 3.0, "higher": 4.0, "pairs": 9}]),
    ]
    return table("agreement", agreement, agreement), table("score_pairs", *pairs)


# Criteria of STREAM


def log_of(**columns: Any) -> dict[str, Any]:
    """One row of `Material.logs`."""
    made = {
        "log": "a.eval", "path": "a.eval", "counted": True, "question": "fdx", "reader": "m", "model": "m",
        "created": "2026-11-01", "task_args": {}, "sample_ids": ["c1"], "epochs": 1, "templates": {"en": "abc"},
        "task_config": {}, "config": {}, "solver": "", "options": {"5": 1}, "scorers": [], "metrics": {},
        "model_roles": {}, "unscored": 0, "package_version": "0", "case_set": "s", "case_set_version": "1",
        "fingerprint": "f", "case_set_size": 1,
        "card": {"licence": "CC0", "source": "own", "languages": ["en"], "synthetic": False, "canary": ""},
    }  # fmt: skip
    return dict.fromkeys(LOGS) | made | PLAIN.columns() | columns


def criterion(place: str, *logs: Mapping[str, Any], **frames: pd.DataFrame) -> str:
    """The answer to a criterion of STREAM."""
    findings = Findings(**frames) if frames else Findings()  # type: ignore[arg-type]
    made = Material(pd.DataFrame(list(logs or (log_of(),))), findings)
    return next(found.answer for found in stream(made) if found.place == place)
