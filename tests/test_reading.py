"""How the tasks read answers: by form in the language of the case, by the extractor if there is one, or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.log import EvalLog, read_eval_log_sample_summaries

from case_sets import a_case
from german import FILES, PHRASES, READING, write_german_set
from medsyn_inspect import ddx, fdx, open_fdx
from medsyn_inspect.answers.extractor import instructions
from medsyn_inspect.records import ChoiceRecord, DifferentialRecord, Outcome
from running import Conversation, Scripted, run, said, samples_of, score_of, values_of, write_known

GERMAN_CASE = "gicht-01"
GOUT = "Gout"
CASE = a_case(final_diagnosis=GOUT, options=[GOUT, "Cellulitis", "Sepsis"], evidence=[])
PROSE = "I think of Cellulitis at first, but there is no doubt in view of the crystals: this has to be gout."
QUOTE = "this has to be gout"
TASKS: dict[str, Any] = {"ddx": ddx, "fdx": fdx, "open_fdx": open_fdx}
REPLIES = {
    "ddx": json.dumps({"diagnoses": ["gout", "Cellulitis"]}),
    "fdx": json.dumps({"quote": QUOTE, "letter": "?"}),
    "open_fdx": json.dumps({"diagnosis": "gout"}),
}
NONE = {
    "ddx": json.dumps({"diagnoses": []}),
    "fdx": json.dumps({"quote": "", "letter": "none"}),
    "open_fdx": json.dumps({"diagnosis": ""}),
}
SCORERS = {"ddx": "differential_judge", "fdx": "option_choice", "open_fdx": "commitment_judge"}


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    phrases = yaml.safe_dump(PHRASES | {"reading": READING}, allow_unicode=True)
    return write_german_set(tmp_path_factory.mktemp("german"), FILES | {"phrases.yaml": phrases})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_known(tmp_path_factory.mktemp("one"), [CASE])


def record_of(log: EvalLog) -> Any:
    [sample] = samples_of(log).values()
    metadata = score_of(sample).metadata or {}
    return (ChoiceRecord if "choice" in metadata else DifferentialRecord).model_validate(metadata)


def extractor(name: str, reply: str | Exception | None = None) -> Scripted:
    """An extractor that reads `PROSE`, whatever letter gout has."""

    def answer(conversation: Conversation) -> str | Exception:
        options = json.loads(conversation[1].text).get("options", [])
        letter = next((option["letter"] for option in options if option["text"] == GOUT), "")
        return REPLIES[name].replace("?", letter) if reply is None else reply

    return Scripted(answer=answer)


def task_of(name: str, folder: Path, **given: Any) -> Any:
    """A task without a judge, whose answers match exactly or not at all."""
    unchecked = {} if name == "fdx" else {"check_judge": False}
    return TASKS[name](cases=str(folder), **unchecked, **given)


def asked(
    name: str, folder: Path, tmp_path: Path, answer: Any = PROSE, *, extractor: Any = None, grader: Any = None
) -> EvalLog:
    """A run on one case; what is committed to in `open_fdx` has the same words as its differential."""
    return run(task_of(name, folder), Scripted(answer), tmp_path, judge=grader, extractor=extractor)


class TestACaseSetWithItsOwnLanguage:
    def run(self, name: str, german: Path, tmp_path: Path, *replies: str) -> Any:
        log = run(task_of(name, german, language="de"), Scripted(*replies), tmp_path, judge=None)
        return record_of(log)

    def test_a_choice(self, german: Path, tmp_path: Path) -> None:
        record = self.run("fdx", german, tmp_path, "Es besteht kein Fieber.\nAntwort: Gichtanfall")
        assert (record.outcome, record.chosen, record.read_by) == (Outcome.RIGHT, "Gichtanfall", "form")

    def test_a_refusal(self, german: Path, tmp_path: Path) -> None:
        record = self.run("fdx", german, tmp_path, "Es tut mir leid, aber ich kann nicht helfen.")
        assert (record.outcome, record.failure, record.read_by) == (Outcome.WRONG, "refused", "nobody")

    def test_recommended_tests_are_no_differential(self, german: Path, tmp_path: Path) -> None:
        answer = "Differenzialdiagnosen:\n1. Gichtanfall\n2. Pseudogicht\n\nEmpfohlene Untersuchungen:\n1. Punktion"
        record = self.run("ddx", german, tmp_path, answer)
        assert (record.matched, record.given, record.read_by) == ("Gichtanfall", 2, "form")

    def test_a_commitment(self, german: Path, tmp_path: Path) -> None:
        replies = ("1. Gichtanfall\n2. Pseudogicht", "Endgültige Diagnose: Gichtanfall")
        record = self.run("open_fdx", german, tmp_path, *replies)
        assert (record.matched, record.from_own_list, record.read_by) == ("Gichtanfall", True, "form")

    def test_its_log_can_be_read_again_without_the_set(self, german: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(german), language="de"), Scripted("Antwort: B"), tmp_path)
        [sample] = samples_of(log).values()
        assert sample.metadata["reading"] == READING
        [summary] = read_eval_log_sample_summaries(log.location)
        assert {"language", "final_diagnosis", "options"} <= set(summary.metadata)

    def test_a_language_of_the_package_is_not_repeated_in_the_log(self, german: Path, tmp_path: Path) -> None:
        log = run(fdx(cases=str(german), language="en"), Scripted("Answer: B"), tmp_path)
        [sample] = samples_of(log).values()
        assert sample.metadata["reading"] is None


@pytest.mark.parametrize("name", TASKS)
class TestTheExtractor:
    def test_reads_what_has_no_known_form(self, name: str, folder: Path, tmp_path: Path) -> None:
        model = extractor(name)
        log = asked(name, folder, tmp_path, extractor=model)
        record = record_of(log)
        assert (record.outcome, record.read_by, record.extractor) == (Outcome.RIGHT, "extractor", str(model.model))
        [call] = model.calls
        kind = {"ddx": "differential", "fdx": "choice", "open_fdx": "commitment"}[name]
        assert (call[0].text, json.loads(call[1].text)["answer"]) == (instructions(kind), PROSE)
        assert values_of(log, SCORERS[name])["unread"] == 0

    def test_is_the_judge_if_one_was_given(self, name: str, folder: Path, tmp_path: Path) -> None:
        assert record_of(asked(name, folder, tmp_path, grader=extractor(name))).read_by == "extractor"

    def test_is_not_the_judge_if_there_is_an_extractor(self, name: str, folder: Path, tmp_path: Path) -> None:
        judge = Scripted("never asked")
        asked(name, folder, tmp_path, extractor=extractor(name), grader=judge)
        assert judge.calls == []

    def test_without_a_role_there_is_none(self, name: str, folder: Path, tmp_path: Path) -> None:
        reader = Scripted(PROSE)
        log = run(task_of(name, folder), reader, tmp_path, judge=None)
        record = record_of(log)
        assert (record.outcome, record.failure, record.read_by) == (Outcome.WRONG, "unparseable", "nobody")
        assert record.extractor is None
        assert len(reader.calls) == (2 if name == "open_fdx" else 1)
        assert values_of(log, SCORERS[name])["unread"] == 1

    def test_is_not_asked_about_an_answer_in_the_requested_form(self, name: str, folder: Path, tmp_path: Path) -> None:
        answer = {"ddx": "1. Gout\n2. Sepsis", "fdx": "Answer: Gout", "open_fdx": "Final diagnosis: Gout"}[name]
        model = extractor(name)
        record = record_of(asked(name, folder, tmp_path, answer, extractor=model))
        assert (record.outcome, record.read_by, model.calls) == (Outcome.RIGHT, "form", [])

    @pytest.mark.parametrize("answer", [said("Let me see: gout", "max_tokens"), "<think>gout</think>"])
    def test_is_not_asked_about_what_was_cut_or_is_empty(
        self, name: str, answer: Any, folder: Path, tmp_path: Path
    ) -> None:
        model = extractor(name)
        record = record_of(asked(name, folder, tmp_path, answer, extractor=model))
        assert (record.outcome, record.read_by, model.calls) == (Outcome.WRONG, "nobody", [])

    def test_that_finds_no_answer_leaves_it_wrong(self, name: str, folder: Path, tmp_path: Path) -> None:
        record = record_of(asked(name, folder, tmp_path, extractor=extractor(name, NONE[name])))
        assert (record.outcome, record.failure, record.read_by) == (Outcome.WRONG, "unparseable", "extractor")

    @pytest.mark.parametrize("reply", ["gout", RuntimeError("no connection")])
    def test_that_fails_leaves_the_answer_unscored(
        self, name: str, reply: str | Exception, folder: Path, tmp_path: Path
    ) -> None:
        log = asked(name, folder, tmp_path, extractor=extractor(name, reply))
        record = record_of(log)
        assert (record.outcome, record.failure, record.read_by) == (Outcome.READING_FAILED, None, "nobody")
        assert ("no connection" if isinstance(reply, Exception) else "JSON") in record.extractor_failure
        [sample] = samples_of(log).values()
        score = score_of(sample)
        assert (score.reason, sample.error) == ("extractor_failed", None)
        values = score.value.values() if isinstance(score.value, dict) else [score.value]
        assert all(math.isnan(value) for value in values)
        results = log.results.scores[0]
        counted = results.unscored_samples if name == "fdx" else results.metrics["unscored"].value
        assert (log.status, counted) == ("success", 1)


def test_the_screen_says_once_that_the_accuracy_is_without_the_answers_that_an_extractor_failed_to_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_known(tmp_path / "two", [CASE, CASE | {"case_id": "another"}])
    log = asked("fdx", folder, tmp_path, extractor=extractor("fdx", "gout"))
    assert log.results.scores[0].unscored_samples == 2
    [warning] = [record.message for record in caplog.records if record.name == "medsyn_inspect.reading"]
    assert "the accuracy of `fdx` on the screen is that of the others" in warning


def test_the_reference_judge_serves_as_an_extractor_and_says_what_it_is(folder: Path, tmp_path: Path) -> None:
    log = asked("fdx", folder, tmp_path, "No doubt that it is Gout!", extractor="reference/judge")
    assert record_of(log).read_by == "extractor"
    [sample] = samples_of(log).values()
    replies = [
        event.output.completion for event in sample.events if event.event == "model" and event.role == "extractor"
    ]
    assert "simulated by the reference judge" in replies[0]


@pytest.mark.parametrize("name", TASKS)
def test_inspect_score_reads_a_log_again_without_asking_the_reader(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the command line, with the log as the tasks write it."""
    from click.testing import CliRunner
    from inspect_ai._cli.main import inspect as command
    from inspect_ai.log import read_eval_log
    from inspect_ai.model._providers.mockllm import MockLLM

    answer = {
        "ddx": "Diagnoses I weigh, in no form:\n- Gout: crystals\n\nOther thoughts entirely\n- Sepsis: fever",
        "fdx": "No doubt that it is Gout!",
        "open_fdx": "This is what I settle on in the end, without any doubt whatever it be: Gout",
    }[name]
    log = asked(name, folder, tmp_path, answer)
    before = record_of(log)
    assert (before.outcome, before.read_by) == (Outcome.WRONG, "nobody")
    again = tmp_path / "again.eval"
    calls: list[str] = []
    monkeypatch.setattr(MockLLM, "generate", lambda *_, **__: calls.append("reader"))
    arguments = [log.location, "--scorer", f"medsyn_inspect/{SCORERS[name]}", "--action", "overwrite"]
    arguments += ["--model-role", "extractor=reference/judge", "--output-file", str(again), "--display", "none"]
    arguments += [] if name == "fdx" else ["-S", "check_judge=false"]
    result = CliRunner().invoke(command, ["score", *arguments])
    assert result.exit_code == 0, result.output
    assert calls == []
    after = record_of(read_eval_log(str(again)))
    assert (after.outcome, after.read_by, after.extractor) == (Outcome.RIGHT, "extractor", "reference/judge")
