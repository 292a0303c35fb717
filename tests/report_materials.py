"""Findings made up for tests of figures and pages: any number of readers and cases, in no time."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.accuracy import ddx_fdx_gap, estimate
from medsyn_inspect.analysis.frames.association import across_readers
from medsyn_inspect.analysis.frames.calibration import calibration_rows
from medsyn_inspect.analysis.frames.compare import paired
from medsyn_inspect.analysis.frames.groups import language_rows, specialty_rows
from medsyn_inspect.analysis.frames.scores import agreement_rows, score_rows
from medsyn_inspect.analysis.frames.stages import stage_summary
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.analysis.stats.mcnemar import minimum_detectable_effect
from medsyn_inspect.records import PLAIN
from medsyn_inspect.report.material import Material

TYPES = ("laboratory", "ct", "microscopy", "mri", "clinical_photography", "xray", "ultrasound", "omics")
GROUPS = (
    "Cardiology & Respiratory", "Endocrinology, Rheumatology & Genetics", "General & Emergency", "Haemato-Oncology",
    "Infectious & Tropical", "Neurology & Psychiatry", "Obstetrics, Gynaecology & Paediatrics",
    "Renal & Gastrointestinal",
)  # fmt: skip
STAGES = ("presentation", "laboratory", "imaging", "microscopy")
OPTIONS = 5

HOSTILE = (
    "a/$x^{2}$_{y}",
    "b/<script>alert(1)</script>&amp;\"'",
    "c/\u202eesrever\u200f \x00\x1b[31m",
    "d/" + "very-long-name " * 14,
    "e/医学模型-肺炎",
    "f/two\nlines\\$and $ one dollar",
)
"""Names that a model's provider might think of."""

MODELS = (
    "anthropic/claude-opus-4-5-20251101", "openai/o3-2025-04-16", "google/gemini-2.5-pro", "google/gemini-2.5-flash",
    "openai/gpt-5.2-2025-12-11", "vllm/Qwen/Qwen3-VL-32B-Instruct", "vllm/Qwen/Qwen3-VL-8B-Instruct",
    "vllm/Qwen/Qwen3-VL-2B-Instruct", "vllm/Qwen/Qwen2.5-VL-72B-Instruct", "vllm/Qwen/Qwen2.5-VL-7B-Instruct",
    "vllm/OpenGVLab/InternVL3-78B", "vllm/OpenGVLab/InternVL3_5-38B", "vllm/OpenGVLab/InternVL3_5-8B",
    "vllm/deepseek-ai/deepseek-vl2", "vllm/deepseek-ai/deepseek-vl2-tiny",
    "vllm/FreedomIntelligence/HuatuoGPT-Vision-7B",
    "vllm/lingshu-medical-mllm/Lingshu-7B", "human/consensus of two physicians",
)  # fmt: skip
"""As many as the paper has."""


def a_material(readers: Sequence[str] = MODELS[:3], cases: int = 40, seed: int = 1) -> Material:
    """Every frame filled, in the way `find` fills it; nothing in it was measured."""
    rng = np.random.default_rng(seed)
    answered = pd.concat([_runs(reader, place, cases, rng) for place, reader in enumerate(readers)], ignore_index=True)
    sensitivity = pd.concat([_sensitivity(reader, cases, rng) for reader in readers], ignore_index=True)
    types = pd.DataFrame([row for reader in readers for row in _types(reader, sensitivity, rng)])
    rows = pd.DataFrame([_reader(reader, answered, types) for reader in readers])
    rows = rows.sort_values(["accuracy", "reader"], ascending=[False, True])
    stages = pd.concat([_stages(reader, answered, rng) for reader in readers], ignore_index=True)
    found = Findings(
        **derived(conform("runs", answered), conform("arms", _arms(answered)), conform("stages", stages)),
        sensitivity=conform("sensitivity", sensitivity),
        types=conform("types", types),
        readers=conform("readers", rows),
        comparisons=conform("comparisons", [row for reader in readers for row in _comparisons(reader, cases, rng)]),
        associations=conform("associations", across_readers(rows, permutations=1000).assign(source="logprobs")),
        orders=conform("orders", [row for reader in readers for row in _orders(reader, rng)]),
    )
    return Material(findings=found)


