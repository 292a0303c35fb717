"""From logs to findings: what is read, what counts, what is compared with what, and what is said about the rest."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import fsspec
import jsonschema
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai.analysis import ModelInfo, evals_df, log_viewer, model_info, prepare
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from case_sets import a_case
from medsyn_inspect.analysis import (
    Findings,
    NoRuns,
    analyze_logs,
    as_json,
    condition_info,
    findings_of,
    findings_schema,
    headline,
    mean_nmse,
    modality_gap,
    read_arms,
    read_runs,
    write_findings,
)
from medsyn_inspect.analysis.describe import frame_schema
from medsyn_inspect.analysis.files import as_csv, json_rows
from medsyn_inspect.analysis.frames.calibration import LEAST
from medsyn_inspect.analysis.read import headers
from medsyn_inspect.analysis.read import logs as reading
from medsyn_inspect.analysis.schema import FRAMES
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.records import RECORDS_VERSION
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_sensitivity, closed_form_types
from medsyn_inspect.tasks import ddx, fdx, sensitivity
from running import BRAIN, HEART, LUNG, WHOLE, Scripted, run, write_known
from statistics_worlds import arm, exact, frame, sampled, world
from test_analysis import answers

READER = "reference/reader"
LARGER = ("calibration", "reliability", "agreement", "score_pairs")
"""Frames that four answers and one judge leave empty."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, cases: Path) -> Path:
    """One reader in several conditions and one in `sensitivity` alone."""
    folder = tmp_path_factory.mktemp("logs")
    known = {"cases": str(cases), "image_gain": 0.4, "text_gain": 2.0}
    for task in (
        fdx(cases=str(cases)),
        fdx(cases=str(cases), view="finding"),
        fdx(cases=str(cases), withhold="ct"),
        fdx(cases=str(cases), staging="turns"),
        ddx(cases=str(cases)),
        sensitivity(cases=str(cases), text_evidence=True, order_audit=1),
    ):
        run(task, READER, folder, model_args=known)
    run(sensitivity(cases=str(cases)), READER, folder, model_args=known | {"image_gain": 0.8})
    return folder


@pytest.fixture(scope="module")
def found(logs: Path) -> Findings:
    return analyze_logs(logs)


NAME = "reference/reader (cases={}, image_gain={}, text_gain=2.0)"


def changed(log: EvalLog, change: Callable[[EvalLog], Any]) -> EvalLog:
    """A log written again after a change."""
    change(log)
    write_eval_log(log, log.location)
    return log


