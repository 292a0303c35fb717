"""From logs to the headline: each number with its interval and the cases it rests on."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, write_eval_log

from case_sets import a_case
from medsyn_inspect import ddx, fdx
from medsyn_inspect.analysis import headline, read_runs
from medsyn_inspect.analysis.findings import findings_of
from medsyn_inspect.analysis.frames.accuracy import estimate
from medsyn_inspect.analysis.read.logs import NoRuns
from medsyn_inspect.analysis.stats.proportions import paired_difference
from medsyn_inspect.records import RECORDS_VERSION, Condition, Outcome
from medsyn_inspect.wording import PERCENT, estimate_words
from running import Conversation, Scripted, run, write_known

Z = 1.959963984540054


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval from its definition."""
    p = right / n
    middle, half = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


def answers(right: Sequence[float | None], question: str = "fdx", log: str = "1", **changes: Any) -> pd.DataFrame:
    """A run as `read_runs` gives it: one case for each entry, `None` where it is unscored."""
    rows = []
    for number, value in enumerate(right):
        outcome = Outcome.CALL_FAILED if value is None else Outcome.RIGHT if value else Outcome.WRONG
        rows.append(
            {
                "log": log,
                "question": question,
                "reader": "a/reader",
                "judge": "a/judge" if question == "ddx" else "",
                "rubric": "" if question == "fdx" else "bond",
                "threshold": math.nan if question == "fdx" else 4.0,
                "panel_scores": None,
                "view": "image",
                "withheld": (),
                "text": "keep",
                "staging": "single",
                "emphasis": "",
                "selection": "",
                "grading": "",
                "case_set": "three 1",
                "fingerprint": "abc",
                "synthetic": True,
                "case_id": f"c{number}",
                "epoch": 1,
                "language": "en",
                "specialty_group": "unspecified",
                "outcome": outcome.value,
                "failure": None,
                "score": math.nan if question == "fdx" or value is None else 5.0 * value,
                "right": math.nan if value is None else float(value),
            }
            | changes
        )
    return pd.DataFrame(rows)


def only_row(*runs: pd.DataFrame) -> dict[str, Any]:
    [row] = headline(pd.concat(runs, ignore_index=True)).to_dict("records")
    return row


