"""Evidence Sensitivity end to end: what the task writes equals what the reference reader believes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inspect_ai import eval
from inspect_ai.log import EvalLog, read_eval_log_sample_summaries
from scipy.spatial.distance import jensenshannon

import medsyn_inspect
from case_sets import a_case, write_case_set
from medsyn_inspect.analysis import analyze_logs, mean_nmse, modality_gap, read_arms
from medsyn_inspect.analysis import evidence_sensitivity as measured_sensitivity
from medsyn_inspect.arms.design import Design, arms_of, audited_cases, permuted
from medsyn_inspect.arms.scorer import evidence_sensitivity
from medsyn_inspect.arms.solver import all_arms
from medsyn_inspect.arms.sources.samples import from_samples
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.load import DEMO, load_cases
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import ONLY, ORDER, VISUAL
from medsyn_inspect.reference.belief import Gains, Shown, belief, weights_of
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
        log_realtime=False,
        display="none",
    )
    return log


def answered(*texts: str) -> list[tuple[str, str]]:
    return [(text, "stop") for text in texts]


def expected(case: Case, view: str, name: str = "", gains: Gains = Gains(), **conduct: float) -> tuple[float, ...]:  # noqa: B008
    """The closed form of the reader's belief in one arm, in the case's own order of options.

    Args:
        case: Of the bundled set.
        view: `image` or `finding`.
        name: What sets the arm apart: a section withheld, or one of the names in `records`.
        gains: Of the reader.
        conduct: Its position bias.
    """
    visual = [piece.type.value for piece in case.evidence]
    shown = [section for section in ("history", "examination", *visual) if section != name]
    if name == VISUAL or name.startswith(ONLY):
        shown = [section for section in shown if section not in visual or section == name.removeprefix(ONLY)]
    ways = {section: Shown(view if section in visual else "text") for section in shown}  # type: ignore[arg-type]
    places = int(name.removeprefix(ORDER)) if name.startswith(ORDER) else 0
    options = option_order(case)
    believed = belief(permuted(options, places), weights_of(load_cases())[case.case_id], ways, gains, **conduct)
    return permuted(believed, len(options) - places) if places else believed  # type: ignore[arg-type,return-value]


def divergence(p: Sequence[float], q: Sequence[float]) -> float:
    """Jensen-Shannon, in bits."""
    return float(jensenshannon(p, q, base=2)) ** 2


CASES = {case.case_id: case for case in load_cases().cases}
"""The bundled set."""


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
        labels = [arm.label for arm in arms_of(case, Design(types=("ct",)), repeat=False)]
        assert labels == ["image", "image-ct", "finding", "finding-ct"]


class TestKnownTruth:
    GAINS = Gains(image=0.4, finding=0.7)

    @pytest.fixture(scope="class")
    @classmethod
    def log(cls, tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
        return run(tmp_path_factory.mktemp("logs"), image_gain=0.4, finding_gain=0.7)

    def test_every_posterior_is_the_belief_of_its_arm(self, log: EvalLog) -> None:
        arms = read_arms(log.location)
        assert set(arms["source"]) == {"logprobs"}
        for row in arms.itertuples():
            truth = expected(CASES[row.case_id], row.view, row.withheld, self.GAINS)
            assert row.posterior == pytest.approx(truth, abs=1e-9)

    def test_every_s_is_the_divergence_of_two_beliefs(self, log: EvalLog) -> None:
        for summary in read_eval_log_sample_summaries(log.location):
            case = CASES[str(summary.id)]
            value = (summary.scores or {})["evidence_sensitivity"].value
            assert isinstance(value, dict)
            for view in ("image", "finding"):
                full = expected(case, view, "", self.GAINS)
                for evidence_type in EvidenceType:
                    measured = value[f"S_{view}_{evidence_type}"]
                    if evidence_type in {piece.type for piece in case.evidence}:
                        truth = divergence(full, expected(case, view, evidence_type, self.GAINS))
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


class TestMoreArms:
    """Stated probabilities, text withheld, types alone, other orders: all against the closed form."""

    GAINS = Gains(image=0.4, finding=0.7)
    READER = {"image_gain": 0.4, "finding_gain": 0.7}  # noqa: RUF012

    def equal_the_closed_form(self, arms: pd.DataFrame, **conduct: float) -> None:
        for row in arms.itertuples():
            truth = expected(CASES[row.case_id], row.view, row.withheld, self.GAINS, **conduct)
            assert row.posterior == pytest.approx(truth, abs=1e-6), (row.case_id, row.view, row.withheld)

    def test_stated_probabilities(self, tmp_path: Path) -> None:
        log = run(tmp_path, task={"posterior": "verbalized"}, **self.READER)
        arms = read_arms(log.location)
        assert set(arms["source"]) == {"verbalized"}
        assert {"", "repeat", "laboratory"} <= set(arms["withheld"])
        self.equal_the_closed_form(arms)
        measured = measured_sensitivity(arms)
        for row in measured.itertuples():
            case = CASES[row.case_id]
            for view, s in (("image", row.S_image), ("finding", row.S_finding)):
                full, less = (expected(case, view, name, self.GAINS) for name in ("", row.evidence_type))
                assert s == pytest.approx(divergence(full, less), abs=1e-6)

    def test_text_withheld_and_types_alone(self, tmp_path: Path) -> None:
        log = run(tmp_path, task={"text_evidence": True, "only_one": True, "order_audit": 0}, **self.READER)
        arms = read_arms(log.location)
        names = set(arms["withheld"])
        assert {"history", "examination", "visual", "only_laboratory"} <= names
        self.equal_the_closed_form(arms)

        measured = measured_sensitivity(arms)
        assert {"history", "examination"} < set(measured["evidence_type"])
        for row in measured.itertuples():
            case = CASES[row.case_id]
            for view in ("image", "finding"):
                arm = {name: expected(case, view, name, self.GAINS) for name in ("", VISUAL, row.evidence_type)}
                s = divergence(arm[""], arm[row.evidence_type])
                assert getattr(row, f"S_{view}") == pytest.approx(s, abs=1e-6)
                alone = getattr(row, f"alone_{view}")
                if row.evidence_type in ("history", "examination"):
                    assert math.isnan(alone), "text is there in every arm that shows a type alone"
                else:
                    with_it = expected(case, view, ONLY + row.evidence_type, self.GAINS)
                    assert alone == pytest.approx(divergence(arm[VISUAL], with_it), abs=1e-6)
        # The log shows the same to those who look at a case.
        assert log.samples
        value = (log.samples[0].scores or {})["evidence_sensitivity"].value
        assert isinstance(value, dict)
        full, less = (expected(CASES[str(log.samples[0].id)], "image", name, self.GAINS) for name in ("", "history"))
        assert value["S_image_history"] == pytest.approx(divergence(full, less), abs=1e-6)

    def test_a_bias_for_a_place_is_gone_from_the_mean_over_all_cyclic_orders_and_only_from_it(
        self, tmp_path: Path
    ) -> None:
        """The bias adds to the log-odds of the option shown first; over the orders each option gets it once."""
        task = {"types": "laboratory", "order_audit": 0}
        biased = {**self.READER, "position_bias": 1.5}
        cyclic = read_arms(run(tmp_path / "cyclic", task={**task, "orders": "cyclic"}, **biased).location)
        assert set(cyclic["orders"]) == set(cyclic["n"]) == {5}
        self.equal_the_closed_form(cyclic)

        fixed = read_arms(run(tmp_path / "fixed", task=task, **biased).location)
        assert set(fixed["orders"]) == {1}
        self.equal_the_closed_form(fixed, position_bias=1.5)
        unbiased = [expected(CASES[row.case_id], row.view, row.withheld, self.GAINS) for row in fixed.itertuples()]
        pairs = zip(fixed["posterior"], unbiased, strict=True)
        off = [max(abs(p - q) for p, q in zip(row, truth, strict=True)) for row, truth in pairs]
        assert min(off) > 0.01

    def test_the_audit_shows_the_full_arm_in_every_other_order(self, tmp_path: Path) -> None:
        task = {"types": "laboratory", "order_audit": 1}
        arms = read_arms(run(tmp_path, task=task, position_bias=1.5, **self.READER).location)
        audit = arms[arms["withheld"].str.startswith(ORDER)]
        assert set(audit["view"]) == {"image"}
        assert audit.groupby("case_id")["withheld"].apply(sorted).map(tuple).unique().tolist() == [
            ("order_1", "order_2", "order_3", "order_4")
        ]
        self.equal_the_closed_form(arms, position_bias=1.5)
        # The analysis of sensitivity leaves them aside.
        assert set(measured_sensitivity(arms)["evidence_type"]) == {"laboratory"}

    def test_a_share_of_the_cases_is_audited(self, tmp_path: Path) -> None:
        arms = read_arms(run(tmp_path, task={"types": "laboratory", "order_audit": 0.2}).location)
        audited = set(arms[arms["withheld"].str.startswith(ORDER)]["case_id"])
        assert audited == audited_cases(list(CASES), 0.2) & set(THREE.split(","))
        assert 0 < len(audited) < 3, "otherwise nothing is tested"

    def test_other_words_move_nothing_but_a_reader_that_minds_words(self, tmp_path: Path) -> None:
        task = {"types": "laboratory", "order_audit": 0}
        steady = measured_sensitivity(read_arms(run(tmp_path / "steady", task=task, **self.READER).location))
        assert len(steady)
        assert (steady[["floor_image", "floor_finding"]].abs() < 1e-12).all(axis=None)

        arms = read_arms(run(tmp_path / "noisy", task=task, wording_noise=0.5, **self.READER).location)
        noisy = measured_sensitivity(arms)
        posterior = arms.set_index(["case_id", "view", "withheld"])["posterior"]
        for row in noisy.itertuples():
            for view in ("image", "finding"):
                again = divergence(posterior[row.case_id, view, ""], posterior[row.case_id, view, "repeat"])
                assert again > 1e-4
                assert getattr(row, f"floor_{view}") == pytest.approx(again, abs=1e-9)
                # It is not taken off.
                s = divergence(posterior[row.case_id, view, ""], posterior[row.case_id, view, "laboratory"])
                assert getattr(row, f"S_{view}") == pytest.approx(s, abs=1e-9)


class TestAnalysis:
    def test_the_analysis_finds_what_the_log_says(self, tmp_path: Path) -> None:
        log = run(tmp_path, image_gain=0.4, finding_gain=0.7)
        live = metrics(log)
        sensitivity = measured_sensitivity(read_arms(tmp_path))
        types = modality_gap(sensitivity).set_index("evidence_type")
        for name, row in types.iterrows():
            assert row["nmse"] == pytest.approx(live[str(name)], abs=1e-4)
        assert mean_nmse(sensitivity)["mean_nmse"].item() == pytest.approx(live["nmse"], abs=1e-4)

    def test_a_reader_that_ignores_images_lies_below_the_line_with_nmse_one(self, tmp_path: Path) -> None:
        run(tmp_path, image_gain=0.0)
        types = modality_gap(measured_sensitivity(read_arms(tmp_path)))
        assert list(types["nmse"]) == pytest.approx([1.0] * len(types))
        assert set(types["share_below"]) == {1.0}
        assert (types["mean_deficit"] > 0).all()

    def test_two_designs_are_two_readers(self, tmp_path: Path) -> None:
        for types in ("laboratory", "microscopy"):
            run(tmp_path, task={"types": types, "order_audit": 0})
        findings = analyze_logs(tmp_path)
        for types in ("laboratory", "microscopy"):
            arms = findings.arms[findings.arms["reader"] == f"reference/reader (order_audit=0.0, types={types})"]
            assert set(arms["withheld"]) <= {"", types, "repeat"}
            assert len(arms)


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
        record = from_samples(answered("Answer: A", "Answer: B", "I cannot tell", "Answer: A"), ["x1", "x2", "x3"])
        assert (record.counts, record.n, record.answer) == ([2, 1, 0], 4, "A")
        assert record.posterior == pytest.approx([2 / 3, 1 / 3, 0])

    def test_without_any_readable_answer_there_is_no_posterior(self) -> None:
        record = from_samples(answered("no", "no"), ["x1", "x2"])
        assert record.posterior is None
        assert "none of 2 answers" in (record.error or "")
        assert record.unread == "no"


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
        assert set(arms["error"]) == {"the call failed (ReferenceFailure)"}
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


def test_cases_that_lack_an_image_are_asked_as_findings_beside_others_in_both_views(tmp_path: Path) -> None:
    both = {"type": "ct", "images": [{"path": "images/1.png"}], "finding": "A mass."}
    options = ["Gout", "Septic arthritis"]
    cases = [
        a_case(case_id="both", evidence=[both], options=options),
        a_case(case_id="words", evidence=[both, {"type": "xray", "finding": "A shadow."}], options=options),
        a_case(case_id="images", evidence=[{**both, "finding": None}], options=options),
    ]
    folder = write_case_set(tmp_path / "set", cases=cases)
    arms = read_arms(run(tmp_path / "logs", cases=str(folder)).location)
    views = arms.groupby("case_id")["view"].agg(lambda names: sorted(set(names))).to_dict()
    assert views == {"both": ["finding", "image"], "words": ["finding"], "images": ["image"]}
    assert arms["error"].isna().all()


@pytest.mark.slow
def test_sampled_answers_are_unbiased_from_the_task_to_the_findings(tmp_path: Path) -> None:
    """40 repetitions of a run on the three cases, 20 answers an arm, against the closed form.

    Mean S, of which the permutation mean is taken off, and NMSE with the sums behind it, from independent halves,
    must lie within four standard errors of 40 repetitions; S may be too low by a tenth of what is taken off besides.
    """
    repetitions = 40
    gains = Gains(image=0.4, finding=0.9)
    [log] = eval(
        sensitivity(posterior="samples", samples=20, order_audit=0),
        model="reference/reader",
        model_args={"sample": True, "image_gain": gains.image, "finding_gain": gains.finding},
        sample_id=THREE.split(","),
        epochs=repetitions,
        seed=7,
        log_dir=str(tmp_path),
        log_images=False,
        log_realtime=False,
        display="none",
    )
    arms = read_arms(log.location)
    assert set(arms["n"]) == {20}
    runs = [measured_sensitivity(rows, permutations=10) for _, rows in arms.groupby("epoch")]
    assert len(runs) == repetitions
    truth = {
        view: np.array([
            divergence(*(expected(CASES[row.case_id], view, name, gains) for name in ("", row.evidence_type)))
            for row in runs[0].itertuples()
        ])
        for view in ("image", "finding")
    }  # fmt: skip

    def agree(measured: list[float], value: float, allowed: float = 0.0) -> None:
        error = float(np.std(measured, ddof=1)) / math.sqrt(repetitions)
        print(f"measured {np.mean(measured):.4f}, standard error {error:.4f}, closed form {value:.4f}")
        assert abs(np.mean(measured) - value) <= 4 * error + allowed

    for view in ("image", "finding"):
        taken_off = float(np.mean([one[f"floor_{view}"].mean() for one in runs]))
        agree([one[f"S_{view}"].mean() for one in runs], truth[view].mean(), 0.1 * taken_off)
        plug_in = np.mean([(one[f"S_{view}"] + one[f"floor_{view}"]).mean() for one in runs])
        assert plug_in - truth[view].mean() > 0.5 * taken_off, "without that they would be much too high"
    agree([one["finding_squared"].sum() for one in runs], (truth["finding"] ** 2).sum())
    gap = ((truth["image"] - truth["finding"]) ** 2).sum()
    agree([one["modality_gap_squared"].sum() for one in runs], gap)
    nmse = gap / (truth["finding"] ** 2).sum()
    # A ratio of sums is right where what it leaves of the numerator is nothing on average.
    agree([one["modality_gap_squared"].sum() - nmse * one["finding_squared"].sum() for one in runs], 0)


def test_the_task_is_made_of_the_registered_solver_and_scorer(tmp_path: Path) -> None:
    log = run(tmp_path, task={"types": "laboratory"})
    assert log.plan.steps[-1].solver.endswith(all_arms.__name__)
    assert all(set(sample.scores or {}) == {evidence_sensitivity.__name__} for sample in log.samples or [])


def test_the_package_gives_the_task_of_that_name() -> None:
    """No module of the package may be called like a task, since it would take its place."""
    modules = {path.stem for path in Path(medsyn_inspect.__file__).parent.iterdir()}
    assert not modules & {"ddx", "fdx", "open_fdx", "sensitivity"}
    assert callable(medsyn_inspect.sensitivity)