def dated(log: EvalLog, time: str) -> EvalLog:
    return changed(log, lambda whole: setattr(whole.eval, "created", time))


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory, cases: Path) -> Findings:
    """A reader with enough answers to be calibrated, and a panel of judges."""
    folder = tmp_path_factory.mktemp("larger")
    known = {"cases": str(cases), "text_gain": 2.0}
    run(fdx(cases=str(cases)), READER, folder, model_args=known, epochs=LEAST // 4)
    other = Scripted("1. Amyloidosis\n2. Scurvy")
    run(ddx(cases=str(cases)), other, folder, judge=["reference/judge", "reference/judge"])
    return analyze_logs(folder)


class TestReading:
    def test_each_log_is_opened_once_and_only_its_header_and_summaries(
        self, logs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: dict[str, list[str]] = {"header": [], "summaries": []}
        header, summaries = headers.read_eval_log, reading.read_summaries

        def read_header(file: str, **how: Any) -> Any:
            assert how == {"header_only": True}
            opened["header"].append(file)
            return header(file, **how)

        def read_summaries(file: str) -> Any:
            opened["summaries"].append(file)
            return summaries(file)

        monkeypatch.setattr(headers, "read_eval_log", read_header)
        monkeypatch.setattr(reading, "read_summaries", read_summaries)
        analyze_logs(logs)
        for files in opened.values():
            assert len(files) == len(set(files)) == 7

    @pytest.mark.parametrize("name", FRAMES)
    def test_every_frame_is_as_it_is_described(self, name: str, found: Findings, larger: Findings) -> None:
        """Its columns in order, and in each row the kinds and ranges of values."""
        rows = getattr(larger if name in LARGER else found, name)
        assert tuple(rows.columns) == FRAMES[name].names
        # Tested with logs that have some in test_scores_that_count.py, test_refine.py and test_physicians_answering.py.
        assert len(rows) or name in ("ratings", "refinement", "physicians", "physician_pairs")
        jsonschema.validate(json_rows(rows), frame_schema(name), cls=jsonschema.Draft202012Validator)
        assert tuple(getattr(Findings(), name).columns) == FRAMES[name].names
        assert len(getattr(Findings(), name)) == 0

    def test_it_is_what_the_single_functions_find(self, logs: Path, found: Findings) -> None:
        runs, arms = read_runs(logs), read_arms(logs)
        pd.testing.assert_frame_equal(found.runs, runs)
        pd.testing.assert_frame_equal(found.headline, headline(runs))
        assert len(found.arms) == len(arms)
        pd.testing.assert_frame_equal(found.types, modality_gap(found.sensitivity))

    def test_remote_logs_are_read_as_local_ones(self, logs: Path, found: Findings) -> None:
        remote = fsspec.filesystem("memory")
        for file in logs.glob("*.eval"):
            remote.put(str(file), f"/some/folder/{file.name}")
        there = analyze_logs("memory://some/folder")
        assert all(log.startswith("memory://") for log in there.logs["log"])
        pd.testing.assert_frame_equal(there.readers, found.readers)
        pd.testing.assert_frame_equal(there.comparisons, found.comparisons)

    def test_a_folder_without_logs_is_said_to_be_one(self, tmp_path: Path) -> None:
        with pytest.raises(NoRuns, match=r"no log of this suite in .* \(0 log files read\)"):
            analyze_logs(tmp_path)

    def test_logs_of_others_and_unreadable_ones_are_counted_and_named(self, cases: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path)
        run(Task([Sample(id=1, input="What is gout?", target="x")]), Scripted("A disease."), tmp_path)
        (tmp_path / "2026-01-01T00-00-00-00-00_fdx_half.eval").write_bytes(b"PK half of a log")
        found = analyze_logs(tmp_path)
        assert "1 log of tasks outside this suite ignored." in found.notes
        [left_out] = [note for note in found.notes if note.startswith("Left out:")]
        assert "fdx_half.eval: cannot be read as a log" in left_out

    def test_a_log_of_a_newer_contract_is_left_out_unless_it_is_all_there_is(self, cases: Path, tmp_path: Path) -> None:
        def newer(log: EvalLog) -> None:
            assert log.eval.metadata is not None
            log.eval.metadata["records_version"] = RECORDS_VERSION + 1

        changed(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), newer)
        with pytest.raises(ValueError, match=f"version {RECORDS_VERSION + 1} of the records.*update medsyn-inspect"):
            analyze_logs(tmp_path)
        run(fdx(cases=str(cases), view="finding"), Scripted("Answer: A"), tmp_path)
        found = analyze_logs(tmp_path)
        assert set(found.runs["view"]) == {"finding"}
        assert any("update medsyn-inspect" in note for note in found.notes)
        with pytest.raises(ValueError, match="update medsyn-inspect"):
            read_runs(tmp_path)

    @pytest.mark.parametrize(
        ("status", "words"), [("started", "still running or interrupted"), ("cancelled", "cancelled")]
    )
    def test_of_a_run_that_is_not_over_the_finished_cases_count(
        self, status: str, words: str, cases: Path, tmp_path: Path
    ) -> None:
        def cut(log: EvalLog) -> None:
            log.status = status  # type: ignore[assignment]
            log.samples = (log.samples or [])[:3]

        changed(run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path), cut)
        found = analyze_logs(tmp_path)
        assert any(f"{words}; 3 of 4 answers are included" in note for note in found.notes)
        assert (found.readers["accuracy_n"].item(), found.readers["fdx_call_failed"].item()) == (3, 1)