class TestShares:
    @pytest.mark.parametrize(
        ("right", "n", "lower", "upper"),
        [(0, 10, 0.0, 0.27753), (1, 10, 0.01788, 0.40415), (7, 10, 0.39678, 0.89221), (10, 10, 0.72247, 1.0)],
    )
    def test_a_share_has_its_wilson_interval(self, right: int, n: int, lower: float, upper: float) -> None:
        found = only_row(answers([1] * right + [0] * (n - right)))["accuracy"]
        assert (found.value, found.n, found.asked) == (right / n, n, n)
        assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=1e-5)
        assert (found.lower, found.upper) == pytest.approx(wilson(right, n), abs=1e-9)
        assert found.lower_if_missing_wrong == found.upper_if_missing_right == found.value

    @given(st.lists(st.sampled_from([0, 1, None]), min_size=1, max_size=30))
    def test_bounds_are_those_of_the_best_and_the_worst_case(self, right: list[float | None]) -> None:
        found = estimate(answers(right), "right")
        assert found is not None
        for missing, bound in ((0, found.lower_if_missing_wrong), (1, found.upper_if_missing_right)):
            assert bound == pytest.approx(np.mean([missing if value is None else value for value in right]))
        assert found.asked == len(right)
        assert found.n == sum(value is not None for value in right)
        if found.n:
            assert found.lower_if_missing_wrong <= found.value + 1e-12
            assert found.value <= found.upper_if_missing_right + 1e-12
            assert found.lower <= found.value + 1e-12
            assert found.value <= found.upper + 1e-12

    def test_nothing_scored_is_no_number(self) -> None:
        found = only_row(answers([None, None]))["accuracy"]
        assert math.isnan(found.value)
        assert (found.n, found.asked) == (0, 2)
        assert (found.lower_if_missing_wrong, found.upper_if_missing_right) == (0, 1)

    def test_unread_answers_count_as_wrong_and_the_upper_bound_takes_them_as_right(self) -> None:
        unread = {"outcome": "wrong", "failure": "unparseable", "read_by": "nobody"}
        read = [answers([1, 0, 0]).assign(read_by="form"), answers([None]).assign(case_id="c8")]
        refused = answers([0], failure="refused").assign(case_id="c9", read_by="nobody")
        row = only_row(*read, refused, answers([0]).assign(case_id="c7", **unread))
        found = row["accuracy"]
        assert (found.value, found.unread, found.upper_if_unread_right) == (1 / 5, 1, 2 / 5)
        assert estimate_words(found, PERCENT).unread == "20 % unread: up to 40"

    @pytest.mark.parametrize(("unread", "ranked"), [(2, True), (3, False)])
    def test_a_note_names_the_unread_share_its_effect_and_the_remedy(self, unread: int, ranked: bool) -> None:
        read = answers([1] * 50 + [0] * (50 - unread)).assign(read_by="form")
        rest = answers([0] * unread).assign(failure="several", read_by="nobody")
        runs = pd.concat([read, rest.assign(case_id=[f"u{n}" for n in range(unread)])], ignore_index=True)
        [note] = [note for note in findings_of(runs).notes if "unread" in note]
        assert f"{unread} of 100 scored answers ({unread} %) unread" in note
        assert f"{50 + unread} % instead of 50 %" in note
        assert "inspect score LOG --model-role extractor=MODEL" in note
        assert ("do not rank" in note) is not ranked
        [row] = findings_of(runs).readers.to_dict("records")
        assert (row["fdx_unread"], row["fdx_wrong"]) == (unread, 50)

    def test_a_failed_extractor_is_an_outcome_of_its_own(self) -> None:
        failed = answers([None]).assign(case_id="c7", outcome="reading_failed", read_by="nobody")
        runs = pd.concat([answers([1, 0]).assign(read_by="form"), failed], ignore_index=True)
        assert only_row(runs)["failures"] == {"reading_failed": 1}
        assert only_row(runs)["accuracy"].upper_if_missing_right == 2 / 3
        [note] = [note for note in findings_of(runs).notes if "extractor failed" in note]
        assert "1 of 3 answers unscored" in note

    def test_epochs_of_a_case_are_averaged_first(self) -> None:
        epochs = [answers(right, epoch=number) for number, right in enumerate([[1, 0, 1], [1, 0, 0]], 1)]
        found = only_row(*epochs)["accuracy"]
        assert (found.value, found.n, found.asked) == (0.5, 3, 3)
        assert np.isnan([found.lower, found.upper]).all(), "three shares that are not 0 or 1 have no interval"
        assert found.method == ""


class TestScores:
    def test_equal_scores_have_no_interval_even_where_they_look_like_a_share(self) -> None:
        nothing = only_row(answers([0, 0, 0, 0], "ddx"))
        assert np.isnan([nothing["score"].lower, nothing["score"].upper]).all()
        assert (nothing["coverage"].lower, nothing["coverage"].upper) == pytest.approx(wilson(0, 4), abs=1e-9)

    def test_a_missing_score_is_between_0_and_5(self) -> None:
        found = only_row(answers([1, 0, None, 1], "ddx"))["score"]
        assert (found.value, found.n, found.asked) == (pytest.approx(10 / 3), 3, 4)
        assert (found.lower_if_missing_wrong, found.upper_if_missing_right) == (2.5, 3.75)


