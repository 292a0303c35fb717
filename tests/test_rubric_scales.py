"""A rubric with another scale and threshold is one file: judge, scores, frames, figures and exports follow it."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from medsyn_inspect.analysis import Findings, analyze_logs
from medsyn_inspect.cli import main
from medsyn_inspect.judging import rubric
from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.reference.models import judged
from medsyn_inspect.report.figures import all_figures
from medsyn_inspect.report.figures.drawing import Drawing
from medsyn_inspect.report.material import read_material
from medsyn_inspect.tasks import ddx, fdx, open_fdx
from medsyn_inspect.viewer import commitment_viewer, differential_viewer
from report_logs import reported
from running import Scripted, run, write_known

STEPS = """
name: steps
title: Four steps, 1 to 4
source: Made up for a test.
threshold: 3
levels:
  4: The diagnosis.
  3: A form of the same disease.
  2: A related disease.
  1: Anything else.
guidance: None.
"""
READER = "reference/reader"


@pytest.fixture(scope="module", autouse=True)
def _steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The rubrics there are, and one more."""
    folder = tmp_path_factory.mktemp("judging") / "rubrics"
    shutil.copytree(rubric.FOLDER, folder)
    (folder / "steps.yaml").write_text(STEPS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rubric, "FOLDER", folder)
        load_rubric.cache_clear()
        yield
    load_rubric.cache_clear()


