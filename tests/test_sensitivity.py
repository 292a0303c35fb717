"""Evidence Sensitivity end to end: what the task writes equals what the reference reader believes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval
from inspect_ai.log import EvalLog, read_eval_log_sample_summaries
from scipy.spatial.distance import jensenshannon

import medsyn_inspect
from case_sets import a_case, write_case_set
from medsyn_inspect.analysis import cross_modal_gap, mean_nmse, newest_arms, read_arms
from medsyn_inspect.analysis import evidence_sensitivity as measured_sensitivity
from medsyn_inspect.arms import arms_of, from_samples
from medsyn_inspect.asking_arms import all_arms, evidence_sensitivity
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import DEMO, load_cases
from medsyn_inspect.models.belief import Gains, Shown, belief, weights_of
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.tasks import sensitivity

THREE = "en-0002,en-0007,zh-0004"


def run(folder: Path, *, cases: str = DEMO, task: dict[str, Any] | None = None, **arguments: Any) -> EvalLog:
    known = {} if cases == DEMO else {"cases": cases}
    [log] = eval(
        sensitivity(cases=cases, **(task or {})),
        model="reference/reader",
        model_args={**known, **arguments},
        sample_id=THREE.split(",") if cases == DEMO else None,
        log_dir=str(folder),
        display="none",
    )
    return log


def expected(case: Case, view: str, withheld: str, gains: Gains) -> tuple[float, ...]:
    """The closed form of the reader's belief in one arm."""
    shown = {"history": Shown("text"), "examination": Shown("text")}
    shown |= {piece.type.value: Shown(view) for piece in case.evidence if piece.type != withheld}  # type: ignore[arg-type]
    return belief(option_order(case), weights_of(load_cases())[case.case_id], shown, gains)


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results is not None
    [score] = [score for score in log.results.scores if score.name == "evidence_sensitivity"]
    return {name: metric.value for name, metric in score.metrics.items()}


class TestArms:
    def test_each_view_has_all_evidence_and_all_but_each_type_and_all_evidence_again(self) -> None:
        case = load_cases().cases[0]
        types = [piece.type.value for piece in case.evidence_in_clinical_order]
        one_view = ["", *types, "repeat"]
        assert [arm.label for arm in arms_of(case)] == [
            *("-".join(filter(None, ("image", name))) for name in one_view),
            *("-".join(filter(None, ("finding", name))) for name in one_view),
        ]

    def test_only_the_types_asked_for_are_withheld(self) -> None:
        case = load_cases().cases[0]
        labels = [arm.label for arm in arms_of(case, [EvidenceType.CT], repeat=False)]
        assert labels == ["image", "image-ct", "finding", "finding-ct"]