class TestGap:
    def test_only_cases_that_both_hold_are_compared(self) -> None:
        covered = answers([1, 1, 1, 0, None, 1], "ddx", log="1")
        right = answers([1, 0, 0, 0, 1, None, 1], "fdx", log="2")
        found = only_row(covered, right)["ddx_fdx_gap"]
        # Both hold c0 to c3: differences 0, 1, 1, 0. Seven cases were asked in all.
        assert (found.value, found.n, found.asked) == (0.5, 4, 7)
        # c0 right and covered, c1 and c2 only covered, c3 neither.
        assert (found.lower, found.upper) == paired_difference(1, 0, 2, 1)
        assert (found.lower_if_missing_wrong, found.upper_if_missing_right) == (
            pytest.approx(-1 / 7),
            pytest.approx(5 / 7),
        )

    def test_the_interval_of_equal_answers_has_a_width(self) -> None:
        right = [1, 0] * 10
        found = only_row(answers(right, "ddx", log="1"), answers(right, "fdx", log="2"))["ddx_fdx_gap"]
        assert found.value == 0
        assert -0.3 < found.lower < 0 < found.upper < 0.3

    def test_it_needs_both_questions(self) -> None:
        assert only_row(answers([1, 0]))["ddx_fdx_gap"] is None
        assert only_row(answers([1, 0], "ddx"))["ddx_fdx_gap"] is None

    def test_without_a_common_case_there_is_none(self) -> None:
        found = only_row(answers([None, 1], "ddx", log="1"), answers([1, None], "fdx", log="2"))["ddx_fdx_gap"]
        assert math.isnan(found.value)
        assert (found.n, found.asked, found.lower_if_missing_wrong, found.upper_if_missing_right) == (0, 2, -1, 1)


class TestRows:
    @pytest.mark.parametrize("column", ["reader", *Condition.COLUMNS])
    def test_each_condition_is_a_row(self, column: str) -> None:
        rows = headline(pd.concat([answers([1]), answers([0], log="2", **{column: "another"})]))
        assert len(rows) == 2
        assert [found.value for found in rows["accuracy"]] == [1, 0]

    def test_of_two_runs_in_one_condition_the_newer_counts_whole(self) -> None:
        old, new = answers([1, 1, 1], log="1"), answers([0, None], log="2")
        found = only_row(old, new)
        assert (found["accuracy"].value, found["accuracy"].n, found["accuracy"].asked) == (0, 1, 2)
        assert found["failures"] == {"call_failed": 1}

    def test_runs_on_different_content_are_not_put_together(self) -> None:
        runs = pd.concat([answers([1, 1], "ddx"), answers([1], log="2", fingerprint="def", case_set="three 2")])
        with pytest.raises(ValueError, match=r"a/reader: runs on different case sets .*: three 1 abc, three 2 def$"):
            headline(runs)

    def test_failures_are_counted_over_all_answers(self) -> None:
        refused = answers([0, 0], "ddx", failure="refused")
        unjudged = answers([None], "ddx", case_id="c7", outcome=Outcome.JUDGE_FAILED.value)
        assert only_row(refused, unjudged, answers([None], log="2"))["failures"] == {
            "refused": 2,
            "judge_failed": 1,
            "call_failed": 1,
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("two"), two_cases())


def two_cases(final: str = "Gout") -> list[dict[str, Any]]:
    return [
        a_case(case_id=f"c{n}", history=f"Text {n}.", final_diagnosis=final, options=[final, "Pseudogout"])
        for n in range(2)
    ]


def by_name(conversation: Conversation) -> str:
    """Chooses gout, wherever it stands."""
    return "Answer: A" if "A. Gout" in conversation[-1].text else "Answer: B"