def derived(runs: pd.DataFrame, arms: pd.DataFrame, stages: pd.DataFrame) -> dict[str, Any]:
    """The frames that `find` computes from answers alone, and the answers."""
    calibration, reliability = calibration_rows(runs, arms)
    agreement, score_pairs = agreement_rows(runs)
    return {
        "runs": runs,
        "arms": arms,
        "stages": stages,
        "stage_summary": stage_summary(stages),
        "calibration": calibration,
        "reliability": reliability,
        "specialties": specialty_rows(runs),
        "languages": language_rows(runs),
        "scores": score_rows(runs),
        "agreement": agreement,
        "score_pairs": score_pairs,
    }


def _runs(reader: str, place: int, cases: int, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for question in ("fdx", "ddx"):
        for number in range(cases):
            row: dict[str, Any] = {
                "log": f"{question}-{place}.eval", "question": question, "reader": reader, "view": "image",
                "withheld": (), "text": "keep", "staging": "single", "emphasis": "", "selection": "", "grading": "",
                "case_id": f"c{number:03}", "epoch": 1, "language": "zh" if number % 4 == 3 else "en",
                "specialty_group": GROUPS[min(number, int(rng.integers(100))) % len(GROUPS)], "judge": "",
                "rubric": "bond" if question == "ddx" else "", "threshold": 4.0 if question == "ddx" else np.nan,
                "outcome": "wrong", "score": np.nan, "right": np.nan, "posterior": None, "panel_scores": None,
            }  # fmt: skip
            if question == "fdx":
                belief = np.round(rng.dirichlet(np.full(OPTIONS, 0.6)), 6)
                right = int(belief.argmax()) if rng.random() < 0.85 - 0.03 * place else int(rng.integers(OPTIONS))
                row |= {
                    "posterior": tuple(belief),
                    "answer": ascii_uppercase[int(belief.argmax())],
                    "correct_letter": ascii_uppercase[right],
                    "right": float(right == belief.argmax()),
                }
            elif number == 7 and place % 5 == 3:  # a reader without a verdict has no coverage
                row["outcome"] = "judge_failed"
            else:
                scores = np.clip(rng.integers(2, 6) + rng.integers(-1, 2, size=3), 0, 5)
                row |= {"judge": "a/judge, b/judge, c/judge", "panel_scores": tuple(int(score) for score in scores)}
                row |= {"score": float(np.median(scores)), "right": float(np.median(scores) >= 4)}
            rows.append(row)
    return pd.DataFrame(rows)


def _reader(reader: str, runs: pd.DataFrame, types: pd.DataFrame) -> dict[str, Any]:
    fdx, ddx = (runs[(runs["reader"] == reader) & (runs["question"] == question)] for question in ("fdx", "ddx"))
    row: dict[str, Any] = {"reader": reader, "model": reader, "selection": "", "emphasis": "", "source": "logprobs"}
    for name, found in (
        ("accuracy", estimate(fdx, "right")),
        ("coverage", estimate(ddx, "right")),
        ("ddx_fdx_gap", ddx_fdx_gap(ddx, fdx)),
    ):
        assert found is not None
        row |= {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper, f"{name}_n": found.n}
    right, covered = (answers.set_index("case_id")["right"] for answers in (fdx, ddx))
    row["ddx_fdx_gap_p"] = paired(right, covered)["mcnemar_p"]
    values = types.loc[types["reader"] == reader, "nmse"]
    return row | {"mean_nmse": values.mean(), "mean_nmse_n": 40}


def _sensitivity(reader: str, cases: int, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    gain = rng.random()
    for number in range(cases):
        for kind in TYPES[: 1 + int(rng.integers(len(TYPES)))]:
            finding = float(rng.beta(0.5, 2.5))
            image = finding if number == 0 else float(np.clip(gain * finding + 0.1 * rng.normal() ** 2, 0, 1))
            row = {"reader": reader, "case_id": f"c{number:03}", "evidence_type": kind, "source": "logprobs"}
            rows.append(row | {"S_image": image if number != 1 else np.nan, "S_finding": finding})
    return pd.DataFrame(rows)


def _types(reader: str, sensitivity: pd.DataFrame, rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for kind in TYPES:
        both = sensitivity[(sensitivity["reader"] == reader) & (sensitivity["evidence_type"] == kind)].dropna()
        value = float(((both["S_image"] - both["S_finding"]) ** 2).sum() / max((both["S_finding"] ** 2).sum(), 1e-9))
        row = {"reader": reader, "evidence_type": kind, "source": "logprobs", "n": len(both)}
        rows.append(row | {"nmse": value, "nmse_note": ""})
    rows[-1] |= {"nmse": 7.5}
    rows[-2] |= {"nmse": np.nan, "nmse_note": "not measurable"}
    return rows


def _comparisons(reader: str, cases: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    told = [
        ("fdx", "view", "", "view=finding", "view=image", "all cases"),
        ("fdx", "text", "image", "text=remove", "text=keep", "all cases"),
        ("fdx", "text", "image", "text=random", "text=keep", "all cases"),
        ("fdx", "emphasis", "image", "emphasis=microscopy", "emphasis=none", "cases with microscopy"),
        ("sensitivity", "withhold", "image", "withhold=ct", "withhold=none", "cases with ct"),
        ("sensitivity", "withhold", "image", "withhold=all visual evidence", "withhold=none", "all cases"),
    ]
    rows = []
    for question, family, view, condition, baseline, subset in told:
        difference, half = float(rng.normal(0, 0.12)), float(rng.uniform(0.02, 0.1))
        row = {"reader": reader, "question": question, "family": family, "view": view, "condition": condition}
        row |= {
            "baseline": baseline,
            "subset": subset,
            "n": cases,
            "accuracy_baseline": 0.5,
            "accuracy": 0.5 + difference,
        }
        row |= {"difference": difference, "difference_lower": difference - half, "difference_upper": difference + half}
        row |= {"mcnemar_p": 0.01, "mcnemar_p_holm": 0.0002 if abs(difference) > 0.12 else 0.4}
        rows.append(row | {"minimum_detectable_effect": minimum_detectable_effect(cases, 0.2)})
    return rows


def _stages(reader: str, runs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for run in runs[(runs["reader"] == reader) & (runs["question"] == "fdx")].itertuples():
        named = [stage for stage in STAGES if stage == STAGES[0] or rng.random() < 0.7]
        for number, stage in enumerate(named, 1):
            belief = rng.dirichlet(np.full(OPTIONS, 0.8))
            row = {"log": run.log, "reader": reader, "question": "fdx"} | PLAIN.replace(staging="turns").columns()
            row |= {"case_id": run.case_id, "epoch": 1, "number": number, "stage": stage}
            row |= {"correct_letter": run.correct_letter}
            row |= {
                "final": number == len(named),
                "posterior": tuple(belief),
                "correct": float(rng.random() < 0.2 * number),
            }
            rows.append(row | {"entropy": float(-(belief * np.log2(belief)).sum())})
    return pd.DataFrame(rows)


def _arms(runs: pd.DataFrame) -> pd.DataFrame:
    """All evidence in both views, with the beliefs of the `fdx` runs and sharper ones."""
    fdx = runs[runs["question"] == "fdx"]
    image = fdx.assign(withheld="", source="logprobs", correct=fdx["right"], error=None)
    sharp = [tuple(np.square(belief) / np.square(belief).sum()) for belief in image["posterior"]]
    return pd.concat([image, image.assign(view="finding", posterior=sharp)], ignore_index=True)


def _orders(reader: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    shares = rng.dirichlet(np.full(OPTIONS, 60.0))
    told = {
        "reader": reader,
        "source": "logprobs",
        "view": "image",
        "options": OPTIONS,
        "expected": 1 / OPTIONS,
        "n": 12,
    }
    return [
        told
        | {"position": place + 1, "letter": ascii_uppercase[place], "probability": share}
        | {"probability_lower": share - 0.03, "probability_upper": share + 0.03}
        for place, share in enumerate(shares)
    ]