class TestKnownTruth:
    GAINS = Gains(image=0.4, finding=0.7)

    @pytest.fixture(scope="class")
    def log(self, tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
        return run(tmp_path_factory.mktemp("logs"), image_gain=0.4, finding_gain=0.7)

    def test_every_posterior_is_the_belief_of_its_arm(self, log: EvalLog) -> None:
        cases = {case.case_id: case for case in load_cases().cases}
        arms = read_arms(log.location)
        assert set(arms["source"]) == {"logprobs"}
        for row in arms.itertuples():
            truth = expected(cases[row.case_id], row.view, row.withheld, self.GAINS)
            assert row.posterior == pytest.approx(truth, abs=1e-9)

    def test_every_s_is_the_divergence_of_two_beliefs(self, log: EvalLog) -> None:
        cases = {case.case_id: case for case in load_cases().cases}
        for summary in read_eval_log_sample_summaries(log.location):
            case = cases[str(summary.id)]
            value = (summary.scores or {})["evidence_sensitivity"].value
            assert isinstance(value, dict)
            for view in ("image", "finding"):
                full = expected(case, view, "", self.GAINS)
                for evidence_type in EvidenceType:
                    measured = value[f"S_{view}_{evidence_type}"]
                    if evidence_type in {piece.type for piece in case.evidence}:
                        truth = jensenshannon(full, expected(case, view, evidence_type, self.GAINS), base=2) ** 2
                        assert measured == pytest.approx(truth, abs=1e-6)
                    else:
                        assert measured is None or math.isnan(float(measured))

    def test_the_images_of_a_case_are_in_the_log_once(self, log: EvalLog) -> None:
        cases = load_cases()
        asked = [case for case in cases.cases if case.case_id in THREE]
        paths = [cases.image_path(image) for case in asked for piece in case.evidence for image in piece.images]
        assert Path(log.location.removeprefix("file://")).stat().st_size < 1.3 * sum(p.stat().st_size for p in paths)

    def test_a_reader_without_a_gap_has_nmse_zero(self, tmp_path: Path) -> None:
        assert metrics(run(tmp_path))["nmse"] == pytest.approx(0, abs=1e-9)

    def test_a_reader_that_ignores_images_has_nmse_one_and_no_image_sensitivity(self, tmp_path: Path) -> None:
        log = run(tmp_path, image_gain=0.0)
        assert metrics(log)["nmse"] == pytest.approx(1)
        assert log.results is not None
        image = [score for score in log.results.scores if score.name.startswith("S_image") and score.scored_samples]
        assert image
        assert all(score.metrics["mean"].value == pytest.approx(0, abs=1e-12) for score in image)


class TestAnalysis:
    def test_the_analysis_finds_what_the_log_says(self, tmp_path: Path) -> None:
        log = run(tmp_path, image_gain=0.4, finding_gain=0.7)
        live = metrics(log)
        sensitivity = measured_sensitivity(newest_arms(read_arms(tmp_path)))
        types = cross_modal_gap(sensitivity).set_index("evidence_type")
        for name, row in types.iterrows():
            assert row["nmse"] == pytest.approx(live[str(name)], abs=1e-4)
        assert mean_nmse(sensitivity)["mean_nmse"].item() == pytest.approx(live["nmse"], abs=1e-4)

    def test_a_reader_that_ignores_images_lies_below_the_line_with_nmse_one(self, tmp_path: Path) -> None:
        run(tmp_path, image_gain=0.0)
        types = cross_modal_gap(measured_sensitivity(read_arms(tmp_path)))
        assert list(types["nmse"]) == pytest.approx([1.0] * len(types))
        assert set(types["share_below"]) == {1.0}
        assert (types["mean_deficit"] > 0).all()

    def test_of_two_runs_of_a_reader_the_newer_counts(self, tmp_path: Path) -> None:
        run(tmp_path, task={"types": "laboratory", "order_audit": 0})
        newer = run(tmp_path, task={"types": "microscopy", "order_audit": 0})
        arms = newest_arms(read_arms(tmp_path))
        assert set(arms["withheld"]) <= {"", "microscopy", "repeat"}
        assert {Path(log).name for log in arms["log"]} == {Path(newer.location).name}


class TestSamples:
    def test_a_model_without_token_probabilities_is_asked_several_times(self, tmp_path: Path) -> None:
        log = run(tmp_path, task={"samples": 7, "types": "laboratory"}, sample=True)
        arms = read_arms(log.location)
        assert set(arms["source"]) == {"samples"}
        assert set(arms["n"]) == {7}
        assert all(sum(counts) == 7 for counts in arms["counts"])
        assert all(
            posterior == pytest.approx([c / 7 for c in counts])
            for posterior, counts in zip(arms["posterior"], arms["counts"], strict=True)
        )

    def test_what_cannot_be_read_is_spread_over_no_option(self) -> None:
        record = from_samples(["Answer: A", "Answer: B", "I cannot tell", "Answer: A"], ["x1", "x2", "x3"])
        assert (record.counts, record.n, record.answer) == ([2, 1, 0], 4, "A")
        assert record.posterior == pytest.approx([2 / 3, 1 / 3, 0])

    def test_without_any_readable_answer_there_is_no_posterior(self) -> None:
        record = from_samples(["no", "no"], ["x1", "x2"])
        assert record.posterior is None
        assert "none of 2 answers" in (record.error or "")


class TestFaults:
    def test_asked_for_token_probabilities_that_a_model_does_not_give_there_is_no_posterior(
        self, tmp_path: Path
    ) -> None:
        arms = read_arms(run(tmp_path, task={"posterior": "logprobs", "types": "laboratory"}, sample=True).location)
        assert arms["posterior"].isna().all()
        assert arms["error"].str.contains("no token probabilities").all()
        assert arms["answer"].isin(list("ABCDE")).all(), "an answer that was given still counts"
        assert arms["correct"].max() == 1

    def test_failed_arms_are_recorded_and_the_sample_is_to_be_asked_again(self, tmp_path: Path) -> None:
        log = run(tmp_path, task={"types": "laboratory"}, failure_rate=1.0)
        assert log.status == "error"
        assert all(sample.error and "arms failed" in sample.error.message for sample in log.samples or [])
        arms = read_arms(log.location)
        assert arms["posterior"].isna().all()
        assert arms["error"].str.contains("made to fail").all()
        scores = [(sample.scores or {})["evidence_sensitivity"] for sample in log.samples or []]
        assert {(score.metadata or {})["outcome"] for score in scores} == {"call_failed"}

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"posterior": "guess"}, "posterior='guess'"),
            ({"types": "x-ray"}, "unknown evidence type 'x-ray'"),
            ({"samples": 1}, "samples=1"),
        ],
    )
    def test_bad_parameters_are_named(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            sensitivity(**given)

    def test_a_set_without_findings_is_asked_as_images_only(self, tmp_path: Path) -> None:
        evidence = [{"type": "ct", "images": [{"path": "images/1.png"}]}]
        case = a_case(evidence=evidence, options=["Gout", "Septic arthritis"])
        folder = write_case_set(tmp_path / "set", cases=[case])
        assert set(read_arms(run(tmp_path / "logs", cases=str(folder)).location)["view"]) == {"image"}


def test_the_task_is_made_of_the_registered_solver_and_scorer(tmp_path: Path) -> None:
    log = run(tmp_path, task={"types": "laboratory"})
    assert log.plan.steps[0].solver.endswith(all_arms.__name__)
    assert all(set(sample.scores or {}) == {evidence_sensitivity.__name__} for sample in log.samples or [])


def test_the_package_gives_the_task_of_that_name() -> None:
    """No module of the package may be called like a task, since it would take its place."""
    modules = {path.stem for path in Path(medsyn_inspect.__file__).parent.glob("*.py")}
    assert not modules & {"ddx", "fdx", "open_fdx", "sensitivity"}
    assert callable(medsyn_inspect.sensitivity)
