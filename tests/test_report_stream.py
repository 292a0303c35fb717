"""Every criterion of STREAM is there, and nothing is answered that logs and cards do not say."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai.log import EvalLog

from medsyn_inspect import ddx, fdx
from medsyn_inspect.analysis.findings import Findings, analyze_logs, findings_of
from medsyn_inspect.analysis.read.headers import read_headers
from medsyn_inspect.analysis.read.logs import read_runs
from medsyn_inspect.judging.rubric import load_rubric
from medsyn_inspect.report.material import Material, read_material, rows_of
from medsyn_inspect.report.stream.criteria import GROUPS, ITEMS, Criterion, status_counts, stream
from medsyn_inspect.tasks import sensitivity
from medsyn_inspect.wording import number
from running import HEART, LUNG, Conversation, Scripted, run, write_known
from test_report_reproducibility import changed

PERSONAL = ("1(ii)", "3(ii)", "6(ii)", "6(iii)", "6(iv)", "6(v)")
"""Criteria that only a person can answer."""


def answers(material: Material) -> dict[str, Criterion]:
    return {criterion.place: criterion for criterion in stream(material)}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_known(tmp_path_factory.mktemp("somewhere") / "cases"))


def graded(talk: Conversation) -> str:
    """Nothing is close; of two cases the judge says nothing that can be read."""
    asked = talk[1].text
    if "Sarcoidosis" in asked or "pericarditis" in asked:
        return "{}"
    numbers = range(1, 1 + asked.count('"number"'))
    return json.dumps({"judgements": [{"number": number, "reason": "no", "level": 0} for number in numbers]})


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, cases: str) -> Path:
    """The four cases, asked in both views and arm by arm; two of the differentials cannot be judged."""
    place = tmp_path_factory.mktemp("logs")
    judge = Scripted(answer=graded)
    # A reader that never names the diagnosis, so that every case needs the judge.
    reader = Scripted("1. Scurvy\n2. Beriberi")
    run(ddx(cases=cases), reader, place, judge=judge)
    run(fdx(cases=cases), "reference/reader", place, judge=None)
    run(fdx(cases=cases, view="finding"), "reference/reader", place, judge=None)
    run(sensitivity(cases=cases, types="ct"), "reference/reader", place, judge=None)
    return place


@pytest.fixture(scope="module")
def material(logs: Path) -> Material:
    return read_material(logs, findings=analyze_logs(logs))


@pytest.fixture(scope="module")
def choices(cases: str, tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """The header of a run without a judge."""
    place = tmp_path_factory.mktemp("choices")
    run(fdx(cases=cases), "reference/reader", place, judge=None)
    return read_headers(place)[0][0].header


def alone(header: EvalLog, findings: Findings | None = None) -> Material:
    """One log, by its header."""
    made = read_material("logs", headers=[("logs/0.eval", header)])
    return replace(made, findings=findings or Findings())


def without(material: Material, need: str) -> Material:
    """The material as if something had not been recorded."""
    where, _, name = need.partition(".")
    logs = material.logs.copy()
    if where == "card":
        logs["card"] = [{key: value for key, value in card.items() if key != name} for card in logs["card"]]
    elif where == "logs":
        logs[name] = None
    return replace(material, logs=logs)


class TestCompleteness:
    def test_every_criterion_is_there_once_and_in_order(self, material: Material) -> None:
        found = stream(material)
        assert [criterion.number for criterion in found] == list(range(1, 29))
        assert len({criterion.place for criterion in found}) == 28

    def test_the_groups_are_those_of_the_standard(self, material: Material) -> None:
        found = stream(material)
        assert tuple(dict.fromkeys(criterion.group for criterion in found)) == GROUPS
        assert list(Counter(criterion.group for criterion in found).values()) == [3, 9, 3, 3, 5, 5]
        assert all(criterion.place[0] == str(GROUPS.index(criterion.group) + 1) for criterion in found)

    def test_each_is_a_question_with_an_answer_in_one_paragraph(self, material: Material) -> None:
        for criterion in stream(material):
            assert criterion.question.endswith("?")
            assert len(criterion.question) < 120
            assert criterion.answer.endswith((".", ")"))
            assert "\n" not in criterion.answer

    def test_what_is_answered_says_from_where(self, material: Material) -> None:
        for criterion in stream(material):
            assert bool(criterion.basis) == (criterion.status != "open"), criterion

    def test_it_can_be_written_as_json_and_names_no_folder(self, material: Material, cases: str) -> None:
        written = json.dumps([asdict(criterion) for criterion in stream(material)], allow_nan=False)
        assert str(Path(cases).parent) not in written
        assert sum(status_counts(stream(material)).values()) == 28


class TestHonesty:
    @pytest.mark.parametrize(("place", "need"), [(item.place, need) for item in ITEMS for need in item.needs])
    def test_nothing_is_answered_without_what_it_rests_on(self, material: Material, place: str, need: str) -> None:
        assert answers(material)[place].status != "open" or place in PERSONAL or place in ("5(iv-a)", "2(v-c)")
        criterion = answers(without(material, need))[place]
        assert (criterion.status, criterion.basis) == ("open", "")
        assert need in criterion.answer

    def test_what_only_a_person_knows_stays_open(self, material: Material, choices: EvalLog) -> None:
        for one in (material, alone(choices), replace(material, findings=Findings())):
            assert [answers(one)[place].status for place in PERSONAL] == ["open"] * len(PERSONAL)

    def test_no_numbers_without_findings(self, material: Material) -> None:
        for findings in (Findings(), findings_of()):
            found = answers(replace(material, findings=findings))
            assert found["4(i)"].status == found["4(ii)"].status == "open"

    def test_no_logs_leave_everything_open_or_without_object(self) -> None:
        found = stream(Material())
        assert {criterion.status for criterion in found} == {"open"}


class TestTest:
    def test_items(self, material: Material, logs: Path) -> None:
        row = rows_of(material.logs)[0]
        answer = answers(material)["2(i)"].answer
        assert answer.startswith(
            "ddx: 4 cases per run, 1 run; fdx: 4 cases per run, 2 runs; sensitivity: 4 cases per run, 1 run."
        )
        assert f"three cases 1.0 (fingerprint {row['fingerprint']}, 4 cases)" in answer
        assert "languages: en, zh" in answer

    def test_epochs_and_part_of_the_cases(self, cases: str, tmp_path: Path) -> None:
        run(fdx(cases=cases), "reference/reader", tmp_path, judge=None, epochs=3, sample_id=[HEART])
        assert answers(read_material(tmp_path))["2(i)"].answer.startswith(
            "fdx: 1 case 3 times per run, 1 run. Case set:"
        )

    def test_scoring_names_rubric_and_threshold(self, material: Material) -> None:
        answer = answers(material)["2(ii)"].answer
        assert "Rated 0 to 5 (rubric bond), covered from 4." in answer
        assert "one option of 5 is correct" in answer
        assert "Jensen-Shannon" in answer

    def test_options_that_are_not_known_are_said_to_be_so(self, choices: EvalLog) -> None:
        material = alone(choices)
        unknown = replace(material, logs=material.logs.assign(options=[{}]))
        assert (answers(material)["2(ii)"].status, answers(unknown)["2(ii)"].status) == ("answered", "partly")
        assert "do not record" in answers(unknown)["2(ii)"].answer

    def test_source_canary_and_fingerprint_of_the_rubric(self, material: Material) -> None:
        import hashlib

        criterion = answers(material)["2(iii)"]
        told = hashlib.sha256(load_rubric("bond").instructions().encode()).hexdigest()[:12]
        assert criterion.status == "partly"
        assert "tests/case_sets.py" in criterion.answer
        assert told in criterion.answer
        assert "marks the set" in criterion.answer
        assert "does not mark the set" in answers(without(material, "card.canary"))["2(iii)"].answer

    def test_a_rubric_of_another_version_is_not_vouched_for(self, material: Material) -> None:
        other = replace(material, logs=material.logs.assign(package_version="0.0.1"))
        assert (answers(material)["2(v-b)"].status, answers(other)["2(v-b)"].status) == ("answered", "partly")
        assert "while logs are of 0.0.1" in answers(other)["2(v-b)"].answer

    def test_judge_failures_are_counted(self, material: Material) -> None:
        found = answers(material)
        assert "The judge failed on 2 of 4 answers." in found["2(v-b)"].answer
        assert "2 of 4 cases remained unscored" in answers(replace(material, findings=Findings()))["2(v-b)"].answer
        assert "4 answers" not in found["4(ii)"].answer
        assert "Of 12 requested answers (differential, final diagnosis), " in found["4(ii)"].answer
        assert "judge failed: 2" in found["4(ii)"].answer
        assert (
            "With all unscored answers wrong or all right, DDx coverage of mockllm/scripted is 0 % to 50 %."
            in found["4(ii)"].answer
        )

    def test_the_judge_is_named(self, material: Material) -> None:
        said = answers(material)["2(v-a)"].answer
        assert said.startswith("mockllm/scripted, used without adaptation.")
        assert "mockllm/scripted was also a reader and may have judged its own answers." in said

    def test_the_default_judge_is_only_presumed(self, cases: str, tmp_path: Path) -> None:
        reader = Scripted("1. Sarcoidosis\n2. SLE\n3. Acute pericarditis\n4. 脑脓肿")
        run(ddx(cases=cases), reader, tmp_path, judge=None, sample_id=[LUNG])
        criterion = answers(read_material(tmp_path))["2(v-a)"]
        assert (criterion.status, "openai/gpt-5" in criterion.answer) == ("partly", True)
        settled = answers(read_material(tmp_path, findings=analyze_logs(tmp_path)))["2(v-a)"]
        assert (settled.status, settled.answer) == (
            "answered",
            "No judge was needed: every scored answer was an exact match or listed nothing.",
        )

    def test_agreement_within_a_panel(self, cases: str, tmp_path: Path) -> None:
        def giving(level: int) -> Scripted:
            return Scripted(json.dumps({"judgements": [{"number": 1, "reason": "so", "level": level}]}))

        panel = [giving(2), giving(3)]
        run(ddx(cases=cases, max_diagnoses=1), Scripted("1. Scurvy"), tmp_path, judge=panel, sample_id=[HEART, LUNG])
        criterion = answers(read_material(tmp_path))["2(v-c)"]
        [alpha] = [
            value
            for row in read_material(tmp_path).logs["metrics"]
            for name, value in row.items()
            if name.endswith("panel_alpha")
        ]
        assert criterion.status == "partly"
        assert f"mockllm/scripted {number(alpha, 2)}." in criterion.answer
        assert "median" in answers(read_material(tmp_path))["2(v-b)"].answer

    def test_one_judge_is_compared_with_nobody(self, material: Material) -> None:
        assert answers(material)["2(v-c)"].status == "open"

    def test_without_differentials_no_model_grades(self, choices: EvalLog) -> None:
        found = answers(alone(choices))
        places = ("2(iv-a)", "2(iv-b)", "2(iv-c)", "2(v-a)", "2(v-b)", "2(v-c)")
        assert {found[place].status for place in places} == {"not applicable"}
        assert "rubric" not in found["2(iii)"].answer.lower()

    def test_ratings_of_unknown_origin_are_asked_about(self, material: Material) -> None:
        scorers = [[*scorers, {"name": "precomputed_scores", "options": {}}] for scorers in material.logs["scorers"]]
        found = answers(replace(material, logs=material.logs.assign(scorers=scorers)))
        assert {found[place].status for place in ("2(iv-a)", "2(iv-b)", "2(iv-c)")} == {"open"}
        assert "precomputed_scores" in found["2(iv-a)"].answer


class TestElicitation:
    @pytest.mark.parametrize(
        ("model", "status"),
        [
            ("openai/gpt-5", "partly"),
            ("google/gemini-2.5-pro", "partly"),
            ("openai/gpt-4o-2024-08-06", "answered"),
            ("anthropic/claude-sonnet-4-20250514", "answered"),
            ("hf/some/model@1f3a", "answered"),
            ("reference/reader", "answered"),
        ],
    )
    def test_a_name_without_a_date_does_not_pin_a_model(self, choices: EvalLog, model: str, status: str) -> None:
        criterion = answers(alone(changed(choices, model=model)))["3(i)"]
        assert criterion.status == status
        assert f"{model} ({str(choices.eval.created)[:10]})" in criterion.answer

    def test_settings_wording_and_repeats(self, cases: str, tmp_path: Path) -> None:
        run(
            fdx(cases=cases, view="finding"),
            "reference/reader",
            tmp_path,
            judge=None,
            temperature=0.5,
            seed=7,
            epochs=2,
        )
        [row] = rows_of(read_material(tmp_path).logs)
        answer = answers(read_material(tmp_path))["3(iii)"].answer
        for part in (
            f"en {row['templates']['en']}",
            "temperature 0.5",
            "seed 7",
            "findings instead of images",
            "Answers per question: 2",
        ):
            assert part in answer

    def test_refusals_are_counted_but_do_not_answer_for_safeguards(self, cases: str, tmp_path: Path) -> None:
        run(fdx(cases=cases), Scripted("I'm sorry, but I can't help with that."), tmp_path, judge=None)
        criterion = answers(read_material(tmp_path, findings=analyze_logs(tmp_path)))["3(ii)"]
        assert criterion.status == "open"
        assert "4 of 4 answers were refused or filtered." in criterion.answer


class TestPerformance:
    def test_numbers_have_interval_and_n(self, material: Material) -> None:
        criterion = answers(material)["4(i)"]
        assert criterion.status == "answered"
        told = material.findings.headline
        accuracy = next(row["accuracy"] for row in rows_of(told) if row["view"] == "image" and row["accuracy"])
        assert f"FDx accuracy {accuracy.value:.0%} [".replace("%", " %") in criterion.answer
        assert "(findings instead of images)" in criterion.answer
        for found in re.findall(r"(?:accuracy|coverage|score) [\d.]+(?: %)?", criterion.answer):
            assert re.search(re.escape(found) + r" \[[^]]+\], n=\d", criterion.answer), found
        for found in re.findall(r"NMSE [\d.]+", criterion.answer):
            assert f"{found}, n=" in criterion.answer

    def test_no_reader_is_left_to_the_tables(self, material: Material) -> None:
        """A choice among readers would be a choice among results."""
        whole = material.findings.headline
        row = whole[(whole["view"] == "image") & (whole["text"] == "keep") & (whole["staging"] == "single")].iloc[0]
        # One of them was asked in another condition only.
        many = [pd.DataFrame([row.to_dict() | {"reader": f"reader-{n}", "text": text}])
                for n in range(12) for text in (("remove",) if n == 5 else ("keep", "remove"))]  # fmt: skip
        findings = replace(material.findings, headline=pd.concat(many, ignore_index=True))
        found = answers(replace(material, findings=findings))["4(i)"].answer
        assert [f"reader-{n}:" in found or f"reader-{n} (" in found for n in range(12)] == [True] * 12
        assert found.count("without history and examination") == 1

    def test_arms_are_counted_too(self, material: Material) -> None:
        arms = pd.DataFrame({"error": [None, "", "refused"], "refused": [0, 2, 0], "n": [1, 20, 20]})
        found = answers(replace(material, findings=replace(material.findings, arms=arms)))
        assert "Of 3 arms, 2 have a posterior, 1 failed." in found["4(ii)"].answer
        assert "2 of 41 answers in arms were refused." in found["3(ii)"].answer

    def test_how_uncertainty_was_made(self, material: Material) -> None:
        answer = answers(material)["4(ii)"].answer
        assert "95 %" in answer
        assert "Newcombe" in answer
        assert "Holm" in answer

    def test_logs_that_do_not_count_are_told(self, material: Material) -> None:
        logs = material.logs.copy()
        logs["counted"] = [True] * (len(logs) - 1) + [False]
        assert "1 log of older or other runs" in answers(replace(material, logs=logs))["4(ii)"].answer

    def test_other_conditions(self, material: Material, choices: EvalLog) -> None:
        assert answers(alone(choices))["4(iii)"].status == "open"
        both = answers(material)["4(iii)"]
        assert both.status == "answered"
        assert "findings instead of images" in both.answer
        assert "withheld one at a time" in both.answer
        assert f"{len(material.findings.comparisons)} paired comparisons" in both.answer
        uncompared = replace(material.findings, comparisons=material.findings.comparisons[:0])
        assert answers(replace(material, findings=uncompared))["4(iii)"].status == "partly"


class TestBaselines:
    def test_without_people_the_reason_is_a_persons_to_give(self, material: Material) -> None:
        found = answers(material)
        assert {found[place].status for place in ("5(i)", "5(ii)", "5(iii)")} == {"not applicable"}
        assert found["5(iv-a)"].status == "open"

    def test_with_people(self, cases: str, choices: EvalLog, tmp_path: Path) -> None:
        run(fdx(cases=cases), "reference/reader", tmp_path, judge=None)
        runs = read_runs(tmp_path).assign(reader="human/two-physicians")
        found = answers(alone(changed(choices, model="human/two-physicians"), findings_of(runs)))
        assert (found["5(i)"].status, found["5(i)"].answer[:31]) == ("partly", "human/two-physicians: 4 cases. ")
        assert found["5(ii)"].status == "answered"
        assert re.search(r"human/two-physicians: FDx accuracy [\d.]+ % \[[\d., ]+\], n=4\.", found["5(ii)"].answer)
        assert found["5(iii)"].status == "partly"
        assert found["5(iv-a)"].status == "not applicable"

    def test_people_without_scores(self, choices: EvalLog) -> None:
        assert answers(alone(changed(choices, model="human/us")))["5(ii)"].status == "open"

    @pytest.mark.parametrize(
        ("sizes", "level"), [({"5": 4}, "20.0 %"), ({"4": 1, "5": 1}, "22.5 %"), ({"2": 3, "5": 1}, "42.5 %")]
    )
    def test_chance_is_one_over_the_number_of_options(
        self, choices: EvalLog, sizes: dict[str, int], level: str
    ) -> None:
        material = alone(choices)
        logs = material.logs.assign(options=[sizes])
        assert f"right in {level} of the cases" in answers(replace(material, logs=logs))["5(iv-b)"].answer

    def test_a_reader_without_eyes_is_the_measure_of_nmse(self, material: Material, choices: EvalLog) -> None:
        assert "an NMSE of 1" in answers(material)["5(iv-b)"].answer
        assert "NMSE" not in answers(alone(choices))["5(iv-b)"].answer

    def test_open_answers_alone_have_no_chance_level(self, material: Material) -> None:
        only = replace(material, logs=material.logs[material.logs["question"] == "ddx"])
        assert answers(only)["5(iv-b)"].status == "open"


class TestInterpretation:
    def test_limits_come_from_card_and_readers(self, material: Material, choices: EvalLog) -> None:
        both = answers(material)["6(i)"]
        assert both.status == "partly"
        assert "The cases are invented" in both.answer
        assert "2 models are too few for a correlation" in both.answer
        assert "All readers are simulated" not in both.answer
        assert "All readers are simulated" in answers(alone(choices))["6(i)"].answer

    def test_real_cases_are_not_called_invented(self, choices: EvalLog) -> None:
        metadata = json.loads(json.dumps(choices.eval.metadata))
        metadata["case_set_card"]["synthetic"] = False
        assert "invented" not in answers(alone(changed(choices, metadata=metadata)))["6(i)"].answer