class TestWhichRunsCount:
    @pytest.fixture
    def twice(self, cases: Path, tmp_path: Path) -> Path:
        for day, answer in ((1, "Answer: A"), (2, "Neither.")):
            dated(run(fdx(cases=str(cases)), Scripted(answer), tmp_path), f"2026-01-0{day}T10:20:30+00:00")
        return tmp_path

    def test_of_two_runs_in_one_condition_the_newer_counts_and_that_is_said(self, twice: Path) -> None:
        found = analyze_logs(twice)
        assert found.readers["accuracy"].item() == 0
        assert list(found.logs["counted"]) == [False, True]
        [note] = [note for note in found.notes if "2 runs" in note]
        assert note.startswith("mockllm/scripted, final diagnosis: 2 runs; ")

    def test_both_are_kept_under_different_names_if_wanted(self, twice: Path) -> None:
        found = analyze_logs(twice, keep_all=True)
        assert list(found.readers["reader"]) == ["mockllm/scripted, run of 2026-01-01 10:20:30", "mockllm/scripted"]
        assert set(found.readers["model"]) == {"mockllm/scripted"}
        assert list(found.logs["counted"]) == [True, True]
        assert found.readers["accuracy"][0] > found.readers["accuracy"][1] == 0

    @pytest.fixture
    def two_sets(self, cases: Path, tmp_path: Path) -> tuple[Path, Path]:
        other = write_known(tmp_path / "other", [a_case(options=["Gout", "Pseudogout"])], name="one case")
        run(fdx(cases=str(cases)), Scripted("Answer: A"), tmp_path / "logs")
        run(fdx(cases=str(other), view="finding"), Scripted("Answer: A"), tmp_path / "logs")
        return tmp_path / "logs", other

    def test_different_case_sets_are_refused_in_one_sentence(self, two_sets: tuple[Path, Path]) -> None:
        logs, other = two_sets
        with pytest.raises(ValueError, match="logs of different case sets cannot be combined") as refused:
            analyze_logs(logs)
        words = str(refused.value)
        assert "\n" not in words
        for part in ("three cases 1.0", "one case 1.0", load_cases(other).fingerprint, "--case-set"):
            assert part in words
        assert all(file.name in words for file in logs.glob("*.eval"))
        assert str(logs) not in words

    def test_unless_one_is_chosen_by_fingerprint_or_name(self, two_sets: tuple[Path, Path]) -> None:
        logs, other = two_sets
        for wanted in (load_cases(other).fingerprint[:6], "one case", "one case 1.0"):
            found = analyze_logs(logs, case_set=wanted)
            assert set(found.runs["view"]) == {"finding"}
            assert any("1 log of other case sets (three cases 1.0" in note for note in found.notes)
        with pytest.raises(ValueError, match=r"no log of case set 'another'; the logs are of .*three cases 1.0"):
            analyze_logs(logs, case_set="another")

    def test_the_bundled_set_does_not_count_besides_one_other(self, two_sets: tuple[Path, Path]) -> None:
        logs, _ = two_sets
        run(fdx(), Scripted("Answer: A"), logs / "demo", limit=1, log_images=False)
        with pytest.raises(ValueError, match="logs of different case sets cannot be combined"):
            analyze_logs(logs)
        for log in logs.glob("*.eval"):
            if read_eval_log(str(log), header_only=True).eval.metadata["case_set"] == "three cases":
                log.unlink()
        found = analyze_logs(logs)
        assert set(found.runs["case_set"]) == {"one case 1.0"}
        [note] = [note for note in found.notes if "1 log of other case sets (medsyn-demo" in note]
        assert note.endswith("; `--case-set` selects them.")
        assert set(analyze_logs(logs, case_set="medsyn-demo").runs["case_set"]) == {"medsyn-demo 1.0"}

    def test_runs_with_emphasis_or_on_a_part_are_readers_of_their_own(self) -> None:
        worlds = exact(world(np.random.default_rng(1), 5, 0.6, 0.3, 0.1))
        parts = [worlds, worlds.assign(emphasis="ct"), worlds.assign(selection="language=zh")]
        arms = pd.concat([part.assign(log=str(number)) for number, part in enumerate(parts)])
        found = findings_of(arms=arms)
        assert list(found.readers["reader"]) == ["r", "r [emphasis=ct]", "r [language=zh]"]
        assert list(found.readers["model"]) == ["r"] * 3

    def test_an_emphasis_is_a_condition_of_its_reader_that_is_compared_with_no_other(self) -> None:
        worlds = [exact(world(np.random.default_rng(seed), 30, 0.6, 0.3, 0.1), "rs"[seed]) for seed in (0, 1)]
        parts = [*worlds, worlds[0].assign(emphasis="ct")]
        found = findings_of(arms=pd.concat([part.assign(log=str(number)) for number, part in enumerate(parts)]))
        assert found.reader_pairs[["reader", "other"]].to_numpy().tolist() == [["r", "s"]]
        assert set(found.ranks["reader"]) == {"r", "s"}
        types = found.types.set_index("reader")
        assert types.loc["r [emphasis=ct]", "matched_p_holm"] == types.loc["r [emphasis=ct]", "matched_p"]
        assert types.loc[["r", "s"], "matched_p_holm"].min() == 2 * types.loc[["r", "s"], "matched_p"].min()
        assert found.associations[found.associations["scope"] == "across readers"]["readers"].tolist() == [2, 2]

    def test_a_reader_is_not_compared_with_its_own_run_on_a_part_of_the_cases(self) -> None:
        worlds = [exact(world(np.random.default_rng(seed), 30, 0.6, 0.3, 0.1), "rs"[seed]) for seed in (0, 1)]
        parts = [*worlds, worlds[0].assign(selection="language=zh")]
        found = findings_of(arms=pd.concat([part.assign(log=str(number)) for number, part in enumerate(parts)]))
        pairs = set(map(frozenset, found.reader_pairs[["reader", "other"]].to_numpy().tolist()))
        assert pairs == {frozenset("rs"), frozenset(("s", "r [language=zh]"))}

    def test_mixed_sources_and_epochs_are_put_right_and_said(self) -> None:
        arms = exact(world(np.random.default_rng(1), 5, 0.6, 0.3, 0.1))
        odd = (arms["case_id"] == "c1") & (arms["withheld"] == "ct")
        found = findings_of(arms=pd.concat([arms.assign(source=arms["source"].mask(odd, "verbalized"), epoch=1), arms]))
        assert set(found.sensitivity["case_id"]) == {"c0", "c2", "c3", "c4"}
        assert any("1 case with other sources than token probabilities" in n for n in found.notes)
        assert any("only the first epoch of each arm counts" in note for note in found.notes)


