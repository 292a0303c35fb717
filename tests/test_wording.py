"""Numbers in words: what screen, page, figures and exports say of the same number is the same."""

from __future__ import annotations

import io
import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from medsyn_inspect.analysis import Estimate, Findings
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.report.figures import ablations
from medsyn_inspect.report.material import Material
from medsyn_inspect.report.page.ablations import ablations as ablation_section
from medsyn_inspect.report.page.blocks import Table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.terminal import cells
from medsyn_inspect.report.terminal.pairs import comparisons_table
from medsyn_inspect.wording import (
    PERCENT,
    POINTS,
    cut,
    distinct,
    estimate_words,
    estimated,
    interval,
    listed,
    number,
    p_adjusted,
    p_equals,
    p_span,
    p_value,
    percent,
    plural,
    points,
    scale_words,
    signed,
    span,
    spoken,
    spread,
)

NOWHERE = [None, math.nan, float("nan")]
A_NUMBER = st.floats(-1e6, 1e6)
A_P = st.floats(0, 1)


def read(text: str) -> float:
    """The number in a text."""
    return float(text.replace("−", "-"))


class TestNumbers:
    @given(A_NUMBER, st.integers(0, 4))
    def test_a_number_is_rounded_and_has_a_minus_sign(self, value: float, digits: int) -> None:
        text = number(value, digits)
        assert read(text) == pytest.approx(value, abs=0.5001 * 10**-digits)
        assert "-" not in text
        assert text.count("−") == (read(text) < 0)
        assert len(text.partition(".")[2]) == digits

    def test_zero_has_no_sign_and_infinity_has_one(self) -> None:
        assert (number(-0.0004), signed(-0.0004), signed(0.0004)) == ("0.000", "0.0", "0.0")
        assert (number(math.inf), number(-math.inf)) == ("∞", "−∞")
        assert (signed(1.25), signed(-1.25)) == ("+1.2", "−1.2")

    @pytest.mark.parametrize("value", NOWHERE)
    def test_where_there_is_no_number_there_is_what_the_place_has_for_it(self, value: float | None) -> None:
        assert number(value) == spread(value, 0, 1) == percent(value) == p_value(value) == p_adjusted(value, 1) == ""
        assert number(value, nothing="none") == p_value(value, nothing="none") == "none"
        assert cells.number(value) == cells.p_value(value) == "-"

    def test_an_interval_is_there_or_not(self) -> None:
        assert interval(0.1, 0.25, 2) == "[0.10, 0.25]"
        assert interval(math.nan, 1) == ""
        assert spread(0.5, 0.25, 0.75, PERCENT) == "50.0\n[25.0, 75.0]"
        assert spread(0.5, math.nan, math.nan, PERCENT) == "50.0"
        assert points(0.125, 0.03, 0.22, n=2000) == "+12.5 [3.0, 22.0]"
        assert points(0.125, 0.03, 0.22, n=24) == "+12 [3, 22]"
        assert points(-0.125, math.nan, math.nan, n=2000) == "−12.5"

    def test_a_number_of_a_frame_has_its_n(self) -> None:
        row = {"x": 0.5, "x_lower": 0.25, "x_upper": 0.75, "x_n": 23.0}
        assert estimated(row, "x") == "50\n[25, 75]\nn=23"
        assert cells.estimated({**row, "x": -0.5}, "x", POINTS) == "-50\n[25, 75]\nn=23"

    @pytest.mark.parametrize(("n", "shown"), [(24, "62"), (999, "62"), (1000, "62.5")])
    def test_a_share_has_the_digits_that_its_cases_support_wherever_it_is_written(self, n: int, shown: str) -> None:
        assert estimated({"x": 0.625, "x_n": n}, "x").startswith(f"{shown}\n")
        assert estimated({"x": 0.625, "n": n}, "x") == shown
        assert estimate_words(Estimate(0.625, 0.5, 0.7, n, n, 0.625, 0.625, "wilson"), PERCENT).value == shown

    def test_an_estimate_says_what_the_missing_cases_could_change(self) -> None:
        whole = estimate_words(Estimate(0.5, 0.25, 0.75, 24, 24, 0.5, 0.5, "wilson"), PERCENT, "%")
        assert whole.lines == "50 %\n[25, 75]\nn=24"
        part = estimate_words(Estimate(0.5, 0.25, 0.75, 12, 24, 0.25, 0.75, "wilson"), PERCENT)
        assert (part.n, part.bounds) == ("n=12 of 24", "bounds 25 to 75")
        unread = Estimate(0.5, 0.25, 0.75, 24, 24, 0.5, 0.5, "wilson", 6, 0.75)
        assert estimate_words(unread, PERCENT, "%").lines.endswith("n=24\n25 % unread: up to 75")
        nothing = Estimate(math.nan, math.nan, math.nan, 0, 24, 0.0, 1.0)
        assert estimate_words(nothing, PERCENT).lines == "not scored\nn=0 of 24"
        assert estimate_words(None, PERCENT).lines == ""


