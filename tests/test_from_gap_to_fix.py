"""The section "From gap to fix" of the report tells what was done, and says what was not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from medsyn_inspect.analysis import Findings
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.interventions.circle import Circle, read_circle
from medsyn_inspect.report.page.blocks import Section
from medsyn_inspect.report.page.from_gap_to_fix import MISSING, NOT_RUN, from_gap_to_fix
from medsyn_inspect.report.page.render import Report, as_html, as_markdown

READER = "hf-vlm/models/base"
ROW = {
    "evidence_type": "microscopy", "n": 81, "uptake_ratio": 0.1, "uptake_ratio_lower": 0.05, "uptake_ratio_upper": 0.2,
    "matched_deficit": 0.09, "matched_deficit_lower": 0.07, "matched_deficit_upper": 0.11, "nmse": 0.95,
    "share_below": 0.8, "p_holm": 0.0001, "target": True,
}  # fmt: skip
CHOICE = {
    "reader": READER, "types": [ROW], "targets": [{"evidence_type": "microscopy", "n": 81, "weight": 1.0}],
    "development_cases": ["a", "b"], "evaluation_cases": [],
}  # fmt: skip
REFINED = CHOICE | {"configurations": {"plain": "plain.yaml"}, "held_out_cases": ["c"], "case_set": "world"}
MIXED = CHOICE | {
    "mixtures": {
        "general": {"size": 100, "types": {"ct": 100}, "pools": {"general": 100}, "ids": []},
        "targeted": {
            "size": 100,
            "types": {"ct": 50, "microscopy": 50},
            "pools": {"general": 50, "own": 50},
            "ids": [],
        },
    }
}
ATTENTION = {"statements": ["Microscopy images get 0.4 of the average."], "limits": ["Attention is not use."]}


def difference(after: str, value: float, half: float = 0.01) -> dict[str, Any]:
    return {
        "measure": "matched_deficit", "evidence_type": "microscopy", "before": "base", "after": after,
        "value_before": 0.09, "value_after": 0.09 + value, "difference": value, "lower": value - half,
        "upper": value + half, "cases": 150, "by_seed": {"models": value},
    }  # fmt: skip


REPAIR = {"differences": [difference("general", 0.001), difference("targeted", -0.05)], "uptake": {}}
WHOLE = Circle((REFINED,), (MIXED,), (REPAIR,), (ATTENTION,))


def refinement(deficit: float = -0.04, p: float = 0.001) -> pd.DataFrame:
    row = {
        "reader": READER, "subset": "cases with microscopy", "measure": "matched_deficit",
        "evidence_type": "microscopy", "n": 69, "value_baseline": 0.09, "value": 0.09 + deficit, "difference": deficit,
        "difference_lower": deficit - 0.01, "difference_upper": deficit + 0.01, "p": p, "p_holm": p, "note": "",
    }  # fmt: skip
    pairs = (("microscopy", "none"), ("placebo:microscopy", "none"), ("microscopy", "placebo:microscopy"))
    rows = [row | {"condition": f"emphasis={one}", "baseline": f"emphasis={other}"} for one, other in pairs]
    return conform("refinement", rows)


def findings(rows: pd.DataFrame | None = None) -> Findings:
    readers = conform("readers", [{"reader": READER, "model": READER, "emphasis": ""}])
    return Findings(readers=readers, refinement=refinement() if rows is None else rows)


def page(found: Findings, circle: Circle | None) -> str:
    blocks = tuple(from_gap_to_fix(found, circle))
    report = Report("title", "subtitle", (Section("circle", "From gap to fix", blocks),) if blocks else ())
    assert as_html(report, {})
    return as_markdown(report)


def test_every_step_is_told_with_its_numbers() -> None:
    text = page(findings(), WHOLE)
    assert "0.10 [0.05, 0.20]" in text
    assert "Emphasis lowers the matched deficit of microscopy" in text
    assert "attention called to microscopy, against placebo" in text
    assert "| targeted | 100 | microscopy | 50 | general 50, own 50 |" in text
    assert "Microscopy: the matched deficit is lower in targeted than in base" in text
    assert "Microscopy: no difference of general from base is shown" in text
    assert "Microscopy images get 0.4 of the average." in text
    assert "Attention is not use." in text
    assert not any(words in text for words in (*MISSING.values(), NOT_RUN))


def test_an_effect_that_is_not_clear_is_not_claimed() -> None:
    text = page(findings(refinement(-0.001, 0.6)), WHOLE)
    assert "No effect of emphasis on microscopy is shown" in text
    assert "Emphasis lowers" not in text


@pytest.mark.parametrize(
    ("step", "without"),
    [
        ("refined", Circle((), (MIXED,), (REPAIR,), (ATTENTION,))),
        ("curated", Circle((REFINED,), (), (REPAIR,), (ATTENTION,))),
        ("repairs", Circle((REFINED,), (MIXED,), (), (ATTENTION,))),
        ("attention", Circle((REFINED,), (MIXED,), (REPAIR,), ())),
        ("choices", Circle((), (), (REPAIR,), (ATTENTION,))),
    ],
)
def test_a_step_that_was_not_taken_is_named(step: str, without: Circle) -> None:
    assert MISSING[step] in page(findings(), without)
    assert MISSING[step] not in page(findings(), WHOLE)


def test_prompts_that_were_not_run_are_named() -> None:
    assert NOT_RUN in page(findings(conform("refinement", [])), WHOLE)


def test_a_reader_that_the_logs_do_not_have_is_named() -> None:
    other = Circle((REFINED | {"reader": "hf-vlm/other"},))
    assert "These logs have no run of hf-vlm/other" in page(findings(), other)
    assert "These logs have no run" not in page(findings(), WHOLE)


def test_without_a_folder_the_section_is_there_only_if_prompts_were_refined() -> None:
    assert "From gap to fix" in page(findings(), None)
    assert not any(words in page(findings(), None) for words in MISSING.values())
    assert "From gap to fix" not in page(findings(conform("refinement", [])), None)


def test_readers_have_the_names_of_the_report() -> None:
    renamed = WHOLE.renamed(lambda text: text.replace("hf-vlm/models/", ""))
    assert renamed.choices[0]["reader"] == "base"
    assert "hf-vlm/models/" not in json.dumps([*renamed.refined, *renamed.curated, *renamed.attention])


class TestReading:
    def test_results_are_found_in_subfolders(self, tmp_path: Path) -> None:
        for place, content in (
            ("refined/seed-0/manifest.json", REFINED),
            ("mixtures/seed-0/manifest.json", MIXED),
            ("mixtures/seed-1/manifest.json", MIXED | {"reader": "other"}),
            ("before-after/before-after.json", REPAIR),
            ("attention/attention.json", ATTENTION),
            ("cases/manifest.json", {"something": "else"}),
        ):
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(json.dumps(content))
        found = read_circle(tmp_path)
        assert found == Circle((REFINED,), (MIXED, MIXED | {"reader": "other"}), (REPAIR,), (ATTENTION,))
        assert [one["reader"] for one in found.choices] == [READER, "other"]

    def test_a_folder_without_results_or_with_a_broken_one_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no such folder"):
            read_circle(tmp_path / "nothing")
        with pytest.raises(ValueError, match="has no results of `medsyn refine`"):
            read_circle(tmp_path)
        (tmp_path / "manifest.json").write_text(json.dumps({"mixtures": {}}))
        with pytest.raises(ValueError, match="lacks reader, types, targets, development_cases"):
            read_circle(tmp_path)
        (tmp_path / "manifest.json").write_text("{")
        with pytest.raises(ValueError, match="cannot be read"):
            read_circle(tmp_path)
