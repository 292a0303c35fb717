"""`medsyn analyze` on the screen: the answer first, all tables readable at 80 and 120 columns."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.frames.matched import NEEDS, NOISE
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_arms
from medsyn_inspect.report import terminal
from medsyn_inspect.report.terminal import print_findings, print_rates
from medsyn_inspect.report.terminal.gap import not_measurable
from medsyn_inspect.screen import Screen

JUDGE = {"judge": "x/judge", "rubric": "bond", "threshold": 4.0}


def answers(reader: str, right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    rows = [{"case_id": f"c{place:03}", "right": value} for place, value in enumerate(right)]
    named = {"log": f"{reader}-{question}", "reader": reader, "question": question, "epoch": 1, "option_count": 5}
    return pd.DataFrame(rows).assign(**named, outcome=["right" if value else "wrong" for value in right], **columns)


def differentials(reader: str, right: list[float], **columns: Any) -> pd.DataFrame:
    scores = [5.0 * value for value in right]
    return answers(reader, right, "ddx", score=scores, listed=3, coverage_at_1=right, **JUDGE | columns)


@pytest.fixture(scope="module")
def found() -> Findings:
    """Three readers, of which the last is blind."""
    cases = load_cases()
    gains = {"x/even": 1.0, "x/half": 0.5, "x/blind": 0.0}
    arms = pd.concat([closed_form_arms(cases, Gains(image=gain), reader=name) for name, gain in gains.items()])
    counts = dict(zip(gains, (22, 18, 5), strict=True))
    right = {name: [1.0] * count + [0.0] * (24 - count) for name, count in counts.items()}
    runs = [made(name, values) for name, values in right.items() for made in (answers, differentials)]
    return findings_of(runs=pd.concat(runs, ignore_index=True), arms=arms)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Prints findings at a width and returns the text."""

    def at(findings: Findings, width: int = 80) -> str:
        class Sized(Screen):
            def __init__(self) -> None:
                super().__init__()
                self.width = width

        monkeypatch.setattr(terminal, "Screen", Sized)
        print_findings(findings)
        return capsys.readouterr().out

    return at


class TestOrder:
    def test_the_first_line_is_the_answer(self, found: Findings, shown: Any) -> None:
        assert shown(found).startswith("- x/even has the highest DDx coverage")

    def test_readers_come_before_evidence_and_evidence_before_published_measures(
        self, found: Findings, shown: Any
    ) -> None:
        text = shown(found)
        headings = [
            "Readers, all evidence",
            "reader against reader",
            "DDx-FDx gap, and",
            "Images against",
            "As published",
        ]
        assert sorted(headings, key=text.index) == headings

    def test_that_letters_are_not_transitive_is_printed_once(self, found: Findings, shown: Any) -> None:
        assert " ".join(shown(found).split()).count("not transitive") == 1

    def test_one_reader_has_no_rank_and_no_pair(self, shown: Any) -> None:
        text = shown(findings_of(runs=answers("a", [1, 0, 1])))
        assert "rank" not in text.casefold()
        assert "minus" not in text


class TestWidth:
    @pytest.mark.parametrize("width", [80, 120])
    def test_no_line_is_longer_and_no_cell_is_cut(self, found: Findings, shown: Any, width: int) -> None:
        text = shown(found, width)
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text
        for heading in ("p (Holm)", "Corrected", "Rest"):
            assert heading in text
        # Every interval is whole: an opening bracket has a closing one on its line.
        assert all(line.count("[") == line.count("]") for line in text.splitlines() if re.search(r"\[-?\d", line))


class TestNeverAcross:
    @pytest.mark.parametrize("column", ["judge", "rubric", "extractor"])
    def test_readers_graded_differently_are_not_compared(self, shown: Any, column: str) -> None:
        one, other = ({"extractor": "e1"} | JUDGE, {"extractor": "e1"} | JUDGE | {column: "other"})
        runs = [
            differentials("a", [1.0] * 9, **one),
            differentials("b", [0.0] * 9, **one),
            differentials("c", [1.0] * 9, **other),
            differentials("d", [0.0] * 9, **other),
        ]
        text = shown(findings_of(runs=pd.concat(runs, ignore_index=True)), 120)
        pairs = set(re.findall(r"\b(\w) minus (\w)\b", text))
        assert pairs == {("a", "b"), ("c", "d")}
        assert "Ranks are among the readers that were judged alike" in text

    def test_case_sets_are_not_mixed(self) -> None:
        runs = [answers(name, [1, 0], fingerprint=name, case_set=name) for name in ("a", "b")]
        with pytest.raises(ValueError, match="case set"):
            findings_of(runs=pd.concat(runs, ignore_index=True))


class TestEvidence:
    def test_what_is_not_measurable_is_named_with_its_reason(self) -> None:
        rows = [
            {"evidence_type": "ct", "uptake_note": NOISE},
            {"evidence_type": "mri", "uptake_note": NOISE},
            {"evidence_type": "xray", "uptake_note": NEEDS},
            {"evidence_type": "omics", "uptake_ratio": 0.5, "uptake_note": ""},
        ]
        assert list(not_measurable(conform("types", rows))) == [
            f"R is not measurable for CT, MRI: {NOISE}.",
            f"R is not measurable for X-ray: {NEEDS}.",
        ]

    def test_many_pairs_are_counted_and_not_listed(self, shown: Any) -> None:
        runs = [answers(f"r{place}", [1.0] * place + [0.0] * (20 - place)) for place in range(0, 20, 3)]
        text = shown(findings_of(runs=pd.concat(runs, ignore_index=True)))
        assert not re.search(r"r\d+ minus r\d+", text)
        assert "21 pairs of readers, of which" in " ".join(text.split())


def test_rates_begin_with_the_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_rates(findings_of(runs=answers("a", [1, 0, 1])))
    assert capsys.readouterr().out.startswith("- The FDx accuracy of a is")