def panelist(level: int) -> Scripted:
    """A judge that gives every diagnosis the same level."""

    def answer(conversation: list[object]) -> str:
        asked = json.loads(conversation[1].text)  # type: ignore[attr-defined]
        judgements = [
            {"number": one["number"], "reason": "because", "level": level} for one in asked["listed_diagnoses"]
        ]
        return json.dumps({"judgements": judgements})

    return Scripted(answer=answer)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One reader judged by the simulated judge, one by a panel; both under the rubric with another scale."""
    folder = tmp_path_factory.mktemp("set")
    cases = str(write_known(folder / "cases"))
    where = {"cases": cases, "rubric": "steps"}
    run(ddx(**where), READER, folder / "logs", model_args={"cases": cases, "text_gain": 2.0})
    run(open_fdx(**where), READER, folder / "logs", model_args={"cases": cases, "text_gain": 2.0})
    run(fdx(cases=cases), READER, folder / "logs", model_args={"cases": cases, "text_gain": 2.0})
    nothing = Scripted("1. Amyloidosis\n2. Scurvy")
    run(ddx(**where), nothing, folder / "logs", judge=[panelist(2), panelist(3)])
    return folder / "logs"


@pytest.fixture(scope="module")
def found(logs: Path) -> Findings:
    return analyze_logs(logs)


@pytest.fixture(scope="module")
def figures(logs: Path, found: Findings) -> dict[str, Drawing]:
    """As in a report; scores and agreement are of the plain condition, whatever the rubric."""
    return {drawn.name: drawn for drawn in all_figures(read_material(logs, found))}


class TestJudge:
    def test_the_simulated_judge_keeps_to_the_levels_that_it_is_given(self) -> None:
        question = rubric.quoted("Gout", [], ["Gout", "Acute gout", "Psoriatic arthritis", "Pneumonia"])
        levels = [one["level"] for one in json.loads(judged(question, [1, 2, 3, 4]))["judgements"]]
        assert levels == [4, 3, 1, 1]
        assert [one["level"] for one in json.loads(judged(question, [0, 2, 3, 4, 5]))["judgements"]] == [5, 4, 0, 0]

    def test_scores_are_levels_of_the_rubric(self, found: Findings) -> None:
        scored = found.runs[found.runs["question"] != "fdx"]
        assert set(scored["score"]) <= {1, 2, 3, 4}
        assert set(scored["threshold"]) == {3}
        assert (scored["right"] == (scored["score"] >= 3)).all()

    def test_the_viewer_shows_the_scale(self) -> None:
        for viewer in (differential_viewer, commitment_viewer):
            shown = viewer(load_rubric("steps")).model_dump_json()
            assert "Score 1-4" in shown
            assert '"min":1.0,"max":4.0' in shown


class TestFrames:
    def test_the_headline_has_the_scale_and_its_bounds(self, found: Findings) -> None:
        judged_rows = found.headline[found.headline["score"].notna()]
        assert judged_rows["scale"].tolist() == [(1, 4)] * len(judged_rows)
        for one in judged_rows["score"]:
            bounds = [bound for bound in (one.lower, one.upper) if not math.isnan(bound)]
            assert sorted([1, *bounds[:1], one.value, *bounds[1:], 4]) == [1, *bounds[:1], one.value, *bounds[1:], 4]

    def test_a_case_without_a_score_could_have_had_any_level(self, found: Findings) -> None:
        from medsyn_inspect.analysis import headline

        runs = found.runs[(found.runs["question"] == "ddx") & found.runs["panel_scores"].notna()].copy()
        runs.loc[runs.index[0], ["score", "right"]] = float("nan")
        [row] = headline(runs)["score"]
        n = len(runs)
        assert row.lower_if_missing_wrong == pytest.approx((2 * (n - 1) + 1) / n)
        assert row.upper_if_missing_right == pytest.approx((2 * (n - 1) + 4) / n)

    def test_the_panel_agrees_at_the_threshold_of_the_rubric(self, found: Findings) -> None:
        """One judge gives 2 and one 3: with the threshold of another rubric, 4, they would be on the same side."""
        assert set(found.agreement["threshold"]) == {3}
        assert set(found.agreement["same_side"]) == {0}
        met = found.score_pairs[found.score_pairs["pairs"] > 0]
        assert met[["lower", "higher"]].to_numpy().tolist() == [[2, 3]]
        assert set(found.score_pairs["higher"]) == {1, 2, 3, 4}


class TestReport:
    def test_the_table_of_scores_has_the_levels_of_the_rubric(self, figures: dict[str, Drawing]) -> None:
        axes = figures["panel_agreement"].figure.axes[0]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3", "4"]
        assert "threshold of coverage, 3" in axes.get_title(loc="left")
        assert "whether the diagnosis is covered in 0 %" in figures["panel_agreement"].reading

    def test_every_score_has_its_bar(self, found: Findings, figures: dict[str, Drawing]) -> None:
        drawn = figures["score_distribution"]
        assert set(drawn.data["score"].dropna()) == {1, 2, 3, 4}
        assert set(drawn.data["threshold"]) == {3}
        assert drawn.data["answers"].sum() == (found.runs["question"] == "ddx").sum()
        assert "reach a score of 3 or more" in drawn.reading
        texts = [text.get_text() for legend in drawn.figure.legends for text in legend.get_texts()]
        assert texts == ["4 (the diagnosis)", "3 (covered)", "2", "1"]

    def test_page_and_screen_name_the_scale(self, logs: Path, tmp_path: Path) -> None:
        page = (reported(tmp_path / "report", logs) / "index.html").read_text(encoding="utf-8")
        assert "DDx score, 1-4" in page
        assert not re.search("score,? 0-5", page, re.IGNORECASE)
        screen = CliRunner().invoke(main, ["analyze", str(logs)]).output
        assert "DDx score 1-4" in screen

    def test_an_export_has_the_scale(self, logs: Path, tmp_path: Path) -> None:
        done = CliRunner().invoke(
            main, ["export", str(logs), "--format", "every-eval-ever", "-o", str(tmp_path / "export")]
        )
        assert done.exit_code == 0, done.output
        records = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "export").rglob("*.json")]
        scales = {
            result["metric_config"]["metric_id"]: (
                result["metric_config"]["min_score"],
                result["metric_config"]["max_score"],
            )
            for record in records
            for result in record["evaluation_results"]
        }
        assert scales["medsyn.ddx_score"] == scales["medsyn.open_fdx_score"] == (1, 4)
        assert scales["medsyn.ddx_coverage"] == scales["accuracy"] == (0, 1)
