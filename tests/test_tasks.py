"""The tasks from end to end, in this process: what a log says of its cases, answers and scores."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval, score
from inspect_ai.log import (
    EvalLog,
    headline_metric,
    read_eval_log,
    read_eval_log_sample_summaries,
    write_eval_log,
)
from inspect_ai.model import ModelOutput, get_model

from case_sets import Raw, a_case
from medsyn_inspect import ddx, fdx, open_fdx
from medsyn_inspect.analysis import headline, read_runs
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import CaseRecord, ChoiceRecord, Condition, DifferentialRecord, Outcome, TaskRecord
from medsyn_inspect.reference.belief import Gains
from medsyn_inspect.scorers import commitment_judge, differential_judge, option_choice
from medsyn_inspect.solvers import commit_to_one, stage_turns
from running import (
    BRAIN,
    HEART,
    LUNG,
    WHOLE,
    Conversation,
    Scripted,
    case_of,
    evidence,
    expected_belief,
    known_cases,
    run,
    said,
    samples_of,
    score_of,
    values_of,
    write_known,
)

CASES = (WHOLE, HEART, LUNG, BRAIN)
TASKS: dict[str, Any] = {"ddx": ddx, "fdx": fdx, "open_fdx": open_fdx}
SCORERS = {"ddx": "differential_judge", "fdx": "option_choice", "open_fdx": "commitment_judge"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("known"))


@pytest.fixture(scope="module")
def known(folder: Path) -> CaseSet:
    return load_cases(folder)


def reader(folder: Path, **arguments: Any) -> Any:
    return get_model("reference/reader", cases=str(folder), memoize=False, **arguments)


@pytest.fixture(scope="module")
def logs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, EvalLog]:
    """One plain run of each task with the reference reader and judge."""
    place = tmp_path_factory.mktemp("logs")
    return {name: run(task(cases=str(folder)), reader(folder), place) for name, task in TASKS.items()}


def choice_records(log: EvalLog) -> dict[str, ChoiceRecord]:
    return {case: ChoiceRecord.model_validate(score_of(sample).metadata) for case, sample in samples_of(log).items()}


def differential_records(log: EvalLog) -> dict[str, DifferentialRecord]:
    return {
        case: DifferentialRecord.model_validate(score_of(sample).metadata) for case, sample in samples_of(log).items()
    }


def case_in(conversation: Conversation) -> str:
    """The case a conversation is about, by its history."""
    words = {"fever and a rash": WHOLE, "leaning forward": HEART, "cough for": LUNG, "头痛": BRAIN}
    text = "\n".join(message.text for message in conversation)
    return next(case for word, case in words.items() if word in text)


def answering(answers: dict[str, Any], otherwise: Any = "Answer: A") -> Scripted:
    """A reader that answers each case as told."""
    return Scripted(answer=lambda conversation: answers.get(case_in(conversation), otherwise))


class TestEveryTask:
    @pytest.mark.parametrize("name", TASKS)
    def test_each_case_is_a_sample_under_its_own_id(self, name: str, logs: dict[str, EvalLog], known: CaseSet) -> None:
        assert logs[name].status == "success"
        assert set(samples_of(logs[name])) == set(CASES)
        for case_id, sample in samples_of(logs[name]).items():
            case = case_of(known, case_id)
            if name == "fdx":
                assert sample.target == "ABCDE"[option_order(case).index(case.final_diagnosis)]
                assert sample.choices == list(option_order(case))
            else:
                assert sample.target == case.final_diagnosis

    @pytest.mark.parametrize("name", TASKS)
    def test_the_sample_says_what_is_known_of_the_case(
        self, name: str, logs: dict[str, EvalLog], known: CaseSet
    ) -> None:
        for case_id, sample in samples_of(logs[name]).items():
            case, record = case_of(known, case_id), sample.metadata_as(CaseRecord)
            assert record.final_diagnosis == case.final_diagnosis
            assert record.aliases == list(case.aliases)
            assert (record.language, record.specialty) == (case.language, case.specialty)
            assert record.specialty_group == case.specialty_group
            assert record.evidence_shown == [piece.type for piece in case.evidence_in_clinical_order]
            assert record.evidence_withheld == []
            assert record.images == sum(len(piece.images) for piece in case.evidence)
            assert record.stages == ["single"]
            assert (record.correct is not None) == (name == "fdx")

    @pytest.mark.parametrize("name", TASKS)
    def test_the_log_says_what_was_asked_about_which_cases(
        self, name: str, logs: dict[str, EvalLog], known: CaseSet
    ) -> None:
        spec = logs[name].eval
        record = TaskRecord.model_validate(spec.metadata)
        assert record.question == name
        assert record.case_set_fingerprint == known.fingerprint
        assert record.case_set_card == known.card.model_dump(mode="json")
        assert (record.case_set_size, record.selected) == (4, 4)
        assert record.condition == Condition()
        assert record.templates == {name: load_templates(name).fingerprint for name in ("en", "zh")}
        assert set(spec.tags or []) == {"medsyn", name, "view:image", "synthetic"}
        assert spec.task_version == "1-A"
        assert spec.task == f"medsyn_inspect/{name}"

    @pytest.mark.parametrize(
        ("name", "score_name", "metric"),
        [
            ("ddx", "differential_judge", "coverage"),
            ("fdx", "option_choice", "accuracy"),
            ("open_fdx", "commitment_judge", "coverage"),
        ],
    )
    def test_the_headline_metric_is_set_and_found(
        self, name: str, score_name: str, metric: str, logs: dict[str, EvalLog]
    ) -> None:
        assert logs[name].eval.headline_metric is not None
        found = headline_metric(logs[name])
        assert found is not None
        assert (found.score.scorer, found.score.name, found.name) == (SCORERS[name], score_name, metric)

    @pytest.mark.parametrize(("name", "score_name"), [("ddx", "coverage"), ("fdx", "option_choice"), ("ddx", "score")])
    def test_metrics_are_given_for_languages_and_groups_of_specialties(
        self, name: str, score_name: str, logs: dict[str, EvalLog]
    ) -> None:
        values, samples = values_of(logs[name], SCORERS[name]), samples_of(logs[name])

        def of(group: str) -> float:
            return values[group if name == "fdx" else f"{score_name} ({group})"]

        def mean(cases: list[str]) -> float:
            numbers = []
            for case in cases:
                value = score_of(samples[case]).value
                numbers.append(value[score_name] if isinstance(value, dict) else float(value == "C"))
            return sum(numbers) / len(numbers)

        assert of("en") == pytest.approx(mean([WHOLE, HEART, LUNG]))
        assert of("zh") == pytest.approx(mean([BRAIN]))
        assert of("Cardiology & Respiratory") == pytest.approx(mean([HEART, LUNG]))
        assert of("Neurology & Psychiatry") == pytest.approx(mean([BRAIN]))
        assert of("Endocrinology, Rheumatology & Genetics") == pytest.approx(mean([WHOLE]))

    @pytest.mark.parametrize("name", TASKS)
    def test_it_runs_on_a_model_that_says_nothing_of_use(self, name: str, folder: Path, tmp_path: Path) -> None:
        [log] = eval(
            TASKS[name](cases=str(folder)),
            model="mockllm/model",
            model_roles={"grader": "reference/judge"},
            log_dir=str(tmp_path),
            display="none",
        )
        assert log.status == "success"
        for sample in samples_of(log).values():
            assert (score_of(sample).metadata or {})["outcome"] == Outcome.WRONG


class TestReferenceRun:
    def test_the_posterior_of_fdx_is_the_closed_form(self, logs: dict[str, EvalLog], known: CaseSet) -> None:
        for case_id, record in choice_records(logs["fdx"]).items():
            expected = expected_belief(known, case_id, Condition())
            assert record.posterior == pytest.approx(expected, abs=1e-9, rel=0)
            assert (record.posterior_source, record.option_mass) == ("logprobs", pytest.approx(1))
            best = option_order(case_of(known, case_id))[expected.index(max(expected))]
            assert record.chosen == best
            right = best == case_of(known, case_id).final_diagnosis
            assert record.outcome == (Outcome.RIGHT if right else Outcome.WRONG)
            assert score_of(samples_of(logs["fdx"])[case_id]).value == ("C" if right else "I")

    def test_ddx_scores_what_the_belief_ranks_first(self, logs: dict[str, EvalLog], known: CaseSet) -> None:
        for case_id, record in differential_records(logs["ddx"]).items():
            case = case_of(known, case_id)
            p = dict(zip(option_order(case), expected_belief(known, case_id, Condition()), strict=True))
            ranked = sorted(p, key=lambda name: -p[name])[:3]
            assert (record.given, record.judged) == (3, 3)
            assert (score_of(samples_of(logs["ddx"])[case_id]).answer or "").split("\n") == [
                f"{number}. {name}" for number, name in enumerate(ranked, 1)
            ]
            if case.final_diagnosis in ranked:
                assert record.decided_by == "exact_match"
                assert record.matched_rank == ranked.index(case.final_diagnosis) + 1

    def test_open_fdx_commits_to_the_first_of_its_own_list(self, logs: dict[str, EvalLog], known: CaseSet) -> None:
        for case_id, record in differential_records(logs["open_fdx"]).items():
            p = expected_belief(known, case_id, Condition())
            best = option_order(case_of(known, case_id))[p.index(max(p))]
            assert score_of(samples_of(logs["open_fdx"])[case_id]).answer == f"1. {best}"
            assert record.from_own_list is True
            assert (record.given, record.judged) == (3, 1)

    def test_judges_are_named_only_where_one_was_asked(self, logs: dict[str, EvalLog]) -> None:
        records = [*differential_records(logs["ddx"]).values(), *differential_records(logs["open_fdx"]).values()]
        for record in records:
            assert record.judge == (["reference/judge"] if record.attempts else [])
        assert {bool(record.attempts) for record in records} == {True, False}
        settled = values_of(logs["ddx"], "differential_judge")["decided_without_judge"]
        assert settled == sum(
            record.decided_by == "exact_match" for record in differential_records(logs["ddx"]).values()
        )

    def test_without_a_panel_there_is_no_agreement(self, logs: dict[str, EvalLog]) -> None:
        assert math.isnan(values_of(logs["ddx"], "differential_judge")["panel_alpha"])


OUTPUTS: dict[str, ModelOutput | str] = {
    "unparseable": "It is hard to say anything here",
    "refused": "I'm sorry, but I can't help with that.",
    "content_filter": said("", "content_filter"),
    "truncated": said("Let me weigh the evidence: the", "max_tokens"),
}


class TestAnswersThatAreNone:
    """Wrong, and counted by reason; never unscored, never an error."""

    @pytest.mark.parametrize("name", TASKS)
    def test_each_reason_is_counted(self, name: str, folder: Path, tmp_path: Path) -> None:
        reasons = dict(zip(CASES, OUTPUTS, strict=True))
        model = answering({case: OUTPUTS[reason] for case, reason in reasons.items()})
        # No answer is judged, so the run needs no judge.
        unchecked = {} if name == "fdx" else {"check_judge": False}
        log = run(TASKS[name](cases=str(folder), **unchecked), model, tmp_path, judge=None)
        assert log.status == "success"
        for case, sample in samples_of(log).items():
            metadata = score_of(sample).metadata or {}
            assert (metadata["outcome"], metadata["failure"]) == (Outcome.WRONG, reasons[case])
        counts = values_of(log, SCORERS[name])
        assert {reason: counts[reason] for reason in reasons.values()} == dict.fromkeys(OUTPUTS, 1)
        assert counts["several"] == 0
        headline_value = headline_metric(log)
        assert headline_value is not None
        assert headline_value.metric.value == 0
        [row] = headline(read_runs(tmp_path)).to_dict("records")
        assert row["failures"] == dict.fromkeys(OUTPUTS, 1)

    def test_two_letters_are_several(self, folder: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder), language="zh"), Scripted("答案：A或B"), tmp_path)
        [record] = choice_records(log).values()
        assert (record.outcome, record.failure, record.choice) == (Outcome.WRONG, "several", None)

    def test_an_answer_that_was_cut_is_not_read_whatever_it_says(self, folder: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder), language="zh"), Scripted(said("答案：A", "max_tokens")), tmp_path)
        [record] = choice_records(log).values()
        assert (record.failure, record.choice, record.read_by) == ("truncated", None, "nobody")

    def test_a_model_without_token_probabilities_has_no_posterior(self, folder: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder)), Scripted("Answer: A"), tmp_path)
        for record in choice_records(log).values():
            assert (record.posterior, record.posterior_source, record.choice) == (None, None, "A")


class TestFailedJudges:
    @pytest.mark.parametrize("name", ["ddx", "open_fdx"])
    @pytest.mark.parametrize("judge", [{"refusal_rate": 1}, {"garbage_rate": 1}, {"failure_rate": 1}])
    def test_the_answer_is_unscored_and_the_log_says_so(
        self, name: str, judge: dict[str, float], folder: Path, tmp_path: Path
    ) -> None:
        grader = get_model("reference/judge", memoize=False, **judge)
        task = TASKS[name](cases=str(folder), check_judge=False)
        log = run(task, reader(folder, wording="loose"), tmp_path, judge=grader)
        assert log.status == "success"
        for sample in samples_of(log).values():
            given = score_of(sample)
            assert (given.reason, sample.error) == ("grader_failed", None)
            assert isinstance(given.value, dict)
            assert all(math.isnan(value) for value in given.value.values())
            assert (given.metadata or {})["outcome"] == Outcome.JUDGE_FAILED
        assert log.results is not None
        values = values_of(log, SCORERS[name])
        assert (values["unscored"], values["coverage_lowest"], values["coverage_highest"]) == (4, 0, 1)
        assert math.isnan(values["coverage"])
        [row] = headline(read_runs(tmp_path)).to_dict("records")
        assert row["failures"] == {"judge_failed": 4}

    def test_other_cases_keep_their_scores_and_there_are_only_bounds(self, folder: Path, tmp_path: Path) -> None:
        answers = {
            WHOLE: "1. SLE",
            HEART: "1. Acute pericarditis",
            LUNG: "1. Gout",
            BRAIN: said("", "content_filter"),
        }
        log = run(ddx(cases=str(folder)), answering(answers), tmp_path, judge=Scripted("?"))
        assert log.results is not None
        values = values_of(log, "differential_judge")
        assert (values["unscored"], values["coverage_lowest"], values["coverage_highest"]) == (1, 0.5, 0.75)
        assert math.isnan(values["coverage"])
        estimate = headline(read_runs(tmp_path))["coverage"][0]
        assert math.isnan(estimate.value)
        assert (estimate.n, estimate.asked) == (3, 4)
        assert (estimate.lower_if_missing_wrong, estimate.upper_if_missing_right) == (0.5, 0.75)


class TestFailedCalls:
    def test_they_are_errors_of_their_samples_and_the_log_is_no_success(self, folder: Path, tmp_path: Path) -> None:
        model = answering({HEART: RuntimeError("the line is down")}, otherwise="Answer: A")
        # One after the other, so that cases after the failed one are asked only if the run goes on.
        log = run(fdx(cases=str(folder)), model, tmp_path, max_samples=1)
        assert log.status == "error"
        samples = samples_of(read_eval_log(log.location))
        assert {case for case, sample in samples.items() if sample.error} == {HEART}
        assert {case for case, sample in samples.items() if sample.scores} == {WHOLE, LUNG, BRAIN}
        runs = read_runs(tmp_path)
        outcomes = dict(zip(runs["case_id"], runs["outcome"], strict=True))
        assert outcomes.pop(HEART) == Outcome.CALL_FAILED
        assert set(outcomes.values()) <= {Outcome.RIGHT, Outcome.WRONG}
        right = sum(outcome == Outcome.RIGHT for outcome in outcomes.values())
        estimate = headline(runs)["accuracy"][0]
        assert (estimate.n, estimate.asked) == (3, 4)
        assert estimate.value == pytest.approx(right / 3)
        assert estimate.lower_if_missing_wrong == pytest.approx(right / 4)
        assert estimate.upper_if_missing_right == pytest.approx((right + 1) / 4)
        assert headline(runs)["failures"][0]["call_failed"] == 1

    def test_a_run_in_which_every_call_failed_still_says_how_many_were_asked(
        self, folder: Path, tmp_path: Path
    ) -> None:
        log = run(ddx(cases=str(folder)), reader(folder, failure_rate=1), tmp_path)
        assert log.status == "error"
        estimate = headline(read_runs(tmp_path))["coverage"][0]
        assert (estimate.n, estimate.asked) == (0, 4)
        assert (estimate.lower_if_missing_wrong, estimate.upper_if_missing_right) == (0, 1)


class TestEpochs:
    def test_every_epoch_is_an_answer_and_a_case_counts_once(self, folder: Path, tmp_path: Path) -> None:
        asked: Counter[str] = Counter()

        def reply(conversation: Conversation) -> str:
            asked[case_in(conversation)] += 1
            return "1. SLE" if asked[case_in(conversation)] == 1 else "No idea at all is what we have here."

        log = run(ddx(cases=str(folder)), Scripted(answer=reply), tmp_path, epochs=3, max_connections=1)
        assert log.status == "success"
        assert set(asked.values()) == {3}
        assert values_of(log, "differential_judge")["coverage"] == pytest.approx(1 / 12)
        assert values_of(log, "differential_judge")["unparseable"] == 8
        runs = read_runs(tmp_path)
        assert sorted(runs["epoch"]) == sorted([1, 2, 3] * 4)
        estimate = headline(runs)["coverage"][0]
        assert (estimate.n, estimate.asked) == (4, 4)
        assert estimate.value == pytest.approx(1 / 12)
        assert headline(runs)["score"][0].value == pytest.approx(5 / 12)


class TestParameters:
    @pytest.mark.parametrize("view", ["image", "finding"])
    @pytest.mark.parametrize("text", ["keep", "remove"])
    @pytest.mark.parametrize("withhold", [["ct", "mri"], "ct,mri,history", "all"])
    def test_the_reader_believes_what_the_arm_shows(
        self, view: Any, text: Any, withhold: Any, folder: Path, known: CaseSet, tmp_path: Path
    ) -> None:
        task = fdx(cases=str(folder), specialty="Rheumatology", view=view, text=text, withhold=withhold)
        log = run(task, reader(folder, image_gain=0.5), tmp_path)
        names = withhold.split(",") if isinstance(withhold, str) else withhold
        everything = ["history", "examination", *EvidenceType]
        hidden = frozenset(everything if names == ["all"] else names)
        [record] = choice_records(log).values()
        expected = expected_belief(
            known, WHOLE, Condition(view=view, withheld=hidden), Gains(image=0.5), text=text == "keep"
        )
        assert record.posterior == pytest.approx(expected, abs=1e-9, rel=0)
        [sample] = samples_of(log).values()
        case = sample.metadata_as(CaseRecord)
        gone = hidden | ({"history", "examination"} if text == "remove" else set())
        assert set(case.evidence_withheld) == gone
        assert set(case.evidence_shown) == set(EvidenceType) - gone
        shown = Condition.model_validate((log.eval.metadata or {})["condition"])
        assert shown == Condition(view=view, withheld=hidden, text=text, selection="specialty=Rheumatology")

    def test_random_text_is_no_text_to_the_reader(self, folder: Path, known: CaseSet, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder), text="random"), reader(folder), tmp_path)
        for case_id, record in choice_records(log).items():
            expected = expected_belief(known, case_id, Condition(), text=False)
            assert record.posterior == pytest.approx(expected, abs=1e-9, rel=0)

    def test_emphasis_is_asked_for_in_the_system_message_only(self, folder: Path, tmp_path: Path) -> None:
        model = Scripted("Answer: A")
        run(fdx(cases=str(folder), emphasis="ct", specialty="Respiratory medicine"), model, tmp_path)
        [plain, emphasised] = [
            load_templates("en").system,
            load_templates("en").label("emphasis", evidence="CT"),
        ]
        assert model.calls[0][0].text == f"{plain}\n\n{emphasised}"
        assert emphasised not in model.calls[0][1].text

    @pytest.mark.parametrize(
        ("given", "cases"),
        [
            ({"language": "zh"}, {BRAIN}),
            ({"language": ["en", "zh"]}, set(CASES)),
            ({"language": "en, zh"}, set(CASES)),
            ({"specialty": "cardiology"}, {HEART}),
            ({"specialty": "Cardiology & Respiratory"}, {HEART, LUNG}),
            ({"specialty": ["Cardiology", "Neurology"]}, {HEART, BRAIN}),
            ({"specialty": "Cardiology & Respiratory", "language": "en"}, {HEART, LUNG}),
        ],
    )
    def test_cases_are_selected(self, given: dict[str, Any], cases: set[str], folder: Path, known: CaseSet) -> None:
        task = ddx(cases=str(folder), **given)
        assert {sample.id for sample in task.dataset} == cases
        record = TaskRecord.model_validate(task.metadata)
        assert (record.selected, record.case_set_size) == (len(cases), 4)
        assert record.case_set_fingerprint == known.fingerprint

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"view": "both"}, "view='both': choose one of image, finding"),
            ({"view": False}, "view=False: choose one of image, finding"),
            ({"text": "none"}, "text='none': choose one of keep, remove, random"),
            ({"text": False}, "text=False"),
            ({"staging": "steps"}, "staging='steps': choose one of single, turns"),
            ({"withhold": "cts"}, "withhold=cts: choose from history, examination"),
            ({"withhold": ["ct", "cts"]}, "withhold=cts"),
            ({"withhold": False}, "False is not a name or a comma-separated list of names"),
            ({"language": False}, "False is not a name"),
            ({"language": "de"}, "language=de: no such case; this set has en, zh"),
            ({"specialty": "Surgery"}, "specialty=Surgery: unknown; choose from"),
            ({"specialty": "Tropical medicine"}, "specialty=Tropical medicine: no such case; this set has"),
            ({"emphasis": "cts"}, "unknown evidence type 'cts': choose from"),
            ({"cases": "/nowhere/at/all"}, "no such folder"),
        ],
    )
    @pytest.mark.parametrize("name", TASKS)
    def test_a_value_that_means_nothing_is_answered_with_those_that_do(
        self, name: str, given: dict[str, Any], says: str, folder: Path
    ) -> None:
        with pytest.raises(ValueError, match=re.escape(says)):
            TASKS[name](**{"cases": str(folder)} | given)

    @pytest.mark.parametrize("name", ["ddx", "open_fdx"])
    @pytest.mark.parametrize("number", [0, -1])
    def test_at_least_one_diagnosis_must_be_asked_for(self, name: str, number: int, folder: Path) -> None:
        with pytest.raises(ValueError, match=f"max_diagnoses={number}"):
            TASKS[name](cases=str(folder), max_diagnoses=number)

    @pytest.mark.parametrize("name", ["ddx", "open_fdx"])
    def test_an_unknown_rubric_is_answered_with_those_there_are(self, name: str, folder: Path) -> None:
        with pytest.raises(ValueError, match="choose one of bond, core_diagnosis"):
            TASKS[name](cases=str(folder), rubric="strict")

    def test_max_diagnoses_is_what_is_asked_for_and_what_counts(self, folder: Path, tmp_path: Path) -> None:
        model = Scripted("1. Gout\n2. Pseudogout\n3. SLE\n4. Sarcoidosis")
        log = run(ddx(cases=str(folder), max_diagnoses=2, language="en"), model, tmp_path)
        assert "at most 2 diagnoses" in model.calls[0][-1].text
        for record in differential_records(log).values():
            assert (record.given, record.judged, record.outcome) == (4, 2, Outcome.WRONG)


class TestSetsThatLackSomething:
    def test_without_options_ddx_runs_and_fdx_says_why_it_cannot(self, tmp_path: Path) -> None:
        cases = [a_case(case_id=f"c{n}", history=f"Text {n}.", final_diagnosis=f"Disease {n}") for n in range(3)]
        bare = write_known(tmp_path / "bare", cases)
        with pytest.raises(ValueError, match="3 of 3 cases cannot be shown; the first: case c0 has no options"):
            fdx(cases=str(bare))
        log = run(ddx(cases=str(bare)), reader(bare), tmp_path / "logs")
        assert log.status == "success"
        assert all(record.given == 3 for record in differential_records(log).values())

    @pytest.mark.parametrize(
        ("lacking", "view", "other"), [("finding", "finding", "image"), ("images", "image", "finding")]
    )
    def test_a_view_that_the_set_does_not_have_is_named_with_what_helps(
        self, lacking: str, view: Any, other: str, tmp_path: Path
    ) -> None:
        cases = known_cases()[:3]
        for piece in cases[1]["evidence"]:
            del piece[lacking]
        half = write_known(tmp_path / "half", cases)
        with pytest.raises(
            ValueError, match=f"1 of 3 cases.*{HEART}.*has no {view} to show; use view={other} or withhold="
        ):
            ddx(cases=str(half), view=view)
        withheld = ddx(cases=str(half), view=view, withhold="electrophysiology,ultrasound")
        assert len(withheld.dataset) == 3


@pytest.fixture(scope="module")
def turns(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, EvalLog]:
    place = tmp_path_factory.mktemp("turns")
    return {
        name: run(task(cases=str(folder), staging="turns"), reader(folder), place, log_images=False)
        for name, task in TASKS.items()
    }


class TestTurns:
    STAGES = {  # noqa: RUF012
        WHOLE: [
            "presentation",
            "clinical_photography",
            "electrophysiology",
            "laboratory",
            "imaging",
            "endoscopy",
            "microscopy",
            "omics",
            "other",
        ],
        HEART: ["presentation", "electrophysiology", "imaging"],
        LUNG: ["presentation", "imaging"],
        BRAIN: ["presentation", "laboratory", "imaging"],
    }

    @pytest.mark.parametrize("name", TASKS)
    def test_reader_and_user_take_turns_stage_by_stage(self, name: str, turns: dict[str, EvalLog]) -> None:
        for case_id, sample in samples_of(turns[name]).items():
            stages = self.STAGES[case_id]
            assert sample.metadata_as(CaseRecord).stages == stages
            pairs = len(stages) + (name == "open_fdx")
            assert [message.role for message in sample.messages] == ["system", *["user", "assistant"] * pairs]
            assert all(
                message.text.startswith("Simulated") for message in sample.messages if message.role == "assistant"
            )
            assert "(the reader's reply)" not in json.dumps([message.text for message in sample.messages])

    def test_no_model_sees_a_place_that_is_not_filled(self, folder: Path, tmp_path: Path) -> None:
        model = Scripted("1. Gout\nAnswer: B")
        run(fdx(cases=str(folder), staging="turns", language="zh"), model, tmp_path)
        assert [len(call) for call in model.calls] == [2, 4, 6]
        for call in model.calls:
            assert {message.text for message in call if message.role == "assistant"} <= {"1. Gout\nAnswer: B"}

    def test_answers_interim_carry_the_belief_of_their_stage(self, turns: dict[str, EvalLog], known: CaseSet) -> None:
        for case_id, records in choice_records(turns["fdx"]).items():
            case = case_of(known, case_id)
            given = records.interim
            assert [answer.stage for answer in given] == self.STAGES[case_id][:-1]
            types = frozenset(piece.type.value for piece in case.evidence)
            first = expected_belief(known, case_id, Condition(view="image", withheld=types))
            assert given[0].probabilities == pytest.approx(first, abs=1e-4)
            for answer in given:
                belief = answer.probabilities
                assert belief is not None
                assert answer.answer == "ABCDE"[belief.index(max(belief))]
            assert records.posterior == pytest.approx(expected_belief(known, case_id, Condition()), abs=1e-9, rel=0)

    @pytest.mark.parametrize("name", ["ddx", "open_fdx"])
    def test_of_a_differential_interim_the_first_diagnosis_is_kept(
        self, name: str, turns: dict[str, EvalLog], known: CaseSet
    ) -> None:
        for case_id, record in differential_records(turns[name]).items():
            assert [answer.stage for answer in record.interim] == self.STAGES[case_id][:-1]
            options = case_of(known, case_id).options or ()
            assert all(answer.answer in options and answer.posterior is None for answer in record.interim)

    @pytest.mark.parametrize("name", TASKS)
    def test_a_log_without_images_holds_none_anywhere(self, name: str, turns: dict[str, EvalLog]) -> None:
        written = read_eval_log(turns[name].location).model_dump_json()
        assert not re.search(r"[A-Za-z0-9+/]{400,}", written)

    def test_a_log_with_images_holds_each_once_a_sample(self, folder: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(folder), staging="turns", language="zh"), reader(folder), tmp_path)
        written = read_eval_log(log.location).model_dump_json()
        assert len(re.findall(r"[A-Za-z0-9+/]{400,}", written)) == 2

    def test_the_solvers_of_the_tasks(self, folder: Path, tmp_path: Path) -> None:
        """The same solvers, put together by hand: `stage_turns`, then `commit_to_one`."""
        task = open_fdx(cases=str(folder), staging="turns", language="zh")
        by_hand = Task(task.dataset, solver=[stage_turns(), commit_to_one()], scorer=commitment_judge())
        logs = [run(one, reader(folder), tmp_path) for one in (task, by_hand)]
        first, second = (score_of(samples_of(log)[BRAIN]) for log in logs)
        assert (first.value, first.answer, first.metadata) == (second.value, second.answer, second.metadata)


class TestCommitment:
    def replies(self, committed: str) -> Scripted:
        def reply(conversation: Conversation) -> str:
            return committed if "commit yourself" in conversation[-1].text else "1. SLE\n2. Gout"

        return Scripted(answer=reply)

    @pytest.mark.parametrize(
        ("committed", "own", "outcome"),
        [
            ("Final diagnosis: SLE", True, Outcome.RIGHT),
            ("Final diagnosis: gout.", True, Outcome.WRONG),
            ("Final diagnosis: Systemic lupus erythematosus", False, Outcome.RIGHT),
            ("Final diagnosis: Sarcoidosis", False, Outcome.WRONG),
            ("I would rather keep both of them.", None, Outcome.WRONG),
        ],
    )
    def test_whether_it_keeps_to_its_own_list_is_recorded(
        self, committed: str, own: bool | None, outcome: Outcome, folder: Path, tmp_path: Path
    ) -> None:
        task = open_fdx(cases=str(folder), specialty="Rheumatology")
        log = run(task, self.replies(committed), tmp_path)
        [record] = differential_records(log).values()
        assert (record.from_own_list, record.outcome, record.given) == (own, outcome, 2)
        [sample] = samples_of(log).values()
        value = score_of(sample).value
        assert isinstance(value, dict)
        assert set(value) == {"score", "coverage"}


def long_cases() -> list[Raw]:
    """Cases at the edge: every stage, 26 long options, many long aliases, in Latin and Chinese letters."""
    latin, chinese = (
        "Autoimmune polyendocrine syndrome with candidiasis and ectodermal dystrophy ",
        "自身免疫性多内分泌腺病综合征",
    )
    cases = []
    for case_id, language, word in (("long-en", "en", latin), ("long-zh", "zh", chinese * 4)):
        options = [f"{word}{number:02d}" for number in range(26)]
        cases.append(
            a_case(
                case_id=case_id,
                language=language,
                history=f"{case_id}: a history.",
                specialty="Rheumatology",
                evidence=[evidence(case_id, type, f"{case_id} {type}: seen.") for type in EvidenceType],
                final_diagnosis=options[0],
                aliases=[f"alias {number} {word}" for number in range(30)],
                options=options,
                flags=["x"],
            )
        )
    return cases


@pytest.fixture(scope="module")
def long_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("long"), long_cases())


class TestSummaries:
    """The analysis reads nothing but summaries, which keep a key of up to 1 KB of JSON and drop a longer one."""

    @pytest.mark.parametrize(
        ("name", "staging"),
        [
            *((name, "single") for name in TASKS),
            ("ddx", "turns"),
            ("open_fdx", "turns"),
            # Eight posteriors over 26 options are over 1 KB of JSON; over 5 options they are 0.8 KB.
            pytest.param("fdx", "turns", marks=pytest.mark.xfail(strict=True, reason="26 options do not fit")),
        ],
    )
    def test_every_key_of_a_score_survives_however_long_the_case(
        self, name: str, staging: Any, long_set: Path, tmp_path: Path
    ) -> None:
        log = run(
            TASKS[name](cases=str(long_set), staging=staging),
            reader(long_set, listed=10, wording="loose"),
            tmp_path,
            log_images=False,
        )
        assert log.status == "success"
        full = samples_of(read_eval_log(log.location))
        for summary in read_eval_log_sample_summaries(log.location):
            [kept] = (summary.scores or {}).values()
            written = score_of(full[str(summary.id)])
            assert {
                key: value for key, value in (kept.metadata or {}).items() if value != (written.metadata or {})[key]
            } == {}
            assert kept.value == written.value

    def test_a_case_with_long_names_can_be_analysed(self, long_set: Path, tmp_path: Path) -> None:
        run(fdx(cases=str(long_set)), reader(long_set), tmp_path)
        runs = read_runs(tmp_path)
        assert sorted(zip(runs["case_id"], runs["language"], strict=True)) == [("long-en", "en"), ("long-zh", "zh")]
        assert set(runs["specialty_group"]) == {"Endocrinology, Rheumatology & Genetics"}


class TestScoringAgain:
    def test_a_written_log_can_be_judged_by_another_judge(self, folder: Path, tmp_path: Path) -> None:
        answers = dict.fromkeys(CASES, "1. Cutaneous lupus erythematosus\n2. Brain tumour")
        log = run(ddx(cases=str(folder)), answering(answers), tmp_path, judge=Scripted("no verdict"))
        assert {score_of(sample).reason for sample in samples_of(log).values()} == {"grader_failed"}
        again = score(
            read_eval_log(log.location),
            differential_judge("core_diagnosis"),
            model_roles={"grader": "reference/judge"},
            action="overwrite",
            display="none",
        )
        records = differential_records(again)
        assert {record.rubric for record in records.values()} == {"core_diagnosis"}
        assert records[WHOLE].levels == [2, 0]
        assert all(record.judge == ["reference/judge"] for record in records.values())
        path = tmp_path / "again.eval"
        write_eval_log(again, str(path))
        rows = read_runs(path)
        assert set(rows["outcome"]) == {Outcome.WRONG}
        assert set(rows["judge"]) == {"reference/judge"}

    def test_an_answer_can_be_read_again(self, logs: dict[str, EvalLog]) -> None:
        again = score(read_eval_log(logs["fdx"].location), option_choice(), action="overwrite", display="none")
        assert choice_records(again) == choice_records(logs["fdx"])


class TestPanel:
    def test_agreement_of_a_panel_is_measured(self, folder: Path, tmp_path: Path) -> None:
        levels = {WHOLE: (5, 4), HEART: (0, 0), LUNG: (3, 3), BRAIN: (2, 3)}
        final = {
            "Systemic lupus erythematosus": WHOLE,
            "Acute pericarditis": HEART,
            "Sarcoidosis": LUNG,
            "脑脓肿": BRAIN,
        }

        def judge(which: int) -> Scripted:
            def verdict(conversation: Conversation) -> str:
                case = final[json.loads(conversation[1].text)["final_diagnosis"]]
                return json.dumps({"judgements": [{"number": 1, "reason": "so", "level": levels[case][which]}]})

            return Scripted(answer=verdict)

        log = run(ddx(cases=str(folder)), Scripted("1. Something near"), tmp_path, judge=[judge(0), judge(1)])
        for case, record in differential_records(log).items():
            assert record.panel_scores == list(levels[case])
            assert record.levels == [min(levels[case])]
            assert record.judge == ["mockllm/scripted"] * 2
        alpha = values_of(log, "differential_judge")["panel_alpha"]
        assert alpha == pytest.approx(ordinal_alpha(list(levels.values())))
        assert 0 < alpha < 1

    def test_two_judges_that_agree_have_an_alpha_of_one(self, folder: Path, tmp_path: Path) -> None:
        log = run(ddx(cases=str(folder)), reader(folder, wording="loose"), tmp_path, judge=["reference/judge"] * 2)
        records = differential_records(log)
        assert len({tuple(record.panel_scores) for record in records.values()}) > 1
        assert values_of(log, "differential_judge")["panel_alpha"] == 1


def ordinal_alpha(ratings: list[tuple[int, int]]) -> float:
    """Krippendorff's alpha for two raters without gaps, from its definition."""
    counts = Counter(level for pair in ratings for level in pair)
    ranks = sorted(counts)

    def distance(one: int, other: int) -> float:
        lower, upper = sorted((one, other))
        between = sum(counts[level] for level in ranks if lower <= level <= upper)
        return (between - (counts[lower] + counts[upper]) / 2) ** 2

    n = sum(counts.values())
    observed = sum(2 * distance(*pair) for pair in ratings) / n
    expected = sum(counts[a] * counts[b] * distance(a, b) for a in ranks for b in ranks) / (n * (n - 1))
    return 1 - observed / expected
