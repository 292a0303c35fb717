"""Figures: what is drawn are the numbers, what is said of them holds, and hostile names do nothing."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.report import figures as report_figures
from medsyn_inspect.report.figures import (
    ablations,
    all_figures,
    calibration,
    coverage_and_accuracy,
    cross_modal,
    figure_modules,
    languages,
    narrow_figures,
    nmse_accuracy,
    nmse_by_type,
    panel_agreement,
    position_bias,
    score_distribution,
    specialties,
    stages,
)
from medsyn_inspect.report.figures.drawing import Drawing, Section, new_figure, png, svg, svg_inline
from medsyn_inspect.report.figures.labels import display_width, drawable, fitted, looks, short_name
from medsyn_inspect.report.figures.style import COLOURS, INK, NARROW_WIDTH, SERIES, SMALL, WIDTH, narrow, styled
from medsyn_inspect.report.material import Material
from report_materials import HOSTILE, MODELS, TYPES, a_material, derived

NAMES = {
    "coverage_and_accuracy", "score_distribution", "specialties", "languages", "cross_modal", "nmse_by_type",
    "nmse_accuracy", "position_bias", "ablations", "stages", "calibration", "panel_agreement",
}  # fmt: skip


@pytest.fixture(scope="module")
def material() -> Material:
    return a_material(MODELS[:3], 40)


@pytest.fixture(scope="module")
def figures(material: Material) -> dict[str, Drawing]:
    return {drawn.name: drawn for drawn in all_figures(material)}


@pytest.fixture(scope="module")
def many() -> Material:
    """Nine readers, of whom two are simulated physicians, and an evidence type with a long name."""
    names = ["human/one", "human/two", "Qwen2.5-VL (72B)", "Qwen2.5-VL (7B)", "DeepSeek-VL2 (27B)", *MODELS[:4]]
    made = a_material(names, 12)
    types = made.findings.types
    renamed = types["evidence_type"].replace({"ct": "electrophysiology"})
    simulated = pd.DataFrame({"reader": ["human/one"], "simulated": [True]})
    return changed(made, types=types.assign(evidence_type=renamed), physicians=conform("physicians", simulated))


@pytest.fixture(scope="module")
def inline(figures: dict[str, Drawing]) -> dict[str, str]:
    return {name: svg_inline(drawn) for name, drawn in figures.items()}


@pytest.fixture(scope="module")
def hostile() -> dict[str, Drawing]:
    return {drawn.name: drawn for drawn in all_figures(a_material(HOSTILE, 24))}


def changed(material: Material, **frames: pd.DataFrame) -> Material:
    """The material with other frames; where answers are changed, so are the frames that follow from them."""
    found = material.findings
    if {"runs", "arms", "stages"} & set(frames):
        answers = (frames.get(name, getattr(found, name)) for name in ("runs", "arms", "stages"))
        frames = derived(*answers) | frames
    return dataclasses.replace(material, findings=dataclasses.replace(found, **frames))


def marked(drawn: Drawing, name: str, axis: int = 0) -> list[float]:
    """The places of all marks of that name, in ascending order."""
    lines = [line for axes in drawn.figure.axes for line in axes.lines if line.get_label() == f"_{name}"]
    return sorted(float(value) for line in lines for value in (line.get_xdata(), line.get_ydata())[axis])


def numbers(values: pd.Series, factor: float = 1.0) -> list[float]:
    return sorted(float(value) * factor for value in values if np.isfinite(value))


def words(drawn: Drawing) -> list[str]:
    return [text.get_text() for text in drawn.figure.findobj(Text) if text.get_text()]


def boxes(drawn: Drawing) -> list[tuple[str, Bbox]]:
    """Every text that is seen, and where."""
    svg(drawn)
    with styled():
        drawn.figure.draw_without_rendering()
        renderer = drawn.figure.canvas.get_renderer()
        axes = [one for one in drawn.figure.axes if one.get_visible()]
        both = [axis for one in axes for axis in (one.xaxis, one.yaxis)]
        labels = {id(text) for axis in both for tick in axis.majorTicks for text in (tick.label1, tick.label2)}
        seen = [text for axis in both for tick in axis._update_ticks() for text in (tick.label1, tick.label2)]
        seen += [
            text
            for text in drawn.figure.findobj(Text)
            if id(text) not in labels and (text.axes is None or text.axes in axes)
        ]
        return [
            (text.get_text(), text.get_window_extent(renderer))
            for text in seen
            if text.get_visible() and text.get_text().strip()
        ]


def texts_outside(drawn: Drawing) -> Iterator[str]:
    """Texts that reach beyond the edge of the figure."""
    edge = drawn.figure.bbox
    for text, box in boxes(drawn):
        if box.x0 < edge.x0 - 1 or box.x1 > edge.x1 + 1 or box.y0 < edge.y0 - 1 or box.y1 > edge.y1 + 1:
            yield text


def texts_on_each_other(drawn: Drawing) -> Iterator[tuple[str, str]]:
    """Pairs of texts of which one covers the other in part."""
    shrunk = [(text, box.padded(-1)) for text, box in boxes(drawn)]
    for (one, first), (other, second) in combinations(shrunk, 2):
        if first.overlaps(second):
            yield one, other


HELPERS = {"common", "drawing", "labels", "panels", "style"}
"""Modules of the folder of figures that are no figures."""

ANOTHER = """
import pandas as pd
from medsyn_inspect.report.figures.drawing import Drawing, new_figure