class TestP:
    @given(A_P)
    def test_table_and_sentence_say_the_same(self, p: float) -> None:
        shown = p_value(p)
        assert re.fullmatch(r"<0\.001|[01]\.\d{3}", shown)
        assert (shown == "<0.001") == (p < 0.001)
        assert shown != "0.000"
        assert p_equals(p) == p_span([p]) == (f"p < {shown[1:]}" if p < 0.001 else f"p = {shown}")
        assert cells.p_value(p) == shown
        assert p_adjusted(p, p) == cells.p_adjusted(p, p).replace("\n", " ") == f"{shown} ({shown})"

    @given(st.lists(A_P, min_size=2, max_size=5))
    def test_several_are_named_by_their_ends(self, values: list[float]) -> None:
        said = p_span(values)
        assert p_value(min(values)) in said or p_equals(min(values)) == said
        assert "= <" not in said

    @pytest.mark.parametrize("p", [0.0, 0.0004, 0.0007, 0.00099, 0.001, 0.0123, 0.04951])
    def test_screen_page_and_figure_show_the_same(self, p: float) -> None:
        comparisons = conform(
            "comparisons",
            [
                {"reader": "r", "question": "fdx", "family": "text", "view": "image", "condition": "text=remove"}
                | {
                    "baseline": "text=keep",
                    "subset": "all cases",
                    "n": 40,
                    "missing": 0,
                    "only_baseline": 9,
                    "only_condition": 1,
                }
                | {"accuracy_baseline": 0.5, "accuracy": 0.3, "minimum_detectable_effect": 0.2, "discordance": 0.25}
                | {"difference": -0.2, "difference_lower": -0.3, "difference_upper": -0.1}
                | {"mcnemar_p": p, "mcnemar_p_holm": p}
            ],
        )
        findings = Findings(comparisons=comparisons)
        screen = Console(file=io.StringIO(), width=150)
        comparisons_table(screen, comparisons)
        blocks = [*ablation_section(findings, [], CaseListing(findings))]
        [page] = [block for block in blocks if isinstance(block, Table)]
        [figure] = ablations.draw(Material(findings=findings))
        shown = p_value(p)
        printed = screen.file.getvalue()  # type: ignore[attr-defined]
        assert f" {shown} " in printed
        assert f" ({shown}) " in printed
        assert f"{shown} ({shown})" in [cell.text for cell in page.rows[0]]
        assert shown in [text.get_text() for text in figure.figure.axes[0].texts]
        assert p_equals(p) in figure.reading


class TestNames:
    def test_lists_name_the_first_and_count_the_others(self) -> None:
        assert [listed(list("abcde")[:n]) for n in range(5)] == ["", "a", "a and b", "a, b and c", "a, b, c and 1 more"]
        assert distinct(["b", "a", "b", 1]) == "b, a, 1"
        assert (span([]), span([3]), span([3, 12, 5])) == ("0", "3", "3 to 12")
        assert (plural(1, "case"), plural(2, "case"), plural(2, "study", "studies")) == (
            "1 case",
            "2 cases",
            "2 studies",
        )

    @pytest.mark.parametrize("name", EvidenceType)
    def test_an_evidence_type_is_in_words(self, name: EvidenceType) -> None:
        assert "_" not in spoken(name)
        assert spoken(name).replace("-", "").replace(" ", "_").casefold() == name.value

    def test_abbreviations_are_written_as_such(self) -> None:
        assert [spoken(name) for name in ("ct", "mri", "xray", "clinical_photography")] == [
            "CT",
            "MRI",
            "X-ray",
            "clinical photography",
        ]

    @given(st.text(min_size=1, max_size=300))
    def test_a_name_in_a_sentence_is_on_one_line_and_not_too_long(self, name: str) -> None:
        assert len(cut(name)) <= 60
        assert "\n" not in cut(name)

    def test_a_scale_is_named_where_there_is_only_one(self) -> None:
        assert scale_words([(0.0, 5.0), None, [0, 5]]) == "0-5"
        assert scale_words([(1.0, 4.0), (0.0, 5.0)]) == scale_words([None]) == scale_words(pd.Series([math.nan])) == ""
