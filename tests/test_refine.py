"""Prompt refinement: the types are chosen on a development split, and changes are measured on the other cases."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from inspect_ai.model import get_model

from case_sets import a_case
from medsyn_inspect.analysis import Findings, analyze_logs, findings_of, write_findings
from medsyn_inspect.analysis.frames.gap import NOISY_SHARE
from medsyn_inspect.analysis.frames.refinement import NO_INTERVAL
from medsyn_inspect.analysis.stats.means import EQUAL
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.interventions import targets
from medsyn_inspect.interventions.refine import CONFIGURATIONS
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.reference.closed_form import closed_form_arms
from medsyn_inspect.tasks import fdx, sensitivity
from running import Scripted, evidence, run, write_known

EMPHASIS, PLACEBO = "microscopy", "placebo:microscopy"
WEAK, REPAIRED = 0.2, 0.8
"""Gain of microscopy images without emphasis, and with it."""

PLANTED = Gains(by_type={("image", "microscopy"): WEAK}, emphasis=REPAIRED / WEAK)


def cases(count: int, prefix: str = "case") -> list[dict[str, Any]]:
    return [
        a_case(
            case_id=(name := f"{prefix}-{number}"),
            history=f"History of {name}.",
            evidence=[evidence(name, kind, f"Finding of {kind} in {name}.") for kind in ("ct", "microscopy")],
            final_diagnosis="Gout",
            options=["Gout", "Pseudogout", "Septic arthritis", "Reactive arthritis"],
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def case_set(tmp_path_factory: pytest.TempPathFactory) -> CaseSet:
    return load_cases(write_known(tmp_path_factory.mktemp("set") / "set", cases(60)))


def arms_of(case_set: CaseSet, *conditions: str, gains: Gains = PLANTED, reader: str = "r") -> pd.DataFrame:
    """The arms of runs of a reader with known gains, by their emphasis: all evidence, and each type withheld."""
    every = pd.concat(
        [
            closed_form_arms(case_set, gains, reader=reader, emphasis=name).assign(
                emphasis=name, log=f"{reader}-{name}"
            )
            for name in conditions
        ],
        ignore_index=True,
    )
    return every[every["withheld"].isin(["", "repeat", "ct", "microscopy"])].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(case_set: CaseSet) -> Findings:
    return findings_of(arms=arms_of(case_set, "", PLACEBO, EMPHASIS))


def change(found: Findings, condition: str, baseline: str, measure: str, evidence_type: str = "microscopy") -> Any:
    rows = found.refinement
    hit = (rows["condition"] == f"emphasis={condition}") & (rows["baseline"] == f"emphasis={baseline}")
    [row] = rows[hit & (rows["measure"] == measure) & (rows["evidence_type"] == evidence_type)].to_dict("records")
    return row


class TestChanges:
    """The paired changes of a reader whose belief is known show what was planted."""

    @pytest.mark.parametrize("baseline", ["none", PLACEBO])
    def test_emphasis_raises_the_uptake_ratio_from_the_one_gain_to_the_other(
        self, found: Findings, baseline: str
    ) -> None:
        row = change(found, EMPHASIS, baseline, "uptake_ratio")
        assert row["value_baseline"] == pytest.approx(WEAK)
        assert row["value"] == pytest.approx(REPAIRED)
        assert row["difference"] == pytest.approx(REPAIRED - WEAK)
        assert row["p_holm"] < 1e-6
        assert row["n"] == 60
        assert row["reader"] == "r"

    def test_the_deficit_falls_and_its_interval_excludes_0(self, found: Findings) -> None:
        plain = found.types.set_index(["reader", "evidence_type"])["matched_deficit"]
        row = change(found, EMPHASIS, "none", "matched_deficit")
        assert row["value_baseline"] == pytest.approx(plain["r", "microscopy"])
        assert row["value"] == pytest.approx(plain["r [emphasis=microscopy]", "microscopy"])
        assert row["difference_lower"] < row["difference"] < row["difference_upper"] < 0
        assert row["p_holm"] < 0.001

    def test_nmse_falls_and_has_no_interval(self, found: Findings) -> None:
        row = change(found, EMPHASIS, "none", "nmse")
        assert row["value"] < row["value_baseline"]
        assert math.isnan(row["difference_lower"])
        assert math.isnan(row["p"])
        assert row["note"] == NO_INTERVAL

    def test_the_placebo_changes_nothing(self, found: Findings) -> None:
        rows = found.refinement[found.refinement["condition"] == f"emphasis={PLACEBO}"]
        assert set(rows["measure"]) >= {"accuracy_image", "uptake_ratio", "matched_deficit", "nmse", "share_below"}
        assert (rows["difference"] == 0).all()
        assert (rows["p"].dropna() == 1).all()
        deficit = change(found, PLACEBO, "none", "matched_deficit")
        assert (math.isnan(deficit["difference_lower"]), deficit["note"]) == (True, EQUAL)

    def test_of_the_other_type_the_ratio_stays_1(self, found: Findings) -> None:
        row = change(found, EMPHASIS, "none", "uptake_ratio", "ct")
        assert row["value_baseline"] == pytest.approx(1)
        assert row["difference"] == pytest.approx(0, abs=1e-9)
        assert row["p_holm"] == 1

    def test_accuracy_is_that_of_the_arms_with_all_evidence(self, found: Findings, case_set: CaseSet) -> None:
        for view in ("image", "finding"):
            arms = found.arms[(found.arms["view"] == view) & (found.arms["withheld"] == "")]
            right = arms.set_index(["emphasis", "case_id"])["correct"].astype(float).unstack("emphasis")
            row = change(found, EMPHASIS, "none", f"accuracy_{view}", "")
            assert row["difference"] == pytest.approx((right[EMPHASIS] - right[""]).mean())
            assert row["only_condition"] == (right[EMPHASIS] > right[""]).sum()
            assert row["difference_lower"] <= row["difference"] <= row["difference_upper"]
            assert row["subset"] == "cases with microscopy"

    def test_holm_is_over_types_and_comparisons_of_a_measure(self, found: Findings) -> None:
        family = found.refinement[found.refinement["measure"] == "matched_deficit"]
        assert len(family) == 6  # three pairs of runs, two types
        smallest = family.loc[family["p"].astype(float).idxmin()]
        assert smallest["p_holm"] == pytest.approx(min(1.0, 6 * smallest["p"]))

    def test_a_case_that_only_one_run_has_is_left_out(self, case_set: CaseSet) -> None:
        arms = arms_of(case_set, "", EMPHASIS)
        gone = (arms["emphasis"] == EMPHASIS) & arms["case_id"].isin(["case-0", "case-1"])
        row = change(findings_of(arms=arms[~gone]), EMPHASIS, "none", "uptake_ratio")
        assert row["n"] == 58

    def test_with_few_cases_there_is_no_interval(self, case_set: CaseSet) -> None:
        arms = arms_of(case_set, "", EMPHASIS)
        few = findings_of(arms=arms[arms["case_id"].isin([f"case-{number}" for number in range(10)])])
        for measure in ("uptake_ratio", "matched_deficit"):
            row = change(few, EMPHASIS, "none", measure)
            assert math.isnan(row["difference_lower"])
            assert "fewer than" in row["note"]

    def test_a_run_without_one_to_compare_with_has_no_row(self, case_set: CaseSet) -> None:
        assert findings_of(arms=arms_of(case_set, EMPHASIS)).refinement.empty
        apart = pd.concat([arms_of(case_set, "", reader="a"), arms_of(case_set, EMPHASIS, reader="b")])
        assert findings_of(arms=apart).refinement.empty

    def test_each_reader_is_compared_with_itself(self, case_set: CaseSet) -> None:
        both = pd.concat([arms_of(case_set, "", EMPHASIS, reader=name) for name in ("a", "b")])
        found = findings_of(arms=both)
        assert set(found.refinement["reader"]) == {"a", "b"}
        assert set(found.refinement["condition"]) == {f"emphasis={EMPHASIS}"}

    def test_from_samples_there_is_no_ratio_and_no_interval_of_the_share(self, case_set: CaseSet) -> None:
        arms = arms_of(case_set, "", EMPHASIS)
        counts = [tuple(round(20 * p) for p in posterior) for posterior in arms["posterior"]]
        arms = arms.assign(source="samples", counts=counts)
        found = findings_of(arms=arms)
        assert "matched_deficit" not in set(found.refinement["measure"])
        assert change(found, EMPHASIS, "none", "share_below")["note"] == NOISY_SHARE
        assert not math.isnan(change(found, EMPHASIS, "none", "mean_deficit")["difference_lower"])


def medsyn(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of a weak reader on 20 cases, and the case set, in one folder."""
    folder = tmp_path_factory.mktemp("development")
    where = str(write_known(folder / "cases", cases(20), name="twenty"))
    model = get_model(
        "reference/reader",
        memoize=False,
        cases=where,
        image_gain_microscopy=WEAK,
        emphasis_gain=REPAIRED / WEAK,
    )
    run(sensitivity(cases=where, order_audit=0.0), model, folder / "logs", log_images=False)
    return folder