SECTION, POSITION = "belief", 99

def draw(material):
    how = dict(title="Another", reading="It shows nothing.", alt="Nothing.", data=pd.DataFrame())
    return Drawing(name="another", section=SECTION, figure=new_figure(1), **how)
"""


class TestModules:
    def test_every_module_is_a_figure_with_its_section_and_place(self) -> None:
        there = {module.name for module in iter_modules(report_figures.__path__)}
        drawing = figure_modules()
        assert {figure.__name__.rpartition(".")[2] for figure in drawing} == there - HELPERS
        assert {figure.SECTION for figure in drawing} <= set(get_args(Section))
        assert len({(figure.SECTION, figure.POSITION) for figure in drawing}) == len(drawing)

    def test_figures_are_in_the_order_of_sections_and_places(self, figures: dict[str, Drawing]) -> None:
        sections = [drawn.section for drawn in figures.values()]
        assert sections == sorted(sections, key=get_args(Section).index)
        assert list(figures) == [
            "coverage_and_accuracy", "score_distribution", "specialties", "languages", "cross_modal", "nmse_by_type",
            "nmse_accuracy", "position_bias", "ablations", "stages", "calibration", "panel_agreement",
        ]  # fmt: skip

    def test_another_module_is_another_figure(
        self, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "another.py").write_text(ANOTHER, encoding="utf-8")
        monkeypatch.setattr(report_figures, "__path__", [*report_figures.__path__, str(tmp_path)])
        names = [figure.__name__.rpartition(".")[2] for figure in figure_modules()]
        assert names[names.index("another") - 1] == "calibration"

    def test_a_section_that_is_not_there_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "astray.py").write_text(ANOTHER.replace('"belief"', '"elsewhere"'), encoding="utf-8")
        monkeypatch.setattr(report_figures, "__path__", [*report_figures.__path__, str(tmp_path)])
        with pytest.raises(ValueError, match=r"figure astray: SECTION is 'elsewhere'; choose from accuracy, "):
            figure_modules()


class TestWhatIsDrawn:
    def test_every_figure_is_there(self, figures: dict[str, Drawing]) -> None:
        assert set(figures) == NAMES

    @pytest.mark.parametrize("measure", ["accuracy", "coverage"])
    def test_coverage_and_accuracy(self, material: Material, figures: dict[str, Drawing], measure: str) -> None:
        drawn = figures["coverage_and_accuracy"]
        of_measure = drawn.data[drawn.data["measure"] == measure]
        assert marked(drawn, measure) == pytest.approx(numbers(of_measure["value"], 100))
        assert marked(drawn, f"{measure} interval") == pytest.approx(
            numbers(pd.concat([of_measure["lower"], of_measure["upper"]]), 100)
        )
        readers = material.findings.readers.set_index("reader")
        assert dict(zip(of_measure["reader"], of_measure["value"], strict=True)) == readers[measure].to_dict()

    def test_specialties(self, material: Material, figures: dict[str, Drawing]) -> None:
        drawn = figures["specialties"]
        for measure, question in (("accuracy", "fdx"), ("coverage", "ddx")):
            of_measure = drawn.data[drawn.data["measure"] == measure]
            assert marked(drawn, measure) == pytest.approx(numbers(of_measure["value"], 100))
            runs = material.findings.runs
            asked = runs[runs["question"] == question]
            means = asked.groupby(["reader", "specialty_group"])["right"].agg(["mean", "count"])
            for row in of_measure.itertuples():
                assert (row.value, row.n) == pytest.approx(tuple(means.loc[(row.reader, row.specialty_group)]))

    def test_scores(self, material: Material, figures: dict[str, Drawing]) -> None:
        drawn = figures["score_distribution"]
        bars = {
            score: sorted(
                bar.get_width()
                for bars in drawn.figure.axes[0].containers
                if bars.get_label() == f"_{score}"
                for bar in bars
            )
            for score in "543210"
        }
        for score, widths in bars.items():
            shares = drawn.data[(drawn.data["score"] == int(score)) & (drawn.data["share"] > 0)]["share"]
            assert widths == pytest.approx(numbers(shares, 100))
        unscored = drawn.data[drawn.data["score"].isna()]["answers"]
        assert list(unscored) == [0, 0, 0]
        assert drawn.data["answers"].sum() == (material.findings.runs["question"] == "ddx").sum()

    def test_languages(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["languages"]
        for name in ("value", "other_value"):
            assert marked(drawn, name) == pytest.approx(numbers(drawn.data[name], 100))
        assert set(drawn.data["language"]) == {"en"}
        assert set(drawn.data["n"]) == {30}
        assert (drawn.data["difference"] == drawn.data["value"] - drawn.data["other_value"]).all()

    def test_cross_modal(self, material: Material, figures: dict[str, Drawing]) -> None:
        sensitivity = material.findings.sensitivity.dropna(subset=["S_image", "S_finding"])
        drawn = figures["cross_modal"]
        assert marked(drawn, "cases", 0) == pytest.approx(numbers(sensitivity["S_finding"]))
        assert marked(drawn, "cases", 1) == pytest.approx(numbers(sensitivity["S_image"]))
        for axes, reader in zip(drawn.figure.axes, material.findings.readers["reader"], strict=True):
            of_reader = sensitivity[sensitivity["reader"] == reader]
            below = int(of_reader.eval("S_image < S_finding - 1e-9").sum())
            assert axes.get_title(loc="left").endswith(f"\n{below} of {len(of_reader)} below")

    def test_the_panels_of_a_single_reader_are_the_evidence_types(self) -> None:
        drawn = cross_modal.draw(a_material(MODELS[:1], 24))
        assert drawn is not None
        sizes = drawn.data.groupby("evidence_type", sort=False).size()
        assert list(sizes) == sorted(sizes, reverse=True)
        assert len(drawn.figure.axes) >= len(sizes) == len(TYPES)

    def test_nmse(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["nmse_by_type"]
        within = drawn.data["nmse"].where(drawn.data["nmse"] < 7.5)
        assert sorted(marked(drawn, "nmse")) == pytest.approx(sorted(numbers(within)))
        assert len(marked(drawn, "nmse beyond")) == (drawn.data["nmse"] == 7.5).sum() == 3
        assert words(drawn).count("none") == drawn.data["nmse"].isna().sum() == 3
        assert not marked(drawn, "nmse interval")
        assert len([1 for x in marked(drawn, "image blind") if x == 1]) == 2 * len(TYPES)

    def test_nmse_and_accuracy(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["nmse_accuracy"]
        assert marked(drawn, "reader", 0) == pytest.approx(numbers(drawn.data["nmse"]))
        assert marked(drawn, "reader", 1) == pytest.approx(numbers(drawn.data["accuracy"], 100))

    def test_ablations(self, material: Material, figures: dict[str, Drawing]) -> None:
        drawn = figures["ablations"]
        assert marked(drawn, "difference") == pytest.approx(numbers(drawn.data["difference"], 100))
        bars = [
            bar for bars in drawn.figure.axes[0].containers if bars.get_label() == "_minimum detectable" for bar in bars
        ]
        assert [bar.get_width() for bar in bars] == pytest.approx(200 * drawn.data["minimum_detectable_effect"])
        left_out = material.findings.comparisons["condition"] == "withhold=ct"
        assert len(drawn.data) == len(material.findings.comparisons) - left_out.sum()
        assert "withhold=ct" not in set(drawn.data["condition"])

    def test_stages(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["stages"]
        assert marked(drawn, "correct") == pytest.approx(numbers(drawn.data["correct"], 100))
        for name in ("probability", "relative_entropy"):
            assert marked(drawn, name) == pytest.approx(numbers(drawn.data[name], 100))
        order = list(dict.fromkeys(drawn.data["stage"]))
        assert order == ["presentation", "laboratory", "imaging", "microscopy", "all evidence"]
        assert set(drawn.data[drawn.data["stage"].isin(["presentation", "all evidence"])]["n"]) == {40}

    def test_the_probability_of_a_stage_is_that_of_the_right_option(self, material: Material) -> None:
        found = material.findings
        letters = found.runs[found.runs["question"] == "fdx"].set_index(["reader", "case_id"])["correct_letter"]
        first = found.stages[found.stages["stage"] == "presentation"]
        belief = [row.posterior["ABCDE".index(letters[row.reader, row.case_id])] for row in first.itertuples()]
        expected = first.assign(belief=belief).groupby("reader")["belief"].mean()
        data = stages.by_stage(material)
        shown = data[data["stage"] == "presentation"].set_index("reader")["probability"]
        assert shown.to_dict() == pytest.approx(expected.to_dict())

    def test_calibration(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["calibration"]
        assert marked(drawn, "image", 0) == pytest.approx(numbers(drawn.data["confidence"], 100))
        assert marked(drawn, "image", 1) == pytest.approx(numbers(drawn.data["accuracy"], 100))
        assert set(drawn.data["n"]) == {10}

    def test_panels(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["panel_agreement"]
        agreement = drawn.data[drawn.data["measure"] != "pairs"]
        assert marked(drawn, "alpha") == pytest.approx([agreement["value"].iloc[0]])
        assert marked(drawn, "kappa") == pytest.approx(numbers(agreement["value"].iloc[1:]))
        pairs = drawn.data[drawn.data["measure"] == "pairs"]["pairs"]
        assert pairs.sum() == 3 * 3 * 40
        assert {f"{count:.0f}" for count in pairs if count} <= set(words(drawn))

    def test_positions(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["position_bias"]
        assert marked(drawn, "probability", 1) == pytest.approx(numbers(drawn.data["probability"]))

    def test_only_a_figure_with_a_legend_of_readers_has_a_colour_for_each(self, figures: dict[str, Drawing]) -> None:
        def colours(name: str, mark: str) -> set[str]:
            lines = [line for axes in figures[name].figure.axes for line in axes.lines]
            return {line.get_markeredgecolor() for line in lines if line.get_label() == f"_{mark}"}

        assert len(colours("nmse_accuracy", "reader")) == 3
        named = {"coverage_and_accuracy": "accuracy", "ablations": "difference", "nmse_by_type": "nmse"}
        for name, mark in (named | {"cross_modal": "cases", "position_bias": "probability"}).items():
            assert colours(name, mark) == {SERIES}

    def test_physicians_have_lines_through_all_rows(self) -> None:
        readers = ["human/two physicians", *MODELS[:2]]
        material = a_material(readers, 24)
        drawn = coverage_and_accuracy.draw(material)
        assert drawn is not None
        human = drawn.data[drawn.data["reader"] == readers[0]].set_index("measure")["value"]
        lines = [
            line
            for line in drawn.figure.axes[0].lines
            if len(line.get_xdata()) == 2 and list(line.get_ydata()) == [0, 1]
        ]
        assert [line.get_xdata()[0] for line in lines] == pytest.approx(
            [100 * human["accuracy"], 100 * human["coverage"]]
        )


class TestWhatIsSaid:
    def test_all_figures_say_something_in_one_sentence(self, figures: dict[str, Drawing]) -> None:
        for drawn in figures.values():
            assert drawn.reading.endswith(".")
            assert "\n" not in drawn.reading
            assert "nan" not in drawn.reading
            assert drawn.alt
            assert drawn.title

    def test_the_gap_with_its_interval_and_n(self, material: Material) -> None:
        readers = material.findings.readers.copy()
        readers[["ddx_fdx_gap", "ddx_fdx_gap_lower", "ddx_fdx_gap_upper", "ddx_fdx_gap_n"]] = [
            [0.2, 0.05, 0.35, 40],
            [0.1, -0.05, 0.25, 39],
            [0, 0, 0, 40],
        ]
        drawn = coverage_and_accuracy.draw(changed(material, readers=readers))
        assert drawn is not None
        assert "for 1 of 3 readers" in drawn.reading
        assert f"the largest estimate is +20 points for {readers['reader'].iloc[0]} (n = 40)" in drawn.reading
        assert "for 2 readers the interval includes 0, so a gap is not established" in drawn.reading

    def test_an_interval_that_an_exact_test_does_not_confirm_is_said(self, material: Material) -> None:
        """Five cases of 40, all in one direction: Newcombe's interval leaves out 0, McNemar's p is 0.0625."""
        reader, runs = material.findings.readers["reader"].iloc[0], material.findings.runs
        one = runs[(runs["reader"] == reader) & runs["question"].isin(["ddx", "fdx"])]
        one = one[(one["view"] == "image") & (one["text"] == "keep") & (one["staging"] == "single")]
        cases = sorted(one["case_id"].unique())
        missed = (one["question"] == "fdx") & one["case_id"].isin(cases[:5])
        [drawn] = all_figures(Material(findings=findings_of(one.assign(right=1.0 - missed))))[:1]
        assert drawn.name == "coverage_and_accuracy"
        assert "an exact McNemar test does not confirm it, p = 0.062" in drawn.reading

    def test_chance_is_a_line(self, material: Material) -> None:
        logs = pd.DataFrame({"question": ["fdx", "fdx"], "counted": True, "options": [{"4": 10}, {"4": 10, "5": 30}]})
        drawn = coverage_and_accuracy.draw(dataclasses.replace(material, logs=logs))
        assert drawn is not None
        [line] = [line for line in drawn.figure.axes[0].lines if line.get_label() == "_chance"]
        assert line.get_xdata() == pytest.approx([100 * (10 / 4 + 30 / 5) / 40] * 2)

    def test_three_readers_are_no_correlation(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["nmse_accuracy"]
        assert "no order of 3 has a p below 0.333: this is no test of a correlation" in drawn.reading
        assert "this is no test of a correlation" in " ".join(" ".join(words(drawn)).split())

    def test_many_readers_have_a_correlation_with_its_p(self) -> None:
        drawn = nmse_accuracy.draw(a_material([f"m/{number}" for number in range(7)], 24))
        assert drawn is not None
        row = drawn.reading
        assert "over 7 readers" in row
        assert "p = " in row

    def test_one_reader_has_no_association(self) -> None:
        material = a_material(MODELS[:1], 24)
        drawn = nmse_accuracy.draw(changed(material, associations=Findings().associations))
        assert drawn is not None
        assert drawn.reading == "1 reader: no association across readers can be measured."

    def test_no_difference_is_no_proof_of_equality(self, material: Material) -> None:
        comparisons = material.findings.comparisons.assign(mcnemar_p_holm=0.5, minimum_detectable_effect=0.123)
        [drawn] = ablations.draw(changed(material, comparisons=comparisons))
        assert "0 of 15 paired differences have a p below 0.05 after Holm" in drawn.reading
        assert (
            "does not show that nothing changed: the power to detect differences below 12 points is less than 80 %"
            in drawn.reading
        )

    def test_specialties_have_no_order(self, figures: dict[str, Drawing]) -> None:
        assert "whether specialties differ is not tested" in figures["specialties"].reading

    def test_cross_modal_counts_sides(self, material: Material) -> None:
        rows = [("c1", 0.1, 0.3), ("c2", 0.2, 0.4), ("c3", 0.5, 0.4), ("c4", 0.25, 0.25)]
        sensitivity = pd.DataFrame(
            [
                {
                    "reader": "m",
                    "case_id": case,
                    "evidence_type": "ct",
                    "source": "logprobs",
                    "S_image": i,
                    "S_finding": f,
                }
                for case, i, f in rows
            ]
        )
        drawn = cross_modal.draw(Material(findings=Findings(sensitivity=sensitivity)))
        assert drawn is not None
        assert drawn.name == "cross_modal"
        assert "Of 4 points from 4 cases, 2 below the line, 1 above it and 1 on it" in drawn.reading
        assert "2 of 4 below" in drawn.figure.axes[0].get_title(loc="left")

    def test_position_bias_names_the_place(self, material: Material) -> None:
        orders = material.findings.orders.copy()
        orders[["probability", "probability_lower", "probability_upper"]] = [0.2, 0.15, 0.25]
        drawn = position_bias.draw(changed(material, orders=orders))
        assert drawn is not None
        assert "No position bias was found in 3 readers" in drawn.reading
        assert "each position has exactly the expected probability" in drawn.reading
        orders.loc[0, ["probability", "probability_lower", "probability_upper"]] = [0.4, 0.35, 0.45]
        drawn = position_bias.draw(changed(material, orders=orders))
        assert drawn is not None
        assert "In 1 of 3 readers" in drawn.reading
        assert f"position A of {orders['reader'].iloc[0]} with 0.40, expected 0.20 (n = 12" in drawn.reading

    def test_a_panel_that_gives_one_score_throughout_says_nothing(self, material: Material) -> None:
        runs = material.findings.runs
        same = runs.assign(panel_scores=[(4, 4) if given else None for given in runs["panel_scores"]], judge="a, b")
        [drawn] = panel_agreement.draw(changed(material, runs=same))
        assert "this does not show how well the judges agree" in drawn.reading


class TestNothing:
    def test_no_findings_no_figures(self) -> None:
        assert all_figures(Material(findings=Findings())) == []

    @pytest.mark.parametrize(
        ("frame", "draw"),
        [
            ("runs", score_distribution.draw),
            ("runs", specialties.draw),
            ("runs", languages.draw),
            ("runs", panel_agreement.draw),
            ("readers", coverage_and_accuracy.draw),
            ("readers", nmse_accuracy.draw),
            ("sensitivity", cross_modal.draw),
            ("types", nmse_by_type.draw),
            ("comparisons", ablations.draw),
            ("stages", stages.draw),
            ("orders", position_bias.draw),
        ],
    )
    def test_a_figure_needs_its_frame(
        self, material: Material, frame: str, draw: Callable[[Material], Drawing | list[Drawing] | None]
    ) -> None:
        assert not draw(changed(material, **{frame: getattr(Findings(), frame)}))

    def test_one_language_is_no_comparison(self, material: Material) -> None:
        assert languages.draw(changed(material, runs=material.findings.runs.assign(language="en"))) is None

    def test_calibration_falls_back_on_the_arms_and_is_silent_without_them(self, material: Material) -> None:
        without = changed(material, runs=material.findings.runs.assign(posterior=None))
        drawn = calibration.draw(without)
        assert drawn is not None
        assert set(drawn.data["view"]) == {"image", "finding"}
        assert calibration.draw(changed(without, arms=Findings().arms)) is None

    def test_two_bins_need_twenty_cases(self) -> None:
        assert calibration.draw(a_material(MODELS[:1], 19)) is None

    def test_languages_asked_in_runs_of_their_own_come_together(self, material: Material) -> None:
        runs = material.findings.runs
        apart = runs.assign(selection="language=" + runs["language"])
        whole, parts = material.findings.languages, changed(material, runs=apart).findings.languages
        assert parts.sort_values(["measure", "reader"], ignore_index=True).equals(
            whole.sort_values(["measure", "reader"], ignore_index=True)
        )


class TestBytes:
    def test_the_same_numbers_give_the_same_bytes(
        self, material: Material, figures: dict[str, Drawing], inline: dict[str, str]
    ) -> None:
        again = {drawn.name: drawn for drawn in all_figures(material)}
        assert list(again) == list(figures)
        for name, element in inline.items():
            assert svg_inline(again[name]) == element, name
        assert png(figures["calibration"]) == png(again["calibration"])

    def test_nothing_of_machine_or_day_is_in_them(self, figures: dict[str, Drawing]) -> None:
        drawn = figures["coverage_and_accuracy"]
        for trace in (b"matplotlib.org", b"dc:date", b"Software"):
            assert trace not in svg(drawn)
            assert trace not in png(drawn)

    @pytest.mark.slow
    def test_another_process_gives_the_same_bytes(self, figures: dict[str, Drawing]) -> None:
        code = (
            "import hashlib, sys; sys.path.insert(0, 'tests')\n"
            "from report_materials import MODELS, a_material\n"
            "from medsyn_inspect.report.figures.drawing import png, svg\n"
            "from medsyn_inspect.report.figures import all_figures\n"
            "for drawn in all_figures(a_material(MODELS[:3], 40)):\n"
            "    print(drawn.name, hashlib.sha256(svg(drawn) + png(drawn)).hexdigest())\n"
        )
        root = Path(__file__).parent.parent
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
            for _ in range(2)
        ]
        assert runs[0] == runs[1]
        assert runs[0].count("\n") == len(figures)

    def test_a_crowd_of_points_is_an_image(self) -> None:
        drawn = cross_modal.draw(a_material(MODELS[:1], 452))
        assert drawn is not None
        assert len(drawn.data) > 1500
        assert len(svg(drawn)) < 200_000
        assert b"data:image/png;base64," in svg(drawn)


class TestPage:
    def test_ink_becomes_the_page_s_own(self, inline: dict[str, str]) -> None:
        for element in inline.values():
            assert INK not in element
            assert "currentColor" in element

    def test_ids_belong_to_one_figure(self, inline: dict[str, str]) -> None:
        seen: set[str] = set()
        for element in inline.values():
            root = ElementTree.fromstring(element)
            ids = {part.attrib["id"] for part in root.iter() if "id" in part.attrib}
            references = {
                value.removeprefix("#")
                for part in root.iter()
                for name, value in part.attrib.items()
                if name == "href" and value.startswith("#")
            }
            assert references <= ids
            assert not ids & seen
            seen |= ids

    def test_nothing_has_a_background(self, figures: dict[str, Drawing]) -> None:
        for drawn in figures.values():
            assert drawn.figure.get_facecolor()[3] == 0
            assert all(axes.get_facecolor()[3] == 0 for axes in drawn.figure.axes)

    def test_every_text_can_be_read_in_print(self, figures: dict[str, Drawing]) -> None:
        for drawn in figures.values():
            assert drawn.figure.get_figwidth() == WIDTH
            assert drawn.figure.get_figheight() < 10
            assert min(text.get_fontsize() for text in drawn.figure.findobj(Text) if text.get_text()) >= SMALL

    def test_for_a_narrow_screen_no_text_is_smaller_or_cut_off(self, material: Material) -> None:
        """The figures of the usual width would have type of 8 pixels there."""
        drawn = narrow_figures(material)
        assert set(drawn) == NAMES - {"cross_modal"}
        for one in drawn.values():
            assert one.figure.get_figwidth() == NARROW_WIDTH
            assert min(text.get_fontsize() for text in one.figure.findobj(Text) if text.get_text()) >= SMALL
            assert list(texts_outside(one)) == [], one.name
        assert new_figure(1).get_figwidth() == WIDTH

    def test_for_a_narrow_screen_no_text_is_cut_off_with_physicians_and_many_readers(self, many: Material) -> None:
        with narrow():
            for drawn in (stages.draw(many), *ablations.draw(many), nmse_by_type.draw(many)):
                assert drawn is not None
                assert list(texts_outside(drawn)) == [], drawn.name
                assert not any("…" in text for text in words(drawn) if "Qwen" in text or "FDx" in text), drawn.name

    def test_for_a_narrow_screen_the_heading_of_a_comparison_is_whole(self) -> None:
        compared = {"question": "fdx", "view": "image", "condition": "text=remove", "subset": "all cases"}
        with narrow():
            assert ablations.heading(compared) == "FDx (image): without history and examination"

    def test_a_legend_has_only_what_is_drawn(self, material: Material) -> None:
        found = material.findings
        alone = changed(
            material,
            readers=found.readers.assign(accuracy=np.nan),
            specialties=found.specialties[found.specialties["measure"] == "coverage"],
        )
        for draw in (coverage_and_accuracy.draw, specialties.draw):
            drawn = draw(alone)
            assert drawn is not None
            shown = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
            assert any(text.startswith("DDx coverage") for text in shown)
            assert not any(text.startswith("FDx accuracy") for text in shown)

    def test_the_name_of_an_evidence_type_is_not_broken_within_a_word(self, many: Material) -> None:
        drawn = nmse_by_type.draw(many)
        assert drawn is not None
        assert "electrophysiology" in words(drawn)

    def test_no_text_is_cut_off_or_covered(self, figures: dict[str, Drawing]) -> None:
        for drawn in figures.values():
            assert list(texts_outside(drawn)) == [], drawn.name
            assert list(texts_on_each_other(drawn)) == [], drawn.name


class TestHostileNames:
    def test_they_do_not_crash_and_stand_in_the_data_in_full(self, hostile: dict[str, Drawing]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert png(hostile["coverage_and_accuracy"])
            for drawn in hostile.values():
                root = ElementTree.fromstring(svg_inline(drawn))
                assert {element.tag for element in root.iter()} <= {
                    "svg", "g", "path", "text", "tspan", "defs", "style", "use", "clipPath", "rect", "image",
                }  # fmt: skip
        for name in ("coverage_and_accuracy", "nmse_by_type", "ablations", "stages", "calibration", "specialties"):
            assert set(hostile[name].data["reader"]) == set(HOSTILE), name

    def test_they_are_text_and_nothing_else(self, hostile: dict[str, Drawing]) -> None:
        drawn = hostile["coverage_and_accuracy"]
        for element in (svg_inline(drawn), svg(drawn).decode()):
            assert "<script" not in element
            assert "a/$x^{2}$_{y}" in element
            assert not set("\u202e\u200f\x00\x1b") & set(element)
        assert "医学模型" in svg_inline(drawn)

    def test_no_text_is_cut_off_or_covered(self, hostile: dict[str, Drawing]) -> None:
        for drawn in hostile.values():
            assert list(texts_outside(drawn)) == [], drawn.name
            assert list(texts_on_each_other(drawn)) == [], drawn.name

    def test_dollars_are_no_mathematics(self) -> None:
        with styled():
            for name in HOSTILE:
                assert Text(0, 0, drawable(name))._preprocess_math(drawable(name))[1] is False


class TestManyReaders:
    def test_eighteen_readers_can_be_told_apart(self) -> None:
        found = looks(MODELS)
        assert len({look.label for look in found.values()}) == len(MODELS)
        assert len({(look.colour, look.marker) for look in looks([f"m/{n}" for n in range(42)]).values()}) == 42
        assert found["vllm/Qwen/Qwen3-VL-32B-Instruct"].label == "Qwen3-VL-32B-Instruct"

    @pytest.mark.parametrize("others", [[], MODELS])
    def test_names_that_are_cut_to_the_same_keep_the_part_in_which_they_differ(self, others: list[str]) -> None:
        """The step of a checkpoint, in the middle of a long name."""
        steps = ["1000", "2000", "10000"]
        names = [
            f"lab/clinical-vision-language-7b-instruct-step-{step}-merged-for-evaluation-in-2026" for step in steps
        ]
        found = looks([*names, *others])
        for name, step in zip(names, steps, strict=True):
            assert f"…{step}-merged" in found[name].label
            assert all(display_width(line) <= 24 for line in found[name].label.split("\n"))

    def test_names_that_differ_in_several_places_keep_the_last(self) -> None:
        names = [f"{'x' * 30}{one}{'x' * 30}{two}" for one in "12" for two in "12"]
        labels = [look.label for look in looks(names).values()]
        assert len(set(labels)) == 4
        assert not any("#" in label for label in labels)

    def test_names_that_differ_only_in_what_is_not_drawn_get_numbers(self) -> None:
        found = looks([f"m/x{sign}" for sign in "\u200c\u200d\u2060"])
        assert [look.label[-2:] for look in found.values()] == ["#1", "#2", "#3"]

    @given(st.lists(st.text("ab-/ $肺", min_size=1, max_size=60), unique=True, max_size=12), st.sampled_from([12, 24]))
    def test_labels_are_different_and_keep_to_their_width(self, names: list[str], width: int) -> None:
        labels = [look.label for look in looks(names, width).values()]
        assert len(set(labels)) == len(labels)
        assert all(display_width(line.replace(r"\$", "$")) <= width for label in labels for line in label.split("\n"))

    def test_labels_keep_to_their_width(self) -> None:
        for name in (*MODELS, *HOSTILE):
            for width, lines in ((24, 1), (24, 2), (17, 3)):
                label = short_name(name, width, lines).replace(r"\$", "$")
                assert label.count("\n") < lines
                assert all(display_width(line) <= width for line in label.split("\n"))
        assert fitted("abc", 3) == "abc"
        assert fitted("abcdef", 5) == "abc…f"

    @pytest.mark.parametrize("background", [1.0, 0.0090])
    def test_colours_are_seen_on_light_and_dark_paper(self, background: float) -> None:
        """Relative luminance of white, and of the page's #14181d (WCAG 2.2, non-text contrast)."""
        for colour in COLOURS:
            channels = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
            linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
            light, dark = sorted([float(linear @ [0.2126, 0.7152, 0.0722]), background], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3

    @pytest.mark.slow
    def test_eighteen_readers_fit(self) -> None:
        drawn = all_figures(a_material(MODELS, 60))
        assert sum(len(svg_inline(one)) for one in drawn) < 5_000_000
        for one in drawn:
            assert one.figure.get_figheight() < 11, one.name
            assert list(texts_outside(one)) == [], one.name
            assert list(texts_on_each_other(one)) == [], one.name

    def test_one_reader_has_every_figure(self) -> None:
        drawn = all_figures(a_material(MODELS[:1], 24))
        assert {one.name for one in drawn} == NAMES
        assert svg(drawn[0])