class TestReaders:
    def test_numbers_of_the_arms_are_those_of_the_runs(self, found: Findings, cases: Path) -> None:
        row = found.readers.set_index("reader").loc[NAME.format(cases.name, 0.4)]
        by_view = headline(found.runs).set_index(["view", "withheld", "staging"])["accuracy"]
        assert row["accuracy"] == row["accuracy_image"] == by_view["image", (), "single"].value
        assert row["accuracy_finding"] == by_view["finding", (), "single"].value
        assert (row["fdx_right"] + row["fdx_wrong"], row["image_right"] + row["image_wrong"]) == (4, 4)
        assert row["accuracy"] == row["fdx_right"] / 4
        assert row["ddx_fdx_gap"] == pytest.approx(row["coverage"] - row["accuracy"])
        assert row["arms"] == (found.arms["reader"] == NAME.format(cases.name, 0.4)).sum()
        assert (row["failed_arms"], row["low_mass_arms"], row["unreadable"]) == (0, 0, 0)

    def test_mean_nmse_is_over_visual_evidence_alone(self, found: Findings, cases: Path) -> None:
        mine = found.sensitivity[found.sensitivity["reader"] == NAME.format(cases.name, 0.4)]
        assert {"history", "examination"} <= set(mine["evidence_type"])
        visual = mine[~mine["evidence_type"].isin(("history", "examination"))]
        row = found.readers.set_index("reader").loc[NAME.format(cases.name, 0.4)]
        assert row["mean_nmse"] == mean_nmse(visual)["mean_nmse"].item()
        assert row["types"] == visual["evidence_type"].nunique()

    def test_all_of_a_reader_without_wording_noise_is_above_the_floor_of_rewording(self, found: Findings) -> None:
        for view in ("image", "finding"):
            assert list(found.readers[f"above_floor_{view}"]) == [1, 1]
            assert list(found.readers[f"above_floor_{view}_n"]) == [4, 4]

    def test_the_share_above_the_floor_is_over_cases_in_each_view(self) -> None:
        full, near, far = (0.6, 0.4), (0.58, 0.42), (0.3, 0.7)
        rows = [arm(full, view=view, case=case) for view in ("image", "finding") for case in ("c1", "c2")]
        rows += [
            arm(near, view=view, case=case, withheld="repeat") for view in ("image", "finding") for case in ("c1",)
        ]
        rows += [arm(far, view="image", case="c1", withheld="ct"), arm(full, view="finding", case="c1", withheld="ct")]
        rows += [arm(far, view=view, case="c2", withheld="ct") for view in ("image", "finding")]
        row = findings_of(arms=frame(*rows)).readers.iloc[0]
        assert (row["above_floor_image"], row["above_floor_image_n"]) == (1, 1), "c2 has no floor"
        assert (row["above_floor_finding"], row["above_floor_finding_n"]) == (0, 1)

    def test_from_samples_it_is_the_share_that_chance_does_not_explain(self) -> None:
        rows = []
        for case, less in (("c1", (1, 19)), ("c2", (19, 1))):
            for view in ("image", "finding"):
                rows += [arm(counts=(20, 0), view=view, case=case)]
                rows += [arm(counts=less, view=view, case=case, withheld="ct")]
        row = findings_of(arms=frame(*rows)).readers.iloc[0]
        for view in ("image", "finding"):
            assert (row[f"above_floor_{view}"], row[f"above_floor_{view}_n"]) == (0.5, 2)

    def test_weak_posteriors_are_counted_and_said(self) -> None:
        arms = exact(world(np.random.default_rng(1), 6, 0.6, 0.3, 0.1)).assign(unreadable=0, refused=0)
        arms.loc[:2, "option_mass"] = 0.4
        arms.loc[5, ["posterior", "error"]] = [None, "the call timed out"]
        arms.loc[6, ["unreadable", "refused"]] = [2, 1]
        found = findings_of(arms=arms)
        row = found.readers.iloc[0]
        counts = ("low_mass_arms", "failed_arms", "unreadable", "refused")
        assert [row[name] for name in counts] == [3, 1, 2, 1]
        said = " ".join(found.notes)
        for words in ("in 3 of 24 arms less than 0.5", "1 of 24 arms without a posterior; first error: the call"):
            assert words in said