class TestReadRuns:
    def test_one_row_for_each_answer(self, folder: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(folder), view="finding"), Scripted(answer=by_name), tmp_path)
        runs = read_runs(tmp_path)
        assert list(runs["case_id"]) == ["c0", "c1"]
        expected = {
            "question": "fdx",
            "reader": "mockllm/scripted",
            "judge": "",
            "view": "finding",
            "withheld": (),
            "text": "keep",
            "staging": "single",
            "emphasis": "",
            "selection": "",
            "grading": "",
            "case_set": "three cases 1.0",
            "synthetic": True,
            "language": "en",
            "specialty_group": "unspecified",
            "outcome": "right",
            "right": 1.0,
        }
        for column, value in expected.items():
            assert set(runs[column]) == {value}, column

    def test_withheld_types_are_a_condition(self, folder: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(folder), withhold="mri,ct"), Scripted("Answer: A"), tmp_path)
        assert set(read_runs(tmp_path)["withheld"]) == {("ct", "mri")}

    def test_arguments_of_the_reference_reader_are_part_of_its_name(self, folder: Path, tmp_path: Path) -> None:
        for gain in (0.5, 1):
            run(
                fdx(cases=str(folder)),
                "reference/reader",
                tmp_path,
                model_args={"cases": str(folder), "text_gain": gain},
            )
        names = [f"reference/reader (cases={folder.name}, text_gain={gain})" for gain in (0.5, 1)]
        assert sorted(set(read_runs(tmp_path)["reader"])) == names

    def test_the_newest_log_wins_in_whatever_order_they_are_named(self, folder: Path, tmp_path: Path) -> None:
        paths = []
        for number, answer in enumerate((by_name, lambda conversation: "Neither."), 1):
            log = run(fdx(cases=str(folder)), Scripted(answer=answer), tmp_path / f"{3 - number}")
            log.eval.created = f"2026-01-0{number}T00:00:00+00:00"
            write_eval_log(log, log.location)
            paths.append(Path(log.location))
        for named in (paths, paths[::-1], [path.parent for path in paths[::-1]], [tmp_path]):
            assert headline(read_runs(named))["accuracy"][0].value == 0

    def test_different_content_is_noticed(self, folder: Path, tmp_path: Path) -> None:
        other = write_known(tmp_path / "other", two_cases("Reactive arthritis"))
        run(fdx(cases=str(folder)), Scripted("Answer: A"), tmp_path / "logs")
        run(ddx(cases=str(other)), Scripted("1. Reactive arthritis"), tmp_path / "logs")
        with pytest.raises(ValueError, match="different case sets"):
            headline(read_runs(tmp_path / "logs"))

    def test_logs_of_others_are_left_aside(self, folder: Path, tmp_path: Path) -> None:
        foreign = Task([Sample(id=1, input="What is gout?", target="x")], metadata={"records": 7})
        run(foreign, Scripted("A disease."), tmp_path)
        with pytest.raises(NoRuns, match="1 log file read"):
            read_runs(tmp_path)
        run(fdx(cases=str(folder)), Scripted("Answer: A"), tmp_path)
        assert set(read_runs(tmp_path)["question"]) == {"fdx"}

    def test_a_folder_without_logs_or_none_at_all_is_said_to_be(self, tmp_path: Path) -> None:
        for place in (tmp_path, tmp_path / "nowhere"):
            with pytest.raises(NoRuns, match=f"no log of this suite in .*{place.name}"):
                read_runs(place)

    def test_a_newer_contract_is_refused(self, folder: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder)), Scripted("Answer: A"), tmp_path)
        whole = read_eval_log(log.location)
        assert whole.eval.metadata is not None
        whole.eval.metadata["records_version"] = RECORDS_VERSION + 1
        write_eval_log(whole, log.location)
        with pytest.raises(ValueError, match=f"version {RECORDS_VERSION + 1} of the records.*update medsyn-inspect"):
            read_runs(tmp_path)

    def test_what_the_judge_said_arrives(self, folder: Path, tmp_path: Path) -> None:
        judge = Scripted(json.dumps({"judgements": [{"number": 1, "reason": "close", "level": 3}]}))
        run(ddx(cases=str(folder)), Scripted("1. Podagra"), tmp_path, judge=judge)
        runs = read_runs(tmp_path)
        assert list(runs["score"]) == [3, 3]
        assert list(runs["right"]) == [0, 0]
        assert set(runs["judge"]) == {"mockllm/scripted"}