@pytest.fixture
def few_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Types of few cases can be chosen, so that a test need not run many."""
    monkeypatch.setattr(targets, "LEAST_CASES", 5)


class TestCommand:
    @pytest.mark.usefixtures("few_suffice")
    def test_from_the_weakness_to_the_measured_change(
        self, development: Path, tmp_path: Path, inspect_cli: Callable[..., int]
    ) -> None:
        out = tmp_path / "refined"
        done = medsyn("refine", development / "logs", "-o", out)
        assert done.exit_code == 0, done.output
        assert "microscopy: n" in done.output
        manifest = json.loads((out / "manifest.json").read_text())
        assert [one["evidence_type"] for one in manifest["targets"]] == ["microscopy"]
        assert manifest["emphasis"] == {"plain": "", "placebo": PLACEBO, "emphasis": EMPHASIS}
        chosen, held_out = (set(manifest[name]) for name in ("development_cases", "held_out_cases"))
        assert chosen
        assert held_out
        assert not chosen & held_out
        assert chosen | held_out == {f"case-{number}" for number in range(20)}
        for name in manifest["configurations"].values():
            assert inspect_cli("eval", "--run-config", str(out / name), "--no-log-images") == 0
        found = analyze_logs(str(tmp_path / "logs"))
        assert set(found.sensitivity["case_id"]) == held_out
        row = change(found, EMPHASIS, PLACEBO, "uptake_ratio")
        assert (row["value_baseline"], row["value"]) == (pytest.approx(WEAK), pytest.approx(REPAIRED))
        assert (found.refinement.loc[found.refinement["condition"] == f"emphasis={PLACEBO}", "difference"] == 0).all()
        screen = " ".join(medsyn("analyze", tmp_path / "logs").output.split())
        assert "attention called to microscopy, against placebo for attention called to microscopy" in screen

    @pytest.mark.usefixtures("few_suffice")
    def test_the_configurations_differ_in_nothing_but_the_emphasis(self, development: Path, tmp_path: Path) -> None:
        medsyn("refine", development / "logs", "-o", tmp_path / "refined")
        made = {name: yaml.safe_load((tmp_path / "refined" / f"{name}.yaml").read_text()) for name in CONFIGURATIONS}
        for name, emphasis in (("plain", None), ("placebo", PLACEBO), ("emphasis", EMPHASIS)):
            assert made[name]["task"]["args"].pop("emphasis", None) == emphasis
        assert made["plain"] == made["placebo"] == made["emphasis"]
        assert made["plain"]["model"]["args"]["emphasis_gain"] == REPAIRED / WEAK

    @pytest.mark.usefixtures("few_suffice")
    def test_the_types_are_those_that_curate_chooses(self, development: Path, tmp_path: Path) -> None:
        medsyn("refine", development / "logs", "-o", tmp_path / "refined")
        write_findings(analyze_logs(str(development / "logs")), tmp_path / "findings")
        choice = targets.choose(targets.read_sensitivity(tmp_path / "findings"))
        manifest = json.loads((tmp_path / "refined" / "manifest.json").read_text())
        assert manifest["targets"] == targets.choice_record(choice)["targets"]
        assert manifest["development_cases"] == list(choice.development)

    @pytest.mark.usefixtures("few_suffice")
    def test_another_case_set_can_be_held_out(self, development: Path, tmp_path: Path) -> None:
        other = write_known(tmp_path / "other", cases(3, "other"), name="other")
        done = medsyn("refine", development / "logs", "--held-out", other, "-o", tmp_path / "refined")
        assert done.exit_code == 0, done.output
        manifest = json.loads((tmp_path / "refined" / "manifest.json").read_text())
        assert len(manifest["development_cases"]) == 20
        assert manifest["held_out_cases"] == ["other-0", "other-1", "other-2"]
        made = yaml.safe_load((tmp_path / "refined" / "emphasis.yaml").read_text())
        assert made["task"]["args"]["cases"] == made["model"]["args"]["cases"] == str(other)
        assert "eval_config" not in made


class TestBadInput:
    """One sentence, and nothing is written."""

    def refused(self, folder: Path, *arguments: object) -> str:
        done = medsyn("refine", *arguments, "-o", folder / "refined")
        assert done.exit_code == 1
        assert not (folder / "refined").exists()
        assert done.output.startswith("Error: ")
        assert done.output.count("\n") == 1
        return done.output

    def test_nothing_undersensitive(self, development: Path, tmp_path: Path) -> None:
        said = self.refused(tmp_path, development / "logs")
        assert "nothing to target: on " in said
        assert "nothing was written" in said

    def test_runs_without_sensitivity(self, development: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(development / "cases")), Scripted("Answer: A"), tmp_path / "logs", log_images=False)
        assert "run `inspect eval medsyn_inspect/sensitivity` first" in self.refused(tmp_path, tmp_path / "logs")

    @pytest.mark.usefixtures("few_suffice")
    def test_a_development_split_that_is_the_whole_set(self, development: Path, tmp_path: Path) -> None:
        said = self.refused(tmp_path, development / "logs", "--development", "1")
        assert "--development 1: all 20 cases are for choosing, and none is left to measure on" in said
        same = self.refused(tmp_path, development / "logs", "--held-out", development / "cases")
        assert "has cases of the development split" in same

    @pytest.mark.parametrize("share", ["0", "1.5", "-1"])
    def test_a_split_that_is_no_share(self, development: Path, tmp_path: Path, share: str) -> None:
        said = self.refused(tmp_path, development / "logs", "--development", share)
        assert "must be a share of the cases" in said

    def test_a_split_without_a_case(self, development: Path, tmp_path: Path) -> None:
        said = self.refused(tmp_path, development / "logs", "--development", "0.0001")
        assert "has none of the 20 cases" in said

    def test_runs_of_different_readers(self, development: Path, tmp_path: Path) -> None:
        where = str(development / "cases")
        logs = tmp_path / "logs"
        shutil.copytree(development / "logs", logs)
        other = get_model("reference/blind", memoize=False, cases=where)
        run(sensitivity(cases=where, order_audit=0.0), other, logs, log_images=False, limit=2)
        said = self.refused(tmp_path, logs)
        assert "2 readers; choose one with --reader: reference/blind" in said
        assert "--reader nobody" in self.refused(tmp_path, logs, "--reader", "nobody")

    @pytest.mark.usefixtures("few_suffice")
    def test_a_folder_with_something_in_it(self, development: Path, tmp_path: Path) -> None:
        (tmp_path / "refined").mkdir()
        (tmp_path / "refined" / "mine").write_text("kept")
        done = medsyn("refine", development / "logs", "-o", tmp_path / "refined")
        assert done.exit_code == 1
        assert "exists and is not an empty folder" in done.output
        assert [path.name for path in (tmp_path / "refined").iterdir()] == ["mine"]