class TestComparisons:
    def of(self, found: Findings, **wanted: str) -> dict[str, Any]:
        rows = found.comparisons
        for name, value in wanted.items():
            rows = rows[rows[name] == value]
        [row] = rows.to_dict("records")
        return row

    def test_runs_that_differ_in_one_thing_are_compared(self, found: Findings, cases: Path) -> None:
        mine = found.comparisons[found.comparisons["reader"] == NAME.format(cases.name, 0.4)]
        runs = mine[mine["question"] != "sensitivity"]
        assert list(zip(runs["question"], runs["family"], runs["view"], runs["condition"], strict=True)) == [
            ("fdx", "view", "", "view=finding"),
            ("fdx", "withhold", "image", "withhold=ct"),
            ("fdx", "staging", "image", "staging=turns"),
        ]
        row = self.of(found, question="fdx", family="view")
        right = found.runs[(found.runs["question"] == "fdx") & (found.runs["withheld"].map(len) == 0)]
        by_view = right[right["staging"] == "single"].pivot(index="case_id", columns="view", values="right")
        assert row["accuracy_baseline"] == by_view["image"].mean()
        assert row["difference"] == pytest.approx((by_view["finding"] - by_view["image"]).mean())

    def test_where_evidence_is_withheld_only_cases_that_have_it_are_compared(self, found: Findings) -> None:
        row = self.of(found, question="fdx", family="withhold")
        assert (row["subset"], row["n"], row["missing"]) == ("cases with ct", 2, 0)
        assert {WHOLE, LUNG} == {
            case_id
            for case_id, shown in zip(found.runs["case_id"], found.runs["evidence_shown"], strict=True)
            if "ct" in shown
        }

    def test_arms_are_compared_with_the_one_that_shows_everything(self, found: Findings, cases: Path) -> None:
        who = {"reader": NAME.format(cases.name, 0.4), "question": "sensitivity"}
        ct = self.of(found, **who, condition="withhold=ct", view="finding")
        assert (ct["n"], ct["subset"], ct["baseline"]) == (2, "cases with ct", "withhold=none")
        assert self.of(found, **who, condition="withhold=history", view="image")["n"] == 4
        views = self.of(found, **who, family="view")
        assert views["accuracy"] == found.readers["accuracy_finding"][0]
        conditions = set(found.comparisons["condition"])
        assert not any(name in one for one in conditions for name in ("repeat", "order_", "only_"))

    def test_holm_is_over_all_that_a_reader_was_asked_of_one_kind(self, found: Findings) -> None:
        """Who looks at every comparison must pay for every comparison."""
        for _, rows in found.comparisons.groupby(["reader", "question"]):
            assert len(rows) > 1
            assert rows["mcnemar_p_holm"].min() == pytest.approx(min(1, rows["mcnemar_p"].min() * len(rows)))

    def test_of_several_epochs_the_majority_counts_and_a_draw_is_missing(self) -> None:
        epochs = [[1, 1, 0], [1, 0, 0], [0, 1, 1], [1, 0, None]]
        image = pd.concat([answers(right, epoch=number) for number, right in enumerate(epochs, 1)])
        both = pd.concat([image, answers([1, 1, 1], log="2", view="finding")])
        row = self.of(findings_of(runs=both), family="view")
        # Right in 3, 2 and 1 of 4, 4 and 3 epochs: right, a draw, wrong.
        assert (row["n"], row["missing"], row["accuracy_baseline"], row["only_condition"]) == (2, 1, 0.5, 1)

    def test_conditions_that_differ_in_two_things_or_share_no_case_are_not_compared(self) -> None:
        runs = pd.concat(
            [
                answers([1, 0]),
                answers([1, 0], log="2", view="finding", text="remove"),
                answers([1, 0], log="3", text="remove", grading="rubric=core_diagnosis"),
                answers([1], log="4", staging="turns", case_id="another"),
            ]
        )
        assert findings_of(runs=runs).comparisons.empty

    def test_in_the_view_of_findings_too(self) -> None:
        runs = pd.concat([answers([1, 1], view="finding"), answers([1, 0], log="2", view="finding", text="random")])
        row = self.of(findings_of(runs=runs), family="text")
        assert (row["view"], row["condition"], row["only_baseline"]) == ("finding", "text=random", 1)


