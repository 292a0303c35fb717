"""Readers before and after fine-tuning: differences paired by case and seed, with intervals over both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medsyn_inspect.analysis import Findings
from medsyn_inspect.interventions.repair.compare import compare, crossed_interval, uptake
from medsyn_inspect.interventions.repair.folder import write_comparison

CASES = [f"case-{number}" for number in range(60)]


def findings(gain: dict[str, float], seeds: int = 3) -> Findings:
    """Readers of three stages whose accuracy with images is 0.6, plus what a stage gains."""
    arms, rows, types = [], [], []
    for seed in range(seeds):
        for stage, more in {"base": 0.0, **gain}.items():
            reader = f"hf-vlm/models/seed-{seed}/{stage}"
            right = round((0.6 + more) * len(CASES))
            for place, case in enumerate(CASES):
                for view, correct in (("image", place < right), ("finding", place < 54)):
                    arms.append(
                        {"reader": reader, "case_id": case, "view": view, "withheld": "", "correct": float(correct)}
                    )
                noise = 0.01 * np.sin(place + seed)
                rows.append(
                    {"reader": reader, "case_id": case, "evidence_type": "ct", "S_image": 0.02 + more + noise,
                     "S_finding": 0.1, "matched_image": 0.02 + more + noise, "matched_finding": 0.1}
                )  # fmt: skip
            ratio = {"uptake_ratio": 0.2 + more, "uptake_ratio_lower": 0.1, "uptake_ratio_upper": 0.5 + more}
            types.append(
                {"reader": reader, "evidence_type": "ct", "matched_deficit": 0.08, "nmse": 0.9, "share_below": 0.8}
                | ratio
            )
    return Findings(arms=pd.DataFrame(arms), sensitivity=pd.DataFrame(rows), types=pd.DataFrame(types))


def test_a_repair_shows_and_no_repair_does_not() -> None:
    found = compare(findings({"general": 0.0, "targeted": 0.2}), "base", ("general", "targeted"))
    by = {(one.measure, one.before, one.after): one for one in found}
    repaired = by["accuracy_image", "base", "targeted"]
    assert repaired.difference == pytest.approx(0.2)
    assert repaired.clear
    assert 0.05 < repaired.lower < 0.2 < repaired.upper < 0.35
    assert not by["accuracy_image", "base", "general"].clear
    assert by["accuracy_finding", "base", "targeted"].difference == 0
    assert by["matched_deficit", "general", "targeted"].difference == pytest.approx(-0.2)
    assert repaired.cases == 60


def test_every_seed_is_in_the_result_also_one_in_which_the_repair_fails() -> None:
    made = findings({"targeted": 0.2})
    failed = (made.arms["reader"] == "hf-vlm/models/seed-2/targeted") & (made.arms["view"] == "image")
    made.arms.loc[failed, "correct"] = 0.0
    found = compare(made, "base", ("targeted",))
    image = next(one for one in found if one.measure == "accuracy_image")
    assert list(image.by_seed.values()) == pytest.approx([0.2, 0.2, -0.6])
    assert not image.clear, "one seed of three failed: the interval over seeds is wide"


def test_a_seed_without_a_stage_is_named() -> None:
    made = findings({"targeted": 0.2})
    made.sensitivity.drop(
        made.sensitivity.index[made.sensitivity["reader"] == "hf-vlm/models/seed-1/targeted"], inplace=True
    )
    with pytest.raises(ValueError, match="hf-vlm/models/seed-1: no reader for targeted"):
        compare(made, "base", ("targeted",))
    with pytest.raises(ValueError, match="no reader has a name that ends in /raw, /tuned"):
        compare(made, "raw", ("tuned",))


def test_the_interval_covers_the_mean_of_independent_cases() -> None:
    chance = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        lower, upper = crossed_interval(np.repeat(chance.normal(0.3, 1, (1, 80)), 3, axis=0), resamples=300)
        covered += lower < 0.3 < upper
    assert 88 <= covered <= 100


def test_page_and_json_hold_every_row(tmp_path: Path) -> None:
    made = findings({"general": 0.0, "targeted": 0.2})
    found = compare(made, "base", ("general", "targeted"))
    write_comparison(tmp_path, found, {"ct": uptake(made, ("base", "general", "targeted"), "ct")})
    content = json.loads((tmp_path / "before-after.json").read_text("utf-8"))
    assert len(content["differences"]) == len(found) == 3 * 5
    assert len(content["uptake"]["ct"]) == 9
    page = (tmp_path / "before-after.html").read_text("utf-8")
    assert page.count("<tr") == 15 + 9 + 2
    assert "data:image/png;base64," in page
