"""Physicians in the results: a scripted pair on six bundled cases, from the answers to the report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.findings import Findings, analyze_logs
from medsyn_inspect.analysis.frames.physicians import physician_pairs, physician_rows
from medsyn_inspect.analysis.frames.reader_pairs import with_physician
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.physicians import answering
from medsyn_inspect.physicians.answers import ImportRefused, import_answers
from medsyn_inspect.physicians.journal import read_journal
from medsyn_inspect.providers import is_person, is_physician
from medsyn_inspect.records import PLAIN
from medsyn_inspect.reference.physicians import CONSENSUS, PAIR, run_physicians
from medsyn_inspect.report.figures.common import human_line, physicians_words
from medsyn_inspect.tasks import ddx, fdx
from report_logs import reported
from running import run

CASES = ("en-0001", "en-0002", "en-0003", "en-0007", "zh-0001", "zh-0004")
ONE, OTHER, BOTH = f"human/{PAIR[0].name}", f"human/{PAIR[1].name}", f"human/{CONSENSUS}"


@dataclass(frozen=True)
class Study:
    """A pair of physicians and two models on six cases."""

    folder: Path
    findings: Findings
    report: Path

    def choices(self, person: str) -> dict[str, str]:
        """The letters that a person chose, from the file of answers."""
        entries = read_journal(self.folder / "physicians" / "answers.jsonl").entries
        found = answering.locked(entries, person)
        return {case_id: given["choice"]["letter"] for case_id, given in found.items()}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    logs = folder / "logs"
    run_physicians(folder / "physicians", str(logs), CASES)
    for model in ("reference/even", "reference/blind"):
        for task in (fdx(), ddx()):
            run(task, model, logs, judge="reference/judge", sample_id=list(CASES), log_images=False)
    return Study(folder, analyze_logs(str(logs)), reported(folder / "report", logs))


class TestFrames:
    def test_each_physician_has_results_times_and_flags(self, study: Study) -> None:
        rows = study.findings.physicians.set_index("reader")
        assert set(rows.index) == {ONE, OTHER, BOTH}
        assert set(rows["cases"]) == set(rows["accuracy_n"]) == set(rows["coverage_n"]) == {6}
        entries = read_journal(study.folder / "physicians" / "answers.jsonl").entries
        for name in (ONE, OTHER):
            given = answering.locked(entries, name.removeprefix("human/")).values()
            spent = [one["differential"]["seconds"] + one["choice"]["seconds"] for one in given]
            assert rows.loc[name, "seconds_case"] == pytest.approx(np.median(spent))
            quartiles = [rows.loc[name, f"seconds_case_{end}"] for end in ("q1", "q3")]
            assert quartiles == pytest.approx(np.percentile(spent, [25, 75]))
            assert rows.loc[name, "flagged"] == sum(one["choice"]["ambiguity"] is not None for one in given)

    def test_agreement_is_that_of_the_choices_on_the_same_cases(self, study: Study) -> None:
        [option] = study.findings.physician_pairs.query("measure == 'option'").to_dict("records")
        one, other = (study.choices(physician.name) for physician in PAIR)
        same = sum(one[case_id] == other[case_id] for case_id in CASES)
        assert (option["n"], option["chance"]) == (6, pytest.approx(0.2))
        ends = proportion_confint(same, 6, method="wilson")
        found = [option[name] for name in ("same", "same_lower", "same_upper")]
        assert found == pytest.approx([same / 6, *ends])
        assert option["kappa"] == pytest.approx((same / 6 - 0.2) / 0.8)

    def test_a_consensus_is_compared_with_its_members_and_not_paired_with_them(self, study: Study) -> None:
        row = study.findings.physicians.set_index("reader").loc[BOTH]
        names = [physician.name for physician in PAIR]
        one, other, both = (study.choices(name) for name in (*names, "+".join(names)))
        differing = [case_id for case_id in CASES if one[case_id] != other[case_id]]
        runs = study.findings.runs.query(f"reader == '{BOTH}' and question == 'fdx'").set_index("case_id")
        right = [runs.loc[case_id, "correct_letter"] == both[case_id] for case_id in differing]
        assert (row["consensus_of"], row["compared"]) == (f"{ONE}, {OTHER}", 6)
        assert (row["disagreed"], row["disagreed_right"]) == (len(differing), sum(right))
        assert set(study.findings.physician_pairs["other"]) == {OTHER}

    def test_physicians_are_compared_with_models_but_not_ranked_among_them(self, study: Study) -> None:
        pairs, ranks = study.findings.reader_pairs, study.findings.ranks
        assert set(ranks["reader"]) == {"reference/even", "reference/blind"}
        assert with_physician(pairs).any()
        alone = pairs[~with_physician(pairs) & (pairs["measure"] == "accuracy")]
        # A single pair of models: there is nothing to adjust for, however many physicians answered.
        assert alone["p_holm"].tolist() == alone["p"].tolist()

    def test_without_physicians_the_frames_are_empty(self) -> None:
        runs = conform("runs", [])
        assert len(physician_rows(runs)) == len(physician_pairs(runs)) == 0

    @pytest.mark.parametrize(
        ("one", "other", "same", "kappa"),
        [("AABB", "AABB", 1.0, 1.0), ("AABB", "BBAA", 0.0, -0.25), ("AABB", "AACD", 0.5, 0.375)],
    )
    def test_chance_is_one_over_the_number_of_options(self, one: str, other: str, same: float, kappa: float) -> None:
        found = physician_pairs(answers(anna=one, ben=other)).set_index("measure").loc["option"]
        assert (found["same"], found["kappa"]) == (pytest.approx(same), pytest.approx(kappa))

    def test_only_cases_that_both_answered_count(self) -> None:
        found = physician_pairs(answers(anna="AAB-", ben="-ABB")).set_index("measure").loc["option"]
        assert (found["n"], found["same"]) == (2, 1.0)

    def test_a_time_that_was_not_recorded_is_missing(self) -> None:
        runs = answers(anna="AABB")
        runs["seconds"] = [10.0, 30.0, np.nan, np.nan]
        row = physician_rows(runs).iloc[0]
        assert (row["seconds_option"], row["seconds_option_n"]) == (20.0, 2)
        assert np.isnan(row["seconds_case"])
        assert row["seconds_case_n"] == 0


def answers(**chosen: str) -> pd.DataFrame:
    """Rows of `fdx` with the letters that people chose; `-` for a case that was not answered. A is always correct."""
    shared = {"question": "fdx", "epoch": 1, "option_count": 5, "outcome": "right", "consensus_of": None}
    shared |= {"ambiguity": None, "confidence": 3, "seconds": 10.0, "failure": None, "read_by": "form"}
    rows = [
        {"reader": f"human/{name}", "case_id": f"c-{place}", "answer": letter, "right": float(letter == "A")}
        | shared
        | PLAIN.columns()
        for name, letters in chosen.items()
        for place, letter in enumerate(letters)
        if letter != "-"
    ]
    return pd.DataFrame(rows)


class TestReport:
    def test_the_section_has_results_agreement_time_and_consensus(self, study: Study) -> None:
        text = (study.report / "report.md").read_text(encoding="utf-8")
        section = text.partition("\n## Physicians\n")[2].partition("\n## ")[0]
        for words in ("simulated-physician-1", "median [quartiles]", "the same option", "Kappa", "is the consensus of"):
            assert words in section
        assert "Answers of a script, not of people" in section
        assert '<section id="physicians"' in (study.report / "index.html").read_text(encoding="utf-8")

    def test_the_leaderboard_marks_physicians_and_does_not_rank_them(self, study: Study) -> None:
        text = (study.report / "report.md").read_text(encoding="utf-8")
        board = text.partition("\n## Leaderboard\n")[2].partition("\n## ")[0]
        [line] = [line for line in board.splitlines() if line.startswith("| simulated-physicians ")]
        assert "a script, not a person" in line
        assert "Physicians are not ranked among models." in board

    def test_the_frames_are_in_its_files(self, study: Study) -> None:
        content = json.loads((study.report / "report.json").read_text(encoding="utf-8"))
        assert len(content["findings"]["physicians"]) == 3
        assert {path.name for path in (study.report / "tables").iterdir()} >= {"physicians.csv", "physician_pairs.csv"}

    def test_the_human_line_is_that_of_the_consensus(self, study: Study) -> None:
        rows = study.findings.readers.set_index("reader")
        assert human_line(study.findings) == [100 * rows.loc[BOTH, "accuracy"]]
        assert human_line(study.findings, "coverage") == [100 * rows.loc[BOTH, "coverage"]]
        assert physicians_words(study.findings) == "simulated physicians"

    def test_a_script_is_no_person(self) -> None:
        assert is_physician(ONE)
        assert not is_person(ONE)
        assert is_person("human/rater-1")


class TestConsensusOf:
    @pytest.mark.parametrize("members", [["anna"], ["anna", "anna"], ["anna", "both"], ["anna", "Dr Smith"]])
    def test_members_that_cannot_be_are_refused(self, members: list[str], tmp_path: Path) -> None:
        sheet = tmp_path / "sheet.csv"
        sheet.write_text("case_id,option\nen-0001,A\n", encoding="utf-8")
        with pytest.raises(ImportRefused):
            import_answers(sheet, "both", consensus_of=members, log_dir=str(tmp_path / "logs"))
        assert not (tmp_path / "logs").exists()