class TestAssociations:
    def readers(self, count: int, source: str = "logprobs", types: Any = None) -> pd.DataFrame:
        """Readers whose images move them more and more, and who are right more and more often."""
        tables = []
        for number in range(count):
            rng = np.random.default_rng(5)
            posteriors = world(rng, 40, 0.6, 0.1 + 0.1 * number, 0.02)
            table = exact(posteriors) if source == "logprobs" else sampled(rng, posteriors, 50)
            right = rng.random(40) < 0.2 + 0.1 * number
            number_of = table["case_id"].str[1:].astype(int)
            table = table.assign(reader=f"{source[0]}{number}", correct=right[number_of].astype(float))
            tables.append(table.assign(log=f"{source}{number}"))
        return pd.concat(tables, ignore_index=True)

    def test_they_are_over_readers_of_one_source(self) -> None:
        arms = pd.concat([self.readers(4), self.readers(2, "samples")])
        found = findings_of(arms=arms)
        across = found.associations[found.associations["scope"] == "across readers"]
        assert list(zip(across["source"], across["measure"], across["readers"], strict=True)) == [
            ("logprobs", "kendall", 4),
            ("logprobs", "spearman", 4),
            ("samples", "kendall", 2),
            ("samples", "spearman", 2),
        ]
        assert set(across["y"]) == {"accuracy_image"}
        assert across["value"][0] == -1
        assert across["smallest_p"][0] == pytest.approx(2 / 24)
        assert "no test of a correlation" in across["reading"][0]
        assert any(note.startswith("Posteriors from different sources are not compared") for note in found.notes)

    def test_accuracy_of_fdx_goes_first_where_all_readers_have_it(self) -> None:
        arms = self.readers(3)
        some = [answers([1, 0, 1], reader=f"l{number}", log=f"f{number}") for number in range(3)]
        assert set(findings_of(pd.concat(some), arms).associations["y"][:2]) == {"accuracy"}
        assert set(findings_of(pd.concat(some[:2]), arms).associations["y"][:2]) == {"accuracy_image"}

    def test_readers_are_compared_over_the_types_that_all_have(self) -> None:
        arms = self.readers(3)
        more = arms[(arms["reader"] == "l0") & (arms["withheld"] == "ct")]
        flat = tuple([0.2] * 5)
        more = more.assign(withheld="mri", posterior=[flat] * len(more))
        found = findings_of(arms=pd.concat([arms, more]))
        same = findings_of(arms=arms)
        assert found.readers.set_index("reader")["types"].to_dict() == {"l0": 2, "l1": 1, "l2": 1}
        assert list(found.associations["value"][:2]) == list(same.associations["value"][:2])
        assert any("the association uses CT" in note for note in found.notes)

    def test_an_older_run_that_is_kept_is_no_further_point(self) -> None:
        arms = self.readers(3)
        again = arms[arms["reader"] == "l0"].assign(log="newer", created="2026-02-02T00:00:00+00:00")
        found = findings_of(arms=pd.concat([arms, again]), keep_all=True)
        assert len(found.readers) == 4
        assert found.associations["readers"][0] == 3

    def test_one_reader_has_none_across(self, cases: Path) -> None:
        found = findings_of(arms=self.readers(1))
        assert set(found.associations["scope"]) == {"within readers"}
        assert any(note.startswith("Only one reader") for note in found.notes)


class TestClosedForm:
    def test_what_the_reference_reader_answers_is_its_closed_form(self, found: Findings, cases: Path) -> None:
        for gain in (0.4, 0.8):
            truth = closed_form_sensitivity(load_cases(cases), Gains(image=gain, text=2.0))
            key = ["case_id", "evidence_type"]
            mine = found.sensitivity[found.sensitivity["reader"] == NAME.format(cases.name, gain)].set_index(key)
            truth = truth.set_index(key).loc[mine.index]
            for column in ("S_image", "S_finding", "floor_image", "modality_gap_squared"):
                np.testing.assert_allclose(mine[column], truth[column], atol=1e-6, err_msg=column)
        types = closed_form_types(found)
        assert types is not None
        np.testing.assert_allclose(types["nmse"], found.types["nmse"], atol=1e-6)

    @pytest.mark.parametrize(
        "conduct",
        [
            {"temperature": 1.7, "finding_gain": 0.9, "image_gain_ct": 0.1},
            {"position_bias": 1.0},
            {"position_bias": 1.0, "orders": "cyclic"},
            {"prior_noise": 2.0},
            {"model": "reference/weak-eye"},
        ],
    )
    def test_in_whatever_way_it_answers(self, conduct: dict[str, Any], cases: Path, tmp_path: Path) -> None:
        arguments = {name: value for name, value in conduct.items() if name not in ("orders", "model")}
        arguments |= {"cases": str(cases)} | ({} if "model" in conduct else {"image_gain": 0.5})
        task = sensitivity(cases=str(cases), types="ct,ultrasound", orders=conduct.get("orders", "fixed"))
        run(task, conduct.get("model", READER), tmp_path, model_args=arguments)
        found = analyze_logs(tmp_path)
        types = closed_form_types(found)
        assert types is not None
        assert list(types["evidence_type"]) == ["ct", "ultrasound"]
        np.testing.assert_allclose(types["nmse"], found.types["nmse"], atol=1e-6)

    def test_of_samples_it_is_the_truth_behind_them(self, cases: Path, tmp_path: Path) -> None:
        task = sensitivity(cases=str(cases), types="ct", samples=5)
        run(task, READER, tmp_path, model_args={"cases": str(cases), "image_gain": 0.0, "sample": True})
        types = closed_form_types(analyze_logs(tmp_path))
        assert types is not None
        assert list(types["nmse"]) == pytest.approx([1.0])

    def test_there_is_none_for_wording_noise_other_readers_or_changed_cases(
        self, found: Findings, cases: Path, tmp_path: Path
    ) -> None:
        noisy = {"cases": str(cases), "wording_noise": 0.1}
        run(sensitivity(cases=str(cases), types="ct"), READER, tmp_path, model_args=noisy)
        assert closed_form_types(analyze_logs(tmp_path)) is None
        assert closed_form_types(Findings()) is None
        for column, value in (("model", "openai/gpt-4o"), ("fingerprint", "another")):
            assert closed_form_types(Findings(**(vars(found) | {"logs": found.logs.assign(**{column: value})}))) is None
        elsewhere = found.logs.assign(arguments=json.dumps({"cases": str(tmp_path / "nowhere")}))
        assert closed_form_types(Findings(**(vars(found) | {"logs": elsewhere}))) is None


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return findings_schema()


class TestFiles:
    def test_json_is_as_its_schema_says_and_knows_no_machine(
        self, found: Findings, schema: dict[str, Any], logs: Path, cases: Path, tmp_path: Path
    ) -> None:
        write_findings(found, tmp_path)
        text = (tmp_path / "findings.json").read_text(encoding="utf-8")
        content = json.loads(text, parse_constant=pytest.fail)
        jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
        assert json.loads((tmp_path / "findings.schema.json").read_text(encoding="utf-8")) == schema
        assert [place for place in (str(logs), str(cases), str(tmp_path), "file://") if place in text] == []
        assert content["case_set"]["fingerprint"] == load_cases(cases).fingerprint
        assert {log["file"] for log in content["logs"]} == {file.name for file in logs.glob("*.eval")}
        assert content["readers"][0]["accuracy"] == found.readers["accuracy"][0]
        assert content["headline"][0]["accuracy"]["n"] == 4

    def test_missing_is_null_with_its_reason(self, schema: dict[str, Any]) -> None:
        moved = [arm((0.5, 0.5)), arm((0.9, 0.1), withheld="ct")]
        still = [arm((0.5, 0.5), view="finding"), arm((0.5, 0.5), view="finding", withheld="ct")]
        content = as_json(findings_of(arms=frame(*moved, *still)))
        jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
        [row] = content["types"]
        assert (row["nmse"], row["nmse_note"]) == (None, "not measurable: findings do not change the answers")
        json.dumps(content, allow_nan=False)

    def test_nothing_at_all_is_valid_too(self, schema: dict[str, Any]) -> None:
        jsonschema.validate(as_json(Findings()), schema, cls=jsonschema.Draft202012Validator)

    def test_frames_come_back_from_their_files(self, found: Findings, tmp_path: Path) -> None:
        files = write_findings(found, tmp_path / "new")
        assert {file.name for file in files} == {file.name for file in (tmp_path / "new").iterdir()}
        arms = pd.read_parquet(tmp_path / "new" / "arms.parquet")
        assert arms["posterior"][0] == pytest.approx(found.arms["posterior"][0])
        told = pd.read_csv(tmp_path / "new" / "arms.csv", keep_default_na=False)
        assert json.loads(told["posterior"][0]) == list(found.arms["posterior"][0])
        assert told["withheld"][0] == ""
        rates = pd.read_csv(tmp_path / "new" / "headline.csv")
        assert rates["accuracy_upper"][0] == found.headline["accuracy"][0].upper
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / "new" / "types.parquet"), found.types, check_dtype=False
        )

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1"])
    def test_a_spreadsheet_runs_nothing(self, name: str) -> None:
        """Names of models and cases come from anywhere."""
        written = pd.read_csv(StringIO(as_csv(pd.DataFrame({"reader": [name, "b"], "S": [-0.5, 1.0]}))))
        assert written["reader"].tolist() == [f"'{name}", "b"]
        assert written["S"].tolist() == [-0.5, 1.0]

    def test_a_line_break_begins_no_row(self) -> None:
        written = pd.read_csv(StringIO(as_csv(pd.DataFrame({"reader": ["a\r=1", "b\r\nc"]}))))
        assert written["reader"].tolist() == ["a\n=1", "b\nc"]

    def test_if_writing_fails_the_folder_is_as_it_was(
        self, found: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "types.csv").write_text("older")

        def full(*_: Any, **__: Any) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(pd.DataFrame, "to_csv", full)
        with pytest.raises(OSError, match="no space left"):
            write_findings(found, tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["types.csv"]
        assert (tmp_path / "types.csv").read_text() == "older"


class TestNotebook:
    def test_inspects_operations_work_on_our_frames(self, found: Findings, logs: Path) -> None:
        known = {READER: ModelInfo(organization="nobody", model="a simulation")}
        table = prepare(found.logs.copy(), [model_info(known), log_viewer("eval", {str(logs): "https://example.org/"})])
        assert set(table["model_organization_name"]) == {"nobody"}
        assert table["log_viewer"].str.startswith("https://example.org/").all()

    def test_our_operation_works_on_inspects_frame(self, logs: Path, cases: Path, tmp_path: Path) -> None:
        foreign = run(Task([Sample(id=1, input="What is gout?", target="x")]), Scripted("A disease."), tmp_path)
        table = prepare(evals_df([str(logs), foreign.location]), condition_info())
        mine = table[table["question"].notna()]
        assert len(mine) == len(table) - 1 == 7
        assert set(mine["fingerprint"]) == {load_cases(cases).fingerprint}
        assert set(mine[mine["question"] == "fdx"]["withheld"]) == {(), ("ct",)}
        with pytest.raises(ValueError, match="'metadata' not found"):
            prepare(pd.DataFrame({"x": [1]}), condition_info())

    def test_frames_are_enough(self) -> None:
        arms = exact(world(np.random.default_rng(1), 12, 0.6, 0.3, 0.1))
        found = findings_of(arms=arms)
        assert found.types["nmse"].item() == modality_gap(found.sensitivity)["nmse"].item()
        assert math.isnan(found.readers["accuracy"].item())
        assert findings_of().readers.empty


class TestOnTheScreen:
    def test_everything_is_printed(self, logs: Path, tmp_path: Path) -> None:
        done = CliRunner().invoke(main, ["analyze", str(logs), "-o", str(tmp_path)])
        assert done.exit_code == 0, done.output
        for words in (
            "FDx accuracy",
            "Evidence Sensitivity S, image against finding",
            "Exact: the NMSE",
            "without CT, with images",
            "across readers (token probabilities): no value",
            "Position bias",
            "Belief by stage",
            "All models are simulated",
            "findings.json",
        ):
            assert words in done.output, words

    def test_a_reader_in_brackets_is_not_taken_for_markup(self, tmp_path: Path, cases: Path) -> None:
        task = sensitivity(cases=str(cases), types="ct", language="en", order_audit=1)
        run(task, READER, tmp_path, model_args={"cases": str(cases)})
        assert "[language=en]" in CliRunner().invoke(main, ["analyze", str(tmp_path)]).output.replace("\n", "")

    def test_bad_input_is_one_sentence(self, tmp_path: Path, logs: Path) -> None:
        (tmp_path / "file").write_text("")
        for given, words in (
            ([str(tmp_path)], "no log of this suite"),
            ([str(tmp_path / "none.eval")], "cannot be read as a log"),
            ([str(logs), "--case-set", "another"], "no log of case set 'another'"),
            ([str(logs), "-o", str(tmp_path / "file")], "nothing was written"),
        ):
            done = CliRunner().invoke(main, ["analyze", *given])
            assert done.exit_code == 1
            assert isinstance(done.exception, SystemExit)
            assert words in done.output
            assert "Traceback" not in done.output
            assert done.output.splitlines()[-1].startswith("Error: ")


def test_the_cases_are_those_of_the_known_set(found: Findings) -> None:
    assert set(found.runs["case_id"]) == {WHOLE, HEART, LUNG, BRAIN}
